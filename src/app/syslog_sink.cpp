#include "syslog_sink.hpp"

#include <sys/socket.h>
#include <sys/syslog.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <utility>

namespace holdfast::app {

namespace {

int priority_of(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::critical:
            return LOG_ALERT;
        case spdlog::level::err:
            return LOG_ERR;
        case spdlog::level::warn:
            return LOG_WARNING;
        case spdlog::level::debug:
        case spdlog::level::trace:
            return LOG_DEBUG;
        case spdlog::level::info:
        case spdlog::level::off:
        case spdlog::level::n_levels:
            return LOG_INFO;
    }
    return LOG_INFO;
}

}  // namespace

SyslogSink::~SyslogSink() {
    disconnect();
}

void SyslogSink::refresh_pid() {
    pid_ = 0;
}

void SyslogSink::disconnect() {
    if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

bool SyslogSink::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.size() >= sizeof(address.sun_path)) return false;
    std::ranges::copy(socket_, address.sun_path);
    descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor_ < 0) return false;
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
        return true;
    disconnect();
    return false;
}

bool SyslogSink::send(const char* header, size_t length, const spdlog::details::log_msg& message) const {
    std::array<iovec, 2> parts{{{const_cast<char*>(header), length},
                                {const_cast<char*>(message.payload.data()), message.payload.size()}}};
    msghdr datagram{};
    datagram.msg_iov = parts.data();
    datagram.msg_iovlen = parts.size();
    return sendmsg(descriptor_, &datagram, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

void SyslogSink::sink_it_(const spdlog::details::log_msg& message) {
    if (pid_ == 0) pid_ = getpid();
    const std::time_t now = spdlog::log_clock::to_time_t(message.time);
    std::tm local{};
    localtime_r(&now, &local);
    std::array<char, 24> stamp{};
    std::strftime(stamp.data(), stamp.size(), "%b %e %T", &local);  // RFC 3164, 4.1.2.
    std::array<char, 256> header{};
    const int length = std::snprintf(
        header.data(), header.size(), "<%d>%s %.*s[%d]: ", facility_ | priority_of(message.level),
        stamp.data(), static_cast<int>(std::min<size_t>(message.logger_name.size(), 180)),
        message.logger_name.data(), pid_);
    const auto size = static_cast<size_t>(std::max(length, 0));
    // A daemon behind the socket that was restarted leaves a dead connection: one fresh try.
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (descriptor_ < 0 && !connect()) break;
        if (send(header.data(), size, message)) return;
        if (errno == EAGAIN || errno == EMSGSIZE) break;
        disconnect();
    }
    ++lost_;
}

}  // namespace holdfast::app

#include "holdfast/ctl/client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "holdfast/ctl/options.hpp"

namespace holdfast::ctl {

namespace {

constexpr int kAttempts = 5;
constexpr size_t kReadAtOnce = size_t{64} * 1024;
/// Room for answers, so that a large one is not copied again and again while it grows. What is not used is
/// only address space.
constexpr size_t kRoom = size_t{32} * 1024 * 1024;

std::unexpected<NoAnswer> none(int status, std::string message) {
    return std::unexpected(NoAnswer{status, std::move(message)});
}

}  // namespace

std::expected<Client, NoAnswer> Client::connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return none(exit_status::kUsage, fmt::format("{} cannot be the name of a socket", path));
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    io::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return none(exit_status::kNoDaemon, std::strerror(errno));
    // Also for connecting: a daemon that hangs lets the queue of its socket fill.
    const timeval patience{kPatience.count(), 0};
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        switch (errno) {
            case EACCES:
            case EPERM:
                return none(exit_status::kNotPermitted, fmt::format("{} is not for this user", path));
            case ENOENT:
                return none(exit_status::kNoDaemon,
                            fmt::format("no daemon is running: there is no {}", path));
            case EAGAIN:
                return none(exit_status::kNoDaemon, fmt::format("the daemon of {} hangs", path));
            case ECONNREFUSED:
                return none(exit_status::kNoDaemon, fmt::format("the daemon of {} is dead", path));
            default:
                return none(exit_status::kNoDaemon, fmt::format("{}: {}", path, std::strerror(errno)));
        }
    }
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 ||
        (peer.uid != 0 && peer.uid != ::geteuid())) {
        return none(exit_status::kNotPermitted,
                    fmt::format("{} is served by user {}, who is not believed", path, peer.uid));
    }
    return Client(path, std::move(socket));
}

std::optional<NoAnswer> Client::send(const std::string& request) {
    for (size_t sent = 0; sent < request.size();) {
        const ssize_t length =
            ::send(socket_.get(), request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return NoAnswer{exit_status::kNoDaemon, "the daemon has hung up"};
        sent += static_cast<size_t>(length);
    }
    return std::nullopt;
}

std::expected<std::string, NoAnswer> Client::read_line(bool patient) {
    while (true) {
        const size_t end = buffer_.find('\n', searched_);
        if (end != std::string::npos) {
            searched_ = 0;
            if (end + 1 == buffer_.size()) {
                buffer_.pop_back();
                return std::exchange(buffer_, {});
            }
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        searched_ = buffer_.size();
        pollfd waiting{socket_.get(), POLLIN, 0};
        const auto limit = std::chrono::milliseconds(kPatience).count();
        const int ready = ::poll(&waiting, 1, patient ? -1 : static_cast<int>(limit));
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) {
            return none(exit_status::kNoDaemon,
                        fmt::format("the daemon of {} has not answered for {} s", path_, kPatience.count()));
        }
        if (buffer_.capacity() < kReadAtOnce) buffer_.reserve(kRoom);
        const size_t before = buffer_.size();
        buffer_.resize(before + kReadAtOnce);
        const ssize_t length = ::recv(socket_.get(), buffer_.data() + before, kReadAtOnce, 0);
        const int error = errno;
        buffer_.resize(before + (length > 0 ? static_cast<size_t>(length) : 0));
        if (length < 0 && error == EINTR) continue;
        if (length <= 0) return none(exit_status::kNoDaemon, {});
    }
}

std::expected<std::string, NoAnswer> Client::ask(const std::string& request) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        // Whoever is refused is told so and finds the connection closed: it is read in any case.
        (void)send(request);
        auto line = read_line(false);
        if (line || !line.error().message.empty()) return line;
        const bool begun = !buffer_.empty();
        // A connection that was open for a while and a daemon that was replaced meanwhile look like this too.
        auto again = connect(path_);
        if (!again) return std::unexpected(again.error());
        const bool first = attempt == 0;
        if (!begun && !first) break;
        *this = std::move(*again);
    }
    return none(exit_status::kNoDaemon, fmt::format("the daemon of {} hangs up without an answer", path_));
}

NoAnswer Client::follow(const std::string& request, const std::function<void(const std::string&)>& take) {
    if (auto failed = send(request)) return *failed;
    while (true) {
        const auto line = read_line(true);
        if (!line) {
            return {line.error().status,
                    line.error().message.empty() ? "the daemon has hung up" : line.error().message};
        }
        take(*line);
    }
}

}  // namespace holdfast::ctl

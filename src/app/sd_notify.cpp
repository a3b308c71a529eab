#include "holdfast/app/sd_notify.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace holdfast::app {

namespace {

std::string take_variable(const char* name) {
    const char* value = std::getenv(name);
    std::string result = value != nullptr ? value : "";
    unsetenv(name);
    return result;
}

std::optional<uint64_t> number(std::string_view text) {
    uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// A line end would begin another variable.
std::string one_line(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return line;
}

}  // namespace

bool parent_is_systemd() {
    if (getppid() != 1) return false;
    std::ifstream file("/proc/1/comm");
    std::string name;
    return std::getline(file, name) && name == "systemd";
}

SystemdNotifier::SystemdNotifier(std::string socket, std::optional<Duration> watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog) {}

SystemdNotifier SystemdNotifier::from_environment() {
    std::string socket = take_variable("NOTIFY_SOCKET");
    const auto microseconds = number(take_variable("WATCHDOG_USEC"));
    const auto pid = number(take_variable("WATCHDOG_PID"));
    if (socket.empty() || !parent_is_systemd()) return SystemdNotifier();
    std::optional<Duration> watchdog;
    const bool ours = !pid || *pid == static_cast<uint64_t>(getpid());
    // More than a year is nobody's watchdog; the limit keeps the multiplication in range.
    constexpr uint64_t kYear = 365ULL * 86400 * 1'000'000;
    if (microseconds && *microseconds > 0 && *microseconds <= kYear && ours)
        watchdog = std::chrono::microseconds(*microseconds);
    return SystemdNotifier(std::move(socket), watchdog);
}

void SystemdNotifier::ready(int main_pid) const {
    (void)send(fmt::format("READY=1\nMAINPID={}", main_pid));
}

void SystemdNotifier::status(std::string_view text) const {
    (void)send(fmt::format("STATUS={}", one_line(text)));
}

void SystemdNotifier::reloading(Instant monotonic_now) const {
    const auto since =
        std::chrono::duration_cast<std::chrono::microseconds>(monotonic_now.time_since_epoch());
    (void)send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", since.count()));
}

void SystemdNotifier::stopping() const {
    (void)send("STOPPING=1");
}

void SystemdNotifier::failed(int os_error) const {
    (void)send(fmt::format("ERRNO={}", os_error));
}

void SystemdNotifier::watchdog_ping() const {
    (void)send("WATCHDOG=1");
}

std::optional<Duration> SystemdNotifier::watchdog_period() const {
    if (!watchdog_) return std::nullopt;
    return *watchdog_ / 2;
}

Result<> SystemdNotifier::send(std::string_view message) const {
    if (socket_.empty()) return {};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.size() >= sizeof(address.sun_path) || (socket_[0] != '/' && socket_[0] != '@'))
        return fail("NOTIFY_SOCKET is not a path or abstract name");
    std::ranges::copy(socket_, address.sun_path);
    if (socket_[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return fail_errno("socket", errno);
    const auto sent = ::sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&address), length);
    const int error = errno;
    close(descriptor);
    if (sent < 0) return fail_errno("notify systemd", error);
    return {};
}

}  // namespace holdfast::app

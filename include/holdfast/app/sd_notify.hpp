// systemd's notification protocol (sd_notify(3)) in one datagram, without the library. Messages are sent only
// when the parent is pid 1 called systemd and NOTIFY_SOCKET is set, as keepalived does (compat/runtime.md,
// section 9).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "holdfast/base/result.hpp"
#include "holdfast/base/time.hpp"

namespace holdfast::app {

class SystemdNotifier {
  public:
    /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them from the environment, so that
    /// scripts do not speak in our name.
    static SystemdNotifier from_environment();
    /// An explicit socket (path, or `@name` in the abstract namespace); empty = silent.
    explicit SystemdNotifier(std::string socket = {}, std::optional<Duration> watchdog = std::nullopt);

    bool is_active() const { return !socket_.empty(); }
    void ready(int main_pid) const;  ///< READY=1 and MAINPID=N
    void reloading(
        Instant monotonic_now) const;  ///< RELOADING=1 and MONOTONIC_USEC, which Type=notify-reload wants.
    void stopping() const;             ///< STOPPING=1
    void status(std::string_view text) const;  ///< STATUS=text, made one line; systemctl status shows it.
    void failed(int os_error) const;           ///< ERRNO=N
    void watchdog_ping() const;                ///< WATCHDOG=1
    /// How often to ping: half of what systemd asked for; nothing when it asked for none.
    std::optional<Duration> watchdog_period() const;
    /// Sends any message; a failure matters to nobody, tests look at it.
    Result<> send(std::string_view message) const;

  private:
    std::string socket_;
    std::optional<Duration> watchdog_;
};

/// Whether this process was started by systemd itself: parent is pid 1 and its name is systemd.
bool parent_is_systemd();

}  // namespace holdfast::app

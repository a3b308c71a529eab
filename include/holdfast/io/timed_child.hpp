// A child process that must end in time, as vrrp_script and MISC_CHECK want it (keepalived's rule for
// `timeout`).
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "holdfast/base/time.hpp"
#include "holdfast/io/callback.hpp"
#include "holdfast/io/processes.hpp"
#include "holdfast/io/timer.hpp"

namespace holdfast::io {

/// At the time-out the process group gets SIGTERM, 2 s later SIGKILL, then SIGKILL again every 10 s while the
/// process is not gone (stuck in the kernel); when it is gone, SIGKILL for what is left of its group. The
/// exit is reported once, with `timed_out` set when the time-out came first. Destroying it before the exit is
/// reported kills the group and reports nothing: nobody is left to keep the time.
class TimedChild {
  public:
    static constexpr Duration kTermToKill = std::chrono::seconds(2);
    static constexpr Duration kKillAgain = std::chrono::seconds(10);

    /// Starts the process; fails as Processes::spawn does. Without `timeout` only terminate() starts the
    /// sequence.
    static Result<std::unique_ptr<TimedChild>> start(Processes& processes, TimerQueue& timers,
                                                     const SpawnRequest& request,
                                                     std::optional<Duration> timeout,
                                                     std::function<void(ExitStatus)> on_exit);
    TimedChild(const TimedChild&) = delete;
    TimedChild& operator=(const TimedChild&) = delete;
    ~TimedChild();

    pid_t pid() const { return child_->pid(); }
    /// Starts SIGTERM, SIGKILL now, for a daemon that stops. Does not set `timed_out`. No effect the second
    /// time.
    void terminate();
    /// Called with each signal just sent, for the log. Null removes it.
    void on_signal(std::function<void(int signal)> hook) { on_signal_ = std::move(hook); }

  private:
    TimedChild(TimerQueue& timers, std::function<void(ExitStatus)> on_exit);
    void on_timer();
    void send(int signal, Duration next);

    enum class Stage : uint8_t { running, terminating, killing, ended };
    Stage stage_ = Stage::running;
    bool timed_out_ = false;
    std::function<void(int)> on_signal_;
    Callback<void(ExitStatus)> on_exit_;
    Timer timer_;
    std::unique_ptr<Child> child_;
};

}  // namespace holdfast::io

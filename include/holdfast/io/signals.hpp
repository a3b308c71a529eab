// Signals as events of the loop.
#pragma once

#include <csignal>
#include <functional>
#include <vector>

#include "holdfast/io/callback.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/fd.hpp"

namespace holdfast::io {

/// Receives a set of signals through a signalfd. They are blocked in the calling thread while this exists
/// (create it before other threads, which inherit the mask) and their former mask is restored after; a signal
/// that was delivered but not yet reported is then dropped, not taken with its default effect. Children
/// started by PosixProcesses begin with nothing blocked. One SignalWatch per signal: with two, the kernel
/// picks who gets it.
class SignalWatch {
  public:
    /// The callback gets the signal number, one call per signal; the kernel folds equal standard signals into
    /// one. Throws std::system_error when no signalfd can be made.
    SignalWatch(EventLoop& loop, const std::vector<int>& signals, std::function<void(int)> callback);
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;
    ~SignalWatch();

  private:
    void on_ready();

    sigset_t signals_{};
    sigset_t former_mask_{};
    Callback<void(int)> callback_;
    Fd fd_;
    Watch watch_;
};

}  // namespace holdfast::io

// startup_script and shutdown_script: run once, before anything starts and after everything has stopped, for
// a bounded time.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "holdfast/app/edges.hpp"
#include "holdfast/io/timed_child.hpp"

namespace holdfast::app {

class LifecycleScript {
  public:
    /// `kind` is "startup" or "shutdown".
    LifecycleScript(Edges& edges, std::string_view kind);

    /// Runs the command and calls `done` when it has ended, one way or another; at once when it cannot be
    /// run.
    void run(const notify::Command& command, Duration timeout, std::function<void()> done);
    /// Kills what runs; `done` is not called any more.
    void abandon();

  private:
    void ended(const io::ExitStatus& status);

    Edges& edges_;
    std::string_view kind_;
    std::function<void()> done_;
    std::unique_ptr<io::TimedChild> child_;
    io::Timer end_;  ///< The child may not be destroyed by its own callback.
};

}  // namespace holdfast::app

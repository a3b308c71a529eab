// Real child processes on the event loop.
#pragma once

#include <sys/resource.h>

#include <functional>
#include <memory>
#include <unordered_map>

#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/processes.hpp"

namespace holdfast::io {

/// Starts children with clone(CLONE_VM | CLONE_VFORK): the parent's memory is shared until exec, so the cost
/// does not grow with the (possibly locked) memory of the daemon as it does with fork; and unlike posix_spawn
/// the child can change users and ask for a parent-death signal. Exits are seen through a pidfd, so other
/// children of the process and SIGCHLD are left alone.
///
/// A child inherits the scheduling class, nice value and resource limits: a daemon that raises them sets
/// SCHED_RESET_ON_FORK and lowers limits itself. The limit of descriptors is the exception: a child's is the
/// one that was in force when this object was made. Must outlive its Child objects. Destroying it leaves
/// running children running and no longer reports or reaps them.
class PosixProcesses final : public Processes {
  public:
    explicit PosixProcesses(EventLoop& loop);
    ~PosixProcesses() override;

    Result<std::unique_ptr<Child>> spawn(const SpawnRequest& request,
                                         std::function<void(ExitStatus)> on_exit) override;
    /// Children not yet reaped, with or without a Child object.
    size_t running() const { return running_.size(); }

  private:
    class Handle;
    struct Process;
    class Stack;
    void reap(Process& process);

    EventLoop& loop_;
    std::unique_ptr<Stack> stack_;
    rlimit64 descriptors_{};
    std::unordered_map<pid_t, std::unique_ptr<Process>> running_;
};

}  // namespace holdfast::io

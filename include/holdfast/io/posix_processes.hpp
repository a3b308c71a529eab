// Real child processes on the event loop.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/processes.hpp"

namespace holdfast::io {

struct Standing;

/// Starts children with clone(CLONE_VM | CLONE_VFORK): the parent's memory is shared until exec, so the cost
/// does not grow with the (possibly locked) memory of the daemon as it does with fork; and unlike posix_spawn
/// the child can change users and ask for a parent-death signal. Exits are seen through a pidfd, so other
/// children of the process and SIGCHLD are left alone.
///
/// A child gets the nice value and the limits of descriptors, core dumps and real-time runs that were in
/// force when this was made; a daemon with a real-time priority sets SCHED_RESET_ON_FORK itself. Must outlive
/// its Child objects. Destroying it leaves running children running and no longer reports or reaps them.
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
    std::unique_ptr<const Standing> standing_;  ///< Ours when this was made; children get it.
    std::unique_ptr<Stack> stack_;
    std::unordered_map<pid_t, std::unique_ptr<Process>> running_;
};

}  // namespace holdfast::io

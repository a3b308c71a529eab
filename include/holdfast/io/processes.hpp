// Child processes. `Processes` is an edge: a simulation replaces it with scripts that run in no time. The
// real one is io/posix_processes.hpp; a time-out on top of either is io/timed_child.hpp.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/base/result.hpp"

namespace holdfast::io {

/// How a process ended.
struct ExitStatus {
    int code = 0;            ///< Exit status 0..255; meaningful when signal is 0.
    int signal = 0;          ///< The signal that killed it, or 0.
    bool timed_out = false;  ///< It overran its time (set by TimedChild, not by Processes).
    bool is_success() const { return code == 0 && signal == 0 && !timed_out; }
    /// "exited with status 1", "killed by signal 9", and "timed out, ..." before either.
    std::string to_string() const;
    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

/// A variable the child gets, or, without value, does not get.
struct EnvironmentChange {
    std::string name{};
    std::optional<std::string> value{};
    friend bool operator==(const EnvironmentChange&, const EnvironmentChange&) = default;
};

/// Who the child runs as.
struct Credentials {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups{};  ///< All supplementary groups; empty means none at all.
    friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// What to start. The child's standard descriptors are /dev/null and it inherits no other; all signals are at
/// their defaults and unblocked; it runs in our working directory, as keepalived's scripts do.
struct SpawnRequest {
    /// Program and arguments, at least the program. A program without `/` is looked up in the PATH of the
    /// child's environment, as the user it runs as. A text file without `#!` is run by /bin/sh.
    std::vector<std::string> arguments{};
    /// The file to execute when it is not the one that arguments[0] names, which then only is what the
    /// program sees as its name; looked up like it. Empty: arguments[0].
    std::string program{};
    /// On top of our own environment minus IFS, LD_PRELOAD and LD_LIBRARY_PATH.
    std::vector<EnvironmentChange> environment{};
    /// Nothing: as we do. Otherwise needs the privilege to change to it, also when it is what we are.
    std::optional<Credentials> run_as{};
    bool new_process_group = true;  ///< So that kill() reaches what a script started.
    bool kill_with_parent = true;   ///< SIGKILL when the thread that spawned it ends, however that happens.
};

/// A started process. Destroying it forgets the callback; the process runs on, and is still reaped.
class Child {
  public:
    Child() = default;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    virtual ~Child() = default;

    virtual pid_t pid() const = 0;
    /// Sends a signal to its process group (to the process if it has no group of its own). From inside
    /// `on_exit` it still reaches what the process left behind in its group: the number stays taken until
    /// `on_exit` has returned. Then it fails with ESRCH, because the number may belong to somebody else.
    virtual Result<> kill(int signal) = 0;
};

/// Starts processes.
class Processes {
  public:
    Processes() = default;
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;
    virtual ~Processes() = default;

    /// Starts a process, or says why it cannot be (no such program, not executable, no such right, no more
    /// processes); `os_error` is set. `on_exit` runs once, never before this returns, and may destroy the
    /// Child.
    virtual Result<std::unique_ptr<Child>> spawn(const SpawnRequest& request,
                                                 std::function<void(ExitStatus)> on_exit) = 0;
};

}  // namespace holdfast::io

// The edge between track_process and the processes of the host: a scan of all of them, and news of single
// ones. kernel/process_events.hpp has the real one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/base/result.hpp"

namespace holdfast::io {

/// A process has a new child, which is a copy of it until it executes something else.
struct ProcessForked {
    pid_t parent = 0;
    pid_t child = 0;
};
/// A process runs another program now: its name and command line are new.
struct ProcessExecuted {
    pid_t pid = 0;
};
/// A process has given itself another name (`comm`, 15 characters at most).
struct ProcessRenamed {
    pid_t pid = 0;
    std::string name;
};
struct ProcessEnded {
    pid_t pid = 0;
};
/// News were lost: only a scan tells what is true.
struct ProcessNewsLost {};
/// The kernel confirms that it sends news.
struct ProcessNewsConfirmed {};
using ProcessNews = std::variant<ProcessForked, ProcessExecuted, ProcessRenamed, ProcessEnded,
                                 ProcessNewsLost, ProcessNewsConfirmed>;

/// What tells a process from others. What was not asked for is empty.
struct ProcessIdentity {
    pid_t pid = 0;
    std::string name;                       ///< /proc/PID/comm
    std::vector<std::string> command_line;  ///< /proc/PID/cmdline, by words.
};

/// What to read of a process. Reading a command line may bring swapped memory back in, so it is asked for
/// only when somebody compares it.
struct ProcessDetails {
    bool name = true;
    bool command_line = false;
};

class ProcessTable {
  public:
    ProcessTable() = default;
    ProcessTable(const ProcessTable&) = delete;
    ProcessTable& operator=(const ProcessTable&) = delete;
    virtual ~ProcessTable() = default;

    /// Every process of the host but zombies.
    virtual std::vector<ProcessIdentity> scan(const ProcessDetails& details) = 0;
    /// One process; nothing when it is gone.
    virtual std::optional<ProcessIdentity> read(pid_t pid, const ProcessDetails& details) = 0;

    /// Reports from now on what happens to processes. Fails when the kernel does not offer it here.
    virtual Result<> listen(std::function<void(const ProcessNews&)> handler) = 0;
    virtual void stop_listening() = 0;
    /// Gives the queue of news this size, past the administrator's limit with `force`.
    virtual Result<> set_buffer(uint32_t bytes, bool force) = 0;
    /// The size of that queue now; 0 when nobody listens.
    virtual uint32_t buffer() const = 0;
};

}  // namespace holdfast::io

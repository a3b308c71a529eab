// The processes of the host: /proc, and the kernel's process event connector (netlink family
// NETLINK_CONNECTOR, group CN_IDX_PROC), which tells of forks, executions, renamings and ends. Needs
// CAP_NET_ADMIN and a kernel with CONFIG_PROC_EVENTS.
//
// The connector answers in the network namespace of the machine only. `open_process_events` is called before
// the process enters another one; a process that was started in another one goes back for a moment, which
// needs CAP_SYS_ADMIN and CAP_SYS_PTRACE.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/fd.hpp"
#include "holdfast/io/process_table.hpp"

namespace holdfast::kernel {

/// A connector socket that receives process events, of the calling thread's network namespace or,
/// failing that, of process 1's (going there and back: no other thread may open sockets meanwhile). Fails
/// when the kernel offers no process events or we may not hear them.
Result<io::Fd> open_process_events();

class ProcessEvents final : public io::ProcessTable {
  public:
    /// `early` is a socket opened before the network namespace was entered; none = opened by `listen`.
    explicit ProcessEvents(io::EventLoop& loop, io::Fd early = {});
    ~ProcessEvents() override;

    std::vector<io::ProcessIdentity> scan(const io::ProcessDetails& details) override;
    std::optional<io::ProcessIdentity> read(pid_t pid, const io::ProcessDetails& details) override;
    Result<> listen(std::function<void(const io::ProcessNews&)> handler) override;
    void stop_listening() override;
    Result<> set_buffer(uint32_t bytes, bool force) override;
    uint32_t buffer() const override;

  private:
    void on_ready();

    io::EventLoop& loop_;
    io::Fd socket_;
    bool subscribed_ = false;
    std::unique_ptr<io::Watch> watch_;
    std::function<void(const io::ProcessNews&)> handler_;
};

/// One message of the connector, as received after the netlink header; nothing for what is of no interest
/// (news of threads, of users and groups, acknowledgements of others).
std::optional<io::ProcessNews> decode_process_event(std::span<const uint8_t> message);

/// The name in /proc/PID/stat and whether the process is a zombie; nothing when the text is something else.
struct ProcessStat {
    std::string name;
    bool zombie = false;
};
std::optional<ProcessStat> parse_process_stat(std::string_view text);

}  // namespace holdfast::kernel

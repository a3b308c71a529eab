// netstate::NetworkKernel on route netlink (rtnetlink(7)): one socket for requests, one for the kernel's
// news.
//
// Requests go out many in one sendmsg and every one asks for an acknowledgement; the answers are read with
// recvmmsg and matched by sequence number, so a batch of n costs about n/100 system calls. libnl builds and
// owns the sockets and messages.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/netstate/kernel.hpp"

namespace holdfast::kernel {

struct RouteNetlinkSettings {
    /// Socket buffers in bytes (`vrrp_netlink_cmd_rcv_bufs`, `vrrp_netlink_monitor_rcv_bufs`); the force
    /// options go beyond net.core.rmem_max.
    uint32_t request_buffer = 1U << 20U;
    uint32_t monitor_buffer = 4U << 20U;
    bool force_request = true;
    bool force_monitor = true;
};

class RouteNetlink final : public netstate::NetworkKernel {
    class Requests;
    class Monitor;
    struct Opened {};  // Keeps the constructor to `open`.

  public:
    /// Opens both sockets in the calling thread's network namespace. `loop` must outlive the object.
    static Result<std::unique_ptr<RouteNetlink>> open(io::EventLoop& loop,
                                                      const RouteNetlinkSettings& settings = {});
    ~RouteNetlink() override;
    RouteNetlink(const RouteNetlink&) = delete;
    RouteNetlink& operator=(const RouteNetlink&) = delete;

    void set_listener(netstate::ChangeListener* listener) override;
    void watch_protocols(std::span<const uint8_t> protocols) override;
    Result<netstate::KernelState> dump() override;
    std::vector<Result<>> apply(std::span<const netstate::Operation> operations) override;
    void deliver_changes() override;
    void complete_news() override;
    /// Most programs' port is their process id, unless they have several sockets.
    std::string requester_name(uint32_t port) const override;

    /// How often news was lost because the buffer was full.
    uint64_t overruns() const;

    RouteNetlink(Opened, std::unique_ptr<Requests> requests, std::unique_ptr<Monitor> monitor);

  private:
    std::unique_ptr<Requests> requests_;
    std::unique_ptr<Monitor> monitor_;
};

}  // namespace holdfast::kernel

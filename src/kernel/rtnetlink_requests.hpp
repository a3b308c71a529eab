// The half of RouteNetlink that asks: batches of changes, and dumps.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/kernel/netlink_dump.hpp"
#include "holdfast/kernel/rtnetlink.hpp"
#include "holdfast/kernel/sysctl.hpp"
#include "netlink_socket.hpp"

namespace holdfast::kernel {

class RouteNetlink::Requests {
  public:
    static Result<std::unique_ptr<Requests>> open(const RouteNetlinkSettings& settings);
    explicit Requests(NetlinkSocket socket) : socket_(std::move(socket)) {}

    std::vector<Result<>> apply(std::span<const netstate::Operation> operations);
    /// `protocols`: of routes and rules; others are left out.
    Result<netstate::KernelState> dump(std::span<const uint8_t> protocols);

    /// Returns when what the kernel is changing at this moment is done and told (rtnl_lock).
    void wait_for_kernel();

  private:
    Result<> apply_knob(const netstate::Operation& operation);
    void apply_chunk(std::span<const netstate::Operation> operations, std::span<Result<>> results);
    Result<> dump_table(uint16_t type, std::span<const uint8_t> family_header,
                        const std::function<void(std::span<const uint8_t>)>& on_object);
    Result<> read_dump(std::span<const uint8_t> request, NetlinkDump& dump);

    NetlinkSocket socket_;
    SysctlKeeper knobs_;
    ReversePathFilter reverse_path_;
    uint32_t sequence_ = 0;
    std::vector<uint8_t> run_;
};

}  // namespace holdfast::kernel

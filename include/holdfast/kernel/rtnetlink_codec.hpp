// Between netstate's values and route netlink messages (rtnetlink(7), linux/rtnetlink.h, if_addr.h,
// fib_rules.h). Pure: bytes to values and back. The decoder trusts nothing in a message and is fuzzed.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "holdfast/netstate/objects.hpp"

namespace holdfast::kernel {

/// Whether the operation is a netlink request; the others write to /proc/sys.
bool is_request(const netstate::Operation& operation);

/// Appends the request for `operation`, asking for an acknowledgement under `sequence`, to a run of messages.
void append_request(const netstate::Operation& operation, uint32_t sequence, std::vector<uint8_t>& run);

/// What a message tells. An object of a kind or family we do not follow is nothing.
struct RouteNews {
    std::variant<std::monostate, netstate::LinkInfo, netstate::KernelAddress, netstate::KernelRoute,
                 netstate::KernelRule>
        object;
    bool removed = false;
    uint32_t requester = 0;  ///< Netlink port of who asked for the change, where the kernel says it.
};

/// Decodes one message, header included. Anything malformed, truncated or unknown gives nothing.
RouteNews decode_news(std::span<const uint8_t> message);

}  // namespace holdfast::kernel

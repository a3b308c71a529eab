// The words of VRRP. RFC 9568 calls the acting router *Active*; operators, scripts and logs of keepalived see
// MASTER, and so does this code.
#pragma once

#include <cstdint>
#include <string_view>

#include "holdfast/base/time.hpp"

namespace holdfast::vrrp {

/// 1..255. Zero is not a Virtual Router (RFC 9568, 5.2.3).
struct VirtualRouterId {
    uint8_t value = 0;
    friend constexpr auto operator<=>(const VirtualRouterId&, const VirtualRouterId&) = default;
};

/// 0 on the wire means "leaving"; 1..254 elect; 255 is the address owner (RFC 9568, 5.2.4).
struct Priority {
    uint8_t value = 0;
    friend constexpr auto operator<=>(const Priority&, const Priority&) = default;
};

inline constexpr Priority kLeaving{0};
inline constexpr Priority kDefaultPriority{100};
inline constexpr Priority kOwner{255};

/// The wire values of the version nibble.
enum class Version : uint8_t { v2 = 2, v3 = 3 };

/// The RFC's three states and keepalived's fourth, Fault: not able to take part (interface down, tracked
/// failure). The numbers are those of keepalived's JSON.
enum class State : uint8_t { Initialize = 0, Backup = 1, Master = 2, Fault = 3 };

/// "INIT", "BACKUP", "MASTER", "FAULT": the words of keepalived's logs, scripts and FIFOs.
std::string_view to_string(State state);

/// VRRPv2 authentication (RFC 2338, removed by RFC 3768 but alive in every how-to). Wire values.
enum class AuthType : uint8_t { none = 0, password = 1, header = 2 };

}  // namespace holdfast::vrrp

// A bfd_instance block (RFC 5880, 5881, 5883).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "holdfast/base/address.hpp"
#include "holdfast/base/time.hpp"

namespace holdfast::bfd {

struct SessionSettings {
    std::string name;
    IpAddress neighbor;
    std::optional<IpAddress> source;
    Duration min_rx = std::chrono::milliseconds(10);
    Duration min_tx = std::chrono::milliseconds(10);
    Duration idle_tx = std::chrono::milliseconds(1000);
    uint8_t multiplier = 5;
    bool passive = false;
    std::optional<uint8_t> ttl;  ///< Sent, and expected. Unset: 255; from IPv6 at least 64 is expected.
    int max_hops = 0;            ///< -1 or 255: no check.
    bool multihop = false;
    int weight = 0;
    bool reverse = false;
    bool for_vrrp = true;
    bool for_checker = true;
    friend bool operator==(const SessionSettings&, const SessionSettings&) = default;
};

}  // namespace holdfast::bfd

// Lightweight tunnels of routes (`encap ...` of `ip route`): from the words of the configuration to values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "holdfast/base/address.hpp"

namespace holdfast::netstate {

/// What is put around each packet. Unset fields are the kernel's to choose (0).
struct Encapsulation {
    /// LWTUNNEL_ENCAP_* of linux/lwtunnel.h.
    enum class Type : uint16_t { mpls = 1, ip = 2, ila = 3, ip6 = 4 };
    Type type = Type::ip;
    std::optional<uint64_t> id{};
    std::optional<IpAddress> source{};
    std::optional<IpAddress> destination{};
    std::optional<uint8_t> tos{};        ///< ip: tos; ip6: tc.
    std::optional<uint8_t> hop_limit{};  ///< ip: ttl; ip6: hoplimit.
    std::optional<uint16_t> flags{};     ///< As the kernel stores them.
    std::vector<uint32_t> labels{};      ///< mpls: outermost first.
    uint64_t locator = 0;                ///< ila: the eight bytes in network order.
    friend bool operator==(const Encapsulation&, const Encapsulation&) = default;
};

/// "ip id 100 dst 192.0.2.44" as words. Nothing when a value cannot be read.
std::optional<Encapsulation> parse_encapsulation(std::span<const std::string> words);

/// Whether `have`, which the kernel reports with every field filled in, serves as `want`.
bool matches(const Encapsulation& want, const Encapsulation& have);

}  // namespace holdfast::netstate

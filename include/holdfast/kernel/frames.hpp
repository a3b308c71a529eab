// The bytes of gratuitous ARP, unsolicited neighbour advertisements and the IPv4 header of adverts. Pure
// functions into a caller's buffer; protocol.md sections 1 and 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "holdfast/base/address.hpp"

namespace holdfast::kernel {

inline constexpr size_t kArpFrameSize = 42;                ///< Ethernet header and ARP.
inline constexpr size_t kNeighbourAdvertisementSize = 86;  ///< Ethernet, IPv6, ICMPv6, link-layer option.
inline constexpr size_t kIpv4HeaderSize = 20;

/// A gratuitous ARP request (RFC 5227, 3): broadcast, sender and target address both `address`, sender
/// hardware address `mac`, target hardware address all ones as keepalived fills it. Gives the frame within
/// `buffer`, empty when `buffer` is too small or `address` is not IPv4.
std::span<const uint8_t> build_gratuitous_arp(const IpAddress& address, const MacAddress& mac,
                                              std::span<uint8_t> buffer);

/// An unsolicited neighbour advertisement (RFC 4861, 4.4 and 7.2.6) from `address` itself to all nodes,
/// override set, solicited clear, with the target link-layer address option. Empty when `buffer` is too small
/// or `address` is not IPv6.
std::span<const uint8_t> build_neighbour_advertisement(const IpAddress& address, const MacAddress& mac,
                                                       bool router, std::span<uint8_t> buffer);

/// The header in front of an advert: TOS 0xc0 (internetwork control), no options, DF clear. The kernel fills
/// in the checksum and would replace an id of 0, which is why `id` never is. Returns false when `buffer` is
/// too small.
struct Ipv4Header {
    IpAddress source;
    IpAddress destination;
    uint8_t protocol = 112;
    uint8_t ttl = 255;
    uint16_t id = 1;
    uint16_t payload_length = 0;
};
bool build_ipv4_header(const Ipv4Header& header, std::span<uint8_t> buffer);

}  // namespace holdfast::kernel

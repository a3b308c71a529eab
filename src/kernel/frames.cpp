#include "holdfast/kernel/frames.hpp"

#include <array>

#include "holdfast/base/bytes.hpp"

namespace holdfast::kernel {

namespace {

constexpr uint16_t kEtherTypeArp = 0x0806;
constexpr uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr uint16_t kEtherTypeIpv4 = 0x0800;
constexpr uint16_t kArpRequest = 1;
constexpr uint8_t kIcmpv6 = 58;
constexpr uint8_t kNeighbourAdvertisement = 136;
constexpr uint8_t kTargetLinkLayerAddress = 2;
constexpr uint32_t kRouterFlag = 0x80000000;
constexpr uint32_t kOverrideFlag = 0x20000000;
constexpr uint8_t kInternetworkControl = 0xc0;

constexpr std::array<uint8_t, 6> kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
// RFC 2464, 7: 33:33 and the last four bytes of ff02::1.
constexpr std::array<uint8_t, 6> kAllNodesMac{0x33, 0x33, 0, 0, 0, 1};
constexpr std::array<uint8_t, 16> kAllNodes{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

}  // namespace

std::span<const uint8_t> build_gratuitous_arp(const IpAddress& address, const MacAddress& mac,
                                              std::span<uint8_t> buffer) {
    if (!address.is_v4()) return {};
    ByteWriter frame(buffer);
    frame.bytes(kBroadcast);
    frame.bytes(mac.bytes);
    frame.u16(kEtherTypeArp);

    frame.u16(1);  // Hardware type Ethernet.
    frame.u16(kEtherTypeIpv4);
    frame.u8(6);
    frame.u8(4);
    frame.u16(kArpRequest);
    frame.bytes(mac.bytes);
    frame.bytes(address.bytes());
    frame.bytes(kBroadcast);
    frame.bytes(address.bytes());
    if (frame.failed()) return {};
    return frame.written();
}

std::span<const uint8_t> build_neighbour_advertisement(const IpAddress& address, const MacAddress& mac,
                                                       bool router, std::span<uint8_t> buffer) {
    if (!address.is_v6()) return {};
    constexpr size_t kHeaders = 14 + 40;
    constexpr uint16_t kPayload = 32;  // ICMPv6 header and target, and one option of eight bytes.
    ByteWriter frame(buffer);
    frame.bytes(kAllNodesMac);
    frame.bytes(mac.bytes);
    frame.u16(kEtherTypeIpv6);

    frame.u32(6U << 28U);
    frame.u16(kPayload);
    frame.u8(kIcmpv6);
    frame.u8(255);
    // From the announced address itself, as the reference does: receivers learn nothing about any other.
    frame.bytes(address.bytes());
    frame.bytes(kAllNodes);

    frame.u8(kNeighbourAdvertisement);
    frame.u8(0);
    frame.u16(0);  // Checksum, below.
    frame.u32(kOverrideFlag | (router ? kRouterFlag : 0U));
    frame.bytes(address.bytes());
    frame.u8(kTargetLinkLayerAddress);
    frame.u8(1);
    frame.bytes(mac.bytes);
    if (frame.failed()) return {};

    // RFC 8200, 8.1: source, destination, length and next header are summed too.
    uint32_t sum = checksum_partial(address.bytes());
    sum = checksum_partial(kAllNodes, sum) + kPayload + kIcmpv6;
    frame.patch_u16(kHeaders + 2, internet_checksum(frame.written().subspan(kHeaders), sum));
    return frame.written();
}

bool build_ipv4_header(const Ipv4Header& header, std::span<uint8_t> buffer) {
    ByteWriter packet(buffer);
    packet.u8(0x45);
    packet.u8(kInternetworkControl);
    packet.u16(static_cast<uint16_t>(kIpv4HeaderSize + header.payload_length));
    packet.u16(header.id);
    packet.u16(0);  // Neither fragment nor "don't fragment".
    packet.u8(header.ttl);
    packet.u8(header.protocol);
    packet.u16(0);  // The kernel's.
    packet.bytes(header.source.bytes());
    packet.bytes(header.destination.bytes());
    return !packet.failed();
}

}  // namespace holdfast::kernel

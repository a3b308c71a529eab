#include "holdfast/kernel/frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "hex.hpp"

namespace holdfast::kernel {
namespace {

using ::testing::ElementsAreArray;

constexpr MacAddress kMac{{0x02, 0, 0, 0, 0, 0x0a}};

// The frames in these tests were captured from keepalived 2.4.3 with tcpdump: veth 02:00:00:00:00:0a,
// 192.0.2.1/24, virtual_ipaddress 192.0.2.100/24, fe80::100 and 2001:db8::100/64.

TEST(GratuitousArp, IsTheReferencesFrame) {
    std::array<uint8_t, kArpFrameSize> buffer{};
    const auto frame = build_gratuitous_arp(IpAddress::v4(192, 0, 2, 100), kMac, buffer);
    EXPECT_THAT(frame,
                ElementsAreArray(bytes("ffff ffff ffff 0200 0000 000a 0806 0001 0800 0604 0001 0200 0000 000a"
                                       "c000 0264 ffff ffff ffff c000 0264")));
}

TEST(NeighbourAdvertisement, IsTheReferencesFrame) {
    std::array<uint8_t, kNeighbourAdvertisementSize> buffer{};
    const auto frame = build_neighbour_advertisement(*IpAddress::parse("2001:db8::100"), kMac, false, buffer);
    EXPECT_THAT(frame,
                ElementsAreArray(bytes("3333 0000 0001 0200 0000 000a 86dd 6000 0000 0020 3aff 2001 0db8 0000"
                                       "0000 0000 0000 0000 0100 ff02 0000 0000 0000 0000 0000 0000 0001 8800"
                                       "f723 2000 0000 2001 0db8 0000 0000 0000 0000 0000 0100 0201 0200 0000"
                                       "000a")));
}

TEST(NeighbourAdvertisement, RouterFlagChangesTheFlagsAndTheChecksumOnly) {
    std::array<uint8_t, kNeighbourAdvertisementSize> host{};
    std::array<uint8_t, kNeighbourAdvertisementSize> router{};
    const IpAddress address = *IpAddress::parse("2001:db8::100");
    build_neighbour_advertisement(address, kMac, false, host);
    build_neighbour_advertisement(address, kMac, true, router);
    EXPECT_EQ(host[58], 0x20);
    EXPECT_EQ(router[58], 0xa0);
    // 0x8000 more in the sum is 0x8000 less in the checksum.
    EXPECT_EQ(router[56] << 8U | router[57], 0xf723 - 0x8000);
    host[58] = router[58];
    host[56] = router[56];
    EXPECT_EQ(host, router);
}

TEST(Ipv4Header, IsTheReferencesButForTheKernelsChecksum) {
    std::array<uint8_t, kIpv4HeaderSize> buffer{};
    ASSERT_TRUE(build_ipv4_header({.source = IpAddress::v4(192, 0, 2, 1),
                                   .destination = IpAddress::v4(224, 0, 0, 18),
                                   .protocol = 112,
                                   .ttl = 255,
                                   .id = 1,
                                   .payload_length = 20},
                                  buffer));
    EXPECT_THAT(buffer, ElementsAreArray(bytes("45c0 0028 0001 0000 ff70 0000 c000 0201 e000 0012")));
    ASSERT_TRUE(build_ipv4_header({.source = IpAddress::v4(192, 0, 2, 1),
                                   .destination = IpAddress::v4(192, 0, 2, 2),
                                   .protocol = 112,
                                   .ttl = 200,
                                   .id = 1,
                                   .payload_length = 12},
                                  buffer));
    EXPECT_THAT(buffer, ElementsAreArray(bytes("45c0 0020 0001 0000 c870 0000 c000 0201 c000 0202")));
}

TEST(Frames, WrongFamilyOrTooLittleRoomGivesNothing) {
    std::array<uint8_t, kNeighbourAdvertisementSize> buffer{};
    EXPECT_TRUE(build_gratuitous_arp(*IpAddress::parse("::1"), kMac, buffer).empty());
    EXPECT_TRUE(build_neighbour_advertisement(IpAddress::v4(1, 2, 3, 4), kMac, false, buffer).empty());
    EXPECT_TRUE(build_gratuitous_arp(IpAddress::v4(1, 2, 3, 4), kMac, std::span(buffer).first(41)).empty());
    EXPECT_TRUE(
        build_neighbour_advertisement(*IpAddress::parse("::1"), kMac, false, std::span(buffer).first(85))
            .empty());
    EXPECT_FALSE(build_ipv4_header({}, std::span(buffer).first(19)));
}

}  // namespace
}  // namespace holdfast::kernel

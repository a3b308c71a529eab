#include "holdfast/vrrp/packet.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support.hpp"

namespace holdfast::vrrp {
namespace {

const IpAddress kSource = IpAddress::v4(10, 9, 0, 1);
const IpAddress kGroup6 = address("ff02::12");

RouterSettings router(uint8_t vrid, Version version, std::initializer_list<std::string_view> addresses) {
    RouterSettings result = settings(100, version);
    result.vrid = {vrid};
    result.addresses.clear();
    for (const auto text : addresses) result.addresses.push_back(address(text));
    result.family = result.addresses.empty() ? Family::ipv4 : result.addresses.front().family();
    return result;
}

std::vector<uint8_t> built(const RouterSettings& with, uint8_t priority,
                           const IpAddress& destination = kMulticastGroup4) {
    AdvertTemplate advert(with, kSource, kMulticastGroup4);
    const auto packet = advert.packet({priority}, destination);
    return {packet.begin(), packet.end()};
}

// The bytes below were captured from keepalived 2.4.3 sending from 10.9.0.1.

// RFC3768-5.3.1-1
TEST(AdvertTemplate, BuildsVersion2WithPassword) {
    RouterSettings with = router(51, Version::v2, {"192.0.2.200", "192.0.2.201"});
    with.auth_type = AuthType::password;
    with.auth_data = {'1', '1', '1', '1'};
    EXPECT_EQ(built(with, 150), bytes("2133960201015fd4c00002c8c00002c93131313100000000"));
}

TEST(AdvertTemplate, BuildsVersion2WithAuthenticationDataEvenWithoutAuthentication) {
    RouterSettings with = router(52, Version::v2, {"192.0.2.202"});
    with.advert_interval = 2s;
    EXPECT_EQ(built(with, 100), bytes("213464010002b7fdc00002ca0000000000000000"));
}

// RFC9568-5.2.1-1
TEST(AdvertTemplate, BuildsVersion3) {
    RouterSettings with = router(53, Version::v3, {"192.0.2.203"});
    with.advert_interval = 500ms;
    EXPECT_EQ(built(with, 100), bytes("313564010032bd32c00002cb"));
    EXPECT_EQ(built(with, 0), bytes("3135000100322133c00002cb"));
}

// RFC9568-5.2.8-1
TEST(AdvertTemplate, CoversTheUnicastDestinationInVersion3) {
    const RouterSettings with = router(54, Version::v3, {"192.0.2.204"});
    EXPECT_EQ(built(with, 100, IpAddress::v4(10, 9, 0, 2)), bytes("3136640100649306c00002cc"));
    EXPECT_EQ(built(with, 100, IpAddress::v4(10, 9, 0, 3)), bytes("3136640100649305c00002cc"));
}

TEST(AdvertTemplate, PretendsTheGroupForOldUnicastPeers) {
    RouterSettings with = router(55, Version::v3, {"192.0.2.205"});
    with.old_unicast_checksum = OldUnicastChecksum::force;
    EXPECT_EQ(built(with, 100, IpAddress::v4(10, 9, 0, 2)), bytes("313764010064bcfcc00002cd"));
}

TEST(AdvertTemplate, LeavesThePseudoHeaderOutForChecksumAsVersion2) {
    RouterSettings with = router(56, Version::v3, {"192.0.2.206"});
    with.v3_checksum_as_v2 = true;
    EXPECT_EQ(built(with, 100), bytes("313864010064a793c00002ce"));
}

TEST(AdvertTemplate, LeavesTheChecksumOfIpv6ToTheKernel) {
    const RouterSettings with = router(57, Version::v3, {"fe80::57", "2001:db8::57"});
    EXPECT_EQ(built(with, 100, kGroup6),
              bytes("3139640200640000fe80000000000000000000000000005720010db8000000000000000000000057"));
}

TEST(AdvertTemplate, CanSendThePriorityBackAndForth) {
    const RouterSettings with = router(53, Version::v3, {"192.0.2.203"});
    AdvertTemplate advert(with, kSource, kMulticastGroup4);
    const auto first = built(with, 100);
    (void)advert.packet({0}, kMulticastGroup4);
    (void)advert.packet({255}, kHigher);
    const auto again = advert.packet({100}, kMulticastGroup4);
    EXPECT_EQ(std::vector(again.begin(), again.end()), first);
}

TEST(AdvertTemplate, FollowsAChangeOfTheSource) {
    const RouterSettings with = router(53, Version::v3, {"192.0.2.203"});
    AdvertTemplate advert(with, kHigher, kMulticastGroup4);
    (void)advert.packet({100}, kMulticastGroup4);
    advert.set_source(kSource);
    const auto packet = advert.packet({100}, kMulticastGroup4);
    EXPECT_EQ(std::vector(packet.begin(), packet.end()), built(with, 100));
}

TEST(AdvertTemplate, SendsNoAddressesWhenThereAreNone) {
    const auto packet = built(router(52, Version::v2, {}), 100);
    EXPECT_EQ(packet.size(), kHeaderSize + kAuthDataSize);
    EXPECT_EQ(packet[3], 0);
}

TEST(AdvertTemplate, LeavesOutAddressesOfTheOtherFamily) {
    const auto packet = built(router(52, Version::v2, {"192.0.2.1", "2001:db8::1"}), 100);
    EXPECT_EQ(packet[3], 1);
    EXPECT_EQ(packet.size(), kHeaderSize + 4 + kAuthDataSize);
}

// RFC9568-5.2.7-1: 12 bits, so the longest interval is 40.95 s and the reserved bits stay zero.
TEST(AdvertTemplate, SendsTheLongestIntervalOfVersion3) {
    RouterSettings with = router(53, Version::v3, {"192.0.2.203"});
    with.advert_interval = 40950ms;
    EXPECT_EQ(built(with, 100)[4], 0x0f);
    EXPECT_EQ(built(with, 100)[5], 0xff);
}

TEST(AdvertTemplate, CarriesAtMost255Addresses) {
    RouterSettings with = router(52, Version::v2, {});
    for (int i = 0; i < 300; ++i)
        with.addresses.push_back(
            IpAddress::v4(10, 0, static_cast<uint8_t>(i / 256), static_cast<uint8_t>(i)));
    const auto packet = built(with, 100);
    EXPECT_EQ(packet[3], 255);
    EXPECT_EQ(packet.size(), kHeaderSize + 255 * 4 + kAuthDataSize);
    EXPECT_TRUE(has_right_checksum(packet));
}

TEST(Parse, TellsTheFieldsOfVersion2) {
    const auto packet = bytes("2133960201015fd4c00002c8c00002c93131313100000000");
    const auto parsed = parse(packet, Family::ipv4).value();
    EXPECT_EQ(parsed.version, 2);
    EXPECT_EQ(parsed.type, kTypeAdvertisement);
    EXPECT_EQ(parsed.vrid, VirtualRouterId{51});
    EXPECT_EQ(parsed.priority, Priority{150});
    EXPECT_EQ(parsed.address_count, 2);
    EXPECT_EQ(parsed.auth_type, 1);
    EXPECT_EQ(parsed.interval_seconds, 1);
    EXPECT_EQ(parsed.checksum, 0x5fd4);
    EXPECT_EQ(parsed.addresses.size(), 8U);
    EXPECT_EQ(parsed.expected_size, packet.size());
}

// RFC9568-5.2.6-1: the reserved field is ignored on reception.
TEST(Parse, DropsTheReservedBitsOfVersion3) {
    const auto parsed = parse(bytes("31356401f0320000c00002cb"), Family::ipv4).value();
    EXPECT_EQ(parsed.interval_centiseconds, 50);
    EXPECT_EQ(parsed.expected_size, 12U);
}

TEST(Parse, GivesNothingForAnIncompleteHeader) {
    const auto packet = bytes("2133960201015fd4");
    EXPECT_TRUE(parse(packet, Family::ipv4));
    for (size_t size = 0; size < packet.size(); ++size)
        EXPECT_FALSE(parse(std::span(packet).first(size), Family::ipv4)) << size;
}

TEST(Parse, NeverLooksBeyondTheBuffer) {
    const auto packet = bytes("21339601ff015fd4c00002");
    const auto parsed = parse(packet, Family::ipv4).value();
    EXPECT_EQ(parsed.addresses.size(), 3U);
    EXPECT_GT(parsed.expected_size, packet.size());
}

TEST(PeekVrid, FindsTheVridBehindAnAuthenticationHeader) {
    std::vector<uint8_t> packet(kAuthenticationHeaderSize, 0);
    const auto vrrp = bytes("2133960201015fd4");
    packet.insert(packet.end(), vrrp.begin(), vrrp.end());
    EXPECT_EQ(peek_vrid(packet, kProtocolAuthenticationHeader), VirtualRouterId{51});
    EXPECT_EQ(peek_vrid(vrrp, kProtocolVrrp), VirtualRouterId{51});
    EXPECT_FALSE(peek_vrid(vrrp, kProtocolAuthenticationHeader));
    EXPECT_FALSE(peek_vrid(std::span(vrrp).first(7), kProtocolVrrp));
}

TEST(Codec, ParsesWhatItBuilt) {
    std::mt19937 random(20240720);
    const auto any = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    for (int round = 0; round < 2000; ++round) {
        const bool six = any(0, 3) == 0;
        RouterSettings with = settings(100, six || any(0, 1) == 1 ? Version::v3 : Version::v2);
        with.family = six ? Family::ipv6 : Family::ipv4;
        with.vrid = {static_cast<uint8_t>(any(1, 255))};
        with.addresses.clear();
        for (int i = any(0, 20); i > 0; --i) {
            std::array<uint8_t, 16> raw{};
            for (auto& byte : raw) byte = static_cast<uint8_t>(any(0, 255));
            with.addresses.push_back(*IpAddress::from_bytes(std::span(raw).first(six ? 16 : 4)));
        }
        if (with.version == Version::v2) {
            with.advert_interval = std::chrono::seconds(any(1, 255));
            if (any(0, 1) == 1) {
                with.auth_type = AuthType::password;
                for (auto& byte : with.auth_data) byte = static_cast<uint8_t>(any(0, 255));
            }
        } else {
            with.advert_interval = Centiseconds(any(1, 4095));
        }
        const auto priority = static_cast<uint8_t>(any(0, 255));
        const auto source = IpAddress::v4(10, static_cast<uint8_t>(any(0, 255)), 0, 1);
        const auto destination = IpAddress::v4(224, 0, 0, static_cast<uint8_t>(any(0, 255)));
        AdvertTemplate advert(with, source, kMulticastGroup4);
        const auto packet = advert.packet({priority}, destination);
        const auto parsed = parse(packet, with.family).value();
        EXPECT_EQ(parsed.version, static_cast<uint8_t>(with.version));
        EXPECT_EQ(parsed.vrid, with.vrid);
        EXPECT_EQ(parsed.priority.value, priority);
        EXPECT_EQ(parsed.address_count, with.addresses.size());
        EXPECT_EQ(parsed.expected_size, packet.size());
        const Duration interval = with.version == Version::v2
                                      ? Duration(std::chrono::seconds(parsed.interval_seconds))
                                      : Duration(Centiseconds(parsed.interval_centiseconds));
        EXPECT_EQ(interval, with.advert_interval);
        if (six) continue;
        const bool v3 = with.version == Version::v3;
        EXPECT_TRUE(has_right_checksum(packet, v3 ? &source : nullptr, v3 ? &destination : nullptr));
        // One flipped bit is seen.
        std::vector<uint8_t> damaged(packet.begin(), packet.end());
        damaged[static_cast<size_t>(any(0, static_cast<int>(damaged.size()) - 1))] ^= 0x10;
        EXPECT_FALSE(has_right_checksum(damaged, v3 ? &source : nullptr, v3 ? &destination : nullptr));
    }
}

}  // namespace
}  // namespace holdfast::vrrp

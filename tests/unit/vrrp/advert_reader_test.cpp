// The checks of received packets, in the order of compat/protocol.md section 2: what is accepted, sizes, TTL,
// version.
#include <functional>

#include "reader_fixture.hpp"

namespace holdfast::vrrp {
namespace {

using testing::IsEmpty;

TEST_F(ReaderTest, AcceptsAGoodPacket) {
    with.advert_interval = 3s;
    priority = {150};
    build();
    const Reading reading = expect_accepted();
    EXPECT_EQ(reading.advert, (Advert{kHigher, {150}, 3s}));
    EXPECT_THAT(said(reading), IsEmpty());
}

TEST_F(ReaderV3Test, AcceptsAGoodPacket) {
    with.advert_interval = 250ms;
    build();
    EXPECT_EQ(expect_accepted().advert, (Advert{kHigher, {100}, 250ms}));
}

TEST_F(ReaderV6Test, AcceptsAGoodPacket) {
    EXPECT_EQ(expect_accepted().advert, (Advert{source, {100}, 1s}));
}

TEST_F(ReaderTest, AcceptsWhatKeepalivedSends) {
    with.addresses = {IpAddress::v4(192, 0, 2, 200), IpAddress::v4(192, 0, 2, 201)};
    with.auth_type = AuthType::password;
    with.auth_data = {'1', '1', '1', '1'};
    packet = bytes("2133960201015fd4c00002c8c00002c93131313100000000");
    EXPECT_EQ(expect_accepted().advert, (Advert{kHigher, {150}, 1s}));
}

TEST_F(ReaderTest, CountsResignations) {
    priority = kLeaving;
    build();
    EXPECT_EQ(expect_accepted().advert->priority, kLeaving);
    EXPECT_EQ(counters.pri_zero_rcvd, 1U);
}

// RFC9568-7.1-4
TEST_F(ReaderTest, RefusesAPacketShorterThanItsHeader) {
    packet.resize(7);
    const Reading reading = read();
    EXPECT_EQ(reading.rejected, RejectReason::too_short);
    EXPECT_FALSE(reading.advert);
}

// RFC9568-7.1-4
TEST_F(ReaderTest, RefusesAPacketThatIsTooShort) {
    packet.pop_back();
    expect_refused(RejectReason::length,
                   "(VI_1) vrrp packet from 10.9.0.9 too short, length 39 and expect 40");
    EXPECT_EQ(counters.packet_len_err, 1U);
}

// Two bytes missing look like padding modulo 4.
TEST_F(ReaderTest, DoesNotTakeMissingBytesForPadding) {
    packet.resize(packet.size() - 2);
    expect_refused(RejectReason::length,
                   "(VI_1) vrrp packet from 10.9.0.9 too short, length 38 and expect 40");
}

TEST_F(ReaderTest, RefusesAPacketThatIsTooLong) {
    packet.push_back(0);
    expect_refused(RejectReason::length,
                   "(VI_1) vrrp packet from 10.9.0.9 too long, length 41 and expect 40");
    EXPECT_EQ(counters.packet_len_err, 1U);
}

TEST_F(ReaderTest, TellsSizesWithoutAnIpHeaderInIpv6) {
    with.version = Version::v3;
    with.family = Family::ipv6;
    with.addresses = {address("fe80::57")};
    source = address("fe80::9");
    destination = address("ff02::12");
    build();
    packet.pop_back();
    expect_refused(RejectReason::length,
                   "(VI_1) vrrp packet from fe80::9 too short, length 23 and expect 24");
}

TEST_F(ReaderTest, AcceptsEthernetPadding) {
    announced = static_cast<uint16_t>(packet.size());
    packet.resize(46 - 20);
    EXPECT_TRUE(expect_accepted().advert);
}

TEST_F(ReaderTest, AcceptsPaddingLeftByAVlanTag) {
    announced = static_cast<uint16_t>(packet.size());
    packet.resize(46 - 20 - 4);
    EXPECT_TRUE(expect_accepted().advert);
}

TEST_F(ReaderTest, RefusesOtherAmountsOfPadding) {
    packet.resize(46 - 20 - 1);
    EXPECT_EQ(read().rejected, RejectReason::length);
}

// RFC9568-7.1-1
TEST_F(ReaderTest, RefusesAnotherTtl) {
    for (const uint8_t wrong : std::initializer_list<uint8_t>{0, 1, 254}) {
        ttl = wrong;
        EXPECT_EQ(read().rejected, RejectReason::ttl) << int(wrong);
    }
    EXPECT_EQ(counters.ip_ttl_err, 3U);
    expect_refused(RejectReason::ttl, "(VI_1) invalid TTL/HL from 10.9.0.9. Received 254 and expect 255");
}

TEST_F(ReaderV6Test, RefusesAnotherHopLimit) {
    ttl = 64;
    expect_refused(RejectReason::ttl, "(VI_1) invalid TTL/HL from fe80::9. Received 64 and expect 255");
}

TEST_F(ReaderTest, AcceptsAnyTtlInUnicast) {
    use_unicast();
    ttl = 3;
    EXPECT_TRUE(expect_accepted().advert);
}

// RFC9568-7.1-2
TEST_F(ReaderTest, RefusesAnotherVersion) {
    with.version = Version::v3;
    build();
    with.version = Version::v2;
    expect_refused(RejectReason::version, "(VI_1) wrong VRRP version from 10.9.0.9. Received 3 and expect 2");
    EXPECT_EQ(counters.vers_err, 1U);
}

TEST_F(ReaderV3Test, RefusesAnotherVersion) {
    with.version = Version::v2;
    build();
    with.version = Version::v3;
    expect_refused(RejectReason::version, "(VI_1) wrong VRRP version from 10.9.0.9. Received 2 and expect 3");
}

// The order is visible in counters and lines: the first broken rule answers.
TEST_F(ReaderTest, AnswersInTheOrderOfTheChecks) {
    with.auth_type = AuthType::password;
    with.auth_data = {'a'};
    build();
    struct Step {
        RejectReason reason;
        std::function<void()> repair;
    };
    // Everything is wrong; each step repairs what was complained about.
    const auto good = packet;
    packet[0] = 0x32;
    packet[4] = 7;
    packet[5] = 9;
    packet.back() = 'z';
    packet.push_back(0);
    ttl = 7;
    announced = 100;
    ip_protocol = kProtocolAuthenticationHeader;
    destination = kOwn;
    const std::vector<Step> steps{
        {RejectReason::unexpected_ah_header, [&] { ip_protocol = kProtocolVrrp; }},
        {RejectReason::length,
         [&] {
             packet.pop_back();
             packet.resize(12);  // What version 3 expects.
         }},
        {RejectReason::ttl, [&] { ttl = 255; }},
        {RejectReason::version,
         [&] {
             packet = good;
             packet[0] = 0x22;
             packet[4] = 7;
             packet[5] = 9;
             packet.back() = 'z';
         }},
        {RejectReason::auth_type_unknown, [&] { packet[4] = 2; }},
        {RejectReason::auth_type_mismatch, [&] { packet[4] = 1; }},
        {RejectReason::password, [&] { packet.back() = 0; }},
        {RejectReason::interval, [&] { packet[5] = 1; }},
        {RejectReason::type,
         [&] {
             packet[0] = 0x21;
             packet[2] ^= 1;
         }},
        {RejectReason::ip_length, [&] { announced.reset(); }},
        {RejectReason::checksum, [&] { packet = good; }},
        {RejectReason::cast, [&] { destination = kMulticastGroup4; }},
    };
    for (const Step& step : steps) {
        EXPECT_EQ(read().rejected, step.reason);
        step.repair();
    }
    EXPECT_TRUE(read().advert);
}

}  // namespace
}  // namespace holdfast::vrrp

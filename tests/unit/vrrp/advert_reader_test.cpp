// The checks of received packets, in the order of compat/protocol.md section 2. Each test of a refusal starts
// from a packet that is accepted and breaks one thing.
#include "holdfast/vrrp/advert_reader.hpp"

#include <functional>

#include "holdfast/base/bytes.hpp"
#include "support.hpp"

namespace holdfast::vrrp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ReaderTest : public testing::Test {
  protected:
    explicit ReaderTest(Version version = Version::v2) : with(settings(100, version)) {
        transport.multicast_group = kMulticastGroup4;
        build();
    }

    // What a peer with our settings would send.
    void build() {
        AdvertTemplate advert(with, source, kMulticastGroup4);
        const auto built = advert.packet(priority, destination);
        packet.assign(built.begin(), built.end());
    }
    void fix_checksum() {
        packet[6] = packet[7] = 0;
        const bool pseudo = packet[0] >> 4U == 3 && with.family == Family::ipv4;
        uint32_t sum = 0;
        if (pseudo) {
            sum = 112 + static_cast<uint32_t>(packet.size());
            sum = checksum_partial(source.bytes(), checksum_partial(destination.bytes(), sum));
        }
        const uint16_t checksum = internet_checksum(packet, sum);
        packet[6] = static_cast<uint8_t>(checksum >> 8U);
        packet[7] = static_cast<uint8_t>(checksum);
    }
    Reading read() {
        if (!reader) reader.emplace(with, transport);
        ReceivedFrame frame;
        frame.source = source;
        frame.destination = destination;
        frame.ttl = ttl;
        frame.multicast = destination.is_multicast();
        frame.payload = packet;
        if (with.family == Family::ipv4) {
            frame.announced_payload_length = announced.value_or(static_cast<uint16_t>(packet.size()));
            ip_header[9] = ip_protocol;
            frame.ip_header = ip_header;
        }
        return reader->read(frame, context, counters);
    }
    std::vector<std::string> said(const Reading& reading) {
        std::vector<std::string> result;
        for (const LogEvent& event : reading.findings()) result.push_back(describe(event, "VI_1"));
        return result;
    }
    void expect_refused(RejectReason reason, const std::string& line) {
        const Reading reading = read();
        EXPECT_FALSE(reading.advert);
        EXPECT_EQ(reading.rejected, reason);
        EXPECT_THAT(said(reading), ElementsAre(line));
        EXPECT_EQ(counters.advert_rcvd, 0U);
    }
    Reading expect_accepted() {
        const Reading reading = read();
        EXPECT_TRUE(reading.advert);
        EXPECT_FALSE(reading.rejected);
        EXPECT_EQ(counters.advert_rcvd, 1U);
        return reading;
    }
    void use_unicast() {
        transport.unicast = true;
        transport.peers = {{kHigher}};
        destination = kOwn;
        build();
    }

    RouterSettings with;
    TransportSettings transport;
    IpAddress source = kHigher;
    IpAddress destination = kMulticastGroup4;
    Priority priority{100};
    uint8_t ttl = 255;
    uint8_t ip_protocol = kProtocolVrrp;
    std::array<uint8_t, 20> ip_header{};
    std::optional<uint16_t> announced;
    std::vector<uint8_t> packet;
    ReadingContext context{.effective_priority = {100}};
    Counters counters;
    std::optional<AdvertReader> reader;
};

class ReaderV3Test : public ReaderTest {
  protected:
    ReaderV3Test() : ReaderTest(Version::v3) {}
};

class ReaderV6Test : public ReaderTest {
  protected:
    ReaderV6Test() : ReaderTest(Version::v3) {
        with.family = Family::ipv6;
        with.addresses = {address("fe80::57"), address("2001:db8::57")};
        source = address("fe80::9");
        destination = address("ff02::12");
        build();
    }
};

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

TEST_F(ReaderTest, RefusesAnUnexpectedAuthenticationHeader) {
    ip_protocol = kProtocolAuthenticationHeader;
    expect_refused(RejectReason::unexpected_ah_header,
                   "(VI_1) Received AH header but auth type not AH from 10.9.0.9");
    EXPECT_EQ(counters.authtype_mismatch, 1U);
}

TEST_F(ReaderTest, RefusesAMissingAuthenticationHeader) {
    with.auth_type = AuthType::header;
    expect_refused(RejectReason::missing_ah_header, "(VI_1) No AH header but auth type is AH from 10.9.0.9");
    EXPECT_EQ(counters.authtype_mismatch, 1U);
}

// RFC9568-7.1-2
TEST_F(ReaderTest, RefusesAPacketShorterThanItsHeader) {
    packet.resize(7);
    const Reading reading = read();
    EXPECT_EQ(reading.rejected, RejectReason::too_short);
    EXPECT_FALSE(reading.advert);
}

// RFC9568-7.1-3
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

// RFC9568-7.1-4
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

TEST_F(ReaderTest, RefusesAnUnknownAuthenticationType) {
    packet[4] = 3;
    fix_checksum();
    expect_refused(RejectReason::auth_type_unknown, "(VI_1) Invalid auth type from 10.9.0.9: 3");
    EXPECT_EQ(counters.invalid_authtype, 1U);
}

TEST_F(ReaderTest, RefusesAnotherAuthenticationType) {
    packet[4] = 1;
    fix_checksum();
    expect_refused(RejectReason::auth_type_mismatch, "(VI_1) received a 1 auth from 10.9.0.9, expecting 0!");
    EXPECT_EQ(counters.authtype_mismatch, 1U);
}

TEST_F(ReaderTest, RefusesNoPasswordWhereOneIsWanted) {
    with.auth_type = AuthType::password;
    expect_refused(RejectReason::auth_type_mismatch, "(VI_1) received a 0 auth from 10.9.0.9, expecting 1!");
}

TEST_F(ReaderTest, RefusesAnotherPassword) {
    with.auth_type = AuthType::password;
    with.auth_data = {'1', '1', '1', '1', '1', '1', '1', '1'};
    build();
    for (size_t i = 1; i <= kAuthDataSize; ++i) {
        packet[packet.size() - i] ^= 1;
        fix_checksum();
        EXPECT_EQ(read().rejected, RejectReason::password) << i;
        packet[packet.size() - i] ^= 1;
    }
    EXPECT_EQ(counters.auth_failure, kAuthDataSize);
    packet.back() = '2';
    expect_refused(RejectReason::password, "(VI_1) received an invalid passwd from 10.9.0.9!");
}

TEST_F(ReaderTest, FindsThePasswordInAPaddedPacket) {
    with.auth_type = AuthType::password;
    with.auth_data = {'s', 'e', 'c', 'r', 'e', 't'};
    build();
    announced = static_cast<uint16_t>(packet.size());
    packet.resize(46 - 20);
    EXPECT_TRUE(expect_accepted().advert);
}

TEST_F(ReaderTest, LooksAtNoPasswordWithoutAuthentication) {
    packet.back() = 'x';
    fix_checksum();
    EXPECT_TRUE(expect_accepted().advert);
}

// RFC3768-7.1: the interval must be the same in VRRPv2.
TEST_F(ReaderTest, RefusesAnotherInterval) {
    packet[5] = 2;
    fix_checksum();
    expect_refused(RejectReason::interval,
                   "(VI_1) advertisement interval mismatch with 10.9.0.9 mine=1 sec rcv'd=2 sec");
    EXPECT_EQ(counters.advert_interval_err, 0U);
}

// RFC9568-7.1: in VRRPv3 a difference is reported only.
TEST_F(ReaderV3Test, ReportsAnotherInterval) {
    with.advert_interval = 2s;
    build();
    with.advert_interval = 1s;
    const Reading reading = expect_accepted();
    EXPECT_EQ(reading.advert->interval, 2s);
    EXPECT_THAT(
        said(reading),
        ElementsAre("(VI_1) advertisement interval mismatch ours = 100 centi-sec rcv'd=200 centi-sec"));
}

TEST_F(ReaderTest, RefusesAnotherType) {
    packet[0] = 0x22;
    fix_checksum();
    expect_refused(RejectReason::type, "(VI_1) Invalid packet type from 10.9.0.9. 2 and expect 1");
    EXPECT_EQ(counters.invalid_type_rcvd, 1U);
}

TEST_F(ReaderTest, RefusesAnotherIpLength) {
    announced = 24;
    expect_refused(RejectReason::ip_length,
                   "(VI_1) ip_tot_len mismatch against received length from 10.9.0.9. 44 and received 40");
    EXPECT_EQ(counters.packet_len_err, 1U);
}

// RFC9568-7.1-5
TEST_F(ReaderTest, RefusesAWrongChecksum) {
    packet[2] ^= 1;
    expect_refused(RejectReason::checksum, "(VI_1) Invalid VRRPv2 checksum from 10.9.0.9");
    EXPECT_EQ(counters.chk_err, 1U);
}

TEST_F(ReaderTest, CoversTheAuthenticationDataByTheChecksum) {
    packet.back() ^= 1;
    EXPECT_EQ(read().rejected, RejectReason::checksum);
}

TEST_F(ReaderV3Test, RefusesAWrongChecksum) {
    packet[2] ^= 1;
    expect_refused(RejectReason::checksum, "(VI_1) Invalid VRRPv3 checksum from 10.9.0.9");
}

TEST_F(ReaderV3Test, CoversSourceAndDestinationByTheChecksum) {
    source = kLower;
    EXPECT_EQ(read().rejected, RejectReason::checksum);
    source = kHigher;
    destination = IpAddress::v4(224, 0, 0, 19);
    EXPECT_EQ(read().rejected, RejectReason::checksum);
}

TEST_F(ReaderV3Test, DoesNotEnforceAChecksumAsVersion2) {
    with.v3_checksum_as_v2 = true;
    EXPECT_TRUE(expect_accepted().advert);
    packet[2] ^= 1;
    EXPECT_TRUE(read().advert);
}

TEST_F(ReaderV6Test, LeavesTheChecksumToTheKernel) {
    packet[6] = 0x12;
    EXPECT_TRUE(expect_accepted().advert);
}

TEST_F(ReaderV3Test, SwitchesToTheOldUnicastChecksum) {
    use_unicast();
    AdvertTemplate old(with, source, kMulticastGroup4);
    old.use_old_checksum(true);
    const auto built = old.packet(priority, destination);
    packet.assign(built.begin(), built.end());
    const Reading reading = expect_accepted();
    EXPECT_TRUE(reading.switched_to_old_checksum);
    EXPECT_TRUE(reader->uses_old_checksum());
    EXPECT_THAT(said(reading), ElementsAre("(VI_1) Setting unicast VRRPv3 checksum to old version"));
    EXPECT_FALSE(read().switched_to_old_checksum);  // Only once.
}

TEST_F(ReaderV3Test, NeverSwitchesWhenTold) {
    use_unicast();
    with.old_unicast_checksum = OldUnicastChecksum::force;
    build();
    with.old_unicast_checksum = OldUnicastChecksum::never;
    EXPECT_EQ(read().rejected, RejectReason::checksum);
    with.old_unicast_checksum = OldUnicastChecksum::force;
    reader->reconfigure(with, transport);
    EXPECT_TRUE(read().advert);
}

TEST_F(ReaderTest, RefusesMulticastWhereUnicastIsExpected) {
    transport.unicast = true;
    expect_refused(RejectReason::cast,
                   "(VI_1) Expected unicast packet but received multicast packet from 10.9.0.9");
    EXPECT_EQ(counters.addr_list_err, 1U);
}

TEST_F(ReaderTest, RefusesUnicastWhereMulticastIsExpected) {
    destination = kOwn;
    expect_refused(RejectReason::cast,
                   "(VI_1) Expected multicast packet but received unicast packet from 10.9.0.9");
}

TEST_F(ReaderV6Test, DropsTheOtherKindSilently) {
    destination = address("fe80::5");
    const Reading reading = read();
    EXPECT_EQ(reading.rejected, RejectReason::cast);
    EXPECT_THAT(said(reading), IsEmpty());
    EXPECT_EQ(counters, Counters{});
}

TEST_F(ReaderTest, AnOwnerMayIgnoreAdverts) {
    with.owner_ignore_adverts = true;
    EXPECT_TRUE(expect_accepted().advert);  // Not while its priority is another.
    context.effective_priority = kOwner;
    counters = {};
    expect_refused(RejectReason::owner_ignores,
                   "(VI_1) Dropping packet(s) from 10.9.0.9 since we are address owner");
}

TEST_F(ReaderTest, ReportsAnotherNumberOfAddresses) {
    with.addresses.push_back(IpAddress::v4(192, 0, 2, 201));
    build();
    with.addresses.pop_back();
    const Reading reading = expect_accepted();
    EXPECT_THAT(said(reading), ElementsAre("(VI_1) expected 1 VIPs but received 2"));
    EXPECT_EQ(counters.addr_list_err, 1U);
}

TEST_F(ReaderTest, ReportsAnAddressThatIsMissing) {
    with.addresses = {IpAddress::v4(192, 0, 2, 7), IpAddress::v4(192, 0, 2, 8)};
    build();
    with.addresses = {IpAddress::v4(192, 0, 2, 8), IpAddress::v4(192, 0, 2, 9)};
    const Reading reading = expect_accepted();
    EXPECT_THAT(said(reading),
                ElementsAre("(VI_1) ip address associated with VRID 51 not present in advert from "
                            "10.9.0.9: 192.0.2.9"));
    EXPECT_EQ(counters.addr_list_err, 1U);
}

TEST_F(ReaderTest, AcceptsAddressesInAnotherOrder) {
    with.addresses = {IpAddress::v4(192, 0, 2, 7), IpAddress::v4(192, 0, 2, 8)};
    build();
    std::swap(with.addresses[0], with.addresses[1]);
    EXPECT_THAT(said(expect_accepted()), IsEmpty());
}

TEST_F(ReaderTest, SkipsTheAddressesWhenTold) {
    with.addresses = {IpAddress::v4(192, 0, 2, 7)};
    context.check_addresses = false;
    EXPECT_THAT(said(expect_accepted()), IsEmpty());
    with.addresses.push_back(IpAddress::v4(192, 0, 2, 8));  // The number is looked at all the same.
    reader->reconfigure(with, transport);
    EXPECT_THAT(said(read()), testing::SizeIs(1));
}

TEST_F(ReaderV6Test, ReportsAMissingAddress) {
    with.addresses[1] = address("2001:db8::58");
    EXPECT_THAT(said(expect_accepted()),
                ElementsAre("(VI_1) ip address associated with VRID 51 not present in "
                            "advert from fe80::9: 2001:db8::58"));
}

TEST_F(ReaderTest, RefusesAStrangerWithCheckUnicastSource) {
    use_unicast();
    transport.check_unicast_source = true;
    transport.peers = {{kLower}};
    const Reading reading = read();
    EXPECT_EQ(reading.rejected, RejectReason::source_not_a_peer);
    EXPECT_THAT(said(reading), ElementsAre("(VI_1) unicast source address 10.9.0.9 not a unicast peer"));
    EXPECT_EQ(counters.advert_rcvd, 1U);  // As the reference counts.
}

TEST_F(ReaderTest, AcceptsAStrangerWithoutCheckUnicastSource) {
    use_unicast();
    transport.peers = {{kLower}};
    EXPECT_TRUE(expect_accepted().advert);
}

TEST_F(ReaderTest, HoldsAPeerToItsTtlRange) {
    use_unicast();
    transport.check_unicast_source = true;
    transport.peers = {{kLower, 0, 255}, {kHigher, 60, 64}};
    for (const uint8_t good : std::initializer_list<uint8_t>{60, 64}) {
        ttl = good;
        EXPECT_TRUE(read().advert) << int(good);
    }
    for (const uint8_t bad : std::initializer_list<uint8_t>{59, 65}) {
        ttl = bad;
        EXPECT_EQ(read().rejected, RejectReason::peer_ttl) << int(bad);
    }
    EXPECT_EQ(counters.ip_ttl_err, 2U);
    EXPECT_THAT(said(read()), ElementsAre("(VI_1) TTL/HL 65 from 10.9.0.9 not in range [60, 64]"));
}

// Nothing that cannot be verified is trusted.
TEST_F(ReaderTest, RefusesAnAuthenticationHeaderItCannotVerify) {
    with.auth_type = AuthType::header;
    build();
    ip_protocol = kProtocolAuthenticationHeader;
    packet[0] = kProtocolVrrp;
    EXPECT_EQ(read().rejected, RejectReason::ah_value);
    EXPECT_EQ(counters.auth_failure, 1U);
    // What is behind the header is not for us: no complaint.
    packet[0] = 17;
    EXPECT_EQ(read().rejected, RejectReason::ah_next_header);
    EXPECT_TRUE(said(read()).empty());
    EXPECT_EQ(counters.auth_failure, 1U);
}

TEST_F(ReaderV3Test, RefusesATrailerItCannotVerify) {
    with.hmac.emplace();
    packet.insert(packet.end(), kHmacTrailerSize, 0);
    expect_refused(RejectReason::hmac_invalid, "(VI_1) invalid authentication HMAC from 10.9.0.9");
    EXPECT_EQ(counters.auth_ext_invalid_hmac, 1U);
}

TEST_F(ReaderV3Test, RefusesAMissingTrailerWhereOneIsEnforced) {
    with.hmac.emplace();
    expect_refused(RejectReason::hmac_missing, "(VI_1) missing authentication trailer from 10.9.0.9");
    EXPECT_EQ(counters.auth_ext_missing, 1U);
}

TEST_F(ReaderV3Test, AcceptsAMissingTrailerWhileMigrating) {
    with.hmac.emplace().mode = HmacMode::permissive;
    EXPECT_TRUE(expect_accepted().advert);
}

TEST_F(ReaderV3Test, RefusesATrailerWhereNoneIsConfigured) {
    packet.insert(packet.end(), kHmacTrailerSize, 0);
    EXPECT_EQ(read().rejected, RejectReason::length);
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

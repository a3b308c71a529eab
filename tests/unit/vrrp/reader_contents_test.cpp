// The checks of received packets behind the authentication: interval, type, checksum, destination, addresses,
// sender.
#include "reader_fixture.hpp"

namespace holdfast::vrrp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// RFC3768-7.1-1: the interval must be the same in VRRPv2.
TEST_F(ReaderTest, RefusesAnotherInterval) {
    packet[5] = 2;
    fix_checksum();
    expect_refused(RejectReason::interval,
                   "(VI_1) advertisement interval mismatch with 10.9.0.9 mine=1 sec rcv'd=2 sec");
    EXPECT_EQ(counters.advert_interval_err, 0U);
}

// RFC9568-7.1-10: in VRRPv3 a difference is reported only.
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

}  // namespace
}  // namespace holdfast::vrrp

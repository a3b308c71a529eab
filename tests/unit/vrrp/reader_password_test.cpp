// The checks of received packets that are about authentication, without a digest: types, passwords, and what
// is refused because nothing is there to verify it.
#include "reader_fixture.hpp"

namespace holdfast::vrrp {
namespace {

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

TEST_F(ReaderTest, CoversTheAuthenticationDataByTheChecksum) {
    packet.back() ^= 1;
    EXPECT_EQ(read().rejected, RejectReason::checksum);
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

}  // namespace
}  // namespace holdfast::vrrp

// The packets of keepalived 2.4.3, byte for byte, made and verified with the real digests. Recorded from it
// in a network namespace: AH with auth_pass "secret", auth_hmac with the key 000102..1f.
#include <algorithm>

#include "../vrrp/support.hpp"
#include "holdfast/kernel/openssl_digest.hpp"
#include "holdfast/vrrp/advert_reader.hpp"
#include "holdfast/vrrp/packet.hpp"

namespace holdfast::vrrp {
namespace {

RouterSettings sealed_router(uint8_t vrid, std::string_view vip) {
    RouterSettings router;
    router.vrid = {vrid};
    router.auth_type = AuthType::header;
    router.auth_data = {'s', 'e', 'c', 'r', 'e', 't'};
    router.priority = {150};
    router.addresses = {address(vip)};
    return router;
}

RouterSettings signing_router(uint8_t vrid, Version version, std::initializer_list<std::string_view> vips) {
    RouterSettings router;
    router.vrid = {vrid};
    router.version = version;
    router.priority = {150};
    for (const std::string_view vip : vips) router.addresses.push_back(address(vip));
    router.family = router.addresses.front().family();
    router.advert_interval =
        version == Version::v2 ? Duration(std::chrono::seconds(1)) : Duration(std::chrono::milliseconds(200));
    HmacSettings& hmac = router.hmac.emplace();
    HmacKey key;
    key.id = 1;
    for (uint8_t i = 0; i < 32; ++i) key.secret.push_back(i);
    hmac.keys = {key};
    hmac.active_key = 1;
    return router;
}

struct Sealed {
    std::string_view destination;
    uint16_t number;  ///< Of the IPv4 header and of the authentication header.
    std::string_view packet;
};

const Sealed kMulticastSealed[] = {{"224.0.0.18", 1,
                                    "45c0004000010000ff33d0b50a010001e0000012700400000a01000100000001424c51bc"
                                    "3adc739ef7805ce22136960102013c60"
                                    "0a0100660000000000000000"},
                                   {"224.0.0.18", 2,
                                    "45c0004000020000ff33d0b40a010001e0000012700400000a01000100000002b6ffb26d"
                                    "df0bae6a15d3867f2136960102013c60"
                                    "0a0100660000000000000000"}};
const Sealed kUnicastSealed[] = {{"10.1.0.2", 1,
                                  "45c0004000010000ff33a6c50a0100010a010002700400000a01000100000001f6fbde1c4e"
                                  "1b8646fb1450012137960102013c5e"
                                  "0a0100670000000000000000"},
                                 {"10.1.0.3", 1,
                                  "45c0004000010000ff33a6c40a0100010a010003700400000a01000100000001516f3dd2eb"
                                  "32083e6341615b2137960102013c5e"
                                  "0a0100670000000000000000"}};

class AuthenticationHeaderVectors : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        if (!GetParam()) return;
        transport.unicast = true;
        transport.peers = {{address("10.1.0.2"), 0, 255}, {address("10.1.0.3"), 0, 255}};
    }
    std::span<const Sealed> packets() const {
        return GetParam() ? std::span<const Sealed>(kUnicastSealed)
                          : std::span<const Sealed>(kMulticastSealed);
    }
    RouterSettings router() const {
        return GetParam() ? sealed_router(55, "10.1.0.103") : sealed_router(54, "10.1.0.102");
    }

    kernel::OpensslDigest digest;
    TransportSettings transport;
};

TEST_P(AuthenticationHeaderVectors, AreMadeByteForByte) {
    Authenticator authenticator(router(), transport, digest);
    AdvertTemplate advert(router(), address("10.1.0.1"), kMulticastGroup4);
    for (const Sealed& wanted : packets()) {
        while (authenticator.sequence() < wanted.number) advert.sign({150}, authenticator, {});
        const auto packet = advert.sealed(
            {150}, {address("10.1.0.1"), address(wanted.destination), 255, wanted.number}, authenticator);
        const auto whole = bytes(wanted.packet);
        EXPECT_TRUE(std::ranges::equal(packet, std::span(whole).subspan(20)));
    }
}

TEST_P(AuthenticationHeaderVectors, AreVerified) {
    for (const Sealed& sent : packets()) {
        Authenticator authenticator(router(), transport, digest);
        const auto whole = bytes(sent.packet);
        const auto ip = std::span(whole).first(20);
        const auto payload = std::span(whole).subspan(20);
        EXPECT_TRUE(authenticator.has_right_seal(ip, payload));
        RouterSettings other = router();
        other.auth_data[0] = 'S';
        authenticator.reconfigure(other, transport);
        EXPECT_FALSE(authenticator.has_right_seal(ip, payload));
    }
}

INSTANTIATE_TEST_SUITE_P(Both, AuthenticationHeaderVectors, testing::Bool());

struct Signed {
    const char* name;
    RouterSettings router;
    std::string_view source;
    std::string_view packet;
};

class TrailerVectors : public testing::TestWithParam<Signed> {};

TEST_P(TrailerVectors, AreMadeByteForByteAndVerified) {
    kernel::OpensslDigest digest;
    const auto whole = bytes(GetParam().packet);
    const std::span<const uint8_t> view(whole);
    const auto trailer = view.last(kHmacTrailerSize);
    uint64_t clock = 0;
    for (size_t i = 4; i < 12; ++i) clock = clock << 8U | trailer[i];
    const IpAddress source = address(GetParam().source);

    Authenticator sender(GetParam().router, {}, digest);
    AdvertTemplate advert(GetParam().router, source, kMulticastGroup4);
    advert.sign({150}, sender, {clock});
    const auto made = advert.sealed({150}, {source, kMulticastGroup4, 255, 1}, sender);
    auto expected = whole;
    // The kernel fills in the checksum of IPv6.
    if (source.is_v6()) expected[6] = expected[7] = 0;
    EXPECT_TRUE(std::ranges::equal(made, expected));

    Authenticator receiver(GetParam().router, {}, digest);
    const auto packet = view.first(view.size() - kHmacTrailerSize);
    EXPECT_EQ(receiver.verify(packet, trailer, source, {clock}).verdict, TrailerVerdict::good);
    EXPECT_EQ(receiver.verify(packet, trailer, source, {clock}).verdict, TrailerVerdict::replayed);
    RouterSettings other = GetParam().router;
    other.hmac->keys[0].secret[31] = 0;
    receiver = Authenticator(other, {}, digest);
    EXPECT_EQ(receiver.verify(packet, trailer, source, {clock}).verdict, TrailerVerdict::invalid);
}

INSTANTIATE_TEST_SUITE_P(
    All, TrailerVectors,
    testing::Values(
        Signed{"v3", signing_router(51, Version::v3, {"10.1.0.100"}), "10.1.0.1",
               "31339601001443c10a010064010100006b01cdae423c00002278fc727fc1b41281347beb237a7570"},
        Signed{"v2", signing_router(52, Version::v2, {"10.1.0.101"}), "10.1.0.1",
               "2134960100013e630a0100650000000000000000010100006b01cdb0fc8200007bfaddbbc7b4ed69f291ec86"
               "20d63719"},
        Signed{"ipv6", signing_router(53, Version::v3, {"fe80::100", "fd00::100"}),
               "fe80::a828:eaff:febe:5bff",
               "3135960200141fe3fe800000000000000000000000000100fd000000000000000000000000000100010100006b01"
               "cdae42480000b7f5f089832c3636b8cc743efcb62780"}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace holdfast::vrrp

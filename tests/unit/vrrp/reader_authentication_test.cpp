// AdvertReader with an Authenticator: what hostile packets do to counters and lines.
#include "fake_digest.hpp"
#include "holdfast/vrrp/advert_reader.hpp"
#include "support.hpp"

namespace holdfast::vrrp {
namespace {

using testing::ElementsAre;

constexpr TrailerClock kClock{uint64_t{1'800'000'000} << 32U};

TrailerClock later(int64_t by) {
    return {kClock.value + (static_cast<uint64_t>(by) << 32U)};
}

class ReaderAuthenticationTest : public testing::Test {
  protected:
    ReaderAuthenticationTest() {
        router.version = Version::v3;
        HmacSettings& hmac = router.hmac.emplace();
        hmac.keys = {{1, std::vector<uint8_t>(32, 7)}};
        hmac.active_key = 1;
    }
    void use_header() {
        router.hmac.reset();
        router.version = Version::v2;
        router.auth_type = AuthType::header;
        router.auth_data = {'x'};
    }
    /// What the peer at kHigher sends; its own state lives in `peer`.
    std::vector<uint8_t> advert(TrailerClock clock) {
        if (!peer) peer.emplace(router, transport, digest);
        AdvertTemplate made(router, kHigher, kMulticastGroup4);
        made.sign({100}, *peer, clock);
        const auto view = made.sealed({100}, {kHigher, destination(), 255, 3}, *peer);
        return {view.begin(), view.end()};
    }
    IpAddress destination() const { return transport.unicast ? kOwn : kMulticastGroup4; }
    Reading read(const std::vector<uint8_t>& packet, TrailerClock clock, const IpAddress& source = kHigher) {
        if (!reader) {
            reader.emplace(router, transport);
            own.emplace(router, transport, digest);
        }
        std::vector<uint8_t> ip = bytes("45c00000000300000000ffff");
        ip[3] = static_cast<uint8_t>(20 + packet.size());
        ip[8] = 255;
        ip[9] = router.auth_type == AuthType::header ? kProtocolAuthenticationHeader : kProtocolVrrp;
        ip.insert(ip.end(), source.bytes().begin(), source.bytes().end());
        const IpAddress to = destination();
        ip.insert(ip.end(), to.bytes().begin(), to.bytes().end());
        ReceivedFrame frame;
        frame.source = source;
        frame.destination = destination();
        frame.ttl = 255;
        frame.multicast = !transport.unicast;
        frame.payload = packet;
        frame.announced_payload_length = static_cast<uint16_t>(packet.size());
        frame.ip_header = ip;
        ReadingContext context{.effective_priority = {100}};
        context.authenticator = &*own;
        context.clock = clock;
        const Reading reading = reader->read(frame, context, counters);
        said.clear();
        for (const LogEvent& event : reading.findings()) said.push_back(describe(event, "VI_1"));
        return reading;
    }

    FakeDigest digest;
    RouterSettings router = settings();
    TransportSettings transport;
    std::optional<Authenticator> peer;
    std::optional<Authenticator> own;
    std::optional<AdvertReader> reader;
    Counters counters;
    std::vector<std::string> said;
};

TEST_F(ReaderAuthenticationTest, AcceptsASignedAdvertAndRefusesItsReplay) {
    const auto packet = advert(kClock);
    EXPECT_TRUE(read(packet, kClock).advert);
    EXPECT_TRUE(said.empty());
    EXPECT_EQ(read(packet, kClock).rejected, RejectReason::hmac_replayed);
    EXPECT_THAT(said, ElementsAre("(VI_1) replayed authentication trailer from 10.9.0.9"));
    EXPECT_EQ(counters.auth_ext_replay, 1U);
    EXPECT_EQ(counters.advert_rcvd, 1U);
}

TEST_F(ReaderAuthenticationTest, CountsEachKindOfBadTrailer) {
    auto packet = advert(kClock);
    const size_t trailer = packet.size() - kHmacTrailerSize;
    EXPECT_EQ(read(packet, later(9)).rejected, RejectReason::hmac_stale);
    EXPECT_THAT(said,
                ElementsAre("(VI_1) stale authentication trailer from 10.9.0.9, clock skew 9 sec exceeds "
                            "window 5 sec"));
    packet[trailer + 14] ^= 1U;
    EXPECT_EQ(read(packet, kClock).rejected, RejectReason::hmac_invalid);
    packet[trailer + 1] = 77;
    EXPECT_EQ(read(packet, kClock).rejected, RejectReason::hmac_unknown_key);
    EXPECT_THAT(said, ElementsAre("(VI_1) unknown authentication key id 77 from 10.9.0.9"));
    packet[trailer] = 0;
    EXPECT_EQ(read(packet, kClock).rejected, RejectReason::hmac_malformed);
    EXPECT_THAT(said, ElementsAre("(VI_1) malformed authentication trailer from 10.9.0.9"));
    packet.resize(trailer);
    EXPECT_EQ(read(packet, kClock).rejected, RejectReason::hmac_missing);
    EXPECT_EQ(counters.auth_ext_stale, 1U);
    EXPECT_EQ(counters.auth_ext_invalid_hmac, 1U);
    EXPECT_EQ(counters.auth_ext_unknown_key, 1U);
    EXPECT_EQ(counters.auth_ext_malformed, 1U);
    EXPECT_EQ(counters.auth_ext_missing, 1U);
    EXPECT_EQ(counters.advert_rcvd, 0U);
}

TEST_F(ReaderAuthenticationTest, WarnsWhenTheClocksAreMoreThanHalfAWindowApart) {
    EXPECT_TRUE(read(advert(kClock), later(2)).advert);
    EXPECT_TRUE(said.empty());
    EXPECT_TRUE(read(advert(later(1)), later(4)).advert);
    EXPECT_THAT(said,
                ElementsAre("(VI_1) authentication clock skew 3 sec from 10.9.0.9 approaching window 5 sec"));
    EXPECT_TRUE(read(advert(later(8)), later(5)).advert);
    EXPECT_THAT(
        said, ElementsAre("(VI_1) authentication clock skew -3 sec from 10.9.0.9 approaching window 5 sec"));
}

TEST_F(ReaderAuthenticationTest, WhileMigratingATrailerThatIsThereMustStillBeRight) {
    router.hmac->mode = HmacMode::permissive;
    auto packet = advert(kClock);
    packet.back() ^= 1U;
    EXPECT_EQ(read(packet, kClock).rejected, RejectReason::hmac_invalid);
    packet.resize(packet.size() - kHmacTrailerSize);
    EXPECT_TRUE(read(packet, kClock).advert);
}

TEST_F(ReaderAuthenticationTest, ReceiveOnlyVerifiesToo) {
    const auto good = advert(kClock);
    router.hmac->mode = HmacMode::receive_only;
    auto packet = good;
    packet.back() ^= 1U;
    EXPECT_EQ(read(packet, kClock).rejected, RejectReason::hmac_invalid);
    EXPECT_TRUE(read(good, kClock).advert);
}

TEST_F(ReaderAuthenticationTest, AUnicastSenderMustBeAPeerEvenWithTheRightKey) {
    transport.unicast = true;
    transport.peers = {{kLower, 0, 255}};
    EXPECT_EQ(read(advert(kClock), kClock).rejected, RejectReason::hmac_unknown_sender);
    EXPECT_THAT(said, ElementsAre("(VI_1) unicast source address 10.9.0.9 not a unicast peer"));
    EXPECT_EQ(counters.auth_ext_invalid_hmac, 0U);
}

TEST_F(ReaderAuthenticationTest, AcceptsASealedAdvertWithItsNumberAndRefusesItsReplay) {
    use_header();
    const auto packet = advert({});
    const Reading reading = read(packet, {});
    ASSERT_TRUE(reading.advert);
    EXPECT_EQ(reading.advert->sequence_number, 1U);
    EXPECT_EQ(read(packet, {}).rejected, RejectReason::ah_sequence);
    EXPECT_THAT(
        said, ElementsAre("(VI_1) IPSEC-AH : sequence number 1 already processed. Packet dropped. Local(1)"));
    EXPECT_TRUE(read(advert({}), {}).advert);
    EXPECT_EQ(counters.auth_failure, 1U);
}

TEST_F(ReaderAuthenticationTest, RefusesAWrongSealAndAStolenOne) {
    use_header();
    auto packet = advert({});
    EXPECT_EQ(read(packet, {}, kLower).rejected, RejectReason::ah_value);
    EXPECT_THAT(said,
                ElementsAre("(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad "
                            "password !"));
    packet[20] ^= 1U;
    EXPECT_EQ(read(packet, {}).rejected, RejectReason::ah_value);
    EXPECT_EQ(counters.auth_failure, 2U);
    EXPECT_EQ(own->sequence(), 0U);  // What is not right moves nothing.
}

TEST_F(ReaderAuthenticationTest, RefusesAnotherIndexThanTheSource) {
    use_header();
    // The password is right, but the sender does not play by the rules: sealed for another source.
    if (!peer) peer.emplace(router, transport, digest);
    AdvertTemplate made(router, kLower, kMulticastGroup4);
    made.sign({100}, *peer, {});
    const auto view = made.sealed({100}, {kLower, kMulticastGroup4, 255, 3}, *peer);
    std::vector<uint8_t> packet(view.begin(), view.end());
    std::vector<uint8_t> ip = bytes("450000000003000000330000");
    ip[3] = static_cast<uint8_t>(20 + packet.size());
    ip[8] = 255;
    ip.insert(ip.end(), kHigher.bytes().begin(), kHigher.bytes().end());
    ip.insert(ip.end(), kMulticastGroup4.bytes().begin(), kMulticastGroup4.bytes().end());
    std::fill_n(packet.begin() + 12, 12, uint8_t{0});
    const auto seal = digest.hmac_md5(router.auth_data, {ip, packet});
    std::copy_n(seal->begin(), 12, packet.begin() + 12);
    EXPECT_EQ(read(packet, {}).rejected, RejectReason::ah_spi);
    // 10.9.0.9 and 10.9.0.1 as little-endian numbers.
    EXPECT_THAT(said, ElementsAre("IPSEC AH : invalid IPSEC SPI value. 150997258 and expect 16779530"));
}

TEST_F(RouterTest, TakesTheNumberOfALowerAdvertOverBeforeItAnswers) {
    RouterSettings with = settings(150);
    with.auth_type = AuthType::header;
    make(with);
    become_master();
    AdvertReceived event = advert(100, kLower);
    event.reading.advert->sequence_number = 41;
    send(event);
    const auto done = deeds(actions);
    ASSERT_GE(done.size(), 2U);
    EXPECT_EQ(std::get<ContinueSequence>(done[0]).sequence, 42U);
    EXPECT_TRUE(std::holds_alternative<SendAdvert>(done[1]));
    EXPECT_THAT(lines(actions), testing::Contains("(VI_1) IPSEC-AH : Syncing seq_num - Increment seq"));
}

}  // namespace
}  // namespace holdfast::vrrp

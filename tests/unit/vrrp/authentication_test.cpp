#include "holdfast/vrrp/authentication.hpp"

#include "fake_digest.hpp"
#include "support.hpp"

namespace holdfast::vrrp {
namespace {

using std::chrono::seconds;

constexpr uint32_t kNow = 1'800'000'000;

TrailerClock at(int64_t offset, uint16_t fraction = 0) {
    return {static_cast<uint64_t>(kNow + static_cast<uint32_t>(offset)) << 32U | uint64_t{fraction} << 16U};
}

RouterSettings with_hmac(HmacMode mode = HmacMode::enforce) {
    RouterSettings result = settings();
    HmacSettings& hmac = result.hmac.emplace();
    hmac.mode = mode;
    hmac.keys = {{1, std::vector<uint8_t>(32, 0x11)}, {2, std::vector<uint8_t>(32, 0x22)}};
    hmac.active_key = 1;
    return result;
}

TransportSettings unicast(std::initializer_list<IpAddress> peers) {
    TransportSettings transport;
    transport.unicast = true;
    for (const IpAddress& peer : peers) transport.peers.push_back({peer, 0, 255});
    return transport;
}

class TrailerTest : public testing::Test {
  protected:
    std::vector<uint8_t> signed_by(Authenticator& who, TrailerClock clock,
                                   const IpAddress& source = kHigher) {
        std::vector<uint8_t> advert = bytes("2133640100010000c00002c80000000000000000");
        advert.resize(advert.size() + kHmacTrailerSize);
        who.sign(advert, source, clock);
        return advert;
    }
    TrailerVerdict verdict(const std::vector<uint8_t>& advert, TrailerClock clock,
                           const IpAddress& source = kHigher) {
        const std::span<const uint8_t> all(advert);
        reading = receiver.verify(all.first(all.size() - kHmacTrailerSize), all.last(kHmacTrailerSize),
                                  source, clock);
        return reading.verdict;
    }
    static uint64_t sequence_of(const std::vector<uint8_t>& advert) {
        uint64_t value = 0;
        for (size_t i = 0; i < 8; ++i) value = value << 8U | advert[advert.size() - kHmacTrailerSize + 4 + i];
        return value;
    }

    FakeDigest digest;
    TransportSettings multicast;
    Authenticator sender{with_hmac(), multicast, digest};
    Authenticator receiver{with_hmac(), multicast, digest};
    TrailerReading reading;
};

TEST_F(TrailerTest, AGoodTrailerIsGoodOnce) {
    const auto advert = signed_by(sender, at(0, 7));
    EXPECT_EQ(verdict(advert, at(0, 9)), TrailerVerdict::good);
    EXPECT_EQ(verdict(advert, at(0, 9)), TrailerVerdict::replayed);
    EXPECT_EQ(verdict(signed_by(sender, at(1)), at(1)), TrailerVerdict::good);
}

TEST_F(TrailerTest, AnyChangedByteButTheChecksumIsNoticed) {
    const auto advert = signed_by(sender, at(0));
    for (size_t i = 0; i < advert.size(); ++i) {
        auto forged = advert;
        forged[i] = static_cast<uint8_t>(forged[i] ^ 1U);
        const bool is_checksum = i == 6 || i == 7;
        Authenticator fresh(with_hmac(), multicast, digest);
        const std::span<const uint8_t> all(forged);
        const auto result = fresh.verify(all.first(all.size() - kHmacTrailerSize), all.last(kHmacTrailerSize),
                                         kHigher, at(0));
        EXPECT_EQ(result.verdict == TrailerVerdict::good, is_checksum) << i;
    }
    EXPECT_EQ(verdict(advert, at(0), kLower), TrailerVerdict::invalid);  // Another sender's packet.
}

TEST_F(TrailerTest, TheChecksComeInTheirOrder) {
    auto advert = signed_by(sender, at(-100));
    const size_t trailer = advert.size() - kHmacTrailerSize;
    advert[trailer + 1] = 9;
    advert[trailer + 20] ^= 1U;
    auto malformed = advert;
    malformed[trailer] = 2;
    EXPECT_EQ(verdict(malformed, at(0)), TrailerVerdict::malformed);
    malformed = advert;
    malformed[trailer + 3] = 1;
    EXPECT_EQ(verdict(malformed, at(0)), TrailerVerdict::malformed);
    EXPECT_EQ(verdict(advert, at(0)), TrailerVerdict::stale);
    EXPECT_EQ(digest.computed, 1);  // The sender's alone: what is refused early costs nothing.
    EXPECT_EQ(verdict(advert, at(-100)), TrailerVerdict::unknown_key);
    EXPECT_EQ(reading.key_id, 9);
    advert[trailer + 1] = 1;
    EXPECT_EQ(verdict(advert, at(-100)), TrailerVerdict::invalid);
}

TEST_F(TrailerTest, TheWindowHasBothEnds) {
    EXPECT_EQ(receiver.window(), seconds(5));
    for (const auto& [skew, good] : {std::pair{5, true}, {6, false}, {-5, true}, {-6, false}}) {
        Authenticator fresh(with_hmac(), multicast, digest);
        const auto advert = signed_by(fresh, at(0));
        receiver = Authenticator(with_hmac(), multicast, digest);
        EXPECT_EQ(verdict(advert, at(skew)), good ? TrailerVerdict::good : TrailerVerdict::stale) << skew;
        EXPECT_EQ(reading.skew, skew);
    }
}

TEST_F(TrailerTest, TheWindowComesFromTheInterval) {
    RouterSettings router = with_hmac();
    router.advert_interval = 4s;
    EXPECT_EQ(trailer_window(router), seconds(12));
    router.advert_interval = 2500ms;
    EXPECT_EQ(trailer_window(router), seconds(6));
    router.advert_interval = 200s;
    EXPECT_EQ(trailer_window(router), seconds(300));
    router.hmac->time_window = seconds(2);
    EXPECT_EQ(trailer_window(router), seconds(2));
}

TEST_F(TrailerTest, EveryAdvertHasAHigherNumberEvenWithinOneTickAndAfterASmallStepBack) {
    const uint64_t first = sequence_of(signed_by(sender, at(0)));
    EXPECT_EQ(first, at(0).value);
    EXPECT_EQ(sequence_of(signed_by(sender, at(0))), first + 1);
    EXPECT_EQ(sequence_of(signed_by(sender, at(-5))), first + 2);
    EXPECT_EQ(sequence_of(signed_by(sender, at(1))), at(1).value);
}

TEST_F(TrailerTest, AClockSetBackBeyondTheWindowStartsAnewAndIsHeardAgain) {
    EXPECT_EQ(verdict(signed_by(sender, at(100)), at(100)), TrailerVerdict::good);
    const auto after = signed_by(sender, at(0));
    EXPECT_EQ(sequence_of(after), at(0).value);
    EXPECT_EQ(verdict(after, at(0)), TrailerVerdict::good);
}

TEST_F(TrailerTest, MonotonicComparesNumbersAloneAndNeverGoesBack) {
    RouterSettings router = with_hmac();
    router.hmac->monotonic = true;
    sender = Authenticator(router, multicast, digest);
    receiver = Authenticator(router, multicast, digest);
    EXPECT_EQ(verdict(signed_by(sender, at(100)), at(5000)), TrailerVerdict::good);
    EXPECT_EQ(reading.skew, 0);
    const auto after = signed_by(sender, at(0));
    EXPECT_EQ(sequence_of(after), at(100).value + 1);
    EXPECT_EQ(verdict(after, at(0)), TrailerVerdict::good);
    EXPECT_EQ(verdict(after, at(9000)), TrailerVerdict::replayed);
}

TEST_F(TrailerTest, NumbersMayWrapAround) {
    RouterSettings router = with_hmac();
    router.hmac->monotonic = true;
    sender = Authenticator(router, multicast, digest);
    receiver = Authenticator(router, multicast, digest);
    EXPECT_EQ(verdict(signed_by(sender, {0x7fffffff'ffffffffULL}), {}), TrailerVerdict::good);
    EXPECT_EQ(verdict(signed_by(sender, {0xffffffff'fffffff0ULL}), {}), TrailerVerdict::good);
    EXPECT_EQ(verdict(signed_by(sender, {5}), {}), TrailerVerdict::good);
}

TEST_F(TrailerTest, KeysRotateWhileBothAreKnown) {
    RouterSettings next = with_hmac();
    next.hmac->active_key = 2;
    sender.reconfigure(next, multicast);
    EXPECT_EQ(verdict(signed_by(sender, at(0)), at(0)), TrailerVerdict::good);
    next.hmac->keys.erase(next.hmac->keys.begin());
    receiver.reconfigure(next, multicast);
    EXPECT_EQ(verdict(signed_by(sender, at(1)), at(1)), TrailerVerdict::good);
    sender.reconfigure(with_hmac(), multicast);
    EXPECT_EQ(verdict(signed_by(sender, at(2)), at(2)), TrailerVerdict::unknown_key);
}

TEST_F(TrailerTest, AReloadForgetsNoMarkAndNoNumber) {
    const auto advert = signed_by(sender, at(0));
    EXPECT_EQ(verdict(advert, at(0)), TrailerVerdict::good);
    receiver.reconfigure(with_hmac(HmacMode::permissive), multicast);
    EXPECT_EQ(verdict(advert, at(0)), TrailerVerdict::replayed);
    sender.reconfigure(with_hmac(), multicast);
    EXPECT_EQ(sequence_of(signed_by(sender, at(0))), at(0).value + 1);
}

TEST_F(TrailerTest, FourMulticastSendersAreKnownAndTheOneLongestUnusedIsForgotten) {
    std::vector<std::vector<uint8_t>> adverts;
    for (uint8_t i = 1; i <= 5; ++i) {
        Authenticator one(with_hmac(), multicast, digest);
        adverts.push_back(signed_by(one, at(0), IpAddress::v4(10, 9, 0, i)));
    }
    for (uint8_t i = 1; i <= 4; ++i)
        EXPECT_EQ(verdict(adverts[i - 1U], at(0), IpAddress::v4(10, 9, 0, i)), TrailerVerdict::good);
    EXPECT_EQ(verdict(adverts[0], at(0), IpAddress::v4(10, 9, 0, 1)), TrailerVerdict::replayed);
    EXPECT_EQ(verdict(adverts[4], at(0), IpAddress::v4(10, 9, 0, 5)),
              TrailerVerdict::good);  // In place of 2.
    EXPECT_EQ(verdict(adverts[2], at(0), IpAddress::v4(10, 9, 0, 3)), TrailerVerdict::replayed);
    EXPECT_EQ(verdict(adverts[1], at(0), IpAddress::v4(10, 9, 0, 2)), TrailerVerdict::good);
}

TEST_F(TrailerTest, ForgedPacketsMoveNoMark) {
    auto forged = signed_by(sender, at(3));
    forged.back() ^= 1U;
    EXPECT_EQ(verdict(forged, at(0)), TrailerVerdict::invalid);
    Authenticator honest(with_hmac(), multicast, digest);
    EXPECT_EQ(verdict(signed_by(honest, at(0)), at(0)), TrailerVerdict::good);
}

TEST_F(TrailerTest, EachUnicastPeerHasItsOwnMarkAcrossReloads) {
    receiver = Authenticator(with_hmac(), unicast({kHigher, kLower}), digest);
    Authenticator other(with_hmac(), multicast, digest);
    const auto advert = signed_by(sender, at(1));
    EXPECT_EQ(verdict(advert, at(1)), TrailerVerdict::good);
    EXPECT_EQ(verdict(signed_by(other, at(0), kLower), at(1), kLower), TrailerVerdict::good);
    receiver.reconfigure(with_hmac(), unicast({kHigher}));
    EXPECT_EQ(verdict(advert, at(1)), TrailerVerdict::replayed);
}

TEST_F(TrailerTest, WithoutADigestNothingIsGood) {
    const auto advert = signed_by(sender, at(0));
    digest.broken = true;
    EXPECT_EQ(verdict(advert, at(0)), TrailerVerdict::invalid);
    const auto zeros = signed_by(sender, at(1));
    EXPECT_EQ(verdict(zeros, at(1)), TrailerVerdict::invalid);
}

TEST(TrailerClock, HasSecondsAndTheirFraction) {
    using namespace std::chrono;
    const system_clock::time_point time{seconds(kNow) + milliseconds(500)};
    EXPECT_EQ(TrailerClock::of(time).value, uint64_t{kNow} << 32U | 0x80000000U);
    EXPECT_EQ(TrailerClock::of(time).seconds(), kNow);
}

class SealTest : public testing::Test {
  protected:
    static RouterSettings with_ah() {
        RouterSettings result = settings();
        result.auth_type = AuthType::header;
        result.auth_data = {'s', 'e', 'c', 'r', 'e', 't'};
        return result;
    }
    static std::vector<uint8_t> ip_header(const SealedHeader& header, size_t payload) {
        std::vector<uint8_t> ip = bytes("45c000000000000000330000");
        ip[3] = static_cast<uint8_t>(20 + payload);
        ip[4] = static_cast<uint8_t>(header.id >> 8U);
        ip[5] = static_cast<uint8_t>(header.id);
        ip[8] = header.ttl;
        ip[10] = 0xaa;  // A checksum, which is not covered.
        const auto add = [&](const IpAddress& address) {
            ip.insert(ip.end(), address.bytes().begin(), address.bytes().end());
        };
        add(header.source);
        add(header.destination);
        return ip;
    }

    FakeDigest digest;
    TransportSettings multicast;
    Authenticator sender{with_ah(), multicast, digest};
    Authenticator receiver{with_ah(), multicast, digest};
    SealedHeader header{kHigher, kMulticastGroup4, 255, 7};
};

TEST_F(SealTest, CoversTheHeaderButNotWhatRoutersChange) {
    AdvertTemplate advert(with_ah(), kHigher, kMulticastGroup4);
    EXPECT_TRUE(advert.is_authenticated());
    EXPECT_FALSE(advert.needs_clock());
    advert.sign({100}, sender, {});
    const auto packet = advert.sealed({100}, header, sender);
    EXPECT_EQ(packet[0], 112);
    EXPECT_EQ(packet[1], 4);
    EXPECT_EQ(packet[11], 1);  // The first number.
    auto ip = ip_header(header, packet.size());
    EXPECT_TRUE(receiver.has_right_seal(ip, packet));
    ip[1] = 0;
    ip[6] = 0x40;
    EXPECT_TRUE(receiver.has_right_seal(ip, packet));
    for (const size_t covered : {size_t{5}, size_t{8}, size_t{15}, size_t{19}}) {
        auto changed = ip;
        changed[covered] ^= 1U;
        EXPECT_FALSE(receiver.has_right_seal(changed, packet)) << covered;
    }
    for (size_t i = 0; i < packet.size(); ++i) {
        std::vector<uint8_t> changed(packet.begin(), packet.end());
        changed[i] ^= 1U;
        EXPECT_FALSE(receiver.has_right_seal(ip, changed)) << i;
    }
    EXPECT_FALSE(receiver.has_right_seal(ip, packet.first(20)));
    EXPECT_FALSE(receiver.has_right_seal({}, packet));
}

TEST_F(SealTest, AUnicastCopyMayLoseHops) {
    sender = Authenticator(with_ah(), unicast({kOwn}), digest);
    receiver = Authenticator(with_ah(), unicast({kHigher}), digest);
    AdvertTemplate advert(with_ah(), kHigher, kMulticastGroup4);
    header.destination = kOwn;
    advert.sign({100}, sender, {});
    const auto packet = advert.sealed({100}, header, sender);
    auto ip = ip_header(header, packet.size());
    ip[8] = 3;
    EXPECT_TRUE(receiver.has_right_seal(ip, packet));
}

TEST_F(SealTest, OneCounterServesBothDirections) {
    receiver.next_sequence();
    EXPECT_EQ(receiver.sequence(), 1U);
    EXPECT_FALSE(receiver.accept_sequence(0));
    EXPECT_TRUE(receiver.accept_sequence(9));
    EXPECT_FALSE(receiver.accept_sequence(9));
    receiver.next_sequence();
    EXPECT_EQ(receiver.sequence(), 10U);
    receiver.continue_after(4);
    receiver.next_sequence();
    EXPECT_EQ(receiver.sequence(), 5U);
    receiver.reconfigure(with_ah(), multicast);
    EXPECT_EQ(receiver.sequence(), 5U);
    EXPECT_TRUE(receiver.accept_sequence(0xffffffff));
    receiver.next_sequence();
    EXPECT_EQ(receiver.sequence(), 0xffffffffU);
}

TEST_F(SealTest, MastersInStepHearEachOther) {
    receiver.next_sequence();
    EXPECT_TRUE(receiver.accept_sequence(1));   // Of another Master, sent when ours was.
    EXPECT_FALSE(receiver.accept_sequence(1));  // Of a third, or again.
    receiver.next_sequence();
    EXPECT_FALSE(receiver.accept_sequence(1));
    receiver.continue_after(5);
    EXPECT_FALSE(receiver.accept_sequence(5));
}

TEST(AdvertTemplate, SignsOnceForAllCopies) {
    FakeDigest digest;
    RouterSettings router = with_hmac();
    router.version = Version::v3;
    Authenticator authenticator(router, unicast({kHigher, kLower}), digest);
    AdvertTemplate advert(router, kOwn, kMulticastGroup4);
    EXPECT_TRUE(advert.needs_clock());
    advert.sign({90}, authenticator, at(0));
    const auto copy = [&](const IpAddress& to) {
        const auto view = advert.sealed({90}, {kOwn, to, 255, 1}, authenticator);
        return std::vector<uint8_t>(view.begin(), view.end());
    };
    auto first = copy(kHigher);
    auto second = copy(kLower);
    EXPECT_EQ(digest.computed, 1);
    const std::span<const uint8_t> whole(first);
    // The checksum covers the packet as if there were no trailer.
    EXPECT_TRUE(has_right_checksum(whole.first(whole.size() - kHmacTrailerSize), &kOwn, &kHigher));
    EXPECT_NE(first, second);
    first[6] = first[7] = second[6] = second[7] = 0;
    EXPECT_EQ(first, second);
}

TEST(AdvertTemplate, ReceiveOnlySendsNoTrailer) {
    const AdvertTemplate advert(with_hmac(HmacMode::receive_only), kOwn, kMulticastGroup4);
    EXPECT_FALSE(advert.is_authenticated());
    EXPECT_EQ(advert.size(), 20U);
    EXPECT_EQ(AdvertTemplate(with_hmac(HmacMode::permissive), kOwn, kMulticastGroup4).size(), 48U);
}

}  // namespace
}  // namespace holdfast::vrrp

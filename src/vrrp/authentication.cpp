#include "holdfast/vrrp/authentication.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "holdfast/base/bytes.hpp"
#include "holdfast/base/require.hpp"

namespace holdfast::vrrp {

namespace {

using std::chrono::seconds;

// The trailer: type, key id, reserved, seconds, fraction, counter, digest.
constexpr uint8_t kTrailerType = 1;
constexpr size_t kTrailerPrefix = 12;
constexpr size_t kTrailerDigest = kHmacTrailerSize - kTrailerPrefix;
constexpr size_t kChecksumOffset = 6;
constexpr seconds kShortestDerivedWindow{5};
constexpr seconds kLongestWindow{300};
// More senders than these at a time only quarrel about who is Master.
constexpr size_t kMulticastSenders = 4;

// The authentication header: next header, length, reserved, SPI, sequence number, integrity value.
constexpr uint8_t kAuthenticationHeaderLength = 4;  // In 32 bit words, less 2.
constexpr size_t kSealOffset = 12;
constexpr size_t kSealSize = 12;
constexpr size_t kIpHeaderSize = 20;
constexpr size_t kLongestIpHeader = 60;
constexpr size_t kTosOffset = 1;
constexpr size_t kFragmentOffset = 6;
constexpr size_t kTtlOffset = 8;
constexpr size_t kIpChecksumOffset = 10;

/// RFC 1982: later even when the numbers have wrapped.
bool is_after(uint64_t left, uint64_t right) {
    return static_cast<int64_t>(left - right) > 0;
}

int32_t difference(uint32_t left, uint32_t right) {
    return static_cast<int32_t>(left - right);
}

}  // namespace

TrailerClock TrailerClock::of(std::chrono::system_clock::time_point time) {
    const auto since = time.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(since - whole);
    const auto fraction = (static_cast<uint64_t>(rest.count()) << 16U) / 1'000'000'000U;
    return {static_cast<uint64_t>(static_cast<uint32_t>(whole.count())) << 32U | fraction << 16U};
}

seconds trailer_window(const RouterSettings& settings) {
    if (!settings.hmac) return {};
    if (settings.hmac->time_window) return *settings.hmac->time_window;
    const auto interval = std::chrono::duration_cast<seconds>(settings.advert_interval);
    return std::clamp(3 * interval, kShortestDerivedWindow, kLongestWindow);
}

bool sends_trailer(const RouterSettings& settings) {
    return settings.hmac && settings.hmac->mode != HmacMode::receive_only;
}

Authenticator::Authenticator(const RouterSettings& router, const TransportSettings& transport, Digest& digest)
    : digest_(&digest) {
    reconfigure(router, transport);
}

void Authenticator::reconfigure(const RouterSettings& router, const TransportSettings& transport) {
    family_ = router.family;
    version_ = router.version;
    vrid_ = router.vrid;
    hmac_ = router.hmac;
    window_ = trailer_window(router);
    password_ = router.auth_data;
    const bool was_unicast = std::exchange(unicast_, transport.unicast);
    if (!hmac_) {
        marks_.clear();
        return;
    }
    std::vector<Mark> before = std::exchange(marks_, {});
    if (!unicast_) {
        if (!was_unicast) marks_ = std::move(before);
        marks_.resize(kMulticastSenders);
        return;
    }
    for (const UnicastPeer& peer : transport.peers) {
        const auto known = std::ranges::find(before, peer.address, &Mark::sender);
        marks_.push_back(was_unicast && known != before.end() ? *known : Mark{peer.address, {}, 0});
    }
}

void Authenticator::sign(std::span<uint8_t> advert, const IpAddress& source, TrailerClock clock) {
    require(advert.size() > kHmacTrailerSize, "an advert that is signed has room for the trailer");
    if (!hmac_) return;
    if (is_after(clock.value, sent_)) {
        sent_ = clock.value;
    } else if (!hmac_->monotonic &&
               difference(static_cast<uint32_t>(sent_ >> 32U), clock.seconds()) > window_.count()) {
        // The clock was set back so far that receivers would refuse what continues the old time.
        sent_ = clock.value;
    } else {
        ++sent_;
    }
    const auto packet = advert.first(advert.size() - kHmacTrailerSize);
    const auto trailer = advert.last(kHmacTrailerSize);
    ByteWriter writer(trailer);
    writer.u8(kTrailerType);
    writer.u8(hmac_->active_key);
    writer.u16(0);
    writer.u32(static_cast<uint32_t>(sent_ >> 32U));
    writer.u32(static_cast<uint32_t>(sent_));
    writer.zeros(kTrailerDigest);
    const HmacKey* with = key(hmac_->active_key);
    if (with == nullptr) return;  // Zeros, which nobody accepts.
    if (const auto value = trailer_digest(*with, packet, trailer, source))
        std::copy_n(value->begin(), kTrailerDigest, trailer.begin() + kTrailerPrefix);
}

TrailerReading Authenticator::verify(std::span<const uint8_t> packet, std::span<const uint8_t> trailer,
                                     const IpAddress& source, TrailerClock clock) {
    TrailerReading reading;
    ByteReader reader(trailer);
    const uint8_t type = reader.u8();
    reading.key_id = reader.u8();
    const uint16_t reserved = reader.u16();
    const uint32_t sender_seconds = reader.u32();
    const uint64_t sequence = static_cast<uint64_t>(sender_seconds) << 32U | reader.u32();
    const auto judge = [&](TrailerVerdict verdict) {
        reading.verdict = verdict;
        return reading;
    };
    if (!hmac_ || type != kTrailerType || reserved != 0) return judge(TrailerVerdict::malformed);
    // Before the digest, so that old packets in any number cost little. It trusts nothing: it only refuses.
    if (!hmac_->monotonic) {
        reading.skew = difference(clock.seconds(), sender_seconds);
        if (reading.skew > window_.count() || reading.skew < -window_.count())
            return judge(TrailerVerdict::stale);
    }
    const HmacKey* with = key(reading.key_id);
    if (with == nullptr) return judge(TrailerVerdict::unknown_key);
    const auto value = trailer_digest(*with, packet, trailer, source);
    if (!value ||
        !equal_in_constant_time(trailer.subspan(kTrailerPrefix), std::span(*value).first(kTrailerDigest)))
        return judge(TrailerVerdict::invalid);
    // Only here, so that forged packets cannot move marks or push senders out.
    if (!is_newer(mark_of(source), sequence, clock)) return judge(TrailerVerdict::replayed);
    return reading;
}

/// The checksum counts as zero, because it differs between the copies for unicast peers and the kernel writes
/// it in IPv6.
std::optional<std::array<uint8_t, kSha256Size>> Authenticator::trailer_digest(
    const HmacKey& key, std::span<const uint8_t> packet, std::span<const uint8_t> trailer,
    const IpAddress& source) {
    std::array<uint8_t, 20> head{};
    head[0] = family_ == Family::ipv6 ? 6 : 4;
    head[1] = static_cast<uint8_t>(version_);
    head[2] = vrid_.value;
    std::ranges::copy(source.bytes(), head.begin() + 4);
    constexpr std::array<uint8_t, kTrailerDigest> kZeros{};
    return digest_->hmac_sha256(key.secret,
                                {head, packet.first(kChecksumOffset), std::span(kZeros).first(2),
                                 packet.subspan(kChecksumOffset + 2), trailer.first(kTrailerPrefix), kZeros});
}

const HmacKey* Authenticator::key(uint8_t id) const {
    const auto found = std::ranges::find(hmac_->keys, id, &HmacKey::id);
    return found == hmac_->keys.end() ? nullptr : &*found;
}

/// A unicast sender has its own place; multicast senders share a few, of which the longest unused is given
/// up.
Authenticator::Mark& Authenticator::mark_of(const IpAddress& sender) {
    const auto is_known = [&](const Mark& mark) {
        return mark.sender == sender && (unicast_ || mark.used != 0);
    };
    auto mark = std::ranges::find_if(marks_, is_known);
    if (mark == marks_.end()) {
        mark = std::ranges::min_element(marks_, {}, &Mark::used);
        require(mark != marks_.end(), "only packets of known peers are verified");
        *mark = {sender, {}, 0};
    }
    mark->used = ++uses_;
    return *mark;
}

bool Authenticator::is_newer(Mark& mark, uint64_t sequence, TrailerClock clock) const {
    // A mark outside the window orders only packets that the window refuses. Without it a sender whose clock
    // was corrected is heard again.
    if (mark.sequence && !hmac_->monotonic) {
        const int32_t age = difference(clock.seconds(), static_cast<uint32_t>(*mark.sequence >> 32U));
        if (age > window_.count() || age < -window_.count()) mark.sequence.reset();
    }
    if (mark.sequence && !is_after(sequence, *mark.sequence)) return false;
    mark.sequence = sequence;
    return true;
}

void Authenticator::next_sequence() {
    // 136 years of an advert every second.
    constexpr uint32_t kLast = std::numeric_limits<uint32_t>::max() - 1;
    if (sequence_ < kLast) ++sequence_;
    sequence_is_ours_ = true;
}

void Authenticator::seal(std::span<uint8_t> advert, const SealedHeader& header) {
    require(advert.size() > kAuthenticationHeaderSize, "an advert that is sealed has room for the header");
    ByteWriter writer(advert.first(kAuthenticationHeaderSize));
    writer.u8(112);
    writer.u8(kAuthenticationHeaderLength);
    writer.u16(0);
    writer.bytes(header.source.bytes());
    writer.u32(sequence_);
    writer.zeros(kSealSize);

    // As it will be sent, with what changes on the way (TOS, fragmentation, checksum) as zeros.
    std::array<uint8_t, kIpHeaderSize> ip{};
    ByteWriter ip_writer(ip);
    ip_writer.u8(0x45);
    ip_writer.u8(0);
    ip_writer.u16(static_cast<uint16_t>(kIpHeaderSize + advert.size()));
    ip_writer.u16(header.id);
    ip_writer.u16(0);
    ip_writer.u8(unicast_ ? 0 : header.ttl);
    ip_writer.u8(51);
    ip_writer.u16(0);
    ip_writer.bytes(header.source.bytes());
    ip_writer.bytes(header.destination.bytes());
    if (const auto value = digest_->hmac_md5(password_, {ip, advert}))
        std::copy_n(value->begin(), kSealSize, advert.begin() + kSealOffset);
}

bool Authenticator::has_right_seal(std::span<const uint8_t> ip_header, std::span<const uint8_t> payload) {
    if (ip_header.size() < kIpHeaderSize || ip_header.size() > kLongestIpHeader ||
        payload.size() < kAuthenticationHeaderSize)
        return false;
    std::array<uint8_t, kLongestIpHeader> ip{};
    std::ranges::copy(ip_header, ip.begin());
    ip[kTosOffset] = 0;
    ip[kFragmentOffset] = ip[kFragmentOffset + 1] = 0;
    ip[kIpChecksumOffset] = ip[kIpChecksumOffset + 1] = 0;
    if (unicast_) ip[kTtlOffset] = 0;
    constexpr std::array<uint8_t, kSealSize> kZeros{};
    const auto value =
        digest_->hmac_md5(password_, {std::span(ip).first(ip_header.size()), payload.first(kSealOffset),
                                      kZeros, payload.subspan(kAuthenticationHeaderSize)});
    return value && equal_in_constant_time(payload.subspan(kSealOffset, kSealSize),
                                           std::span(*value).first(kSealSize));
}

bool Authenticator::accept_sequence(uint32_t sequence) {
    if (sequence < sequence_ || (sequence == sequence_ && !sequence_is_ours_)) return false;
    sequence_ = sequence;
    sequence_is_ours_ = false;
    return true;
}

}  // namespace holdfast::vrrp

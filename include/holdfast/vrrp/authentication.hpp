// What authenticates adverts and must be remembered from one to the next: keepalived 2.4's auth_hmac trailer,
// and the authentication header of VRRPv2 (auth_type AH; RFC 2402 with HMAC-MD5-96). Formats and rules:
// compat/protocol.md, section 1.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/rare.hpp"
#include "holdfast/vrrp/digest.hpp"
#include "holdfast/vrrp/packet.hpp"
#include "holdfast/vrrp/settings.hpp"

namespace holdfast::vrrp {

/// The wall clock as the trailer has it: UTC seconds since 1970 in the upper 32 bits, 1/65536 s in the next
/// 16, and a counter, which is zero here, in the last 16.
struct TrailerClock {
    uint64_t value = 0;
    static TrailerClock of(std::chrono::system_clock::time_point time);
    uint32_t seconds() const { return static_cast<uint32_t>(value >> 32U); }
};

/// What is wrong with a trailer, in the order of the checks.
enum class TrailerVerdict : uint8_t { good, malformed, stale, unknown_key, invalid, replayed };

struct TrailerReading {
    TrailerVerdict verdict = TrailerVerdict::good;
    int32_t skew = 0;  ///< Our clock less the sender's, seconds; 0 with anti_replay monotonic.
    uint8_t key_id = 0;
};

/// The window in force: as configured, or 3 whole-second advert intervals, at least 5 s and at most 300 s.
std::chrono::seconds trailer_window(const RouterSettings& settings);

/// Whether adverts of this router carry a trailer.
bool sends_trailer(const RouterSettings& settings);

/// The IPv4 header of an advert on its way out, as far as the authentication header covers it.
struct SealedHeader {
    IpAddress source;
    IpAddress destination;
    uint8_t ttl = kTtl;
    uint16_t id = 0;
};

/// One per Virtual Router, and kept over reloads: sequence numbers must not start again.
class Authenticator {
  public:
    /// The digest must outlive it. `peers` are the unicast peers; none means multicast.
    Authenticator(const RouterSettings& router, const TransportSettings& transport, Digest& digest);
    void reconfigure(const RouterSettings& router, const TransportSettings& transport);

    // auth_hmac.

    /// Fills in the trailer at the end of `advert`, a VRRP packet with room for it. Once per advert: copies
    /// for several unicast peers are equal but for their checksum, which is not covered.
    void sign(std::span<uint8_t> advert, const IpAddress& source, TrailerClock clock);
    /// Judges the trailer of a packet. A good one moves the sender's mark, so that it is not good twice.
    TrailerReading verify(std::span<const uint8_t> packet, std::span<const uint8_t> trailer,
                          const IpAddress& source, TrailerClock clock);
    /// Seconds; what `verify` compares with.
    std::chrono::seconds window() const { return window_; }

    // Authentication header.

    /// The number of the next advert; all copies of it carry the same.
    void next_sequence();
    /// Fills in the authentication header at the beginning of `advert`, which is followed by the VRRP packet.
    /// Once per copy: the destination is covered.
    void seal(std::span<uint8_t> advert, const SealedHeader& header);
    /// Whether the integrity value of a received header is right. `ip_header` as received, options included.
    bool has_right_seal(std::span<const uint8_t> ip_header, std::span<const uint8_t> payload);
    /// Takes a received number over when it is higher than any before, sent or received; false otherwise. The
    /// number of our own last advert is good once more: two Masters that send in step would refuse each other
    /// for ever. It is no replay of ours, because the integrity value covers the sender's address.
    bool accept_sequence(uint32_t sequence);
    uint32_t sequence() const { return sequence_; }
    /// After a lower-priority advert in Master, as the reference does.
    void continue_after(uint32_t sequence) {
        sequence_ = sequence;
        sequence_is_ours_ = false;
    }

  private:
    /// The highest number that a sender has used.
    struct Mark {
        IpAddress sender;
        std::optional<uint64_t> sequence;
        uint64_t used = 0;  ///< Rank in time; 0 = a free place.
    };

    const HmacKey* key(uint8_t id) const;
    std::optional<std::array<uint8_t, kSha256Size>> trailer_digest(const HmacKey& key,
                                                                   std::span<const uint8_t> packet,
                                                                   std::span<const uint8_t> trailer,
                                                                   const IpAddress& source);
    Mark& mark_of(const IpAddress& sender);
    bool is_newer(Mark& mark, uint64_t sequence, TrailerClock clock) const;

    Digest* digest_;
    Family family_ = Family::ipv4;
    Version version_ = Version::v2;
    VirtualRouterId vrid_;
    Rare<HmacSettings> hmac_;
    std::chrono::seconds window_{};
    bool unicast_ = false;
    uint64_t sent_ = 0;        ///< Last number in a trailer of ours.
    std::vector<Mark> marks_;  ///< One per unicast peer, or kMulticastSenders.
    uint64_t uses_ = 0;
    std::array<uint8_t, kAuthDataSize> password_{};
    uint32_t sequence_ = 0;          ///< Of the authentication header; one counter for both directions.
    bool sequence_is_ours_ = false;  ///< It was sent, and nobody else has used it yet.
};

}  // namespace holdfast::vrrp

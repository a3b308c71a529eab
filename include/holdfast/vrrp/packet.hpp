// The VRRP packet: VRRPv2 (RFC 3768, with the authentication field of RFC 2338) and VRRPv3 (RFC 5798, RFC
// 9568), over IPv4 and IPv6. `parse` takes bytes apart without judging them; AdvertReader (advert_reader.hpp)
// judges; AdvertTemplate builds what is sent. The IP header is the Link's business.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/vrrp/settings.hpp"
#include "holdfast/vrrp/types.hpp"

namespace holdfast::vrrp {

inline constexpr size_t kHeaderSize = 8;
inline constexpr size_t kAuthDataSize = 8;               ///< VRRPv2: always present (RFC 2338, 5.3.10).
inline constexpr size_t kAuthenticationHeaderSize = 24;  ///< AH with a 96 bit value (RFC 2402).
inline constexpr size_t kHmacTrailerSize = 28;           ///< auth_hmac.
inline constexpr uint8_t kTypeAdvertisement = 1;
inline constexpr IpAddress kMulticastGroup4 = IpAddress::v4(224, 0, 0, 18);
inline constexpr uint8_t kTtl = 255;  ///< RFC 9568, 5.1.1.3.

/// An accepted advertisement, as the state machine sees it.
struct Advert {
    IpAddress source;
    Priority priority;
    Duration interval{};           ///< What the sender announces: v2 whole seconds, v3 steps of 10 ms.
    uint32_t sequence_number = 0;  ///< Of the authentication header; 0 without.
    friend bool operator==(const Advert&, const Advert&) = default;
};

/// The fields of a packet, whatever their values, and its variable parts as views into the buffer.
/// `addresses` holds what the packet announces or less when it is cut short: compare with `expected_size`.
struct ParsedPacket {
    uint8_t version = 0;
    uint8_t type = 0;
    VirtualRouterId vrid;
    Priority priority;
    uint8_t address_count = 0;
    uint8_t auth_type = 0;               ///< v2 only.
    uint8_t interval_seconds = 0;        ///< v2 only.
    uint16_t interval_centiseconds = 0;  ///< v3 only; the reserved bits are dropped.
    uint16_t checksum = 0;
    std::span<const uint8_t> addresses;  ///< 4 or 16 bytes each.
    size_t expected_size = 0;            ///< Header, addresses and, in v2 over IPv4, the authentication data.
};

/// Takes a VRRP packet apart. Nothing when it is shorter than the fixed header; everything else is the
/// reader's task.
std::optional<ParsedPacket> parse(std::span<const uint8_t> packet, Family family);

/// The VRID of a payload as received on a channel of `protocol` (kProtocolVrrp or
/// kProtocolAuthenticationHeader), for finding the instance. Nothing when the payload is too short to have
/// one.
std::optional<VirtualRouterId> peek_vrid(std::span<const uint8_t> payload, uint8_t protocol);

/// True when the checksum of a VRRP packet is right. `source` and `destination` are the pseudo header of v3
/// over IPv4 (RFC 5798, 5.2.8); without them it is the plain sum of VRRPv2.
bool has_right_checksum(std::span<const uint8_t> packet, const IpAddress* source = nullptr,
                        const IpAddress* destination = nullptr);

class Authenticator;
struct SealedHeader;
struct TrailerClock;

/// The advert of one Virtual Router, built once. Sending patches the priority and the checksum, without
/// allocating. Build a new one when the settings change. Over IPv6 the checksum stays zero: the kernel fills
/// it in.
class AdvertTemplate {
  public:
    /// `source` enters the checksum of v3 over IPv4; `multicast_group` is the destination that
    /// `old_unicast_checksum` pretends. Addresses of the other family are left out.
    AdvertTemplate(const RouterSettings& settings, const IpAddress& source, const IpAddress& multicast_group);

    /// The packet for one destination. The view is valid until the next call or the end of the template. With
    /// auth_type AH it begins with room for the authentication header, with auth_hmac it ends with room for
    /// the trailer; `sign` and `seal` fill them.
    std::span<const uint8_t> packet(Priority priority, const IpAddress& destination);

    /// Begins one advert, which may go to several destinations: its sequence number, and its trailer.
    void sign(Priority priority, Authenticator& authenticator, TrailerClock clock);
    /// The packet for one destination, behind its authentication header when there is one.
    std::span<const uint8_t> sealed(Priority priority, const SealedHeader& header,
                                    Authenticator& authenticator);
    /// Whether `sign` is needed, and whether it looks at the clock.
    bool is_authenticated() const { return header_size_ > 0 || trailer_size_ > 0; }
    bool needs_clock() const { return trailer_size_ > 0; }

    /// The primary address changed.
    void set_source(const IpAddress& source);
    /// Use the checksum of old peers (see AdvertReader::uses_old_checksum) from now on.
    void use_old_checksum(bool on) { old_checksum_ = on; }

    size_t size() const { return bytes_.size(); }

  private:
    enum class Checksum : uint8_t { plain, pseudo_header, kernel };

    std::span<uint8_t> vrrp() {
        return std::span(bytes_).subspan(header_size_, bytes_.size() - header_size_ - trailer_size_);
    }

    std::vector<uint8_t> bytes_;
    size_t header_size_ = 0;   ///< Of the authentication header before the VRRP packet.
    size_t trailer_size_ = 0;  ///< Of auth_hmac behind it.
    IpAddress source_;
    IpAddress multicast_group_;
    uint32_t fixed_sum_ = 0;  ///< Partial sum of everything but priority, source and destination.
    Checksum checksum_ = Checksum::plain;
    bool old_checksum_ = false;
};

}  // namespace holdfast::vrrp

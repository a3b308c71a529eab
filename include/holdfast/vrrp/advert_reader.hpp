// Judges received packets: the checks of keepalived in keepalived's order (compat/protocol.md section 2),
// each with its counter and its line. What passes becomes an Advert for the VirtualRouter.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "holdfast/base/shared.hpp"
#include "holdfast/vrrp/authentication.hpp"
#include "holdfast/vrrp/counters.hpp"
#include "holdfast/vrrp/link.hpp"
#include "holdfast/vrrp/log_lines.hpp"
#include "holdfast/vrrp/packet.hpp"
#include "holdfast/vrrp/settings.hpp"

namespace holdfast::vrrp {

/// Why a packet was not accepted, in the order of the checks.
enum class RejectReason : uint8_t {
    too_short,  ///< No complete VRRP header.
    unexpected_ah_header,
    missing_ah_header,
    length,
    ttl,
    version,
    hmac_missing,
    hmac_unknown_sender,
    hmac_malformed,
    hmac_stale,
    hmac_unknown_key,
    hmac_invalid,
    hmac_replayed,
    auth_type_unknown,
    auth_type_mismatch,
    password,
    ah_next_header,
    ah_value,
    ah_spi,
    ah_sequence,
    interval,  ///< v2 only: RFC 3768, 7.1.
    type,
    ip_length,
    checksum,
    cast,  ///< Unicast received where multicast is expected, or the other way round.
    owner_ignores,
    source_not_a_peer,
    peer_ttl,
};

/// What became of one packet. An accepted one may carry findings too (an address list that differs is only
/// reported).
struct Reading {
    std::optional<Advert> advert;
    std::optional<RejectReason> rejected;
    /// This packet showed that the peers use the old unicast checksum: tell the AdvertTemplate.
    bool switched_to_old_checksum = false;

    std::span<const LogEvent> findings() const { return {findings_.data(), finding_count_}; }
    void add_finding(const LogEvent& event) {
        if (finding_count_ < findings_.size()) findings_[finding_count_++] = event;
    }

  private:
    std::array<LogEvent, 4> findings_{};
    size_t finding_count_ = 0;
};

/// What the checks must know of the machine at this moment; VirtualRouter::reading_context() gives it.
struct ReadingContext {
    Priority effective_priority;
    bool check_addresses =
        true;  ///< False with skip_check_adv_addr while the master's address stays the same.
    /// Verifies auth_hmac and AH; without one such packets are refused.
    Authenticator* authenticator = nullptr;
    TrailerClock clock{};  ///< Needed with auth_hmac only.
};

/// One per Virtual Router. Holds what outlives a packet: whether old checksums were seen.
class AdvertReader {
  public:
    AdvertReader(Shared<RouterSettings> router, Shared<TransportSettings> transport);

    /// Judges a frame that came for this VRID. Does not allocate. `counters` is the router's.
    Reading read(const ReceivedFrame& frame, const ReadingContext& context, Counters& counters);

    /// A reload; what was learnt stays unless old_unicast_checksum changed.
    void reconfigure(Shared<RouterSettings> router, Shared<TransportSettings> transport);

    bool uses_old_checksum() const { return old_checksum_; }

  private:
    struct Packet;  // One packet on its way through the checks.

    // Each returns false after rejecting the packet. In the order of the checks.
    bool check_frame(Packet& packet) const;
    bool check_trailer(Packet& packet, bool has_trailer) const;
    bool check_version2(Packet& packet) const;
    bool check_authentication_header(Packet& packet) const;
    bool check_type_and_size(Packet& packet) const;
    bool check_checksum(Packet& packet);
    bool check_destination(Packet& packet, Priority effective) const;
    void check_addresses(Packet& packet, bool compare) const;
    bool check_sender(Packet& packet) const;

    Shared<RouterSettings> router_;
    Shared<TransportSettings> transport_;
    bool old_checksum_ = false;
};

}  // namespace holdfast::vrrp

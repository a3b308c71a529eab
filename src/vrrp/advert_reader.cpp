#include "holdfast/vrrp/advert_reader.hpp"

#include <algorithm>
#include <utility>

#include "holdfast/base/bytes.hpp"

namespace holdfast::vrrp {

namespace {

constexpr size_t kMinimumIpHeader = 20;
constexpr size_t kIpProtocolOffset = 9;
// An Ethernet frame has at least 60 bytes; 14 of them are its header.
constexpr size_t kMinimumFramePayload = 46;

// Short frames are padded to 60 bytes, and each VLAN tag taken off before we see the packet leaves 4 bytes
// more, so the amount of padding is known modulo 4 only. Sizes count from the IP header.
bool is_padding(size_t expected, size_t received) {
    return expected < kMinimumFramePayload && expected < received &&
           (received - expected) % 4 == (4 - kMinimumFramePayload % 4) % 4;
}

Duration announced_interval(const ParsedPacket& packet) {
    if (packet.version == static_cast<uint8_t>(Version::v2))
        return std::chrono::seconds(packet.interval_seconds);
    return Centiseconds(packet.interval_centiseconds);
}

int64_t as_number(size_t size) {
    return static_cast<int64_t>(size);
}

}  // namespace

struct AdvertReader::Packet {
    const ReceivedFrame& frame;
    const ReadingContext& context;
    Counters& counters;
    Reading& reading;
    size_t ip_header = 0;  // 0 in IPv6, whose sizes are told without it.
    uint32_t sequence_number = 0;
    bool has_ah = false;
    std::span<const uint8_t> bytes{};  // From the VRRP header on, padding included.
    ParsedPacket fields{};

    LogEvent line(LogId id, int64_t first = 0, int64_t second = 0, int64_t third = 0) const {
        return {id, {frame.source, {}}, {first, second, third}};
    }
    bool reject(RejectReason reason) {
        reading.rejected = reason;
        return false;
    }
    bool reject(RejectReason reason, const LogEvent& finding) {
        reading.add_finding(finding);
        return reject(reason);
    }
    bool reject(RejectReason reason, const LogEvent& finding, uint64_t& counter) {
        ++counter;
        return reject(reason, finding);
    }
};

AdvertReader::AdvertReader(Shared<RouterSettings> router, Shared<TransportSettings> transport)
    : router_(std::move(router)),
      transport_(std::move(transport)),
      old_checksum_(router_->old_unicast_checksum == OldUnicastChecksum::force) {}

void AdvertReader::reconfigure(Shared<RouterSettings> router, Shared<TransportSettings> transport) {
    if (router->old_unicast_checksum != router_->old_unicast_checksum)
        old_checksum_ = router->old_unicast_checksum == OldUnicastChecksum::force;
    router_ = std::move(router);
    transport_ = std::move(transport);
}

Reading AdvertReader::read(const ReceivedFrame& frame, const ReadingContext& context, Counters& counters) {
    Reading reading;
    Packet packet{.frame = frame, .context = context, .counters = counters, .reading = reading};
    const bool passed =
        check_frame(packet) &&
        (packet.fields.version != static_cast<uint8_t>(Version::v2) || check_version2(packet)) &&
        check_type_and_size(packet) && check_checksum(packet) &&
        check_destination(packet, context.effective_priority);
    if (!passed) return reading;

    ++counters.advert_rcvd;
    check_addresses(packet, context.check_addresses);
    if (!check_sender(packet)) return reading;
    if (packet.fields.priority == kLeaving) ++counters.pri_zero_rcvd;
    reading.advert = Advert{frame.source, packet.fields.priority, announced_interval(packet.fields),
                            packet.sequence_number};
    return reading;
}

// Checks 1 to 5: authentication header, size, TTL, version, trailer.
bool AdvertReader::check_frame(Packet& packet) const {
    const ReceivedFrame& frame = packet.frame;
    // Multicast and unicast sockets of one interface see each other's IPv6 packets. That is no complaint.
    if (router_->family == Family::ipv6 && frame.multicast == transport_->unicast)
        return packet.reject(RejectReason::cast);

    std::span<const uint8_t> payload = frame.payload;
    if (router_->family == Family::ipv4) {
        packet.ip_header = std::max(frame.ip_header.size(), kMinimumIpHeader);
        packet.has_ah = frame.ip_header.size() > kIpProtocolOffset &&
                        frame.ip_header[kIpProtocolOffset] == kProtocolAuthenticationHeader;
        const bool wants_ah = router_->auth_type == AuthType::header;
        if (packet.has_ah && !wants_ah)
            return packet.reject(RejectReason::unexpected_ah_header, packet.line(LogId::unexpected_ah_header),
                                 packet.counters.authtype_mismatch);
        if (!packet.has_ah && wants_ah)
            return packet.reject(RejectReason::missing_ah_header, packet.line(LogId::missing_ah_header),
                                 packet.counters.authtype_mismatch);
        if (packet.has_ah) payload = payload.subspan(std::min(payload.size(), kAuthenticationHeaderSize));
    }
    const auto fields = parse(payload, router_->family);
    if (!fields) return packet.reject(RejectReason::too_short);
    packet.bytes = payload;
    packet.fields = *fields;

    const size_t received = packet.ip_header + frame.payload.size();
    size_t expected = received - payload.size() + fields->expected_size;
    const bool has_trailer = router_->hmac && received == expected + kHmacTrailerSize;
    if (has_trailer) expected += kHmacTrailerSize;
    if (received != expected && !is_padding(expected, received)) {
        const LogId id = received > expected ? LogId::packet_too_long : LogId::packet_too_short;
        return packet.reject(RejectReason::length, packet.line(id, as_number(received), as_number(expected)),
                             packet.counters.packet_len_err);
    }
    if (!transport_->unicast && frame.ttl != kTtl)
        return packet.reject(RejectReason::ttl, packet.line(LogId::invalid_ttl, frame.ttl, kTtl),
                             packet.counters.ip_ttl_err);
    const auto own_version = static_cast<uint8_t>(router_->version);
    if (fields->version != own_version)
        return packet.reject(RejectReason::version,
                             packet.line(LogId::wrong_version, fields->version, own_version),
                             packet.counters.vers_err);
    return !router_->hmac || check_trailer(packet, has_trailer);
}

// Check 5.
bool AdvertReader::check_trailer(Packet& packet, bool has_trailer) const {
    if (!has_trailer) {
        if (router_->hmac->mode != HmacMode::enforce) return true;
        return packet.reject(RejectReason::hmac_missing, packet.line(LogId::hmac_missing),
                             packet.counters.auth_ext_missing);
    }
    const IpAddress& sender = packet.frame.source;
    if (transport_->unicast &&
        std::ranges::find(transport_->peers, sender, &UnicastPeer::address) == transport_->peers.end())
        return packet.reject(RejectReason::hmac_unknown_sender, packet.line(LogId::source_not_a_peer));
    Authenticator* authenticator = packet.context.authenticator;
    TrailerReading trailer{.verdict = TrailerVerdict::invalid};
    if (authenticator != nullptr) {
        trailer = authenticator->verify(packet.bytes.first(packet.fields.expected_size),
                                        packet.bytes.subspan(packet.fields.expected_size, kHmacTrailerSize),
                                        sender, packet.context.clock);
    }
    const int64_t window = authenticator == nullptr ? 0 : authenticator->window().count();
    switch (trailer.verdict) {
        case TrailerVerdict::good:
            break;
        case TrailerVerdict::malformed:
            return packet.reject(RejectReason::hmac_malformed, packet.line(LogId::hmac_malformed),
                                 packet.counters.auth_ext_malformed);
        case TrailerVerdict::stale:
            return packet.reject(RejectReason::hmac_stale,
                                 packet.line(LogId::hmac_stale, trailer.skew, window),
                                 packet.counters.auth_ext_stale);
        case TrailerVerdict::unknown_key:
            return packet.reject(RejectReason::hmac_unknown_key,
                                 packet.line(LogId::hmac_unknown_key, trailer.key_id),
                                 packet.counters.auth_ext_unknown_key);
        case TrailerVerdict::invalid:
            return packet.reject(RejectReason::hmac_invalid, packet.line(LogId::hmac_invalid),
                                 packet.counters.auth_ext_invalid_hmac);
        case TrailerVerdict::replayed:
            return packet.reject(RejectReason::hmac_replayed, packet.line(LogId::hmac_replayed),
                                 packet.counters.auth_ext_replay);
    }
    // Time to look after the clocks, while packets are still good.
    if (trailer.skew > window / 2 || trailer.skew < -(window / 2))
        packet.reading.add_finding(packet.line(LogId::hmac_clock_skew, trailer.skew, window));
    return true;
}

// Checks 6 to 10: authentication and interval.
bool AdvertReader::check_version2(Packet& packet) const {
    const ParsedPacket& fields = packet.fields;
    if (fields.auth_type > static_cast<uint8_t>(AuthType::header))
        return packet.reject(RejectReason::auth_type_unknown,
                             packet.line(LogId::invalid_auth_type, fields.auth_type),
                             packet.counters.invalid_authtype);
    const auto own_type = static_cast<uint8_t>(router_->auth_type);
    if (fields.auth_type != own_type)
        return packet.reject(RejectReason::auth_type_mismatch,
                             packet.line(LogId::auth_type_mismatch, fields.auth_type, own_type),
                             packet.counters.authtype_mismatch);
    if (router_->auth_type == AuthType::password && router_->family == Family::ipv4) {
        const auto password = packet.bytes.subspan(fields.expected_size - kAuthDataSize, kAuthDataSize);
        if (!equal_in_constant_time(password, router_->auth_data))
            return packet.reject(RejectReason::password, packet.line(LogId::invalid_password),
                                 packet.counters.auth_failure);
    }
    if (router_->auth_type == AuthType::header && !check_authentication_header(packet)) return false;
    const auto own_interval = std::chrono::duration_cast<std::chrono::seconds>(router_->advert_interval);
    if (std::chrono::seconds(fields.interval_seconds) != router_->advert_interval)
        return packet.reject(
            RejectReason::interval,
            packet.line(LogId::interval_mismatch_v2, own_interval.count(), fields.interval_seconds));
    return true;
}

// Check 9. Nothing in the packet is believed before the integrity value is right.
bool AdvertReader::check_authentication_header(Packet& packet) const {
    const std::span<const uint8_t> payload = packet.frame.payload;
    ByteReader header(payload);
    if (header.u8() != kProtocolVrrp) return packet.reject(RejectReason::ah_next_header);
    (void)header.bytes(3);
    const auto spi = header.bytes(4);
    packet.sequence_number = header.u32();
    Authenticator* authenticator = packet.context.authenticator;
    if (authenticator == nullptr || !authenticator->has_right_seal(packet.frame.ip_header, payload))
        return packet.reject(RejectReason::ah_value, packet.line(LogId::ah_invalid_value),
                             packet.counters.auth_failure);
    const auto source = packet.frame.source.bytes();
    if (!std::ranges::equal(spi, source)) {
        // The reference writes both as numbers of a little-endian machine.
        const auto number = [](std::span<const uint8_t> bytes) {
            return int64_t{bytes[0]} | int64_t{bytes[1]} << 8 | int64_t{bytes[2]} << 16 |
                   int64_t{bytes[3]} << 24;
        };
        return packet.reject(RejectReason::ah_spi,
                             packet.line(LogId::ah_invalid_spi, number(source), number(spi)),
                             packet.counters.auth_failure);
    }
    const uint32_t before = authenticator->sequence();
    if (!authenticator->accept_sequence(packet.sequence_number))
        return packet.reject(RejectReason::ah_sequence,
                             packet.line(LogId::ah_sequence_replayed, packet.sequence_number, before),
                             packet.counters.auth_failure);
    return true;
}

// Checks 11 to 13: type, IP total length, and the interval of v3, which is only reported.
bool AdvertReader::check_type_and_size(Packet& packet) const {
    const ParsedPacket& fields = packet.fields;
    if (fields.type != kTypeAdvertisement)
        return packet.reject(RejectReason::type,
                             packet.line(LogId::invalid_type, fields.type, kTypeAdvertisement),
                             packet.counters.invalid_type_rcvd);
    if (router_->family == Family::ipv4) {
        const size_t announced = packet.ip_header + packet.frame.announced_payload_length;
        const size_t received = packet.ip_header + packet.frame.payload.size();
        if (announced != received && !(received <= kMinimumFramePayload && is_padding(announced, received)))
            return packet.reject(
                RejectReason::ip_length,
                packet.line(LogId::ip_length_mismatch, as_number(announced), as_number(received)),
                packet.counters.packet_len_err);
    }
    if (router_->version == Version::v3 && announced_interval(fields) != router_->advert_interval) {
        const auto own = std::chrono::duration_cast<Centiseconds>(router_->advert_interval);
        packet.reading.add_finding(
            packet.line(LogId::interval_mismatch_v3, own.count(), fields.interval_centiseconds));
    }
    return true;
}

// Check 14. In IPv6 the kernel has done it.
bool AdvertReader::check_checksum(Packet& packet) {
    if (router_->family == Family::ipv6) return true;
    const auto covered = packet.bytes.first(packet.fields.expected_size);
    const auto own_version = static_cast<uint8_t>(router_->version);
    const LogEvent complaint = packet.line(LogId::invalid_checksum, own_version);
    if (router_->version == Version::v2) {
        if (has_right_checksum(covered)) return true;
        return packet.reject(RejectReason::checksum, complaint, packet.counters.chk_err);
    }
    if (router_->v3_checksum_as_v2) return true;

    const IpAddress& group =
        transport_->multicast_group.is_unspecified() ? kMulticastGroup4 : transport_->multicast_group;
    const IpAddress& destination = old_checksum_ ? group : packet.frame.destination;
    if (has_right_checksum(covered, &packet.frame.source, &destination)) return true;
    // Peers of before 2017 compute unicast checksums with the multicast group as the destination.
    if (transport_->unicast && router_->old_unicast_checksum == OldUnicastChecksum::automatic &&
        !old_checksum_ && has_right_checksum(covered, &packet.frame.source, &group)) {
        old_checksum_ = true;
        packet.reading.switched_to_old_checksum = true;
        packet.reading.add_finding(packet.line(LogId::old_unicast_checksum));
        return true;
    }
    return packet.reject(RejectReason::checksum, complaint, packet.counters.chk_err);
}

// Checks 15 and 16.
bool AdvertReader::check_destination(Packet& packet, Priority effective) const {
    if (packet.frame.multicast == transport_->unicast) {
        const LogId id = transport_->unicast ? LogId::expected_unicast : LogId::expected_multicast;
        return packet.reject(RejectReason::cast, packet.line(id), packet.counters.addr_list_err);
    }
    if (router_->owner_ignore_adverts && effective == kOwner)
        return packet.reject(RejectReason::owner_ignores, packet.line(LogId::owner_ignores_advert));
    return true;
}

// Checks 17 and 18: reported, counted, accepted all the same.
void AdvertReader::check_addresses(Packet& packet, bool compare) const {
    const ParsedPacket& fields = packet.fields;
    const auto is_ours = [&](const IpAddress& address) { return address.family() == router_->family; };
    const auto own_count = std::ranges::count_if(router_->addresses, is_ours);
    if (fields.address_count != own_count) {
        ++packet.counters.addr_list_err;
        packet.reading.add_finding(packet.line(LogId::address_count, own_count, fields.address_count));
        return;
    }
    if (!compare) return;
    for (const IpAddress& address : router_->addresses) {
        if (!is_ours(address)) continue;
        const auto wanted = address.bytes();
        bool present = false;
        for (size_t i = 0; i + wanted.size() <= fields.addresses.size() && !present; i += wanted.size())
            present = std::ranges::equal(fields.addresses.subspan(i, wanted.size()), wanted);
        if (present) continue;
        ++packet.counters.addr_list_err;
        LogEvent finding = packet.line(LogId::address_missing, router_->vrid.value);
        finding.addresses[1] = address;
        packet.reading.add_finding(finding);
        return;  // The first one is enough.
    }
}

// Checks 19 and 20.
bool AdvertReader::check_sender(Packet& packet) const {
    if (!transport_->unicast || !transport_->check_unicast_source) return true;
    const auto peer = std::ranges::find(transport_->peers, packet.frame.source, &UnicastPeer::address);
    if (peer == transport_->peers.end())
        return packet.reject(RejectReason::source_not_a_peer, packet.line(LogId::source_not_a_peer));
    const uint8_t ttl = packet.frame.ttl;
    if (ttl < peer->min_ttl || ttl > peer->max_ttl)
        return packet.reject(RejectReason::peer_ttl,
                             packet.line(LogId::peer_ttl, ttl, peer->min_ttl, peer->max_ttl),
                             packet.counters.ip_ttl_err);
    return true;
}

}  // namespace holdfast::vrrp

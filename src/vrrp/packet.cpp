#include "holdfast/vrrp/packet.hpp"

#include <algorithm>
#include <array>

#include "holdfast/base/bytes.hpp"
#include "holdfast/base/require.hpp"
#include "holdfast/vrrp/authentication.hpp"
#include "holdfast/vrrp/link.hpp"

namespace holdfast::vrrp {

namespace {

constexpr size_t kPriorityOffset = 2;
constexpr size_t kChecksumOffset = 6;
constexpr size_t kMaxAddresses = 255;  // The count is one byte.
constexpr uint16_t kIntervalMask = 0x0fff;

size_t address_size(Family family) {
    return family == Family::ipv4 ? 4 : 16;
}

bool carries_auth_data(uint8_t version, Family family) {
    return version == static_cast<uint8_t>(Version::v2) && family == Family::ipv4;
}

// The pseudo header of VRRPv3 over IPv4, without the destination: {source, zero, 112, length}.
uint32_t pseudo_header_sum(const IpAddress& source, size_t length) {
    return checksum_partial(source.bytes(), kProtocolVrrp + static_cast<uint32_t>(length));
}

uint16_t wire_interval(const RouterSettings& settings) {
    if (settings.version == Version::v2) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.advert_interval);
        return static_cast<uint16_t>(seconds.count() & 0xff);
    }
    const auto centiseconds = std::chrono::duration_cast<Centiseconds>(settings.advert_interval);
    return static_cast<uint16_t>(centiseconds.count() & kIntervalMask);
}

}  // namespace

std::optional<ParsedPacket> parse(std::span<const uint8_t> packet, Family family) {
    ByteReader reader(packet);
    ParsedPacket parsed;
    const uint8_t version_and_type = reader.u8();
    parsed.version = version_and_type >> 4U;
    parsed.type = version_and_type & 15U;
    parsed.vrid = {reader.u8()};
    parsed.priority = {reader.u8()};
    parsed.address_count = reader.u8();
    const uint16_t auth_and_interval = reader.u16();
    parsed.checksum = reader.u16();
    if (reader.failed()) return std::nullopt;

    if (parsed.version == static_cast<uint8_t>(Version::v2)) {
        parsed.auth_type = static_cast<uint8_t>(auth_and_interval >> 8U);
        parsed.interval_seconds = static_cast<uint8_t>(auth_and_interval);
    } else {
        parsed.interval_centiseconds = auth_and_interval & kIntervalMask;
    }
    const size_t addresses = parsed.address_count * address_size(family);
    parsed.expected_size =
        kHeaderSize + addresses + (carries_auth_data(parsed.version, family) ? kAuthDataSize : 0);
    parsed.addresses = reader.bytes(std::min(addresses, reader.remaining()));
    return parsed;
}

std::optional<VirtualRouterId> peek_vrid(std::span<const uint8_t> payload, uint8_t protocol) {
    const size_t before = protocol == kProtocolAuthenticationHeader ? kAuthenticationHeaderSize : 0;
    if (payload.size() < before + kHeaderSize) return std::nullopt;
    return VirtualRouterId{payload[before + 1]};
}

bool has_right_checksum(std::span<const uint8_t> packet, const IpAddress* source,
                        const IpAddress* destination) {
    uint32_t sum = 0;
    if (source != nullptr && destination != nullptr)
        sum = checksum_partial(destination->bytes(), pseudo_header_sum(*source, packet.size()));
    return internet_checksum(packet, sum) == 0;
}

AdvertTemplate::AdvertTemplate(const RouterSettings& settings, const IpAddress& source,
                               const IpAddress& multicast_group)
    : multicast_group_(multicast_group.is_unspecified() ? kMulticastGroup4 : multicast_group),
      old_checksum_(settings.old_unicast_checksum == OldUnicastChecksum::force) {
    std::array<uint8_t, kHeaderSize + kMaxAddresses * 16 + kAuthDataSize> buffer{};
    ByteWriter writer(buffer);
    const auto version = static_cast<uint8_t>(settings.version);
    const auto is_ours = [&](const IpAddress& address) { return address.family() == settings.family; };
    const auto count = std::ranges::count_if(settings.addresses, is_ours);
    const auto carried = std::min(static_cast<size_t>(count), kMaxAddresses);

    writer.u8(static_cast<uint8_t>(version << 4U | kTypeAdvertisement));
    writer.u8(settings.vrid.value);
    writer.u8(0);  // The priority is patched when sending.
    writer.u8(static_cast<uint8_t>(carried));
    const auto auth =
        settings.version == Version::v2 ? static_cast<uint16_t>(settings.auth_type) : uint16_t{0};
    writer.u16(static_cast<uint16_t>(auth << 8U | wire_interval(settings)));
    writer.u16(0);
    size_t written = 0;
    for (const IpAddress& address : settings.addresses)
        if (is_ours(address) && written++ < carried) writer.bytes(address.bytes());
    if (carries_auth_data(version, settings.family)) {
        if (settings.auth_type == AuthType::password) {
            writer.bytes(settings.auth_data);
        } else {
            writer.zeros(kAuthDataSize);
        }
    }
    require(!writer.failed(), "255 addresses and the authentication data fit the buffer");
    if (settings.auth_type == AuthType::header && carries_auth_data(version, settings.family))
        header_size_ = kAuthenticationHeaderSize;
    if (sends_trailer(settings)) trailer_size_ = kHmacTrailerSize;
    bytes_.assign(header_size_, 0);
    bytes_.insert(bytes_.end(), writer.written().begin(), writer.written().end());
    bytes_.resize(bytes_.size() + trailer_size_);

    if (settings.family == Family::ipv6) {
        checksum_ = Checksum::kernel;
    } else if (settings.version == Version::v3 && !settings.v3_checksum_as_v2) {
        checksum_ = Checksum::pseudo_header;
    }
    set_source(source);
}

void AdvertTemplate::set_source(const IpAddress& source) {
    source_ = source;
    const auto packet = vrrp();
    packet[kPriorityOffset] = 0;
    packet[kChecksumOffset] = 0;
    packet[kChecksumOffset + 1] = 0;
    const uint32_t before =
        checksum_ == Checksum::pseudo_header ? pseudo_header_sum(source, packet.size()) : 0;
    fixed_sum_ = checksum_partial(packet, before);
}

std::span<const uint8_t> AdvertTemplate::packet(Priority priority, const IpAddress& destination) {
    const auto packet = vrrp();
    packet[kPriorityOffset] = priority.value;
    if (checksum_ == Checksum::kernel) return bytes_;
    uint32_t sum = fixed_sum_ + (static_cast<uint32_t>(priority.value) << 8U);
    if (checksum_ == Checksum::pseudo_header)
        sum = checksum_partial(old_checksum_ ? multicast_group_.bytes() : destination.bytes(), sum);
    const uint16_t checksum = internet_checksum({}, sum);
    packet[kChecksumOffset] = static_cast<uint8_t>(checksum >> 8U);
    packet[kChecksumOffset + 1] = static_cast<uint8_t>(checksum);
    return bytes_;
}

void AdvertTemplate::sign(Priority priority, Authenticator& authenticator, TrailerClock clock) {
    if (header_size_ > 0) authenticator.next_sequence();
    if (trailer_size_ == 0) return;
    vrrp()[kPriorityOffset] = priority.value;
    authenticator.sign(bytes_, source_, clock);
}

std::span<const uint8_t> AdvertTemplate::sealed(Priority priority, const SealedHeader& header,
                                                Authenticator& authenticator) {
    (void)packet(priority, header.destination);
    if (header_size_ > 0) authenticator.seal(bytes_, header);
    return bytes_;
}

}  // namespace holdfast::vrrp

#include "holdfast/bfd/packet.hpp"

#include <fmt/format.h>

#include "holdfast/base/bytes.hpp"

namespace holdfast::bfd {

namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kHighestDiagnostic = 8;

enum Flag : uint8_t {
    kPoll = 0x20,
    kFinal = 0x10,
    kControlPlaneIndependent = 0x08,
    kAuthentication = 0x04,
    kDemand = 0x02,
    kMultipoint = 0x01,
};

}  // namespace

std::string_view name_of(State state) {
    constexpr std::string_view kNames[] = {"AdminDown", "Down", "Init", "Up"};
    return kNames[static_cast<size_t>(state)];
}

std::string_view name_of(Diagnostic diagnostic) {
    constexpr std::string_view kNames[] = {"No Diagnostic",
                                           "Control Detection Time Expired",
                                           "Echo Function Failed",
                                           "Neighbor Signaled Session Down",
                                           "Forwarding Plane Reset",
                                           "Path Down",
                                           "Concatenated Path Down",
                                           "Administratively Down",
                                           "Reverse Concatenated Path Down"};
    return kNames[static_cast<size_t>(diagnostic)];
}

std::array<uint8_t, kControlPacketSize> encode(const ControlPacket& packet) {
    std::array<uint8_t, kControlPacketSize> bytes{};
    ByteWriter writer(bytes);
    writer.u8(static_cast<uint8_t>(kVersion << 5U | static_cast<uint8_t>(packet.diagnostic)));
    const int flags = (packet.poll ? kPoll : 0) | (packet.final ? kFinal : 0) |
                      (packet.control_plane_independent ? kControlPlaneIndependent : 0) |
                      (packet.authentication_present ? kAuthentication : 0) | (packet.demand ? kDemand : 0);
    writer.u8(static_cast<uint8_t>(static_cast<int>(packet.state) << 6 | flags));
    writer.u8(packet.detect_multiplier);
    writer.u8(kControlPacketSize);
    writer.u32(packet.my_discriminator);
    writer.u32(packet.your_discriminator);
    writer.u32(packet.desired_min_tx);
    writer.u32(packet.required_min_rx);
    writer.u32(packet.required_min_echo_rx);
    return bytes;
}

std::expected<ControlPacket, std::string> decode(std::span<const uint8_t> datagram) {
    if (datagram.size() < kControlPacketSize)
        return std::unexpected(fmt::format("Packet is too small: {} bytes", datagram.size()));
    ByteReader reader(datagram);
    const uint8_t version_and_diagnostic = reader.u8();
    const uint8_t state_and_flags = reader.u8();
    ControlPacket packet;
    packet.detect_multiplier = reader.u8();
    const uint8_t length = reader.u8();
    packet.my_discriminator = reader.u32();
    packet.your_discriminator = reader.u32();
    packet.desired_min_tx = reader.u32();
    packet.required_min_rx = reader.u32();
    packet.required_min_echo_rx = reader.u32();
    packet.state = static_cast<State>(state_and_flags >> 6U);
    packet.poll = (state_and_flags & kPoll) != 0;
    packet.final = (state_and_flags & kFinal) != 0;
    packet.control_plane_independent = (state_and_flags & kControlPlaneIndependent) != 0;
    packet.authentication_present = (state_and_flags & kAuthentication) != 0;
    packet.demand = (state_and_flags & kDemand) != 0;

    if (length != datagram.size())
        return std::unexpected(fmt::format(
            "Packet size mismatch: length field: {} bytes, buffer size: {} bytes", length, datagram.size()));
    if (version_and_diagnostic >> 5U != kVersion)
        return std::unexpected(
            fmt::format("Packet is of unsupported version: {}", version_and_diagnostic >> 5U));
    if (packet.detect_multiplier == 0) return std::unexpected("Packet 'detection multiplier' field is zero");
    if ((state_and_flags & kMultipoint) != 0) return std::unexpected("Packet has 'multipoint' flag");
    if (packet.my_discriminator == 0) return std::unexpected("Packet 'my discriminator' field is zero");
    if (packet.your_discriminator == 0 && packet.state != State::Down && packet.state != State::AdminDown)
        return std::unexpected(
            "Packet 'your discriminator' field is zero and 'state' field is not Down or AdminDown");
    if (packet.poll && packet.final) return std::unexpected("Packet has both poll and final flags set");
    const uint8_t diagnostic = version_and_diagnostic & 0x1f;
    if (diagnostic > kHighestDiagnostic)
        return std::unexpected(fmt::format("Packet has invalid 'diag' field: {}", diagnostic));
    packet.diagnostic = static_cast<Diagnostic>(diagnostic);
    return packet;
}

}  // namespace holdfast::bfd

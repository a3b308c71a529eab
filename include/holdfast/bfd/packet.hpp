// BFD control packets (RFC 5880, section 4.1): 24 bytes, no authentication.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::bfd {

/// RFC 5880, section 4.1, field Sta.
enum class State : uint8_t { AdminDown = 0, Down = 1, Init = 2, Up = 3 };

/// RFC 5880, section 4.1, field Diag.
enum class Diagnostic : uint8_t {
    none = 0,
    detection_time_expired = 1,
    echo_failed = 2,
    neighbor_signaled_down = 3,
    forwarding_plane_reset = 4,
    path_down = 5,
    concatenated_path_down = 6,
    administratively_down = 7,
    reverse_concatenated_path_down = 8,
};

/// "Up", as log lines and dumps write it.
std::string_view name_of(State state);
/// "Control Detection Time Expired".
std::string_view name_of(Diagnostic diagnostic);

inline constexpr size_t kControlPacketSize = 24;
inline constexpr uint16_t kSingleHopPort = 3784;  ///< RFC 5881, section 4.
inline constexpr uint16_t kMultihopPort = 4784;   ///< RFC 5883, section 5.

/// A control packet in host order. Intervals are microseconds, as on the wire.
struct ControlPacket {
    Diagnostic diagnostic = Diagnostic::none;
    State state = State::Down;
    bool poll = false;
    bool final = false;
    bool control_plane_independent = false;
    bool authentication_present = false;
    bool demand = false;
    uint8_t detect_multiplier = 0;
    uint32_t my_discriminator = 0;
    uint32_t your_discriminator = 0;
    uint32_t desired_min_tx = 0;
    uint32_t required_min_rx = 0;
    uint32_t required_min_echo_rx = 0;
    friend bool operator==(const ControlPacket&, const ControlPacket&) = default;
};

std::array<uint8_t, kControlPacketSize> encode(const ControlPacket& packet);

/// Checks of RFC 5880, section 6.8.6, that need no session, in the reference's order. The error is the line
/// for the log. Authentication is left to the session; the length field must be the datagram's.
std::expected<ControlPacket, std::string> decode(std::span<const uint8_t> datagram);

}  // namespace holdfast::bfd

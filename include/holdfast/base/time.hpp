// The project's time types. Everything is steady time in nanoseconds; whole units appear only on the wire and
// in the parser. Machines are told the time; only io/ reads a clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace holdfast {

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// The unit of VRRPv3's Max Advertise Interval (RFC 9568, 5.2.7).
using Centiseconds = std::chrono::duration<int32_t, std::centi>;

/// Seconds as a decimal number, for log lines and dumps.
constexpr double to_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace holdfast

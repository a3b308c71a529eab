// The arithmetic of an election: timers (RFC 5798, 6.1) and effective priority (keepalived's weights). All
// pure.
#pragma once

#include <span>

#include "holdfast/base/time.hpp"
#include "holdfast/vrrp/settings.hpp"
#include "holdfast/vrrp/types.hpp"

namespace holdfast::vrrp {

/// Base priority plus the sum of the trackers' contributions, limited to 1..254. A base of 255 (address
/// owner) never changes.
Priority effective_priority(Priority base, std::span<const int> contributions);

/// Skew_Time. VRRPv2: (256 - priority) / 256 s; VRRPv3: the same share of the master's advert interval, which
/// counts in whole centiseconds. Both are cut to microseconds, as keepalived does, so that the nodes of a
/// mixed cluster agree.
Duration skew_time(Version version, Priority priority, Duration master_advert_interval);

/// Master_Down_Interval: `adverts` (down_timer_adverts, 3) intervals of the master plus Skew_Time.
Duration master_down_interval(Version version, Priority priority, Duration master_advert_interval,
                              uint8_t adverts);

}  // namespace holdfast::vrrp

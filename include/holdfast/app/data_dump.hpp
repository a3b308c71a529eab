// keepalived.data and keepalived.stats as text (compat/runtime.md, section 4): the section lines, names and
// units of the reference, so that scrapers find what they look for. Pure formatting.
#pragma once

#include <span>
#include <string>

#include "holdfast/app/views.hpp"

namespace holdfast::app {

/// keepalived.data: global definitions, topology, groups, scripts, tracked objects, interfaces.
std::string vrrp_data(const DaemonView& view);
/// keepalived_check.data: global definitions, virtual and real servers, checkers.
std::string checker_data(const DaemonView& view);
/// keepalived_bfd.data: section lines; one block for each session (bfd_dump.cpp).
std::string bfd_data(const DaemonView& view);
/// keepalived_parent.data: global definitions only.
std::string parent_data(const DaemonView& view);
/// keepalived.stats.
std::string stats_text(std::span<const InstanceView> instances);

/// `1795241639.430557`
std::string seconds_since_epoch(WallClock when);
/// `1795241639.430557 (Sat Nov 21 06:13:59.430557 2026)`, local time; only the number when it is zero.
std::string transition_text(WallClock when);

}  // namespace holdfast::app

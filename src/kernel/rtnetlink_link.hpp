// The link messages of rtnetlink_encode.cpp: making, changing and removing macvlans and ipvlans.
#pragma once

#include <cstdint>

#include "holdfast/netstate/objects.hpp"
#include "netlink_message.hpp"

namespace holdfast::kernel {

NetlinkMessage link_message(const netstate::AddLink& operation, uint32_t sequence);
NetlinkMessage link_message(const netstate::UpdateLink& operation, uint32_t sequence);
/// The IPv4 knobs and the way link-local addresses are made; IPv6 itself is switched by a sysctl only.
NetlinkMessage link_message(const netstate::TuneLink& operation, uint32_t sequence);
NetlinkMessage link_message(const netstate::SwitchLinkOn& operation, uint32_t sequence);
NetlinkMessage link_message(const netstate::RemoveLink& operation, uint32_t sequence);
NetlinkMessage link_message(const netstate::ReannounceLink& operation, uint32_t sequence);

}  // namespace holdfast::kernel

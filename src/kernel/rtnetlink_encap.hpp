// Lightweight tunnels in route messages: RTA_ENCAP_TYPE and RTA_ENCAP.
#pragma once

#include <linux/rtnetlink.h>

#include <optional>

#include "holdfast/netstate/encapsulation.hpp"
#include "netlink_attributes.hpp"
#include "netlink_message.hpp"

namespace holdfast::kernel {

void put_encapsulation(NetlinkMessage& message, const netstate::Encapsulation& encapsulation);

/// Nothing without one, and for kinds that a configuration cannot ask for.
std::optional<netstate::Encapsulation> read_encapsulation(const NetlinkAttributes<RTA_MAX>& attributes);

}  // namespace holdfast::kernel

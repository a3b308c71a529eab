// From settings (names, keepalived's defaults) to kernel objects (indexes, every field decided). protocol.md
// section 13, keywords virtual_ipaddress, virtual_routes, virtual_rules and their static_ forms.
#pragma once

#include <optional>

#include "holdfast/base/result.hpp"
#include "holdfast/netstate/mirror.hpp"
#include "holdfast/netstate/objects.hpp"
#include "holdfast/netstate/settings.hpp"

namespace holdfast::netstate {

/// The concrete address, on the interface with this index. /32 and /128 unless the settings say otherwise;
/// IPv6 gets NODAD unless `-nodad`, and preferred lifetime 0 for /128; `brd +` and `brd -` mean the last and
/// the first address of the network and nothing at all for /31 and /32.
KernelAddress resolve(const AddressSettings& settings, InterfaceIndex interface);

/// The same, with the interface looked up by name; fails when it does not exist.
Result<KernelAddress> resolve(const AddressSettings& settings, const Mirror& mirror);

/// Fails when an interface does not exist or the words of a lightweight tunnel (`encap`) are not understood.
Result<KernelRoute> resolve(const RouteSettings& settings, const Mirror& mirror);

/// The place in its table that the route takes, whether its interfaces exist or not.
RouteKey place_of(const RouteSettings& settings);

/// Rules name interfaces which need not exist.
KernelRule resolve(const RuleSettings& settings);

}  // namespace holdfast::netstate

// Addresses, routes and rules in the words of the dump files (compat/runtime.md, section 5), which are those
// of `ip` with a few exceptions.
#pragma once

#include <string>

#include "holdfast/netstate/settings.hpp"

namespace holdfast::app {

/// `192.0.2.200/24 dev eth0 scope global`; a host prefix is not written.
std::string address_text(const netstate::AddressSettings& address);
/// `prepend 198.51.100.0/24 via inet 192.0.2.1 dev eth0`; what has its default is not written.
std::string route_text(const netstate::RouteSettings& route);
/// `from 192.0.2.0/24 to 198.51.100.0/24 priority 100 tos 0x0 lookup 20`.
std::string rule_text(const netstate::RuleSettings& rule);

}  // namespace holdfast::app

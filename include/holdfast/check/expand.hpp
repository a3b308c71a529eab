// From what the file says to what the kernel is told: group expansion, the port and weight of a destination.
#pragma once

#include <cstdint>
#include <vector>

#include "holdfast/check/settings.hpp"
#include "holdfast/ipvs/table.hpp"

namespace holdfast::check {

/// The kernel services of a virtual server, in file order: one for an address or a mark, one per address and
/// mark of a group. `group` is the group it names, or null: an unknown group gives no service. A group's
/// ranges are counted over the whole address, so they may cross an octet. A mark without family has the
/// family of the group's other entries, then that of the real servers, then IPv4. The same entry twice gives
/// one service.
std::vector<ipvs::ServiceKey> services_of(const VirtualServerSettings& server,
                                          const VirtualServerGroup* group);

/// Whether nftables can mark the packets of all entries: a group of addresses, without marks of its own.
bool can_be_marked(const VirtualServerGroup& group);
/// The services of a group whose packets get `mark`: one for each family that the group has.
std::vector<ipvs::ServiceKey> marked_services_of(const VirtualServerGroup& group, uint32_t mark);

/// The attributes given to the kernel: a service for port 0 is persistent (360 s) because the kernel wants it
/// so, and a persistent one has a mask. `key` is one of services_of.
ipvs::ServiceAttributes attributes_for(const VirtualServerSettings& server, const ipvs::ServiceKey& key);

/// The destination of a server in a service. Masquerading keeps the server's port (0 = the service's, but not
/// in a group, where the kernel is left to use the packet's); with direct routing and tunnels packets keep
/// theirs, so the kernel is given the service's port, 0 for a mark.
ipvs::DestinationKey destination_for(const Endpoint& server, const ipvs::Forwarding& forwarding,
                                     const ipvs::ServiceKey& service, bool in_group = false);

/// 0 .. 2^31-1, what the kernel takes.
int32_t limit_weight(int64_t weight);

/// The address `offset` after `first`, counted over the whole address.
IpAddress advance(const IpAddress& first, uint32_t offset);

}  // namespace holdfast::check

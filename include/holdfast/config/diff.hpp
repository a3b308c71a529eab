// What a reload has to do: which objects of two generations are the same ones, and which of those changed.
// Identity is keepalived's: an instance is interface + family + VRID (+ unicast or multicast, + VMAC), not
// its name; a virtual server its group, mark or family + protocol + address + port; a real server its address
// + port within it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "holdfast/config/config.hpp"

namespace holdfast::config {

/// Indexes into the old and the new generation's vector of one kind of object.
struct Changes {
    struct Pair {
        size_t before;
        size_t after;
        friend bool operator==(const Pair&, const Pair&) = default;
    };
    std::vector<size_t> removed;  ///< Indexes into the old vector.
    std::vector<size_t> added;    ///< Indexes into the new vector.
    std::vector<Pair> changed;    ///< Same identity, another value.
    std::vector<Pair> unchanged;
    bool empty() const { return removed.empty() && added.empty() && changed.empty(); }
    friend bool operator==(const Changes&, const Changes&) = default;
};

/// A virtual server that stays: what happens to its real servers, and whether anything besides them changed.
struct VirtualServerChange {
    Changes::Pair server;
    bool service_changed = false;
    Changes real_servers;
};

struct Plan {
    bool root_changed = false;
    bool globals_changed = false;
    /// Keywords that a reload may not change (net_namespace, instance, nftables table names ...) and that
    /// did.
    std::vector<std::string> refused;
    Changes instances;
    Changes sync_groups;
    Changes scripts;
    Changes track_files;
    Changes track_processes;
    Changes bfd_sessions;
    Changes virtual_server_groups;
    Changes virtual_servers;
    /// One entry per `virtual_servers.changed`, same order.
    std::vector<VirtualServerChange> virtual_server_changes;
    Changes static_addresses;
    Changes static_routes;
    Changes static_rules;
    bool tls_changed = false;
    bool interfaces_changed =
        false;  ///< linkbeat_interfaces, interface_up_down_delays, garp_group, track_group.
    bool empty() const;
};

/// Linear in the number of objects.
Plan diff(const Config& before, const Config& after);

}  // namespace holdfast::config

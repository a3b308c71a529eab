#include "holdfast/config/diff.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

namespace holdfast::config {
namespace {

/// Pairs the entries of two lists by identity; of several with the same one the n-th belongs to the n-th.
template <class T, class Identity>
Changes compare(const std::vector<T>& before, const std::vector<T>& after, Identity&& identity) {
    using Key = std::invoke_result_t<Identity&, const T&>;
    Changes changes;
    // The first entry that is still free, and after each one the next with the same identity.
    std::unordered_map<Key, size_t> first;
    first.reserve(before.size());
    std::vector<size_t> next(before.size(), before.size());
    for (size_t i = before.size(); i-- > 0;) {
        const auto [place, inserted] = first.try_emplace(identity(before[i]), i);
        if (!inserted) next[i] = std::exchange(place->second, i);
    }
    std::vector<bool> kept(before.size(), false);
    for (size_t i = 0; i < after.size(); ++i) {
        const auto found = first.find(identity(after[i]));
        if (found == first.end() || found->second == before.size()) {
            changes.added.push_back(i);
            continue;
        }
        const Changes::Pair pair{found->second, i};
        kept[pair.before] = true;
        (before[pair.before] == after[i] ? changes.unchanged : changes.changed).push_back(pair);
        found->second = next[pair.before];
    }
    for (size_t i = 0; i < before.size(); ++i)
        if (!kept[i]) changes.removed.push_back(i);
    return changes;
}

std::string identity_of(const VrrpInstance& instance) {
    return fmt::format("{} {} {} {} {} {}", instance.router.vrid.value, to_string(instance.router.family),
                       instance.transport.interface, instance.transport.unicast ? "unicast" : "multicast",
                       instance.vmac ? (instance.vmac->ipvlan ? "ipvlan" : "vmac") : "-",
                       instance.transport.unicast
                           ? (instance.transport.source ? instance.transport.source->to_string() : "")
                           : instance.transport.multicast_group.to_string());
}

std::string identity_of(const check::VirtualServerSettings& server) {
    const ipvs::ServiceKey& key = server.key;
    if (!server.group.empty()) return fmt::format("group {} {}", server.group, key.endpoint.port);
    if (key.firewall_mark != 0) return fmt::format("mark {} {}", key.firewall_mark, to_string(key.family));
    return fmt::format("{} {}", static_cast<int>(key.protocol), key.endpoint.to_string());
}

template <class T>
Changes by_name(const std::vector<T>& before, const std::vector<T>& after) {
    return compare(before, after, [](const T& item) { return item.name; });
}

/// Everything but the real servers.
bool same_service(const check::VirtualServerSettings& a, const check::VirtualServerSettings& b) {
    // Copies without the long list: its elements are compared one by one elsewhere.
    const auto bare = [](const check::VirtualServerSettings& server) {
        check::VirtualServerSettings copy;
        copy.key = server.key;
        copy.group = server.group;
        copy.attributes = server.attributes;
        copy.forwarding = server.forwarding;
        copy.ha_suspend = server.ha_suspend;
        copy.alpha = server.alpha;
        copy.omega = server.omega;
        copy.quorum = server.quorum;
        copy.hysteresis = server.hysteresis;
        copy.quorum_up = server.quorum_up;
        copy.quorum_down = server.quorum_down;
        copy.smtp_alert = server.smtp_alert;
        copy.virtualhost = server.virtualhost;
        copy.snmp_name = server.snmp_name;
        copy.sorry_server = server.sorry_server;
        return copy;
    };
    return bare(a) == bare(b);
}

std::string prefix_text(const std::optional<Prefix>& prefix) {
    return prefix ? prefix->to_string() : "all";
}

}  // namespace

bool Plan::empty() const {
    return !root_changed && !globals_changed && !tls_changed && !interfaces_changed && instances.empty() &&
           sync_groups.empty() && scripts.empty() && track_files.empty() && track_processes.empty() &&
           bfd_sessions.empty() && virtual_server_groups.empty() && virtual_servers.empty() &&
           static_addresses.empty() && static_routes.empty() && static_rules.empty();
}

Plan diff(const Config& before, const Config& after) {
    Plan plan;
    plan.root_changed = before.root != after.root;
    plan.globals_changed = before.global != after.global;
    const auto refuse = [&](bool changed, const char* keyword) {
        if (changed) plan.refused.emplace_back(keyword);
    };
    refuse(before.root.net_namespace != after.root.net_namespace, "net_namespace");
    refuse(before.root.net_namespace_ipvs != after.root.net_namespace_ipvs, "net_namespace_ipvs");
    refuse(before.root.instance != after.root.instance, "instance");
    // A table that is first needed after the reload, or no longer, is no change of its name.
    refuse(before.global.nftables.table && after.global.nftables.table &&
               before.global.nftables.table != after.global.nftables.table,
           "nftables");
    refuse(before.global.nftables.ipvs_table != after.global.nftables.ipvs_table, "nftables_ipvs");
    refuse(before.global.tmp_config_directory != after.global.tmp_config_directory, "tmp_config_directory");
    refuse(before.global.disable_local_igmp != after.global.disable_local_igmp, "disable_local_igmp");

    plan.instances = compare(before.instances, after.instances,
                             [](const VrrpInstance& instance) { return identity_of(instance); });
    plan.sync_groups = compare(before.sync_groups, after.sync_groups,
                               [](const SyncGroup& group) { return group.group.name; });
    plan.scripts = by_name(before.scripts, after.scripts);
    plan.track_files = by_name(before.track_files, after.track_files);
    plan.track_processes = by_name(before.track_processes, after.track_processes);
    plan.bfd_sessions = by_name(before.bfd_sessions, after.bfd_sessions);
    plan.virtual_server_groups = by_name(before.virtual_server_groups, after.virtual_server_groups);
    plan.virtual_servers =
        compare(before.virtual_servers, after.virtual_servers,
                [](const check::VirtualServerSettings& server) { return identity_of(server); });
    for (const Changes::Pair& pair : plan.virtual_servers.changed) {
        const check::VirtualServerSettings& old_server = before.virtual_servers[pair.before];
        const check::VirtualServerSettings& new_server = after.virtual_servers[pair.after];
        VirtualServerChange change;
        change.server = pair;
        change.service_changed = !same_service(old_server, new_server);
        change.real_servers = compare(old_server.real_servers, new_server.real_servers,
                                      [](const check::RealServerSettings& real) { return real.endpoint; });
        plan.virtual_server_changes.push_back(std::move(change));
    }
    plan.static_addresses = compare(
        before.static_addresses, after.static_addresses, [](const netstate::AddressSettings& address) {
            return fmt::format("{} {}", address.prefix.to_string(), address.interface);
        });
    plan.static_routes =
        compare(before.static_routes, after.static_routes, [](const netstate::RouteSettings& route) {
            return fmt::format("{} {} {} {}", route.destination.to_string(), route.table, route.tos,
                               route.priority.value_or(0));
        });
    plan.static_rules =
        compare(before.static_rules, after.static_rules, [](const netstate::RuleSettings& rule) {
            return fmt::format("{} {} {} {}", to_string(rule.family), rule.priority, prefix_text(rule.from),
                               prefix_text(rule.to));
        });
    plan.tls_changed = before.tls != after.tls;
    plan.interfaces_changed = before.linkbeat_interfaces != after.linkbeat_interfaces ||
                              before.linkbeat_methods != after.linkbeat_methods ||
                              before.interface_delays != after.interface_delays ||
                              before.garp_groups != after.garp_groups ||
                              before.track_groups != after.track_groups;
    return plan;
}

}  // namespace holdfast::config

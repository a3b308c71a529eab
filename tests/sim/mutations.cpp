#include "mutations.hpp"

#include <algorithm>
#include <array>

namespace holdfast::sim {

namespace {

void nothing(Cluster&) {}

/// One node hears nobody.
void deafen(Cluster& cluster) {
    const Node* deaf = cluster.members.front().node;
    cluster.world.tamper = [deaf](const Node& to, std::vector<uint8_t>& payload) {
        if (&to == deaf && payload.size() > 4) payload.resize(4);
    };
}

/// Addresses vanish and the kernel says nothing.
void steal_addresses(Cluster& cluster) {
    for (const Member& member : cluster.members) {
        for (const InstancePlan& instance : member.plan.instances) {
            for (const IpAddress& address : held_addresses(cluster, instance)) {
                std::erase_if(member.node->kernel.addresses,
                              [&](const auto& present) { return present.prefix.address == address; });
            }
        }
    }
}

/// Whoever is not master has the first address all the same.
void keep_addresses(Cluster& cluster) {
    for (const Member& member : cluster.members) {
        const InstancePlan& instance = member.plan.instances.front();
        const IpAddress address = held_addresses(cluster, instance).front();
        if (!member.node->is_running() || member.node->has_address(address)) continue;
        member.node->kernel.addresses.push_back({.interface = {2}, .prefix = Prefix::host(address)});
    }
}

void empty_pools(Cluster& cluster) {
    for (const Member& member : cluster.members) member.node->table.table.clear();
}

void drop_routes(Cluster& cluster) {
    for (const Member& member : cluster.members) member.node->kernel.routes.clear();
}

template <bool Sabotage::* Flag>
void set(Cluster& cluster) {
    cluster.world.sabotage.*Flag = true;
}

template <bool Misprint::* Flag>
void print(Cluster& cluster) {
    cluster.misprint.*Flag = true;
}

constexpr std::array kMutations{
    Mutation{"deaf-node", "one master", deafen, nullptr},
    Mutation{"turned-priorities", "the highest is master", print<&Misprint::turned_priorities>, nullptr},
    Mutation{"ignored-weights", "priority as tracked", print<&Misprint::without_weights>, nullptr},
    Mutation{"ignored-nopreempt", "nopreempt is respected", print<&Misprint::without_nopreempt>, nullptr},
    Mutation{"dissolved-groups", "group is one", print<&Misprint::without_groups>, nullptr},
    Mutation{"slow-timeout", "fail-over in time", print<&Misprint::slow_timeout>, nullptr},
    Mutation{"rush-after-pause", "a stalled node listens first", set<&Sabotage::rush_after_pause>, nullptr},
    Mutation{"sluggish-timers", "adverts in time",
             [](Cluster& cluster) { cluster.world.sabotage.sluggish = 2s; }, nullptr},
    Mutation{"stolen-addresses", "address only of the master", nothing, steal_addresses},
    Mutation{"kept-addresses", "address only of the master", nothing, keep_addresses},
    Mutation{"dropped-routes", "routes only of the master", nothing, drop_routes},
    Mutation{"open-firewall", "firewall follows the address", print<&Misprint::open>, nullptr},
    Mutation{"empty-pools", "virtual servers as configured", nothing, empty_pools},
    Mutation{"silent-announcements", "announced", set<&Sabotage::silent_announcements>, nullptr},
    Mutation{"swallowed-notices", "last told is the state", set<&Sabotage::swallow_notices>, nullptr},
    Mutation{"repeated-notices", "told once", set<&Sabotage::repeat_notices>, nullptr},
    Mutation{"lost-scripts", "last script is the state", set<&Sabotage::lose_last_script>, nullptr},
    Mutation{"wrong-cause", "cause recorded", set<&Sabotage::wrong_cause>, nullptr},
    Mutation{"deaf-to-bfd", "BFD sessions are up", set<&Sabotage::deaf_to_bfd>, nullptr},
    Mutation{"dies-of-bad-files", "reload is taken or refused", set<&Sabotage::die_of_bad_files>, nullptr},
    Mutation{"leaves-traces", "leaves nothing behind", set<&Sabotage::leave_traces>, nullptr},
};

}  // namespace

std::span<const Mutation> mutations() {
    return kMutations;
}

const Mutation* find_mutation(std::string_view name) {
    const auto found = std::ranges::find(kMutations, name, &Mutation::name);
    return found == kMutations.end() ? nullptr : &*found;
}

}  // namespace holdfast::sim

// A random cluster at work: its plan, its nodes, the facts that its trackers look at; and what all of that
// means for every instance, reckoned without the daemon's own code (expectations.cpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "grammar.hpp"
#include "world.hpp"

namespace holdfast::sim {

struct Member {
    Node* node = nullptr;
    NodePlan plan;                          ///< What the daemon runs, or will when it is started.
    std::map<std::string, int> files;       ///< Values of track files.
    std::map<std::string, bool> processes;  ///< Whether they run.
};

struct Cluster {
    World& world;
    ClusterPlan plan;
    std::vector<Member> members;
    Misprint misprint{};

    const RouterPlan& router(const InstancePlan& instance) const { return plan.routers[instance.router]; }
    const std::string& name(const InstancePlan& instance) const { return router(instance).name; }
    std::string text(const Member& member) const { return render(plan, member.plan, misprint); }
    bool is_grouped(const Member& member, const InstancePlan& instance) const;
    /// Every node has the sync group, or none has.
    bool groups_agree() const;
    /// Every interface that files speak of is there.
    bool interfaces_complete(const Member& member) const;
    /// A node follows a BFD session: what happens to a node has consequences for others.
    bool follows_bfd() const;
};

/// What an instance must come to, once nothing changes any more.
struct Expected {
    bool fault = false;
    int priority = 100;
    /// A file whose value means FAULT goes on counting with what it was worth before, as in the reference:
    /// then the priority depends on the past.
    bool depends_on_past = false;
};
Expected expected(const Cluster& cluster, const Member& member, const InstancePlan& instance);

/// Addresses that the instance has while it is Master, as the kernel shows them.
std::vector<IpAddress> held_addresses(const Cluster& cluster, const InstancePlan& instance);

/// Master_Down_Interval of a backup whose master advertises every `interval`; priority is the effective one.
Duration master_down_interval(const Cluster& cluster, const InstancePlan& instance, int priority,
                              Duration interval);
Duration skew_time(const Cluster& cluster, const InstancePlan& instance, int priority, Duration interval);
/// What it takes until every consequence of the last change has come: see the sum in expectations.cpp.
Duration patience(const Cluster& cluster);

}  // namespace holdfast::sim

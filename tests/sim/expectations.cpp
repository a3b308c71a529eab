#include <algorithm>

#include "cluster.hpp"

namespace holdfast::sim {

namespace {

struct Sum {
    int weights = 0;
    int faults = 0;
    bool depends_on_past = false;
};

bool succeeds(const Cluster& cluster, const Member& member, const Tracked& tracked) {
    switch (tracked.kind) {
        case track::Kind::interface:
            return member.node->link_is_usable(tracked.name);
        case track::Kind::process: {
            const auto found = member.processes.find(tracked.name);
            return found != member.processes.end() && found->second;
        }
        case track::Kind::script: {
            const auto found = cluster.world.script_status.find(script_command(member.plan, tracked.name));
            return found == cluster.world.script_status.end() || found->second == 0;
        }
        case track::Kind::bfd:
        case track::Kind::file:
            break;
    }
    return true;  // All nodes run and hear each other when this is asked.
}

void add(const Cluster& cluster, const Member& member, const Tracked& tracked, bool is_owner, Sum& sum) {
    if (is_owner && tracked.weight != 0) return;
    const int sign = tracked.reverse ? -1 : 1;
    if (tracked.kind == track::Kind::file) {
        const auto found = member.files.find(tracked.name);
        const int value = found == member.files.end() ? 0 : found->second;
        if (tracked.weight == 0) {
            sum.faults += (value != 0) != tracked.reverse ? 1 : 0;
        } else if (const int product = value * tracked.weight * sign; product <= -254) {
            ++sum.faults;
            sum.depends_on_past = true;
        } else {
            sum.weights += std::min(product, 253);
        }
        return;
    }
    const bool good = succeeds(cluster, member, tracked);
    if (tracked.weight == 0) {
        sum.faults += good == tracked.reverse ? 1 : 0;
    } else if (good == (tracked.weight > 0)) {
        sum.weights += sign * tracked.weight;
    }
}

Sum own_sum(const Cluster& cluster, const Member& member, const InstancePlan& instance) {
    Sum sum;
    for (const Tracked& tracked : instance.tracks) add(cluster, member, tracked, instance.is_owner(), sum);
    if (cluster.is_grouped(member, instance)) {
        for (const Tracked& tracked : member.plan.groups.front().tracks)
            add(cluster, member, tracked, false, sum);
    }
    const RouterPlan& router = cluster.router(instance);
    if (!instance.dont_track_primary && !member.node->link_is_usable(router.interface)) ++sum.faults;
    if (!router.elsewhere.empty() && !member.node->link_is_usable("eth2")) ++sum.faults;
    return sum;
}

}  // namespace

bool Cluster::is_grouped(const Member& member, const InstancePlan& instance) const {
    return router(instance).group >= 0 && !member.plan.groups.empty() && member.plan.groups.front().present;
}

bool Cluster::groups_agree() const {
    return std::ranges::all_of(members, [&](const Member& member) {
        return member.plan.groups.empty() ||
               member.plan.groups.front().present == members.front().plan.groups.front().present;
    });
}

bool Cluster::interfaces_complete(const Member& member) const {
    return member.node->has_link("eth0") && member.node->has_link("eth1") && member.node->has_link("eth2");
}

bool Cluster::follows_bfd() const {
    const auto follows = [](const std::vector<Tracked>& tracks) {
        return std::ranges::any_of(tracks, [](const Tracked& each) { return each.kind == track::Kind::bfd; });
    };
    return std::ranges::any_of(members, [&](const Member& member) {
        return std::ranges::any_of(member.plan.instances,
                                   [&](const auto& instance) { return follows(instance.tracks); }) ||
               std::ranges::any_of(member.plan.groups,
                                   [&](const auto& group) { return follows(group.tracks); });
    });
}

Expected expected(const Cluster& cluster, const Member& member, const InstancePlan& instance) {
    const Sum sum = own_sum(cluster, member, instance);
    Expected result;
    result.fault = sum.faults > 0;
    result.depends_on_past = sum.depends_on_past;
    result.priority = instance.is_owner() ? 255 : std::clamp(instance.priority + sum.weights, 1, 254);
    if (!cluster.is_grouped(member, instance)) return result;
    for (const InstancePlan& partner : member.plan.instances) {
        if (partner.present && cluster.is_grouped(member, partner) &&
            own_sum(cluster, member, partner).faults > 0)
            result.fault = true;
    }
    return result;
}

std::vector<IpAddress> held_addresses(const Cluster& cluster, const InstancePlan& instance) {
    const RouterPlan& router = cluster.router(instance);
    const auto count = static_cast<std::ptrdiff_t>(instance.addresses);
    std::vector<IpAddress> list(router.values.begin(), router.values.begin() + count);
    list.insert(list.end(), router.further_values.begin(), router.further_values.end());
    return list;
}

Duration skew_time(const Cluster& cluster, const InstancePlan& instance, int priority, Duration interval) {
    const Duration unit = cluster.router(instance).version == 2 ? Duration(1s) : interval;
    return unit * (256 - priority) / 256;
}

Duration master_down_interval(const Cluster& cluster, const InstancePlan& instance, int priority,
                              Duration interval) {
    const Duration used = cluster.router(instance).version == 2 ? centiseconds(instance.interval) : interval;
    return used * instance.down_timer_adverts + skew_time(cluster, instance, priority, used);
}

Duration patience(const Cluster& cluster) {
    Duration longest{};
    Duration extra{};
    for (const Member& member : cluster.members) {
        extra = std::max(extra, Duration(std::chrono::seconds(member.plan.startup_delay)));
        for (const InstancePlan& instance : member.plan.instances) {
            const Duration wait = 2s * (instance.down_timer_adverts + 1);
            const Duration own =
                centiseconds(std::max(instance.interval, cluster.router(instance).interval)) *
                (instance.down_timer_adverts + 1);
            longest = std::max(longest, cluster.router(instance).intervals_differ ? wait : own);
            extra = std::max(extra, Duration(std::chrono::seconds(instance.preempt_delay)));
        }
    }
    // Scripts that must succeed or fail three times, every two seconds; BFD sessions come up in less. Two
    // Master_Down_Intervals, in a group each member may wait for another. The window of auth_hmac.
    constexpr Duration kTrackers = 9s;
    const bool windows =
        std::ranges::any_of(cluster.plan.routers, [](const RouterPlan& router) { return router.uses_clock; });
    return 3 * longest + extra + kTrackers + (windows ? Duration(7s) : Duration(0s));
}

}  // namespace holdfast::sim

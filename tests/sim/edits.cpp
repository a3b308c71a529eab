// What an administrator does to a file before a reload, at random.
#include <fmt/format.h>

#include <algorithm>

#include "grammar.hpp"

namespace holdfast::sim {

namespace {

InstancePlan& any_instance(Dice& dice, NodePlan& node) {
    return node.instances[static_cast<size_t>(dice.draw(0, static_cast<int>(node.instances.size()) - 1))];
}

bool is_grouped(const ClusterPlan& cluster, const InstancePlan& instance) {
    return cluster.routers[instance.router].group >= 0;
}

/// Members of a group are changed together: with different winners they would fight for ever.
template <class Change>
void change(const ClusterPlan& cluster, NodePlan& node, InstancePlan& instance, const Change& how) {
    if (!is_grouped(cluster, instance)) {
        how(instance);
        return;
    }
    for (InstancePlan& member : node.instances) {
        if (is_grouped(cluster, member)) how(member);
    }
}

std::string change_priority(Dice& dice, const ClusterPlan& cluster, NodePlan& node) {
    InstancePlan& instance = any_instance(dice, node);
    if (instance.is_owner()) return "nothing";
    const int priority = dice.draw(1, 254);
    change(cluster, node, instance, [&](InstancePlan& each) { each.priority = priority; });
    return fmt::format("priority {} of {}", priority, cluster.routers[instance.router].name);
}

std::string change_addresses(Dice& dice, const ClusterPlan& cluster, NodePlan& node) {
    InstancePlan& instance = any_instance(dice, node);
    const RouterPlan& router = cluster.routers[instance.router];
    instance.addresses = static_cast<size_t>(dice.draw(1, static_cast<int>(router.addresses.size())));
    return fmt::format("{} addresses of {}", instance.addresses, router.name);
}

std::string change_presence(Dice& dice, const ClusterPlan& cluster, NodePlan& node) {
    InstancePlan& instance = any_instance(dice, node);
    if (is_grouped(cluster, instance)) return "nothing";
    const auto present = std::ranges::count_if(node.instances, &InstancePlan::present);
    if (instance.present && present < 2) return "nothing";
    instance.present = !instance.present;
    return fmt::format("{} is {}", cluster.routers[instance.router].name,
                       instance.present ? "added" : "removed");
}

std::string change_group(Dice&, const ClusterPlan&, NodePlan& node) {
    if (node.groups.empty()) return "nothing";
    GroupPlan& group = node.groups.front();
    group.present = !group.present;
    return fmt::format("group {} is {}", group.name, group.present ? "made" : "dissolved");
}

std::string change_interval(Dice& dice, const ClusterPlan& cluster, NodePlan& node) {
    InstancePlan& instance = any_instance(dice, node);
    if (!cluster.routers[instance.router].intervals_differ) return "nothing";
    instance.interval = dice.pick(std::array{10, 25, 50, 100, 150});
    return fmt::format("interval {} of {}", instance.interval, cluster.routers[instance.router].name);
}

std::string change_patience(Dice& dice, const ClusterPlan& cluster, NodePlan& node) {
    InstancePlan& instance = any_instance(dice, node);
    if (cluster.routers[instance.router].strict) return "nothing";
    instance.down_timer_adverts = dice.draw(2, 6);
    return fmt::format("down_timer_adverts {} of {}", instance.down_timer_adverts,
                       cluster.routers[instance.router].name);
}

std::string change_preemption(Dice& dice, const ClusterPlan& cluster, NodePlan& node) {
    InstancePlan& instance = any_instance(dice, node);
    if (instance.is_owner()) return "nothing";
    const bool nopreempt = !instance.nopreempt;
    change(cluster, node, instance, [&](InstancePlan& each) {
        each.nopreempt = nopreempt;
        if (nopreempt) each.preempt_delay = 0;
        if (nopreempt) each.starts_as_master = false;
    });
    return fmt::format("{} of {}", nopreempt ? "nopreempt" : "preempt",
                       cluster.routers[instance.router].name);
}

std::string change_weight(Dice& dice, const ClusterPlan&, NodePlan& node) {
    const int weight = dice.pick(std::array{-60, -20, 10, 30, 100});
    if (!node.groups.empty() && !node.groups.front().tracks.empty() && dice.one_in(2)) {
        Tracked& tracked = node.groups.front().tracks.front();
        if (tracked.weight != 0) tracked.weight = weight;
        return fmt::format("weight {} of {} in a group", tracked.weight, tracked.name);
    }
    InstancePlan& instance = any_instance(dice, node);
    if (instance.tracks.empty() || instance.tracks.front().weight == 0) return "nothing";
    instance.tracks.front().weight = weight;
    return fmt::format("weight {} of {}", weight, instance.tracks.front().name);
}

std::string change_tracks(Dice& dice, const ClusterPlan& cluster, NodePlan& node) {
    InstancePlan& instance = any_instance(dice, node);
    if (!instance.tracks.empty()) {
        const std::string name = instance.tracks.back().name;
        instance.tracks.pop_back();
        return "no more follows " + name;
    }
    const int weight = is_grouped(cluster, instance) ? 0 : dice.pick(std::array{0, -20, 30});
    instance.tracks.push_back({track::Kind::script, "chk1", weight, false});
    return fmt::format("follows chk1 with weight {}", weight);
}

std::string change_servers(Dice& dice, const ClusterPlan&, NodePlan& node) {
    if (node.real_servers.empty()) {
        node.real_servers.push_back(dice.draw(1, 5));
    } else if (dice.one_in(2) && node.real_servers.size() < 3) {
        node.real_servers.push_back(dice.draw(1, 5));
    } else if (dice.one_in(2)) {
        node.real_servers.front() = dice.draw(1, 5);
    } else {
        node.real_servers.pop_back();
    }
    return fmt::format("{} real servers", node.real_servers.size());
}

std::string change_lines(Dice& dice, const ClusterPlan&, NodePlan& node) {
    InstancePlan& instance = any_instance(dice, node);
    if (!instance.lines.empty() && dice.one_in(2)) {
        std::string gone = instance.lines.back();
        instance.lines.pop_back();
        return "without " + gone;
    }
    if (std::ranges::find(instance.lines, "skip_check_adv_addr") != instance.lines.end()) return "nothing";
    instance.lines.emplace_back("skip_check_adv_addr");
    return "with skip_check_adv_addr";
}

}  // namespace

std::string edit(Dice& dice, const ClusterPlan& cluster, NodePlan& node) {
    static constexpr std::array kEdits{change_priority, change_addresses, change_presence,   change_group,
                                       change_interval, change_patience,  change_preemption, change_weight,
                                       change_tracks,   change_servers,   change_lines};
    std::string text;
    const int count = dice.one_in(3) ? dice.draw(2, 4) : 1;
    for (int i = 0; i < count; ++i) {
        if (!text.empty()) text += "; ";
        text += dice.pick(kEdits)(dice, cluster, node);
    }
    return text;
}

}  // namespace holdfast::sim

#include "grammar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::sim {

namespace {

constexpr std::array kIntervalsV2{100, 100, 100, 200};
constexpr std::array kIntervalsV3{100, 100, 50, 25, 10, 150, 3};
constexpr std::array kWeights{0, 0, -20, 30, -60, 100, -5, 10, -253, 253};
constexpr std::array kGarp{"garp_master_delay 0",   "garp_master_delay 1",      "garp_master_repeat 2",
                           "garp_master_refresh 3", "garp_lower_prio_repeat 1", "garp_lower_prio_delay 2"};

RouterPlan draw_router(Dice& dice, size_t number) {
    RouterPlan router;
    router.name = fmt::format("VI_{}", number + 1);
    router.ipv6 = dice.one_in(4);
    // The same number twice is right when the families differ; different families share one by chance.
    router.vrid = 51 + static_cast<int>(number);
    router.interface = dice.one_in(3) ? "eth1" : "eth0";
    router.strict = dice.one_in(8);
    router.version = router.ipv6 || dice.one_in(2) ? 3 : 2;
    router.unicast = !router.strict && dice.one_in(5);
    router.vmac = !router.unicast && dice.one_in(4);
    router.transmits_on_base = router.vmac && !router.strict && dice.one_in(4);
    router.no_accept = dice.one_in(4);
    router.interval = router.version == 2 ? dice.pick(kIntervalsV2) : dice.pick(kIntervalsV3);
    router.intervals_differ = router.version == 3 && dice.one_in(3);
    router.v3_checksum_as_v2 = router.version == 3 && !router.ipv6 && dice.one_in(10);
    if (!router.strict && dice.one_in(6)) {
        const bool monotonic = dice.one_in(3);
        router.uses_clock = !monotonic;
        router.authentication = fmt::format(
            "auth_hmac {{\n    key 1 0123456789abcdef0123456789abcdef\n    key 2 "
            "fedcba9876543210fedcba9876543210\n    active_key {}\n{}  }}",
            dice.draw(1, 2), monotonic ? "    anti_replay monotonic\n" : "");
    } else if (router.version == 2 && !router.strict && dice.one_in(3)) {
        router.authentication =
            fmt::format("authentication {{\n    auth_type {}\n    auth_pass secret{}\n  }}",
                        dice.one_in(3) ? "AH" : "PASS", number);
    }
    const auto address = [&](int low) {
        const int place = static_cast<int>(number) * 20 + low;
        if (!router.ipv6) {
            return fmt::format("10.{}.0.{}{}", router.interface.back(), 100 + place,
                               dice.one_in(3) ? "" : "/24");
        }
        return low == 0 ? fmt::format("fe80::1:{:x}/64", place) : fmt::format("2001:db8::{:x}/64", place);
    };
    const int count = dice.one_in(3) ? dice.draw(2, 6) : 1;
    for (int i = 0; i < count; ++i) router.addresses.push_back(address(i));
    for (int i = 0; dice.one_in(5) && i < 2; ++i) router.excluded.push_back(address(10 + i));
    if (!router.vmac && dice.one_in(6)) {
        router.elsewhere.push_back(router.ipv6 ? fmt::format("2001:db8:2::{:x}/64", number + 1)
                                               : fmt::format("10.2.0.{}/24", 100 + number));
    }
    if (!router.vmac && dice.one_in(5))
        router.route = router.ipv6 ? fmt::format("2001:db8:{:x}::/48", 0x100 + number)
                                   : fmt::format("192.168.{}.0/24", number + 1);
    router.rule = !router.ipv6 && dice.one_in(8);
    for (const std::string& each : router.addresses) router.values.push_back(bare(each));
    for (const std::string& each : router.excluded) router.further_values.push_back(bare(each));
    for (const std::string& each : router.elsewhere) router.further_values.push_back(bare(each));
    return router;
}

void draw_groups(Dice& dice, ClusterPlan& cluster) {
    if (cluster.routers.size() < 2 || !dice.one_in(2)) return;
    int members = 0;
    for (RouterPlan& router : cluster.routers) {
        if (members >= 2 && dice.one_in(2)) continue;
        router.group = 0;
        ++members;
    }
}

/// Everything a node may follow, and which of it the entry is about. Names exist on every node.
Tracked draw_tracked(Dice& dice, const NodePlan& node) {
    Tracked tracked;
    tracked.weight = dice.pick(kWeights);
    tracked.reverse = dice.one_in(6);
    switch (dice.draw(node.sessions.empty() ? 2 : 1, 6)) {
        case 1:
            tracked.kind = track::Kind::bfd;
            tracked.name = node.sessions.front().name;
            break;
        case 2:
            tracked.kind = track::Kind::interface;
            tracked.name = "eth2";
            break;
        case 3:
            tracked.kind = track::Kind::file;
            tracked.name =
                node.files[static_cast<size_t>(dice.draw(0, static_cast<int>(node.files.size()) - 1))];
            if (tracked.weight == 0) tracked.reverse = false;
            tracked.weight = std::clamp(tracked.weight, -30, 30);
            break;
        case 4:
            tracked.kind = track::Kind::process;
            tracked.name = node.processes.front();
            break;
        default:
            tracked.kind = track::Kind::script;
            tracked.name =
                node.scripts[static_cast<size_t>(dice.draw(0, static_cast<int>(node.scripts.size()) - 1))]
                    .name;
            break;
    }
    return tracked;
}

bool has(const std::vector<Tracked>& list, const Tracked& tracked) {
    return std::ranges::any_of(
        list, [&](const Tracked& each) { return each.kind == tracked.kind && each.name == tracked.name; });
}

void draw_instance(Dice& dice, const ClusterPlan& cluster, NodePlan& node, size_t number, bool nopreempt,
                   int delay) {
    const RouterPlan& router = cluster.routers[number];
    InstancePlan instance;
    instance.router = number;
    instance.priority = dice.one_in(4) ? 100 : dice.draw(1, 254);
    instance.nopreempt = nopreempt;
    instance.preempt_delay = nopreempt || router.strict ? 0 : delay;
    instance.starts_as_master =
        !nopreempt && delay == 0 && dice.one_in(2) && router.authentication.find("AH") == std::string::npos;
    instance.interval = router.intervals_differ ? dice.pick(kIntervalsV3) : router.interval;
    if (!router.strict && dice.one_in(4)) instance.down_timer_adverts = dice.draw(2, 6);
    instance.dont_track_primary = dice.one_in(10);
    instance.addresses = router.addresses.size();
    if (dice.one_in(3)) instance.lines.emplace_back("notify /bin/notify.sh");
    if (dice.one_in(5)) instance.lines.emplace_back("notify_priority_changes");
    if (!router.strict && dice.one_in(5)) instance.lines.emplace_back("lower_prio_no_advert");
    if (!router.strict && dice.one_in(5)) instance.lines.emplace_back("higher_prio_send_advert");
    if (!router.strict && dice.one_in(3)) instance.lines.emplace_back(dice.pick(kGarp));
    if (dice.one_in(5)) instance.lines.emplace_back("skip_check_adv_addr");
    if (dice.one_in(8) && !router.ipv6)
        instance.lines.push_back(
            fmt::format("mcast_src_ip 10.{}.0.{}", router.interface.back(), node.index + 1));
    node.instances.push_back(instance);
}

void draw_trackers(Dice& dice, const ClusterPlan& cluster, NodePlan& node) {
    for (InstancePlan& instance : node.instances) {
        const int count = dice.one_in(2) ? dice.draw(1, 3) : 0;
        for (int i = 0; i < count; ++i) {
            Tracked tracked = draw_tracked(dice, node);
            // Members of a group must not differ in priority, or they fight for ever, in the reference too.
            if (cluster.routers[instance.router].group >= 0) tracked.weight = 0;
            if (!has(instance.tracks, tracked)) instance.tracks.push_back(tracked);
        }
    }
    for (GroupPlan& group : node.groups) {
        const int count = dice.one_in(2) ? dice.draw(1, 2) : 0;
        for (int i = 0; i < count; ++i) {
            Tracked tracked = draw_tracked(dice, node);
            if (!has(group.tracks, tracked)) group.tracks.push_back(tracked);
        }
    }
}

void draw_globals(Dice& dice, NodePlan& node) {
    if (dice.one_in(6)) node.startup_delay = dice.draw(1, 4);
    if (dice.one_in(8)) node.interface_delays = std::pair(dice.draw(1, 15), dice.draw(0, 15));
    if (dice.one_in(6)) node.global_lines.push_back(fmt::format("max_auto_priority {}", dice.draw(0, 60)));
    if (dice.one_in(6)) node.global_lines.emplace_back("vrrp_notify_priority_changes");
    if (dice.one_in(6)) node.global_lines.emplace_back("vrrp_garp_master_repeat 2");
    if (dice.one_in(6)) node.global_lines.emplace_back("vrrp_garp_interval 0.01");
    if (dice.one_in(8)) node.global_lines.emplace_back("vrrp_garp_lower_prio_repeat 0");
    if (dice.one_in(8)) node.global_lines.emplace_back("log_unknown_vrids");
    if (dice.one_in(3)) {
        const int count = dice.draw(1, 3);
        for (int i = 0; i < count; ++i) node.real_servers.push_back(dice.draw(1, 5));
    }
}

NodePlan draw_node(Dice& dice, const ClusterPlan& cluster, size_t index, size_t nodes, bool nopreempt,
                   int delay) {
    NodePlan node;
    node.index = index;
    node.scripts = {{"chk1", 1, 1, dice.draw(1, 3), false},
                    {"chk2", dice.draw(1, 2), dice.draw(1, 3), 1, dice.one_in(4)}};
    node.files = {"file1", "file2"};
    node.processes = {"server1"};
    if (cluster.bfd) {
        const auto session = [&](const char* name, size_t neighbor) {
            node.sessions.push_back({name, neighbor, dice.pick(std::array{100, 200, 300}), dice.draw(3, 5)});
        };
        session("bfd1", (index + 1) % nodes);
        if (nodes > 2) session("bfd2", (index + nodes - 1) % nodes);
    }
    for (size_t i = 0; i < cluster.routers.size(); ++i)
        draw_instance(dice, cluster, node, i, nopreempt, delay);
    const bool grouped = std::ranges::any_of(cluster.routers, [](const auto& r) { return r.group >= 0; });
    if (grouped) node.groups.push_back({"G", true, dice.one_in(2), {}});
    // Members of one group move together: what decides an election is the same for all of them.
    const InstancePlan* first = nullptr;
    for (InstancePlan& instance : node.instances) {
        if (cluster.routers[instance.router].group < 0) continue;
        if (first == nullptr) {
            first = &instance;
            continue;
        }
        instance.priority = first->priority;
        instance.nopreempt = first->nopreempt;
        if (!cluster.routers[instance.router].strict) instance.preempt_delay = first->preempt_delay;
    }
    draw_trackers(dice, cluster, node);
    draw_globals(dice, node);
    return node;
}

}  // namespace

ClusterPlan draw_cluster(Dice& dice) {
    ClusterPlan cluster;
    const auto nodes = static_cast<size_t>(dice.one_in(4) ? dice.draw(4, 5) : dice.draw(2, 3));
    const auto routers = static_cast<size_t>(dice.one_in(3) ? dice.draw(3, 4) : dice.draw(1, 2));
    for (size_t i = 0; i < routers; ++i) cluster.routers.push_back(draw_router(dice, i));
    if (routers > 1 && cluster.routers[0].ipv6 != cluster.routers[1].ipv6 && !cluster.routers[0].vmac &&
        !cluster.routers[1].vmac)
        cluster.routers[1].vrid = cluster.routers[0].vrid;
    draw_groups(dice, cluster);
    cluster.dynamic_interfaces = dice.one_in(3);
    cluster.bfd = dice.one_in(3);
    const int style = dice.draw(1, 4);  // Nobody, all, each as it likes.
    const int delay = dice.one_in(4) ? dice.draw(1, 5) : 0;
    for (size_t i = 0; i < nodes; ++i) {
        const bool nopreempt = style == 3 || (style == 4 && dice.one_in(2));
        cluster.nodes.push_back(draw_node(dice, cluster, i, nodes, nopreempt, delay));
    }
    // At most one address owner each, never in a group: an owner and others must not be mixed there.
    for (size_t r = 0; r < routers; ++r) {
        const RouterPlan& router = cluster.routers[r];
        if (router.group >= 0 || !dice.one_in(8) || router.authentication.find("AH") != std::string::npos)
            continue;
        InstancePlan& owner =
            cluster.nodes[static_cast<size_t>(dice.draw(0, static_cast<int>(nodes) - 1))].instances[r];
        owner.priority = 255;
        owner.starts_as_master = true;
        owner.nopreempt = false;
        owner.preempt_delay = 0;
    }
    return cluster;
}

}  // namespace holdfast::sim

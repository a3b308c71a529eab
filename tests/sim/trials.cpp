#include "trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "quiet.hpp"

namespace holdfast::sim {

namespace {

enum class Departure : uint8_t { crash, stop, pause, unplug };

std::string_view to_string(Departure departure) {
    constexpr std::array<std::string_view, 4> kNames{"crash", "stop", "pause", "unplugging"};
    return kNames.at(static_cast<size_t>(departure));
}

const InstancePlan& plan_of(const Member& member, size_t router) {
    return member.plan.instances[router];
}

int priority_of(const Cluster& cluster, const Member& member, size_t router) {
    return expected(cluster, member, plan_of(member, router)).priority;
}

/// A router with a master and others who could take its place.
std::optional<size_t> any_router(Cluster& cluster, Dice& dice) {
    const size_t count = cluster.plan.routers.size();
    const auto first = static_cast<size_t>(dice.draw(0, static_cast<int>(count) - 1));
    for (size_t i = 0; i < count; ++i) {
        const size_t router = (first + i) % count;
        if (cluster.plan.routers[router].group >= 0 && !cluster.groups_agree()) continue;
        if (master_of(cluster, router) != nullptr && candidates_for(cluster, router).size() > 1)
            return router;
    }
    return std::nullopt;
}

struct Bounds {
    Duration earliest{};
    Duration latest{};
};

/// When the first of the others takes over: when its Master_Down_Timer expires, which the last advert has set
/// at most an interval before the departure. A priority 0 advert leaves Skew_Time. In a sync group the last
/// member decides, and each that waits for it has begun another interval.
Bounds bounds_of(Cluster& cluster, size_t router, const Member& master, Departure departure) {
    const Duration interval = centiseconds(plan_of(master, router).interval);
    const bool grouped = cluster.is_grouped(master, plan_of(master, router));
    std::optional<Duration> earliest;
    std::optional<Duration> latest;
    for (const Member* other : candidates_for(cluster, router)) {
        if (other == &master) continue;
        const InstancePlan& plan = plan_of(*other, router);
        const int priority = priority_of(cluster, *other, router);
        const Duration down = master_down_interval(cluster, plan, priority, interval);
        const Duration wait =
            departure == Departure::stop ? skew_time(cluster, plan, priority, interval) : down;
        earliest = std::min(earliest.value_or(wait), wait);
        latest = std::min(latest.value_or(wait), wait);
    }
    Bounds bounds{earliest.value_or(Duration{}), latest.value_or(Duration{})};
    bounds.earliest -= departure == Departure::stop ? Duration{} : interval;
    if (grouped) {
        for (const Member& member : cluster.members) {
            for (const InstancePlan& plan : member.plan.instances) {
                if (!cluster.is_grouped(member, plan)) continue;
                bounds.latest = std::max(bounds.latest,
                                         master_down_interval(cluster, plan, 1, centiseconds(plan.interval)));
            }
        }
        bounds.earliest = Duration{};
        bounds.latest *= 3;
    }
    // Frames travel, and centiseconds on the wire cut what they cannot hold.
    bounds.earliest -= std::min(bounds.earliest, Duration(20ms));
    bounds.latest += 20ms;
    return bounds;
}

void depart(Stage& stage, Member& master, const std::string& interface, Departure departure) {
    switch (departure) {
        case Departure::crash:
            crash(stage, master);
            return;
        case Departure::stop:
            stage.watcher.forget(*master.node);
            master.node->stop();
            return;
        case Departure::pause:
            master.node->pause();
            return;
        case Departure::unplug:
            master.node->set_link(interface, false);
            return;
    }
}

void come_back(Stage& stage, Member& master, const std::string& interface, Departure departure) {
    switch (departure) {
        case Departure::crash:
        case Departure::stop:
            if (!master.node->is_running()) start(stage, master);
            return;
        case Departure::pause:
            master.node->resume();
            return;
        case Departure::unplug:
            master.node->set_link(interface, true);
            return;
    }
}

bool try_fail_over(Stage& stage, Dice& dice, const std::function<void(Duration)>& let_pass) {
    Cluster& cluster = stage.cluster;
    // What a node follows of another would change the priorities and with them all that is reckoned here.
    if (cluster.follows_bfd()) return false;
    const auto router = any_router(cluster, dice);
    if (!router) return false;
    Member& master = *master_of(cluster, *router);
    const RouterPlan& plan = cluster.plan.routers[*router];
    const InstancePlan& left = plan_of(master, *router);
    auto departure = static_cast<Departure>(dice.draw(0, 3));
    // Unplugged and not told to mind, it stays master, and its partners on other wires with it.
    if (departure == Departure::unplug && left.dont_track_primary && cluster.is_grouped(master, left))
        departure = Departure::crash;
    const Bounds bounds = bounds_of(cluster, *router, master, departure);
    const Instant gone = cluster.world.now();
    const auto successor = [&]() -> Member* {
        for (Member& other : cluster.members) {
            if (&other != &master && other.node->is_running() && other.node->is_master(plan.name))
                return &other;
        }
        return nullptr;
    };
    depart(stage, master, plan.interface, departure);
    (void)cluster.world.run_until([&] { return successor() != nullptr; }, bounds.latest + 1s);
    const Duration took = cluster.world.now() - gone;
    Member* next = successor();
    stage.report.expect(
        "fail-over in time", next != nullptr && took <= bounds.latest && took >= bounds.earliest, [&] {
            return fmt::format("{}: {} of {} was answered {} after {:.6f} s, {:.6f} to {:.6f} s is right",
                               plan.name, to_string(departure), master.node->name(),
                               next == nullptr ? "not" : "by " + next->node->name(), to_seconds(took),
                               to_seconds(bounds.earliest), to_seconds(bounds.latest));
        });
    // At any moment between two adverts.
    let_pass(patience(cluster) + std::chrono::microseconds(dice.draw(1000, 999000)));
    Member* settled = master_of(cluster, *router);
    come_back(stage, master, plan.interface, departure);
    let_pass(patience(cluster));
    if (settled == nullptr || settled == &master) return true;
    // A node that was master all the time need not preempt; any other must not when it is told not to.
    const bool never_left =
        departure == Departure::pause || (departure == Departure::unplug && left.dont_track_primary);
    // With another interval than the master's, it may lose patience before it hears the first advert.
    if (!left.nopreempt || never_left || plan.intervals_differ) return true;
    stage.report.expect("nopreempt is respected", !master.node->is_master(plan.name), [&] {
        return fmt::format("{}: {} came back with nopreempt and displaced {}", plan.name, master.node->name(),
                           settled->node->name());
    });
    return true;
}

bool try_stall(Stage& stage, Dice& dice, const std::function<void(Duration)>& let_pass) {
    Cluster& cluster = stage.cluster;
    if (cluster.follows_bfd()) return false;
    const auto router = any_router(cluster, dice);
    if (!router) return false;
    const Member& master = *master_of(cluster, *router);
    const RouterPlan& plan = cluster.plan.routers[*router];
    Member* backup = nullptr;
    for (Member* other : candidates_for(cluster, *router)) {
        if (other != &master) backup = other;
    }
    // Only a node that is nowhere master may stand still without consequences.
    const bool is_idle = std::ranges::none_of(
        cluster.plan.routers, [&](const RouterPlan& each) { return backup->node->is_master(each.name); });
    if (!is_idle) return false;
    const size_t told = backup->node->fifo.size();
    backup->node->pause();
    let_pass(std::chrono::milliseconds(dice.draw(500, 30000)));
    backup->node->resume();
    let_pass(patience(cluster));
    const auto& lines = backup->node->fifo;
    const bool claimed = std::any_of(
        lines.begin() + static_cast<std::ptrdiff_t>(told), lines.end(), [&](const std::string& line) {
            return line.find("\"" + plan.name + "\" MASTER ") != std::string::npos;
        });
    stage.report.expect("a stalled node listens first", !claimed, [&] {
        return fmt::format("{}: {} stood still and then claimed to be master beside {}", plan.name,
                           backup->node->name(), master.node->name());
    });
    return true;
}

constexpr std::array kTrials{Trial{"a fail-over", try_fail_over}, Trial{"a stall", try_stall}};

}  // namespace

std::span<const Trial> trials() {
    return kTrials;
}

}  // namespace holdfast::sim

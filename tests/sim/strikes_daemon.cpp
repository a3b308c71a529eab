#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "strikes.hpp"

namespace holdfast::sim::strike {

namespace {

Member& any_other(Stage& stage, Dice& dice, const Member& member) {
    auto& members = stage.cluster.members;
    auto index = static_cast<size_t>(dice.draw(0, static_cast<int>(members.size()) - 2));
    if (&members[index] == &member) index = members.size() - 1;
    return members[index];
}

}  // namespace

// ---- The wire ----

bool lose(Stage& stage, Dice& dice, Member&) {
    stage.cluster.world.wire.loss = dice.draw(1, 50) / 100.0;
    return true;
}
bool duplicate(Stage& stage, Dice& dice, Member&) {
    stage.cluster.world.wire.duplication = dice.draw(1, 50) / 100.0;
    return true;
}
bool reorder(Stage& stage, Dice& dice, Member&) {
    stage.cluster.world.wire.jitter = std::chrono::milliseconds(dice.draw(1, 300));
    return true;
}
bool delay(Stage& stage, Dice& dice, Member&) {
    stage.cluster.world.wire.delay = std::chrono::milliseconds(dice.draw(1, 200));
    return true;
}
bool partition(Stage& stage, Dice& dice, Member& member) {
    stage.cluster.world.partition(member.node->name(), any_other(stage, dice, member).node->name());
    return true;
}
bool cut_one_way(Stage& stage, Dice& dice, Member& member) {
    stage.cluster.world.cut.insert({member.node->name(), any_other(stage, dice, member).node->name()});
    return true;
}
bool heal_wire(Stage& stage, Dice&, Member&) {
    if (stage.cluster.world.is_undisturbed()) return false;
    stage.cluster.world.heal();
    return true;
}

// ---- The daemon ----

bool crash_it(Stage& stage, Dice&, Member& member) {
    if (!member.node->is_awake()) return false;
    sim::crash(stage, member);
    return true;
}
bool stop_it(Stage& stage, Dice&, Member& member) {
    if (!member.node->is_awake()) return false;
    sim::stop(stage, member);
    return true;
}
bool cut_power(Stage& stage, Dice&, Member& member) {
    stage.watcher.forget(*member.node);
    member.node->power_cut();
    return true;
}
bool start_it(Stage& stage, Dice&, Member& member) {
    if (member.node->is_running()) return false;
    sim::start(stage, member);
    return true;
}
bool restart(Stage& stage, Dice&, Member& member) {
    if (!member.node->is_awake()) return false;
    sim::crash(stage, member);
    sim::start(stage, member);
    return true;
}
bool pause(Stage&, Dice&, Member& member) {
    if (!member.node->is_awake()) return false;
    member.node->pause();
    return true;
}
bool resume(Stage&, Dice&, Member& member) {
    if (!member.node->is_paused()) return false;
    member.node->resume();
    return true;
}
bool step_clock(Stage& stage, Dice& dice, Member& member) {
    const int seconds = dice.one_in(2) ? dice.draw(-10, 10) : dice.draw(-100000, 100000);
    // A wall clock that has been ahead leaves marks that `anti_replay monotonic` is made to respect.
    const auto& routers = stage.cluster.plan.routers;
    const bool respected = std::ranges::any_of(routers, [](const RouterPlan& router) {
        return router.authentication.find("monotonic") != std::string::npos;
    });
    if (respected) return false;
    member.node->clock_error = std::chrono::seconds(seconds);
    stage.cluster.world.record(member.node->name(), fmt::format("--- clock is {} s off", seconds));
    return true;
}

bool reload_edited(Stage& stage, Dice& dice, Member& member) {
    NodePlan plan = member.plan;
    const std::string what = edit(dice, stage.cluster.plan, plan);
    std::swap(plan, member.plan);
    stage.cluster.world.record(member.node->name(), "--- edit: " + what);
    if (!member.node->is_running()) {
        // Read at the next start. What a crashed run has left behind and the file does not know any more
        // stays, in the reference too: no such edits.
        for (size_t i = 0; i < plan.instances.size(); ++i) {
            member.plan.instances[i].present = plan.instances[i].present;
            member.plan.instances[i].addresses = plan.instances[i].addresses;
        }
        member.plan.real_servers = plan.real_servers;
        return true;
    }
    if (member.node->is_paused()) {
        member.plan = plan;
        return false;
    }
    const bool applied = member.node->reload(stage.cluster.text(member));
    const bool running = member.node->is_running();
    stage.report.expect("reload is taken or refused",
                        running && (applied || !stage.cluster.interfaces_complete(member)), [&] {
                            return fmt::format("{} {} a good file ({})", member.node->name(),
                                               running ? "refused" : "died of", what);
                        });
    if (!running) stage.watcher.forget(*member.node);
    if (!applied) member.plan = plan;
    return true;
}

bool reload_broken(Stage& stage, Dice& dice, Member& member) {
    if (!member.node->is_awake()) return false;
    static constexpr std::array kBroken{"vrrp_instance BAD {\n  no_such_keyword 1\n}\n",
                                        "vrrp_instance VI_1 {\n  interface",
                                        "}\n}\n",
                                        "vrrp_instance BAD {\n  virtual_router_id 300\n}\n",
                                        "vrrp_sync_group BAD {\n  group {\n    NOBODY\n  }\n}\n",
                                        "global_defs {\n  vrrp_garp_interval x\n}\n"};
    const std::string text = dice.pick(kBroken);
    const bool applied = member.node->reload(stage.cluster.text(member) + text);
    const bool running = member.node->is_running();
    stage.report.expect("reload is taken or refused", running && !applied, [&] {
        return fmt::format("{} {} a broken file: {}", member.node->name(), running ? "applied" : "died of",
                           text);
    });
    if (!running) stage.watcher.forget(*member.node);
    return true;
}

}  // namespace holdfast::sim::strike

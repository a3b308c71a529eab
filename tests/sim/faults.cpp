#include "faults.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "strikes.hpp"

namespace holdfast::sim {

namespace {

constexpr std::array kFaults{
    Fault{"loss", 2, strike::lose},
    Fault{"duplication", 2, strike::duplicate},
    Fault{"reordering", 2, strike::reorder},
    Fault{"delay", 1, strike::delay},
    Fault{"partition", 3, strike::partition},
    Fault{"one-way partition", 3, strike::cut_one_way},
    Fault{"wire healed", 5, strike::heal_wire},
    Fault{"crash", 3, strike::crash_it},
    Fault{"orderly stop", 2, strike::stop_it},
    Fault{"power cut", 1, strike::cut_power},
    Fault{"start", 8, strike::start_it},
    Fault{"crash and restart at once", 2, strike::restart},
    Fault{"pause", 4, strike::pause},
    Fault{"resume", 8, strike::resume},
    Fault{"clock step", 2, strike::step_clock},
    Fault{"reload, edited", 8, strike::reload_edited},
    Fault{"reload, broken file", 3, strike::reload_broken},
    Fault{"interface flap", 6, strike::flap},
    Fault{"interface removed", 2, strike::remove_interface},
    Fault{"interface renamed", 1, strike::rename_interface},
    Fault{"interface made again", 5, strike::make_interface},
    Fault{"address deleted", 4, strike::delete_address},
    Fault{"route deleted", 2, strike::delete_route},
    Fault{"VMAC deleted", 2, strike::delete_vmac},
    Fault{"netlink news lost", 3, strike::lose_news},
    Fault{"script result", 4, strike::turn_script},
    Fault{"track file", 3, strike::write_file},
    Fault{"process", 2, strike::turn_process},
    Fault{"server", 2, strike::turn_server},
};

}  // namespace

std::span<const Fault> faults() {
    return kFaults;
}

size_t draw_fault(Dice& dice) {
    static const int kTotal = [] {
        int sum = 0;
        for (const Fault& fault : kFaults) sum += fault.weight;
        return sum;
    }();
    int place = dice.draw(1, kTotal);
    size_t index = 0;
    while (place > kFaults.at(index).weight) place -= kFaults.at(index++).weight;
    return index;
}

void start(Stage& stage, Member& member) {
    stage.watcher.forget(*member.node);
    const bool started = member.node->start(stage.cluster.text(member));
    stage.report.expect("daemons run", started || !stage.cluster.interfaces_complete(member),
                        [&] { return member.node->name() + " does not start"; });
}

void crash(Stage& stage, Member& member) {
    stage.watcher.forget(*member.node);
    member.node->crash();
}

void stop(Stage& stage, Member& member) {
    member.node->stop();
    const bool stopped = stage.cluster.world.run_until([&] { return !member.node->is_running(); }, 10s);
    stage.report.expect("stops when told", stopped, [&] { return member.node->name() + " does not stop"; });
    stage.watcher.forget(*member.node);
}

void heal(Stage& stage, Dice& dice) {
    World& world = stage.cluster.world;
    world.heal();
    for (Member& member : stage.cluster.members) {
        Node& node = *member.node;
        node.clock_error = {};
        if (node.is_paused()) node.resume();
        for (const char* interface : {"eth0", "eth1", "eth2"}) {
            node.make_link(interface);
            const bool up = std::string_view(interface) != "eth2" || !dice.one_in(4);
            if (node.link_is_usable(interface) != up) node.set_link(interface, up);
        }
        for (const ScriptPlan& script : member.plan.scripts) {
            if (dice.one_in(2)) world.script_status[script_command(member.plan, script.name)] = 0;
        }
        for (const std::string& file : member.plan.files) {
            if (dice.one_in(2)) continue;
            member.files[file] = dice.one_in(2) ? 0 : dice.draw(-5, 5);
            node.write_file(file_path(file), fmt::format("{}\n", member.files[file]));
        }
        for (const std::string& process : member.plan.processes) {
            if (dice.one_in(2)) continue;
            member.processes[process] = true;
            node.run_process(process, true);
        }
        if (!node.is_running()) start(stage, member);
    }
    world.record("", "=== healed");
}

}  // namespace holdfast::sim

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "strikes.hpp"

namespace holdfast::sim::strike {

namespace {

const InstancePlan& any_instance(Dice& dice, const Member& member) {
    const auto& instances = member.plan.instances;
    return instances[static_cast<size_t>(dice.draw(0, static_cast<int>(instances.size()) - 1))];
}

/// An address as the kernel shows it, with the length of its prefix.
std::string any_address(Stage& stage, Dice& dice, const Member& member) {
    const auto held = held_addresses(stage.cluster, any_instance(dice, member));
    const IpAddress& address = held[static_cast<size_t>(dice.draw(0, static_cast<int>(held.size()) - 1))];
    for (const auto& present : member.node->kernel.addresses) {
        if (present.prefix.address == address) return present.to_string();
    }
    return {};
}

}  // namespace

// ---- The machine ----

bool flap(Stage& stage, Dice& dice, Member& member) {
    const std::string name = dice.pick(std::array{"eth0", "eth1", "eth2"});
    if (!member.node->has_link(name)) return false;
    Node& node = *member.node;
    node.set_link(name, !node.link_is_usable(name));
    if (dice.one_in(3)) {
        stage.cluster.world.run(std::chrono::milliseconds(dice.draw(0, 20)));
        node.set_link(name, !node.link_is_usable(name));
    }
    return true;
}
bool remove_interface(Stage&, Dice& dice, Member& member) {
    const std::string name = dice.pick(std::array{"eth0", "eth1", "eth2"});
    if (!member.node->has_link(name)) return false;
    member.node->remove_link(name);
    return true;
}
bool rename_interface(Stage&, Dice& dice, Member& member) {
    // What a crashed run has left on an interface is not found again under another name.
    if (!member.node->is_running()) return false;
    const std::string name = dice.pick(std::array{"eth0", "eth1", "eth2"});
    if (!member.node->has_link(name)) return false;
    member.node->rename_link(name);
    return true;
}
bool make_interface(Stage&, Dice&, Member& member) {
    for (const char* name : {"eth0", "eth1", "eth2"}) {
        if (member.node->has_link(name)) continue;
        member.node->make_link(name);
        return true;
    }
    return false;
}
bool delete_address(Stage& stage, Dice& dice, Member& member) {
    const std::string address = any_address(stage, dice, member);
    if (address.empty()) return false;
    member.node->delete_address(address);
    return true;
}
bool delete_route(Stage& stage, Dice& dice, Member& member) {
    const std::string& route = stage.cluster.router(any_instance(dice, member)).route;
    if (route.empty() || !member.node->has_route(route)) return false;
    member.node->delete_route(route);
    return true;
}
bool delete_vmac(Stage&, Dice& dice, Member& member) {
    std::vector<std::string> names;
    for (const auto& [index, link] : member.node->kernel.links) {
        if (link.lower) names.push_back(link.name);
    }
    if (names.empty()) return false;
    member.node->delete_link(names[static_cast<size_t>(dice.draw(0, static_cast<int>(names.size()) - 1))]);
    return true;
}
bool lose_news(Stage& stage, Dice& dice, Member& member) {
    if (!member.node->is_awake()) return false;
    const std::string address = any_address(stage, dice, member);
    const std::string link = dice.pick(std::array{"eth0", "eth1", "eth2"});
    const int what = dice.draw(1, 4);
    member.node->lose_news([&] {
        if (what == 1) member.node->delete_address(address);
        if (what == 2) member.node->set_link(link, !member.node->link_is_usable(link));
        if (what == 3) member.node->remove_link(link);
        if (what == 4) {
            member.node->remove_link(link);
            member.node->make_link(link);
        }
    });
    return true;
}

// ---- What trackers look at ----

bool turn_script(Stage& stage, Dice& dice, Member& member) {
    const auto& scripts = member.plan.scripts;
    const ScriptPlan& script =
        scripts[static_cast<size_t>(dice.draw(0, static_cast<int>(scripts.size()) - 1))];
    stage.cluster.world.script_status[script_command(member.plan, script.name)] =
        dice.one_in(2) ? 0 : dice.draw(1, 255);
    return true;
}
bool write_file(Stage&, Dice& dice, Member& member) {
    const std::string& file =
        member.plan.files[static_cast<size_t>(dice.draw(0, static_cast<int>(member.plan.files.size()) - 1))];
    const int value = dice.one_in(3) ? 0 : dice.draw(-12, 12);
    member.files[file] = value;
    member.node->write_file(file_path(file), fmt::format("{}\n", value));
    return true;
}
bool turn_process(Stage&, Dice& dice, Member& member) {
    const std::string& name = member.plan.processes.front();
    member.processes[name] = dice.one_in(2);
    member.node->run_process(name, member.processes[name]);
    return true;
}
bool turn_server(Stage& stage, Dice& dice, Member&) {
    const Endpoint server{IpAddress::v4(10, 0, 0, static_cast<uint8_t>(dice.draw(211, 213))), 80};
    if (stage.cluster.world.servers.erase(server) == 0) stage.cluster.world.servers.insert(server);
    return true;
}

}  // namespace holdfast::sim::strike

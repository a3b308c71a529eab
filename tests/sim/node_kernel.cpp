// The machine under a simulated daemon: what somebody else does to its links, addresses, files and processes.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "process.hpp"

namespace holdfast::sim {

namespace {

constexpr std::array kInterfaces{"eth0", "eth1", "eth2"};

netstate::LinkInfo ethernet(uint32_t index, const std::string& name) {
    netstate::LinkInfo link;
    link.index = {index};
    link.name = name;
    link.up = true;
    link.running = true;
    link.multicast = true;
    link.mtu = 1500;
    link.hardware_type = 1;
    return link;
}

std::array<netstate::KernelAddress, 2> addresses_of(uint32_t index, const std::string& name, uint8_t number) {
    return {
        {{.interface = {index}, .prefix = *Prefix::parse(fmt::format("10.{}.0.{}/24", name.back(), number))},
         {.interface = {index}, .prefix = *Prefix::parse(fmt::format("fe80::{:x}/64", number))}}};
}

}  // namespace

void Node::boot() {
    booted_at_ = world_.now() - 1h;
    kernel.links.clear();
    kernel.addresses.clear();
    kernel.routes.clear();
    kernel.rules.clear();
    kernel.sysctls.clear();
    firewall.state = {};
    firewall.parts.clear();
    table.table.clear();
    uint32_t index = 2;
    for (const char* name : kInterfaces) {
        kernel.links[index] = ethernet(index, name);
        for (const auto& address : addresses_of(index, name, number_)) kernel.addresses.push_back(address);
        ++index;
    }
}

void Node::power_cut() {
    if (process_ != nullptr) crash();
    world_.record(name_, "--- power cut");
    boot();
    booted_at_ = world_.now();
}

void Node::set_link(const std::string& interface, bool up) {
    for (auto& [index, link] : kernel.links) {
        if (link.name != interface) continue;
        world_.record(name_, fmt::format("--- {} {}", interface, up ? "up" : "down"));
        netstate::LinkInfo changed = link;
        changed.up = up;
        changed.running = up;
        kernel.set_link(changed);
        return;
    }
}

bool Node::has_link(const std::string& interface) const {
    return std::ranges::any_of(kernel.links,
                               [&](const auto& entry) { return entry.second.name == interface; });
}

bool Node::link_is_usable(const std::string& interface) const {
    return std::ranges::any_of(kernel.links, [&](const auto& entry) {
        return entry.second.name == interface && entry.second.usable();
    });
}

void Node::remove_link(const std::string& interface) {
    const auto found =
        std::ranges::find_if(kernel.links, [&](const auto& entry) { return entry.second.name == interface; });
    if (found == kernel.links.end()) return;
    world_.record(name_, fmt::format("--- {} removed", interface));
    const uint32_t index = found->first;
    std::vector<uint32_t> gone;
    for (const auto& [upper, link] : kernel.links)
        if (link.lower.value == index) gone.push_back(upper);
    gone.push_back(index);
    for (const uint32_t each : gone) {
        std::erase_if(kernel.routes, [&](const netstate::KernelRoute& route) {
            return std::ranges::any_of(route.next_hops,
                                       [&](const auto& hop) { return hop.interface.value == each; });
        });
        kernel.remove_link(each);
    }
}

void Node::rename_link(const std::string& interface) {
    for (const auto& [index, link] : kernel.links) {
        if (link.name != interface) continue;
        world_.record(name_, fmt::format("--- {} renamed", interface));
        netstate::LinkInfo changed = link;
        changed.name = "old" + interface;
        kernel.set_link(changed);
        return;
    }
}

void Node::make_link(const std::string& interface) {
    if (has_link(interface)) return;
    for (const auto& [known, renamed] : kernel.links) {
        if (renamed.name != "old" + interface) continue;
        world_.record(name_, fmt::format("--- {} has its name again", interface));
        netstate::LinkInfo changed = renamed;
        changed.name = interface;
        kernel.set_link(changed);
        return;
    }
    world_.record(name_, fmt::format("--- {} made", interface));
    const uint32_t index = std::max(next_index_, kernel.links.empty() ? 1 : kernel.links.rbegin()->first + 1);
    next_index_ = index + 1;
    netstate::LinkInfo link = ethernet(index, interface);
    link.up = link.running = false;
    kernel.set_link(link);
    link.up = link.running = true;
    kernel.set_link(link);
    for (const auto& address : addresses_of(index, interface, number_))
        outside(netstate::AddAddress{address});
}

void Node::outside(const netstate::Operation& operation) {
    set_time();
    (void)kernel.apply(std::span(&operation, 1));
    if (!paused_at_) kernel.deliver_changes();
}

void Node::delete_address(const std::string& prefix) {
    const auto found =
        std::ranges::find_if(kernel.addresses, [&](const auto& a) { return a.to_string() == prefix; });
    if (found == kernel.addresses.end()) return;
    world_.record(name_, "--- delete " + prefix);
    outside(netstate::RemoveAddress{*found});
}

void Node::delete_route(const std::string& destination) {
    const auto found =
        std::ranges::find_if(kernel.routes, [&](const auto& r) { return r.to_string() == destination; });
    if (found == kernel.routes.end()) return;
    world_.record(name_, "--- delete route " + destination);
    outside(netstate::RemoveRoute{*found});
}

void Node::delete_link(const std::string& name) {
    const auto found =
        std::ranges::find_if(kernel.links, [&](const auto& entry) { return entry.second.name == name; });
    if (found == kernel.links.end()) return;
    world_.record(name_, "--- delete " + name);
    set_time();
    kernel.remove_link(found->first);
}

void Node::lose_news(const std::function<void()>& unheard) {
    world_.record(name_, "--- netlink news lost");
    set_time();
    kernel.deliver_changes();
    const bool was_paused = paused_at_.has_value();
    if (!was_paused) paused_at_ = world_.now();  // Nothing is delivered while it happens.
    unheard();
    if (!was_paused) paused_at_.reset();
    kernel.outside_unheard(netstate::RestoreSysctl{"-"});
    kernel.overrun();
}

void Node::write_file(const std::string& path, std::string_view content) {
    world_.record(name_, fmt::format("--- {} is {}", path, content));
    set_time();
    files.write(path, content);
}

void Node::run_process(const std::string& name, bool runs) {
    const pid_t pid = 2000 + name.back();
    if (process_table.processes.contains(pid) == runs) return;
    world_.record(name_, fmt::format("--- {} {}", name, runs ? "starts" : "ends"));
    set_time();
    if (runs) {
        process_table.run(pid, name, {name});
    } else {
        process_table.end(pid);
    }
}

std::string Node::wire_of(const std::string& interface) const {
    for (const auto& [index, link] : kernel.links) {
        if (link.name != interface || !link.lower) continue;
        const auto lower = kernel.links.find(link.lower.value);
        if (lower != kernel.links.end()) return lower->second.name;
    }
    return interface;
}

std::string Node::interface_towards(const IpAddress& neighbor) const {
    for (const netstate::KernelAddress& address : kernel.addresses) {
        const auto link = kernel.links.find(address.interface.value);
        if (link == kernel.links.end() || !link->second.usable() || link->second.lower) continue;
        const uint8_t length = address.prefix.length;
        if (address.prefix.address.family() == neighbor.family() &&
            address.prefix.address.network(length) == neighbor.network(length))
            return link->second.name;
    }
    return {};
}

std::optional<IpAddress> Node::address_on(const std::string& interface, Family family) const {
    for (const netstate::KernelAddress& address : kernel.addresses) {
        const auto link = kernel.links.find(address.interface.value);
        if (link != kernel.links.end() && link->second.name == interface &&
            address.prefix.address.family() == family)
            return address.prefix.address;
    }
    return std::nullopt;
}

bool Node::has_address(const IpAddress& address) const {
    return std::ranges::any_of(kernel.addresses,
                               [&](const auto& present) { return present.prefix.address == address; });
}

bool Node::has_route(const std::string& destination) const {
    return std::ranges::any_of(kernel.routes, [&](const auto& r) { return r.to_string() == destination; });
}

std::vector<std::string> Node::leftovers() const {
    std::vector<std::string> list;
    for (const auto& [index, link] : kernel.links) {
        if (std::ranges::find(kInterfaces, link.name) == kInterfaces.end())
            list.push_back("link " + link.name);
    }
    for (const netstate::KernelAddress& address : kernel.addresses) {
        const auto link = kernel.links.find(address.interface.value);
        const std::string name = link == kernel.links.end() ? "eth0" : link->second.name;
        const auto own = addresses_of(address.interface.value, name, number_);
        const bool known =
            std::ranges::any_of(own, [&](const auto& a) { return a.prefix == address.prefix; });
        if (!known) list.push_back("address " + address.to_string());
    }
    for (const auto& route : kernel.routes) list.push_back("route " + route.to_string());
    for (const auto& rule : kernel.rules) list.push_back("rule " + netstate::to_string(rule));
    for (const auto& [path, value] : kernel.sysctls) list.push_back("knob " + path);
    if (!firewall.state.empty()) list.emplace_back("firewall rules");
    if (!table.table.empty()) list.emplace_back("virtual servers");
    return list;
}

}  // namespace holdfast::sim

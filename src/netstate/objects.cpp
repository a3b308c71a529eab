#include "holdfast/netstate/objects.hpp"

#include <fmt/format.h>

namespace holdfast::netstate {

namespace {

Prefix everything(Family family) {
    return {IpAddress::any(family), 0};
}

std::string text_of(const std::optional<Prefix>& prefix) {
    return prefix ? prefix->to_string() : "all";
}

}  // namespace

AddressKey KernelAddress::key() const {
    const IpAddress& local = prefix.address;
    if (local.is_v6()) return {interface, local, 128, local};
    return {interface, local, prefix.length, peer.value_or(local).network(prefix.length)};
}

RouteKey KernelRoute::key() const {
    return {table, destination, source.value_or(everything(family)), tos, priority};
}

std::string to_string(const KernelRule& rule) {
    std::string text = fmt::format("{}from {}", rule.invert ? "not " : "", text_of(rule.from));
    if (rule.to) text += fmt::format(" to {}", rule.to->to_string());
    if (rule.mark) text += fmt::format(" fwmark {:#x}", *rule.mark);
    if (!rule.input_interface.empty()) text += " iif " + rule.input_interface;
    if (!rule.output_interface.empty()) text += " oif " + rule.output_interface;
    if (rule.table != 0) text += fmt::format(" table {}", rule.table);
    if (rule.priority != 0) text += fmt::format(" priority {}", rule.priority);
    return text;
}

std::string to_string(const Operation& operation) {
    struct Visitor {
        std::string operator()(const AddAddress& o) const { return "add address " + o.address.to_string(); }
        std::string operator()(const RemoveAddress& o) const {
            return "remove address " + o.address.to_string();
        }
        std::string operator()(const AddRoute& o) const { return "add route " + o.route.to_string(); }
        std::string operator()(const RemoveRoute& o) const { return "remove route " + o.route.to_string(); }
        std::string operator()(const AddRule& o) const { return "add rule " + netstate::to_string(o.rule); }
        std::string operator()(const RemoveRule& o) const {
            return "remove rule " + netstate::to_string(o.rule);
        }
    };
    return std::visit(Visitor{}, operation);
}

bool is_install(const Operation& operation) {
    struct Visitor {
        bool operator()(const AddAddress&) const { return true; }
        bool operator()(const RemoveAddress&) const { return false; }
        bool operator()(const AddRoute&) const { return true; }
        bool operator()(const RemoveRoute&) const { return false; }
        bool operator()(const AddRule&) const { return true; }
        bool operator()(const RemoveRule&) const { return false; }
    };
    return std::visit(Visitor{}, operation);
}

}  // namespace holdfast::netstate

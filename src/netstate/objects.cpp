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
        std::string operator()(const AddLink& o) const { return "add link " + o.link.name; }
        std::string operator()(const UpdateLink& o) const { return "update link " + o.link.name; }
        std::string operator()(const TuneLink& o) const { return "tune link " + o.name; }
        std::string operator()(const SwitchLinkOn& o) const { return "switch on link " + o.name; }
        std::string operator()(const RemoveLink& o) const { return "remove link " + o.name; }
        std::string operator()(const ReannounceLink& o) const {
            return fmt::format("announce link {} again", o.index.value);
        }
        std::string operator()(const SetSysctl& o) const { return "set " + o.path + " to " + o.value; }
        std::string operator()(const RestoreSysctl& o) const { return "restore " + o.path; }
        std::string operator()(const RelaxReversePath&) const { return "move all/rp_filter to interfaces"; }
        std::string operator()(const RestoreReversePath&) const { return "restore all/rp_filter"; }
    };
    return std::visit(Visitor{}, operation);
}

bool is_install(const Operation& operation) {
    return std::holds_alternative<AddAddress>(operation) || std::holds_alternative<AddRoute>(operation) ||
           std::holds_alternative<AddRule>(operation) || std::holds_alternative<AddLink>(operation);
}

}  // namespace holdfast::netstate

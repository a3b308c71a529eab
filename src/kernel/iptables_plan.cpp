#include "holdfast/kernel/iptables_plan.hpp"

#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::kernel {

using namespace netstate;

namespace {

using enum SetSide;
using What = RuleChange::What;

constexpr uint8_t kMld2Report = 143;  // RFC 3810, 5.2; netinet/icmp6.h has only the older ones.

constexpr std::array kParts{FirewallPart::base4,
                            FirewallPart::base6,
                            FirewallPart::addresses4,
                            FirewallPart::addresses6,
                            FirewallPart::link_local_by_index,
                            FirewallPart::link_local_by_name,
                            FirewallPart::quiet4,
                            FirewallPart::quiet6};

IptablesRule set_rule(Family family, const std::string& chain, const std::string& set,
                      std::vector<SetSide> sides, std::optional<uint8_t> message_type = {},
                      bool accept = false) {
    IptablesRule rule{family, chain, {}, {}, {}, {}, 0, message_type, set, std::move(sides), accept};
    if (message_type) rule.protocol = IPPROTO_ICMPV6;
    return rule;
}

/// Neighbours must find the virtual addresses all the same (RFC 9568, 6.4.3).
void refuse_ipv6(std::vector<IptablesRule>& rules, const std::string& chain, const std::string& set,
                 const std::vector<SetSide>& sides) {
    rules.push_back(set_rule(Family::ipv6, chain, set, sides, uint8_t{ND_NEIGHBOR_SOLICIT}, true));
    rules.push_back(set_rule(Family::ipv6, chain, set, sides, uint8_t{ND_NEIGHBOR_ADVERT}, true));
    rules.push_back(set_rule(Family::ipv6, chain, set, sides));
}

/// Without sets: the rules of one address, which go into two chains that do not know of each other.
std::vector<IptablesRule> address_rules(const ProtectedAddress& address, const IptablesNames& names) {
    const auto one = [&](bool incoming, std::optional<uint8_t> message_type) {
        IptablesRule rule;
        rule.family = address.address.family();
        rule.chain = incoming ? names.input_chain : names.output_chain;
        (incoming ? rule.destination : rule.source) = address.address;
        (incoming ? rule.in_interface : rule.out_interface) = address.interface_name;
        rule.message_type = message_type;
        if (message_type) {
            rule.protocol = IPPROTO_ICMPV6;
            rule.accept = true;
        }
        return rule;
    };
    std::vector<IptablesRule> rules;
    for (const bool incoming : {false, true}) {
        if (!incoming && names.output_chain.empty()) continue;
        if (address.address.is_v6()) {
            rules.push_back(one(incoming, uint8_t{ND_NEIGHBOR_SOLICIT}));
            rules.push_back(one(incoming, uint8_t{ND_NEIGHBOR_ADVERT}));
        }
        rules.push_back(one(incoming, {}));
    }
    return rules;
}

/// Without sets: each is inserted before the others.
std::vector<IptablesRule> link_rules(const QuietLink& link, const IptablesNames& names) {
    if (names.output_chain.empty()) return {};
    IptablesRule rule;
    rule.family = link.family;
    rule.chain = names.output_chain;
    rule.out_interface = link.link_name;
    if (link.family == Family::ipv4) {
        rule.protocol = IPPROTO_IGMP;
        return {rule};
    }
    rule.protocol = IPPROTO_ICMPV6;
    std::vector<IptablesRule> rules(2, rule);
    rules[0].message_type = kMld2Report;
    rules[1].message_type = uint8_t{MLD_LISTENER_REPORT};
    if (!link.other_family && link.base_link_local) {
        rule.source = link.base_link_local;
        rule.message_type = uint8_t{ND_NEIGHBOR_ADVERT};
        rules.push_back(std::move(rule));
    }
    return rules;
}

class Planner {
  public:
    explicit Planner(const IptablesNames& names) : names_(names) {}

    void operator()(const RemoveTables& removal) {
        for (const FirewallPart part : kParts) {
            for (IptablesRule& rule : rules_of(part, names_)) change(What::remove_all, std::move(rule));
            for (IpSet& set : sets_of(part, names_))
                plan_.unused_sets.push_back({IpSetChange::What::destroy, std::move(set), {}, {}});
        }
        if (names_.sets) return;
        for (const QuietLink& link : removal.known.links)
            for (IptablesRule& rule : link_rules(link, names_)) change(What::remove_all, std::move(rule));
        for (const ProtectedAddress& address : removal.known.addresses)
            for (IptablesRule& rule : address_rules(address, names_))
                change(What::remove_all, std::move(rule));
    }
    void operator()(const AddPart& add) {
        for (IpSet& set : sets_of(add.part, names_)) {
            std::erase_if(plan_.unused_sets, [&](const IpSetChange& unused) { return unused.set == set; });
            plan_.sets.push_back({IpSetChange::What::create, std::move(set), {}, {}});
        }
        for (IptablesRule& rule : rules_of(add.part, names_)) change(What::append, std::move(rule));
    }
    void operator()(const Protect& protect) {
        if (names_.sets) return entry(IpSetChange::What::add, protect.address);
        for (IptablesRule& rule : address_rules(protect.address, names_))
            change(What::append, std::move(rule));
    }
    void operator()(const Unprotect& unprotect) {
        if (names_.sets) return entry(IpSetChange::What::remove, unprotect.address);
        for (IptablesRule& rule : address_rules(unprotect.address, names_))
            change(What::remove, std::move(rule));
    }
    void operator()(const AddQuietLink& add) {
        if (names_.sets) return entries(IpSetChange::What::add, add.link);
        for (IptablesRule& rule : link_rules(add.link, names_)) change(What::insert, std::move(rule));
    }
    void operator()(const RemoveQuietLink& remove) {
        if (names_.sets) return entries(IpSetChange::What::remove, remove.link);
        for (IptablesRule& rule : link_rules(remove.link, names_)) change(What::remove, std::move(rule));
    }

    IptablesPlan take() { return std::move(plan_); }

  private:
    void change(What what, IptablesRule rule) { plan_.rules.push_back({what, std::move(rule)}); }
    void entry(IpSetChange::What what, const ProtectedAddress& address) {
        const std::vector<IpSet> sets =
            sets_of(address.address.is_v4() ? FirewallPart::addresses4 : FirewallPart::addresses6, names_);
        const bool by_interface = !address.interface_name.empty();
        plan_.sets.push_back(
            {what, by_interface ? sets.back() : sets.front(), address.address, address.interface_name});
    }
    void entries(IpSetChange::What what, const QuietLink& link) {
        const std::vector<IpSet> sets = sets_of(parts_of(link).back(), names_);
        if (sets.empty()) return;
        plan_.sets.push_back({what, sets.front(), {}, link.link_name});
        if (link.family == Family::ipv6 && !link.other_family && link.base_link_local)
            plan_.sets.push_back({what, sets.back(), link.base_link_local, link.link_name});
    }

    const IptablesNames& names_;
    IptablesPlan plan_;
};

}  // namespace

std::string IptablesRule::to_text() const {
    std::string text = "-A " + chain;
    const auto add = [&](std::string_view option, const std::string& value) {
        if (!value.empty()) text += fmt::format(" {} {}", option, value);
    };
    const char* host = family == Family::ipv4 ? "/32" : "/128";
    if (source) add("-s", source->to_string() + host);
    if (destination) add("-d", destination->to_string() + host);
    add("-i", in_interface);
    add("-o", out_interface);
    if (protocol != 0) add("-p", protocol == IPPROTO_IGMP ? "igmp" : "ipv6-icmp");
    if (!set.empty()) {
        std::string words;
        for (const SetSide side : sides) {
            if (!words.empty()) words += ',';
            words += side == SetSide::source ? "src" : "dst";
        }
        add("-m set --match-set", set + ' ' + words);
    }
    if (message_type) add("-m icmp6 --icmpv6-type", std::to_string(*message_type));
    return text + (accept ? " -j ACCEPT" : " -j DROP");
}

std::vector<IptablesRule> rules_of(FirewallPart part, const IptablesNames& names) {
    std::vector<IptablesRule> rules;
    if (!names.sets) return rules;
    const IpSetNames& sets = *names.sets;
    const std::string& in = names.input_chain;
    const std::string& out = names.output_chain;
    switch (part) {
        case FirewallPart::addresses4:
            rules.push_back(set_rule(Family::ipv4, in, sets.addresses4, {destination}));
            if (!out.empty()) rules.push_back(set_rule(Family::ipv4, out, sets.addresses4, {source}));
            break;
        case FirewallPart::addresses6:
            refuse_ipv6(rules, in, sets.link_local6, {destination, source});
            refuse_ipv6(rules, in, sets.addresses6, {destination});
            if (out.empty()) break;
            refuse_ipv6(rules, out, sets.link_local6, {source, destination});
            refuse_ipv6(rules, out, sets.addresses6, {source});
            break;
        case FirewallPart::quiet4:
            if (out.empty()) break;
            rules.push_back(set_rule(Family::ipv4, out, sets.igmp, {destination, destination}));
            rules.back().protocol = IPPROTO_IGMP;
            break;
        case FirewallPart::quiet6:
            if (out.empty()) break;
            for (const uint8_t report : {kMld2Report, uint8_t{MLD_LISTENER_REPORT}})
                rules.push_back(set_rule(Family::ipv6, out, sets.mld, {destination, destination}, report));
            rules.push_back(set_rule(Family::ipv6, out, sets.neighbour_adverts, {source, destination},
                                     uint8_t{ND_NEIGHBOR_ADVERT}));
            break;
        case FirewallPart::base4:
        case FirewallPart::base6:
        case FirewallPart::link_local_by_index:
        case FirewallPart::link_local_by_name:
            break;
    }
    return rules;
}

std::vector<IpSet> sets_of(FirewallPart part, const IptablesNames& names) {
    if (!names.sets) return {};
    const IpSetNames& sets = *names.sets;
    using enum IpSet::Type;
    switch (part) {
        case FirewallPart::addresses4:
            return {{sets.addresses4, ip, Family::ipv4}};
        case FirewallPart::addresses6:
            return {{sets.addresses6, ip, Family::ipv6}, {sets.link_local6, net_interface, Family::ipv6}};
        case FirewallPart::quiet4:
            if (names.output_chain.empty()) return {};
            return {{sets.igmp, net_interface, Family::ipv4}};
        case FirewallPart::quiet6:
            if (names.output_chain.empty()) return {};
            return {{sets.mld, net_interface, Family::ipv6},
                    {sets.neighbour_adverts, net_interface, Family::ipv6}};
        case FirewallPart::base4:
        case FirewallPart::base6:
        case FirewallPart::link_local_by_index:
        case FirewallPart::link_local_by_name:
            break;
    }
    return {};
}

IptablesPlan plan_iptables(const IptablesNames& names, std::span<const FirewallOperation> operations) {
    Planner planner(names);
    for (const FirewallOperation& operation : operations) std::visit(planner, operation);
    return planner.take();
}

}  // namespace holdfast::kernel

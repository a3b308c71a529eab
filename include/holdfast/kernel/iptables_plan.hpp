// What firewall operations mean for iptables and ipset (`vrrp_iptables`, `vrrp_ipsets`): rules in two chains
// of the table `filter`, and sets that they look into. Names, order and words are keepalived's. Pure;
// kernel/iptables_firewall.hpp carries it out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "holdfast/netstate/firewall.hpp"

namespace holdfast::kernel {

/// Which address or interface of a packet a dimension of a set is compared with.
enum class SetSide : uint8_t { destination, source };

/// One rule. What is empty matches everything.
struct IptablesRule {
    Family family = Family::ipv4;
    std::string chain{};
    std::optional<IpAddress> source{};
    std::optional<IpAddress> destination{};
    std::string in_interface{};
    std::string out_interface{};
    uint8_t protocol = 0;                   ///< IGMP or ICMPv6; 0 = any.
    std::optional<uint8_t> message_type{};  ///< Of ICMPv6.
    std::string set{};                      ///< Must contain what `sides` name.
    std::vector<SetSide> sides{};           ///< As many as the set has dimensions.
    bool accept = false;                    ///< Else the packet is dropped.

    /// In the words of iptables-save(8): "-A INPUT -m set --match-set keepalived dst -j DROP".
    std::string to_text() const;
    friend bool operator==(const IptablesRule&, const IptablesRule&) = default;
};

struct RuleChange {
    enum class What : uint8_t {
        append,
        insert,      ///< As the first rule of its chain.
        remove,      ///< One such rule, which must be there.
        remove_all,  ///< All such rules, if there are any.
    };
    What what = What::append;
    IptablesRule rule{};
    friend bool operator==(const RuleChange&, const RuleChange&) = default;
};

struct IpSet {
    enum class Type : uint8_t { ip, net_interface };
    std::string name{};
    Type type = Type::ip;
    Family family = Family::ipv4;
    friend bool operator==(const IpSet&, const IpSet&) = default;
};

struct IpSetChange {
    enum class What : uint8_t {
        create,   ///< And empties it, if it is there already.
        destroy,  ///< If it is there.
        add,
        remove,
    };
    What what = What::create;
    IpSet set{};
    /// add, remove: nothing is any address.
    std::optional<IpAddress> address{};
    std::string interface{};
    friend bool operator==(const IpSetChange&, const IpSetChange&) = default;
};

/// In order: sets that rules will look into, rules, sets that no rule needs any more.
struct IptablesPlan {
    std::vector<IpSetChange> sets{};
    std::vector<RuleChange> rules{};
    std::vector<IpSetChange> unused_sets{};
};

/// The rules that are made together with a part; none without sets.
std::vector<IptablesRule> rules_of(netstate::FirewallPart part, const netstate::IptablesNames& names);
/// The sets that are made together with a part.
std::vector<IpSet> sets_of(netstate::FirewallPart part, const netstate::IptablesNames& names);

IptablesPlan plan_iptables(const netstate::IptablesNames& names,
                           std::span<const netstate::FirewallOperation> operations);

}  // namespace holdfast::kernel

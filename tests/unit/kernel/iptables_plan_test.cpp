// What firewall operations mean for iptables and ipset. The expected rules are what iptables-save shows under
// keepalived 2.4.3.
#include "holdfast/kernel/iptables_plan.hpp"

#include <gtest/gtest.h>

#include "protected_address.hpp"

namespace holdfast::kernel {
namespace {

using namespace netstate;
using Texts = std::vector<std::string>;

QuietLink quiet(Family family, bool other_family = false) {
    QuietLink link{{5}, other_family, family, {2}, "vrrp.51", {}};
    if (family == Family::ipv6) link.base_link_local = IpAddress::parse("fe80::1");
    return link;
}

Texts rules(const IptablesPlan& plan) {
    Texts texts;
    for (const RuleChange& change : plan.rules) {
        const char* verb = nullptr;
        switch (change.what) {
            case RuleChange::What::append:
                verb = "";
                break;
            case RuleChange::What::insert:
                verb = "first: ";
                break;
            case RuleChange::What::remove:
                verb = "remove: ";
                break;
            case RuleChange::What::remove_all:
                verb = "all: ";
                break;
        }
        texts.push_back(verb + change.rule.to_text());
    }
    return texts;
}

Texts sets(const std::vector<IpSetChange>& changes) {
    constexpr const char* kVerbs[] = {"create", "destroy", "add", "del"};
    Texts texts;
    for (const IpSetChange& change : changes) {
        std::string text = std::string(kVerbs[static_cast<int>(change.what)]) + ' ' + change.set.name;
        if (change.what == IpSetChange::What::create)
            text += change.set.type == IpSet::Type::ip ? " hash:ip" : " hash:net,iface";
        if (change.address) text += ' ' + change.address->to_string();
        if (!change.interface.empty()) text += ',' + change.interface;
        texts.push_back(text);
    }
    return texts;
}

IptablesPlan plan(const std::vector<FirewallOperation>& operations, bool with_sets = true,
                  const char* output = "OUTPUT") {
    IptablesNames names;
    names.output_chain = output;
    if (!with_sets) names.sets.reset();
    return plan_iptables(names, operations);
}

TEST(IptablesPlan, Ipv4AddressesAreInOneSet) {
    const IptablesPlan made = plan({AddPart{FirewallPart::base4}, AddPart{FirewallPart::addresses4},
                                    Protect{global("192.0.2.1")}, Unprotect{global("192.0.2.2")}});
    EXPECT_EQ(sets(made.sets),
              (Texts{"create keepalived hash:ip", "add keepalived 192.0.2.1", "del keepalived 192.0.2.2"}));
    EXPECT_EQ(rules(made), (Texts{"-A INPUT -m set --match-set keepalived dst -j DROP",
                                  "-A OUTPUT -m set --match-set keepalived src -j DROP"}));
    EXPECT_TRUE(made.unused_sets.empty());
}

TEST(IptablesPlan, Ipv6NeighboursAreAnswered) {
    const IptablesPlan made =
        plan({AddPart{FirewallPart::addresses6}, AddPart{FirewallPart::link_local_by_name},
              Protect{{*IpAddress::parse("fe80::51"), {}, "eth0", 0}}, Protect{global("2001:db8::1")}});
    EXPECT_EQ(sets(made.sets), (Texts{"create keepalived6 hash:ip", "create keepalived_if6 hash:net,iface",
                                      "add keepalived_if6 fe80::51,eth0", "add keepalived6 2001:db8::1"}));
    const auto three = [](const std::string& chain, const std::string& set) {
        const std::string match = " -m set --match-set " + set;
        return Texts{"-A " + chain + " -p ipv6-icmp" + match + " -m icmp6 --icmpv6-type 135 -j ACCEPT",
                     "-A " + chain + " -p ipv6-icmp" + match + " -m icmp6 --icmpv6-type 136 -j ACCEPT",
                     "-A " + chain + match + " -j DROP"};
    };
    Texts expected;
    for (const Texts& texts : {three("INPUT", "keepalived_if6 dst,src"), three("INPUT", "keepalived6 dst"),
                               three("OUTPUT", "keepalived_if6 src,dst"), three("OUTPUT", "keepalived6 src")})
        expected.insert(expected.end(), texts.begin(), texts.end());
    EXPECT_EQ(rules(made), expected);
}

TEST(IptablesPlan, ReportsOfVmacsAreDropped) {
    const IptablesPlan made =
        plan({AddPart{FirewallPart::quiet4}, AddQuietLink{quiet(Family::ipv4)}, AddPart{FirewallPart::base6},
              AddPart{FirewallPart::quiet6}, AddQuietLink{quiet(Family::ipv6)},
              RemoveQuietLink{quiet(Family::ipv6, true)}});
    EXPECT_EQ(sets(made.sets), (Texts{"create keepalived_igmp hash:net,iface", "add keepalived_igmp,vrrp.51",
                                      "create keepalived_mld hash:net,iface",
                                      "create keepalived_nd hash:net,iface", "add keepalived_mld,vrrp.51",
                                      "add keepalived_nd fe80::1,vrrp.51", "del keepalived_mld,vrrp.51"}));
    EXPECT_EQ(
        rules(made),
        (Texts{"-A OUTPUT -p igmp -m set --match-set keepalived_igmp dst,dst -j DROP",
               "-A OUTPUT -p ipv6-icmp -m set --match-set keepalived_mld dst,dst -m icmp6 --icmpv6-type 143 "
               "-j DROP",
               "-A OUTPUT -p ipv6-icmp -m set --match-set keepalived_mld dst,dst -m icmp6 --icmpv6-type 131 "
               "-j DROP",
               "-A OUTPUT -p ipv6-icmp -m set --match-set keepalived_nd src,dst -m icmp6 --icmpv6-type 136 "
               "-j DROP"}));
}

TEST(IptablesPlan, WithoutSetsEveryAddressHasItsRules) {
    const IptablesPlan made = plan(
        {AddPart{FirewallPart::addresses4}, Protect{global("192.0.2.1")}, AddPart{FirewallPart::addresses6},
         Protect{{*IpAddress::parse("fe80::51"), {}, "eth0", 0}}, Unprotect{global("192.0.2.2")}},
        false);
    EXPECT_TRUE(made.sets.empty() && made.unused_sets.empty());
    EXPECT_EQ(rules(made),
              (Texts{"-A OUTPUT -s 192.0.2.1/32 -j DROP", "-A INPUT -d 192.0.2.1/32 -j DROP",
                     "-A OUTPUT -s fe80::51/128 -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT",
                     "-A OUTPUT -s fe80::51/128 -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT",
                     "-A OUTPUT -s fe80::51/128 -o eth0 -j DROP",
                     "-A INPUT -d fe80::51/128 -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT",
                     "-A INPUT -d fe80::51/128 -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT",
                     "-A INPUT -d fe80::51/128 -i eth0 -j DROP", "remove: -A OUTPUT -s 192.0.2.2/32 -j DROP",
                     "remove: -A INPUT -d 192.0.2.2/32 -j DROP"}));
}

TEST(IptablesPlan, WithoutSetsTheRulesOfVmacsComeFirst) {
    const IptablesPlan made = plan({AddQuietLink{quiet(Family::ipv4)}, AddQuietLink{quiet(Family::ipv6)},
                                    AddQuietLink{quiet(Family::ipv6, true)}},
                                   false);
    EXPECT_EQ(
        rules(made),
        (Texts{"first: -A OUTPUT -o vrrp.51 -p igmp -j DROP",
               "first: -A OUTPUT -o vrrp.51 -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j DROP",
               "first: -A OUTPUT -o vrrp.51 -p ipv6-icmp -m icmp6 --icmpv6-type 131 -j DROP",
               "first: -A OUTPUT -s fe80::1/128 -o vrrp.51 -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j DROP",
               "first: -A OUTPUT -o vrrp.51 -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j DROP",
               "first: -A OUTPUT -o vrrp.51 -p ipv6-icmp -m icmp6 --icmpv6-type 131 -j DROP"}));
}

TEST(IptablesPlan, WithoutAnOutputChainOnlyWhatComesInIsDropped) {
    for (const bool with_sets : {true, false}) {
        const IptablesPlan made = plan(
            {AddPart{FirewallPart::addresses4}, AddPart{FirewallPart::addresses6},
             AddPart{FirewallPart::quiet4}, AddPart{FirewallPart::quiet6}, AddQuietLink{quiet(Family::ipv4)},
             AddQuietLink{quiet(Family::ipv6)}, Protect{global("192.0.2.1")}, Protect{global("2001:db8::1")}},
            with_sets, "");
        EXPECT_FALSE(made.rules.empty());
        for (const RuleChange& change : made.rules) EXPECT_EQ(change.rule.chain, "INPUT");
        for (const IpSetChange& change : made.sets) EXPECT_TRUE(change.interface.empty());
    }
}

TEST(IptablesPlan, RemovalKeepsTheSetsThatAreMadeAgain) {
    const IptablesPlan made =
        plan({RemoveTables{}, AddPart{FirewallPart::addresses4}, Protect{global("192.0.2.1")}});
    EXPECT_EQ(sets(made.unused_sets),
              (Texts{"destroy keepalived6", "destroy keepalived_if6", "destroy keepalived_igmp",
                     "destroy keepalived_mld", "destroy keepalived_nd"}));
    const Texts texts = rules(made);
    ASSERT_EQ(texts.size(), 20U);
    for (size_t i = 0; i < 18; ++i) EXPECT_EQ(texts[i].substr(0, 5), "all: ") << texts[i];
    EXPECT_EQ(texts[18], "-A INPUT -m set --match-set keepalived dst -j DROP");
}

TEST(IptablesPlan, RemovalWithoutSetsNeedsToKnowTheAddresses) {
    const FirewallState known{.addresses = {global("192.0.2.1")}, .links = {quiet(Family::ipv4)}};
    EXPECT_EQ(rules(plan({RemoveTables{known}}, false)),
              (Texts{"all: -A OUTPUT -o vrrp.51 -p igmp -j DROP", "all: -A OUTPUT -s 192.0.2.1/32 -j DROP",
                     "all: -A INPUT -d 192.0.2.1/32 -j DROP"}));
    EXPECT_TRUE(rules(plan({RemoveTables{}}, false)).empty());
}

}  // namespace
}  // namespace holdfast::kernel

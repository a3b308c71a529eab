#include "links_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

TEST_F(LinksTest, MakesTunesAndSwitchesOnInThisOrder) {
    define(vmac());
    const std::vector<std::string> expected{"move all/rp_filter to interfaces",
                                            "set net/ipv4/conf/eth0/arp_filter to 1",
                                            "set net/ipv4/conf/eth0/arp_ignore to 1",
                                            "add link vrrp.51",
                                            "tune link vrrp.51",
                                            "switch on link vrrp.51"};
    EXPECT_EQ(kernel.take_log(), expected);
    ASSERT_NE(link("vrrp.51"), nullptr);
    EXPECT_TRUE(link("vrrp.51")->usable());
    EXPECT_EQ(link("vrrp.51")->mac.to_string(), "00:00:5e:00:01:33");
    EXPECT_EQ(observer.take(), std::vector{What::installed});
}

TEST_F(LinksTest, MakesManyKindByKind) {
    VirtualLink other = vmac();
    other.name = "vrrp.52";
    other.mac = virtual_router_mac(Family::ipv4, 52);
    state.define_links(now, {vmac(), other});
    const std::vector<std::string> log = kernel.take_log();
    const auto at = [&](const char* text) { return std::ranges::find(log, text) - log.begin(); };
    EXPECT_LT(at("add link vrrp.52"), at("tune link vrrp.51"));
    EXPECT_LT(at("tune link vrrp.52"), at("switch on link vrrp.51"));
    EXPECT_EQ(std::ranges::count(log, "set net/ipv4/conf/eth0/arp_ignore to 1"), 1);
}

TEST_F(LinksTest, CopiesGroupAndVrfOfTheBase) {
    LinkInfo vrf = ethernet(9, "red");
    vrf.kind = "vrf";
    kernel.set_link(vrf);
    LinkInfo base = ethernet(2, "eth0");
    base.group = 7;
    base.master = {9};
    kernel.set_link(base);
    deliver();
    define(vmac());
    EXPECT_EQ(link("vrrp.51")->group, 7U);
    EXPECT_EQ(link("vrrp.51")->master, InterfaceIndex{9});
    base.master = {};
    kernel.set_link(base);
    deliver();
    EXPECT_EQ(link("vrrp.51")->master, InterfaceIndex{});
    VirtualLink own_group = vmac();
    own_group.group = 9;
    define(own_group);
    EXPECT_EQ(link("vrrp.51")->group, 9U);
}

TEST_F(LinksTest, BridgeMasterIsNotCopied) {
    LinkInfo bridge = ethernet(9, "br0");
    bridge.kind = "bridge";
    kernel.set_link(bridge);
    LinkInfo base = ethernet(2, "eth0");
    base.master = {9};
    kernel.set_link(base);
    deliver();
    define(vmac());
    EXPECT_EQ(link("vrrp.51")->master, InterfaceIndex{});
}

TEST_F(LinksTest, ForgettingRemovesItAndRestoresTheKnobs) {
    define(vmac());
    state.forget_link(now, "vrrp.51", true);
    EXPECT_EQ(link("vrrp.51"), nullptr);
    EXPECT_TRUE(kernel.sysctls.empty());
    const auto log = kernel.take_log();
    EXPECT_NE(std::ranges::find(log, "restore all/rp_filter"), log.end());
}

TEST_F(LinksTest, KnobsOfTheBaseStayForTheLastOfItsLinks) {
    VirtualLink other = vmac();
    other.name = "vrrp.52";
    other.mac = virtual_router_mac(Family::ipv4, 52);
    state.define_links(now, {vmac(), other});
    state.forget_link(now, "vrrp.51", true);
    EXPECT_EQ(kernel.sysctls.size(), 2U);
    state.forget_link(now, "vrrp.52", true);
    EXPECT_TRUE(kernel.sysctls.empty());
}

TEST_F(LinksTest, OnAMacvlanTheKnobsAreThoseOfTheInterfaceBeneath) {
    LinkInfo macvlan = ethernet(4, "mv0");
    macvlan.kind = "macvlan";
    macvlan.lower = {2};
    kernel.set_link(macvlan);
    deliver();
    VirtualLink link = vmac();
    link.base = "mv0";
    define(link);
    EXPECT_EQ(kernel.sysctls["net/ipv4/conf/eth0/arp_ignore"], "1");
    EXPECT_FALSE(kernel.sysctls.contains("net/ipv4/conf/mv0/arp_ignore"));
    EXPECT_EQ(this->link("vrrp.51")->lower, InterfaceIndex{2});
}

TEST_F(LinksTest, ForgettingWithoutRemovingLeavesTheLink) {
    define(vmac());
    state.forget_link(now, "vrrp.51", false);
    EXPECT_NE(link("vrrp.51"), nullptr);
}

TEST_F(LinksTest, IpvlanHasItsConfiguredAddressAndNoKnobs) {
    VirtualLink link;
    link.name = "ipv51";
    link.base = "eth0";
    link.ipvlan = true;
    link.ipvlan_flags = 1;
    link.address = *Prefix::parse("192.0.2.51/24");
    define(link);
    EXPECT_EQ(this->link("ipv51")->kind, "ipvlan");
    EXPECT_EQ(this->link("ipv51")->kind_flags, 1);
    EXPECT_EQ(addresses_of("ipv51"), std::vector<std::string>{"192.0.2.51/24"});
    EXPECT_TRUE(kernel.sysctls.empty());
}

TEST_F(LinksTest, KnobsAreSetWhileAnybodyWantsThem) {
    const SysctlWish wish{"eth1", "net/ipv4/conf/eth1/promote_secondaries", "1"};
    state.define_sysctls(now, Owner{"A"}, {wish});
    EXPECT_TRUE(kernel.sysctls.empty());
    kernel.set_link(ethernet(3, "eth1"));
    deliver();
    EXPECT_EQ(kernel.sysctls.size(), 1U);
    state.define_sysctls(now, Owner{"B"}, {wish});
    state.define_sysctls(now, Owner{"A"}, {});
    EXPECT_EQ(kernel.sysctls.size(), 1U);
    state.define_sysctls(now, Owner{"B"}, {});
    EXPECT_TRUE(kernel.sysctls.empty());
}

}  // namespace
}  // namespace holdfast::netstate::testing

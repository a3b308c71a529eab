#include "holdfast/netstate/links.hpp"

#include <gtest/gtest.h>

#include "fake_kernel.hpp"
#include "holdfast/netstate/network_state.hpp"

namespace holdfast::netstate {
namespace {

using namespace std::chrono_literals;
using What = ObjectEvent::What;

class Observer final : public NetworkObserver {
  public:
    void on_link_changed(Instant, const LinkInfo&, const LinkInfo*) override {}
    void on_link_removed(Instant, const LinkInfo&) override {}
    void on_address_changed(Instant, const KernelAddress&, bool) override {}
    void on_object_events(Instant, std::span<const ObjectEvent> news) override {
        for (const ObjectEvent& event : news)
            if (event.kind == ObjectKind::link) events.push_back(event);
    }
    std::vector<What> take() {
        std::vector<What> all;
        for (const ObjectEvent& event : std::exchange(events, {})) all.push_back(event.what);
        return all;
    }
    std::vector<ObjectEvent> events;
};

LinkInfo ethernet(uint32_t index, const std::string& name) {
    LinkInfo link;
    link.index = {index};
    link.name = name;
    link.up = link.running = link.multicast = true;
    link.mac.bytes = {2, 0, 0, 0, 0, 0x0a};
    return link;
}

VirtualLink vmac(Family family = Family::ipv4) {
    VirtualLink link;
    link.name = family == Family::ipv4 ? "vrrp.51" : "vrrp6.51";
    link.base = "eth0";
    link.instance = "VI";
    link.mac = virtual_router_mac(family, 51);
    link.family = family;
    link.ipv6 = link.link_local = family == Family::ipv6;
    return link;
}

class LinksTest : public ::testing::Test {
  protected:
    LinksTest() {
        kernel.set_link(ethernet(2, "eth0"));
        (void)state.start(now);
        kernel.take_log();
    }
    void define(const VirtualLink& link) { state.define_links(now, {link}); }
    void deliver() {
        kernel.now = now;
        kernel.deliver_changes();
    }
    const LinkInfo* link(const std::string& name) const { return state.mirror().link(name); }
    std::vector<std::string> addresses_of(const std::string& name) const {
        std::vector<std::string> texts;
        for (const KernelAddress& address : state.mirror().addresses(link(name)->index))
            texts.push_back(address.to_string());
        return texts;
    }
    void add_address(uint32_t interface, const char* prefix) {
        KernelAddress address;
        address.interface = {interface};
        address.prefix = *Prefix::parse(prefix);
        kernel.outside(AddAddress{address});
    }
    void remove_address(uint32_t interface, const char* prefix) {
        KernelAddress address;
        address.interface = {interface};
        address.prefix = *Prefix::parse(prefix);
        kernel.outside(RemoveAddress{address});
    }

    Instant now{1h};
    testing::FakeKernel kernel;
    Observer observer;
    NetworkState state{kernel, observer};
};

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

TEST_F(LinksTest, MakesItAgainWhenSomebodyRemovesIt) {
    define(vmac());
    observer.take();
    kernel.remove_link(link("vrrp.51")->index.value);
    deliver();
    ASSERT_NE(link("vrrp.51"), nullptr);
    EXPECT_EQ(observer.take(), (std::vector{What::lost, What::repaired}));
}

TEST_F(LinksTest, BacksOffWhenSomebodyKeepsRemovingIt) {
    define(vmac());
    for (int i = 0; i < 3; ++i) {
        kernel.remove_link(link("vrrp.51")->index.value);
        deliver();
        ASSERT_NE(link("vrrp.51"), nullptr) << i;
    }
    kernel.remove_link(link("vrrp.51")->index.value);
    deliver();
    EXPECT_EQ(link("vrrp.51"), nullptr);
    ASSERT_TRUE(state.deadline());
    now = *state.deadline();
    state.handle_deadline(now);
    EXPECT_NE(link("vrrp.51"), nullptr);
}

TEST_F(LinksTest, WaitsForItsBaseAndReturnsWithIt) {
    kernel.remove_link(2);
    deliver();
    define(vmac());
    EXPECT_TRUE(kernel.take_log() == std::vector<std::string>{"move all/rp_filter to interfaces"});
    kernel.set_link(ethernet(3, "eth0"));
    deliver();
    ASSERT_NE(link("vrrp.51"), nullptr);
    EXPECT_EQ(link("vrrp.51")->lower, InterfaceIndex{3});
    EXPECT_EQ(kernel.sysctls["net/ipv4/conf/eth0/arp_ignore"], "1");
    kernel.take_log();

    // A base that goes takes its macvlans along; the new one has knobs of its own.
    kernel.remove_link(3);
    kernel.remove_link(link("vrrp.51")->index.value);
    deliver();
    EXPECT_EQ(link("vrrp.51"), nullptr);
    kernel.set_link(ethernet(5, "eth0"));
    deliver();
    EXPECT_EQ(link("vrrp.51")->lower, InterfaceIndex{5});
    const auto log = kernel.take_log();
    EXPECT_NE(std::ranges::find(log, "set net/ipv4/conf/eth0/arp_ignore to 1"), log.end());
}

TEST_F(LinksTest, GoesWhenItsBaseIsRenamed) {
    define(vmac());
    kernel.set_link(ethernet(2, "lan"));
    deliver();
    EXPECT_EQ(link("vrrp.51"), nullptr);
    kernel.set_link(ethernet(2, "eth0"));
    deliver();
    EXPECT_NE(link("vrrp.51"), nullptr);
}

TEST_F(LinksTest, AdoptsWhatAnEarlierRunHasLeft) {
    LinkInfo left = ethernet(8, "vrrp.51");
    left.kind = "macvlan";
    left.mode = kMacvlanPrivate;
    left.lower = {2};
    left.mac = virtual_router_mac(Family::ipv4, 51);
    left.up = false;
    kernel.set_link(left);
    deliver();
    define(vmac());
    EXPECT_EQ(link("vrrp.51")->index, InterfaceIndex{8});
    EXPECT_TRUE(link("vrrp.51")->up);
    EXPECT_EQ(observer.take(), std::vector{What::adopted});
    const auto log = kernel.take_log();
    EXPECT_NE(std::ranges::find(log, "tune link vrrp.51"), log.end());
    EXPECT_EQ(std::ranges::find(log, "add link vrrp.51"), log.end());
}

TEST_F(LinksTest, CorrectsTheMacOfALeftover) {
    LinkInfo left = ethernet(8, "vrrp.51");
    left.kind = "macvlan";
    left.mode = 4;  // Bridge.
    left.lower = {2};
    kernel.set_link(left);
    deliver();
    define(vmac());
    EXPECT_EQ(link("vrrp.51")->index, InterfaceIndex{8});
    EXPECT_EQ(link("vrrp.51")->mac, virtual_router_mac(Family::ipv4, 51));
    EXPECT_EQ(link("vrrp.51")->mode, kMacvlanPrivate);
}

TEST_F(LinksTest, ReplacesALeftoverOnAnotherInterface) {
    kernel.set_link(ethernet(3, "eth1"));
    LinkInfo left = ethernet(8, "vrrp.51");
    left.kind = "macvlan";
    left.mode = kMacvlanPrivate;
    left.lower = {3};
    kernel.set_link(left);
    deliver();
    define(vmac());
    EXPECT_EQ(link("vrrp.51")->lower, InterfaceIndex{2});
}

TEST_F(LinksTest, LeavesAnotherKindOfInterfaceAlone) {
    kernel.set_link(ethernet(8, "vrrp.51"));
    deliver();
    define(vmac());
    EXPECT_EQ(link("vrrp.51")->kind, "");
    ASSERT_EQ(observer.events.size(), 1U);
    EXPECT_EQ(observer.events[0].error.message, "vrrp.51 exists and is no macvlan");
    // When it goes there is room.
    kernel.remove_link(8);
    deliver();
    now = *state.deadline();
    state.handle_deadline(now);
    EXPECT_EQ(link("vrrp.51")->kind, "macvlan");
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

TEST_F(LinksTest, RefusedLinkIsTriedAgainLater) {
    kernel.refuse = [](const Operation& o) { return std::holds_alternative<AddLink>(o) ? ENOMEM : 0; };
    define(vmac());
    EXPECT_EQ(observer.take(), std::vector{What::refused});
    kernel.refuse = {};
    now = *state.deadline();
    state.handle_deadline(now);
    EXPECT_NE(link("vrrp.51"), nullptr);
    EXPECT_EQ(observer.take(), std::vector{What::installed});
}

TEST_F(LinksTest, LinkThatCannotBeSwitchedOnIsTriedAgain) {
    kernel.refuse = [](const Operation& o) { return std::holds_alternative<SwitchLinkOn>(o) ? EBUSY : 0; };
    define(vmac());
    EXPECT_FALSE(link("vrrp.51")->up);
    EXPECT_EQ(observer.take(), (std::vector{What::installed, What::refused}));
    kernel.refuse = {};
    now = *state.deadline();
    state.handle_deadline(now);
    EXPECT_TRUE(link("vrrp.51")->up);
}

TEST_F(LinksTest, LinkThatSomebodySwitchesOffStaysOff) {
    define(vmac());
    LinkInfo off = *link("vrrp.51");
    off.up = off.running = false;
    kernel.set_link(off);
    deliver();
    EXPECT_FALSE(link("vrrp.51")->up);
}

TEST_F(LinksTest, Ipv6VmacHasTheLinkLocalAddressOfItsBase) {
    add_address(2, "fe80::1/64");
    define(vmac(Family::ipv6));
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::1/64"});
    const KernelAddress address = state.mirror().addresses(link("vrrp6.51")->index)[0];
    EXPECT_EQ(address.preferred_lifetime, 0U);
    EXPECT_TRUE((address.flags & address_flag::kNoDad) != 0);
    EXPECT_TRUE(kernel.sysctls.empty());  // IPv6 has no ARP to keep quiet.
}

TEST_F(LinksTest, WithoutOneItIsMadeOfTheMacOfTheBase) {
    define(vmac(Family::ipv6));
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::ff:fe00:a/64"});
}

TEST_F(LinksTest, ConfiguredSourceIsUsedInstead) {
    add_address(2, "fe80::1/64");
    VirtualLink link = vmac(Family::ipv6);
    link.source = *IpAddress::parse("fe80::99");
    define(link);
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::99/64"});
}

TEST_F(LinksTest, LinkLocalAddressFollowsTheBase) {
    add_address(2, "fe80::1/64");
    define(vmac(Family::ipv6));
    remove_address(2, "fe80::1/64");
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::ff:fe00:a/64"});
    add_address(2, "fe80::2/64");
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::2/64"});
}

TEST_F(LinksTest, LinkLocalAddressStaysWhileTheBaseIsSwitchedOff) {
    add_address(2, "fe80::1/64");
    define(vmac(Family::ipv6));
    LinkInfo off = ethernet(2, "eth0");
    off.up = off.running = false;
    kernel.set_link(off);
    deliver();
    remove_address(2, "fe80::1/64");
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::1/64"});
}

TEST_F(LinksTest, TransmittingOnTheBaseNeedsNoLinkLocalAddress) {
    add_address(2, "fe80::1/64");
    VirtualLink link = vmac(Family::ipv6);
    define(link);
    link.link_local = false;
    define(link);
    EXPECT_TRUE(addresses_of("vrrp6.51").empty());
}

TEST_F(LinksTest, VirtualAddressesOnTheVmacAreNotTouched) {
    add_address(2, "fe80::1/64");
    define(vmac(Family::ipv6));
    AddressSettings vip;
    vip.prefix = *Prefix::parse("fe80::51/128");
    vip.interface = "vrrp6.51";
    state.define(now, Owner{"VI"}, {.addresses = {vip}}, true);
    EXPECT_EQ(addresses_of("vrrp6.51"), (std::vector<std::string>{"fe80::1/64", "fe80::51/128"}));
    remove_address(2, "fe80::1/64");
    EXPECT_EQ(addresses_of("vrrp6.51"), (std::vector<std::string>{"fe80::51/128", "fe80::ff:fe00:a/64"}));
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

class LinkNameTest : public ::testing::Test {
  protected:
    LinkNameTest() { add(ethernet(2, "eth0")); }
    void add(const LinkInfo& link) { mirror.set_link(link); }
    void add_macvlan(uint32_t index, const std::string& name, const MacAddress& mac, uint32_t lower = 2) {
        LinkInfo link = ethernet(index, name);
        link.kind = "macvlan";
        link.mode = kMacvlanPrivate;
        link.lower = {lower};
        link.mac = mac;
        add(link);
    }
    std::string choose(const std::set<std::string, std::less<>>& taken = {}) const {
        return choose_link_name(request, mirror, taken);
    }
    Mirror mirror;
    LinkNameRequest request{.configured = {},
                            .prefix = "vrrp",
                            .vrid = 51,
                            .family = Family::ipv4,
                            .base = "eth0",
                            .ipvlan = false,
                            .mac = virtual_router_mac(Family::ipv4, 51),
                            .ipvlan_flags = 0,
                            .ipvlan_address = {}};
};

TEST_F(LinkNameTest, IsPrefixAndVrid) {
    EXPECT_EQ(choose(), "vrrp.51");
    request.prefix = "vmac";
    EXPECT_EQ(choose(), "vmac.51");
    request.configured = "lan51";
    EXPECT_EQ(choose(), "lan51");
}

TEST_F(LinkNameTest, CountsUpWhileNamesAreTaken) {
    EXPECT_EQ(choose({"vrrp.51"}), "vrrp1.51");
    EXPECT_EQ(choose({"vrrp.51", "vrrp1.51"}), "vrrp2.51");
    request.family = Family::ipv6;
    EXPECT_EQ(choose({"vrrp.51"}), "vrrp6.51");
    EXPECT_EQ(choose({"vrrp.51", "vrrp6.51"}), "vrrp1.51");
    EXPECT_EQ(choose({"vrrp.51", "vrrp6.51", "vrrp1.51", "vrrp2.51", "vrrp3.51", "vrrp4.51", "vrrp5.51"}),
              "vrrp7.51");
}

TEST_F(LinkNameTest, ExistingInterfacesTakeNamesToo) {
    add(ethernet(3, "vrrp.51"));
    EXPECT_EQ(choose(), "vrrp1.51");
}

TEST_F(LinkNameTest, LongPrefixIsCut) {
    request.prefix = "averyveryveryverylongone";
    EXPECT_EQ(choose(), "averyveryver.51");
    EXPECT_EQ(choose({"averyveryver.51"}), "averyveryve1.51");
}

TEST_F(LinkNameTest, FittingInterfaceGivesItsName) {
    add_macvlan(8, "old51", virtual_router_mac(Family::ipv4, 51));
    EXPECT_EQ(choose(), "old51");
    request.configured = "new51";
    EXPECT_EQ(choose(), "old51");
    EXPECT_EQ(choose({"old51"}), "new51");
}

TEST_F(LinkNameTest, OtherMacModeOrBaseDoesNotFit) {
    add(ethernet(3, "eth1"));
    add_macvlan(8, "a", virtual_router_mac(Family::ipv4, 52));
    add_macvlan(9, "b", virtual_router_mac(Family::ipv6, 51));
    add_macvlan(10, "c", virtual_router_mac(Family::ipv4, 51), 3);
    EXPECT_EQ(choose(), "vrrp.51");
}

TEST_F(LinkNameTest, ConfiguredNameOfAnotherKindOfInterfaceIsNotUsed) {
    add(ethernet(3, "lan51"));
    request.configured = "lan51";
    EXPECT_EQ(choose(), "vrrp.51");
}

TEST_F(LinkNameTest, OnAMacvlanTheLinkSitsOnWhatIsBeneath) {
    add_macvlan(7, "mv0", {}, 2);
    request.base = "mv0";
    EXPECT_EQ(lower_of(*mirror.link("mv0"), false), InterfaceIndex{2});
    EXPECT_EQ(lower_of(*mirror.link("mv0"), true), InterfaceIndex{7});
    add_macvlan(8, "old51", virtual_router_mac(Family::ipv4, 51), 2);
    EXPECT_EQ(choose(), "old51");
}

TEST_F(LinkNameTest, IpvlanIsKnownByItsNameOrAddress) {
    LinkInfo link = ethernet(8, "ipv51");
    link.kind = "ipvlan";
    link.lower = {2};
    add(link);
    request.ipvlan = true;
    EXPECT_EQ(choose(), "vrrp.51");
    request.configured = "ipv51";
    EXPECT_EQ(choose(), "ipv51");
    request.configured = "";
    request.ipvlan_address = *IpAddress::parse("192.0.2.51");
    EXPECT_EQ(choose(), "vrrp.51");
    KernelAddress address;
    address.interface = {8};
    address.prefix = *Prefix::parse("192.0.2.51/24");
    mirror.set_address(address);
    EXPECT_EQ(choose(), "ipv51");
    request.ipvlan_flags = 1;
    EXPECT_EQ(choose(), "vrrp.51");
}

TEST(VirtualRouterMac, IsOfTheRfc) {
    EXPECT_EQ(virtual_router_mac(Family::ipv4, 1).to_string(), "00:00:5e:00:01:01");
    EXPECT_EQ(virtual_router_mac(Family::ipv6, 255).to_string(), "00:00:5e:00:02:ff");
}

}  // namespace
}  // namespace holdfast::netstate

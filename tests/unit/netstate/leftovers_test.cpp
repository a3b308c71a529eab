// What a crashed run has left and nobody wants any more.
#include "network_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

class Leftovers : public NetworkStateRoutes {
  protected:
    KernelAddress marked(const char* text) {
        KernelAddress found = address(text);
        found.protocol = kAddressProtocol;
        return found;
    }
    static KernelRoute to(const char* destination, uint8_t protocol = kRouteProtocol) {
        KernelRoute found;
        found.destination = *Prefix::parse(destination);
        found.protocol = protocol;
        found.next_hops.push_back({.via = IpAddress::v4(192, 0, 2, 254), .interface = {2}});
        return found;
    }
    static LinkInfo macvlan(uint32_t index, const char* name, MacAddress mac) {
        LinkInfo link{.index = {index}, .name = name, .up = true, .running = true};
        link.kind = "macvlan";
        link.mode = kMacvlanPrivate;
        link.lower = {2};
        link.mac = mac;
        return link;
    }
};

TEST_F(Leftovers, MarkedObjectsOfNobodyGo) {
    kernel.addresses.push_back(marked("192.0.2.77/24"));
    kernel.routes.push_back(to("10.9.0.0/16"));
    KernelRule rule;
    rule.from = Prefix::parse("10.9.0.0/16");
    rule.table = 9;
    rule.priority = 9;
    rule.protocol = kRouteProtocol;
    kernel.rules.push_back(rule);
    start_holding({"192.0.2.100"});
    EXPECT_THAT(state.remove_leftovers(now),
                ElementsAre("remove rule from 10.9.0.0/16 table 9 priority 9", "remove route 10.9.0.0/16",
                            "remove address 192.0.2.77/24"));
    EXPECT_FALSE(kernel.has("192.0.2.77/24"));
    EXPECT_THAT(kernel.routes, IsEmpty());
    EXPECT_THAT(kernel.rules, IsEmpty());
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
    EXPECT_FALSE(state.mirror().has_address(IpAddress::v4(192, 0, 2, 77)));
    EXPECT_THAT(kernel.watched, IsEmpty());
    EXPECT_THAT(state.remove_leftovers(now), IsEmpty());
}

TEST_F(Leftovers, UnmarkedObjectsStay) {
    kernel.addresses.push_back(address("192.0.2.77/24"));
    kernel.routes.push_back(to("10.9.0.0/16", 4));
    start_holding({"192.0.2.100"});
    EXPECT_THAT(state.remove_leftovers(now), IsEmpty());
    EXPECT_TRUE(kernel.has("192.0.2.77/24"));
    EXPECT_EQ(kernel.routes.size(), 1U);
}

TEST_F(Leftovers, WhatSomebodyStillHasStaysWhetherHeldOrAdopted) {
    kernel.addresses.push_back(marked("192.0.2.100/32"));
    Objects objects = vips({"192.0.2.100"});
    objects.routes = {route("10.0.0.0/8")};
    objects.rules = {rule(7)};
    state.define(now, kWeb, objects, true);
    start();
    EXPECT_THAT(state.remove_leftovers(now), IsEmpty());
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
    EXPECT_EQ(kernel.routes.size(), 1U);
    EXPECT_EQ(kernel.rules.size(), 1U);
}

TEST_F(Leftovers, RouteThatTheKernelShowsInItsOwnWordsIsKnownByItsPlace) {
    // Without `dev` the kernel finds the interface; a property that we do not read may differ too.
    Objects objects;
    objects.routes = {route("10.0.0.0/8")};
    objects.routes[0].interface.clear();
    state.define(now, kWeb, objects, true);
    kernel.routes.push_back(to("10.0.0.0/8"));
    start();
    EXPECT_THAT(state.remove_leftovers(now), IsEmpty());
    kernel.routes[0].preferred_source = IpAddress::v4(192, 0, 2, 9);
    EXPECT_THAT(state.remove_leftovers(now), IsEmpty());
    EXPECT_FALSE(kernel.routes.empty());
}

TEST_F(Leftovers, AddressThatMovedToAnotherInterfaceGoesFromTheOldOne) {
    kernel.links[3] = {.index = {3}, .name = "eth1", .up = true, .running = true};
    KernelAddress old = marked("192.0.2.100/32");
    old.interface = {3};
    kernel.addresses.push_back(old);
    start_holding({"192.0.2.100"});
    EXPECT_THAT(state.remove_leftovers(now), ElementsAre("remove address 192.0.2.100/32"));
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
}

TEST_F(Leftovers, VmacOfNobodyGoesAndOtherMacvlansStay) {
    kernel.links[7] = macvlan(7, "vrrp.77", virtual_router_mac(Family::ipv4, 77));
    kernel.links[8] = macvlan(8, "mv0", MacAddress{{2, 0, 0, 0, 0, 1}});
    start_holding({"192.0.2.100"});
    EXPECT_THAT(state.remove_leftovers(now), ElementsAre("remove link vrrp.77"));
    EXPECT_TRUE(kernel.links.contains(8));
}

TEST_F(Leftovers, VmacOfALinkOfOursStaysWithItsAddresses) {
    kernel.links[7] = macvlan(7, "vrrp.51", virtual_router_mac(Family::ipv4, 51));
    KernelAddress own = marked("fe80::51/64");
    own.interface = {7};
    kernel.addresses.push_back(own);
    VirtualLink link;
    link.name = "vrrp.51";
    link.base = "eth0";
    link.mac = virtual_router_mac(Family::ipv4, 51);
    start_holding({"192.0.2.100"});
    state.define_links(now, {link});
    EXPECT_THAT(state.remove_leftovers(now), IsEmpty());
    EXPECT_TRUE(kernel.links.contains(7));
}

}  // namespace
}  // namespace holdfast::netstate::testing

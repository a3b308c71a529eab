#include "network_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

TEST_F(NetworkStateRoutes, AreInstalledAfterAddressesAndRemovedBefore) {
    start_with_routes();
    state.release(now, kWeb);
    EXPECT_THAT(kernel.take_log(), ElementsAre("remove rule from 10.0.0.0/8 table 7 priority 100",
                                               "remove route 10.0.0.0/8", "remove address 192.0.2.100/32"));
    state.hold(now, kWeb);
    EXPECT_THAT(kernel.take_log(), ElementsAre("add address 192.0.2.100/32", "add route 10.0.0.0/8",
                                               "add rule from 10.0.0.0/8 table 7 priority 100"));
}

TEST_F(NetworkStateRoutes, ProtocolsOfTheConfigurationAreWatchedAndOnlyThose) {
    start_holding({"192.0.2.100"});
    EXPECT_THAT(kernel.watched, IsEmpty());
    const int dumps = kernel.dumps;
    Objects objects;
    objects.routes = {route("10.0.0.0/8"), route("10.1.0.0/16")};
    objects.routes[0].protocol = 99;
    state.define(now, kMail, objects, false);
    EXPECT_EQ(kernel.dumps, dumps + 1);  // What was not watched before is not in the mirror.
    EXPECT_THAT(kernel.watched, ElementsAre(18, 99));
}

KernelRoute via(const char* gateway, uint8_t protocol = kRouteProtocol) {
    KernelRoute route;
    route.destination = *Prefix::parse("10.0.0.0/8");
    route.protocol = protocol;
    route.next_hops.push_back({.via = IpAddress::parse(gateway), .interface = {2}});
    return route;
}

RouteSettings wanted_via(const char* gateway) {
    RouteSettings route;
    route.destination = *Prefix::parse("10.0.0.0/8");
    route.via = IpAddress::parse(gateway);
    route.interface = "eth0";
    return route;
}

TEST_F(NetworkStateTest, StaleRouteInThePlaceOfAWantedOneIsRemoved) {
    kernel.routes = {via("192.0.2.1"), via("192.0.2.2")};
    start();
    state.remove_stale_routes(now, std::vector{wanted_via("192.0.2.2")});
    ASSERT_EQ(kernel.routes.size(), 1U);
    EXPECT_EQ(kernel.routes[0].next_hops[0].via, IpAddress::parse("192.0.2.2"));
}

TEST_F(NetworkStateTest, RoutesInOtherPlacesAndOfOthersAreNotStale) {
    KernelRoute elsewhere = via("192.0.2.1");
    elsewhere.priority = 7;
    kernel.routes = {elsewhere, via("192.0.2.1", 4)};
    start();
    state.remove_stale_routes(now, std::vector{wanted_via("192.0.2.2")});
    EXPECT_EQ(kernel.routes.size(), 2U);
    EXPECT_TRUE(kernel.take_log().empty());
}

TEST_F(NetworkStateTest, LookingForStaleRoutesCostsOneDump) {
    start();
    const int before = kernel.dumps;
    state.remove_stale_routes(now, std::vector{wanted_via("192.0.2.2")});
    Objects objects;
    objects.routes = {wanted_via("192.0.2.2")};
    state.define(now, kWeb, objects, true);
    EXPECT_EQ(kernel.dumps, before + 1);
    EXPECT_EQ(kernel.routes.size(), 1U);
}

}  // namespace
}  // namespace holdfast::netstate::testing

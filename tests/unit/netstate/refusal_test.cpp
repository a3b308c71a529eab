#include "network_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

TEST_F(NetworkStateTest, RefusedRequestIsRepeatedWithGrowingDelays) {
    kernel.refuse = [](const Operation& operation) { return is_install(operation) ? EACCES : 0; };
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    start();
    EXPECT_EQ(state.deadline(), now + 50ms);
    advance(50ms);
    EXPECT_EQ(state.deadline(), now + 100ms);
    EXPECT_THAT(observer.take_events(), IsEmpty());  // Said once.
    kernel.refuse = {};
    advance(100ms);
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed));
    EXPECT_FALSE(state.deadline().has_value());
}

TEST_F(NetworkStateTest, LinkComingUpEndsTheWaitForARefusedRequest) {
    kernel.refuse = [](const Operation&) { return EACCES; };
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    start();
    kernel.refuse = {};
    kernel.set_link({.index = {2}, .name = "eth0", .up = true, .running = true, .mtu = 9000});
    kernel.deliver_changes();
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
}

TEST_F(NetworkStateTest, RefusedRemovalIsRepeated) {
    start_holding({"192.0.2.100"});
    kernel.refuse = [](const Operation&) { return EPERM; };
    state.release(now, kWeb);
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
    kernel.refuse = {};
    ASSERT_TRUE(state.deadline().has_value());
    advance(*state.deadline() - now);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
    EXPECT_FALSE(state.deadline().has_value());
}

TEST_F(NetworkStateTest, WhatIsRefusedAgainAndAgainIsNewsOnce) {
    start();
    kernel.refuse = [](const Operation& o) { return std::holds_alternative<AddAddress>(o) ? EINVAL : 0; };
    state.define(now, kWeb, vips({"192.0.2.1/32"}), true);
    for (int i = 0; i < 5; ++i) advance(*state.deadline() - now);
    EXPECT_THAT(observer.take_events(), ElementsAre(What::refused));
    kernel.refuse = {};
    advance(*state.deadline() - now);
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed));
}

TEST_F(NetworkStateRoutes, ImpossibleRouteIsReportedOnceAndDoesNotStopTheOthers) {
    Objects objects;
    objects.routes = {route("10.0.0.0/8"), route("10.1.0.0/16")};
    objects.routes[0].encapsulation = {"mpls", "a hundred"};
    state.define(now, kWeb, objects, true);
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_THAT(kernel.take_log(), ElementsAre("add route 10.1.0.0/16"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::refused, What::installed));
    kernel.overrun();
    EXPECT_THAT(observer.take_events(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::netstate::testing

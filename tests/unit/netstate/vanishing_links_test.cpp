// What becomes of objects when the interface under them is switched off, renamed, or made anew.
#include "network_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

class VanishingLinks : public NetworkStateRoutes {
  protected:
    LinkInfo eth0(bool up, uint32_t index = 2) const {
        return {.index = {index}, .name = "eth0", .up = up, .running = up};
    }
    void set(const LinkInfo& link) {
        kernel.set_link(link);
        kernel.deliver_changes();
    }
    KernelAddress on(uint32_t index, const char* text) {
        KernelAddress found = address(text);
        found.interface = {index};
        return found;
    }
    bool is_on(uint32_t index, const char* text) const {
        return std::ranges::any_of(kernel.addresses, [&](const KernelAddress& have) {
            return have.interface.value == index && have.to_string() == text;
        });
    }
};

TEST_F(VanishingLinks, InterfaceMadeAnewWithinOneBatchIsANewBeginningAndNoLoss) {
    start_holding({"192.0.2.100/24"});
    kernel.remove_link(2);
    kernel.set_link(eth0(true, 7));
    kernel.deliver_changes();
    EXPECT_TRUE(is_on(7, "192.0.2.100/24"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed));
    EXPECT_EQ(state.reconciler().repairs(), 0U);
}

TEST_F(VanishingLinks, NoTrackAddressReturnsWithAnInterfaceMadeAnew) {
    Objects objects = vips({"192.0.2.100/24"});
    objects.addresses[0].no_track = true;
    state.define(now, kWeb, objects, true);
    start();
    kernel.remove_link(2);
    kernel.set_link(eth0(true, 7));
    kernel.deliver_changes();
    EXPECT_TRUE(is_on(7, "192.0.2.100/24"));
}

TEST_F(VanishingLinks, AddressIsTakenFromAnInterfaceThatLosesItsName) {
    start_holding({"192.0.2.100/24"});
    LinkInfo renamed = eth0(true);
    renamed.name = "other";
    set(renamed);
    EXPECT_FALSE(is_on(2, "192.0.2.100/24"));
    EXPECT_TRUE(is_on(2, "192.0.2.9/24"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::removed));
    set(eth0(true));
    EXPECT_TRUE(is_on(2, "192.0.2.100/24"));
}

TEST_F(VanishingLinks, StaticAddressGoesAlongWithItsInterfaceAndIsRemovedFromItInTheEnd) {
    state.define(now, kStatic, vips({"192.0.2.100/24"}), true);
    start();
    LinkInfo renamed = eth0(true);
    renamed.name = "other";
    set(renamed);
    EXPECT_TRUE(is_on(2, "192.0.2.100/24"));
    set(eth0(true));
    EXPECT_THAT(observer.take_events(), IsEmpty());
    set(renamed);
    state.forget(now, kStatic, true);
    EXPECT_FALSE(is_on(2, "192.0.2.100/24"));
}

TEST_F(VanishingLinks, AddressMovesWhenAnotherInterfaceTakesTheName) {
    start_holding({"192.0.2.100/24"});
    LinkInfo renamed = eth0(true);
    renamed.name = "other";
    kernel.set_link(renamed);
    kernel.set_link(eth0(true, 7));
    kernel.deliver_changes();
    EXPECT_FALSE(is_on(2, "192.0.2.100/24"));
    EXPECT_TRUE(is_on(7, "192.0.2.100/24"));
    EXPECT_EQ(state.reconciler().repairs(), 0U);
}

TEST_F(VanishingLinks, AddressIsReleasedFromAnInterfaceRenamedBefore) {
    start_holding({"192.0.2.100/24"});
    observer.on_link = [&](const LinkInfo& link) {
        if (link.name == "other") state.release(now, kWeb);
    };
    LinkInfo renamed = eth0(true);
    renamed.name = "other";
    set(renamed);
    EXPECT_FALSE(is_on(2, "192.0.2.100/24"));
}

TEST_F(VanishingLinks, EqualAddressOfOthersOnTheRenamedInterfaceStays) {
    // The instance never held: what lies there is not ours.
    state.define(now, kWeb, vips({"192.0.2.100/24"}), false);
    start();
    LinkInfo renamed = eth0(true);
    renamed.name = "other";
    set(renamed);
    kernel.outside(AddAddress{on(2, "192.0.2.100/24")});
    state.hold(now, kWeb);
    state.release(now, kWeb);
    EXPECT_TRUE(is_on(2, "192.0.2.100/24"));
}

TEST_F(VanishingLinks, Ipv6AddressThatGoesWithASwitchedOffInterfaceIsNoLossAndReturnsWithIt) {
    start_holding({"fd00::100/64"});
    // The kernel tells of the addresses before it tells of the interface.
    std::erase_if(kernel.addresses, [](const KernelAddress& have) { return have.prefix.address.is_v6(); });
    kernel.report(
        [this](ChangeListener& listener) { listener.on_address_removed(address("fd00::100/64"), 0); });
    set(eth0(false));
    EXPECT_THAT(kernel.take_log(), IsEmpty());
    EXPECT_THAT(observer.take_events(), IsEmpty());
    EXPECT_FALSE(state.deadline().has_value());
    set(eth0(true));
    EXPECT_TRUE(is_on(2, "fd00::100/64"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed));
    EXPECT_EQ(state.reconciler().repairs(), 0U);
}

TEST_F(VanishingLinks, RouteThatGoesWithASwitchedOffInterfaceIsAskedForWhenThatIsBack) {
    start_with_routes();
    kernel.routes.clear();
    set(eth0(false));
    EXPECT_THAT(kernel.take_log(), IsEmpty());
    EXPECT_THAT(observer.take_events(), IsEmpty());
    set(eth0(true));
    EXPECT_THAT(kernel.take_log(), ElementsAre("add route 10.0.0.0/8"));
}

TEST_F(VanishingLinks, RouteThatGoesWithAnInterfaceWithoutCarrierIsMissed) {
    start_with_routes();
    LinkInfo idle = eth0(true);
    idle.running = false;
    set(idle);
    kernel.routes.clear();
    set(eth0(false));
    set(eth0(true));
    EXPECT_EQ(kernel.routes.size(), 1U);
}

TEST_F(VanishingLinks, RouteIsReleasedFromAnInterfaceRenamedBefore) {
    start_with_routes();
    LinkInfo renamed = eth0(true);
    renamed.name = "other";
    set(renamed);
    EXPECT_EQ(kernel.routes.size(), 1U);
    state.release(now, kWeb);
    EXPECT_THAT(kernel.routes, IsEmpty());
}

TEST_F(VanishingLinks, RouteOfAnotherProtocolInThatPlaceStays) {
    start_with_routes();
    kernel.routes[0].protocol = 4;
    kernel.overrun();
    LinkInfo renamed = eth0(true);
    renamed.name = "other";
    set(renamed);
    state.release(now, kWeb);
    EXPECT_EQ(kernel.routes.size(), 1U);
}

TEST_F(VanishingLinks, WhatAnAddressGoesWithIsHeardBeforeItIsPutBack) {
    // The removal of a secondary address is told before that of its primary; who gives up for want of the
    // primary does so before anything is put back.
    start_holding({"192.0.2.100/24"});
    kernel.rest_of_the_news = [this](ChangeListener& listener) {
        listener.on_address_removed(address("192.0.2.9/24"), 777);
    };
    observer.on_complete = [this] {
        if (!state.mirror().has_address(IpAddress::v4(192, 0, 2, 9))) state.release(now, kWeb);
    };
    kernel.outside(RemoveAddress{address("192.0.2.100/24")});
    EXPECT_THAT(kernel.take_log(), IsEmpty());
    EXPECT_THAT(observer.take_events(), IsEmpty());
    EXPECT_FALSE(kernel.has("192.0.2.100/24"));
}

TEST_F(VanishingLinks, OnlyTheLossOfAnAddressOfOursIsWaitedFor) {
    start_holding({"192.0.2.100/24"});
    kernel.rest_of_the_news = [](ChangeListener&) { FAIL() << "waited for nothing"; };
    kernel.outside(RemoveAddress{address("192.0.2.9/24")});
    state.release(now, kWeb);
    EXPECT_FALSE(kernel.has("192.0.2.100/24"));
}

TEST_F(VanishingLinks, NewsAboutOurOwnRequestsIsNoGroundForDecisions) {
    start_holding({"192.0.2.100/24"});
    int decisions = 0;
    observer.on_complete = [&] { ++decisions; };
    state.release(now, kWeb);
    state.hold(now, kWeb);
    EXPECT_EQ(decisions, 0);
    set(eth0(false));
    EXPECT_EQ(decisions, 1);
}

}  // namespace
}  // namespace holdfast::netstate::testing

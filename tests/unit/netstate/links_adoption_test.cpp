#include "links_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

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

}  // namespace
}  // namespace holdfast::netstate::testing

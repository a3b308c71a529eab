#include "network_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

TEST_F(NetworkStateTest, StartReportsWhatIsThere) {
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_THAT(observer.log, ElementsAre("link eth0 new", "+192.0.2.9/24"));
    EXPECT_THAT(kernel.log, IsEmpty());
}

TEST_F(NetworkStateTest, NothingIsAskedOfTheKernelBeforeStart) {
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    EXPECT_THAT(kernel.log, IsEmpty());
    EXPECT_EQ(kernel.dumps, 0);
}

TEST_F(NetworkStateTest, LeftoverOfAnEarlierRunIsRemovedFromABackup) {
    kernel.addresses.push_back(address("192.0.2.100/32"));
    state.define(now, kWeb, vips({"192.0.2.100", "192.0.2.101"}), false);
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_THAT(kernel.log, ElementsAre("remove address 192.0.2.100/32"));
    EXPECT_TRUE(kernel.has("192.0.2.9/24"));
}

TEST_F(NetworkStateTest, AddressFoundAtStartIsAdoptedByItsHolder) {
    kernel.addresses.push_back(address("192.0.2.100/32"));
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_THAT(kernel.log, IsEmpty());
    EXPECT_THAT(observer.take_events(), ElementsAre(What::adopted));
}

TEST_F(NetworkStateTest, HoldInstallsInOrderAndReleaseRemovesInReverse) {
    state.define(now, kWeb, vips({"192.0.2.100", "192.0.2.101"}), false);
    start();
    state.hold(now, kWeb);
    EXPECT_THAT(kernel.take_log(), ElementsAre("add address 192.0.2.100/32", "add address 192.0.2.101/32"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed, What::installed));
    EXPECT_THAT(observer.take(), ElementsAre("+192.0.2.100/32", "+192.0.2.101/32"));
    state.release(now, kWeb);
    EXPECT_THAT(kernel.take_log(),
                ElementsAre("remove address 192.0.2.101/32", "remove address 192.0.2.100/32"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::removed, What::removed));
    EXPECT_FALSE(state.deadline().has_value());
}

TEST_F(NetworkStateTest, HoldingTwiceAsksTheKernelOnce) {
    start_holding({"192.0.2.100"});
    state.hold(now, kWeb);
    kernel.deliver_changes();
    EXPECT_THAT(kernel.log, IsEmpty());
}

TEST_F(NetworkStateTest, AddressFollowsAnInterfaceThatIsMadeAnew) {
    start_holding({"192.0.2.100"});
    kernel.remove_link(2);
    kernel.deliver_changes();
    EXPECT_THAT(observer.take(), ElementsAre("-192.0.2.9/24", "-192.0.2.100/32", "link eth0 gone"));
    EXPECT_THAT(kernel.take_log(), IsEmpty());
    EXPECT_THAT(observer.take_events(), IsEmpty());
    kernel.set_link({.index = {7}, .name = "eth0", .up = true, .running = true});
    kernel.deliver_changes();
    ASSERT_EQ(kernel.addresses.size(), 1U);
    EXPECT_EQ(kernel.addresses[0].interface.value, 7U);
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed));
}

TEST_F(NetworkStateTest, ObserverMayReleaseFromWithinANotification) {
    start_holding({"192.0.2.100"});
    observer.on_link = [&](const LinkInfo& link) {
        if (!link.usable()) state.release(now, kWeb);
    };
    kernel.set_link({.index = {2}, .name = "eth0", .up = true, .running = false});
    kernel.deliver_changes();
    EXPECT_THAT(kernel.log, ElementsAre("remove address 192.0.2.100/32"));
    EXPECT_FALSE(state.reconciler().holds(kWeb));
}

TEST_F(NetworkStateTest, AddressesThatGoDownWithTheirLinkAreNotPutBackOnceReleased) {
    // IPv6 addresses leave with the link; the release must be heard before the repair is planned.
    start_holding({"2001:db8::1/64"});
    observer.on_link = [&](const LinkInfo& link) {
        if (!link.usable()) state.release(now, kWeb);
    };
    kernel.set_link({.index = {2}, .name = "eth0", .up = false, .running = false});
    kernel.outside(RemoveAddress{address("2001:db8::1/64")});
    EXPECT_THAT(kernel.log, IsEmpty());
    EXPECT_THAT(observer.take_events(), IsEmpty());
}

TEST_F(NetworkStateTest, InstallationIsReportedInPiecesWhileItRuns) {
    Objects many;
    for (int i = 0; i < 200; ++i) many.addresses.push_back(vip(fmt::format("10.0.0.{}", i).c_str()));
    state.define(now, kWeb, many, false);
    start();
    size_t in_kernel_at_first_report = 0;
    observer.on_events = [&](std::span<const ObjectEvent>) {
        if (in_kernel_at_first_report == 0) in_kernel_at_first_report = kernel.addresses.size();
    };
    observer.batches = 0;
    state.hold(now, kWeb);
    EXPECT_EQ(observer.events.size(), 200U);
    EXPECT_GT(observer.batches, 1);
    EXPECT_LT(in_kernel_at_first_report, 100U);
}

TEST_F(NetworkStateTest, SourceAddressIsNeverAVirtualOne) {
    kernel.addresses.insert(kernel.addresses.begin(), address("192.0.2.100/32"));
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    start();
    EXPECT_EQ(state.source_address({2}, Family::ipv4), IpAddress::v4(192, 0, 2, 9));
}

}  // namespace
}  // namespace holdfast::netstate::testing

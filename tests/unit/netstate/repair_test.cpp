#include <ctime>

#include "network_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

TEST_F(NetworkStateTest, LostAddressIsPutBackInTheSameTurn) {
    start_holding({"192.0.2.100", "192.0.2.101"});
    kernel.outside(RemoveAddress{address("192.0.2.100/32")}, 31337);
    EXPECT_THAT(kernel.take_log(), ElementsAre("add address 192.0.2.100/32"));
    ASSERT_EQ(observer.events.size(), 2U);
    EXPECT_EQ(observer.events[0].what, What::lost);
    EXPECT_EQ(observer.events[0].requester, 31337U);
    EXPECT_EQ(observer.events[0].interface, "eth0");
    EXPECT_EQ(observer.events[1].what, What::repaired);
    EXPECT_EQ(observer.events[1].repairs, 1U);
    EXPECT_EQ(state.reconciler().repairs(), 1U);
}

TEST_F(NetworkStateTest, OurOwnRemovalIsNotALoss) {
    start_holding({"192.0.2.100"});
    state.release(now, kWeb);
    state.hold(now, kWeb);
    kernel.deliver_changes();
    EXPECT_THAT(observer.take_events(), ElementsAre(What::removed, What::installed));
    EXPECT_EQ(state.reconciler().repairs(), 0U);
}

TEST_F(NetworkStateTest, RepairsSlowDownWhileSomebodyKeepsRemoving) {
    start_holding({"192.0.2.100"});
    std::vector<int64_t> delays;
    for (int i = 0; i < 13; ++i) delays.push_back(time_to_repair("192.0.2.100/32") / 1ms);
    EXPECT_THAT(delays, ElementsAre(0, 0, 0, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600));
    EXPECT_EQ(state.reconciler().repairs(), 13U);
}

TEST_F(NetworkStateTest, AMinuteOfPeaceForgivesTheFight) {
    start_holding({"192.0.2.100"});
    for (int i = 0; i < 6; ++i) time_to_repair("192.0.2.100/32");
    advance(59s);
    EXPECT_EQ(time_to_repair("192.0.2.100/32"), 400ms);
    advance(60s);
    EXPECT_EQ(time_to_repair("192.0.2.100/32"), 0s);
}

TEST_F(NetworkStateTest, WhoKeepsTheTimeHearsOfADelayThatNewsHasCaused) {
    start_holding({"192.0.2.100"});
    for (int i = 0; i < 3; ++i) time_to_repair("192.0.2.100/32");
    std::optional<Instant> heard;
    observer.on_settle = [&] { heard = state.deadline(); };
    kernel.outside(RemoveAddress{address("192.0.2.100/32")});
    EXPECT_EQ(heard, now + 50ms);
    state.release(now, kWeb);
    EXPECT_FALSE(heard.has_value());
}

TEST_F(NetworkStateTest, ReleaseEndsADelayedRepair) {
    start_holding({"192.0.2.100"});
    for (int i = 0; i < 3; ++i) time_to_repair("192.0.2.100/32");
    kernel.outside(RemoveAddress{address("192.0.2.100/32")});
    ASSERT_TRUE(state.deadline().has_value());
    state.release(now, kWeb);
    advance(1h);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
    EXPECT_FALSE(state.deadline().has_value());
}

TEST_F(NetworkStateTest, NoTrackAddressIsInstalledAndNotPutBack) {
    Objects objects = vips({"192.0.2.100"});
    objects.addresses[0].no_track = true;
    state.define(now, kWeb, objects, true);
    start();
    ASSERT_TRUE(kernel.has("192.0.2.100/32"));
    EXPECT_EQ(time_to_repair("192.0.2.100/32"), Duration::max());
    EXPECT_THAT(observer.take_events(), ElementsAre(What::lost));
    state.release(now, kWeb);
    state.hold(now, kWeb);  // Master again: a new beginning.
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
}

TEST_F(NetworkStateTest, BackupLeavesAddressesOfOthersAlone) {
    state.define(now, kWeb, vips({"192.0.2.100"}), false);
    start();
    kernel.outside(AddAddress{address("192.0.2.100/32")});
    EXPECT_THAT(kernel.log, IsEmpty());
}

TEST_F(NetworkStateRoutes, LostRouteAndRuleArePutBackAlone) {
    start_with_routes();
    kernel.outside(RemoveRoute{kernel.routes[0]});
    EXPECT_THAT(kernel.take_log(), ElementsAre("add route 10.0.0.0/8"));
    kernel.outside(RemoveRule{kernel.rules[0]});
    EXPECT_THAT(kernel.take_log(), ElementsAre("add rule from 10.0.0.0/8 table 7 priority 100"));
    EXPECT_EQ(state.reconciler().repairs(), 2U);
}

TEST(NetworkStateFight, SomebodyFasterThanUsDoesNotKeepTheLoop) {
    // A rival that removes the address before we have looked again, and a policy that always repairs at once:
    // settling ends all the same, and goes on a little later.
    FakeKernel kernel;
    RecordingObserver observer;
    kernel.links[2] = {.index = {2}, .name = "eth0", .up = true, .running = true};
    NetworkState state{kernel, observer, RepairPolicy{.free_repairs = 1000}};
    const KernelAddress address{.interface = {2}, .prefix = *Prefix::parse("192.0.2.100/32")};
    observer.on_events = [&](std::span<const ObjectEvent> events) {
        if (is_any_installed(events)) kernel.outside(RemoveAddress{address});
    };
    const Instant now{1h};
    state.define(now, kWeb, Objects{.addresses = {{.prefix = address.prefix, .interface = "eth0"}}}, true);
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_LT(kernel.take_log().size(), 20U);
    ASSERT_TRUE(state.deadline().has_value());
    EXPECT_GT(*state.deadline(), now);
    observer.on_events = {};
    state.handle_deadline(*state.deadline());
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
}

TEST(NetworkStateScale, NotificationAboutOneAddressDoesNotLookAtAllOwners) {
    FakeKernel kernel;
    RecordingObserver observer;
    kernel.links[2] = {.index = {2}, .name = "eth0", .up = true, .running = true};
    NetworkState state{kernel, observer};
    const Instant now{1h};
    for (int owner = 0; owner < 200; ++owner) {
        Objects objects;
        for (int i = 0; i < 10; ++i)
            objects.addresses.push_back(
                {.prefix = *Prefix::parse(fmt::format("10.{}.0.{}", owner, i)), .interface = "eth0"});
        state.define(now, Owner{fmt::format("VI_{}", owner)}, objects, true);
    }
    ASSERT_TRUE(state.start(now).has_value());
    ASSERT_EQ(kernel.addresses.size(), 2000U);
    kernel.take_log();
    const auto began = std::clock();  // Processor time, which a busy machine does not falsify.
    for (int i = 0; i < 100; ++i)
        kernel.outside(
            RemoveAddress{{.interface = {2}, .prefix = *Prefix::parse(fmt::format("10.{}.0.5", i))}});
    const auto took = std::clock() - began;
    EXPECT_EQ(kernel.log.size(), 100U);
    // Looking at all 2000 objects each time costs some 100 times more.
    EXPECT_LT(took, CLOCKS_PER_SEC / 4);
}

}  // namespace
}  // namespace holdfast::netstate::testing

#include "network_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

TEST_F(NetworkStateTest, LostNewsLeadToADumpAndARepair) {
    start_holding({"192.0.2.100"});
    kernel.outside_unheard(RemoveAddress{address("192.0.2.100/32")});
    kernel.outside_unheard(AddAddress{address("192.0.2.77/24")});
    const int dumps = kernel.dumps;
    kernel.overrun();
    EXPECT_EQ(kernel.dumps, dumps + 1);
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::lost, What::repaired));
    EXPECT_THAT(observer.take(),
                ElementsAre("news lost", "-192.0.2.100/32", "+192.0.2.77/24", "+192.0.2.100/32"));
}

TEST_F(NetworkStateTest, FailedDumpIsRepeatedLater) {
    start_holding({"192.0.2.100"});
    kernel.outside_unheard(RemoveAddress{address("192.0.2.100/32")});
    kernel.failing_dumps = 1;
    kernel.overrun();
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
    ASSERT_EQ(state.deadline(), now + 500ms);
    advance(500ms);
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
}

TEST_F(NetworkStateTest, AddressOfUnknownShapeIsReplacedAfterALook) {
    state.define(now, kWeb, vips({"192.0.2.100"}), false);
    start();
    KernelAddress other = address("192.0.2.100/32");
    other.scope = 253;
    kernel.outside_unheard(AddAddress{other});
    state.hold(now, kWeb);
    EXPECT_THAT(kernel.log, ElementsAre("add address 192.0.2.100/32", "remove address 192.0.2.100/32",
                                        "add address 192.0.2.100/32"));
    EXPECT_EQ(kernel.addresses.back().scope, 0);
}

TEST_F(NetworkStateRoutes, RouteThatVanishedSilentlyWithItsLinkIsFoundByADump) {
    start_with_routes();
    kernel.routes.clear();  // What the kernel does when the link loses its carrier.
    kernel.set_link({.index = {2}, .name = "eth0", .up = true, .running = false});
    kernel.deliver_changes();
    EXPECT_THAT(kernel.take_log(), ElementsAre("add route 10.0.0.0/8"));
}

TEST_F(NetworkStateRoutes, ObjectTheKernelShowsInOtherWordsIsNotAskedForAgain) {
    // The kernel agrees but reports a route that does not match: after a dump one more request tells by
    // EEXIST.
    Objects objects;
    objects.routes = {route("10.0.0.0/8")};
    state.define(now, kWeb, objects, true);
    kernel.before_operation = [&](const Operation& operation) {
        const auto* add = std::get_if<AddRoute>(&operation);
        if (add != nullptr) kernel.refuse = [](const Operation&) { return EEXIST; };
    };
    start();
    kernel.overrun();
    advance(1h);
    kernel.take_log();
    kernel.overrun();
    EXPECT_LE(kernel.log.size(), 1U);
    EXPECT_FALSE(state.deadline().has_value());
}

TEST_F(NetworkStateTest, LossOfNewsIsToldOnceABatchAndBeforeWhatItHid) {
    start_holding({"192.0.2.100"});
    kernel.outside_unheard(AddAddress{address("192.0.2.50/24")});
    kernel.report([](ChangeListener& listener) { listener.on_overrun(); });
    kernel.report([](ChangeListener& listener) { listener.on_overrun(); });
    kernel.deliver_changes();
    EXPECT_THAT(observer.take(), ElementsAre("news lost", "+192.0.2.50/24"));
    kernel.outside(RemoveAddress{address("192.0.2.50/24")});
    EXPECT_THAT(observer.take(), ElementsAre("-192.0.2.50/24"));
}

TEST_F(NetworkStateTest, LostNewsOfEveryKindIsMadeUpForByOneDump) {
    start_holding({"192.0.2.100"});
    const int dumps = kernel.dumps;
    kernel.outside_unheard(RemoveAddress{address("192.0.2.9/24")});
    kernel.outside_unheard(AddAddress{address("192.0.2.50/24")});
    kernel.links[2].running = false;
    kernel.links[9] = {.index = {9}, .name = "eth9", .up = true, .running = true};
    kernel.overrun();
    EXPECT_THAT(observer.take(),
                ::testing::UnorderedElementsAre("news lost", "-192.0.2.9/24", "+192.0.2.50/24",
                                                "link eth0 down", "link eth9 new"));
    kernel.links.erase(9);
    kernel.overrun();
    EXPECT_THAT(observer.take(), ElementsAre("news lost", "link eth9 gone"));
    EXPECT_EQ(kernel.dumps, dumps + 2);
}

TEST_F(NetworkStateTest, NewsOlderThanTheDumpChangesNothingInTheEnd) {
    // What was reported before the dump is heard after it: the removal of an address that is there again.
    start_holding({"192.0.2.100"});
    kernel.report([this](ChangeListener& listener) {
        listener.on_address_removed(address("192.0.2.9/24"), 777);
        listener.on_address(address("192.0.2.9/24"));
    });
    kernel.deliver_changes();
    EXPECT_TRUE(state.mirror().has_address(IpAddress::v4(192, 0, 2, 9)));
    EXPECT_THAT(kernel.take_log(), IsEmpty());
}

TEST_F(NetworkStateTest, StartReadsAgainWhatChangesWhileItIsRead) {
    kernel.failing_dumps = 3;
    kernel.dump_error = EAGAIN;  // What an interrupted dump ends with.
    EXPECT_TRUE(state.start(now).has_value());
    EXPECT_EQ(kernel.dumps, 4);
}

TEST_F(NetworkStateTest, StartFailsWithTheKernel) {
    kernel.failing_dumps = 1;
    EXPECT_FALSE(state.start(now).has_value());
    EXPECT_EQ(kernel.dumps, 1);
}

}  // namespace
}  // namespace holdfast::netstate::testing

#include "network_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

TEST_F(NetworkStateTest, ReloadTouchesOnlyWhatChanged) {
    start_holding({"192.0.2.100", "192.0.2.101", "192.0.2.102"});
    state.define(now, kWeb, vips({"192.0.2.100", "192.0.2.102", "192.0.2.103"}), true);
    EXPECT_THAT(kernel.take_log(),
                ElementsAre("remove address 192.0.2.101/32", "add address 192.0.2.103/32"));
    state.define(now, kWeb, vips({"192.0.2.103", "192.0.2.102", "192.0.2.100"}), true);
    EXPECT_THAT(kernel.take_log(), IsEmpty());
}

TEST_F(NetworkStateTest, ReloadWithAnotherLabelReplacesTheAddress) {
    start_holding({"192.0.2.100"});
    Objects labelled = vips({"192.0.2.100"});
    labelled.addresses[0].label = "eth0:1";
    state.define(now, kWeb, labelled, true);
    EXPECT_THAT(kernel.take_log(),
                ElementsAre("remove address 192.0.2.100/32", "add address 192.0.2.100/32"));
    EXPECT_EQ(kernel.addresses.back().label, "eth0:1");
}

TEST_F(NetworkStateTest, AddressMovedToAnotherHolderStays) {
    start_holding({"192.0.2.100"});
    state.define(now, kMail, vips({"192.0.2.100"}), true);
    state.release(now, kWeb);
    EXPECT_THAT(kernel.log, IsEmpty());
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
    state.release(now, kMail);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
}

TEST_F(NetworkStateTest, ForgottenOwnerCleansUpOrLeavesThingsAsTold) {
    start_holding({"192.0.2.100"});
    state.define(now, kMail, vips({"192.0.2.200"}), true);
    state.forget(now, kWeb, true);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
    state.forget(now, kMail, false);
    EXPECT_TRUE(kernel.has("192.0.2.200/32"));
    EXPECT_FALSE(state.reconciler().is_ours(IpAddress::v4(192, 0, 2, 200)));
}

TEST_F(NetworkStateTest, OwnersThatSwapNamesKeepWhatTheyHold) {
    start_holding({"192.0.2.100", "192.0.2.101"});
    state.define(now, kMail, vips({"192.0.2.200"}), false);
    kernel.take_log();
    state.rename(now, {{kWeb, kMail}, {kMail, kWeb}});
    EXPECT_TRUE(state.reconciler().holds(kMail));
    EXPECT_FALSE(state.reconciler().holds(kWeb));
    // The new definitions come under the new names: only what changed is touched.
    state.define(now, kWeb, vips({"192.0.2.200"}), false);
    state.define(now, kMail, vips({"192.0.2.100"}), true);
    EXPECT_THAT(kernel.take_log(), ElementsAre("remove address 192.0.2.101/32"));
    state.release(now, kMail);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
}

TEST_F(NetworkStateTest, WhoeverHadTheNewNameOfAnotherIsForgotten) {
    start_holding({"192.0.2.100"});
    state.define(now, kMail, vips({"192.0.2.200"}), true);
    state.rename(now, {{kWeb, kMail}});
    EXPECT_FALSE(state.reconciler().is_ours(IpAddress::v4(192, 0, 2, 200)));
    state.release(now, kMail);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
    EXPECT_TRUE(kernel.has("192.0.2.200/32"));
}

}  // namespace
}  // namespace holdfast::netstate::testing

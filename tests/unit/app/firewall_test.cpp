#include "holdfast/app/firewall.hpp"

#include <gtest/gtest.h>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;

netstate::FirewallState protecting(const char* address) {
    return {.addresses = {{*IpAddress::parse(address), {}, {}, 0}}, .links = {}};
}

class FirewallServiceTest : public WithFakeEdges {
  protected:
    Firewall rules{edges};
};

TEST_F(FirewallServiceTest, WhatIsWantedIsMadeOnce) {
    rules.want(protecting("192.0.2.1"));
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
    const int done = firewall.operations_done;
    rules.want(protecting("192.0.2.1"));
    EXPECT_EQ(firewall.operations_done, done);
}

TEST_F(FirewallServiceTest, FailureIsSaidOnceAndTriedAgain) {
    firewall.failures = 5;
    rules.want(protecting("192.0.2.1"));
    advance(5s);
    advance(4s);
    EXPECT_EQ(lines.size(), 1U);
    EXPECT_TRUE(firewall.state.empty());
    advance(1s);
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
}

TEST_F(FirewallServiceTest, TablesThatSomebodyHasChangedAreMadeAnewAtOnce) {
    rules.want(protecting("192.0.2.1"));
    firewall.failures = 1;  // The kernel does not find what is to be removed.
    rules.want(protecting("192.0.2.2"));
    EXPECT_EQ(firewall.state, protecting("192.0.2.2"));
    firewall.failures = 1;
    rules.want({});
    EXPECT_TRUE(firewall.parts.empty());
}

TEST_F(FirewallServiceTest, WhatIsNoLongerWantedIsNotTriedAgain) {
    firewall.failures = 2;
    rules.want(protecting("192.0.2.1"));
    rules.want({});
    advance(60s);
    EXPECT_TRUE(firewall.state.empty());
}

TEST_F(FirewallServiceTest, StopRemovesEverythingUnlessItShallStay) {
    rules.want(protecting("192.0.2.1"));
    rules.stop(false);
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
    rules.stop(true);
    EXPECT_TRUE(firewall.state.empty());
    EXPECT_TRUE(firewall.parts.empty());
}

TEST_F(FirewallServiceTest, LeftoversGoUnlessThereAreRulesAlready) {
    firewall.state = protecting("192.0.2.9");
    rules.remove_leftovers();
    EXPECT_TRUE(firewall.state.empty());
    rules.want(protecting("192.0.2.1"));
    rules.remove_leftovers();
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
}

TEST_F(FirewallServiceTest, WhatOthersRemoveIsPutBackAtOnceAndSaid) {
    rules.want(protecting("192.0.2.1"));
    firewall.flush("nft");
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
    EXPECT_TRUE(logged("Firewall rules have been removed by nft: putting them back"));
    firewall.flush("");
    EXPECT_TRUE(logged("removed by somebody else"));
}

TEST_F(FirewallServiceTest, WhoeverRemovesAgainAndAgainIsAnsweredEverMoreSlowly) {
    rules.want(protecting("192.0.2.1"));
    for (int i = 0; i < 3; ++i) firewall.flush("nft");
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
    firewall.flush("nft");
    EXPECT_TRUE(firewall.state.empty());
    rules.want(protecting("192.0.2.1"));  // Asked for all the time, which is no reason for haste.
    advance(249ms);
    EXPECT_TRUE(firewall.state.empty());
    advance(1ms);
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
    firewall.flush("nft");
    advance(499ms);
    EXPECT_TRUE(firewall.state.empty());
    advance(1ms);
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
    // After some peace it is an accident again.
    advance(60s);
    firewall.flush("nft");
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
}

TEST_F(FirewallServiceTest, NewsDuringAFightAreFollowedAtOnce) {
    rules.want(protecting("192.0.2.1"));
    for (int i = 0; i < 4; ++i) firewall.flush("nft");
    EXPECT_TRUE(firewall.state.empty());
    rules.want(protecting("192.0.2.2"));
    EXPECT_EQ(firewall.state, protecting("192.0.2.2"));
}

TEST_F(FirewallServiceTest, NobodyMissesChainsWithoutAUse) {
    rules.want(protecting("192.0.2.1"));
    rules.want({});
    firewall.flush("nft");
    EXPECT_FALSE(logged("removed by"));
    EXPECT_TRUE(firewall.parts.empty());
    rules.want(protecting("192.0.2.1"));
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
}

TEST_F(FirewallServiceTest, AtTheEndOfATurnManyWishesAreOneTransaction) {
    rules.want(protecting("192.0.2.1"));
    const int calls = firewall.calls;
    int asked = 0;
    for (int i = 0; i < 250; ++i) {
        rules.want_later([&] {
            ++asked;
            return netstate::FirewallState{};
        });
    }
    EXPECT_EQ(firewall.calls, calls);
    turn_ends.run();
    EXPECT_EQ(firewall.calls, calls + 1);
    EXPECT_EQ(asked, 1);
    EXPECT_TRUE(firewall.state.empty());
}

TEST_F(FirewallServiceTest, TablesGoWhenNothingConfiguredNeedsThem) {
    rules.want(protecting("192.0.2.1"));
    rules.remove_unneeded();
    EXPECT_FALSE(firewall.parts.empty());
    rules.want({});
    rules.remove_unneeded();
    EXPECT_TRUE(firewall.parts.empty());
    const int calls = firewall.calls;
    rules.remove_unneeded();
    EXPECT_EQ(firewall.calls, calls);
}

class FirewallModeTest : public FirewallServiceTest {
  protected:
    static config::GlobalSettings iptables(const char* input_chain) {
        config::GlobalSettings global;
        global.iptables.emplace();
        global.iptables->input_chain = input_chain;
        global.ipset_names = {"a", "b", "c", "d", "e", "f"};
        return global;
    }
};

TEST_F(FirewallModeTest, IptablesAsConfigured) {
    rules.configure(iptables("IN"));
    EXPECT_TRUE(rules.uses_iptables());
    rules.want(protecting("192.0.2.1"));
    ASSERT_TRUE(firewall.last_settings.iptables);
    EXPECT_EQ(firewall.last_settings.iptables->input_chain, "IN");
    ASSERT_TRUE(firewall.last_settings.iptables->sets);
    EXPECT_EQ(*firewall.last_settings.iptables->sets, (netstate::IpSetNames{"a", "b", "c", "d", "e", "f"}));
}

TEST_F(FirewallModeTest, WithoutNamesThereAreNoSets) {
    config::GlobalSettings global = iptables("INPUT");
    global.ipset_names.clear();
    rules.configure(global);
    rules.want(protecting("192.0.2.1"));
    ASSERT_TRUE(firewall.last_settings.iptables);
    EXPECT_FALSE(firewall.last_settings.iptables->sets);
}

TEST_F(FirewallModeTest, AnIptablesThatIsNftablesIsNotUsedAndThatIsSaidWithTheFirstRule) {
    firewall.iptables = false;
    rules.configure(iptables("INPUT"));
    EXPECT_FALSE(rules.uses_iptables());
    EXPECT_TRUE(lines.empty());
    rules.want(protecting("192.0.2.1"));
    EXPECT_FALSE(firewall.last_settings.iptables);
    EXPECT_EQ(firewall.last_settings.table, "keepalived");
    EXPECT_TRUE(logged("Not using iptables since iptables uses nf_tables - please update configuration"));
    rules.configure(iptables("OTHER"));
    rules.want(protecting("192.0.2.2"));
    EXPECT_EQ(lines.size(), 1U);
}

TEST_F(FirewallModeTest, OtherNamesMoveTheRules) {
    rules.configure(iptables("ONE"));
    rules.want(protecting("192.0.2.1"));
    rules.configure(iptables("TWO"));
    EXPECT_EQ(firewall.last_settings.iptables->input_chain, "TWO");
    EXPECT_EQ(firewall.state, protecting("192.0.2.1"));
    const int calls = firewall.calls;
    rules.configure(iptables("TWO"));
    EXPECT_EQ(firewall.calls, calls);
}

TEST_F(FirewallModeTest, NoticesAreLogged) {
    rules.configure(iptables("ONE"));
    firewall.notices = {"iptables chain ONE doesn't exist"};
    rules.want(protecting("192.0.2.1"));
    EXPECT_TRUE(logged("iptables chain ONE doesn't exist"));
}

}  // namespace
}  // namespace holdfast::app

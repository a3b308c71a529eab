#include "holdfast/app/firewall.hpp"

#include <gtest/gtest.h>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;

netstate::FirewallState protecting(const char* address) {
    return {.addresses = {{*IpAddress::parse(address), {}, {}}}, .links = {}};
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

}  // namespace
}  // namespace holdfast::app

#include "holdfast/netstate/firewall.hpp"

#include <gtest/gtest.h>

#include <random>

#include "fake_kernel.hpp"

namespace holdfast::netstate {
namespace {

ProtectedAddress global(const char* address) {
    return {*IpAddress::parse(address), {}, {}};
}

QuietLink quiet(Family family, uint32_t link) {
    return {{link}, false, family, {2}, "vrrp." + std::to_string(link), {}};
}

class FirewallTest : public ::testing::Test {
  protected:
    std::vector<FirewallOperation> want(const FirewallState& wanted) {
        const auto operations = reconciler.plan(wanted);
        if (kernel.apply({}, operations))
            reconciler.succeeded(wanted);
        else
            reconciler.failed(wanted);
        return operations;
    }
    testing::FakeFirewall kernel;
    FirewallReconciler reconciler;
};

TEST_F(FirewallTest, FirstRulesReplaceWhatAnEarlierRunHasLeft) {
    const auto operations = want({.addresses = {global("192.0.2.1")}, .links = {}});
    const std::vector<FirewallOperation> expected{RemoveTables{}, AddPart{FirewallPart::base4},
                                                  AddPart{FirewallPart::addresses4},
                                                  Protect{global("192.0.2.1")}};
    EXPECT_EQ(operations, expected);
}

TEST_F(FirewallTest, NothingWantedMakesNothing) {
    EXPECT_TRUE(want({}).empty());
    EXPECT_TRUE(reconciler.end().empty());
}

TEST_F(FirewallTest, OnlyTheDifferenceIsMade) {
    want({.addresses = {global("192.0.2.1"), global("192.0.2.2")}, .links = {}});
    const auto operations = want({.addresses = {global("192.0.2.2"), global("192.0.2.3")}, .links = {}});
    const std::vector<FirewallOperation> expected{Unprotect{global("192.0.2.1")},
                                                  Protect{global("192.0.2.3")}};
    EXPECT_EQ(operations, expected);
    EXPECT_TRUE(want({.addresses = {global("192.0.2.2"), global("192.0.2.3")}, .links = {}}).empty());
}

TEST_F(FirewallTest, ChainsStayWhenTheLastAddressGoes) {
    want({.addresses = {global("192.0.2.1")}, .links = {}});
    EXPECT_EQ(want({}), std::vector<FirewallOperation>{Unprotect{global("192.0.2.1")}});
    EXPECT_EQ(want({.addresses = {global("192.0.2.1")}, .links = {}}),
              std::vector<FirewallOperation>{Protect{global("192.0.2.1")}});
    EXPECT_EQ(reconciler.end(), std::vector<FirewallOperation>{RemoveTables{reconciler.present()}});
}

TEST_F(FirewallTest, NewAddressesComeInTheirConfiguredOrder) {
    ProtectedAddress last = global("192.0.2.1");
    ProtectedAddress first = global("192.0.2.9");
    last.position = 2;
    first.position = 1;
    const auto operations = want({.addresses = {last, first}, .links = {}});
    ASSERT_EQ(operations.size(), 5U);
    EXPECT_EQ(operations[3], FirewallOperation(Protect{first}));
    EXPECT_EQ(operations[4], FirewallOperation(Protect{last}));
    // The order alone is no difference.
    last.position = 0;
    EXPECT_TRUE(want({.addresses = {last, first}, .links = {}}).empty());
}

TEST_F(FirewallTest, LeftoversOfACrashAreNamedUntilTablesHaveBeenRemoved) {
    const FirewallState left{.addresses = {global("192.0.2.7")}, .links = {quiet(Family::ipv4, 9)}};
    reconciler.expect_leftovers(left);
    const auto operations = want({.addresses = {global("192.0.2.1")}, .links = {}});
    EXPECT_EQ(operations.front(), FirewallOperation(RemoveTables{left}));
    EXPECT_EQ(reconciler.end(), std::vector<FirewallOperation>{RemoveTables{reconciler.present()}});
}

TEST_F(FirewallTest, LinkLocalAddressesAreToldApartByInterface) {
    const ProtectedAddress by_index{*IpAddress::parse("fe80::51"), {7}, {}};
    const ProtectedAddress by_name{*IpAddress::parse("fe80::51"), {}, "eth0"};
    const auto operations = want({.addresses = {by_index, by_name}, .links = {}});
    EXPECT_EQ(std::ranges::count(operations, FirewallOperation(AddPart{FirewallPart::link_local_by_index})),
              1);
    EXPECT_EQ(std::ranges::count(operations, FirewallOperation(AddPart{FirewallPart::link_local_by_name})),
              1);
    EXPECT_EQ(std::ranges::count(operations, FirewallOperation(AddPart{FirewallPart::addresses6})), 1);
}

TEST_F(FirewallTest, LinksComeBeforeAddresses) {
    const auto operations = want({.addresses = {global("192.0.2.1")}, .links = {quiet(Family::ipv4, 5)}});
    const std::vector<FirewallOperation> expected{RemoveTables{},
                                                  AddPart{FirewallPart::base4},
                                                  AddPart{FirewallPart::quiet4},
                                                  AddQuietLink{quiet(Family::ipv4, 5)},
                                                  AddPart{FirewallPart::addresses4},
                                                  Protect{global("192.0.2.1")}};
    EXPECT_EQ(operations, expected);
}

TEST_F(FirewallTest, AfterAFailureEverythingIsMadeAnew) {
    want({.addresses = {global("192.0.2.1")}, .links = {quiet(Family::ipv6, 5)}});
    kernel.failures = 1;
    want({.addresses = {global("192.0.2.2")}, .links = {quiet(Family::ipv6, 5)}});
    const auto operations = want({.addresses = {global("192.0.2.2")}, .links = {quiet(Family::ipv6, 5)}});
    EXPECT_TRUE(std::holds_alternative<RemoveTables>(operations.front()));
    EXPECT_EQ(kernel.state.addresses, std::set{global("192.0.2.2")});
}

TEST_F(FirewallTest, AfterAFailureTheEndRemovesWhatMayBeThere) {
    want({.addresses = {global("192.0.2.1")}, .links = {}});
    const FirewallState other{.addresses = {global("192.0.2.2")}, .links = {}};
    reconciler.failed(other);
    // Both what was there and what may have been made before the failure.
    const RemoveTables both{{.addresses = {global("192.0.2.1"), global("192.0.2.2")}, .links = {}}};
    EXPECT_EQ(reconciler.end(), std::vector<FirewallOperation>{both});
    EXPECT_EQ(want({}), std::vector<FirewallOperation>{both});
    EXPECT_TRUE(kernel.parts.empty());
    EXPECT_TRUE(want({}).empty());
}

TEST_F(FirewallTest, AnyWayLeadsToWhatIsWanted) {
    std::mt19937 random(7);
    for (int step = 0; step < 500; ++step) {
        FirewallState wanted;
        for (int i = 0; i < 6; ++i) {
            if (random() % 2 == 0) wanted.addresses.insert(global(i % 2 == 0 ? "192.0.2.1" : "2001:db8::1"));
            if (random() % 2 == 0)
                wanted.links.insert(quiet(i % 2 == 0 ? Family::ipv4 : Family::ipv6, 5 + random() % 4));
            if (random() % 3 == 0)
                wanted.addresses.insert({*IpAddress::parse("fe80::1"), {uint32_t(random() % 3)}, {}});
        }
        kernel.failures = random() % 5 == 0 ? 1 : 0;
        want(wanted);
        if (reconciler.present() != wanted) want(wanted);
        ASSERT_EQ(kernel.state, wanted) << step;
        ASSERT_EQ(reconciler.present(), wanted);
    }
}

}  // namespace
}  // namespace holdfast::netstate

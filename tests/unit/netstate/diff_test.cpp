#include "holdfast/netstate/diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fake_kernel.hpp"

namespace holdfast::netstate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

KernelAddress address(const char* text, uint32_t interface = 2) {
    return {.interface = {interface}, .prefix = *Prefix::parse(text)};
}

KernelRoute route(const char* to, const char* via = "192.0.2.254") {
    KernelRoute result;
    result.destination = *Prefix::parse(to);
    result.next_hops.push_back({.via = IpAddress::parse(via), .interface = {2}});
    return result;
}

RuleSettings rule(const char* from, uint32_t table) {
    return {.from = Prefix::parse(from), .priority = 100, .table = table};
}

std::vector<std::string> words(const std::vector<Operation>& operations) {
    std::vector<std::string> result;
    for (const Operation& operation : operations) result.push_back(to_string(operation));
    return result;
}

TEST(Diff, InstallsAddressesThenRoutesThenRules) {
    Desired desired;
    desired.rules = {rule("10.0.0.0/8", 7)};
    desired.routes = {route("10.0.0.0/8")};
    desired.addresses = {address("192.0.2.1/24"), address("192.0.2.2/24")};
    EXPECT_THAT(words(diff(desired, Mirror{})),
                ElementsAre("add address 192.0.2.1/24", "add address 192.0.2.2/24", "add route 10.0.0.0/8",
                            "add rule from 10.0.0.0/8 table 7 priority 100"));
}

TEST(Diff, RemovesRulesThenRoutesThenAddressesLastFirst) {
    Desired desired;
    desired.unwanted_rules = {rule("10.0.0.0/8", 7)};
    desired.unwanted_routes = {route("10.0.0.0/8")};
    desired.unwanted_addresses = {address("192.0.2.1/24"), address("192.0.2.2/24")};
    Mirror mirror;
    for (const auto& a : desired.unwanted_addresses) mirror.set_address(a);
    mirror.set_route(desired.unwanted_routes[0]);
    mirror.set_rule(desired.unwanted_rules[0]);
    EXPECT_THAT(words(diff(desired, mirror)),
                ElementsAre("remove rule from 10.0.0.0/8 table 7 priority 100", "remove route 10.0.0.0/8",
                            "remove address 192.0.2.2/24", "remove address 192.0.2.1/24"));
}

TEST(Diff, RemovalsComeBeforeInstallations) {
    Desired desired;
    desired.addresses = {address("192.0.2.1/24")};
    desired.unwanted_addresses = {address("192.0.2.2/24")};
    Mirror mirror;
    mirror.set_address(address("192.0.2.2/24"));
    EXPECT_THAT(words(diff(desired, mirror)),
                ElementsAre("remove address 192.0.2.2/24", "add address 192.0.2.1/24"));
}

TEST(Diff, WantedAndUnwantedIsWanted) {
    Desired desired;
    desired.addresses = desired.unwanted_addresses = {address("192.0.2.1/24")};
    desired.routes = desired.unwanted_routes = {route("10.0.0.0/8")};
    desired.rules = desired.unwanted_rules = {rule("10.0.0.0/8", 7)};
    Mirror mirror;
    mirror.set_address(desired.addresses[0]);
    mirror.set_route(desired.routes[0]);
    mirror.set_rule(desired.rules[0]);
    EXPECT_THAT(diff(desired, mirror), IsEmpty());
}

TEST(Diff, AddressWithOtherPropertiesIsReplaced) {
    Desired desired;
    desired.addresses = {address("192.0.2.1/24")};
    desired.addresses[0].label = "eth0:vip";
    Mirror mirror;
    KernelAddress have = address("192.0.2.1/24");
    have.label = "eth0";
    mirror.set_address(have);
    const auto operations = diff(desired, mirror);
    ASSERT_EQ(operations.size(), 2U);
    EXPECT_EQ(std::get<RemoveAddress>(operations[0]).address.label, "eth0");
    EXPECT_EQ(std::get<AddAddress>(operations[1]).address.label, "eth0:vip");
}

TEST(Diff, ForeignIpv6AddressOfAnotherPrefixLengthIsNotRemoved) {
    Desired desired;
    desired.unwanted_addresses = {address("2001:db8::1/128")};
    Mirror mirror;
    mirror.set_address(address("2001:db8::1/64"));
    EXPECT_THAT(diff(desired, mirror), IsEmpty());
}

TEST(Diff, EqualWishesAreServedOnce) {
    Desired desired;
    desired.addresses = {address("192.0.2.1/24"), address("192.0.2.1/24")};
    desired.rules = {rule("10.0.0.0/8", 7), rule("10.0.0.0/8", 7)};
    EXPECT_EQ(diff(desired, Mirror{}).size(), 2U);
    Mirror mirror;
    mirror.set_address(address("192.0.2.9/24"));
    Desired gone;
    gone.unwanted_addresses = {address("192.0.2.9/24"), address("192.0.2.9/24")};
    EXPECT_EQ(diff(gone, mirror).size(), 1U);
}

TEST(Diff, OriginsTellWhichObjectARequestServes) {
    Desired desired;
    desired.addresses = {address("192.0.2.1/24"), address("192.0.2.2/24")};
    desired.routes = {route("10.0.0.0/8")};
    desired.unwanted_addresses = {address("192.0.2.8/24"), address("192.0.2.9/24")};
    Mirror mirror;
    mirror.set_address(address("192.0.2.1/24"));
    mirror.set_address(address("192.0.2.9/24"));
    std::vector<size_t> origins;
    ASSERT_EQ(diff(desired, mirror, &origins).size(), 3U);
    EXPECT_THAT(origins, ElementsAre(4, 1, 2));
}

TEST(Outcome, EndStateCounts) {
    const Result<> yes;
    const auto no = [](int error) -> Result<> { return fail_errno("x", error); };
    const Operation add = AddAddress{address("192.0.2.1/24")};
    const Operation remove = RemoveAddress{address("192.0.2.1/24")};
    EXPECT_EQ(outcome(add, yes), Outcome::done);
    EXPECT_EQ(outcome(add, no(EEXIST)), Outcome::exists);
    EXPECT_EQ(outcome(add, no(EACCES)), Outcome::refused);
    EXPECT_EQ(outcome(remove, no(EADDRNOTAVAIL)), Outcome::done);
    EXPECT_EQ(outcome(remove, no(ENODEV)), Outcome::done);
    EXPECT_EQ(outcome(remove, no(EPERM)), Outcome::refused);
    EXPECT_EQ(outcome(RemoveRoute{route("10.0.0.0/8")}, no(ESRCH)), Outcome::done);
    EXPECT_EQ(outcome(RemoveRule{rule("10.0.0.0/8", 7)}, no(ENOENT)), Outcome::done);
    EXPECT_EQ(outcome(add, no(ENODEV)), Outcome::refused);
}

/// Random worlds: a handful of possible objects, each of which is in the kernel, wanted, unwanted, in any
/// combination.
class RandomWorld {
  public:
    explicit RandomWorld(uint32_t seed) : random_(seed) {
        for (uint8_t i = 1; i <= 12; ++i) {
            pool_.push_back(
                address(("192.0.2." + std::to_string(i) + (i % 3 == 0 ? "/32" : "/24")).c_str(), 2 + i % 2));
            pool_.push_back(
                address(("2001:db8::" + std::to_string(i) + (i % 4 == 0 ? "/128" : "/64")).c_str()));
        }
        for (const KernelAddress& each : pool_) {
            KernelAddress have = each;
            if (toss(5) && have.prefix.address.is_v4()) have.label = "other";
            if (toss(2)) kernel.addresses.push_back(have);
            if (toss(3)) {
                desired.addresses.push_back(each);
                if (toss(3) && each.prefix.address.is_v4()) desired.addresses.back().label = "chosen";
            } else if (toss(3)) {
                desired.unwanted_addresses.push_back(each);
            }
        }
        for (uint8_t i = 1; i <= 6; ++i) {
            const KernelRoute each = route(("10." + std::to_string(i) + ".0.0/16").c_str());
            if (toss(2)) kernel.routes.push_back(each);
            if (toss(3)) desired.routes.push_back(each);
            if (toss(3)) desired.unwanted_routes.push_back(each);
            const RuleSettings other = rule("10.0.0.0/8", i);
            if (toss(2)) kernel.rules.push_back(other);
            if (toss(3)) desired.rules.push_back(other);
            if (toss(3)) desired.unwanted_rules.push_back(other);
        }
    }
    Mirror mirror() {
        Mirror result;
        result.load(*kernel.dump());
        return result;
    }

    testing::FakeKernel kernel;
    Desired desired;

  private:
    bool toss(uint32_t one_in) { return random_() % one_in == 0; }
    std::mt19937 random_;
    std::vector<KernelAddress> pool_;
};

/// Whether the object is named by the desired state at all.
bool is_foreign(const KernelAddress& have, const Desired& desired) {
    for (const auto* list : {&desired.addresses, &desired.unwanted_addresses})
        for (const KernelAddress& named : *list)
            if (named.key() == have.key()) return false;
    return true;
}

TEST(DiffProperty, ApplyingTheDiffGivesTheDesiredStateAndLeavesTheRestAlone) {
    size_t operations_seen = 0;
    size_t foreign_seen = 0;
    for (uint32_t seed = 0; seed < 500; ++seed) {
        SCOPED_TRACE(seed);
        RandomWorld world(seed);
        const auto addresses_before = world.kernel.addresses;
        const auto operations = diff(world.desired, world.mirror());
        operations_seen += operations.size();
        for (const Result<>& result : world.kernel.apply(operations)) ASSERT_TRUE(result.has_value());

        const Mirror after = world.mirror();
        EXPECT_THAT(diff(world.desired, after), IsEmpty());
        for (const KernelAddress& wanted : world.desired.addresses) {
            const KernelAddress* have = after.address(wanted.key());
            ASSERT_NE(have, nullptr) << wanted.to_string();
            EXPECT_TRUE(matches(wanted, *have));
        }
        for (const KernelAddress& unwanted : world.desired.unwanted_addresses)
            EXPECT_EQ(after.address(unwanted.key()), nullptr) << unwanted.to_string();
        for (const KernelAddress& have : addresses_before) {
            if (!is_foreign(have, world.desired)) continue;
            ++foreign_seen;
            ASSERT_NE(after.address(have.key()), nullptr);
            EXPECT_EQ(*after.address(have.key()), have);
        }
        for (const KernelRoute& wanted : world.desired.routes) EXPECT_NE(after.route(wanted), nullptr);
        for (const RuleSettings& wanted : world.desired.rules) EXPECT_TRUE(after.has_rule(wanted));
    }
    EXPECT_GT(operations_seen, 5000U);
    EXPECT_GT(foreign_seen, 500U);
}

}  // namespace
}  // namespace holdfast::netstate

#include "holdfast/netstate/mirror.hpp"

#include <gtest/gtest.h>

namespace holdfast::netstate {
namespace {

KernelAddress address(uint32_t interface, const char* text) {
    return {.interface = {interface}, .prefix = *Prefix::parse(text)};
}

KernelRoute route(const char* to, const char* via, uint32_t interface, Family family = Family::ipv4) {
    KernelRoute result;
    result.family = family;
    result.destination = *Prefix::parse(to);
    result.next_hops.push_back({.via = IpAddress::parse(via), .interface = {interface}});
    return result;
}

TEST(Mirror, RenamedLinkIsFoundByItsNewNameOnly) {
    Mirror mirror;
    mirror.set_link({.index = {2}, .name = "eth0"});
    const auto before = mirror.set_link({.index = {2}, .name = "wan"});
    ASSERT_TRUE(before.has_value());
    EXPECT_EQ(before->name, "eth0");
    EXPECT_EQ(mirror.link("eth0"), nullptr);
    ASSERT_NE(mirror.link("wan"), nullptr);
    EXPECT_EQ(mirror.link("wan")->index.value, 2U);
}

TEST(Mirror, NameTakenOverByAnotherLinkSurvivesTheEndOfTheFirst) {
    Mirror mirror;
    mirror.set_link({.index = {2}, .name = "eth0"});
    mirror.set_link({.index = {9}, .name = "eth0"});
    mirror.remove_link({2});
    ASSERT_NE(mirror.link("eth0"), nullptr);
    EXPECT_EQ(mirror.link("eth0")->index.value, 9U);
}

TEST(Mirror, LinkTakesItsAddressesAndRoutesAlong) {
    Mirror mirror;
    mirror.set_link({.index = {2}, .name = "eth0"});
    mirror.set_address(address(2, "192.0.2.1/24"));
    mirror.set_address(address(3, "192.0.2.1/24"));
    mirror.set_route(route("10.0.0.0/8", "192.0.2.254", 2));
    mirror.remove_link({2});
    EXPECT_TRUE(mirror.addresses({2}).empty());
    EXPECT_EQ(mirror.addresses({3}).size(), 1U);
    EXPECT_TRUE(mirror.has_address(IpAddress::v4(192, 0, 2, 1)));  // The one on the other link.
    EXPECT_FALSE(mirror.has_routes());
}

TEST(Mirror, Ipv4AddressesOfDifferentPrefixLengthAreDifferentAndIpv6OnesAreNot) {
    Mirror mirror;
    EXPECT_TRUE(mirror.set_address(address(2, "192.0.2.1/24")));
    EXPECT_TRUE(mirror.set_address(address(2, "192.0.2.1/32")));
    EXPECT_TRUE(mirror.set_address(address(2, "2001:db8::1/64")));
    EXPECT_FALSE(mirror.set_address(address(2, "2001:db8::1/128")));
    EXPECT_EQ(mirror.addresses({2}).size(), 3U);
}

TEST(Mirror, SourceIsTheFirstIpv4AddressSeenThatIsNotSkipped) {
    Mirror mirror;
    mirror.set_address(address(2, "192.0.2.200/32"));
    mirror.set_address(address(2, "192.0.2.9/24"));
    mirror.set_address(address(2, "192.0.2.1/24"));
    EXPECT_EQ(mirror.source_address({2}, Family::ipv4), IpAddress::v4(192, 0, 2, 200));
    const auto is_vip = [](const IpAddress& a) { return a == IpAddress::v4(192, 0, 2, 200); };
    EXPECT_EQ(mirror.source_address({2}, Family::ipv4, is_vip), IpAddress::v4(192, 0, 2, 9));
    EXPECT_FALSE(mirror.source_address({3}, Family::ipv4).has_value());
}

TEST(Mirror, Ipv6SourceIsAUsableLinkLocalAddress) {
    Mirror mirror;
    mirror.set_address(address(2, "2001:db8::5/64"));
    EXPECT_FALSE(mirror.source_address({2}, Family::ipv6).has_value());
    KernelAddress tentative = address(2, "fe80::1/64");
    tentative.flags = address_flag::kTentative;
    mirror.set_address(tentative);
    EXPECT_FALSE(mirror.source_address({2}, Family::ipv6).has_value());
    tentative.flags = address_flag::kPermanent;
    mirror.set_address(tentative);
    EXPECT_EQ(mirror.source_address({2}, Family::ipv6), IpAddress::parse("fe80::1"));
}

TEST(Mirror, RoutesOfOneKeyLieSideBySideInIpv4) {
    Mirror mirror;
    mirror.set_route(route("10.0.0.0/8", "192.0.2.1", 2));
    mirror.set_route(route("10.0.0.0/8", "192.0.2.2", 2));
    EXPECT_EQ(mirror.routes().size(), 2U);
    EXPECT_TRUE(mirror.remove_route(route("10.0.0.0/8", "192.0.2.1", 2)));
    EXPECT_EQ(mirror.route(route("10.0.0.0/8", "192.0.2.1", 2)), nullptr);
    EXPECT_NE(mirror.route(route("10.0.0.0/8", "192.0.2.2", 2)), nullptr);
}

TEST(Mirror, OneNextHopCanLeaveAnIpv6Group) {
    Mirror mirror;
    KernelRoute group = route("2001:db8:1::/48", "fe80::1", 2, Family::ipv6);
    group.next_hops.push_back({.via = IpAddress::parse("fe80::2"), .interface = {2}});
    mirror.set_route(group);
    EXPECT_TRUE(mirror.remove_route(route("2001:db8:1::/48", "fe80::1", 2, Family::ipv6)));
    ASSERT_EQ(mirror.routes().size(), 1U);
    EXPECT_EQ(mirror.routes()[0].next_hops.size(), 1U);
}

TEST(Matches, GatewayWithoutInterfaceServesOnAnyInterface) {
    EXPECT_TRUE(matches(route("10.0.0.0/8", "192.0.2.1", 0), route("10.0.0.0/8", "192.0.2.1", 5)));
    EXPECT_FALSE(matches(route("10.0.0.0/8", "192.0.2.1", 4), route("10.0.0.0/8", "192.0.2.1", 5)));
}

TEST(Matches, WhatTheConfigurationDoesNotChooseIsNotCompared) {
    KernelAddress have = address(2, "192.0.2.1/24");
    have.label = "eth0";
    have.broadcast = IpAddress::v4(192, 0, 2, 255);
    have.flags = address_flag::kPermanent | address_flag::kSecondary;
    EXPECT_TRUE(matches(address(2, "192.0.2.1/24"), have));
    KernelAddress want = address(2, "192.0.2.1/24");
    want.label = "eth0:vip";
    EXPECT_FALSE(matches(want, have));
    want.label.clear();
    want.flags = address_flag::kNoPrefixRoute;
    EXPECT_FALSE(matches(want, have));
}

TEST(Matches, AnAddressThatWillExpireDoesNotServe) {
    KernelAddress have = address(2, "192.0.2.1/24");
    have.valid_lifetime = 3600;
    EXPECT_FALSE(matches(address(2, "192.0.2.1/24"), have));
}

TEST(Matches, DeprecatedIpv6AddressServesOnlyWhereDeprecationIsWanted) {
    KernelAddress want = address(2, "2001:db8::1/128");
    want.preferred_lifetime = 0;
    KernelAddress have = want;
    EXPECT_TRUE(matches(want, have));
    have.preferred_lifetime = kForever;
    EXPECT_FALSE(matches(want, have));
    want.preferred_lifetime = 300;  // Counts down in the kernel.
    have.preferred_lifetime = 17;
    EXPECT_TRUE(matches(want, have));
}

TEST(Mirror, RuleNumberedByTheKernelIsRecognised) {
    Mirror mirror;
    RuleSettings have{.from = Prefix::parse("10.0.0.0/8"), .priority = 32765, .table = 100};
    mirror.set_rule(have);
    RuleSettings want = have;
    want.priority = 0;
    EXPECT_TRUE(mirror.has_rule(want));
    want.priority = 5;
    EXPECT_FALSE(mirror.has_rule(want));
}

TEST(MirrorNames, NewsOlderThanADumpDoesNotTakeANameForGood) {
    // The dump has shown the new link already; then comes what was said of the old one, and the news of the
    // new one is lost.
    Mirror mirror;
    mirror.load({.links = {{.index = {7}, .name = "eth0"}}});
    mirror.set_link({.index = {2}, .name = "eth0"});
    mirror.remove_link({2});
    ASSERT_NE(mirror.link("eth0"), nullptr);
    EXPECT_EQ(mirror.link("eth0")->index, InterfaceIndex{7});
    mirror.set_link({.index = {2}, .name = "eth0"});
    mirror.set_link({.index = {2}, .name = "other"});
    EXPECT_EQ(mirror.link("eth0")->index, InterfaceIndex{7});
    EXPECT_EQ(mirror.link("other")->index, InterfaceIndex{2});
    mirror.remove_link({7});
    EXPECT_EQ(mirror.link("eth0"), nullptr);
}

}  // namespace
}  // namespace holdfast::netstate

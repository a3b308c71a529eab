#include "holdfast/netstate/resolve.hpp"

#include <gtest/gtest.h>

namespace holdfast::netstate {
namespace {

constexpr InterfaceIndex kLink{3};

AddressSettings settings(const char* text) {
    return {.prefix = *Prefix::parse(text), .interface = "eth0"};
}

TEST(ResolveAddress, Ipv4HasNoFlagsAndLivesForEver) {
    const KernelAddress address = resolve(settings("192.0.2.100"), kLink);
    EXPECT_EQ(address.interface.value, 3U);
    EXPECT_EQ(address.to_string(), "192.0.2.100/32");
    EXPECT_EQ(address.flags, 0U);
    EXPECT_EQ(address.scope, 0);
    EXPECT_EQ(address.protocol, kAddressProtocol);
    EXPECT_EQ(address.preferred_lifetime, kForever);
    EXPECT_FALSE(address.broadcast.has_value());
}

TEST(ResolveAddress, Ipv6IsAddedWithoutDuplicateAddressDetection) {
    EXPECT_EQ(resolve(settings("2001:db8::1/64"), kLink).flags, address_flag::kNoDad);
    AddressSettings with_dad = settings("2001:db8::1/64");
    with_dad.dad = true;
    EXPECT_EQ(resolve(with_dad, kLink).flags, 0U);
}

TEST(ResolveAddress, Ipv6HostAddressIsDeprecatedUnlessToldOtherwise) {
    EXPECT_EQ(resolve(settings("2001:db8::1/128"), kLink).preferred_lifetime, 0U);
    EXPECT_EQ(resolve(settings("2001:db8::1/64"), kLink).preferred_lifetime, kForever);
    AddressSettings chosen = settings("2001:db8::1/128");
    chosen.preferred_lifetime = 300;
    EXPECT_EQ(resolve(chosen, kLink).preferred_lifetime, 300U);
    chosen.preferred_lifetime = kForever;
    EXPECT_EQ(resolve(chosen, kLink).preferred_lifetime, kForever);
}

TEST(ResolveAddress, BroadcastPlusAndMinusAreTheEndsOfTheNetwork) {
    AddressSettings plus = settings("192.0.2.211/24");
    plus.broadcast_all_ones = true;
    EXPECT_EQ(resolve(plus, kLink).broadcast, IpAddress::v4(192, 0, 2, 255));
    AddressSettings minus = settings("192.0.2.211/28");
    minus.broadcast_network = true;
    EXPECT_EQ(resolve(minus, kLink).broadcast, IpAddress::v4(192, 0, 2, 208));
    AddressSettings everything = settings("10.1.2.3/0");
    everything.broadcast_all_ones = true;
    EXPECT_EQ(resolve(everything, kLink).broadcast, IpAddress::v4(255, 255, 255, 255));
}

TEST(ResolveAddress, BroadcastOfPointToPointNetworksIsNothing) {
    for (const char* text : {"192.0.2.1/31", "192.0.2.1/32"}) {
        AddressSettings plus = settings(text);
        plus.broadcast_all_ones = true;
        EXPECT_FALSE(resolve(plus, kLink).broadcast.has_value()) << text;
    }
}

TEST(ResolveAddress, OptionsBecomeFlags) {
    AddressSettings all = settings("2001:db8::1/64");
    all.home = all.mngtmpaddr = all.noprefixroute = all.autojoin = true;
    EXPECT_EQ(resolve(all, kLink).flags, address_flag::kConfigurable | address_flag::kNoDad);
}

TEST(ResolveAddress, PeerTakesThePrefixLength) {
    AddressSettings pair = settings("192.0.2.215");
    pair.peer = Prefix::parse("192.0.2.21/32");
    const KernelAddress address = resolve(pair, kLink);
    EXPECT_EQ(address.peer, IpAddress::v4(192, 0, 2, 21));
    EXPECT_EQ(address.prefix.length, 32);
    EXPECT_EQ(address.key().peer_network, IpAddress::v4(192, 0, 2, 21));
}

TEST(ResolveAddress, LabelIsForIpv4Only) {
    AddressSettings four = settings("192.0.2.1/24");
    four.label = "eth0:vip";
    EXPECT_EQ(resolve(four, kLink).label, "eth0:vip");
    AddressSettings six = settings("2001:db8::1/64");
    six.label = "eth0:vip";
    EXPECT_EQ(resolve(six, kLink).label, "");
}

class ResolveByName : public ::testing::Test {
  protected:
    ResolveByName() {
        mirror.set_link({.index = {7}, .name = "eth0"});
        mirror.set_link({.index = {8}, .name = "eth1"});
    }
    Mirror mirror;
};

TEST_F(ResolveByName, MissingInterfaceIsAnError) {
    AddressSettings lost = settings("192.0.2.1/24");
    lost.interface = "eth9";
    ASSERT_FALSE(resolve(lost, mirror).has_value());
    EXPECT_EQ(resolve(lost, mirror).error().message, "interface eth9 does not exist");
    EXPECT_EQ(resolve(settings("192.0.2.1/24"), mirror)->interface.value, 7U);
}

TEST_F(ResolveByName, RouteGetsKernelDefaults) {
    const auto six = resolve(RouteSettings{.family = Family::ipv6,
                                           .destination = *Prefix::parse("2001:db8:1::/48"),
                                           .via = IpAddress::parse("fe80::1"),
                                           .interface = "eth1"},
                             mirror);
    ASSERT_TRUE(six.has_value());
    EXPECT_EQ(six->priority, 1024U);  // IP6_RT_PRIO_USER
    EXPECT_EQ(six->protocol, 18);
    ASSERT_EQ(six->next_hops.size(), 1U);
    EXPECT_EQ(six->next_hops[0].interface.value, 8U);
    const auto four =
        resolve(RouteSettings{.destination = *Prefix::parse("10.0.0.0/8"), .interface = "eth0"}, mirror);
    EXPECT_EQ(four->priority, 0U);
}

TEST_F(ResolveByName, DefaultRouteTakesTheFamilyOfTheRoute) {
    const auto route = resolve(
        RouteSettings{
            .family = Family::ipv6, .destination = {IpAddress::any(Family::ipv4), 0}, .interface = "eth0"},
        mirror);
    EXPECT_EQ(route->destination.to_string(), "::/0");
}

TEST_F(ResolveByName, TunnelGoesToTheNextHop) {
    const auto route = resolve(RouteSettings{.destination = *Prefix::parse("10.0.0.0/8"),
                                             .interface = "eth0",
                                             .encapsulation = {"mpls", "100/200"}},
                               mirror);
    ASSERT_TRUE(route.has_value());
    ASSERT_TRUE(route->next_hops[0].encapsulation);
    EXPECT_EQ(route->next_hops[0].encapsulation->labels, (std::vector<uint32_t>{100, 200}));
}

TEST_F(ResolveByName, TunnelThatIsNotUnderstoodIsRefusedInWords) {
    const auto route = resolve(RouteSettings{.destination = *Prefix::parse("10.0.0.0/8"),
                                             .interface = "eth0",
                                             .encapsulation = {"ip", "dst", "nowhere"}},
                               mirror);
    ASSERT_FALSE(route.has_value());
    EXPECT_EQ(route.error().message, "encap ip dst nowhere is not understood");
}

TEST(ResolveRule, FillsInWhatTheKernelWould) {
    const KernelRule rule = resolve(RuleSettings{.from = Prefix::parse("0.0.0.0/0"),
                                                 .mark = 5,
                                                 .priority = 100,
                                                 .no_track = true,
                                                 .track_group = "TG"});
    EXPECT_FALSE(rule.from.has_value());
    EXPECT_EQ(rule.mask, 0xffffffffU);
    EXPECT_EQ(rule.table, 254U);
    EXPECT_FALSE(rule.no_track);
    EXPECT_EQ(rule.track_group, "");
}

}  // namespace
}  // namespace holdfast::netstate

#include "holdfast/app/object_text.hpp"

#include <gtest/gtest.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

namespace holdfast::app {
namespace {

TEST(ObjectText, AnAddressAsTheDumpsShowIt) {
    netstate::AddressSettings address;
    address.prefix = *Prefix::parse("192.0.2.200/24");
    address.interface = "eth0";
    EXPECT_EQ(address_text(address), "192.0.2.200/24 dev eth0 scope global");
    address.broadcast_all_ones = true;
    address.label = "eth0:1";
    address.no_track = true;
    EXPECT_EQ(address_text(address),
              "192.0.2.200/24 brd 192.0.2.255 dev eth0 scope global label eth0:1 no_track");
    address = {};
    address.prefix = *Prefix::parse("192.0.2.200/32");
    address.interface = "eth1";
    address.scope = RT_SCOPE_LINK;
    EXPECT_EQ(address_text(address), "192.0.2.200 dev eth1 scope link");
}

TEST(ObjectText, AnIpv6AddressSaysHowLongItIsPreferred) {
    netstate::AddressSettings address;
    address.prefix = *Prefix::parse("2001:db8::1/128");
    address.interface = "eth0";
    EXPECT_EQ(address_text(address), "2001:db8::1 dev eth0 scope global deprecated");
    address.prefix = *Prefix::parse("2001:db8::1/64");
    EXPECT_EQ(address_text(address), "2001:db8::1/64 dev eth0 scope global preferred_lft forever");
    address.preferred_lifetime = 60;
    EXPECT_EQ(address_text(address), "2001:db8::1/64 dev eth0 scope global preferred_lft 60");
}

TEST(ObjectText, ARouteShowsWhatDiffersFromTheDefaults) {
    netstate::RouteSettings route;
    route.destination = *Prefix::parse("198.51.100.0/24");
    route.via = IpAddress::parse("192.0.2.1");
    route.interface = "eth0";
    EXPECT_EQ(route_text(route), "prepend 198.51.100.0/24 via inet 192.0.2.1 dev eth0 proto 18");
    route.append = true;
    route.table = 100;
    route.priority = 5;
    route.metrics = {{RTAX_MTU, 1400, true}, {RTAX_RTT, 800, false}, {RTAX_RTO_MIN, 2000, false}};
    EXPECT_EQ(route_text(route),
              "append 198.51.100.0/24 via inet 192.0.2.1 dev eth0 table 100 proto 18 metric 5 rtt 100ms "
              "rto_min 2s mtu lock 1400");
    netstate::RouteSettings blackhole;
    blackhole.type = RTN_BLACKHOLE;
    blackhole.destination = *Prefix::parse("0.0.0.0/0");
    EXPECT_EQ(route_text(blackhole), "prepend blackhole 0.0.0.0/0 proto 18");
}

TEST(ObjectText, ARouteWithSeveralNextHops) {
    netstate::RouteSettings route;
    route.destination = *Prefix::parse("0.0.0.0/0");
    netstate::NextHop first;
    first.via = IpAddress::parse("192.0.2.1");
    first.weight = 3;
    netstate::NextHop second;
    second.interface = "eth1";
    second.onlink = true;
    route.next_hops = {first, second};
    EXPECT_EQ(route_text(route),
              "prepend 0.0.0.0/0 proto 18 nexthop via inet 192.0.2.1 weight 3 nexthop dev eth1 onlink");
}

TEST(ObjectText, ARuleAsTheDumpsShowIt) {
    netstate::RuleSettings rule;
    rule.from = Prefix::parse("192.0.2.0/24");
    rule.to = Prefix::parse("198.51.100.7/32");
    rule.priority = 100;
    rule.table = 20;
    EXPECT_EQ(rule_text(rule),
              "from 192.0.2.0/24 to 198.51.100.7 priority 100 tos 0x0 protocol 18 lookup 20");
    netstate::RuleSettings marked;
    marked.family = Family::ipv6;
    marked.invert = true;
    marked.mark = 0x10;
    marked.mask = 0xff;
    marked.action = FR_ACT_UNREACHABLE;
    EXPECT_EQ(rule_text(marked), "inet6 not from all tos 0x0 fwmark 0x10/0xff protocol 18 type unreachable");
}

}  // namespace
}  // namespace holdfast::app

#include "holdfast/kernel/rtnetlink_codec.hpp"

#include <gtest/gtest.h>

#include <random>

namespace holdfast::kernel {
namespace {

using namespace netstate;

std::vector<uint8_t> encoded(const Operation& operation) {
    std::vector<uint8_t> run;
    append_request(operation, 7, run);
    return run;
}

/// One of everything, as requests; a request to add reads like the news of it.
std::vector<Operation> specimens() {
    KernelAddress four{.interface = {3}, .prefix = *Prefix::parse("192.0.2.1/24")};
    four.broadcast = IpAddress::v4(192, 0, 2, 255);
    four.label = "eth0:vip";
    four.scope = 253;
    four.flags = address_flag::kNoPrefixRoute;
    four.protocol = kAddressProtocol;
    KernelAddress pair{.interface = {3}, .prefix = *Prefix::parse("192.0.2.1/32")};
    pair.peer = IpAddress::v4(192, 0, 2, 2);
    KernelAddress six{.interface = {70000}, .prefix = *Prefix::parse("2001:db8::1/128")};
    six.flags = address_flag::kNoDad;
    six.preferred_lifetime = 0;

    KernelRoute plain;
    plain.destination = *Prefix::parse("10.0.0.0/8");
    plain.table = 4711;
    plain.priority = 5;
    plain.tos = 0x10;
    plain.preferred_source = IpAddress::v4(192, 0, 2, 1);
    plain.realms = 0x00020003;
    plain.next_hops.push_back({.via = IpAddress::v4(192, 0, 2, 254), .interface = {3}, .onlink = true});
    plain.metrics = {
        {2, 1400, true}, {8, 1360, false}, {16, 0, true}};  // RTAX_MTU, RTAX_ADVMSS, RTAX_CC_ALGO
    plain.congestion_control = "reno";
    KernelRoute group = plain;
    group.realms.reset();
    group.next_hops = {
        {.via = IpAddress::v4(192, 0, 2, 254), .interface = {3}, .weight = 256},
        {.via = IpAddress::parse("fe80::1"), .interface = {4}, .weight = 1, .onlink = true, .realms = 9}};
    KernelRoute route6;
    route6.family = Family::ipv6;
    route6.destination = *Prefix::parse("2001:db8:1::/48");
    route6.source = Prefix::parse("2001:db8:2::/48");
    route6.priority = 1024;
    route6.preference = 1;
    route6.next_hops.push_back({.interface = {3}});

    KernelRoute tunnel;
    tunnel.destination = *Prefix::parse("10.9.0.0/16");
    tunnel.next_hops.push_back({.interface = {3}});
    tunnel.next_hops[0].encapsulation = *parse_encapsulation(std::vector<std::string>{
        "ip", "id", "100", "dst", "192.0.2.44", "src", "192.0.2.1", "tos", "8", "ttl", "9", "flags", "1"});
    KernelRoute tunnel6 = tunnel;
    tunnel6.next_hops[0].encapsulation =
        *parse_encapsulation(std::vector<std::string>{"ip6", "dst", "2001:db8::44", "hoplimit", "9"});
    KernelRoute labelled = tunnel;
    labelled.next_hops[0].encapsulation =
        *parse_encapsulation(std::vector<std::string>{"mpls", "100/200/1048575"});
    labelled.next_hops.push_back({.interface = {4}, .weight = 7});
    labelled.next_hops[1].encapsulation =
        *parse_encapsulation(std::vector<std::string>{"ila", "2001:db8:0:1"});

    KernelRule rule{.invert = true,
                    .from = Prefix::parse("10.1.0.0/16"),
                    .to = Prefix::parse("10.2.0.0/16"),
                    .mark = 5,
                    .mask = 0xff,
                    .input_interface = "eth0",
                    .output_interface = "eth1",
                    .tos = 0x10,
                    .priority = 100,
                    .table = 300,
                    .realms = 7,
                    .suppress_prefix_length = 8,
                    .suppress_interface_group = 2,
                    .tunnel_id = 0x0102030405060708,
                    .uid_range = std::pair(1000U, 2000U),
                    .source_ports = std::pair<uint16_t, uint16_t>(1, 2),
                    .destination_ports = std::pair<uint16_t, uint16_t>(80, 443),
                    .ip_protocol = uint8_t{6}};
    KernelRule jump{.family = Family::ipv6, .priority = 50, .action = 2, .goto_priority = 60, .l3mdev = true};
    return {AddAddress{four}, AddAddress{pair},  AddAddress{six},   AddRoute{plain},
            AddRoute{group},  AddRoute{route6},  AddRule{rule},     AddRule{jump},
            AddRoute{tunnel}, AddRoute{tunnel6}, AddRoute{labelled}};
}

TEST(RouteCodec, WhatIsEncodedIsDecoded) {
    for (const Operation& operation : specimens()) {
        SCOPED_TRACE(to_string(operation));
        const RouteNews news = decode_news(encoded(operation));
        EXPECT_FALSE(news.removed);
        if (const auto* add = std::get_if<AddAddress>(&operation)) {
            ASSERT_TRUE(std::holds_alternative<KernelAddress>(news.object));
            EXPECT_EQ(std::get<KernelAddress>(news.object), add->address);
        } else if (const auto* add_route = std::get_if<AddRoute>(&operation)) {
            ASSERT_TRUE(std::holds_alternative<KernelRoute>(news.object));
            EXPECT_EQ(std::get<KernelRoute>(news.object), add_route->route);
        } else {
            ASSERT_TRUE(std::holds_alternative<KernelRule>(news.object));
            EXPECT_EQ(std::get<KernelRule>(news.object), std::get<AddRule>(operation).rule);
        }
    }
}

TEST(RouteCodec, RemovalNamesTheObject) {
    const KernelAddress address{.interface = {3}, .prefix = *Prefix::parse("192.0.2.1/24")};
    const RouteNews news = decode_news(encoded(RemoveAddress{address}));
    EXPECT_TRUE(news.removed);
    EXPECT_EQ(std::get<KernelAddress>(news.object).key(), address.key());
}

TEST(RouteCodec, MessagesOfARunAreAligned) {
    std::vector<uint8_t> run;
    for (const Operation& operation : specimens()) {
        append_request(operation, 1, run);
        EXPECT_EQ(run.size() % 4, 0U);
    }
}

TEST(RouteCodec, PeerAndLocalAddressAreToldApart) {
    KernelAddress pair{.interface = {3}, .prefix = *Prefix::parse("192.0.2.1/32")};
    pair.peer = IpAddress::v4(192, 0, 2, 2);
    const auto decoded = std::get<KernelAddress>(decode_news(encoded(AddAddress{pair})).object);
    EXPECT_EQ(decoded.prefix.address, IpAddress::v4(192, 0, 2, 1));
    EXPECT_EQ(decoded.peer, IpAddress::v4(192, 0, 2, 2));
}

TEST(RouteCodec, TruncatedMessageGivesNothing) {
    for (const Operation& operation : specimens()) {
        const auto whole = encoded(operation);
        const uint32_t declared = uint32_t{whole[0]} | uint32_t{whole[1]} << 8U;
        for (size_t length = 0; length < declared; ++length)
            EXPECT_TRUE(
                std::holds_alternative<std::monostate>(decode_news(std::span(whole).first(length)).object));
    }
}

TEST(RouteCodec, ALengthThatNoPrefixOfTheFamilyHasGivesNothing) {
    KernelRoute route;
    route.family = Family::ipv6;
    route.destination = *Prefix::parse("2001:db8:1::/48");
    route.source = Prefix::parse("2001:db8:2::/48");
    const auto whole = encoded(AddRoute{route});
    for (const size_t length_at : {17U, 18U}) {  // rtm_dst_len, rtm_src_len
        auto message = whole;
        message[length_at] = 128;
        EXPECT_TRUE(std::holds_alternative<KernelRoute>(decode_news(message).object));
        message[length_at] = 129;
        EXPECT_TRUE(std::holds_alternative<std::monostate>(decode_news(message).object));
    }
}

TEST(RouteCodec, DamagedMessagesAreSurvived) {
    // For the sanitizers: no length inside a message may be believed.
    std::mt19937 random(1);
    const auto all = specimens();
    size_t decoded = 0;
    for (int i = 0; i < 20000; ++i) {
        auto message = encoded(all[random() % all.size()]);
        for (int hits = 0; hits < 3; ++hits)
            message[4 + random() % (message.size() - 4)] = static_cast<uint8_t>(random());
        decoded += decode_news(message).object.index() != 0;
    }
    EXPECT_GT(decoded, 1000U);
}

}  // namespace
}  // namespace holdfast::kernel

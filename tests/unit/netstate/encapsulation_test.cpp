#include "holdfast/netstate/encapsulation.hpp"

#include <gtest/gtest.h>

namespace holdfast::netstate {
namespace {

using Words = std::vector<std::string>;
using Type = Encapsulation::Type;

TEST(ParseEncapsulation, ReadsIpTunnels) {
    const auto four = parse_encapsulation(
        Words{"ip", "id", "100", "dst", "192.0.2.44", "src", "192.0.2.1", "tos", "8", "ttl", "9"});
    ASSERT_TRUE(four);
    EXPECT_EQ(four->type, Type::ip);
    EXPECT_EQ(four->id, 100U);
    EXPECT_EQ(four->destination, IpAddress::parse("192.0.2.44"));
    EXPECT_EQ(four->source, IpAddress::parse("192.0.2.1"));
    EXPECT_EQ(four->tos, 8);
    EXPECT_EQ(four->hop_limit, 9);
    EXPECT_FALSE(four->flags);
    const auto six = parse_encapsulation(
        Words{"ip6", "dst", "2001:db8::44", "tc", "0x10", "hoplimit", "33", "flags", "2"});
    ASSERT_TRUE(six);
    EXPECT_EQ(six->type, Type::ip6);
    EXPECT_EQ(six->tos, 16);
    EXPECT_EQ(six->hop_limit, 33);
    EXPECT_EQ(six->flags, 2);
}

TEST(ParseEncapsulation, ReadsLabelsAndLocators) {
    EXPECT_EQ(parse_encapsulation(Words{"mpls", "100/200/300"})->labels,
              (std::vector<uint32_t>{100, 200, 300}));
    EXPECT_EQ(parse_encapsulation(Words{"ila", "2001:db8:0:1"})->locator, 0x20010db800000001U);
}

TEST(ParseEncapsulation, RefusesWhatItCannotRead) {
    for (const Words& words : {Words{}, Words{"ip"}, Words{"gre", "1"}, Words{"mpls", "1/x"},
                               Words{"mpls", ""}, Words{"ila", "1:2:3:zz"}, Words{"ip", "dst", "somewhere"},
                               Words{"ip", "ttl", "300"}, Words{"ip", "color", "1"}, Words{"ip", "id", "08"}})
        EXPECT_FALSE(parse_encapsulation(words)) << (words.empty() ? "" : words[0]);
}

TEST(EncapsulationMatches, WhatTheKernelFillsInMakesNoDifference) {
    const auto want = *parse_encapsulation(Words{"ip", "dst", "192.0.2.44"});
    auto have = want;
    have.id = 0;
    have.source = IpAddress::any(Family::ipv4);
    have.tos = 0;
    have.hop_limit = 0;
    have.flags = 0x20;
    EXPECT_TRUE(matches(want, have));
    have.hop_limit = 9;
    EXPECT_FALSE(matches(want, have));
    have.hop_limit = 0;
    have.destination = IpAddress::parse("192.0.2.45");
    EXPECT_FALSE(matches(want, have));
}

TEST(EncapsulationMatches, KindAndLabelsMatter) {
    const auto one = *parse_encapsulation(Words{"mpls", "100"});
    EXPECT_TRUE(matches(one, one));
    EXPECT_FALSE(matches(one, *parse_encapsulation(Words{"mpls", "100/200"})));
    EXPECT_FALSE(matches(one, *parse_encapsulation(Words{"ila", "0:0:0:0"})));
}

}  // namespace
}  // namespace holdfast::netstate

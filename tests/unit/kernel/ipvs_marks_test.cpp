#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "holdfast/kernel/ipvs.hpp"
#include "namespace.hpp"

namespace holdfast::kernel {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ipvs::MarkTable example() {
    return {.name = "keepalived_ipvs",
            .entries = {
                {ipvs::Protocol::tcp, IpAddress::v4(192, 0, 2, 1), IpAddress::v4(192, 0, 2, 1), 80, 1000},
                {ipvs::Protocol::tcp, IpAddress::v4(192, 0, 2, 5), IpAddress::v4(192, 0, 3, 4), 443, 1000},
                {ipvs::Protocol::udp, *IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8::9"), 53,
                 1001}}};
}

TEST(IpvsMarks, AMapForEachProtocolAndFamilyThatIsNeeded) {
    EXPECT_EQ(
        mark_script(example()),
        "add table ip keepalived_ipvs\n"
        "delete table ip keepalived_ipvs\n"
        "add table ip keepalived_ipvs\n"
        "add chain ip keepalived_ipvs in { type filter hook input priority -1 ; policy accept ; }\n"
        "add map ip keepalived_ipvs tcp_map { type ipv4_addr . inet_service : mark ; flags interval ; }\n"
        "add rule ip keepalived_ipvs in meta l4proto tcp meta mark set ip daddr . tcp dport map @tcp_map "
        "counter return\n"
        "add element ip keepalived_ipvs tcp_map { 192.0.2.1 . 80 : 0x3e8 }\n"
        "add element ip keepalived_ipvs tcp_map { 192.0.2.5-192.0.3.4 . 443 : 0x3e8 }\n"
        "add table ip6 keepalived_ipvs\n"
        "delete table ip6 keepalived_ipvs\n"
        "add table ip6 keepalived_ipvs\n"
        "add chain ip6 keepalived_ipvs in { type filter hook input priority -1 ; policy accept ; }\n"
        "add map ip6 keepalived_ipvs udp_map { type ipv6_addr . inet_service : mark ; flags interval ; }\n"
        "add rule ip6 keepalived_ipvs in meta l4proto udp meta mark set ip6 daddr . udp dport map @udp_map "
        "counter return\n"
        "add element ip6 keepalived_ipvs udp_map { 2001:db8::1-2001:db8::9 . 53 : 0x3e9 }\n");
}

TEST(IpvsMarks, WithoutEntriesTheTablesGo) {
    EXPECT_EQ(mark_script({.name = "t"}),
              "add table ip t\ndelete table ip t\nadd table ip6 t\ndelete table ip6 t\n");
}

std::string ruleset() {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen("nft list ruleset 2>/dev/null", "r"), pclose);
    std::string text;
    for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) text += static_cast<char>(c);
    return text;
}

TEST(IpvsMarks, TheKernelTakesThemAndForgetsThem) {
    testing::Namespace here;
    if (!here.exists()) GTEST_SKIP() << "needs root";
    IpvsTable table;
    ipvs::MarkTable wanted = example();
    wanted.counters = true;
    const auto first = table.set_marks(wanted);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_THAT(ruleset(), HasSubstr("192.0.2.5-192.0.3.4 . 443"));
    EXPECT_THAT(ruleset(), HasSubstr("meta mark set ip daddr . tcp dport map @tcp_map counter "
                                     "packets 0 bytes 0 return"));
    wanted.entries.pop_back();
    ASSERT_TRUE(table.set_marks(wanted));
    EXPECT_THAT(ruleset(), Not(HasSubstr("ip6")));
    ASSERT_TRUE(table.set_marks({.name = wanted.name}));
    EXPECT_EQ(ruleset(), "");
}

}  // namespace
}  // namespace holdfast::kernel

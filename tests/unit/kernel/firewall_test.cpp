// Firewall rules: their words, and that the kernel takes them.
#include "holdfast/kernel/firewall.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "namespace.hpp"
#include "protected_address.hpp"

namespace holdfast::kernel {
namespace {

using namespace netstate;

TEST(NftScript, NamesTableAddressAndInterfaces) {
    FirewallSettings settings;
    settings.table = "guard";
    const std::vector<FirewallOperation> operations{
        Protect{global("192.0.2.1")}, Unprotect{global("2001:db8::1")},
        Protect{{*IpAddress::parse("fe80::1"), {7}, {}}}, Protect{{*IpAddress::parse("fe80::1"), {}, "eth0"}},
        AddQuietLink{{{5}, false, Family::ipv4, {2}, "vrrp.51", {}}}};
    EXPECT_EQ(nft_script(settings, operations),
              "add element ip guard vips { 192.0.2.1 }\n"
              "delete element ip6 guard vips { 2001:db8::1 }\n"
              "add element ip6 guard vips_link_local { fe80::1 . 7 }\n"
              "add element ip6 guard vips_link_local_name { fe80::1 . \"eth0\" }\n"
              "add element ip guard vmac_map { 5 : 2 }\n");
}

TEST(NftScript, CountersGoBeforeTheVerdict) {
    FirewallSettings settings;
    const std::vector<FirewallOperation> part{AddPart{FirewallPart::addresses4}};
    EXPECT_EQ(nft_script(settings, part).find("counter"), std::string::npos);
    settings.counters = true;
    settings.priority = -10;
    const std::string text = nft_script(settings, part);
    EXPECT_NE(text.find("add rule ip keepalived in ip daddr @vips counter drop\n"), std::string::npos);
    EXPECT_NE(text.find("hook input priority -10 ;"), std::string::npos);
}

TEST(NftScript, InterfacesByIndexWhereAskedFor) {
    FirewallSettings settings;
    const std::vector<FirewallOperation> link{
        AddQuietLink{{{5}, false, Family::ipv6, {2}, "vrrp.51", *IpAddress::parse("fe80::1")}}};
    EXPECT_NE(nft_script(settings, link).find("parent_link_local { fe80::1 . \"vrrp.51\" }"),
              std::string::npos);
    settings.by_index = true;
    EXPECT_NE(nft_script(settings, link).find("parent_link_local { fe80::1 . 5 }"), std::string::npos);
}

class NftFirewallTest : public testing::NamespaceTest {
  protected:
    static std::string ruleset() {
        FILE* pipe = popen("nft list ruleset 2>/dev/null", "r");
        std::string text;
        std::array<char, 4096> part{};
        while (const size_t length = fread(part.data(), 1, part.size(), pipe))
            text.append(part.data(), length);
        pclose(pipe);
        return text;
    }
    Result<> want(const FirewallState& wanted) {
        auto done = firewall.apply(settings, reconciler.plan(wanted));
        if (done) reconciler.succeeded(wanted);
        return done;
    }
    FirewallSettings settings;
    FirewallReconciler reconciler;
    NftFirewall firewall;
};

TEST_F(NftFirewallTest, EveryPartIsTaken) {
    FirewallState wanted;
    wanted.addresses = {global("192.0.2.1"),
                        global("2001:db8::1"),
                        {*IpAddress::parse("fe80::1"), v0, {}},
                        {*IpAddress::parse("fe80::2"), {}, "v0"}};
    // Interfaces that do not exist (yet, or any more) are no reason to refuse.
    wanted.links = {{v0, false, Family::ipv4, {4711}, "v0", {}},
                    {v0, true, Family::ipv6, {4711}, "v0", *IpAddress::parse("fe80::3")}};
    for (const bool by_index : {false, true}) {
        settings.by_index = settings.counters = by_index;
        const auto done = want(wanted);
        ASSERT_TRUE(done) << done.error().message;
        const std::string text = ruleset();
        for (const char* part : {"192.0.2.1", "2001:db8::1", "vips_link_local {", "vips_link_local_name {",
                                 "mld-report", "neighbor-discovery", "vmac_set", "parent_link_local"})
            EXPECT_NE(text.find(part), std::string::npos) << part;
        ASSERT_TRUE(want({}));
        EXPECT_EQ(ruleset().find("192.0.2.1"), std::string::npos);
        ASSERT_TRUE(firewall.apply(settings, reconciler.end()));
        EXPECT_EQ(ruleset(), "");
        reconciler = {};
    }
}

TEST_F(NftFirewallTest, AllOrNothing) {
    ASSERT_TRUE(want({.addresses = {global("192.0.2.1")}, .links = {}}));
    const std::vector<FirewallOperation> wrong{Protect{global("192.0.2.2")}, Unprotect{global("192.0.2.99")}};
    const auto done = firewall.apply(settings, wrong);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("nftables: "), std::string::npos);
    EXPECT_EQ(ruleset().find("192.0.2.2"), std::string::npos);
    // An error does not stay: the next commands work.
    EXPECT_TRUE(want({.addresses = {global("192.0.2.3")}, .links = {}}));
}

TEST_F(NftFirewallTest, OnlyWhatOthersRemoveIsTold) {
    io::EventLoop loop;
    HostFirewall host(loop);
    std::vector<std::string> told;
    host.on_foreign_change([&](const std::string& program) { told.push_back(program); });
    const auto make = [&](const FirewallState& wanted) {
        const auto done = host.apply(settings, reconciler.plan(wanted));
        ASSERT_TRUE(done) << done.error().message;
        reconciler.succeeded(wanted);
        for (int i = 0; i < 3; ++i) loop.run_once(std::chrono::milliseconds(5));
    };
    make({.addresses = {global("192.0.2.1"), global("192.0.2.2"), global("2001:db8::1")}, .links = {}});
    make({.addresses = {global("192.0.2.1"), global("2001:db8::1")}, .links = {}});
    EXPECT_TRUE(told.empty()) << "what we remove ourselves";
    testing::Namespace::run("nft add table ip mine");
    testing::Namespace::run("nft delete table ip mine");
    testing::Namespace::run("nft add element ip keepalived vips '{ 192.0.2.77 }'");
    for (int i = 0; i < 3; ++i) loop.run_once(std::chrono::milliseconds(5));
    EXPECT_TRUE(told.empty()) << "tables of others, and additions";

    for (const char* command :
         {"nft delete element ip keepalived vips '{ 192.0.2.1 }'", "nft flush chain ip6 keepalived in",
          "nft flush set ip6 keepalived vips", "nft delete table ip keepalived", "nft flush ruleset"}) {
        told.clear();
        testing::Namespace::run(command);
        for (int i = 0; i < 3; ++i) loop.run_once(std::chrono::milliseconds(5));
        EXPECT_EQ(told, std::vector<std::string>{"nft"}) << command;
        reconciler.failed({});
        make({.addresses = {global("192.0.2.1"), global("2001:db8::1")}, .links = {}});
        EXPECT_EQ(told.size(), 1U) << "the repair of: " << command;
    }
    // Before our own transaction, and so seen together with it.
    told.clear();
    testing::Namespace::run("nft flush chain ip keepalived in");
    make({.addresses = {global("192.0.2.1"), global("192.0.2.3"), global("2001:db8::1")}, .links = {}});
    EXPECT_EQ(told, std::vector<std::string>{"nft"});
}

TEST_F(NftFirewallTest, TablesOfOthersStay) {
    testing::Namespace::run("nft add table ip mine");
    ASSERT_TRUE(want({.addresses = {global("192.0.2.1")}, .links = {}}));
    ASSERT_TRUE(firewall.apply(settings, reconciler.end()));
    EXPECT_EQ(ruleset(), "table ip mine {\n}\n");
}

}  // namespace
}  // namespace holdfast::kernel

// Rules and sets that the kernel takes, judged by iptables-save and ipset.
#include "holdfast/kernel/iptables_firewall.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "namespace.hpp"
#include "protected_address.hpp"

namespace holdfast::kernel {
namespace {

using namespace netstate;

std::string output_of(const std::string& command) {
    FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
    std::string text;
    std::array<char, 4096> part{};
    while (const size_t length = fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), length);
    pclose(pipe);
    return text;
}

class IptablesFirewallTest : public testing::NamespaceTest {
  protected:
    void SetUp() override {
        NamespaceTest::SetUp();
        if (IsSkipped()) return;
        if (std::system("iptables-legacy -L >/dev/null 2>&1 && ipset list >/dev/null 2>&1") != 0)
            GTEST_SKIP() << "no iptables here";
        settings.iptables.emplace();
    }
    Result<> want(const FirewallState& wanted) {
        auto done = firewall.apply(settings, reconciler.plan(wanted));
        if (done) {
            reconciler.succeeded(wanted);
        } else {
            reconciler.failed(wanted);
        }
        return done;
    }
    /// Rules of both families in the words of the planner, and sets with their entries.
    static std::string everything() {
        return output_of(
            "(iptables-legacy-save; ip6tables-legacy-save) | grep ^-A; "
            "ipset save | sed 's/ family.*//' | sort");
    }
    FirewallState much() const {
        FirewallState state;
        state.addresses = {
            global("192.0.2.1"), global("2001:db8::1"), {*IpAddress::parse("fe80::1"), {}, "v0", 0}};
        state.links = {{v0, false, Family::ipv4, {4711}, "v0", {}},
                       {v0, false, Family::ipv6, {4711}, "v0", *IpAddress::parse("fe80::3")}};
        return state;
    }
    FirewallSettings settings;
    FirewallReconciler reconciler;
    IptablesFirewall firewall;
};

TEST_F(IptablesFirewallTest, TheKernelSaysWhatThePlannerSays) {
    for (const bool with_sets : {true, false}) {
        if (!with_sets) settings.iptables->sets.reset();
        const auto operations = reconciler.plan(much());
        const IptablesPlan plan = plan_iptables(*settings.iptables, operations);
        const auto done = want(much());
        ASSERT_TRUE(done) << done.error().message;
        const std::string text = everything();
        size_t rules = 0;
        for (const RuleChange& change : plan.rules) {
            if (change.what == RuleChange::What::remove_all) continue;
            ++rules;
            EXPECT_NE(text.find(change.rule.to_text() + '\n'), std::string::npos)
                << change.rule.to_text() << "\n"
                << text;
        }
        EXPECT_EQ(rules, with_sets ? 18U : 18U);
        for (const char* entry : {"add keepalived 192.0.2.1\n", "add keepalived6 2001:db8::1\n",
                                  "add keepalived_if6 fe80::1,v0\n", "add keepalived_igmp 0.0.0.0/0,v0\n",
                                  "add keepalived_mld ::/0,v0\n", "add keepalived_nd fe80::3,v0\n"})
            EXPECT_EQ(text.find(entry) != std::string::npos, with_sets) << entry;
        ASSERT_TRUE(firewall.apply(settings, reconciler.end()));
        EXPECT_EQ(everything(), "");
        EXPECT_TRUE(firewall.take_notices().empty());
        reconciler = {};
    }
}

TEST_F(IptablesFirewallTest, AddressesComeAndGoAndOthersRulesStay) {
    testing::Namespace::run("iptables-legacy -A INPUT -d 192.0.2.1/32 -p tcp -j DROP");
    const std::string foreign = everything();
    for (const bool with_sets : {true, false}) {
        if (!with_sets) settings.iptables->sets.reset();
        ASSERT_TRUE(want({.addresses = {global("192.0.2.1"), global("192.0.2.2")}, .links = {}}));
        ASSERT_TRUE(want({.addresses = {global("192.0.2.2"), global("192.0.2.3")}, .links = {}}));
        const std::string text = everything();
        const char* first = with_sets ? "keepalived 192.0.2.1\n" : "-d 192.0.2.1/32 -j DROP";
        const char* third = with_sets ? "keepalived 192.0.2.3\n" : "-d 192.0.2.3/32 -j DROP";
        EXPECT_EQ(text.find(first), std::string::npos) << text;
        EXPECT_NE(text.find(third), std::string::npos) << text;
        ASSERT_TRUE(firewall.apply(settings, reconciler.end()));
        EXPECT_EQ(everything(), foreign);
        reconciler = {};
    }
}

TEST_F(IptablesFirewallTest, WhatACrashHasLeftIsReplaced) {
    for (const bool with_sets : {true, false}) {
        if (!with_sets) settings.iptables->sets.reset();
        const FirewallState left{.addresses = {global("192.0.2.1"), global("192.0.2.9")}, .links = {}};
        {
            IptablesFirewall crashed;
            ASSERT_TRUE(crashed.apply(settings, FirewallReconciler().plan(left)));
        }
        reconciler.expect_leftovers(left);
        ASSERT_TRUE(want({.addresses = {global("192.0.2.1")}, .links = {}}));
        const std::string text = everything();
        EXPECT_EQ(text.find("192.0.2.9"), std::string::npos) << text;
        EXPECT_EQ(text.find("-A INPUT"), text.rfind("-A INPUT")) << text;
        ASSERT_TRUE(firewall.apply(settings, reconciler.end()));
        EXPECT_EQ(everything(), "");
        reconciler = {};
    }
}

TEST_F(IptablesFirewallTest, WhatOthersHaveRemovedShowsWithTheNextChange) {
    const FirewallState one{.addresses = {global("192.0.2.1")}, .links = {}};
    const FirewallState two{.addresses = {global("192.0.2.1"), global("192.0.2.2")}, .links = {}};
    for (const char* command :
         {"iptables-legacy -F", "iptables-legacy -D OUTPUT 1", "iptables-legacy -F; ipset destroy",
          "ipset flush keepalived; iptables-legacy -F"}) {
        ASSERT_TRUE(want(one));
        const std::string whole = everything();
        testing::Namespace::run(command);
        EXPECT_FALSE(want(two)) << command;
        ASSERT_TRUE(want(one)) << command;
        EXPECT_EQ(everything(), whole) << command;
    }
    ASSERT_TRUE(want(one));
    testing::Namespace::run("ipset flush keepalived");
    EXPECT_FALSE(want({})) << "an entry that is not there cannot be removed";
}

TEST_F(IptablesFirewallTest, AMissingChainLeavesOutItsFamily) {
    settings.iptables->input_chain = "GUARD";
    testing::Namespace::run("ip6tables-legacy -N GUARD");
    const auto done = want(much());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(firewall.take_notices(), std::vector<std::string>{"iptables chain GUARD doesn't exist"});
    const std::string text = everything();
    EXPECT_NE(text.find("-A GUARD -m set --match-set keepalived6 dst -j DROP"), std::string::npos) << text;
    EXPECT_EQ(text.find("192.0.2.1"), std::string::npos) << text;
    ASSERT_TRUE(want({}));
    EXPECT_TRUE(firewall.take_notices().empty()) << "said once";
    ASSERT_TRUE(firewall.apply(settings, reconciler.end()));
    EXPECT_EQ(everything(), "");
    // Other names are looked at anew.
    FirewallSettings other = settings;
    other.iptables->input_chain = "INPUT";
    const std::vector<FirewallOperation> one{AddPart{FirewallPart::addresses4}, Protect{global("192.0.2.1")}};
    ASSERT_TRUE(firewall.apply(other, one));
    EXPECT_NE(everything().find("-A INPUT -m set --match-set keepalived dst -j DROP"), std::string::npos);
    ASSERT_TRUE(firewall.apply(other, std::vector<FirewallOperation>{RemoveTables{}}));
    EXPECT_EQ(everything(), "");
}

TEST_F(IptablesFirewallTest, RemovingWhatIsNotThereIsNoTrouble) {
    settings.iptables->input_chain = "NOWHERE";
    const std::vector<FirewallOperation> removal{RemoveTables{much()}};
    EXPECT_TRUE(firewall.apply(settings, removal));
    EXPECT_TRUE(firewall.take_notices().empty());
}

TEST(IptablesProgram, IsAFrontOfNftablesByItsFile) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("iptables-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder / "nft");
    std::filesystem::create_directories(folder / "legacy");
    for (const char* name : {"nft", "legacy"}) {
        const auto program = folder / name / ("xtables-" + std::string(name) + "-multi");
        fclose(fopen(program.c_str(), "w"));
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
        std::filesystem::create_symlink(program, folder / name / "iptables");
    }
    const std::string nft = (folder / "nft").string();
    const std::string legacy = (folder / "legacy").string();
    EXPECT_TRUE(iptables_is_nftables(nft));
    EXPECT_FALSE(iptables_is_nftables(legacy));
    EXPECT_TRUE(iptables_is_nftables("/nonexistent:" + nft + ":" + legacy));
    EXPECT_FALSE(iptables_is_nftables(legacy + ":" + nft));
    EXPECT_FALSE(iptables_is_nftables("/nonexistent"));
    EXPECT_FALSE(iptables_is_nftables(""));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace holdfast::kernel

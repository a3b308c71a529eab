// The situations this project exists for, each by name, on whole simulated nodes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario.hpp"

namespace holdfast::sim {
namespace {

class Situation : public ::testing::Test {
  protected:
    Node& start(const std::string& name, InstanceText text, const std::string& before = {}) {
        Node& node = world.add(name);
        EXPECT_TRUE(node.start(config_text({std::move(text)}, before))) << world.history(50);
        return node;
    }
    InstanceText text(int priority, const std::string& state, const std::string& extra = {}) {
        InstanceText instance;
        instance.priority = priority;
        instance.state = state;
        instance.extra = extra;
        return instance;
    }
    /// Exactly this node is master and holds the address.
    ::testing::AssertionResult only(const Node& master) {
        for (const auto& node : world.nodes()) {
            const bool expected = node.get() == &master;
            if (node->is_running() && node->is_master("VI_1") != expected) {
                return ::testing::AssertionFailure()
                       << node->name() << " is " << vrrp::to_string(node->state("VI_1")) << "\n"
                       << world.history(60);
            }
            if (node->is_running() && node->has_address("10.0.0.100") != expected) {
                return ::testing::AssertionFailure()
                       << node->name() << (expected ? " lacks" : " has") << " the address\n"
                       << world.history(60);
            }
        }
        return ::testing::AssertionSuccess();
    }
    World world{1};
};

TEST_F(Situation, BothStateMasterTheHigherPriorityWinsAndReturns) {
    Node& low = start("low", text(100, "MASTER"));
    Node& high = start("high", text(150, "MASTER"));
    world.run(10s);
    EXPECT_TRUE(only(high));
    high.crash();
    world.run(4s);
    EXPECT_TRUE(low.is_master("VI_1"));
    ASSERT_TRUE(high.start());
    world.run(10s);
    EXPECT_TRUE(only(high));
    EXPECT_TRUE(low.logged("with higher priority 150, ours 100"));
}

TEST_F(Situation, MasterAndBackupTheHigherPriorityOnMaster) {
    Node& master = start("a", text(150, "MASTER"));
    start("b", text(100, "BACKUP"));
    world.run(10s);
    EXPECT_TRUE(only(master));
}

TEST_F(Situation, PriorityWinsOverState) {
    start("a", text(100, "MASTER"));
    Node& higher = start("b", text(150, "BACKUP"));
    world.run(10s);
    EXPECT_TRUE(only(higher));
}

TEST_F(Situation, BothBackupNopreemptTheFirstHoldsWhateverThePriority) {
    Node& first = start("a", text(100, "BACKUP", "  nopreempt\n"));
    world.run(6s);
    Node& second = start("b", text(150, "BACKUP", "  nopreempt\n"));
    world.run(20s);
    EXPECT_TRUE(only(first));
    first.crash();
    world.run(4s);
    EXPECT_TRUE(second.is_master("VI_1"));
    ASSERT_TRUE(first.start());
    world.run(20s);
    EXPECT_TRUE(only(second));
}

TEST_F(Situation, BothBackupWithoutNopreemptTheHigherReturns) {
    Node& low = start("a", text(100, "BACKUP"));
    world.run(6s);
    EXPECT_TRUE(low.is_master("VI_1"));
    Node& high = start("b", text(150, "BACKUP"));
    world.run(6s);
    EXPECT_TRUE(only(high));
}

TEST_F(Situation, EqualPriorityTheHigherAddressWins) {
    Node& lower = start("a", text(100, "BACKUP"));
    Node& higher = start("b", text(100, "BACKUP"));
    world.run(10s);
    EXPECT_TRUE(only(higher)) << lower.name();
}

TEST_F(Situation, KilledMasterIsReplacedWithinMasterDownInterval) {
    Node& master = start("a", text(150, "BACKUP"));
    Node& backup = start("b", text(100, "BACKUP"));
    world.run(10s);
    ASSERT_TRUE(only(master));
    master.crash();
    const Instant died = world.now();
    ASSERT_TRUE(world.run_until([&] { return backup.is_master("VI_1"); }, 10s));
    EXPECT_LE(world.now() - died, 3609376us);
    EXPECT_GE(world.now() - died, 2600ms);
}

TEST_F(Situation, StoppedMasterIsReplacedAfterSkewTime) {
    Node& master = start("a", text(150, "BACKUP"));
    Node& backup = start("b", text(100, "BACKUP"));
    world.run(10s);
    ASSERT_TRUE(only(master));
    master.stop();
    const Instant stopped = world.now();
    ASSERT_TRUE(world.run_until([&] { return backup.is_master("VI_1"); }, 10s));
    EXPECT_LE(world.now() - stopped, 620ms);  // (256 - 100) / 256 s and the wire.
    EXPECT_EQ(master.last_told("VI_1"), "STOP");
}

TEST_F(Situation, KilledAndRestartedNodeKeepsItsAddressWithoutAPeer) {
    Node& node = start("a", text(150, "BACKUP"));
    world.run(6s);
    ASSERT_TRUE(only(node));
    node.crash();
    EXPECT_TRUE(node.has_address("10.0.0.100"));
    world.run(100ms);
    ASSERT_TRUE(node.start());
    ASSERT_TRUE(world.run_until([&] { return node.is_master("VI_1"); }, 10s));
    EXPECT_TRUE(node.has_address("10.0.0.100"));
    EXPECT_TRUE(node.logged("keeping the VIPs"));
    EXPECT_FALSE(node.logged("removing VIPs"));
}

TEST_F(Situation, KilledAndRestartedNodeGivesTheAddressUpWhenAnotherRouterIsHeard) {
    Node& node = start("a", text(100, "BACKUP"));
    world.run(6s);
    node.crash();
    Node& other = start("b", text(150, "BACKUP"));
    world.run(6s);
    ASSERT_TRUE(other.is_master("VI_1"));
    ASSERT_TRUE(node.start());
    world.run(1100ms);
    EXPECT_FALSE(node.has_address("10.0.0.100"));
    EXPECT_TRUE(only(other));
}

TEST_F(Situation, AddressDeletedFromOutsideComesBackWithoutLeavingMaster) {
    Node& node = start("a", text(150, "BACKUP"));
    world.run(6s);
    ASSERT_TRUE(only(node));
    node.delete_address("10.0.0.100/24");
    ASSERT_TRUE(world.run_until([&] { return node.has_address("10.0.0.100"); }, 100ms));
    EXPECT_TRUE(node.is_master("VI_1"));
    EXPECT_EQ(node.last_told("VI_1"), "MASTER");
}

TEST_F(Situation, BrokenFileOnReloadChangesNothing) {
    Node& node = start("a", text(150, "BACKUP"));
    world.run(6s);
    const size_t told = node.fifo.size();
    EXPECT_FALSE(node.reload("vrrp_instance VI_1 {\n"));
    EXPECT_FALSE(node.reload(config_text({text(150, "BACKUP", "  prioritty 3\n")})));
    world.run(6s);
    EXPECT_TRUE(only(node));
    EXPECT_EQ(node.fifo.size(), told);
}

TEST_F(Situation, UnchangedReloadIsNotNoticedByAnyone) {
    Node& node = start("a", text(150, "BACKUP"));
    world.run(20s);
    const size_t told = node.fifo.size();
    const uint64_t announced = node.announcements;
    node.kernel.take_log();
    EXPECT_TRUE(node.reload(config_text({text(150, "BACKUP")})));
    world.run(10s);
    EXPECT_TRUE(only(node));
    EXPECT_EQ(node.fifo.size(), told);
    EXPECT_EQ(node.announcements, announced);
    EXPECT_THAT(node.kernel.take_log(), ::testing::IsEmpty());
}

TEST_F(Situation, StalledBackupListensBeforeItClaimsMastership) {
    Node& master = start("a", text(150, "BACKUP"));
    Node& backup = start("b", text(100, "BACKUP"));
    world.run(10s);
    ASSERT_TRUE(only(master));
    backup.pause();
    world.run(30s);
    backup.resume();
    world.run(50ms);
    EXPECT_FALSE(backup.is_master("VI_1"));
    world.run(5s);
    EXPECT_TRUE(only(master));
    EXPECT_EQ(backup.last_told("VI_1"), "BACKUP");
}

struct Weighted {
    int weight;
    int failed;     ///< Effective priority of the node whose script fails.
    int succeeded;  ///< And when it succeeds.
};

class ScriptWeight : public Situation, public ::testing::WithParamInterface<Weighted> {};

TEST_P(ScriptWeight, ChangesTheElectionBySign) {
    const std::string script = fmt::format(
        "vrrp_script chk {{\n  script \"/bin/chk.sh\"\n  interval 1\n  weight {}\n}}\n", GetParam().weight);
    Node& tracked = start("a", text(110, "BACKUP", "  track_script {\n    chk\n  }\n"), script);
    Node& plain = start("b", text(105, "BACKUP"));
    world.run(10s);
    EXPECT_EQ(tracked.priority("VI_1"), GetParam().succeeded);
    EXPECT_TRUE(only(tracked));
    world.script_status["/bin/chk.sh"] = 1;
    world.run(10s);
    if (GetParam().weight == 0) {
        EXPECT_EQ(tracked.state("VI_1"), vrrp::State::Fault);
    } else {
        EXPECT_EQ(tracked.priority("VI_1"), GetParam().failed);
    }
    EXPECT_TRUE(only(GetParam().failed > 105 && GetParam().weight != 0 ? tracked : plain));
    world.script_status["/bin/chk.sh"] = 0;
    world.run(10s);
    EXPECT_TRUE(only(tracked));
}

INSTANTIATE_TEST_SUITE_P(Signs, ScriptWeight,
                         ::testing::Values(Weighted{-20, 90, 110}, Weighted{20, 110, 130},
                                           Weighted{0, 110, 110}, Weighted{-253, 1, 110},
                                           Weighted{200, 110, 254}),
                         [](const auto& tested) {
                             const int weight = tested.param.weight;
                             return fmt::format("{}{}", weight < 0 ? "Minus" : "Plus", std::abs(weight));
                         });

TEST_F(Situation, SeveralScriptsAddUp) {
    const std::string scripts =
        "vrrp_script one {\n  script \"/bin/one.sh\"\n  interval 1\n  weight -20\n}\n"
        "vrrp_script two {\n  script \"/bin/two.sh\"\n  interval 1\n  weight 10\n}\n";
    world.script_status["/bin/one.sh"] = 1;
    Node& node = start("a", text(100, "BACKUP", "  track_script {\n    one\n    two\n  }\n"), scripts);
    world.run(10s);
    EXPECT_EQ(node.priority("VI_1"), 90);
}

TEST_F(Situation, InterfaceDownIsFaultAndUpReturns) {
    Node& master = start("a", text(150, "BACKUP"));
    Node& backup = start("b", text(100, "BACKUP"));
    world.run(10s);
    master.set_link("eth0", false);
    world.run(5s);
    EXPECT_EQ(master.state("VI_1"), vrrp::State::Fault);
    EXPECT_EQ(master.last_told("VI_1"), "FAULT");
    EXPECT_TRUE(backup.is_master("VI_1"));
    master.set_link("eth0", true);
    world.run(10s);
    EXPECT_TRUE(only(master));
}

TEST_F(Situation, SyncGroupMovesTogether) {
    InstanceText inside = text(150, "BACKUP");
    InstanceText outside = inside;
    outside.name = "VI_2";
    outside.interface = "eth1";
    outside.vrid = 52;
    outside.address = "10.1.0.100/24";
    const std::string group = "vrrp_sync_group G {\n  group {\n    VI_1\n    VI_2\n  }\n}\n";
    Node& a = world.add("a");
    Node& b = world.add("b");
    ASSERT_TRUE(a.start(config_text({inside, outside}, group))) << world.history(50);
    inside.priority = outside.priority = 100;
    ASSERT_TRUE(b.start(config_text({inside, outside}, group)));
    world.run(10s);
    EXPECT_TRUE(a.is_master("VI_1") && a.is_master("VI_2")) << world.history(60);
    a.set_link("eth1", false);
    world.run(6s);
    EXPECT_EQ(a.state("VI_1"), vrrp::State::Fault) << world.history(60);
    EXPECT_TRUE(b.is_master("VI_1") && b.is_master("VI_2")) << world.history(60);
    EXPECT_EQ(a.last_told("G"), "FAULT");
    EXPECT_EQ(b.last_told("G"), "MASTER");
    a.set_link("eth1", true);
    world.run(10s);
    EXPECT_TRUE(a.is_master("VI_1") && a.is_master("VI_2")) << world.history(60);
    EXPECT_FALSE(b.is_master("VI_1") || b.is_master("VI_2"));
}

TEST_F(Situation, LastScriptIsTheLastStateHoweverLongScriptsRun) {
    world.script_duration = [this](const std::string&) {
        return std::chrono::milliseconds(std::uniform_int_distribution<int>(1, 3000)(world.random()));
    };
    Node& node = start("a", text(150, "BACKUP", "  notify /bin/notify.sh\n"));
    for (int i = 0; i < 20; ++i) {
        node.set_link("eth0", i % 2 == 1);
        world.run(std::chrono::milliseconds(std::uniform_int_distribution<int>(10, 6000)(world.random())));
    }
    world.run(200s);
    ASSERT_FALSE(node.scripts_ended().empty());
    EXPECT_NE(node.scripts_ended().back().find("MASTER"), std::string::npos) << node.scripts_ended().back();
    EXPECT_TRUE(only(node));
}

TEST_F(Situation, StoppedServerLeavesThePoolAndReturns) {
    const std::string servers =
        "virtual_server 10.0.0.100 80 {\n  delay_loop 2\n  lb_algo wrr\n  lb_kind DR\n  protocol TCP\n"
        "  real_server 10.0.0.11 80 {\n    weight 1\n    TCP_CHECK {\n      connect_timeout 1\n      retry "
        "1\n"
        "      delay_before_retry 1\n    }\n  }\n"
        "  real_server 10.0.0.12 80 {\n    weight 2\n    TCP_CHECK {\n      connect_timeout 1\n    }\n  "
        "}\n}\n";
    world.servers = {{IpAddress::v4(10, 0, 0, 11), 80}, {IpAddress::v4(10, 0, 0, 12), 80}};
    Node& node = world.add("a");
    ASSERT_TRUE(node.start(config_text({text(150, "BACKUP")}, {}, servers))) << world.history(50);
    world.run(10s);
    const ipvs::ServiceKey key{.protocol = ipvs::Protocol::tcp,
                               .endpoint = {IpAddress::v4(10, 0, 0, 100), 80}};
    ASSERT_NE(node.table.table.find(key), nullptr);
    EXPECT_EQ(node.table.table.find(key)->destinations.size(), 2U);
    world.servers.erase({IpAddress::v4(10, 0, 0, 11), 80});
    world.run(10s);
    EXPECT_EQ(node.table.table.find(key)->destinations.size(), 1U);
    EXPECT_TRUE(node.logged("Removing service [10.0.0.11]:tcp:80 from VS [10.0.0.100]:tcp:80"));
    world.servers.insert({IpAddress::v4(10, 0, 0, 11), 80});
    world.run(10s);
    EXPECT_EQ(node.table.table.find(key)->destinations.size(), 2U);
    // Somebody empties the table: it is put right.
    node.table.table.clear();
    world.run(5s);
    ASSERT_NE(node.table.table.find(key), nullptr);
    EXPECT_EQ(node.table.table.find(key)->destinations.size(), 2U);
    node.stop();
    world.run(5s);
    EXPECT_TRUE(node.table.table.empty());
}

}  // namespace
}  // namespace holdfast::sim

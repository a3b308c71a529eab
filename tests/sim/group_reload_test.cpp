// Reloads that make, change and dissolve sync groups: situations that random clusters have shown to be hard.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "scenario.hpp"

namespace holdfast::sim {
namespace {

constexpr const char* kGroup = "vrrp_sync_group G {\n  group {\n    VI_1\n    VI_2\n  }\n}\n";

class GroupReload : public ::testing::Test {
  protected:
    static std::string text(int first, int second, const std::string& group = {}) {
        InstanceText inside;
        inside.priority = first;
        InstanceText outside;
        outside.name = "VI_2";
        outside.interface = "eth1";
        outside.vrid = 52;
        outside.priority = second;
        outside.address = "10.1.0.100/24";
        return config_text({inside, outside}, group);
    }
    Node& start(const std::string& name, const std::string& config) {
        Node& node = world.add(name);
        EXPECT_TRUE(node.start(config)) << world.history(50);
        return node;
    }
    World world{1};
};

TEST_F(GroupReload, OneThatDissolvesTheGroupLetsWaitingPartnersGo) {
    Node& node = start("a", text(150, 150, kGroup));
    world.run(10s);
    node.set_link("eth1", false);
    world.run(1s);
    ASSERT_EQ(node.state("VI_1"), vrrp::State::Fault);
    ASSERT_TRUE(node.reload(text(150, 150)));
    world.run(10s);
    EXPECT_TRUE(node.is_master("VI_1")) << world.history(40);
    EXPECT_EQ(node.state("VI_2"), vrrp::State::Fault);
    node.set_link("eth1", true);
    world.run(10s);
    EXPECT_TRUE(node.is_master("VI_2")) << world.history(40);
}

TEST_F(GroupReload, OneThatMakesAGroupWithAFaultedMemberTakesTheOthersAlong) {
    Node& node = start("a", text(150, 150));
    world.run(10s);
    node.set_link("eth1", false);
    world.run(1s);
    ASSERT_TRUE(node.is_master("VI_1"));
    ASSERT_TRUE(node.reload(text(150, 150, kGroup)));
    world.run(1s);
    EXPECT_EQ(node.state("VI_1"), vrrp::State::Fault) << world.history(40);
    EXPECT_FALSE(node.has_address("10.0.0.100"));
    EXPECT_EQ(node.last_told("VI_1"), "FAULT");
    node.set_link("eth1", true);
    world.run(10s);
    EXPECT_TRUE(node.is_master("VI_1") && node.is_master("VI_2")) << world.history(40);
}

TEST_F(GroupReload, OneThatJoinsAMasterAndABackupElectsAnew) {
    Node& node = start("a", text(150, 50));
    Node& other = start("b", text(100, 100));
    world.run(10s);
    ASSERT_TRUE(node.is_master("VI_1") && other.is_master("VI_2"));
    ASSERT_TRUE(node.reload(text(150, 50, kGroup)));
    world.run(10s);
    EXPECT_FALSE(node.is_master("VI_1") || node.is_master("VI_2")) << world.history(40);
    EXPECT_TRUE(other.is_master("VI_1") && other.is_master("VI_2"));
    // The pair is stronger now than the other node: both come back.
    ASSERT_TRUE(node.reload(text(150, 150, kGroup)));
    world.run(10s);
    EXPECT_TRUE(node.is_master("VI_1") && node.is_master("VI_2")) << world.history(40);
}

TEST_F(GroupReload, OneThatLeavesAMasterGroupAsItIsDisturbsNobody) {
    Node& node = start("a", text(150, 150, kGroup));
    world.run(10s);
    const size_t told = node.fifo.size();
    ASSERT_TRUE(node.reload(text(160, 160, kGroup)));
    world.run(10s);
    EXPECT_TRUE(node.is_master("VI_1") && node.is_master("VI_2"));
    EXPECT_EQ(node.fifo.size(), told) << world.history(20);
}

}  // namespace
}  // namespace holdfast::sim

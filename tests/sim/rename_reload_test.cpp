// Reloads that give instances other names: they are the same instances, and what goes by their names follows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "scenario.hpp"

namespace holdfast::sim {
namespace {

class RenameReload : public ::testing::Test {
  protected:
    /// Two instances on two wires; the other node is stronger on the second one.
    static std::string text(const std::string& first, const std::string& second,
                            const std::string& first_address = "10.0.0.100/24", bool on_other = false) {
        InstanceText one;
        one.name = first;
        one.priority = on_other ? 50 : 150;
        one.address = first_address;
        one.extra = "  notify \"/bin/notify.sh\"\n";
        InstanceText two;
        two.name = second;
        two.interface = "eth1";
        two.vrid = 52;
        two.priority = on_other ? 150 : 50;
        two.address = "10.1.0.100/24";
        two.extra = one.extra;
        return config_text({one, two});
    }
    void SetUp() override {
        node = &world.add("a");
        other = &world.add("b");
        ASSERT_TRUE(node->start(text("VI_1", "VI_2")));
        ASSERT_TRUE(other->start(text("VI_1", "VI_2", "10.0.0.100/24", true)));
        world.run(10s);
        ASSERT_TRUE(node->is_master("VI_1") && other->is_master("VI_2")) << world.history(40);
    }
    World world{1};
    Node* node = nullptr;
    Node* other = nullptr;
};

TEST_F(RenameReload, TwoThatSwapNamesKeepStateAndAddressesAndAreToldUnderTheNewOnes) {
    const size_t told = node->fifo.size();
    ASSERT_TRUE(node->reload(text("VI_2", "VI_1")));
    world.run(5s);
    EXPECT_TRUE(node->is_master("VI_2"));
    EXPECT_EQ(node->state("VI_1"), vrrp::State::Backup);
    EXPECT_TRUE(node->has_address("10.0.0.100"));
    EXPECT_FALSE(node->has_address("10.1.0.100"));
    EXPECT_EQ(node->fifo.size(), told) << world.history(20);
    // Both are still followed, each under its new name.
    node->set_link("eth0", false);
    world.run(5s);
    EXPECT_EQ(node->last_told("VI_2"), "FAULT") << world.history(20);
    EXPECT_FALSE(node->has_address("10.0.0.100")) << world.history(20);
    other->stop();
    world.run(10s);
    EXPECT_EQ(node->last_told("VI_1"), "MASTER") << world.history(20);
    EXPECT_TRUE(node->has_address("10.1.0.100"));
    node->stop();
    world.run(10s);
    EXPECT_TRUE(node->leftovers().empty());
}

TEST_F(RenameReload, AnAddressThatGoesTogetherWithTheNameIsRemoved) {
    ASSERT_TRUE(node->reload(text("VI_9", "VI_2", "10.0.0.101/24")));
    world.run(5s);
    EXPECT_TRUE(node->is_master("VI_9"));
    EXPECT_TRUE(node->has_address("10.0.0.101"));
    EXPECT_FALSE(node->has_address("10.0.0.100")) << world.history(20);
}

TEST_F(RenameReload, OneThatTakesTheNameOfARemovedOneIsTold) {
    InstanceText second;
    second.interface = "eth1";
    second.vrid = 52;
    second.priority = 50;
    second.address = "10.1.0.100/24";
    ASSERT_TRUE(node->reload(config_text({second})));  // VI_1 goes, and VI_2 has its name now.
    world.run(5s);
    EXPECT_FALSE(node->has_address("10.0.0.100"));
    other->stop();
    world.run(10s);
    EXPECT_TRUE(node->is_master("VI_1")) << world.history(20);
    EXPECT_EQ(node->last_told("VI_1"), "MASTER") << world.history(20);
}

}  // namespace
}  // namespace holdfast::sim

// Reloads whose reading takes seconds: the node goes on with what it has, whatever happens meanwhile, and
// goes over to what was read as of the beginning.
#include <gtest/gtest.h>

#include "scenario.hpp"

namespace holdfast::sim {
namespace {

class SlowReload : public ::testing::Test {
  protected:
    static std::string text(int priority, const char* address = "10.0.0.100/24") {
        InstanceText instance;
        instance.priority = priority;
        instance.address = address;
        return config_text({instance});
    }
    Node& start(const std::string& name, int priority) {
        Node& node = world.add(name);
        EXPECT_TRUE(node.start(text(priority))) << world.history(50);
        return node;
    }
    /// A master that has been reading another address for a second and has long to go.
    Node& reading() {
        Node& node = start("a", 150);
        world.run(10s);
        node.begin_reload(text(150, "10.0.0.101/24"), 20s);
        world.run(1s);
        return node;
    }
    World world{1};
};

TEST_F(SlowReload, AMasterGoesOnAdvertisingItsOldPriorityUntilAllIsRead) {
    Node& node = start("a", 150);
    Node& other = start("b", 100);
    world.run(10s);
    node.begin_reload(text(50), 20s);
    world.run(19s);
    EXPECT_TRUE(node.is_reading());
    EXPECT_TRUE(node.is_master("VI_1"));
    EXPECT_EQ(node.priority("VI_1"), 150);
    EXPECT_EQ(other.state("VI_1"), vrrp::State::Backup);
    world.run(10s);
    EXPECT_FALSE(node.is_reading());
    EXPECT_EQ(node.priority("VI_1"), 50);
    EXPECT_TRUE(other.is_master("VI_1")) << world.history(40);
}

TEST_F(SlowReload, ABackupTakesOverInTheMiddleOfIt) {
    Node& master = start("a", 150);
    Node& node = start("b", 100);
    world.run(10s);
    ASSERT_TRUE(master.is_master("VI_1"));
    node.begin_reload(text(100, "10.0.0.101/24"), 20s);
    master.crash();
    world.run(10s);
    EXPECT_TRUE(node.is_master("VI_1")) << world.history(40);
    EXPECT_TRUE(node.has_address("10.0.0.100"));
    world.run(11s);
    EXPECT_TRUE(node.is_master("VI_1"));
    EXPECT_TRUE(node.has_address("10.0.0.101") && !node.has_address("10.0.0.100")) << world.history(40);
}

TEST_F(SlowReload, AnInterfaceThatGoesMeanwhileIsNoticedAndComesBack) {
    Node& node = start("a", 150);
    world.run(10s);
    node.begin_reload(text(150, "10.0.0.101/24"), 5s);
    node.set_link("eth0", false);
    world.run(6s);
    EXPECT_EQ(node.state("VI_1"), vrrp::State::Fault) << world.history(40);
    EXPECT_FALSE(node.has_address("10.0.0.101"));
    node.set_link("eth0", true);
    world.run(10s);
    EXPECT_TRUE(node.is_master("VI_1"));
    EXPECT_TRUE(node.has_address("10.0.0.101"));
}

TEST_F(SlowReload, AStopDoesNotWaitForItAndNothingOfItGoesLive) {
    Node& node = reading();
    node.stop();
    world.run(1s);
    EXPECT_FALSE(node.is_running()) << world.history(40);
    EXPECT_TRUE(node.leftovers().empty());
    EXPECT_EQ(node.last_told("VI_1"), "STOP");
}

TEST_F(SlowReload, ACrashInTheMiddleOfItLeavesTheOldAddressesToTheNextRun) {
    Node& node = reading();
    node.crash();
    ASSERT_TRUE(node.start());
    EXPECT_TRUE(node.has_address("10.0.0.100"));
    world.run(25s);
    EXPECT_TRUE(node.is_master("VI_1"));
    EXPECT_FALSE(node.has_address("10.0.0.101"));
}

TEST_F(SlowReload, AFrozenMachineGoesOverWhenItThaws) {
    Node& node = start("a", 150);
    world.run(10s);
    node.begin_reload(text(140), 2s);
    node.pause();
    world.run(30s);
    node.resume();
    world.run(1s);
    EXPECT_EQ(node.priority("VI_1"), 140);
    EXPECT_TRUE(node.is_master("VI_1"));
}

}  // namespace
}  // namespace holdfast::sim

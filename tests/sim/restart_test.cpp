// After a crash the next run finds some of what it wants: that stays, the rest comes with the mastership.
#include <gtest/gtest.h>

#include "scenario.hpp"

namespace holdfast::sim {
namespace {

class RestartAfterCrash : public ::testing::Test {
  protected:
    static std::string text(int priority, bool further) {
        InstanceText instance;
        instance.priority = priority;
        if (further) instance.extra = "  virtual_ipaddress_excluded {\n    10.0.0.101/24\n  }\n";
        return config_text({instance});
    }
    void SetUp() override {
        node = &world.add("a");
        ASSERT_TRUE(node->start(text(100, false)));
        world.run(10s);
        ASSERT_TRUE(node->has_address("10.0.0.100"));
        node->crash();
    }
    World world{1};
    Node* node = nullptr;
};

TEST_F(RestartAfterCrash, WhatIsThereStaysAndWhatIsNewWaitsForTheMastership) {
    ASSERT_TRUE(node->start(text(100, true)));
    world.run(100ms);
    EXPECT_TRUE(node->has_address("10.0.0.100")) << world.history(20);
    EXPECT_FALSE(node->has_address("10.0.0.101")) << world.history(20);
    world.run(10s);
    EXPECT_TRUE(node->has_address("10.0.0.100"));
    EXPECT_TRUE(node->has_address("10.0.0.101")) << world.history(20);
    node->stop();
    world.run(10s);
    EXPECT_TRUE(node->leftovers().empty());
}

TEST_F(RestartAfterCrash, WhoHearsAnotherRouterGivesUpWhatWasLeftAndHasAllOfItLater) {
    Node& other = world.add("b");
    ASSERT_TRUE(other.start(text(200, true)));
    world.run(10s);
    ASSERT_TRUE(node->start(text(100, true)));
    world.run(5s);
    EXPECT_FALSE(node->has_address("10.0.0.100")) << world.history(20);
    EXPECT_FALSE(node->has_address("10.0.0.101"));
    other.stop();
    world.run(10s);
    EXPECT_TRUE(node->has_address("10.0.0.100")) << world.history(20);
    EXPECT_TRUE(node->has_address("10.0.0.101"));
}

}  // namespace
}  // namespace holdfast::sim

#include "holdfast/check/follow.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace holdfast::check {
namespace {

TEST(JudgeFile, WithoutAWeightTheNumberIsADecision) {
    EXPECT_EQ(judge_file(0, false, 0), (Opinion{true, 0}));
    EXPECT_EQ(judge_file(0, false, 1), (Opinion{false, 0}));
    EXPECT_EQ(judge_file(0, false, -1), (Opinion{false, 0}));
    EXPECT_EQ(judge_file(0, true, 0), (Opinion{false, 0}));
    EXPECT_EQ(judge_file(0, true, 7), (Opinion{true, 0}));
}

TEST(JudgeFile, WithAWeightItIsAddedToTheServers) {
    EXPECT_EQ(judge_file(2, false, 5), (Opinion{true, 10}));
    EXPECT_EQ(judge_file(2, true, 5), (Opinion{true, -10}));
    EXPECT_EQ(judge_file(-3, false, 5), (Opinion{true, -15}));
    EXPECT_EQ(judge_file(1, false, 0), (Opinion{true, 0}));
}

TEST(JudgeFile, TheLeastNumberIsDownAndTheGreatestIsCut) {
    constexpr int64_t kLeast = -2147483648LL;
    EXPECT_EQ(judge_file(1, false, kLeast), (Opinion{false, 0}));
    EXPECT_EQ(judge_file(1, false, kLeast + 1), (Opinion{true, kLeast + 1}));
    EXPECT_EQ(judge_file(1, true, 2147483648LL), (Opinion{false, 0}));
    EXPECT_EQ(judge_file(2147483647, false, 2147483647), (Opinion{true, 2147483647}));
    EXPECT_EQ(judge_file(-2147483647, false, 2147483647), (Opinion{false, 0}));
}

class FollowTest : public testing::Test {
  protected:
    FollowTest() {
        RealServerSettings server = real(1, 5);
        server.checkers = {{.probe = FileCheck{.track_file = "f"}}};
        director.load({.virtual_servers = {virtual_server({server, real(2)})}}, actions);
        id = director.added().front();
    }
    std::vector<std::string> follow(const Opinion& opinion) {
        actions.clear();
        director.follow(id, opinion, actions);
        return words(actions);
    }
    std::string pool() const { return pool_text(*director.service(director.services(0).front())); }

    Director director;
    DirectorActions actions;
    CheckerId id = 0;
};

TEST_F(FollowTest, AnOpinionThatChangesNothingSaysNothing) {
    EXPECT_TRUE(follow({true, 0}).empty());
    EXPECT_EQ(pool(), "10.0.0.1:5 10.0.0.2:1");
    EXPECT_TRUE(follow({true, 0}).empty());
}

TEST_F(FollowTest, WeightAndStateFollow) {
    follow({true, 3});
    EXPECT_EQ(pool(), "10.0.0.1:8 10.0.0.2:1");
    follow({false, 0});
    EXPECT_EQ(pool(), "10.0.0.2:1");
    EXPECT_TRUE(follow({false, 0}).empty());
    follow({true, 4});
    EXPECT_EQ(pool(), "10.0.0.1:9 10.0.0.2:1");
    follow({true, 0});
    EXPECT_EQ(pool(), "10.0.0.1:5 10.0.0.2:1");
}

}  // namespace
}  // namespace holdfast::check

#include "holdfast/kernel/gathering.hpp"

#include <gtest/gtest.h>

namespace holdfast::kernel {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 20ms;

class GatheringTest : public ::testing::Test {
  protected:
    GatheringTest() { gathering.set_patience(kPatience); }
    /// Reads `count` packets `later`; the rest that follows, zero for none.
    Duration read(Duration later, size_t count) {
        now += later;
        const auto next = gathering.read(now, count);
        return next ? *next - now : Duration::zero();
    }
    /// Packets that come one by one, `gap` apart, until the socket rests.
    Duration read_quickly(Duration gap) {
        read(1s, 1);
        Duration rest{};
        for (unsigned i = 0; i < Gathering::kQuickReads; ++i) rest = read(gap, 1);
        return rest;
    }

    Gathering gathering;
    Instant now{1h};
};

TEST_F(GatheringTest, WhatComesNowAndThenIsReadWhenItComes) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(read(kPatience / 2, 1), 0s);
    EXPECT_FALSE(gathering.is_resting());
    EXPECT_EQ(gathering.longest_wait(now + 1s), 0s);
}

TEST_F(GatheringTest, NothingWaitsWithoutPatience) {
    gathering.set_patience(0s);
    EXPECT_EQ(read_quickly(10us), 0s);
}

TEST_F(GatheringTest, RestsAfterQuickReadsAndNeverLongerThanThePatience) {
    read(1s, 1);
    EXPECT_EQ(read(100us, 1), 0s);
    EXPECT_EQ(read(100us, 1), 800us);
    EXPECT_TRUE(gathering.is_resting());
    EXPECT_EQ(read(800us, 3), 3200us) << "too few came";
    EXPECT_EQ(read(3200us, 15), 12800us);
    EXPECT_EQ(read(12800us, 15), kPatience);
    EXPECT_EQ(read(kPatience, 2), kPatience);
}

TEST_F(GatheringTest, RestsLessWhenManyCome) {
    EXPECT_EQ(read_quickly(5ms), kPatience);
    EXPECT_EQ(read(kPatience, Gathering::kEnough), kPatience);
    EXPECT_EQ(read(kPatience, Gathering::kTooMany), kPatience);
    EXPECT_EQ(read(kPatience, 4 * Gathering::kTooMany), kPatience / 4);
    EXPECT_EQ(read(kPatience / 4, 100 * Gathering::kTooMany), 100us) << "shorter rests would save nothing";
}

TEST_F(GatheringTest, StopsRestingWhenPacketsBecomeRare) {
    ASSERT_EQ(read_quickly(5ms), kPatience);
    EXPECT_EQ(read(kPatience, 1), 0s);
    EXPECT_FALSE(gathering.is_resting());
    EXPECT_EQ(read(1ms, 1), 0s) << "quick reads count anew";
    EXPECT_EQ(read(1ms, 1), 8ms);
}

TEST_F(GatheringTest, AShortRestWithoutPacketsIsNotTheEnd) {
    ASSERT_EQ(read_quickly(100us), 800us);
    EXPECT_EQ(read(800us, 0), 3200us);
}

TEST_F(GatheringTest, LessPatienceShortensTheRest) {
    ASSERT_EQ(read_quickly(5ms), kPatience);
    gathering.set_patience(2ms);
    EXPECT_EQ(read(kPatience, 20), 2ms);
    gathering.set_patience(0s);
    EXPECT_EQ(read(2ms, 20), 0s);
    EXPECT_FALSE(gathering.is_resting());
}

TEST_F(GatheringTest, APacketHasWaitedNoLongerThanSinceTheLastReadNorThanThePatience) {
    ASSERT_EQ(read_quickly(5ms), kPatience);
    EXPECT_EQ(gathering.longest_wait(now + 3ms), 3ms);
    EXPECT_EQ(gathering.longest_wait(now + 1s), kPatience) << "the process stood still";
}

}  // namespace
}  // namespace holdfast::kernel

#include "holdfast/vrrp/election.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace holdfast::vrrp {
namespace {

using namespace std::chrono_literals;

Priority effective(uint8_t base, std::vector<int> contributions) {
    return effective_priority({base}, contributions);
}

TEST(EffectivePriority, IsTheBaseWithoutTrackers) {
    EXPECT_EQ(effective(100, {}), Priority{100});
}

TEST(EffectivePriority, AddsContributionsUp) {
    EXPECT_EQ(effective(100, {-20, 5, 3}), Priority{88});
}

TEST(EffectivePriority, StaysBetween1And254) {
    EXPECT_EQ(effective(100, {-253}), Priority{1});
    EXPECT_EQ(effective(100, {-99}), Priority{1});
    EXPECT_EQ(effective(100, {-98}), Priority{2});
    EXPECT_EQ(effective(100, {153}), Priority{253});
    EXPECT_EQ(effective(100, {154}), Priority{254});
    EXPECT_EQ(effective(100, {155}), Priority{254});
    EXPECT_EQ(effective(254, {253, 253}), Priority{254});
}

TEST(EffectivePriority, IsLimitedOnlyAtTheEndOfTheSum) {
    EXPECT_EQ(effective(100, {-253, 250}), Priority{97});
}

TEST(EffectivePriority, NeverChangesForAnAddressOwner) {
    EXPECT_EQ(effective(255, {-100}), kOwner);
}

// RFC3768-6.1-1, RFC3768-6.1-2: Skew_Time, Master_Down_Interval
TEST(MasterDownInterval, OfVersion2IsThreeIntervalsAndTheSkew) {
    EXPECT_EQ(skew_time(Version::v2, {100}, 1s), 609375us);
    EXPECT_EQ(master_down_interval(Version::v2, {100}, 1s, 3), 3609375us);
    EXPECT_EQ(master_down_interval(Version::v2, {255}, 1s, 3), 3003906us);
    EXPECT_EQ(master_down_interval(Version::v2, {1}, 1s, 3), 3996093us);
}

TEST(MasterDownInterval, OfVersion2KeepsTheSkewOfOneSecondForAnyInterval) {
    EXPECT_EQ(master_down_interval(Version::v2, {100}, 5s, 3), 15s + 609375us);
}

// RFC9568-6.1-1, RFC9568-6.1-2: Skew_Time, Active_Down_Interval
TEST(MasterDownInterval, OfVersion3ScalesTheSkewWithTheInterval) {
    EXPECT_EQ(skew_time(Version::v3, {100}, 500ms), 304687us);
    EXPECT_EQ(master_down_interval(Version::v3, {100}, 500ms, 3), 1804687us);
    EXPECT_EQ(master_down_interval(Version::v3, {100}, 1s, 3), 3609375us);
    EXPECT_EQ(master_down_interval(Version::v3, {100}, 10ms, 3), 36093us);
    EXPECT_EQ(master_down_interval(Version::v3, {1}, 40950ms, 3), 122850ms + 40790039us);
}

TEST(MasterDownInterval, CountsTheConfiguredNumberOfAdverts) {
    EXPECT_EQ(master_down_interval(Version::v2, {100}, 1s, 5), 5609375us);
}

TEST(SkewTime, IsShorterForAHigherPriority) {
    for (const Version version : {Version::v2, Version::v3})
        for (uint8_t priority = 1; priority < 255; ++priority)
            EXPECT_GT(skew_time(version, {priority}, 1s),
                      skew_time(version, {static_cast<uint8_t>(priority + 1)}, 1s));
}

}  // namespace
}  // namespace holdfast::vrrp

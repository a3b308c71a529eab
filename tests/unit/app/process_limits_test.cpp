// max_auto_priority: who is late gets a real-time priority.
#include "holdfast/app/process_limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class AutomaticPriorityTest : public testing::Test {
  protected:
    void configure(int maximum, uint64_t tolerated_us = 1'000'000, std::optional<int> configured = {}) {
        config::GlobalSettings global;
        global.max_auto_priority = maximum;
        global.min_auto_priority_delay = static_cast<uint32_t>(tolerated_us);
        global.vrrp_process.rt_priority = configured;
        priority.configure(global);
    }

    Log log{LogSettings{}};
    std::vector<int> set;
    bool allowed = true;
    AutomaticPriority priority{log, [this](int wanted) {
                                   if (allowed) set.push_back(wanted);
                                   return allowed;
                               }};
};

TEST_F(AutomaticPriorityTest, RisesByOneForEachLateTurn) {
    configure(3);
    for (int i = 0; i < 3; ++i) priority.late(2s);
    EXPECT_THAT(set, ElementsAre(1, 2, 3));
}

TEST_F(AutomaticPriorityTest, EndsAtTheMaximum) {
    configure(2);
    for (int i = 0; i < 5; ++i) priority.late(2s);
    EXPECT_EQ(priority.current(), 2);
    EXPECT_THAT(set, ElementsAre(1, 2));
}

TEST_F(AutomaticPriorityTest, NeverRisesUnlessWanted) {
    configure(0);
    priority.late(10s);
    configure(-1);
    priority.late(10s);
    EXPECT_THAT(set, IsEmpty());
}

TEST_F(AutomaticPriorityTest, ToleratesMinAutoPriorityDelay) {
    configure(9, 500'000);
    priority.late(500ms);
    EXPECT_THAT(set, IsEmpty());
    priority.late(501ms);
    EXPECT_THAT(set, ElementsAre(1));
}

TEST_F(AutomaticPriorityTest, StartsFromTheConfiguredPriority) {
    configure(9, 1'000'000, 5);
    priority.late(2s);
    EXPECT_THAT(set, ElementsAre(6));
}

TEST_F(AutomaticPriorityTest, StaysWhereTheKernelRefuses) {
    configure(9);
    allowed = false;
    priority.late(2s);
    EXPECT_EQ(priority.current(), 0);
    allowed = true;
    priority.late(2s);
    EXPECT_THAT(set, ElementsAre(1));
}

}  // namespace
}  // namespace holdfast::app

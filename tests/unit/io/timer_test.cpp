#include "holdfast/io/timer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <tuple>
#include <vector>

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class TimerTest : public testing::Test {
  protected:
    std::unique_ptr<Timer> timer(int name) {
        return std::make_unique<Timer>(queue, [this, name] { fired.push_back(name); });
    }
    std::vector<int> advance(Duration by) {
        fired.clear();
        queue.set_now(queue.now() + by);
        queue.run_due();
        return fired;
    }

    TimerQueue queue;
    std::vector<int> fired;
};

TEST_F(TimerTest, FiresAtItsDeadlineAndNotBefore) {
    const auto one = timer(1);
    EXPECT_FALSE(one->armed());
    EXPECT_EQ(queue.next(), std::nullopt);
    one->arm_after(10ms);
    EXPECT_TRUE(one->armed());
    EXPECT_EQ(queue.next(), Instant{} + 10ms);
    EXPECT_THAT(advance(10ms - 1ns), IsEmpty());
    EXPECT_THAT(advance(1ns), ElementsAre(1));
    EXPECT_FALSE(one->armed());
    EXPECT_EQ(queue.next(), std::nullopt);
    EXPECT_THAT(advance(1h), IsEmpty());
}

TEST_F(TimerTest, EverythingDueFiresInOrderOfDeadline) {
    const auto one = timer(1);
    const auto two = timer(2);
    const auto three = timer(3);
    const auto four = timer(4);
    three->arm_after(3ms);
    one->arm_after(1ms);
    four->arm_after(4ms);
    two->arm_after(2ms);
    EXPECT_THAT(advance(3ms), ElementsAre(1, 2, 3));
    EXPECT_EQ(queue.size(), 1U);
}

TEST_F(TimerTest, TiesFireInOrderOfArmingAndReArmingCounts) {
    const auto one = timer(1);
    const auto two = timer(2);
    const auto three = timer(3);
    one->arm_after(1ms);
    three->arm_after(1ms);
    two->arm_after(1ms);
    one->arm_after(1ms);
    EXPECT_THAT(advance(1ms), ElementsAre(3, 2, 1));
}

TEST_F(TimerTest, ReArmingReplacesTheDeadlineInBothDirections) {
    const auto one = timer(1);
    const auto two = timer(2);
    one->arm_after(1ms);
    two->arm_after(5ms);
    one->arm_after(10ms);
    two->arm_after(2ms);
    EXPECT_EQ(queue.next(), Instant{} + 2ms);
    EXPECT_THAT(advance(5ms), ElementsAre(2));
    EXPECT_THAT(advance(5ms), ElementsAre(1));
}

TEST_F(TimerTest, CancelledAndDestroyedTimersDoNotFire) {
    auto one = timer(1);
    auto two = timer(2);
    const auto three = timer(3);
    one->arm_after(1ms);
    two->arm_after(1ms);
    three->arm_after(1ms);
    one->cancel();
    one->cancel();
    two.reset();
    EXPECT_EQ(queue.size(), 1U);
    EXPECT_THAT(advance(1ms), ElementsAre(3));
}

TEST_F(TimerTest, TimeDoesNotRunBackwards) {
    queue.set_now(Instant{} + 10ms);
    queue.set_now(Instant{} + 5ms);
    EXPECT_EQ(queue.now(), Instant{} + 10ms);
}

TEST_F(TimerTest, ACallbackMayCancelAnotherDueTimer) {
    const auto victim = timer(2);
    Timer killer(queue, [&] { victim->cancel(); });
    killer.arm_after(1ms);
    victim->arm_after(1ms);
    const auto last = timer(3);
    last->arm_after(1ms);
    EXPECT_THAT(advance(1ms), ElementsAre(3));
    EXPECT_FALSE(victim->armed());
    EXPECT_THAT(advance(1h), IsEmpty());
}

TEST_F(TimerTest, ACallbackMayDestroyAnotherDueTimer) {
    auto victim = timer(2);
    Timer killer(queue, [&] { victim.reset(); });
    killer.arm_after(1ms);
    victim->arm_after(1ms);
    EXPECT_THAT(advance(1ms), IsEmpty());
    EXPECT_EQ(queue.size(), 0U);
}

TEST_F(TimerTest, ACallbackMayDestroyItsOwnTimerAndUseItsCapturesAfterwards) {
    auto kept = std::make_shared<int>(7);
    std::unique_ptr<Timer> own;
    int seen = 0;
    own = std::make_unique<Timer>(queue, [&own, &seen, kept] {
        own.reset();
        seen = *kept;  // In freed memory if the callback lived in the timer.
    });
    kept.reset();
    own->arm_after(1ms);
    const auto next = timer(2);
    next->arm_after(1ms);
    EXPECT_THAT(advance(1ms), ElementsAre(2));
    EXPECT_EQ(seen, 7);
    EXPECT_EQ(own, nullptr);
}

TEST_F(TimerTest, ATimerArmedInACallbackForATimeAlreadyDueWaitsForTheNextPass) {
    const auto late = timer(2);
    Timer first(queue, [&] {
        fired.push_back(1);
        late->arm(Instant{});
    });
    const auto last = timer(3);
    first.arm_after(1ms);
    last->arm_after(2ms);
    EXPECT_THAT(advance(2ms), ElementsAre(1, 3));
    EXPECT_TRUE(late->armed());
    EXPECT_EQ(queue.next(), Instant{});
    EXPECT_THAT(advance(0ns), ElementsAre(2));
}

TEST_F(TimerTest, ADueTimerReArmedByAnotherCallbackDoesNotFireInThisPass) {
    const auto victim = timer(2);
    Timer first(queue, [&] { victim->arm(queue.now()); });
    first.arm_after(1ms);
    victim->arm_after(1ms);
    EXPECT_THAT(advance(1ms), IsEmpty());
    EXPECT_THAT(advance(0ns), ElementsAre(2));
    EXPECT_THAT(advance(0ns), IsEmpty());
}

TEST_F(TimerTest, APeriodicTimerKeepsItsPhaseWhenServedLate) {
    std::unique_ptr<Timer> periodic;
    std::vector<Duration> at;
    periodic = std::make_unique<Timer>(queue, [&] {
        at.push_back(periodic->deadline().time_since_epoch());
        periodic->arm(periodic->deadline() + 10ms);
    });
    periodic->arm_after(10ms);
    advance(13ms);
    advance(7ms);
    advance(10ms);
    EXPECT_THAT(at, ElementsAre(10ms, 20ms, 30ms));
}

TEST_F(TimerTest, NextInsideAPassSeesWhatIsStillToRun) {
    std::vector<std::optional<Instant>> seen;
    Timer first(queue, [&] { seen.push_back(queue.next()); });
    Timer second(queue, [&] { seen.push_back(queue.next()); });
    Timer third(queue, [] {});
    first.arm_after(1ms);
    second.arm_after(2ms);
    third.arm_after(1h);
    advance(5ms);
    EXPECT_THAT(seen, ElementsAre(Instant{} + 2ms, Instant{} + 1h));
}

TEST_F(TimerTest, RunDueInsideACallbackIsABrokenRule) {
    Timer bad(queue, [&] { queue.run_due(); });
    bad.arm_after(1ms);
    EXPECT_DEATH(advance(1ms), "not expired from inside");
}

// Against the simplest model there is: a list, sorted at each step. Random arms, re-arms, cancels,
// destructions, and the same from inside callbacks.
TEST_F(TimerTest, WhatMayBeEarlyFiresAlongWithATimerThatIsDueAndNotByItself) {
    const auto punctual = timer(1);
    const auto near = timer(2);
    const auto nearer = timer(3);
    const auto far = timer(4);
    const auto strict = timer(5);
    const auto early = [&](const std::unique_ptr<Timer>& which, Duration after, Duration by) {
        which->arm(queue.now() + after, by);
    };
    punctual->arm_after(10ms);
    early(near, 20ms, 10ms);
    early(nearer, 19ms, 10ms);
    early(far, 21ms, 10ms);
    strict->arm_after(11ms);
    EXPECT_THAT(advance(10ms - 1ns), IsEmpty()) << "nothing is due";
    EXPECT_THAT(advance(1ns), ElementsAre(1, 3, 2)) << "in order of deadline";
    EXPECT_THAT(advance(1ms), ElementsAre(5, 4));
    EXPECT_EQ(queue.size(), 0U);
}

TEST_F(TimerTest, AnEarlyTimerFiresAtItsDeadlineWhenNothingElseIsDue) {
    const auto one = timer(1);
    one->arm(queue.now() + 10ms, 5ms);
    EXPECT_EQ(queue.next(), Instant{} + 10ms);
    EXPECT_THAT(advance(9ms), IsEmpty());
    EXPECT_THAT(advance(1ms), ElementsAre(1));
    one->arm(queue.now() + 10ms, 5ms);
    one->arm_after(10ms);  // No longer early.
    const auto other = timer(2);
    other->arm_after(8ms);
    EXPECT_THAT(advance(8ms), ElementsAre(2));
    EXPECT_THAT(advance(2ms), ElementsAre(1));
}

TEST_F(TimerTest, AnEarlyTimerCancelledByADueOneDoesNotFire) {
    auto early = timer(1);
    Timer due(queue, [&] { early.reset(); });
    due.arm_after(10ms);
    early->arm(queue.now() + 12ms, 5ms);
    EXPECT_THAT(advance(10ms), IsEmpty());
    EXPECT_EQ(queue.size(), 0U);
}

TEST_F(TimerTest, TenThousandRandomTimersAgreeWithASortedList) {
    struct Model {
        int64_t deadline = 0;
        uint64_t order = 0;
        bool armed = false;
    };
    constexpr size_t kTimers = 10'000;
    std::mt19937 random(20260101);  // NOLINT: the same run each time.
    std::vector<Model> model(kTimers);
    std::vector<std::unique_ptr<Timer>> timers(kTimers);
    uint64_t order = 0;
    int64_t now = 0;
    std::vector<size_t> ran;
    const auto arm = [&](size_t i, int64_t deadline) {
        timers[i]->arm(Instant(Duration(deadline)));
        model[i] = {deadline, ++order, true};
    };
    const auto cancel = [&](size_t i) {
        timers[i]->cancel();
        model[i].armed = false;
    };
    const auto create = [&](size_t i) {
        timers[i] = std::make_unique<Timer>(queue, [&, i] {
            ran.push_back(i);
            model[i].armed = false;
            const size_t other = random() % kTimers;
            switch (random() % 8) {
                case 0:
                    return arm(i, now + static_cast<int64_t>(random() % 1000));
                case 1:
                    return arm(other, now - 5);
                case 2:
                    return cancel(other);
                default:
                    return;
            }
        });
    };
    for (size_t i = 0; i < kTimers; ++i) {
        create(i);
        arm(i, static_cast<int64_t>(random() % 5000));
    }
    for (int step = 0; step < 300; ++step) {
        for (int change = 0; change < 100; ++change) {
            const size_t i = random() % kTimers;
            switch (random() % 4) {
                case 0:
                    cancel(i);
                    break;
                case 1:
                    create(i);
                    model[i].armed = false;
                    break;
                default:
                    arm(i, now + static_cast<int64_t>(random() % 2000));
                    break;
            }
        }
        now += static_cast<int64_t>(random() % 40);
        std::vector<std::pair<Model, size_t>> due;
        for (size_t i = 0; i < kTimers; ++i) {
            if (model[i].armed && model[i].deadline <= now) due.emplace_back(model[i], i);
        }
        std::ranges::sort(
            due, {}, [](const auto& entry) { return std::tuple(entry.first.deadline, entry.first.order); });
        ran.clear();
        queue.set_now(Instant(Duration(now)));
        const size_t count = queue.run_due();
        ASSERT_EQ(count, ran.size());
        // The callbacks took some of them back; what ran must be a subsequence of what was due, and what is
        // missing must have been changed meanwhile.
        size_t at = 0;
        for (const auto& [was, i] : due) {
            if (at < ran.size() && ran[at] == i) {
                ++at;
            } else {
                ASSERT_TRUE(!model[i].armed || model[i].order != was.order)
                    << "step " << step << " timer " << i;
            }
        }
        ASSERT_EQ(at, ran.size()) << "step " << step;
        const auto armed = static_cast<size_t>(std::ranges::count_if(model, &Model::armed));
        ASSERT_EQ(queue.size(), armed);
        for (size_t i = 0; i < kTimers; ++i) ASSERT_EQ(timers[i]->armed(), model[i].armed);
        int64_t earliest = INT64_MAX;
        for (const Model& entry : model) {
            if (entry.armed) earliest = std::min(earliest, entry.deadline);
        }
        ASSERT_EQ(queue.next()->time_since_epoch().count(), earliest);
    }
}

}  // namespace
}  // namespace holdfast::io

#include "holdfast/io/event_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct SocketPair {
    SocketPair() {
        std::array<int, 2> numbers{};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, numbers.data()), 0);
        here.reset(numbers[0]);
        there.reset(numbers[1]);
    }
    void write() const { EXPECT_EQ(::write(there.get(), "x", 1), 1); }
    bool read() const {
        char byte = 0;
        return ::read(here.get(), &byte, 1) == 1;
    }
    Fd here;
    Fd there;
};

Instant clock_now() {
    return std::chrono::steady_clock::now();
}

// Busy, as a callback that takes too long is.
void stall_until(Instant end) {
    while (clock_now() < end) {
    }
}

class EventLoopTest : public testing::Test {
  protected:
    std::unique_ptr<Watch> watch(const SocketPair& pair, int name) {
        return std::make_unique<Watch>(loop, pair.here.get(), Events{.readable = true},
                                       [this, &pair, name](Events) {
                                           EXPECT_TRUE(pair.read());
                                           log.push_back(name);
                                       });
    }

    EventLoop loop;
    std::vector<int> log;
};

TEST(Fd, ClosesWhatItOwnsAndOnlyThat) {
    std::array<int, 2> numbers{};
    ASSERT_EQ(pipe(numbers.data()), 0);
    Fd reader(numbers[0]);
    {
        Fd writer(numbers[1]);
        Fd moved = std::move(writer);
        EXPECT_FALSE(writer);  // NOLINT: the state after a move is part of the contract.
        EXPECT_EQ(moved.get(), numbers[1]);
    }
    char byte = 0;
    EXPECT_EQ(::read(reader.get(), &byte, 1), 0) << "the writing end is still open";
    const int number = reader.release();
    EXPECT_FALSE(reader);
    EXPECT_EQ(::close(number), 0) << "release() must not close";
    EXPECT_FALSE(Fd(-1));
}

TEST_F(EventLoopTest, RunsTheCallbackOfAReadyDescriptorOnly) {
    const SocketPair one;
    const SocketPair two;
    const auto first = watch(one, 1);
    const auto second = watch(two, 2);
    two.write();
    loop.run_once(0s);
    EXPECT_THAT(log, ElementsAre(2));
    loop.run_once(0s);
    EXPECT_THAT(log, ElementsAre(2));
}

TEST_F(EventLoopTest, ReportsOnlyWhatIsWatchedForAndFollowsAChangeOfInterest) {
    const SocketPair pair;
    std::vector<Events> seen;
    Watch both(loop, pair.here.get(), {.writable = true}, [&](Events events) { seen.push_back(events); });
    pair.write();
    loop.run_once(0s);
    both.set_interest({.readable = true});
    loop.run_once(0s);
    both.set_interest({});
    loop.run_once(0s);
    EXPECT_THAT(seen, ElementsAre(Events{.writable = true}, Events{.readable = true}));
}

TEST_F(EventLoopTest, AHangUpIsReportedTogetherWithWhatIsWatchedFor) {
    SocketPair pair;
    std::vector<Events> seen;
    const Watch reader(loop, pair.here.get(), {.readable = true},
                       [&](Events events) { seen.push_back(events); });
    pair.there.reset();
    loop.run_once(0s);
    EXPECT_THAT(seen, ElementsAre(Events{.readable = true, .failed = true}));
}

TEST_F(EventLoopTest, AWatchDestroyedWhileReadyDoesNotRun) {
    const SocketPair one;
    const SocketPair two;
    std::unique_ptr<Watch> first;
    std::unique_ptr<Watch> second;
    // Whoever comes first destroys the other.
    first = std::make_unique<Watch>(loop, one.here.get(), Events{.readable = true}, [&](Events) {
        log.push_back(1);
        second.reset();
    });
    second = std::make_unique<Watch>(loop, two.here.get(), Events{.readable = true}, [&](Events) {
        log.push_back(2);
        first.reset();
    });
    one.write();
    two.write();
    loop.run_once(0s);
    EXPECT_EQ(log.size(), 1U);
    EXPECT_NE(first == nullptr, second == nullptr);
}

// The new watch gets the freed slot; the event still in the batch belongs to the old one.
TEST_F(EventLoopTest, AWatchThatReusesTheSlotOfADestroyedOneDoesNotGetItsEvent) {
    const SocketPair one;
    const SocketPair two;
    const SocketPair quiet;
    std::array<std::unique_ptr<Watch>, 2> ready;
    std::unique_ptr<Watch> heir;
    const auto replace = [&](size_t other) {
        ready[other].reset();
        heir = std::make_unique<Watch>(loop, quiet.here.get(), Events{.readable = true, .writable = false},
                                       [&](Events) { log.push_back(9); });
    };
    ready[0] =
        std::make_unique<Watch>(loop, one.here.get(), Events{.readable = true}, [&](Events) { replace(1); });
    ready[1] =
        std::make_unique<Watch>(loop, two.here.get(), Events{.readable = true}, [&](Events) { replace(0); });
    one.write();
    two.write();
    loop.run_once(0s);
    EXPECT_NE(heir, nullptr);
    EXPECT_THAT(log, IsEmpty());
}

TEST_F(EventLoopTest, AWatchMayDestroyItselfAndUseItsCapturesAfterwards) {
    const SocketPair pair;
    std::unique_ptr<Watch> own;
    auto kept = std::make_shared<int>(5);
    own =
        std::make_unique<Watch>(loop, pair.here.get(), Events{.readable = true}, [&own, this, kept](Events) {
            own.reset();
            log.push_back(*kept);
        });
    kept.reset();
    pair.write();
    loop.run_once(0s);
    loop.run_once(0s);
    EXPECT_THAT(log, ElementsAre(5));
}

TEST_F(EventLoopTest, AClosingWatchLeavesNoEventBehindWhenItsDescriptorIsClosed) {
    SocketPair pair;
    auto own = watch(pair, 1);
    pair.write();
    own->closing();
    own.reset();
    pair.here.reset();
    const SocketPair next;  // Takes the same number.
    const auto other = watch(next, 2);
    next.write();
    loop.run_once(0s);
    EXPECT_THAT(log, ElementsAre(2));
}

TEST_F(EventLoopTest, WatchingTwiceOrAClosedDescriptorIsABrokenRule) {
    const SocketPair pair;
    const auto one = watch(pair, 1);
    EXPECT_DEATH(watch(pair, 2), "watched once");
    EXPECT_DEATH(Watch(loop, 9999, {.readable = true}, [](Events) {}), "watched once");
}

TEST_F(EventLoopTest, WaitsForTheEarliestTimerAndNotShorter) {
    Timer timer(loop.timers(), [&] { log.push_back(1); });
    const Instant deadline = clock_now() + 3ms;
    timer.arm(deadline);
    loop.run_once();
    EXPECT_THAT(log, ElementsAre(1));
    EXPECT_GE(clock_now(), deadline);
    EXPECT_GE(loop.now(), deadline);
}

TEST_F(EventLoopTest, WaitsNoLongerThanAsked) {
    Timer timer(loop.timers(), [&] { log.push_back(1); });
    timer.arm_after(1h);
    const Instant start = clock_now();
    loop.run_once(1ms);
    EXPECT_LT(clock_now() - start, 1min);
    EXPECT_THAT(log, IsEmpty());
}

TEST_F(EventLoopTest, ALongWaitLeavesRoomForWhatEpollAddsToIt) {
    for (const Duration wait : {Duration(20ms) + 1ns, Duration(100ms), Duration(3600ms), Duration(60s)}) {
        const Duration piece = EventLoop::approach(wait);
        EXPECT_LT(piece + wait / 1000, wait) << "of " << wait.count();
        EXPECT_GT(piece, wait * 99 / 100) << "many pieces are many turns";
    }
    EXPECT_EQ(EventLoop::approach(20ms), Duration(20ms));
    EXPECT_EQ(EventLoop::approach(0s), Duration(0s));
}

TEST_F(EventLoopTest, ALongWaitIsOverInOneTurn) {
    Timer timer(loop.timers(), [&] { log.push_back(1); });
    const Instant deadline = clock_now() + 60ms;  // More than one piece.
    timer.arm(deadline);
    loop.run_once();
    EXPECT_THAT(log, ElementsAre(1));
    EXPECT_GE(loop.now(), deadline);
}

TEST_F(EventLoopTest, EventsThatComeOneByOneAreGathered) {
    loop.set_burst_pause(20ms);
    const SocketPair pair;
    const auto watched = watch(pair, 1);
    // A machine that stands still ends the burst, but not again and again.
    bool paused = false;
    for (int turn = 0; turn < 1000 && !paused; ++turn) {
        pair.write();
        const Instant began = clock_now();
        loop.run_once(1s);
        paused = clock_now() - began >= 20ms && turn >= static_cast<int>(EventLoop::kQuickTurns);
    }
    EXPECT_TRUE(paused);
    Timer timer(loop.timers(), [&] { log.push_back(2); });
    const Instant deadline = clock_now() + 1ms;
    timer.arm(deadline);
    pair.write();
    while (log.back() != 2) loop.run_once();
    EXPECT_GE(loop.now(), deadline);
}

TEST_F(EventLoopTest, WithoutAPauseEachEventHasItsTurn) {
    const SocketPair pair;
    const auto watched = watch(pair, 1);
    std::vector<Duration> turns;
    for (int turn = 0; turn < 50; ++turn) {
        pair.write();
        const Instant began = clock_now();
        loop.run_once(1s);
        turns.push_back(clock_now() - began);
    }
    EXPECT_LT(std::ranges::min(std::span(turns).subspan(20)), 10ms);
}

TEST_F(EventLoopTest, AGranularityMakesNearbyTimersShareATurn) {
    loop.set_wake_granularity(2ms);
    Timer one(loop.timers(), [&] { log.push_back(1); });
    Timer two(loop.timers(), [&] { log.push_back(2); });
    int shared = 0;
    // A machine that stands still between here and the wait can spoil a round, but not most of them.
    for (int round = 0; round < 5; ++round) {
        const Instant grid = Instant(clock_now().time_since_epoch() / 2ms * Duration(2ms)) + 4ms;
        one.arm(grid - 1900us);
        two.arm(grid - 100us);
        log.clear();
        loop.run_once();
        if (log.size() == 2 && loop.now() >= grid) ++shared;
        two.cancel();
    }
    EXPECT_GE(shared, 3);
}

TEST_F(EventLoopTest, ATurnServesDescriptorsThenTimersThenTurnEnds) {
    const SocketPair pair;
    TurnEnd end(loop.turn_ends(), [&] { log.push_back(3); });
    Timer timer(loop.timers(), [&] { log.push_back(2); });
    const auto first = watch(pair, 1);
    end.request();
    timer.arm(loop.now());
    pair.write();
    loop.run_once();
    EXPECT_THAT(log, ElementsAre(1, 2, 3));
}

TEST_F(EventLoopTest, ATurnEndRequestedInATimerRunsInTheSameTurn) {
    TurnEnd end(loop.turn_ends(), [&] { log.push_back(2); });
    Timer timer(loop.timers(), [&] {
        log.push_back(1);
        end.request();
    });
    timer.arm(loop.now());
    loop.run_once();
    EXPECT_THAT(log, ElementsAre(1, 2));
}

TEST_F(EventLoopTest, AWaitingTurnEndKeepsTheLoopFromSleeping) {
    TurnEnd end(loop.turn_ends(), [&] { log.push_back(1); });
    end.request();
    loop.run_once();  // Would wait for ever.
    EXPECT_THAT(log, ElementsAre(1));
}

TEST_F(EventLoopTest, AnOrdinaryTurnIsNoStallAndServesOneRoundOfDescriptors) {
    loop.set_stall_threshold(1h);
    const SocketPair pair;
    const auto reader = watch(pair, 1);
    Timer timer(loop.timers(), [&] { log.push_back(2); });
    timer.arm(loop.now());
    pair.write();
    pair.write();
    loop.run_once();
    EXPECT_THAT(log, ElementsAre(1, 2)) << "the second byte is for the next turn";
    EXPECT_EQ(loop.last_stall(), 0s);
    EXPECT_EQ(loop.stalls(), 0U);
}

// The rule that keeps a Backup from taking over after its own process stood still.
TEST_F(EventLoopTest, AfterAStallAllThatWaitsInDescriptorsIsReadBeforeTimersExpire) {
    loop.set_stall_threshold(2ms);
    std::vector<Duration> told;
    loop.on_stall([&](Duration stall) {
        told.push_back(stall);
        log.push_back(0);
    });
    const SocketPair pair;
    const auto reader = watch(pair, 1);
    Timer timer(loop.timers(), [&] {
        EXPECT_GT(loop.last_stall(), 2ms);
        log.push_back(2);
    });
    timer.arm(loop.now() + 1ms);
    for (int i = 0; i < 3; ++i) pair.write();
    stall_until(timer.deadline() + 3ms);
    loop.run_once();
    EXPECT_THAT(log, ElementsAre(0, 1, 1, 1, 2));
    EXPECT_EQ(loop.stalls(), 1U);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_GE(told[0], 3ms);

    loop.run_once(0s);
    EXPECT_EQ(loop.last_stall(), 0s);
    EXPECT_EQ(loop.stalls(), 1U);
}

TEST_F(EventLoopTest, ATimerCancelledByWhatTheDrainFoundDoesNotExpire) {
    loop.set_stall_threshold(1ms);
    const SocketPair pair;
    Timer timer(loop.timers(), [&] { log.push_back(2); });
    const Watch reader(loop, pair.here.get(), {.readable = true}, [&](Events) {
        EXPECT_TRUE(pair.read());
        timer.arm_after(1h);
    });
    timer.arm(loop.now());
    pair.write();
    stall_until(timer.deadline() + 2ms);
    loop.run_once();
    EXPECT_THAT(log, IsEmpty());
    EXPECT_TRUE(timer.armed());
}

TEST_F(EventLoopTest, AFloodAfterAStallDoesNotKeepTimersFromRunning) {
    loop.set_stall_threshold(1ms);
    const SocketPair pair;
    const Watch endless(loop, pair.here.get(), {.writable = true}, [](Events) {});
    Timer timer(loop.timers(), [&] { log.push_back(2); });
    timer.arm(loop.now());
    stall_until(timer.deadline() + 2ms);
    loop.run_once();
    EXPECT_THAT(log, ElementsAre(2));
}

TEST_F(EventLoopTest, RunTurnsUntilStopped) {
    int turns = 0;
    std::unique_ptr<Timer> timer;
    timer = std::make_unique<Timer>(loop.timers(), [&] {
        if (++turns == 3) return loop.stop();
        timer->arm(loop.now());
    });
    timer->arm(loop.now());
    loop.run();
    EXPECT_EQ(turns, 3);
    loop.stop();
    loop.run();
    EXPECT_EQ(turns, 3);
}

TEST_F(EventLoopTest, ManyReadyDescriptorsAreAllServed) {
    constexpr int kPairs = 300;  // More than one batch of events.
    std::vector<SocketPair> pairs(kPairs);
    std::vector<std::unique_ptr<Watch>> watches;
    for (int i = 0; i < kPairs; ++i) watches.push_back(watch(pairs[static_cast<size_t>(i)], i));
    for (const SocketPair& pair : pairs) pair.write();
    loop.run_once(0s);
    loop.run_once(0s);
    std::ranges::sort(log);
    ASSERT_EQ(log.size(), size_t{kPairs});
    for (int i = 0; i < kPairs; ++i) EXPECT_EQ(log[static_cast<size_t>(i)], i);
}

TEST_F(EventLoopTest, TurningInsideACallbackIsABrokenRule) {
    Timer timer(loop.timers(), [&] { loop.run_once(0s); });
    timer.arm(loop.now());
    EXPECT_DEATH(loop.run_once(0s), "does not turn inside");
}

}  // namespace
}  // namespace holdfast::io

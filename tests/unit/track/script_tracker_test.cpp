#include "holdfast/track/script_tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::track {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// Actions as short words, so that an expectation reads as a story.
std::vector<std::string> words(const ScriptActions& actions) {
    std::vector<std::string> result;
    for (const auto& action : actions) {
        if (std::holds_alternative<RunScript>(action)) result.emplace_back("run");
        if (auto* kill = std::get_if<KillScript>(&action)) result.emplace_back(kill->force ? "KILL" : "TERM");
        if (auto* change = std::get_if<ScriptStateChanged>(&action))
            result.emplace_back(change->state == TrackedState::up ? "up" : "down");
        if (auto* line = std::get_if<LogLine>(&action)) result.push_back(line->text);
    }
    return result;
}

class ScriptTrackerTest : public testing::Test {
  protected:
    static ScriptSettings settings(uint32_t rise = 1, uint32_t fall = 1) {
        ScriptSettings result;
        result.name = "chk";
        result.command.arguments = {"/usr/bin/check"};
        result.interval = 2s;
        result.rise = rise;
        result.fall = fall;
        return result;
    }
    std::vector<std::string> send(const ScriptEvent& event) {
        actions.clear();
        tracker.handle(now, event, actions);
        return words(actions);
    }
    std::vector<std::string> advance(Duration by) {
        now += by;
        return send(DeadlineReached{});
    }
    // One full run with this exit status; only what the result said.
    std::vector<std::string> run(int status) {
        now = *tracker.deadline();
        send(DeadlineReached{});
        return send(ScriptExited{status});
    }
    void begin(ScriptTracker with) {
        tracker = std::move(with);
        EXPECT_EQ(send(Start{}).back(), "run");
    }

    Instant now{1h};
    ScriptTracker tracker{settings()};
    ScriptActions actions;
};

TEST_F(ScriptTrackerTest, RunsAtOnceAndThenEveryInterval) {
    begin(ScriptTracker(settings()));
    send(ScriptExited{0});
    EXPECT_EQ(tracker.deadline(), now + 2s);
    EXPECT_THAT(advance(1999ms), ElementsAre());
    EXPECT_THAT(advance(1ms), ElementsAre("run"));
}

TEST_F(ScriptTrackerTest, FirstSuccessDecidesWhateverRiseSays) {
    begin(ScriptTracker(settings(5, 2)));
    EXPECT_EQ(tracker.state(), TrackedState::unknown);
    EXPECT_THAT(send(ScriptExited{0}), ElementsAre("VRRP_Script(chk) succeeded", "up"));
    EXPECT_EQ(tracker.result_count(), 6U);
}

TEST_F(ScriptTrackerTest, FirstFailureDecidesWhateverFallSays) {
    begin(ScriptTracker(settings(2, 9)));
    EXPECT_THAT(send(ScriptExited{3}), ElementsAre("Script `chk` now returning 3",
                                                   "VRRP_Script(chk) failed (exited with status 3)", "down"));
    EXPECT_EQ(tracker.result_count(), 0U);
}

TEST_F(ScriptTrackerTest, LaterChangesNeedFallFailuresAndRiseSuccesses) {
    begin(ScriptTracker(settings(2, 3)));
    send(ScriptExited{0});
    EXPECT_THAT(run(1), ElementsAre("Script `chk` now returning 1"));
    EXPECT_THAT(run(1), ElementsAre());
    EXPECT_EQ(tracker.state(), TrackedState::up);
    EXPECT_THAT(run(1), ElementsAre("VRRP_Script(chk) failed (exited with status 1)", "down"));
    EXPECT_THAT(run(0), ElementsAre("Script `chk` now returning 0"));
    EXPECT_EQ(tracker.state(), TrackedState::down);
    EXPECT_THAT(run(0), ElementsAre("VRRP_Script(chk) succeeded", "up"));
}

TEST_F(ScriptTrackerTest, OneSuccessInBetweenRestoresFullHealthOneFailureFullIllness) {
    begin(ScriptTracker(settings(3, 2)));
    send(ScriptExited{0});
    run(1);
    run(0);  // Back to full: two failures are needed again.
    run(1);
    EXPECT_EQ(tracker.state(), TrackedState::up);
    run(1);
    EXPECT_EQ(tracker.state(), TrackedState::down);
    run(0);
    run(0);
    run(1);  // Back to nothing: three successes are needed again.
    run(0);
    run(0);
    EXPECT_EQ(tracker.state(), TrackedState::down);
    run(0);
    EXPECT_EQ(tracker.state(), TrackedState::up);
}

TEST_F(ScriptTrackerTest, InitFailCountsAsFailedUntilRiseSuccesses) {
    auto with = settings(2, 1);
    with.init_fail = true;
    begin(ScriptTracker(with));
    EXPECT_EQ(tracker.state(), TrackedState::down);
    EXPECT_THAT(send(ScriptExited{0}), ElementsAre());
    EXPECT_EQ(tracker.state(), TrackedState::down);
    EXPECT_THAT(run(0), ElementsAre("VRRP_Script(chk) succeeded", "up"));
}

TEST_F(ScriptTrackerTest, InitFailThenFailureIsNoNews) {
    auto with = settings();
    with.init_fail = true;
    begin(ScriptTracker(with));
    EXPECT_THAT(send(ScriptExited{1}), ElementsAre("Script `chk` now returning 1"));
}

TEST_F(ScriptTrackerTest, DeathBySignalIsAFailure) {
    begin(ScriptTracker(settings()));
    EXPECT_THAT(send(ScriptSignaled{11}), ElementsAre("VRRP_Script(chk) failed (due to signal 11)", "down"));
}

TEST_F(ScriptTrackerTest, TimeoutSendsTermThenKillThenKillAgainAndFailsAsTimedOut) {
    auto with = settings();
    with.interval = 60s;
    with.timeout = 3s;
    begin(ScriptTracker(with));
    EXPECT_THAT(advance(2999ms), ElementsAre());
    EXPECT_THAT(advance(1ms), ElementsAre("TERM"));
    EXPECT_THAT(advance(2s), ElementsAre("KILL"));
    EXPECT_THAT(advance(2s), ElementsAre("KILL", "Script chk child failed to terminate after kill"));
    EXPECT_THAT(advance(9s), ElementsAre());
    EXPECT_THAT(advance(1s), ElementsAre("KILL", "Script chk child failed to terminate after kill"));
    EXPECT_THAT(send(ScriptSignaled{9}), ElementsAre("VRRP_Script(chk) timed_out", "down"));
    EXPECT_FALSE(tracker.is_running());
}

TEST_F(ScriptTrackerTest, ObeyingTermTakesTheRestOfTheGroupAlong) {
    begin(ScriptTracker(settings()));
    EXPECT_THAT(advance(2s),
                ElementsAre("TERM", "Track script chk is being timed out, expect idle - skipping run"));
    EXPECT_THAT(send(ScriptSignaled{15}), ElementsAre("KILL", "VRRP_Script(chk) timed_out", "down"));
}

TEST_F(ScriptTrackerTest, ForeignTermIsNotATimeout) {
    begin(ScriptTracker(settings()));
    EXPECT_THAT(send(ScriptSignaled{15}), ElementsAre("VRRP_Script(chk) failed (due to signal 15)", "down"));
}

TEST_F(ScriptTrackerTest, SlowRunSkipsItsNextTurn) {
    auto with = settings();
    with.timeout = 10s;
    begin(ScriptTracker(with));
    EXPECT_THAT(advance(2s), ElementsAre("Track script chk is already running, expect idle - skipping run"));
    send(ScriptExited{0});
    EXPECT_THAT(advance(2s), ElementsAre("run"));
}

TEST_F(ScriptTrackerTest, MissedRunsAreNotMadeUpForAfterAStall) {
    begin(ScriptTracker(settings()));
    send(ScriptExited{0});
    EXPECT_THAT(advance(21s), ElementsAre("run"));
    EXPECT_GT(*tracker.deadline(), now);
}

TEST_F(ScriptTrackerTest, LostProcessChangesNothing) {
    begin(ScriptTracker(settings()));
    EXPECT_THAT(send(ScriptLost{}), ElementsAre("Script chk child lost"));
    EXPECT_EQ(tracker.state(), TrackedState::unknown);
    EXPECT_THAT(advance(2s), ElementsAre("run"));
}

TEST_F(ScriptTrackerTest, ReloadKeepsStateAndCountOfTheSameCommand) {
    begin(ScriptTracker(settings(2, 3)));
    send(ScriptExited{0});
    run(1);
    const auto memory = tracker.memory();
    tracker = ScriptTracker(settings(2, 3), memory);
    EXPECT_EQ(tracker.state(), TrackedState::up);
    EXPECT_THAT(send(Start{}), ElementsAre("VRRP_Script(chk) considered successful on reload", "run"));
    EXPECT_THAT(send(ScriptExited{1}), ElementsAre());
    EXPECT_THAT(run(1), ElementsAre("VRRP_Script(chk) failed (exited with status 1)", "down"));
}

TEST_F(ScriptTrackerTest, ReloadWithAnotherCommandKeepsTheStateUntilItsFirstResult) {
    begin(ScriptTracker(settings(2, 3)));
    send(ScriptExited{0});
    auto other = settings(2, 3);
    other.command.arguments = {"/usr/bin/other"};
    tracker = ScriptTracker(other, tracker.memory());
    EXPECT_EQ(tracker.state(), TrackedState::up);
    send(Start{});
    EXPECT_THAT(send(ScriptExited{1}), ElementsAre("Script `chk` now returning 1",
                                                   "VRRP_Script(chk) failed (exited with status 1)", "down"));
}

TEST_F(ScriptTrackerTest, NewScriptOnReloadHoldsNobodyBack) {
    tracker = ScriptTracker(settings(), std::nullopt, Beginning::reload);
    EXPECT_EQ(tracker.state(), TrackedState::untested);
    send(Start{});
    EXPECT_THAT(send(ScriptExited{0}), ElementsAre("VRRP_Script(chk) succeeded", "up"));
}

TEST_F(ScriptTrackerTest, ReloadBeforeTheFirstResultStillWaitsForIt) {
    begin(ScriptTracker(settings()));
    tracker = ScriptTracker(settings(), tracker.memory(), Beginning::reload);
    EXPECT_EQ(tracker.state(), TrackedState::unknown);
}

}  // namespace
}  // namespace holdfast::track

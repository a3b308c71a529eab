#include "holdfast/track/process_tracker.hpp"

#include <gtest/gtest.h>

namespace holdfast::track {
namespace {

using namespace std::chrono_literals;

class ProcessTrackerTest : public testing::Test {
  protected:
    static ProcessSettings settings(uint32_t quorum = 1) {
        ProcessSettings result;
        result.name = "tp";
        result.process = "squid";
        result.quorum = quorum;
        return result;
    }
    // What changed: "up", "down" or nothing.
    std::string send(const ProcessEvent& event) {
        ProcessActions actions;
        tracker.handle(now, event, actions);
        std::string result;
        for (const auto& action : actions) {
            result += action.state == TrackedState::up ? "up" : "down";
            line = action.line;
        }
        return result;
    }
    std::string count(uint32_t n) { return send(ProcessCount{n}); }
    std::string advance(Duration by) {
        now += by;
        return send(ProcessDeadlineReached{});
    }

    Instant now{1h};
    ProcessTracker tracker{settings()};
    std::string line;
};

TEST_F(ProcessTrackerTest, FirstCountDecidesAtOnceAndSilently) {
    auto with = settings(2);
    with.fork_delay = 5s;
    tracker = ProcessTracker(with);
    EXPECT_EQ(tracker.state(), TrackedState::unknown);
    EXPECT_EQ(count(2), "up");
    EXPECT_EQ(line, "");
}

TEST_F(ProcessTrackerTest, QuorumIsLostBelowAndGainedAtItsNumber) {
    tracker = ProcessTracker(settings(2));
    count(3);
    EXPECT_EQ(count(2), "");
    EXPECT_EQ(count(1), "down");
    EXPECT_EQ(line, "Quorum lost for tracked process tp");
    EXPECT_EQ(count(0), "");
    EXPECT_EQ(count(2), "up");
    EXPECT_EQ(line, "Quorum gained for tracked process tp");
}

TEST_F(ProcessTrackerTest, TooManyIsDownToo) {
    auto with = settings(1);
    with.quorum_max = 2;
    tracker = ProcessTracker(with);
    EXPECT_EQ(count(2), "up");
    EXPECT_EQ(count(3), "down");
    EXPECT_EQ(count(4), "");
    EXPECT_EQ(count(2), "up");
}

TEST_F(ProcessTrackerTest, DelaysHoldTheVerdictAndReturningCancelsThem) {
    auto with = settings(1);
    with.terminate_delay = 3s;
    with.fork_delay = 2s;
    tracker = ProcessTracker(with);
    count(1);
    EXPECT_EQ(count(0), "");
    EXPECT_TRUE(tracker.terminate_delay_running());
    EXPECT_EQ(tracker.deadline(), now + 3s);
    EXPECT_EQ(advance(2s), "");
    EXPECT_EQ(count(1), "");
    EXPECT_FALSE(tracker.terminate_delay_running());
    EXPECT_FALSE(tracker.fork_delay_running());
    count(0);
    EXPECT_EQ(advance(3s), "down");
    EXPECT_EQ(count(1), "");
    EXPECT_TRUE(tracker.fork_delay_running());
    EXPECT_EQ(advance(1999ms), "");
    EXPECT_EQ(advance(1ms), "up");
    EXPECT_EQ(tracker.deadline(), std::nullopt);
}

TEST_F(ProcessTrackerTest, JumpOverTheWholeRangeEndsDown) {
    auto with = settings(2);
    with.quorum_max = 3;
    tracker = ProcessTracker(with);
    count(0);
    count(9);
    EXPECT_EQ(tracker.state(), TrackedState::down);
    EXPECT_EQ(tracker.count(), 9U);
}

TEST(ProcessMatch, ComparesTheShortNameUnlessTheFullCommandIsWanted) {
    ProcessSettings settings;
    settings.process = "squid";
    const std::string_view command[] = {"/usr/sbin/squid", "-N"};
    EXPECT_TRUE(matches(settings, "squid", command));
    EXPECT_FALSE(matches(settings, "squid6", command));
    settings.full_command = true;
    EXPECT_FALSE(matches(settings, "squid", command));
    settings.process = "/usr/sbin/squid";
    EXPECT_TRUE(matches(settings, "other", command));
    EXPECT_FALSE(matches(settings, "other", {}));
}

TEST(ProcessMatch, ParametersMatchExactlyPartlyOrByPrefix) {
    ProcessSettings settings;
    settings.process = "/bin/a";
    settings.parameters = {"-x", "file"};
    const std::string_view exact[] = {"/bin/a", "-x", "file"};
    const std::string_view more[] = {"/bin/a", "-x", "file", "z"};
    const std::string_view longer[] = {"/bin/a", "-x", "filename"};
    const std::string_view fewer[] = {"/bin/a", "-x"};
    EXPECT_TRUE(matches(settings, "", exact));
    EXPECT_FALSE(matches(settings, "", more));
    settings.match = ParameterMatch::partial;
    EXPECT_TRUE(matches(settings, "", more));
    EXPECT_FALSE(matches(settings, "", longer));
    EXPECT_FALSE(matches(settings, "", fewer));
    settings.match = ParameterMatch::initial;
    EXPECT_TRUE(matches(settings, "", longer));
    EXPECT_FALSE(matches(settings, "", fewer));
}

}  // namespace
}  // namespace holdfast::track

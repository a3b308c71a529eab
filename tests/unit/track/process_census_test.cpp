#include "holdfast/track/process_census.hpp"

#include <gtest/gtest.h>

namespace holdfast::track {
namespace {

using namespace std::chrono_literals;

ProcessSettings block(std::string name, std::string process) {
    ProcessSettings settings;
    settings.name = std::move(name);
    settings.process = std::move(process);
    return settings;
}

class ProcessCensusTest : public testing::Test {
  protected:
    // What the last event changed, like "squid:up ".
    std::string taken() {
        std::string text;
        for (const TrackedProcessChanged& change : actions)
            text += change.name + (change.state == TrackedState::up ? ":up " : ":down ");
        actions.clear();
        return text;
    }
    std::string count(const std::vector<ProcessFacts>& all) {
        census.count(now, all, actions);
        return taken();
    }
    std::string executed(int64_t pid, std::string_view name, const std::vector<std::string>& words = {}) {
        census.executed(now, {pid, name, words}, actions);
        return taken();
    }
    std::string forked(int64_t parent, int64_t child) {
        census.forked(now, parent, child, actions);
        return taken();
    }
    std::string renamed(int64_t pid, std::string_view name) {
        census.renamed(now, pid, name, actions);
        return taken();
    }
    std::string ended(int64_t pid) {
        census.ended(now, pid, actions);
        return taken();
    }
    std::string advance(Duration by) {
        now += by;
        census.expired(now, actions);
        return taken();
    }
    uint32_t running(std::string_view name) const { return census.find(name)->count(); }

    Instant now{1h};
    CensusActions actions;
    ProcessCensus census{{block("squid", "squid")}, {}};
};

TEST_F(ProcessCensusTest, TheFirstCountGivesEveryBlockAVerdict) {
    census = ProcessCensus({block("squid", "squid"), block("bird", "bird")}, {});
    EXPECT_EQ(count({{10, "squid", {}}, {11, "init", {}}}), "squid:up bird:down ");
}

TEST_F(ProcessCensusTest, AChildCountsLikeItsParentUntilItRunsSomethingElse) {
    count({{10, "squid", {}}});
    forked(10, 20);
    EXPECT_EQ(running("squid"), 2U);
    executed(20, "unlinkd");
    EXPECT_EQ(running("squid"), 1U);
    EXPECT_EQ(ended(20), "");
    EXPECT_EQ(ended(10), "squid:down ");
}

TEST_F(ProcessCensusTest, AChildOfAnUncountedProcessDoesNotCount) {
    count({{1, "init", {}}});
    forked(1, 20);
    EXPECT_EQ(running("squid"), 0U);
}

TEST_F(ProcessCensusTest, AProcessThatRunsItsOwnProgramAgainCountsOnce) {
    count({{10, "squid", {}}});
    executed(10, "squid");
    EXPECT_EQ(running("squid"), 1U);
    EXPECT_EQ(ended(10), "squid:down ");
    EXPECT_EQ(running("squid"), 0U);
}

TEST_F(ProcessCensusTest, AnotherNameComesAndGoes) {
    count({});
    EXPECT_EQ(renamed(10, "squid"), "squid:up ");
    EXPECT_EQ(renamed(10, "squid"), "");
    EXPECT_EQ(renamed(10, "other"), "squid:down ");
}

TEST_F(ProcessCensusTest, AnotherNameDoesNotTouchABlockThatComparesCommandLines) {
    auto exact = block("squid", "/usr/sbin/squid");
    exact.full_command = true;
    census = ProcessCensus({exact}, {});
    const std::vector<std::string> words{"/usr/sbin/squid", "-N"};
    EXPECT_EQ(count({{10, "", words}}), "squid:up ");
    EXPECT_EQ(renamed(10, "worker"), "");
    EXPECT_EQ(renamed(11, "/usr/sbin/squid"), "");
    EXPECT_EQ(running("squid"), 1U);
}

TEST_F(ProcessCensusTest, AsksForWhatItsBlocksCompare) {
    EXPECT_TRUE(census.needs_names());
    EXPECT_FALSE(census.needs_arguments());
    auto exact = block("b", "b");
    exact.full_command = true;
    census = ProcessCensus({exact}, {});
    EXPECT_FALSE(census.needs_names());
    EXPECT_TRUE(census.needs_arguments());
}

TEST_F(ProcessCensusTest, OnlyForksAndEndsAreDelayed) {
    auto delayed = block("squid", "squid");
    delayed.quorum = 2;
    delayed.fork_delay = 3s;
    delayed.terminate_delay = 3s;
    census = ProcessCensus({delayed}, {});
    count({{10, "squid", {}}});
    EXPECT_EQ(forked(10, 20), "");
    EXPECT_EQ(census.deadline(), now + 3s);
    EXPECT_EQ(advance(3s), "squid:up ");
    EXPECT_EQ(executed(20, "other"), "squid:down ");
    EXPECT_EQ(executed(30, "squid"), "squid:up ");
    EXPECT_EQ(ended(30), "");
    EXPECT_EQ(advance(3s), "squid:down ");
}

TEST_F(ProcessCensusTest, AForkThatBecomesAnotherProgramWithinTheDelayIsNotSeen) {
    auto single = block("squid", "squid");
    single.quorum_max = 1;
    single.fork_delay = 1s;
    census = ProcessCensus({single}, {});
    EXPECT_EQ(count({{10, "squid", {}}}), "squid:up ");
    EXPECT_EQ(forked(10, 20), "");
    EXPECT_EQ(executed(20, "helper"), "");
    EXPECT_EQ(census.deadline(), std::nullopt);
}

TEST_F(ProcessCensusTest, AReloadKeepsTheVerdictsOfEqualBlocksAndCountsAnew) {
    count({{10, "squid", {}}});
    census = ProcessCensus({block("squid", "squid"), block("bird", "bird")}, std::move(census));
    EXPECT_EQ(census.find("squid")->state(), TrackedState::up);
    EXPECT_EQ(count({{10, "squid", {}}, {12, "bird", {}}}), "bird:up ");
    EXPECT_EQ(ended(10), "squid:down ");
}

TEST_F(ProcessCensusTest, ACountAfterLostNewsSettlesWhatWasMissed) {
    count({{10, "squid", {}}});
    EXPECT_EQ(count({{1, "init", {}}}), "squid:down ");
    EXPECT_EQ(ended(10), "");
    EXPECT_EQ(count({{11, "squid", {}}, {12, "squid", {}}}), "squid:up ");
    EXPECT_EQ(running("squid"), 2U);
}

}  // namespace
}  // namespace holdfast::track

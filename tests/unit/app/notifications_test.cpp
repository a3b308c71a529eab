#include "holdfast/app/notifications.hpp"

#include <gmock/gmock.h>

#include <csignal>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class LaneTest : public WithFakeEdges {
  protected:
    void run(const std::string& name, bool at_stop = false) {
        notifications.run("lane", {.arguments = {name}, .identity = {}, .path = "/resolved/" + name},
                          at_stop);
        advance(0s);
    }
    void stop() {
        notifications.stop([this] { stopped = true; });
        advance(0s);
    }
    std::vector<int>& signals(size_t index) { return processes.started.at(index)->signals; }

    bool stopped = false;
    Notifications notifications{edges};
};

TEST_F(LaneTest, RunsOneCommandAfterTheOther) {
    run("first");
    run("second");
    EXPECT_THAT(processes.names(), ElementsAre("first"));
    EXPECT_EQ(processes.started[0]->request.program, "/resolved/first");
    processes.end(0);
    advance(0s);
    EXPECT_THAT(processes.names(), ElementsAre("first", "second"));
}

TEST_F(LaneTest, WhatCannotBeRunIsLoggedAndTheNextRuns) {
    run("missing");
    run("second");
    EXPECT_TRUE(logged("cannot run missing"));
    EXPECT_THAT(processes.names(), ElementsAre("second"));
}

TEST_F(LaneTest, ACommandThatNeverEndsHoldsUpTheNextForThirtySecondsOnly) {
    run("endless");
    run("second");
    run("third");
    advance(30s - 1ns);
    EXPECT_THAT(processes.names(), ElementsAre("endless"));
    advance(1ns);
    EXPECT_THAT(processes.names(), ElementsAre("endless", "second"));
    EXPECT_TRUE(logged("still runs after 30 s"));
    processes.end(1);
    advance(0s);
    EXPECT_THAT(processes.names(), ElementsAre("endless", "second", "third")) << "the newest has ended";
    processes.end(2);
    run("fourth");
    EXPECT_EQ(processes.names().back(), "fourth");
}

TEST_F(LaneTest, StoppingWaitsForTheCommandsOfTheStopAlone) {
    run("running");
    run("of an older state");
    run("last word", true);
    stop();
    EXPECT_FALSE(stopped);
    processes.end(0);
    advance(0s);
    EXPECT_THAT(processes.names(), ElementsAre("running", "last word"));
    processes.end(1);
    EXPECT_TRUE(stopped);
}

TEST_F(LaneTest, StoppingEndsWhatDoesNotEndByItself) {
    run("endless");
    stop();
    advance(1s - 1ns);
    EXPECT_THAT(signals(0), IsEmpty());
    advance(1ns);
    EXPECT_THAT(signals(0), ElementsAre(SIGTERM));
    EXPECT_FALSE(stopped);
    advance(1s);
    EXPECT_THAT(signals(0), ElementsAre(SIGTERM, SIGKILL));
    EXPECT_TRUE(stopped);
}

TEST_F(LaneTest, TheCommandsOfTheStopRunEvenIfAnotherHoldsThemUp) {
    run("endless");
    run("down 1", true);
    run("down 2", true);
    stop();
    advance(1s);
    EXPECT_THAT(processes.names(), ElementsAre("endless", "down 1", "down 2"));
    EXPECT_THAT(signals(0), IsEmpty());
    processes.end(1);
    processes.end(2);
    EXPECT_FALSE(stopped);
    advance(1s);
    EXPECT_THAT(signals(0), ElementsAre(SIGTERM));
    processes.end(0, {.signal = SIGTERM});
    EXPECT_TRUE(stopped);
}

TEST_F(LaneTest, WithNothingToDoStoppingIsImmediate) {
    run("one");
    processes.end(0);
    stop();
    EXPECT_TRUE(stopped);
}

TEST_F(LaneTest, ASubjectThatIsRemovedAndAddedAgainKeepsTheOrderOfItsScripts) {
    notify::QueueSettings settings;
    settings.name = "VI_1";
    notify::ScriptSettings scripts;
    scripts.fault = notify::Command{.arguments = {"fault"}, .identity = {}, .path = "/fault"};
    scripts.backup = notify::Command{.arguments = {"backup"}, .identity = {}, .path = "/backup"};
    settings.scripts = scripts;
    notifications.define(settings);
    notifications.tell(notify::Subject::instance, "VI_1", notify::StateEntered{notify::Word::fault, 100});
    notifications.remove(notify::Subject::instance, "VI_1");
    notifications.define(settings);
    notifications.tell(notify::Subject::instance, "VI_1", notify::StateEntered{notify::Word::backup, 100});
    EXPECT_THAT(processes.names(), ElementsAre("fault"));
    processes.end(0);
    EXPECT_THAT(processes.names(), ElementsAre("fault", "backup"));
}

}  // namespace
}  // namespace holdfast::app

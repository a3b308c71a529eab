#include "holdfast/app/lifecycle_script.hpp"

#include <gmock/gmock.h>

#include <csignal>

#include "fake_edges.hpp"
#include "holdfast/app/process_limits.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class LifecycleScriptTest : public WithFakeEdges {
  protected:
    void run(const std::string& program) {
        notify::Command command;
        command.arguments = {program, "word"};
        script.run(command, 10s, [this] { ++done; });
    }
    int done = 0;
    LifecycleScript script{edges, "startup"};
};

TEST_F(LifecycleScriptTest, GoesOnWhenTheScriptHasEnded) {
    run("/bin/prepare");
    EXPECT_THAT(processes.started.at(0)->request.arguments, ElementsAre("/bin/prepare", "word"));
    advance(5s);
    EXPECT_EQ(done, 0);
    processes.end(0, {.code = 3});
    advance(0s);
    EXPECT_EQ(done, 1);
    EXPECT_TRUE(logged("startup script script failed, status 3"));
}

TEST_F(LifecycleScriptTest, GoesOnWhenTheScriptCannotBeRun) {
    run("missing");
    EXPECT_EQ(done, 0);  // Never from inside run().
    advance(0s);
    EXPECT_EQ(done, 1);
    EXPECT_TRUE(logged("Call of startup script missing failed"));
}

TEST_F(LifecycleScriptTest, EndsAScriptThatTakesTooLong) {
    run("/bin/slow");
    advance(10s);
    EXPECT_THAT(processes.started.at(0)->signals, ElementsAre(SIGTERM));
    EXPECT_EQ(done, 0);
    processes.end(0, {.signal = SIGTERM});
    advance(0s);
    EXPECT_EQ(done, 1);
    EXPECT_TRUE(logged("startup script timed out"));
}

TEST_F(LifecycleScriptTest, AnAbandonedScriptIsKilledAndTellsNothing) {
    run("/bin/slow");
    script.abandon();
    EXPECT_THAT(processes.started.at(0)->signals, ElementsAre(SIGKILL));
    advance(1h);
    EXPECT_EQ(done, 0);
}

class AutomaticPriorityTest : public WithFakeEdges {
  protected:
    void configure(int maximum, int configured = 0) {
        config::GlobalSettings global;
        global.max_auto_priority = maximum;
        if (configured > 0) global.vrrp_process.rt_priority = configured;
        priority.configure(global);
    }
    std::vector<int> set;
    bool refused = false;
    AutomaticPriority priority{log, [this](int value) {
                                   set.push_back(value);
                                   return !refused;
                               }};
};

TEST_F(AutomaticPriorityTest, IsOffByDefaultAndWithMinusOne) {
    configure(0);
    priority.late(10s);
    configure(-1);
    priority.late(10s);
    EXPECT_THAT(set, IsEmpty());
}

TEST_F(AutomaticPriorityTest, RisesByOneEachTimeTheLoopIsTooLateUpToItsMaximum) {
    configure(2);
    priority.late(1s);  // As long as is tolerated.
    EXPECT_THAT(set, IsEmpty());
    priority.late(1001ms);
    EXPECT_TRUE(logged("A thread timer expired 1.001000 seconds ago"));
    EXPECT_TRUE(logged("Set realtime priority 1"));
    priority.late(2s);
    priority.late(2s);
    EXPECT_THAT(set, ElementsAre(1, 2));
}

TEST_F(AutomaticPriorityTest, BeginsAtTheConfiguredPriorityAndKeepsItWhenRefused) {
    configure(50, 40);
    refused = true;
    priority.late(2s);
    EXPECT_EQ(priority.current(), 40);
    refused = false;
    priority.late(2s);
    EXPECT_EQ(priority.current(), 41);
    EXPECT_THAT(set, ElementsAre(41, 41));
}

}  // namespace
}  // namespace holdfast::app

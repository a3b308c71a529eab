#include "holdfast/app/process_trackers.hpp"

#include <gmock/gmock.h>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using track::TrackedState;

class ProcessTrackersTest : public WithFakeEdges {
  protected:
    ProcessTrackersTest()
        : trackers(edges, [this](std::string_view name, TrackedState state) {
              changes.push_back(std::string(name) + (state == TrackedState::up ? " up" : " down"));
          }) {}
    static track::ProcessSettings squid() {
        track::ProcessSettings settings;
        settings.name = "tp";
        settings.process = "squid";
        return settings;
    }
    void load() { trackers.load({squid()}, {"tp"}, buffers); }

    config::SocketBuffers buffers;
    std::vector<std::string> changes;
    ProcessTrackers trackers;
};

TEST_F(ProcessTrackersTest, KnowsTheVerdictWhenLoadedAndTellsChangesWithTheirLine) {
    process_table.run(5, "squid");
    load();
    EXPECT_EQ(trackers.state("tp"), TrackedState::up);
    EXPECT_THAT(changes, IsEmpty());
    process_table.end(5);
    EXPECT_THAT(changes, ElementsAre("tp down"));
    EXPECT_TRUE(logged("Quorum lost for tracked process tp"));
    process_table.run(6, "squid");
    EXPECT_THAT(changes, ElementsAre("tp down", "tp up"));
    EXPECT_EQ(process_table.scans, 1);
}

TEST_F(ProcessTrackersTest, LooksOnceASecondWhereTheKernelSendsNoNews) {
    process_table.deaf = true;
    load();
    EXPECT_TRUE(logged("sends no process events here"));
    process_table.run(5, "squid");
    advance(999ms);
    EXPECT_THAT(changes, IsEmpty());
    advance(1ms);
    EXPECT_THAT(changes, ElementsAre("tp up"));
    advance(1s);
    EXPECT_EQ(process_table.scans, 3);
}

TEST_F(ProcessTrackersTest, LooksForItselfWhenTheKernelDoesNotConfirm) {
    load();
    advance(100ms);
    EXPECT_TRUE(logged("WARNING - the kernel does not support proc events"));
    process_table.processes[5] = {5, "squid", {}};
    advance(1s);
    EXPECT_THAT(changes, ElementsAre("tp up"));
}

TEST_F(ProcessTrackersTest, ListensOnlyOnceTheKernelHasConfirmed) {
    load();
    process_table.tell(io::ProcessNewsConfirmed{});
    advance(10s);
    EXPECT_EQ(process_table.scans, 1);
    EXPECT_FALSE(logged("WARNING"));
}

TEST_F(ProcessTrackersTest, CountsAnewASecondAfterTheLastLossAndDoublesTheBuffer) {
    buffers.monitor = 1000;
    load();
    process_table.tell(io::ProcessNewsConfirmed{});
    EXPECT_EQ(process_table.size, 1000U);
    process_table.processes[5] = {5, "squid", {}};
    process_table.tell(io::ProcessNewsLost{});
    advance(900ms);
    process_table.tell(io::ProcessNewsLost{});
    advance(900ms);
    EXPECT_THAT(changes, IsEmpty());
    advance(100ms);
    EXPECT_THAT(changes, ElementsAre("tp up"));
    EXPECT_EQ(process_table.size, 2000U);
    EXPECT_TRUE(logged("Setting global_def process_monitor_rcv_bufs to 2000"));
}

TEST_F(ProcessTrackersTest, TakesTheDelaysFromItsTimer) {
    auto settings = squid();
    settings.terminate_delay = 2s;
    process_table.run(5, "squid");
    trackers.load({settings}, {"tp"}, buffers);
    process_table.end(5);
    advance(1999ms);
    EXPECT_THAT(changes, IsEmpty());
    advance(1ms);
    EXPECT_THAT(changes, ElementsAre("tp down"));
}

TEST_F(ProcessTrackersTest, StopsListeningWhenNothingIsFollowedAnyMore) {
    load();
    EXPECT_TRUE(process_table.handler);
    trackers.load({squid()}, {}, buffers);
    EXPECT_FALSE(process_table.handler);
    EXPECT_EQ(trackers.state("tp"), TrackedState::unknown);
}

TEST_F(ProcessTrackersTest, AReloadTellsNothingOfWhatStayedAsItWas) {
    process_table.run(5, "squid");
    load();
    load();
    EXPECT_THAT(changes, IsEmpty());
    process_table.end(5);
    EXPECT_THAT(changes, ElementsAre("tp down"));
}

}  // namespace
}  // namespace holdfast::app

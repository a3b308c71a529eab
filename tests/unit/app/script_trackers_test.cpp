#include "holdfast/app/script_trackers.hpp"

#include <gmock/gmock.h>

#include <csignal>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using track::TrackedState;

class ScriptTrackersTest : public WithFakeEdges {
  protected:
    static track::ScriptSettings script(const std::string& name, Duration interval = 10s) {
        track::ScriptSettings settings;
        settings.name = name;
        settings.command.arguments = {name};
        settings.command.path = "/resolved/" + name;
        settings.interval = interval;
        return settings;
    }
    static track::ScriptSettings opening(const std::string& path) {
        track::ScriptSettings settings = script("s");
        settings.command.arguments.clear();
        settings.command.path.clear();
        settings.open_path = path;
        return settings;
    }
    void load(const std::vector<track::ScriptSettings>& scripts) {
        std::set<std::string> names;
        for (const track::ScriptSettings& one : scripts) names.insert(one.name);
        trackers.load(scripts, names);
        advance(0s);
    }
    std::vector<int>& signals(size_t index) { return processes.started.at(index)->signals; }

    std::vector<TrackedState> told;
    ScriptTrackers trackers{edges, [this](std::string_view, TrackedState state) { told.push_back(state); }};
};

TEST_F(ScriptTrackersTest, RunsTheResolvedProgramUnderTheConfiguredName) {
    load({script("check")});
    ASSERT_THAT(processes.started, SizeIs(1));
    EXPECT_EQ(processes.started[0]->request.arguments, std::vector<std::string>{"check"});
    EXPECT_EQ(processes.started[0]->request.program, "/resolved/check");
    processes.end(0);
    EXPECT_THAT(told, ElementsAre(TrackedState::up));
    EXPECT_THAT(signals(0), IsEmpty()) << "what a script leaves behind on purpose is its own affair";
}

TEST_F(ScriptTrackersTest, OnlyAtTheStartAreScriptsAwaited) {
    load({script("old")});
    EXPECT_EQ(trackers.state("old"), TrackedState::unknown);
    load({script("old"), script("new")});
    EXPECT_EQ(trackers.state("old"), TrackedState::unknown) << "untouched";
    EXPECT_EQ(trackers.state("new"), TrackedState::untested);
}

TEST_F(ScriptTrackersTest, AChangedScriptThatWasAwaitedIsStillAwaited) {
    load({script("check")});
    load({script("check", 20s)});
    EXPECT_EQ(trackers.state("check"), TrackedState::unknown);
    EXPECT_THAT(signals(0), ElementsAre(SIGKILL)) << "nobody keeps the time of the former run";
    EXPECT_THAT(processes.started, SizeIs(2));
}

TEST_F(ScriptTrackersTest, AChangedScriptKeepsItsVerdict) {
    load({script("check")});
    processes.end(0, {.code = 1});
    load({script("check", 20s)});
    EXPECT_EQ(trackers.state("check"), TrackedState::down);
}

TEST_F(ScriptTrackersTest, WhatATimedOutScriptLeavesBehindIsKilledHoweverItEnds) {
    for (const io::ExitStatus ended : {io::ExitStatus{.signal = SIGTERM}, io::ExitStatus{.code = 1}}) {
        const size_t index = processes.started.size();
        load({script(ended.signal != 0 ? "obeys" : "exits")});
        advance(10s);
        EXPECT_THAT(signals(index), ElementsAre(SIGTERM));
        processes.end(index, ended);
        EXPECT_EQ(signals(index).back(), SIGKILL);
    }
}

TEST_F(ScriptTrackersTest, AProgramThatCannotBeRunIsNoFailure) {
    load({script("missing")});
    EXPECT_THAT(told, ElementsAre(TrackedState::up));
    EXPECT_TRUE(logged("VRRP_Script(missing) counts as successful: "));
}

TEST_F(ScriptTrackersTest, AFileIsOpenedWithoutAProcess) {
    openable = "/some/file";
    load({opening("/some/file")});
    EXPECT_THAT(told, ElementsAre(TrackedState::up));
    openable.clear();
    advance(10s);
    advance(0s);
    EXPECT_THAT(told, ElementsAre(TrackedState::up, TrackedState::down));
    EXPECT_TRUE(logged("Script `s` now returning 2"));
    EXPECT_THAT(processes.started, IsEmpty());
}

TEST_F(ScriptTrackersTest, ATcpDeviceIsAConnection) {
    load({opening("/dev/tcp/192.0.2.1/80")});
    ASSERT_THAT(streams.requests, SizeIs(1));
    EXPECT_EQ(streams.requests[0].destination, (Endpoint{*IpAddress::parse("192.0.2.1"), 80}));
    streams.handler->on_connected();
    EXPECT_THAT(told, ElementsAre(TrackedState::up));
    EXPECT_EQ(streams.handler, nullptr) << "closed at once";
    advance(10s);
    streams.handler->on_failed({"refused", 0, {}}, io::StreamFailure::refused);
    EXPECT_THAT(told, ElementsAre(TrackedState::up, TrackedState::down));
    EXPECT_TRUE(logged("Script `s` now returning 1"));
}

TEST_F(ScriptTrackersTest, AConnectionThatTakesTooLongIsTimedOut) {
    track::ScriptSettings settings = opening("/dev/tcp/2001:db8::1/443");
    settings.timeout = 2s;
    load({settings});
    ASSERT_NE(streams.handler, nullptr);
    advance(2s);
    EXPECT_EQ(streams.handler, nullptr);
    advance(0s);
    EXPECT_THAT(told, ElementsAre(TrackedState::down));
    EXPECT_TRUE(logged("VRRP_Script(s) timed_out"));
}

TEST_F(ScriptTrackersTest, OurOwnLackOfDescriptorsIsNoVerdict) {
    load({opening("/dev/tcp/192.0.2.1/80")});
    streams.handler->on_failed({"too many open files", 0, {}}, io::StreamFailure::out_of_descriptors);
    EXPECT_THAT(told, IsEmpty());
    EXPECT_EQ(trackers.state("s"), TrackedState::unknown);
}

TEST_F(ScriptTrackersTest, NamesInADeviceAreLeftToAShellThatKnowsThem) {
    for (const char* path : {"/dev/tcp/localhost/80", "/dev/tcp/192.0.2.1/http", "/dev/udp/192.0.2.1/53",
                             "/dev/tcp/192.0.2.1/70000", "/dev/tcp/nothing"}) {
        ScriptTrackers one(edges, [](std::string_view, TrackedState) {});
        one.load({opening(path)}, {"s"});
        EXPECT_EQ(processes.started.back()->request.arguments,
                  (std::vector<std::string>{"bash", "-c", "<\"$0\"", path}));
    }
    EXPECT_THAT(streams.requests, IsEmpty());
}

}  // namespace
}  // namespace holdfast::app

#include "holdfast/io/timed_child.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <vector>

#include "holdfast/io/posix_processes.hpp"
#include "test_support.hpp"

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Processes that end when the test says so.
class FakeProcesses final : public Processes {
  public:
    Result<std::unique_ptr<Child>> spawn(const SpawnRequest& request,
                                         std::function<void(ExitStatus)> on_exit) override {
        if (request.arguments.front() == "missing") return fail_errno("cannot run missing", ENOENT);
        exit = std::move(on_exit);
        return std::make_unique<FakeChild>(*this);
    }
    std::function<void(ExitStatus)> exit;
    std::vector<int> signals;

  private:
    class FakeChild final : public Child {
      public:
        explicit FakeChild(FakeProcesses& owner) : owner_(owner) {}
        pid_t pid() const override { return 42; }
        Result<> kill(int signal) override {
            owner_.signals.push_back(signal);
            return {};
        }

      private:
        FakeProcesses& owner_;
    };
};

class TimedChildTest : public testing::Test {
  protected:
    void start(std::optional<Duration> timeout) {
        auto started = TimedChild::start(processes, timers, {.arguments = {"script"}}, timeout,
                                         [this](ExitStatus ended) { status = ended; });
        ASSERT_TRUE(started);
        child = std::move(*started);
    }
    void advance(Duration by) {
        timers.set_now(timers.now() + by);
        timers.run_due();
    }

    TimerQueue timers;
    FakeProcesses processes;
    std::optional<ExitStatus> status;
    std::unique_ptr<TimedChild> child;
};

TEST_F(TimedChildTest, AnExitInTimeIsReportedAsItIs) {
    start(5s);
    advance(5s - 1ns);
    processes.exit({.code = 3});
    EXPECT_EQ(status, (ExitStatus{.code = 3}));
    advance(1h);
    EXPECT_THAT(processes.signals, IsEmpty());
}

TEST_F(TimedChildTest, TermAtTheTimeoutThenKillAfterTwoSecondsThenEveryTen) {
    start(5s);
    advance(5s);
    EXPECT_THAT(processes.signals, ElementsAre(SIGTERM));
    advance(2s - 1ns);
    EXPECT_THAT(processes.signals, ElementsAre(SIGTERM));
    advance(1ns);
    EXPECT_THAT(processes.signals, ElementsAre(SIGTERM, SIGKILL));
    advance(10s - 1ns);
    EXPECT_EQ(processes.signals.size(), 2U);
    advance(1ns);
    advance(10s);
    EXPECT_THAT(processes.signals, ElementsAre(SIGTERM, SIGKILL, SIGKILL, SIGKILL));
    EXPECT_EQ(status, std::nullopt);
    processes.exit({.signal = SIGKILL});
    EXPECT_EQ(status, (ExitStatus{.signal = SIGKILL, .timed_out = true}));
    advance(1h);
    EXPECT_EQ(processes.signals.size(), 4U);
}

TEST_F(TimedChildTest, ACleanExitAfterTheTimeoutIsStillTimedOut) {
    start(5s);
    advance(5s);
    processes.exit({});
    EXPECT_EQ(status, (ExitStatus{.timed_out = true}));
}

TEST_F(TimedChildTest, WhatItLeavesBehindWhenItObeysTheTermIsKilled) {
    start(5s);
    advance(5s);
    processes.exit({.signal = SIGTERM});
    EXPECT_THAT(processes.signals, ElementsAre(SIGTERM, SIGKILL));
}

TEST_F(TimedChildTest, WithoutATimeoutItRunsForEver) {
    start(std::nullopt);
    advance(1000h);
    EXPECT_THAT(processes.signals, IsEmpty());
    child->terminate();
    child->terminate();
    EXPECT_THAT(processes.signals, ElementsAre(SIGTERM));
    advance(2s);
    EXPECT_THAT(processes.signals, ElementsAre(SIGTERM, SIGKILL));
    processes.exit({.signal = SIGKILL});
    EXPECT_FALSE(status->timed_out) << "ended by us, not by its time";
}

TEST_F(TimedChildTest, TellsTheLogWhichSignalWasSent) {
    start(1s);
    std::vector<int> told;
    child->on_signal([&](int signal) { told.push_back(signal); });
    advance(1s);
    advance(2s);
    EXPECT_THAT(told, ElementsAre(SIGTERM, SIGKILL));
}

TEST_F(TimedChildTest, DestructionKillsWhatStillRunsAndNothingElse) {
    start(1s);
    child.reset();
    EXPECT_THAT(processes.signals, ElementsAre(SIGKILL));
    advance(1h);
    EXPECT_EQ(processes.signals.size(), 1U);

    processes.signals.clear();
    start(1s);
    processes.exit({});
    child.reset();
    EXPECT_THAT(processes.signals, IsEmpty());
}

TEST_F(TimedChildTest, MayBeDestroyedByItsCallbacks) {
    auto started =
        TimedChild::start(processes, timers, {.arguments = {"script"}}, 1s, [this](ExitStatus ended) {
            child.reset();
            status = ended;
        });
    ASSERT_TRUE(started);
    child = std::move(*started);
    const auto exit = processes.exit;
    exit({.code = 1});
    EXPECT_EQ(status, (ExitStatus{.code = 1}));

    start(1s);
    child->on_signal([this](int) { child.reset(); });
    advance(1s);
    EXPECT_THAT(processes.signals, ElementsAre(SIGTERM, SIGKILL));
}

TEST_F(TimedChildTest, AFailedStartIsTheErrorOfProcesses) {
    const auto started =
        TimedChild::start(processes, timers, {.arguments = {"missing"}}, 1s, [](ExitStatus) { FAIL(); });
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().os_error, ENOENT);
    advance(1h);
}

// The same over a real process; only the clock is ours.
TEST_F(TimedChildTest, ARealProcessThatIgnoresTermIsKilled) {
    EventLoop loop;
    PosixProcesses real(loop);
    const TemporaryFolder folder;
    const std::string script = "trap '' TERM; : > " + folder.file("ready") + "; while :; do sleep 1000; done";
    auto started = TimedChild::start(real, timers, {.arguments = {"/bin/sh", "-c", script}}, 1s,
                                     [this](ExitStatus ended) { status = ended; });
    ASSERT_TRUE(started);
    turn_until(loop, [&] {
        loop.run_once(1ms);
        return std::filesystem::exists(folder.file("ready"));
    });
    advance(1s);
    loop.run_once(5ms);
    EXPECT_EQ(status, std::nullopt);
    advance(2s);
    turn_until(loop, [this] { return status.has_value(); });
    EXPECT_EQ(status, (ExitStatus{.signal = SIGKILL, .timed_out = true}));
}

}  // namespace
}  // namespace holdfast::io

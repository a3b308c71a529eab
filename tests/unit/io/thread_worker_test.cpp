#include "holdfast/io/thread_worker.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <csignal>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;

constexpr auto kAges = 20s;

class ThreadWorkerTest : public testing::Test {
  protected:
    template <class Done>
    void turn_until(Done done) {
        const Instant limit = std::chrono::steady_clock::now() + kAges;
        while (!done() && std::chrono::steady_clock::now() < limit) loop.run_once(5ms);
        ASSERT_TRUE(done());
    }
    EventLoop loop;
};

/// Work that goes on until the test opens the gate.
struct Gate {
    std::latch begun{1};
    std::latch open{1};
    Worker::Work work() {
        return [this](const std::stop_token&) {
            begun.count_down();
            open.wait();
        };
    }
};

// What the whole thing is for.
TEST_F(ThreadWorkerTest, TheLoopTurnsWhileAJobRuns) {
    ThreadWorker worker(loop);
    Gate gate;
    bool done = false;
    const auto job = worker.start(gate.work(), [&] { done = true; });
    gate.begun.wait();
    int ticks = 0;
    Timer timer(loop.timers(), [&] {
        ++ticks;
        timer.arm_after(1ms);
    });
    timer.arm_after(1ms);
    turn_until([&] { return ticks >= 20; });
    EXPECT_FALSE(done);
    gate.open.count_down();
    turn_until([&] { return done; });
}

TEST_F(ThreadWorkerTest, TheResultComesInTheLoopsThread) {
    ThreadWorker worker(loop);
    std::thread::id where;
    std::string told;
    std::thread::id told_where;
    const auto job = start<std::string>(
        worker,
        [&](const std::stop_token&) {
            where = std::this_thread::get_id();
            return std::string("result");
        },
        [&](std::string result) {
            told = std::move(result);
            told_where = std::this_thread::get_id();
        });
    EXPECT_EQ(told, "") << "not inside start()";
    turn_until([&] { return !told.empty(); });
    EXPECT_EQ(told, "result");
    EXPECT_EQ(told_where, std::this_thread::get_id());
    EXPECT_NE(where, told_where);
}

TEST_F(ThreadWorkerTest, JobsAreDoneOneAfterTheOther) {
    ThreadWorker worker(loop);
    std::vector<int> order;
    std::vector<int> told;
    std::vector<std::unique_ptr<Job>> jobs;
    for (int i = 0; i < 5; ++i) {
        jobs.push_back(worker.start([&order, i](const std::stop_token&) { order.push_back(i); },
                                    [&told, i] { told.push_back(i); }));
    }
    turn_until([&] { return told.size() == 5; });
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
    EXPECT_EQ(told, order);
}

TEST_F(ThreadWorkerTest, AJobThatIsDroppedIsAskedToStopAndTellsNobody) {
    ThreadWorker worker(loop);
    std::latch begun{1};
    std::atomic<bool> stopped = false;
    bool told = false;
    auto job = worker.start(
        [&](const std::stop_token& stop) {
            begun.count_down();
            while (!stop.stop_requested()) std::this_thread::yield();
            stopped = true;
        },
        [&] { told = true; });
    begun.wait();
    job.reset();
    bool next = false;
    const auto after = worker.start([](const std::stop_token& stop) { EXPECT_FALSE(stop.stop_requested()); },
                                    [&] { next = true; });
    turn_until([&] { return next; });
    EXPECT_TRUE(stopped);
    EXPECT_FALSE(told);
}

TEST_F(ThreadWorkerTest, AJobThatIsDroppedBeforeItsTurnIsNotDone) {
    ThreadWorker worker(loop);
    Gate gate;
    const auto first = worker.start(gate.work(), [] {});
    bool worked = false;
    bool told = false;
    auto second = worker.start([&](const std::stop_token&) { worked = true; }, [&] { told = true; });
    second.reset();
    bool last = false;
    const auto third = worker.start([](const std::stop_token&) {}, [&] { last = true; });
    gate.open.count_down();
    turn_until([&] { return last; });
    EXPECT_FALSE(worked);
    EXPECT_FALSE(told);
}

TEST_F(ThreadWorkerTest, AJobMayBeDestroyedByItsOwnEnd) {
    ThreadWorker worker(loop);
    bool told = false;
    std::unique_ptr<Job> job;
    job = worker.start([](const std::stop_token&) {},
                       [&] {
                           job.reset();
                           told = true;
                       });
    turn_until([&] { return told; });
}

TEST_F(ThreadWorkerTest, AnExceptionOfTheWorkIsThrownInTheLoop) {
    ThreadWorker worker(loop);
    const auto job = worker.start([](const std::stop_token&) { throw std::runtime_error("no memory"); },
                                  [] { FAIL() << "it was not done"; });
    const auto turn = [&] {
        for (int i = 0; i < 4000; ++i) loop.run_once(5ms);
    };
    EXPECT_THROW(turn(), std::runtime_error);
}

/// Notes where it is destroyed.
struct Rubbish {
    std::thread::id& where;
    explicit Rubbish(std::thread::id& noted) : where(noted) {}
    Rubbish(const Rubbish&) = delete;
    Rubbish& operator=(const Rubbish&) = delete;
    ~Rubbish() { where = std::this_thread::get_id(); }
};

TEST_F(ThreadWorkerTest, WhatIsThrownAwayIsDestroyedBesideTheLoop) {
    std::thread::id where;
    {
        ThreadWorker worker(loop);
        worker.bin()(std::make_shared<const Rubbish>(where));
        bool done = false;
        const auto job = worker.start([](const std::stop_token&) {}, [&] { done = true; });
        turn_until([&] { return done; });
    }
    EXPECT_NE(where, std::thread::id());
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST_F(ThreadWorkerTest, TheBinWorksWithoutTheWorker) {
    std::thread::id where;
    Worker::Bin bin = ThreadWorker(loop).bin();
    bin(std::make_shared<const Rubbish>(where));
    EXPECT_EQ(where, std::this_thread::get_id());
}

TEST_F(ThreadWorkerTest, TheEndDropsWhatWaitsAndStopsWhatRuns) {
    std::atomic<bool> stopped = false;
    bool worked = false;
    ThreadWorker worker(loop, kAges);
    std::latch begun{1};
    const auto running = worker.start(
        [&](const std::stop_token& stop) {
            begun.count_down();
            while (!stop.stop_requested()) std::this_thread::yield();
            stopped = true;
        },
        [] { FAIL() << "after the end"; });
    const auto waiting =
        worker.start([&](const std::stop_token&) { worked = true; }, [] { FAIL() << "after the end"; });
    begun.wait();
    EXPECT_TRUE(worker.stop());
    EXPECT_TRUE(stopped);
    EXPECT_FALSE(worked);
    for (int i = 0; i < 3; ++i) loop.run_once(0s);
}

TEST_F(ThreadWorkerTest, TheEndDoesNotWaitForWorkThatDoesNotStop) {
    auto gate = std::make_shared<Gate>();
    auto left = std::make_shared<std::latch>(1);
    {
        ThreadWorker worker(loop, 1ms);
        const auto job = worker.start(
            [gate, left](const std::stop_token& stop) {
                gate->work()(stop);
                left->count_down();
            },
            [] { FAIL() << "after the end"; });
        gate->begun.wait();
        EXPECT_FALSE(worker.stop());
    }
    gate->open.count_down();
    left->wait();
}

TEST_F(ThreadWorkerTest, ItsThreadTakesNoSignalsAndStandsBack) {
    ThreadWorker worker(loop);
    bool done = false;
    bool blocked = false;
    int policy = -1;
    const auto job = worker.start(
        [&](const std::stop_token&) {
            sigset_t held;
            pthread_sigmask(SIG_SETMASK, nullptr, &held);
            blocked = sigismember(&held, SIGTERM) == 1 && sigismember(&held, SIGHUP) == 1 &&
                      sigismember(&held, SIGSEGV) == 0;
            policy = sched_getscheduler(0);
        },
        [&] { done = true; });
    turn_until([&] { return done; });
    EXPECT_TRUE(blocked);
    EXPECT_EQ(policy, SCHED_BATCH);
    sigset_t ours;
    pthread_sigmask(SIG_SETMASK, nullptr, &ours);
    EXPECT_EQ(sigismember(&ours, SIGTERM), 0) << "those of the loop's thread are as they were";
}

}  // namespace
}  // namespace holdfast::io

#include "holdfast/io/signals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

bool is_blocked(int signal) {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return sigismember(&mask, signal) == 1;
}

void raise_here(int signal) {
    ASSERT_EQ(pthread_kill(pthread_self(), signal), 0);
}

TEST(SignalWatch, ReportsEachOfItsSignalsAndNoOther) {
    EventLoop loop;
    std::vector<int> seen;
    const SignalWatch watch(loop, {SIGUSR1, SIGHUP}, [&](int signal) { seen.push_back(signal); });
    loop.run_once(0s);
    EXPECT_THAT(seen, IsEmpty());
    raise_here(SIGUSR1);
    raise_here(SIGHUP);
    for (int i = 0; i < 3; ++i) loop.run_once(0s);
    std::ranges::sort(seen);
    EXPECT_THAT(seen, ElementsAre(SIGHUP, SIGUSR1));
    EXPECT_FALSE(is_blocked(SIGUSR2));
}

TEST(SignalWatch, RealTimeSignalsAreNotFolded) {
    EventLoop loop;
    std::vector<int> seen;
    const SignalWatch watch(loop, {SIGRTMIN + 2}, [&](int signal) { seen.push_back(signal); });
    raise_here(SIGRTMIN + 2);
    raise_here(SIGRTMIN + 2);
    for (int i = 0; i < 3; ++i) loop.run_once(0s);
    EXPECT_THAT(seen, ElementsAre(SIGRTMIN + 2, SIGRTMIN + 2));
}

TEST(SignalWatch, DestructionRestoresTheMaskAndDropsWhatWasNotReported) {
    EventLoop loop;
    {
        const SignalWatch watch(loop, {SIGUSR2}, [](int) { FAIL(); });
        EXPECT_TRUE(is_blocked(SIGUSR2));
        raise_here(SIGUSR2);  // Its default effect would end this test.
    }
    EXPECT_FALSE(is_blocked(SIGUSR2));
}

TEST(SignalWatch, MayBeDestroyedByItsOwnCallback) {
    EventLoop loop;
    std::unique_ptr<SignalWatch> watch;
    int seen = 0;
    watch = std::make_unique<SignalWatch>(loop, std::initializer_list<int>{SIGUSR1, SIGUSR2}, [&](int) {
        ++seen;
        watch.reset();
    });
    raise_here(SIGUSR1);
    raise_here(SIGUSR2);
    loop.run_once(0s);
    loop.run_once(0s);
    EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace holdfast::io

#include "holdfast/io/mailbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Mailbox, DeliversInOrderInTheLoopsThread) {
    EventLoop loop;
    std::vector<std::string> received;
    Mailbox<std::string> box(loop, [&](std::string text) { received.push_back(std::move(text)); });
    box.post("one");
    box.post("two");
    EXPECT_TRUE(received.empty()) << "nothing is delivered inside post()";
    loop.run_once(0s);
    EXPECT_THAT(received, ElementsAre("one", "two"));
    loop.run_once(0s);
    EXPECT_EQ(received.size(), 2U);
}

TEST(Mailbox, CarriesMoveOnlyMessages) {
    EventLoop loop;
    int sum = 0;
    Mailbox<std::unique_ptr<int>> box(loop, [&](std::unique_ptr<int> value) { sum += *value; });
    box.post(std::make_unique<int>(4));
    box.post(std::make_unique<int>(5));
    loop.run_once(0s);
    EXPECT_EQ(sum, 9);
}

TEST(Mailbox, ManyThreadsPostWhileTheLoopTurns) {
    constexpr int kThreads = 4;
    constexpr int kMessages = 2000;
    EventLoop loop;
    std::vector<int> last(kThreads, -1);
    int count = 0;
    Mailbox<std::pair<int, int>> box(loop, [&](std::pair<int, int> message) {
        EXPECT_EQ(message.second, last[static_cast<size_t>(message.first)] + 1) << "out of order";
        last[static_cast<size_t>(message.first)] = message.second;
        if (++count == kThreads * kMessages) loop.stop();
    });
    std::vector<std::jthread> threads;
    for (int sender = 0; sender < kThreads; ++sender) {
        threads.emplace_back([&box, sender] {
            for (int i = 0; i < kMessages; ++i) box.post({sender, i});
        });
    }
    loop.run();  // A lost wake-up hangs here.
    EXPECT_EQ(count, kThreads * kMessages);
}

TEST(Mailbox, APostFromTheCallbackWaitsForTheNextTurn) {
    EventLoop loop;
    std::vector<int> received;
    std::unique_ptr<Mailbox<int>> box;
    box = std::make_unique<Mailbox<int>>(loop, [&](int value) {
        received.push_back(value);
        if (value < 2) box->post(value + 1);
    });
    box->post(1);
    loop.run_once(0s);
    EXPECT_THAT(received, ElementsAre(1));
    loop.run_once(0s);
    EXPECT_THAT(received, ElementsAre(1, 2));
}

TEST(Mailbox, MayBeDestroyedByItsOwnCallbackWithMessagesLeft) {
    EventLoop loop;
    int received = 0;
    std::unique_ptr<Mailbox<int>> box;
    box = std::make_unique<Mailbox<int>>(loop, [&](int) {
        ++received;
        box.reset();
    });
    box->post(1);
    box->post(2);
    loop.run_once(0s);
    loop.run_once(0s);
    EXPECT_EQ(received, 1);
}

}  // namespace
}  // namespace holdfast::io

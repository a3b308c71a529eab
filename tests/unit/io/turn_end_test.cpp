#include "holdfast/io/turn_end.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace holdfast::io {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TurnEnd, RunsOnceHoweverOftenRequestedInOrderOfTheFirstRequest) {
    TurnEndQueue queue;
    std::vector<int> ran;
    TurnEnd one(queue, [&] { ran.push_back(1); });
    TurnEnd two(queue, [&] { ran.push_back(2); });
    two.request();
    one.request();
    two.request();
    EXPECT_TRUE(one.requested());
    EXPECT_FALSE(queue.is_empty());
    queue.run();
    EXPECT_THAT(ran, ElementsAre(2, 1));
    EXPECT_FALSE(one.requested());
    EXPECT_TRUE(queue.is_empty());
    queue.run();
    EXPECT_THAT(ran, ElementsAre(2, 1));
}

TEST(TurnEnd, ARequestFromACallbackWaitsForTheNextTurn) {
    TurnEndQueue queue;
    int ran = 0;
    std::unique_ptr<TurnEnd> again;
    again = std::make_unique<TurnEnd>(queue, [&] {
        if (++ran < 3) again->request();
    });
    again->request();
    queue.run();
    EXPECT_EQ(ran, 1);
    EXPECT_FALSE(queue.is_empty());
    queue.run();
    queue.run();
    queue.run();
    EXPECT_EQ(ran, 3);
}

TEST(TurnEnd, CancelledOrDestroyedBeforeOrDuringTheRunItDoesNotRun) {
    TurnEndQueue queue;
    std::vector<int> ran;
    auto before = std::make_unique<TurnEnd>(queue, [&] { ran.push_back(0); });
    auto victim = std::make_unique<TurnEnd>(queue, [&] { ran.push_back(2); });
    TurnEnd cancelled(queue, [&] { ran.push_back(3); });
    std::unique_ptr<TurnEnd> own;
    own = std::make_unique<TurnEnd>(queue, [&] {
        ran.push_back(1);
        victim.reset();
        cancelled.cancel();
        own.reset();
    });
    before->request();
    own->request();
    victim->request();
    cancelled.request();
    before.reset();
    queue.run();
    EXPECT_THAT(ran, ElementsAre(1));
    EXPECT_TRUE(queue.is_empty());
    queue.run();
    EXPECT_THAT(ran, ElementsAre(1));
}

TEST(TurnEnd, OneThatIsStillToRunInThisTurnNeedsNoSecondRun) {
    TurnEndQueue queue;
    int ran = 0;
    TurnEnd flush(queue, [&] { ++ran; });
    TurnEnd producer(queue, [&] { flush.request(); });
    producer.request();
    flush.request();
    queue.run();
    EXPECT_EQ(ran, 1);
    EXPECT_TRUE(queue.is_empty());
}

}  // namespace
}  // namespace holdfast::io

#include "holdfast/ipvs/reconciler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_kernel.hpp"

namespace holdfast::ipvs {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ReconcilerTest : public testing::Test {
  protected:
    static Table two_services() {
        Table table;
        for (uint8_t i = 1; i <= 2; ++i) {
            Service& service = table.add(tcp_service(i), {.scheduler = "rr"});
            service.put(weighted(1, 1));
            service.put(weighted(2, 1));
        }
        return table;
    }
    /// Steps until nothing is left, at most a thousand times.
    Progress run(size_t limit = 256) {
        Progress sum;
        for (int i = 0; i < 1000; ++i) {
            Progress one = reconciler.step(now, limit);
            sum.applied += one.applied;
            std::ranges::move(one.refused, std::back_inserter(sum.refused));
            if (one.remaining == 0) return sum;
        }
        ADD_FAILURE() << "never finished";
        return sum;
    }

    Instant now{};
    FakeKernel kernel;
    Reconciler reconciler{kernel};
};

TEST_F(ReconcilerTest, AdoptsWhatMatchesWithoutAnyOperation) {
    kernel.table = two_services();
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    EXPECT_TRUE(reconciler.idle());
    run();
    EXPECT_THAT(kernel.seen, IsEmpty());
    EXPECT_EQ(kernel.calls, 0U);
}

TEST_F(ReconcilerTest, ChangesOnlyWhatDiffersInAnAdoptedTable) {
    kernel.table = two_services();
    kernel.table.find(tcp_service(1))->attributes.scheduler = "wlc";
    kernel.table.find(tcp_service(2))->put(weighted(77, 5));  // A strange server in our service.
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    run();
    EXPECT_THAT(kernel.seen, ElementsAre(Operation(EditService{tcp_service(1), {.scheduler = "rr"}}),
                                         Operation(RemoveDestination{tcp_service(2), server(77)})));
    EXPECT_EQ(kernel.table, two_services());
}

TEST_F(ReconcilerTest, NeverTouchesServicesOfOthers) {
    kernel.table.add(tcp_service(200), {}).put(weighted(9, 9));
    const Table foreign = kernel.table;
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    run();
    reconciler.remove_all();
    run();
    EXPECT_EQ(kernel.table, foreign);
    EXPECT_TRUE(reconciler.owned().empty());
}

TEST_F(ReconcilerTest, RemovesTheServicesThatLeftTheConfigurationAfterAllElse) {
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    run();
    kernel.seen.clear();
    Table next;
    next.add(tcp_service(3), {.scheduler = "rr"});
    next.put(tcp_service(2), *two_services().find(tcp_service(2)));
    reconciler.set_desired(next);
    run();
    EXPECT_THAT(kernel.seen, ElementsAre(Operation(AddService{tcp_service(3), {.scheduler = "rr"}}),
                                         Operation(RemoveService{tcp_service(1)})));
}

TEST_F(ReconcilerTest, RemovesLeftoversDeclaredAsOurs) {
    kernel.table = two_services();
    ASSERT_TRUE(reconciler.start());
    reconciler.own({tcp_service(1), tcp_service(99)});
    run();
    EXPECT_EQ(kernel.table.find(tcp_service(1)), nullptr);
    EXPECT_NE(kernel.table.find(tcp_service(2)), nullptr);
}

TEST_F(ReconcilerTest, WorksInPortionsThatNeverEmptyAPool) {
    ASSERT_TRUE(reconciler.start());
    Table table;
    for (uint8_t i = 1; i <= 10; ++i) table.add(tcp_service(1), {}).put(weighted(i, 1));
    reconciler.set_desired(table);
    Progress progress = reconciler.step(now, 4);
    EXPECT_EQ(progress.applied, 4U);
    EXPECT_EQ(kernel.table.destination_count(), 3U);
    EXPECT_EQ(progress.remaining, 1U);
    run(4);
    EXPECT_EQ(kernel.table, table);

    Table others;
    for (uint8_t i = 11; i <= 20; ++i) others.add(tcp_service(1), {}).put(weighted(i, 1));
    reconciler.set_desired(others);
    while (!reconciler.idle()) {
        reconciler.step(now, 3);
        EXPECT_GE(kernel.table.destination_count(), 10U);
    }
    EXPECT_EQ(kernel.table, others);
}

TEST_F(ReconcilerTest, ANewDesiredStateDuringWorkTakesEffectAtOnce) {
    ASSERT_TRUE(reconciler.start());
    Table table;
    for (uint8_t i = 1; i <= 10; ++i) table.add(tcp_service(1), {}).put(weighted(i, 1));
    reconciler.set_desired(table);
    reconciler.step(now, 4);
    reconciler.set_desired(two_services());
    run(2);
    EXPECT_EQ(kernel.table, two_services());
}

TEST_F(ReconcilerTest, AlreadyThereAndAlreadyGoneAreSuccess) {
    ASSERT_TRUE(reconciler.start());
    kernel.table = two_services();  // Appears behind our back, with one difference.
    kernel.table.find(tcp_service(1))->find(server(1))->attributes.weight = 9;
    reconciler.set_desired(two_services());
    EXPECT_THAT(run().refused, IsEmpty());
    EXPECT_EQ(kernel.table, two_services());

    kernel.table.erase(tcp_service(1));
    kernel.table.find(tcp_service(2))->erase(server(2));
    reconciler.remove_service(tcp_service(1));
    Service smaller = *two_services().find(tcp_service(2));
    smaller.erase(server(2));
    reconciler.set_service(tcp_service(2), smaller);
    EXPECT_THAT(run().refused, IsEmpty());
    EXPECT_EQ(kernel.table.size(), 1U);
    EXPECT_EQ(*kernel.table.find(tcp_service(2)), smaller);
}

TEST_F(ReconcilerTest, ARefusedServiceIsReportedOnceAndTriedAgainWithGrowingPauses) {
    ASSERT_TRUE(reconciler.start());
    Table table = two_services();
    table.find(tcp_service(1))->attributes.scheduler = "twos";
    reconciler.set_desired(table);
    const Progress progress = run();
    ASSERT_EQ(progress.refused.size(), 1U);  // Not one for each destination of the missing service.
    EXPECT_EQ(to_string(progress.refused[0].operation), "add service [192.0.2.1]:tcp:80 with scheduler twos");
    EXPECT_EQ(progress.refused[0].error.os_error, ENOENT);
    EXPECT_NE(kernel.table.find(tcp_service(2)), nullptr);  // The others are not held up.

    EXPECT_EQ(reconciler.deadline(), now + 1s);
    EXPECT_FALSE(progress.refused[0].again);
    now += 1s;
    const Progress second = run();
    ASSERT_EQ(second.refused.size(), 1U);
    EXPECT_TRUE(second.refused[0].again);  // Nobody has to be told once more.
    EXPECT_EQ(reconciler.deadline(), now + 2s);
    for (int i = 0; i < 10; ++i) {
        now = *reconciler.deadline();
        run();
    }
    EXPECT_EQ(reconciler.deadline(), now + 60s);

    kernel.schedulers.insert("twos");
    now += 60s;
    EXPECT_THAT(run().refused, IsEmpty());
    EXPECT_EQ(kernel.table, table);
    EXPECT_EQ(reconciler.deadline(), std::nullopt);
}

TEST_F(ReconcilerTest, WhatWasRefusedCanBeTriedAtOnce) {
    ASSERT_TRUE(reconciler.start());
    Table table = two_services();
    table.find(tcp_service(1))->attributes.scheduler = "twos";
    reconciler.set_desired(table);
    run();
    kernel.schedulers.insert("twos");
    reconciler.retry_refused();
    EXPECT_THAT(run().refused, IsEmpty());
    EXPECT_EQ(kernel.table, table);
    EXPECT_EQ(reconciler.deadline(), std::nullopt);
}

TEST_F(ReconcilerTest, AChangeOfTheDesiredStateEndsThePause) {
    ASSERT_TRUE(reconciler.start());
    Table table = two_services();
    table.find(tcp_service(1))->attributes.scheduler = "twos";
    reconciler.set_desired(table);
    run();
    reconciler.set_service(tcp_service(1), *two_services().find(tcp_service(1)));
    EXPECT_THAT(run().refused, IsEmpty());
    EXPECT_EQ(kernel.table, two_services());
    EXPECT_EQ(reconciler.deadline(), std::nullopt);
}

TEST_F(ReconcilerTest, ABrokenKernelIsReportedAndRecoversLater) {
    ASSERT_TRUE(reconciler.start());
    kernel.broken = true;
    reconciler.set_desired(two_services());
    EXPECT_EQ(run().refused.size(), 2U);
    kernel.broken = false;
    now += 1s;
    EXPECT_THAT(run().refused, IsEmpty());
    EXPECT_EQ(kernel.table, two_services());
}

TEST_F(ReconcilerTest, VerifyRepairsWhatSomebodyElseChanged) {
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    run();
    EXPECT_THAT(*reconciler.verify(10), IsEmpty());
    EXPECT_EQ(reconciler.repairs(), 0U);

    kernel.table.erase(tcp_service(1));
    kernel.table.find(tcp_service(2))->find(server(1))->attributes.weight = 0;
    EXPECT_THAT(*reconciler.verify(10), ElementsAre(tcp_service(1), tcp_service(2)));
    run();
    EXPECT_EQ(kernel.table, two_services());
    EXPECT_EQ(reconciler.repairs(), 2U);
    EXPECT_THAT(*reconciler.verify(10), IsEmpty());
}

TEST_F(ReconcilerTest, VerifyGoesRoundInPortions) {
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    run();
    kernel.reads = 0;
    EXPECT_THAT(*reconciler.verify(1), IsEmpty());
    kernel.table.erase(tcp_service(1));  // Just after its turn.
    EXPECT_THAT(*reconciler.verify(1), IsEmpty());
    EXPECT_THAT(*reconciler.verify(1), ElementsAre(tcp_service(1)));
    EXPECT_EQ(kernel.reads, 3U);
}

TEST_F(ReconcilerTest, VerifyAllRepairsAFlushedTableAndLeavesNewForeignServicesAlone) {
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    run();
    kernel.table.clear();
    kernel.table.add(tcp_service(100), {});
    EXPECT_EQ(reconciler.verify_all()->size(), 2U);
    run();
    EXPECT_EQ(kernel.table.size(), 3U);
    EXPECT_EQ(*kernel.table.find(tcp_service(1)), *two_services().find(tcp_service(1)));
}

TEST_F(ReconcilerTest, ReleaseLeavesTheKernelAlone) {
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    run();
    reconciler.release();
    kernel.seen.clear();
    run();
    EXPECT_THAT(kernel.seen, IsEmpty());
    EXPECT_EQ(kernel.table, two_services());
}

TEST_F(ReconcilerTest, RemovingWhatSomebodyRemovedCountsAsDone) {
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    run();
    kernel.table.clear();
    reconciler.remove_all();
    const Progress progress = reconciler.step(now, 1);
    EXPECT_EQ(progress.applied, 1U);
    EXPECT_THAT(progress.refused, IsEmpty());
    EXPECT_EQ(progress.remaining, 1U);
}

TEST_F(ReconcilerTest, AStaleMirrorIsReadOnceAndThenTheKernelIsBelieved) {
    // The scheduler vanished with its module: ENOENT looks like a stale mirror at first.
    ASSERT_TRUE(reconciler.start());
    reconciler.set_desired(two_services());
    run();
    Service changed = *two_services().find(tcp_service(1));
    changed.attributes.scheduler = "gone";
    reconciler.set_service(tcp_service(1), changed);
    kernel.seen.clear();
    EXPECT_EQ(run().refused.size(), 1U);
    EXPECT_EQ(kernel.seen.size(), 2U);
    EXPECT_EQ(kernel.table.find(tcp_service(1))->attributes.scheduler, "rr");
}

TEST_F(ReconcilerTest, StartFailsWhenTheTableCannotBeRead) {
    kernel.broken = true;
    EXPECT_EQ(reconciler.start().error().os_error, EIO);
}

}  // namespace
}  // namespace holdfast::ipvs

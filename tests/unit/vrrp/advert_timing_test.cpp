// When a Master's adverts leave: on time in the mean, and along with those of other routers where it costs
// nothing.
#include "support.hpp"

namespace holdfast::vrrp {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class AdvertTimingTest : public RouterTest {
  protected:
    AdvertTimingTest() {
        RouterSettings with = settings(100, Version::v3);
        with.garp.master_delay = 0s;
        make(with);
        become_master();
    }
    std::vector<SendAdvert> early_by(Duration by) {
        now = router.deadline().value() - by;
        send(DeadlineReached{.early = true});
        return all<SendAdvert>(actions);
    }
};

TEST_F(AdvertTimingTest, AnAdvertMayBeEarlyByAHundredthOfItsInterval) {
    EXPECT_EQ(router.early(), Duration(10ms));
    EXPECT_THAT(early_by(10ms + 1ns), IsEmpty());
    EXPECT_THAT(early_by(10ms), SizeIs(1));
    EXPECT_EQ(remaining(), Duration(1s)) << "from now on both leave together";
}

TEST_F(AdvertTimingTest, OnlyWhoeverAsksForItMakesAnAdvertEarly) {
    now = router.deadline().value() - 1ns;
    send(DeadlineReached{});
    EXPECT_THAT(all<SendAdvert>(actions), IsEmpty());
}

TEST_F(AdvertTimingTest, ALateAdvertDoesNotShiftTheNextOnes) {
    const Instant first = router.deadline().value();
    now = first + 3ms;
    send(DeadlineReached{.early = true});
    EXPECT_EQ(router.deadline(), first + 1s);
    now = first + 1s + 400ms;
    send(DeadlineReached{.early = true});
    EXPECT_EQ(router.deadline(), first + 2s);
}

TEST_F(AdvertTimingTest, AfterHalfAnIntervalTheCountBeginsAnew) {
    now = router.deadline().value() + 500ms;
    send(DeadlineReached{.early = true});
    EXPECT_EQ(remaining(), Duration(1s));
    EXPECT_THAT(all<SendAdvert>(actions), SizeIs(1)) << "what was missed is not made up for";
}

TEST_F(AdvertTimingTest, ABackupIsNeverEarly) {
    RouterSettings with = settings(100, Version::v3);
    make(with);
    start();
    EXPECT_EQ(router.early(), Duration::zero());
    EXPECT_THAT(early_by(1ns), IsEmpty());
    EXPECT_FALSE(router.is_master());
}

TEST_F(AdvertTimingTest, WhatIsNextIsNotAnAdvertAndSoNotEarly) {
    RouterSettings with = settings(100, Version::v3);
    with.advert_interval = 10s;
    with.garp.master_delay = 5s;
    make(with);
    become_master();
    EXPECT_EQ(remaining(), Duration(5s));
    EXPECT_EQ(router.early(), Duration::zero());
}

TEST_F(AdvertTimingTest, WhereManyAreMastersAdvertsMoveToTheTenthsOfAnIntervalOnTheClock) {
    advance(1s);  // An hour and something.
    now += 37ms;
    send(advert(0));  // Answered at once, which shifts the adverts that follow.
    const auto next = [&] {
        now = router.deadline().value();
        send(DeadlineReached{.early = true, .crowded = true});
        return remaining();
    };
    const Duration past = now.time_since_epoch() % 100ms;
    ASSERT_GT(past, Duration(30ms));
    for (int i = 0; i < past / 10ms; ++i) EXPECT_EQ(next(), Duration(990ms));
    EXPECT_EQ(next(), Duration(1s) - past % 10ms);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(next(), Duration(1s));
    EXPECT_EQ(router.deadline()->time_since_epoch() % 100ms, Duration::zero());
}

}  // namespace
}  // namespace holdfast::vrrp

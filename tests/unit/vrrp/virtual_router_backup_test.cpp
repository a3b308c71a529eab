// Start, waiting, and becoming Master.
#include "support.hpp"

namespace holdfast::vrrp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BackupTest : public RouterTest {};

// RFC9568-6.4.1-160
TEST_F(BackupTest, StartsAndWaitsForMasterDownInterval) {
    start();
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(remaining(), 3609375us);
    EXPECT_THAT(deeds(actions), ElementsAre(StateChanged{State::Initialize, State::Backup, Cause::startup}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) Entering BACKUP STATE (init)"));
}

// RFC9568-6.4.2-370
TEST_F(BackupTest, TakesOverWhenMasterDownIntervalExpires) {
    start();
    advance(3609374us);
    EXPECT_TRUE(actions.empty());
    advance(1us);
    EXPECT_EQ(state(), State::Master);
    EXPECT_THAT(deeds(actions),
                ElementsAre(SendAdvert{{100}}, InstallAddresses{}, Announce{5, AnnounceReason::became_master},
                            StateChanged{State::Backup, State::Master, Cause::master_down}));
    EXPECT_THAT(lines(actions),
                ElementsAre("(VI_1) Receive advertisement timeout", "(VI_1) Entering MASTER STATE"));
    EXPECT_EQ(remaining(), 1s);
    EXPECT_EQ(router.counters().become_master, 1U);
    EXPECT_EQ(router.counters().advert_sent, 1U);
}

TEST_F(BackupTest, WaitsInVersion3AccordingToItsInterval) {
    RouterSettings with = settings(100, Version::v3);
    with.advert_interval = 500ms;
    make(with);
    start();
    EXPECT_EQ(remaining(), 1804687us);
}

// Seen with keepalived 2.4.3 and 2.2.7.
TEST_F(BackupTest, IsNotShortenedByStateMaster) {
    RouterSettings with = settings();
    with.wants_master = true;
    make(with);
    start();
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(remaining(), 3609375us);
}

// RFC9568-6.4.1-110
TEST_F(BackupTest, IsSkippedByAnAddressOwner) {
    make(settings(255));
    start();
    EXPECT_EQ(state(), State::Master);
    EXPECT_THAT(
        deeds(actions),
        ElementsAre(SendAdvert{kOwner}, InstallAddresses{}, Announce{5, AnnounceReason::became_master},
                    StateChanged{State::Initialize, State::Master, Cause::owner_startup}));
}

TEST_F(BackupTest, IsLeftAtOnceByAnOwnerWithTheLineOfATimeout) {
    make(settings(255));
    start();
    EXPECT_THAT(lines(actions),
                ElementsAre("(VI_1) Receive advertisement timeout", "(VI_1) Entering MASTER STATE"));
}

TEST_F(BackupTest, IsTheStartOfAnOwnerConfiguredAsBackup) {
    RouterSettings with = settings(255);
    with.wants_master = false;
    make(with);
    start();
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(remaining(), 3003906us);
}

TEST_F(BackupTest, CountsItsTimersFromTheEndOfTheStartupDelay) {
    send(Startup{.delayed_until = now + 10s});
    EXPECT_EQ(remaining(), 10s + 3609375us);
    EXPECT_FALSE(router.listens(now + 10s - 1ns));
    send(advert(200));
    EXPECT_EQ(remaining(), 10s + 3609375us);
    EXPECT_FALSE(router.master_address());
    EXPECT_TRUE(router.listens(now + 10s));
}

TEST_F(BackupTest, DelaysAnOwnerToo) {
    make(settings(255));
    send(Startup{.delayed_until = now + 10s});
    EXPECT_EQ(state(), State::Backup);
    EXPECT_TRUE(actions.empty());  // Seen in the reference: only its delay makes it wait, nobody is told.
    EXPECT_EQ(remaining(), 11s);
    expire();
    EXPECT_EQ(state(), State::Master);
    EXPECT_EQ(router.last_cause(), Cause::owner_startup);
}

// What the data dump of the reference calls its Master down timer.
TEST_F(BackupTest, RemembersHowLongItsLastWaitWasMeantToBe) {
    start();
    EXPECT_EQ(router.down_timer(), 3609375us);
    advance(1s);
    send(advert(50));  // Discarded: what remains counts on.
    EXPECT_EQ(router.down_timer(), 2609375us);
    send(advert(0));
    EXPECT_EQ(router.down_timer(), 609375us);
    expire();
    EXPECT_EQ(state(), State::Master);
    EXPECT_EQ(router.down_timer(), 609375us);
}

// RFC9568-6.4.2-445
TEST_F(BackupTest, WaitsAnewForEachAdvertOfHigherPriority) {
    start();
    advance(2s);
    send(advert(150));
    EXPECT_EQ(remaining(), 3609375us);
    EXPECT_THAT(deeds(actions), IsEmpty());
    EXPECT_EQ(router.master_address(), kHigher);
    EXPECT_EQ(router.master_priority(), Priority{150});
}

TEST_F(BackupTest, AcceptsEqualPriorityWhateverTheAddress) {
    start();
    advance(2s);
    send(advert(100, kLower));
    EXPECT_EQ(remaining(), 3609375us);
}

// RFC9568-6.4.2-470
TEST_F(BackupTest, IgnoresLowerPriorityAndPreempts) {
    start();
    advance(2s);
    send(advert(99));
    EXPECT_EQ(remaining(), 1609375us);
    EXPECT_THAT(lines(actions),
                ElementsAre("(VI_1) master set to 10.9.0.9",
                            "(VI_1) received lower priority (99) advert from 10.9.0.9 - discarding"));
    expire();
    EXPECT_EQ(state(), State::Master);
    EXPECT_EQ(router.last_cause(), Cause::preempted_lower);
}

// RFC9568-6.4.2-445 (Preempt_Mode is False)
TEST_F(BackupTest, AcceptsLowerPriorityWithNopreempt) {
    RouterSettings with = settings();
    with.preempt = false;
    make(with);
    start();
    advance(2s);
    send(advert(1));
    EXPECT_EQ(remaining(), 3609375us);
    EXPECT_EQ(router.master_priority(), Priority{1});
}

TEST_F(BackupTest, WithNopreemptStillTakesOverFromASilentMaster) {
    RouterSettings with = settings();
    with.preempt = false;
    make(with);
    start();
    send(advert(1));
    expire();
    EXPECT_EQ(state(), State::Master);
}

// RFC9568-6.4.2-430
TEST_F(BackupTest, WaitsOnlySkewTimeWhenTheMasterResigns) {
    start();
    send(advert(150));
    send(advert(0));
    EXPECT_EQ(remaining(), 609375us);
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) Backup received priority 0 advertisement"));
    expire();
    EXPECT_EQ(state(), State::Master);
    EXPECT_EQ(router.last_cause(), Cause::master_resigned);
}

TEST_F(BackupTest, CountsFromTheArrivalOfAnAdvertThatHasWaited) {
    make(settings(100, Version::v3));
    start();
    advance(500ms);
    AdvertReceived late = advert(150);
    late.waited = 20ms;
    send(late);
    EXPECT_EQ(remaining(), router.master_down_interval() - 20ms);
    advance(500ms);
    late.reading.advert->priority = kLeaving;
    late.waited = 5ms;
    send(late);
    EXPECT_EQ(remaining(), Duration(1s) * 156 / 256 - 5ms);
}

TEST_F(BackupTest, HasPatienceForAFiftiethOfTheIntervalButLittleOfItsSkewTime) {
    make(settings(100, Version::v3));
    start();
    EXPECT_EQ(router.patience(), Duration(20ms));
    send(advert(150, kHigher, 100ms));
    EXPECT_EQ(router.patience(), Duration(2ms)) << "the interval has been learnt";
    make(settings(254, Version::v3));
    start();
    EXPECT_EQ(router.patience(), Duration(1953us)) << "a quarter of 2/256 s";
    expire();
    ASSERT_TRUE(router.is_master());
    EXPECT_EQ(router.patience(), Duration::zero()) << "it may have to answer";
}

TEST_F(BackupTest, WithAnotherMasterAfterResignationFollowsIt) {
    start();
    send(advert(150));
    send(advert(0));
    advance(100ms);
    send(advert(120, kLower));
    EXPECT_EQ(remaining(), 3609375us);
}

// RFC9568-6.4.2-445
TEST_F(BackupTest, LearnsTheIntervalOfTheMasterInVersion3) {
    make(settings(100, Version::v3));
    start();
    send(advert(150, kHigher, 500ms));
    EXPECT_EQ(router.master_advert_interval(), 500ms);
    EXPECT_EQ(remaining(), 1804687us);
    EXPECT_THAT(lines(actions),
                testing::Contains("(VI_1) advertisement interval updated from 1000ms to 500ms by master"));
}

TEST_F(BackupTest, DoesNotLearnAnIntervalFromAnIgnoredAdvert) {
    make(settings(100, Version::v3));
    start();
    send(advert(50, kHigher, 10ms));
    EXPECT_EQ(router.master_advert_interval(), 1s);
}

TEST_F(BackupTest, DoesNotLearnAnIntervalOfZero) {
    make(settings(100, Version::v3));
    start();
    send(advert(150, kHigher, 0s));
    EXPECT_EQ(router.master_advert_interval(), 1s);
    EXPECT_EQ(remaining(), 3609375us);
}

TEST_F(BackupTest, ReturnsToItsOwnIntervalAsMaster) {
    make(settings(100, Version::v3));
    start();
    send(advert(150, kHigher, 500ms));
    expire();
    EXPECT_EQ(state(), State::Master);
    EXPECT_EQ(router.master_advert_interval(), 1s);
    EXPECT_EQ(remaining(), 1s);
    EXPECT_THAT(lines(actions),
                testing::Contains("(VI_1) changing advert interval from 500ms to locally configured 1000ms"));
}

TEST_F(BackupTest, KeepsItsIntervalInVersion2) {
    start();
    send(advert(150, kHigher, 5s));
    EXPECT_EQ(router.master_advert_interval(), 1s);
}

TEST_F(BackupTest, TellsWhenTheMasterChanges) {
    start();
    send(advert(150, kLower));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) master set to 10.9.0.1"));
    send(advert(160, kHigher));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) master changed from 10.9.0.1 to 10.9.0.9"));
    send(advert(160, kHigher));
    EXPECT_THAT(lines(actions), IsEmpty());
}

class PreemptDelayTest : public RouterTest {
  protected:
    PreemptDelayTest() {
        RouterSettings with = settings();
        with.preempt_delay = 5s;
        make(with);
        start();
    }
};

TEST_F(PreemptDelayTest, StartsWithTheFirstLowerAdvertAndHoldsUntilItEnds) {
    send(advert(50));
    EXPECT_THAT(lines(actions), testing::Contains("(VI_1) start preempt delay (5.000000)"));
    for (int i = 0; i < 4; ++i) {
        advance(1s);
        send(advert(50));
        EXPECT_EQ(remaining(), 3609375us) << i;
    }
    advance(1s);  // 5 s after the first: no longer accepted, so the wait of the last one runs out.
    send(advert(50));
    EXPECT_EQ(remaining(), 2609375us);
    expire();
    EXPECT_EQ(state(), State::Master);
    EXPECT_EQ(router.last_cause(), Cause::preempted_lower);
}

TEST_F(PreemptDelayTest, IsStoppedByAHigherAdvertAndStartsAnew) {
    send(advert(50));
    advance(3s);
    send(advert(150, kLower));
    EXPECT_THAT(lines(actions), testing::Contains("(VI_1) stop preempt delay"));
    advance(3s);
    send(advert(50));
    EXPECT_EQ(remaining(), 3609375us);
    advance(3s);
    send(advert(50));  // 6 s after the first of all, 3 s after the restart.
    EXPECT_EQ(remaining(), 3609375us);
}

TEST_F(PreemptDelayTest, DoesNotDelayASilentMastersReplacement) {
    send(advert(50));
    expire();
    EXPECT_EQ(state(), State::Master);
}

TEST_F(PreemptDelayTest, BeginsAgainAfterEachReturnToBackup) {
    send(advert(50));
    expire();
    ASSERT_EQ(state(), State::Master);
    send(advert(150));
    ASSERT_EQ(state(), State::Backup);
    advance(1s);
    send(advert(50));
    EXPECT_EQ(remaining(), 3609375us);
}

class PriorityTest : public RouterTest {};

TEST_F(PriorityTest, MovesTheWaitOfABackupByTheDifferenceOfTheSkew) {
    start();
    advance(1s);
    send(PriorityChanged{{80}});
    EXPECT_EQ(remaining(), 2609375us + 78125us);  // 20/256 s later.
    EXPECT_EQ(router.effective_priority(), Priority{80});
    EXPECT_THAT(deeds(actions), ElementsAre(EffectivePriorityChanged{{100}, {80}}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) Changing effective priority from 100 to 80"));
    send(PriorityChanged{{100}});
    EXPECT_EQ(remaining(), 2609375us);
}

TEST_F(PriorityTest, DecidesWhichAdvertsAreLower) {
    start();
    send(PriorityChanged{{80}});
    advance(1s);
    send(advert(90));
    EXPECT_EQ(remaining(), 3687500us);
    send(PriorityChanged{{95}});
    advance(1s);
    send(advert(90));
    EXPECT_LT(remaining(), 3s);
}

TEST_F(PriorityTest, GoesOutWithTheNextAdvertOfAMaster) {
    become_master();
    send(PriorityChanged{{80}});
    EXPECT_THAT(deeds(actions), ElementsAre(EffectivePriorityChanged{{100}, {80}}));
    expire();
    EXPECT_THAT(deeds(actions), ElementsAre(SendAdvert{{80}}));
}

TEST_F(PriorityTest, IsNotReportedWhenItStaysTheSame) {
    start();
    send(PriorityChanged{{100}});
    EXPECT_TRUE(actions.empty());
}

TEST_F(PriorityTest, OfAnOwnerNeverChanges) {
    make(settings(255));
    start();
    send(PriorityChanged{{100}});
    EXPECT_TRUE(actions.empty());
    EXPECT_EQ(router.effective_priority(), kOwner);
}

TEST_F(PriorityTest, BeforeStartSetsTheFirstWait) {
    send(PriorityChanged{{80}});
    start();
    EXPECT_EQ(remaining(), 3687500us);
}

class StallTest : public RouterTest {};

TEST_F(StallTest, ABackupListensForAnIntervalBeforeItClaims) {
    start();
    now += 10s;
    send(Stalled{10s});
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) did not run for 10.000000 seconds, listening first"));
    send(DeadlineReached{});
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(remaining(), 1609375us);
    send(advert(150));
    EXPECT_EQ(remaining(), 3609375us);
}

TEST_F(StallTest, ABackupThatHearsNothingClaimsAfterwards) {
    start();
    now += 10s;
    send(Stalled{10s});
    expire();
    EXPECT_EQ(state(), State::Master);
}

TEST_F(StallTest, AShortStallChangesNothing) {
    start();
    now += 3609375us;
    send(Stalled{3s});
    EXPECT_TRUE(actions.empty());
    send(DeadlineReached{});
    EXPECT_EQ(state(), State::Master);
}

TEST_F(StallTest, ABackupStillWaitingChangesNothing) {
    start();
    now += 4s;
    send(advert(150));  // Was in the receive queue.
    send(Stalled{4s});
    EXPECT_TRUE(actions.empty());
    EXPECT_EQ(remaining(), 3609375us);
}

TEST_F(StallTest, AMasterGoesOnWithoutTimerExpiredBackup) {
    become_master();
    now += 10s;
    send(Stalled{10s});
    EXPECT_EQ(state(), State::Master);
    EXPECT_TRUE(actions.empty());
}

TEST_F(StallTest, AMasterStepsDownWhenTheOthersMustHaveTakenOver) {
    RouterSettings with = settings();
    with.preempt = false;
    with.timer_expired_backup = Priority{50};
    make(with);
    become_master();
    now += 3804686us;  // 3 s + 206/256 s less a microsecond.
    send(Stalled{3s});
    EXPECT_EQ(state(), State::Master);
    now += 1us;
    send(Stalled{3s});
    EXPECT_EQ(state(), State::Backup);
    EXPECT_THAT(deeds(actions),
                ElementsAre(CancelAnnouncements{}, RemoveAddresses{},
                            StateChanged{State::Master, State::Backup, Cause::timer_expired}));
    EXPECT_THAT(lines(actions), ElementsAre("VRRP thread timer expired 3.000000 seconds ago",
                                            "(VI_1) Entering BACKUP STATE"));
}

}  // namespace
}  // namespace holdfast::vrrp

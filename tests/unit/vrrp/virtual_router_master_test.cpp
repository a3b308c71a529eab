// Being Master, and ceasing to be.
#include "support.hpp"

namespace holdfast::vrrp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class MasterTest : public RouterTest {
  protected:
    void SetUp() override { become_master(); }
    void remake(RouterSettings with) {
        make(std::move(with));
        become_master();
    }
    testing::Matcher<std::vector<Action>> steps_down(Cause cause) {
        return ElementsAre(CancelAnnouncements{}, RemoveAddresses{},
                           StateChanged{State::Master, State::Backup, cause});
    }
};

// RFC9568-6.4.3-685
TEST_F(MasterTest, AdvertisesEveryInterval) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(remaining(), 1s);
        expire();
        EXPECT_THAT(deeds(actions), ElementsAre(SendAdvert{{100}}));
    }
    EXPECT_EQ(router.counters().advert_sent, 4U);
}

TEST_F(MasterTest, IgnoresADeadlineThatHasNotCome) {
    advance(999ms);
    EXPECT_TRUE(actions.empty());
}

TEST_F(MasterTest, AnnouncesAgainAfterTheDelayAndNeverMoreWithoutRefresh) {
    const Instant began = now;
    std::vector<Duration> bursts;
    while (now < began + 60s) {
        expire();
        for (const Announce& announce : all<Announce>(actions)) {
            EXPECT_EQ(announce, (Announce{5, AnnounceReason::delayed}));
            bursts.push_back(now - began);
        }
    }
    EXPECT_THAT(bursts, ElementsAre(5s));
}

TEST_F(MasterTest, RefreshesItsAnnouncements) {
    RouterSettings with = settings();
    with.garp.master_refresh = 10s;
    with.garp.master_refresh_repeat = 2;
    with.garp.master_delay = 3s;
    remake(with);
    const Instant began = now;
    std::vector<Duration> bursts;
    while (now < began + 34s) {
        expire();
        for (const Announce& announce : all<Announce>(actions))
            if (announce == Announce{2, AnnounceReason::refresh}) bursts.push_back(now - began);
    }
    EXPECT_THAT(bursts, ElementsAre(13s, 23s, 33s));
}

TEST_F(MasterTest, LeavesTheDelayedBurstOutWhenThereIsNoDelay) {
    RouterSettings with = settings();
    with.garp.master_delay = 0s;
    remake(with);
    for (int i = 0; i < 20; ++i) {
        expire();
        EXPECT_THAT(deeds(actions), ElementsAre(SendAdvert{{100}}));
    }
}

// RFC9568-6.4.3-710
TEST_F(MasterTest, AnswersAResignationAtOnce) {
    advance(500ms);
    send(advert(0));
    EXPECT_THAT(deeds(actions), ElementsAre(SendAdvert{{100}}));
    EXPECT_EQ(remaining(), 1s);
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) Master received priority 0 message"));
}

// RFC9568-6.4.3-725
TEST_F(MasterTest, YieldsToAHigherPriority) {
    send(advert(101, kLower));
    EXPECT_EQ(state(), State::Backup);
    EXPECT_THAT(deeds(actions), steps_down(Cause::higher_priority_advert));
    EXPECT_THAT(lines(actions),
                ElementsAre("(VI_1) Master received advert from 10.9.0.1 with higher priority 101, ours 100",
                            "(VI_1) Entering BACKUP STATE"));
    EXPECT_EQ(remaining(), 3609375us);
    EXPECT_EQ(router.master_address(), kLower);
    EXPECT_EQ(router.master_priority(), Priority{101});
    EXPECT_EQ(router.counters().release_master, 1U);
}

// RFC9568-6.4.3-735
TEST_F(MasterTest, YieldsToAnEqualPriorityWithAHigherAddress) {
    send(advert(100, kHigher));
    EXPECT_THAT(deeds(actions), steps_down(Cause::higher_address_advert));
    EXPECT_THAT(lines(actions),
                testing::Contains("(VI_1) Master received advert from 10.9.0.9 with same priority "
                                  "100 but higher IP address than ours"));
}

TEST_F(MasterTest, ComparesAddressesAsNumbersInNetworkOrder) {
    send(advert(100, IpAddress::v4(9, 255, 255, 255)));
    EXPECT_EQ(state(), State::Master);
    send(advert(100, IpAddress::v4(10, 9, 0, 6)));
    EXPECT_EQ(state(), State::Backup);
}

TEST_F(MasterTest, LearnsTheIntervalOfTheOneItYieldsTo) {
    remake(settings(100, Version::v3));
    send(advert(200, kHigher, 2s));
    EXPECT_EQ(router.master_advert_interval(), 2s);
    EXPECT_EQ(remaining(), 6s + 1218750us);
}

// RFC9568-6.4.3-775
TEST_F(MasterTest, AnswersALowerPriorityAndAnnouncesAgain) {
    advance(500ms);
    send(advert(99));
    EXPECT_THAT(deeds(actions), ElementsAre(SendAdvert{{100}}, Announce{5, AnnounceReason::lower_priority},
                                            LowerPriorityReceived{kHigher, {99}}));
    EXPECT_THAT(lines(actions),
                ElementsAre("(VI_1) Received advert from 10.9.0.9 with lower priority 99, ours "
                            "100, forcing new election"));
    EXPECT_EQ(remaining(), 1s);
    EXPECT_EQ(state(), State::Master);
}

TEST_F(MasterTest, AnswersAnEqualPriorityWithALowerAddress) {
    send(advert(100, kLower));
    EXPECT_THAT(all<SendAdvert>(actions), ElementsAre(SendAdvert{{100}}));
    EXPECT_EQ(state(), State::Master);
}

TEST_F(MasterTest, DoesNotAnswerALowerPriorityWithLowerPrioNoAdvert) {
    RouterSettings with = settings();
    with.lower_priority_no_advert = true;
    remake(with);
    advance(500ms);
    send(advert(99));
    EXPECT_THAT(all<SendAdvert>(actions), IsEmpty());
    EXPECT_THAT(all<Announce>(actions), ElementsAre(Announce{5, AnnounceReason::lower_priority}));
    EXPECT_EQ(remaining(), 500ms);
    EXPECT_THAT(lines(actions),
                ElementsAre("(VI_1) Received advert from 10.9.0.9 with lower priority 99, ours 100"));
}

// Seen with keepalived 2.4.3.
TEST_F(MasterTest, AnnouncesOnceMoreForEachLowerAdvert) {
    RouterSettings with = settings();
    with.garp.lower_prio_delay = 2s;
    with.garp.master_delay = 0s;
    remake(with);
    send(advert(99));
    const Instant first = now;
    advance(300ms);
    send(advert(99));
    std::vector<Duration> bursts;
    while (now < first + 5s) {
        expire();
        if (!all<Announce>(actions).empty()) bursts.push_back(now - first);
    }
    EXPECT_THAT(bursts, ElementsAre(2s, 2300ms));
}

TEST_F(MasterTest, AnnouncesOnceMoreAfterTheLowerPriorityDelay) {
    RouterSettings with = settings();
    with.garp.lower_prio_delay = 2s;
    with.garp.lower_prio_repeat = 3;
    with.garp.master_delay = 0s;
    remake(with);
    send(advert(99));
    const Instant heard = now;
    std::vector<Duration> bursts;
    while (now < heard + 10s) {
        expire();
        for (const Announce& announce : all<Announce>(actions)) {
            EXPECT_EQ(announce, (Announce{3, AnnounceReason::lower_priority_delayed}));
            bursts.push_back(now - heard);
        }
    }
    EXPECT_THAT(bursts, ElementsAre(2s));
}

TEST_F(MasterTest, DoesNotAnnounceForALowerPriorityWhenToldNotTo) {
    RouterSettings with = settings();
    with.garp.lower_prio_repeat = 0;
    remake(with);
    send(advert(99));
    EXPECT_THAT(all<Announce>(actions), IsEmpty());
    EXPECT_THAT(all<LowerPriorityReceived>(actions), testing::SizeIs(1));
}

TEST_F(MasterTest, OnlyWarnsWhenAPeerHasItsOwnAddress) {
    send(advert(100, kOwn));
    EXPECT_THAT(deeds(actions), IsEmpty());
    EXPECT_THAT(lines(actions),
                ElementsAre("(VI_1) WARNING - equal priority advert received from remote host "
                            "with our IP address."));
    EXPECT_EQ(remaining(), 1s);
}

TEST_F(MasterTest, StillYieldsToAHigherPriorityFromItsOwnAddress) {
    send(advert(101, kOwn));
    EXPECT_EQ(state(), State::Backup);
}

TEST_F(MasterTest, UsesTheNewPrimaryAddressForTheTieBreak) {
    send(PrimaryAddressChanged{IpAddress::v4(10, 9, 0, 200)});
    send(advert(100, kHigher));
    EXPECT_EQ(state(), State::Master);
}

TEST_F(MasterTest, SendsAnAdvertBeforeItYieldsWithHigherPrioSendAdvert) {
    RouterSettings with = settings();
    with.higher_priority_send_advert = true;
    remake(with);
    send(advert(101));
    EXPECT_THAT(deeds(actions),
                ElementsAre(SendAdvert{{100}}, CancelAnnouncements{}, RemoveAddresses{},
                            StateChanged{State::Master, State::Backup, Cause::higher_priority_advert}));
    remake(with);
    send(advert(99));
    EXPECT_THAT(all<SendAdvert>(actions), testing::SizeIs(1));  // Not two for a lower one.
}

// RFC9568-6.4.3-665
TEST_F(MasterTest, ResignsAtShutdown) {
    send(Shutdown{});
    EXPECT_THAT(deeds(actions), ElementsAre(SendAdvert{kLeaving}, CancelAnnouncements{}, RemoveAddresses{},
                                            StateChanged{State::Master, State::Initialize, Cause::shutdown}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) sent 0 priority"));
    EXPECT_FALSE(router.deadline());
    EXPECT_EQ(router.counters().pri_zero_sent, 1U);
}

TEST_F(MasterTest, LeavesEverythingInPlaceWithoutRelease) {
    send(Shutdown{.release = false});
    EXPECT_THAT(deeds(actions), ElementsAre(CancelAnnouncements{},
                                            StateChanged{State::Master, State::Initialize, Cause::shutdown}));
}

// RFC9568-6.4.2-355
TEST_F(MasterTest, ThatIsOnlyBackupStopsSilently) {
    make(settings());
    start();
    send(Shutdown{.cause = Cause::removed});
    EXPECT_THAT(deeds(actions), ElementsAre(StateChanged{State::Backup, State::Initialize, Cause::removed}));
    EXPECT_FALSE(router.deadline());
}

TEST_F(MasterTest, ForgetsPendingBurstsWhenItYields) {
    send(advert(200));
    send(advert(0));
    expire();
    ASSERT_EQ(state(), State::Master);
    const Instant began = now;
    int bursts = 0;
    while (now < began + 8s) {
        expire();
        bursts += static_cast<int>(all<Announce>(actions).size());
    }
    EXPECT_EQ(bursts, 1);
}

// A rejected packet must not move any timer.
TEST_F(MasterTest, IsNotMovedByARejectedPacket) {
    advance(500ms);
    AdvertReceived rejected;
    rejected.reading.rejected = RejectReason::password;
    rejected.reading.add_finding({LogId::invalid_password, {kHigher, {}}, {}});
    send(rejected);
    EXPECT_EQ(remaining(), 500ms);
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) received an invalid passwd from 10.9.0.9!"));
    send(rejected);
    EXPECT_TRUE(actions.empty());  // Complained once.
}

TEST_F(MasterTest, ComplainsAgainAfterAStateChange) {
    AdvertReceived rejected;
    rejected.reading.add_finding({LogId::invalid_password, {kHigher, {}}, {}});
    send(rejected);
    EXPECT_THAT(lines(actions), testing::SizeIs(1));
    send(advert(200));
    send(rejected);
    EXPECT_THAT(lines(actions), testing::SizeIs(1));
    send(rejected);
    EXPECT_THAT(lines(actions), IsEmpty());
    // A refused packet cannot buy new lines by another source, an accepted one of a new master does.
    rejected.reading = {};
    rejected.reading.add_finding({LogId::invalid_password, {kLower, {}}, {}});
    send(rejected);
    EXPECT_THAT(lines(actions), IsEmpty());
    send(advert(210, kLower));
    send(rejected);
    EXPECT_THAT(lines(actions), testing::SizeIs(1));
}

class OwnerTest : public RouterTest {
  protected:
    void SetUp() override {
        make(settings(255));
        become_master();
    }
};

TEST_F(OwnerTest, AnswersALowerPriority) {
    send(advert(254));
    EXPECT_THAT(all<SendAdvert>(actions), ElementsAre(SendAdvert{kOwner}));
    EXPECT_EQ(state(), State::Master);
}

TEST_F(OwnerTest, WithTheLowerAddressGivesWayToAnotherOwner) {
    send(advert(255, kHigher));
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(router.last_cause(), Cause::two_owners);
    EXPECT_THAT(lines(actions),
                testing::Contains("(VI_1) CONFIGURATION ERROR: local instance and 10.9.0.9 are both "
                                  "configured as address owner, please resolve"));
}

TEST_F(OwnerTest, WithTheHigherAddressSendsTwoMoreAdvertsThenStepsDown) {
    int sent = 0;
    send(advert(255, kLower));
    EXPECT_EQ(all<SendAdvert>(actions).size(), 1U);  // The answer.
    EXPECT_THAT(lines(actions), testing::Contains(testing::HasSubstr("CONFIGURATION ERROR")));
    while (state() == State::Master && sent < 10) {
        now += 990ms;  // The other one does not give way.
        send(advert(255, kLower));
        sent += static_cast<int>(all<SendAdvert>(actions).size());
        EXPECT_EQ(router.effective_priority() == kOwner, state() == State::Master);
    }
    EXPECT_EQ(sent, 2);
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(router.effective_priority(), Priority{254});
    EXPECT_EQ(router.last_cause(), Cause::two_owners);
    EXPECT_THAT(lines(actions),
                testing::Contains("(VI_1) 10.9.0.1 is still advertising as address owner, please "
                                  "resolve - reducing our priority"));
}

TEST_F(OwnerTest, WaitsABitMoreThanTheLongerIntervalForTheOtherOwner) {
    const auto& master = std::get<Master>(router.state());
    send(advert(255, kLower, 3s));
    expire();
    EXPECT_FALSE(master.rogue_until);
    expire();
    EXPECT_EQ(master.rogue_until, now + 3600ms);
}

TEST_F(OwnerTest, ThatSteppedDownWaitsAsAnOwner) {
    for (int i = 0; i < 4; ++i) {
        now += 990ms;
        send(advert(255, kLower));
    }
    ASSERT_EQ(router.effective_priority(), Priority{254});
    EXPECT_EQ(remaining(), 3003906us);
}

TEST_F(OwnerTest, StaysMasterWhenTheOtherOwnerGivesWay) {
    send(advert(255, kLower));
    std::vector<std::string> said;
    for (const Instant end = now + 10s; now < end;) {
        expire();
        for (auto& text : lines(actions)) said.push_back(text);
    }
    EXPECT_THAT(said, ElementsAre("(VI_1): rogue address owner appears to have stopped advertising"));
    EXPECT_EQ(state(), State::Master);
    EXPECT_EQ(router.effective_priority(), kOwner);
}

TEST_F(OwnerTest, IsRestoredWhenTheOtherOwnerDisappears) {
    for (int i = 0; i < 4; ++i) {
        send(advert(255, kLower));
        now += 990ms;
    }
    ASSERT_EQ(router.effective_priority(), Priority{254});
    expire();
    EXPECT_EQ(state(), State::Master);
    EXPECT_EQ(router.effective_priority(), kOwner);
    EXPECT_THAT(all<SendAdvert>(actions), ElementsAre(SendAdvert{kOwner}));
}

TEST_F(OwnerTest, IsRestoredWhenTheOtherOneIsNoLongerOwner) {
    for (int i = 0; i < 4; ++i) {
        send(advert(255, kLower));
        now += 990ms;
    }
    ASSERT_EQ(router.effective_priority(), Priority{254});
    send(advert(255, kLower));
    EXPECT_EQ(router.effective_priority(), Priority{254});
    send(advert(200, kLower));
    EXPECT_EQ(router.effective_priority(), kOwner);
    EXPECT_THAT(lines(actions),
                testing::Contains("(VI_1) Restoring our priority to 255 since received advert with "
                                  "lower priority"));
}

}  // namespace
}  // namespace holdfast::vrrp

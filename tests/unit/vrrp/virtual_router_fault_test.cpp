// Fault, holding, sync group commands and reload.
#include "support.hpp"

namespace holdfast::vrrp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FaultTest : public RouterTest {
  protected:
    void make_member(uint8_t priority = 100) {
        RouterSettings with = settings(priority);
        with.in_sync_group = true;
        make(with);
    }
    void command(GroupCommand what, Cause cause) { send(GroupCommanded{what, cause}); }
};

TEST_F(FaultTest, EntersFaultFromMasterWithAResignation) {
    become_master();
    send(FitnessChanged{Fitness::faulted});
    EXPECT_EQ(state(), State::Fault);
    EXPECT_EQ(router.wanted_state(), State::Fault);
    EXPECT_THAT(deeds(actions),
                ElementsAre(SendAdvert{kLeaving}, SendAdvert{kLeaving}, CancelAnnouncements{},
                            RemoveAddresses{}, StateChanged{State::Master, State::Fault, Cause::fault}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) Entering FAULT STATE", "(VI_1) sent 0 priority"));
    EXPECT_EQ(router.counters().pri_zero_sent, 1U);  // Seen in the reference, which counts one of the two.
    EXPECT_FALSE(router.deadline());
    EXPECT_FALSE(router.listens(now));
}

TEST_F(FaultTest, CannotResignWithoutAnAddress) {
    become_master();
    send(PrimaryAddressChanged{std::nullopt});
    send(FitnessChanged{Fitness::faulted});
    EXPECT_THAT(all<SendAdvert>(actions), IsEmpty());
    EXPECT_EQ(state(), State::Fault);
}

TEST_F(FaultTest, EntersFaultFromBackup) {
    start();
    send(FitnessChanged{Fitness::faulted});
    EXPECT_THAT(deeds(actions), ElementsAre(StateChanged{State::Backup, State::Fault, Cause::fault}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) Entering FAULT STATE"));
}

TEST_F(FaultTest, IgnoresAdvertsAndDeadlines) {
    start();
    send(FitnessChanged{Fitness::faulted});
    send(advert(200));
    EXPECT_TRUE(actions.empty());
    advance(1h);
    EXPECT_TRUE(actions.empty());
    EXPECT_EQ(state(), State::Fault);
}

TEST_F(FaultTest, LeavesFaultForAFullWaitAsBackup) {
    start();
    send(FitnessChanged{Fitness::faulted});
    now += 1min;
    send(FitnessChanged{Fitness::fit});
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(remaining(), 3609375us);
    EXPECT_THAT(deeds(actions), ElementsAre(StateChanged{State::Fault, State::Backup, Cause::fault_cleared},
                                            AnnounceSource{}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) Entering BACKUP STATE"));
}

// Seen with keepalived 2.4.3: 3.004 s.
TEST_F(FaultTest, LeavesFaultAsBackupEvenAsOwner) {
    make(settings(255));
    start();
    send(FitnessChanged{Fitness::faulted});
    send(FitnessChanged{Fitness::fit});
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(remaining(), 3003906us);
}

TEST_F(FaultTest, ForgetsTheLearnedInterval) {
    make(settings(100, Version::v3));
    start();
    send(advert(200, kHigher, 10s));
    send(FitnessChanged{Fitness::faulted});
    send(FitnessChanged{Fitness::fit});
    EXPECT_EQ(remaining(), 3609375us);
}

TEST_F(FaultTest, CanBeTheStart) {
    send(Startup{.fitness = Fitness::faulted});
    EXPECT_EQ(state(), State::Fault);
    EXPECT_THAT(deeds(actions), ElementsAre(StateChanged{State::Initialize, State::Fault, Cause::fault}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) entering FAULT state"));
    send(FitnessChanged{Fitness::fit});
    EXPECT_EQ(state(), State::Backup);
}

TEST_F(FaultTest, IsNotEnteredTwice) {
    start();
    send(FitnessChanged{Fitness::faulted});
    send(FitnessChanged{Fitness::faulted});
    EXPECT_TRUE(actions.empty());
}

TEST_F(FaultTest, IsOverAfterShutdown) {
    start();
    send(FitnessChanged{Fitness::faulted});
    send(Shutdown{});
    EXPECT_THAT(deeds(actions), ElementsAre(StateChanged{State::Fault, State::Initialize, Cause::shutdown}));
    send(FitnessChanged{Fitness::fit});
    EXPECT_TRUE(actions.empty());
    EXPECT_EQ(state(), State::Initialize);
}

// A script without weight that has not reported: seen with keepalived 2.4.3.
TEST_F(FaultTest, HoldsSilentlyUntilTheScriptsHaveReported) {
    send(Startup{.fitness = Fitness::held});
    EXPECT_TRUE(actions.empty());
    EXPECT_EQ(state(), State::Fault);
    EXPECT_FALSE(router.deadline());
    send(advert(200));
    EXPECT_TRUE(actions.empty());
    send(FitnessChanged{Fitness::fit});
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(remaining(), 3609375us);
    EXPECT_THAT(all<StateChanged>(actions),
                ElementsAre(StateChanged{State::Initialize, State::Backup, Cause::fault_cleared}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) Entering BACKUP STATE"));
}

TEST_F(FaultTest, AfterHoldingIsNotifiedWithoutALine) {
    send(Startup{.fitness = Fitness::held});
    send(FitnessChanged{Fitness::faulted});
    EXPECT_THAT(deeds(actions), ElementsAre(StateChanged{State::Initialize, State::Fault, Cause::fault}));
    EXPECT_THAT(lines(actions), IsEmpty());
}

TEST_F(FaultTest, AnOwnerOnlyHeldIsMasterAtOnce) {
    make(settings(255));
    send(Startup{.fitness = Fitness::held});
    send(FitnessChanged{Fitness::fit});
    EXPECT_EQ(state(), State::Master);
}

TEST_F(FaultTest, AMemberAsksItsGroupInsteadOfBecomingMaster) {
    make_member();
    start();
    expire();
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(router.wanted_state(), State::Master);
    EXPECT_EQ(remaining(), 3609375us);
    EXPECT_THAT(deeds(actions), ElementsAre(RequestGroup{GroupRequest::want_master, Cause::master_down}));
    command(GroupCommand::become_master, Cause::master_down);
    EXPECT_EQ(state(), State::Master);
    EXPECT_EQ(router.last_cause(), Cause::master_down);
    EXPECT_THAT(all<RequestGroup>(actions), IsEmpty());
}

TEST_F(FaultTest, AMemberWithdrawsWhenItHearsAMaster) {
    make_member();
    start();
    expire();
    send(advert(150));
    EXPECT_THAT(deeds(actions),
                ElementsAre(RequestGroup{GroupRequest::withdraw, Cause::higher_priority_advert}));
    EXPECT_EQ(router.wanted_state(), State::Backup);
    send(advert(150));
    EXPECT_THAT(deeds(actions), IsEmpty());
}

TEST_F(FaultTest, AMemberThatYieldsPullsItsGroup) {
    make_member();
    start();
    command(GroupCommand::become_master, Cause::group_master);
    send(advert(150));
    EXPECT_THAT(deeds(actions),
                ElementsAre(CancelAnnouncements{}, RemoveAddresses{},
                            StateChanged{State::Master, State::Backup, Cause::higher_priority_advert},
                            RequestGroup{GroupRequest::backup, Cause::higher_priority_advert}));
}

TEST_F(FaultTest, AMemberFollowsItsGroupWithoutAnswering) {
    make_member();
    start();
    command(GroupCommand::become_master, Cause::group_master);
    EXPECT_THAT(deeds(actions),
                ElementsAre(SendAdvert{{100}}, InstallAddresses{}, Announce{5, AnnounceReason::became_master},
                            StateChanged{State::Backup, State::Master, Cause::group_master}));
    command(GroupCommand::become_backup, Cause::group_backup);
    EXPECT_THAT(deeds(actions), ElementsAre(CancelAnnouncements{}, RemoveAddresses{},
                                            StateChanged{State::Master, State::Backup, Cause::group_backup}));
    EXPECT_EQ(remaining(), 3609375us);
    command(GroupCommand::enter_fault, Cause::group_fault);
    EXPECT_THAT(deeds(actions), ElementsAre(StateChanged{State::Backup, State::Fault, Cause::group_fault}));
    command(GroupCommand::leave_fault, Cause::group_fault_cleared);
    EXPECT_THAT(all<StateChanged>(actions),
                ElementsAre(StateChanged{State::Fault, State::Backup, Cause::group_fault_cleared}));
}

TEST_F(FaultTest, AMemberPulledIntoFaultResigns) {
    make_member();
    start();
    command(GroupCommand::become_master, Cause::group_master);
    command(GroupCommand::enter_fault, Cause::group_fault);
    EXPECT_THAT(all<SendAdvert>(actions), ElementsAre(SendAdvert{kLeaving}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) Entering FAULT STATE"));
    EXPECT_EQ(router.counters().pri_zero_sent, 0U);
}

// A track_file whose value means FAULT takes the priority with it, and gives it back in silence.
TEST_F(FaultTest, APriorityThatAFaultHasHiddenComesBackUntold) {
    start();
    send(FitnessChanged{Fitness::faulted});
    send(PriorityChanged{Priority{94}, true});
    EXPECT_EQ(router.effective_priority(), Priority{94});
    EXPECT_THAT(actions.view(), testing::IsEmpty());
}

TEST_F(FaultTest, CommandsThatDoNotFitTheStateChangeNothing) {
    make_member();
    start();
    command(GroupCommand::become_backup, Cause::group_backup);
    command(GroupCommand::leave_fault, Cause::group_fault_cleared);
    command(GroupCommand::refresh_neighbours, Cause::group_master);
    EXPECT_TRUE(actions.empty());
    command(GroupCommand::enter_fault, Cause::group_fault);
    command(GroupCommand::become_master, Cause::group_master);
    EXPECT_EQ(state(), State::Fault);
    EXPECT_TRUE(actions.empty());
}

TEST_F(FaultTest, AMemberReportsItsOwnFaultEvenWhenPulledThereBefore) {
    make_member();
    start();
    command(GroupCommand::enter_fault, Cause::group_fault);
    send(FitnessChanged{Fitness::faulted});
    EXPECT_THAT(deeds(actions), ElementsAre(RequestGroup{GroupRequest::fault, Cause::fault}));
    send(FitnessChanged{Fitness::fit});
    EXPECT_THAT(deeds(actions), ElementsAre(RequestGroup{GroupRequest::fit, Cause::fault_cleared}));
    EXPECT_EQ(state(), State::Fault);
}

TEST_F(FaultTest, AMemberStartsWithItsGroupInFault) {
    make_member();
    send(Startup{.fitness = Fitness::fit, .group = Fitness::faulted});
    EXPECT_THAT(deeds(actions),
                ElementsAre(StateChanged{State::Initialize, State::Fault, Cause::group_fault}));
    EXPECT_THAT(lines(actions), ElementsAre("(VI_1) entering FAULT state"));
}

TEST_F(FaultTest, AMemberIsHeldWithItsGroup) {
    make_member();
    send(Startup{.fitness = Fitness::fit, .group = Fitness::held});
    EXPECT_TRUE(actions.empty());
    command(GroupCommand::leave_fault, Cause::group_fault_cleared);
    EXPECT_EQ(state(), State::Backup);
}

TEST_F(FaultTest, AMemberAnnouncesForItsPartner) {
    make_member();
    start();
    command(GroupCommand::become_master, Cause::group_master);
    command(GroupCommand::refresh_neighbours, Cause::group_master);
    EXPECT_THAT(deeds(actions), ElementsAre(Announce{5, AnnounceReason::lower_priority}));
}

TEST_F(FaultTest, AMemberTellsItsPartnersOfALowerMaster) {
    make_member();
    start();
    command(GroupCommand::become_master, Cause::group_master);
    send(advert(50));
    EXPECT_THAT(all<RequestGroup>(actions),
                ElementsAre(RequestGroup{GroupRequest::lower_priority_heard, Cause::group_master}));
}

TEST_F(FaultTest, AnOwnerInAGroupAsksAtOnce) {
    make_member(255);
    start();
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(remaining(), 0s);
    expire();
    EXPECT_THAT(all<RequestGroup>(actions),
                ElementsAre(RequestGroup{GroupRequest::want_master, Cause::owner_startup}));
}

TEST_F(FaultTest, AnOwnerInAGroupOfOwnersWaitsForNobody) {
    make_member(255);
    send(Startup{.group_of_owners = true});
    EXPECT_EQ(state(), State::Master);
    EXPECT_THAT(all<RequestGroup>(actions), testing::IsEmpty());
}

class ReloadTest : public RouterTest {
  protected:
    void reload(const RouterSettings& with, uint8_t effective = 100) {
        actions.clear();
        router.reconfigure(now, with, {effective}, actions);
    }
};

TEST_F(ReloadTest, WithoutAChangeMovesNothing) {
    start();
    advance(1s);
    const auto before = router.deadline();
    reload(settings());
    EXPECT_TRUE(actions.empty());
    EXPECT_EQ(router.deadline(), before);

    expire();
    ASSERT_EQ(state(), State::Master);
    const auto master_before = router.deadline();
    reload(settings());
    EXPECT_TRUE(actions.empty());
    EXPECT_EQ(router.deadline(), master_before);
}

TEST_F(ReloadTest, LetsAMasterTellNewContentsAtOnce) {
    become_master();
    RouterSettings with = settings();
    with.addresses.push_back(IpAddress::v4(192, 0, 2, 201));
    reload(with);
    EXPECT_THAT(deeds(actions), IsEmpty());
    EXPECT_EQ(remaining(), 0s);
    expire();
    EXPECT_THAT(deeds(actions), ElementsAre(SendAdvert{{100}}));
}

TEST_F(ReloadTest, AnnouncesNewAddressesASecondTime) {
    become_master();
    const Instant began = now;
    while (now < began + 20s) expire();  // The burst of becoming Master is over.
    RouterSettings with = settings();
    with.addresses.push_back(kHigher);
    reload(with);
    const Instant reloaded = now;
    std::vector<Duration> bursts;
    while (now < reloaded + 20s) {
        expire();
        for (const Announce& announce : all<Announce>(actions)) {
            EXPECT_EQ(announce, (Announce{5, AnnounceReason::delayed}));
            bursts.push_back(now - reloaded);
        }
    }
    EXPECT_THAT(bursts, ElementsAre(5s));
}

TEST_F(ReloadTest, ChangesThePriority) {
    become_master();
    reload(settings(150), 140);
    EXPECT_EQ(router.effective_priority(), Priority{140});
    EXPECT_THAT(deeds(actions), ElementsAre(EffectivePriorityChanged{{100}, {140}}));
    EXPECT_EQ(remaining(), 0s);
}

TEST_F(ReloadTest, MovesABackupsWaitByTheDifferenceOfTheSkew) {
    start();
    advance(1s);
    reload(settings(150), 150);
    EXPECT_EQ(remaining(), 2609375us - 195313us);
}

TEST_F(ReloadTest, StartsABackupsWaitAnewWithAnotherInterval) {
    start();
    advance(1s);
    RouterSettings with = settings();
    with.advert_interval = 2s;
    reload(with);
    EXPECT_EQ(remaining(), 6609375us);
}

TEST_F(ReloadTest, KeepsALearnedInterval) {
    make(settings(100, Version::v3));
    start();
    send(advert(200, kHigher, 5s));
    const auto before = router.deadline();
    RouterSettings with = settings(100, Version::v3);
    with.garp.master_repeat = 2;
    reload(with);
    EXPECT_EQ(router.master_advert_interval(), 5s);
    EXPECT_EQ(router.deadline(), before);
}

TEST_F(ReloadTest, SwitchesRefreshingOnAndOff) {
    become_master();
    RouterSettings with = settings();
    with.garp.master_refresh = 300ms;
    reload(with);
    EXPECT_EQ(remaining(), 300ms);
    reload(settings());
    EXPECT_EQ(remaining(), 1s);
}

TEST_F(ReloadTest, EndsAFaultThatWasAPartners) {
    RouterSettings member = settings();
    member.in_sync_group = true;
    make(member);
    send(Startup{.fitness = Fitness::fit, .group = Fitness::faulted});
    reload(settings());
    EXPECT_EQ(state(), State::Backup);
    EXPECT_EQ(router.last_cause(), Cause::reload);
}

TEST_F(ReloadTest, DoesNotEndItsOwnFault) {
    RouterSettings member = settings();
    member.in_sync_group = true;
    make(member);
    send(Startup{.fitness = Fitness::faulted, .group = Fitness::faulted});
    reload(settings());
    EXPECT_EQ(state(), State::Fault);
}

TEST_F(ReloadTest, MakesAnOwner) {
    start();
    reload(settings(255), 100);
    EXPECT_EQ(router.effective_priority(), kOwner);
}

}  // namespace
}  // namespace holdfast::vrrp

#include "holdfast/vrrp/sync_group.hpp"

#include "support.hpp"

namespace holdfast::vrrp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SyncGroupTest : public testing::Test {
  protected:
    SyncGroup group{3};
    std::vector<GroupAction> out;

    void start(std::vector<Fitness> fitness = {Fitness::fit, Fitness::fit, Fitness::fit}) {
        group.start(fitness, out);
        group.finish_start(out);
        out.clear();
    }
    void ask(size_t member, GroupRequest what, Cause cause = Cause::master_down) {
        out.clear();
        group.handle(member, {what, cause}, out);
    }
    void become_master() {
        for (size_t i = 0; i < 3; ++i) ask(i, GroupRequest::want_master);
        ASSERT_EQ(group.state(), State::Master);
    }
    static GroupAction line(LogId id) { return Log{{id, {}, {}}}; }
};

TEST_F(SyncGroupTest, TellsBackupBeforeItsMembers) {
    const std::vector<Fitness> fit(3, Fitness::fit);
    group.start(fit, out);
    EXPECT_THAT(out, ElementsAre(GroupStateChanged{State::Initialize, State::Backup}));
    out.clear();
    group.finish_start(out);
    EXPECT_THAT(out, IsEmpty());
}

// Seen with keepalived 2.4.3: with owners only, no line and no notification of the group.
TEST_F(SyncGroupTest, OfOwnersIsMasterFromTheBeginning) {
    const std::vector<Fitness> fit(3, Fitness::fit);
    group.start(fit, out, true);
    group.finish_start(out);
    EXPECT_THAT(out, IsEmpty());
    EXPECT_EQ(group.state(), State::Master);
    ask(1, GroupRequest::want_master);
    EXPECT_THAT(out, ElementsAre(CommandMember{1, GroupCommand::become_master, Cause::master_down}));
}

// Seen with keepalived 2.4.3.
TEST_F(SyncGroupTest, TellsFaultAfterItsMembers) {
    const std::vector<Fitness> fitness{Fitness::fit, Fitness::faulted, Fitness::held};
    group.start(fitness, out);
    EXPECT_THAT(out, IsEmpty());
    EXPECT_EQ(group.fitness(), Fitness::faulted);
    group.finish_start(out);
    EXPECT_THAT(out, ElementsAre(GroupStateChanged{State::Initialize, State::Fault}));
}

TEST_F(SyncGroupTest, IsSilentWhileHeld) {
    const std::vector<Fitness> fitness{Fitness::fit, Fitness::held, Fitness::fit};
    group.start(fitness, out);
    group.finish_start(out);
    EXPECT_THAT(out, IsEmpty());
    EXPECT_EQ(group.fitness(), Fitness::held);
    ask(1, GroupRequest::fit, Cause::fault_cleared);
    EXPECT_EQ(group.state(), State::Backup);
}

TEST_F(SyncGroupTest, WaitsUntilEveryMemberWantsMaster) {
    start();
    ask(2, GroupRequest::want_master);
    EXPECT_THAT(out, IsEmpty());
    ask(0, GroupRequest::want_master);
    EXPECT_THAT(out, IsEmpty());
    ask(1, GroupRequest::want_master, Cause::preempted_lower);
    EXPECT_THAT(out, ElementsAre(CommandMember{1, GroupCommand::become_master, Cause::preempted_lower},
                                 line(LogId::group_to_master),
                                 CommandMember{0, GroupCommand::become_master, Cause::group_master},
                                 CommandMember{2, GroupCommand::become_master, Cause::group_master},
                                 GroupStateChanged{State::Backup, State::Master}));
}

TEST_F(SyncGroupTest, DoesNotCountAMemberThatWithdrew) {
    start();
    ask(0, GroupRequest::want_master);
    ask(1, GroupRequest::want_master);
    ask(0, GroupRequest::withdraw);
    ask(2, GroupRequest::want_master);
    EXPECT_THAT(out, IsEmpty());
    ask(0, GroupRequest::want_master);
    EXPECT_EQ(group.state(), State::Master);
}

TEST_F(SyncGroupTest, OneMemberInBackupPullsTheOthers) {
    start();
    become_master();
    ask(1, GroupRequest::backup, Cause::higher_priority_advert);
    EXPECT_THAT(out, ElementsAre(line(LogId::group_to_backup),
                                 CommandMember{0, GroupCommand::become_backup, Cause::group_backup},
                                 CommandMember{2, GroupCommand::become_backup, Cause::group_backup},
                                 GroupStateChanged{State::Master, State::Backup}));
    // Everyone must ask again.
    ask(1, GroupRequest::want_master);
    ask(0, GroupRequest::want_master);
    EXPECT_THAT(out, IsEmpty());
}

TEST_F(SyncGroupTest, OneMemberInFaultPullsTheOthers) {
    start();
    become_master();
    ask(0, GroupRequest::fault, Cause::fault);
    EXPECT_THAT(out, ElementsAre(line(LogId::group_to_fault),
                                 CommandMember{1, GroupCommand::enter_fault, Cause::group_fault},
                                 CommandMember{2, GroupCommand::enter_fault, Cause::group_fault},
                                 GroupStateChanged{State::Master, State::Fault}));
}

TEST_F(SyncGroupTest, LeavesFaultOnlyWhenNoMemberIsFaulted) {
    start();
    ask(0, GroupRequest::fault, Cause::fault);
    ask(1, GroupRequest::fault, Cause::fault);
    EXPECT_THAT(out, IsEmpty());
    ask(0, GroupRequest::fit, Cause::fault_cleared);
    EXPECT_THAT(out, IsEmpty());
    EXPECT_EQ(group.state(), State::Fault);
    ask(1, GroupRequest::fit, Cause::fault_cleared);
    EXPECT_THAT(out, ElementsAre(CommandMember{1, GroupCommand::leave_fault, Cause::fault_cleared},
                                 line(LogId::group_to_backup),
                                 CommandMember{0, GroupCommand::leave_fault, Cause::group_fault_cleared},
                                 CommandMember{2, GroupCommand::leave_fault, Cause::group_fault_cleared},
                                 GroupStateChanged{State::Fault, State::Backup}));
}

TEST_F(SyncGroupTest, NobodyBecomesMasterWhileAMemberIsFaulted) {
    start();
    ask(0, GroupRequest::fault, Cause::fault);
    for (size_t i = 0; i < 3; ++i) ask(i, GroupRequest::want_master);
    EXPECT_THAT(out, IsEmpty());
}

TEST_F(SyncGroupTest, PassesOnThatALowerMasterWasHeard) {
    start();
    become_master();
    ask(1, GroupRequest::lower_priority_heard, Cause::group_master);
    EXPECT_THAT(out, ElementsAre(CommandMember{0, GroupCommand::refresh_neighbours, Cause::group_master},
                                 CommandMember{2, GroupCommand::refresh_neighbours, Cause::group_master}));
}

TEST_F(SyncGroupTest, WithOneMemberWorks) {
    group = SyncGroup(1);
    start({Fitness::fit});
    ask(0, GroupRequest::want_master);
    EXPECT_THAT(out,
                ElementsAre(CommandMember{0, GroupCommand::become_master, Cause::master_down},
                            line(LogId::group_to_master), GroupStateChanged{State::Backup, State::Master}));
}

TEST_F(SyncGroupTest, Stops) {
    start();
    out.clear();
    group.stop(out);
    EXPECT_THAT(out, ElementsAre(GroupStateChanged{State::Backup, State::Initialize}));
}

TEST_F(SyncGroupTest, GoesOnAfterAReload) {
    const std::vector<Fitness> fit(3, Fitness::fit);
    const std::vector<State> masters(3, State::Master);
    group.restore(masters, fit);
    EXPECT_EQ(group.state(), State::Master);
    ask(0, GroupRequest::backup);
    EXPECT_THAT(out, testing::SizeIs(4));

    const std::vector<State> mixed{State::Master, State::Backup, State::Master};
    group.restore(mixed, fit);
    EXPECT_EQ(group.state(), State::Backup);
    ask(1, GroupRequest::want_master);  // The new member was the last to ask.
    EXPECT_EQ(group.state(), State::Master);
}

// keepalived 2.4.3 takes the addresses of such masters away (vrrp_init_state).
TEST_F(SyncGroupTest, MastersBesideABackupStepDownWhenAReloadJoinsThem) {
    const std::vector<Fitness> fit(3, Fitness::fit);
    const std::vector<State> mixed{State::Master, State::Backup, State::Initialize};
    group.restore(mixed, fit);
    group.unite(mixed, out);
    EXPECT_THAT(out, ElementsAre(CommandMember{0, GroupCommand::become_backup, Cause::group_backup},
                                 GroupStateChanged{State::Initialize, State::Backup}));
    ask(1, GroupRequest::want_master);
    ask(2, GroupRequest::want_master);
    EXPECT_EQ(group.state(), State::Backup);
    ask(0, GroupRequest::want_master);
    EXPECT_EQ(group.state(), State::Master);
}

TEST_F(SyncGroupTest, AFaultedMemberTakesTheOthersAlongWhenAReloadJoinsThem) {
    const std::vector<Fitness> fitness{Fitness::fit, Fitness::faulted, Fitness::fit};
    const std::vector<State> states{State::Master, State::Fault, State::Backup};
    group.restore(states, fitness);
    group.unite(states, out);
    EXPECT_THAT(out, ElementsAre(CommandMember{0, GroupCommand::enter_fault, Cause::group_fault},
                                 CommandMember{2, GroupCommand::enter_fault, Cause::group_fault},
                                 GroupStateChanged{State::Initialize, State::Fault}));
}

TEST_F(SyncGroupTest, WhoWasInFaultForAPartnerThatAReloadTookAwayLeavesIt) {
    const std::vector<Fitness> fit(3, Fitness::fit);
    const std::vector<State> states{State::Backup, State::Fault, State::Backup};
    group.restore(states, fit);
    group.unite(states, out);
    EXPECT_THAT(out, ElementsAre(CommandMember{1, GroupCommand::leave_fault, Cause::group_fault_cleared},
                                 GroupStateChanged{State::Initialize, State::Backup}));
}

TEST_F(SyncGroupTest, IsNotDisturbedByAReloadThatFindsItOne) {
    const std::vector<Fitness> fit(3, Fitness::fit);
    for (const State state : {State::Master, State::Backup}) {
        const std::vector<State> same(3, state);
        group.restore(same, fit);
        group.unite(same, out);
        EXPECT_THAT(out, IsEmpty());
    }
    // A member that the reload has added is waited for; the others stay what they are.
    const std::vector<State> grown{State::Master, State::Master, State::Initialize};
    group.restore(grown, fit);
    group.unite(grown, out);
    EXPECT_THAT(out, IsEmpty());
}

// Members and group together, as the composition wires them.
class SyncedRoutersTest : public testing::Test {
  protected:
    SyncedRoutersTest() {
        RouterSettings with = settings();
        with.in_sync_group = true;
        for (uint8_t i = 0; i < 2; ++i) {
            with.priority = {static_cast<uint8_t>(100 + i)};
            routers.emplace_back(with, kOwn);
        }
    }
    void send(size_t member, const Event& event) {
        Actions actions;
        routers[member].handle(now, event, actions);
        for (const Action& action : actions.view()) {
            if (const auto* changed = std::get_if<StateChanged>(&action))
                story.push_back(std::to_string(member) + " " + std::string(to_string(changed->to)));
            if (const auto* request = std::get_if<RequestGroup>(&action)) {
                std::vector<GroupAction> out;
                group.handle(member, *request, out);
                for (const GroupAction& each : out) perform(each);
            }
        }
    }
    void perform(const GroupAction& action) {
        if (const auto* command = std::get_if<CommandMember>(&action))
            send(command->member, GroupCommanded{command->command, command->cause});
        if (const auto* changed = std::get_if<GroupStateChanged>(&action))
            story.push_back("G " + std::string(to_string(changed->to)));
    }
    void start() {
        std::vector<GroupAction> out;
        const std::vector<Fitness> fit(2, Fitness::fit);
        group.start(fit, out);
        for (const GroupAction& each : out) perform(each);
        for (size_t i = 0; i < 2; ++i) send(i, Startup{.group = group.fitness()});
    }
    void run(Duration length) {
        for (const Instant end = now + length; now < end; now += 1ms)
            for (size_t i = 0; i < 2; ++i)
                if (routers[i].deadline() && now >= *routers[i].deadline()) send(i, DeadlineReached{});
    }
    std::vector<std::string> told() { return std::exchange(story, {}); }

    Instant now{1h};
    std::vector<VirtualRouter> routers;
    SyncGroup group{2};
    std::vector<std::string> story;
};

TEST_F(SyncedRoutersTest, NotifyInTheReferencesOrder) {
    start();
    EXPECT_THAT(told(), ElementsAre("G BACKUP", "0 BACKUP", "1 BACKUP"));
    run(5s);
    // Member 1 has the higher priority and is ready first; member 0 completes the set.
    EXPECT_THAT(told(), ElementsAre("0 MASTER", "1 MASTER", "G MASTER"));
    send(1, FitnessChanged{Fitness::faulted});
    EXPECT_THAT(told(), ElementsAre("1 FAULT", "0 FAULT", "G FAULT"));
    run(60s);
    EXPECT_THAT(told(), IsEmpty());
    send(1, FitnessChanged{Fitness::fit});
    EXPECT_THAT(told(), ElementsAre("1 BACKUP", "0 BACKUP", "G BACKUP"));
    run(5s);
    EXPECT_THAT(told(), ElementsAre("0 MASTER", "1 MASTER", "G MASTER"));
    send(0, advert(200));
    EXPECT_THAT(told(), ElementsAre("0 BACKUP", "1 BACKUP", "G BACKUP"));
}

TEST_F(SyncedRoutersTest, WaitTogetherWhileOneHearsAMaster) {
    start();
    for (int i = 0; i < 20; ++i) {
        run(1s);
        send(0, advert(200));
    }
    EXPECT_EQ(routers[1].wanted_state(), State::Master);
    EXPECT_EQ(routers[1].reported_state(), State::Backup);
    run(4s);
    EXPECT_EQ(routers[0].reported_state(), State::Master);
    EXPECT_EQ(routers[1].reported_state(), State::Master);
}

}  // namespace
}  // namespace holdfast::vrrp

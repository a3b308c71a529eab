#include "holdfast/check/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builders.hpp"

namespace holdfast::check {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kService = "[192.0.2.1]:tcp:80";

class PoolTest : public testing::Test {
  protected:
    void make(VirtualServerSettings settings, PoolOptions options = {}) {
        old_settings = std::move(current);
        current = std::make_unique<VirtualServerSettings>(std::move(settings));
        old_machine = std::move(machine);
        machine = std::make_unique<VirtualServerMachine>(*current, options);
    }
    void start(VirtualServerSettings settings, PoolOptions options = {}) {
        make(std::move(settings), options);
        actions.clear();
        machine->start(actions);
    }
    void reload(VirtualServerSettings settings, PoolOptions options = {}) {
        make(std::move(settings), options);
        actions.clear();
        machine->take_over(*old_machine, actions);
        // What checkers contribute stays.
        for (size_t i = 0; i < current->real_servers.size(); ++i)
            for (size_t j = 0; j < old_settings->real_servers.size(); ++j)
                if (current->real_servers[i].endpoint == old_settings->real_servers[j].endpoint)
                    machine->set_initial_weight(i, current->real_servers[i].weight +
                                                       old_machine->servers()[j].weight -
                                                       old_settings->real_servers[j].weight);
        machine->settle(actions);
    }
    void verdict(size_t server, bool up, size_t checker = 0) {
        actions.clear();
        machine->checker_verdict(server, checker, up, up ? "=> good <=" : "=> bad <=", actions);
    }
    void weight(size_t server, int64_t value) {
        actions.clear();
        machine->set_weight(server, value, actions);
    }
    void stop(Leaving how) {
        actions.clear();
        machine->stop(how, actions);
    }
    std::string pool() const {
        ipvs::Service service;
        machine->put_destinations(current->key, service);
        return pool_text(service);
    }
    std::vector<std::string> said() const { return words(actions); }

    std::unique_ptr<VirtualServerSettings> current;
    std::unique_ptr<VirtualServerSettings> old_settings;
    std::unique_ptr<VirtualServerMachine> machine;
    std::unique_ptr<VirtualServerMachine> old_machine;
    PoolActions actions;
};

TEST_F(PoolTest, WeightsOfZeroAloneAreNoQuorum) {
    VirtualServerSettings settings = virtual_server({real(1, 0), real(2, 0)});
    settings.quorum = 0;
    start(settings);
    EXPECT_THAT(said(), ElementsAre("pool"));
    EXPECT_FALSE(machine->has_quorum());
    verdict(0, false);
    EXPECT_THAT(said(), Not(Contains(HasSubstr("quorum"))));
    verdict(0, true);
    EXPECT_THAT(said(), Not(Contains(HasSubstr("quorum"))));
}

TEST_F(PoolTest, OnlyMiscCheckMailsAFirstResultThatIsNoNews) {
    RealServerSettings tcp = real(1);
    tcp.smtp_alert = true;
    RealServerSettings misc = real(2);
    misc.smtp_alert = true;
    misc.checkers = {Checker{.probe = MiscCheck{}}};
    start(virtual_server({tcp, misc}));
    verdict(0, true);
    EXPECT_THAT(said(), IsEmpty());
    verdict(1, true);
    EXPECT_THAT(said(),
                ElementsAre("mail: Realserver [10.0.0.2]:tcp:80 of virtual server [192.0.2.1]:tcp:80 - UP | "
                            "=> good <="));
    verdict(1, true);
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(PoolTest, ServersAreInAtStartAndQuorumIsAnnounced) {
    start(virtual_server({real(1, 3), real(2, 1)}));
    EXPECT_EQ(pool(), "10.0.0.1:3 10.0.0.2:1");
    EXPECT_THAT(said(), ElementsAre("pool", "log: Gained quorum 1+0=1 <= 4 for VS [192.0.2.1]:tcp:80",
                                    "run: quorum-up", "fifo: VS [192.0.2.1]:tcp:80 UP"));
}

TEST_F(PoolTest, RsInitNotifiesTellsOfServersAtStart) {
    start(virtual_server({real(1)}), {.rs_init_notifies = true});
    EXPECT_THAT(said(), ElementsAre("pool", "log: Gained quorum 1+0=1 <= 1 for VS [192.0.2.1]:tcp:80",
                                    "run: up-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 UP",
                                    "run: quorum-up", "fifo: VS [192.0.2.1]:tcp:80 UP"));
}

TEST_F(PoolTest, AFailedServerLeavesAndAGoodOneReturns) {
    start(virtual_server({real(1), real(2)}));
    verdict(0, false);
    EXPECT_EQ(pool(), "10.0.0.2:1");
    EXPECT_THAT(said(),
                ElementsAre("log: Removing service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80", "pool",
                            "run: down-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN"));
    verdict(0, true);
    EXPECT_EQ(pool(), "10.0.0.1:1 10.0.0.2:1");
    EXPECT_THAT(said(), ElementsAre("log: Adding service [10.0.0.1]:tcp:80 to VS [192.0.2.1]:tcp:80", "pool",
                                    "run: up-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 UP"));
}

// Two servers of one virtual server, and the virtual server itself, do not wait for each other's scripts.
TEST_F(PoolTest, EveryServerHasALaneOfItsOwn) {
    start(virtual_server({real(1), real(2)}));
    const auto lane_of = [&](size_t server, bool up) {
        verdict(server, up);
        for (const PoolAction& action : actions)
            if (const auto* run = std::get_if<RunCommand>(&action)) return run->lane;
        return std::string("nothing was run");
    };
    EXPECT_EQ(lane_of(0, false), "RS [10.0.0.1]:tcp:80 of VS [192.0.2.1]:tcp:80");
    EXPECT_EQ(lane_of(0, true), "RS [10.0.0.1]:tcp:80 of VS [192.0.2.1]:tcp:80");
    EXPECT_EQ(lane_of(1, false), "RS [10.0.0.2]:tcp:80 of VS [192.0.2.1]:tcp:80");
    verdict(0, false);
    std::vector<std::string> lanes;
    for (const PoolAction& action : actions)
        if (const auto* run = std::get_if<RunCommand>(&action)) lanes.push_back(run->lane);
    EXPECT_THAT(lanes, ElementsAre("RS [10.0.0.1]:tcp:80 of VS [192.0.2.1]:tcp:80", "VS [192.0.2.1]:tcp:80"));
}

TEST_F(PoolTest, TheFirstGoodResultOfAServerThatIsInSaysNothing) {
    start(virtual_server({real(1)}));
    verdict(0, true);
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(PoolTest, TheLastServerTakesQuorumWithIt) {
    start(virtual_server({real(1)}));
    verdict(0, false);
    EXPECT_EQ(pool(), "");
    EXPECT_THAT(said(), ElementsAre("log: Removing service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80",
                                    "log: Lost quorum 1-0=1 > 0 for VS [192.0.2.1]:tcp:80", "pool",
                                    "run: down-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN",
                                    "run: quorum-down", "fifo: VS [192.0.2.1]:tcp:80 DOWN"));
    verdict(0, true);
    EXPECT_THAT(said(), ElementsAre("log: Adding service [10.0.0.1]:tcp:80 to VS [192.0.2.1]:tcp:80",
                                    "log: Gained quorum 1+0=1 <= 1 for VS [192.0.2.1]:tcp:80", "pool",
                                    "run: up-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 UP",
                                    "run: quorum-up", "fifo: VS [192.0.2.1]:tcp:80 UP"));
}

TEST_F(PoolTest, InhibitKeepsAFailedServerWithWeightZero) {
    RealServerSettings one = real(1, 5);
    one.inhibit_on_failure = true;
    start(virtual_server({one, real(2)}));
    verdict(0, false);
    EXPECT_EQ(pool(), "10.0.0.1:0 10.0.0.2:1");
    EXPECT_EQ(said()[0], "log: Disabling service [10.0.0.1]:tcp:80 of VS [192.0.2.1]:tcp:80");
    verdict(0, true);
    EXPECT_EQ(pool(), "10.0.0.1:5 10.0.0.2:1");
    EXPECT_EQ(said()[0], "log: Enabling service [10.0.0.1]:tcp:80 of VS [192.0.2.1]:tcp:80");
}

TEST_F(PoolTest, OneFailingCheckerOfSeveralIsEnoughAndTheLastMustRecover) {
    RealServerSettings one = real(1);
    one.checkers = {tcp_checker(false, 80), tcp_checker(false, 81), tcp_checker(false, 82)};
    start(virtual_server({one, real(2)}));
    verdict(0, false, 1);
    EXPECT_EQ(pool(), "10.0.0.2:1");
    verdict(0, false, 2);
    EXPECT_THAT(said(), IsEmpty());
    verdict(0, true, 0);
    EXPECT_THAT(said(), IsEmpty());
    verdict(0, true, 1);
    EXPECT_EQ(pool(), "10.0.0.2:1");
    verdict(0, true, 2);
    EXPECT_EQ(pool(), "10.0.0.1:1 10.0.0.2:1");
}

TEST_F(PoolTest, TheFirstFailureOfAnAlphaServerIsToldExceptByHttp) {
    RealServerSettings one = real(1);
    one.checkers = {tcp_checker(true)};
    RealServerSettings two = real(2);
    two.checkers = {Checker{.schedule = {.alpha = true}, .probe = HttpCheck{}}};
    start(virtual_server({one, two}));
    verdict(0, false);
    EXPECT_THAT(said(), ElementsAre("run: down-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN"));
    verdict(1, false);
    EXPECT_THAT(said(), IsEmpty());
    verdict(1, true);
    EXPECT_THAT(said(), Contains("fifo: RS [10.0.0.2]:tcp:80 [192.0.2.1]:tcp:80 UP"));
}

TEST_F(PoolTest, AlphaServersWaitForTheirFirstSuccess) {
    RealServerSettings one = real(1);
    one.checkers = {tcp_checker(true)};
    start(virtual_server({one}));
    EXPECT_EQ(pool(), "");
    EXPECT_THAT(said(), ElementsAre("pool"));
    verdict(0, false);  // The first result confirms "down" and is told.
    EXPECT_THAT(said(), ElementsAre("run: down-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN"));
    verdict(0, false);
    EXPECT_THAT(said(), IsEmpty());
    verdict(0, true);
    EXPECT_EQ(pool(), "10.0.0.1:1");
    EXPECT_EQ(said()[0], "log: Adding service [10.0.0.1]:tcp:80 to VS [192.0.2.1]:tcp:80");
    EXPECT_EQ(said()[1], "log: Gained quorum 1+0=1 <= 1 for VS [192.0.2.1]:tcp:80");
}

TEST_F(PoolTest, AnInhibitedAlphaServerIsPresentWithWeightZero) {
    RealServerSettings one = real(1, 4);
    one.checkers = {tcp_checker(true)};
    one.inhibit_on_failure = true;
    start(virtual_server({one}));
    EXPECT_EQ(pool(), "10.0.0.1:0");
    verdict(0, true);
    EXPECT_EQ(pool(), "10.0.0.1:4");
}

TEST_F(PoolTest, QuorumHasHysteresisInBothDirections) {
    VirtualServerSettings settings = virtual_server({real(1), real(2), real(3), real(4), real(5)});
    settings.quorum = 3;
    settings.hysteresis = 1;
    start(settings);
    EXPECT_EQ(said()[1], "log: Gained quorum 3+1=4 <= 5 for VS [192.0.2.1]:tcp:80");
    verdict(0, false);
    verdict(1, false);
    verdict(2, false);  // 2 = quorum - hysteresis: still there.
    EXPECT_TRUE(machine->has_quorum());
    verdict(3, false);
    EXPECT_FALSE(machine->has_quorum());
    EXPECT_EQ(said()[1], "log: Lost quorum 3-1=2 > 1 for VS [192.0.2.1]:tcp:80");
    verdict(0, true);
    verdict(1, true);  // 3 = quorum: not yet.
    EXPECT_FALSE(machine->has_quorum());
    verdict(2, true);
    EXPECT_TRUE(machine->has_quorum());
    EXPECT_EQ(said()[1], "log: Gained quorum 3+1=4 <= 4 for VS [192.0.2.1]:tcp:80");
}

TEST_F(PoolTest, WithoutASorryServerLiveServersStayBelowQuorum) {
    VirtualServerSettings settings = virtual_server({real(1), real(2)});
    settings.quorum = 2;
    start(settings);
    verdict(0, false);
    EXPECT_FALSE(machine->has_quorum());
    EXPECT_EQ(pool(), "10.0.0.2:1");
}

TEST_F(PoolTest, TheSorryServerReplacesAllWhenQuorumIsLost) {
    VirtualServerSettings settings = virtual_server({real(1), real(2)});
    settings.quorum = 2;
    settings.sorry_server = sorry(99);
    start(settings);
    EXPECT_EQ(pool(), "10.0.0.1:1 10.0.0.2:1");
    verdict(0, false);
    EXPECT_EQ(pool(), "10.0.0.99:1");
    EXPECT_THAT(said(),
                ElementsAre("log: Removing service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80",
                            "log: Lost quorum 2-0=2 > 1 for VS [192.0.2.1]:tcp:80",
                            "log: Adding sorry server [10.0.0.99]:tcp:80 to VS [192.0.2.1]:tcp:80",
                            "log: Removing alive servers from the pool for VS [192.0.2.1]:tcp:80", "pool",
                            "run: down-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN",
                            "run: quorum-down", "fifo: VS [192.0.2.1]:tcp:80 DOWN"));
    verdict(1, false);  // Behind the sorry server: known, told, but nothing changes in the pool.
    EXPECT_EQ(pool(), "10.0.0.99:1");
    verdict(1, true);
    EXPECT_EQ(pool(), "10.0.0.99:1");
    verdict(0, true);
    EXPECT_EQ(pool(), "10.0.0.1:1 10.0.0.2:1");
    EXPECT_THAT(said(),
                ElementsAre("log: Adding service [10.0.0.1]:tcp:80 to VS [192.0.2.1]:tcp:80",
                            "log: Gained quorum 2+0=2 <= 2 for VS [192.0.2.1]:tcp:80",
                            "log: Removing sorry server [10.0.0.99]:tcp:80 from VS [192.0.2.1]:tcp:80",
                            "log: Adding alive servers to the pool for VS [192.0.2.1]:tcp:80", "pool",
                            "run: up-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 UP", "run: quorum-up",
                            "fifo: VS [192.0.2.1]:tcp:80 UP"));
}

TEST_F(PoolTest, AnInhibitedSorryServerWaitsWithWeightZero) {
    RealServerSettings one = real(1, 7);
    one.inhibit_on_failure = true;
    VirtualServerSettings settings = virtual_server({one});
    settings.sorry_server = sorry(99, true);
    start(settings);
    EXPECT_EQ(pool(), "10.0.0.1:7 10.0.0.99:0");
    verdict(0, false);
    EXPECT_EQ(pool(), "10.0.0.1:0 10.0.0.99:1");
    EXPECT_EQ(said()[2], "log: Enabling sorry server [10.0.0.99]:tcp:80 to VS [192.0.2.1]:tcp:80");
    verdict(0, true);
    EXPECT_EQ(pool(), "10.0.0.1:7 10.0.0.99:0");
    EXPECT_EQ(said()[2], "log: Disabling sorry server [10.0.0.99]:tcp:80 from VS [192.0.2.1]:tcp:80");
}

TEST_F(PoolTest, TheSorryServerServesFromTheStartWhenAllAreAlpha) {
    RealServerSettings one = real(1);
    one.checkers = {tcp_checker(true)};
    VirtualServerSettings settings = virtual_server({one});
    settings.sorry_server = sorry(99);
    start(settings);
    EXPECT_EQ(pool(), "10.0.0.99:1");
    EXPECT_THAT(said(),
                ElementsAre("pool", "log: Starting with quorum down 1-0=1 > 0 for VS [192.0.2.1]:tcp:80",
                            "log: Adding sorry server [10.0.0.99]:tcp:80 to VS [192.0.2.1]:tcp:80",
                            "log: Removing alive servers from the pool for VS [192.0.2.1]:tcp:80",
                            "run: quorum-down", "fifo: VS [192.0.2.1]:tcp:80 DOWN"));
}

TEST_F(PoolTest, ASorryServerThatIsAlsoARealServerIsOneDestination) {
    VirtualServerSettings settings = virtual_server({real(1, 5), real(2, 5)});
    settings.quorum = 10;
    settings.sorry_server = sorry(1);
    start(settings);
    EXPECT_EQ(pool(), "10.0.0.1:5 10.0.0.2:5");
    verdict(1, false);
    EXPECT_EQ(pool(), "10.0.0.1:1");
}

TEST_F(PoolTest, ASorryServerWithoutAPortTakesThatOfThePacket) {
    VirtualServerSettings settings = virtual_server({real(1, 5)});
    settings.sorry_server = sorry(99);
    settings.sorry_server->endpoint.port = 0;
    settings.sorry_server->forwarding.method = ipvs::ForwardingMethod::masquerade;
    start(settings);
    verdict(0, false);
    ipvs::Service service;
    machine->put_destinations(settings.key, service);
    ASSERT_EQ(service.destinations.size(), 1U);
    EXPECT_EQ(service.destinations[0].key,
              (ipvs::DestinationKey{settings.sorry_server->endpoint.address, 0}));
}

TEST_F(PoolTest, AWeightChangeCountsForQuorumAndReachesThePool) {
    start(virtual_server({real(1, 10)}));
    weight(0, 20);
    EXPECT_EQ(pool(), "10.0.0.1:20");
    EXPECT_THAT(said(),
                ElementsAre("log: Changing weight from 10 to 20 for active service [10.0.0.1]:tcp:80 of VS "
                            "[192.0.2.1]:tcp:80",
                            "pool"));
    weight(0, 20);
    EXPECT_THAT(said(), IsEmpty());
    weight(0, -5);  // Limited to 0, which loses quorum.
    EXPECT_EQ(pool(), "10.0.0.1:0");
    EXPECT_EQ(said()[1], "log: Lost quorum 1-0=1 > 0 for VS [192.0.2.1]:tcp:80");
    verdict(0, false);
    weight(0, 7);
    EXPECT_EQ(
        said()[0],
        "log: Changing weight from 0 to 7 for inactive service [10.0.0.1]:tcp:80 of VS [192.0.2.1]:tcp:80");
    EXPECT_EQ(pool(), "");
}

TEST_F(PoolTest, MailsAreSentAsTheSwitchesSay) {
    RealServerSettings one = real(1);
    one.smtp_alert.reset();
    VirtualServerSettings settings = virtual_server({one, real(2)});
    start(settings);  // Defaults: real servers yes, virtual servers no.
    verdict(0, false);
    EXPECT_EQ(said().back(),
              "mail: Realserver [10.0.0.1]:tcp:80 of virtual server [192.0.2.1]:tcp:80 - DOWN | => bad <=");
    verdict(1, false);
    EXPECT_EQ(said().back(), "fifo: VS [192.0.2.1]:tcp:80 DOWN");  // smtp_alert false.

    settings.smtp_alert = true;
    start(settings);
    EXPECT_EQ(said().back(),
              "mail: Virtualserver [192.0.2.1]:tcp:80 - UP | => Starting with quorum up 1+0=1 <= 2 <=");
    verdict(0, false);
    verdict(1, false);
    EXPECT_EQ(said().back(), "mail: Virtualserver [192.0.2.1]:tcp:80 - DOWN | => Lost quorum 1+0=1 <= 0 <=");
}

TEST_F(PoolTest, NoCheckerEmailsOnlyMailsWhenTheServerChanges) {
    RealServerSettings one = real(1);
    one.smtp_alert = true;
    one.checkers = {tcp_checker(false, 80), tcp_checker(false, 81)};
    start(virtual_server({one, real(2)}));
    verdict(0, false, 0);
    verdict(0, false, 1);
    EXPECT_THAT(
        said(),
        ElementsAre(
            "mail: Realserver [10.0.0.1]:tcp:80 of virtual server [192.0.2.1]:tcp:80 - DOWN | => bad <="));
    start(virtual_server({one, real(2)}), {.no_checker_emails = true});
    verdict(0, false, 0);
    EXPECT_EQ(said().size(), 5U);
    verdict(0, false, 1);
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(PoolTest, StopIsQuietWithoutOmegaExceptForTheLog) {
    start(virtual_server({real(1), real(2)}));
    verdict(1, false);
    stop(Leaving::stopping);
    EXPECT_EQ(pool(), "");
    EXPECT_THAT(said(), ElementsAre("log: Shutting down service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80",
                                    "log: Shutting down service [10.0.0.2]:tcp:80 from VS [192.0.2.1]:tcp:80",
                                    "pool"));
    verdict(0, false);
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(PoolTest, OmegaTellsOfEveryServerAndOfQuorumAtStop) {
    RealServerSettings mailed = real(1);
    mailed.smtp_alert = true;
    VirtualServerSettings settings = virtual_server({mailed, real(2)});
    settings.omega = true;
    start(settings);
    verdict(1, false);  // Not told again at stop.
    stop(Leaving::stopping);
    EXPECT_THAT(
        said(),
        ElementsAre("log: Shutting down service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80",
                    "log: Shutting down service [10.0.0.2]:tcp:80 from VS [192.0.2.1]:tcp:80", "pool",
                    "stop-run: down-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN",
                    "mail: Realserver [10.0.0.1]:tcp:80 of virtual server [192.0.2.1]:tcp:80 - DOWN | => "
                    "Shutting down <=",
                    "stop-run: quorum-down", "fifo: VS [192.0.2.1]:tcp:80 DOWN"));
}

TEST_F(PoolTest, FlushingSaysNothingAboutServers) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.omega = true;
    start(settings);
    stop(Leaving::flushing);
    EXPECT_THAT(said(), ElementsAre("pool", "stop-run: quorum-down", "fifo: VS [192.0.2.1]:tcp:80 DOWN"));
}

TEST_F(PoolTest, AMarkServiceHasItsOwnNames) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.key = {.firewall_mark = 9};
    start(settings);
    verdict(0, false);
    EXPECT_THAT(said(), ElementsAre("log: Removing service [10.0.0.1]:none:80 from VS FWM 9",
                                    "log: Lost quorum 1-0=1 > 0 for VS FWM 9", "pool", "run: down-1",
                                    "fifo: RS [10.0.0.1]:none:80 FWM 9 DOWN", "run: quorum-down",
                                    "fifo: VS FWM 9 DOWN"));
    settings.group = "G";
    settings.key = {.protocol = ipvs::Protocol::udp};
    start(settings);
    EXPECT_EQ(said().back(), "fifo: VS [G]:0 UP");
}

// --- reload ---

TEST_F(PoolTest, AReloadWithoutChangeSaysNothingAndKeepsHealth) {
    const VirtualServerSettings settings = virtual_server({real(1), real(2)});
    start(settings);
    verdict(0, false);
    reload(settings);
    EXPECT_THAT(said(), ElementsAre("pool"));
    EXPECT_EQ(pool(), "10.0.0.2:1");
    EXPECT_TRUE(machine->has_quorum());
    verdict(0, true);
    EXPECT_EQ(pool(), "10.0.0.1:1 10.0.0.2:1");
}

TEST_F(PoolTest, AReloadKeepsTheSorryServerServing) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.sorry_server = sorry(99);
    start(settings);
    verdict(0, false);
    reload(settings);
    EXPECT_THAT(said(), ElementsAre("pool"));
    EXPECT_EQ(pool(), "10.0.0.99:1");
    settings.sorry_server = sorry(98);
    reload(settings);
    EXPECT_EQ(pool(), "10.0.0.98:1");
    EXPECT_EQ(said()[0], "log: Removing sorry server [10.0.0.99]:tcp:80 from VS [192.0.2.1]:tcp:80");
    settings.sorry_server.reset();
    settings.real_servers.push_back(real(2));
    reload(settings);
    EXPECT_EQ(pool(), "10.0.0.2:1");
}

TEST_F(PoolTest, AReloadTakesOutWhatWentAndBringsInWhatIsNew) {
    start(virtual_server({real(1), real(2)}));
    reload(virtual_server({real(2), real(3)}));
    EXPECT_EQ(pool(), "10.0.0.2:1 10.0.0.3:1");
    EXPECT_THAT(said(),
                ElementsAre("log: service [10.0.0.1]:tcp:80 no longer exist",
                            "log: Removing service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80",
                            "run: down-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN", "pool"));
}

TEST_F(PoolTest, AReloadEditsTheWeightOfAnUnchangedServer) {
    start(virtual_server({real(1, 3)}));
    weight(0, 5);  // A contribution of 2 stays.
    reload(virtual_server({real(1, 10)}));
    EXPECT_EQ(pool(), "10.0.0.1:12");
    EXPECT_EQ(
        said()[1],
        "log: Changing weight from 5 to 12 for active service [10.0.0.1]:tcp:80 of VS [192.0.2.1]:tcp:80");
}

TEST_F(PoolTest, AReloadJudgesAChangedQuorum) {
    VirtualServerSettings settings = virtual_server({real(1), real(2)});
    start(settings);
    settings.quorum = 5;
    reload(settings);
    EXPECT_FALSE(machine->has_quorum());
    EXPECT_EQ(said()[1], "log: Starting with quorum down 5-0=5 > 2 for VS [192.0.2.1]:tcp:80");
}

TEST_F(PoolTest, RemovingTheFailingCheckerBringsTheServerBack) {
    RealServerSettings one = real(1);
    one.checkers = {tcp_checker(false, 80), tcp_checker(false, 81)};
    start(virtual_server({one, real(2)}));
    verdict(0, false, 1);
    one.checkers.pop_back();
    reload(virtual_server({one, real(2)}));
    EXPECT_EQ(pool(), "10.0.0.1:1 10.0.0.2:1");
    EXPECT_EQ(said()[0], "log: Adding service [10.0.0.1]:tcp:80 to VS [192.0.2.1]:tcp:80");
}

TEST_F(PoolTest, ANewAlphaCheckerHoldsBackOnlyAServerThatIsOut) {
    RealServerSettings one = real(1);
    RealServerSettings two = real(2);
    start(virtual_server({one, two}));
    verdict(0, false);
    one.checkers.push_back(tcp_checker(true, 81));
    two.checkers.push_back(tcp_checker(true, 81));
    reload(virtual_server({one, two}));
    EXPECT_EQ(pool(), "10.0.0.2:1");
    EXPECT_TRUE(machine->servers()[0].checkers[1].first_failure_counts);
    EXPECT_FALSE(machine->servers()[1].checkers[1].first_failure_counts);
    verdict(0, true, 0);
    EXPECT_EQ(pool(), "10.0.0.2:1");
    verdict(0, true, 1);
    EXPECT_EQ(pool(), "10.0.0.1:1 10.0.0.2:1");
}

TEST_F(PoolTest, AnUntestedAlphaServerStaysOutOverAReload) {
    RealServerSettings one = real(1);
    one.checkers = {tcp_checker(true)};
    start(virtual_server({one}));
    reload(virtual_server({one}));
    EXPECT_EQ(pool(), "");
}

TEST_F(PoolTest, AVirtualServerThatWentTellsOfItsServersAndQuorum) {
    start(virtual_server({real(1)}));
    stop(Leaving::removed);
    EXPECT_THAT(said(),
                ElementsAre("log: Removing service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80", "pool",
                            "run: down-1", "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN",
                            "run: quorum-down", "fifo: VS [192.0.2.1]:tcp:80 DOWN"));
}

TEST(MatchCheckers, GoesByKindAndProbeNotBySchedule) {
    RealServerSettings before = real(1);
    before.checkers = {tcp_checker(false, 80), tcp_checker(false, 81), tcp_checker(false, 81)};
    RealServerSettings now = before;
    now.checkers = {tcp_checker(false, 81), tcp_checker(true, 80), tcp_checker(false, 82),
                    tcp_checker(false, 81), tcp_checker(false, 81)};
    now.checkers.push_back({.probe = DnsCheck{.connect = {.destination = at(1)}}});
    EXPECT_THAT(match_checkers(before, now),
                ElementsAre(std::optional<size_t>(1), std::optional<size_t>(0), std::nullopt,
                            std::optional<size_t>(2), std::nullopt, std::nullopt));
}

TEST_F(PoolTest, NameIsAsInLogs) {
    start(virtual_server({real(1)}));
    EXPECT_EQ(machine->name(), kService);
}

}  // namespace
}  // namespace holdfast::check

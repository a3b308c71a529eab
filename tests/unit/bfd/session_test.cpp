#include "holdfast/bfd/session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace holdfast::bfd {
namespace {

using namespace std::chrono_literals;

// Two systems and the wire between them. Everything sent arrives at once unless the wire is cut.
class SessionTest : public testing::Test {
  protected:
    struct System {
        explicit System(SessionSettings settings, uint32_t first_discriminator, double& random)
            : session(
                  std::move(settings), [&random] { return random; },
                  [next = first_discriminator]() mutable { return next++; }) {}
        Session session;
        std::vector<ControlPacket> sent;
        std::vector<bool> reachable;
        std::vector<std::string> lines;
        bool deaf = false;
    };

    static SessionSettings settings(std::string name) {
        SessionSettings result;
        result.name = std::move(name);
        result.neighbor = *IpAddress::parse("192.0.2.2");
        result.min_rx = result.min_tx = 100ms;
        result.multiplier = 3;
        return result;
    }

    void give(System& to, const Event& event) {
        Actions actions;
        to.session.handle(now, event, actions);
        System& other = &to == &a ? b : a;
        for (const Action& action : actions) {
            if (const auto* packet = std::get_if<SendPacket>(&action)) {
                to.sent.push_back(packet->packet);
                if (!other.deaf) give(other, PacketReceived{packet->packet, 255});
            } else if (const auto* news = std::get_if<Reachability>(&action)) {
                to.reachable.push_back(news->up);
            } else {
                to.lines.push_back(std::get<LogLine>(action).text);
            }
        }
    }
    void start() {
        give(a, Started{});
        give(b, Started{});
    }
    void advance(Duration by) {
        const Instant end = now + by;
        for (;;) {
            const auto at_a = a.session.deadline();
            const auto at_b = b.session.deadline();
            System* next = at_a && (!at_b || *at_a <= *at_b) ? &a : &b;
            const auto at = next->session.deadline();
            if (!at || *at > end) break;
            now = std::max(now, *at);
            give(*next, DeadlineReached{});
        }
        now = end;
    }
    static bool has(const std::vector<std::string>& lines, const std::string& line) {
        return std::ranges::find(lines, line) != lines.end();
    }

    Instant now{1h};
    double random = 0.5;
    System a{settings("a"), 100, random};
    System b{settings("b"), 200, random};
};

TEST_F(SessionTest, SendsDownWithASecondOfIntervalUntilUp) {
    b.deaf = true;
    give(a, Started{});
    ASSERT_EQ(a.sent.size(), 1u);
    EXPECT_EQ(a.sent[0].state, State::Down);
    EXPECT_EQ(a.sent[0].my_discriminator, 100u);
    EXPECT_EQ(a.sent[0].your_discriminator, 0u);
    EXPECT_EQ(a.sent[0].desired_min_tx, 1'000'000u);
    EXPECT_EQ(a.sent[0].required_min_rx, 100'000u);
    EXPECT_EQ(a.session.deadline(), now + 825ms);  // 10 % + 7.5 % less
}

TEST_F(SessionTest, JitterIsTenToTwentyFivePercent) {
    b.deaf = true;
    random = 0;
    give(a, Started{});
    EXPECT_EQ(a.session.deadline(), now + 900ms);
    random = 0.9999999;
    advance(900ms);
    EXPECT_NEAR(to_seconds(*a.session.deadline() - now), 0.75, 0.001);
}

TEST_F(SessionTest, ComesUpOnBothSidesAndTellsOnce) {
    start();
    advance(3s);
    EXPECT_EQ(a.session.state(), State::Up);
    EXPECT_EQ(b.session.state(), State::Up);
    EXPECT_EQ(a.reachable, std::vector<bool>{true});
    EXPECT_EQ(b.reachable, std::vector<bool>{true});
    EXPECT_TRUE(has(a.lines, "(a) Entering Up state"));
    EXPECT_EQ(a.sent.back().your_discriminator, 200u);
}

TEST_F(SessionTest, PollSequenceBringsTheFastIntervalAndEnds) {
    start();
    advance(3s);
    EXPECT_EQ(a.session.timers().local_tx, 100'000u);
    EXPECT_EQ(a.session.timers().local_detect, 300'000u);
    EXPECT_FALSE(a.session.polling());
    EXPECT_FALSE(b.session.polling());
    EXPECT_TRUE(std::ranges::any_of(a.sent, &ControlPacket::poll));
    EXPECT_TRUE(std::ranges::any_of(b.sent, &ControlPacket::final));
    EXPECT_TRUE(std::ranges::none_of(a.sent, [](const ControlPacket& p) { return p.poll && p.final; }));
    a.sent.clear();
    advance(1s);
    EXPECT_GE(a.sent.size(), 11u);
    EXPECT_LE(a.sent.size(), 13u);
}

TEST_F(SessionTest, TheSlowerSideDecidesTheInterval) {
    SessionSettings slow = settings("b");
    slow.min_rx = 400ms;
    b.session = System(slow, 200, random).session;
    start();
    advance(3s);
    EXPECT_EQ(a.session.timers().local_tx, 400'000u);
    EXPECT_EQ(b.session.timers().local_tx, 100'000u);
}

TEST_F(SessionTest, ExpiresAfterTheDetectionTimeAndNotBefore) {
    start();
    advance(3s);
    a.deaf = b.deaf = true;
    const Instant last = *a.session.last_seen();
    now = last + 299ms;
    give(a, DeadlineReached{});
    EXPECT_EQ(a.session.state(), State::Up);
    now = last + 300ms;
    give(a, DeadlineReached{});
    EXPECT_EQ(a.session.state(), State::Down);
    EXPECT_EQ(a.session.diagnostic(), Diagnostic::detection_time_expired);
    EXPECT_EQ(a.reachable, (std::vector<bool>{true, false}));
    EXPECT_TRUE(has(a.lines, "(a) Expired after 300 ms (0 usec overdue)"));
    EXPECT_TRUE(has(a.lines,
                    "(a) Entering Down state (Local diagnostic - Control Detection Time Expired, Remote "
                    "diagnostic - No Diagnostic)"));
    EXPECT_EQ(a.session.discriminator(), 101u) << "a new discriminator after Up";
    advance(2s);
    EXPECT_EQ(a.sent.back().your_discriminator, 0u);
    EXPECT_EQ(a.sent.back().desired_min_tx, 1'000'000u);
}

TEST_F(SessionTest, TheNeighborsDownEndsUpWithDiagnosticThree) {
    start();
    advance(3s);
    a.deaf = true;  // a expires, and its next packet says so; b then waits for a in Init.
    advance(2s);
    EXPECT_EQ(b.session.state(), State::Init);
    EXPECT_EQ(b.reachable, (std::vector<bool>{true, false}));
    EXPECT_TRUE(has(b.lines,
                    "(b) Entering Down state (Local diagnostic - Neighbor Signaled Session Down, Remote "
                    "diagnostic - Control Detection Time Expired)"));
    a.deaf = false;
    advance(4s);
    EXPECT_EQ(a.session.state(), State::Up);
    EXPECT_EQ(b.session.state(), State::Up);
}

TEST_F(SessionTest, AdministrativelyDownNeighborIsNoFailureOfThePath) {
    start();
    advance(3s);
    ControlPacket packet = b.sent.back();
    packet.state = State::AdminDown;
    packet.diagnostic = Diagnostic::administratively_down;
    give(a, PacketReceived{packet, 255});
    EXPECT_EQ(a.session.state(), State::Down);
    EXPECT_EQ(a.session.diagnostic(), Diagnostic::neighbor_signaled_down);
    EXPECT_EQ(a.reachable, std::vector<bool>{true});
}

TEST_F(SessionTest, PassiveIsSilentUntilItHears) {
    SessionSettings passive = settings("b");
    passive.passive = true;
    b.session = System(passive, 200, random).session;
    give(b, Started{});
    advance(10s);
    EXPECT_TRUE(b.sent.empty());
    give(a, Started{});
    advance(4s);
    EXPECT_EQ(b.session.state(), State::Up);
}

TEST_F(SessionTest, TtlMustNotHaveFallenByMoreThanMaxHops) {
    EXPECT_TRUE(a.session.accepts_ttl(255));
    EXPECT_FALSE(a.session.accepts_ttl(254));
    SessionSettings hops = settings("a");
    hops.max_hops = 2;
    Session far(hops, [] { return 0.; }, [] { return 1u; });
    EXPECT_TRUE(far.accepts_ttl(253));
    EXPECT_FALSE(far.accepts_ttl(252));
    hops.max_hops = -1;
    Session any(hops, [] { return 0.; }, [] { return 1u; });
    EXPECT_TRUE(any.accepts_ttl(1));
    give(a, Started{});
    give(b, Started{});
    const ControlPacket packet = b.sent.front();
    System deaf{settings("c"), 300, random};
    Actions actions;
    deaf.session.handle(now, PacketReceived{packet, 254}, actions);
    EXPECT_TRUE(actions.empty());
    EXPECT_EQ(deaf.session.state(), State::Down);
}

TEST_F(SessionTest, AuthenticatedPacketsAreNotHeard) {
    ControlPacket packet;
    packet.detect_multiplier = 3;
    packet.my_discriminator = 7;
    packet.authentication_present = true;
    give(a, PacketReceived{packet, 255});
    EXPECT_EQ(a.session.state(), State::Down);
    EXPECT_FALSE(a.session.last_seen().has_value());
}

TEST_F(SessionTest, WithoutASocketItIsAdminDownUntilStarted) {
    give(a, SocketFailed{});
    EXPECT_EQ(a.session.state(), State::AdminDown);
    EXPECT_FALSE(a.session.deadline().has_value());
    EXPECT_TRUE(has(a.lines, "(a) Entering AdminDown state"));
    give(b, Started{});
    EXPECT_EQ(a.session.state(), State::AdminDown);
    give(a, Started{});
    advance(4s);
    EXPECT_EQ(a.session.state(), State::Up);
}

TEST_F(SessionTest, DemandOfTheNeighborStopsThePeriodicPackets) {
    start();
    advance(3s);
    ControlPacket packet = b.sent.back();
    packet.demand = true;
    give(a, PacketReceived{packet, 255});
    a.sent.clear();
    b.deaf = a.deaf = true;
    packet.poll = true;
    give(a, PacketReceived{packet, 255});
    ASSERT_EQ(a.sent.size(), 1u) << "polls are answered";
    EXPECT_TRUE(a.sent[0].final);
    now += 100ms;
    give(a, DeadlineReached{});
    EXPECT_EQ(a.sent.size(), 1u);
}

TEST_F(SessionTest, ReconfiguredTimersArePolledWithoutLosingTheSession) {
    start();
    advance(3s);
    SessionSettings faster = settings("a");
    faster.min_rx = faster.min_tx = 50ms;
    give(a, Reconfigured{faster});
    EXPECT_TRUE(a.session.polling());
    advance(1s);
    EXPECT_FALSE(a.session.polling());
    EXPECT_EQ(a.session.state(), State::Up);
    EXPECT_EQ(b.session.timers().remote_tx, 100'000u) << "b's own min_rx is 100 ms";
    EXPECT_EQ(a.reachable, std::vector<bool>{true});
}

TEST_F(SessionTest, ForgetsTheNeighborOneDetectionTimeAfterDown) {
    start();
    advance(3s);
    ControlPacket packet = b.sent.back();
    packet.state = State::Down;
    a.deaf = b.deaf = true;
    give(a, PacketReceived{packet, 255});
    EXPECT_EQ(a.session.remote().my_discriminator, 200u);
    advance(400ms);
    EXPECT_EQ(a.session.remote().my_discriminator, 0u);
    EXPECT_EQ(a.session.remote_state(), State::Down);
}

}  // namespace
}  // namespace holdfast::bfd

#include "holdfast/app/interface_states.hpp"

#include <gmock/gmock.h>

#include <map>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using kernel::LinkQuestion;
using testing::ElementsAre;
using testing::IsEmpty;

netstate::LinkInfo eth0(bool usable) {
    netstate::LinkInfo info;
    info.index = {7};
    info.name = "eth0";
    info.up = true;
    info.running = usable;
    info.multicast = true;
    return info;
}

/// A host with one interface, which is up at the start.
class OneLink final : public netstate::NetworkKernel {
  public:
    void set_listener(netstate::ChangeListener*) override {}
    void watch_protocols(std::span<const uint8_t>) override {}
    Result<netstate::KernelState> dump() override {
        netstate::KernelState state;
        state.links = {eth0(true)};
        return state;
    }
    std::vector<Result<>> apply(std::span<const netstate::Operation> operations) override {
        return std::vector<Result<>>(operations.size());
    }
    void deliver_changes() override {}
};

class InterfaceStatesTest : public WithFakeEdges {
  protected:
    void SetUp() override {
        ASSERT_TRUE(network_.start());
        mine.ask_link = [this](const std::string&, LinkQuestion question) -> std::optional<bool> {
            asked.push_back(question);
            const auto answer = answers.find(question);
            if (answer == answers.end()) return std::nullopt;
            return answer->second;
        };
    }
    void load() { states.load(config, config.interface_delays, {"eth0"}, polled); }
    bool report(bool usable) {
        const auto before = eth0(!usable);
        return states.on_link_changed(eth0(usable), &before);
    }

    OneLink one;
    NoLink link_edge;
    Edges mine{
        timers,        turn_ends, link_edge, one,    firewall, table, processes, streams, outputs, log, files,
        process_table, digest,    bfd,       worker, {},       {},    {},        {},      {},      {},  {}};
    Network network_{mine};
    config::Config config;
    std::set<std::string> polled;
    std::map<LinkQuestion, bool> answers;
    std::vector<LinkQuestion> asked;
    std::vector<std::string> changes;
    std::optional<Duration> limit;
    InterfaceStates states{mine, network_, [this](std::string_view name) { changes.emplace_back(name); },
                           [this](std::string_view) { return limit; }};
};

TEST_F(InterfaceStatesTest, WithoutDelaysTheKernelsWordCountsAtOnce) {
    load();
    EXPECT_TRUE(states.is_usable("eth0"));
    EXPECT_FALSE(states.is_usable("eth1"));
    EXPECT_TRUE(report(false));
}

TEST_F(InterfaceStatesTest, GoingDownAndUpWaitsForItsDelay) {
    config.interface_delays["eth0"] = {2s, 3s};
    load();
    EXPECT_FALSE(report(false));
    EXPECT_TRUE(logged("eth0: Adding flags change from 0x11043 to 0x1003 delay by 2000000"));
    advance(1999ms);
    EXPECT_TRUE(states.is_usable("eth0"));
    advance(1ms);
    EXPECT_FALSE(states.is_usable("eth0"));
    EXPECT_THAT(changes, ElementsAre("eth0"));
    EXPECT_FALSE(report(true));
    advance(2999ms);
    EXPECT_FALSE(states.is_usable("eth0"));
    advance(1ms);
    EXPECT_TRUE(states.is_usable("eth0"));
}

TEST_F(InterfaceStatesTest, AFlapWithinTheDelayIsNoChange) {
    config.interface_delays["eth0"] = {2s, 2s};
    load();
    EXPECT_FALSE(report(false));
    advance(1s);
    EXPECT_FALSE(report(true));
    EXPECT_FALSE(logged("cancelled"));
    advance(10s);
    EXPECT_TRUE(states.is_usable("eth0"));
    EXPECT_THAT(changes, IsEmpty());
}

TEST_F(InterfaceStatesTest, AFlapThatLeavesOtherFlagsIsToldAsCancelled) {
    config.interface_delays["eth0"] = {2s, 2s};
    load();
    EXPECT_FALSE(report(false));
    auto changed = eth0(true);
    changed.arp = false;
    const auto before = eth0(false);
    EXPECT_FALSE(states.on_link_changed(changed, &before));
    EXPECT_TRUE(logged("Delay timer for eth0 cancelled"));
    EXPECT_TRUE(states.is_usable("eth0"));
}

TEST_F(InterfaceStatesTest, TheFirstTimeUpIsNotDelayedAndAVanishedInterfaceIsDownAtOnce) {
    config.interface_delays["eth0"] = {2s, 2s};
    load();
    states.on_link_removed("eth0");
    EXPECT_FALSE(states.is_usable("eth0"));
    EXPECT_TRUE(report(true));
    EXPECT_TRUE(states.is_usable("eth0"));
}

TEST_F(InterfaceStatesTest, ADelayThatWouldLoseMastershipIsShortened) {
    config.interface_delays["eth0"] = {5s, 5s};
    limit = 1s;
    load();
    EXPECT_FALSE(report(false));
    advance(1s);
    EXPECT_FALSE(states.is_usable("eth0"));
    limit = 0s;
    EXPECT_TRUE(report(true));  // One advert until down: nothing may wait.
}

TEST_F(InterfaceStatesTest, OnlyADifferentUpDelayKeepsItsLengthWhenTheDownDelayIsShortened) {
    config.interface_delays["eth0"] = {5s, 7s};
    limit = 1s;
    load();
    report(false);
    advance(1s);
    report(true);
    advance(6999ms);
    EXPECT_FALSE(states.is_usable("eth0"));
    advance(1ms);
    EXPECT_TRUE(states.is_usable("eth0"));
}

TEST_F(InterfaceStatesTest, PollingAsksMiiThenEthtoolThenTheFlagsAndRemembersWhoAnswers) {
    polled = {"eth0"};
    answers = {{LinkQuestion::ethtool, true}, {LinkQuestion::flags, true}};
    load();
    EXPECT_THAT(asked, ElementsAre(LinkQuestion::mii, LinkQuestion::ethtool, LinkQuestion::flags));
    asked.clear();
    advance(1s);
    EXPECT_THAT(asked, ElementsAre(LinkQuestion::ethtool, LinkQuestion::flags));
    EXPECT_TRUE(states.is_usable("eth0"));
}

TEST_F(InterfaceStatesTest, APolledInterfaceFollowsItsDriverAndNotTheKernel) {
    polled = {"eth0"};
    answers = {{LinkQuestion::mii, true}, {LinkQuestion::flags, true}};
    load();
    EXPECT_FALSE(report(false));
    EXPECT_TRUE(states.is_usable("eth0"));
    answers[LinkQuestion::mii] = false;
    advance(1s);
    EXPECT_FALSE(states.is_usable("eth0"));
    EXPECT_THAT(changes, ElementsAre("eth0"));
    EXPECT_TRUE(logged("Linkbeat reports eth0 down"));
    answers[LinkQuestion::mii] = true;
    answers[LinkQuestion::flags] = false;
    advance(1s);
    EXPECT_FALSE(states.is_usable("eth0"));
    answers[LinkQuestion::flags] = true;
    advance(1s);
    EXPECT_TRUE(logged("Linkbeat reports eth0 up"));
}

TEST_F(InterfaceStatesTest, AMethodThatIsNotSupportedIsReplacedAndTold) {
    config.linkbeat_interfaces = {"eth0"};
    config.linkbeat_methods["eth0"] = config::LinkbeatMethod::ethtool;
    answers = {{LinkQuestion::mii, false}, {LinkQuestion::flags, true}};
    load();
    EXPECT_FALSE(states.is_usable("eth0"));
    EXPECT_TRUE(logged("(eth0): Configured linkbeat type ETHTOOL not supported, using MII"));
}

TEST_F(InterfaceStatesTest, WhatNobodyTracksIsNotPolled) {
    config.linkbeat_interfaces = {"eth0"};
    states.load(config, {}, {}, {});
    EXPECT_THAT(asked, IsEmpty());
    EXPECT_TRUE(logged("Turning off linkbeat for eth0 since not used for tracking"));
}

}  // namespace
}  // namespace holdfast::app

// What the log says of objects that others take from us.
#include "holdfast/app/network.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "../netstate/fake_kernel.hpp"
#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class KnowingKernel final : public netstate::NetworkKernel {
  public:
    void set_listener(netstate::ChangeListener* listener) override { tables.set_listener(listener); }
    void watch_protocols(std::span<const uint8_t> protocols) override { tables.watch_protocols(protocols); }
    Result<netstate::KernelState> dump() override { return tables.dump(); }
    std::vector<Result<>> apply(std::span<const netstate::Operation> operations) override {
        return tables.apply(operations);
    }
    void deliver_changes() override { tables.deliver_changes(); }
    std::string requester_name(uint32_t port) const override {
        return port == 777 ? "NetworkManager" : std::string();
    }
    netstate::testing::FakeKernel tables;
};

class NetworkLogTest : public WithFakeEdges {
  protected:
    void SetUp() override {
        kernel.tables.links[2] = {.index = {2}, .name = "eth0", .up = true, .running = true};
        ASSERT_TRUE(network_.start());
    }
    static netstate::KernelAddress address(const std::string& text) {
        return {.interface = {2}, .prefix = *Prefix::parse(text)};
    }
    void hold(int count) {
        netstate::Objects objects;
        for (int i = 1; i <= count; ++i)
            objects.addresses.push_back(
                {.prefix = *Prefix::parse(fmt::format("192.0.2.{}/32", i)), .interface = "eth0"});
        network_.define(netstate::Owner{"VI_1"}, objects, true);
        lines.clear();
    }
    void take(const std::string& text, uint32_t requester) {
        kernel.tables.now = timers.now();
        kernel.tables.outside(netstate::RemoveAddress{address(text)}, requester);
    }

    KnowingKernel kernel;
    NoLink link_edge;
    Edges mine{
        timers,        turn_ends, link_edge, kernel, firewall, table, processes, streams, outputs, log, files,
        process_table, digest,    bfd,       worker, {},       {},    {},        {},      {},      {},  {}};
    Network network_{mine};
};

TEST_F(NetworkLogTest, WhoTookAnAddressIsNamedAsFarAsItIsKnown) {
    hold(1);
    take("192.0.2.1/32", 777);
    take("192.0.2.1/32", 4000);
    EXPECT_THAT(
        lines,
        ElementsAre("(VI_1) 192.0.2.1/32 on eth0 was removed by somebody else (NetworkManager, process 777)",
                    "(VI_1) 192.0.2.1/32 on eth0 put back, 1 time(s) so far",
                    "(VI_1) 192.0.2.1/32 on eth0 was removed by somebody else (netlink port 4000)",
                    "(VI_1) 192.0.2.1/32 on eth0 put back, 2 time(s) so far"));
}

TEST_F(NetworkLogTest, FightIsNamedOneWithItsDelay) {
    hold(1);
    for (int i = 0; i < 3; ++i) take("192.0.2.1/32", 777);
    lines.clear();
    take("192.0.2.1/32", 777);
    EXPECT_THAT(
        lines, ElementsAre("(VI_1) 192.0.2.1/32 on eth0 is removed by somebody else (NetworkManager, process "
                           "777) again and again: put back 3 time(s) so far, the next time in 50 ms"));
    lines.clear();
    advance(50ms);
    EXPECT_THAT(lines, ElementsAre("(VI_1) 192.0.2.1/32 on eth0 put back, 4 time(s) so far"));
}

TEST_F(NetworkLogTest, ManyAtOnceShareALine) {
    hold(20);
    // In one batch, as a flush is heard.
    for (int i = 1; i <= 20; ++i) {
        const auto gone = address(fmt::format("192.0.2.{}/32", i));
        std::erase_if(kernel.tables.addresses, [&](const auto& have) { return have.key() == gone.key(); });
        kernel.tables.report(
            [gone](netstate::ChangeListener& listener) { listener.on_address_removed(gone, 9); });
    }
    kernel.tables.deliver_changes();
    EXPECT_THAT(lines,
                ElementsAre("(VI_1) each of 20 addresses, 192.0.2.1/32 to 192.0.2.20/32, on eth0 was removed "
                            "by somebody else (netlink port 9)",
                            "(VI_1) each of 20 addresses, 192.0.2.1/32 to 192.0.2.20/32, on eth0 put back, 1 "
                            "time(s) so far"));
}

TEST_F(NetworkLogTest, AFewHaveALineEach) {
    hold(3);
    for (int i = 1; i <= 3; ++i) {
        const auto gone = address(fmt::format("192.0.2.{}/32", i));
        std::erase_if(kernel.tables.addresses, [&](const auto& have) { return have.key() == gone.key(); });
        kernel.tables.report(
            [gone](netstate::ChangeListener& listener) { listener.on_address_removed(gone, 9); });
    }
    kernel.tables.deliver_changes();
    EXPECT_THAT(lines, SizeIs(6));
}

TEST_F(NetworkLogTest, OneStormOfLostNewsIsOneLine) {
    hold(1);
    for (int i = 0; i < 5; ++i) {
        kernel.tables.now = timers.now();
        kernel.tables.overrun();
        advance(1s);
    }
    EXPECT_THAT(lines,
                ElementsAre(HasSubstr("Netlink: Receive buffer overrun on monitor socket - (No buffer space "
                                      "available)")));
    advance(10s);
    kernel.tables.now = timers.now();
    kernel.tables.overrun();
    EXPECT_THAT(lines, SizeIs(2));
}

TEST_F(NetworkLogTest, WhatACrashHasLeftIsToldAsItGoes) {
    auto left = address("192.0.2.99/32");
    left.protocol = netstate::kAddressProtocol;
    kernel.tables.addresses.push_back(left);
    hold(1);
    network_.remove_leftovers();
    EXPECT_THAT(lines, ElementsAre("left by the last run, which crashed: remove address 192.0.2.99/32"));
    lines.clear();
    network_.remove_leftovers();
    EXPECT_THAT(lines, IsEmpty());
}

}  // namespace
}  // namespace holdfast::app

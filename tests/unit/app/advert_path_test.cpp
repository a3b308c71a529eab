// Adverts through the whole VrrpService: what is received and what is sent takes nothing from the heap.
#include "../base/counted_heap.hpp"
#include "fake_edges.hpp"
#include "holdfast/app/vrrp_service.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using counted_heap::allocations_of;

const IpAddress kOwnSource = *IpAddress::parse("192.0.2.1");
const IpAddress kPeer = *IpAddress::parse("192.0.2.2");
const IpAddress kGroup = *IpAddress::parse("224.0.0.18");

/// Counts what is sent, and hands over what the test receives.
class CountingLink final : public vrrp::Link {
  public:
    Result<vrrp::ChannelId> open_channel(const vrrp::ChannelSettings&) override { return vrrp::ChannelId{1}; }
    void close_channel(vrrp::ChannelId) override {}
    void on_receive(ReceiveHandler handler) override { receive = std::move(handler); }
    void on_send_error(SendErrorHandler) override {}
    void send(vrrp::ChannelId, const vrrp::SendOptions&, std::span<const uint8_t> packet) override {
        ++sent;
        last_priority = packet[2];
    }
    Result<> announce(std::span<const vrrp::Announcement>, uint32_t) override { return {}; }
    void cancel_announcements(std::span<const vrrp::Announcement>) override {}
    void flush() override {}
    void drain() override {}
    void set_patience(vrrp::ChannelId, Duration longest, size_t most) override {
        patience = longest;
        packets = most;
    }
    void catch_up() override {
        if (on_catch_up) on_catch_up();
    }

    ReceiveHandler receive;
    std::function<void()> on_catch_up;
    Duration patience{};
    size_t packets = 0;
    size_t sent = 0;
    uint8_t last_priority = 0;
};

class AdvertPathTest : public WithFakeEdges {
  protected:
    static constexpr uint8_t kInstances = 100;

    AdvertPathTest() {
        counted.wall_clock = [] { return std::chrono::system_clock::time_point{}; };
        counted.uptime = [] { return Duration(1h); };
        counted.forwards_ipv6 = [](const std::string&) { return false; };
        kernel.set_link({.index = {1}, .name = "eth0", .up = true, .running = true, .multicast = true});
        kernel.addresses.push_back({.interface = {1}, .prefix = {kOwnSource, 24}});
    }

    vrrp::RouterSettings router(uint8_t number, vrrp::Priority priority) const {
        vrrp::RouterSettings settings;
        settings.name = "VI_" + std::to_string(number);
        settings.vrid = {number};
        settings.version = vrrp::Version::v3;
        settings.priority = priority;
        settings.wants_master = priority == vrrp::kOwner;
        settings.garp.master_delay = 0s;
        settings.addresses = {*IpAddress::parse("198.51.100." + std::to_string(number))};
        return settings;
    }

    void start(vrrp::Priority priority, uint8_t count = kInstances) {
        for (uint8_t number = 1; number <= count; ++number) {
            config::VrrpInstance instance;
            instance.router = router(number, priority);
            instance.transport.interface = "eth0";
            instance.transport.multicast_group = kGroup;
            netstate::AddressSettings address;
            address.prefix = {instance.router.addresses.front(), 32};
            address.interface = "eth0";
            instance.addresses.push_back(address);
            config.instances.push_back(instance);
        }
        ASSERT_TRUE(network_state.start());
        service.start(config);
        turn_ends.run();
    }

    void receive(uint8_t number, vrrp::Priority priority, Duration waited = {}) {
        vrrp::AdvertTemplate& advert = adverts.at(number - 1U);
        vrrp::ReceivedFrame frame;
        frame.interface = {1};
        frame.source = kPeer;
        frame.destination = kGroup;
        frame.ttl = 255;
        frame.multicast = true;
        frame.waited = waited;
        frame.payload = advert.packet(priority, kGroup);
        frame.announced_payload_length = static_cast<uint16_t>(frame.payload.size());
        counting.receive(vrrp::ChannelId{1}, frame);
    }

    void make_adverts() {
        for (uint8_t number = 1; number <= kInstances; ++number)
            adverts.emplace_back(router(number, {100}), kPeer, kGroup);
    }

    CountingLink counting;
    netstate::testing::FakeKernel kernel;
    Edges counted{
        timers,        turn_ends, counting, kernel, firewall, table, processes, streams, outputs, log, files,
        process_table, digest,    bfd,      worker, {},       {},    {},        {},      {},      {},  {}};
    Network network_state{counted};
    Notifications notifications{counted};
    VrrpService service{counted, network_state, notifications};
    config::Config config;
    std::vector<vrrp::AdvertTemplate> adverts;
};

TEST_F(AdvertPathTest, CountsAllocations) {
    EXPECT_EQ(allocations_of([] { ::operator delete(::operator new(1)); }), 1U);
}

TEST_F(AdvertPathTest, AThousandAdvertsOfAMasterTakeNothingFromTheHeap) {
    start(vrrp::kOwner);
    advance(1s);
    const size_t before = counting.sent;
    EXPECT_EQ(allocations_of([&] {
                  for (int round = 0; round < 50; ++round) advance(1s);
              }),
              0U);
    EXPECT_EQ(counting.sent - before, 50U * kInstances);
    EXPECT_EQ(counting.last_priority, 255);
}

TEST_F(AdvertPathTest, AThousandAdvertsReceivedByABackupTakeNothingFromTheHeap) {
    make_adverts();
    start({100});
    const auto round = [&] {
        for (uint8_t number = 1; number <= kInstances; ++number) receive(number, {150});
        advance(1s);
    };
    round();
    EXPECT_EQ(allocations_of([&] {
                  for (int i = 0; i < 50; ++i) round();
              }),
              0U);
    EXPECT_EQ(counting.sent, 0U) << "they have stayed backups";
    EXPECT_EQ(service.instances().back()->router.counters().advert_rcvd, 51U);
}

TEST_F(AdvertPathTest, AdvertsOfManyMayWaitWhileNobodyIsMaster) {
    make_adverts();
    start({100});
    EXPECT_EQ(counting.patience, Duration(20ms));
    EXPECT_EQ(counting.packets, size_t{kInstances});
    // All but one hear a Master.
    for (int second = 0; second < 4; ++second) {
        for (uint8_t number = 2; number <= kInstances; ++number) receive(number, {150});
        advance(1s);
    }
    turn_ends.run();
    ASSERT_TRUE(service.instances().front()->router.is_master());
    EXPECT_EQ(counting.patience, Duration::zero());
    receive(1, {150});
    turn_ends.run();
    EXPECT_EQ(counting.patience, Duration(20ms));
}

TEST_F(AdvertPathTest, AdvertsOfFewDoNotWait) {
    start({100}, 3);
    EXPECT_EQ(counting.patience, Duration::zero());
}

TEST_F(AdvertPathTest, AnAdvertThatHasWaitedCountsFromItsArrival) {
    make_adverts();
    start({100});
    receive(1, {150}, 15ms);
    const VrrpInstance& instance = *service.instances().front();
    EXPECT_EQ(instance.router.deadline(), timers.now() - 15ms + instance.router.master_down_interval());
    ASSERT_TRUE(instance.heard.has_value());
    EXPECT_EQ(instance.heard->at, timers.now() - 15ms);
}

TEST_F(AdvertPathTest, ABackupLooksForWaitingAdvertsBeforeItBelievesThatItsMasterIsGone) {
    make_adverts();
    start({100});
    size_t looked = 0;
    counting.on_catch_up = [&] {
        ++looked;
        for (uint8_t number = 1; number <= kInstances; ++number) receive(number, {150}, 1ms);
    };
    for (int second = 0; second < 20; ++second) advance(1s);
    EXPECT_GT(looked, 0U);
    EXPECT_EQ(counting.sent, 0U) << "they have stayed backups";
    counting.on_catch_up = nullptr;
    advance(5s);
    EXPECT_EQ(counting.sent, size_t{kInstances});
}

TEST_F(AdvertPathTest, TheAdvertsOfManyMastersMoveTogether) {
    make_adverts();
    start({100});
    // They become Masters at different times, 10 ms apart.
    for (uint8_t number = 1; number <= kInstances; ++number) {
        receive(number, {150});
        advance(10ms);
    }
    size_t turns = 0;
    const auto turns_in = [&](Duration time) {
        turns = 0;
        const Instant end = timers.now() + time;
        for (auto next = timers.next(); next && *next < end; next = timers.next()) {
            const size_t before = counting.sent;
            timers.set_now(*next);
            timers.run_due();
            turn_ends.run();
            if (counting.sent != before) ++turns;
        }
        timers.set_now(end);
        return turns;
    };
    turns_in(5s);
    turns_in(11s);
    const size_t before = counting.sent;
    EXPECT_LE(turns_in(10s), 110U);
    EXPECT_EQ(counting.sent - before, size_t{10} * kInstances) << "in their intervals again";
}

}  // namespace
}  // namespace holdfast::app

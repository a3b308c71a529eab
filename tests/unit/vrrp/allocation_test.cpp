// The path from a received advert to a sent one does not allocate. This file replaces the global operator new
// of the test program by one that counts.
#include <cstdlib>
#include <new>

#include "support.hpp"

namespace {
std::size_t allocations = 0;
}  // namespace

// Not inlined: the optimiser would see malloc paired with delete and warn.
[[gnu::noinline]]  // Not inlined: GCC would see free() of what it takes for another new's memory.
[[gnu::noinline]] void*
operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] [[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] [[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace holdfast::vrrp {
namespace {

class AllocationTest : public RouterTest {
  protected:
    // Receives a packet of `peer_priority` and sends what follows from it.
    size_t exchange(uint8_t peer_priority) {
        AdvertTemplate peer(settings(100, Version::v3), kHigher, kMulticastGroup4);
        const auto packet = peer.packet({peer_priority}, kMulticastGroup4);
        ReceivedFrame frame;
        frame.source = kHigher;
        frame.destination = kMulticastGroup4;
        frame.ttl = 255;
        frame.multicast = true;
        frame.payload = packet;
        frame.announced_payload_length = static_cast<uint16_t>(packet.size());

        const size_t before = allocations;
        actions.clear();
        const Reading reading = reader.read(frame, router.reading_context(kHigher), router.counters());
        router.handle(now, AdvertReceived{reading}, actions);
        for (const Action& action : actions.view())
            if (const auto* advert = std::get_if<SendAdvert>(&action))
                bytes_sent += ours.packet(advert->priority, kMulticastGroup4).size();
        return allocations - before;
    }

    RouterSettings with = settings(100, Version::v3);
    AdvertReader reader{with, TransportSettings{}};
    AdvertTemplate ours{with, kOwn, kMulticastGroup4};
    size_t bytes_sent = 0;
};

TEST_F(AllocationTest, CountsAllocations) {
    const size_t before = allocations;
    auto* number = new int(1);
    EXPECT_GT(allocations, before);
    delete number;
}

TEST_F(AllocationTest, HappensNowhereBetweenAReceivedAndASentAdvert) {
    make(with);
    become_master();
    for (const uint8_t priority : std::initializer_list<uint8_t>{99, 0, 99, 101, 99, 100, 0}) {
        EXPECT_EQ(exchange(priority), 0U) << int(priority);
        now += 10ms;
    }
    EXPECT_GT(bytes_sent, 0U);
    const size_t before = allocations;
    for (int i = 0; i < 100; ++i) expire();
    EXPECT_EQ(allocations, before);
    EXPECT_TRUE(router.is_master());
}

// One event causes a bounded number of actions; the worst is far below the capacity.
TEST_F(AllocationTest, LeavesRoomInTheListOfActions) {
    RouterSettings owner = settings(255, Version::v3);
    owner.higher_priority_send_advert = true;
    owner.in_sync_group = true;
    make(owner);
    send(Startup{});
    send(GroupCommanded{GroupCommand::become_master, Cause::group_master});
    size_t most = actions.size();
    AdvertReceived event = advert(255, kHigher, 40ms);
    while (event.reading.findings().size() < 4)
        event.reading.add_finding(
            {static_cast<LogId>(static_cast<size_t>(LogId::address_count) + event.reading.findings().size()),
             {},
             {}});
    send(event);
    most = std::max(most, actions.size());
    EXPECT_EQ(state(), State::Backup);
    EXPECT_LT(most, Actions::kCapacity / 2);
}

}  // namespace
}  // namespace holdfast::vrrp

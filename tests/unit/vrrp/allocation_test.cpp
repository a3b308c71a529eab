// The path from a received advert to a sent one does not allocate.
#include "../base/counted_heap.hpp"
#include "support.hpp"

namespace holdfast::vrrp {
namespace {

using counted_heap::allocations_of;

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

        return allocations_of([&] {
            actions.clear();
            const Reading reading = reader.read(frame, router.reading_context(kHigher), router.counters());
            router.handle(now, AdvertReceived{reading}, actions);
            for (const Action& action : actions.view())
                if (const auto* advert = std::get_if<SendAdvert>(&action))
                    bytes_sent += ours.packet(advert->priority, kMulticastGroup4).size();
        });
    }

    RouterSettings with = settings(100, Version::v3);
    AdvertReader reader{with, TransportSettings{}};
    AdvertTemplate ours{with, kOwn, kMulticastGroup4};
    size_t bytes_sent = 0;
};

TEST_F(AllocationTest, CountsAllocations) {
    EXPECT_EQ(allocations_of([] { ::operator delete(::operator new(1)); }), 1U);
}

TEST_F(AllocationTest, HappensNowhereBetweenAReceivedAndASentAdvert) {
    make(with);
    become_master();
    for (const uint8_t priority : std::initializer_list<uint8_t>{99, 0, 99, 101, 99, 100, 0}) {
        EXPECT_EQ(exchange(priority), 0U) << int(priority);
        now += 10ms;
    }
    EXPECT_GT(bytes_sent, 0U);
    EXPECT_EQ(allocations_of([&] {
                  for (int i = 0; i < 100; ++i) expire();
              }),
              0U);
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

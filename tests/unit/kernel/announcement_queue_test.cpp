#include "holdfast/kernel/announcement_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace holdfast::kernel {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AnnouncementQueueTest : public ::testing::Test {
  protected:
    static vrrp::Announcement on(uint32_t interface, const char* address) {
        return {.interface = {interface}, .address = *IpAddress::parse(address), .mac = {}};
    }
    /// What leaves now, by the last part of the address.
    std::vector<std::string> leaving() {
        std::vector<vrrp::Announcement> due;
        queue.take_due(now, due);
        std::vector<std::string> names;
        for (const auto& each : due) {
            const std::string text = each.address.to_string();
            names.push_back(text.substr(text.find_last_of(".:") + 1));
        }
        return names;
    }
    void space(std::initializer_list<InterfaceIndex> interfaces, const Pacing& pacing) {
        queue.set_group(std::vector<InterfaceIndex>(interfaces), pacing);
    }

    AnnouncementQueue queue;
    Instant now{1h};
    const std::vector<vrrp::Announcement> pair{on(2, "192.0.2.1"), on(2, "192.0.2.2")};
};

TEST_F(AnnouncementQueueTest, BurstIsRoundsOverAllAddresses) {
    queue.add(pair, 3);
    EXPECT_EQ(queue.size(), 6U);
    ASSERT_TRUE(queue.deadline().has_value());
    EXPECT_LE(*queue.deadline(), now);
    EXPECT_THAT(leaving(), ElementsAre("1", "2", "1", "2", "1", "2"));
    EXPECT_TRUE(queue.is_empty());
    EXPECT_FALSE(queue.deadline().has_value());
}

TEST_F(AnnouncementQueueTest, SpacedPacketsLeaveOnePerInterval) {
    space({{2}}, {.garp = 100ms});
    queue.add(pair, 2);
    EXPECT_THAT(leaving(), ElementsAre("1"));
    EXPECT_EQ(queue.deadline(), now + 100ms);
    now += 99ms;
    EXPECT_THAT(leaving(), IsEmpty());
    std::vector<std::string> order;
    for (now += 1ms; !queue.is_empty(); now += 100ms)
        for (auto& name : leaving()) order.push_back(name);
    EXPECT_THAT(order, ElementsAre("2", "1", "2"));
}

TEST_F(AnnouncementQueueTest, SpacingCountsFromTheLastPacketOfAnEarlierBurst) {
    space({{2}}, {.garp = 1s});
    queue.add({&pair[0], 1}, 1);
    leaving();
    now += 300ms;
    queue.add({&pair[1], 1}, 1);
    EXPECT_THAT(leaving(), IsEmpty());
    EXPECT_EQ(queue.deadline(), now + 700ms);
}

TEST_F(AnnouncementQueueTest, LateCallDoesNotMakeUpForLostTime) {
    space({{2}}, {.garp = 100ms});
    queue.add(pair, 5);
    leaving();
    now += 10s;
    EXPECT_THAT(leaving(), ElementsAre("2"));
    EXPECT_EQ(queue.deadline(), now + 100ms);
}

TEST_F(AnnouncementQueueTest, WaitingAddressIsNotQueuedTwice) {
    space({{2}}, {.garp = 1s});
    queue.add(pair, 5);
    EXPECT_EQ(queue.size(), 10U);
    queue.add(pair, 5);  // The delayed burst while the first one still waits.
    EXPECT_EQ(queue.size(), 10U);
    leaving();
    queue.add(pair, 1);
    EXPECT_EQ(queue.size(), 9U);
}

TEST_F(AnnouncementQueueTest, InterfacesOfAGroupShareOneInterval) {
    space({{2}, {3}}, {.garp = 1s});
    queue.add(std::vector{on(2, "192.0.2.1"), on(3, "192.0.2.3"), on(4, "192.0.2.4")}, 1);
    EXPECT_THAT(leaving(), ElementsAre("4", "1"));  // Interface 4 is not spaced.
    now += 1s;
    EXPECT_THAT(leaving(), ElementsAre("3"));
}

TEST_F(AnnouncementQueueTest, ArpAndNeighbourAdvertisementsAreSpacedApart) {
    space({{2}}, {.garp = 1s, .gna = 2s});
    queue.add(std::vector{on(2, "192.0.2.1"), on(2, "2001:db8::a"), on(2, "192.0.2.2"), on(2, "2001:db8::b")},
              1);
    EXPECT_THAT(leaving(), ElementsAre("1", "a"));
    now += 1s;
    EXPECT_THAT(leaving(), ElementsAre("2"));
    now += 1s;
    EXPECT_THAT(leaving(), ElementsAre("b"));
}

TEST_F(AnnouncementQueueTest, IntervalOfZeroIsNoSpacing) {
    space({{2}}, {.garp = 0s, .gna = 1s});
    queue.add(pair, 2);
    EXPECT_EQ(leaving().size(), 4U);
}

TEST_F(AnnouncementQueueTest, CancelledAddressAndInterfaceDoNotLeave) {
    space({{2}}, {.garp = 1s});
    queue.add(pair, 5);
    queue.cancel({2}, *IpAddress::parse("192.0.2.1"));
    EXPECT_EQ(queue.size(), 5U);
    EXPECT_THAT(leaving(), ElementsAre("2"));
    queue.cancel(InterfaceIndex{2});
    EXPECT_TRUE(queue.is_empty());
    EXPECT_FALSE(queue.deadline().has_value());
}

TEST_F(AnnouncementQueueTest, ReloadReleasesWhatWaits) {
    space({{2}}, {.garp = 1s});
    queue.add(pair, 2);
    queue.clear_groups();
    EXPECT_EQ(leaving().size(), 4U);
}

TEST_F(AnnouncementQueueTest, VmacSharesTheSpacingOfItsBase) {
    space({{2}}, {.garp = 100ms});
    auto from_vmac = on(7, "192.0.2.3");
    from_vmac.paced_by = {2};
    queue.add({&pair[0], 1}, 1);
    queue.add({&from_vmac, 1}, 1);
    queue.add(std::vector{on(7, "192.0.2.4")}, 1);
    EXPECT_THAT(leaving(), ElementsAre("4", "1"));
    now += 100ms;
    EXPECT_THAT(leaving(), ElementsAre("3"));
}

}  // namespace
}  // namespace holdfast::kernel

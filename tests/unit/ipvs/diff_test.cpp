#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "fake_kernel.hpp"
#include "holdfast/ipvs/reconciler.hpp"

namespace holdfast::ipvs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Diff, PutsAServiceBeforeItsDestinations) {
    Table desired;
    Service& service = desired.add(tcp_service(1), {.scheduler = "rr"});
    service.put(weighted(1, 1));
    service.put(weighted(2, 1));
    EXPECT_THAT(diff(desired, {}), ElementsAre(Operation(AddService{tcp_service(1), {.scheduler = "rr"}}),
                                               Operation(AddDestination{tcp_service(1), weighted(1, 1)}),
                                               Operation(AddDestination{tcp_service(1), weighted(2, 1)})));
}

TEST(Diff, AddsAndRaisesBeforeItLowersAndRemoves) {
    Table current;
    Service& before = current.add(tcp_service(1), {});
    for (uint8_t i = 1; i <= 3; ++i) before.put(weighted(i, 10));
    Table desired;
    Service& after = desired.add(tcp_service(1), {.scheduler = "rr"});
    after.put(weighted(2, 0));
    after.put(weighted(3, 20));
    after.put(weighted(4, 1));
    EXPECT_THAT(diff(desired, current),
                ElementsAre(Operation(EditService{tcp_service(1), {.scheduler = "rr"}}),
                            Operation(AddDestination{tcp_service(1), weighted(4, 1)}),
                            Operation(EditDestination{tcp_service(1), weighted(3, 20)}),
                            Operation(EditDestination{tcp_service(1), weighted(2, 0)}),
                            Operation(RemoveDestination{tcp_service(1), server(1)})));
}

TEST(Diff, RemovesOnlyServicesThatAreOurs) {
    Table current;
    for (uint8_t i = 1; i <= 3; ++i) current.add(tcp_service(i), {}).put(weighted(1, 1));
    EXPECT_THAT(diff({}, current), IsEmpty());
    EXPECT_THAT(diff({}, current, {tcp_service(2), tcp_service(9)}),
                ElementsAre(Operation(RemoveService{tcp_service(2)})));
}

TEST(Diff, DoesNotSeeDifferencesWithoutMeaning) {
    Table kernel;
    kernel.add(tcp_service(1), {.persistence_timeout = 60, .persistence_netmask = 0xffffffff})
        .put(weighted(1, 1));
    kernel.add(tcp_service(2), {});
    Table desired;
    ServiceAttributes written{.persistence_timeout = 60};
    written.flags.hashed = true;
    Destination one = weighted(1, 1);
    one.attributes.forwarding.tunnel_type = TunnelType::gue;  // Left over from lb_kind TUN; DR has no tunnel.
    one.attributes.forwarding.tunnel_port = 6080;
    desired.add(tcp_service(1), written).put(one);
    desired.add(tcp_service(2), {.persistence_netmask = 0xffffff00, .persistence_engine = "sip"});
    EXPECT_THAT(diff(desired, kernel), IsEmpty());
}

TEST(Diff, SeesEveryAttribute) {
    const Destination base{
        server(1), {.forwarding = {ForwardingMethod::tunnel, TunnelType::gue, 6080, TunnelChecksum::none}}};
    auto changes = [&](auto change) {
        Table current;
        current.add(tcp_service(1), {.persistence_timeout = 60}).put(base);
        Table desired = current;
        Service& service = *desired.find(tcp_service(1));
        service.attributes.persistence_netmask = 0xffffffff;
        current.find(tcp_service(1))->attributes.persistence_netmask = 0xffffffff;
        change(service.attributes, service.destinations[0].attributes);
        return diff(desired, current).size();
    };
    using S = ServiceAttributes;
    using D = DestinationAttributes;
    EXPECT_EQ(changes([](S&, D&) {}), 0U);
    EXPECT_EQ(changes([](S& s, D&) { s.scheduler = "sh"; }), 1U);
    EXPECT_EQ(changes([](S& s, D&) { s.flags.one_packet = true; }), 1U);
    EXPECT_EQ(changes([](S& s, D&) { s.flags.sched1 = true; }), 1U);
    EXPECT_EQ(changes([](S& s, D&) { s.flags.sched2 = true; }), 1U);
    EXPECT_EQ(changes([](S& s, D&) { s.flags.sched3 = true; }), 1U);
    EXPECT_EQ(changes([](S& s, D&) { s.persistence_timeout = 61; }), 1U);
    EXPECT_EQ(changes([](S& s, D&) { s.persistence_netmask = 0xffffff00; }), 1U);
    EXPECT_EQ(changes([](S& s, D&) { s.persistence_engine = "sip"; }), 1U);
    EXPECT_EQ(changes([](S&, D& d) { d.weight = 2; }), 1U);
    EXPECT_EQ(changes([](S&, D& d) { d.upper_threshold = 2; }), 1U);
    EXPECT_EQ(changes([](S&, D& d) { d.lower_threshold = 2; }), 1U);
    EXPECT_EQ(changes([](S&, D& d) { d.forwarding.method = ForwardingMethod::masquerade; }), 1U);
    EXPECT_EQ(changes([](S&, D& d) { d.forwarding.tunnel_type = TunnelType::gre; }), 1U);
    EXPECT_EQ(changes([](S&, D& d) { d.forwarding.tunnel_port = 6081; }), 1U);
    EXPECT_EQ(changes([](S&, D& d) { d.forwarding.tunnel_checksum = TunnelChecksum::checksum; }), 1U);
}

// 2284 services with 16 servers, and one pool of 20000: a quadratic comparison would take minutes.
TEST(Diff, IsLinearInTheSizeOfTheTables) {
    Table table;
    for (uint32_t s = 0; s < 2284; ++s) {
        Service& service = table.add(
            {.protocol = Protocol::tcp,
             .endpoint = {IpAddress::v4(10, 1, static_cast<uint8_t>(s >> 8U), static_cast<uint8_t>(s)), 80}},
            {});
        for (uint8_t d = 1; d <= 16; ++d) service.destinations.push_back(weighted(d, 1));
    }
    Service& large = table.add({.firewall_mark = 1}, {});
    for (uint32_t d = 0; d < 20000; ++d)
        large.destinations.push_back(
            {{IpAddress::v4(10, 2, static_cast<uint8_t>(d >> 8U), static_cast<uint8_t>(d)), 0}, {}});
    const auto begin = std::chrono::steady_clock::now();
    Table changed = table;
    EXPECT_THAT(diff(changed, table), IsEmpty());
    std::ranges::reverse(changed.find({.firewall_mark = 1})->destinations);
    changed.find({.firewall_mark = 1})->destinations.pop_back();
    EXPECT_EQ(diff(changed, table).size(), 1U);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace holdfast::ipvs

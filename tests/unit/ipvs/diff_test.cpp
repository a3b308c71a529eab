#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

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

// Random tables over few keys, so that services and destinations often coincide.
class DiffProperty : public testing::TestWithParam<uint32_t> {
  protected:
    std::mt19937 random{GetParam()};
    uint32_t below(uint32_t limit) { return static_cast<uint32_t>(random() % limit); }

    Table random_table(uint32_t largest_pool) {
        static constexpr const char* kSchedulers[] = {"rr", "wrr", "sh"};
        Table table;
        for (uint32_t s = 0; s < 6; ++s) {
            if (below(3) == 0) continue;
            const auto last = static_cast<uint8_t>(below(6));
            Service& service = table.add(tcp_service(last), {.scheduler = kSchedulers[below(3)]});
            for (uint32_t d = below(largest_pool + 1); d > 0; --d)
                service.put(
                    weighted(static_cast<uint8_t>(below(largest_pool)), static_cast<int32_t>(below(3))));
        }
        return table;
    }

    static size_t usable(const Table& table, const ServiceKey& key) {
        const Service* service = table.find(key);
        if (service == nullptr) return 0;
        return static_cast<size_t>(std::ranges::count_if(
            service->destinations, [](const Destination& one) { return one.attributes.weight > 0; }));
    }
    static size_t present(const Table& table, const ServiceKey& key) {
        const Service* service = table.find(key);
        return service == nullptr ? 0 : service->destinations.size();
    }
};

TEST_P(DiffProperty, LeadsFromAToBWithoutEverEmptyingAPool) {
    for (uint32_t largest_pool : {2U, 4U, 40U}) {
        const Table a = random_table(largest_pool);
        const Table b = random_table(largest_pool);
        ServiceSet owned;
        for (const auto& [key, service] : a.ordered()) owned.insert(*key);

        FakeKernel kernel;
        kernel.table = a;
        for (const Operation& operation : diff(b, a, owned)) {
            ASSERT_TRUE(kernel.apply({&operation, 1})[0]) << to_string(operation);
            for (const auto& [key, service] : b.ordered()) {
                if (present(a, *key) > 0 && present(b, *key) > 0) {
                    ASSERT_GT(present(kernel.table, *key), 0U) << to_string(operation);
                }
                if (usable(a, *key) > 0 && usable(b, *key) > 0) {
                    ASSERT_GT(usable(kernel.table, *key), 0U) << to_string(operation);
                }
                // What both have is there all the time.
                if (const Service* old = a.find(*key)) {
                    for (const Destination& one : old->destinations) {
                        if (service->find(one.key) != nullptr) {
                            ASSERT_NE(kernel.table.find(*key)->find(one.key), nullptr)
                                << to_string(operation);
                        }
                    }
                }
            }
        }
        EXPECT_EQ(kernel.table, b) << to_string(kernel.table) << "instead of\n" << to_string(b);
        EXPECT_THAT(diff(b, kernel.table, owned), IsEmpty());
        EXPECT_THAT(diff(a, a, owned), IsEmpty());
    }
}

TEST_P(DiffProperty, IsNoLongerThanTheNumberOfDifferences) {
    const Table a = random_table(8);
    const Table b = random_table(8);
    ServiceSet owned;
    for (const auto& [key, service] : a.ordered()) owned.insert(*key);
    size_t differences = 0;
    for (const auto& [key, service] : b.ordered()) {
        const Service* old = a.find(*key);
        if (old == nullptr || old->attributes != service->attributes) ++differences;
        for (const Destination& one : service->destinations) {
            const Destination* found = old == nullptr ? nullptr : old->find(one.key);
            if (found == nullptr || *found != one) ++differences;
        }
        if (old == nullptr) continue;
        for (const Destination& one : old->destinations)
            if (service->find(one.key) == nullptr) ++differences;
    }
    for (const auto& [key, service] : a.ordered())
        if (b.find(*key) == nullptr) ++differences;
    EXPECT_EQ(diff(b, a, owned).size(), differences);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DiffProperty, testing::Range(1U, 201U));

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

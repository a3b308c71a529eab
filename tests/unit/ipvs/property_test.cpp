// What must hold for all tables: the way of `diff` from one to another, and where the reconciler arrives
// after any sequence of wishes, portions, refusals and changes by somebody else. Tables are drawn over few
// keys, so that services and destinations often coincide, and with everything a service or destination can
// carry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fake_kernel.hpp"
#include "holdfast/ipvs/reconciler.hpp"

namespace holdfast::ipvs {
namespace {

using testing::IsEmpty;

class Random {
  public:
    explicit Random(uint32_t seed) : engine_(seed) {}

    uint32_t below(uint32_t limit) { return static_cast<uint32_t>(engine_() % limit); }
    bool one_in(uint32_t count) { return below(count) == 0; }
    template <class Value>
    Value of(std::initializer_list<Value> values) {
        return values.begin()[below(static_cast<uint32_t>(values.size()))];
    }

    ServiceKey key() {
        const Family family = of({Family::ipv4, Family::ipv6});
        if (one_in(3))
            return {.family = family, .firewall_mark = 1 + below(3), .endpoint = {IpAddress::any(family), 0}};
        return {.family = family,
                .protocol = of({Protocol::tcp, Protocol::udp, Protocol::sctp}),
                .endpoint = {address(family, 2), of<uint16_t>({0, 80})}};
    }

    // As a configuration asks for it: also with values that mean nothing beside others.
    ServiceAttributes service_attributes() {
        return {.scheduler = of({"rr", "wrr", "sh"}),
                .flags = {.one_packet = one_in(4),
                          .hashed = one_in(2),
                          .sched1 = one_in(4),
                          .sched2 = one_in(4),
                          .sched3 = one_in(4)},
                .persistence_timeout = of({0U, 0U, 60U, 360U}),
                .persistence_netmask = of({0U, 64U, 0xffffff00U}),
                .persistence_engine = of({"", "", "sip"})};
    }

    // Families mix in a pool.
    Destination destination(uint32_t largest_pool) {
        return {
            {address(of({Family::ipv4, Family::ipv4, Family::ipv6}), largest_pool), of<uint16_t>({0, 80})},
            {.forwarding = {of({ForwardingMethod::masquerade, ForwardingMethod::direct_route,
                                ForwardingMethod::tunnel, ForwardingMethod::tunnel}),
                            of({TunnelType::ipip, TunnelType::gue, TunnelType::gre}),
                            of<uint16_t>({0, 6080, 6081}),
                            of({TunnelChecksum::none, TunnelChecksum::checksum})},
             .weight = of({0, 1, 2}),
             .upper_threshold = of({0U, 0U, 100U}),
             .lower_threshold = of({0U, 0U, 50U})}};
    }

    Service service(uint32_t largest_pool) {
        Service service{service_attributes()};
        for (uint32_t d = below(largest_pool + 1); d > 0; --d) service.put(destination(largest_pool));
        return service;
    }

    Table table(uint32_t largest_pool) {
        Table table;
        for (uint32_t s = below(8); s > 0; --s) table.put(key(), service(largest_pool));
        return table;
    }

  private:
    IpAddress address(Family family, uint32_t count) {
        const auto last = static_cast<uint8_t>(1 + below(count));
        if (family == Family::ipv4) return IpAddress::v4(10, 0, 0, last);
        return *IpAddress::parse("2001:db8::" + std::to_string(last));
    }

    std::mt19937 engine_;
};

Service as_the_kernel_has_it(const ServiceKey& key, Service service) {
    service.attributes = normal(key, std::move(service.attributes));
    for (Destination& one : service.destinations) one.attributes = normal(one.attributes);
    return service;
}

Table as_the_kernel_has_it(const Table& wanted) {
    Table table;
    for (const auto& [key, service] : wanted.ordered()) table.put(*key, as_the_kernel_has_it(*key, *service));
    return table;
}

ServiceSet keys_of(const Table& table) {
    ServiceSet keys;
    for (const auto& [key, service] : table.ordered()) keys.insert(*key);
    return keys;
}

size_t present(const Table& table, const ServiceKey& key) {
    const Service* service = table.find(key);
    return service == nullptr ? 0 : service->destinations.size();
}

size_t usable(const Table& table, const ServiceKey& key) {
    const Service* service = table.find(key);
    if (service == nullptr) return 0;
    return static_cast<size_t>(std::ranges::count_if(
        service->destinations, [](const Destination& one) { return one.attributes.weight > 0; }));
}

// What has to be so at each moment on the way from `a` to `b`, here `now`.
testing::AssertionResult nothing_is_lost(const Table& a, const Table& b, const Table& now) {
    for (const auto& [key, service] : b.ordered()) {
        const auto lost = [&](std::string_view what) {
            return testing::AssertionFailure() << key->to_string() << ": " << what;
        };
        if (present(a, *key) > 0 && present(b, *key) > 0 && present(now, *key) == 0) return lost("empty");
        if (usable(a, *key) > 0 && usable(b, *key) > 0 && usable(now, *key) == 0) return lost("all weigh 0");
        const Service* before = a.find(*key);
        if (before == nullptr) continue;
        if (now.find(*key) == nullptr) return lost("the service that both have");
        for (const Destination& one : before->destinations) {
            if (service->find(one.key) == nullptr) continue;
            const Destination* found = now.find(*key)->find(one.key);
            if (found == nullptr) return lost("a destination that both have");
            // A weight is never outside of what the two say, so a server that keeps its own never notices.
            const auto [low, high] =
                std::minmax(one.attributes.weight, service->find(one.key)->attributes.weight);
            if (found->attributes.weight < low || found->attributes.weight > high) return lost("a weight");
        }
    }
    return testing::AssertionSuccess();
}

class DiffProperty : public testing::TestWithParam<uint32_t> {
  protected:
    Random random{GetParam()};
};

TEST_P(DiffProperty, LeadsFromAToBWithoutEverEmptyingAPool) {
    for (uint32_t largest_pool : {2U, 4U, 40U}) {
        const Table a = as_the_kernel_has_it(random.table(largest_pool));
        const Table b = random.table(largest_pool);
        const ServiceSet owned = keys_of(a);
        FakeKernel kernel;
        kernel.table = a;
        for (const Operation& operation : diff(b, a, owned)) {
            ASSERT_TRUE(kernel.apply({&operation, 1})[0]) << to_string(operation);
            ASSERT_TRUE(nothing_is_lost(a, b, kernel.table)) << to_string(operation);
        }
        EXPECT_EQ(kernel.table, as_the_kernel_has_it(b)) << to_string(kernel.table) << "instead of\n"
                                                         << to_string(b);
        EXPECT_THAT(diff(b, kernel.table, owned), IsEmpty());
        EXPECT_THAT(diff(a, a, owned), IsEmpty());
    }
}

TEST_P(DiffProperty, IsNoLongerThanTheNumberOfDifferences) {
    const Table a = as_the_kernel_has_it(random.table(8));
    const Table b = as_the_kernel_has_it(random.table(8));
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
    EXPECT_EQ(diff(b, a, keys_of(a)).size(), differences);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DiffProperty, testing::Range(1U, 201U));

// The kernel's table is what was wished last, and what others have in it, once it is quiet: whatever was
// wished before, however the work was cut, and whatever the kernel refused or somebody else did meanwhile.
class ReconcilerProperty : public testing::TestWithParam<uint32_t> {
  protected:
    static constexpr uint32_t kLargestPool = 6;

    ServiceKey any_of(const Table& table) {
        return *table.ordered()[random.below(static_cast<uint32_t>(table.size()))].key;
    }
    // Somebody else at work in our services.
    void disturb() {
        if (kernel.table.empty()) return;
        const ServiceKey key = any_of(kernel.table);
        if (!reconciler.owned().contains(key)) return;
        Service& service = *kernel.table.find(key);
        switch (random.below(4)) {
            case 0:
                kernel.table.erase(key);
                break;
            case 1:
                service.attributes = normal(key, random.service_attributes());
                break;
            case 2:
                service.put(random.destination(kLargestPool));
                for (Destination& one : service.destinations) one.attributes = normal(one.attributes);
                break;
            default:
                if (!service.destinations.empty()) service.destinations.pop_back();
        }
    }
    void wish() {
        const Table& desired = reconciler.desired();
        if (random.one_in(3)) return reconciler.set_desired(random.table(kLargestPool));
        if (desired.empty() || random.one_in(2))
            return reconciler.set_service(random.key(), random.service(kLargestPool));
        reconciler.remove_service(any_of(desired));
    }
    void work() {
        const size_t limit = 1 + random.below(20);
        for (uint32_t steps = random.below(6); steps > 0; --steps) reconciler.step(now, limit);
    }

    Random random{GetParam()};
    Instant now{};
    FakeKernel kernel;
    Reconciler reconciler{kernel};
};

TEST_P(ReconcilerProperty, ArrivesAtTheLastWishWhateverHappened) {
    // Keys of others are such as no wish can have.
    Table foreign;
    for (uint8_t last = 1; last <= 3; ++last) foreign.add(tcp_service(last, 9999), {}).put(weighted(last, 1));
    kernel.table = foreign;
    const Table leftovers = as_the_kernel_has_it(random.table(kLargestPool));  // Of an earlier run.
    for (const auto& [key, service] : leftovers.ordered()) kernel.table.put(*key, *service);
    ASSERT_TRUE(reconciler.start());
    reconciler.own(keys_of(leftovers));

    for (int event = 0; event < 60; ++event) {
        switch (random.below(6)) {
            case 0:
            case 1:
                wish();
                break;
            case 2:
                disturb();
                if (!kernel.broken) {
                    ASSERT_TRUE(reconciler.verify(1 + random.below(4)));
                }
                break;
            case 3:
                kernel.broken = random.one_in(3);
                break;
            case 4:
                now += std::chrono::milliseconds(random.below(3000));
                break;
            default:
                work();
        }
    }
    kernel.broken = false;
    ASSERT_TRUE(reconciler.verify_all());
    for (int i = 0; i < 1000 && (!reconciler.idle() || reconciler.deadline()); ++i) {
        if (reconciler.deadline()) now = std::max(now, *reconciler.deadline());
        reconciler.step(now, 7);
    }
    Table expected = as_the_kernel_has_it(reconciler.desired());
    for (const auto& [key, service] : foreign.ordered()) expected.put(*key, *service);
    EXPECT_EQ(kernel.table, expected) << to_string(kernel.table) << "instead of\n" << to_string(expected);

    // Quiet means quiet.
    kernel.seen.clear();
    EXPECT_THAT(*reconciler.verify_all(), IsEmpty());
    reconciler.set_desired(Table(reconciler.desired()));
    reconciler.step(now, 256);
    EXPECT_THAT(kernel.seen, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReconcilerProperty, testing::Range(1U, 301U));

}  // namespace
}  // namespace holdfast::ipvs

// Network tables under management on a kernel of tables: what the tests of NetworkState have in common.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fake_kernel.hpp"
#include "holdfast/netstate/network_state.hpp"

namespace holdfast::netstate::testing {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using What = ObjectEvent::What;

inline const Owner kWeb{"WEB"};
inline const Owner kMail{"MAIL"};
inline const Owner kStatic{};

struct RecordingObserver final : NetworkObserver {
    void on_link_changed(Instant, const LinkInfo& link, const LinkInfo* before) override {
        log.push_back(fmt::format("link {}{}", link.name,
                                  before == nullptr ? " new"
                                  : link.usable()   ? " up"
                                                    : " down"));
        if (on_link) on_link(link);
    }
    void on_link_removed(Instant, const LinkInfo& last) override {
        log.push_back("link " + last.name + " gone");
    }
    void on_address_changed(Instant, const KernelAddress& address, bool present) override {
        log.push_back((present ? "+" : "-") + address.to_string());
    }
    void on_object_events(Instant, std::span<const ObjectEvent> batch) override {
        ++batches;
        events.insert(events.end(), batch.begin(), batch.end());
        if (on_events) on_events(batch);
    }
    void on_news_lost(Instant) override { log.emplace_back("news lost"); }
    void on_settled() override {
        if (on_settle) on_settle();
    }
    void on_news_complete(Instant) override {
        if (on_complete) on_complete();
    }
    std::vector<std::string> take() { return std::exchange(log, {}); }
    std::vector<What> take_events() {
        std::vector<What> kinds;
        for (const ObjectEvent& event : std::exchange(events, {})) kinds.push_back(event.what);
        return kinds;
    }

    std::vector<std::string> log;
    std::vector<ObjectEvent> events;
    int batches = 0;
    std::function<void(const LinkInfo&)> on_link;
    std::function<void()> on_complete;
    std::function<void()> on_settle;
    std::function<void(std::span<const ObjectEvent>)> on_events;
};

inline bool is_any_installed(std::span<const ObjectEvent> events) {
    return std::ranges::any_of(events, [](const ObjectEvent& event) {
        return event.what == What::installed || event.what == What::repaired;
    });
}

class NetworkStateTest : public ::testing::Test {
  protected:
    NetworkStateTest() {
        kernel.now = now;
        kernel.links[2] = {.index = {2}, .name = "eth0", .up = true, .running = true};
        kernel.addresses.push_back(address("192.0.2.9/24"));
    }
    static KernelAddress address(const char* text) {
        return {.interface = {2}, .prefix = *Prefix::parse(text)};
    }
    static AddressSettings vip(const char* text) {
        return {.prefix = *Prefix::parse(text), .interface = "eth0"};
    }
    static Objects vips(std::initializer_list<const char*> texts) {
        Objects objects;
        for (const char* text : texts) objects.addresses.push_back(vip(text));
        return objects;
    }
    void start() {
        ASSERT_TRUE(state.start(now).has_value());
        kernel.take_log();
        observer.take();
        observer.take_events();
    }
    void start_holding(std::initializer_list<const char*> texts) {
        state.define(now, kWeb, vips(texts), true);
        start();
    }
    void advance(Duration by) {
        now += by;
        kernel.now = now;
        if (state.deadline() && *state.deadline() <= now) state.handle_deadline(now);
    }
    /// Somebody removes the address; how long until it is back.
    Duration time_to_repair(const char* text) {
        kernel.outside(RemoveAddress{address(text)});
        const Instant began = now;
        while (!kernel.has(text)) {
            if (!state.deadline()) return Duration::max();
            advance(*state.deadline() - now);
        }
        return now - began;
    }

    Instant now{1h};
    FakeKernel kernel;
    RecordingObserver observer;
    NetworkState state{kernel, observer};
};

class NetworkStateRoutes : public NetworkStateTest {
  protected:
    static RouteSettings route(const char* to) {
        return {.destination = *Prefix::parse(to), .via = IpAddress::v4(192, 0, 2, 254), .interface = "eth0"};
    }
    static RuleSettings rule(uint32_t table) {
        return {.from = Prefix::parse("10.0.0.0/8"), .priority = 100, .table = table};
    }
    void start_with_routes() {
        Objects objects = vips({"192.0.2.100"});
        objects.routes = {route("10.0.0.0/8")};
        objects.rules = {rule(7)};
        state.define(now, kWeb, objects, true);
        start();
    }
};

}  // namespace holdfast::netstate::testing

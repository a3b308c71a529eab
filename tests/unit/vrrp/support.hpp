// What the VRRP tests share: hex, a router under test whose time the test moves, and frames.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <string_view>
#include <vector>

#include "holdfast/vrrp/link.hpp"
#include "holdfast/vrrp/virtual_router.hpp"

namespace holdfast::vrrp {

using namespace std::chrono_literals;

inline std::vector<uint8_t> bytes(std::string_view hex) {
    std::vector<uint8_t> result;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
        uint8_t value = 0;
        std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
        result.push_back(value);
    }
    return result;
}

inline IpAddress address(std::string_view text) {
    return IpAddress::parse(text).value();
}

inline const IpAddress kOwn = IpAddress::v4(10, 9, 0, 5);
inline const IpAddress kHigher = IpAddress::v4(10, 9, 0, 9);
inline const IpAddress kLower = IpAddress::v4(10, 9, 0, 1);

inline RouterSettings settings(uint8_t priority = 100, Version version = Version::v2) {
    RouterSettings result;
    result.name = "VI_1";
    result.vrid = {51};
    result.version = version;
    result.priority = {priority};
    result.wants_master = priority == 255;
    result.addresses = {IpAddress::v4(192, 0, 2, 200)};
    return result;
}

inline AdvertReceived advert(uint8_t priority, const IpAddress& source = kHigher, Duration interval = 1s) {
    AdvertReceived event;
    event.reading.advert = Advert{source, {priority}, interval};
    return event;
}

// The actions without the log lines, which have tests of their own.
inline std::vector<Action> deeds(const Actions& actions) {
    std::vector<Action> result;
    for (const Action& action : actions.view())
        if (!std::holds_alternative<Log>(action)) result.push_back(action);
    return result;
}

inline std::vector<std::string> lines(const Actions& actions) {
    std::vector<std::string> result;
    for (const Action& action : actions.view())
        if (const auto* log = std::get_if<Log>(&action)) result.push_back(describe(log->event, "VI_1"));
    return result;
}

template <class T>
std::vector<T> all(const Actions& actions) {
    std::vector<T> result;
    for (const Action& action : actions.view())
        if (const auto* found = std::get_if<T>(&action)) result.push_back(*found);
    return result;
}

class RouterTest : public testing::Test {
  protected:
    void make(RouterSettings with) { router = VirtualRouter(std::move(with), kOwn); }
    void send(const Event& event) {
        actions.clear();
        router.handle(now, event, actions);
    }
    void advance(Duration by) {
        now += by;
        send(DeadlineReached{});
    }
    // Lets the machine run into its next deadline.
    void expire() {
        now = router.deadline().value();
        send(DeadlineReached{});
    }
    void start() { send(Startup{}); }
    void become_master() {
        start();
        if (!router.is_master()) expire();
        ASSERT_TRUE(router.is_master());
        actions.clear();
    }
    Duration remaining() const { return router.deadline().value() - now; }
    State state() const { return router.reported_state(); }

    Instant now{1h};
    VirtualRouter router{settings(), kOwn};
    Actions actions;
};

inline std::ostream& operator<<(std::ostream& out, State state) {
    return out << to_string(state);
}

}  // namespace holdfast::vrrp

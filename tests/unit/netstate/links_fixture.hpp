// A kernel of tables with one interface, and VMACs to be made on it: what the tests of the links have in
// common.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fake_kernel.hpp"
#include "holdfast/netstate/links.hpp"
#include "holdfast/netstate/network_state.hpp"

namespace holdfast::netstate::testing {

using namespace std::chrono_literals;
using What = ObjectEvent::What;

class LinkObserver final : public NetworkObserver {
  public:
    void on_link_changed(Instant, const LinkInfo&, const LinkInfo*) override {}
    void on_link_removed(Instant, const LinkInfo&) override {}
    void on_address_changed(Instant, const KernelAddress&, bool) override {}
    void on_object_events(Instant, std::span<const ObjectEvent> news) override {
        for (const ObjectEvent& event : news)
            if (event.kind == ObjectKind::link) events.push_back(event);
    }
    void on_news_complete(Instant) override {
        if (on_complete) on_complete();
    }
    std::vector<What> take() {
        std::vector<What> all;
        for (const ObjectEvent& event : std::exchange(events, {})) all.push_back(event.what);
        return all;
    }
    std::vector<ObjectEvent> events;
    std::function<void()> on_complete;
};

inline LinkInfo ethernet(uint32_t index, const std::string& name) {
    LinkInfo link;
    link.index = {index};
    link.name = name;
    link.up = link.running = link.multicast = true;
    link.mac.bytes = {2, 0, 0, 0, 0, 0x0a};
    return link;
}

inline VirtualLink vmac(Family family = Family::ipv4) {
    VirtualLink link;
    link.name = family == Family::ipv4 ? "vrrp.51" : "vrrp6.51";
    link.base = "eth0";
    link.instance = "VI";
    link.mac = virtual_router_mac(family, 51);
    link.family = family;
    link.ipv6 = link.link_local = family == Family::ipv6;
    return link;
}

class LinksTest : public ::testing::Test {
  protected:
    LinksTest() {
        kernel.set_link(ethernet(2, "eth0"));
        (void)state.start(now);
        kernel.take_log();
    }
    void define(const VirtualLink& link) { state.define_links(now, {link}); }
    void deliver() {
        kernel.now = now;
        kernel.deliver_changes();
    }
    const LinkInfo* link(const std::string& name) const { return state.mirror().link(name); }
    std::vector<std::string> addresses_of(const std::string& name) const {
        std::vector<std::string> texts;
        for (const KernelAddress& address : state.mirror().addresses(link(name)->index))
            texts.push_back(address.to_string());
        return texts;
    }
    void add_address(uint32_t interface, const char* prefix) {
        KernelAddress address;
        address.interface = {interface};
        address.prefix = *Prefix::parse(prefix);
        kernel.outside(AddAddress{address});
    }
    void remove_address(uint32_t interface, const char* prefix) {
        KernelAddress address;
        address.interface = {interface};
        address.prefix = *Prefix::parse(prefix);
        kernel.outside(RemoveAddress{address});
    }

    Instant now{1h};
    FakeKernel kernel;
    LinkObserver observer;
    NetworkState state{kernel, observer};
};

}  // namespace holdfast::netstate::testing

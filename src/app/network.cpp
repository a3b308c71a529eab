#include "holdfast/app/network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/netstate/resolve.hpp"

namespace holdfast::app {

Network::Network(Edges& edges)
    : edges_(edges), state_(edges.network, *this), repair_(edges.timers, [this] {
          state_.handle_deadline(edges_.timers.now());
          arm();
      }) {}

Result<> Network::start() {
    auto result = state_.start(edges_.timers.now());
    arm();
    return result;
}

void Network::define(const netstate::Owner& owner, netstate::Objects objects, bool hold) {
    state_.define(edges_.timers.now(), owner, std::move(objects), hold);
    arm();
}

void Network::hold(const netstate::Owner& owner) {
    state_.hold(edges_.timers.now(), owner);
    arm();
}

void Network::release(const netstate::Owner& owner) {
    state_.release(edges_.timers.now(), owner);
    arm();
}

void Network::forget(const netstate::Owner& owner, bool remove) {
    state_.forget(edges_.timers.now(), owner, remove);
    arm();
}

void Network::remove_stale_routes(std::span<const netstate::RouteSettings> wanted) {
    state_.remove_stale_routes(edges_.timers.now(), wanted);
    arm();
}

void Network::define_links(std::vector<netstate::VirtualLink> links) {
    if (links.empty()) return;
    state_.define_links(edges_.timers.now(), std::move(links));
    arm();
}

void Network::forget_link(const std::string& name, bool remove) {
    state_.forget_link(edges_.timers.now(), name, remove);
    arm();
}

void Network::define_sysctls(const netstate::Owner& owner, std::vector<netstate::SysctlWish> wishes) {
    state_.define_sysctls(edges_.timers.now(), owner, std::move(wishes));
    arm();
}

void Network::arm() {
    if (const auto deadline = state_.deadline()) {
        repair_.arm(*deadline);
    } else {
        repair_.cancel();
    }
}

InterfaceIndex Network::index_of(std::string_view interface) const {
    const netstate::LinkInfo* link = mirror().link(interface);
    return link == nullptr ? InterfaceIndex{} : link->index;
}

bool Network::is_usable(std::string_view interface) const {
    const netstate::LinkInfo* link = mirror().link(interface);
    return link != nullptr && link->usable();
}

std::optional<IpAddress> Network::source_address(std::string_view interface, Family family) const {
    const InterfaceIndex index = index_of(interface);
    if (!index) return std::nullopt;
    return state_.source_address(index, family);
}

bool Network::left_by_us(std::span<const netstate::AddressSettings> addresses) const {
    return !addresses.empty() &&
           std::ranges::all_of(addresses, [this](const netstate::AddressSettings& settings) {
               const auto wanted = netstate::resolve(settings, mirror());
               if (!wanted) return false;
               const netstate::KernelAddress* present = mirror().address(wanted->key());
               return present != nullptr && present->protocol == netstate::kAddressProtocol;
           });
}

void Network::on_link_changed(Instant now, const netstate::LinkInfo& link, const netstate::LinkInfo* before) {
    for (netstate::NetworkObserver* observer : observers_) observer->on_link_changed(now, link, before);
}

void Network::on_link_removed(Instant now, const netstate::LinkInfo& last) {
    for (netstate::NetworkObserver* observer : observers_) observer->on_link_removed(now, last);
}

void Network::on_address_changed(Instant now, const netstate::KernelAddress& address, bool present) {
    for (netstate::NetworkObserver* observer : observers_)
        observer->on_address_changed(now, address, present);
}

void Network::log_link(const netstate::ObjectEvent& event) {
    using What = netstate::ObjectEvent::What;
    const std::string& owner = event.owner.instance;
    switch (event.what) {
        case What::installed:
            edges_.log.detail(Part::vrrp,
                              fmt::format("({}): Success creating VMAC interface {}", owner, event.text));
            break;
        case What::adopted:
            edges_.log.info(Part::vrrp, fmt::format("({}) Found matching interface {}", owner, event.text));
            break;
        case What::lost:
            edges_.log.write(Part::vrrp, LogLevel::warning,
                             fmt::format("({}) {} was removed by somebody else", owner, event.text));
            break;
        case What::repaired:
            edges_.log.write(
                Part::vrrp, LogLevel::warning,
                fmt::format("({}) {} made again, {} time(s) so far", owner, event.text, event.repairs));
            break;
        case What::refused:
            edges_.log.write(Part::vrrp, LogLevel::error,
                             fmt::format("({}) {}: {}", owner, event.text, event.error.message));
            break;
        case What::removed:
            edges_.log.detail(Part::vrrp,
                              fmt::format("({}) Success removing VMAC interface {}", owner, event.text));
            break;
    }
}

void Network::on_object_events(Instant now, std::span<const netstate::ObjectEvent> events) {
    using What = netstate::ObjectEvent::What;
    for (const netstate::ObjectEvent& event : events) {
        if (event.kind == netstate::ObjectKind::link) {
            log_link(event);
            continue;
        }
        const std::string where = event.interface.empty() ? "" : " on " + event.interface;
        const std::string owner = event.owner.is_static() ? "static" : event.owner.instance;
        switch (event.what) {
            case What::lost:
                edges_.log.write(
                    Part::vrrp, LogLevel::warning,
                    fmt::format(
                        "({}) {}{} was removed by somebody else{}", owner, event.text, where,
                        event.requester == 0 ? "" : fmt::format(" (netlink port {})", event.requester)));
                break;
            case What::repaired:
                edges_.log.write(Part::vrrp, LogLevel::warning,
                                 fmt::format("({}) {}{} put back, {} time(s) so far", owner, event.text,
                                             where, event.repairs));
                break;
            case What::refused:
                edges_.log.write(Part::vrrp, LogLevel::error,
                                 fmt::format("({}) {}{}: {}", owner, event.text, where, event.error.message));
                break;
            case What::adopted:
                edges_.log.detail(Part::vrrp,
                                  fmt::format("({}) {}{} is already there", owner, event.text, where));
                break;
            case What::installed:
            case What::removed:
                break;
        }
    }
    for (netstate::NetworkObserver* observer : observers_) observer->on_object_events(now, events);
}

}  // namespace holdfast::app

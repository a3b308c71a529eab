#include "holdfast/app/network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/netstate/resolve.hpp"

namespace holdfast::app {

namespace {

/// Losses and repairs of more addresses at once than these share a line: `ip address flush` takes a thousand.
constexpr size_t kTellEach = 8;

/// News that is lost again within this time is lost for the same reason.
constexpr Duration kStormEnds = std::chrono::seconds(5);

}  // namespace

Network::Network(Edges& edges)
    : edges_(edges),
      state_(edges.network, *this),
      repair_(edges.timers, [this] { state_.handle_deadline(edges_.timers.now()); }) {}

Result<> Network::start() {
    return state_.start(edges_.timers.now());
}

void Network::define(const netstate::Owner& owner, netstate::SharedObjects objects, bool hold) {
    state_.define(edges_.timers.now(), owner, std::move(objects), hold);
}

void Network::hold(const netstate::Owner& owner) {
    state_.hold(edges_.timers.now(), owner);
}

void Network::release(const netstate::Owner& owner) {
    state_.release(edges_.timers.now(), owner);
}

void Network::forget(const netstate::Owner& owner, bool remove) {
    state_.forget(edges_.timers.now(), owner, remove);
}

void Network::rename(std::vector<netstate::RenamedOwner> names) {
    if (names.empty()) return;
    state_.rename(edges_.timers.now(), std::move(names));
}

void Network::remove_stale_routes(std::span<const netstate::RouteSettings> wanted) {
    state_.remove_stale_routes(edges_.timers.now(), wanted);
}

void Network::remove_leftovers() {
    for (const std::string& removal : state_.remove_leftovers(edges_.timers.now()))
        edges_.log.info(Part::vrrp, fmt::format("left by the last run, which crashed: {}", removal));
}

void Network::define_links(std::vector<netstate::VirtualLink> links) {
    if (links.empty()) return;
    state_.define_links(edges_.timers.now(), std::move(links));
}

void Network::forget_link(const std::string& name, bool remove) {
    state_.forget_link(edges_.timers.now(), name, remove);
}

void Network::define_sysctls(const netstate::Owner& owner, std::vector<netstate::SysctlWish> wishes) {
    state_.define_sysctls(edges_.timers.now(), owner, std::move(wishes));
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

std::vector<Shared<netstate::AddressSettings>> Network::left_by_us(
    std::span<const Shared<netstate::AddressSettings>> addresses) const {
    std::vector<Shared<netstate::AddressSettings>> left;
    for (const Shared<netstate::AddressSettings>& settings : addresses) {
        const auto wanted = netstate::resolve(settings, mirror());
        const netstate::KernelAddress* present = wanted ? mirror().address(wanted->key()) : nullptr;
        if (present != nullptr && present->protocol == netstate::kAddressProtocol) left.push_back(settings);
    }
    return left;
}

void Network::on_link_changed(Instant now, const netstate::LinkInfo& link, const netstate::LinkInfo* before) {
    for (netstate::NetworkObserver* observer : observers_) observer->on_link_changed(now, link, before);
}

void Network::on_link_removed(Instant now, const netstate::LinkInfo& last) {
    for (netstate::NetworkObserver* observer : observers_) observer->on_link_removed(now, last);
}

void Network::on_address_changed(Instant now, const netstate::KernelAddress& address, bool present) {
    if (tells_addresses_) {
        const netstate::LinkInfo* link = mirror().link(address.interface);
        edges_.log.info(Part::vrrp,
                        fmt::format("Netlink reflector reports IP {} {} {}",
                                    address.prefix.address.to_string(), present ? "added to" : "removed from",
                                    link != nullptr ? link->name : "an interface"));
    }
    for (netstate::NetworkObserver* observer : observers_)
        observer->on_address_changed(now, address, present);
}

void Network::log_link(const netstate::ObjectEvent& event) {
    using What = netstate::ObjectEvent::What;
    const std::string& owner = event.owner.instance;
    switch (event.what) {
        case What::installed: {
            const netstate::LinkInfo* made = mirror().link(event.text);
            const bool is_ipvlan = made != nullptr && made->kind == "ipvlan";
            edges_.log.detail(Part::vrrp, fmt::format("({}): Success creating {} interface {}", owner,
                                                      is_ipvlan ? "ipvlan" : "VMAC", event.text));
            break;
        }
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

/// `what`: the object, or how many of them.
void Network::log_object(const netstate::ObjectEvent& event, const std::string& what) {
    using What = netstate::ObjectEvent::What;
    const std::string owner = event.owner.is_static() ? "static" : event.owner.instance;
    const std::string where = event.interface.empty() ? "" : " on " + event.interface;
    const auto say = [&](LogLevel level, const std::string& rest) {
        edges_.log.write(Part::vrrp, level, fmt::format("({}) {}{}{}", owner, what, where, rest));
    };
    switch (event.what) {
        case What::lost: {
            std::string who;
            if (event.requester != 0) {
                const std::string name = edges_.network.requester_name(event.requester);
                who = name.empty() ? fmt::format(" (netlink port {})", event.requester)
                                   : fmt::format(" ({}, process {})", name, event.requester);
            }
            if (event.delay == Duration::zero()) {
                say(LogLevel::warning, " was removed by somebody else" + who);
            } else {
                say(LogLevel::warning,
                    fmt::format(" is removed by somebody else{} again and again: put back {} time(s) so far, "
                                "the next time in {} ms",
                                who, event.repairs,
                                std::chrono::duration_cast<std::chrono::milliseconds>(event.delay).count()));
            }
            break;
        }
        case What::repaired:
            say(LogLevel::warning, fmt::format(" put back, {} time(s) so far", event.repairs));
            break;
        case What::refused:
            say(LogLevel::error, ": " + event.error.message);
            break;
        case What::adopted:
            edges_.log.detail(Part::vrrp, fmt::format("({}) {}{} is already there", owner, what, where));
            break;
        case What::installed:
        case What::removed:
            break;
    }
}

/// A line for each; what happens to many of one owner in the same way at the same moment is one line.
void Network::log_objects(std::span<const netstate::ObjectEvent> events) {
    using What = netstate::ObjectEvent::What;
    const auto is_alike = [](const netstate::ObjectEvent& left, const netstate::ObjectEvent& right) {
        return left.what == right.what && left.kind == right.kind && left.owner == right.owner &&
               left.interface == right.interface && left.requester == right.requester &&
               left.delay == right.delay && left.repairs == right.repairs;
    };
    while (!events.empty()) {
        const netstate::ObjectEvent& first = events.front();
        const auto end = std::ranges::find_if(
            events, [&](const netstate::ObjectEvent& event) { return !is_alike(first, event); });
        const auto count = static_cast<size_t>(end - events.begin());
        const bool is_told_once =
            count > kTellEach && first.kind == netstate::ObjectKind::address && first.what != What::refused;
        if (is_told_once) {
            log_object(first, fmt::format("each of {} addresses, {} to {},", count, first.text,
                                          events[count - 1].text));
        } else {
            for (const netstate::ObjectEvent& event : events.first(count)) {
                if (event.kind == netstate::ObjectKind::link) {
                    log_link(event);
                } else {
                    log_object(event, event.text);
                }
            }
        }
        events = events.subspan(count);
    }
}

void Network::on_object_events(Instant now, std::span<const netstate::ObjectEvent> events) {
    log_objects(events);
    for (netstate::NetworkObserver* observer : observers_) observer->on_object_events(now, events);
}

void Network::on_news_lost(Instant now) {
    const bool is_same_storm = news_lost_at_ && now - *news_lost_at_ < kStormEnds;
    news_lost_at_ = now;
    if (!is_same_storm) {
        edges_.log.write(Part::vrrp, LogLevel::warning,
                         "Netlink: Receive buffer overrun on monitor socket - (No buffer space available): "
                         "everything is read again; vrrp_netlink_monitor_rcv_bufs makes the buffer larger");
    }
    for (netstate::NetworkObserver* observer : observers_) observer->on_news_lost(now);
}

void Network::on_news_complete(Instant now) {
    for (netstate::NetworkObserver* observer : observers_) observer->on_news_complete(now);
}

}  // namespace holdfast::app

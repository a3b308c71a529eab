// What an earlier run has left in the kernel.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "holdfast/netstate/network_state.hpp"
#include "holdfast/netstate/resolve.hpp"

namespace holdfast::netstate {

namespace {

/// A macvlan of the kind we make, with a MAC address that only virtual routers have (RFC 9568, 7.3).
bool is_vmac(const LinkInfo& link) {
    const auto& mac = link.mac.bytes;
    return link.kind == "macvlan" && link.mode == kMacvlanPrivate && mac[0] == 0 && mac[1] == 0 &&
           mac[2] == 0x5e && mac[3] == 0 && (mac[4] == 1 || mac[4] == 2);
}

}  // namespace

void NetworkState::remove_stale_routes(Instant now, std::span<const RouteSettings> wanted) {
    if (wanted.empty()) return;
    std::set<uint8_t> protocols(protocols_.begin(), protocols_.end());
    for (const RouteSettings& route : wanted) protocols.insert(route.protocol);
    protocols_.assign(protocols.begin(), protocols.end());
    kernel_.watch_protocols(protocols_);
    if (!reload_mirror(now)) {
        is_dirty_ = true;
        return;
    }
    std::multimap<RouteKey, KernelRoute> places;
    for (const RouteSettings& settings : wanted) {
        // An unknown interface is no place for a route yet.
        if (auto route = resolve(settings, mirror_)) places.emplace(route->key(), *std::move(route));
    }
    std::vector<Operation> removals;
    for (const KernelRoute& have : mirror_.routes()) {
        const auto [first, last] = places.equal_range(have.key());
        const bool is_wanted =
            std::any_of(first, last, [&](const auto& place) { return matches(place.second, have); });
        // Only what carries the number of our own kind can be ours.
        if (first != last && !is_wanted && have.protocol == kRouteProtocol)
            removals.emplace_back(RemoveRoute{have});
    }
    if (removals.empty()) return;
    (void)apply(now, removals);
    kernel_.deliver_changes();
}

std::vector<std::string> NetworkState::remove_leftovers(Instant now) {
    std::set<uint8_t> protocols(protocols_.begin(), protocols_.end());
    protocols.insert(kRouteProtocol);
    kernel_.watch_protocols(std::vector<uint8_t>(protocols.begin(), protocols.end()));
    const auto dumped = kernel_.dump();
    kernel_.watch_protocols(protocols_);
    if (!dumped) return {};

    std::vector<Operation> removals;
    for (const KernelRule& rule : dumped->rules)
        if (rule.protocol == kRouteProtocol && !reconciler_.knows(rule, mirror_))
            removals.emplace_back(RemoveRule{rule});
    for (const KernelRoute& route : dumped->routes)
        if (route.protocol == kRouteProtocol && !reconciler_.knows(route, mirror_))
            removals.emplace_back(RemoveRoute{route});
    for (const KernelAddress& address : dumped->addresses) {
        const LinkInfo* link = mirror_.link(address.interface);
        const bool is_of_our_link = link != nullptr && (links_.is_ours(link->name) || is_vmac(*link));
        if (address.protocol == kAddressProtocol && !is_of_our_link && !reconciler_.knows(address, mirror_))
            removals.emplace_back(RemoveAddress{address});
    }
    for (const LinkInfo& link : dumped->links)
        if (is_vmac(link) && !links_.is_ours(link.name))
            removals.emplace_back(RemoveLink{link.index, link.name});
    std::vector<std::string> removed;
    if (removals.empty()) return removed;
    const std::vector<Result<>> results = apply(now, removals);
    for (size_t i = 0; i < removals.size(); ++i)
        if (results[i]) removed.push_back(to_string(removals[i]));
    kernel_.deliver_changes();
    return removed;
}

}  // namespace holdfast::netstate

#include "holdfast/netstate/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast::netstate {

namespace {

/// The first (`ones` false) or last address of the network of `prefix`, IPv4.
IpAddress edge_of_network(const Prefix& prefix, bool ones) {
    const IpAddress network = prefix.address.network(prefix.length);
    if (!ones) return network;
    uint32_t number = 0;
    for (const uint8_t byte : network.bytes()) number = number << 8U | byte;
    number |= 0xffffffffU >> prefix.length;  // Never called for lengths above 30.
    return IpAddress::v4(static_cast<uint8_t>(number >> 24U), static_cast<uint8_t>(number >> 16U),
                         static_cast<uint8_t>(number >> 8U), static_cast<uint8_t>(number));
}

std::optional<IpAddress> broadcast_of(const AddressSettings& settings) {
    if (!settings.prefix.address.is_v4()) return std::nullopt;
    if (settings.broadcast) return *settings.broadcast;
    const bool computed = settings.broadcast_all_ones || settings.broadcast_network;
    // With a peer the network is the peer's, which is a single address in keepalived's syntax.
    if (!computed || settings.peer || settings.prefix.length > 30) return std::nullopt;
    return edge_of_network(settings.prefix, settings.broadcast_all_ones);
}

uint32_t flags_of(const AddressSettings& settings) {
    uint32_t flags = 0;
    if (settings.prefix.address.is_v6() && !settings.dad) flags |= address_flag::kNoDad;
    if (settings.home) flags |= address_flag::kHome;
    if (settings.mngtmpaddr) flags |= address_flag::kManageTemporary;
    if (settings.noprefixroute) flags |= address_flag::kNoPrefixRoute;
    if (settings.autojoin) flags |= address_flag::kAutoJoin;
    return flags;
}

uint32_t preferred_lifetime_of(const AddressSettings& settings) {
    // Only IPv6 knows deprecated addresses. A /128 is not to be chosen as the source of our own connections.
    if (settings.prefix.address.is_v4()) return kForever;
    return settings.preferred_lifetime.value_or(settings.prefix.length == 128 ? 0 : kForever);
}

Result<InterfaceIndex> index_of(const std::string& name, const Mirror& mirror) {
    if (const LinkInfo* link = mirror.link(name)) return link->index;
    return fail(fmt::format("interface {} does not exist", name));
}

Result<KernelNextHop> next_hop(const std::optional<IpAddress>& via, const std::string& interface,
                               const std::vector<std::string>& encapsulation, const Mirror& mirror) {
    KernelNextHop hop{
        .via = via, .interface = {}, .weight = 1, .onlink = false, .realms = {}, .encapsulation = {}};
    if (!encapsulation.empty()) {
        auto tunnel = parse_encapsulation(encapsulation);
        if (!tunnel) return fail(fmt::format("encap {} is not understood", fmt::join(encapsulation, " ")));
        hop.encapsulation = *std::move(tunnel);
    }
    if (!interface.empty()) {
        auto index = index_of(interface, mirror);
        if (!index) return Failure(index.error());
        hop.interface = *index;
    }
    return hop;
}

/// Everything but the ways it goes.
KernelRoute without_hops(const RouteSettings& settings) {
    KernelRoute route;
    route.family = settings.family;
    route.type = settings.type;
    route.table = settings.table;
    route.destination = settings.destination;
    // A default route is written without an address; its family says which one is meant.
    if (route.destination.address.family() != settings.family)
        route.destination = {IpAddress::any(settings.family), 0};
    route.source = settings.from;
    route.tos = settings.tos;
    // The kernel turns an IPv6 metric of 0 into IP6_RT_PRIO_USER.
    const uint32_t metric = settings.priority.value_or(0);
    route.priority = settings.family == Family::ipv6 && metric == 0 ? 1024 : metric;
    route.protocol = settings.protocol;
    route.scope = settings.family == Family::ipv4 ? settings.scope : uint8_t{0};
    route.preferred_source = settings.preferred_source;
    route.realms = settings.realms;
    route.expires = settings.expires;
    route.preference = settings.preference;
    route.ttl_propagate = settings.ttl_propagate;
    route.metrics = settings.metrics;
    std::ranges::sort(route.metrics, {}, &RouteMetric::number);
    route.congestion_control = settings.congestion_control;
    return route;
}

}  // namespace

RouteKey place_of(const RouteSettings& settings) {
    return without_hops(settings).key();
}

KernelAddress resolve(const AddressSettings& settings, InterfaceIndex interface) {
    KernelAddress address;
    address.interface = interface;
    address.prefix = settings.prefix;
    if (settings.peer) {
        // `peer` takes the place of the prefix: the local address has no network of its own.
        address.peer = settings.peer->address;
        address.prefix.length = settings.peer->length;
    }
    address.broadcast = broadcast_of(settings);
    if (settings.prefix.address.is_v4()) address.label = settings.label;
    address.scope = settings.scope;
    address.flags = flags_of(settings);
    address.protocol = kAddressProtocol;
    address.preferred_lifetime = preferred_lifetime_of(settings);
    return address;
}

Result<KernelAddress> resolve(const AddressSettings& settings, const Mirror& mirror) {
    auto index = index_of(settings.interface, mirror);
    if (!index) return Failure(index.error());
    return resolve(settings, *index);
}

Result<KernelRoute> resolve(const RouteSettings& settings, const Mirror& mirror) {
    KernelRoute route = without_hops(settings);
    if (settings.via || !settings.interface.empty() || !settings.encapsulation.empty()) {
        auto hop = next_hop(settings.via, settings.interface, settings.encapsulation, mirror);
        if (!hop) return Failure(hop.error());
        hop->onlink = settings.onlink;
        route.next_hops.push_back(*hop);
    }
    for (const NextHop& wanted : settings.next_hops) {
        auto hop = next_hop(wanted.via, wanted.interface, wanted.encapsulation, mirror);
        if (!hop) return Failure(hop.error());
        hop->weight = wanted.weight;
        hop->onlink = wanted.onlink;
        hop->realms = wanted.realms;
        route.next_hops.push_back(*hop);
    }
    return route;
}

KernelRule resolve(const RuleSettings& settings) {
    KernelRule rule = settings;
    rule.no_track = false;
    rule.track_group.clear();
    // The kernel makes no difference between "all" and no address at all.
    if (rule.from && rule.from->length == 0) rule.from.reset();
    if (rule.to && rule.to->length == 0) rule.to.reset();
    if (rule.mark && !rule.mask) rule.mask = 0xffffffff;
    // FR_ACT_TO_TBL without a table means the main one.
    if (rule.action == 1 && !rule.l3mdev && rule.table == 0) rule.table = 254;
    return rule;
}

}  // namespace holdfast::netstate

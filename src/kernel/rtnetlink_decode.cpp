#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "holdfast/kernel/rtnetlink_codec.hpp"
#include "netlink_attributes.hpp"
#include "rtnetlink_encap.hpp"

namespace holdfast::kernel {

using namespace netstate;

namespace {

constexpr int kIfaProto = 11;  // linux/if_addr.h since 5.18.

std::optional<Family> family_of(uint8_t number) {
    if (number == AF_INET) return Family::ipv4;
    if (number == AF_INET6) return Family::ipv6;
    return std::nullopt;
}

uint64_t from_network_order(uint64_t value) {
    return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

std::optional<LinkInfo> decode_link(const NetlinkHeader& message) {
    const auto header = message.family_header<ifinfomsg>();
    // Bridges report their ports in this group too, under their own family; a port that leaves a bridge is
    // not gone.
    if (!header || header->ifi_family != AF_UNSPEC || header->ifi_index <= 0) return std::nullopt;
    const NetlinkAttributes<IFLA_MAX> attributes(message.attributes<ifinfomsg>());
    LinkInfo link;
    link.index = {static_cast<uint32_t>(header->ifi_index)};
    link.name = attributes.text(IFLA_IFNAME);
    // Wireless events come without a name and say nothing about the link.
    if (link.name.empty()) return std::nullopt;
    link.up = (header->ifi_flags & IFF_UP) != 0;
    link.running = (header->ifi_flags & IFF_RUNNING) != 0;
    link.loopback = (header->ifi_flags & IFF_LOOPBACK) != 0;
    link.point_to_point = (header->ifi_flags & IFF_POINTOPOINT) != 0;
    link.multicast = (header->ifi_flags & IFF_MULTICAST) != 0;
    link.arp = (header->ifi_flags & IFF_NOARP) == 0;
    link.hardware_type = header->ifi_type;
    link.mtu = attributes.value<uint32_t>(IFLA_MTU).value_or(0);
    const auto mac = attributes.bytes(IFLA_ADDRESS);
    std::copy_n(mac.begin(), std::min(mac.size(), link.mac.bytes.size()), link.mac.bytes.begin());
    link.master = {attributes.value<uint32_t>(IFLA_MASTER).value_or(0)};
    // An index in another namespace means nothing here.
    if (!attributes.has(IFLA_LINK_NETNSID)) link.lower = {attributes.value<uint32_t>(IFLA_LINK).value_or(0)};
    const NetlinkAttributes<IFLA_INFO_MAX> info(attributes.bytes(IFLA_LINKINFO));
    link.kind = info.text(IFLA_INFO_KIND);
    if (link.kind == "macvlan") {
        const NetlinkAttributes<IFLA_MACVLAN_MAX> data(info.bytes(IFLA_INFO_DATA));
        link.mode = data.value<uint32_t>(IFLA_MACVLAN_MODE).value_or(0);
    } else if (link.kind == "ipvlan") {
        const NetlinkAttributes<IFLA_IPVLAN_MAX> data(info.bytes(IFLA_INFO_DATA));
        link.mode = data.value<uint16_t>(IFLA_IPVLAN_MODE).value_or(0);
        link.kind_flags = data.value<uint16_t>(IFLA_IPVLAN_FLAGS).value_or(0);
    }
    link.group = attributes.value<uint32_t>(IFLA_GROUP).value_or(0);
    return link;
}

std::optional<KernelAddress> decode_address(const NetlinkHeader& message) {
    const auto header = message.family_header<ifaddrmsg>();
    const auto family = !header ? std::nullopt : family_of(header->ifa_family);
    if (!family) return std::nullopt;
    const NetlinkAttributes<kIfaProto> attributes(message.attributes<ifaddrmsg>());
    const auto local = attributes.address(IFA_LOCAL, *family);
    const auto other = attributes.address(IFA_ADDRESS, *family);
    if (!local && !other) return std::nullopt;
    KernelAddress address;
    address.interface = {header->ifa_index};
    address.prefix = {local.value_or(*(other ? other : local)), header->ifa_prefixlen};
    if (address.prefix.length > address.prefix.address.max_prefix_length()) return std::nullopt;
    if (local && other && *local != *other) address.peer = other;
    address.broadcast = attributes.address(IFA_BROADCAST, *family);
    address.label = attributes.text(IFA_LABEL);
    address.scope = header->ifa_scope;
    address.flags = attributes.value<uint32_t>(IFA_FLAGS).value_or(header->ifa_flags);
    address.protocol = attributes.value<uint8_t>(kIfaProto).value_or(0);
    if (const auto lifetimes = attributes.value<ifa_cacheinfo>(IFA_CACHEINFO)) {
        address.valid_lifetime = lifetimes->ifa_valid;
        address.preferred_lifetime = lifetimes->ifa_prefered;
    }
    return address;
}

std::optional<IpAddress> gateway(const NetlinkAttributes<RTA_MAX>& attributes, Family family) {
    if (auto via = attributes.address(RTA_GATEWAY, family)) return via;
    const auto other = attributes.bytes(RTA_VIA);  // struct rtvia: family, then the address.
    if (other.size() < 2) return std::nullopt;
    return IpAddress::from_bytes(other.subspan(2));
}

/// False when the list is malformed.
bool decode_multipath(std::span<const uint8_t> list, KernelRoute& route) {
    while (!list.empty()) {
        rtnexthop header;
        if (list.size() < sizeof header) return false;
        std::memcpy(&header, list.data(), sizeof header);
        if (header.rtnh_len < sizeof header || header.rtnh_len > list.size()) return false;
        const NetlinkAttributes<RTA_MAX> attributes(
            list.subspan(sizeof header, header.rtnh_len - sizeof header));
        KernelNextHop hop;
        hop.via = gateway(attributes, route.family);
        hop.interface = {static_cast<uint32_t>(header.rtnh_ifindex)};
        hop.weight = header.rtnh_hops + 1U;
        hop.onlink = (header.rtnh_flags & RTNH_F_ONLINK) != 0;
        hop.realms = attributes.value<uint32_t>(RTA_FLOW);
        hop.encapsulation = read_encapsulation(attributes);
        route.next_hops.push_back(std::move(hop));
        const size_t step = NLMSG_ALIGN(size_t{header.rtnh_len});
        list = list.subspan(std::min(list.size(), step));
    }
    return true;
}

void decode_metrics(std::span<const uint8_t> nested, KernelRoute& route) {
    const NetlinkAttributes<RTAX_MAX> metrics(nested);
    const uint32_t locked = metrics.value<uint32_t>(RTAX_LOCK).value_or(0);
    for (uint32_t number = RTAX_LOCK + 1; number <= RTAX_MAX; ++number) {
        if (number == RTAX_CC_ALGO) {
            if ((locked & 1U << number) != 0) route.metrics.push_back({number, 0, true});
            continue;
        }
        if (const auto value = metrics.value<uint32_t>(static_cast<int>(number)))
            route.metrics.push_back({number, *value, (locked & 1U << number) != 0});
    }
    route.congestion_control = metrics.text(RTAX_CC_ALGO);
}

std::optional<KernelRoute> decode_route(const NetlinkHeader& message) {
    const auto header = message.family_header<rtmsg>();
    const auto family = !header ? std::nullopt : family_of(header->rtm_family);
    if (!family || (header->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
    const NetlinkAttributes<RTA_MAX> attributes(message.attributes<rtmsg>());
    KernelRoute route;
    route.family = *family;
    route.type = header->rtm_type;
    route.table = attributes.value<uint32_t>(RTA_TABLE).value_or(header->rtm_table);
    route.destination = {attributes.address(RTA_DST, *family).value_or(IpAddress::any(*family)),
                         header->rtm_dst_len};
    const auto longest = route.destination.address.max_prefix_length();
    if (header->rtm_dst_len > longest || header->rtm_src_len > longest) return std::nullopt;
    if (const auto source = attributes.address(RTA_SRC, *family); source && header->rtm_src_len != 0)
        route.source = Prefix{*source, header->rtm_src_len};
    route.tos = header->rtm_tos;
    route.priority = attributes.value<uint32_t>(RTA_PRIORITY).value_or(0);
    route.protocol = header->rtm_protocol;
    route.scope = *family == Family::ipv4 ? header->rtm_scope : uint8_t{0};
    route.preferred_source = attributes.address(RTA_PREFSRC, *family);
    route.realms = attributes.value<uint32_t>(RTA_FLOW);
    route.preference = attributes.value<uint8_t>(RTA_PREF);
    if (const auto value = attributes.value<uint8_t>(RTA_TTL_PROPAGATE)) route.ttl_propagate = *value != 0;
    if (attributes.has(RTA_MULTIPATH)) {
        if (!decode_multipath(attributes.bytes(RTA_MULTIPATH), route)) return std::nullopt;
    } else if (attributes.has(RTA_OIF) || attributes.has(RTA_GATEWAY) || attributes.has(RTA_VIA)) {
        KernelNextHop hop;
        hop.via = gateway(attributes, *family);
        hop.interface = {attributes.value<uint32_t>(RTA_OIF).value_or(0)};
        hop.onlink = (header->rtm_flags & RTNH_F_ONLINK) != 0;
        hop.encapsulation = read_encapsulation(attributes);
        route.next_hops.push_back(std::move(hop));
    }
    decode_metrics(attributes.bytes(RTA_METRICS), route);
    return route;
}

std::optional<KernelRule> decode_rule(const NetlinkHeader& message) {
    const auto header = message.family_header<fib_rule_hdr>();
    const auto family = !header ? std::nullopt : family_of(header->family);
    if (!family) return std::nullopt;
    const NetlinkAttributes<FRA_MAX> attributes(message.attributes<fib_rule_hdr>());
    const auto prefix = [&](int attribute, uint8_t length) -> std::optional<Prefix> {
        const auto address = attributes.address(attribute, *family);
        if (!address || length > address->max_prefix_length()) return std::nullopt;
        return Prefix{*address, length};
    };
    KernelRule rule;
    rule.family = *family;
    rule.invert = (header->flags & FIB_RULE_INVERT) != 0;
    rule.from = prefix(FRA_SRC, header->src_len);
    rule.to = prefix(FRA_DST, header->dst_len);
    rule.mark = attributes.value<uint32_t>(FRA_FWMARK);
    rule.mask = attributes.value<uint32_t>(FRA_FWMASK);
    rule.input_interface = attributes.text(FRA_IIFNAME);
    rule.output_interface = attributes.text(FRA_OIFNAME);
    rule.tos = header->tos;
    rule.priority = attributes.value<uint32_t>(FRA_PRIORITY).value_or(0);
    rule.action = header->action;
    rule.table = attributes.value<uint32_t>(FRA_TABLE).value_or(header->table);
    rule.goto_priority = attributes.value<uint32_t>(FRA_GOTO).value_or(0);
    rule.realms = attributes.value<uint32_t>(FRA_FLOW);
    // The kernel reports -1 where nothing is suppressed.
    const auto suppressed = attributes.value<int32_t>(FRA_SUPPRESS_PREFIXLEN);
    if (suppressed && *suppressed != -1) rule.suppress_prefix_length = suppressed;
    const auto group = attributes.value<uint32_t>(FRA_SUPPRESS_IFGROUP);
    if (group && *group != 0xffffffff) rule.suppress_interface_group = group;
    if (const auto tunnel = attributes.value<uint64_t>(FRA_TUN_ID))
        rule.tunnel_id = from_network_order(*tunnel);
    if (const auto range = attributes.value<fib_rule_uid_range>(FRA_UID_RANGE))
        rule.uid_range = {range->start, range->end};
    if (const auto range = attributes.value<fib_rule_port_range>(FRA_SPORT_RANGE))
        rule.source_ports = {range->start, range->end};
    if (const auto range = attributes.value<fib_rule_port_range>(FRA_DPORT_RANGE))
        rule.destination_ports = {range->start, range->end};
    if (const auto protocol = attributes.value<uint8_t>(FRA_IP_PROTO); protocol && *protocol != 0)
        rule.ip_protocol = protocol;
    rule.l3mdev = attributes.value<uint8_t>(FRA_L3MDEV).value_or(0) != 0;
    rule.protocol = attributes.value<uint8_t>(FRA_PROTOCOL).value_or(0);
    return rule;
}

template <class T>
void take(std::optional<T>&& object, RouteNews& news) {
    if (object) news.object = *std::move(object);
}

}  // namespace

RouteNews decode_news(std::span<const uint8_t> bytes) {
    RouteNews news;
    const NetlinkHeader message(bytes);
    if (!message.is_valid()) return news;
    news.requester = message.port();
    switch (message.type()) {
        case RTM_DELLINK:
            news.removed = true;
            [[fallthrough]];
        case RTM_NEWLINK:
            take(decode_link(message), news);
            break;
        case RTM_DELADDR:
            news.removed = true;
            [[fallthrough]];
        case RTM_NEWADDR:
            take(decode_address(message), news);
            break;
        case RTM_DELROUTE:
            news.removed = true;
            [[fallthrough]];
        case RTM_NEWROUTE:
            take(decode_route(message), news);
            break;
        case RTM_DELRULE:
            news.removed = true;
            [[fallthrough]];
        case RTM_NEWRULE:
            take(decode_rule(message), news);
            break;
        default:
            break;
    }
    return news;
}

}  // namespace holdfast::kernel

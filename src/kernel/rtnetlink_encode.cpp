#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <bit>
#include <type_traits>

#include "holdfast/kernel/rtnetlink_codec.hpp"
#include "netlink_message.hpp"
#include "rtnetlink_encap.hpp"
#include "rtnetlink_link.hpp"

namespace holdfast::kernel {

using namespace netstate;

namespace {

// Of the kernel's headers since 5.18 (linux/if_addr.h); Debian 12 has it, older build hosts do not.
constexpr int kIfaProto = 11;

constexpr int kInstall = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
constexpr int kRemove = NLM_F_REQUEST | NLM_F_ACK;

uint8_t number_of(Family family) {
    return family == Family::ipv4 ? AF_INET : AF_INET6;
}

/// Tables above 255 do not fit the header; the attribute has them all.
uint8_t short_table(uint32_t table) {
    return table < 256 ? static_cast<uint8_t>(table) : uint8_t{RT_TABLE_UNSPEC};
}

uint64_t to_network_order(uint64_t value) {
    return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

NetlinkMessage address_message(const KernelAddress& address, bool add, uint32_t sequence) {
    // EXCL: an address that exists without our knowing is to be looked at, not silently kept as it is.
    NetlinkMessage message(add ? RTM_NEWADDR : RTM_DELADDR, add ? kInstall | NLM_F_EXCL : kRemove, sequence,
                           512);
    const IpAddress& local = address.prefix.address;
    ifaddrmsg header{};
    header.ifa_family = number_of(local.family());
    header.ifa_prefixlen = address.prefix.length;
    header.ifa_scope = address.scope;
    header.ifa_index = address.interface.value;
    message.header(header);
    message.address(IFA_LOCAL, local);
    if (address.peer)
        message.address(IFA_ADDRESS, *address.peer);
    else if (local.is_v4())
        message.address(IFA_ADDRESS, local);
    if (!add) return message;

    if (address.broadcast) message.address(IFA_BROADCAST, *address.broadcast);
    if (!address.label.empty()) message.text(IFA_LABEL, address.label);
    if (address.flags != 0) message.value(IFA_FLAGS, address.flags);
    if (address.protocol != 0) message.value(kIfaProto, address.protocol);
    if (address.valid_lifetime != kForever || address.preferred_lifetime != kForever) {
        ifa_cacheinfo lifetimes{};
        lifetimes.ifa_valid = address.valid_lifetime;
        lifetimes.ifa_prefered = address.preferred_lifetime;
        message.value(IFA_CACHEINFO, lifetimes);
    }
    return message;
}

void put_gateway(NetlinkMessage& message, Family family, const IpAddress& via) {
    if (via.family() == family) {
        message.address(RTA_GATEWAY, via);
        return;
    }
    // An IPv4 route through an IPv6 router (RFC 8950).
    struct {
        uint16_t family;
        std::array<uint8_t, 16> address;
    } other{number_of(via.family()), {}};
    std::ranges::copy(via.bytes(), other.address.begin());
    message.value(RTA_VIA, other);
}

void put_next_hops(NetlinkMessage& message, const KernelRoute& route) {
    if (route.next_hops.empty()) return;
    if (route.next_hops.size() == 1) {
        const KernelNextHop& hop = route.next_hops.front();
        if (hop.via) put_gateway(message, route.family, *hop.via);
        if (hop.interface) message.value(RTA_OIF, hop.interface.value);
        if (hop.encapsulation) put_encapsulation(message, *hop.encapsulation);
        return;
    }
    nlattr* nest = message.begin_nest(RTA_MULTIPATH);
    for (const KernelNextHop& hop : route.next_hops) {
        const uint8_t* begin = message.tail();
        auto* header = static_cast<rtnexthop*>(message.reserve(sizeof(rtnexthop)));
        *header = {};
        header->rtnh_hops = static_cast<uint8_t>(hop.weight - 1);
        header->rtnh_flags = hop.onlink ? RTNH_F_ONLINK : 0;
        header->rtnh_ifindex = static_cast<int>(hop.interface.value);
        if (hop.via) put_gateway(message, route.family, *hop.via);
        if (hop.realms) message.value(RTA_FLOW, *hop.realms);
        if (hop.encapsulation) put_encapsulation(message, *hop.encapsulation);
        header->rtnh_len = static_cast<uint16_t>(message.tail() - begin);
    }
    message.end_nest(nest);
}

void put_metrics(NetlinkMessage& message, const KernelRoute& route) {
    if (route.metrics.empty() && route.congestion_control.empty()) return;
    nlattr* nest = message.begin_nest(RTA_METRICS);
    uint32_t locked = 0;
    for (const RouteMetric& metric : route.metrics) {
        // The lock of the congestion control comes without a number of its own.
        if (metric.number != RTAX_CC_ALGO) message.value(static_cast<int>(metric.number), metric.value);
        if (metric.locked) locked |= 1U << metric.number;
    }
    if (locked != 0) message.value(RTAX_LOCK, locked);
    if (!route.congestion_control.empty()) message.text(RTAX_CC_ALGO, route.congestion_control);
    message.end_nest(nest);
}

NetlinkMessage route_message(const KernelRoute& route, bool add, bool append, uint32_t sequence) {
    const int flags = add ? kInstall | (append ? NLM_F_APPEND : 0) : kRemove;
    NetlinkMessage message(add ? RTM_NEWROUTE : RTM_DELROUTE, flags, sequence,
                           1024 + 192 * route.next_hops.size());
    rtmsg header{};
    header.rtm_family = number_of(route.family);
    header.rtm_dst_len = route.destination.length;
    header.rtm_tos = route.tos;
    header.rtm_table = short_table(route.table);
    header.rtm_protocol = route.protocol;
    header.rtm_scope = add ? route.scope : uint8_t{RT_SCOPE_NOWHERE};
    header.rtm_type = route.type;
    if (route.source) header.rtm_src_len = route.source->length;
    if (route.next_hops.size() == 1 && route.next_hops.front().onlink) header.rtm_flags = RTNH_F_ONLINK;
    message.header(header);
    if (route.table >= 256) message.value(RTA_TABLE, route.table);
    if (route.destination.length != 0) message.address(RTA_DST, route.destination.address);
    if (route.source) message.address(RTA_SRC, route.source->address);
    if (route.priority != 0) message.value(RTA_PRIORITY, route.priority);
    if (route.preferred_source) message.address(RTA_PREFSRC, *route.preferred_source);
    put_next_hops(message, route);
    if (!add) return message;

    if (route.realms) message.value(RTA_FLOW, *route.realms);
    if (route.expires) message.value(RTA_EXPIRES, *route.expires);
    if (route.preference) message.value(RTA_PREF, *route.preference);
    if (route.ttl_propagate)
        message.value(RTA_TTL_PROPAGATE, static_cast<uint8_t>(*route.ttl_propagate ? 1 : 0));
    put_metrics(message, route);
    return message;
}

NetlinkMessage rule_message(const KernelRule& rule, bool add, uint32_t sequence) {
    NetlinkMessage message(add ? RTM_NEWRULE : RTM_DELRULE, add ? kInstall | NLM_F_EXCL : kRemove, sequence,
                           1024);
    fib_rule_hdr header{};
    header.family = number_of(rule.family);
    header.tos = rule.tos;
    header.table = short_table(rule.table);
    header.action = rule.action;
    if (rule.invert) header.flags |= FIB_RULE_INVERT;
    if (rule.from) header.src_len = rule.from->length;
    if (rule.to) header.dst_len = rule.to->length;
    message.header(header);
    if (rule.table >= 256) message.value(FRA_TABLE, rule.table);
    if (rule.from) message.address(FRA_SRC, rule.from->address);
    if (rule.to) message.address(FRA_DST, rule.to->address);
    if (rule.priority != 0) message.value(FRA_PRIORITY, rule.priority);
    if (rule.mark) message.value(FRA_FWMARK, *rule.mark);
    if (rule.mask) message.value(FRA_FWMASK, *rule.mask);
    if (rule.realms) message.value(FRA_FLOW, *rule.realms);
    if (rule.suppress_prefix_length) message.value(FRA_SUPPRESS_PREFIXLEN, *rule.suppress_prefix_length);
    if (rule.suppress_interface_group) message.value(FRA_SUPPRESS_IFGROUP, *rule.suppress_interface_group);
    if (!rule.input_interface.empty()) message.text(FRA_IIFNAME, rule.input_interface);
    if (!rule.output_interface.empty()) message.text(FRA_OIFNAME, rule.output_interface);
    if (rule.tunnel_id) message.value(FRA_TUN_ID, to_network_order(*rule.tunnel_id));
    if (rule.uid_range)
        message.value(FRA_UID_RANGE, fib_rule_uid_range{rule.uid_range->first, rule.uid_range->second});
    if (rule.l3mdev) message.value(FRA_L3MDEV, uint8_t{1});
    if (rule.protocol != 0) message.value(FRA_PROTOCOL, rule.protocol);
    if (rule.ip_protocol) message.value(FRA_IP_PROTO, *rule.ip_protocol);
    if (rule.source_ports)
        message.value(FRA_SPORT_RANGE,
                      fib_rule_port_range{rule.source_ports->first, rule.source_ports->second});
    if (rule.destination_ports)
        message.value(FRA_DPORT_RANGE,
                      fib_rule_port_range{rule.destination_ports->first, rule.destination_ports->second});
    if (rule.action == FR_ACT_GOTO) message.value(FRA_GOTO, rule.goto_priority);
    return message;
}

}  // namespace

bool is_request(const Operation& operation) {
    return !std::holds_alternative<SetSysctl>(operation) &&
           !std::holds_alternative<RestoreSysctl>(operation) &&
           !std::holds_alternative<RelaxReversePath>(operation) &&
           !std::holds_alternative<RestoreReversePath>(operation);
}

void append_request(const Operation& operation, uint32_t sequence, std::vector<uint8_t>& run) {
    require(is_request(operation), "knobs below /proc/sys are not set by netlink");
    struct Visitor {
        uint32_t sequence;
        NetlinkMessage operator()(const AddAddress& o) const {
            return address_message(o.address, true, sequence);
        }
        NetlinkMessage operator()(const RemoveAddress& o) const {
            return address_message(o.address, false, sequence);
        }
        NetlinkMessage operator()(const AddRoute& o) const {
            return route_message(o.route, true, o.append, sequence);
        }
        NetlinkMessage operator()(const RemoveRoute& o) const {
            return route_message(o.route, false, false, sequence);
        }
        NetlinkMessage operator()(const AddRule& o) const { return rule_message(o.rule, true, sequence); }
        NetlinkMessage operator()(const RemoveRule& o) const { return rule_message(o.rule, false, sequence); }
        NetlinkMessage operator()(const AddLink& o) const { return link_message(o, sequence); }
        NetlinkMessage operator()(const UpdateLink& o) const { return link_message(o, sequence); }
        NetlinkMessage operator()(const TuneLink& o) const { return link_message(o, sequence); }
        NetlinkMessage operator()(const SwitchLinkOn& o) const { return link_message(o, sequence); }
        NetlinkMessage operator()(const RemoveLink& o) const { return link_message(o, sequence); }
        NetlinkMessage operator()(const ReannounceLink& o) const { return link_message(o, sequence); }
        NetlinkMessage operator()(const SetSysctl&) const { return {NLMSG_NOOP, 0, sequence, 0}; }
        NetlinkMessage operator()(const RestoreSysctl&) const { return {NLMSG_NOOP, 0, sequence, 0}; }
        NetlinkMessage operator()(const RelaxReversePath&) const { return {NLMSG_NOOP, 0, sequence, 0}; }
        NetlinkMessage operator()(const RestoreReversePath&) const { return {NLMSG_NOOP, 0, sequence, 0}; }
    };
    const NetlinkMessage message = std::visit(Visitor{sequence}, operation);
    const auto bytes = message.bytes();
    run.insert(run.end(), bytes.begin(), bytes.end());
    run.resize((run.size() + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO);
}

}  // namespace holdfast::kernel

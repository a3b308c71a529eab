#include "holdfast/app/object_text.hpp"

#include <fmt/format.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include <array>
#include <iterator>
#include <span>
#include <string_view>

#include "holdfast/netstate/resolve.hpp"

namespace holdfast::app {

namespace {

std::string scope_name(uint8_t scope) {
    switch (scope) {
        case RT_SCOPE_UNIVERSE:
            return "global";
        case RT_SCOPE_SITE:
            return "site";
        case RT_SCOPE_LINK:
            return "link";
        case RT_SCOPE_HOST:
            return "host";
        case RT_SCOPE_NOWHERE:
            return "nowhere";
        default:
            return std::to_string(scope);
    }
}

/// Names of RTN_*, which rules use for their actions as well.
std::string type_name(uint8_t type) {
    constexpr std::array<std::string_view, 12> kNames = {"unspec",   "unicast",   "local",     "broadcast",
                                                         "anycast",  "multicast", "blackhole", "unreachable",
                                                         "prohibit", "throw",     "nat",       "xresolve"};
    return type < kNames.size() ? std::string(kNames[type]) : std::to_string(type);
}

std::string prefix_text(const Prefix& prefix) {
    return prefix.length == prefix.address.max_prefix_length() ? prefix.address.to_string()
                                                               : prefix.to_string();
}

class Text {
  public:
    template <class... Arguments>
    void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        if (!text_.empty()) text_ += ' ';
        fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

void add_via(Text& out, const IpAddress& via) {
    out.add("via {} {}", via.is_v4() ? "inet" : "inet6", via.to_string());
}

void add_realms(Text& out, uint32_t realms) {
    const uint32_t from = realms >> 16U;
    const uint32_t to = realms & 0xffffU;
    if (from != 0) {
        out.add("realms {}/{}", from, to);
    } else {
        out.add("realm {}", to);
    }
}

/// Times are kept in the kernel's units: rtt in 1/8 ms, rttvar in 1/4 ms.
std::string milliseconds(uint32_t value, double per_millisecond) {
    const double time = value / per_millisecond;
    return time >= 1000 ? fmt::format("{:g}s", time / 1000) : fmt::format("{:g}ms", time);
}

void add_metric(Text& out, const netstate::RouteMetric& metric) {
    const std::string_view lock = metric.locked ? "lock " : "";
    const auto plain = [&](std::string_view name) { out.add("{} {}{}", name, lock, metric.value); };
    const auto time = [&](std::string_view name, double per_millisecond) {
        out.add("{} {}{}", name, lock, milliseconds(metric.value, per_millisecond));
    };
    switch (metric.number) {
        case RTAX_MTU:
            return plain("mtu");
        case RTAX_WINDOW:
            return plain("window");
        case RTAX_RTT:
            return time("rtt", 8);
        case RTAX_RTTVAR:
            return time("rttvar", 4);
        case RTAX_SSTHRESH:
            return plain("ssthresh");
        case RTAX_CWND:
            return plain("cwnd");
        case RTAX_ADVMSS:
            return plain("advmss");
        case RTAX_REORDERING:
            return plain("reordering");
        case RTAX_HOPLIMIT:
            return plain("hoplimit");
        case RTAX_INITCWND:
            return plain("initcwnd");
        case RTAX_FEATURES:
            if ((metric.value & RTAX_FEATURE_ECN) != 0) out.add("features ecn");
            return;
        case RTAX_RTO_MIN:
            return time("rto_min", 1);
        case RTAX_INITRWND:
            return plain("initrwnd");
        case RTAX_QUICKACK:
            return plain("quickack");
        case RTAX_FASTOPEN_NO_COOKIE:
            return plain("fastopen_no_cookie");
        default:
            return out.add("metric-{} {}{}", metric.number, lock, metric.value);
    }
}

/// The order in which keepalived writes them.
constexpr std::array<uint32_t, 14> kMetricsFirst = {
    RTAX_RTT,  RTAX_RTTVAR, RTAX_RTO_MIN,    RTAX_FEATURES, RTAX_MTU,      RTAX_WINDOW,   RTAX_SSTHRESH,
    RTAX_CWND, RTAX_ADVMSS, RTAX_REORDERING, RTAX_HOPLIMIT, RTAX_INITCWND, RTAX_INITRWND, RTAX_QUICKACK};
constexpr std::array<uint32_t, 1> kMetricsLast = {RTAX_FASTOPEN_NO_COOKIE};

void add_metrics(Text& out, const std::vector<netstate::RouteMetric>& metrics,
                 std::span<const uint32_t> order) {
    for (const uint32_t number : order) {
        for (const netstate::RouteMetric& metric : metrics) {
            if (metric.number == number) add_metric(out, metric);
        }
    }
}

std::string_view preference_name(uint8_t preference) {
    switch (preference) {
        case 0:
            return "medium";
        case 1:
            return "high";
        default:
            return "low";
    }
}

void add_tracking(Text& out, bool no_track, const std::string& group) {
    if (no_track) out.add("no_track");
    if (!group.empty()) out.add("track_group {}", group);
}

}  // namespace

std::string address_text(const netstate::AddressSettings& address) {
    Text out;
    out.add("{}", prefix_text(address.prefix));
    // Also what `brd +` and `brd -` come to.
    const auto broadcast = netstate::resolve(address, InterfaceIndex{}).broadcast;
    if (broadcast) out.add("brd {}", broadcast->to_string());
    out.add("dev {}", address.interface);
    if (address.use_vmac) out.add("use_vmac");
    out.add("scope {}", scope_name(address.scope));
    if (!address.label.empty()) out.add("label {}", address.label);
    if (address.peer) out.add("peer {}", address.peer->to_string());
    if (address.home) out.add("home");
    if (address.dad) out.add("-nodad");
    if (address.mngtmpaddr) out.add("mngtmpaddr");
    if (address.noprefixroute) out.add("noprefixroute");
    if (address.autojoin) out.add("autojoin");
    add_tracking(out, address.no_track, address.track_group);
    if (!address.prefix.address.is_v4()) {
        constexpr uint32_t kForever = 0xffffffff;
        const bool is_host = address.prefix.length == address.prefix.address.max_prefix_length();
        const uint32_t preferred = address.preferred_lifetime.value_or(is_host ? 0 : kForever);
        if (preferred == 0) {
            out.add("deprecated");
        } else if (preferred == kForever) {
            out.add("preferred_lft forever");
        } else {
            out.add("preferred_lft {}", preferred);
        }
    }
    return out.take();
}

std::string route_text(const netstate::RouteSettings& route) {
    const netstate::RouteSettings defaults;
    Text out;
    out.add("{}", route.add_only ? "add" : route.append ? "append" : "prepend");
    if (route.type != RTN_UNICAST) out.add("{}", type_name(route.type));
    out.add("{}", prefix_text(route.destination));
    if (route.from) out.add("from {}", prefix_text(*route.from));
    if (route.preferred_source) out.add("src {}", route.preferred_source->to_string());
    if (route.tos != 0) out.add("tos {}", route.tos);
    if (!route.encapsulation.empty()) out.add("encap {}", fmt::join(route.encapsulation, " "));
    if (route.via) add_via(out, *route.via);
    if (!route.interface.empty()) out.add("dev {}", route.interface);
    if (route.table != defaults.table) out.add("table {}", route.table);
    out.add("proto {}", route.protocol);
    if (route.scope_set) out.add("scope {}", route.scope);
    if (route.priority) out.add("metric {}", *route.priority);
    if (route.onlink) out.add("onlink");
    if (route.realms) add_realms(out, *route.realms);
    if (route.expires) out.add("expires {}sec", *route.expires);
    if (!route.congestion_control.empty()) out.add("congctl {}", route.congestion_control);
    add_metrics(out, route.metrics, kMetricsFirst);
    if (route.preference) out.add("pref {}", preference_name(*route.preference));
    add_metrics(out, route.metrics, kMetricsLast);
    if (route.ttl_propagate) out.add("ttl-propagate {}", *route.ttl_propagate ? "enabled" : "disabled");
    for (const netstate::NextHop& hop : route.next_hops) {
        out.add("nexthop");
        if (hop.via) add_via(out, *hop.via);
        if (!hop.interface.empty()) out.add("dev {}", hop.interface);
        if (hop.weight != 1) out.add("weight {}", hop.weight);
        if (hop.onlink) out.add("onlink");
        if (hop.realms) add_realms(out, *hop.realms);
        if (!hop.encapsulation.empty()) out.add("encap {}", fmt::join(hop.encapsulation, " "));
    }
    add_tracking(out, route.no_track, route.track_group);
    return out.take();
}

std::string rule_text(const netstate::RuleSettings& rule) {
    Text out;
    if (!rule.from && !rule.to && rule.family == Family::ipv6) out.add("inet6");
    if (rule.invert) out.add("not");
    out.add("from {}", rule.from ? prefix_text(*rule.from) : "all");
    if (rule.to) out.add("to {}", prefix_text(*rule.to));
    if (rule.priority != 0) out.add("priority {}", rule.priority);
    out.add("tos {:#x}", rule.tos);
    if (rule.mark || rule.mask) {
        const std::string mask =
            rule.mask && *rule.mask != 0xffffffffU ? fmt::format("/{:#x}", *rule.mask) : "";
        out.add("fwmark {:#x}{}", rule.mark.value_or(0), mask);
    }
    if (!rule.input_interface.empty()) out.add("iif {}", rule.input_interface);
    if (!rule.output_interface.empty()) out.add("oif {}", rule.output_interface);
    if (rule.suppress_prefix_length) out.add("suppress_prefixlen {}", *rule.suppress_prefix_length);
    if (rule.suppress_interface_group) out.add("suppress_ifgroup {}", *rule.suppress_interface_group);
    if (rule.tunnel_id) out.add("tunnel-id {}", *rule.tunnel_id);
    if (rule.uid_range) out.add("uidrange {}-{}", rule.uid_range->first, rule.uid_range->second);
    if (rule.l3mdev) out.add("l3mdev");
    if (rule.protocol != 0) out.add("protocol {}", rule.protocol);
    if (rule.ip_protocol) out.add("ipproto {}", *rule.ip_protocol);
    if (rule.source_ports) out.add("sport {}-{}", rule.source_ports->first, rule.source_ports->second);
    if (rule.destination_ports)
        out.add("dport {}-{}", rule.destination_ports->first, rule.destination_ports->second);
    if (rule.realms) out.add("realms {}/{}", *rule.realms >> 16U, *rule.realms & 0xffffU);
    switch (rule.action) {
        case FR_ACT_TO_TBL:
            out.add("lookup {}", rule.table);
            break;
        case FR_ACT_GOTO:
            out.add("goto {}", rule.goto_priority);
            break;
        case FR_ACT_NOP:
            out.add("nop");
            break;
        default:
            out.add("type {}", type_name(rule.action));
    }
    add_tracking(out, rule.no_track, rule.track_group);
    return out.take();
}

}  // namespace holdfast::app

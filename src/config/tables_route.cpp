// virtual_routes and static_routes: one route per line, words as `ip route`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "entry_reader.hpp"

namespace holdfast::config {
namespace {

using netstate::NextHop;
using netstate::RouteSettings;

struct RouteType {
    std::string_view name;
    uint8_t number;
};
// RTN_* of linux/rtnetlink.h.
constexpr RouteType kRouteTypes[] = {{"unicast", 1},  {"local", 2},     {"broadcast", 3}, {"brd", 3},
                                     {"anycast", 4},  {"multicast", 5}, {"blackhole", 6}, {"unreachable", 7},
                                     {"prohibit", 8}, {"throw", 9},     {"nat", 10},      {"xresolve", 11}};

std::optional<uint8_t> route_type(std::string_view word) {
    for (const RouteType& type : kRouteTypes)
        if (type.name == word) return type.number;
    const auto number = parse_unsigned(word, 0, 255, Lenient::no, 0);
    // A bare number is a type as well, but not something that starts like an address.
    return number.value ? std::optional(static_cast<uint8_t>(*number.value)) : std::nullopt;
}

enum class MetricUnit : uint8_t { number, byte, bit, eighths, quarters, milliseconds };

struct Metric {
    std::string_view name;
    uint32_t number;  ///< RTAX_* of linux/rtnetlink.h.
    MetricUnit unit;
    bool lockable;
};
constexpr Metric kMetrics[] = {
    {"mtu", 2, MetricUnit::number, true},
    {"window", 3, MetricUnit::number, false},
    {"rtt", 4, MetricUnit::eighths, true},
    {"rttvar", 5, MetricUnit::quarters, true},
    {"ssthresh", 6, MetricUnit::number, true},
    {"cwnd", 7, MetricUnit::number, true},
    {"advmss", 8, MetricUnit::number, true},
    {"reordering", 9, MetricUnit::number, true},
    {"hoplimit", 10, MetricUnit::byte, false},
    {"initcwnd", 11, MetricUnit::number, false},
    {"rto_min", 13, MetricUnit::milliseconds, true},
    {"initrwnd", 14, MetricUnit::number, false},
    {"quickack", 15, MetricUnit::bit, false},
    {"fastopen_no_cookie", 17, MetricUnit::bit, false},
};
constexpr uint32_t kFeatures = 12;        // RTAX_FEATURES
constexpr uint32_t kFeatureEcn = 1;       // RTAX_FEATURE_ECN
constexpr uint32_t kCongestionLock = 16;  // RTAX_CC_ALGO, only as a lock

// clang-format off: one word, one line
const Option kRouteOptions[] = {
    {"to", "PREFIX", "Destination; the word may be left out.", everyday, {}, "to 10.9.0.0/16 dev eth0", "to ^10.9.0.300 dev eth0\nto ^10.9.0.0/33 dev eth0"},
    {"via", "[inet|inet6] ADDR", "Next hop.", everyday, {"gw"}, "10.9.0.0/16 via 192.0.2.254", "10.9.0.0/16 via ^192.0.2.300\n10.9.0.0/16 via ^2001:db8::1"},
    {"dev", "IFNAME", "Output interface, tracked.", everyday, {"oif"}, "10.9.0.0/16 dev eth1", "10.9.0.0/16 dev ^no-such-if"},
    {"src", "ADDR", "Preferred source address.", everyday, {}, "10.9.0.0/16 dev eth0 src 192.0.2.10", "10.9.0.0/16 dev eth0 src ^192.0.2.300"},
    {"from", "PREFIX", "Source-specific route, IPv6 only.", rare, {}, "2001:db8:9::/48 dev eth0 from 2001:db8:1::/48", "10.9.0.0/16 dev eth0 from ^10.1.0.0/16"},
    {"inet", "", "The route is IPv4.", rare, {}, "inet 10.9.0.0/16 dev eth0", "inet ^2001:db8::/32 dev eth0"},
    {"inet6", "", "The route is IPv6.", rare, {}, "inet6 2001:db8:9::/48 dev eth0", "inet6 ^10.9.0.0/16 dev eth0"},
    {"tos", "N|NAME", "Type of service.", rare, {"dsfield"}, "10.9.0.0/16 dev eth0 tos 8", "10.9.0.0/16 dev eth0 tos ^256\n10.9.0.0/16 dev eth0 tos ^fast"},
    {"table", "N|NAME", "Routing table.", everyday, {}, "10.9.0.0/16 dev eth0 table 100", "10.9.0.0/16 dev eth0 table ^nonsense"},
    {"vrf", "IFNAME", "The table of that VRF.", rare, {}, "10.9.0.0/16 dev eth0 vrf vrf0", "10.9.0.0/16 dev eth0 vrf ^eth1"},
    {"protocol", "N|NAME", "Originator; only with no_track.", rare, {}, "10.9.0.0/16 dev eth0 protocol 4 no_track", "10.9.0.0/16 dev eth0 protocol ^256 no_track\n10.9.0.0/16 dev eth0 protocol 4"},
    {"scope", "N|NAME", "Scope of the destination.", common, {}, "10.9.0.0/16 dev eth0 scope link", "10.9.0.0/16 dev eth0 scope ^moon"},
    {"metric", "N", "Metric.", common, {"priority", "preference"}, "10.9.0.0/16 dev eth0 metric 10", "10.9.0.0/16 dev eth0 metric ^-1\n10.9.0.0/16 dev eth0 metric ^abc"},
    {"onlink", "", "The gateway is on the link whatever the addresses say.", common, {}, "10.9.0.0/16 via 192.0.2.254 dev eth0 onlink", kNothingWrong},
    {"encap", "ip|ip6|mpls|ila ARGS", "Lightweight tunnel.", rare, {}, "10.9.0.0/16 dev eth0 encap ip id 7 dst 192.0.2.77", "10.9.0.0/16 dev eth0 ^encap\n10.9.0.0/16 dev eth0 encap ^gre id 7\n10.9.0.0/16 dev eth0 encap ip dst ^2001:db8::1"},
    {"expires", "SECS", "Lifetime, IPv6 only.", rare, {}, "2001:db8:9::/48 dev eth0 expires 60", "10.9.0.0/16 dev eth0 ^expires 60\n2001:db8:9::/48 dev eth0 expires ^abc"},
    {"mtu", "[lock] N", "Path MTU.", common, {}, "10.9.0.0/16 dev eth0 mtu 1400", "10.9.0.0/16 dev eth0 mtu ^-1"},
    {"hoplimit", "0..255", "Hop limit.", rare, {}, "10.9.0.0/16 dev eth0 hoplimit 64", "10.9.0.0/16 dev eth0 hoplimit ^256"},
    {"advmss", "[lock] N", "Advertised segment size.", rare, {}, "10.9.0.0/16 dev eth0 advmss 1360", "10.9.0.0/16 dev eth0 advmss ^-1"},
    {"rtt", "[lock] N[s|ms]", "Initial round trip time.", rare, {}, "10.9.0.0/16 dev eth0 rtt 300ms", "10.9.0.0/16 dev eth0 rtt ^soon"},
    {"rttvar", "[lock] N[s|ms]", "Its variance.", rare, {}, "10.9.0.0/16 dev eth0 rttvar 300ms", "10.9.0.0/16 dev eth0 rttvar ^soon"},
    {"reordering", "[lock] N", "Reordering metric.", rare, {}, "10.9.0.0/16 dev eth0 reordering 4", "10.9.0.0/16 dev eth0 reordering ^-1"},
    {"window", "N", "Window clamp.", rare, {}, "10.9.0.0/16 dev eth0 window 65535", "10.9.0.0/16 dev eth0 window ^-1"},
    {"cwnd", "[lock] N", "Congestion window clamp.", rare, {}, "10.9.0.0/16 dev eth0 cwnd 10", "10.9.0.0/16 dev eth0 cwnd ^-1"},
    {"ssthresh", "[lock] N", "Slow start threshold.", rare, {}, "10.9.0.0/16 dev eth0 ssthresh 10", "10.9.0.0/16 dev eth0 ssthresh ^-1"},
    {"realms", "[SRC/]DST", "Realms, IPv4 only.", rare, {}, "10.9.0.0/16 dev eth0 realms 3/4", "10.9.0.0/16 dev eth0 realms ^nonsense"},
    {"rto_min", "[lock] N[s|ms]", "Least retransmission timeout.", rare, {}, "10.9.0.0/16 dev eth0 rto_min 200ms", "10.9.0.0/16 dev eth0 rto_min ^soon"},
    {"initcwnd", "N", "Initial congestion window.", rare, {}, "10.9.0.0/16 dev eth0 initcwnd 10", "10.9.0.0/16 dev eth0 initcwnd ^-1"},
    {"initrwnd", "N", "Initial receive window.", rare, {}, "10.9.0.0/16 dev eth0 initrwnd 10", "10.9.0.0/16 dev eth0 initrwnd ^-1"},
    {"features", "ecn", "Route features.", rare, {}, "10.9.0.0/16 dev eth0 features ecn", "10.9.0.0/16 dev eth0 features ^fast"},
    {"quickack", "0|1", "Quick acknowledgements.", rare, {}, "10.9.0.0/16 dev eth0 quickack 1", "10.9.0.0/16 dev eth0 quickack ^2"},
    {"congctl", "[lock] NAME", "Congestion control.", rare, {}, "10.9.0.0/16 dev eth0 congctl cubic", kNothingWrong},
    {"pref", "low|medium|high|N", "Router preference, IPv6 only.", rare, {}, "2001:db8:9::/48 dev eth0 pref high", "10.9.0.0/16 dev eth0 ^pref high\n2001:db8:9::/48 dev eth0 pref ^best"},
    {"ttl-propagate", "enabled|disabled", "MPLS TTL propagation.", rare, {}, "10.9.0.0/16 dev eth0 ttl-propagate enabled", "10.9.0.0/16 dev eth0 ttl-propagate ^maybe"},
    {"fastopen_no_cookie", "0|1", "TCP fast open without cookie.", rare, {}, "10.9.0.0/16 dev eth0 fastopen_no_cookie 1", "10.9.0.0/16 dev eth0 fastopen_no_cookie ^2"},
    {"add", "", "Only if there is no such route.", rare, {}, "add 10.9.0.0/16 dev eth0", kNothingWrong},
    {"prepend", "", "Before routes like it (the default).", rare, {}, "prepend 10.9.0.0/16 dev eth0", kNothingWrong},
    {"append", "", "After routes like it.", rare, {}, "append 10.9.0.0/16 dev eth0", kNothingWrong},
    {"nexthop", "[via ADDR] [dev IF] [weight 1..256] [onlink] [realms R] [encap ...]", "One of several gateways; must come last.", common, {}, "10.9.0.0/16 nexthop via 192.0.2.253 weight 2 nexthop via 192.0.2.254", "10.9.0.0/16 nexthop via ^192.0.2.300\n10.9.0.0/16 nexthop via 192.0.2.253 weight ^0\n10.9.0.0/16 nexthop via 192.0.2.253 weight ^257\n10.9.0.0/16 nexthop ^src 192.0.2.1"},
    {"or", "ADDR", "Old form of a second gateway.", rare, {}, "10.9.0.0/16 via 192.0.2.253 or 192.0.2.254", "10.9.0.0/16 via 192.0.2.253 or ^192.0.2.300", true},
    {"no_track", "", "Losing the route has no effect; it is not put back.", common, {}, "10.9.0.0/16 dev eth0 no_track", kNothingWrong},
    {"track_group", "NAME", "Losing the route means FAULT for the group.", rare, {}, "10.9.0.0/16 dev eth0 track_group TG1", "10.9.0.0/16 dev eth0 track_group ^TG9"},
};
// clang-format on
// track_group is for static routes only.
const std::span kVirtualOptions = std::span(kRouteOptions).first(std::size(kRouteOptions) - 1);

/// Thrown away when `false` travels up: the line was refused and the reason reported.
class RouteReader : EntryReader {
  public:
    RouteReader(Loading& loading, const Line& line, bool is_static)
        : EntryReader(loading, line, "route"), is_static_(is_static) {}

    std::optional<RouteSettings> read() {
        for (; word_ < line_.size(); ++word_) {
            if (line_.word(word_) == "nexthop") {
                if (!read_next_hops()) return std::nullopt;
                break;
            }
            if (!read_word() || loading_.stopped()) return std::nullopt;
        }
        return finish();
    }

  private:
    bool read_number(uint32_t max, uint32_t& out) {
        const auto value = number(next(), max);
        if (!value) return refuse(word_, fmt::format("is not a number of 0..{}", max));
        out = *value;
        return true;
    }

    bool read_name(NameTable table, uint32_t max, uint32_t& out, std::string_view what) {
        const auto value = loading_.named_number(table, next(), max);
        if (!value) return refuse(word_, fmt::format("is not a {}", what));
        out = *value;
        return true;
    }

    bool read_address(std::optional<IpAddress>& out) {
        const auto address = IpAddress::parse(next());
        if (!address) return refuse(word_, "is not an IP address");
        out = address;
        return has_family(address->family());
    }

    /// Digits with an optional "s" or "ms"; without one, in units of 1/scale milliseconds. 0.2 s to 120 s.
    bool read_time(uint32_t scale, uint32_t& out) {
        const std::string_view text = line_.word(word_);
        const size_t end = text.find_first_not_of("0123456789.");
        const std::string_view unit = end == std::string_view::npos ? std::string_view{} : text.substr(end);
        const auto value = parse_decimal(text.substr(0, end), 0, UINT32_MAX, 3, Lenient::no);
        if (!value.value || !(unit.empty() || unit == "s" || unit == "ms" || unit == "sec" || unit == "msec"))
            return refuse(word_, "is not a time");
        uint64_t units = 0;
        if (unit.empty())
            units = *value.value / 1000;
        else if (unit.starts_with('m'))
            units = *value.value * scale / 1000;
        else
            units = *value.value * scale;
        const uint64_t clamped = std::clamp<uint64_t>(units, uint64_t{200} * scale, uint64_t{120000} * scale);
        if (clamped != units)
            loading_.error(line_, word_,
                           fmt::format("{} is outside 0.2 s..120 s; the nearest is used", text));
        out = static_cast<uint32_t>(clamped);
        return true;
    }

    bool read_metric(const Metric& metric) {
        netstate::RouteMetric value{metric.number, 0, false};
        std::string_view text = next();
        if (metric.lockable && text == "lock") {
            value.locked = true;
            text = next();
        }
        if (loading_.stopped()) return false;
        switch (metric.unit) {
            case MetricUnit::eighths:
                if (!read_time(8, value.value)) return false;
                break;
            case MetricUnit::quarters:
                if (!read_time(4, value.value)) return false;
                break;
            case MetricUnit::milliseconds:
                if (!read_time(1, value.value)) return false;
                break;
            case MetricUnit::number:
            case MetricUnit::byte:
            case MetricUnit::bit: {
                const uint32_t max = metric.unit == MetricUnit::number ? UINT32_MAX
                                     : metric.unit == MetricUnit::byte ? 255
                                                                       : 1;
                const auto plain = number(text, max);
                if (!plain) return refuse(word_, fmt::format("is not a number of 0..{}", max));
                value.value = *plain;
            }
        }
        set_metric(value);
        return true;
    }

    void set_metric(const netstate::RouteMetric& value) {
        for (netstate::RouteMetric& known : route_.metrics) {
            if (known.number != value.number) continue;
            known = value;
            return;
        }
        route_.metrics.push_back(value);
    }

    bool read_word() {
        const std::string_view word = line_.word(word_);
        uint32_t value = 0;
        for (const Metric& metric : kMetrics)
            if (metric.name == word) return read_metric(metric);
        if (word == "inet" || word == "inet6")
            return has_family(word == "inet" ? Family::ipv4 : Family::ipv6);
        if (word == "src") return read_address(route_.preferred_source);
        if (word == "via" || word == "gw") return read_gateway(word == "gw");
        if (word == "from") return read_from();
        if (word == "tos" || word == "dsfield") {
            if (!read_name(NameTable::dsfield, 255, value, "type of service")) return false;
            route_.tos = static_cast<uint8_t>(value);
            return true;
        }
        if (word == "table")
            return read_name(NameTable::route_tables, UINT32_MAX, route_.table, "routing table");
        if (word == "protocol") {
            if (!read_name(NameTable::route_protocols, 255, value, "route protocol")) return false;
            route_.protocol = static_cast<uint8_t>(value);
            return true;
        }
        if (word == "scope") {
            if (!read_name(NameTable::scopes, 255, value, "scope")) return false;
            route_.scope = static_cast<uint8_t>(value);
            return route_.scope_set = true;
        }
        if (word == "metric" || word == "priority" || word == "preference") {
            if (!read_number(UINT32_MAX, value)) return false;
            route_.priority = value;
            return true;
        }
        if (word == "dev" || word == "oif") return read_interface(route_.interface);
        if (word == "vrf") return read_vrf();
        if (word == "onlink") return route_.onlink = true;
        if (word == "encap") return read_encapsulation(route_.encapsulation);
        if (word == "expires") {
            if (!has_family(Family::ipv6) || !read_number(UINT32_MAX, value)) return false;
            route_.expires = value;
            return true;
        }
        if (word == "realms") return read_realms(route_.realms);
        if (word == "features") {
            if (next() == "ecn")
                set_metric({kFeatures, kFeatureEcn, false});
            else if (!loading_.stopped())
                loading_.error(line_, word_, fmt::format("{} is not a feature", line_.word(word_)));
            return true;
        }
        if (word == "congctl") {
            std::string_view name = next();
            if (name == "lock") {
                set_metric({kCongestionLock, 0, true});
                name = next();
            }
            route_.congestion_control = name;
            return true;
        }
        if (word == "pref") return read_preference();
        if (word == "ttl-propagate") {
            const std::string_view state = next();
            if (state == "enabled" || state == "disabled")
                route_.ttl_propagate = state == "enabled";
            else if (!loading_.stopped())
                loading_.error(line_, word_, fmt::format("{} is not enabled or disabled", state));
            return true;
        }
        if (word == "add") {
            route_.append = false;
            return route_.add_only = true;
        }
        if (word == "prepend") {
            route_.append = route_.add_only = false;
            return true;
        }
        if (word == "append") {
            route_.add_only = false;
            return route_.append = true;
        }
        if (word == "or") return read_or();
        if (word == "no_track") return route_.no_track = true;
        if (is_static_ && word == "track_group") {
            next();
            if (!loading_.stopped())
                route_.track_group = read_track_group(loading_, line_, word_, route_.track_group);
            return true;
        }
        if (word == "as") {
            if (next() == "to") next();
            if (!loading_.stopped()) loading_.error(line_, word_, "as [to] is for MPLS only; it is ignored");
            return true;
        }
        return read_destination();
    }

    bool read_gateway(bool old) {
        if (old) loading_.report(ReportClass::deprecated, line_, word_, "gw is the old name of via");
        const std::string_view word = line_.has(word_ + 1) ? line_.word(word_ + 1) : std::string_view{};
        if (word == "inet" || word == "inet6") {
            ++word_;
            if (!has_family(word == "inet" ? Family::ipv4 : Family::ipv6)) return false;
        }
        return read_address(route_.via);
    }

    bool read_from() {
        const auto prefix = Prefix::parse(next());
        if (!prefix || prefix->address.is_v4())
            return refuse(word_, "is not an IPv6 prefix, which from needs");
        route_.from = prefix;
        return has_family(Family::ipv6);
    }

    bool read_vrf() {
        const std::string_view name = next();
        if (loading_.stopped()) return false;
        const auto& facts = loading_.interface(name);
        if (!facts || facts->vrf_table == 0) return refuse(word_, "is not a VRF");
        route_.table = facts->vrf_table;
        return true;
    }

    bool read_preference() {
        if (!has_family(Family::ipv6)) return false;
        const std::string_view word = next();
        // ICMPV6_ROUTER_PREF_* of linux/icmpv6.h.
        if (word == "low") {
            route_.preference = 3;
        } else if (word == "medium") {
            route_.preference = 0;
        } else if (word == "high") {
            route_.preference = 1;
        } else if (auto value = number(word, 255)) {
            route_.preference = static_cast<uint8_t>(*value);
        } else {
            return refuse(word_, "is not a preference");
        }
        return true;
    }

    bool read_or() {
        loading_.report(ReportClass::deprecated, line_, word_, "or is the old form of nexthop");
        if (!route_.next_hops.empty()) {
            loading_.error(line_, word_, "a third gateway with or is ignored");
            next();
            return true;
        }
        NextHop first;
        first.via = std::exchange(route_.via, std::nullopt);
        NextHop second;
        if (!read_address(second.via)) return false;
        route_.next_hops = {std::move(first), std::move(second)};
        return true;
    }

    bool read_destination() {
        if (line_.word(word_) == "to") next();
        if (loading_.stopped()) return false;
        if (auto type = route_type(line_.word(word_))) {
            route_.type = *type;
            next();
            if (loading_.stopped()) return false;
        }
        std::string_view text = line_.word(word_);
        if (text == "default6") {
            loading_.remark(line_, word_, "default6 is the old form of: inet6 default");
            destination_ = Prefix{IpAddress::any(Family::ipv6), 0};
            return has_family(Family::ipv6);
        }
        if (text == "default" || text == "any" || text == "all") {
            // Without a family so far it takes whatever the rest of the line says.
            destination_.reset();
            return has_destination_ = true;
        }
        const auto prefix = parse_prefix(text);
        if (!prefix) return refuse(word_, "is not a word or destination of a route");
        destination_ = prefix;
        return has_family(prefix->address.family());
    }

    bool read_next_hops() {
        if (!route_.next_hops.empty()) {
            loading_.error(line_, word_, "nexthop cannot follow or; it is ignored");
            return true;
        }
        while (line_.has(word_) && line_.word(word_) == "nexthop") {
            NextHop hop;
            for (++word_; word_ < line_.size(); ++word_) {
                const std::string_view word = line_.word(word_);
                if (word == "nexthop") break;
                if (!read_next_hop_word(word, hop) || loading_.stopped()) return false;
            }
            route_.next_hops.push_back(std::move(hop));
        }
        return true;
    }

    bool read_next_hop_word(std::string_view word, NextHop& hop) {
        if (word == "via") {
            const std::string_view family = line_.has(word_ + 1) ? line_.word(word_ + 1) : std::string_view{};
            if (family == "inet" || family == "inet6") {
                ++word_;
                if (!has_family(family == "inet" ? Family::ipv4 : Family::ipv6)) return false;
            }
            return read_address(hop.via);
        }
        if (word == "dev") return read_interface(hop.interface);
        if (word == "weight") {
            uint32_t weight = 0;
            if (!read_number(256, weight)) return false;
            if (weight == 0) return refuse(word_, "is not a weight of 1..256");
            hop.weight = weight;
            return true;
        }
        if (word == "onlink") return hop.onlink = true;
        if (word == "realms") return read_realms(hop.realms);
        if (word == "encap") return read_encapsulation(hop.encapsulation);
        return refuse(word_, "is not a word of nexthop");
    }

    std::optional<RouteSettings> finish() {
        if (!destination_ && !has_destination_) {
            loading_.error(line_, kWholeLine, "the route has no destination; it is ignored");
            return std::nullopt;
        }
        route_.family = family_.value_or(Family::ipv4);
        route_.destination = destination_.value_or(Prefix{IpAddress::any(route_.family), 0});
        if (!route_.no_track && route_.protocol != kKeepalivedProtocol) {
            loading_.error(line_, kWholeLine, "protocol goes only with no_track; it is ignored");
            route_.protocol = kKeepalivedProtocol;
        }
        if (!route_.track_group.empty() && route_.interface.empty()) {
            loading_.error(line_, kWholeLine, "track_group needs dev; it is ignored");
            route_.track_group.clear();
        }
        return route_;
    }

    const bool is_static_;
    RouteSettings route_;
    std::optional<Prefix> destination_;
    bool has_destination_ = false;
};

void read_virtual_route(Loading& loading, void* target, const Line& line) {
    if (auto route = read_route(loading, line, false))
        static_cast<InstanceDraft*>(target)->value.routes.push_back(std::move(*route));
}

void read_static_route(Loading& loading, void* target, const Line& line) {
    if (auto route = read_route(loading, line, true))
        static_cast<Draft*>(target)->config.static_routes.push_back(std::move(*route));
}

std::string realms_text(uint32_t realms) {
    return realms >> 16U ? fmt::format("{}/{}", realms >> 16U, realms & 0xffffU) : fmt::format("{}", realms);
}

std::string words_text(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += ' ' + word;
    return text;
}

constexpr std::string_view kEntry = "[to] [TYPE] DESTINATION [OPTION...]";

}  // namespace

std::optional<RouteSettings> read_route(Loading& loading, const Line& line, bool is_static) {
    return RouteReader(loading, line, is_static).read();
}

std::string to_text(const RouteSettings& route) {
    std::string text = route.family == Family::ipv6 ? "inet6 " : "inet ";
    if (route.type != 1)
        for (const RouteType& type : kRouteTypes)
            if (type.number == route.type) {
                text.append(type.name) += ' ';
                break;
            }
    text += route.destination.to_string();
    if (route.via) text += " via " + route.via->to_string();
    if (!route.interface.empty()) text += " dev " + quoted(route.interface);
    if (route.preferred_source) text += " src " + route.preferred_source->to_string();
    if (route.from) text += " from " + route.from->to_string();
    if (route.table != 254) text += fmt::format(" table {}", route.table);
    if (route.scope_set) text += fmt::format(" scope {}", route.scope);
    if (route.protocol != kKeepalivedProtocol) text += fmt::format(" protocol {}", route.protocol);
    if (route.tos != 0) text += fmt::format(" tos {}", route.tos);
    if (route.priority) text += fmt::format(" metric {}", *route.priority);
    if (route.realms) text += " realms " + realms_text(*route.realms);
    if (route.expires) text += fmt::format(" expires {}", *route.expires);
    if (route.preference) text += fmt::format(" pref {}", *route.preference);
    if (route.ttl_propagate)
        text += *route.ttl_propagate ? " ttl-propagate enabled" : " ttl-propagate disabled";
    if (route.onlink) text += " onlink";
    if (route.append) text += " append";
    if (route.add_only) text += " add";
    for (const netstate::RouteMetric& value : route.metrics) {
        if (value.number == kFeatures) text += " features ecn";
        for (const Metric& metric : kMetrics)
            if (metric.number == value.number)
                text += fmt::format(" {} {}{}", metric.name, value.locked ? "lock " : "", value.value);
    }
    if (!route.congestion_control.empty()) {
        const bool locked = std::any_of(route.metrics.begin(), route.metrics.end(),
                                        [](const auto& metric) { return metric.number == kCongestionLock; });
        text += fmt::format(" congctl {}{}", locked ? "lock " : "", route.congestion_control);
    }
    if (!route.encapsulation.empty()) text += " encap" + words_text(route.encapsulation);
    if (route.no_track) text += " no_track";
    if (!route.track_group.empty()) text += " track_group " + quoted(route.track_group);
    for (const NextHop& hop : route.next_hops) {
        text += " nexthop";
        if (hop.via) text += " via " + hop.via->to_string();
        if (!hop.interface.empty()) text += " dev " + quoted(hop.interface);
        if (hop.weight != 1) text += fmt::format(" weight {}", hop.weight);
        if (hop.onlink) text += " onlink";
        if (hop.realms) text += " realms " + realms_text(*hop.realms);
        if (!hop.encapsulation.empty()) text += " encap" + words_text(hop.encapsulation);
    }
    return text;
}

const Block kRouteList =
    Block{"vrrp_instance/virtual_routes", {}, read_virtual_route, kVirtualOptions, kEntry}.around(
        "10.30.0.0/16 via 192.0.2.254 dev eth0");
const Block kStaticRouteList = Block{"static_routes", {}, read_static_route, kRouteOptions, kEntry}.around(
    "10.30.0.0/16 via 192.0.2.254 dev eth0");

}  // namespace holdfast::config

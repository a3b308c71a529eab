// What a configuration wants in the kernel's network tables: addresses, routes, rules and VMAC links, as
// values. Interfaces are named; indexes are the mirror's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/rare.hpp"

namespace holdfast::netstate {

/// One `virtual_ipaddress`, `virtual_ipaddress_excluded` or `static_ipaddress` entry.
struct AddressSettings {
    Prefix prefix{};    ///< /32 or /128 unless given.
    uint8_t scope = 0;  ///< rt_scopes number; 0 = global.
    bool home = false;
    bool dad = false;  ///< `-nodad`: do duplicate address detection after all.
    bool mngtmpaddr = false;
    bool noprefixroute = false;
    bool autojoin = false;
    bool no_track = false;
    bool use_vmac = false;
    bool broadcast_all_ones = false;               ///< brd +
    bool broadcast_network = false;                ///< brd -
    bool explicit_interface = false;               ///< `dev` was written.
    std::optional<uint32_t> preferred_lifetime{};  ///< Seconds; unset = 0 for /128, forever otherwise.
    std::string interface{};                       ///< `dev`, or the instance's interface.
    Rare<IpAddress> broadcast{};                   ///< brd ADDR
    RareText label{};                              ///< IPv4 only.
    Rare<Prefix> peer{};
    RareText track_group{};  ///< static_ipaddress only.
    friend bool operator==(const AddressSettings&, const AddressSettings&) = default;
};

struct NextHop {
    std::optional<IpAddress> via{};
    std::string interface{};
    uint32_t weight = 1;  ///< 1..256
    bool onlink = false;
    std::optional<uint32_t> realms{};
    std::vector<std::string> encapsulation{};  ///< As RouteSettings::encapsulation.
    friend bool operator==(const NextHop&, const NextHop&) = default;
};

/// RTAX_* metrics by name (mtu, advmss, ...). Locked metrics are not to be changed by path MTU discovery.
struct RouteMetric {
    uint32_t number = 0;  ///< RTAX_*
    uint32_t value = 0;
    bool locked = false;
    friend bool operator==(const RouteMetric&, const RouteMetric&) = default;
};

/// One route entry, as `ip route`.
struct RouteSettings {
    Family family = Family::ipv4;
    uint8_t type = 1;  ///< RTN_*; 1 = unicast.
    Prefix destination{};
    std::optional<IpAddress> via{};
    std::string interface{};
    std::optional<IpAddress> preferred_source{};  ///< src
    std::optional<Prefix> from{};
    uint32_t table = 254;  ///< RT_TABLE_MAIN
    uint8_t scope = 0;     ///< RT_SCOPE_UNIVERSE
    bool scope_set = false;
    uint8_t protocol = 18;  ///< RTPROT_KEEPALIVED
    uint8_t tos = 0;
    std::optional<uint32_t> priority{};  ///< metric
    std::optional<uint32_t> realms{};
    std::optional<uint32_t> expires{};
    std::optional<uint8_t> preference{};  ///< RFC 4191 pref
    std::optional<bool> ttl_propagate{};
    bool onlink = false;
    bool append = false;    ///< otherwise prepend
    bool add_only = false;  ///< `add`: fail when such a route exists.
    std::vector<RouteMetric> metrics{};
    std::string congestion_control{};
    std::vector<NextHop> next_hops{};
    std::vector<std::string> encapsulation{};  ///< `encap ...` words, checked by the parser.
    bool no_track = false;
    std::string track_group{};
    friend bool operator==(const RouteSettings&, const RouteSettings&) = default;
};

/// One rule entry, as `ip rule`.
struct RuleSettings {
    Family family = Family::ipv4;
    bool invert = false;
    std::optional<Prefix> from{};
    std::optional<Prefix> to{};
    std::optional<uint32_t> mark{};
    std::optional<uint32_t> mask{};
    std::string input_interface{};
    std::string output_interface{};
    uint8_t tos = 0;
    uint32_t priority = 0;
    uint8_t action = 1;  ///< FR_ACT_*; 1 = to table.
    uint32_t table = 0;
    uint32_t goto_priority = 0;
    std::optional<uint32_t> realms{};
    std::optional<int32_t> suppress_prefix_length{};
    std::optional<uint32_t> suppress_interface_group{};
    std::optional<uint64_t> tunnel_id{};
    std::optional<std::pair<uint32_t, uint32_t>> uid_range{};
    std::optional<std::pair<uint16_t, uint16_t>> source_ports{};
    std::optional<std::pair<uint16_t, uint16_t>> destination_ports{};
    std::optional<uint8_t> ip_protocol{};
    bool l3mdev = false;
    uint8_t protocol = 18;
    bool no_track = false;
    std::string track_group{};
    friend bool operator==(const RuleSettings&, const RuleSettings&) = default;
};

/// `use_vmac` / `use_ipvlan`.
struct VmacSettings {
    bool ipvlan = false;
    std::string name{};  ///< Empty = derived from vmac_prefix and the VRID.
    std::optional<MacAddress> mac{};
    std::optional<IpAddress> ipvlan_address{};
    uint8_t ipvlan_prefix_length = 32;
    uint8_t ipvlan_flags = 0;       ///< 0 bridge, 1 private, 2 vepa
    bool transmit_on_base = false;  ///< vmac_xmit_base
    bool netlink_notify_msg = false;
    std::optional<uint32_t> group{};
    friend bool operator==(const VmacSettings&, const VmacSettings&) = default;
};

}  // namespace holdfast::netstate

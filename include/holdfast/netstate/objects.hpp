// What the kernel's network tables hold, as values: links, addresses, routes, rules, and the requests that
// change them. Flags and scopes keep the kernel's numbers (rtnetlink(7)); interfaces are indexes here, names
// stay in settings.hpp.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/rare.hpp"
#include "holdfast/netstate/encapsulation.hpp"
#include "holdfast/netstate/settings.hpp"

namespace holdfast::netstate {

/// The protocol numbers that mark routes, rules and addresses as ours (RTPROT_KEEPALIVED; for IFA_PROTO,
/// which has no number registered for us, the same).
inline constexpr uint8_t kRouteProtocol = 18;
inline constexpr uint8_t kAddressProtocol = 18;

/// A lifetime that never ends.
inline constexpr uint32_t kForever = 0xffffffff;

/// IFA_F_* of linux/if_addr.h, as far as we set or read them.
namespace address_flag {
inline constexpr uint32_t kSecondary = 0x01;
inline constexpr uint32_t kNoDad = 0x02;
inline constexpr uint32_t kDadFailed = 0x08;
inline constexpr uint32_t kHome = 0x10;
inline constexpr uint32_t kDeprecated = 0x20;
inline constexpr uint32_t kTentative = 0x40;
inline constexpr uint32_t kPermanent = 0x80;
inline constexpr uint32_t kManageTemporary = 0x100;
inline constexpr uint32_t kNoPrefixRoute = 0x200;
inline constexpr uint32_t kAutoJoin = 0x400;
/// The flags a configuration chooses; all others are the kernel's to set.
inline constexpr uint32_t kConfigurable = kHome | kManageTemporary | kNoPrefixRoute | kAutoJoin;
}  // namespace address_flag

/// One network interface.
struct LinkInfo {
    InterfaceIndex index{};
    std::string name{};
    bool up = false;       ///< IFF_UP: switched on by the administrator.
    bool running = false;  ///< IFF_RUNNING: has a carrier and may carry packets.
    bool loopback = false;
    bool point_to_point = false;
    bool multicast = false;  ///< IFF_MULTICAST
    bool arp = true;         ///< not IFF_NOARP
    uint32_t mtu = 0;
    uint16_t hardware_type = 0;  ///< ARPHRD_*; 1 = Ethernet, 32 = InfiniBand.
    MacAddress mac{};            ///< The first six bytes of the hardware address; zeros when it has none.
    InterfaceIndex master{};     ///< The bridge, bond or VRF this one belongs to; 0 = none.
    InterfaceIndex lower{};      ///< IFLA_LINK: the interface a VLAN or macvlan sits on; 0 = none.
    std::string kind{};          ///< "vlan", "macvlan", "bond", ...; empty for a physical one.
    uint32_t mode = 0;           ///< MACVLAN_MODE_* or IPVLAN_MODE_*, by `kind`; 0 for others.
    uint16_t kind_flags = 0;     ///< IPVLAN_F_* of an ipvlan.
    uint32_t group = 0;          ///< IFLA_GROUP, which firewalls match by.

    /// Up and with a carrier: fit for VRRP.
    bool usable() const { return up && running; }
    friend bool operator==(const LinkInfo&, const LinkInfo&) = default;
};

/// What makes two addresses the same entry for the kernel. IPv4: interface, address, prefix length and the
/// network of the peer. IPv6: interface and address only, so that `prefix_length` is 128 and `peer_network`
/// the address.
struct AddressKey {
    InterfaceIndex interface{};
    IpAddress address{};
    uint8_t prefix_length = 0;
    IpAddress peer_network{};
    friend constexpr auto operator<=>(const AddressKey&, const AddressKey&) = default;
};

/// One address of an interface.
struct KernelAddress {
    InterfaceIndex interface{};
    Prefix prefix{};                         ///< The local address.
    std::optional<IpAddress> peer{};         ///< IFA_ADDRESS where it differs from the local address.
    std::optional<IpAddress> broadcast{};    ///< IPv4 only.
    std::string label{};                     ///< IPv4 only; empty asks for the interface name.
    uint8_t scope = 0;                       ///< RT_SCOPE_*; the kernel derives it for IPv6.
    uint32_t flags = 0;                      ///< address_flag::*
    uint8_t protocol = 0;                    ///< IFA_PROTO; 0 on kernels before 5.18.
    uint32_t valid_lifetime = kForever;      ///< Seconds.
    uint32_t preferred_lifetime = kForever;  ///< Seconds; 0 = deprecated from the start.

    AddressKey key() const;
    /// `ADDR/LEN`, for logs.
    std::string to_string() const { return prefix.to_string(); }
    friend bool operator==(const KernelAddress&, const KernelAddress&) = default;
};

struct KernelNextHop {
    std::optional<IpAddress> via{};
    InterfaceIndex interface{};
    uint32_t weight = 1;  ///< 1..256
    bool onlink = false;
    std::optional<uint32_t> realms{};
    Rare<Encapsulation> encapsulation{};
    friend bool operator==(const KernelNextHop&, const KernelNextHop&) = default;
};

/// What makes two routes compete for one place in a table: RFC-less, it is what the kernel compares.
struct RouteKey {
    uint32_t table = 0;
    Prefix destination{};
    Prefix source{};  ///< IPv6 `from`; ::/0 or 0.0.0.0/0 when unset.
    uint8_t tos = 0;
    uint32_t priority = 0;
    friend constexpr auto operator<=>(const RouteKey&, const RouteKey&) = default;
};

/// One route. A route with several next hops is one entry.
struct KernelRoute {
    Family family = Family::ipv4;
    uint8_t type = 1;  ///< RTN_*
    uint32_t table = 254;
    Prefix destination{};
    std::optional<Prefix> source{};
    uint8_t tos = 0;
    uint32_t priority = 0;  ///< Metric; IPv6 has no 0, the kernel's default there is 1024.
    uint8_t protocol = kRouteProtocol;
    uint8_t scope = 0;
    std::optional<IpAddress> preferred_source{};
    std::optional<uint32_t> realms{};
    std::optional<uint32_t> expires{};    ///< Seconds, IPv6; counts down in the kernel and is not compared.
    std::optional<uint8_t> preference{};  ///< IPv6, RFC 4191: 0 medium, 1 high, 3 low.
    std::optional<bool> ttl_propagate{};
    std::vector<KernelNextHop> next_hops{};  ///< Empty for blackhole and its kin.
    std::vector<RouteMetric> metrics{};      ///< Ascending by number.
    std::string congestion_control{};

    RouteKey key() const;
    std::string to_string() const { return destination.to_string(); }
    friend bool operator==(const KernelRoute&, const KernelRoute&) = default;
};

/// One policy rule. Rules name interfaces, so the settings serve as they are; `no_track` and `track_group`
/// are never set in what the kernel reports or is asked for.
using KernelRule = RuleSettings;

/// "from A to B table N", for logs.
std::string to_string(const KernelRule& rule);

struct AddAddress {
    KernelAddress address{};
    friend bool operator==(const AddAddress&, const AddAddress&) = default;
};
struct RemoveAddress {
    KernelAddress address{};
    friend bool operator==(const RemoveAddress&, const RemoveAddress&) = default;
};
struct AddRoute {
    KernelRoute route{};
    bool append = false;  ///< Behind routes with the same key instead of before them (IPv4).
    friend bool operator==(const AddRoute&, const AddRoute&) = default;
};
struct RemoveRoute {
    KernelRoute route{};
    friend bool operator==(const RemoveRoute&, const RemoveRoute&) = default;
};
struct AddRule {
    KernelRule rule{};
    friend bool operator==(const AddRule&, const AddRule&) = default;
};
struct RemoveRule {
    KernelRule rule{};
    friend bool operator==(const RemoveRule&, const RemoveRule&) = default;
};

/// MACVLAN_MODE_PRIVATE and IPVLAN_MODE_L2 of linux/if_link.h: the only modes we make.
inline constexpr uint32_t kMacvlanPrivate = 1;
inline constexpr uint32_t kIpvlanL2 = 0;

/// A macvlan (`use_vmac`) or ipvlan (`use_ipvlan`) as the kernel takes it.
struct KernelVirtualLink {
    std::string name{};
    InterfaceIndex lower{};     ///< The interface it sits on.
    bool ipvlan = false;        ///< L2 mode with `ipvlan_flags`; else a macvlan in private mode with `mac`.
    uint16_t ipvlan_flags = 0;  ///< IPVLAN_F_*: 0 bridge, 1 private, 2 vepa.
    MacAddress mac{};           ///< Of a macvlan.
    uint32_t group = 0;         ///< IFLA_GROUP
    InterfaceIndex vrf{};       ///< The VRF it is a part of; 0 = none.
    friend bool operator==(const KernelVirtualLink&, const KernelVirtualLink&) = default;
};

/// Makes the interface, switched off.
struct AddLink {
    KernelVirtualLink link{};
    friend bool operator==(const AddLink&, const AddLink&) = default;
};
/// Gives an existing interface of that name the MAC address, mode, group and VRF of `link`.
struct UpdateLink {
    KernelVirtualLink link{};
    friend bool operator==(const UpdateLink&, const UpdateLink&) = default;
};
/// Sets what a link of ours needs before it is switched on: no link-local address made by the kernel, IPv6 on
/// or off. A macvlan (`vmac`) also answers ARP for its own addresses only; one of IPv4 (`ipv4`) takes packets
/// with a source address of this host, has no reverse path filter, and its secondary addresses outlive their
/// primary one.
struct TuneLink {
    std::string name{};
    bool vmac = true;
    bool ipv4 = true;
    bool ipv6 = false;
    friend bool operator==(const TuneLink&, const TuneLink&) = default;
};
struct SwitchLinkOn {
    std::string name{};
    friend bool operator==(const SwitchLinkOn&, const SwitchLinkOn&) = default;
};
struct RemoveLink {
    InterfaceIndex index{};
    std::string name{};  ///< For texts.
    friend bool operator==(const RemoveLink&, const RemoveLink&) = default;
};
/// Sets the group the interface has already, so that the kernel reports the interface to its listeners
/// (`netlink_notify_msg`: a bridge says nothing when its promiscuity changes).
struct ReannounceLink {
    InterfaceIndex index{};
    uint32_t group = 0;
    friend bool operator==(const ReannounceLink&, const ReannounceLink&) = default;
};
/// Writes a knob below /proc/sys and remembers what was there before the first write.
struct SetSysctl {
    std::string path{};
    std::string value{};
    friend bool operator==(const SetSysctl&, const SetSysctl&) = default;
};
/// Puts back what SetSysctl has found first; nothing when it was there already or its interface has gone.
struct RestoreSysctl {
    std::string path{};
    friend bool operator==(const RestoreSysctl&, const RestoreSysctl&) = default;
};
/// net.ipv4.conf.all.rp_filter rules over every interface, also over a VMAC, which needs 0. Its value goes to
/// `default` and to each interface that has less, then `all` becomes 0: nothing changes for the others.
struct RelaxReversePath {
    friend bool operator==(const RelaxReversePath&, const RelaxReversePath&) = default;
};
struct RestoreReversePath {
    friend bool operator==(const RestoreReversePath&, const RestoreReversePath&) = default;
};

/// One request to the kernel.
using Operation = std::variant<AddAddress, RemoveAddress, AddRoute, RemoveRoute, AddRule, RemoveRule, AddLink,
                               UpdateLink, TuneLink, SwitchLinkOn, RemoveLink, ReannounceLink, SetSysctl,
                               RestoreSysctl, RelaxReversePath, RestoreReversePath>;

/// "add address 192.0.2.1/24", for logs.
std::string to_string(const Operation& operation);

/// Whether the operation installs something (and not removes).
bool is_install(const Operation& operation);

/// Everything a dump returns. Routes and rules are only those with a protocol number of ours.
struct KernelState {
    std::vector<LinkInfo> links{};
    std::vector<KernelAddress> addresses{};  ///< In the kernel's order, primary addresses first.
    std::vector<KernelRoute> routes{};
    std::vector<KernelRule> rules{};
};

}  // namespace holdfast::netstate

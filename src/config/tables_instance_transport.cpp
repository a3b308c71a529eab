// vrrp_instance: version, family and destinations of its adverts.
#include <fmt/format.h>

#include "tables_vrrp.hpp"

namespace holdfast::config {
namespace {

using D = InstanceDraft;
using V = VrrpInstance;
using R = vrrp::RouterSettings;
using T = vrrp::TransportSettings;
template <auto... Path>
using Transport = Field<&D::value, &V::transport, Path...>;

template <auto... Path>
void set_unicast_flag(Loading&, D& instance, const Line&) {
    instance.unicast_keyword = true;
    Transport<Path...>::get(instance) = true;
}

template <auto... Path>
void show_unicast_flag(const D& instance, const Row& row, Writer& writer) {
    if (Transport<Path...>::get(instance)) writer.line(row.facts.name, "");
}

void read_old_checksum(Loading& loading, D& instance, const Line& line) {
    instance.unicast_keyword = true;
    if (!line.has(1))
        instance.value.router.old_unicast_checksum = vrrp::OldUnicastChecksum::force;
    else if (line.word(1) == "never")
        instance.value.router.old_unicast_checksum = vrrp::OldUnicastChecksum::never;
    else
        bad_word(loading, ReportClass::general, line, 1, "is not never");
}

void show_old_checksum(const D& instance, const Row& row, Writer& writer) {
    const auto mode = instance.value.router.old_unicast_checksum;
    if (mode != vrrp::OldUnicastChecksum::automatic)
        writer.line(row.facts.name, mode == vrrp::OldUnicastChecksum::never ? "never" : "");
}

void read_native_ipv6(Loading& loading, D& instance, const Line& line) {
    if (instance.family == Family::ipv4) {
        bad_word(loading, ReportClass::general, line, 0, "contradicts an IPv4 address above");
        return;
    }
    instance.family = Family::ipv6;
    instance.version = vrrp::Version::v3;
}

void show_native_ipv6(const D& instance, const Row& row, Writer& writer) {
    if (instance.family == Family::ipv6) writer.line(row.facts.name, "");
}

bool family_fits(D& instance, const IpAddress& address) {
    if (!instance.family) instance.family = address.family();
    return *instance.family == address.family();
}

void read_source(Loading& loading, D& instance, const Line& line) {
    if (line.keyword() == "unicast_src_ip") instance.unicast_keyword = true;
    IpAddress address;
    if (!Address{}.read(loading, line, address)) return;
    if (!family_fits(instance, address)) {
        bad_word(loading, ReportClass::general, line, 1,
                 "is not of the family of the instance; it is ignored");
        instance.value.transport.source.reset();
        return;
    }
    instance.value.transport.source = address;
}

void show_source(const D& instance, const Row& row, Writer& writer) {
    if (instance.value.transport.source && !instance.unicast_keyword)
        writer.line(row.facts.name, instance.value.transport.source->to_string());
}

void show_unicast_source(const D& instance, const Row& row, Writer& writer) {
    if (instance.value.transport.source && instance.unicast_keyword)
        writer.line(row.facts.name, instance.value.transport.source->to_string());
}

void read_multicast_destination(Loading& loading, D& instance, const Line& line) {
    IpAddress address;
    if (!Address{}.read(loading, line, address)) return;
    instance.multicast_group.reset();
    const bool usable = address.is_multicast() && (address.is_v4() || (address.bytes()[1] & 0x0fU) == 2);
    if (!family_fits(instance, address))
        bad_word(loading, ReportClass::general, line, 1,
                 "is not of the family of the instance; it is ignored");
    else if (!usable)
        bad_word(loading, ReportClass::general, line, 1,
                 address.is_v4() ? "is not a multicast address; it is ignored"
                                 : "is not a link-local multicast address; it is ignored");
    else
        instance.multicast_group = address;
}

void show_multicast_destination(const D& instance, const Row& row, Writer& writer) {
    if (instance.multicast_group) writer.line(row.facts.name, instance.multicast_group->to_string());
}

D* open_peers(Loading&, D& instance, const Line&) {
    instance.unicast_keyword = true;
    return &instance;
}

void read_peer(Loading& loading, void* target, const Line& line) {
    D& instance = *static_cast<D*>(target);
    const auto address = parse_address(line.word(0));
    // "10.0.0.1/24" is documented, but keepalived refuses a prefix length only by accident of the family
    // test; both forms name the same peer.
    if (!address) {
        loading.error(line, 0, fmt::format("{} is not an IP address; the peer is ignored", line.word(0)));
        return;
    }
    if (!family_fits(instance, *address)) {
        loading.error(
            line, 0,
            fmt::format("{} is not of the family of the instance; the peer is ignored", line.word(0)));
        return;
    }
    vrrp::UnicastPeer peer;
    peer.address = *address;
    for (size_t i = 1; i < line.size(); i += 2) {
        if (!line.has(i + 1)) {
            loading.error(line, i, fmt::format("{} has no value", line.word(i)));
            break;
        }
        const auto ttl = parse_integer(line.word(i + 1), 0, 255, Lenient::no);
        if (!ttl.problem.empty())
            loading.report(ReportClass::number, line, i + 1,
                           fmt::format("{} {} {}", line.word(i), line.word(i + 1), ttl.problem));
        if (!ttl.value) continue;
        if (line.word(i) == "min_ttl") {
            peer.min_ttl = static_cast<uint8_t>(*ttl.value);
        } else if (line.word(i) == "max_ttl") {
            peer.max_ttl = static_cast<uint8_t>(*ttl.value);
        } else {
            loading.error(line, i, fmt::format("{} is not min_ttl or max_ttl", line.word(i)));
            break;
        }
        instance.value.transport.check_unicast_source = true;
    }
    if (!loading.draft.seen.peers.insert(peer.address).second) {
        const char* const here = line.word(0).data();
        const Place first = loading.place_of_entry(instance.place, "unicast_peer", [&](const Words& words) {
            return words.at_or_empty(0).data() != here && parse_address(words.at_or_empty(0)) == address;
        });
        loading.error(line.place(0), fmt::format("{} was given before; this one is ignored", line.word(0)),
                      {.note = loading.note(first, "it is here already")});
        return;
    }
    if (peer.min_ttl > peer.max_ttl)
        loading.error(
            line, 0,
            fmt::format("{}: min_ttl is more than max_ttl, so every advert is dropped", line.word(0)));
    instance.value.transport.peers.push_back(peer);
}

void show_peers(const D& instance, const Row& row, Writer& writer) {
    if (instance.value.transport.peers.empty()) return;
    writer.open(row.facts.name);
    for (const vrrp::UnicastPeer& peer : instance.value.transport.peers) {
        std::string text = peer.address.to_string();
        if (peer.min_ttl != 0) text += fmt::format(" min_ttl {}", peer.min_ttl);
        if (peer.max_ttl != 255) text += fmt::format(" max_ttl {}", peer.max_ttl);
        writer.entry(text);
    }
    writer.close();
}

void read_version(Loading& loading, D& instance, const Line& line) {
    int64_t number = 0;
    if (!Integer{2, 3}.read(loading, line, number)) return;
    const vrrp::Version version = number == 2 ? vrrp::Version::v2 : vrrp::Version::v3;
    if ((instance.version && *instance.version != version) ||
        (version == vrrp::Version::v2 && instance.family == Family::ipv6))
        bad_word(loading, ReportClass::general, line, 1, "contradicts what was given before; it is ignored");
    else
        instance.version = version;
}

void show_version(const D& instance, const Row& row, Writer& writer) {
    if (instance.version) writer.line(row.facts.name, *instance.version == vrrp::Version::v2 ? "2" : "3");
}

void read_receive_buffer(Loading& loading, D& instance, const Line& line) {
    if (line.size() != 2) {
        bad_word(loading, ReportClass::general, line, 0, "takes one number");
        return;
    }
    uint32_t size = 0;
    if (Integer{0, kMaxUint32, Lenient::no}.read(loading, line, size))
        instance.value.transport.receive_buffer = size;
}

void show_receive_buffer(const D& instance, const Row& row, Writer& writer) {
    if (instance.value.transport.receive_buffer)
        writer.line(row.facts.name, fmt::format("{}", *instance.value.transport.receive_buffer));
}

// Booleans of VrrpInstance or its router that one value stands for and the dump always states.
template <bool R::* member>
void read_router_switch(Loading& loading, D& instance, const Line& line) {
    Switch{}.read(loading, line, instance.value.router.*member);
}

template <bool R::* member>
void show_router_switch(const D& instance, const Row& row, Writer& writer) {
    writer.line(row.facts.name, instance.value.router.*member ? "on" : "off");
}

const Block kPeers =
    Block{"vrrp_instance/unicast_peer", {}, read_peer, {}, "ADDR [min_ttl 0..255] [max_ttl 0..255]"}.around(
        "192.0.2.20 min_ttl 200");

// clang-format off: one row, one line
constexpr Row kRows[] = {
    custom<D, read_native_ipv6, show_native_ipv6>({"native_ipv6", "", "as the addresses", "The instance is IPv6, version 3.", rare}, 0).example("native_ipv6", kNothingWrong, "-virtual_ipaddress\nvirtual_ipaddress {\nfe80::1\n}"),
    block<D, D, open_peers, nullptr, show_peers>({"unicast_peer", "{ ADDR... }", "none: multicast", "Peers that get adverts by unicast.", everyday, adds_up}, kPeers).example("unicast_peer {", "^192.0.2.300\n^2001:db8::20\n192.0.2.22 ^min_ttl\n192.0.2.22 min_ttl ^256\n192.0.2.22 ^ttl 3\n^192.0.2.22 min_ttl 9 max_ttl 3"),
    custom<D, set_unicast_flag<&T::unicast_fault_no_peer>, show_unicast_flag<&T::unicast_fault_no_peer>>({"unicast_fault_no_peer", "", "off", "Without peers stay in FAULT instead of using multicast.", rare}, 0).example("unicast_fault_no_peer", kNothingWrong),
    custom<D, set_unicast_flag<&T::check_unicast_source>, show_unicast_flag<&T::check_unicast_source>>({"check_unicast_src", "", "off", "Drop adverts from others than the peers."}, 0).example("check_unicast_src", kNothingWrong, "unicast_peer {\n192.0.2.20\n}"),
    custom<D, read_old_checksum, show_old_checksum>({"old_unicast_checksum", "[never]", "automatic", "Checksum of keepalived before 1.3.7.", rare}, 1).example("old_unicast_checksum never", "^always", "unicast_peer {\n192.0.2.20\n}"),
    custom<D, read_source, show_source>({"mcast_src_ip", "ADDR", "first address of the interface", "Source of adverts.", everyday}, 1).example("mcast_src_ip 192.0.2.10", "!\n^192.0.2.300\n^2001:db8::10"),
    custom<D, read_source, show_unicast_source>({"unicast_src_ip", "ADDR", "first address of the interface", "Source of adverts, of a unicast instance.", everyday}, 1).example("unicast_src_ip 192.0.2.10", "!\n^192.0.2.300\n^2001:db8::10", "unicast_peer {\n192.0.2.20\n}"),
    custom<D, read_multicast_destination, show_multicast_destination>({"mcast_dst_ip", "ADDR", "vrrp_mcast_group", "Another multicast group.", rare}, 1).example("mcast_dst_ip 224.0.0.199", "!\n^192.0.2.300\n^10.0.0.1\n^ff02::12"),
    keyword<Transport<&T::track_source>, Flag{}>({"track_src_ip", "", "off", "FAULT while the source address is missing.", rare}).example("track_src_ip", "", "mcast_src_ip 192.0.2.10"),
    keyword<Transport<&T::ttl>, Integer{0, 255, Lenient::no}>({"unicast_ttl", "0..255", "255", "TTL of unicast adverts."}).example("unicast_ttl 64", "", "unicast_peer {\n192.0.2.20\n}"),
    custom<D, read_version, show_version>({"version", "2|3", "vrrp_version; IPv6: 3", "Protocol version.", everyday}, 1).example("version 3", "!\n^1\n^4\n^abc"),
    custom<D, read_router_switch<&R::v3_checksum_as_v2>, show_router_switch<&R::v3_checksum_as_v2>>({"v3_checksum_as_v2", "[BOOL]", "global setting", "Version 3 over IPv4 without pseudo header in the checksum.", common, last_wins, Reload::live, "2.3"}, 1).example("v3_checksum_as_v2 on", "^maybe", "version 3"),
    custom<D, read_router_switch<&R::skip_check_advert_addresses>, show_router_switch<&R::skip_check_advert_addresses>>({"skip_check_adv_addr", "[BOOL]", "vrrp_skip_check_adv_addr", "Do not compare the addresses of adverts from the same master again."}, 1).example("skip_check_adv_addr on", "^maybe"),
    custom<D, read_receive_buffer, show_receive_buffer>({"kernel_rx_buf_size", "BYTES", "policy", "Receive buffer.", rare}, 1).example("kernel_rx_buf_size 65536", ".\n1 2\n^-1\n^abc"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kInstanceTransportRows{kRows};

}  // namespace holdfast::config

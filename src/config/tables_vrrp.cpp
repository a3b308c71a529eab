// vrrp_instance with its inner blocks.
#include "tables_vrrp.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tables_track.hpp"

namespace holdfast::config {
namespace {

using D = InstanceDraft;
using V = VrrpInstance;
using R = vrrp::RouterSettings;
using T = vrrp::TransportSettings;
using GS = vrrp::GarpSettings;
using NS = notify::ScriptSettings;

template <auto... Path>
using Value = Field<&D::value, Path...>;
template <auto... Path>
using Router = Field<&D::value, &V::router, Path...>;
template <auto... Path>
using Transport = Field<&D::value, &V::transport, Path...>;

std::string_view name_of(const D& instance) {
    return instance.value.router.name;
}

D* open_instance(Loading& loading, Draft& draft, const Line& line) {
    if (line.size() != 2) {
        loading.error(line, kWholeLine, "vrrp_instance needs exactly one name; the block is skipped");
        return nullptr;
    }
    std::string name(line.word(1));
    auto [known, fresh] = draft.instance_names.try_emplace(name, nullptr);
    if (!fresh) {
        Diagnostic diagnostic = loading.document.report(
            Severity::error, ReportClass::general, line.directive(), 1,
            fmt::format("vrrp_instance {} is defined before; this one is skipped", name));
        if (known->second != nullptr)
            diagnostic.note = loading.document.note(
                loading.document.directive(known->second->place.directive), "first defined here");
        loading.add(std::move(diagnostic));
        return nullptr;
    }
    D& instance = *draft.instances.emplace_back(std::make_unique<D>());
    known->second = &instance;
    instance.place = line.place();
    instance.value.router.name = std::move(name);
    const InstanceDefaults& defaults = draft.global.instance;
    GS& garp = instance.value.router.garp;
    garp.master_repeat = defaults.garp_master_repeat;
    garp.master_refresh = defaults.garp_master_refresh;
    garp.master_refresh_repeat = defaults.garp_master_refresh_repeat;
    garp.master_delay = defaults.garp_master_delay;
    instance.down_timer_adverts = defaults.down_timer_adverts;
    instance.value.router.v3_checksum_as_v2 = defaults.v3_checksum_as_v2;
    instance.value.router.skip_check_advert_addresses = defaults.skip_check_advert_addresses;
    return &instance;
}

void close_instance(Loading& loading, Draft&, D& instance, const Line&) {
    if (instance.unicast_keyword && (instance.use_vmac || instance.use_ipvlan)) {
        if (!instance.interface) {
            loading.error(instance.place,
                          fmt::format("({}) a VMAC or ipvlan with unicast needs an interface; it is not used",
                                      name_of(instance)));
            instance.use_vmac = instance.use_ipvlan = false;
        } else if (!instance.vmac_xmit_base) {
            loading.error(instance.place,
                          fmt::format("({}) unicast with use_vmac needs vmac_xmit_base, which is set",
                                      name_of(instance)));
            instance.vmac_xmit_base = true;
        }
    }
    if (instance.value.transport.peers.empty() && instance.value.transport.ttl) {
        loading.error(instance.place,
                      fmt::format("({}) unicast_ttl without unicast_peer is ignored", name_of(instance)));
        instance.value.transport.ttl.reset();
    }
}

// ---- Keywords with a function of their own ----

/// Six octets, or five: the sixth is then the VRID.
std::optional<std::pair<MacAddress, bool>> parse_mac(std::string_view text) {
    MacAddress mac;
    size_t octets = 0;
    while (!text.empty() && octets < 6) {
        const size_t colon = text.find(':');
        const std::string_view part = text.substr(0, colon);
        const auto value = part.size() <= 2 && !part.empty()
                               ? parse_hex(part.size() == 1 ? "0" + std::string(part) : part, nullptr)
                               : std::nullopt;
        if (!value) return std::nullopt;
        mac.bytes[octets++] = value->front();
        text = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    }
    if (!text.empty() || octets < 5) return std::nullopt;
    return std::pair{mac, octets == 5};
}

/// A name no other instance has taken, for an interface that either does not exist or is one we may use.
bool take_link_name(Loading& loading, D& instance, const Line& line, size_t word, bool vmac) {
    const std::string_view name = line.word(word);
    if (!instance.vmac.name.empty()) {
        loading.error(line, word, fmt::format("{} is a second name; it is ignored", name));
        return false;
    }
    if (!valid_interface_name(name)) {
        loading.error(line, word, fmt::format("{} cannot be the name of an interface; it is ignored", name));
        return false;
    }
    if (!loading.draft.vmac_names.emplace(name).second) {
        loading.error(line, word,
                      fmt::format("{} is the interface of another instance; the name is ignored", name));
        return false;
    }
    const auto& facts = loading.interface(name);
    if (facts && !(vmac ? facts->private_macvlan : facts->l2_ipvlan)) {
        loading.error(line, word,
                      fmt::format("interface {} exists and is not {}; the name is ignored", name,
                                  vmac ? "a private macvlan" : "an L2 ipvlan"));
        return false;
    }
    instance.vmac.name = name;
    return true;
}

bool read_link_group(Loading& loading, D& instance, const Line& line, size_t& word) {
    const std::string_view group = line.word(++word);
    if (loading.stopped()) return false;
    if (auto number = loading.named_number(NameTable::groups, group, UINT32_MAX))
        instance.vmac.group = number;
    else
        loading.error(line, word, fmt::format("{} is not an interface group", group));
    return true;
}

void read_use_vmac(Loading& loading, D& instance, const Line& line) {
    instance.use_vmac = true;
    for (size_t i = 1; i < line.size(); ++i) {
        std::string_view word = line.word(i);
        if (word.find(':') != std::string_view::npos) {
            const auto mac = parse_mac(word);
            static constexpr std::array<uint8_t, 4> kVrrpPrefix{0x00, 0x00, 0x5e, 0x00};
            if (instance.vmac.mac)
                loading.error(line, i, fmt::format("{} is a second address; it is ignored", word));
            else if (!mac)
                loading.error(line, i, fmt::format("{} is not a MAC address", word));
            else if ((mac->first.bytes[0] & 1U) != 0)
                loading.error(line, i, fmt::format("{} is a multicast address; it is ignored", word));
            else if (std::equal(kVrrpPrefix.begin(), kVrrpPrefix.end(), mac->first.bytes.begin()) &&
                     (mac->first.bytes[4] == 1 || mac->first.bytes[4] == 2))
                loading.error(
                    line, i,
                    fmt::format("{} is an address of RFC 5798, which are chosen by VRID; it is ignored",
                                word));
            else {
                instance.vmac.mac = mac->first;
                instance.mac_from_vrid = mac->second;
            }
            continue;
        }
        if (word == "netlink_notify_msg") {
            instance.vmac.netlink_notify_msg = true;
        } else if (word == "group") {
            if (!read_link_group(loading, instance, line, i)) return;
        } else {
            if (word == "name") word = line.word(++i);
            if (loading.stopped()) return;
            take_link_name(loading, instance, line, i, true);
        }
    }
}

void show_use_vmac(const D& instance, const Row& row, Writer& writer) {
    if (!instance.use_vmac) return;
    std::string text = quoted(instance.vmac.name);
    if (instance.vmac.name.empty()) text.clear();
    if (instance.vmac.mac) text += ' ' + instance.vmac.mac->to_string();
    if (instance.vmac.netlink_notify_msg) text += " netlink_notify_msg";
    if (instance.vmac.group) text += fmt::format(" group {}", *instance.vmac.group);
    writer.line(row.facts.name, text);
}

void read_use_ipvlan(Loading& loading, D& instance, const Line& line) {
    if (instance.use_ipvlan) {
        loading.error(line, 0, "use_ipvlan was given before; this one is ignored");
        return;
    }
    instance.use_ipvlan = true;
    bool kind_given = false;
    for (size_t i = 1; i < line.size(); ++i) {
        std::string_view word = line.word(i);
        // IPVLAN_F_* of linux/if_link.h.
        const int kind = word == "bridge" ? 0 : word == "private" ? 1 : word == "vepa" ? 2 : -1;
        if (kind >= 0) {
            if (kind_given)
                loading.error(line, i, fmt::format("{} is a second kind; it is ignored", word));
            else
                instance.vmac.ipvlan_flags = static_cast<uint8_t>(kind);
            kind_given = true;
            continue;
        }
        if (word == "group") {
            if (!read_link_group(loading, instance, line, i)) return;
            continue;
        }
        if (auto prefix = Prefix::parse(word)) {
            if (instance.vmac.ipvlan_address) {
                loading.error(line, i, fmt::format("{} is a second address; it is ignored", word));
            } else if (instance.family.value_or(prefix->address.family()) != prefix->address.family()) {
                loading.error(line, i,
                              fmt::format("{} is not of the family of the instance; it is ignored", word));
            } else {
                instance.family = prefix->address.family();
                instance.vmac.ipvlan_address = prefix->address;
                instance.vmac.ipvlan_prefix_length = prefix->length;
                if (!instance.value.transport.source) instance.value.transport.source = prefix->address;
            }
            continue;
        }
        if (word == "name") word = line.word(++i);
        if (loading.stopped()) return;
        take_link_name(loading, instance, line, i, false);
    }
}

void show_use_ipvlan(const D& instance, const Row& row, Writer& writer) {
    if (!instance.use_ipvlan) return;
    static constexpr std::string_view kKinds[] = {"bridge", "private", "vepa"};
    std::string text = instance.vmac.name.empty() ? "" : quoted(instance.vmac.name) + ' ';
    if (instance.vmac.ipvlan_address)
        text += fmt::format("{}/{} ", instance.vmac.ipvlan_address->to_string(),
                            instance.vmac.ipvlan_prefix_length);
    text += kKinds[instance.vmac.ipvlan_flags % 3];
    if (instance.vmac.group) text += fmt::format(" group {}", *instance.vmac.group);
    writer.line(row.facts.name, text);
}

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

void read_state(Loading& loading, D& instance, const Line& line) {
    const std::string_view state = line.word(1);
    if (loading.stopped()) return;
    if (state == "MASTER") {
        instance.wants_master = true;
    } else if (state == "BACKUP") {
        if (instance.wants_master == true)
            bad_word(loading, ReportClass::general, line, 1, "comes after MASTER; it is ignored");
        else
            instance.wants_master = false;
    } else {
        Diagnostic diagnostic =
            loading.document.report(Severity::error, ReportClass::general, line.directive(), 1,
                                    fmt::format("state {} is not MASTER or BACKUP; BACKUP is used", state));
        static constexpr std::string_view kStates[] = {"MASTER", "BACKUP"};
        std::string upper(state);
        for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        if (auto near = nearest(upper, kStates)) diagnostic.suggestion = *near;
        loading.add(std::move(diagnostic));
        instance.wants_master = false;
    }
}

void show_state(const D& instance, const Row& row, Writer& writer) {
    if (instance.wants_master) writer.line(row.facts.name, *instance.wants_master ? "MASTER" : "BACKUP");
}

void read_interface(Loading& loading, D& instance, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return;
    if (name.size() > 15) {
        bad_word(loading, ReportClass::general, line, 1, "is too long for an interface; it is ignored");
        return;
    }
    if (!loading.interface_usable(name)) {
        instance.interface.reset();
        bad_word(loading, ReportClass::general, line, 1, "does not exist");
    } else if (const auto& facts = loading.interface(name); facts && facts->loopback) {
        instance.interface.reset();
        bad_word(loading, ReportClass::general, line, 1,
                 "is a loopback interface, which VRRP cannot use; it is ignored");
    } else {
        instance.interface = name;
    }
}

void show_interface(const D& instance, const Row& row, Writer& writer) {
    if (instance.interface && !instance.interface->empty())
        writer.line(row.facts.name, quoted(*instance.interface));
}

void read_vrf(Loading& loading, D& instance, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return;
    std::string& vrf = instance.value.transport.vrf;
    if (name.size() > 15)
        bad_word(loading, ReportClass::general, line, 1, "is too long for an interface; it is ignored");
    else if (instance.interface)
        bad_word(loading, ReportClass::general, line, 1, "contradicts interface; it is ignored");
    else if (!vrf.empty())
        bad_word(loading, ReportClass::general, line, 1, "is a second VRF; it is ignored");
    else if (!loading.interface_usable(name))
        bad_word(loading, ReportClass::general, line, 1, "does not exist");
    else if (const auto& facts = loading.interface(name); facts && facts->loopback)
        bad_word(loading, ReportClass::general, line, 1, "is a loopback interface; it is ignored");
    else
        vrf = name;
}

void show_vrf(const D& instance, const Row& row, Writer& writer) {
    if (!instance.value.transport.vrf.empty())
        writer.line(row.facts.name, quoted(instance.value.transport.vrf));
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
    if (!instance.peers.insert(peer.address).second) {
        loading.error(line, 0, fmt::format("{} was given before; this one is ignored", line.word(0)));
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

void read_priority(Loading& loading, D& instance, const Line& line) {
    uint8_t priority = vrrp::kDefaultPriority.value;
    Integer{1, 255, Lenient::no}.read(loading, line, priority);
    instance.priority = priority;
}

void show_priority(const D& instance, const Row& row, Writer& writer) {
    if (instance.priority) writer.line(row.facts.name, fmt::format("{}", *instance.priority));
}

void read_preempt_delay(Loading& loading, D& instance, const Line& line) {
    Duration delay{0};
    Seconds{0, 1000000000ULL}.read(loading, line, delay);
    instance.value.router.preempt_delay = delay;
}

void show_preempt_delay(const D& instance, const Row& row, Writer& writer) {
    if (instance.value.router.preempt_delay != Duration{0})
        writer.line(row.facts.name, *Seconds{0, 0}.write(instance.value.router.preempt_delay));
}

void read_polling(Loading& loading, D& instance, const Line& line) {
    loading.report(ReportClass::deprecated, line, 0,
                   "linkbeat_use_polling belongs into a linkbeat_interfaces block");
    instance.value.linkbeat_use_polling = true;
}

void show_polling(const D& instance, const Row& row, Writer& writer) {
    if (instance.value.linkbeat_use_polling) writer.line(row.facts.name, "");
}

void read_notify_deleted(Loading& loading, D& instance, const Line& line) {
    NS& scripts = instance.value.notify;
    if (scripts.notify_deleted) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    scripts.notify_deleted = true;
    notify::Command command;
    if (line.has(1) && read_command(loading, line, command)) scripts.deleted = std::move(command);
}

void show_notify_deleted(const D& instance, const Row& row, Writer& writer) {
    const NS& scripts = instance.value.notify;
    if (scripts.deleted)
        writer.line(row.facts.name, command_text(*scripts.deleted).value_or(""));
    else if (scripts.notify_deleted)
        writer.line(row.facts.name, "");
}

void read_sync_interface(Loading& loading, D& instance, const Line& line) {
    loading.report(ReportClass::deprecated, line, 0,
                   "lvs_sync_daemon_interface is the old form of lvs_sync_daemon in global_defs");
    const std::string_view name = line.word(1);
    if (loading.stopped()) return;
    auto& daemon = loading.draft.global.value.lvs_sync_daemon;
    if (daemon) {
        bad_word(loading, ReportClass::general, line, 0, "comes after lvs_sync_daemon; it is ignored");
        return;
    }
    daemon.emplace();
    daemon->interface = name;
    daemon->instance = name_of(instance);
}

/// 0 was allowed once and means 1.
template <uint32_t GS::* member>
void read_count(Loading& loading, D& instance, const Line& line) {
    uint32_t count = 0;
    if (!Integer{0, kMaxUint32}.read(loading, line, count)) return;
    if (count == 0) bad_word(loading, ReportClass::general, line, 1, "must be at least 1; 1 is used");
    instance.value.router.garp.*member = std::max(count, 1U);
}

template <uint32_t GS::* member>
void show_count(const D& instance, const Row& row, Writer& writer) {
    writer.line(row.facts.name, fmt::format("{}", instance.value.router.garp.*member));
}

template <Duration GS::* member>
void show_delay(const D& instance, const Row& row, Writer& writer) {
    writer.line(row.facts.name, *WholeSeconds{0, 0}.write(instance.value.router.garp.*member));
}

template <Duration GS::* member>
void read_delay(Loading& loading, D& instance, const Line& line) {
    Duration delay{0};
    if (WholeSeconds{0, member == &GS::master_refresh ? kMaxUint32 : kMaxDelaySeconds}.read(loading, line,
                                                                                            delay))
        instance.value.router.garp.*member = delay;
    else if (member == &GS::master_refresh)
        instance.value.router.garp.*member = Duration{0};
}

void read_garp_extra(Loading& loading, D& instance, const Line& line) {
    std::optional<int64_t> seconds;
    for (size_t i = 1; i < line.size(); ++i) {
        if (line.word(i) == "all") {
            instance.value.garp_extra_all = true;
            continue;
        }
        const auto number = parse_integer(line.word(i), 0, 86400, Lenient::yes);
        if (!number.problem.empty()) bad_word(loading, ReportClass::number, line, i, number.problem);
        if (!number.value) return;
        seconds = number.value;
    }
    if (seconds)
        instance.garp_extra = std::chrono::seconds(*seconds);
    else
        bad_word(loading, ReportClass::general, line, 0, "needs a time");
}

void show_garp_extra(const D& instance, const Row& row, Writer& writer) {
    if (instance.garp_extra)
        writer.line(row.facts.name, (instance.value.garp_extra_all ? "all " : "") +
                                        *WholeSeconds{0, 0}.write(*instance.garp_extra));
}

void read_timer_expired(Loading& loading, D& instance, const Line& line) {
    uint8_t priority = 254;
    if (line.has(1) && !Integer{1, 254, Lenient::no}.read(loading, line, priority)) return;
    instance.timer_expired_backup = priority;
}

void show_timer_expired(const D& instance, const Row& row, Writer& writer) {
    if (instance.timer_expired_backup)
        writer.line(row.facts.name, fmt::format("{}", *instance.timer_expired_backup));
}

void read_down_timer(Loading& loading, D& instance, const Line& line) {
    Integer{1, 100}.read(loading, line, instance.down_timer_adverts);
}

void show_down_timer(const D& instance, const Row& row, Writer& writer) {
    writer.line(row.facts.name, fmt::format("{}", instance.down_timer_adverts));
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

void set_accept(Loading&, D& instance, const Line& line) {
    instance.accept = line.keyword() == "accept";
}
void show_accept(const D& instance, const Row& row, Writer& writer) {
    if (instance.accept == true) writer.line(row.facts.name, "");
}
void show_no_accept(const D& instance, const Row& row, Writer& writer) {
    if (instance.accept == false) writer.line(row.facts.name, "");
}

void set_preempt(Loading&, D& instance, const Line&) {
    instance.value.router.preempt = true;
}
void set_nopreempt(Loading&, D& instance, const Line&) {
    instance.value.router.preempt = false;
}
void show_nopreempt(const D& instance, const Row& row, Writer& writer) {
    if (!instance.value.router.preempt) writer.line(row.facts.name, "");
}

// ---- authentication and auth_hmac ----

constexpr std::pair<std::string_view, vrrp::AuthType> kAuthTypes[] = {{"PASS", vrrp::AuthType::password},
                                                                      {"AH", vrrp::AuthType::header}};

void read_password(Loading& loading, D& instance, const Line& line) {
    std::string_view password = line.word(1);
    if (loading.stopped()) return;
    if (password.size() > 8) {
        loading.error(line, 1, "auth_pass has more than 8 characters; the rest is cut off");
        password = password.substr(0, 8);
    }
    instance.auth_password = password;
}

void show_password(const D& instance, const Row& row, Writer& writer) {
    if (!instance.auth_password.empty()) writer.line(row.facts.name, quoted(instance.auth_password));
}

// clang-format off: one row, one line
const Row kAuthenticationRows[] = {
    keyword<Field<&D::auth_type>, OneOf<kAuthTypes>{}>({"auth_type", "PASS|AH", "none", "Clear text, or an IPsec authentication header.", everyday}),
    custom<D, read_password, show_password>({"auth_pass", "STRING", "none", "At most 8 bytes; longer ones are cut.", everyday}, 1),
};
// clang-format on
const Block kAuthentication{"vrrp_instance/authentication", kAuthenticationRows};

void show_authentication(const D& instance, const Row& row, Writer& writer) {
    if (!instance.auth_type) return;
    writer.open(row.facts.name);
    show_rows(kAuthentication, &instance, writer);
    writer.close();
}

D* open_hmac(Loading&, D& instance, const Line&) {
    instance.has_hmac = true;
    return &instance;
}

std::optional<std::vector<uint8_t>> decode_secret(std::string_view text) {
    if (text.starts_with("hex:")) return parse_hex(text.substr(4), nullptr);
    return std::vector<uint8_t>(text.begin(), text.end());
}

void read_hmac_key(Loading& loading, D& instance, const Line& line) {
    if (line.size() < 3) {
        bad_word(loading, ReportClass::general, line, 0, "needs a number and a value");
        return;
    }
    uint8_t id = 0;
    if (!Integer{1, 255, Lenient::no}.read(loading, line, id)) return;
    constexpr std::string_view kFile = "file:";
    std::optional<std::vector<uint8_t>> secret;
    if (line.word(2).starts_with(kFile)) {
        const std::string path(line.word(2).substr(kFile.size()));
        if (loading.environment.file(path).kind == FileKind::regular &&
            (loading.environment.file(path).mode & 077U) != 0)
            loading.report(ReportClass::security, line, 2,
                           fmt::format("the key file {} can be read by group or others", path));
        auto text = loading.environment.contents(path, 140);
        if (!text) {
            loading.error(line, 2,
                          fmt::format("the key file {} cannot be read: {}", path, text.error().message));
            return;
        }
        while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
        secret = decode_secret(*text);
    } else {
        secret = decode_secret(line.word(2));
    }
    if (!secret || secret->size() < 32 || secret->size() > 64) {
        loading.error(line, 2, fmt::format("key {} must have 32..64 bytes", id));
        return;
    }
    for (const vrrp::HmacKey& key : instance.hmac.keys) {
        if (key.id != id) continue;
        loading.error(line, 1, fmt::format("key {} was given before; this one is ignored", id));
        return;
    }
    instance.hmac.keys.push_back({id, std::move(*secret)});
}

void show_hmac_keys(const D& instance, const Row& row, Writer& writer) {
    for (const vrrp::HmacKey& key : instance.hmac.keys)
        writer.line(row.facts.name, fmt::format("{} hex:{:02x}", key.id, fmt::join(key.secret, "")));
}

struct TimeWindow : Integer {
    static constexpr uint8_t kWords = 1;
    bool read(Loading& loading, const Line& line, std::chrono::seconds& out) const {
        return WholeSeconds{1, 300, Lenient::no}.read(loading, line, out);
    }
    std::optional<std::string> write(const std::chrono::seconds& in) const {
        return fmt::format("{}", in.count());
    }
};

constexpr std::pair<std::string_view, bool> kReplay[] = {{"time", false}, {"monotonic", true}};
constexpr std::pair<std::string_view, vrrp::HmacMode> kModes[] = {
    {"enforce", vrrp::HmacMode::enforce},
    {"permissive", vrrp::HmacMode::permissive},
    {"receive-only", vrrp::HmacMode::receive_only}};
using H = vrrp::HmacSettings;
// clang-format off: one row, one line
const Row kHmacRows[] = {
    custom<D, read_hmac_key, show_hmac_keys>({"key", "1..255 ASCII|hex:DIGITS|file:PATH", "required", "A key of 32 to 64 bytes.", common, adds_up, Reload::live, "2.4"}, 2),
    keyword<Field<&D::hmac, &H::active_key>, Integer{1, 255, Lenient::no}>({"active_key", "1..255", "required", "The key used for sending.", common, last_wins, Reload::live, "2.4"}),
    keyword<Field<&D::hmac, &H::time_window>, TimeWindow{}>({"time_window", "1..300", "3 advert intervals, at least 5", "How far clocks may differ, in seconds.", rare, last_wins, Reload::live, "2.4"}),
    keyword<Field<&D::hmac, &H::monotonic>, OneOf<kReplay>{}>({"anti_replay", "time|monotonic", "time", "How repeated adverts are recognised.", rare, last_wins, Reload::live, "2.4"}),
    keyword<Field<&D::hmac, &H::mode>, OneOf<kModes>{}>({"mode", "enforce|permissive|receive-only", "enforce", "Step of a migration.", rare, last_wins, Reload::live, "2.4"}),
};
// clang-format on
const Block kHmac{"vrrp_instance/auth_hmac", kHmacRows};

void show_hmac(const D& instance, const Row& row, Writer& writer) {
    if (!instance.has_hmac) return;
    writer.open(row.facts.name);
    show_rows(kHmac, &instance, writer);
    writer.close();
}

// ---- Lists ----

template <Tracked tracked>
void read_tracked(Loading& loading, void* target, const Line& line) {
    D& instance = *static_cast<D*>(target);
    read_reference(loading, tracked, name_of(instance), references(instance.value.track, tracked), line);
}

template <Tracked tracked>
void show_tracked(const D& instance, const Row& row, Writer& writer) {
    const auto& list = references(const_cast<track::References&>(instance.value.track), tracked);
    if (list.empty()) return;
    writer.open(row.facts.name);
    for (const track::Reference& reference : list) writer.entry(to_text(reference));
    writer.close();
}

template <auto... Path>
void show_entries(const D& instance, const Row& row, Writer& writer) {
    const auto& list = Value<Path...>::get(instance);
    if (list.empty()) return;
    writer.open(row.facts.name);
    for (const auto& entry : list) writer.entry(to_text(entry));
    writer.close();
}

constexpr std::string_view kTrackEntry = "NAME [weight W [reverse]]";
const Block kTrackInterface{
    "vrrp_instance/track_interface", {}, read_tracked<Tracked::interface>, kReferenceOptions, kTrackEntry};
const Block kTrackScript{
    "vrrp_instance/track_script", {}, read_tracked<Tracked::script>, kReferenceOptions, kTrackEntry};
const Block kTrackFiles{
    "vrrp_instance/track_file", {}, read_tracked<Tracked::file>, kReferenceOptions, kTrackEntry};
const Block kTrackProcesses{
    "vrrp_instance/track_process", {}, read_tracked<Tracked::process>, kReferenceOptions, kTrackEntry};
const Block kTrackBfd{
    "vrrp_instance/track_bfd", {}, read_tracked<Tracked::bfd>, kReferenceOptions, kTrackEntry};
const Block kPeers{"vrrp_instance/unicast_peer", {}, read_peer, {}, "ADDR [min_ttl 0..255] [max_ttl 0..255]"};

constexpr Script kNotify{};

// clang-format off: one row, one line
const Row kInstanceRows[] = {
    custom<D, read_use_vmac, show_use_vmac>({"use_vmac", "[[name] IFNAME] [MAC] [netlink_notify_msg] [group GID]", "off", "A virtual MAC address on a macvlan interface of its own.", everyday}),
    keyword<Value<&V::use_vmac_addr>, Flag{}>({"use_vmac_addr", "", "off", "A VMAC on every other interface that carries an address.", rare}),
    keyword<Field<&D::vmac_xmit_base>, Flag{}>({"vmac_xmit_base", "", "off; on for unicast", "Adverts leave through the base interface.", everyday}),
    custom<D, read_use_ipvlan, show_use_ipvlan>({"use_ipvlan", "[[name] IFNAME] [ADDR] [bridge|private|vepa] [group GID]", "off", "An ipvlan interface instead of a VMAC.", rare, once}),
    custom<D, read_native_ipv6, show_native_ipv6>({"native_ipv6", "", "as the addresses", "The instance is IPv6, version 3.", rare}, 0),
    block<D, D, open_peers, nullptr, show_peers>({"unicast_peer", "{ ADDR... }", "none: multicast", "Peers that get adverts by unicast.", everyday, adds_up}, kPeers),
    custom<D, set_unicast_flag<&T::unicast_fault_no_peer>, show_unicast_flag<&T::unicast_fault_no_peer>>({"unicast_fault_no_peer", "", "off", "Without peers stay in FAULT instead of using multicast.", rare}, 0),
    custom<D, set_unicast_flag<&T::check_unicast_source>, show_unicast_flag<&T::check_unicast_source>>({"check_unicast_src", "", "off", "Drop adverts from others than the peers."}, 0),
    custom<D, read_old_checksum, show_old_checksum>({"old_unicast_checksum", "[never]", "automatic", "Checksum of keepalived before 1.3.7.", rare}, 1),
    custom<D, read_state, show_state>({"state", "MASTER|BACKUP", "MASTER with priority 255, else BACKUP", "Wanted initial state; shortens the first wait only.", everyday}, 1),
    custom<D, read_interface, show_interface>({"interface", "IFNAME", "required", "Where adverts are sent and received, and where addresses go.", everyday}, 1),
    custom<D, read_vrf, show_vrf>({"vrf", "IFNAME", "none", "VRF of a unicast instance without interface.", rare}, 1),
    keyword<Value<&V::dont_track_primary>, Flag{}>({"dont_track_primary", "", "off", "The state of the own interface does not matter.", everyday}),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::interface>>({"track_interface", "{ IF [weight W [reverse]]... }", "none", "Further interfaces.", everyday, adds_up}, kTrackInterface),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::script>>({"track_script", "{ NAME [weight W [reverse|noreverse]]... }", "none", "vrrp_script results.", everyday, adds_up}, kTrackScript),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::file>>({"track_file", "{ NAME [weight W [reverse|noreverse]]... }", "none", "track_file values.", common, adds_up}, kTrackFiles),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::process>>({"track_process", "{ NAME [weight W [reverse|noreverse]]... }", "none", "vrrp_track_process results.", common, adds_up}, kTrackProcesses),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::bfd>>({"track_bfd", "{ NAME [weight W [reverse|noreverse]]... }", "none", "bfd_instance sessions.", common, adds_up}, kTrackBfd),
    custom<D, read_source, show_source>({"mcast_src_ip", "ADDR", "first address of the interface", "Source of adverts.", everyday}, 1),
    custom<D, read_source, show_unicast_source>({"unicast_src_ip", "ADDR", "first address of the interface", "Source of adverts, of a unicast instance.", everyday}, 1),
    custom<D, read_multicast_destination, show_multicast_destination>({"mcast_dst_ip", "ADDR", "vrrp_mcast_group", "Another multicast group.", rare}, 1),
    keyword<Transport<&T::track_source>, Flag{}>({"track_src_ip", "", "off", "FAULT while the source address is missing.", rare}),
    keyword<Field<&D::vrid>, Integer{1, 255, Lenient::no}>({"virtual_router_id", "1..255", "required", "VRID, unique per interface and family.", everyday}),
    keyword<Transport<&T::ttl>, Integer{0, 255, Lenient::no}>({"unicast_ttl", "0..255", "255", "TTL of unicast adverts."}),
    custom<D, read_version, show_version>({"version", "2|3", "vrrp_version; IPv6: 3", "Protocol version.", everyday}, 1),
    custom<D, read_priority, show_priority>({"priority", "1..255", "100; 255 with state MASTER alone", "Election weight; 255 = owner of the addresses. A bad value means 100.", everyday}, 1),
    keyword<Field<&D::advert_interval>, Seconds{10000, 255000000}>({"advert_int", "SECS", "1", "Advertisement interval, 0.01..255; whole seconds in version 2, up to 40.95 in version 3.", everyday}),
    block<D, D, same<D>, nullptr, show_entries<&V::addresses>>({"virtual_ipaddress", "{ ADDR... }", "required for version 3", "The addresses, all of one family; advertised.", everyday, adds_up}, kAddressList),
    block<D, D, same<D>, nullptr, show_entries<&V::excluded_addresses>>({"virtual_ipaddress_excluded", "{ ADDR... }", "none", "Addresses of either family that are not advertised.", everyday, adds_up}, kExcludedAddressList),
    keyword<Value<&V::no_virtual_ipaddress>, Flag{}>({"no_virtual_ipaddress", "", "off", "Having no address is intended.", rare, last_wins, Reload::live, "2.3"}),
    keyword<Value<&V::promote_secondaries>, Flag{}>({"promote_secondaries", "", "off", "Sets the sysctl of that name on the interface."}),
    custom<D, read_polling, show_polling>({"linkbeat_use_polling", "", "off", "Obsolete: use linkbeat_interfaces.", rare}, 0),
    custom<D, read_router_switch<&R::v3_checksum_as_v2>, show_router_switch<&R::v3_checksum_as_v2>>({"v3_checksum_as_v2", "[BOOL]", "global setting", "Version 3 over IPv4 without pseudo header in the checksum.", common, last_wins, Reload::live, "2.3"}, 1),
    block<D, D, same<D>, nullptr, show_entries<&V::routes>>({"virtual_routes", "{ ROUTE... }", "none", "Routes present while MASTER.", everyday, adds_up}, kRouteList),
    block<D, D, same<D>, nullptr, show_entries<&V::rules>>({"virtual_rules", "{ RULE... }", "none", "Policy rules present while MASTER.", everyday, adds_up}, kRuleList),
    custom<D, set_accept, show_accept>({"accept", "", "on unless strict", "Packets to the addresses are accepted.", everyday}, 0),
    custom<D, set_accept, show_no_accept>({"no_accept", "", "off", "A firewall drops packets to the addresses."}, 0),
    custom<D, read_router_switch<&R::skip_check_advert_addresses>, show_router_switch<&R::skip_check_advert_addresses>>({"skip_check_adv_addr", "[BOOL]", "vrrp_skip_check_adv_addr", "Do not compare the addresses of adverts from the same master again."}, 1),
    keyword<Field<&D::strict>, Switch{}>({"strict_mode", "[BOOL]", "vrrp_strict", "Obey the RFCs to the letter.", everyday}),
    custom<D, set_preempt>({"preempt", "", "on", "Undoes nopreempt."}, 0),
    custom<D, set_nopreempt, show_nopreempt>({"nopreempt", "", "off", "Do not take over from a live master of lower priority.", everyday}, 0),
    custom<D, read_preempt_delay, show_preempt_delay>({"preempt_delay", "SECS", "0", "Wait before taking over from a lower priority, 0..1000.", everyday}, 1),
    keyword<Value<&V::debug>, Integer{0, 4}>({"debug", "0..4", "0", "Accepted, no effect.", rare}),
    keyword<Value<&V::notify, &NS::backup>, kNotify>({"notify_backup", "SCRIPT [USER [[:]GROUP]]", "none", "Run on the transition to BACKUP.", everyday, once}),
    keyword<Value<&V::notify, &NS::master>, kNotify>({"notify_master", "SCRIPT [USER [[:]GROUP]]", "none", "Run on the transition to MASTER.", everyday, once}),
    keyword<Value<&V::notify, &NS::fault>, kNotify>({"notify_fault", "SCRIPT [USER [[:]GROUP]]", "none", "Run on the transition to FAULT.", everyday, once}),
    keyword<Value<&V::notify, &NS::stop>, kNotify>({"notify_stop", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the daemon stops.", everyday, once}),
    custom<D, read_notify_deleted, show_notify_deleted>({"notify_deleted", "[SCRIPT [USER [[:]GROUP]]]", "none", "Told or run after a reload that removes the instance.", rare, once}).raw_line(),
    keyword<Value<&V::notify, &NS::generic>, kNotify>({"notify", "SCRIPT [USER [[:]GROUP]]", "none", "Run on every transition, after the specific one, with INSTANCE, name, state and priority.", everyday, once}),
    keyword<Value<&V::notify, &NS::master_rx_lower_pri>, kNotify>({"notify_master_rx_lower_pri", "SCRIPT [USER [[:]GROUP]]", "none", "Run when a MASTER hears a lower priority.", common, once}),
    keyword<Value<&V::notify, &NS::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "smtp_alert_vrrp", "Mail on transitions.", everyday}),
    keyword<Field<&D::notify_priority_changes>, Switch{}>({"notify_priority_changes", "[BOOL]", "of the sync group", "FIFO lines when the priority changes.", rare}),
    custom<D, read_sync_interface>({"lvs_sync_daemon_interface", "IFNAME", "none", "Obsolete form of lvs_sync_daemon.", rare}, 1),
    custom<D, read_delay<&GS::master_delay>, show_delay<&GS::master_delay>>({"garp_master_delay", "SECS", "5", "Delay of the second announcement after becoming MASTER; 0 = none.", everyday}, 1),
    custom<D, read_delay<&GS::master_refresh>, show_delay<&GS::master_refresh>>({"garp_master_refresh", "SECS", "0: off", "Period of further announcements."}, 1),
    custom<D, read_count<&GS::master_repeat>, show_count<&GS::master_repeat>>({"garp_master_repeat", "N", "5", "Packets per address and announcement.", everyday}, 1),
    custom<D, read_count<&GS::master_refresh_repeat>, show_count<&GS::master_refresh_repeat>>({"garp_master_refresh_repeat", "N", "1", "Packets per address and refresh."}, 1),
    keyword<Field<&D::garp_lower_prio_delay>, WholeSeconds{0, kMaxDelaySeconds}>({"garp_lower_prio_delay", "SECS", "global; strict: 0", "Delay of the second announcement after a lower priority."}),
    keyword<Field<&D::garp_lower_prio_repeat>, Integer{0, kMaxInt32}>({"garp_lower_prio_repeat", "N", "global; strict: 0", "Packets per address after a lower priority."}),
    custom<D, read_down_timer, show_down_timer>({"down_timer_adverts", "1..100", "3", "Missing adverts until the master counts as down.", rare}, 1),
    custom<D, read_timer_expired, show_timer_expired>({"timer_expired_backup", "[1..254]", "off; bare: 254", "With nopreempt: a MASTER that was asleep for too long becomes BACKUP.", rare, last_wins, Reload::live, "2.3"}, 1).also("thread_timer_expired", Spelling::old_reported),
    custom<D, read_garp_extra, show_garp_extra>({"garp_extra_if", "[all] SECS", "global: off", "Announcements on other interfaces that carry addresses, 0..86400.", rare}, 2).also("vmac_garp_intvl", Spelling::old_reported),
    keyword<Field<&D::lower_priority_no_advert>, Switch{}>({"lower_prio_no_advert", "[BOOL]", "global; strict: on", "Do not answer lower priorities."}),
    keyword<Field<&D::higher_priority_send_advert>, Switch{}>({"higher_prio_send_advert", "[BOOL]", "global; strict: off", "Send one advert before yielding to a higher priority."}),
    keyword<Field<&D::owner_ignore_adverts>, Switch{}>({"owner_ignore_adverts", "[BOOL]", "global; strict: on", "An address owner drops all adverts.", rare, last_wins, Reload::live, "2.3"}),
    custom<D, read_receive_buffer, show_receive_buffer>({"kernel_rx_buf_size", "BYTES", "policy", "Receive buffer.", rare}, 1),
    block<D, D, same<D>, nullptr, show_authentication>({"authentication", "{ ... }", "none", "Version 2 authentication.", everyday, adds_up}, kAuthentication),
    block<D, D, open_hmac, nullptr, show_hmac>({"auth_hmac", "{ ... }", "none", "HMAC-SHA256 trailer.", common, adds_up, Reload::live, "2.4"}, kHmac),
};
// clang-format on

// ---- vrrp_sync_group ----

using SG = SyncGroupDraft;
using S = SyncGroup;

SG* open_sync_group(Loading& loading, Draft& draft, const Line& line) {
    if (line.size() != 2) {
        loading.error(line, kWholeLine, "vrrp_sync_group needs exactly one name; the block is skipped");
        return nullptr;
    }
    std::string name(line.word(1));
    if (!draft.sync_group_names.insert(name).second) {
        loading.error(line, 1,
                      fmt::format("vrrp_sync_group {} is defined before; this one is skipped", name));
        return nullptr;
    }
    SG& group = *draft.sync_groups.emplace_back(std::make_unique<SG>());
    group.value.group.name = std::move(name);
    group.place = line.place();
    return &group;
}

void close_sync_group(Loading& loading, Draft& draft, SG& group, const Line& line) {
    if (group.members) return;
    loading.error(line, 1,
                  fmt::format("vrrp_sync_group {} has no members and is left out", group.value.group.name));
    draft.sync_group_names.erase(group.value.group.name);
    draft.sync_groups.pop_back();
}

SG* open_group_members(Loading& loading, SG& group, const Line& line) {
    if (group.members) {
        loading.error(line, 0,
                      fmt::format("vrrp_sync_group {} has a second list of members; it is skipped",
                                  group.value.group.name));
        return nullptr;
    }
    group.members.emplace();
    return &group;
}

void close_group_members(Loading& loading, SG& group, SG&, const Line& line) {
    if (!group.members->empty()) return;
    loading.error(line, 0,
                  fmt::format("vrrp_sync_group {} has an empty list of members", group.value.group.name));
    group.members.reset();
}

void read_group_member(Loading&, void* target, const Line& line) {
    auto& members = *static_cast<SG*>(target)->members;
    for (size_t i = 0; i < line.size(); ++i) members.emplace_back(line.word(i));
}

void show_group_members(const SG& group, const Row& row, Writer& writer) {
    if (!group.members) return;
    writer.open(row.facts.name);
    for (const std::string& name : *group.members) writer.entry(quoted(name));
    writer.close();
}

void read_global_tracking(Loading& loading, SG& group, const Line& line) {
    loading.error(line, 0, "global_tracking is obsolete; track on the sync group instead");
    group.value.group.tracking_weight = true;
    group.value.group.global_tracking = true;
}

void show_global_tracking(const SG& group, const Row& row, Writer& writer) {
    if (group.value.group.global_tracking) writer.line(row.facts.name, "");
}

template <Tracked tracked>
void read_group_tracked(Loading& loading, void* target, const Line& line) {
    SG& group = *static_cast<SG*>(target);
    read_reference(loading, tracked, group.value.group.name, references(group.value.track, tracked), line);
}

template <Tracked tracked>
void show_group_tracked(const SG& group, const Row& row, Writer& writer) {
    const auto& list = references(const_cast<track::References&>(group.value.track), tracked);
    if (list.empty()) return;
    writer.open(row.facts.name);
    for (const track::Reference& reference : list) writer.entry(to_text(reference));
    writer.close();
}

const Block kGroupMembers{"vrrp_sync_group/group", {}, read_group_member, {}, "INSTANCE..."};
const Block kGroupInterfaces{"vrrp_sync_group/track_interface",
                             {},
                             read_group_tracked<Tracked::interface>,
                             kReferenceOptions,
                             kTrackEntry};
const Block kGroupScripts{
    "vrrp_sync_group/track_script", {}, read_group_tracked<Tracked::script>, kReferenceOptions, kTrackEntry};
const Block kGroupFiles{
    "vrrp_sync_group/track_file", {}, read_group_tracked<Tracked::file>, kReferenceOptions, kTrackEntry};
const Block kGroupProcesses{"vrrp_sync_group/track_process",
                            {},
                            read_group_tracked<Tracked::process>,
                            kReferenceOptions,
                            kTrackEntry};
const Block kGroupBfd{
    "vrrp_sync_group/track_bfd", {}, read_group_tracked<Tracked::bfd>, kReferenceOptions, kTrackEntry};

template <auto... Path>
using GroupValue = Field<&SG::value, Path...>;

// clang-format off: one row, one line
const Row kSyncGroupRows[] = {
    block<SG, SG, open_group_members, close_group_members, show_group_members>({"group", "{ INSTANCE... }", "required", "The members.", everyday, once}, kGroupMembers),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::interface>>({"track_interface", "{ IF [weight W [reverse]]... }", "none", "Interfaces tracked for every member.", everyday, adds_up}, kGroupInterfaces),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::script>>({"track_script", "{ NAME [weight W [reverse|noreverse]]... }", "none", "Scripts tracked for every member.", everyday, adds_up}, kGroupScripts),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::file>>({"track_file", "{ NAME [weight W [reverse|noreverse]]... }", "none", "Files tracked for every member.", common, adds_up}, kGroupFiles),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::process>>({"track_process", "{ NAME [weight W [reverse|noreverse]]... }", "none", "Processes tracked for every member.", common, adds_up}, kGroupProcesses),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::bfd>>({"track_bfd", "{ NAME [weight W [reverse|noreverse]]... }", "none", "BFD sessions tracked for every member.", rare, adds_up}, kGroupBfd),
    keyword<GroupValue<&S::notify, &NS::backup>, kNotify>({"notify_backup", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the group becomes BACKUP.", everyday, once}),
    keyword<GroupValue<&S::notify, &NS::master>, kNotify>({"notify_master", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the group becomes MASTER.", everyday, once}),
    keyword<GroupValue<&S::notify, &NS::fault>, kNotify>({"notify_fault", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the group becomes FAULT.", everyday, once}),
    keyword<GroupValue<&S::notify, &NS::stop>, kNotify>({"notify_stop", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the daemon stops.", common, once}),
    keyword<GroupValue<&S::notify, &NS::generic>, kNotify>({"notify", "SCRIPT [USER [[:]GROUP]]", "none", "Run on every transition with GROUP, name, state and 0.", everyday, once}),
    keyword<Field<&SG::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "smtp_alert_vrrp", "Mail on transitions."}),
    custom<SG, read_global_tracking, show_global_tracking>({"global_tracking", "", "off", "Obsolete form of sync_group_tracking_weight.", rare}, 0),
    keyword<GroupValue<&S::group, &vrrp::SyncGroupSettings::tracking_weight>, Flag{}>({"sync_group_tracking_weight", "", "off", "Keep the tracking weights of the group and its members.", rare}),
    keyword<Field<&SG::notify_priority_changes>, Switch{}>({"notify_priority_changes", "[BOOL]", "global setting", "Default for the members.", rare}),
};
// clang-format on

void show_instances(const Draft& draft, const Row& row, Writer& writer) {
    for (const auto& instance : draft.instances) {
        writer.open(row.facts.name, quoted(instance->value.router.name));
        show_rows(kVrrpInstance, instance.get(), writer);
        writer.close();
    }
}

void show_sync_groups(const Draft& draft, const Row& row, Writer& writer) {
    for (const auto& group : draft.sync_groups) {
        writer.open(row.facts.name, quoted(group->value.group.name));
        show_rows(kSyncGroup, group.get(), writer);
        writer.close();
    }
}

}  // namespace

const Block kVrrpInstance{"vrrp_instance", kInstanceRows};
const Block kSyncGroup{"vrrp_sync_group", kSyncGroupRows};

// clang-format off: one row, one line
const Row kVrrpRootRows[2] = {
    block<Draft, D, open_instance, close_instance, show_instances>({"vrrp_instance", "NAME { ... }", "", "A Virtual Router.", everyday, adds_up}, kVrrpInstance).of(Part::vrrp),
    block<Draft, SG, open_sync_group, close_sync_group, show_sync_groups>({"vrrp_sync_group", "NAME { ... }", "", "Instances that change state together.", everyday, adds_up}, kSyncGroup).of(Part::vrrp),
};
// clang-format on

}  // namespace holdfast::config

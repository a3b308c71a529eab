// vrrp_instance: its interface, a VMAC or an ipvlan.
#include <fmt/format.h>

#include <algorithm>

#include "tables_vrrp.hpp"

namespace holdfast::config {
namespace {

using D = InstanceDraft;
using V = VrrpInstance;
template <auto... Path>
using Value = Field<&D::value, Path...>;

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

void read_interface(Loading& loading, D& instance, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return;
    if (name.size() > 15) {
        bad_word(loading, ReportClass::general, line, 1, "is too long for an interface; it is ignored");
        return;
    }
    if (!loading.interface_usable(name)) {
        instance.interface.reset();
        if (name.starts_with("${"))
            return loading.hide(ReportClass::general, Severity::error);  // Not defined.
        Diagnostic diagnostic =
            loading.document.report(Severity::error, ReportClass::general, line.directive(), 1,
                                    fmt::format("interface {} does not exist", name));
        diagnostic.advice = name.starts_with('$')
                                ? fmt::format("{} is not defined before this line: {}=...", name, name)
                                : "dynamic_interfaces in global_defs would wait for it";
        loading.add(std::move(diagnostic));
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
    RareText& vrf = instance.value.transport.vrf;
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

void read_polling(Loading& loading, D& instance, const Line& line) {
    loading.report(ReportClass::deprecated, line, 0,
                   "linkbeat_use_polling belongs into a linkbeat_interfaces block");
    instance.value.linkbeat_use_polling = true;
}

void show_polling(const D& instance, const Row& row, Writer& writer) {
    if (instance.value.linkbeat_use_polling) writer.line(row.facts.name, "");
}

// clang-format off: one row, one line
constexpr Row kRows[] = {
    custom<D, read_use_vmac, show_use_vmac>({"use_vmac", "[[name] IFNAME] [MAC] [netlink_notify_msg] [group GID]", "off", "A virtual MAC address on a macvlan interface of its own.", everyday}).example("use_vmac vrrp51 02:00:00:00:00:51", "^name-of-16-chars\n^02:00:zz\n^01:00:00:00:00:51\n^00:00:5e:00:01:33\nvrrp51 ^vrrp52\nvrrp51 group ^no-such-group"),
    keyword<Value<&V::use_vmac_addr>, Flag{}>({"use_vmac_addr", "", "off", "A VMAC on every other interface that carries an address.", rare}).example("use_vmac_addr"),
    keyword<Field<&D::vmac_xmit_base>, Flag{}>({"vmac_xmit_base", "", "off; on for unicast", "Adverts leave through the base interface.", everyday}).example("vmac_xmit_base", "", "use_vmac vrrp51"),
    custom<D, read_use_ipvlan, show_use_ipvlan>({"use_ipvlan", "[[name] IFNAME] [ADDR] [bridge|private|vepa] [group GID]", "off", "An ipvlan interface instead of a VMAC.", rare, once}).example("use_ipvlan ipv51 192.0.2.51/24 private", "^name-of-16-chars\nipv51 ^ipv52\nipv51 bridge ^vepa\nipv51 ^2001:db8::1\nipv51 192.0.2.51 ^192.0.2.52"),
    custom<D, read_interface, show_interface>({"interface", "IFNAME", "required", "Where adverts are sent and received, and where addresses go.", everyday}, 1).example("interface eth1", "!\n^name-of-16-chars\n^no-such-if\n^lo"),
    custom<D, read_vrf, show_vrf>({"vrf", "IFNAME", "none", "VRF of a unicast instance without interface.", rare}, 1).example("vrf vrf0", "!\n^name-of-16-chars\n^no-such-if", "-interface\nunicast_src_ip 192.0.2.10\nunicast_peer {\n192.0.2.11\n}\n-virtual_ipaddress\nvirtual_ipaddress {\n192.0.2.1 dev eth0\n}"),
    keyword<Value<&V::dont_track_primary>, Flag{}>({"dont_track_primary", "", "off", "The state of the own interface does not matter.", everyday}).example("dont_track_primary"),
    keyword<Value<&V::promote_secondaries>, Flag{}>({"promote_secondaries", "", "off", "Sets the sysctl of that name on the interface."}).example("promote_secondaries"),
    custom<D, read_polling, show_polling>({"linkbeat_use_polling", "", "off", "Obsolete: use linkbeat_interfaces.", rare}, 0).example("linkbeat_use_polling", kNothingWrong).obsolete(),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kInstanceLinkRows{kRows};

}  // namespace holdfast::config

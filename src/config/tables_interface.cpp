// garp_group, linkbeat_interfaces and interface_up_down_delays: what is set per interface.
#include <fmt/format.h>

#include <algorithm>

#include "tables_root.hpp"

namespace holdfast::config {
namespace {

using GG = GarpGroupDraft;

GG* open_garp_group(Loading& loading, Draft&, const Line&) {
    loading.garp_workbench = {};
    return &loading.garp_workbench;
}

void close_garp_group(Loading& loading, Draft& draft, GG& group, const Line& line) {
    if (group.value.garp_interval || group.value.gna_interval) {
        draft.config.garp_groups.push_back(std::move(group.value));
        return;
    }
    loading.error(line, 0, "garp_group has no interval and is left out");
    for (const std::string& name : group.value.interfaces) draft.garp_interfaces.erase(name);
}

template <std::optional<Duration> GarpGroup::* member>
void read_interval(Loading& loading, GG& group, const Line& line) {
    Duration interval{0};
    if (!Seconds{0, kUint32Microseconds}.read(loading, line, interval)) return;
    group.value.*member = interval;
    if (interval >= std::chrono::seconds(1))
        loading.remark(line, 1, fmt::format("{} is very long", line.keyword()));
}

template <std::optional<Duration> GarpGroup::* member>
void show_interval(const GG& group, const Row& row, Writer& writer) {
    if (group.value.*member) writer.line(row.facts.name, *Seconds{0, 0}.write(*(group.value.*member)));
}

void add_interface(Loading& loading, GG& group, const Line& line, size_t word) {
    const std::string name(line.word(word));
    if (loading.stopped()) return;
    if (!loading.interface_usable(name)) {
        loading.error(line, word, fmt::format("{} is not an interface", name));
        return;
    }
    if (const auto& facts = loading.interface(name); facts && facts->vmac) {
        loading.error(line, word,
                      fmt::format("{} is a VMAC, which a garp_group cannot have; it is ignored", name));
        return;
    }
    if (!loading.draft.garp_interfaces.insert(name).second) {
        loading.error(line, word, fmt::format("{} is in a garp_group before; it is ignored", name));
        return;
    }
    group.value.interfaces.push_back(name);
}

void read_interface(Loading& loading, GG& group, const Line& line) {
    add_interface(loading, group, line, 1);
}

void read_interface_entry(Loading& loading, void* target, const Line& line) {
    for (size_t i = 0; i < line.size(); ++i) add_interface(loading, *static_cast<GG*>(target), line, i);
}

void close_interfaces(Loading& loading, GG&, GG&, const Line& line) {
    if (line.directive().children().empty()) loading.error(line, 0, "interfaces is empty");
}

void show_interfaces(const GG& group, const Row& row, Writer& writer) {
    if (group.value.interfaces.empty()) return;
    writer.open(row.facts.name);
    for (const std::string& name : group.value.interfaces) writer.entry(quoted(name));
    writer.close();
}

const Block kInterfaces =
    Block{"garp_group/interfaces", {}, read_interface_entry, {}, "IFNAME..."}.around("eth1");
// clang-format off: one row, one line
const Row kGarpRows[] = {
    custom<GG, read_interval<&GarpGroup::garp_interval>, show_interval<&GarpGroup::garp_interval>>({"garp_interval", "SECS", "none", "Least time between gratuitous ARPs over the group."}, 1).example("garp_interval 0.001", "!\n^-1\n^4294.967296\n^abc"),
    custom<GG, read_interval<&GarpGroup::gna_interval>, show_interval<&GarpGroup::gna_interval>>({"gna_interval", "SECS", "none", "The same for unsolicited neighbour advertisements."}, 1).example("gna_interval 0.000001", "!\n^-1\n^4294.967296\n^abc"),
    custom<GG, read_interface>({"interface", "IFNAME", "", "One interface of the group.", common, adds_up}, 1).example("interface eth1", "!\n^no-such-if"),
    block<GG, GG, same<GG>, close_interfaces, show_interfaces>({"interfaces", "{ IF... }", "", "Interfaces that share the pacing.", rare, adds_up}, kInterfaces).example("interfaces {", "^no-such-if", "-interface"),
};
// clang-format on

void show_garp_groups(const Draft& draft, const Row& row, Writer& writer) {
    for (const GarpGroup& group : draft.config.garp_groups) {
        const GG group_draft{group};
        writer.open(row.facts.name);
        show_rows(kGarpGroup, &group_draft, writer);
        writer.close();
    }
}

// ---- linkbeat_interfaces ----

constexpr std::pair<std::string_view, LinkbeatMethod> kMethods[] = {
    {"MII", LinkbeatMethod::mii}, {"ETHTOOL", LinkbeatMethod::ethtool}, {"IOCTL", LinkbeatMethod::ioctl}};

void read_linkbeat(Loading& loading, void* target, const Line& line) {
    auto& draft = *static_cast<Draft*>(target);
    const std::string name(line.word(0));
    const auto& facts = loading.interface(name);
    if (!facts && !draft.global.value.dynamic_interfaces) {
        loading.report(ReportClass::fatal, line, 0, fmt::format("{} is not an interface", name));
        return;
    }
    if (facts && facts->vmac) {
        loading.remark(line, 0, fmt::format("{} is a VMAC, which needs no polling", name));
        return;
    }
    LinkbeatMethod method = LinkbeatMethod::automatic;
    if (line.has(1)) {
        for (const auto& [word, value] : kMethods)
            if (word == line.word(1)) method = value;
        if (method == LinkbeatMethod::automatic || line.size() > 2)
            loading.error(line, 1, fmt::format("{} is not one of MII, ETHTOOL, IOCTL", join(line, 1)));
    }
    if (draft.config.linkbeat_methods.emplace(name, method).second)
        draft.config.linkbeat_interfaces.push_back(name);
    else
        draft.config.linkbeat_methods[name] = method;
}

void show_linkbeat(const Draft& draft, const Row& row, Writer& writer) {
    if (draft.config.linkbeat_interfaces.empty()) return;
    writer.open(row.facts.name);
    for (const std::string& name : draft.config.linkbeat_interfaces) {
        std::string text = quoted(name);
        const auto method = draft.config.linkbeat_methods.find(name);
        if (method != draft.config.linkbeat_methods.end())
            for (const auto& [word, value] : kMethods)
                if (value == method->second) text.append(1, ' ') += word;
        writer.entry(text);
    }
    writer.close();
}

// ---- interface_up_down_delays ----

void read_delays(Loading& loading, void* target, const Line& line) {
    auto& draft = *static_cast<Draft*>(target);
    const std::string name(line.word(0));
    if (!loading.interface(name) && !draft.global.value.dynamic_interfaces) {
        loading.report(ReportClass::fatal, line, 0, fmt::format("{} is not an interface", name));
        return;
    }
    if (!line.has(1)) {
        loading.remark(line, 0, fmt::format("{} has no delays", name));
        return;
    }
    if (line.size() > 3) loading.remark(line, 3, fmt::format("{} is one word too many", line.word(3)));
    InterfaceDelays delays;
    for (size_t i = 1; i <= 2 && line.has(i); ++i) {
        const auto number = parse_decimal(line.word(i), 0, 255000000, 6, Lenient::yes);
        if (!number.problem.empty())
            loading.report(ReportClass::number, line, i,
                           fmt::format("delay {} {}", line.word(i), number.problem));
        if (!number.value) return;
        (i == 1 ? delays.down : delays.up) = std::chrono::microseconds(*number.value);
    }
    draft.config.interface_delays[name] = delays;
}

void show_delays(const Draft& draft, const Row& row, Writer& writer) {
    if (draft.config.interface_delays.empty()) return;
    writer.open(row.facts.name);
    for (const auto& [name, delays] : draft.config.interface_delays)
        writer.entry(fmt::format("{} {} {}", quoted(name), *Seconds{0, 0}.write(delays.down),
                                 *Seconds{0, 0}.write(delays.up)));
    writer.close();
}

}  // namespace

const Block kGarpGroup = Block{"garp_group", kGarpRows}.around("garp_interval 0.1\ninterface eth1");
const Block kLinkbeatInterfaces =
    Block{"linkbeat_interfaces", {}, read_linkbeat, {}, "IFNAME [MII|ETHTOOL|IOCTL]"}.around("eth0 MII");
const Block kInterfaceDelays =
    Block{"interface_up_down_delays", {}, read_delays, {}, "IFNAME DOWN [UP]"}.around("eth0 1.5 2");

// clang-format off: one row, one line
const Row kInterfaceRootRows[3] = {
    block<Draft, GG, open_garp_group, close_garp_group, show_garp_groups>({"garp_group", "{ ... }", "", "Pacing of announcements shared by interfaces.", common, adds_up}, kGarpGroup).of(Part::vrrp).example("garp_group {", kNothingWrong),
    block<Draft, Draft, same<Draft>, nullptr, show_linkbeat>({"linkbeat_interfaces", "{ IF [TYPE]... }", "", "Interfaces whose link state is polled.", rare, adds_up}, kLinkbeatInterfaces).of(Part::vrrp).example("linkbeat_interfaces {", "^no-such-if\neth1 ^SNMP"),
    block<Draft, Draft, same<Draft>, nullptr, show_delays>({"interface_up_down_delays", "{ IF DOWN [UP]... }", "", "Debouncing of interface changes, seconds 0..255.", rare, adds_up}, kInterfaceDelays).of(Part::vrrp).example("interface_up_down_delays {", "^no-such-if\n?eth1\neth1 ^256\neth1 ^abc"),
};
// clang-format on

}  // namespace holdfast::config

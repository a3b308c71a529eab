// global_defs: defaults of the instances, and what all of them share.
#include <fmt/format.h>

#include <algorithm>

#include "tables_global.hpp"

namespace holdfast::config {
namespace {

using G = GlobalDraft;
using S = GlobalSettings;
using I = InstanceDefaults;
template <auto... Path>
using Value = Field<&G::value, Path...>;
template <auto... Path>
using Default = Field<&G::instance, Path...>;
constexpr Reload restart = Reload::restart;

/// Repeat counts: 0 was allowed once and means 1.
struct Count {
    int64_t max = kMaxUint32;
    static constexpr uint8_t kWords = 1;
    void spoil(BadLines& out) const { Integer{1, max}.spoil(out); }
    bool read(Loading& loading, const Line& line, uint32_t& out) const {
        if (!Integer{0, max}.read(loading, line, out)) return false;
        if (out == 0) {
            bad_word(loading, ReportClass::general, line, 1, "must be at least 1; 1 is used");
            out = 1;
        }
        return true;
    }
    std::optional<std::string> write(const uint32_t& in) const { return fmt::format("{}", in); }
};

/// A multicast group of one family.
struct MulticastGroup {
    Family family;
    static constexpr uint8_t kWords = 1;
    void spoil(BadLines& out) const {
        Address::spoil(out);
        out.emplace_back(family == Family::ipv4 ? "^10.0.0.1" : "^2001:db8::1");
        out.emplace_back(family == Family::ipv4 ? "^ff02::12" : "^ff05::12");
    }
    bool read(Loading& loading, const Line& line, IpAddress& out) const {
        IpAddress address;
        if (!Address{}.read(loading, line, address)) return false;
        if (address.family() != family || !address.is_multicast()) {
            bad_word(loading, ReportClass::general, line, 1,
                     family == Family::ipv4 ? "is not an IPv4 multicast address"
                                            : "is not an IPv6 multicast address");
            return false;
        }
        if (family == Family::ipv6 && (address.bytes()[1] & 0x0fU) != 2)
            bad_word(loading, ReportClass::warning, line, 1, "should have link-local scope (ff02::/16)");
        out = address;
        return true;
    }
    std::optional<std::string> write(const IpAddress& in) const {
        return in.is_unspecified() ? std::nullopt : std::optional(in.to_string());
    }
};

/// `[all] SECS` of the extra-interface announcements.
bool read_extra_interfaces(Loading& loading, const Line& line, int64_t min, std::optional<Duration>& delay,
                           bool& all) {
    std::optional<int64_t> seconds;
    for (size_t i = 1; i < line.size(); ++i) {
        if (line.word(i) == "all") {
            all = true;
            continue;
        }
        const auto number = parse_integer(line.word(i), min, 86400, Lenient::yes);
        if (!number.problem.empty()) bad_word(loading, ReportClass::number, line, i, number.problem);
        if (!number.value) return false;
        seconds = number.value;
    }
    if (!seconds) {
        bad_word(loading, ReportClass::general, line, 0, "needs a time");
        return false;
    }
    delay = std::chrono::seconds(*seconds);
    return true;
}

void read_dynamic_interfaces(Loading& loading, G& global, const Line& line) {
    global.value.dynamic_interfaces = true;
    if (!line.has(1)) return;
    if (line.word(1) == "allow_if_changes")
        global.value.allow_interface_changes = true;
    else
        bad_word(loading, ReportClass::general, line, 1, "is not allow_if_changes");
}

void show_dynamic_interfaces(const G& global, const Row& row, Writer& writer) {
    if (global.value.dynamic_interfaces)
        writer.line(row.facts.name, global.value.allow_interface_changes ? "allow_if_changes" : "");
}

void read_disable_local_igmp(Loading& loading, G& global, const Line& line) {
    const std::string sysctl = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports";
    if (loading.environment.file(sysctl).kind == FileKind::missing)
        bad_word(loading, ReportClass::general, line, 0,
                 fmt::format("needs {}, which this kernel lacks", sysctl));
    else
        global.value.disable_local_igmp = true;
}

void show_disable_local_igmp(const G& global, const Row& row, Writer& writer) {
    if (global.value.disable_local_igmp) writer.line(row.facts.name, "");
}

// Counts, delay and refresh become minimal, but only where they still have their defaults.
void read_min_garp(Loading& loading, G& global, const Line& line) {
    bool on = false;
    if (!Switch{}.read(loading, line, on) || !on) return;
    InstanceDefaults& defaults = global.instance;
    const InstanceDefaults untouched;
    global.value.min_garp = true;
    if (defaults.garp_master_repeat == untouched.garp_master_repeat) defaults.garp_master_repeat = 1;
    if (defaults.garp_master_refresh_repeat == untouched.garp_master_refresh_repeat)
        defaults.garp_master_refresh_repeat = 0;
    if (defaults.garp_master_delay == untouched.garp_master_delay) defaults.garp_master_delay = Duration{0};
}

void show_min_garp(const G& global, const Row& row, Writer& writer) {
    if (global.value.min_garp) writer.line(row.facts.name, "on");
}

void read_garp_extra(Loading& loading, G& global, const Line& line) {
    std::optional<Duration> delay;
    if (read_extra_interfaces(loading, line, 1, delay, global.value.garp_extra_all))
        global.value.garp_extra_interfaces = *delay;
}

void show_garp_extra(const G& global, const Row& row, Writer& writer) {
    if (global.value.garp_extra_interfaces != Duration{0})
        writer.line(row.facts.name, (global.value.garp_extra_all ? "all " : "") +
                                        *WholeSeconds{1, 86400}.write(global.value.garp_extra_interfaces));
}

template <Duration S::* interval>
void read_interval(Loading& loading, G& global, const Line& line) {
    Duration value{0};
    if (!Seconds{1, kUint32Microseconds}.read(loading, line, value)) return;
    global.value.*interval = value;
    if (value >= std::chrono::seconds(1))
        loading.remark(line, 1, fmt::format("{} is very long", line.keyword()));
}

template <Duration S::* interval>
void show_interval(const G& global, const Row& row, Writer& writer) {
    if (global.value.*interval != Duration{0})
        writer.line(row.facts.name, *Seconds{1, kUint32Microseconds}.write(global.value.*interval));
}

template <Duration S::* member>
void read_start_delay(Loading& loading, G& global, const Line& line) {
    Duration delay{0};
    if (!Seconds{1000, kUint32Microseconds}.read(loading, line, delay)) return;
    if (delay >= std::chrono::seconds(60))
        loading.remark(line, 1, fmt::format("{} is very long", line.keyword()));
    global.value.*member = std::max(global.value.*member, delay);
}

template <Duration S::* member>
void show_start_delay(const G& global, const Row& row, Writer& writer) {
    if (global.value.*member != Duration{0})
        writer.line(row.facts.name, *Seconds{1000, kUint32Microseconds}.write(global.value.*member));
}

constexpr std::pair<std::string_view, vrrp::Version> kVersions[] = {{"2", vrrp::Version::v2},
                                                                    {"3", vrrp::Version::v3}};

struct VersionCodec {
    static constexpr uint8_t kWords = 1;
    static void spoil(BadLines& out) { Integer{2, 3}.spoil(out); }
    bool read(Loading& loading, const Line& line, vrrp::Version& out) const {
        int64_t number = 0;
        if (!Integer{2, 3}.read(loading, line, number)) return false;
        out = number == 2 ? vrrp::Version::v2 : vrrp::Version::v3;
        return true;
    }
    std::optional<std::string> write(const vrrp::Version& in) const { return OneOf<kVersions>{}.write(in); }
};

// clang-format off: one row, one line
constexpr Row kRows[] = {
    custom<G, read_dynamic_interfaces, show_dynamic_interfaces>({"dynamic_interfaces", "[allow_if_changes]", "off", "Interfaces may be missing at start; their instances wait in FAULT."}, 1).example("dynamic_interfaces allow_if_changes", "^sometimes"),
    keyword<Value<&S::default_interface>, SoftWord{}>({"default_interface", "IFNAME", "eth0", "Device of static addresses, and of virtual ones of instances without interface, when no dev is given."}).example("default_interface eth1"),
    custom<G, read_disable_local_igmp, show_disable_local_igmp>({"disable_local_igmp", "", "off", "Clears net.ipv4.igmp_link_local_mcast_reports while running.", rare, last_wins, restart}, 0).example("disable_local_igmp", kNothingWrong),
    keyword<Default<&I::v3_checksum_as_v2>, Flag{}>({"v3_checksum_as_v2", "", "off", "Default of the instances' v3_checksum_as_v2.", common, last_wins, Reload::live, "2.3"}).example("v3_checksum_as_v2"),
    keyword<Value<&S::multicast_group4>, MulticastGroup{Family::ipv4}>({"vrrp_mcast_group4", "IPV4", "224.0.0.18", "Destination of IPv4 adverts."}).example("vrrp_mcast_group4 224.0.0.18"),
    keyword<Value<&S::multicast_group6>, MulticastGroup{Family::ipv6}>({"vrrp_mcast_group6", "IPV6", "ff02::12", "Destination of IPv6 adverts."}).example("vrrp_mcast_group6 ff02::12"),
    keyword<Default<&I::garp_master_delay>, WholeSeconds{0, kMaxDelaySeconds}>({"vrrp_garp_master_delay", "SECS", "5", "Default of garp_master_delay.", everyday}).example("vrrp_garp_master_delay 10"),
    keyword<Default<&I::garp_master_repeat>, Count{}>({"vrrp_garp_master_repeat", "N", "5", "Default of garp_master_repeat.", everyday}).example("vrrp_garp_master_repeat 1"),
    keyword<Default<&I::garp_master_refresh>, WholeSeconds{0, kMaxUint32}>({"vrrp_garp_master_refresh", "SECS", "0: off", "Default of garp_master_refresh."}).example("vrrp_garp_master_refresh 60"),
    keyword<Default<&I::garp_master_refresh_repeat>, Count{}>({"vrrp_garp_master_refresh_repeat", "N", "1", "Default of garp_master_refresh_repeat."}).example("vrrp_garp_master_refresh_repeat 2"),
    keyword<Default<&I::garp_lower_prio_delay>, WholeSeconds{0, kMaxDelaySeconds}>({"vrrp_garp_lower_prio_delay", "SECS", "vrrp_garp_master_delay", "Default of garp_lower_prio_delay."}).example("vrrp_garp_lower_prio_delay 10"),
    keyword<Default<&I::garp_lower_prio_repeat>, Integer{0, kMaxInt32}>({"vrrp_garp_lower_prio_repeat", "N", "vrrp_garp_master_repeat", "Default of garp_lower_prio_repeat."}).example("vrrp_garp_lower_prio_repeat 1"),
    keyword<Default<&I::down_timer_adverts>, Integer{1, 100}>({"vrrp_down_timer_adverts", "1..100", "3", "Default of down_timer_adverts.", rare}).example("vrrp_down_timer_adverts 4"),
    custom<G, read_interval<&S::garp_interval>, show_interval<&S::garp_interval>>({"vrrp_garp_interval", "SECS", "0: no pacing", "Least time between gratuitous ARPs on an interface without garp_group, 0.000001..4294.967295."}, 1).example("vrrp_garp_interval 0.001", "!\n^0\n^4294.967296\n^-1\n^abc"),
    custom<G, read_interval<&S::gna_interval>, show_interval<&S::gna_interval>>({"vrrp_gna_interval", "SECS", "0: no pacing", "As vrrp_garp_interval, for unsolicited neighbour advertisements."}, 1).example("vrrp_gna_interval 0.001", "!\n^0\n^4294.967296\n^-1\n^abc"),
    custom<G, read_min_garp, show_min_garp>({"vrrp_min_garp", "[BOOL]", "off", "One announcement per address and no delayed burst, where not set otherwise."}, 1).example("vrrp_min_garp on", "^maybe"),
    custom<G, read_garp_extra, show_garp_extra>({"vrrp_garp_extra_if", "[all] SECS", "0: off", "Default of garp_extra_if, 1..86400.", rare}, 2).also("vrrp_vmac_garp_intvl", Spelling::old_reported).example("vrrp_garp_extra_if all 100", ".\nall\n^0\n^86401\n^abc"),
    keyword<Default<&I::lower_priority_no_advert>, Switch{}>({"vrrp_lower_prio_no_advert", "[BOOL]", "off; strict: on", "Default of lower_prio_no_advert."}).example("vrrp_lower_prio_no_advert on"),
    keyword<Default<&I::higher_priority_send_advert>, Switch{}>({"vrrp_higher_prio_send_advert", "[BOOL]", "off", "Default of higher_prio_send_advert."}).example("vrrp_higher_prio_send_advert on"),
    keyword<Default<&I::version>, VersionCodec{}>({"vrrp_version", "2|3", "2; IPv6 always 3", "Default protocol version.", everyday}).example("vrrp_version 3"),
    keyword<Default<&I::check_unicast_source>, Flag{}>({"vrrp_check_unicast_src", "", "off", "All unicast instances drop adverts from others than their peers."}).example("vrrp_check_unicast_src"),
    keyword<Default<&I::skip_check_advert_addresses>, Switch{}>({"vrrp_skip_check_adv_addr", "[BOOL]", "off", "Default of skip_check_adv_addr.", everyday}).example("vrrp_skip_check_adv_addr on"),
    keyword<Default<&I::strict>, Switch{}>({"vrrp_strict", "[BOOL]", "off", "Default of strict_mode.", everyday}).example("vrrp_strict on"),
    custom<G, read_start_delay<&S::startup_delay>, show_start_delay<&S::startup_delay>>({"vrrp_startup_delay", "SECS", "0", "Hold all instances back this long after the start, 0.001..4294.967295.", common}, 1).example("vrrp_startup_delay 5.5", "!\n^0\n^4294.967296\n^abc"),
    custom<G, read_start_delay<&S::delay_after_boot>, show_start_delay<&S::delay_after_boot>>({"vrrp_delay_after_boot", "SECS", "0", "The same, counted from the boot of the machine.", rare, last_wins, Reload::live, "2.3"}, 1).example("vrrp_delay_after_boot 15.23", "!\n^0\n^4294.967296\n^abc"),
    keyword<Value<&S::log_unknown_vrids>, Flag{}>({"log_unknown_vrids", "", "off", "Log adverts of VRIDs that are not configured.", rare}).example("log_unknown_vrids"),
    keyword<Default<&I::owner_ignore_adverts>, Switch{}>({"vrrp_owner_ignore_adverts", "[BOOL]", "off", "Default of owner_ignore_adverts.", rare, last_wins, Reload::live, "2.3"}).example("vrrp_owner_ignore_adverts on"),
    keyword<Value<&S::vmac_prefix>, Word{}>({"vmac_prefix", "STRING", "vrrp", "Prefix of VMAC interface names.", common, once, restart}).example("vmac_prefix vmac"),
    keyword<Value<&S::vmac_address_prefix>, Word{}>({"vmac_addr_prefix", "STRING", "vmac_prefix", "Prefix of VMACs made for addresses on other interfaces.", rare, once, restart}).example("vmac_addr_prefix vadr"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kGlobalVrrpRows{kRows};

}  // namespace holdfast::config

// vrrp_instance: announcements of its addresses.
#include <fmt/format.h>

#include <algorithm>

#include "tables_vrrp.hpp"

namespace holdfast::config {
namespace {

using D = InstanceDraft;
using GS = vrrp::GarpSettings;

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

// clang-format off: one row, one line
constexpr Row kRows[] = {
    custom<D, read_delay<&GS::master_delay>, show_delay<&GS::master_delay>>({"garp_master_delay", "SECS", "5", "Delay of the second announcement after becoming MASTER; 0 = none.", everyday}, 1).example("garp_master_delay 10", "!\n^-1\n^4295\n^abc"),
    custom<D, read_delay<&GS::master_refresh>, show_delay<&GS::master_refresh>>({"garp_master_refresh", "SECS", "0: off", "Period of further announcements."}, 1).example("garp_master_refresh 60", "!\n^-1\n^abc"),
    custom<D, read_count<&GS::master_repeat>, show_count<&GS::master_repeat>>({"garp_master_repeat", "N", "5", "Packets per address and announcement.", everyday}, 1).example("garp_master_repeat 3", "!\n^0\n^-1\n^abc"),
    custom<D, read_count<&GS::master_refresh_repeat>, show_count<&GS::master_refresh_repeat>>({"garp_master_refresh_repeat", "N", "1", "Packets per address and refresh."}, 1).example("garp_master_refresh_repeat 2", "!\n^0\n^-1\n^abc"),
    keyword<Field<&D::garp_lower_prio_delay>, WholeSeconds{0, kMaxDelaySeconds}>({"garp_lower_prio_delay", "SECS", "global; strict: 0", "Delay of the second announcement after a lower priority."}).example("garp_lower_prio_delay 10"),
    keyword<Field<&D::garp_lower_prio_repeat>, Integer{0, kMaxInt32}>({"garp_lower_prio_repeat", "N", "global; strict: 0", "Packets per address after a lower priority."}).example("garp_lower_prio_repeat 1"),
    custom<D, read_garp_extra, show_garp_extra>({"garp_extra_if", "[all] SECS", "global: off", "Announcements on other interfaces that carry addresses, 0..86400.", rare}, 2).also("vmac_garp_intvl", Spelling::old_reported).example("garp_extra_if all 100", ".\nall\n^-1\n^86401\n^abc"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kInstanceGarpRows{kRows};

}  // namespace holdfast::config

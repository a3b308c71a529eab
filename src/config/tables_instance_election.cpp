// vrrp_instance: identity, priority, timers and preemption.
#include <fmt/format.h>

#include "tables_vrrp.hpp"

namespace holdfast::config {
namespace {

using D = InstanceDraft;
using V = VrrpInstance;
template <auto... Path>
using Value = Field<&D::value, Path...>;

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
        static constexpr std::string_view kStates[] = {"MASTER", "BACKUP"};
        bad_choice(loading, line, 1, "is not MASTER or BACKUP; BACKUP is used", kStates);
        instance.wants_master = false;
    }
}

void show_state(const D& instance, const Row& row, Writer& writer) {
    if (instance.wants_master) writer.line(row.facts.name, *instance.wants_master ? "MASTER" : "BACKUP");
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
    daemon->instance = instance.value.router.name;
    daemon->sync_id = 0;  // Not the VRID, as with lvs_sync_daemon.
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

// clang-format off: one row, one line
constexpr Row kRows[] = {
    custom<D, read_state, show_state>({"state", "MASTER|BACKUP", "MASTER with priority 255, else BACKUP", "Wanted initial state; shortens the first wait only.", everyday}, 1).example("state BACKUP", "!\n^SLAVE\n^master"),
    keyword<Field<&D::vrid>, Integer{1, 255, Lenient::no}>({"virtual_router_id", "1..255", "required", "VRID, unique per interface and family.", everyday}).example("virtual_router_id 51"),
    custom<D, read_priority, show_priority>({"priority", "1..255", "100; 255 with state MASTER alone", "Election weight; 255 = owner of the addresses. A bad value means 100.", everyday}, 1).example("priority 150", "!\n^0\n^256\n^abc\n^100x"),
    keyword<Field<&D::advert_interval>, Seconds{10000, 255000000}>({"advert_int", "SECS", "1", "Advertisement interval, 0.01..255; whole seconds in version 2, up to 40.95 in version 3.", everyday}).example("advert_int 1"),
    custom<D, set_accept, show_accept>({"accept", "", "on unless strict", "Packets to the addresses are accepted.", everyday}, 0).example("accept", kNothingWrong),
    custom<D, set_accept, show_no_accept>({"no_accept", "", "off", "A firewall drops packets to the addresses."}, 0).example("no_accept", kNothingWrong),
    keyword<Field<&D::strict>, Switch{}>({"strict_mode", "[BOOL]", "vrrp_strict", "Obey the RFCs to the letter.", everyday}).example("strict_mode on"),
    custom<D, set_preempt>({"preempt", "", "on", "Undoes nopreempt."}, 0).example("preempt", kNothingWrong),
    custom<D, set_nopreempt, show_nopreempt>({"nopreempt", "", "off", "Do not take over from a live master of lower priority.", everyday}, 0).example("nopreempt", kNothingWrong),
    custom<D, read_preempt_delay, show_preempt_delay>({"preempt_delay", "SECS", "0", "Wait before taking over from a lower priority, 0..1000.", everyday}, 1).example("preempt_delay 300", "!\n^-1\n^1000.1\n^abc"),
    keyword<Value<&V::debug>, Integer{0, 4}>({"debug", "0..4", "0", "Accepted, no effect.", rare}).example("debug 2"),
    custom<D, read_sync_interface>({"lvs_sync_daemon_interface", "IFNAME", "none", "Obsolete form of lvs_sync_daemon.", rare}, 1).example("lvs_sync_daemon_interface eth0", "!").obsolete(),
    custom<D, read_down_timer, show_down_timer>({"down_timer_adverts", "1..100", "3", "Missing adverts until the master counts as down.", rare}, 1).example("down_timer_adverts 4", "!\n^0\n^101\n^abc"),
    custom<D, read_timer_expired, show_timer_expired>({"timer_expired_backup", "[1..254]", "off; bare: 254", "With nopreempt: a MASTER that was asleep for too long becomes BACKUP.", rare, last_wins, Reload::live, "2.3"}, 1).also("thread_timer_expired", Spelling::old_reported).example("timer_expired_backup 200", "^0\n^255\n^abc", "nopreempt"),
    keyword<Field<&D::lower_priority_no_advert>, Switch{}>({"lower_prio_no_advert", "[BOOL]", "global; strict: on", "Do not answer lower priorities."}).example("lower_prio_no_advert on"),
    keyword<Field<&D::higher_priority_send_advert>, Switch{}>({"higher_prio_send_advert", "[BOOL]", "global; strict: off", "Send one advert before yielding to a higher priority."}).example("higher_prio_send_advert on"),
    keyword<Field<&D::owner_ignore_adverts>, Switch{}>({"owner_ignore_adverts", "[BOOL]", "global; strict: on", "An address owner drops all adverts.", rare, last_wins, Reload::live, "2.3"}).example("owner_ignore_adverts on", "", "-priority\npriority 255"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kInstanceElectionRows{kRows};

}  // namespace holdfast::config

// vrrp_instance: scripts and mails.
#include "tables_vrrp.hpp"

namespace holdfast::config {
namespace {

using D = InstanceDraft;
using V = VrrpInstance;
using NS = notify::ScriptSettings;
template <auto... Path>
using Value = Field<&D::value, Path...>;

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

constexpr Script kNotify{};

// clang-format off: one row, one line
constexpr Row kRows[] = {
    keyword<Value<&V::notify, &NS::backup>, kNotify>({"notify_backup", "SCRIPT [USER [[:]GROUP]]", "none", "Run on the transition to BACKUP.", everyday, once}).example("notify_backup \"/usr/bin/true backup\""),
    keyword<Value<&V::notify, &NS::master>, kNotify>({"notify_master", "SCRIPT [USER [[:]GROUP]]", "none", "Run on the transition to MASTER.", everyday, once}).example("notify_master /usr/bin/true"),
    keyword<Value<&V::notify, &NS::fault>, kNotify>({"notify_fault", "SCRIPT [USER [[:]GROUP]]", "none", "Run on the transition to FAULT.", everyday, once}).example("notify_fault \"/usr/bin/true fault\" root root"),
    keyword<Value<&V::notify, &NS::stop>, kNotify>({"notify_stop", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the daemon stops.", everyday, once}).example("notify_stop /usr/bin/true"),
    custom<D, read_notify_deleted, show_notify_deleted>({"notify_deleted", "[SCRIPT [USER [[:]GROUP]]]", "none", "Told or run after a reload that removes the instance.", rare, once}).raw_line().example("notify_deleted", kNothingWrong),
    keyword<Value<&V::notify, &NS::generic>, kNotify>({"notify", "SCRIPT [USER [[:]GROUP]]", "none", "Run on every transition, after the specific one, with INSTANCE, name, state and priority.", everyday, once}).example("notify \"/usr/bin/true any\""),
    keyword<Value<&V::notify, &NS::master_rx_lower_pri>, kNotify>({"notify_master_rx_lower_pri", "SCRIPT [USER [[:]GROUP]]", "none", "Run when a MASTER hears a lower priority.", common, once}).example("notify_master_rx_lower_pri /usr/bin/true"),
    keyword<Value<&V::notify, &NS::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "smtp_alert_vrrp", "Mail on transitions.", everyday}).example("smtp_alert on"),
    keyword<Field<&D::notify_priority_changes>, Switch{}>({"notify_priority_changes", "[BOOL]", "of the sync group", "FIFO lines when the priority changes.", rare}).example("notify_priority_changes on"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kInstanceNotifyRows{kRows};

}  // namespace holdfast::config

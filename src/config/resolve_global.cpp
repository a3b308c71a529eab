// Global settings that depend on each other, and the scripts run at start and stop.
#include <fmt/format.h>

#include "loading.hpp"
#include "resolve.hpp"

namespace holdfast::config {
namespace {

constexpr Place kNowhere{};

void drop_fifo(Loading& loading, std::optional<notify::FifoSettings>& fifo, std::string_view name,
               std::string_view why) {
    loading.remark(kNowhere, fmt::format("{} is left out: {}", name, why));
    fifo.reset();
}

void resolve_fifos(Loading& loading) {
    GlobalSettings& global = loading.draft.global.value;
    const auto clean = [&](std::optional<notify::FifoSettings>& fifo, std::string_view name) {
        if (fifo && fifo->path.empty()) drop_fifo(loading, fifo, name, "it has a script but no path");
    };
    clean(global.notify_fifo, "notify_fifo");
    clean(global.vrrp_notify_fifo, "vrrp_notify_fifo");
    clean(global.lvs_notify_fifo, "lvs_notify_fifo");
    const auto same = [](const auto& a, const auto& b) { return a && b && a->path == b->path; };
    if (same(global.notify_fifo, global.vrrp_notify_fifo))
        drop_fifo(loading, global.vrrp_notify_fifo, "vrrp_notify_fifo", "notify_fifo has the same path");
    if (same(global.notify_fifo, global.lvs_notify_fifo))
        drop_fifo(loading, global.lvs_notify_fifo, "lvs_notify_fifo", "notify_fifo has the same path");
    if (same(global.vrrp_notify_fifo, global.lvs_notify_fifo) && global.vrrp_notify_fifo->script &&
        global.lvs_notify_fifo->script) {
        loading.remark(kNowhere,
                       "lvs_notify_fifo_script is left out: vrrp_notify_fifo has the same path and a script");
        global.lvs_notify_fifo->script.reset();
    }
}

void resolve_firewall(Loading& loading) {
    GlobalDraft& global = loading.draft.global;
    if (global.value.iptables && global.value.nftables.table) {
        loading.remark(kNowhere, "vrrp_iptables and nftables are both configured; nftables is used");
        global.value.iptables.reset();
    }
    if (!global.value.iptables) {
        if (!global.value.ipset_names.empty())
            loading.remark(kNowhere, "vrrp_ipsets is ignored, because vrrp_iptables is not used");
        global.value.ipset_names.clear();
    } else if (!global.ipsets_given) {
        global.value.ipset_names = {"keepalived",      "keepalived6",    "keepalived_if6",
                                    "keepalived_igmp", "keepalived_mld", "keepalived_nd"};
    }
}

}  // namespace

void report_security(Loading& loading, const ScriptSecurity& scripts, std::string_view which) {
    if (!scripts.first || loading.draft.global.value.script_security) return;
    const ScriptPlace& example = scripts.first_insecure ? *scripts.first_insecure : *scripts.first;
    loading.report(
        ReportClass::security, example.find(loading),
        fmt::format("SECURITY VIOLATION - {} are run, but enable_script_security is not set{}", which,
                    scripts.first_insecure ? "; this one can be changed by others than root" : ""),
        {.advice = "write into global_defs:\n    enable_script_security"});
}

void resolve_globals(Loading& loading) {
    RootSettings& root = loading.draft.root.value;
    if (!root.instance.empty() || !root.net_namespace.empty()) root.use_pid_dir = true;

    resolve_fifos(loading);
    resolve_firewall(loading);

    GlobalSettings& global = loading.draft.global.value;
    ScriptSecurity security;
    const auto check = [&](auto& script, std::string_view keyword) {
        if (!script) return;
        const ScriptPlace place{{}, keyword};
        const ScriptVerdict verdict = loading.check_script(*script, place);
        security.add(verdict, place);
        if (!verdict.usable) script.reset();
    };
    check(global.startup_script, "startup_script");
    check(global.shutdown_script, "shutdown_script");
    report_security(loading, security, "start and stop scripts");
}

}  // namespace holdfast::config

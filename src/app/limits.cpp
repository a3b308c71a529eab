#include "holdfast/app/limits.hpp"

#include <fmt/format.h>

namespace holdfast::app {

namespace {

using config::Config;

const Limit kLimits[] = {
    {"global_defs/stats_dump_file global_defs/json_dump_file",
     "the usual names are used, as by keepalived 2.4.3", Part::daemon, nullptr},
    {"global_defs/tmp_config_directory", "nothing is written", Part::daemon, nullptr},
    {"global_defs/random_seed", "nothing is seeded", Part::daemon,
     [](const Config& c) { return c.global.random_seed.has_value(); }, "random_seed"},
    {"global_defs/enable_dbus global_defs/dbus_*", "no D-Bus name is taken", Part::vrrp,
     [](const Config& c) { return c.global.dbus; }, "enable_dbus"},
    {"global_defs/enable_snmp_* global_defs/enable_traps global_defs/snmp_*", "no SNMP agent", Part::daemon,
     [](const Config& c) {
         return c.global.snmp.vrrp || c.global.snmp.checker || c.global.snmp.rfc_v2 || c.global.snmp.rfc_v3;
     },
     "enable_snmp_*"},
    {"global_defs/process_names global_defs/checker_process_name global_defs/bfd_process_name "
     "child_wait_time",
     "one process, whose name is process_name, else the first of vrrp_process_name and the others",
     Part::daemon, [](const Config& c) { return c.global.process_names; }, "process_names"},
};

}  // namespace

std::span<const Limit> limits() {
    return kLimits;
}

void warn_of_limits(const Config& config, const Config* before, Log& log) {
    for (const Limit& limit : kLimits) {
        if (limit.used == nullptr || !limit.used(config)) continue;
        if (before != nullptr && limit.used(*before)) continue;  // Said already.
        log.write(limit.part, LogLevel::warning,
                  fmt::format("{} has no effect in this version: {}", limit.shown, limit.note));
    }
}

}  // namespace holdfast::app

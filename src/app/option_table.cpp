// The options and the texts made from them: help and version.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <fstream>

#include "holdfast/app/options.hpp"

namespace holdfast::app {

namespace {

using enum OptionRow::Argument;

constexpr std::string_view kNoChildren = "Accepted; there is one process and nothing to restart.";
constexpr std::string_view kNoSnmp = "Accepted; this version has no SNMP agent.";

constexpr OptionRow kOptions[] = {
    {'f', "use-file", required, "FILE",
     "Read this configuration file or pattern\n(default /etc/keepalived/keepalived.conf)"},
    {'P', "vrrp", none, {}, "Run VRRP only"},
    {'C', "check", none, {}, "Run health checks and IPVS only"},
    {'B', "no_bfd", none, {}, "Do not run BFD"},
    {0, "all", none, {}, "Run every part, also those without configuration"},
    {'l', "log-console", none, {}, "Log to standard error too (with -n)"},
    {'D', "log-detail", none, {}, "Log more; twice: still more"},
    {'S', "log-facility", required, "([0-7]|local[0-7]|user|daemon)", "syslog facility (default daemon)"},
    {'g', "log-file", optional, "FILE",
     "Log to a file too (default keepalived.log\nin the temporary directory)"},
    {0, "flush-log-file", none, {}, "Write the log file line by line"},
    {'G', "no-syslog", none, {}, "Do not log to syslog"},
    {'u', "umask", required, "MASK", "File creation mask, a number as in C (default 0177)"},
    {'X',
     "release-vips",
     none,
     {},
     "Drop addresses on a transition caused by a signal",
     true,
     "Accepted; 2.4.3 only acts on it in a state change by signal, which no signal causes any more."},
    {'V', "dont-release-vrrp", none, {}, "Leave addresses and routes in place when stopping"},
    {'I', "dont-release-ipvs", none, {}, "Leave the IPVS table in place when stopping"},
    {'R', "dont-respawn", none, {}, "Do not restart child processes", true, kNoChildren},
    {'n', "dont-fork", none, {}, "Stay in the foreground"},
    {'d', "dump-conf", none, {}, "Log the configuration as it was understood"},
    {'p', "pid", required, "FILE", "pid file"},
    {'r', "vrrp_pid", required, "FILE", "Further pid file, for scripts that know VRRP's"},
    {'c', "checkers_pid", required, "FILE", "Further pid file, for scripts that know the checkers'"},
    {'b', "bfd_pid", required, "FILE", "Further pid file, for scripts that know BFD's"},
    {'T', "genhash", none, {}, "Be genhash; must be the first option"},
    {'a', "address-monitoring", none, {}, "Log all addresses that come and go"},
    {'x', "snmp", none, {}, "Switch SNMP on", true, kNoSnmp},
    {'A', "snmp-agent-socket", required, "ADDR", "Address of the AgentX master", true, kNoSnmp},
    {'s', "namespace", required, "NAME", "Run in this network namespace (overrides net_namespace)"},
    {'m', "core-dump", none, {}, "Leave a core dump when crashing"},
    {'M', "core-dump-pattern", optional, "PATN", "Also set the kernel's core_pattern (default core)"},
    {'e', "all-config", none, {}, "Every include must match a file"},
    {'i', "config-id", required, "ID",
     "Take lines that begin with @ID, skip those that\nbegin with @^ID (default: the node name)"},
    {0, "ignore-sigint", none, {}, "Ignore SIGINT, for debuggers"},
    {0, "signum", required, "NAME",
     "Print a signal's number and leave: STOP, RELOAD,\nDATA, STATS, STATS_CLEAR, JSON"},
    {'t', "config-test", optional, "FILE",
     "Check the configuration and leave; reports go to\nFILE or standard error"},
    {0,
     "json",
     none,
     {},
     "With -t: the reports as one JSON object on\nstandard output; with -d too, also the\nconfiguration as "
     "it was "
     "understood"},
    {0, "debug", optional, "LETTERS", "Accepted for old command lines", false, "Accepted, no effect."},
    {'v', "version", none, {}, "Show the version and leave"},
    {'h', "help", none, {}, "Show this text and leave"},
};

constexpr size_t kTextColumn = 31;

std::string distribution() {
    constexpr std::string_view key = "PRETTY_NAME=";
    std::ifstream file("/etc/os-release");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(key)) continue;
        line.erase(0, key.size());
        if (line.size() >= 2 && line.front() == '"' && line.back() == '"')
            line = line.substr(1, line.size() - 2);
        return line;
    }
    return {};
}

}  // namespace

std::span<const OptionRow> option_table() {
    return kOptions;
}

std::string help_text(std::string_view program) {
    std::string text = fmt::format("Usage: {} [OPTION...]\n", program);
    for (const OptionRow& row : kOptions) {
        if (!row.in_help) continue;
        std::string left = row.letter != 0 ? fmt::format("  -{}, --{}", row.letter, row.name)
                                           : fmt::format("      --{}", row.name);
        if (row.argument == required) left += fmt::format("={}", row.argument_name);
        if (row.argument == optional) left += fmt::format("[={}]", row.argument_name);
        if (left.size() >= kTextColumn) left += fmt::format("\n{:{}}", "", kTextColumn);
        left.resize(std::max(left.size(), kTextColumn), ' ');
        text += left;
        for (char c : row.summary) {
            text += c;
            if (c == '\n') text.append(kTextColumn + 1, ' ');
        }
        text += '\n';
    }
    return text;
}

std::string_view product() {
    return "Keepalived v2.4.3 (Holdfast v" HOLDFAST_VERSION ")";
}

std::string version_text() {
    utsname system{};
    uname(&system);
    std::string text = fmt::format(
        "{}\n\nHoldfast is free software under the GNU General Public License, version 2 or later.\n\n"
        "Running on {} {} {}\n",
        product(), system.sysname, system.release, system.version);
    if (const std::string name = distribution(); !name.empty()) text += fmt::format("Distro: {}\n", name);
    text += "\nConfig options:  NFTABLES LVS VRRP VRRP_AUTH VRRP_VMAC JSON SYSTEMD_NOTIFY\n";
    return text;
}

}  // namespace holdfast::app

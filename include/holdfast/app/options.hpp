// keepalived's command line, exactly: the same letters, long names, optional arguments, messages and exit
// statuses (compat/runtime.md, section 1). Parsing has no effect but on its result: what is to be printed is
// text in the result, and main() prints it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::app {

/// Which parts run.
struct Subsystems {
    bool vrrp = true;
    bool checkers = true;
    bool bfd = true;
    bool all = false;  ///< --all: also without configuration.
    friend bool operator==(const Subsystems&, const Subsystems&) = default;
};

struct Options {
    std::optional<std::string> config_file;  ///< -f; unset = the default file.
    Subsystems subsystems;
    bool log_console = false;             ///< -l
    uint32_t log_detail = 0;              ///< Number of -D, 0..2.
    std::optional<int> log_facility;      ///< -S, the syslog number (LOG_DAEMON ...); unset = daemon.
    std::optional<std::string> log_file;  ///< -g; empty argument = keepalived.log in the temporary directory.
    bool flush_log_file = false;
    bool no_syslog = false;                        ///< -G
    std::optional<uint32_t> umask;                 ///< -u
    bool release_vips = false;                     ///< -X
    bool dont_release_vrrp = false;                ///< -V
    bool dont_release_ipvs = false;                ///< -I
    bool dont_respawn = false;                     ///< -R; there are no children to respawn.
    bool dont_fork = false;                        ///< -n; -t implies it.
    bool dump_config = false;                      ///< -d
    std::optional<std::string> pid_file;           ///< -p
    std::optional<std::string> vrrp_pid_file;      ///< -r
    std::optional<std::string> checkers_pid_file;  ///< -c
    std::optional<std::string> bfd_pid_file;       ///< -b
    bool address_monitoring = false;               ///< -a
    bool snmp = false;                             ///< -x
    std::optional<std::string> snmp_agent_socket;  ///< -A
    std::optional<std::string> network_namespace;  ///< -s
    bool core_dump = false;                        ///< -m
    std::optional<std::string> core_dump_pattern;  ///< -M; also sets core_dump.
    bool all_config = false;                       ///< -e
    std::optional<std::string> config_id;          ///< -i; unset = node name up to its first dot.
    bool config_test = false;                      ///< -t
    std::optional<std::string> config_test_log;    ///< -t=FILE: where the reports go instead of stderr.
    bool json = false;                             ///< --json, with -t only.
    bool ignore_sigint = false;
    std::optional<std::string> debug;  ///< --debug[=LETTERS]
    friend bool operator==(const Options&, const Options&) = default;
};

/// What main() has to do after parsing.
struct ParsedOptions {
    enum class Next : uint8_t {
        run,      ///< Start (or test the configuration).
        exit,     ///< Print and leave with `exit_status`.
        genhash,  ///< Be genhash, with the arguments from `genhash_from` on.
    };
    Next next = Next::run;
    int exit_status = 0;
    Options options;
    std::string standard_output;  ///< To be written before anything else.
    std::string standard_error;
    int genhash_from = 0;  ///< Index in argv after which genhash's own options begin.
};

/// The lines in which the log repeats the command line: `Command line: 'a' 'b'`, words in single quotes,
/// broken into lines the reference's syslog could carry.
std::vector<std::string> command_line_text(std::span<const std::string> arguments);

/// Parses `arguments` (argv). Not reentrant: it uses getopt_long, whose state is reset first, so it may be
/// called again. `-u` takes a number as in C. A name ending in `genhash` as arguments[0] gives Next::genhash
/// at once.
ParsedOptions parse_options(std::span<const std::string> arguments);

/// One row of the option table, for help, documents and completion.
struct OptionRow {
    char letter = 0;  ///< 0 = only a long name.
    std::string_view name;
    enum class Argument : uint8_t { none, required, optional } argument = Argument::none;
    std::string_view argument_name = {};
    std::string_view summary = {};  ///< Lines separated by newlines.
    bool in_help = true;
    /// Empty when the option does what the reference's does; otherwise what it does here, for
    /// docs/compatibility.md.
    std::string_view limits = {};
};
std::span<const OptionRow> option_table();

/// The text of -h for a program called `program`.
std::string help_text(std::string_view program);
/// The text of -v: name and version, copyright, kernel, distribution, optional parts.
std::string version_text();
/// `Keepalived v2.4.3 (Holdfast v0.1.0)`: what start and stop lines and -v begin with. Tools compare the
/// first version with what they need, so it is the one whose behaviour this program has.
std::string_view product();

}  // namespace holdfast::app

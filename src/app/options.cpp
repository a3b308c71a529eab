#include "holdfast/app/options.hpp"

#include <fmt/format.h>
#include <getopt.h>
#include <sys/syslog.h>

#include <charconv>
#include <filesystem>

#include "holdfast/app/daemonize.hpp"
#include "holdfast/app/signals_table.hpp"

namespace holdfast::app {

namespace {

// Values that getopt_long returns for long options without a letter, by their row.
constexpr int kFirstLongOnly = 256;

struct GetoptTable {
    std::string letters = ":";  // A leading colon tells a missing argument from an unknown option.
    std::vector<option> longs;
};

GetoptTable getopt_table() {
    GetoptTable table;
    int index = 0;
    for (const OptionRow& row : option_table()) {
        int has_argument = no_argument;
        std::string_view colons;
        if (row.argument == OptionRow::Argument::required) {
            has_argument = required_argument;
            colons = ":";
        } else if (row.argument == OptionRow::Argument::optional) {
            has_argument = optional_argument;
            colons = "::";
        }
        if (row.letter != 0) {
            table.letters += row.letter;
            table.letters += colons;
        }
        table.longs.push_back(
            {row.name.data(), has_argument, nullptr, row.letter != 0 ? row.letter : kFirstLongOnly + index});
        ++index;
    }
    table.longs.push_back({});
    return table;
}

std::optional<int> facility_of(std::string_view text) {
    if (text == "user") return LOG_USER;
    if (text == "daemon") return LOG_DAEMON;
    if (text.starts_with("local")) text.remove_prefix(5);
    if (text.size() != 1 || text[0] < '0' || text[0] > '7') return std::nullopt;
    return LOG_LOCAL0 + ((text[0] - '0') << 3);
}

// One option's effect on the options. What ends the parsing is handled by the caller.
void apply(std::string_view name, const char* argument, ParsedOptions& parsed) {
    Options& options = parsed.options;
    const std::string value = argument != nullptr ? argument : "";
    if (name == "use-file") {
        options.config_file = value;
    } else if (name == "vrrp") {
        options.subsystems.checkers = false;
    } else if (name == "check") {
        options.subsystems.vrrp = false;
    } else if (name == "no_bfd") {
        options.subsystems.bfd = false;
    } else if (name == "all") {
        options.subsystems = {.vrrp = true, .checkers = true, .bfd = true, .all = true};
    } else if (name == "log-console") {
        options.log_console = true;
    } else if (name == "log-detail") {
        if (options.log_detail < 2) ++options.log_detail;
    } else if (name == "log-facility") {
        if (auto facility = facility_of(value)) {
            options.log_facility = facility;
        } else {
            parsed.standard_error += fmt::format("Invalid log facility '{}'\n", value);
        }
    } else if (name == "log-file") {
        options.log_file = value;
    } else if (name == "flush-log-file") {
        options.flush_log_file = true;
    } else if (name == "no-syslog") {
        options.no_syslog = true;
    } else if (name == "umask") {
        if (auto mask = parse_umask(value)) {
            options.umask = mask;
        } else {
            parsed.standard_error += fmt::format("Invalid --umask option {}\n", value);
        }
    } else if (name == "release-vips") {
        options.release_vips = true;
    } else if (name == "dont-release-vrrp") {
        options.dont_release_vrrp = true;
    } else if (name == "dont-release-ipvs") {
        options.dont_release_ipvs = true;
    } else if (name == "dont-respawn") {
        options.dont_respawn = true;
    } else if (name == "dont-fork") {
        options.dont_fork = true;
    } else if (name == "dump-conf") {
        options.dump_config = true;
    } else if (name == "pid") {
        options.pid_file = value;
    } else if (name == "vrrp_pid") {
        options.vrrp_pid_file = value;
    } else if (name == "checkers_pid") {
        options.checkers_pid_file = value;
    } else if (name == "bfd_pid") {
        options.bfd_pid_file = value;
    } else if (name == "address-monitoring") {
        options.address_monitoring = true;
    } else if (name == "snmp") {
        options.snmp = true;
    } else if (name == "snmp-agent-socket") {
        options.snmp_agent_socket = value;
    } else if (name == "namespace") {
        options.network_namespace = value;
    } else if (name == "core-dump") {
        options.core_dump = true;
    } else if (name == "core-dump-pattern") {
        options.core_dump = true;
        options.core_dump_pattern = value.empty() ? "core" : value;
    } else if (name == "all-config") {
        options.all_config = true;
    } else if (name == "config-id") {
        options.config_id = value;
    } else if (name == "ignore-sigint") {
        options.ignore_sigint = true;
    } else if (name == "debug") {
        options.debug = value;
    } else if (name == "json") {
        options.json = true;
    } else if (name == "config-test") {
        options.config_test = true;
        options.dont_respawn = true;
        options.dont_fork = true;
        options.no_syslog = true;
        // `-t=FILE` reads naturally beside --config-test=FILE; the reference would look for a file `=FILE`.
        const std::string file = value.starts_with('=') ? value.substr(1) : value;
        if (!file.empty()) options.config_test_log = file;
    }
}

ParsedOptions finish(ParsedOptions parsed, int status) {
    parsed.next = ParsedOptions::Next::exit;
    parsed.exit_status = status;
    return parsed;
}

// How an option that getopt_long refused was written: its letter within a bundle, or the whole word.
std::string as_written(const char* word) {
    const std::string_view text(word);
    if (optopt != 0 && !text.starts_with("--")) return fmt::format("-{}", static_cast<char>(optopt));
    return std::string(text);
}

std::string without_value(const std::string& word) {
    return word.starts_with("--") ? word.substr(0, word.find('=')) : word;
}

}  // namespace

ParsedOptions parse_options(std::span<const std::string> arguments) {
    ParsedOptions parsed;
    if (arguments.empty()) return parsed;
    if (std::filesystem::path(arguments[0]).filename() == "genhash") {
        parsed.next = ParsedOptions::Next::genhash;
        parsed.genhash_from = 1;
        return parsed;
    }
    std::vector<std::string> words(arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int argc = static_cast<int>(words.size());

    const GetoptTable table = getopt_table();
    bool bad = false;
    bool first = true;
    optind = 0;  // glibc: begin anew.
    opterr = 0;
    int current = 1;
    for (;;) {
        int index = -1;
        int found = getopt_long(argc, argv.data(), table.letters.c_str(), table.longs.data(), &index);
        if (found == -1) break;
        const bool is_long = index >= 0;
        if (is_long && table.longs[static_cast<size_t>(index)].has_arg == required_argument &&
            *optarg == '\0')
            found = ':';
        if (found == '?') {
            parsed.standard_error +=
                fmt::format("Unknown option {}\n", as_written(argv[static_cast<size_t>(current)]));
            bad = true;
        } else if (found == ':') {
            parsed.standard_error +=
                fmt::format("Missing parameter for option {}\n",
                            without_value(as_written(argv[static_cast<size_t>(current)])));
            bad = true;
        } else {
            const OptionRow* row = nullptr;
            for (size_t i = 0; i < option_table().size(); ++i) {
                if (table.longs[i].val == found) row = &option_table()[i];
            }
            if (row->name == "version") {
                parsed.standard_error += version_text();
                return finish(std::move(parsed), 0);
            }
            if (row->name == "help") {
                parsed.standard_error += help_text(arguments[0]);
                return finish(std::move(parsed), 0);
            }
            if (row->name == "signum") {
                if (auto number = signal_number(optarg)) {
                    parsed.standard_output += fmt::format("{}\n", *number);
                    return finish(std::move(parsed), 0);
                }
                parsed.standard_error += fmt::format("Unknown sigfunc {}\n", optarg);
                return finish(std::move(parsed), 1);
            }
            if (row->name == "genhash") {
                if (!first) {
                    parsed.standard_error +=
                        fmt::format("Warning -- `{}` not used as first option, previous options ignored\n",
                                    is_long ? "genhash" : "-T");
                }
                parsed.next = ParsedOptions::Next::genhash;
                parsed.genhash_from = optind;
                return parsed;
            }
            apply(row->name, optarg, parsed);
        }
        // Within a bundle (-nD) optind stays at the word until it is used up.
        current = optind > 0 ? optind : 1;
        first = false;
    }
    if (optind < argc) {
        parsed.standard_output += "Unexpected argument(s): ";
        for (int i = optind; i < argc; ++i)
            parsed.standard_output += fmt::format("{} ", argv[static_cast<size_t>(i)]);
        parsed.standard_output += '\n';
    }
    // The reference has no such option; without -t it stays as wrong as there.
    if (parsed.options.json && !parsed.options.config_test) {
        parsed.standard_error += "Option --json needs --config-test\n";
        bad = true;
    }
    return bad ? finish(std::move(parsed), 1) : parsed;
}

std::vector<std::string> command_line_text(std::span<const std::string> arguments) {
    constexpr size_t kWidth = 100;
    constexpr std::string_view kTitle = "Command line:";
    std::vector<std::string> lines{std::string(kTitle)};
    for (const std::string& word : arguments) {
        std::string quoted = " '";
        for (char c : word) {
            if (c == '\'') {
                quoted += R"('\'')";
            } else {
                quoted += c;
            }
        }
        quoted += '\'';
        if (lines.back().size() > kTitle.size() && lines.back().size() + quoted.size() > kWidth)
            lines.emplace_back(kTitle.size(), ' ');
        lines.back() += quoted;
    }
    return lines;
}

}  // namespace holdfast::app

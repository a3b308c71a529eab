#include "holdfast/app/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syslog.h>

#include <set>

namespace holdfast::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Next = ParsedOptions::Next;

ParsedOptions options_of(std::vector<std::string> words) {
    words.insert(words.begin(), "/usr/sbin/keepalived");
    return parse_options(words);
}

Options options(std::vector<std::string> words) {
    const auto parsed = options_of(std::move(words));
    EXPECT_EQ(parsed.next, Next::run) << parsed.standard_error;
    EXPECT_EQ(parsed.standard_error, "");
    return parsed.options;
}

TEST(Options, NothingGivenMeansAllPartsInTheBackground) {
    EXPECT_EQ(options({}), Options{});
    EXPECT_TRUE(Options{}.subsystems.vrrp && Options{}.subsystems.checkers && Options{}.subsystems.bfd);
    EXPECT_FALSE(Options{}.dont_fork);
}

TEST(Options, ShortAndLongFormsAreTheSame) {
    const std::pair<std::vector<std::string>, std::vector<std::string>> pairs[] = {
        {{"-f", "a.conf"}, {"--use-file=a.conf"}},
        {{"-P"}, {"--vrrp"}},
        {{"-C"}, {"--check"}},
        {{"-B"}, {"--no_bfd"}},
        {{"-l"}, {"--log-console"}},
        {{"-D"}, {"--log-detail"}},
        {{"-S", "3"}, {"--log-facility", "local3"}},
        {{"-gx.log"}, {"--log-file=x.log"}},
        {{"-G"}, {"--no-syslog"}},
        {{"-u", "022"}, {"--umask=18"}},
        {{"-X"}, {"--release-vips"}},
        {{"-V"}, {"--dont-release-vrrp"}},
        {{"-I"}, {"--dont-release-ipvs"}},
        {{"-R"}, {"--dont-respawn"}},
        {{"-n"}, {"--dont-fork"}},
        {{"-d"}, {"--dump-conf"}},
        {{"-p", "a"}, {"--pid", "a"}},
        {{"-r", "a"}, {"--vrrp_pid=a"}},
        {{"-c", "a"}, {"--checkers_pid=a"}},
        {{"-b", "a"}, {"--bfd_pid=a"}},
        {{"-a"}, {"--address-monitoring"}},
        {{"-x"}, {"--snmp"}},
        {{"-A", "udp:1"}, {"--snmp-agent-socket=udp:1"}},
        {{"-s", "ns"}, {"--namespace=ns"}},
        {{"-m"}, {"--core-dump"}},
        {{"-Mc"}, {"--core-dump-pattern=c"}},
        {{"-e"}, {"--all-config"}},
        {{"-i", "one"}, {"--config-id=one"}},
        {{"-t"}, {"--config-test"}},
        {{"-tx"}, {"--config-test=x"}},
    };
    for (const auto& [one, other] : pairs) {
        const auto parsed = options(one);
        EXPECT_EQ(parsed, options(other)) << one[0];
        EXPECT_NE(parsed, Options{}) << one[0];
    }
}

TEST(Options, BundledLettersAndArgumentsAsInAServiceFile) {
    const auto parsed = options({"-nlDDfx.conf", "-p/run/x.pid"});
    EXPECT_TRUE(parsed.dont_fork && parsed.log_console);
    EXPECT_EQ(parsed.log_detail, 2U);
    EXPECT_EQ(parsed.config_file, "x.conf");
    EXPECT_EQ(parsed.pid_file, "/run/x.pid");
}

TEST(Options, SubsystemSelection) {
    EXPECT_EQ(options({"-P"}).subsystems, (Subsystems{.checkers = false}));
    EXPECT_EQ(options({"-P", "--all"}).subsystems, (Subsystems{.all = true}));
    EXPECT_EQ(options({"--all", "-C"}).subsystems, (Subsystems{.vrrp = false, .all = true}));
}

TEST(Options, ConfigTestStaysInTheForegroundWithoutSyslog) {
    const auto parsed = options({"-t"});
    EXPECT_TRUE(parsed.config_test && parsed.dont_fork && parsed.no_syslog && parsed.dont_respawn);
    EXPECT_EQ(parsed.config_test_log, std::nullopt);
    EXPECT_EQ(options({"--config-test=/tmp/x"}).config_test_log, "/tmp/x");
    EXPECT_EQ(options({"-t=/tmp/x"}).config_test_log, "/tmp/x");
    // An optional argument is never the next word.
    const auto next = options_of({"-t", "/tmp/x"});
    EXPECT_EQ(next.options.config_test_log, std::nullopt);
    EXPECT_EQ(next.standard_output, "Unexpected argument(s): /tmp/x \n");
}

TEST(Options, FacilitiesAndMasksOutOfRangeAreReportedAndIgnored) {
    EXPECT_EQ(options({"-S", "0"}).log_facility, LOG_LOCAL0);
    EXPECT_EQ(options({"-S", "local7"}).log_facility, LOG_LOCAL7);
    EXPECT_EQ(options({"-S", "user"}).log_facility, LOG_USER);
    EXPECT_EQ(options({"-S", "daemon"}).log_facility, LOG_DAEMON);
    for (const char* bad : {"8", "local8", "mail", "", "local"}) {
        const auto parsed = options_of({"-S", bad});
        EXPECT_EQ(parsed.next, Next::run);
        EXPECT_EQ(parsed.options.log_facility, std::nullopt) << bad;
        EXPECT_EQ(parsed.standard_error, "Invalid log facility '" + std::string(bad) + "'\n");
    }
    for (const char* bad : {"01000", "-1", "0999", "x"}) {
        const auto parsed = options_of({"-u", bad});
        EXPECT_EQ(parsed.options.umask, std::nullopt) << bad;
        EXPECT_THAT(parsed.standard_error, StartsWith("Invalid --umask option"));
    }
    EXPECT_EQ(options({"-u", "0x1f"}).umask, 0x1fU);
}

TEST(Options, UnknownOptionsEndWithStatusOneAndAreAllNamed) {
    const auto parsed = options_of({"-n", "--nosuch", "-nZ", "-D", "extra"});
    EXPECT_EQ(parsed.next, Next::exit);
    EXPECT_EQ(parsed.exit_status, 1);
    EXPECT_EQ(parsed.standard_error, "Unknown option --nosuch\nUnknown option -Z\n");
    EXPECT_EQ(parsed.standard_output, "Unexpected argument(s): extra \n");
    EXPECT_EQ(options_of({"--vr"}).standard_error, "Unknown option --vr\n");  // Ambiguous: vrrp, vrrp_pid.
    EXPECT_EQ(options_of({"--config-fd=5"}).exit_status, 1);
}

TEST(Options, MissingParametersEndWithStatusOne) {
    EXPECT_EQ(options_of({"--nosuch=4"}).standard_error, "Unknown option --nosuch=4\n");
    EXPECT_EQ(options_of({"-f"}).standard_error, "Missing parameter for option -f\n");
    EXPECT_EQ(options_of({"--use-file="}).standard_error, "Missing parameter for option --use-file\n");
    EXPECT_EQ(options_of({"--pid"}).standard_error, "Missing parameter for option --pid\n");
    EXPECT_EQ(options_of({"--pid"}).exit_status, 1);
}

TEST(Options, StrayArgumentsAreNamedAndTheStartContinues) {
    const auto parsed = options_of({"a", "-n", "b"});
    EXPECT_EQ(parsed.next, Next::run);
    EXPECT_TRUE(parsed.options.dont_fork);
    EXPECT_EQ(parsed.standard_output, "Unexpected argument(s): a b \n");
    EXPECT_EQ(options_of({"-n", "--", "-D"}).standard_output, "Unexpected argument(s): -D \n");
}

TEST(Options, SignumPrintsTheNumberAndLeaves) {
    const auto parsed = options_of({"--signum", "JSON", "--nosuch"});
    EXPECT_EQ(parsed.next, Next::exit);
    EXPECT_EQ(parsed.exit_status, 0);
    EXPECT_EQ(parsed.standard_output, "36\n");
    const auto unknown = options_of({"--signum=stop"});
    EXPECT_EQ(unknown.exit_status, 1);
    EXPECT_EQ(unknown.standard_error, "Unknown sigfunc stop\n");
}

TEST(Options, HelpAndVersionGoToStandardErrorWithStatusZero) {
    for (const char* word : {"-h", "--help", "-v", "--version"}) {
        const auto parsed = options_of({word});
        EXPECT_EQ(parsed.next, Next::exit);
        EXPECT_EQ(parsed.exit_status, 0);
        EXPECT_EQ(parsed.standard_output, "");
        EXPECT_NE(parsed.standard_error, "") << word;
    }
    // Tools read the version of the behaviour from the first line.
    EXPECT_THAT(options_of({"-v"}).standard_error, StartsWith("Keepalived v2.4.3 (Holdfast v"));
    EXPECT_THAT(options_of({"-h"}).standard_error, StartsWith("Usage: /usr/sbin/keepalived [OPTION...]\n"));
}

TEST(Options, GenhashByNameAndByOption) {
    const std::vector<std::string> by_name{"/usr/bin/genhash", "-s", "x"};
    EXPECT_EQ(parse_options(by_name).next, Next::genhash);
    EXPECT_EQ(parse_options(by_name).genhash_from, 1);
    const auto first = options_of({"-T", "-s", "x"});
    EXPECT_EQ(first.next, Next::genhash);
    EXPECT_EQ(first.genhash_from, 2);
    EXPECT_EQ(first.standard_error, "");
    EXPECT_THAT(options_of({"-n", "-T"}).standard_error, HasSubstr("`-T` not used as first option"));
    EXPECT_THAT(options_of({"-n", "--genhash"}).standard_error,
                HasSubstr("`genhash` not used as first option"));
}

TEST(Options, OptionalArgumentsHaveDefaults) {
    EXPECT_EQ(options({"-M"}).core_dump_pattern, "core");
    EXPECT_TRUE(options({"-M"}).core_dump);
    EXPECT_EQ(options({"-g"}).log_file, "");
    EXPECT_EQ(options({"--debug"}).debug, "");
    EXPECT_EQ(options({"--debug=TpM"}).debug, "TpM");
}

TEST(Options, JsonBelongsToTheConfigurationTest) {
    EXPECT_TRUE(options({"-t", "--json"}).json);
    EXPECT_TRUE(options({"--json", "--config-test=out.json"}).json);
    const std::vector<std::string> alone{"keepalived", "--json"};
    const ParsedOptions parsed = parse_options(alone);
    EXPECT_EQ(parsed.next, ParsedOptions::Next::exit);
    EXPECT_EQ(parsed.exit_status, 1);
    EXPECT_THAT(parsed.standard_error, HasSubstr("--json needs --config-test"));
}

TEST(OptionTable, HasEveryLetterOfTheReferenceOnceAndHelpShowsItsRows) {
    std::set<char> letters;
    const std::string help = help_text("keepalived");
    for (const OptionRow& row : option_table()) {
        if (row.letter != 0) {
            EXPECT_TRUE(letters.insert(row.letter).second) << row.letter;
        }
        EXPECT_EQ(help.find("--" + std::string(row.name)) != std::string::npos, row.in_help) << row.name;
    }
    for (char letter : std::string_view("fPCBlDSgGuXVIRndprcbTaxAsmMeitvh"))
        EXPECT_TRUE(letters.contains(letter)) << letter;
}

TEST(OptionTable, HelpKeepsTheTextColumn) {
    const std::string help = help_text("keepalived");
    EXPECT_THAT(help, HasSubstr("\n  -n, --dont-fork              Stay"));
    EXPECT_THAT(help, HasSubstr("\n      --signum=NAME            Print"));
    EXPECT_THAT(help, HasSubstr("\n      --json                   With -t"));
    EXPECT_THAT(
        help,
        HasSubstr(
            "\n  -S, --log-facility=([0-7]|local[0-7]|user|daemon)\n                               syslog"));
}

TEST(CommandLine, IsRepeatedInQuotesAndBroken) {
    EXPECT_THAT(command_line_text(std::vector<std::string>{"/usr/sbin/keepalived", "-n", "it's"}),
                ElementsAre(R"(Command line: '/usr/sbin/keepalived' '-n' 'it'\''s')"));
    const auto lines = command_line_text(std::vector<std::string>(30, "0123456789"));
    EXPECT_GT(lines.size(), 3U);
    EXPECT_THAT(lines[1], StartsWith("              '0123456789'"));
    for (const auto& line : lines) EXPECT_LE(line.size(), 100U);
}

}  // namespace
}  // namespace holdfast::app

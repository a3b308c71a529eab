// MISC_CHECK, FILE_CHECK and BFD_CHECK: the checkers that connect to nobody.
#include <fmt/format.h>

#include "checker_rows.hpp"

namespace holdfast::config {
namespace {

using C = CheckerDraft;
using RD = RealServerDraft;

C* open_misc(Loading& loading, RD&, const Line&) {
    return fresh_checker(loading, 0);
}

void close_misc(Loading& loading, RD& real, C& checker, const Line& line) {
    if (checker.remove) return;
    if (checker.misc.command.empty()) {
        loading.error(line, 0, "MISC_CHECK has no misc_path and is left out");
        return;
    }
    auto identity = checker.misc_identity ? checker.misc_identity : loading.default_identity(line);
    if (!identity) {
        loading.error(line, 0, "MISC_CHECK has nobody to run its script and is left out");
        return;
    }
    checker.misc.command.identity = std::move(*identity);
    add_checker(real, checker, std::move(checker.misc), line, std::nullopt);
}

void close_file(Loading& loading, RD& real, C& checker, const Line& line) {
    if (checker.file.track_file.empty())
        loading.error(line, 0, "FILE_CHECK has no track_file and is left out");
    else
        add_checker(real, checker, std::move(checker.file), line, std::nullopt, false);
}

void close_bfd(Loading& loading, RD& real, C& checker, const Line& line) {
    if (checker.remove) return;
    if (checker.bfd.session.empty())
        loading.error(line, 0, "BFD_CHECK has no name and is left out");
    else
        add_checker(real, checker, std::move(checker.bfd), line, std::nullopt, false);
}

void read_misc_path(Loading& loading, C& checker, const Line& line) {
    const auto words = read_quoted(line.directive().rest());
    if (!words) {
        loading.error(line, kWholeLine, fmt::format("misc_path: {}", words.error().message));
        return;
    }
    if (words->empty()) return;
    auto arguments = read_escaped(words->front());
    if (arguments && !arguments->empty()) checker.misc.command.arguments = std::move(*arguments);
}

void show_misc_path(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, command_words(checker.misc.command));
}

void read_misc_user(Loading& loading, C& checker, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    checker.misc_identity = loading.identity(line, 1);
    if (checker.misc_identity) return;
    if (line.has(2) && loading.environment.user(line.word(1)))
        bad_word(loading, ReportClass::general, line, 2,
                 "is not a group that exists; the checker is left out");
    else
        bad_word(loading, ReportClass::general, line, 1,
                 "is not a user that exists; the checker is left out");
    checker.remove = true;
}

void show_misc_user(const C& checker, const Row& row, Writer& writer) {
    const notify::Identity& identity = checker.misc.command.identity;
    if (!identity.user.empty())
        writer.line(row.facts.name,
                    identity.user + (identity.group.empty()
                                         ? ""
                                         : (identity.supplementary_groups ? " :" : " ") + identity.group));
}

void read_track_file(Loading& loading, C& checker, const Line& line) {
    const std::string name(line.word(1));
    if (loading.stopped()) return;
    if (loading.draft.file_names.contains(name))
        checker.file.track_file = name;
    else
        bad_word(loading, ReportClass::general, line, 1, "is not the name of a track_file above");
}

void show_track_file(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, quoted(checker.file.track_file));
}

void read_file_weight(Loading& loading, C& checker, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    int weight = 0;
    if (!Integer{-kMaxInt32, kMaxInt32}.read(loading, line, weight)) return;
    bool reverse = false;
    if (line.has(2)) {
        if (line.word(2) == "reverse") {
            reverse = true;
        } else if (line.word(2) != "noreverse") {
            bad_word(loading, ReportClass::general, line, 2,
                     "is not reverse or noreverse; the line is ignored");
            return;
        }
    }
    checker.file.weight = weight;
    checker.file.reverse = reverse;
}

void show_file_weight(const C& checker, const Row& row, Writer& writer) {
    if (checker.file.weight)
        writer.line(row.facts.name,
                    fmt::format("{}{}", *checker.file.weight, checker.file.reverse ? " reverse" : ""));
}

void read_bfd_name(Loading& loading, C& checker, const Line& line) {
    auto refuse = [&](std::string_view problem) {
        loading.error(line, kWholeLine, fmt::format("BFD_CHECK: {}; it is left out", problem));
        checker.remove = true;
    };
    if (line.size() != 2) return refuse("name takes exactly one word");
    const std::string name(line.word(1));
    const auto known = loading.draft.bfd_names.find(name);
    if (known == loading.draft.bfd_names.end() ||
        !loading.draft.config.bfd_sessions[known->second].for_checker)
        return refuse(fmt::format("{} is not a bfd_instance above that tells the checkers", name));
    if (!checker.bfd.session.empty()) return refuse("it has two names");
    for (const PendingChecker& other : loading.real_server_workbench.checkers)
        if (const auto* bfd = std::get_if<check::BfdCheck>(&other.value.probe);
            bfd != nullptr && bfd->session == name)
            return refuse(fmt::format("{} is checked twice", name));
    checker.bfd.session = name;
}

void show_bfd_name(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, quoted(checker.bfd.session));
}

using MC = check::MiscCheck;
using SD = ScheduleDraft;
template <auto... Path>
using Schedule = Field<&C::schedule, Path...>;

// clang-format off: one row, one line
constexpr std::array kMiscOwnRows{
    custom<C, read_misc_path, show_misc_path>({"misc_path", "PATH | \"PATH ARGS\"", "required", "Program; exit 0 = up, 1 = down, others down unless misc_dynamic.", everyday}).raw_line().example("misc_path \"/usr/bin/true 192.0.2.51 80\"", kNothingWrong),
    keyword<Field<&C::misc, &MC::timeout>, WholeSeconds{0, kMaxDelaySeconds}>({"misc_timeout", "SECS", "delay_loop", "Limit of its run time.", everyday}).example("misc_timeout 5"),
    keyword<Field<&C::misc, &MC::dynamic>, Flag{}>({"misc_dynamic", "", "off", "Exit status 2..255 sets the weight."}).example("misc_dynamic"),
    custom<C, read_misc_user, show_misc_user>({"user", "USER [[:]GROUP]", "script_user", "Who runs it."}, 2).example("user root", ".\n^nobody-of-that-name\nroot ^no-such-group"),
};
constexpr std::array kFileRows{
    custom<C, read_track_file, show_track_file>({"track_file", "NAME", "required", "A track_file above.", rare}, 1).example("track_file load", "!\n^no-such-file", "/track_file"),
    custom<C, read_file_weight, show_file_weight>({"weight", "N [reverse|noreverse]", "of the track_file", "Multiplier; 0: another number than 0 is down.", rare}, 2).example("weight -20 reverse", ".\n^abc\n-20 ^backwards"),
};
constexpr std::array kBfdRows{
    custom<C, read_bfd_name, show_bfd_name>({"name", "NAME", "required", "A bfd_instance above.", common, once}).example("name bfd0", ".\nbfd0 bfd1\nno-such-session", "/bfd_instance"),
    keyword<Schedule<&SD::alpha>, Switch{}>({"alpha", "[BOOL]", "of the real_server", "Start as failed.", rare}).example("alpha on"),
};
// clang-format on
constexpr auto kMiscRows = concat(kTimingRows, kMiscOwnRows);

}  // namespace

const Block kMiscCheck =
    Block{"virtual_server/real_server/MISC_CHECK", kMiscRows}.around("misc_path /usr/bin/true");
const Block kFileCheck = Block{"virtual_server/real_server/FILE_CHECK", kFileRows}.around("track_file load");
const Block kBfdCheck = Block{"virtual_server/real_server/BFD_CHECK", kBfdRows}.around("name bfd0");

// clang-format off: one row, one line
constinit const Row kMiscCheckRow = block<RD, C, open_misc, close_misc, show_checkers>({"MISC_CHECK", "{ ... }", "", "Run a program.", everyday, adds_up}, kMiscCheck).example("MISC_CHECK {", kNothingWrong);
constinit const Row kFileCheckRow = block<RD, C, open_plain_checker, close_file>({"FILE_CHECK", "{ ... }", "", "Weight or state from a track_file.", rare, adds_up}, kFileCheck).example("FILE_CHECK {", kNothingWrong, "/track_file");
constinit const Row kBfdCheckRow = block<RD, C, open_plain_checker, close_bfd>({"BFD_CHECK", "{ ... }", "", "Up while a BFD session is up.", common, adds_up}, kBfdCheck).example("BFD_CHECK {", kNothingWrong, "/bfd_instance");
// clang-format on

}  // namespace holdfast::config

// vrrp_script.
#include <fmt/format.h>

#include "tables_track.hpp"

namespace holdfast::config {
namespace {

ScriptDraft* open_script(Loading& loading, Draft& draft, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return nullptr;
    ScriptDraft& script = draft.scripts.emplace_back();
    script.value.name = name;
    script.place = line.place();
    return &script;
}

void close_script(Loading& loading, Draft& draft, ScriptDraft& script, const Line& line) {
    if (script.value.command.empty() && script.value.open_path.empty()) {
        loading.error(line, 1,
                      fmt::format("vrrp_script {} has no script and is left out", script.value.name));
        script.remove = true;
    } else if (!script.remove && !script.identity) {
        script.identity = loading.default_identity(line);
        if (!script.identity) {
            if (loading.explained.has_failed(nullptr, {"global_defs"}))
                loading.hide(ReportClass::general, Severity::error);
            else
                loading.error(
                    line, 1,
                    fmt::format("vrrp_script {} has nobody to run it and is left out", script.value.name));
            script.remove = true;
        }
    }
    if (script.remove) {
        loading.explained.lose("script " + script.value.name);
        draft.scripts.pop_back();
        return;
    }
    script.value.command.identity = *script.identity;
    draft.script_names.try_emplace(script.value.name, draft.scripts.size() - 1);
}

/// `</path` means: can the file be opened? Nothing is run then.
void read_script(Loading& loading, ScriptDraft& script, const Line& line) {
    const auto words = read_quoted(line.directive().rest());
    if (!words) {
        loading.error(line, kWholeLine, fmt::format("{}: {}", line.keyword(), words.error().message));
        return;
    }
    if (words->empty()) return;
    auto arguments = read_escaped(words->front());
    if (!arguments || arguments->empty()) return;
    script.value.command.arguments.clear();
    script.value.open_path.clear();
    const std::string& program = arguments->front();
    const size_t path = program.find_first_not_of(" \t", 1);
    if (program[0] == '<' && path != std::string::npos && program[path] == '/')
        script.value.open_path = program.substr(path);
    else
        script.value.command.arguments = std::move(*arguments);
}

void show_script(const ScriptDraft& script, const Row& row, Writer& writer) {
    if (!script.value.open_path.empty())
        writer.line(row.facts.name, fmt::format("\"<{}\"", escaped_argument(script.value.open_path)));
    else if (!script.value.command.empty())
        writer.line(row.facts.name, command_words(script.value.command));
}

/// Seconds with milliseconds; 0 was allowed once and means 1 s.
struct ScriptTime {
    static constexpr uint8_t kWords = 1;
    static void spoil(BadLines& out) { out.insert(out.end(), {"!", "^0", "^-1", "^4294.001", "^abc"}); }
    bool read(Loading& loading, const Line& line, Duration& out) const {
        if (!Seconds{0, 4294000000ULL, Lenient::yes, 3}.read(loading, line, out)) return false;
        if (out == Duration{0}) {
            bad_word(loading, ReportClass::general, line, 1, "must be more than 0; 1 is used");
            out = std::chrono::seconds(1);
        }
        return true;
    }
    std::optional<std::string> write(const Duration& in) const { return Seconds{0, 0}.write(in); }
};

void read_script_weight(Loading& loading, ScriptDraft& script, const Line& line) {
    WeightWord word{253};
    if (!word.read(loading, line)) return;
    if (word.usable) {
        script.value.weight = word.weight;
    } else if (const auto far = parse_integer(line.word(1), -kMaxInt32, kMaxInt32, Lenient::yes); far.value) {
        // Reported, and used as far as a priority goes.
        script.value.weight = static_cast<int>(std::clamp<int64_t>(*far.value, -word.limit, word.limit));
    }
    if (word.reverse) script.value.reverse = true;
}

void show_script_weight(const ScriptDraft& script, const Row& row, Writer& writer) {
    if (script.value.weight != 0 || script.value.reverse)
        writer.line(row.facts.name, weight_text(script.value.weight, script.value.reverse));
}

/// A bad count is reported and means 1.
template <uint32_t track::ScriptSettings::* member>
void read_script_count(Loading& loading, ScriptDraft& script, const Line& line) {
    uint32_t count = 1;
    Integer{1, kMaxInt32}.read(loading, line, count);
    script.value.*member = count;
}

template <uint32_t track::ScriptSettings::* member>
void show_script_count(const ScriptDraft& script, const Row& row, Writer& writer) {
    if (script.value.*member != 1) writer.line(row.facts.name, fmt::format("{}", script.value.*member));
}

void read_script_user(Loading& loading, ScriptDraft& script, const Line& line) {
    auto identity = loading.identity(line, 1);
    if (loading.stopped()) return;
    script.remove = !identity;
    if (identity)
        script.identity = std::move(identity);
    else if (line.has(2) && loading.environment.user(line.word(1)))
        bad_word(loading, ReportClass::general, line, 2, "is not a group that exists");
    else
        bad_word(loading, ReportClass::general, line, 1, "is not a user that exists");
}

void show_script_user(const ScriptDraft& script, const Row& row, Writer& writer) {
    if (script.identity && !script.identity->user.empty())
        writer.line(row.facts.name,
                    script.identity->user + (script.identity->group.empty()
                                                 ? ""
                                                 : (script.identity->supplementary_groups ? " :" : " ") +
                                                       script.identity->group));
}

using SV = track::ScriptSettings;
// clang-format off: one row, one line
const Row kScriptRows[] = {
    custom<ScriptDraft, read_script, show_script>({"script", "PATH | \"PATH ARGS\" | \"</FILE\"", "required", "Program whose exit status 0 means success; </FILE: success when the file can be opened.", everyday}).raw_line().example("script \"/usr/bin/true -c 'a b'\"", kNothingWrong),
    keyword<Field<&ScriptDraft::value, &SV::interval>, ScriptTime{}>({"interval", "SECS", "1", "Time between runs, 0.001..4294.", everyday}).example("interval 2.5"),
    keyword<Field<&ScriptDraft::value, &SV::timeout>, ScriptTime{}>({"timeout", "SECS", "interval", "Run time after which the script is stopped and has failed.", everyday}).example("timeout 3"),
    custom<ScriptDraft, read_script_weight, show_script_weight>({"weight", "-253..253 [reverse]", "0: failure means FAULT", "Default weight of track_script.", everyday}, 2).example("weight -20 reverse", "!\n^-254\n^254\n^abc\n-20 ^backwards"),
    custom<ScriptDraft, read_script_count<&SV::rise>, show_script_count<&SV::rise>>({"rise", "N", "1", "Successes needed to become OK.", everyday}, 1).example("rise 2", "!\n^0\n^abc"),
    custom<ScriptDraft, read_script_count<&SV::fall>, show_script_count<&SV::fall>>({"fall", "N", "1", "Failures needed to become KO.", everyday}, 1).example("fall 3", "!\n^0\n^abc"),
    custom<ScriptDraft, read_script_user, show_script_user>({"user", "USER [[:]GROUP]", "script_user", "Who runs it; an unknown user removes the script."}, 2).example("user root", "!\n^nobody-of-that-name\nroot ^no-such-group"),
    keyword<Field<&ScriptDraft::value, &SV::init_fail>, Flag{}>({"init_fail", "", "off", "Failed until the first success."}).example("init_fail"),
};
// clang-format on

void show_scripts(const Draft& draft, const Row& row, Writer& writer) {
    for (const ScriptDraft& script : draft.scripts) {
        writer.open(row.facts.name, quoted(script.value.name));
        show_rows(kVrrpScript, &script, writer);
        writer.close();
    }
}

}  // namespace

const Block kVrrpScript = Block{"vrrp_script", kScriptRows}.around("script /usr/bin/true");

// clang-format off: one row, one line
constinit const Row kScriptRootRow = block<Draft, ScriptDraft, open_script, close_script, show_scripts>({"vrrp_script", "NAME { ... }", "", "A program run periodically for track_script.", everyday, adds_up}, kVrrpScript).of(Part::vrrp).example("vrrp_script chk {", "! {");
// clang-format on

}  // namespace holdfast::config

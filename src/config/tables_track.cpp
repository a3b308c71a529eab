// vrrp_script, track_file, vrrp_track_process, track_group, and the track_* lists of instances and sync
// groups.
#include "tables_track.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::config {
namespace {

using track::Reference;

// ---- Weights ----

/// W [reverse]; a bad number is reported and `kept` decides whether it is stored all the same.
struct WeightWord {
    int64_t limit;
    int weight = 0;
    bool usable = false;
    bool reverse = false;

    bool read(Loading& loading, const Line& line) {
        const auto number = parse_integer(line.word(1), -limit, limit, Lenient::yes);
        if (loading.stopped()) return false;
        if (!number.problem.empty()) bad_word(loading, ReportClass::number, line, 1, number.problem);
        if (number.value) {
            weight = static_cast<int>(*number.value);
            usable = true;
        }
        if (line.has(2)) {
            if (line.word(2) == "reverse")
                reverse = true;
            else
                bad_word(loading, ReportClass::general, line, 2, "is not reverse");
        }
        return true;
    }
};

std::string weight_text(int weight, bool reverse) {
    return fmt::format("{}{}", weight, reverse ? " reverse" : "");
}

// ---- vrrp_script ----

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
            loading.error(
                line, 1,
                fmt::format("vrrp_script {} has nobody to run it and is left out", script.value.name));
            script.remove = true;
        }
    }
    if (script.remove) {
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
    if (word.usable) script.value.weight = word.weight;
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
    else
        bad_word(loading, ReportClass::general, line, 1,
                 "is not a user that exists, or its group is unknown");
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
    custom<ScriptDraft, read_script, show_script>({"script", "PATH | \"PATH ARGS\" | \"</FILE\"", "required", "Program whose exit status 0 means success; </FILE: success when the file can be opened.", everyday}).raw_line(),
    keyword<Field<&ScriptDraft::value, &SV::interval>, ScriptTime{}>({"interval", "SECS", "1", "Time between runs, 0.001..4294.", everyday}),
    keyword<Field<&ScriptDraft::value, &SV::timeout>, ScriptTime{}>({"timeout", "SECS", "interval", "Run time after which the script is stopped and has failed.", everyday}),
    custom<ScriptDraft, read_script_weight, show_script_weight>({"weight", "-253..253 [reverse]", "0: failure means FAULT", "Default weight of track_script.", everyday}, 2),
    custom<ScriptDraft, read_script_count<&SV::rise>, show_script_count<&SV::rise>>({"rise", "N", "1", "Successes needed to become OK.", everyday}, 1),
    custom<ScriptDraft, read_script_count<&SV::fall>, show_script_count<&SV::fall>>({"fall", "N", "1", "Failures needed to become KO.", everyday}, 1),
    custom<ScriptDraft, read_script_user, show_script_user>({"user", "USER [[:]GROUP]", "script_user", "Who runs it; an unknown user removes the script."}, 2),
    keyword<Field<&ScriptDraft::value, &SV::init_fail>, Flag{}>({"init_fail", "", "off", "Failed until the first success."}),
};
// clang-format on

// ---- track_file ----

FileDraft* open_file(Loading& loading, Draft&, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return nullptr;
    FileDraft& file = loading.file_workbench;
    file = {};
    file.value.name = name;
    return &file;
}

void close_file(Loading& loading, Draft& draft, FileDraft& file, const Line& line) {
    const std::string& path = file.value.path;
    if (path.empty()) {
        loading.error(line, 1, fmt::format("track_file {} has no file and is left out", file.value.name));
        return;
    }
    const size_t slash = path.rfind('/');
    const FileFacts directory = loading.environment.file(slash == std::string::npos ? "."
                                                         : slash == 0               ? "/"
                                                                                    : path.substr(0, slash));
    if (directory.kind != FileKind::directory) {
        loading.error(line, 1,
                      fmt::format("the directory of {} does not exist; track_file {} is left out", path,
                                  file.value.name));
        return;
    }
    if (directory.unwatchable) {
        loading.error(line, 1,
                      fmt::format("the file system of {} cannot be watched; track_file {} is left out", path,
                                  file.value.name));
        return;
    }
    if (file.value.initial_value && file.value.overwrite) {
        const FileFacts facts = loading.environment.file(path);
        if (facts.kind != FileKind::missing && facts.kind != FileKind::regular) {
            loading.error(
                line, 1,
                fmt::format("{} is not a plain file and cannot be written; track_file {} is left out", path,
                            file.value.name));
            return;
        }
    }
    draft.file_names.try_emplace(file.value.name, draft.config.track_files.size());
    draft.config.track_files.push_back(std::move(file.value));
}

void read_file_weight(Loading& loading, FileDraft& file, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (file.value.weight != 1) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    WeightWord word{254};
    if (!word.read(loading, line)) return;
    file.value.weight = word.usable ? word.weight : 1;
    if (word.reverse) file.value.reverse = true;
}

void show_file_weight(const FileDraft& file, const Row& row, Writer& writer) {
    if (file.value.weight != 1 || file.value.reverse)
        writer.line(row.facts.name, weight_text(file.value.weight, file.value.reverse));
}

void read_file_init(Loading& loading, FileDraft& file, const Line& line) {
    file.value.initial_value = 0;
    for (size_t i = 1; i < line.size(); ++i) {
        const std::string_view word = line.word(i);
        if (word == "overwrite") {
            file.value.overwrite = true;
        } else if (!word.empty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'))) {
            const auto number = parse_integer(word, -kMaxInt32 - 1, kMaxInt32, Lenient::no);
            if (!number.value)
                bad_word(loading, ReportClass::number, line, i, number.problem);
            else if (*number.value < -254 || *number.value > 254)
                bad_word(loading, ReportClass::general, line, i, "is outside the sensible range -254..254");
            file.value.initial_value = number.value.value_or(0);
        } else {
            bad_word(loading, ReportClass::general, line, i, "is not a number or overwrite");
        }
    }
}

void show_file_init(const FileDraft& file, const Row& row, Writer& writer) {
    if (file.value.initial_value)
        writer.line(row.facts.name,
                    fmt::format("{}{}", *file.value.initial_value, file.value.overwrite ? " overwrite" : ""));
}

// clang-format off: one row, one line
const Row kFileRows[] = {
    keyword<Field<&FileDraft::value, &track::FileSettings::path>, SoftWord{}>({"file", "PATH", "required", "The file to watch; its directory must exist.", common, once}),
    custom<FileDraft, read_file_weight, show_file_weight>({"weight", "-254..254 [reverse]", "1", "The number in the file is multiplied by it; 0: any other number than 0 means FAULT.", common, once}, 2),
    custom<FileDraft, read_file_init, show_file_init>({"init_file", "[VALUE] [overwrite]", "0", "Written at the first start when the file is missing, or always with overwrite."}, 2),
};
// clang-format on

// ---- vrrp_track_process ----

using PV = track::ProcessSettings;

ProcessDraft* open_process(Loading& loading, Draft&, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return nullptr;
    ProcessDraft& process = loading.process_workbench;
    process = {};
    process.value.name = name;
    return &process;
}

void close_process(Loading& loading, Draft& draft, ProcessDraft& process, const Line& line) {
    if (process.value.process.empty()) {
        loading.error(
            line, 1, fmt::format("vrrp_track_process {} has no process and is left out", process.value.name));
        return;
    }
    draft.process_names.try_emplace(process.value.name, draft.config.track_processes.size());
    draft.config.track_processes.push_back(std::move(process.value));
}

void read_process(Loading& loading, ProcessDraft& process, const Line& line) {
    if (!process.value.process.empty()) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    process.value.process = line.word(1);
    if (loading.stopped() || line.size() <= 2) return;
    for (size_t i = 2; i < line.size(); ++i) process.value.parameters.emplace_back(line.word(i));
    if (process.value.match == track::ParameterMatch::none)
        process.value.match = track::ParameterMatch::exact;
    process.value.full_command = true;
}

void show_process(const ProcessDraft& process, const Row& row, Writer& writer) {
    std::string text = quoted(process.value.process);
    for (const std::string& word : process.value.parameters) text += ' ' + quoted(word);
    writer.line(row.facts.name, text);
}

void read_param_match(Loading& loading, ProcessDraft& process, const Line& line) {
    if (!line.has(1))
        process.value.match = track::ParameterMatch::exact;
    else if (line.word(1) == "initial")
        process.value.match = track::ParameterMatch::initial;
    else if (line.word(1) == "partial")
        process.value.match = track::ParameterMatch::partial;
    else
        return bad_word(loading, ReportClass::general, line, 1, "is not initial or partial");
    process.value.full_command = true;
}

void show_param_match(const ProcessDraft& process, const Row& row, Writer& writer) {
    switch (process.value.match) {
        case track::ParameterMatch::none:
            return;
        case track::ParameterMatch::exact:
            return writer.line(row.facts.name, "");
        case track::ParameterMatch::partial:
            return writer.line(row.facts.name, "partial");
        case track::ParameterMatch::initial:
            return writer.line(row.facts.name, "initial");
    }
}

void read_process_weight(Loading& loading, ProcessDraft& process, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (process.value.weight != 0) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    WeightWord word{254};
    if (!word.read(loading, line) || !word.usable) return;
    process.value.weight = word.weight;
    if (word.reverse) process.value.reverse = true;
}

void show_process_weight(const ProcessDraft& process, const Row& row, Writer& writer) {
    if (process.value.weight != 0 || process.value.reverse)
        writer.line(row.facts.name, weight_text(process.value.weight, process.value.reverse));
}

void read_process_quorum(Loading& loading, ProcessDraft& process, const Line& line) {
    uint32_t quorum = 0;
    if (!Integer{1, 65535}.read(loading, line, quorum)) return;
    if (process.value.quorum_max && quorum > *process.value.quorum_max)
        bad_word(loading, ReportClass::general, line, 1, "is more than quorum_max; it is ignored");
    else
        process.value.quorum = quorum;
}

void show_process_quorum(const ProcessDraft& process, const Row& row, Writer& writer) {
    if (process.value.quorum > 1) writer.line(row.facts.name, fmt::format("{}", process.value.quorum));
}

void read_process_quorum_max(Loading& loading, ProcessDraft& process, const Line& line) {
    uint32_t most = 0;
    if (!Integer{0, 65535}.read(loading, line, most)) return;
    if ((most != 0 || process.value.quorum > 1) && most < process.value.quorum) {
        bad_word(loading, ReportClass::general, line, 1, "is less than quorum; it is ignored");
        return;
    }
    process.value.quorum_max = most;
    if (most == 0)
        process.value.quorum = 0;
    else if (process.value.quorum == 0)
        process.value.quorum = 1;
}

void show_process_quorum_max(const ProcessDraft& process, const Row& row, Writer& writer) {
    if (process.value.quorum_max) writer.line(row.facts.name, fmt::format("{}", *process.value.quorum_max));
}

constexpr Seconds kProcessDelay{1, 3600000000ULL};

void read_process_delay(Loading& loading, ProcessDraft& process, const Line& line) {
    Duration delay{0};
    if (kProcessDelay.read(loading, line, delay))
        process.value.fork_delay = process.value.terminate_delay = delay;
}

// clang-format off: one row, one line
const Row kProcessRows[] = {
    custom<ProcessDraft, read_process, show_process>({"process", "NAME [PARAM...]", "required", "Command name, or with parameters the command line to look for.", common, once}),
    custom<ProcessDraft, read_param_match, show_param_match>({"param_match", "[initial|partial]", "exact when parameters are given", "How parameters are compared.", rare}, 1),
    custom<ProcessDraft, read_process_weight, show_process_weight>({"weight", "-254..254 [reverse]", "0: failure means FAULT", "Default weight of track_process.", common, once}, 2),
    custom<ProcessDraft, read_process_quorum, show_process_quorum>({"quorum", "1..65535", "1", "Processes that must run."}, 1),
    custom<ProcessDraft, read_process_quorum_max, show_process_quorum_max>({"quorum_max", "0..65535", "no limit", "More than this many is a failure; 0: it must not run.", rare}, 1),
    custom<ProcessDraft, read_process_delay>({"delay", "SECS", "0", "Sets fork_delay and terminate_delay, 0.000001..3600.", rare}, 1),
    keyword<Field<&ProcessDraft::value, &PV::terminate_delay>, kProcessDelay>({"terminate_delay", "SECS", "0", "How long the quorum must stay lost.", rare}),
    keyword<Field<&ProcessDraft::value, &PV::fork_delay>, kProcessDelay>({"fork_delay", "SECS", "0", "How long the quorum must hold.", rare}),
    keyword<Field<&ProcessDraft::value, &PV::full_command>, Flag{}>({"full_command", "", "off", "Compare the whole command line.", rare}),
};
// clang-format on

// ---- track_group ----

TrackGroupDraft* open_track_group(Loading& loading, Draft& draft, const Line& line) {
    if (line.size() != 2) {
        loading.error(line, kWholeLine, "track_group needs exactly one name; the block is skipped");
        return nullptr;
    }
    TrackGroupDraft& group = loading.group_workbench;
    group = {};
    group.name = line.word(1);
    if (!draft.config.track_groups.contains(group.name)) return &group;
    loading.error(line, 1, fmt::format("track_group {} is defined before; this one is skipped", group.name));
    return nullptr;
}

void close_track_group(Loading& loading, Draft& draft, TrackGroupDraft& group, const Line& line) {
    if (!group.members || group.members->empty())
        loading.error(line, 1, fmt::format("track_group {} has no members and is left out", group.name));
    else
        draft.config.track_groups.emplace(group.name, std::move(*group.members));
}

TrackGroupDraft* open_members(Loading& loading, TrackGroupDraft& group, const Line& line) {
    if (group.members) {
        loading.error(line, 0,
                      fmt::format("track_group {} has a second list of members; it is skipped", group.name));
        return nullptr;
    }
    group.members.emplace();
    return &group;
}

void close_members(Loading& loading, TrackGroupDraft& group, TrackGroupDraft&, const Line& line) {
    if (!group.members->empty()) return;
    loading.error(line, 0, fmt::format("track_group {} has an empty list of members", group.name));
    group.members.reset();
}

void read_member(Loading&, void* target, const Line& line) {
    auto& members = *static_cast<TrackGroupDraft*>(target)->members;
    for (size_t i = 0; i < line.size(); ++i) members.emplace_back(line.word(i));
}

void show_members(const TrackGroupDraft& group, const Row& row, Writer& writer) {
    if (!group.members) return;
    writer.open(row.facts.name);
    for (const std::string& name : *group.members) writer.entry(quoted(name));
    writer.close();
}

const Block kTrackGroupMembers{"track_group/group", {}, read_member, {}, "INSTANCE..."};
// clang-format off: one row, one line
const Row kTrackGroupRows[] = {
    block<TrackGroupDraft, TrackGroupDraft, open_members, close_members, show_members>({"group", "{ INSTANCE... }", "required", "The instances.", rare, once}, kTrackGroupMembers),
};
// clang-format on

// ---- Lists of references ----

struct ListKind {
    std::string_view what;
    int64_t limit;
    bool noreverse;      ///< The word noreverse is known.
    bool edges_clamped;  ///< 254 means 253, reported.
    bool strict_option;  ///< A bad word after the weight drops the entry.
};
constexpr ListKind kKinds[] = {
    {"interface", 254, false, true, false},  {"script", 254, true, true, false},
    {"file", 254, true, false, true},        {"process", 254, true, false, false},
    {"BFD session", 253, true, false, true},
};

bool exists(Loading& loading, Tracked tracked, std::string_view name) {
    const Draft& draft = loading.draft;
    const std::string key(name);
    switch (tracked) {
        case Tracked::interface:
            return loading.interface_usable(name);
        case Tracked::script:
            return draft.script_names.contains(key);
        case Tracked::file:
            return draft.file_names.contains(key);
        case Tracked::process:
            return draft.process_names.contains(key);
        case Tracked::bfd:
            return draft.bfd_names.contains(key);
    }
    return false;
}

}  // namespace

std::vector<Reference>& references(track::References& lists, Tracked tracked) {
    switch (tracked) {
        case Tracked::interface:
            return lists.interfaces;
        case Tracked::script:
            return lists.scripts;
        case Tracked::file:
            return lists.files;
        case Tracked::process:
            return lists.processes;
        case Tracked::bfd:
            return lists.bfds;
    }
    return lists.interfaces;
}

void read_reference(Loading& loading, Tracked tracked, std::string_view owner, std::vector<Reference>& list,
                    const Line& line) {
    const ListKind& kind = kKinds[static_cast<size_t>(tracked)];
    Reference reference;
    reference.name = line.word(0);
    if (!exists(loading, tracked, reference.name)) {
        loading.error(
            line, 0,
            fmt::format("({}) {} {} does not exist{}; it is not tracked", owner, kind.what, reference.name,
                        tracked == Tracked::interface ? "" : " or is defined later"));
        return;
    }
    if (!loading.tracked.emplace(&list, reference.name).second) {
        loading.error(line, 0,
                      fmt::format("({}) {} {} is tracked twice; the first one counts", owner, kind.what,
                                  reference.name));
        return;
    }
    if (line.has(1)) {
        if (line.word(1) != "weight") {
            loading.error(line, 1,
                          fmt::format("({}) {} is not weight; the line is ignored", owner, line.word(1)));
            return;
        }
        if (!line.has(2)) {
            loading.error(line, 1, fmt::format("({}) weight has no value; the line is ignored", owner));
            return;
        }
        auto number = parse_integer(line.word(2), -kind.limit, kind.limit, Lenient::yes);
        if (!number.problem.empty())
            loading.report(ReportClass::number, line, 2,
                           fmt::format("({}) weight {} {}", owner, line.word(2), number.problem));
        if (number.value) {
            int weight = static_cast<int>(*number.value);
            if (kind.edges_clamped && (weight == 254 || weight == -254)) {
                loading.error(
                    line, 2,
                    fmt::format("({}) weight {} is outside -253..253; the nearest is used", owner, weight));
                weight = weight < 0 ? -253 : 253;
            }
            reference.weight = weight;
        } else if (tracked == Tracked::interface) {
            reference.weight = 0;
        }
        if (line.has(3)) {
            if (line.word(3) == "reverse") {
                reference.reverse = true;
            } else if (kind.noreverse && line.word(3) == "noreverse") {
                reference.reverse = false;
            } else {
                loading.error(line, 3,
                              fmt::format("({}) {} is not {}", owner, line.word(3),
                                          kind.noreverse ? "reverse or noreverse" : "reverse"));
                if (kind.strict_option) return;
            }
        }
    }
    list.push_back(std::move(reference));
}

std::string to_text(const Reference& reference) {
    std::string text = quoted(reference.name);
    if (reference.weight) text += fmt::format(" weight {}", *reference.weight);
    if (reference.reverse) text += *reference.reverse ? " reverse" : " noreverse";
    return text;
}

const Option kReferenceOptions[1] = {{"weight", "N [reverse|noreverse]",
                                      "Added to or subtracted from the priority; 0: failure means FAULT.",
                                      everyday}};

const Block kVrrpScript{"vrrp_script", kScriptRows};
const Block kTrackFile{"track_file", kFileRows};
const Block kTrackProcess{"vrrp_track_process", kProcessRows};
const Block kTrackGroup{"track_group", kTrackGroupRows};

namespace {

void show_scripts(const Draft& draft, const Row& row, Writer& writer) {
    for (const ScriptDraft& script : draft.scripts) {
        writer.open(row.facts.name, quoted(script.value.name));
        show_rows(kVrrpScript, &script, writer);
        writer.close();
    }
}

void show_files(const Draft& draft, const Row& row, Writer& writer) {
    for (const track::FileSettings& file : draft.config.track_files) {
        const FileDraft file_draft{file};
        writer.open(row.facts.name, quoted(file.name));
        show_rows(kTrackFile, &file_draft, writer);
        writer.close();
    }
}

void show_processes(const Draft& draft, const Row& row, Writer& writer) {
    for (const PV& process : draft.config.track_processes) {
        const ProcessDraft process_draft{process};
        writer.open(row.facts.name, quoted(process.name));
        show_rows(kTrackProcess, &process_draft, writer);
        writer.close();
    }
}

void show_track_groups(const Draft& draft, const Row& row, Writer& writer) {
    for (const auto& [name, members] : draft.config.track_groups) {
        const TrackGroupDraft group{name, members};
        writer.open(row.facts.name, quoted(name));
        show_rows(kTrackGroup, &group, writer);
        writer.close();
    }
}

}  // namespace

// clang-format off: one row, one line
const Row kTrackRootRows[4] = {
    block<Draft, TrackGroupDraft, open_track_group, close_track_group, show_track_groups>({"track_group", "NAME { group { ... } }", "", "Instances that follow static addresses, routes and rules.", rare, adds_up}, kTrackGroup).of(Part::vrrp),
    block<Draft, ScriptDraft, open_script, close_script, show_scripts>({"vrrp_script", "NAME { ... }", "", "A program run periodically for track_script.", everyday, adds_up}, kVrrpScript).of(Part::vrrp),
    block<Draft, ProcessDraft, open_process, close_process, show_processes>({"vrrp_track_process", "NAME { ... }", "", "Processes whose presence is tracked.", common, adds_up}, kTrackProcess).of(Part::vrrp),
    block<Draft, FileDraft, open_file, close_file, show_files>({"track_file", "NAME { ... }", "", "A file whose number changes priorities or weights.", common, adds_up}, kTrackFile).also("vrrp_track_file", Spelling::old_logged),
};
// clang-format on

}  // namespace holdfast::config

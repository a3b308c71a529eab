// vrrp_track_process.
#include <fmt/format.h>

#include "tables_track.hpp"

namespace holdfast::config {
namespace {

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
    custom<ProcessDraft, read_process, show_process>({"process", "NAME [PARAM...]", "required", "Command name, or with parameters the command line to look for.", common, once}).example("process nginx", "!"),
    custom<ProcessDraft, read_param_match, show_param_match>({"param_match", "[initial|partial]", "exact when parameters are given", "How parameters are compared.", rare}, 1).example("param_match initial", "^exact"),
    custom<ProcessDraft, read_process_weight, show_process_weight>({"weight", "-254..254 [reverse]", "0: failure means FAULT", "Default weight of track_process.", common, once}, 2).example("weight -20 reverse", ".\n^-255\n^255\n^abc\n-20 ^backwards"),
    custom<ProcessDraft, read_process_quorum, show_process_quorum>({"quorum", "1..65535", "1", "Processes that must run."}, 1).example("quorum 2", "!\n^0\n^65536\n^abc"),
    custom<ProcessDraft, read_process_quorum_max, show_process_quorum_max>({"quorum_max", "0..65535", "no limit", "More than this many is a failure; 0: it must not run.", rare}, 1).example("quorum_max 5", "!\n^-1\n^65536\n^abc"),
    custom<ProcessDraft, read_process_delay>({"delay", "SECS", "0", "Sets fork_delay and terminate_delay, 0.000001..3600.", rare}, 1).example("delay 0.5", "!\n^0\n^3600.000001\n^abc"),
    keyword<Field<&ProcessDraft::value, &PV::terminate_delay>, kProcessDelay>({"terminate_delay", "SECS", "0", "How long the quorum must stay lost.", rare}).example("terminate_delay 0.5"),
    keyword<Field<&ProcessDraft::value, &PV::fork_delay>, kProcessDelay>({"fork_delay", "SECS", "0", "How long the quorum must hold.", rare}).example("fork_delay 0.5"),
    keyword<Field<&ProcessDraft::value, &PV::full_command>, Flag{}>({"full_command", "", "off", "Compare the whole command line.", rare}).example("full_command"),
};
// clang-format on

void show_processes(const Draft& draft, const Row& row, Writer& writer) {
    for (const PV& process : draft.config.track_processes) {
        const ProcessDraft process_draft{process};
        writer.open(row.facts.name, quoted(process.name));
        show_rows(kTrackProcess, &process_draft, writer);
        writer.close();
    }
}

}  // namespace

const Block kTrackProcess = Block{"vrrp_track_process", kProcessRows}.around("process nginx");

// clang-format off: one row, one line
constinit const Row kTrackProcessRootRow = block<Draft, ProcessDraft, open_process, close_process, show_processes>({"vrrp_track_process", "NAME { ... }", "", "Processes whose presence is tracked.", common, adds_up}, kTrackProcess).of(Part::vrrp).example("vrrp_track_process web {", "! {");
// clang-format on

}  // namespace holdfast::config

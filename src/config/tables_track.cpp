// The entries of track_* lists, and weights.
#include "tables_track.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::config {
namespace {

using track::Reference;

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

template <class Map>
std::vector<std::string_view> keys(const Map& map) {
    std::vector<std::string_view> names;
    for (const auto& [name, index] : map) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

/// What could have been meant.
std::vector<std::string_view> known_names(const Loading& loading, Tracked tracked) {
    const Draft& draft = loading.draft;
    switch (tracked) {
        case Tracked::interface:
            return {};
        case Tracked::script:
            return keys(draft.script_names);
        case Tracked::file:
            return keys(draft.file_names);
        case Tracked::process:
            return keys(draft.process_names);
        case Tracked::bfd:
            return keys(draft.bfd_names);
    }
    return {};
}

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

RareList<Reference>& references(track::References& lists, Tracked tracked) {
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

void read_reference(Loading& loading, Tracked tracked, std::string_view owner, RareList<Reference>& list,
                    const Line& line) {
    const ListKind& kind = kKinds[static_cast<size_t>(tracked)];
    Reference reference;
    reference.name = line.word(0);
    if (!exists(loading, tracked, reference.name)) {
        if (loading.explained.is_lost(fmt::format("{} {}", kind.what, reference.name)))
            return loading.hide(ReportClass::general, Severity::error);
        Diagnostic diagnostic = loading.document.report(
            Severity::error, ReportClass::general, line.directive(), 0,
            fmt::format("({}) {} {} does not exist{}; it is not tracked", owner, kind.what, reference.name,
                        tracked == Tracked::interface ? "" : " or is defined later"));
        const std::vector<std::string_view> names = known_names(loading, tracked);
        if (const auto near = nearest(reference.name, names)) diagnostic.suggestion = *near;
        loading.add(std::move(diagnostic));
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

bool WeightWord::read(Loading& loading, const Line& line) {
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

std::string weight_text(int weight, bool reverse) {
    return fmt::format("{}{}", weight, reverse ? " reverse" : "");
}

}  // namespace holdfast::config

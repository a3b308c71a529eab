// `include` lines: which files one names and what it means when they are not there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/source.hpp"

namespace holdfast::config {

/// What an include insists on; a set of flags (manual: include_check).
struct IncludePolicy {
    bool read = false;            ///< Everything that matches is a readable, regular, non-executable file.
    bool match = false;           ///< A name without wildcards exists.
    bool wildcard_match = false;  ///< A pattern matches something.
    bool brace_match = false;     ///< Every alternative in braces exists.

    static constexpr IncludePolicy everything() { return {true, true, true, true}; }
    friend constexpr IncludePolicy operator|(IncludePolicy a, IncludePolicy b) {
        return {a.read || b.read, a.match || b.match, a.wildcard_match || b.wildcard_match,
                a.brace_match || b.brace_match};
    }
    friend bool operator==(const IncludePolicy&, const IncludePolicy&) = default;
};

/// `include PATTERN` or `includeX PATTERN` with X one of r m w b a. Nothing when the line is something else.
struct IncludeLine {
    IncludePolicy policy;
    std::string_view pattern;
};
std::optional<IncludeLine> parse_include(std::string_view line);

/// The arguments of `include_check`: changes `policy` and returns what is wrong with which argument.
struct IncludeCheckProblem {
    size_t argument;
    std::string message;
};
std::vector<IncludeCheckProblem> apply_include_check(std::span<const std::string_view> arguments,
                                                     IncludePolicy& policy);

/// The paths a pattern names: `* ? [...]` sorted, `{a,b}` in the written order, a plain name when it exists.
struct MatchedFiles {
    std::vector<std::string> paths;
    bool missing = false;  ///< A name without wildcards, or the directory of a pattern, does not exist.
    bool has_braces = false;
    bool wildcards_used = false;  ///< A directory was searched.
    bool too_many =
        false;         ///< More alternatives or matches than any configuration has; the rest is left out.
    size_t names = 0;  ///< Alternatives, directory entries and files that were looked at.
};

/// `pattern` is relative to `directory` (empty = working directory). Gives up, with `too_many`, behind
/// `most_names`.
MatchedFiles match_files(const FileReader& reader, const std::string& directory, std::string_view pattern,
                         size_t most_names = 2000000);

}  // namespace holdfast::config

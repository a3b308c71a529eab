// Prints docs/compatibility.md: every keyword and option there is, and what does not take effect yet. A unit
// test compares the file in the tree with this output's source, so it cannot grow old unnoticed.
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "holdfast/app/limits.hpp"
#include "holdfast/app/options.hpp"
#include "holdfast/config/keyword.hpp"

namespace {

using namespace holdfast;

bool covers(std::string_view patterns, std::string_view path) {
    while (!patterns.empty()) {
        const size_t blank = patterns.find(' ');
        const std::string_view pattern = patterns.substr(0, blank);
        patterns.remove_prefix(blank == patterns.npos ? patterns.size() : blank + 1);
        if (pattern == path) return true;
        if (pattern.ends_with('*') && path.starts_with(pattern.substr(0, pattern.size() - 1))) return true;
    }
    return false;
}

std::string_view note_for(std::string_view path) {
    for (const app::Limit& limit : app::limits()) {
        if (covers(limit.keywords, path)) return limit.note;
    }
    return {};
}

std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

struct Totals {
    size_t rows = 0;
    size_t limited = 0;
};

void list(const config::Block& block, const std::string& prefix, Totals& totals, std::string& out) {
    for (const config::Row& row : block.rows) {
        const std::string path =
            prefix.empty() ? std::string(row.facts.name) : prefix + "/" + std::string(row.facts.name);
        const std::string_view note = note_for(path);
        ++totals.rows;
        if (!note.empty()) ++totals.limited;
        std::string names = path;
        for (const config::Alias& alias : row.aliases) {
            if (!alias.name.empty()) names += ", " + std::string(alias.name);
        }
        out += fmt::format("| `{}` | {} | {} | {} |\n", names, cell(row.facts.syntax),
                           cell(row.facts.fallback), note.empty() ? "yes" : cell(note));
        if (row.block == nullptr) continue;
        list(*row.block, path, totals, out);
        for (const config::Option& option : row.block->options) {
            ++totals.rows;
            const std::string_view option_note = note_for(path + "/" + std::string(option.name));
            const std::string_view shown = option_note.empty() ? note : option_note;
            if (!shown.empty()) ++totals.limited;
            out += fmt::format("| `{}: {}` | {} |  | {} |\n", path, option.name, cell(option.syntax),
                               shown.empty() ? "yes" : cell(shown));
        }
    }
}

}  // namespace

int main() {
    Totals totals;
    std::string rows;
    list(config::root_block(), "", totals, rows);
    fmt::print(
        "# Compatibility with keepalived 2.4.3\n\n"
        "Written by `compatibility_list` (tests/tools) from the keyword tables, `src/app/limits.cpp` and the "
        "option\n"
        "table; `./dev compatibility` renews it. Every keyword is read and checked as in the reference. "
        "\"Effect\" says\n"
        "`yes`, or what happens instead; using such a keyword writes one warning to the log.\n\n"
        "{} keywords and list words, {} of them without their full effect in this version.\n\n"
        "## Options\n\n| option | effect |\n|---|---|\n",
        totals.rows, totals.limited);
    for (const app::OptionRow& row : app::option_table()) {
        const std::string letter = row.letter == 0 ? std::string() : fmt::format("-{}, ", row.letter);
        fmt::print("| `{}--{}` | {} |\n", letter, row.name, row.limits.empty() ? "yes" : cell(row.limits));
    }
    fmt::print("\n## Keywords\n\n| keyword | syntax | default | effect |\n|---|---|---|---|\n{}", rows);
    return 0;
}

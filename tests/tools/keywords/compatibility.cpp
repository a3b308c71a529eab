// docs/compatibility.md.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "generators.hpp"
#include "holdfast/app/limits.hpp"
#include "holdfast/app/options.hpp"

namespace holdfast::keywords {
namespace {

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

class List {
  public:
    explicit List(const TestIndex& tests) : tests_(tests) {}

    void add(const config::Block& block, const std::string& prefix) {
        for (const config::Row& row : block.rows) {
            const std::string path = prefix + std::string(row.facts.name);
            const std::string_view note = note_for(path);
            std::string names = path;
            for (const config::Alias& alias : row.aliases) {
                if (!alias.name.empty()) names += ", " + std::string(alias.name);
            }
            line(names, row.facts.syntax, row.facts.fallback, note, row.facts.name);
            if (row.block == nullptr) continue;
            add(*row.block, path + "/");
            for (const config::Option& option : row.block->options) {
                const std::string_view own = note_for(path + "/" + std::string(option.name));
                line(path + ": " + std::string(option.name), option.syntax, "", own.empty() ? note : own,
                     row.facts.name, option.name);
            }
        }
    }

    size_t rows = 0;
    size_t limited = 0;
    size_t used_in_tests = 0;
    std::string text;

  private:
    void line(const std::string& names, std::string_view syntax, std::string_view fallback,
              std::string_view note, std::string_view keyword, std::string_view word = {}) {
        ++rows;
        if (!note.empty()) ++limited;
        text += fmt::format("| `{}` | {} | {} | {} | {} |\n", names, cell(syntax), cell(fallback),
                            note.empty() ? "yes" : cell(note), tested(keyword, word));
    }

    /// Words of entries do not begin a line: the tests that use their list and have the word use them.
    std::string tested(std::string_view keyword, std::string_view word) {
        const std::vector<std::string> names = tests_using(tests_, keyword, word);
        if (names.empty()) return "parsed";
        ++used_in_tests;
        constexpr size_t kShown = 2;
        const size_t shown = std::min(kShown, names.size());
        std::string list = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
        if (names.size() > shown) list += fmt::format(" and {} more", names.size() - shown);
        return list;
    }

    const TestIndex& tests_;
};

}  // namespace

std::string compatibility_list(const TestIndex& tests) {
    List list(tests);
    list.add(config::root_block(), "");
    std::string out = fmt::format(
        "# Compatibility with keepalived 2.4.3\n\n"
        "Written by `./dev generate` from the keyword tables, `src/app/limits.cpp` and the option table. "
        "Every keyword is\n"
        "read and checked as in the reference. \"Effect\" says `yes`, or what happens instead; using such a "
        "keyword writes\n"
        "one warning to the log. \"Tested\" names tests (file below tests/: name) whose configurations use "
        "the keyword; "
        "`parsed` means\n"
        "that the generated test of examples and wrong uses is the only one "
        "(unit/config/table_examples_test).\n\n"
        "{} keywords and list words, {} of them without their full effect in this version, {} used by "
        "further tests.\n\n"
        "## Options\n\n| option | effect |\n|---|---|\n",
        list.rows, list.limited, list.used_in_tests);
    for (const app::OptionRow& row : app::option_table()) {
        const std::string letter = row.letter == 0 ? std::string() : fmt::format("-{}, ", row.letter);
        out += fmt::format("| `{}--{}` | {} |\n", letter, row.name,
                           row.limits.empty() ? "yes" : cell(row.limits));
    }
    return out +
           "\n## Keywords\n\n| keyword | syntax | default | effect | tested |\n|---|---|---|---|---|\n" +
           list.text;
}

}  // namespace holdfast::keywords

// Reads the tests as text: which test has which keyword in a configuration. A file is parted into its tests
// and what they share (functions, constants, fixtures); a test has the words of what it names, directly or
// through others.
#include "tests_index.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace holdfast::keywords {
namespace {

namespace files = std::filesystem;

enum class Language { python, cpp, configuration };

/// A test, or something that tests use.
struct Unit {
    std::string name;  ///< As others in its language call it.
    std::string test;  ///< What the lists call it; empty when it is no test.
    TestWords words;
    std::set<std::string, std::less<>> mentions;  ///< Names in its program text.
};

struct File {
    std::string shown;  ///< "netns/test_mail"
    bool supports;      ///< Has no tests of its own: others import it.
    std::deque<Unit> units;
    std::set<std::string, std::less<>> mentions;
};

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// For each character, whether it stands in a string; comments are neither string nor program.
enum class Kind : char { program, string, comment };

std::vector<Kind> kinds_of(std::string_view text, Language language) {
    std::vector<Kind> kinds(text.size(), language == Language::configuration ? Kind::string : Kind::program);
    if (language == Language::configuration) return kinds;
    const auto paint = [&](size_t begin, size_t end, Kind kind) {
        end = std::min(end, text.size());
        std::fill(kinds.begin() + static_cast<std::ptrdiff_t>(begin),
                  kinds.begin() + static_cast<std::ptrdiff_t>(end), kind);
        return end;
    };
    const auto end_of = [&](std::string_view closing, size_t from) {
        const size_t found = text.find(closing, from);
        return found == text.npos ? text.size() : found;
    };
    for (size_t at = 0; at < text.size();) {
        const std::string_view rest = text.substr(at);
        if (rest.starts_with(language == Language::python ? "#" : "//")) {
            at = paint(at, end_of("\n", at), Kind::comment);
        } else if (language == Language::python && (rest.starts_with("\"\"\"") || rest.starts_with("'''"))) {
            const size_t end = end_of(rest.substr(0, 3), at + 3);
            paint(at + 3, end, Kind::string);
            at = end + 3;
        } else if (language == Language::cpp && rest.starts_with("R\"(")) {
            const size_t end = end_of(")\"", at + 3);
            paint(at + 3, end, Kind::string);
            at = end + 2;
        } else if (rest.front() == '"' || (language == Language::python && rest.front() == '\'')) {
            size_t end = at + 1;
            while (end < text.size() && text[end] != rest.front() && text[end] != '\n')
                end += text[end] == '\\' ? 2 : 1;
            paint(at + 1, end, Kind::string);
            at = end + 1;
        } else {
            ++at;
        }
    }
    return kinds;
}

/// Whether a word that begins at `at` can be the first one of a configuration line: after the beginning of a
/// line or of a string, a brace, or the `\n` of a string.
bool begins_line(std::string_view text, size_t at) {
    size_t before = at;
    while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == '\t')) --before;
    if (before == 0) return true;
    const char c = text[before - 1];
    if (c == '\n' || c == '"' || c == '\'' || c == '{' || c == '}') return true;
    return c == 'n' && before > 1 && text[before - 2] == '\\';
}

/// What follows a keyword in a configuration, and not a name in a program.
bool ends_keyword(std::string_view text, size_t end) {
    size_t next = end;
    while (next < text.size() && text[next] == ' ') ++next;
    if (next == text.size() || text[next] == '\n') return true;
    if (text[next] == '"' || text[next] == '\'' || text[next] == '\\') return true;
    const bool negative =
        text[next] == '-' && next + 1 < text.size() && text[next + 1] >= '0' && text[next + 1] <= '9';
    return next > end &&
           (negative || std::string_view("=(),.;:[]+*<>?&|-/").find(text[next]) == std::string_view::npos);
}

void read_words(std::string_view text, const std::vector<Kind>& kinds, size_t begin, size_t end, Unit& unit) {
    for (size_t at = begin; at < end;) {
        // The n of `\n` is not part of the word behind it.
        if (text[at] == '\\' && at + 1 < end) {
            at += 2;
            continue;
        }
        if (!is_word(text[at]) || kinds[at] == Kind::comment) {
            ++at;
            continue;
        }
        size_t stop = at;
        while (stop < end && is_word(text[stop]) && kinds[stop] == kinds[at]) ++stop;
        const std::string word(text.substr(at, stop - at));
        if (kinds[at] == Kind::string) {
            unit.words.anywhere.insert(word);
            if (begins_line(text, at) && ends_keyword(text, stop)) unit.words.at_line_begin.insert(word);
        }
        // The braces of an f-string hold names too, and words are cheap.
        unit.mentions.insert(word);
        at = stop;
    }
}

/// The name that a piece of a program gives to others, from its first line that is no decorator.
std::string name_of(std::string_view text, Language language) {
    static constexpr std::string_view kIntroductions[] = {"async def ", "def ",    "class ", "struct ",
                                                          "TEST_F(",    "TEST_P(", "TEST(",  "constexpr "};
    if (language == Language::python && text.starts_with('@')) {
        const size_t definition = std::min(text.find("\ndef "), text.find("\nclass "));
        text.remove_prefix(definition == text.npos ? 0 : definition + 1);
    }
    for (const std::string_view introduction : kIntroductions) {
        if (text.starts_with(introduction)) {
            text.remove_prefix(introduction.size());
            break;
        }
    }
    if (language == Language::cpp && !text.starts_with("class")) {
        // `type name(`, `type name =`, `type name{`: the last word before.
        const size_t stop = std::min(text.find_first_of("(={;"), text.size());
        size_t last = stop;
        while (last > 0 && !is_word(text[last - 1])) --last;
        size_t first = last;
        while (first > 0 && is_word(text[first - 1])) --first;
        return std::string(text.substr(first, last - first));
    }
    size_t end = 0;
    while (end < text.size() && is_word(text[end])) ++end;
    return std::string(text.substr(0, end));
}

/// "test_x" or "Suite.Name" when the piece is a test.
std::string test_of(std::string_view text, Language language) {
    if (language == Language::python) {
        const std::string name = name_of(text, language);
        return name.starts_with("test_") ? name : std::string();
    }
    for (const std::string_view macro : {"TEST_F(", "TEST_P(", "TEST("}) {
        if (!text.starts_with(macro)) continue;
        const size_t close = text.find(')');
        std::string inside(text.substr(macro.size(), close - macro.size()));
        if (const size_t comma = inside.find(", "); comma != inside.npos) inside.replace(comma, 2, ".");
        return inside;
    }
    return {};
}

/// Where the pieces of a program begin: at lines that are not indented, are program text, and do not go on
/// with what was before.
std::vector<size_t> beginnings(std::string_view text, const std::vector<Kind>& kinds, Language language) {
    std::vector<size_t> out;
    bool decorated = false;
    for (size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size() - 1) + 1) {
        const char c = text[at];
        if (kinds[at] != Kind::program || !(is_word(c) || c == '@')) continue;
        if (language == Language::cpp && at > 1 && text[at - 2] != '\n' && text[at - 2] != '}' &&
            text[at - 2] != ';' && kinds[at - 2] == Kind::program)
            continue;
        if (!std::exchange(decorated, c == '@')) out.push_back(at);
    }
    return out;
}

File read_file(const files::path& path, std::string shown) {
    const std::string extension = path.extension();
    const Language language = extension == ".py"     ? Language::python
                              : extension == ".conf" ? Language::configuration
                                                     : Language::cpp;
    std::ifstream stream(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    const std::vector<Kind> kinds = kinds_of(text, language);
    File file{std::move(shown), true, {}, {}};
    std::vector<size_t> begins;
    if (language != Language::configuration) begins = beginnings(text, kinds, language);
    if (begins.empty()) begins.push_back(0);
    for (size_t i = 0; i < begins.size(); ++i) {
        const size_t end = i + 1 < begins.size() ? begins[i + 1] : text.size();
        const std::string_view piece = std::string_view(text).substr(begins[i], end - begins[i]);
        Unit unit;
        unit.name = name_of(piece, language);
        if (language != Language::configuration) unit.test = test_of(piece, language);
        read_words(text, kinds, begins[i], end, unit);
        file.supports = file.supports && unit.test.empty();
        file.mentions.insert(unit.mentions.begin(), unit.mentions.end());
        file.units.push_back(std::move(unit));
    }
    return file;
}

void add(TestWords& to, const TestWords& from) {
    to.at_line_begin.insert(from.at_line_begin.begin(), from.at_line_begin.end());
    to.anywhere.insert(from.anywhere.begin(), from.anywhere.end());
}

using Units = std::multimap<std::string, const Unit*, std::less<>>;

/// The words of a test and of everything that it reaches.
TestWords closure(const Unit& test, const Units& known) {
    TestWords words = test.words;
    std::set<const Unit*> seen = {&test};
    std::vector<const Unit*> open = {&test};
    while (!open.empty()) {
        const Unit* unit = open.back();
        open.pop_back();
        for (const std::string& name : unit->mentions) {
            for (auto [at, end] = known.equal_range(name); at != end; ++at) {
                if (!at->second->test.empty() || !seen.insert(at->second).second) continue;
                add(words, at->second->words);
                open.push_back(at->second);
            }
        }
    }
    return words;
}

/// The tests of the files in one folder.
void index_folder(const std::deque<File>& folder, TestIndex& index) {
    for (const File& file : folder) {
        if (file.supports) continue;
        Units known;
        for (const File& other : folder) {
            const std::string stem = other.shown.substr(other.shown.rfind('/') + 1);
            if (&other != &file && stem != "conftest" && !(other.supports && file.mentions.contains(stem)))
                continue;
            for (const Unit& unit : other.units) known.emplace(unit.name, &unit);
        }
        for (const Unit& unit : file.units)
            if (!unit.test.empty()) index[file.shown + ": " + unit.test] = closure(unit, known);
    }
}

}  // namespace

TestIndex index_tests(const std::string& folder) {
    TestIndex index;
    for (const std::string_view area : {"demo", "interop", "interop/scenarios", "interop/surfaces", "ipvs",
                                        "ipvs/differential", "netns", "sim", "unit/app", "unit/vrrp"}) {
        std::deque<File> read;
        std::error_code missing;
        for (const auto& entry : files::directory_iterator(files::path(folder) / area, missing)) {
            const std::string extension = entry.path().extension();
            if (extension != ".py" && extension != ".cpp" && extension != ".hpp" && extension != ".conf")
                continue;
            // These read configurations and run none.
            if (entry.path().stem() == "config_verdicts" || entry.path().stem() == "config_combinations")
                continue;
            read.push_back(read_file(entry.path(), std::string(area) + '/' + entry.path().stem().string()));
        }
        index_folder(read, index);
        // Programs that run configurations without being parted into tests.
        if (area != "demo" && area != "sim" && area != "ipvs/differential" && !area.starts_with("interop"))
            continue;
        for (const File& file : read) {
            if (!file.supports) continue;
            for (const Unit& unit : file.units) add(index[file.shown], unit.words);
        }
    }
    return index;
}

std::vector<std::string> tests_using(const TestIndex& index, std::string_view keyword,
                                     std::string_view word) {
    std::vector<std::string> names;
    for (const auto& [name, words] : index) {
        if (words.at_line_begin.contains(keyword) && (word.empty() || words.anywhere.contains(word)))
            names.push_back(name);
    }
    // Tests of one thing say more than a file.
    std::ranges::stable_partition(names, [](const std::string& name) { return name.contains(": "); });
    return names;
}

}  // namespace holdfast::keywords

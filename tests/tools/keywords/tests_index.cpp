#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "generators.hpp"

namespace holdfast::keywords {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Whether a word that begins at `at` can be the first one of a configuration line: after the beginning of a
/// line or of a string, a brace, or the `\n` of a string.
bool begins_line(std::string_view text, size_t at) {
    size_t before = at;
    while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == '\t')) --before;
    if (before == 0) return true;
    const char c = text[before - 1];
    if (c == '\n' || c == '"' || c == '\'' || c == '{' || c == '}') return true;
    return c == 'n' && before > 1 && text[before - 2] == '\\' && before == at;
}

/// What follows a keyword in a configuration, and not a name in a program.
bool ends_keyword(std::string_view text, size_t end) {
    size_t next = end;
    while (next < text.size() && text[next] == ' ') ++next;
    if (next == text.size() || text[next] == '\n') return true;
    if (text[next] == '"' || text[next] == '\'' || text[next] == '\\') return true;
    return next > end && std::string_view("=(),.;:[]+*<>?&|-/").find(text[next]) == std::string_view::npos;
}

void add_words(std::string_view text, const std::string& name, TestIndex& index) {
    for (size_t at = 0; at < text.size();) {
        if (!is_word(text[at])) {
            ++at;
            continue;
        }
        // The n of `\n` is not part of the word behind it.
        if (text[at] == 'n' && at > 0 && text[at - 1] == '\\') ++at;
        size_t end = at;
        while (end < text.size() && is_word(text[end])) ++end;
        if (end > at && begins_line(text, at) && ends_keyword(text, end))
            index[std::string(text.substr(at, end - at))].insert(name);
        at = std::max(end, at + 1);
    }
}

}  // namespace

TestIndex index_tests(const std::string& folder) {
    namespace files = std::filesystem;
    TestIndex index;
    for (const std::string_view area : {"demo", "interop", "ipvs", "netns", "sim", "unit/app"}) {
        const files::path below = files::path(folder) / area;
        std::error_code missing;
        for (const files::directory_entry& entry : files::directory_iterator(below, missing)) {
            const std::string extension = entry.path().extension();
            if (extension != ".py" && extension != ".cpp" && extension != ".hpp" && extension != ".conf")
                continue;
            if (entry.path().stem() == "config_verdicts") continue;  // Reads configurations, runs none.
            std::ifstream file(entry.path(), std::ios::binary);
            const std::string text(std::istreambuf_iterator<char>(file), {});
            add_words(text, std::string(area) + '/' + entry.path().stem().string(), index);
        }
    }
    return index;
}

}  // namespace holdfast::keywords

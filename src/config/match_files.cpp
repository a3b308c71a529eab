// glob(3) with GLOB_BRACE over a FileReader. Written out, because glob(3) follows the working directory and
// cannot look into memory; and it counts what is missing, as keepalived does through GLOB_ALTDIRFUNC.
#include <fnmatch.h>

#include <algorithm>

#include "holdfast/config/include.hpp"

namespace holdfast::config {

namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kMostPaths = 10000;

// The offset of the brace that closes the one at `open`, or npos. `commas` receives the commas at its own
// level.
size_t closing_brace(std::string_view pattern, size_t open, std::vector<size_t>& commas) {
    size_t depth = 0;
    for (size_t at = open; at < pattern.size(); ++at) {
        switch (pattern[at]) {
            case '\\':
                ++at;
                break;
            case '{':
                ++depth;
                break;
            case '}':
                if (--depth == 0) return at;
                break;
            case ',':
                if (depth == 1) commas.push_back(at);
                break;
            default:
                break;
        }
    }
    return kNone;
}

size_t opening_brace(std::string_view pattern) {
    for (size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] == '\\') {
            ++at;
        } else if (pattern[at] == '{' && pattern.substr(at, 2) != "{}") {
            return at;
        }
    }
    return kNone;
}

// Every alternative of a pattern, in the written order; a brace without its partner is an ordinary character.
void expand_braces(std::string pattern, std::vector<std::string>& out, bool& too_many) {
    std::vector<std::string> work{std::move(pattern)};
    while (!work.empty()) {
        if (out.size() + work.size() > kMostPaths) {
            too_many = true;
            return;
        }
        std::string current = std::move(work.back());
        work.pop_back();
        size_t open = opening_brace(current);
        std::vector<size_t> stops;
        size_t close = open == kNone ? kNone : closing_brace(current, open, stops);
        if (close == kNone) {
            out.push_back(std::move(current));
            continue;
        }
        stops.push_back(close);
        std::vector<std::string> alternatives;
        size_t start = open + 1;
        for (size_t stop : stops) {
            alternatives.push_back(current.substr(0, open) + current.substr(start, stop - start) +
                                   current.substr(close + 1));
            start = stop + 1;
        }
        for (auto last = alternatives.rbegin(); last != alternatives.rend(); ++last)
            work.push_back(std::move(*last));
    }
}

bool is_pattern(std::string_view component) {
    for (size_t at = 0; at < component.size(); ++at) {
        char c = component[at];
        if (c == '\\') {
            ++at;
        } else if (c == '*' || c == '?' || (c == '[' && component.find(']', at) != kNone)) {
            return true;
        }
    }
    return false;
}

// The length of the bracket expression at the start of `pattern`, 0 when it has no end.
size_t bracket_length(std::string_view pattern) {
    size_t at = 1;
    if (at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^')) ++at;
    // A `]` in first place stands for itself.
    if (at < pattern.size() && pattern[at] == ']') ++at;
    while (at < pattern.size() && pattern[at] != ']') {
        bool named = pattern[at] == '[' && at + 1 < pattern.size() &&
                     std::string_view(":.=").contains(pattern[at + 1]);
        size_t end = named ? pattern.find(std::string{pattern[at + 1], ']'}, at + 2) : kNone;
        at = end == kNone ? at + 1 : end + 2;
    }
    return at < pattern.size() ? at + 1 : 0;
}

// How much of `pattern` one character matches; 0 = it does not. `pattern` is not empty and does not start
// with `*`.
size_t match_one(std::string_view pattern, char c) {
    if (pattern.front() == '?') return 1;
    if (pattern.front() == '\\' && pattern.size() > 1) return pattern[1] == c ? 2 : 0;
    size_t bracket = pattern.front() == '[' ? bracket_length(pattern) : 0;
    if (bracket == 0) return pattern.front() == c ? 1 : 0;
    std::string expression(pattern.substr(0, bracket));
    const char text[2] = {c, '\0'};
    return fnmatch(expression.c_str(), text, 0) == 0 ? bracket : 0;
}

// fnmatch(3) with FNM_PERIOD takes exponential time for patterns like `*a*a*a*b`; this only ever goes back to
// the last star.
bool matches(std::string_view pattern, std::string_view name) {
    if (name.starts_with('.') && !pattern.starts_with('.')) return false;
    std::string_view pattern_behind_star;
    std::string_view name_behind_star;
    bool star = false;
    while (!name.empty()) {
        if (!pattern.empty() && pattern.front() == '*') {
            pattern.remove_prefix(1);
            pattern_behind_star = pattern;
            name_behind_star = name;
            star = true;
            continue;
        }
        size_t length = pattern.empty() ? 0 : match_one(pattern, name.front());
        if (length != 0) {
            pattern.remove_prefix(length);
            name.remove_prefix(1);
        } else if (star) {
            name_behind_star.remove_prefix(1);
            name = name_behind_star;
            pattern = pattern_behind_star;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*') == kNone;
}

std::string without_escapes(std::string_view component) {
    std::string name;
    for (size_t at = 0; at < component.size(); ++at) {
        if (component[at] == '\\' && at + 1 < component.size()) ++at;
        name += component[at];
    }
    return name;
}

// Walks one alternative, component by component.
class Walk {
  public:
    Walk(const FileReader& reader, MatchedFiles& result, size_t most_names)
        : reader_(reader), result_(result), most_names_(most_names) {}

    void run(const std::string& directory, std::string_view pattern) {
        std::string base = directory;
        bool absolute = pattern.starts_with('/');
        if (absolute) base = "/";
        size_t first = result_.paths.size();
        step(base, pattern.substr(absolute ? std::min(pattern.find_first_not_of('/'), pattern.size()) : 0));
        std::sort(result_.paths.begin() + static_cast<std::ptrdiff_t>(first), result_.paths.end());
    }

  private:
    // `rest` is relative to `base`, which exists or is a plain prefix of the pattern.
    void step(const std::string& base, std::string_view rest) {
        if (exhausted()) return;
        ++result_.names;
        size_t slash = rest.find('/');
        std::string_view component = rest.substr(0, slash);
        std::string_view behind = slash == kNone ? std::string_view{} : rest.substr(slash);
        behind.remove_prefix(std::min(behind.find_first_not_of('/'), behind.size()));
        bool last = behind.empty();

        if (!is_pattern(component)) {
            std::string path = join_path(base, without_escapes(component));
            if (!last) {
                step(path, behind);
            } else if (reader_.status(path).kind == PathKind::missing) {
                result_.missing = true;
            } else {
                result_.paths.push_back(std::move(path));
            }
            return;
        }
        result_.wildcards_used = true;
        std::optional<std::vector<std::string>> names = reader_.list(base);
        if (!names) {
            result_.missing = true;
            return;
        }
        result_.names += names->size();
        for (const std::string& name : *names) {
            if (exhausted()) return;
            if (!matches(component, name)) continue;
            std::string path = join_path(base, name);
            if (last) {
                result_.paths.push_back(std::move(path));
            } else if (reader_.status(path).kind == PathKind::directory) {
                step(path, behind);
            }
        }
    }

    bool exhausted() {
        result_.too_many =
            result_.too_many || result_.paths.size() > kMostPaths || result_.names > most_names_;
        return result_.too_many;
    }

    const FileReader& reader_;
    MatchedFiles& result_;
    size_t most_names_;
};

}  // namespace

MatchedFiles match_files(const FileReader& reader, const std::string& directory, std::string_view pattern,
                         size_t most_names) {
    MatchedFiles result;
    result.has_braces = opening_brace(pattern) != kNone;
    std::vector<std::string> alternatives;
    expand_braces(std::string(pattern), alternatives, result.too_many);
    for (const std::string& alternative : alternatives)
        Walk(reader, result, most_names).run(directory, alternative);
    if (result.paths.size() > kMostPaths) {
        result.paths.resize(kMostPaths);
        result.too_many = true;
    }
    return result;
}

}  // namespace holdfast::config

#include "holdfast/config/definitions.hpp"

#include <charconv>
#include <utility>

#include "holdfast/config/lexer.hpp"

namespace holdfast::config {

namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr uint64_t kDefaultRandomMaximum = 32767;

bool is_name(char c) {
    return is_letter(c) || is_digit(c);
}

// How many parameters a `${NAME ...}` may have.
struct Parameters {
    size_t least;
    size_t most;
};

Parameters parameters_of(DefinitionKind kind) {
    switch (kind) {
        case DefinitionKind::random:
            return {0, 2};
        case DefinitionKind::environment:
            return {1, 1};
        case DefinitionKind::text:
        case DefinitionKind::lines:
        case DefinitionKind::directory:
        case DefinitionKind::instance:
            return {0, 0};
    }
    return {0, 0};
}

struct Reference {
    std::string_view name;
    std::string_view parameters;
    size_t length = 0;  // From the `$`; 0 = not a reference.
    bool at_end = false;
};

// `text` starts with `$`.
Reference parse_reference(std::string_view text) {
    Reference reference;
    bool braces = text.size() > 1 && text[1] == '{';
    size_t start = braces ? 2 : 1;
    size_t at = start;
    if (at >= text.size() || !is_letter(text[at])) return reference;
    while (at < text.size() && is_name(text[at])) ++at;
    reference.name = text.substr(start, at - start);
    if (braces) {
        size_t end = at;
        while (end < text.size() && (is_blank(text[end]) || is_name(text[end]))) ++end;
        if (end == text.size() || text[end] != '}') return {};
        reference.parameters = trim(text.substr(at, end - at));
        if (!reference.parameters.empty() && is_blank(text[end - 1])) return {};
        at = end + 1;
    } else if (at < text.size() && !is_blank(text[at]) && text[at] != ',' && text[at] != ')') {
        return {};
    }
    reference.length = at;
    reference.at_end = at == text.size();
    return reference;
}

std::vector<std::string_view> parameter_words(std::string_view text) {
    std::vector<std::string_view> words;
    split_words(text, words);
    return words;
}

std::optional<uint64_t> decimal(std::string_view word) {
    uint64_t value = 0;
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return value;
}

struct Replacement {
    std::string text;
    std::string problem;  // Not empty: something to report.
    bool usable = true;   // False: the reference stays as it is.
};

Replacement random_number(const std::vector<std::string_view>& words, const DefinitionContext& context) {
    uint64_t minimum = 0;
    uint64_t maximum = kDefaultRandomMaximum;
    for (size_t i = 0; i < words.size(); ++i) {
        std::optional<uint64_t> number = decimal(words[i]);
        if (!number) return {{}, "_RANDOM takes numbers only", false};
        (i == 0 ? minimum : maximum) = *number;
    }
    Replacement result;
    if (minimum > maximum) {
        result.problem = "the minimum of _RANDOM " + std::to_string(minimum) + " exceeds its maximum " +
                         std::to_string(maximum) + ", using the minimum";
        maximum = minimum;
    }
    result.text = std::to_string(context.random ? context.random(minimum, maximum) : minimum);
    return result;
}

Replacement value_of(const Definition& definition, const Reference& reference,
                     const DefinitionContext& context) {
    std::vector<std::string_view> words = parameter_words(reference.parameters);
    Parameters allowed = parameters_of(definition.kind);
    if (words.size() < allowed.least || words.size() > allowed.most) {
        if (allowed.most == 0) return {{}, {}, false};
        return {{},
                std::string(reference.name) + " takes " + std::to_string(allowed.least) + " to " +
                    std::to_string(allowed.most) + " parameters, not " + std::to_string(words.size()),
                false};
    }
    switch (definition.kind) {
        case DefinitionKind::text:
            return {definition.value, {}, true};
        case DefinitionKind::lines:
            return {std::string(definition.lines.empty() ? std::string_view{} : definition.lines.front()),
                    {},
                    true};
        case DefinitionKind::directory:
            return {context.directory ? context.directory() : std::string{}, {}, true};
        case DefinitionKind::instance:
            return {context.instance, {}, true};
        case DefinitionKind::random:
            return random_number(words, context);
        case DefinitionKind::environment: {
            std::optional<std::string> value;
            if (context.environment) value = context.environment(words.front());
            return {value.value_or(std::string{}), {}, true};
        }
    }
    return {{}, {}, false};
}

// A line being rewritten, with the origin of each byte.
class Rewriting {
  public:
    explicit Rewriting(std::string_view line) {
        result.text = line;
        result.origins.reserve(line.size());
        for (size_t i = 0; i < line.size(); ++i) result.origins.push_back({static_cast<uint32_t>(i), 0});
    }

    // What the byte at `at`, part of a reference of `length` bytes, stands for in the given line.
    Substituted::Origin origin_of(size_t at, size_t length) const {
        Substituted::Origin origin = result.origins[at];
        if (origin.length != 0) return origin;
        // The reference may end in text that came out of another one; what counts is where it begins.
        const Substituted::Origin& last = result.origins[at + length - 1];
        uint32_t end = last.offset + (last.length == 0 ? 1 : last.length);
        return {origin.offset, end > origin.offset ? end - origin.offset : 1};
    }

    void replace(size_t at, size_t length, const std::string& value, Substituted::Origin origin) {
        result.work += result.text.size() - at + value.size();
        result.text.replace(at, length, value);
        auto first = result.origins.begin() + static_cast<std::ptrdiff_t>(at);
        auto last = first + static_cast<std::ptrdiff_t>(length);
        size_t common = std::min(length, value.size());
        std::fill_n(first, common, origin);
        if (value.size() < length) {
            result.origins.erase(first + static_cast<std::ptrdiff_t>(common), last);
        } else {
            result.origins.insert(last, value.size() - length, origin);
        }
        result.changed = true;
    }

    void problem(std::string message, Substituted::Origin origin) {
        result.problems.push_back({std::move(message), origin.offset, origin.length});
    }

    Substituted result;
};

}  // namespace

Definitions::Definitions() {
    table_["_PWD"].kind = DefinitionKind::directory;
    table_["_INSTANCE"].kind = DefinitionKind::instance;
    table_["_RANDOM"].kind = DefinitionKind::random;
    table_["_ENV"].kind = DefinitionKind::environment;
    table_["_HASH"].value = "#";
    table_["_BANG"].value = "!";
}

void Definitions::define(std::string_view name, std::string_view value) {
    auto found = table_.find(name);
    Definition& definition = found != table_.end() ? found->second : table_[std::string(name)];
    definition.kind = DefinitionKind::text;
    definition.value = value;
    definition.lines.clear();
}

void Definitions::define_lines(std::string_view name, std::vector<std::string_view> lines) {
    table_[std::string(name)] = {DefinitionKind::lines, {}, std::move(lines)};
}

const Definition* Definitions::find(std::string_view name) const {
    auto found = table_.find(name);
    return found == table_.end() ? nullptr : &found->second;
}

Substituted Definitions::substitute(std::string_view line, const DefinitionContext& context,
                                    uint32_t maximum_length, uint32_t maximum_count) const {
    Rewriting rewriting(line);
    std::string& text = rewriting.result.text;
    uint32_t count = 0;
    size_t at = 0;
    while ((at = text.find('$', at)) != kNone) {
        Reference reference = parse_reference(std::string_view(text).substr(at));
        const Definition* definition = reference.length == 0 ? nullptr : find(reference.name);
        bool is_lines = definition != nullptr && definition->kind == DefinitionKind::lines;
        if (definition == nullptr || (is_lines && !reference.at_end)) {
            ++at;
            continue;
        }
        Substituted::Origin origin = rewriting.origin_of(at, reference.length);
        Replacement value = value_of(*definition, reference, context);
        if (!value.problem.empty()) rewriting.problem(std::move(value.problem), origin);
        if (!value.usable) {
            ++at;
            continue;
        }
        bool too_many = ++count > maximum_count;
        if (too_many || text.size() - reference.length + value.text.size() > maximum_length) {
            rewriting.problem(too_many
                                  ? "definitions are replaced again and again here: one of them uses itself"
                                  : "the line becomes too long when its definitions are replaced",
                              origin);
            rewriting.result.failed = true;
            break;
        }
        if (is_lines && definition->lines.size() > 1) {
            auto& following = rewriting.result.following;
            following.insert(following.begin(), definition->lines.begin() + 1, definition->lines.end());
        }
        rewriting.replace(at, reference.length, value.text, origin);
        // A repetition inside the value sets its variables first.
        if (value.text.starts_with('~') && trim(std::string_view(text).substr(0, at)).empty()) break;
    }
    return std::move(rewriting.result);
}

std::optional<DefinitionHead> parse_definition(std::string_view line) {
    if (line.size() < 2 || line[0] != '$' || !is_letter(line[1])) return std::nullopt;
    size_t at = 2;
    while (at < line.size() && is_name(line[at])) ++at;
    if (at == line.size() || line[at] != '=') return std::nullopt;
    return DefinitionHead{line.substr(1, at - 1), trim(line.substr(at + 1))};
}

size_t braced_reference_length(std::string_view text) {
    return text.size() > 1 && text[1] == '{' ? parse_reference(text).length : 0;
}

}  // namespace holdfast::config

// From one line without its comment to directives and braces: conditions, definitions, repetition,
// substitution, includes, in keepalived's order. A line may produce lines, so these functions call each
// other; `recursion_` bounds it.
#include <algorithm>
#include <utility>

#include "reader.hpp"

namespace holdfast::config {

namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr uint32_t kMostRecursion = 100;
constexpr size_t kWorkPerByte = 16;

}  // namespace

void LanguageReader::logical_line(std::string_view text) {
    if (open_definition_) {
        continue_definition(text);
        return;
    }
    if (abandoned_ || text.empty()) return;
    if (recursion_ > 0 && !take_expansion(text)) return;
    if (recursion_ == kMostRecursion) {
        report(ReportClass::general, text, "definitions and repetitions are nested too deeply here");
        abandoned_ = true;
        return;
    }
    ++recursion_;
    statement(text);
    --recursion_;
}

void LanguageReader::statement(std::string_view text) {
    while (!text.empty() && !abandoned_) {
        if (const std::string_view line = text; text.front() == '@' && !condition_holds(text))
            return builder_.skipped(line);
        if (define(text)) return;
        if (is_repetition(text)) return repeat(text);

        std::vector<std::string_view> following;
        if (text.front() != '~' && text.find('$') != kNone) {
            std::optional<std::string_view> substituted = substitute(text, following);
            if (!substituted) return;
            if (substituted->data() != text.data()) {
                const char* used_at = text.data() + std::min(text.rfind('$'), text.size() - 1);
                StrippedLine stripped = strip_comment(*substituted);
                if (stripped.open_quote != kNone) {
                    report(ReportClass::quote, substituted->substr(stripped.open_quote),
                           "this quote is not closed");
                }
                if (is_repetition(stripped.text) || !following.empty()) {
                    logical_line(stripped.text);
                    return following_lines(following, used_at);
                }
                text = stripped.text;
                if (text.empty()) return;
            }
        }
        if (std::optional<IncludeLine> line = parse_include(text)) return include(*line, text);

        size_t brace = next_brace(text);
        if (brace == 0) {
            if (text.front() == '}') {
                builder_.close(text.data());
            } else if (!builder_.open(text.data())) {
                report(ReportClass::brace, text.substr(0, 1),
                       "blocks are nested too deeply, this one is ignored");
            }
            text = trim(text.substr(1));
        } else {
            emit(trim(text.substr(0, brace)), text);
            text = brace == kNone ? std::string_view{} : text.substr(brace);
        }
    }
}

// `@ID rest` and `@^ID rest`; `text` becomes the rest.
bool LanguageReader::condition_holds(std::string_view& text) const {
    size_t start = text.starts_with("@^") ? 2 : 1;
    size_t end = text.find_first_of(" \t", start);
    if (end == kNone) return false;
    bool same = text.substr(start, end - start) == options_.config_id;
    text = trim(text.substr(end));
    return same == (start == 1);
}

bool LanguageReader::define(std::string_view text) {
    std::optional<DefinitionHead> head = parse_definition(text);
    if (!head) return false;
    std::string_view value = head->value;
    if (!value.ends_with('\\')) {
        definitions_.define(head->name, value);
        return true;
    }
    open_definition_ = OpenDefinition{std::string(head->name), {}};
    // Until its end is read the name stands for nothing.
    definitions_.define(head->name, {});
    value.remove_suffix(1);
    if (!trim(value).empty()) open_definition_->lines.push_back(trim(value));
    return true;
}

void LanguageReader::continue_definition(std::string_view text) {
    bool more = text.ends_with('\\');
    if (more) text.remove_suffix(1);
    if (!trim(text).empty()) open_definition_->lines.push_back(trim(text));
    if (!more) finish_definition();
}

void LanguageReader::finish_definition() {
    if (!open_definition_->lines.empty()) {
        definitions_.define_lines(open_definition_->name, std::move(open_definition_->lines));
    }
    open_definition_.reset();
}

void LanguageReader::repeat(std::string_view text) {
    std::string_view parameters = sequence_parameters(text);
    std::vector<std::string_view> following;
    if (parameters.find('$') != kNone) {
        std::optional<std::string_view> substituted = substitute(parameters, following);
        if (!substituted) return;
        parameters = *substituted;
        if (!following.empty()) {
            return report(ReportClass::general, text,
                          "a definition of several lines cannot be a number of ~SEQ");
        }
    }
    Result<Repetition> parsed = parse_repetition(text, parameters);
    if (!parsed) return report(ReportClass::general, text, std::move(parsed.error().message));
    if (!take_repetitions(parsed->count, text)) return;
    for (uint64_t turn = 0; turn < parsed->count && !abandoned_; ++turn) {
        for (size_t i = 0; i < parsed->names.size(); ++i) {
            definitions_.define(parsed->names[i], parsed->value(turn, i));
        }
        logical_line(parsed->rest);
    }
}

bool LanguageReader::take_repetitions(uint64_t count, std::string_view at) {
    if (count <= options_.limits.repetitions - repetitions_) {
        repetitions_ += static_cast<uint32_t>(count);
        return true;
    }
    abandoned_ = true;
    if (!std::exchange(expansion_limit_reported_, true)) {
        report(ReportClass::general, at,
               "repetitions and definitions would make more than " +
                   std::to_string(options_.limits.repetitions) + " lines");
    }
    return false;
}

// Text that exists because a line was repeated or substituted counts, or a short file could fill the memory.
bool LanguageReader::take_expansion(std::string_view text) {
    if (expanded_ <= options_.limits.expanded_bytes) {
        expanded_ += text.size();
        return true;
    }
    abandoned_ = true;
    if (!std::exchange(expansion_limit_reported_, true)) {
        report(ReportClass::general, text, "repetitions and definitions make too much text");
    }
    return false;
}

// The line with its definitions replaced: the same view when there was nothing to replace, nothing when a
// limit was exceeded.
std::optional<std::string_view> LanguageReader::substitute(std::string_view text,
                                                           std::vector<std::string_view>& following) {
    if (!take_expansion(text)) return std::nullopt;
    Substituted result = definitions_.substitute(text, context_, options_.limits.expanded_line_length,
                                                 options_.limits.substitutions_per_line);
    for (Substituted::Problem& problem : result.problems) {
        report(ReportClass::general, text.substr(problem.offset, problem.length), std::move(problem.message));
    }
    if (result.failed) {
        expanded_ += result.work / kWorkPerByte;
        abandoned_ = true;
        return std::nullopt;
    }
    expanded_ += result.work / kWorkPerByte;
    following = std::move(result.following);
    if (!result.changed) return text;
    expanded_ += result.text.size();
    return keep_substituted(text, result);
}

std::string_view LanguageReader::keep_substituted(std::string_view line, const Substituted& result) {
    std::vector<Piece> pieces;
    const std::vector<Substituted::Origin>& origins = result.origins;
    for (uint32_t i = 0; i < origins.size(); ++i) {
        bool copied = origins[i].length == 0;
        bool continues = i > 0 && origins[i - 1].length == origins[i].length &&
                         origins[i].offset == origins[i - 1].offset + (copied ? 1 : 0);
        if (!continues) pieces.push_back({i, origins[i].length, line.data() + origins[i].offset});
    }
    return storage_.generate(result.text, pieces, nullptr);
}

// The lines of a multi-line definition after the first one, which took the place of its name.
void LanguageReader::following_lines(const std::vector<std::string_view>& lines, const char* used_at) {
    if (lines.empty() || abandoned_ || !take_repetitions(lines.size(), lines.front())) return;
    for (std::string_view line : lines) {
        if (abandoned_) return;
        Piece whole{0, 0, line.data()};
        logical_line(storage_.generate(line, {&whole, 1}, used_at));
    }
}

// The first brace that opens or closes a block. The braces of a `${NAME}` that has no definition do neither:
// keepalived makes a block of them and reports what follows from that; one report about the name says more.
size_t LanguageReader::next_brace(std::string_view text) {
    size_t brace = find_brace(text);
    while (brace != kNone && brace > 0 && text[brace - 1] == '$') {
        size_t length = braced_reference_length(text.substr(brace - 1));
        if (length == 0) break;
        std::string_view reference = text.substr(brace - 1, length);
        report(ReportClass::brace, reference, std::string(reference) + " is not defined");
        brace = find_brace(text, brace - 1 + length);
    }
    return brace;
}

void LanguageReader::emit(std::string_view text, std::string_view rest_of_line) {
    if (text.empty()) return;
    if (needs_cleaning(text)) text = cleaned(text);
    if (text.size() > Node::kMostText) {
        report(ReportClass::general, text.substr(0, 100), "the line is too long");
        return;
    }
    WordCursor words(text);
    std::string_view word;
    if (!words.next(word)) return;
    while (words.next(word)) {
    }
    const bool matched = !words.unmatched_quote();
    // A quote that is open by the rules of comments too has been reported when the line was stripped.
    bool reported = matched || strip_comment(rest_of_line).open_quote != kNone;
    const uint32_t flags = reported ? 0U : uint32_t{Node::kUnmatchedQuote};
    if (add_directive(text, flags) && builder_.in_global_defs()) include_check(text);
}

std::string_view LanguageReader::cleaned(std::string_view text) {
    std::vector<size_t> origin;
    std::string clean = clean_text(text, origin);
    std::vector<Piece> pieces;
    for (size_t i = 0; i < origin.size(); ++i) {
        if (i == 0 || origin[i] != origin[i - 1] + 1) {
            pieces.push_back({static_cast<uint32_t>(i), 0, text.data() + origin[i]});
        }
    }
    return storage_.generate(clean, pieces, nullptr);
}

// A directive of global_defs; only include_check concerns the reader.
void LanguageReader::include_check(std::string_view text) {
    const Words words(text);
    if (words.front() != "include_check") return;
    for (IncludeCheckProblem& problem : apply_include_check(std::span(words).subspan(1), policy_)) {
        report(ReportClass::general, words[problem.argument + 1], std::move(problem.message));
    }
}

}  // namespace holdfast::config

#include "holdfast/config/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace holdfast::config {

namespace {

// Longer words are names or values, not misspelled keywords; the bound keeps the table on the stack.
constexpr size_t kLongestWord = 64;
constexpr size_t kWidestLine = 160;
constexpr size_t kLongestChain = 5;

std::string place(const SourcePosition& position) {
    if (position.file.empty()) return {};
    if (position.line == 0) return fmt::format("{}: ", position.file);
    return fmt::format("{}:{}:{}: ", position.file, position.line, position.column);
}

// The line as it can be shown: control characters and bytes that are not text become '?', tabs one blank, so
// that the caret below it stays in place.
std::string printable(std::string_view line) {
    std::string text(line);
    for (char& c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (c == '\t') {
            c = ' ';
        } else if (byte < 0x20 || byte == 0x7f) {
            c = '?';
        }
    }
    return text;
}

// Columns are bytes; the caret counts characters, so UTF-8 continuation bytes take no room.
size_t columns(std::string_view text) {
    return static_cast<size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

/// Stars in place of a password: what is wrong with a line goes to logs and screens. The number of a key is
/// no secret, and the path of one neither. Several lines are taken one by one.
std::string without_password(std::string text) {
    constexpr std::string_view kBlanks = " \t";
    const std::string original = text;
    for (size_t line = 0; line < original.size();) {
        const size_t line_end = std::min(original.find('\n', line), original.size());
        const std::string_view whole = std::string_view(original).substr(0, line_end);
        std::string_view before;
        std::string_view earlier;
        for (size_t begin = line; (begin = whole.find_first_not_of(kBlanks, begin)) != whole.npos;) {
            size_t end = std::min(whole.find_first_of(kBlanks, begin), line_end);
            const bool is_number = !before.empty() && before.find_first_not_of("0123456789") == before.npos;
            if (before == "auth_pass" || before == "password" || (earlier == "key" && is_number)) {
                // With the blanks of a quoted one, but not what follows on a line that has a whole block.
                end = std::min(whole.find('}', begin), line_end);
                end = std::max(whole.find_last_not_of(kBlanks, end - 1) + 1, begin);
                std::fill(text.begin() + static_cast<ptrdiff_t>(begin),
                          text.begin() + static_cast<ptrdiff_t>(end), '*');
            }
            earlier = std::exchange(before, whole.substr(begin, end - begin));
            begin = std::max(end, begin + 1);
        }
        line = line_end + 1;
    }
    return text;
}

void quote_line(std::string& out, const Span& span, std::string_view source_line) {
    if (span.position.line == 0 || source_line.empty()) return;
    size_t start = span.position.column == 0 ? 0 : span.position.column - 1;
    start = std::min(start, source_line.size());
    // A long line is shown from a little before the place.
    size_t shift = start > kWidestLine / 2 && source_line.size() > kWidestLine ? start - kWidestLine / 4 : 0;
    std::string_view shown = source_line.substr(shift, kWidestLine);
    auto into = std::back_inserter(out);
    fmt::format_to(into, "{:>5} | {}\n", span.position.line, printable(shown));
    if (span.length == 0) return;
    std::string_view underlined = shown.substr(start - shift, span.length);
    size_t width = std::max<size_t>(columns(underlined), 1);
    fmt::format_to(into, "      | {:{}}^{:~<{}}\n", "", columns(shown.substr(0, start - shift)), "",
                   width - 1);
}

void quote_advice(std::string& out, std::string_view advice) {
    std::string_view mark = "      = ";
    while (!advice.empty()) {
        const size_t end = std::min(advice.find('\n'), advice.size());
        out.append(mark) += printable(advice.substr(0, end));
        out += '\n';
        advice.remove_prefix(std::min(end + 1, advice.size()));
        mark = "          ";
    }
}

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
    ++total_;
    if (diagnostic.severity == Severity::error) ++errors_;
    seen_ |= uint32_t{1} << static_cast<unsigned>(diagnostic.report_class);
    worst_ = std::max(worst_, diagnostic.report_class);
    if (kept_.size() >= limit_) return;
    diagnostic.source_line = without_password(std::move(diagnostic.source_line));
    diagnostic.advice = without_password(std::move(diagnostic.advice));
    if (diagnostic.note)
        diagnostic.note->source_line = without_password(std::move(diagnostic.note->source_line));
    kept_.push_back(std::move(diagnostic));
}

void Diagnostics::add_hidden(ReportClass report_class, Severity severity) {
    if (severity == Severity::error) ++errors_;
    seen_ |= uint32_t{1} << static_cast<unsigned>(report_class);
    worst_ = std::max(worst_, report_class);
}

void Diagnostics::worsen(size_t index, ReportClass report_class, Severity severity) {
    if (index >= kept_.size()) return;
    kept_[index].report_class = std::max(kept_[index].report_class, report_class);
    kept_[index].severity = std::min(kept_[index].severity, severity);
}

void Diagnostics::append(Diagnostics other) {
    size_t unseen = other.dropped();
    size_t errors_before = errors_ + other.errors_;
    for (Diagnostic& diagnostic : other.kept_) add(std::move(diagnostic));
    total_ += unseen;
    errors_ = errors_before;
    seen_ |= other.seen_;
    worst_ = std::max(worst_, other.worst_);
}

int test_exit_code(ReportClass worst) {
    switch (worst) {
        case ReportClass::remark:
        case ReportClass::notice:
            return 0;
        case ReportClass::file:
        case ReportClass::interface:
        case ReportClass::fatal:
            return 4;
        case ReportClass::multiple_files:
        case ReportClass::unknown_keyword:
        case ReportClass::brace:
        case ReportClass::quote:
        case ReportClass::number:
        case ReportClass::general:
        case ReportClass::warning:
        case ReportClass::deprecated:
            return 5;
        case ReportClass::missing_parameter:
            return 2;
        case ReportClass::security:
        case ReportClass::include_file:
            return 6;
    }
    return 5;
}

int test_exit_code(const Diagnostics& diagnostics) {
    return test_exit_code(diagnostics.worst());
}

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::error:
            return "error";
        case Severity::warning:
            return "warning";
        case Severity::remark:
            return "remark";
    }
    return "error";
}

std::string_view to_string(ReportClass report_class) {
    switch (report_class) {
        case ReportClass::remark:
            return "remark";
        case ReportClass::notice:
            return "notice";
        case ReportClass::file:
            return "file";
        case ReportClass::interface:
            return "interface";
        case ReportClass::fatal:
            return "fatal";
        case ReportClass::multiple_files:
            return "multiple_files";
        case ReportClass::unknown_keyword:
            return "unknown_keyword";
        case ReportClass::brace:
            return "brace";
        case ReportClass::quote:
            return "quote";
        case ReportClass::number:
            return "number";
        case ReportClass::general:
            return "general";
        case ReportClass::warning:
            return "warning";
        case ReportClass::deprecated:
            return "deprecated";
        case ReportClass::security:
            return "security";
        case ReportClass::missing_parameter:
            return "missing_parameter";
        case ReportClass::include_file:
            return "include_file";
    }
    return "general";
}

std::string render(const Diagnostic& diagnostic) {
    std::string out;
    auto into = std::back_inserter(out);
    size_t shown = std::min(diagnostic.included_from.size(), kLongestChain);
    for (const SourcePosition& from : std::span(diagnostic.included_from).first(shown)) {
        fmt::format_to(into, "included from {}:{}:\n", from.file, from.line);
    }
    if (shown < diagnostic.included_from.size()) {
        fmt::format_to(into, "included from {} more files:\n", diagnostic.included_from.size() - shown);
    }
    fmt::format_to(into, "{}{}: {}\n", place(diagnostic.span.position), to_string(diagnostic.severity),
                   printable(diagnostic.message));
    quote_line(out, diagnostic.span, diagnostic.source_line);
    if (!diagnostic.suggestion.empty()) {
        fmt::format_to(into, "      = did you mean `{}`?\n", printable(diagnostic.suggestion));
    }
    quote_advice(out, diagnostic.advice);
    if (diagnostic.note) {
        fmt::format_to(into, "{}note: {}\n", place(diagnostic.note->span.position),
                       printable(diagnostic.note->message));
        quote_line(out, diagnostic.note->span, diagnostic.note->source_line);
    }
    return out;
}

std::string render(const Diagnostics& diagnostics) {
    std::string out;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        if (diagnostic.severity != Severity::remark) out += render(diagnostic);
    }
    if (diagnostics.dropped() != 0) {
        out += fmt::format("{} more reports are not shown\n", diagnostics.dropped());
    }
    return out;
}

std::string render_line(const Diagnostic& diagnostic) {
    std::string out = fmt::format("{}{}: {}", place(diagnostic.span.position), to_string(diagnostic.severity),
                                  printable(diagnostic.message));
    if (!diagnostic.suggestion.empty()) {
        out += fmt::format(" (did you mean {}?)", printable(diagnostic.suggestion));
    }
    if (diagnostic.note) {
        const SourcePosition& at = diagnostic.note->span.position;
        out += fmt::format(" ({}", printable(diagnostic.note->message));
        if (at.line != 0) out += fmt::format(" {}:{}", at.file, at.line);
        out += ')';
    }
    return out;
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
    if (word.empty() || word.size() > kLongestWord) return std::nullopt;
    size_t limit = std::min<size_t>(std::max<size_t>(word.size() / 3, 1), 3);
    std::optional<std::string_view> best;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    for (std::string_view candidate : candidates)
        if (std::ranges::equal(word, candidate, {}, lower, lower)) return candidate;
    std::array<std::array<size_t, kLongestWord + 1>, 3> rows{};
    for (std::string_view candidate : candidates) {
        size_t longer = std::max(word.size(), candidate.size());
        if (candidate.empty() || candidate.size() > kLongestWord) continue;
        if (longer - std::min(word.size(), candidate.size()) > limit) continue;
        for (size_t j = 0; j <= candidate.size(); ++j) rows[0][j] = j;
        for (size_t i = 1; i <= word.size(); ++i) {
            auto& row = rows[i % 3];
            const auto& above = rows[(i - 1) % 3];
            row[0] = i;
            for (size_t j = 1; j <= candidate.size(); ++j) {
                size_t change = word[i - 1] == candidate[j - 1] ? 0 : 1;
                row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
                if (i > 1 && j > 1 && word[i - 1] == candidate[j - 2] && word[i - 2] == candidate[j - 1]) {
                    row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
                }
            }
        }
        size_t distance = rows[word.size() % 3][candidate.size()];
        // A word that shares nothing with the candidate is not a misspelling of it.
        if (distance > limit || distance >= longer) continue;
        best = candidate;
        if (distance == 0) break;
        limit = distance - 1;
    }
    return best;
}

}  // namespace holdfast::config

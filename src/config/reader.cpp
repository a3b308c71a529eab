#include "reader.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace holdfast::config {

namespace {

enum class Byte : uint8_t {
    ordinary,
    blank,
    newline,  // Also NUL, which ends every text.
    brace,
    comment,
    special,  // Needs the general path.
};

constexpr std::array<Byte, 256> kBytes = [] {
    std::array<Byte, 256> table{};
    for (char c : {' ', '\t'}) table[static_cast<unsigned char>(c)] = Byte::blank;
    for (char c : {'\n', '\0'}) table[static_cast<unsigned char>(c)] = Byte::newline;
    for (char c : {'{', '}'}) table[static_cast<unsigned char>(c)] = Byte::brace;
    for (char c : {'#', '!'}) table[static_cast<unsigned char>(c)] = Byte::comment;
    // The rare kinds of white space separate words, but a statement does not begin behind them.
    for (char c : {'"', '\\', '$', '\f', '\v', '\r'}) table[static_cast<unsigned char>(c)] = Byte::special;
    return table;
}();

Byte kind(char c) {
    return kBytes[static_cast<unsigned char>(c)];
}

// What ends a line of a DOS text.
bool is_dos_line_end(const char* p) {
    return p[0] == '\r' && kind(p[1]) == Byte::newline;
}

const char* line_end(const char* from, const char* end) {
    const void* found = std::memchr(from, '\n', static_cast<size_t>(end - from));
    return found == nullptr ? end : static_cast<const char*>(found);
}

// Whether a line may be longer than `limit` bytes including its newline. Looks at a few bytes per line
// length.
bool has_long_line(std::string_view text, size_t limit) {
    size_t start = 0;
    while (text.size() - start >= limit) {
        const void* newline = ::memrchr(text.data() + start, '\n', limit);
        if (newline == nullptr) return true;
        start = static_cast<size_t>(static_cast<const char*>(newline) - text.data()) + 1;
    }
    return false;
}

bool starts_general_statement(const char* p, const char* end) {
    switch (*p) {
        case '@':
        case '~':
            return true;
        case 'i':
            return std::string_view(p, static_cast<size_t>(end - p)).starts_with("include");
        default:
            return false;
    }
}

}  // namespace

LanguageReader::LanguageReader(const LanguageOptions& options, const FileReader& files,
                               Diagnostics& diagnostics, Document::Storage& storage)
    : options_(options),
      files_(files),
      diagnostics_(diagnostics),
      storage_(storage),
      builder_(storage, options.limits) {
    context_.instance = options.config_id;
    context_.environment = options.environment;
    context_.random = options.random;
    context_.directory = [this] {
        return files_.resolve_directory(source_ == nullptr ? std::string{} : source_->directory);
    };
    if (options.all_config) policy_ = IncludePolicy::everything();
}

void LanguageReader::report(ReportClass report_class, std::string_view at, std::string message,
                            Severity severity) {
    if (diagnostics_.dropped() == 0) {
        diagnostics_.add(make_report(storage_, severity, report_class, at, std::move(message)));
        return;
    }
    // It is counted, not kept: a file of garbage must not take the time to explain all of it.
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.report_class = report_class;
    diagnostics_.add(std::move(diagnostic));
}

bool LanguageReader::add_directive(std::string_view text, uint32_t flags) {
    if (storage_.nodes.size() < options_.limits.directives) return builder_.directive(text, flags);
    abandoned_ = true;
    if (!std::exchange(directive_limit_reported_, true)) {
        report(ReportClass::general, text,
               "the configuration has more than " + std::to_string(options_.limits.directives) +
                   " directives; the rest is left out");
    }
    return false;
}

void LanguageReader::read_text(std::string text, const std::string& name) {
    Source source;
    source.name = name;
    source.text = std::move(text);
    bytes_ = source.text.size();
    read_source(storage_.add_source(std::move(source)));
}

void LanguageReader::finish() {
    builder_.finish(options_, diagnostics_);
}

void LanguageReader::read_source(const Source& source) {
    const Source* outer = std::exchange(source_, &source);
    bool outer_abandoned = abandoned_;
    std::string_view text = source.text;
    if (text.find('\0') != std::string_view::npos || has_long_line(text, options_.limits.line_length)) {
        read_careful(text);
    } else {
        read_plain(source);
    }
    source_ = outer;
    abandoned_ = outer_abandoned;
}

// Line by line, for texts with a line that keepalived's buffer would not hold, or with a NUL.
void LanguageReader::read_careful(std::string_view text) {
    const size_t limit = options_.limits.line_length;
    while (!text.empty()) {
        size_t newline = text.find('\n');
        std::string_view line = text.substr(0, newline);
        if (line.size() >= limit) {
            // What did not fit is read as a line of its own.
            report(ReportClass::general, line.substr(0, limit),
                   "the line is longer than " + std::to_string(limit - 1) + " bytes");
            text.remove_prefix(limit);
            continue;
        }
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
        if (line.find('\0') != std::string_view::npos) {
            report(ReportClass::general, line, "there is a NUL byte in this line, it is ignored");
        } else {
            physical_line(line);
        }
    }
}

void LanguageReader::read_plain(const Source& source) {
    const char* p = source.text.data();
    const char* const end = p + source.text.size();

    while (p < end && !directive_limit_reported_) {
        if (open_definition_) {
            p = read_rest_of_line(p, end);
            continue;
        }
        while (kind(*p) == Byte::blank) ++p;
        switch (kind(*p)) {
            case Byte::newline:
                ++p;
                continue;
            case Byte::comment:
                p = line_end(p, end);
                continue;
            case Byte::brace:
                if (*p == '}') {
                    builder_.close(p);
                } else if (!builder_.open(p)) {
                    report(ReportClass::brace, {p, 1}, "blocks are nested too deeply, this one is ignored");
                }
                ++p;
                continue;
            case Byte::special:
                p = is_dos_line_end(p) ? p + 1 : read_rest_of_line(p, end);
                continue;
            case Byte::blank:
            case Byte::ordinary:
                break;
        }
        if (starts_general_statement(p, end)) {
            p = read_rest_of_line(p, end);
            continue;
        }
        const char* const start = p;
        const char* last_end = nullptr;
        do {
            do ++p;
            while (kind(*p) == Byte::ordinary);
            last_end = p;
            while (kind(*p) == Byte::blank) ++p;
        } while (kind(*p) == Byte::ordinary);

        if (kind(*p) == Byte::special && !is_dos_line_end(p)) {
            p = read_rest_of_line(start, end);
            continue;
        }
        const std::string_view statement(start, static_cast<size_t>(last_end - start));
        if (add_directive(statement, 0) && builder_.in_global_defs()) include_check(statement);
    }
}

const char* LanguageReader::read_rest_of_line(const char* from, const char* end) {
    const char* stop = line_end(from, end);
    physical_line({from, static_cast<size_t>(stop - from)});
    return stop == end ? end : stop + 1;
}

void LanguageReader::physical_line(std::string_view line) {
    if (directive_limit_reported_) return;
    while (line.ends_with('\r')) line.remove_suffix(1);
    StrippedLine stripped = strip_comment(line);
    if (stripped.open_quote != std::string_view::npos) {
        report(ReportClass::quote, line.substr(stripped.open_quote), "this quote is not closed");
    }
    if (stripped.text.empty()) {
        // A line of blanks or a comment ends an unfinished definition too: keepalived's VRRP and checker
        // processes read a copy of the file in which such lines are empty.
        if (open_definition_) {
            if (!trim(line).empty()) {
                report(ReportClass::remark, line,
                       "the definition of $" + open_definition_->name + " ends here", Severity::remark);
            }
            finish_definition();
        }
        return;
    }
    abandoned_ = false;
    logical_line(stripped.text);
}

Document load_document(const std::string& path, const LanguageOptions& options, const FileReader& reader,
                       Diagnostics& diagnostics) {
    auto storage = std::make_unique<Document::Storage>();
    LanguageReader language(options, reader, diagnostics, *storage);
    language.read_main(path);
    language.finish();
    return Document(std::move(storage));
}

Document parse_document(std::string text, const std::string& name, const LanguageOptions& options,
                        const FileReader& reader, Diagnostics& diagnostics) {
    auto storage = std::make_unique<Document::Storage>();
    LanguageReader language(options, reader, diagnostics, *storage);
    language.read_text(std::move(text), name);
    language.finish();
    return Document(std::move(storage));
}

}  // namespace holdfast::config

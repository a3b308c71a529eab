#include <algorithm>

#include "holdfast/config/lexer.hpp"
#include "storage.hpp"

namespace holdfast::config {

namespace {

const Node& node_of(const Directive& directive) {
    return directive.document().storage().nodes[directive.index()];
}

std::string_view word_of(std::string_view text, size_t index) {
    WordCursor cursor(text);
    std::string_view word;
    do {
        if (!cursor.next(word)) return {};
    } while (index-- > 0);
    return word;
}

}  // namespace

Words::Words(std::string_view text) {
    WordCursor cursor(text);
    for (std::string_view word; cursor.next(word); ++size_) {
        if (size_ < kFew) {
            few_[size_] = word;
            continue;
        }
        if (size_ == kFew) many_.assign(few_.begin(), few_.end());
        many_.push_back(word);
    }
}

std::vector<std::string_view> Directive::arguments() const {
    const Words all = words();
    return {all.begin() + (all.empty() ? 0 : 1), all.end()};
}

std::string_view Directive::word(size_t index) const {
    return word_of(text(), index);
}

std::string_view Directive::keyword() const {
    return word_of(text(), 0);
}

size_t Directive::size() const {
    WordCursor cursor(text());
    size_t count = 0;
    for (std::string_view word; cursor.next(word);) ++count;
    return count;
}

std::string_view Directive::text() const {
    return node_of(*this).text();
}

std::string_view Directive::rest() const {
    std::string_view all = text();
    std::string_view first = word(0);
    auto behind = static_cast<size_t>(first.data() - all.data()) + first.size();
    std::string_view rest = all.substr(std::min(behind, all.size()));
    // The keyword itself may have been quoted.
    if (first.data() != all.data() && first.data()[-1] == '"' && rest.starts_with('"')) rest.remove_prefix(1);
    while (!rest.empty() && is_white(rest.front())) rest.remove_prefix(1);
    return rest;
}

bool Directive::has_block() const {
    return node_of(*this).has(Node::kBlock);
}
bool Directive::brace_missing() const {
    return node_of(*this).has(Node::kBraceMissing);
}
bool Directive::unclosed() const {
    return node_of(*this).has(Node::kUnclosed);
}
bool Directive::unmatched_quote() const {
    return node_of(*this).has(Node::kUnmatchedQuote);
}

DirectiveRange Directive::children() const {
    return {*document_, index_ + 1, node_of(*this).end};
}

Span Directive::span() const {
    const Document::Storage& storage = document_->storage();
    return storage.span(storage.locate(text()));
}

Span Directive::span(size_t word_index) const {
    if (word_index >= size()) return span();
    const Document::Storage& storage = document_->storage();
    return storage.span(storage.locate(word(word_index)));
}

DirectiveRange::Iterator& DirectiveRange::Iterator::operator++() {
    index_ = document_->storage().nodes[index_].end;
    return *this;
}

Document::Document() : storage_(std::make_unique<Storage>()) {}
Document::Document(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

DirectiveRange Document::directives() const {
    return {*this, 0, static_cast<uint32_t>(storage_->nodes.size())};
}

size_t Document::size() const {
    return storage_->nodes.size();
}

std::vector<std::string> Document::files() const {
    std::vector<std::string> names;
    names.reserve(storage_->sources.size());
    for (const auto& source : storage_->sources) names.push_back(source->name);
    return names;
}

bool Document::file_missing() const {
    return storage_->file_missing;
}

const std::vector<std::string>& Document::lost_files() const {
    return storage_->lost_files;
}

bool Document::is_blank() const {
    return storage_->is_blank;
}

Diagnostic Document::report(Severity severity, ReportClass report_class, const Directive& directive,
                            std::string message) const {
    return make_report(*storage_, severity, report_class, directive.text(), std::move(message));
}

Diagnostic Document::report(Severity severity, ReportClass report_class, const Directive& directive,
                            size_t word, std::string message) const {
    return report(severity, report_class, directive.text(), word, std::move(message));
}

Diagnostic Document::report(Severity severity, ReportClass report_class, std::string_view text, size_t word,
                            std::string message) const {
    if (word != kWholeText) {
        const std::string_view found = word_of(text, word);
        if (found.data() != nullptr) text = found;
    }
    return make_report(*storage_, severity, report_class, text, std::move(message));
}

Note Document::note(const Directive& directive, std::string message) const {
    return note(directive.text(), std::move(message));
}

Note Document::note(std::string_view text, std::string message) const {
    Origin place = storage_->locate(text);
    Note note{std::move(message), storage_->span(place), {}};
    if (place.source != nullptr) note.source_line = place.source->line(place.begin);
    return note;
}

SourcePosition Document::position(std::string_view text) const {
    return storage_->span(storage_->locate(text)).position;
}

void Document::forget(const Directive& first, const Directive& next, const FileReader& reader) const {
    storage_->forget(first.index(), next.index(), reader);
}

}  // namespace holdfast::config

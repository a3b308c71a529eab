#include <algorithm>

#include "holdfast/config/lexer.hpp"
#include "storage.hpp"

namespace holdfast::config {

namespace {

const Node& node_of(const Directive& directive) {
    return directive.document().storage().nodes[directive.index()];
}

}  // namespace

std::span<const std::string_view> Directive::words() const {
    const Node& node = node_of(*this);
    return {document_->storage().words.data() + node.first_word, node.word_count};
}

std::span<const std::string_view> Directive::arguments() const {
    return words().subspan(1);
}

std::string_view Directive::word(size_t index) const {
    std::span<const std::string_view> all = words();
    return index < all.size() ? all[index] : std::string_view{};
}

std::string_view Directive::text() const {
    const Node& node = node_of(*this);
    return {node.text, node.size};
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
    return (node_of(*this).flags & Node::kBlock) != 0;
}
bool Directive::brace_missing() const {
    return (node_of(*this).flags & Node::kBraceMissing) != 0;
}
bool Directive::unclosed() const {
    return (node_of(*this).flags & Node::kUnclosed) != 0;
}
bool Directive::unmatched_quote() const {
    return (node_of(*this).flags & Node::kUnmatchedQuote) != 0;
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

Diagnostic Document::report(Severity severity, ReportClass report_class, const Directive& directive,
                            std::string message) const {
    return make_report(*storage_, severity, report_class, directive.text(), std::move(message));
}

Diagnostic Document::report(Severity severity, ReportClass report_class, const Directive& directive,
                            size_t word, std::string message) const {
    if (word >= directive.size()) return report(severity, report_class, directive, std::move(message));
    return make_report(*storage_, severity, report_class, directive.word(word), std::move(message));
}

Note Document::note(const Directive& directive, std::string message) const {
    Place place = storage_->locate(directive.text());
    Note note{std::move(message), storage_->span(place), {}};
    if (place.source != nullptr) note.source_line = place.source->line(note.span.position.line);
    return note;
}

}  // namespace holdfast::config

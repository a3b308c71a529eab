#include "storage.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace holdfast::config {

namespace {

constexpr size_t kFirstChunk = 16384;
constexpr size_t kLargestChunk = size_t{1} << 20U;

}  // namespace

std::pair<uint32_t, uint32_t> Source::line_and_column(const char* at) const {
    if (line_starts.empty()) {
        line_starts.push_back(0);
        for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', end + 1)) {
            line_starts.push_back(static_cast<uint32_t>(end + 1));
        }
    }
    auto offset = static_cast<uint32_t>(at - text.data());
    auto after = std::ranges::upper_bound(line_starts, offset);
    auto number = static_cast<uint32_t>(after - line_starts.begin());
    return {number, offset - *std::prev(after) + 1};
}

std::string_view Source::line(uint32_t number) const {
    std::string_view rest = std::string_view(text).substr(line_starts[number - 1]);
    rest = rest.substr(0, rest.find('\n'));
    while (rest.ends_with('\r')) rest.remove_suffix(1);
    return rest;
}

Source& Document::Storage::add_source(Source source) {
    sources.push_back(std::make_unique<Source>(std::move(source)));
    Source& added = *sources.back();
    regions_[added.text.data()] = {added.text.data() + added.text.size(), &added, 0};
    return added;
}

std::string_view Document::Storage::generate(std::string_view text, std::span<const Piece> pieces,
                                             const char* used_at) {
    // One byte more than the text: no two texts touch, so every pointer belongs to one of them.
    if (chunks_.empty() || chunks_.back().size - chunks_.back().used < text.size() + 1) {
        size_t size = std::min(kFirstChunk << std::min<size_t>(chunks_.size(), 8), kLargestChunk);
        size = std::max(size, text.size() + 1);
        chunks_.push_back({std::make_unique_for_overwrite<char[]>(size), size, 0, generated_.size()});
        const char* begin = chunks_.back().bytes.get();
        regions_[begin] = {begin + size, nullptr, chunks_.size() - 1};
    }
    Chunk& chunk = chunks_.back();
    char* begin = chunk.bytes.get() + chunk.used;
    if (!text.empty()) std::memcpy(begin, text.data(), text.size());
    begin[text.size()] = '\0';
    chunk.used += text.size() + 1;
    generated_.push_back({begin, static_cast<uint32_t>(text.size()), static_cast<uint32_t>(pieces_.size()),
                          static_cast<uint32_t>(pieces.size()), used_at});
    pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
    return {begin, text.size()};
}

const Document::Storage::Region* Document::Storage::region_of(const char* at) const {
    auto after = regions_.upper_bound(at);
    if (after == regions_.begin()) return nullptr;
    const Region& region = std::prev(after)->second;
    return std::less_equal<>{}(at, region.end) ? &region : nullptr;
}

// The byte of a source behind `at`; with `end`, the byte behind the last one that `at` stands for.
const char* Document::Storage::resolve(const char* at, bool end, Place& place) const {
    // Generated text refers to older text only, so this ends.
    const Region* region = region_of(at);
    while (region != nullptr && region->source == nullptr) {
        size_t last = region->chunk + 1 < chunks_.size() ? chunks_[region->chunk + 1].first_generated
                                                         : generated_.size();
        auto first = generated_.begin() + static_cast<std::ptrdiff_t>(chunks_[region->chunk].first_generated);
        auto generated = std::prev(std::upper_bound(
            first, generated_.begin() + static_cast<std::ptrdiff_t>(last), at,
            [](const char* wanted, const Generated& candidate) { return wanted < candidate.begin; }));
        if (generated->used_at != nullptr && place.used_at == nullptr) place.used_at = generated->used_at;
        if (generated->piece_count == 0) return nullptr;
        auto offset = static_cast<uint32_t>(at - generated->begin);
        std::span<const Piece> pieces(&pieces_[generated->first_piece], generated->piece_count);
        const Piece& piece = *std::prev(std::ranges::upper_bound(pieces, offset, {}, &Piece::offset));
        if (piece.replaced == 0) {
            at = piece.source + (offset - piece.offset);
        } else {
            place.substituted = true;
            at = end ? piece.source + piece.replaced - 1 : piece.source;
        }
        region = region_of(at);
    }
    if (region == nullptr) return nullptr;
    place.source = region->source;
    return at;
}

Place Document::Storage::locate(std::string_view text) const {
    Place place;
    Place last;
    place.begin = resolve(text.data(), false, place);
    if (place.begin == nullptr) return {};
    const char* final_byte = text.empty() ? place.begin : resolve(text.data() + text.size() - 1, true, last);
    bool same_line = final_byte != nullptr && (last.source == place.source || text.empty()) &&
                     final_byte >= place.begin &&
                     std::memchr(place.begin, '\n', static_cast<size_t>(final_byte - place.begin)) == nullptr;
    place.length = same_line ? static_cast<uint32_t>(final_byte - place.begin + 1) : 1;
    place.substituted = place.substituted || last.substituted;
    return place;
}

Span Document::Storage::span(const Place& place) const {
    if (place.source == nullptr) return {};
    auto [line, column] = place.source->line_and_column(place.begin);
    return {{place.source->name, line, column}, place.length};
}

Diagnostic make_report(const Document::Storage& storage, Severity severity, ReportClass report_class,
                       std::string_view text, std::string message) {
    Diagnostic diagnostic{severity, report_class, std::move(message), {}, {}, {}, {}, {}};
    Place place = storage.locate(text);
    if (place.source == nullptr) return diagnostic;
    diagnostic.span = storage.span(place);
    diagnostic.source_line = place.source->line(diagnostic.span.position.line);
    if (place.used_at != nullptr) {
        Place use = storage.locate({place.used_at, 1});
        if (use.source != nullptr) {
            Span span = storage.span(use);
            diagnostic.note = Note{"used here", span, std::string(use.source->line(span.position.line))};
        }
    } else if (place.substituted) {
        diagnostic.note =
            Note{"its definitions replaced, this is `" + std::string(text.substr(0, 200)) + "`", {}, {}};
    }
    for (const Source* source = place.source; source->included_at != nullptr;) {
        Place include = storage.locate({source->included_at, 1});
        if (include.source == nullptr) break;
        diagnostic.included_from.push_back(storage.span(include).position);
        source = include.source;
    }
    return diagnostic;
}

}  // namespace holdfast::config

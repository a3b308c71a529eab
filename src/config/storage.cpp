#include "storage.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "holdfast/config/lexer.hpp"

namespace holdfast::config {

namespace {

constexpr size_t kFirstChunk = 16384;
constexpr size_t kLargestChunk = size_t{1} << 20U;
/// Giving memory back costs a system call, and what is small need not be given back at all.
constexpr size_t kForgetAtLeast = size_t{1} << 18U;

constexpr size_t kMostShown = 2000;

/// Whether a file is still what it was; nobody is kept from deceiving it. `text` is a multiple of 8 bytes.
uint64_t checksum(uint64_t sum, std::string_view text) {
    for (size_t at = 0; at + 8 <= text.size(); at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
        sum ^= sum >> 29U;
    }
    return sum;
}

}  // namespace

std::pair<uint32_t, uint32_t> Source::line_and_column(const char* at) const {
    const auto offset = static_cast<size_t>(at - text.data());
    if (line_starts_.empty() && offset >= known_start_) {
        while (known_until_ < offset) {
            const void* end = std::memchr(text.data() + known_until_, '\n', offset - known_until_);
            known_until_ = end == nullptr
                               ? offset
                               : static_cast<size_t>(static_cast<const char*>(end) - text.data()) + 1;
            if (end == nullptr) break;
            known_start_ = known_until_;
            ++known_line_;
        }
        return {known_line_, static_cast<uint32_t>(offset - known_start_ + 1)};
    }
    index_lines();
    if (lost_ && offset < forgotten_) return {0, 0};
    auto after = std::ranges::upper_bound(line_starts_, static_cast<uint32_t>(offset));
    auto number = static_cast<uint32_t>(after - line_starts_.begin());
    return {number, static_cast<uint32_t>(offset) - *std::prev(after) + 1};
}

void Source::index_lines() const {
    if (!line_starts_.empty()) return;
    need(0);
    line_starts_.push_back(0);
    for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', end + 1)) {
        line_starts_.push_back(static_cast<uint32_t>(end + 1));
    }
}

std::string_view Source::line(const char* at) const {
    const auto offset = static_cast<size_t>(at - text.data());
    need(offset);
    if (lost_ && offset < forgotten_) return {};
    // A line that nobody wrote by hand is not shown whole, and not at all when the place is far to the right.
    const std::string_view all = text;
    const std::string_view before =
        all.substr(offset - std::min(offset, kMostShown), std::min(offset, kMostShown));
    const size_t newline = before.rfind('\n');
    if (newline == std::string_view::npos && before.size() != offset) return {};
    const size_t start = newline == std::string_view::npos ? 0 : offset - before.size() + newline + 1;
    const std::string_view behind = all.substr(offset, kMostShown);
    std::string_view line = all.substr(start, offset - start + std::min(behind.find('\n'), behind.size()));
    while (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void Source::forget_before(const char* at, const FileReader& reader) {
    const auto end = static_cast<size_t>(at - text.data());
    if (remember_ || end < forgotten_ + kForgetAtLeast) return;
    // Lines are counted now, while the text is there.
    (void)line_and_column(at);
    static const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    const auto base = reinterpret_cast<uintptr_t>(text.data());
    const uintptr_t first = (base + forgotten_ + page - 1) / page * page;
    // The line of `at` stays whole.
    const uintptr_t last = (base + known_start_) / page * page;
    if (last <= first) return;
    if (reader_ == nullptr) {
        reader_ = &reader;
        forgotten_from_ = first - base;
    }
    const size_t from = first - base;
    const size_t size = last - first;
    sum_ = checksum(sum_, std::string_view(text).substr(from, size));
    ::madvise(reinterpret_cast<void*>(first), size, MADV_DONTNEED);
    forgotten_ = from + size;
}

// Somebody asks for text that was given back. It comes once more from the file, if that has not changed; else
// the bytes stay zero, and reports are without their line. From now on nothing more is given back: there may
// be many such reports.
void Source::need(size_t offset) const {
    if (offset >= forgotten_ || forgotten_ == 0 || remember_) return;
    remember_ = true;
    lost_ = true;
    Result<std::string> again = reader_->read(name);
    if (!again || again->size() != text.size()) return;
    const std::string_view part =
        std::string_view(*again).substr(forgotten_from_, forgotten_ - forgotten_from_);
    if (checksum(0, part) != sum_) return;
    std::memcpy(text.data() + forgotten_from_, part.data(), part.size());
    lost_ = false;
}

std::string_view Node::keyword() const {
    std::string_view word;
    if (!has(kStrayClose) && !has(kBareOpen)) WordCursor(text()).next(word);
    return word;
}

Source& Document::Storage::add_source(Source source) {
    sources.push_back(std::make_unique<Source>(std::move(source)));
    Source& added = *sources.back();
    regions_[added.text.data()] = {added.text.data() + added.text.size(), &added, 0};
    return added;
}

void Document::Storage::forget(uint32_t first, uint32_t last, const FileReader& reader) {
    const char* at = nodes[last].begin;
    nodes.forget(first, last);
    if (const Region* region = region_of(at); region != nullptr && region->source != nullptr)
        region->source->forget_before(at, reader);
}

void Document::Storage::recall(std::string_view text) const {
    const Origin place = locate(text);
    if (place.source != nullptr) (void)place.source->line(place.begin);
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
const char* Document::Storage::resolve(const char* at, bool end, Origin& place) const {
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

Origin Document::Storage::locate(std::string_view text) const {
    Origin place;
    Origin last;
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

Span Document::Storage::span(const Origin& place) const {
    if (place.source == nullptr) return {};
    auto [line, column] = place.source->line_and_column(place.begin);
    return {{place.source->name, line, column}, place.length};
}

Diagnostic make_report(const Document::Storage& storage, Severity severity, ReportClass report_class,
                       std::string_view text, std::string message) {
    Diagnostic diagnostic{severity, report_class, std::move(message), {}, {}, {}, {}, {}};
    Origin place = storage.locate(text);
    if (place.source == nullptr) return diagnostic;
    diagnostic.span = storage.span(place);
    diagnostic.source_line = place.source->line(place.begin);
    if (place.used_at != nullptr) {
        Origin use = storage.locate({place.used_at, 1});
        if (use.source != nullptr) {
            Span span = storage.span(use);
            diagnostic.note = Note{"used here", span, std::string(use.source->line(use.begin))};
        }
    } else if (place.substituted) {
        diagnostic.note =
            Note{"its definitions replaced, this is `" + std::string(text.substr(0, 200)) + "`", {}, {}};
    }
    for (const Source* source = place.source; source->included_at != nullptr;) {
        Origin include = storage.locate({source->included_at, 1});
        if (include.source == nullptr) break;
        diagnostic.included_from.push_back(storage.span(include).position);
        source = include.source;
    }
    return diagnostic;
}

}  // namespace holdfast::config

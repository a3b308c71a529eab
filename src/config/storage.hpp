// What a Document owns. Internal to the reader: the keyword layer sees Directive only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/syntax.hpp"

namespace holdfast::config {

/// One reading of one file. The text never moves: words point into it.
struct Source {
    std::string name;
    std::string text;
    std::string directory;                        ///< What its relative includes are relative to.
    const char* included_at = nullptr;            ///< The include line; null for a main file.
    uint32_t depth = 0;                           ///< Includes above it.
    mutable std::vector<uint32_t> line_starts{};  ///< Built when the first position is asked for.

    /// Line (from 1) and column (from 1) of a place in the text.
    std::pair<uint32_t, uint32_t> line_and_column(const char* at) const;
    std::string_view line(uint32_t number) const;
};

/// Where a run of generated text comes from.
struct Piece {
    uint32_t offset;  ///< In the generated text.
    /// Bytes of the reference the run replaces; 0 = the run is a copy, byte by byte.
    uint32_t replaced;
    const char* source;
};

/// One generated text: a line after substitution, a line of a multi-line definition, a cleaned line.
struct Generated {
    const char* begin;
    uint32_t size;
    uint32_t first_piece;
    uint32_t piece_count;
    const char* used_at;  ///< Where the multi-line definition is used whose line this is; may be null.
};

/// Where something was written.
struct Place {
    const Source* source = nullptr;
    const char* begin = nullptr;  ///< In the source's text.
    uint32_t length = 0;
    bool substituted = false;  ///< A definition produced it, or a part of it.
    const char* used_at = nullptr;
};

/// 24 bytes per directive, in reading order; a block's children follow it up to `end`.
struct Node {
    enum Flag : uint16_t {
        kBlock = 1,
        kBraceMissing = 2,
        kUnclosed = 4,
        kUnmatchedQuote = 8,
        kStrayClose = 16,  ///< Only while building.
        kBareOpen = 32,    ///< Only while building: `{` without a keyword.
    };
    const char* text;
    uint32_t size;
    uint32_t first_word;
    uint32_t end;
    uint16_t word_count;
    uint16_t flags;
};

struct Document::Storage {
    std::vector<std::unique_ptr<Source>> sources;
    std::vector<Node> nodes;
    std::vector<std::string_view> words;
    bool file_missing = false;

    Source& add_source(Source source);
    /// Keeps a copy of `text`; `pieces` covers it from offset 0 in rising order.
    std::string_view generate(std::string_view text, std::span<const Piece> pieces, const char* used_at);
    /// Follows generated text to what was written. `text` must be owned by this storage.
    Place locate(std::string_view text) const;
    /// As `locate`, for a report.
    Span span(const Place& place) const;

  private:
    struct Region {
        const char* end;
        const Source* source;  ///< Null for a chunk of generated text.
        size_t chunk;
    };
    struct Chunk {
        std::unique_ptr<char[]> bytes;
        size_t size;
        size_t used;
        size_t first_generated;
    };
    const char* resolve(const char* at, bool end, Place& place) const;
    const Region* region_of(const char* at) const;
    std::map<const char*, Region> regions_;
    std::vector<Chunk> chunks_;
    std::vector<Generated> generated_;
    std::vector<Piece> pieces_;
};

/// A report about `text`, which `storage` owns; fills everything but the suggestion.
Diagnostic make_report(const Document::Storage& storage, Severity severity, ReportClass report_class,
                       std::string_view text, std::string message);

}  // namespace holdfast::config

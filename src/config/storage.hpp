// What a Document owns. Internal to the reader: the keyword layer sees Directive only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/source.hpp"
#include "holdfast/config/syntax.hpp"

namespace holdfast::config {

/// One reading of one file. The text never moves: words point into it.
class Source {
  public:
    std::string name;
    mutable std::string text;
    std::string directory;              ///< What its relative includes are relative to.
    const char* included_at = nullptr;  ///< The include line; null for a main file.
    uint32_t depth = 0;                 ///< Includes above it.

    /// Line (from 1) and column (from 1) of a place in the text. Places in rising order cost what lies
    /// between them.
    std::pair<uint32_t, uint32_t> line_and_column(const char* at) const;
    /// The line around a place; empty when it was given back and the file is no longer what it was.
    std::string_view line(const char* at) const;

    /// Gives the memory of the text before `at` back to the system.
    void forget_before(const char* at, const FileReader& reader);

  private:
    void need(size_t offset) const;
    void index_lines() const;
    // A line that is known, and up to where its end was looked for, for what follows; the index of all lines
    // once somebody looks back.
    mutable size_t known_start_ = 0;
    mutable uint32_t known_line_ = 1;
    mutable size_t known_until_ = 0;
    mutable std::vector<uint32_t> line_starts_{};
    // The text in [forgotten_from_, forgotten_) is not in memory, unless it was needed again.
    size_t forgotten_from_ = 0;
    mutable size_t forgotten_ = 0;
    uint64_t sum_ = 0;  ///< Of the forgotten bytes.
    const FileReader* reader_ = nullptr;
    mutable bool remember_ = false;
    mutable bool lost_ = false;
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
struct Origin {
    const Source* source = nullptr;
    const char* begin = nullptr;  ///< In the source's text.
    uint32_t length = 0;
    bool substituted = false;  ///< A definition produced it, or a part of it.
    const char* used_at = nullptr;
};

/// 16 bytes per directive, in reading order; a block's children follow it up to `end`.
struct Node {
    enum Flag : uint32_t {
        kBlock = 1,
        kBraceMissing = 2,
        kUnclosed = 4,
        kUnmatchedQuote = 8,
        kStrayClose = 16,  ///< Only while building.
        kBareOpen = 32,    ///< Only while building: `{` without a keyword.
    };
    static constexpr uint32_t kFlagBits = 6;
    static constexpr size_t kMostText = (size_t{1} << (32U - kFlagBits)) - 1;

    const char* begin = nullptr;
    uint32_t end = 0;
    uint32_t size_and_flags = 0;

    static Node make(std::string_view text, uint32_t end, uint32_t flags) {
        const size_t size = text.size() < kMostText ? text.size() : kMostText;
        return {text.data(), end, static_cast<uint32_t>(size) << kFlagBits | flags};
    }
    std::string_view text() const { return {begin, size_and_flags >> kFlagBits}; }
    /// The first word; empty for the temporary kinds.
    std::string_view keyword() const;
    bool has(Flag flag) const { return (size_and_flags & flag) != 0; }
    void set(uint32_t flags) { size_and_flags |= flags; }
    void clear(uint32_t flags) { size_and_flags &= ~flags; }
};

/// The nodes, in pieces: growing copies nothing, and what has been used can be given back from the front.
class NodeList {
  public:
    size_t size() const { return size_; }
    const Node& back() const { return (*this)[size_ - 1]; }
    Node& operator[](size_t index) { return pieces_[index / kPiece][index % kPiece]; }
    const Node& operator[](size_t index) const { return pieces_[index / kPiece][index % kPiece]; }
    void push_back(const Node& node) {
        if (size_ % kPiece == 0) pieces_.push_back(std::make_unique_for_overwrite<Node[]>(kPiece));
        ++size_;
        (*this)[size_ - 1] = node;
    }
    /// Nodes from `first` to before `last` may be gone after that.
    void forget(size_t first, size_t last) {
        forgotten_ = std::max(forgotten_, (first + kPiece - 1) / kPiece);
        for (; (forgotten_ + 1) * kPiece <= last; ++forgotten_) pieces_[forgotten_].reset();
    }
    bool holds(size_t index) const { return pieces_[index / kPiece] != nullptr; }

  private:
    static constexpr size_t kPiece = 1024;
    std::vector<std::unique_ptr<Node[]>> pieces_;
    size_t size_ = 0;
    size_t forgotten_ = 0;
};

struct Document::Storage {
    std::vector<std::unique_ptr<Source>> sources;
    NodeList nodes;
    bool file_missing = false;
    std::vector<std::string> lost_files;
    bool is_blank = true;

    Source& add_source(Source source);
    void forget(uint32_t first, uint32_t last, const FileReader& reader);
    /// Brings text back that was given back, to be read again; it may have become empty.
    void recall(std::string_view text) const;
    /// Keeps a copy of `text`; `pieces` covers it from offset 0 in rising order.
    std::string_view generate(std::string_view text, std::span<const Piece> pieces, const char* used_at);
    /// Follows generated text to what was written. `text` must be owned by this storage.
    Origin locate(std::string_view text) const;
    /// As `locate`, for a report.
    Span span(const Origin& place) const;

  private:
    struct Region {
        const char* end;
        Source* source;  ///< Null for a chunk of generated text.
        size_t chunk;
    };
    struct Chunk {
        std::unique_ptr<char[]> bytes;
        size_t size;
        size_t used;
        size_t first_generated;
    };
    const char* resolve(const char* at, bool end, Origin& place) const;
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

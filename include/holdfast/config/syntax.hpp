// The block tree: what a configuration says before any keyword has a meaning. Every line of a block is a
// Directive of words; a directive followed by `{` owns the directives up to the matching `}`. Includes,
// conditions, definitions, repetition, comments and quotes are done with. List blocks (virtual_ipaddress ...)
// and keyword blocks look the same.
//
// Memory: words are views into the files, or into an arena where substitution made new text; all is owned by
// the Document, flat and in reading order. Positions are computed when somebody asks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/diagnostics.hpp"
#include "holdfast/config/source.hpp"

namespace holdfast::config {

class Document;
class DirectiveRange;

/// The words of a directive: views into its text, split when asked for, because keeping them would cost more
/// than the text itself. A contiguous range; a handful of words needs no memory.
class Words {
  public:
    explicit Words(std::string_view text);
    const std::string_view* begin() const { return data(); }
    const std::string_view* end() const { return data() + size_; }
    const std::string_view* data() const { return many_.empty() ? few_.data() : many_.data(); }
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::string_view operator[](size_t index) const { return data()[index]; }
    std::string_view front() const { return data()[0]; }
    /// The word, or an empty view.
    std::string_view at_or_empty(size_t index) const {
        return index < size_ ? data()[index] : std::string_view{};
    }

  private:
    static constexpr size_t kFew = 6;
    std::array<std::string_view, kFew> few_;
    size_t size_ = 0;
    std::vector<std::string_view> many_{};
};

/// One directive of a Document: a light handle, copied freely, valid as long as the Document (moving it is
/// fine only before handles are taken).
class Directive {
  public:
    Directive(const Document& document, uint32_t index) : document_(&document), index_(index) {}

    /// All words; the first is the keyword. Quotes are removed. Empty only for a block without a keyword, or
    /// a stray brace.
    Words words() const { return Words(text()); }
    /// The words after the keyword.
    std::vector<std::string_view> arguments() const;
    /// words()[index], or an empty view.
    std::string_view word(size_t index) const;
    std::string_view keyword() const;
    size_t size() const;

    /// The directive as written (comments removed, definitions replaced), for the readers of words.hpp.
    std::string_view text() const;
    /// text() after the keyword.
    std::string_view rest() const;

    /// It owns a block, possibly an empty one.
    bool has_block() const;
    /// The block has no `{`; LanguageOptions::expects_block said that it must have one. Reported by the
    /// reader: the reference finds one `}` too many in such a file, for list blocks as for keyword blocks.
    bool brace_missing() const;
    /// The file ended inside this block (reported by the reader).
    bool unclosed() const;
    /// The plain reader met a double quote without a partner and dropped the rest of the line, which is an
    /// error for every keyword but those read by words.hpp. The caller reports it: the reader only reports
    /// quotes that are not closed by any rule, and then this is false.
    bool unmatched_quote() const;

    DirectiveRange children() const;

    /// Where the directive, or one of its words, was written.
    Span span() const;
    Span span(size_t word) const;
    SourcePosition position() const { return span().position; }

    uint32_t index() const { return index_; }
    const Document& document() const { return *document_; }
    friend bool operator==(const Directive&, const Directive&) = default;

  private:
    const Document* document_;
    uint32_t index_;
};

/// The directives of a block, or of the file, in order. A forward range.
class DirectiveRange {
  public:
    class Iterator {
      public:
        using value_type = Directive;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using iterator_concept = std::forward_iterator_tag;
        Iterator() = default;
        Iterator(const Document* document, uint32_t index) : document_(document), index_(index) {}
        Directive operator*() const { return {*document_, index_}; }
        Iterator& operator++();
        Iterator operator++(int) {
            Iterator old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

      private:
        const Document* document_ = nullptr;
        uint32_t index_ = 0;
    };

    DirectiveRange(const Document& document, uint32_t first, uint32_t last)
        : document_(&document), first_(first), last_(last) {}
    Iterator begin() const { return {document_, first_}; }
    Iterator end() const { return {document_, last_}; }
    bool empty() const { return first_ == last_; }

  private:
    const Document* document_;
    uint32_t first_;
    uint32_t last_;
};

/// A whole configuration, read. Movable, not copyable.
class Document {
  public:
    Document();
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    ~Document();

    /// The directives outside every block. A `{` without a keyword is reported and makes no block.
    DirectiveRange directives() const;
    /// How many directives there are in all.
    size_t size() const;
    Directive directive(uint32_t index) const { return {*this, index}; }
    /// Every file that was read, in the order of reading, once per reading.
    std::vector<std::string> files() const;
    /// A required file was missing: a start ends with status 6.
    bool file_missing() const;
    /// What was said about included files that are named and could not be read, demanded or not.
    const std::vector<std::string>& lost_files() const;
    /// The files are empty, or have nothing but blanks in them.
    bool is_blank() const;

    /// A report about one word of a directive (or the whole of it), with its line, include chain, and a note
    /// that names the definition when substitution produced the text.
    Diagnostic report(Severity severity, ReportClass report_class, const Directive& directive,
                      std::string message) const;
    Diagnostic report(Severity severity, ReportClass report_class, const Directive& directive, size_t word,
                      std::string message) const;
    /// The same for the text of a directive whose handle is gone; kWholeText stands for all of it.
    static constexpr size_t kWholeText = static_cast<size_t>(-1);
    Diagnostic report(Severity severity, ReportClass report_class, std::string_view text, size_t word,
                      std::string message) const;
    /// "`message`" with the place of another directive, for Diagnostic::note.
    Note note(const Directive& directive, std::string message) const;
    Note note(std::string_view text, std::string message) const;
    SourcePosition position(std::string_view text) const;

    /// Everything from `first` to before `next`, which both stand outside every block, has been read for
    /// good: handles of it are void from now on. Its memory is given back, and the text of large files up to
    /// there; a report about such text, or a position in it, reads the file once more. `reader` must outlive
    /// the document.
    void forget(const Directive& first, const Directive& next, const FileReader& reader) const;

    struct Storage;  ///< Internal to src/config.
    explicit Document(std::unique_ptr<Storage> storage);
    const Storage& storage() const { return *storage_; }

  private:
    std::unique_ptr<Storage> storage_;
};

/// What a hostile or mistaken file may cost. Exceeding one gives one error and stops what exceeded it.
struct LanguageLimits {
    uint32_t include_depth = 32;
    uint32_t nesting = 64;                 ///< Blocks within blocks.
    uint32_t line_length = 1023;           ///< Bytes including the newline; keepalived's buffer.
    uint32_t expanded_line_length = 8191;  ///< After substitution.
    uint32_t substitutions_per_line = 1000;
    uint32_t repetitions = 1000000;  ///< Lines produced by ~SEQ, ~LST and multi-line definitions, in all.
    /// Of those lines, and of lines after substitution; a sixteenth of what substitution has to move counts
    /// too.
    uint32_t expanded_bytes = uint32_t{64} << 20U;
    uint32_t files = 10000;
    /// Names that the patterns of includes are compared with, in all.
    uint32_t file_names = 2000000;
    uint32_t total_bytes = uint32_t{256} << 20U;
    uint32_t directives = 10000000;  ///< In all. The reference has no such limits but its memory.
};

struct LanguageOptions {
    /// What `@id` compares with and `${_INSTANCE}` gives.
    std::string config_id;
    /// `-e`: every include is an `includea`.
    bool all_config = false;
    /// `${_ENV NAME}`; unset function or variable = empty text.
    std::function<std::optional<std::string>(std::string_view name)> environment;
    /// `${_RANDOM MIN MAX}`: a number in [min, max]. Unset = always `min`.
    std::function<uint64_t(uint64_t min, uint64_t max)> random;
    /// Whether a keyword inside a block of `parent` ("" = outside every block) must have a block. Asked only
    /// when the braces of the file do not match, to find the one that is missing. Unset = never.
    std::function<bool(std::string_view parent, std::string_view keyword)> expects_block;
    /// What a keyword is inside a block of `parent` ("" = outside every block; the entries of a list are
    /// unknown). Asked only when the braces do not match, to find the block that ends too late or too early.
    /// Unset = no such repair.
    enum class Standing : uint8_t { unknown, value, block };
    std::function<Standing(std::string_view parent, std::string_view keyword)> standing;
    LanguageLimits limits;
};

/// Reads the file, or the files a glob pattern matches, with everything they include. Always gives a tree:
/// what could be read stays. Problems of the language itself are added to `diagnostics`; unknown keywords and
/// missing opening braces are for the caller to report (Directive::has_block). `include_check` in global_defs
/// is obeyed here and its arguments are reported here.
Document load_document(const std::string& path, const LanguageOptions& options, const FileReader& reader,
                       Diagnostics& diagnostics);

/// The same for text that is not in a file; includes are relative to the working directory.
Document parse_document(std::string text, const std::string& name, const LanguageOptions& options,
                        const FileReader& reader, Diagnostics& diagnostics);

}  // namespace holdfast::config

// The `regex` of a url: a compiled PCRE2 pattern, and the search for it in an answer that arrives in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "holdfast/base/result.hpp"

namespace holdfast::check {

struct RegexSettings {
    std::string pattern{};
    uint32_t options = 0;      ///< PCRE2 compile options.
    uint32_t stack_start = 0;  ///< regex_stack; 0: a default.
    uint32_t stack_max = 0;
};

/// Immutable; one serves all probes of its url. A pattern that backtracks without end is given up after a
/// bounded number of steps and counts as not found.
class Regex {
  public:
    static Result<std::unique_ptr<const Regex>> compile(const RegexSettings& settings);
    ~Regex();
    Regex(const Regex&) = delete;
    Regex& operator=(const Regex&) = delete;

    struct Match {
        enum class Kind : uint8_t { none, partial, found };
        Kind kind = Kind::none;
        size_t start = 0;
    };
    /// The leftmost match at or after `from`. `partial`: the text ends within a possible match, and more may
    /// come; with `at_end` nothing more comes.
    Match find(std::span<const uint8_t> text, size_t from, bool at_end) const;
    /// How many bytes before a position a lookbehind may want to see.
    size_t lookbehind() const;
    /// The length of `text` without a UTF-8 character that has begun at its end (option utf).
    size_t whole_characters(std::span<const uint8_t> text) const;

  private:
    struct Parts;
    explicit Regex(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// Looks for a pattern in a text given piece by piece, keeping only what a match may still need.
class RegexSearch {
  public:
    /// A match counts when it starts at `min_offset` or later and not after `max_offset`, in bytes from the
    /// start of the text. `regex` must outlive the search.
    RegexSearch(const Regex& regex, size_t min_offset, std::optional<size_t> max_offset)
        : regex_(regex), min_offset_(min_offset), max_offset_(max_offset) {}

    void feed(std::span<const uint8_t> text);
    /// The text is complete.
    void finish();
    bool found() const { return found_; }

  private:
    void search(bool at_end);
    void keep_from(size_t position);

    const Regex& regex_;
    size_t min_offset_;
    std::optional<size_t> max_offset_;
    std::vector<uint8_t> held_;
    size_t held_at_ = 0;    ///< Offset of held_[0] in the text.
    size_t search_at_ = 0;  ///< Where in the text the next match may start.
    bool found_ = false;
    bool over_ = false;  ///< Nothing that follows can change the result.
};

}  // namespace holdfast::check

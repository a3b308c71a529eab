// The smallest parts of reading a line: comments, braces, words. All on views, nothing is copied unless an
// escape has to go. Every function is linear in the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

/// A line without its comment and without blanks around it. Escapes (`\#`, `\!`) are still in it, so that a
/// second look, after substitution, finds the same comment.
struct StrippedLine {
    std::string_view text;
    /// The offset in the given line of a double quote that nothing closes; npos when there is none.
    size_t open_quote = std::string_view::npos;
};

StrippedLine strip_comment(std::string_view line);

/// The first brace outside double quotes, from `from` on; npos when there is none.
size_t find_brace(std::string_view text, size_t from = 0);

/// The plain reader, word by word: words between white space, "..." grouped and unquoted, a quote always
/// starts or ends a word.
class WordCursor {
  public:
    explicit WordCursor(std::string_view text) : text_(text) {}
    /// False at the end, and at a quote without a partner: the text from there on is dropped.
    bool next(std::string_view& word);
    bool unmatched_quote() const { return unmatched_quote_; }

  private:
    std::string_view text_;
    size_t at_ = 0;
    bool unmatched_quote_ = false;
};

/// All words at once. Appends to `words`; false when a quote had no partner.
bool split_words(std::string_view text, std::vector<std::string_view>& words);

/// True when clean_text() would change something.
bool needs_cleaning(std::string_view text);

/// Removes the backslash of `\#` and `\!` outside double quotes and the blanks before a backslash that ends
/// the text (keepalived reads `priority 10 \` as `priority 10\`). `origin` receives for each byte of the
/// result its offset in `text`.
std::string clean_text(std::string_view text, std::vector<size_t>& origin);

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}
/// What separates words: also form feed, vertical tab and carriage return.
constexpr bool is_white(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Without blanks and tabs in front and behind.
std::string_view trim(std::string_view text);

}  // namespace holdfast::config

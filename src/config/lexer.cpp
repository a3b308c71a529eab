#include "holdfast/config/lexer.hpp"

namespace holdfast::config {

namespace {
constexpr size_t kNone = std::string_view::npos;
}  // namespace

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

StrippedLine strip_comment(std::string_view line) {
    size_t quote = kNone;
    size_t at = line.find_first_of("!#\"\\");
    while (at != kNone) {
        char c = line[at];
        if (c == '"') {
            quote = quote == kNone ? at : kNone;
        } else if (c == '\\') {
            ++at;  // Whatever follows is not a quote and starts no comment.
        } else if (quote == kNone) {
            line = line.substr(0, at);
            break;
        }
        at = line.find_first_of("!#\"\\", at + 1);
    }
    return {trim(line), quote};
}

size_t find_brace(std::string_view text, size_t from) {
    size_t at = text.find_first_of("{}\"", from);
    while (at != kNone && text[at] == '"') {
        size_t close = text.find('"', at + 1);
        if (close == kNone) return kNone;
        at = text.find_first_of("{}\"", close + 1);
    }
    return at;
}

bool WordCursor::next(std::string_view& word) {
    const char* const begin = text_.data();
    const size_t size = text_.size();
    size_t at = at_;
    while (at < size && is_white(begin[at])) ++at;
    at_ = at;
    if (at == size) return false;
    if (begin[at] == '"') {
        size_t close = text_.find('"', at + 1);
        if (close == kNone) {
            unmatched_quote_ = true;
            at_ = size;
            return false;
        }
        word = {begin + at + 1, close - at - 1};
        at_ = close + 1;
        return true;
    }
    while (at < size && !is_white(begin[at]) && begin[at] != '"') ++at;
    word = {begin + at_, at - at_};
    at_ = at;
    return true;
}

bool split_words(std::string_view text, std::vector<std::string_view>& words) {
    WordCursor cursor(text);
    for (std::string_view word; cursor.next(word);) words.push_back(word);
    return !cursor.unmatched_quote();
}

bool needs_cleaning(std::string_view text) {
    for (size_t at = text.find('\\'); at != kNone; at = text.find('\\', at + 1)) {
        if (at + 1 == text.size()) return at > 0 && is_blank(text[at - 1]);
        if (text[at + 1] == '#' || text[at + 1] == '!') return true;
    }
    return false;
}

std::string clean_text(std::string_view text, std::vector<size_t>& origin) {
    std::string clean;
    bool quoted = false;
    auto take = [&](size_t at) {
        clean += text[at];
        origin.push_back(at);
    };
    for (size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (c == '"') quoted = !quoted;
        if (c != '\\') {
            take(at);
        } else if (at + 1 == text.size()) {
            while (!clean.empty() && is_blank(clean.back())) {
                clean.pop_back();
                origin.pop_back();
            }
            take(at);
        } else {
            bool comment_sign = text[at + 1] == '#' || text[at + 1] == '!';
            if (quoted || !comment_sign) take(at);
            take(++at);
        }
    }
    return clean;
}

}  // namespace holdfast::config

#include "holdfast/config/words.hpp"

#include <cstdint>

namespace holdfast::config {

namespace {

constexpr std::string_view kBlanks = " \t\f\n\r\v";

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

char named_escape(char c) {
    switch (c) {
        case 'a':
            return '\a';
        case 'b':
            return '\b';
        case 'E':
            return '\x1b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'v':
            return '\v';
        default:
            return c;
    }
}

// Reads one escape; `at` is behind the backslash and in range, and is moved behind the escape.
char read_escape(std::string_view text, size_t& at) {
    auto digit = [&](size_t i) { return i < text.size() ? hex_value(text[i]) : -1; };
    if (text[at] == 'x' && digit(at + 1) >= 0) {
        int value = digit(++at);
        if (digit(++at) >= 0) value = value * 16 + digit(at++);
        return static_cast<char>(value);
    }
    if (text[at] == 'c' && at + 1 < text.size()) {
        char control = static_cast<char>(static_cast<unsigned char>(text[at + 1]) & 0x1fU);
        at += 2;
        return control;
    }
    if (is_octal(text[at])) {
        unsigned value = 0;
        for (size_t end = at + 3; at < end && at < text.size() && is_octal(text[at]); ++at) {
            value = value * 8 + static_cast<unsigned>(text[at] - '0');
        }
        return static_cast<char>(value & 0xffU);
    }
    return named_escape(text[at++]);
}

Result<std::vector<std::string>> read_words(std::string_view text, bool replace_escapes) {
    std::vector<std::string> words;
    size_t at = text.find_first_not_of(kBlanks);
    while (at < text.size()) {
        std::string word;
        char quote = '\0';
        while (at < text.size() && (quote != '\0' || kBlanks.find(text[at]) == std::string_view::npos)) {
            char c = text[at++];
            if (c == '\\') {
                if (at == text.size()) return fail("nothing follows the backslash at the end");
                if (replace_escapes) {
                    word += read_escape(text, at);
                } else {
                    word += c;
                    word += text[at++];
                }
            } else if (quote == '\0' && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == quote) {
                quote = '\0';
            } else {
                word += c;
            }
        }
        if (quote != '\0') return fail(std::string("the closing ") + quote + " is missing");
        words.push_back(std::move(word));
        at = text.find_first_not_of(kBlanks, at);
    }
    return words;
}

}  // namespace

Result<std::vector<std::string>> read_quoted(std::string_view text) {
    return read_words(text, false);
}

Result<std::vector<std::string>> read_escaped(std::string_view text) {
    return read_words(text, true);
}

Result<CommandLine> split_command(std::string_view raw) {
    Result<std::vector<std::string>> words = read_quoted(raw);
    if (!words) return Failure(std::move(words.error()));
    if (words->empty()) return fail("the command is missing");
    Result<std::vector<std::string>> argv = read_escaped(words->front());
    if (!argv) return Failure(std::move(argv.error()));
    if (argv->empty()) return fail("the command is empty");
    CommandLine line{std::move(*argv), {}};
    line.extra.assign(std::make_move_iterator(words->begin() + 1), std::make_move_iterator(words->end()));
    return line;
}

}  // namespace holdfast::config

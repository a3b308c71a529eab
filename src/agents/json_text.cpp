#include "holdfast/agents/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace holdfast::agents {

namespace {

/// The length of the UTF-8 character at the beginning of `text`; 0 when there is none (RFC 3629, section 4).
size_t character_length(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    const uint8_t first = byte(0);
    if (first < 0x80) return 1;
    size_t length = 0;
    if (first >= 0xc2 && first <= 0xdf) length = 2;
    if (first >= 0xe0 && first <= 0xef) length = 3;
    if (first >= 0xf0 && first <= 0xf4) length = 4;
    if (length == 0 || text.size() < length) return 0;
    for (size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0U) != 0x80U) return 0;
    const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool surrogate = first == 0xed && byte(1) > 0x9f;
    const bool too_large = first == 0xf4 && byte(1) > 0x8f;
    return overlong || surrogate || too_large ? 0 : length;
}

bool is_special(char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\';
}

void append_character(std::string& out, std::string_view character) {
    switch (character[0]) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (static_cast<uint8_t>(character[0]) < 0x20 || character[0] == 0x7f) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint8_t>(character[0]));
    } else {
        out += character;
    }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        // Nearly everything needs no second look.
        const auto plain = static_cast<size_t>(std::ranges::find_if(text, is_special) - text.begin());
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) break;
        const size_t length = character_length(text);
        if (length == 0) {
            out += "\xef\xbf\xbd";
        } else {
            append_character(out, text.substr(0, length));
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

JsonText& JsonText::key(std::string_view name) {
    if (!fresh_) out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
    fresh_ = true;
    return *this;
}

JsonText& JsonText::text(std::string_view value) {
    if (!fresh_) out_ += ',';
    append_json_string(out_, value);
    fresh_ = false;
    return *this;
}

JsonText& JsonText::seconds(Duration value) {
    return raw(fmt::format("{:.6f}", to_seconds(value)));
}

JsonText& JsonText::open(char bracket) {
    if (!fresh_) out_ += ',';
    out_ += bracket;
    fresh_ = true;
    return *this;
}

JsonText& JsonText::close(char bracket) {
    out_ += bracket;
    fresh_ = false;
    return *this;
}

JsonText& JsonText::raw(std::string_view value) {
    if (!fresh_) out_ += ',';
    out_ += value;
    fresh_ = false;
    return *this;
}

}  // namespace holdfast::agents

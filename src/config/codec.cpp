#include "holdfast/config/codec.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>

namespace holdfast::config {
namespace {

// The number at the front of a text, in the manner of strtol(3): blanks, sign, digits.
struct Leading {
    bool digits = false;  ///< At least one digit was there.
    bool negative = false;
    bool overflow = false;
    bool trailing = false;  ///< Something follows the number.
    uint64_t magnitude = 0;
};

Leading leading_number(std::string_view text, int base) {
    Leading result;
    size_t at = text.find_first_not_of(" \t");
    if (at == std::string_view::npos) return result;
    if (text[at] == '-' || text[at] == '+') result.negative = text[at++] == '-';
    if (base == 0) {
        base = 10;
        if (at < text.size() && text[at] == '0') {
            base = 8;
            if (at + 2 < text.size() && (text[at + 1] | 0x20) == 'x') {
                base = 16;
                at += 2;
            }
        }
    }
    for (; at < text.size(); ++at) {
        const char c = text[at];
        int digit = 99;
        if (c >= '0' && c <= '9')
            digit = c - '0';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (c | 0x20) - 'a' + 10;
        if (digit >= base) break;
        result.digits = true;
        const uint64_t next = result.magnitude * static_cast<uint64_t>(base) + static_cast<uint64_t>(digit);
        if (result.magnitude > (UINT64_MAX - static_cast<uint64_t>(digit)) / static_cast<uint64_t>(base))
            result.overflow = true;
        result.magnitude = next;
    }
    result.trailing = at < text.size();
    return result;
}

std::string not_a_number(const Leading& number, bool used) {
    if (!number.digits) return "is not a number";
    return used ? "is not a plain number; only its beginning is used" : "is not a plain number";
}

}  // namespace

Parsed<int64_t> parse_integer(std::string_view text, int64_t min, int64_t max, Lenient lenient, int base) {
    const Leading number = leading_number(text, base);
    Parsed<int64_t> result;
    const bool fits =
        number.digits && !number.overflow && number.magnitude <= static_cast<uint64_t>(INT64_MAX);
    const int64_t value = !fits             ? 0
                          : number.negative ? -static_cast<int64_t>(number.magnitude)
                                            : static_cast<int64_t>(number.magnitude);
    const bool in_range = fits && value >= min && value <= max;
    if (!number.digits || number.trailing) {
        const bool use = in_range && lenient == Lenient::yes;
        result.problem = not_a_number(number, use);
        if (use) result.value = value;
    } else if (!in_range) {
        result.problem = fmt::format("is outside {}..{}", min, max);
    } else {
        result.value = value;
    }
    return result;
}

Parsed<uint64_t> parse_unsigned(std::string_view text, uint64_t min, uint64_t max, Lenient lenient,
                                int base) {
    const Leading number = leading_number(text, base);
    Parsed<uint64_t> result;
    const bool in_range = number.digits && !number.overflow && !number.negative && number.magnitude >= min &&
                          number.magnitude <= max;
    if (!number.digits || number.trailing) {
        const bool use = in_range && lenient == Lenient::yes;
        result.problem = not_a_number(number, use);
        if (use) result.value = number.magnitude;
    } else if (!in_range) {
        result.problem = number.negative ? "is negative" : fmt::format("is outside {}..{}", min, max);
    } else {
        result.value = number.magnitude;
    }
    return result;
}

Parsed<uint64_t> parse_decimal(std::string_view text, uint64_t min, uint64_t max, int digits,
                               Lenient lenient) {
    Parsed<uint64_t> result;
    if (text.starts_with('-')) {
        result.problem = "is negative";
        return result;
    }
    uint64_t value = 0;
    bool overflow = false;
    auto push = [&](uint64_t digit) {
        if (value > (UINT64_MAX - digit) / 10) overflow = true;
        value = value * 10 + digit;
    };
    size_t at = 0;
    size_t seen = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++seen)
        push(static_cast<uint64_t>(text[at] - '0'));
    int decimals = 0;
    bool too_many = false;
    bool round_up = false;
    if (at < text.size() && text[at] == '.') {
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++seen) {
            if (decimals < digits) {
                push(static_cast<uint64_t>(text[at] - '0'));
                ++decimals;
            } else {
                if (!too_many) round_up = text[at] >= '5';
                too_many = true;
            }
        }
    }
    for (; decimals < digits; ++decimals) push(0);
    if (round_up) ++value;

    const bool plain = seen != 0 && at == text.size();
    const bool in_range = seen != 0 && !overflow && value >= min && value <= max;
    if (!plain) {
        const bool use = in_range && lenient == Lenient::yes;
        result.problem = seen == 0 ? "is not a number"
                         : use     ? "is not a plain number; only its beginning is used"
                                   : "is not a plain number";
        if (use) result.value = value;
        return result;
    }
    if (!in_range) {
        result.problem =
            value == 0 && !overflow && min == 1 ? "must be more than 0"
            : max >= UINT64_MAX - 1
                ? "is too large"
                : fmt::format("is outside {}..{}", format_decimal(min, digits), format_decimal(max, digits));
        return result;
    }
    if (too_many) result.problem = fmt::format("has more than {} decimals; it is rounded", digits);
    result.value = value;
    return result;
}

std::string format_decimal(uint64_t value, int digits) {
    uint64_t scale = 1;
    for (int i = 0; i < digits; ++i) scale *= 10;
    std::string text = fmt::format("{}", value / scale);
    if (value % scale == 0) return text;
    text += fmt::format(".{:0{}}", value % scale, digits);
    while (text.back() == '0') text.pop_back();
    return text;
}

std::optional<bool> parse_boolean(std::string_view text) {
    if (text == "on" || text == "true" || text == "yes") return true;
    if (text == "off" || text == "false" || text == "no") return false;
    return std::nullopt;
}

std::optional<IpAddress> parse_address(std::string_view text) {
    const size_t end = text.find('-') != std::string_view::npos ? text.find('-') : text.find('/');
    return IpAddress::parse(text.substr(0, end));
}

std::optional<std::vector<uint8_t>> parse_hex(std::string_view text, std::vector<uint8_t>* mask) {
    std::vector<uint8_t> bytes;
    std::vector<uint8_t> masks;
    bool wildcard = false;
    bool half = false;
    // A digit that stands alone is a whole byte: "1 2" is 01 02.
    auto finish_half = [&] {
        if (!half) return;
        bytes.back() = static_cast<uint8_t>(bytes.back() >> 4U);
        masks.back() = static_cast<uint8_t>(masks.back() >> 4U | 0xf0U);
        half = false;
    };
    for (const char c : text) {
        if (c == ' ' || c == '\t') {
            finish_half();
            continue;
        }
        uint8_t nibble = 0;
        uint8_t nibble_mask = 0xf;
        if (c >= '0' && c <= '9') {
            nibble = static_cast<uint8_t>(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            nibble = static_cast<uint8_t>((c | 0x20) - 'a' + 10);
        } else if (mask != nullptr && (c | 0x20) == 'x') {
            nibble_mask = 0;
            wildcard = true;
        } else {
            return std::nullopt;
        }
        if (!half) {
            bytes.push_back(static_cast<uint8_t>(nibble << 4U));
            masks.push_back(static_cast<uint8_t>(nibble_mask << 4U));
        } else {
            bytes.back() = static_cast<uint8_t>(bytes.back() | nibble);
            masks.back() = static_cast<uint8_t>(masks.back() | nibble_mask);
        }
        half = !half;
    }
    finish_half();
    if (bytes.empty()) return std::nullopt;
    if (mask != nullptr) *mask = wildcard ? masks : std::vector<uint8_t>{};
    return bytes;
}

std::string quoted(std::string_view word) {
    const bool plain = !word.empty() && word.find_first_of(" \t#!{}\\~@$") == std::string_view::npos;
    return plain ? std::string(word) : fmt::format("\"{}\"", word);
}

std::string escaped_argument(std::string_view argument) {
    if (argument.empty()) return "''";
    std::string text;
    for (const char c : argument) {
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
            text += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            if (c == ' ' || c == '\t' || c == '\'' || c == '"' || c == '\\') text += '\\';
            text += c;
        }
    }
    return text;
}

bool valid_interface_name(std::string_view name) {
    if (name.empty() || name.size() > 15 || name == "." || name == "..") return false;
    return name.find_first_of("/: \t\n\v\f\r") == std::string_view::npos;
}

}  // namespace holdfast::config

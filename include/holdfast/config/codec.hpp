// How a value is written: each codec reads the words of a keyword into a typed field and writes it back, and
// one undoes the other. A codec reports what is wrong with a value itself, in the words of the file, and
// leaves the field alone when the value cannot be used. Ranges are inclusive.
//
// Numbers follow keepalived 2.4.3: a value outside its range is always refused; trailing garbage ("10x",
// "5s") is reported, and for most keywords (`Lenient::yes`) the leading number is used all the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/config/diagnostics.hpp"

namespace holdfast::config {

enum class Lenient : uint8_t { no, yes };

/// A value, a complaint, or both.
template <class T>
struct Parsed {
    std::optional<T> value;
    std::string problem;  ///< Empty = fine. Starts lower case, without the value's keyword.
};

/// A decimal integer; base 0 also takes 0x and leading-zero octal.
Parsed<int64_t> parse_integer(std::string_view text, int64_t min, int64_t max, Lenient lenient,
                              int base = 10);
Parsed<uint64_t> parse_unsigned(std::string_view text, uint64_t min, uint64_t max, Lenient lenient,
                                int base = 10);

/// A decimal fraction with up to `digits` decimals, in units of 10^-digits; more decimals are reported and
/// rounded.
Parsed<uint64_t> parse_decimal(std::string_view text, uint64_t min, uint64_t max, int digits,
                               Lenient lenient);
/// The inverse: "2.5", "10", without trailing zeros.
std::string format_decimal(uint64_t value, int digits);

/// on, yes, true / off, no, false; nothing for anything else.
std::optional<bool> parse_boolean(std::string_view text);

/// `ADDR`; nothing when it is none. keepalived cuts a range or mask off ("10.0.0.1-5", "10.0.0.1/24"): so do
/// we.
std::optional<IpAddress> parse_address(std::string_view text);

/// Hex digits, two per byte, with blanks between; a lone digit is a byte of its own. `mask` (when not null)
/// allows x and X as a wildcard digit and gets 0 there; it stays empty when there is none. Nothing for
/// another character.
std::optional<std::vector<uint8_t>> parse_hex(std::string_view text, std::vector<uint8_t>* mask);

/// A word as it must be written to be read back as one word: quoted when it holds a blank or a special
/// character.
std::string quoted(std::string_view word);
/// One argument of a command, for use inside the outer quotes of a script value.
std::string escaped_argument(std::string_view argument);

/// The name of an interface: 1 to 15 bytes, no slash, colon or blank, not "." or "..".
bool valid_interface_name(std::string_view name);

}  // namespace holdfast::config

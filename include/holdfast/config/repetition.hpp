// `~SEQ(var, start, step, end)` and `~LST(var, a, b)`: a line said once per value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/base/result.hpp"

namespace holdfast::config {

/// One repetition, parsed. It is a counter or a list, so that a long sequence takes no memory.
struct Repetition {
    std::vector<std::string_view> names;                ///< The variables it sets; one for ~SEQ.
    std::vector<std::vector<std::string_view>> values;  ///< ~LST: for each turn one value per name.
    int64_t start = 0;                                  ///< ~SEQ
    int64_t step = 1;
    uint64_t count = 0;  ///< Turns, of either kind; at least one.
    bool hexadecimal = false;
    std::string_view rest;  ///< The text to repeat, without blanks in front.

    /// The value of names[name] in a turn below `count`.
    std::string value(uint64_t turn, size_t name) const;
};

/// Whether a line is a repetition.
constexpr bool is_repetition(std::string_view line) {
    return line.starts_with("~SEQ") || line.starts_with("~LST");
}
/// The numbers of a ~SEQ may be definitions: the part of the line to replace them in, empty for a ~LST.
std::string_view sequence_parameters(std::string_view line);

/// Reads a line that is_repetition(). `parameters` is sequence_parameters(line) after substitution, from
/// behind the variable's comma up to and including the closing parenthesis.
Result<Repetition> parse_repetition(std::string_view line, std::string_view parameters);

}  // namespace holdfast::config

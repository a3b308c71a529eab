// The second and third reader of a line. The block tree splits every line with the plain reader (blanks
// separate, double quotes group, no escapes). Scripts and regular expressions are read again from the raw
// text of the line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "holdfast/base/result.hpp"

namespace holdfast::config {

/// Words grouped by '...' and "..."; a backslash and its character stay as they are, for a second split.
/// Fails on a missing closing quote or a backslash at the end.
Result<std::vector<std::string>> read_quoted(std::string_view text);

/// Words grouped by '...' and "..."; escapes are replaced: \a \b \E (ESC) \f \n \r \t \v, \NNN (1 to 3 octal
/// digits),
/// \xHH (1 or 2 hex digits), \cX (control character), any other \C is C. Inside both kinds of quotes too.
Result<std::vector<std::string>> read_escaped(std::string_view text);

/// How the command of a keyword is written.
enum class CommandStyle {
    script,  ///< `script`, `misc_path`, `startup_script`, `shutdown_script`, `*_fifo_script`
    notify,  ///< `notify*`, `notify_up`, `notify_down`, `quorum_up`, `quorum_down`
};

/// The argv of a script-type value from the raw text after its keyword. A command may be written as words or
/// inside one outer pair of quotes. Fails when it is empty or a quote is not closed.
Result<std::vector<std::string>> split_command(std::string_view raw, CommandStyle style);

}  // namespace holdfast::config

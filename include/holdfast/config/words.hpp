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

/// A script-type value: `notify_master COMMAND [USER [GROUP]]`, `script COMMAND`.
struct CommandLine {
    std::vector<std::string> argv;   ///< At least one word.
    std::vector<std::string> extra;  ///< Words after the command: user and group for the notify family.
    friend bool operator==(const CommandLine&, const CommandLine&) = default;
};

/// Reads the raw text after a script-type keyword (Directive::rest). The first word by read_quoted() is the
/// command, so a command with arguments is written inside one pair of quotes; read_escaped() splits it into
/// argv. Words after it are `extra`: keepalived 2.4.3 never takes them for arguments. Fails when there is no
/// command or a quote is not closed.
Result<CommandLine> split_command(std::string_view raw);

}  // namespace holdfast::config

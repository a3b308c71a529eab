// Several directives on one line, as copied from a web page that has lost its line ends, written as they must
// be. Internal to config/.
#pragma once

#include <string>

#include "holdfast/config/keyword.hpp"
#include "holdfast/config/syntax.hpp"

namespace holdfast::config {

/// The directive of `block` with its own block, one directive per line, indented; at most some dozen lines.
std::string unfold(const Block& block, const Directive& directive);

}  // namespace holdfast::config

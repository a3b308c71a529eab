// Rules of our own that must hold, in release builds too. A broken rule is a bug in Holdfast, never bad
// input: the process reports it and aborts, because a restart is better than a wrong Master.
#pragma once

#include "holdfast/base/result.hpp"

namespace holdfast {

/// Writes "FILE:LINE: broken rule: RULE" to standard error and aborts.
[[noreturn]] void broken_rule(const char* rule, CodePosition where);

/// Aborts unless `holds`. `rule` says in words what was promised.
constexpr void require(bool holds, const char* rule, CodePosition where = CodePosition::here()) {
    if (!holds) [[unlikely]]
        broken_rule(rule, where);
}

}  // namespace holdfast

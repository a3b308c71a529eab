// What this version reads without acting on it. One list serves two readers: the log at start and reload (one
// warning per row that is used), and docs/compatibility.md. A row goes away when its keyword takes effect.
#pragma once

#include <span>
#include <string_view>

#include "holdfast/app/logging.hpp"
#include "holdfast/config/config.hpp"

namespace holdfast::app {

struct Limit {
    /// Keywords as `block/keyword`, separated by blanks; a trailing `*` stands for everything that begins so.
    std::string_view keywords;
    std::string_view note;  ///< What happens instead.
    Part part = Part::daemon;
    /// Whether a configuration uses it; null when using it needs no warning (it changes nothing anybody would
    /// miss).
    bool (*used)(const config::Config&) = nullptr;
    std::string_view shown{};  ///< What the log says has no effect, where `used` is given.
};

std::span<const Limit> limits();

/// Writes one warning per row that the configuration uses and `before`, if there is one, did not.
void warn_of_limits(const config::Config& config, const config::Config* before, Log& log);

}  // namespace holdfast::app

// A whole run of the daemon, from the parsed command line to the exit status: start, signals, stop.
// (`-t` is config_test.hpp.)
#pragma once

#include <span>
#include <string>

#include "holdfast/app/options.hpp"

namespace holdfast::app {

/// keepalived's exit statuses (compat/runtime.md, section 3).
namespace exit_status {
inline constexpr int kOk = 0;
inline constexpr int kFatal = 1;
inline constexpr int kConfig = 2;
inline constexpr int kNoPermission = 4;
inline constexpr int kNoConfigFile = 6;
}  // namespace exit_status

/// Runs until told to stop. `command_line` is for the log.
int run_daemon(const Options& options, std::span<const std::string> command_line);

}  // namespace holdfast::app

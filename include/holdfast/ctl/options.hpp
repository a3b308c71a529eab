// holdctl's command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "holdfast/agents/control_protocol.hpp"

namespace holdfast::ctl {

/// What holdctl exits with.
namespace exit_status {
inline constexpr int kOk = 0;
inline constexpr int kRefused = 1;   ///< The daemon says no: reload refused, name unknown, plan impossible.
inline constexpr int kUsage = 2;     ///< Wrong command line.
inline constexpr int kNoDaemon = 3;  ///< Nobody listens, or the daemon died or hangs.
inline constexpr int kNotPermitted = 4;  ///< The socket is there and not for us.
}  // namespace exit_status

enum class Colour : uint8_t { automatic, always, never };

struct Options {
    agents::ControlRequest request{};
    std::optional<std::string> socket{};  ///< -s, or what -p or -i mean.
    std::optional<uint32_t> process{};    ///< --process
    bool json = false;
    bool metrics = false;  ///< The command is `metrics`: a status, shown in another way.
    Colour colour = Colour::automatic;
    std::optional<std::chrono::milliseconds> watch{};  ///< status --watch[=SECONDS]
};

struct ParsedCommand {
    std::optional<Options> options{};  ///< Unset: print `output` and leave with `status`.
    int status = exit_status::kOk;
    std::string output{};  ///< For standard output when `status` is 0, else for standard error.
};

/// `directory` is where a relative file name of `plan` begins.
ParsedCommand parse_command(std::span<const std::string> arguments, const std::string& directory);

std::string help_text();

}  // namespace holdfast::ctl

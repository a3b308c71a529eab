// Going into the background as keepalived does: one fork, setsid, chdir to /, standard streams to /dev/null.
// The parent leaves as soon as it has forked, before the child is ready (the reference's timing; systemd
// units use -n).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "holdfast/base/result.hpp"

namespace holdfast::app {

inline constexpr uint32_t kDefaultUmask = 0177;

enum class Role : uint8_t { parent, child };

/// Forks. The parent gets Role::parent and must leave with status 0 without running destructors that remove
/// files (PidFiles::abandon). The child comes back only when its old parent is gone. Called before any thread
/// exists.
Result<Role> daemonize();

/// Points descriptors 0, 1 and 2 that are closed at /dev/null, so that no later descriptor becomes "standard
/// output".
Result<> ensure_standard_streams();

/// -t=FILE: appends what goes to standard error to a file (created with mode 0644 less the umask, links are
/// not followed).
Result<> redirect_standard_error(const std::string& path);

/// Sets the file creation mask and returns the old one.
uint32_t set_umask(uint32_t mask);
/// A number as in C, 0..0777; nothing otherwise.
std::optional<uint32_t> parse_umask(std::string_view text);

/// Raises the core size limit (-m) and, with a pattern (-M), writes /proc/sys/kernel/core_pattern. The
/// machine has only one pattern: it gets its old one back when this goes.
class CoreDumps {
  public:
    CoreDumps() = default;
    static Result<CoreDumps> enable(std::optional<std::string_view> pattern);
    CoreDumps(CoreDumps&& other) noexcept : old_pattern_(std::exchange(other.old_pattern_, std::nullopt)) {}
    CoreDumps& operator=(CoreDumps&& other) noexcept {
        std::swap(old_pattern_, other.old_pattern_);
        return *this;
    }
    ~CoreDumps();

  private:
    std::optional<std::string> old_pattern_;
};

}  // namespace holdfast::app

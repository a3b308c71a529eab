// Ping sockets need leave: the groups in net.ipv4.ping_group_range, which are none at first.
#pragma once

#include <optional>
#include <string>

namespace holdfast::io {

/// Widens the range down to group 0 (root's) when a ping socket is refused, as keepalived does for
/// PING_CHECK, and puts it back when destroyed. The upper end stays.
class PingPermission {
  public:
    PingPermission() = default;
    PingPermission(const PingPermission&) = delete;
    PingPermission& operator=(const PingPermission&) = delete;
    ~PingPermission();

    /// Whether it is worth another try. Tried once.
    bool ask();

  private:
    std::optional<std::string> before_;
    bool asked_ = false;
};

/// "0 1000" for "1 1000", what is written to let group 0 in; nothing when `range` lets it in already or is
/// not a range.
std::optional<std::string> widened_ping_range(const std::string& range);

}  // namespace holdfast::io

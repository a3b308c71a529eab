// The language of the control socket, without sockets: one request is one line of JSON, and so is each
// answer. Both ends use this header. docs/control-socket.md is the manual, docs/status.schema.json the shape
// of `status`.
//
//     -> {"command":"why","name":"VI_1"}
//     <- {"name":"VI_1","kind":"vrrp_instance","state":"MASTER", ...}
//     <- {"error":"not_found","message":"..."}              instead, when it cannot be answered
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/base/result.hpp"

namespace holdfast::agents {

/// The number in every `status` answer; raised when a member changes its meaning or goes away.
inline constexpr int kControlSchema = 1;

/// A request with two file names in it is shorter.
inline constexpr size_t kLongestRequest = 16384;

enum class ControlCommand : uint8_t { version, status, why, events, reload, plan };

/// "status", ...
std::string_view to_string(ControlCommand command);

struct ControlRequest {
    ControlCommand command = ControlCommand::status;
    std::string name{};               ///< why: whose state.
    std::string file{};               ///< plan: another file than the configured one; an absolute path.
    std::optional<uint32_t> count{};  ///< events: how many of the latest; unset = all that are kept.
    bool follow = false;              ///< events: go on with those to come.
    friend bool operator==(const ControlRequest&, const ControlRequest&) = default;
};

/// Of one line, without its newline. The error is a sentence for whoever has sent it.
Result<ControlRequest> parse_request(std::string_view line);
/// A line that parse_request understands, with its newline.
std::string to_line(const ControlRequest& request);

/// Why a request is not answered. `code` is for programs.
struct ControlError {
    std::string code;  ///< bad_request, not_found, not_permitted, not_ready, busy
    std::string message;
};
/// With its newline.
std::string to_line(const ControlError& error);

/// Cuts what arrives into lines. Holds twice the longest line at most.
class LineBuffer {
  public:
    explicit LineBuffer(size_t longest = kLongestRequest) : longest_(longest) {}

    /// False when a line, or all that wait together, grew beyond the limit: the sender is to be dropped.
    bool add(std::string_view bytes);
    /// The next whole line, without its newline and a carriage return before it.
    std::optional<std::string> next();
    bool has_line() const { return buffer_.find('\n') != std::string::npos; }

  private:
    size_t longest_;
    std::string buffer_;
};

/// Where a daemon listens: beside its main pid file, `.sock` in place of `.pid` (or behind the name, when it
/// ends otherwise).
std::string control_socket_path(std::string_view main_pid_file);

}  // namespace holdfast::agents

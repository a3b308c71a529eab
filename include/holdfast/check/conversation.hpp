// A checker's talk with a server: bytes in, bytes and a verdict out. A conversation owns no socket and no
// clock; the driver in app/ connects, does TLS, keeps the time limit and closes, the same way for every kind
// of checker.
//
// The driver's contract:
//  1. It asks `transport()` and connects to `settings().destination`, TLS included, within
//     `settings().timeout`. When that does not work it calls `failed`.
//  2. It calls `connected`, then `received` for each run of bytes (stream) or each datagram, `closed` when
//     the other side ended the stream, `failed` when the connection broke. After each call it sends what was
//     appended to `out` (a stream: these bytes; datagrams: one datagram) and does what the step says.
//  3. The time limit starts with `connected` and anew with every step that asks for it, but never ends later
//     than kLongestTalk times the limit after `connected`. When it passes, `timed_out` gives the verdict.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "holdfast/check/memory.hpp"
#include "holdfast/check/settings.hpp"

namespace holdfast::check {

enum class Transport : uint8_t { tcp, tls, udp, ping };

/// However often a conversation asks for more time: a server that drips one byte now and then ends as well.
inline constexpr int kLongestTalk = 10;

/// What a probe found.
struct Outcome {
    bool good = false;
    /// For the log. Of a failure: "HTTP status code error to", what the kind's line in checker_lines.cpp
    /// makes of it. Of a success: what was looked at ("MD5 digest"), told while the checker is down.
    std::string reason{};
    /// The rest of the line about a success, behind the server's name: " url(/)".
    std::string detail{};
    /// Worth a line of its own although it decides nothing; the rest of "http_check for RS R VS V".
    std::string remark{};
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Why there is no connection, or no longer.
enum class Trouble : uint8_t {
    refused,      ///< The server's kernel said no, or a router did.
    unreachable,  ///< This host has no way to send to it.
    timed_out,    ///< Not connected, or TLS not agreed on, within the limit.
    handshake,    ///< TLS could not be agreed on.
    broken,       ///< The connection stood and broke: reset, or an ICMP error about a datagram.
};

struct Failure {
    Trouble trouble = Trouble::broken;
    int os_error = 0;  ///< errno, 0 when there is none.
    std::string text{};
};

struct Step {
    enum class Next : uint8_t {
        wait,       ///< For more bytes, within the current time limit.
        wait_anew,  ///< For more bytes, and the time limit starts again.
        reconnect,  ///< Close, then connect again (the next url of an HTTP_GET); `connected` follows.
        done,       ///< Close; `outcome` is the result.
    };
    Next next = Next::wait;
    Outcome outcome;

    static Step wait() { return {}; }
    static Step wait_anew() { return {Next::wait_anew, {}}; }
    static Step reconnect() { return {Next::reconnect, {}}; }
    static Step good() { return {Next::done, {true, {}, {}, {}}}; }
    static Step bad(std::string reason) { return {Next::done, {false, std::move(reason), {}, {}}}; }
};

using Bytes = std::vector<uint8_t>;

class Conversation {
  public:
    virtual ~Conversation() = default;

    virtual Transport transport() const = 0;
    virtual const ConnectSettings& settings() const = 0;
    /// Name for TLS server name indication; empty = none.
    virtual std::string server_name() const { return {}; }
    /// Whether TLS is ended with close_notify (tls_compliant).
    virtual bool ends_tls_properly() const { return false; }
    /// Datagrams: whether ICMP errors about the path (host or network unreachable) count, not only a closed
    /// port.
    virtual bool minds_path_errors() const { return false; }

    /// The connection stands (and TLS on it); for datagrams: the socket does.
    virtual Step connected(Bytes& out) = 0;
    virtual Step received(std::span<const uint8_t> bytes, Bytes& out) = 0;
    /// The other side ended the stream.
    virtual Step closed() { return Step::bad("connection closed by the server"); }
    /// There is no connection, or no longer; `done` always follows.
    virtual Step failed(const Failure& failure) { return Step::bad(failure.text); }
    /// The time limit passed; `done` always follows.
    virtual Step timed_out() { return Step::bad("timeout"); }
};

/// A new conversation for one probe of this checker; null for those without one: MISC_CHECK, FILE_CHECK,
/// BFD_CHECK. Both arguments must outlive it; `memory` may be null when needs_memory says so.
std::unique_ptr<Conversation> make_conversation(const Checker& checker, ProbeMemory* memory);

}  // namespace holdfast::check

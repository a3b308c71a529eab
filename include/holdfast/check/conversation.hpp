// A checker's talk with a server: bytes in, bytes and a verdict out. A conversation owns no socket and no
// clock; the driver in app/ connects, does TLS, keeps the time limit and closes, the same way for every kind
// of checker.
//
// The driver's contract:
//  1. It asks `transport()` and connects to `settings().destination`. When that fails or takes longer than
//     `settings().timeout`, the probe has failed and the conversation is dropped.
//  2. It calls `connected`, then `received` for each run of bytes (stream) or each datagram, `closed` when
//  the other
//     side ended the stream. After each call it sends what was appended to `out` and does what the step says.
//  3. The time limit starts anew with every step that asks for it. When it passes, `timed_out` gives the
//  verdict.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "holdfast/check/settings.hpp"

namespace holdfast::check {

enum class Transport : uint8_t { tcp, tls, udp, ping };

/// What a probe found. `reason` is for the log: "HTTP status 503", "connection refused".
struct Outcome {
    bool good = false;
    std::string reason;
    friend bool operator==(const Outcome&, const Outcome&) = default;
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
    static Step good() { return {Next::done, {true, {}}}; }
    static Step bad(std::string reason) { return {Next::done, {false, std::move(reason)}}; }
};

using Bytes = std::vector<uint8_t>;

class Conversation {
  public:
    virtual ~Conversation() = default;

    virtual Transport transport() const = 0;
    virtual const ConnectSettings& settings() const = 0;
    /// Name for TLS server name indication; empty = none.
    virtual std::string server_name() const { return {}; }

    /// The connection stands (and TLS on it).
    virtual Step connected(Bytes& out) = 0;
    virtual Step received(std::span<const uint8_t> bytes, Bytes& out) = 0;
    /// The other side ended the stream, or its host said the port is closed (datagrams).
    virtual Step closed() { return Step::bad("connection closed by the server"); }
    /// The time limit passed; `done` always follows.
    virtual Step timed_out() { return Step::bad("timeout"); }
};

/// A new conversation for one probe of this checker; null for those without one: MISC_CHECK, FILE_CHECK,
/// BFD_CHECK and kinds this build does not carry out (docs/compatibility.md).
std::unique_ptr<Conversation> make_conversation(const Checker& checker);

}  // namespace holdfast::check

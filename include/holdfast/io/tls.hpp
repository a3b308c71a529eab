// TLS for outgoing connections, on any Streams: the records go through memory, so nothing here touches a
// socket and a simulated stream does as well. OpenSSL stays in tls.cpp.
#pragma once

#include <memory>
#include <string>

#include "holdfast/io/streams.hpp"
#include "holdfast/io/timer.hpp"

namespace holdfast::io {

/// What a client shows of itself; empty: nothing. Paths of PEM files.
struct TlsFiles {
    std::string certificate{};
    std::string key{};
    std::string password{};  ///< Of the key.
    std::string authorities{};
};

/// What all connections of one configuration share. Servers' certificates are not verified, as in keepalived:
/// a check asks whether the service answers. Nothing is kept of earlier sessions.
class TlsContext {
  public:
    /// Fails when a file cannot be used; the message says which.
    static Result<std::unique_ptr<const TlsContext>> make(const TlsFiles& files);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// OpenSSL's own object.
    void* native() const { return native_; }

  private:
    explicit TlsContext(void* native) : native_(native) {}
    void* native_;
};

struct TlsRequest {
    ConnectRequest connect{};   ///< Its timeout is for connecting and the handshake together.
    std::string server_name{};  ///< For SNI; empty: none is sent.
    /// Whether our end says close_notify (RFC 8446, 6.1) before it closes. Without, the connection just ends.
    bool says_goodbye = false;
};

/// A connection whose on_connected comes after the handshake, and whose bytes are those inside of TLS.
/// on_closed comes with the server's close_notify; a stream that just ends is StreamFailure::other, because
/// what came may be cut short. StreamFailure::handshake when TLS could not be agreed on, refused when the
/// server resets before it is. `streams`, `timers` and `context` must outlive it.
std::unique_ptr<Connection> connect_tls(Streams& streams, TimerQueue& timers, const TlsContext& context,
                                        const TlsRequest& request, StreamHandler& handler);

}  // namespace holdfast::io

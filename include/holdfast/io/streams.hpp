// Outgoing stream connections. `Streams` is an edge: a simulation replaces it with servers made of values.
// The real one is io/socket_streams.hpp. TLS will be a decorator with this same interface around another
// Streams: it needs nothing from a connection but the bytes, so conversations do not change.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "holdfast/base/address.hpp"
#include "holdfast/base/result.hpp"
#include "holdfast/base/time.hpp"

namespace holdfast::io {

/// Where to connect, and from where.
struct ConnectRequest {
    Endpoint destination{};
    std::optional<Endpoint> bind{};  ///< Own address; port 0 lets the kernel choose.
    std::string
        bind_interface{};        ///< SO_BINDTODEVICE, and the zone of a link-local destination; empty: none.
    uint32_t firewall_mark = 0;  ///< SO_MARK, 0: none.
    Duration timeout = std::chrono::seconds(5);  ///< For the connect alone: from connect() to on_connected.
    friend bool operator==(const ConnectRequest&, const ConnectRequest&) = default;
};

/// Why there is no connection.
enum class StreamFailure : uint8_t {
    refused,             ///< The peer's kernel said no.
    timeout,             ///< No answer within ConnectRequest::timeout, or the kernel gave up earlier.
    unreachable,         ///< No route, or a router or neighbour resolution says so.
    out_of_descriptors,  ///< We lack a descriptor, memory or buffers. Says nothing about the peer: never
                         ///< count it down.
    other,               ///< Anything else: cannot bind, reset, refused by a local firewall.
};

std::string_view to_string(StreamFailure failure);

/// Who is told. Every call is the last thing the connection does, so the handler may destroy it from inside;
/// no call follows the destruction. No call is made from inside connect(), send() or close_gracefully().
class StreamHandler {
  public:
    virtual ~StreamHandler() = default;
    virtual void on_connected() = 0;
    /// Bytes as they come; valid during the call.
    virtual void on_data(std::span<const uint8_t> data) = 0;
    /// The peer sent its end of stream. The last call.
    virtual void on_closed() = 0;
    /// The connect or, after on_connected, the connection failed. The last call.
    virtual void on_failed(const Error& error, StreamFailure reason) = 0;
};

/// One connection, or an attempt at one. Destroying it cancels the attempt or closes the socket at once.
class Connection {
  public:
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection() = default;

    /// Sends, or keeps for later what does not fit into the socket buffer; before on_connected it keeps all.
    /// After close_gracefully() or the last call to the handler it does nothing.
    virtual void send(std::span<const uint8_t> data) = 0;
    /// Sends our end of stream after what is queued. on_closed follows when the peer does likewise.
    virtual void close_gracefully() = 0;
};

/// Makes connections.
class Streams {
  public:
    Streams() = default;
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;
    virtual ~Streams() = default;

    /// Starts to connect. Never fails here: what goes wrong is told to `handler`, which must outlive the
    /// connection.
    virtual std::unique_ptr<Connection> connect(const ConnectRequest& request, StreamHandler& handler) = 0;
};

}  // namespace holdfast::io

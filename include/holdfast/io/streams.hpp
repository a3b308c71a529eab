// Outgoing connections: streams, and datagrams exchanged with one peer. `Streams` is an edge: a simulation
// replaces it with servers made of values. The real one is io/socket_streams.hpp; TLS on any of them is
// io/tls.hpp.
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
    not_started,         ///< Nothing was sent: cannot bind, no such interface, a local firewall. Says nothing
                         ///< about the peer either.
    handshake,           ///< Connected, but TLS could not be agreed on.
    other,               ///< Anything else: reset, broken.
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

/// With whom to exchange datagrams, and from where.
struct DatagramRequest {
    enum class Kind : uint8_t {
        udp,
        ping,  ///< ICMP or ICMPv6 echo, by a ping socket (icmp(7)): the kernel sets identifier and checksum.
    };
    Kind kind = Kind::udp;
    Endpoint destination{};
    std::optional<Endpoint> bind{};  ///< As in ConnectRequest.
    std::string bind_interface{};
    uint32_t firewall_mark = 0;
    /// Whether ICMP errors about the path count as failures, not only "port unreachable" (IP_RECVERR).
    bool path_errors = false;
    friend bool operator==(const DatagramRequest&, const DatagramRequest&) = default;
};

/// Who is told; the rules are StreamHandler's.
class DatagramHandler {
  public:
    virtual ~DatagramHandler() = default;
    /// One datagram of the peer (ping: the ICMP message), cut at 64 KiB; valid during the call.
    virtual void on_datagram(std::span<const uint8_t> datagram) = 0;
    /// There is no socket, sending failed, or an ICMP error came. The last call.
    virtual void on_failed(const Error& error, StreamFailure reason) = 0;
};

/// A socket that exchanges datagrams with one peer. Destroying it closes it.
class Datagrams {
  public:
    Datagrams() = default;
    Datagrams(const Datagrams&) = delete;
    Datagrams& operator=(const Datagrams&) = delete;
    virtual ~Datagrams() = default;

    /// Sends one datagram now; what the kernel cannot take is lost.
    virtual void send(std::span<const uint8_t> datagram) = 0;
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

    /// Opens a socket for datagrams; what goes wrong is told to `handler`, which must outlive it. Null where
    /// there is no such thing, as in a simulation of streams alone.
    virtual std::unique_ptr<Datagrams> open_datagrams(const DatagramRequest& request,
                                                      DatagramHandler& handler);
};

}  // namespace holdfast::io

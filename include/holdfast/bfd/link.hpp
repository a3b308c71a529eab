// The edge between BFD and the wire: UDP datagrams in and out (RFC 5881, section 4). kernel/ implements it
// with sockets, a simulation with a virtual network.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "holdfast/base/address.hpp"
#include "holdfast/base/result.hpp"

namespace holdfast::bfd {

/// Names an open channel; never reused while the Link lives.
struct ChannelId {
    uint32_t value = 0;
    constexpr explicit operator bool() const { return value != 0; }
    friend constexpr auto operator<=>(const ChannelId&, const ChannelId&) = default;
};

/// What the sending socket of one session is bound to. Its source port is one of 49152..65535 and stays the
/// same as long as the channel is open.
struct ChannelSettings {
    IpAddress neighbor;
    std::optional<IpAddress> source;  ///< The kernel's choice when unset.
    uint8_t ttl = 255;
    bool multihop = false;
    friend bool operator==(const ChannelSettings&, const ChannelSettings&) = default;
};

struct ReceivedDatagram {
    IpAddress source;
    IpAddress destination;
    uint8_t ttl = 0;  ///< 0 when the kernel did not tell.
    bool multihop = false;
    std::span<const uint8_t> payload;  ///< Lives during the call only.
};

class Link {
  public:
    using ReceiveHandler = std::function<void(const ReceivedDatagram&)>;

    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    virtual ~Link() = default;

    /// Opens a session's sending socket, and the listening socket of its family and port if it is the first.
    /// Fails when the source address is not there, or the port is another program's.
    virtual Result<ChannelId> open_channel(const ChannelSettings& settings) = 0;
    /// Also closes the listening socket that nobody needs any more.
    virtual void close_channel(ChannelId channel) = 0;
    virtual Result<> send(ChannelId channel, std::span<const uint8_t> packet) = 0;
    /// Called for every datagram, whatever session it belongs to. Set once, before the first channel.
    virtual void on_receive(ReceiveHandler handler) = 0;
};

}  // namespace holdfast::bfd

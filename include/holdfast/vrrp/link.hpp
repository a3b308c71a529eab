// The edge between VRRP and the wire: adverts in and out, gratuitous ARP and unsolicited neighbour
// advertisements out. The composition owns one `Link`. kernel/ implements it with raw sockets; the simulation
// with a virtual network. Nothing here waits: `send` and `announce` queue, `flush` hands the queues to the
// kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "holdfast/base/address.hpp"
#include "holdfast/base/result.hpp"
#include "holdfast/base/time.hpp"

namespace holdfast::vrrp {

/// The IP protocol numbers of adverts: bare, and behind an authentication header (AuthType::header, IPv4
/// only).
inline constexpr uint8_t kProtocolVrrp = 112;
inline constexpr uint8_t kProtocolAuthenticationHeader = 51;

/// Names an open channel. Never reused while the Link lives; 0 names none.
struct ChannelId {
    uint32_t value = 0;
    constexpr explicit operator bool() const { return value != 0; }
    friend constexpr auto operator<=>(const ChannelId&, const ChannelId&) = default;
};

/// What one pair of raw sockets (receive, send) is bound to. Two Virtual Routers whose settings are equal
/// share one channel: the caller opens it once and dispatches received frames by VRID.
struct ChannelSettings {
    Family family = Family::ipv4;
    uint8_t protocol = kProtocolVrrp;  ///< kProtocolVrrp or kProtocolAuthenticationHeader.
    /// The interface sent from and received on (SO_BINDTODEVICE); none only for unicast with a source
    /// address.
    InterfaceIndex interface;
    std::string interface_name;  ///< For error texts and SO_BINDTODEVICE.
    /// Joined on `interface` and sent to; unset for a unicast channel.
    std::optional<IpAddress> multicast_group;
    /// Where the group is joined besides, if that can be done: the base of a VMAC whose own reports are kept
    /// off the wire, so that switches hear of the group there. 0 = nowhere.
    InterfaceIndex join_also{};
    /// The unicast source bound to; unset for multicast, whose source travels with every packet (`send`).
    std::optional<IpAddress> bind_address;
    friend bool operator==(const ChannelSettings&, const ChannelSettings&) = default;
};

/// How a packet leaves. IPv4 packets carry TOS 0xc0 and IPv6 packets traffic class 0xc0 always; multicast
/// does not loop back and is not routed. The Link writes the IP header; it computes the checksum of IPv6
/// packets at offset 6 (IPV6_CHECKSUM). `source` may change from packet to packet without reopening the
/// channel.
struct SendOptions {
    IpAddress source;
    IpAddress destination;
    uint8_t ttl = 255;  ///< Hop limit in IPv6.
    /// The identification of the IPv4 header, which an authentication header covers; 0 = chosen by the Link.
    uint16_t ip_id = 0;
};

/// One received packet. The payload is the bytes after the IP header (IPv4: after its options; with protocol
/// 51 it begins with the authentication header); it lives only during the call.
struct ReceivedFrame {
    IpAddress source;
    IpAddress destination;
    uint8_t ttl = 0;           ///< TTL or hop limit; 0 when the kernel did not tell: multicast refuses it.
    bool multicast = false;    ///< The destination is a multicast address.
    InterfaceIndex interface;  ///< Where it came in.
    std::span<const uint8_t> payload;
    /// How long it has lain in the socket, where packets may wait (`Link::set_patience`); otherwise zero.
    Duration waited{};
    /// IPv4 only: the total length field of the IP header less the header's own length, that is what
    /// `payload` should measure. 0 in IPv6, where the kernel has cut the payload to size.
    uint16_t announced_payload_length = 0;
    /// IPv4 only: the IP header as received, which the authentication header covers; empty in IPv6.
    std::span<const uint8_t> ip_header;
};

/// One gratuitous ARP request (IPv4) or unsolicited neighbour advertisement (IPv6) to be sent (protocol.md
/// section 4).
struct Announcement {
    InterfaceIndex interface;
    IpAddress address;
    MacAddress mac;  ///< The link-layer address announced; all zero = the interface's own, asked by the Link.
    bool router = false;  ///< IPv6: the router flag.
    /// The interface whose spacing holds (`garp_interval`, `garp_group`): a VMAC's base. 0 = `interface`
    /// itself.
    InterfaceIndex paced_by{};
    friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// The two sockets of a channel, as numbers for the log and the data dump; -1 = no such thing.
struct ChannelDescriptors {
    int receive = -1;
    int send = -1;
};

/// Errors are values, and a failed send is also an ordinary event: what cannot leave is dropped and counted
/// by the implementation, because VRRP repeats itself.
class Link {
  public:
    using ReceiveHandler = std::function<void(ChannelId, const ReceivedFrame&)>;
    /// Tells that sending on a channel failed: errno, once per change of errno and channel, nothing after
    /// success.
    using SendErrorHandler = std::function<void(ChannelId, const IpAddress& destination, int os_error)>;
    /// Tells of each announcement as it leaves.
    using AnnouncedHandler = std::function<void(const Announcement&)>;

    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    virtual ~Link() = default;

    /// Opens the sockets and joins the group. Fails when the interface is gone, the group cannot be joined,
    /// or the process may not open raw sockets.
    virtual Result<ChannelId> open_channel(const ChannelSettings& settings) = 0;
    /// Leaves the group and closes. Queued packets of the channel are sent first. Unknown ids are ignored.
    virtual void close_channel(ChannelId channel) = 0;
    /// Sets the size of the channel's receive buffer in bytes, as SO_RCVBUF does; 0 = the kernel's default.
    /// Unknown ids are ignored, and so is everything where packets wait in no buffer.
    virtual void resize_receive_buffer(ChannelId /*channel*/, uint32_t /*bytes*/) {}

    /// Lets packets of the channel wait for up to `patience` so that several are read at once; `packets` is
    /// how many may come meanwhile. Zero, the default: each is read when it comes. Only an allowance: who has
    /// no room for so many packets, or no use for it, does without.
    virtual void set_patience(ChannelId /*channel*/, Duration /*patience*/, size_t /*packets*/) {}
    /// Reads and reports what waits on channels with patience: before anybody believes that nothing has come.
    /// Not from within a receive handler.
    virtual void catch_up() {}

    /// Called for every packet received on any channel, from within the event loop. Set once before the first
    /// channel.
    virtual void on_receive(ReceiveHandler handler) = 0;
    virtual void on_send_error(SendErrorHandler handler) = 0;
    /// Only set for a detailed log: telling of each announcement of a long burst takes its time.
    virtual void on_announced(AnnouncedHandler /*handler*/) {}
    virtual ChannelDescriptors descriptors(ChannelId /*channel*/) const { return {}; }

    /// Copies `packet` into the channel's queue; it leaves at `flush`, or earlier when the queue is full.
    /// Does not allocate once the queue has its size.
    virtual void send(ChannelId channel, const SendOptions& options, std::span<const uint8_t> packet) = 0;
    /// Queues `repeat` rounds over `batch` (all addresses, then all again). They leave at `flush`. Fails only
    /// when no socket for announcements can be had; an interface that is down drops silently.
    virtual Result<> announce(std::span<const Announcement> batch, uint32_t repeat) = 0;
    /// Drops what still waits (spaced by garp_interval or gna_interval) for these addresses: their instance
    /// leaves Master.
    virtual void cancel_announcements(std::span<const Announcement> batch) = 0;
    /// Hands everything queued to the kernel, in the order queued per channel. Called once at the end of each
    /// turn of the loop, and by whoever needs a packet out before the next step (priority 0 before the
    /// addresses go).
    virtual void flush() = 0;
    /// Reads and reports, through the receive handler, whatever the channels have queued. Called after a
    /// stall, before timers expire.
    virtual void drain() = 0;
};

}  // namespace holdfast::vrrp

#include "holdfast/kernel/bfd_link.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "holdfast/bfd/packet.hpp"
#include "holdfast/io/socket_address.hpp"

namespace holdfast::kernel {

namespace {

/// RFC 5881, section 4.
constexpr uint16_t kFirstSourcePort = 49152;
constexpr uint32_t kSourcePorts = 65536 - kFirstSourcePort;
/// Datagrams taken from one socket in a turn of the loop, so that a flood starves nobody.
constexpr int kDatagramsPerTurn = 64;

uint16_t port_of(bool multihop) {
    return multihop ? bfd::kMultihopPort : bfd::kSingleHopPort;
}

IpAddress any_address(Family family) {
    constexpr std::array<uint8_t, 16> kZeros{};
    return *IpAddress::from_bytes(std::span(kZeros).first(family == Family::ipv4 ? 4 : 16));
}

Result<> set_option(const io::Fd& socket, int level, int option, int value, const char* name) {
    if (setsockopt(socket.get(), level, option, &value, sizeof value) != 0) return fail_errno(name, errno);
    return {};
}

template <class T>
T content(const cmsghdr* part) {
    T value;
    std::memcpy(&value, CMSG_DATA(part), sizeof value);
    return value;
}

void read_control(msghdr& message, bfd::ReceivedDatagram& datagram) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        const bool v4 = part->cmsg_level == IPPROTO_IP;
        const bool v6 = part->cmsg_level == IPPROTO_IPV6;
        if ((v4 && part->cmsg_type == IP_TTL) || (v6 && part->cmsg_type == IPV6_HOPLIMIT)) {
            datagram.ttl = static_cast<uint8_t>(content<int>(part));
        } else if (v4 && part->cmsg_type == IP_PKTINFO) {
            const auto info = content<in_pktinfo>(part);
            datagram.destination =
                *IpAddress::from_bytes({reinterpret_cast<const uint8_t*>(&info.ipi_addr), 4});
        } else if (v6 && part->cmsg_type == IPV6_PKTINFO) {
            const auto info = content<in6_pktinfo>(part);
            datagram.destination =
                *IpAddress::from_bytes({reinterpret_cast<const uint8_t*>(&info.ipi6_addr), 16});
        }
    }
}

}  // namespace

BfdLink::BfdLink(io::EventLoop& loop, std::function<double()> random)
    : loop_(loop), random_(std::move(random)) {}

BfdLink::~BfdLink() = default;

void BfdLink::on_receive(ReceiveHandler handler) {
    handler_ = std::move(handler);
}

Result<bfd::ChannelId> BfdLink::open_channel(const bfd::ChannelSettings& settings) {
    auto sender = open_sender(settings);
    if (!sender) return Failure(std::move(sender.error()));
    const ListenerKey key{settings.neighbor.family(), settings.multihop};
    if (const auto listening = listen(key); !listening) return Failure(listening.error());
    ++listeners_[key].users;
    const bfd::ChannelId id{++last_id_};
    channels_.emplace(id.value, Channel{*std::move(sender), settings});
    return id;
}

void BfdLink::close_channel(bfd::ChannelId channel) {
    const auto at = channels_.find(channel.value);
    if (at == channels_.end()) return;
    const auto listener =
        listeners_.find({at->second.settings.neighbor.family(), at->second.settings.multihop});
    channels_.erase(at);
    if (listener != listeners_.end() && --listener->second.users == 0) listeners_.erase(listener);
}

Result<> BfdLink::send(bfd::ChannelId channel, std::span<const uint8_t> packet) {
    const auto at = channels_.find(channel.value);
    if (at == channels_.end()) return fail("the channel is closed");
    const bfd::ChannelSettings& settings = at->second.settings;
    const io::SocketAddress to({settings.neighbor, port_of(settings.multihop)});
    if (sendto(at->second.socket.get(), packet.data(), packet.size(), MSG_DONTWAIT, to.get(), to.size()) < 0)
        return fail_errno("sendto()", errno);
    return {};
}

Result<io::Fd> BfdLink::open_sender(const bfd::ChannelSettings& settings) {
    const Family family = settings.neighbor.family();
    io::Fd socket(::socket(io::to_native(family), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP));
    if (!socket) return fail_errno("socket()", errno);
    const bool v4 = family == Family::ipv4;
    if (const auto set = set_option(socket, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TTL : IPV6_UNICAST_HOPS,
                                    settings.ttl, "setting the TTL");
        !set)
        return Failure(set.error());
    // Control packets are worth more than what fills the queues (RFC 5881 says nothing; VRRP does the same).
    constexpr int kInternetworkControl = 0xc0;
    (void)set_option(socket, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, kInternetworkControl,
                     "setting the traffic class");
    const IpAddress source = settings.source.value_or(any_address(family));
    auto offset = static_cast<uint32_t>(random_() * kSourcePorts) % kSourcePorts;
    for (uint32_t tries = 0; tries < kSourcePorts; ++tries, offset = (offset + 1) % kSourcePorts) {
        const io::SocketAddress from({source, static_cast<uint16_t>(kFirstSourcePort + offset)});
        if (bind(socket.get(), from.get(), from.size()) == 0) return socket;
        if (errno != EADDRINUSE) break;
    }
    return fail_errno("bind()", errno);
}

Result<> BfdLink::listen(ListenerKey key) {
    if (listeners_.contains(key)) return {};
    const bool v4 = key.first == Family::ipv4;
    Listener listener;
    listener.socket.reset(
        ::socket(io::to_native(key.first), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP));
    if (!listener.socket) return fail_errno("socket()", errno);
    Result<> set = {};
    if (v4) {
        set = set_option(listener.socket, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
        if (set) set = set_option(listener.socket, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    } else {
        set = set_option(listener.socket, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
        if (set) set = set_option(listener.socket, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
        if (set) set = set_option(listener.socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    }
    if (!set) return set;
    const io::SocketAddress own({any_address(key.first), port_of(key.second)});
    if (bind(listener.socket.get(), own.get(), own.size()) != 0) return fail_errno("bind()", errno);
    listener.watch = std::make_unique<io::Watch>(loop_, listener.socket.get(), io::Events{.readable = true},
                                                 [this, key](io::Events) { receive(key); });
    listeners_.emplace(key, std::move(listener));
    return {};
}

void BfdLink::receive(ListenerKey key) {
    std::array<uint8_t, 256> buffer;  // Longer ones cannot be control packets: the length field has 8 bits.
    alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))> control;
    for (int i = 0; i < kDatagramsPerTurn; ++i) {
        const auto listener = listeners_.find(key);
        if (listener == listeners_.end()) return;  // The handler of the last datagram closed it.
        io::SocketAddress from;
        iovec piece{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_name = from.buffer();
        message.msg_namelen = *from.buffer_size();
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t size = recvmsg(listener->second.socket.get(), &message, MSG_DONTWAIT);
        if (size < 0) return;
        if ((message.msg_flags & MSG_TRUNC) != 0) continue;
        *from.buffer_size() = message.msg_namelen;
        const auto endpoint = from.endpoint();
        if (!endpoint) continue;
        bfd::ReceivedDatagram datagram;
        datagram.source = endpoint->address;
        datagram.multihop = key.second;
        datagram.payload = std::span(buffer).first(static_cast<size_t>(size));
        read_control(message, datagram);
        if (handler_) handler_(datagram);
    }
}

}  // namespace holdfast::kernel

#include "advert_channel.hpp"

#include <fmt/format.h>
#include <linux/filter.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "holdfast/kernel/frames.hpp"
#include "socket_address.hpp"

namespace holdfast::kernel {

namespace {

constexpr int kInternetworkControl = 0xc0;
constexpr int kChecksumOffset = 6;

/// What the kernel counts for a packet that waits, when the driver receives into pages.
constexpr size_t kRoomOfPacket = 5120;
constexpr size_t kMostRoom = size_t{64} << 20U;

/// Sets options one after the other and keeps the first failure.
class OptionSetter {
  public:
    explicit OptionSetter(int fd) : fd_(fd) {}
    template <class T>
    void set(int level, int name, const T& value, const char* what) {
        if (error_) return;
        if (setsockopt(fd_, level, name, &value, sizeof value) != 0) error_ = fail_errno(what, errno);
    }
    void bind_to_device(const std::string& name) {
        if (error_) return;
        if (setsockopt(fd_, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(),
                       static_cast<socklen_t>(name.size() + 1)) != 0)
            error_ = fail_errno("cannot bind to interface " + name, errno);
    }
    void bind(const SocketAddress& address, const std::string& what) {
        if (error_) return;
        if (::bind(fd_, address.get(), address.size()) != 0)
            error_ = fail_errno("cannot bind to " + what, errno);
    }
    Result<> result() { return error_ ? Result<>(Failure(*error_)) : Result<>(); }

  private:
    int fd_;
    std::optional<Failure> error_;
};

Result<io::Fd> raw_socket(const vrrp::ChannelSettings& settings) {
    const int family = settings.family == Family::ipv4 ? AF_INET : AF_INET6;
    io::Fd fd(::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, settings.protocol));
    if (!fd)
        return fail_errno(fmt::format("cannot open a raw socket for protocol {}", settings.protocol), errno);
    return fd;
}

}  // namespace

Result<std::unique_ptr<AdvertLink::Channel>> AdvertLink::Channel::open(vrrp::ChannelId id,
                                                                       const vrrp::ChannelSettings& settings,
                                                                       QueuePool& pool) {
    auto channel = std::make_unique<Channel>(id, settings, pool);
    if (auto opened = channel->open_receiver(); !opened) return Failure(std::move(opened.error()));
    if (auto opened = channel->open_sender(); !opened) return Failure(std::move(opened.error()));
    return channel;
}

void AdvertLink::Channel::watch(io::EventLoop& loop, const std::function<void()>& read) {
    watch_ = std::make_unique<io::Watch>(loop, receive_.get(), io::Events{.readable = true},
                                         [read](io::Events) { read(); });
    rest_over_ = std::make_unique<io::Timer>(loop.timers(), read);
}

void AdvertLink::Channel::set_patience(Duration patience, size_t packets) {
    if (patience == patience_ && packets == packets_) return;
    patience_ = patience;
    packets_ = packets;
    apply_patience();
}

void AdvertLink::Channel::apply_patience() {
    const bool may_wait = patience_ > Duration::zero() && has_room_for(packets_);
    const int stamped = may_wait ? 1 : 0;
    (void)setsockopt(receive_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &stamped, sizeof stamped);
    gathering_.set_patience(may_wait ? patience_ : Duration::zero());
    // Who has lost patience does not wait for the end of the rest.
    if (gathering_.is_resting())
        rest_over_->arm(std::min(rest_over_->deadline(), gathering_.last_read() + gathering_.patience()));
}

void AdvertLink::Channel::was_read(Instant now, size_t count) {
    const auto next = gathering_.read(now, count);
    const io::Events interest{.readable = !next.has_value()};
    if (watch_->interest() != interest) watch_->set_interest(interest);
    if (next) {
        rest_over_->arm(*next);
    } else {
        rest_over_->cancel();
    }
}

// What is dropped while they wait would be dropped round after round, until a Backup believes that its Master
// is gone.
bool AdvertLink::Channel::has_room_for(size_t packets) {
    const auto needed = static_cast<int>(std::min<size_t>(packets * kRoomOfPacket, kMostRoom));
    if (receive_buffer() < needed && !has_buffer_of_its_own_) {
        const int half = needed / 2;  // The kernel doubles it.
        (void)setsockopt(receive_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &half, sizeof half);
    }
    return receive_buffer() >= needed;
}

int AdvertLink::Channel::receive_buffer() const {
    int size = 0;
    socklen_t length = sizeof size;
    return getsockopt(receive_.get(), SOL_SOCKET, SO_RCVBUF, &size, &length) == 0 ? size : 0;
}

Result<> AdvertLink::Channel::open_receiver() {
    auto fd = raw_socket(settings_);
    if (!fd) return Failure(std::move(fd.error()));
    receive_ = *std::move(fd);
    const bool is_v4 = settings_.family == Family::ipv4;
    OptionSetter options(receive_.get());
    // First, so that packets from elsewhere do not get in.
    if (!settings_.interface_name.empty()) options.bind_to_device(settings_.interface_name);
    const int off = 0;
    const int on = 1;
    // Otherwise groups that others have joined on this interface are delivered to us too.
    if (is_v4) {
        options.set(IPPROTO_IP, IP_MULTICAST_ALL, off, "IP_MULTICAST_ALL");
        options.set(IPPROTO_IP, IP_PKTINFO, on, "IP_PKTINFO");
    } else {
        options.set(IPPROTO_IPV6, IPV6_MULTICAST_ALL, off, "IPV6_MULTICAST_ALL");
        options.set(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, on, "IPV6_RECVHOPLIMIT");
        options.set(IPPROTO_IPV6, IPV6_RECVPKTINFO, on, "IPV6_RECVPKTINFO");
        if (settings_.protocol == vrrp::kProtocolVrrp)
            options.set(IPPROTO_IPV6, IPV6_CHECKSUM, kChecksumOffset, "IPV6_CHECKSUM");
    }
    if (settings_.multicast_group) {
        const IpAddress& group = *settings_.multicast_group;
        const std::string what =
            fmt::format("cannot join {} on {}", group.to_string(), settings_.interface_name);
        if (is_v4) {
            ip_mreqn request{};
            std::ranges::copy(group.bytes(), reinterpret_cast<uint8_t*>(&request.imr_multiaddr));
            request.imr_ifindex = static_cast<int>(settings_.join_also.value);
            if (settings_.join_also)
                (void)setsockopt(receive_.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
            request.imr_ifindex = static_cast<int>(settings_.interface.value);
            options.set(IPPROTO_IP, IP_ADD_MEMBERSHIP, request, what.c_str());
        } else {
            ipv6_mreq request{};
            std::ranges::copy(group.bytes(), reinterpret_cast<uint8_t*>(&request.ipv6mr_multiaddr));
            request.ipv6mr_interface = settings_.join_also.value;
            if (settings_.join_also)
                (void)setsockopt(receive_.get(), IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request);
            request.ipv6mr_interface = settings_.interface.value;
            options.set(IPPROTO_IPV6, IPV6_JOIN_GROUP, request, what.c_str());
        }
        // Keeps unicast packets out of a multicast channel.
        options.bind(SocketAddress(group, 0, settings_.interface), group.to_string());
    } else if (settings_.bind_address) {
        // The address may not be there yet.
        if (is_v4)
            options.set(IPPROTO_IP, IP_FREEBIND, on, "IP_FREEBIND");
        else
            options.set(IPPROTO_IPV6, IPV6_FREEBIND, on, "IPV6_FREEBIND");
        options.bind(SocketAddress(*settings_.bind_address, 0, settings_.interface),
                     settings_.bind_address->to_string());
    }
    return options.result();
}

void AdvertLink::Channel::resize_receive_buffer(uint32_t bytes) {
    has_buffer_of_its_own_ = bytes != 0;
    int size = static_cast<int>(std::min<uint32_t>(bytes, std::numeric_limits<int>::max()));
    if (bytes == 0) {
        // A socket that has never been resized tells the default; the kernel tells twice what it is told.
        socklen_t length = sizeof size;
        if (getsockopt(send_.get(), SOL_SOCKET, SO_RCVBUF, &size, &length) != 0) return;
        size /= 2;
    }
    // Limited to net.core.rmem_max, and then better than nothing.
    (void)setsockopt(receive_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (patience_ > Duration::zero()) apply_patience();
}

Result<> AdvertLink::Channel::open_sender() {
    auto fd = raw_socket(settings_);
    if (!fd) return Failure(std::move(fd.error()));
    send_ = *std::move(fd);
    OptionSetter options(send_.get());
    // This socket only sends: a filter that keeps nothing saves the kernel from queueing adverts to it.
    sock_filter keep_nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    options.set(SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog{1, &keep_nothing}, "SO_ATTACH_FILTER");
    if (!settings_.interface_name.empty()) options.bind_to_device(settings_.interface_name);
    const int off = 0;
    const int on = 1;
    if (settings_.family == Family::ipv4) {
        options.set(IPPROTO_IP, IP_HDRINCL, on, "IP_HDRINCL");
        options.set(IPPROTO_IP, IP_TOS, kInternetworkControl, "IP_TOS");
        if (settings_.multicast_group) {
            ip_mreqn request{};
            request.imr_ifindex = static_cast<int>(settings_.interface.value);
            options.set(IPPROTO_IP, IP_MULTICAST_IF, request, "IP_MULTICAST_IF");
            options.set(IPPROTO_IP, IP_MULTICAST_LOOP, off, "IP_MULTICAST_LOOP");
        }
        return options.result();
    }
    options.set(IPPROTO_IPV6, IPV6_TCLASS, kInternetworkControl, "IPV6_TCLASS");
    if (settings_.protocol == vrrp::kProtocolVrrp)
        options.set(IPPROTO_IPV6, IPV6_CHECKSUM, kChecksumOffset, "IPV6_CHECKSUM");
    if (settings_.multicast_group) {
        options.set(IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(settings_.interface.value),
                    "IPV6_MULTICAST_IF");
        options.set(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, off, "IPV6_MULTICAST_LOOP");
    }
    return options.result();
}

bool AdvertLink::Channel::queue(const vrrp::SendOptions& options, std::span<const uint8_t> packet) {
    const bool is_v4 = settings_.family == Family::ipv4;
    const size_t header = is_v4 ? kIpv4HeaderSize : 0;
    if (packet.size() + header > Queue::kRoom) return false;
    if (queue_ == nullptr) queue_ = pool_.take();
    if (queue_ == nullptr) return false;
    Queue& queue = *queue_;
    if (queue.count == Queue::kSlots || packet.size() + header > Queue::kRoom - queue.used) return false;

    const std::span<uint8_t> place = std::span(queue.room).subspan(queue.used, packet.size() + header);
    if (is_v4) {
        // The kernel would choose an id for 0.
        if (options.ip_id == 0 && ++last_ip_id_ == 0) last_ip_id_ = 1;
        build_ipv4_header({.source = options.source,
                           .destination = options.destination,
                           .protocol = settings_.protocol,
                           .ttl = options.ttl,
                           .id = options.ip_id != 0 ? options.ip_id : last_ip_id_,
                           .payload_length = static_cast<uint16_t>(packet.size())},
                          place);
    }
    std::ranges::copy(packet, place.subspan(header).begin());

    Queue::Slot& slot = queue.slots[queue.count];
    const SocketAddress to(options.destination, 0, settings_.interface);
    std::memcpy(&slot.to, to.get(), to.size());
    slot.piece = {place.data(), place.size()};
    msghdr& message = queue.messages[queue.count].msg_hdr;
    message = {};
    message.msg_name = &slot.to;
    message.msg_namelen = to.size();
    message.msg_iov = &slot.piece;
    message.msg_iovlen = 1;
    if (!is_v4) address_ipv6(queue.count, options);
    queue.used += place.size();
    ++queue.count;
    return true;
}

/// IPv6 has no header of our own: source and hop limit travel beside the packet (RFC 3542, 6).
void AdvertLink::Channel::address_ipv6(size_t index, const vrrp::SendOptions& options) {
    Queue::Slot& slot = queue_->slots[index];
    msghdr& message = queue_->messages[index].msg_hdr;
    slot.control.fill(0);
    message.msg_control = slot.control.data();
    message.msg_controllen = slot.control.size();

    cmsghdr* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = IPPROTO_IPV6;
    part->cmsg_type = IPV6_PKTINFO;
    part->cmsg_len = CMSG_LEN(sizeof(in6_pktinfo));
    in6_pktinfo from{};
    std::ranges::copy(options.source.bytes(), reinterpret_cast<uint8_t*>(&from.ipi6_addr));
    from.ipi6_ifindex = settings_.interface.value;
    std::memcpy(CMSG_DATA(part), &from, sizeof from);

    part = CMSG_NXTHDR(&message, part);
    part->cmsg_level = IPPROTO_IPV6;
    part->cmsg_type = IPV6_HOPLIMIT;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    const int hop_limit = options.ttl;
    std::memcpy(CMSG_DATA(part), &hop_limit, sizeof hop_limit);
}

IpAddress AdvertLink::Channel::destination(size_t slot) const {
    return address_of(queue_->slots[slot].to);
}

std::optional<AdvertLink::Channel::SendError> AdvertLink::Channel::send_queued(LinkCounters& counters) {
    std::optional<SendError> failure;
    if (queue_ == nullptr) return failure;
    // Multicast goes to the link itself; a routing table without an entry for it must not stop it.
    const int flags = settings_.multicast_group ? MSG_DONTROUTE : 0;
    size_t done = 0;
    while (done < queue_->count) {
        const int sent = sendmmsg(send_.get(), &queue_->messages[done],
                                  static_cast<unsigned>(queue_->count - done), flags);
        if (sent > 0) {
            done += static_cast<size_t>(sent);
            counters.sent += static_cast<uint64_t>(sent);
            last_error_ = 0;
        } else if (sent < 0 && errno == EINTR) {
            continue;
        } else {
            // This packet is lost, as if the network had dropped it; the others are tried.
            const int error = errno;
            if (error != last_error_) failure = SendError{destination(done), error};
            last_error_ = error;
            ++counters.send_errors;
            ++done;
        }
    }
    pool_.give(std::move(queue_));
    return failure;
}

}  // namespace holdfast::kernel

#include "netlink_socket.hpp"

#include <fmt/format.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "netlink_attributes.hpp"

namespace holdfast::kernel {

namespace {

/// Datagrams per recvmmsg. Acknowledgements and notifications come one to a datagram. More would touch more
/// memory for good, and the system call is shared well enough.
constexpr size_t kDatagrams = 8;
/// The kernel fills the parts of a dump up to this size when the reader offers it (netlink_dump,
/// af_netlink.c).
constexpr size_t kRoom = size_t{32} * 1024;

}  // namespace

struct NetlinkSocket::Buffers {
    // Not initialised, so that pages never written to cost no memory.
    std::unique_ptr<uint8_t[]> room = std::make_unique_for_overwrite<uint8_t[]>(kDatagrams * kRoom);
    std::array<iovec, kDatagrams> pieces{};
    std::array<sockaddr_nl, kDatagrams> from{};
    std::array<mmsghdr, kDatagrams> messages{};
};

NetlinkSocket::NetlinkSocket(std::unique_ptr<nl_sock, Free> socket)
    : socket_(std::move(socket)), buffers_(std::make_unique<Buffers>()) {}

NetlinkSocket::NetlinkSocket(NetlinkSocket&&) noexcept = default;
NetlinkSocket& NetlinkSocket::operator=(NetlinkSocket&&) noexcept = default;
NetlinkSocket::~NetlinkSocket() = default;

Result<NetlinkSocket> NetlinkSocket::open(uint32_t buffer, bool force) {
    std::unique_ptr<nl_sock, Free> socket(nl_socket_alloc());
    if (!socket) return fail_errno("cannot allocate a netlink socket", ENOMEM);
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error != 0)
        return fail(fmt::format("cannot open a route netlink socket: {}", nl_geterror(error)));
    NetlinkSocket opened(std::move(socket));
    (void)nl_socket_set_nonblocking(opened.get());
    const int size = static_cast<int>(buffer);
    if (!force || setsockopt(opened.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(opened.fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return opened;
}

bool NetlinkSocket::set_option(int name, int value) {
    return setsockopt(fd(), SOL_NETLINK, name, &value, sizeof value) == 0;
}

Result<> NetlinkSocket::send(std::span<const uint8_t> run) {
    while (true) {
        const ssize_t sent = ::send(fd(), run.data(), run.size(), 0);
        if (sent >= 0) return {};
        if (errno != EINTR) return fail_errno("cannot send to route netlink", errno);
    }
}

NetlinkSocket::Read NetlinkSocket::read(const std::function<void(std::span<const uint8_t>)>& on_message) {
    for (size_t i = 0; i < kDatagrams; ++i) {
        buffers_->pieces[i] = {buffers_->room.get() + i * kRoom, kRoom};
        msghdr& header = buffers_->messages[i].msg_hdr;
        header = {};
        header.msg_iov = &buffers_->pieces[i];
        header.msg_iovlen = 1;
        header.msg_name = &buffers_->from[i];
        header.msg_namelen = sizeof(sockaddr_nl);
    }
    const int count = recvmmsg(fd(), buffers_->messages.data(), kDatagrams, MSG_DONTWAIT, nullptr);
    if (count < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) return Read::nothing;
        if (errno == EINTR) return Read::some;
        return errno == ENOBUFS ? Read::overrun : Read::failed;
    }
    bool is_truncated = false;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
        // Only the kernel is believed: any process may send to our port.
        if (buffers_->from[i].nl_pid != 0) continue;
        const mmsghdr& datagram = buffers_->messages[i];
        is_truncated |= (datagram.msg_hdr.msg_flags & MSG_TRUNC) != 0;
        std::span<const uint8_t> run(buffers_->room.get() + i * kRoom, datagram.msg_len);
        while (true) {
            const NetlinkHeader message(run);
            if (!message.is_valid()) break;
            on_message(run);
            if (message.step() >= run.size()) break;
            run = run.subspan(message.step());
        }
    }
    return is_truncated ? Read::overrun : Read::some;
}

}  // namespace holdfast::kernel

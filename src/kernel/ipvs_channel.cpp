#include "ipvs_channel.hpp"

#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace holdfast::kernel {
namespace {

// Requests in one send. Every answer takes about 1 KiB of the socket's receive buffer (212992 bytes by
// default) until it is read, and all of them may fail.
constexpr size_t kBatch = 64;
// An answer to a dump has at most 32 KiB (netlink_dump in net/netlink/af_netlink.c).
constexpr size_t kBufferSize = 65536;
constexpr size_t kHeader = sizeof(nlmsghdr);

template <class Value>
Value read_at(std::span<const uint8_t> data, size_t offset) {
    Value value{};
    if (offset + sizeof value <= data.size()) std::memcpy(&value, data.data() + offset, sizeof value);
    return value;
}

// struct nlmsgerr starts with the negative errno; so does the payload of NLMSG_DONE.
int error_of(std::span<const uint8_t> payload) {
    const int value = read_at<int32_t>(payload, 0);
    return value < 0 ? -value : 0;
}

}  // namespace

IpvsChannel::IpvsChannel(std::unique_ptr<nl_sock, Deleter> socket, int family)
    : socket_(std::move(socket)), family_(static_cast<uint16_t>(family)), buffer_(kBufferSize) {}

Result<std::unique_ptr<IpvsChannel>> IpvsChannel::open() {
    std::unique_ptr<nl_sock, Deleter> socket(nl_socket_alloc());
    if (!socket) return fail_errno("netlink socket", ENOMEM);
    if (const int error = genl_connect(socket.get()); error < 0)
        return fail(std::string("generic netlink: ") + nl_geterror(error));
    const int family = genl_ctrl_resolve(socket.get(), IPVS_GENL_NAME);
    if (family < 0) return fail_errno("generic netlink family IPVS", ENOENT);
    // Acknowledgements of failed requests need not carry the request again. Older kernels just send it.
    const int on = 1;
    (void)setsockopt(nl_socket_get_fd(socket.get()), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    return std::unique_ptr<IpvsChannel>(new IpvsChannel(std::move(socket), family));
}

void IpvsChannel::append(std::vector<uint8_t>& out, const ipvs_codec::Request& request, uint16_t flags,
                         uint32_t sequence) const {
    const nlmsghdr header{.nlmsg_len = static_cast<uint32_t>(kHeader + GENL_HDRLEN + request.body.size()),
                          .nlmsg_type = family_,
                          .nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags),
                          .nlmsg_seq = sequence,
                          .nlmsg_pid = 0};
    const genlmsghdr generic{.cmd = request.command, .version = IPVS_GENL_VERSION, .reserved = 0};
    const size_t start = out.size();
    out.resize(start + kHeader + GENL_HDRLEN);
    std::memcpy(&out[start], &header, sizeof header);
    std::memcpy(&out[start + kHeader], &generic, sizeof generic);
    out.insert(out.end(), request.body.begin(), request.body.end());
}

int IpvsChannel::send(std::span<const uint8_t> messages) {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    while (sendto(nl_socket_get_fd(socket_.get()), messages.data(), messages.size(), 0,
                  reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

int IpvsChannel::receive(const std::function<void(const Received&)>& visit) {
    sockaddr_nl from{};
    iovec vector{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    ssize_t size = 0;
    do {
        size = recvmsg(nl_socket_get_fd(socket_.get()), &message, MSG_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return errno;
    if ((message.msg_flags & MSG_TRUNC) != 0) return EMSGSIZE;
    if (from.nl_pid != 0) return 0;  // Not from the kernel: any process may send to our port.

    std::span<const uint8_t> data(buffer_.data(), static_cast<size_t>(size));
    while (data.size() >= kHeader) {
        const auto header = read_at<nlmsghdr>(data, 0);
        if (header.nlmsg_len < kHeader || header.nlmsg_len > data.size()) return EBADMSG;
        visit({header.nlmsg_type, header.nlmsg_flags, header.nlmsg_seq,
               data.subspan(kHeader, header.nlmsg_len - kHeader)});
        data = data.subspan(std::min<size_t>(NLMSG_ALIGN(header.nlmsg_len), data.size()));
    }
    return 0;
}

Result<> IpvsChannel::request(const ipvs_codec::Request& request, uint16_t flags, const Answer& answer) {
    const uint32_t sequence = next_sequence_++;
    std::vector<uint8_t> message;
    append(message, request, flags, sequence);
    if (const int error = send(message); error != 0) return fail_errno("send to the kernel", error);

    bool finished = false;
    bool interrupted = false;
    int result = 0;
    while (!finished) {
        const int error = receive([&](const Received& one) {
            if (one.sequence != sequence || finished)
                return;  // Left over from a request that failed half way.
            if ((one.flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
            if (one.type == NLMSG_ERROR || one.type == NLMSG_DONE) {
                result = error_of(one.payload);
                finished = true;
            } else if (one.type == family_ && one.payload.size() >= GENL_HDRLEN) {
                answer(one.payload.subspan(GENL_HDRLEN));
            }
        });
        if (error != 0) return fail_errno("answer from the kernel", error == EAGAIN ? ENOBUFS : error);
    }
    if (result != 0) return Failure(Error{std::strerror(result), result, CodePosition::here()});
    if (interrupted) return fail_errno("table changed while it was read", EINTR);
    return {};
}

std::vector<int> IpvsChannel::batch(std::span<const ipvs_codec::Request> requests) {
    std::vector<int> results(requests.size());
    std::vector<uint8_t> messages;
    for (size_t first = 0; first < requests.size(); first += kBatch) {
        const size_t count = std::min(kBatch, requests.size() - first);
        const uint32_t base = next_sequence_;
        next_sequence_ += static_cast<uint32_t>(count);
        messages.clear();
        for (size_t i = 0; i < count; ++i) {
            // A failure is told in any case (netlink_rcv_skb in net/netlink/af_netlink.c), the end of all
            // once.
            append(messages, requests[first + i], i + 1 == count ? NLM_F_ACK : 0,
                   base + static_cast<uint32_t>(i));
            messages.resize(NLMSG_ALIGN(messages.size()));
        }
        if (const int error = send(messages); error != 0) {
            std::fill_n(results.begin() + static_cast<std::ptrdiff_t>(first), count, error);
            continue;
        }
        bool complete = false;
        while (!complete) {
            const int error = receive([&](const Received& one) {
                const uint32_t index = one.sequence - base;
                if (one.type != NLMSG_ERROR || index >= count) return;
                results[first + index] = error_of(one.payload);
                complete = complete || index + 1 == count;
            });
            if (error == 0) continue;
            // Any of those that said nothing may have failed.
            const auto begin = results.begin() + static_cast<std::ptrdiff_t>(first);
            std::replace(begin, begin + static_cast<std::ptrdiff_t>(count), 0, ENOBUFS);
            break;
        }
    }
    return results;
}

}  // namespace holdfast::kernel

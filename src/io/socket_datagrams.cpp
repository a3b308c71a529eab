#include "socket_datagrams.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "holdfast/io/callback.hpp"
#include "socket_options.hpp"

namespace holdfast::io {

namespace {

/// A connected datagram socket: the kernel lets only the peer's datagrams through, and tells ICMP errors as
/// errors of the next call.
class SocketDatagrams final : public Datagrams {
  public:
    SocketDatagrams(EventLoop& loop, std::vector<uint8_t>& buffer, PingPermission& permission,
                    const DatagramRequest& request, DatagramHandler& handler)
        : loop_(loop),
          buffer_(buffer),
          handler_(handler),
          destination_(request.destination),
          failure_soon_(loop.timers(), [this] { failed(error_, sent_); }) {
        open(request, permission);
    }
    ~SocketDatagrams() override { close(); }

    void send(std::span<const uint8_t> datagram) override {
        if (!fd_) return;
        ssize_t count = -1;
        do {
            count = ::send(fd_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
        } while (count < 0 && errno == EINTR);
        if (count >= 0) {
            sent_ = true;
        } else if (errno != EAGAIN) {
            fail_soon(errno);
        }
    }

  private:
    void open(const DatagramRequest& request, PingPermission& permission) {
        const bool six = destination_.address.is_v6();
        const int icmp = six ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP);
        const bool ping = request.kind == DatagramRequest::Kind::ping;
        const auto make = [&] {
            fd_.reset(::socket(to_native(destination_.address.family()),
                               SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                               ping ? icmp : static_cast<int>(IPPROTO_UDP)));
        };
        make();
        if (!fd_ && errno == EACCES && ping && permission.ask()) make();
        if (!fd_ || !apply_options(fd_.get(), options_of(request))) return fail_soon(errno);
        const int on = 1;
        if (request.path_errors && setsockopt(fd_.get(), six ? SOL_IPV6 : SOL_IP,
                                              six ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on) != 0)
            return fail_soon(errno);
        const SocketAddress peer = peer_address(destination_, request.bind_interface);
        if (::connect(fd_.get(), peer.get(), peer.size()) != 0) return fail_soon(errno);
        watch_.emplace(loop_, fd_.get(), Events{.readable = true}, [this](Events) { receive(); });
    }

    void receive() {
        const ssize_t length = ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
        if (length >= 0) return handler_.on_datagram(std::span(buffer_).first(static_cast<size_t>(length)));
        if (errno != EAGAIN && errno != EINTR) failed(errno, true);
    }

    void fail_soon(int error) {
        error_ = error;
        close();
        failure_soon_.arm_after(Duration::zero());
    }
    void failed(int error, bool started) {
        close();
        const Error told = fail_errno("datagrams to " + destination_.to_string(), error).error();
        handler_.on_failed(told, started ? to_failure(error) : to_early_failure(error));
    }
    void close() {
        failure_soon_.cancel();
        if (watch_) watch_->closing();
        watch_.reset();
        fd_.reset();
    }

    EventLoop& loop_;
    std::vector<uint8_t>& buffer_;
    DatagramHandler& handler_;
    Endpoint destination_;
    int error_ = 0;
    bool sent_ = false;
    Fd fd_;
    std::optional<Watch> watch_;
    Timer failure_soon_;
};

}  // namespace

std::unique_ptr<Datagrams> make_socket_datagrams(EventLoop& loop, std::vector<uint8_t>& buffer,
                                                 PingPermission& permission, const DatagramRequest& request,
                                                 DatagramHandler& handler) {
    return std::make_unique<SocketDatagrams>(loop, buffer, permission, request, handler);
}

}  // namespace holdfast::io

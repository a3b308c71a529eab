#include "holdfast/io/socket_streams.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "holdfast/io/socket_address.hpp"

namespace holdfast::io {

namespace {

constexpr size_t kReadSize = size_t{64} * 1024;

StreamFailure to_failure(int error) {
    switch (error) {
        case ECONNREFUSED:
            return StreamFailure::refused;
        case ETIMEDOUT:
            return StreamFailure::timeout;
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EHOSTDOWN:
            return StreamFailure::unreachable;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case ENOBUFS:
            return StreamFailure::out_of_descriptors;
        default:
            return StreamFailure::other;
    }
}

template <class Value>
bool set_option(int fd, int level, int option, const Value& value) {
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// Everything before connect(); what fails is in errno.
bool apply(int fd, const ConnectRequest& request) {
    if (request.firewall_mark != 0 && !set_option(fd, SOL_SOCKET, SO_MARK, request.firewall_mark))
        return false;
    const std::string& interface = request.bind_interface;
    if (!interface.empty() && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                                         static_cast<socklen_t>(interface.size())) != 0) {
        return false;
    }
    if (!request.bind) return true;
    const int on = 1;
    if (request.bind->port == 0) {
        // The port is then chosen at connect(), unique per destination instead of per host: 28 000 checks of
        // one server do not starve those of the next. It is a hint that old kernels lack.
        set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on);
    } else if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR, on)) {
        return false;  // Otherwise the last check's TIME_WAIT would keep the port for a minute.
    }
    const uint32_t zone = request.bind->address.is_link_local() ? if_nametoindex(interface.c_str()) : 0;
    const SocketAddress own(*request.bind, zone);
    return bind(fd, own.get(), own.size()) == 0;
}

}  // namespace

class SocketStreams::SocketConnection final : public Connection {
  public:
    SocketConnection(SocketStreams& streams, const ConnectRequest& request, StreamHandler& handler)
        : loop_(streams.loop_),
          read_buffer_(streams.read_buffer_),
          handler_(handler),
          destination_(request.destination),
          timer_(loop_.timers(), [this] { on_timer(); }) {
        start(request);
    }
    ~SocketConnection() override { disconnect(); }

    void send(std::span<const uint8_t> data) override;
    void close_gracefully() override;

  private:
    // `decided` and `doomed` are results of a system call that could not be told yet, because the caller was
    // not in a callback of ours; the timer, armed for now, tells them in the next pass.
    enum class State : uint8_t { connecting, decided, open, doomed, ended };

    void start(const ConnectRequest& request);
    void on_event(Events events);
    void on_timer();
    void connected();
    void receive();
    int write_out();
    void watch_for(Events interest);
    void fail_soon(int error);
    void failed(int error);
    void disconnect();

    EventLoop& loop_;
    std::vector<uint8_t>& read_buffer_;
    StreamHandler& handler_;
    Endpoint destination_;
    State state_ = State::connecting;
    bool close_after_sending_ = false;
    bool is_shut_ = false;
    int error_ = 0;                // Of a doomed connection.
    std::vector<uint8_t> unsent_;  // What send() was given and the kernel has not taken yet, ...
    size_t sent_ = 0;              // ... from here on.
    Fd fd_;
    std::optional<Watch> watch_;
    Timer timer_;
    Lifetime lifetime_;
};

void SocketStreams::SocketConnection::start(const ConnectRequest& request) {
    fd_.reset(::socket(to_native(destination_.address.family()), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                       IPPROTO_TCP));
    if (!fd_ || !apply(fd_.get(), request)) return fail_soon(errno);
    const bool has_zone = destination_.address.is_v6() && destination_.address.is_link_local();
    const SocketAddress peer(destination_, has_zone ? if_nametoindex(request.bind_interface.c_str()) : 0);
    if (::connect(fd_.get(), peer.get(), peer.size()) == 0) {
        // connect(2) may; Linux 6 says EINPROGRESS even when the peer is on this host.
        state_ = State::decided;
        timer_.arm_after(Duration::zero());
    } else if (errno == EINPROGRESS) {
        watch_for({.writable = true});
        timer_.arm_after(request.timeout);
    } else {
        fail_soon(errno);
    }
}

void SocketStreams::SocketConnection::on_event(Events events) {
    if (state_ == State::connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        // Writable without an error means connected; asking would be one more system call per check.
        if (events.failed) getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        return error != 0 ? failed(error) : connected();
    }
    if (events.writable) {
        if (const int error = write_out(); error != 0) return failed(error);
    }
    if (events.readable) receive();
}

void SocketStreams::SocketConnection::on_timer() {
    switch (state_) {
        case State::connecting:
            return failed(ETIMEDOUT);
        case State::decided:
            return connected();
        case State::doomed:
            return failed(error_);
        case State::open:
        case State::ended:
            return;
    }
}

void SocketStreams::SocketConnection::connected() {
    state_ = State::open;
    timer_.cancel();
    const Lifetime::Guard guard(lifetime_);
    handler_.on_connected();
    if (guard.is_dead() || state_ != State::open) return;
    if (const int error = write_out(); error != 0) failed(error);
}

void SocketStreams::SocketConnection::receive() {
    // Once per turn; what is left wakes the loop again, and nobody starves behind a busy peer.
    const ssize_t length = ::recv(fd_.get(), read_buffer_.data(), read_buffer_.size(), 0);
    if (length > 0) return handler_.on_data(std::span(read_buffer_).first(static_cast<size_t>(length)));
    if (length < 0) {
        if (errno != EAGAIN && errno != EINTR) failed(errno);
        return;
    }
    state_ = State::ended;
    disconnect();
    handler_.on_closed();
}

void SocketStreams::SocketConnection::send(std::span<const uint8_t> data) {
    if (state_ == State::doomed || state_ == State::ended || close_after_sending_) return;
    const bool was_idle = unsent_.empty();
    unsent_.insert(unsent_.end(), data.begin(), data.end());
    if (state_ != State::open || !was_idle) return;
    if (const int error = write_out(); error != 0) fail_soon(error);
}

void SocketStreams::SocketConnection::close_gracefully() {
    if (state_ == State::doomed || state_ == State::ended || close_after_sending_) return;
    close_after_sending_ = true;
    if (state_ != State::open) return;
    if (const int error = write_out(); error != 0) fail_soon(error);
}

// Sends what is queued, as far as the kernel takes it, and watches for what comes next. Gives an errno.
int SocketStreams::SocketConnection::write_out() {
    while (sent_ < unsent_.size()) {
        const ssize_t count = ::send(fd_.get(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) break;
        if (count < 0) return errno;
        sent_ += static_cast<size_t>(count);
    }
    if (sent_ == unsent_.size()) {
        unsent_.clear();
        sent_ = 0;
    }
    if (unsent_.empty() && close_after_sending_ && !is_shut_) {
        is_shut_ = true;
        // ENOTCONN: the peer has reset it, and the next read says so.
        ::shutdown(fd_.get(), SHUT_WR);
    }
    watch_for({.readable = true, .writable = !unsent_.empty()});
    return 0;
}

void SocketStreams::SocketConnection::watch_for(Events interest) {
    if (watch_) {
        watch_->set_interest(interest);
    } else {
        watch_.emplace(loop_, fd_.get(), interest, [this](Events events) { on_event(events); });
    }
}

void SocketStreams::SocketConnection::fail_soon(int error) {
    state_ = State::doomed;
    error_ = error;
    disconnect();
    timer_.arm_after(Duration::zero());
}

void SocketStreams::SocketConnection::failed(int error) {
    state_ = State::ended;
    disconnect();
    const Error told = fail_errno("connection to " + destination_.to_string(), error).error();
    handler_.on_failed(told, to_failure(error));
}

void SocketStreams::SocketConnection::disconnect() {
    timer_.cancel();
    if (watch_) watch_->closing();
    watch_.reset();
    fd_.reset();
}

SocketStreams::SocketStreams(EventLoop& loop) : loop_(loop), read_buffer_(kReadSize) {}

SocketStreams::~SocketStreams() = default;

std::unique_ptr<Connection> SocketStreams::connect(const ConnectRequest& request, StreamHandler& handler) {
    return std::make_unique<SocketConnection>(*this, request, handler);
}

}  // namespace holdfast::io

#include "holdfast/io/socket_streams.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "holdfast/io/socket_address.hpp"
#include "socket_datagrams.hpp"
#include "socket_options.hpp"

namespace holdfast::io {

namespace {

constexpr size_t kReadSize = size_t{64} * 1024;

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
    void failed(int error, bool started = true);
    void disconnect();

    EventLoop& loop_;
    std::vector<uint8_t>& read_buffer_;
    StreamHandler& handler_;
    Endpoint destination_;
    State state_ = State::connecting;
    bool was_open_ = false;
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
    if (!fd_ || !apply_options(fd_.get(), options_of(request))) return fail_soon(errno);
    const SocketAddress peer = peer_address(destination_, request.bind_interface);
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
            return failed(error_, was_open_);
        case State::open:
        case State::ended:
            return;
    }
}

void SocketStreams::SocketConnection::connected() {
    state_ = State::open;
    was_open_ = true;
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

void SocketStreams::SocketConnection::failed(int error, bool started) {
    state_ = State::ended;
    disconnect();
    const Error told = fail_errno("connection to " + destination_.to_string(), error).error();
    handler_.on_failed(told, started ? to_failure(error) : to_early_failure(error));
}

void SocketStreams::SocketConnection::disconnect() {
    timer_.cancel();
    if (watch_) watch_->closing();
    watch_.reset();
    fd_.reset();
}

SocketStreams::SocketStreams(EventLoop& loop) : loop_(loop), read_buffer_(kReadSize) {}

std::unique_ptr<Datagrams> SocketStreams::open_datagrams(const DatagramRequest& request,
                                                         DatagramHandler& handler) {
    if (ping_permission_ == nullptr) ping_permission_ = std::make_unique<PingPermission>();
    return make_socket_datagrams(loop_, read_buffer_, *ping_permission_, request, handler);
}

SocketStreams::~SocketStreams() = default;

std::unique_ptr<Connection> SocketStreams::connect(const ConnectRequest& request, StreamHandler& handler) {
    return std::make_unique<SocketConnection>(*this, request, handler);
}

}  // namespace holdfast::io

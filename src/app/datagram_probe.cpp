#include "holdfast/io/callback.hpp"
#include "probes.hpp"
#include "talk_limit.hpp"

namespace holdfast::app {

namespace {

/// A conversation over UDP or ICMP: one socket for one attempt.
class DatagramProbe final : public Probe, private io::DatagramHandler {
  public:
    DatagramProbe(const ProbeTools& tools, std::unique_ptr<check::Conversation> conversation, Done done)
        : conversation_(std::move(conversation)),
          done_(std::move(done)),
          limit_(tools.edges.timers, conversation_->settings().timeout, [this] { expired(); }),
          later_(tools.edges.timers, [this] { no_socket(); }) {
        const check::ConnectSettings& settings = conversation_->settings();
        io::DatagramRequest request;
        request.kind = conversation_->transport() == check::Transport::ping ? io::DatagramRequest::Kind::ping
                                                                            : io::DatagramRequest::Kind::udp;
        request.destination = settings.destination;
        // A ping socket's "port" is the identifier, which the kernel is to choose.
        if (settings.has_bind) request.bind = settings.bind;
        request.bind_interface = settings.bind_interface.string();
        request.firewall_mark = settings.firewall_mark;
        request.path_errors = conversation_->minds_path_errors();
        socket_ = tools.edges.streams.open_datagrams(request, *this);
        if (socket_ == nullptr) {
            later_.arm_after(Duration::zero());
            return;
        }
        limit_.start();
        check::Bytes out;
        (void)conversation_->connected(out);  // Always waits: nothing has been said yet.
        socket_->send(out);
    }

  private:
    void no_socket() {
        finish({.kind = ProbeResult::Kind::not_possible, .reason = "no datagram sockets here"});
    }
    void on_datagram(std::span<const uint8_t> datagram) override {
        check::Bytes out;
        const check::Step step = conversation_->received(datagram, out);
        if (!out.empty()) socket_->send(out);
        if (step.next == check::Step::Next::wait_anew) limit_.renew();
        if (step.next == check::Step::Next::done) finish(result_of(step));
    }
    void on_failed(const Error& error, io::StreamFailure reason) override {
        finish(result_of(*conversation_, error, reason));
    }
    void expired() { finish(result_of(conversation_->timed_out(), ProbeResult::Kind::timed_out)); }
    /// The last thing this object does: the callback may destroy it.
    void finish(const ProbeResult& result) {
        limit_.stop();
        socket_.reset();
        done_(result);
    }

    std::unique_ptr<check::Conversation> conversation_;
    io::Callback<void(const ProbeResult&)> done_;
    TalkLimit limit_;
    io::Timer later_;
    std::unique_ptr<io::Datagrams> socket_;
};

}  // namespace

std::unique_ptr<Probe> start_datagram_probe(const ProbeTools& tools,
                                            std::unique_ptr<check::Conversation> conversation,
                                            Probe::Done done) {
    return std::make_unique<DatagramProbe>(tools, std::move(conversation), std::move(done));
}

}  // namespace holdfast::app

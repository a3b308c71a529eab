#include "holdfast/io/callback.hpp"
#include "probes.hpp"
#include "talk_limit.hpp"

namespace holdfast::app {

namespace {

/// A conversation over TCP, with or without TLS: connect, talk, within the limits it sets.
class StreamProbe final : public Probe, private io::StreamHandler {
  public:
    StreamProbe(const ProbeTools& tools, std::unique_ptr<check::Conversation> conversation, Done done)
        : tools_(tools),
          conversation_(std::move(conversation)),
          done_(std::move(done)),
          limit_(tools.edges.timers, conversation_->settings().timeout, [this] { expired(); }),
          later_(tools.edges.timers, [this] { no_context(); }) {
        connect();
    }

  private:
    void connect() {
        const check::ConnectSettings& settings = conversation_->settings();
        io::TlsRequest request;
        request.connect.destination = settings.destination;
        if (settings.has_bind) request.connect.bind = settings.bind;
        request.connect.bind_interface = settings.bind_interface.string();
        request.connect.firewall_mark = settings.firewall_mark;
        request.connect.timeout = settings.timeout;
        if (conversation_->transport() == check::Transport::tcp) {
            connection_ = tools_.edges.streams.connect(request.connect, *this);
        } else if (tools_.tls == nullptr) {
            later_.arm_after(Duration::zero());
        } else {
            request.server_name = conversation_->server_name();
            request.says_goodbye = conversation_->ends_tls_properly();
            connection_ =
                io::connect_tls(tools_.edges.streams, tools_.edges.timers, *tools_.tls, request, *this);
        }
    }
    void no_context() {
        finish({.kind = ProbeResult::Kind::not_possible, .reason = "the SSL block cannot be used"});
    }

    void on_connected() override {
        limit_.start();
        check::Bytes out;
        follow(conversation_->connected(out), out);
    }
    void on_data(std::span<const uint8_t> data) override {
        check::Bytes out;
        follow(conversation_->received(data, out), out);
    }
    void on_closed() override { follow(conversation_->closed(), {}); }
    void on_failed(const Error& error, io::StreamFailure reason) override {
        finish(result_of(*conversation_, error, reason));
    }
    void expired() { finish(result_of(conversation_->timed_out(), ProbeResult::Kind::timed_out)); }

    void follow(const check::Step& step, const check::Bytes& out) {
        if (!out.empty()) connection_->send(out);
        switch (step.next) {
            case check::Step::Next::wait:
                return;
            case check::Step::Next::wait_anew:
                return limit_.renew();
            case check::Step::Next::reconnect:
                limit_.stop();
                return connect();
            case check::Step::Next::done:
                return finish(result_of(step));
        }
    }
    /// The last thing this object does: the callback may destroy it.
    void finish(const ProbeResult& result) {
        limit_.stop();
        connection_.reset();
        done_(result);
    }

    ProbeTools tools_;
    std::unique_ptr<check::Conversation> conversation_;
    io::Callback<void(const ProbeResult&)> done_;
    TalkLimit limit_;
    io::Timer later_;
    std::unique_ptr<io::Connection> connection_;
};

}  // namespace

std::unique_ptr<Probe> start_stream_probe(const ProbeTools& tools,
                                          std::unique_ptr<check::Conversation> conversation,
                                          Probe::Done done) {
    return std::make_unique<StreamProbe>(tools, std::move(conversation), std::move(done));
}

}  // namespace holdfast::app

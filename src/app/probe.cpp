#include "holdfast/app/probe.hpp"

#include <fmt/format.h>

#include "holdfast/io/callback.hpp"

namespace holdfast::app {

namespace {

/// A conversation over TCP: connect, talk, within the limits it sets.
class StreamProbe final : public Probe, private io::StreamHandler {
  public:
    StreamProbe(Edges& edges, std::unique_ptr<check::Conversation> conversation, Done done)
        : edges_(edges),
          conversation_(std::move(conversation)),
          done_(std::move(done)),
          limit_(edges.timers, [this] { expired(); }) {
        connect();
    }

  private:
    void connect() {
        const check::ConnectSettings& settings = conversation_->settings();
        io::ConnectRequest request;
        request.destination = settings.destination;
        if (settings.has_bind) request.bind = settings.bind;
        request.bind_interface = settings.bind_interface;
        request.firewall_mark = settings.firewall_mark;
        request.timeout = settings.timeout;
        connection_ = edges_.streams.connect(request, *this);
    }

    void on_connected() override {
        limit_.arm_after(conversation_->settings().timeout);
        check::Bytes out;
        follow(conversation_->connected(out), out);
    }
    void on_data(std::span<const uint8_t> data) override {
        check::Bytes out;
        follow(conversation_->received(data, out), out);
    }
    void on_closed() override {
        check::Bytes out;
        follow(conversation_->closed(), out);
    }
    void on_failed(const Error& error, io::StreamFailure reason) override {
        switch (reason) {
            case io::StreamFailure::timeout:
                return finish({ProbeResult::Kind::timed_out, error.message, {}});
            case io::StreamFailure::out_of_descriptors:
                return finish({ProbeResult::Kind::not_possible, error.message, {}});
            case io::StreamFailure::refused:
            case io::StreamFailure::unreachable:
            case io::StreamFailure::other:
                return finish({ProbeResult::Kind::bad, error.message, {}});
        }
    }
    void expired() {
        const check::Step step = conversation_->timed_out();
        finish({step.outcome.good ? ProbeResult::Kind::good : ProbeResult::Kind::timed_out,
                step.outcome.reason,
                {}});
    }

    void follow(const check::Step& step, const check::Bytes& out) {
        if (!out.empty()) connection_->send(out);
        switch (step.next) {
            case check::Step::Next::wait:
                return;
            case check::Step::Next::wait_anew:
                limit_.arm_after(conversation_->settings().timeout);
                return;
            case check::Step::Next::reconnect:
                limit_.cancel();
                connect();
                return;
            case check::Step::Next::done:
                finish({step.outcome.good ? ProbeResult::Kind::good : ProbeResult::Kind::bad,
                        step.outcome.reason,
                        {}});
                return;
        }
    }
    /// The last thing this object does: the callback may destroy it.
    void finish(const ProbeResult& result) {
        limit_.cancel();
        connection_.reset();
        done_(result);
    }

    Edges& edges_;
    std::unique_ptr<check::Conversation> conversation_;
    io::Callback<void(const ProbeResult&)> done_;
    io::Timer limit_;
    std::unique_ptr<io::Connection> connection_;
};

/// MISC_CHECK: exit 0 is up; with misc_dynamic 2..255 is up as well and carries a weight.
class MiscProbe final : public Probe {
  public:
    MiscProbe(Edges& edges, const check::MiscCheck& check, Duration timeout, Done done)
        : done_(std::move(done)),
          dynamic_(check.dynamic),
          later_(edges.timers, [this] { finish(failure_); }) {
        io::SpawnRequest request;
        request.arguments = check.command.arguments;
        request.program = check.command.path;
        request.run_as = credentials_of(check.command.identity);
        auto child = io::TimedChild::start(edges.processes, edges.timers, request, timeout,
                                           [this](io::ExitStatus status) { ended(status); });
        if (child) {
            child_ = std::move(*child);
        } else {
            failure_ = {ProbeResult::Kind::bad, child.error().message, {}};
            later_.arm_after(Duration::zero());
        }
    }

  private:
    void ended(const io::ExitStatus& status) {
        if (status.timed_out) return finish({ProbeResult::Kind::timed_out, status.to_string(), {}});
        if (status.signal != 0) return finish({ProbeResult::Kind::bad, status.to_string(), {}});
        const bool good = status.code == 0 || (dynamic_ && status.code >= 2);
        finish({good ? ProbeResult::Kind::good : ProbeResult::Kind::bad, status.to_string(), status.code});
    }
    void finish(const ProbeResult& result) { done_(result); }

    io::Callback<void(const ProbeResult&)> done_;
    bool dynamic_;
    ProbeResult failure_;
    io::Timer later_;
    std::unique_ptr<io::TimedChild> child_;
};

}  // namespace

bool is_supported(const check::Checker& checker) {
    if (std::holds_alternative<check::MiscCheck>(checker.probe)) return true;
    const auto conversation = check::make_conversation(checker);
    return conversation != nullptr && conversation->transport() == check::Transport::tcp;
}

std::unique_ptr<Probe> start_probe(Edges& edges, const check::Checker& checker, Probe::Done done) {
    if (const auto* misc = std::get_if<check::MiscCheck>(&checker.probe)) {
        const Duration timeout =
            misc->timeout > Duration::zero() ? misc->timeout : checker.schedule.delay_loop;
        return std::make_unique<MiscProbe>(edges, *misc, timeout, std::move(done));
    }
    auto conversation = check::make_conversation(checker);
    if (conversation == nullptr || conversation->transport() != check::Transport::tcp) return nullptr;
    return std::make_unique<StreamProbe>(edges, std::move(conversation), std::move(done));
}

}  // namespace holdfast::app

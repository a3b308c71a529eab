#include "holdfast/app/notifications.hpp"

#include <fmt/format.h>

#include <csignal>
#include <deque>

#include "holdfast/io/timed_child.hpp"

namespace holdfast::app {

std::optional<io::Credentials> credentials_of(const notify::Identity& identity) {
    if (!identity.uid) return std::nullopt;
    io::Credentials credentials;
    credentials.uid = *identity.uid;
    credentials.gid = identity.gid.value_or(0);
    return credentials;
}

/// One queue machine with its timer and its running children.
class Notifications::Speaker {
  public:
    Speaker(Notifications& owner, const notify::QueueSettings& settings)
        : owner_(owner),
          queue_(settings),
          timer_(owner.edges_.timers, [this] { handle(notify::QueueDeadlineReached{}); }) {}

    void handle(const notify::QueueEvent& event) {
        notify::QueueActions actions;
        queue_.handle(owner_.edges_.timers.now(), event, actions);
        for (const notify::QueueAction& action : actions)
            std::visit([this](const auto& a) { perform(a); }, action);
        if (const auto deadline = queue_.deadline()) {
            timer_.arm(*deadline);
        } else {
            timer_.cancel();
        }
    }

    notify::NotifyQueue& queue() { return queue_; }
    bool stopped() const { return stopped_; }

  private:
    void perform(const notify::StartScript& start) {
        io::SpawnRequest request;
        request.arguments = start.arguments;
        request.run_as = credentials_of(start.identity);
        const uint32_t id = start.id;
        auto child = owner_.edges_.processes.spawn(request, [this, id](io::ExitStatus status) {
            const int code = status.signal != 0 ? 128 + status.signal : status.code;
            children_.erase(id);
            handle(notify::ScriptDone{id, code});
        });
        if (child) {
            children_[id] = std::move(*child);
            return;
        }
        owner_.edges_.log.write(
            Part::vrrp, LogLevel::warning,
            fmt::format("Cannot run notify script {}: {}", start.arguments.front(), child.error().message));
        failed_.push_back(id);
        failures_.arm_after(Duration::zero());  // The machine must not be answered from within handle().
    }
    void perform(const notify::SignalScript& signal) {
        if (const auto child = children_.find(signal.id); child != children_.end()) {
            (void)child->second->kill(signal.force ? SIGKILL : SIGTERM);
        }
    }
    void perform(const notify::WriteFifo& fifo) {
        owner_.edges_.outputs.write_fifo(FifoPart::vrrp, fifo.line);
    }
    void perform(const notify::SendMail& mail) { owner_.edges_.outputs.send_mail(mail.subject, mail.body); }
    void perform(const notify::QueueLog& line) { owner_.edges_.log.info(Part::vrrp, line.text); }
    void perform(const notify::StopComplete&) {
        stopped_ = true;
        owner_.check_stopped();
    }
    void report_failures() {
        for (const uint32_t id : std::exchange(failed_, {})) handle(notify::ScriptDone{id, -1});
    }

    Notifications& owner_;
    notify::NotifyQueue queue_;
    io::Timer timer_;
    io::Timer failures_{owner_.edges_.timers, [this] { report_failures(); }};
    std::vector<uint32_t> failed_;
    std::unordered_map<uint32_t, std::unique_ptr<io::Child>> children_;
    bool stopped_ = false;
};

/// Commands of one virtual server, one after the other: the last to finish is the last state.
class Notifications::Lane {
  public:
    explicit Lane(Notifications& owner) : owner_(owner), next_(owner.edges_.timers, [this] { start(); }) {}

    void add(const notify::Command& command) {
        waiting_.push_back(command);
        if (child_ == nullptr) next_.arm_after(Duration::zero());
    }
    bool idle() const { return child_ == nullptr && waiting_.empty(); }
    /// Gives what runs `limit` to end; what still waits is started as its turn comes within that time.
    void stop(Duration limit) { deadline_.arm_after(limit); }

  private:
    void start() {
        while (!waiting_.empty()) {
            const notify::Command command = waiting_.front();
            waiting_.pop_front();
            io::SpawnRequest request;
            request.arguments = command.arguments;
            request.run_as = credentials_of(command.identity);
            auto child = owner_.edges_.processes.spawn(request, [this](io::ExitStatus) {
                child_.reset();
                if (!waiting_.empty()) next_.arm_after(Duration::zero());
                owner_.check_stopped();
            });
            if (child) {
                child_ = std::move(*child);
                return;
            }
            owner_.edges_.log.write(
                Part::checkers, LogLevel::warning,
                fmt::format("Cannot run {}: {}", command.to_string(), child.error().message));
        }
        owner_.check_stopped();
    }
    void give_up() {
        waiting_.clear();
        if (child_ != nullptr) {
            (void)child_->kill(SIGTERM);
            child_.reset();
        }
        owner_.check_stopped();
    }

    Notifications& owner_;
    std::deque<notify::Command> waiting_;
    std::unique_ptr<io::Child> child_;
    io::Timer next_;
    io::Timer deadline_{owner_.edges_.timers, [this] { give_up(); }};
};

Notifications::Notifications(Edges& edges) : edges_(edges) {}

Notifications::~Notifications() = default;

void Notifications::define(const notify::QueueSettings& settings) {
    auto& speaker = speakers_[{settings.subject, settings.name}];
    if (speaker == nullptr) {
        speaker = std::make_unique<Speaker>(*this, settings);
    } else {
        speaker->queue().reconfigure(settings);
    }
}

void Notifications::remove(notify::Subject subject, const std::string& name) {
    speakers_.erase({subject, name});
}

void Notifications::tell(notify::Subject subject, const std::string& name, const notify::QueueEvent& event) {
    if (const auto speaker = speakers_.find({subject, name}); speaker != speakers_.end())
        speaker->second->handle(event);
}

void Notifications::run(const std::string& lane, const notify::Command& command) {
    auto& found = lanes_[lane];
    if (found == nullptr) found = std::make_unique<Lane>(*this);
    found->add(command);
}

void Notifications::stop(std::function<void()> done) {
    stopped_ = std::move(done);
    for (const auto& [name, lane] : lanes_) lane->stop(notify::QueuePolicy{}.stop_wait);
    for (const auto& [key, speaker] : speakers_) speaker->handle(notify::StopRequested{});
    check_stopped();
}

void Notifications::check_stopped() {
    if (stopped_ == nullptr) return;
    for (const auto& [key, speaker] : speakers_) {
        if (!speaker->stopped()) return;
    }
    for (const auto& [name, lane] : lanes_) {
        if (!lane->idle()) return;
    }
    std::exchange(stopped_, nullptr)();
}

}  // namespace holdfast::app

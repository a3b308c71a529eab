#include "holdfast/app/notifications.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <csignal>
#include <deque>

#include "holdfast/io/timed_child.hpp"

namespace holdfast::app {

namespace {

/// All groups of the user, as login gives them.
std::vector<gid_t> groups_of(uid_t uid, gid_t gid) {
    std::vector<char> buffer(16384);
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {gid};
    int count = 0;
    (void)getgrouplist(entry.pw_name, gid, nullptr, &count);
    std::vector<gid_t> groups(static_cast<size_t>(count));
    if (getgrouplist(entry.pw_name, gid, groups.data(), &count) < 0) return {gid};
    groups.resize(static_cast<size_t>(count));
    return groups;
}

}  // namespace

std::optional<io::Credentials> credentials_of(const notify::Identity& identity) {
    if (!identity.uid) return std::nullopt;
    io::Credentials credentials;
    credentials.uid = *identity.uid;
    credentials.gid = identity.gid.value_or(0);
    if (identity.supplementary_groups) credentials.groups = groups_of(credentials.uid, credentials.gid);
    return credentials;
}

/// One queue machine with its timer and its running children.
class Notifications::Speaker {
  public:
    Speaker(Notifications& owner, const notify::QueueSettings& settings) : owner_(owner), queue_(settings) {}

    void handle(const notify::QueueEvent& event) {
        notify::QueueActions actions;
        queue_.handle(owner_.edges_.timers.now(), event, actions);
        for (const notify::QueueAction& action : actions)
            std::visit([this](const auto& a) { perform(a); }, action);
        if (const auto deadline = queue_.deadline()) {
            work().timer.arm(*deadline);
        } else if (work_) {
            work_->timer.cancel();
        }
    }

    notify::NotifyQueue& queue() { return queue_; }
    bool stopped() const { return stopped_; }
    bool is_idle() const {
        return queue_.pending() == 0 && queue_.running() == 0 && (!work_ || work_->failed.empty());
    }

  private:
    /// What only those need that run scripts.
    struct Work {
        explicit Work(Speaker& speaker)
            : timer(speaker.owner_.edges_.timers,
                    [&speaker] { speaker.handle(notify::QueueDeadlineReached{}); }),
              failures(speaker.owner_.edges_.timers, [&speaker] { speaker.report_failures(); }) {}
        io::Timer timer;
        io::Timer failures;
        std::vector<uint32_t> failed;
        std::unordered_map<uint32_t, std::unique_ptr<io::Child>> children;
    };
    Work& work() {
        if (!work_) work_ = std::make_unique<Work>(*this);
        return *work_;
    }

    void perform(const notify::StartScript& start) {
        io::SpawnRequest request;
        request.arguments = start.arguments;
        request.program = start.path;
        request.run_as = credentials_of(start.identity);
        const uint32_t id = start.id;
        auto child = owner_.edges_.processes.spawn(request, [this, id](io::ExitStatus status) {
            const int code = status.signal != 0 ? 128 + status.signal : status.code;
            work().children.erase(id);
            handle(notify::ScriptDone{id, code});
        });
        if (child) {
            work().children[id] = std::move(*child);
            return;
        }
        owner_.edges_.log.write(
            Part::vrrp, LogLevel::warning,
            fmt::format("Cannot run notify script {}: {}", start.arguments.front(), child.error().message));
        work().failed.push_back(id);
        work().failures.arm_after(
            Duration::zero());  // The machine must not be answered from within handle().
    }
    void perform(const notify::SignalScript& signal) {
        auto& children = work().children;
        if (const auto child = children.find(signal.id); child != children.end()) {
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
        for (const uint32_t id : std::exchange(work().failed, {})) handle(notify::ScriptDone{id, -1});
    }

    Notifications& owner_;
    notify::NotifyQueue queue_;
    std::unique_ptr<Work> work_;
    bool stopped_ = false;
};

/// Commands of one lane, one after the other: the last to finish is the last state.
class Notifications::Lane {
  public:
    explicit Lane(Notifications& owner) : owner_(owner) {}

    void add(const notify::Command& command, bool at_stop) {
        waiting_.push_back({command, at_stop});
        if (!children_.contains(last_id_) || !patience_.armed()) next_.arm_after(Duration::zero());
    }
    bool idle() const { return children_.empty() && waiting_.empty(); }
    /// Of what waits only the commands of the stop itself are still run: in order within stop_wait, then all
    /// at once with a second stop_wait. What runs after that gets SIGTERM, and stop_kill later SIGKILL.
    void stop() {
        std::erase_if(waiting_, [](const Waiting& one) { return !one.at_stop; });
        stage_ = Stage::in_order;
        stage_ends_.arm_after(policy_.stop_wait);
    }

  private:
    struct Waiting {
        notify::Command command;
        bool at_stop = false;
    };
    enum class Stage : uint8_t { none, in_order, at_once, terminating, over };

    void start_next() {
        next_.cancel();
        while (!waiting_.empty() && !start_first()) {
        }
        owner_.check_stopped();
    }
    /// Whether the first of what waits runs now.
    bool start_first() {
        const notify::Command command = std::move(waiting_.front().command);
        waiting_.pop_front();
        io::SpawnRequest request;
        request.arguments = command.arguments;
        request.program = command.path;
        request.run_as = credentials_of(command.identity);
        const uint32_t id = ++last_id_;
        auto child = owner_.edges_.processes.spawn(request, [this, id](io::ExitStatus) {
            children_.erase(id);
            if (id == last_id_ && !waiting_.empty()) next_.arm_after(Duration::zero());
            owner_.check_stopped();
        });
        if (!child) {
            warn(fmt::format("Cannot run {}: {}", command.to_string(), child.error().message));
            return false;
        }
        children_[id] = std::move(*child);
        patience_.arm_after(policy_.patience);
        return true;
    }
    /// A command that never ends must not hold back the next state.
    void lose_patience() {
        if (children_.empty() || waiting_.empty()) return;
        warn(fmt::format("A command still runs after {:.0f} s: starting {} beside it",
                         to_seconds(policy_.patience), waiting_.front().command.to_string()));
        start_next();
    }
    void next_stage() {
        switch (stage_) {
            case Stage::none:
            case Stage::over:
                return;
            case Stage::in_order:
                if (!waiting_.empty()) {
                    stage_ = Stage::at_once;
                    stage_ends_.arm_after(policy_.stop_wait);
                    while (!waiting_.empty()) start_first();
                    break;
                }
                [[fallthrough]];
            case Stage::at_once:
                stage_ = Stage::terminating;
                stage_ends_.arm_after(policy_.stop_kill);
                signal_all(SIGTERM);
                break;
            case Stage::terminating:
                stage_ = Stage::over;
                signal_all(SIGKILL);
                children_.clear();
                break;
        }
        owner_.check_stopped();
    }
    void signal_all(int signal) {
        for (const auto& [id, child] : children_) (void)child->kill(signal);
    }
    void warn(const std::string& text) { owner_.edges_.log.write(Part::checkers, LogLevel::warning, text); }

    Notifications& owner_;
    notify::QueuePolicy policy_;
    std::deque<Waiting> waiting_;
    std::unordered_map<uint32_t, std::unique_ptr<io::Child>> children_;
    uint32_t last_id_ = 0;
    Stage stage_ = Stage::none;
    io::Timer next_{owner_.edges_.timers, [this] { start_next(); }};
    io::Timer patience_{owner_.edges_.timers, [this] { lose_patience(); }};
    io::Timer stage_ends_{owner_.edges_.timers, [this] { next_stage(); }};
};

Notifications::Notifications(Edges& edges) : edges_(edges), sweep_(edges.timers, [this] { sweep(); }) {}

Notifications::~Notifications() = default;

void Notifications::define(const notify::QueueSettings& settings) {
    const Key key(settings.subject, settings.name);
    if (auto again = retired_.extract(key)) speakers_.insert(std::move(again));
    auto& speaker = speakers_[key];
    if (speaker == nullptr) {
        speaker = std::make_unique<Speaker>(*this, settings);
    } else {
        speaker->queue().reconfigure(settings);
    }
}

void Notifications::remove(notify::Subject subject, const std::string& name) {
    auto speaker = speakers_.extract({subject, name});
    if (!speaker) return;
    retired_.insert(std::move(speaker));
    sweep_.arm_after(kSweepPeriod);
}

void Notifications::sweep() {
    std::erase_if(retired_, [](const auto& one) { return one.second->is_idle(); });
    if (!retired_.empty()) sweep_.arm_after(kSweepPeriod);
}

void Notifications::tell(notify::Subject subject, const std::string& name, const notify::QueueEvent& event) {
    if (const auto speaker = speakers_.find({subject, name}); speaker != speakers_.end())
        speaker->second->handle(event);
}

void Notifications::run(const std::string& lane, const notify::Command& command, bool at_stop) {
    auto& found = lanes_[lane];
    if (found == nullptr) found = std::make_unique<Lane>(*this);
    found->add(command, at_stop);
}

void Notifications::stop(std::function<void()> done) {
    stopped_ = std::move(done);
    for (const auto& [name, lane] : lanes_) lane->stop();
    for (const auto& [key, speaker] : speakers_) speaker->handle(notify::StopRequested{});
    for (const auto& [key, speaker] : retired_) speaker->handle(notify::StopRequested{});
    check_stopped();
}

void Notifications::check_stopped() {
    if (stopped_ == nullptr) return;
    for (const auto& [key, speaker] : speakers_) {
        if (!speaker->stopped()) return;
    }
    for (const auto& [key, speaker] : retired_) {
        if (!speaker->stopped()) return;
    }
    for (const auto& [name, lane] : lanes_) {
        if (!lane->idle()) return;
    }
    std::exchange(stopped_, nullptr)();
}

}  // namespace holdfast::app

#include "holdfast/app/script_trackers.hpp"

#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <utility>

#include "holdfast/io/exhaustion.hpp"

namespace holdfast::app {

namespace {

// What shells answer to a redirection that fails: dash 2, bash (which alone knows /dev/tcp) 1.
constexpr int kCannotOpen = 2;
constexpr int kCannotConnect = 1;

bool is_shell_device(std::string_view path) {
    return path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/");
}

/// `/dev/tcp/ADDRESS/PORT` with numbers; nothing for names, which would have to be looked up.
std::optional<Endpoint> tcp_endpoint(std::string_view path) {
    constexpr std::string_view kPrefix = "/dev/tcp/";
    if (!path.starts_with(kPrefix)) return std::nullopt;
    path.remove_prefix(kPrefix.size());
    const size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = IpAddress::parse(path.substr(0, slash));
    const std::string_view digits = path.substr(slash + 1);
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!address || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return Endpoint{*address, port};
}

}  // namespace

class ScriptTrackers::Runner final : private io::StreamHandler {
  public:
    Runner(ScriptTrackers& owner, const track::ScriptSettings& settings,
           const std::optional<track::ScriptMemory>& memory, track::Beginning beginning)
        : owner_(owner),
          tracker_(settings, memory, beginning),
          timer_(owner.edges_.timers, [this] { handle(track::DeadlineReached{}); }),
          answer_(owner.edges_.timers, [this] { handle(immediate_answer_); }) {}
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;
    /// Nobody is left to keep the time of what still runs.
    ~Runner() override {
        if (child_ != nullptr) (void)child_->kill(SIGKILL);
    }

    void handle(const track::ScriptEvent& event) {
        remember(event);
        track::ScriptActions actions;
        tracker_.handle(owner_.edges_.timers.now(), event, actions);
        for (const track::ScriptAction& action : actions)
            std::visit([this](const auto& a) { perform(a); }, action);
        if (const auto deadline = tracker_.deadline()) {
            timer_.arm(*deadline);
        } else {
            timer_.cancel();
        }
    }
    const track::ScriptTracker& tracker() const { return tracker_; }
    const std::optional<ScriptRun>& last_run() const { return last_run_; }

  private:
    void remember(const track::ScriptEvent& event) {
        const Instant now = owner_.edges_.timers.now();
        if (const auto* exited = std::get_if<track::ScriptExited>(&event)) {
            last_run_ = {exited->status, 0, now - started_, now};
        } else if (const auto* signaled = std::get_if<track::ScriptSignaled>(&event)) {
            last_run_ = {std::nullopt, signaled->signal, now - started_, now};
        }
    }
    void perform(const track::RunScript&) {
        started_ = owner_.edges_.timers.now();
        const track::ScriptSettings& settings = tracker_.settings();
        const std::string& path = settings.open_path;
        if (const auto destination = tcp_endpoint(path)) {
            io::ConnectRequest request;
            request.destination = *destination;
            request.timeout = std::chrono::hours(24);  // The machine has its own patience.
            connection_ = owner_.edges_.streams.connect(request, *this);
            return;
        }
        io::SpawnRequest request;
        request.run_as = credentials_of(settings.command.identity);
        if (is_shell_device(path)) {
            request.arguments = {"bash", "-c", "<\"$0\"", path};
        } else if (!path.empty()) {
            answer_later(track::ScriptExited{owner_.edges_.can_open(path) ? 0 : kCannotOpen});
            return;
        } else {
            request.arguments = settings.command.arguments;
            request.program = settings.command.path;
        }
        auto child = owner_.edges_.processes.spawn(request, [this](io::ExitStatus status) { ended(status); });
        if (child) {
            told_to_end_ = false;
            could_run_ = true;
            child_ = std::move(*child);
        } else if (io::is_exhaustion(child.error().os_error)) {
            answer_later(track::ScriptLost{});  // Our lack says nothing about what it checks.
        } else {
            // As in keepalived, a check that cannot be made is good: a script that an upgrade has taken away,
            // or whose interpreter is missing, must not take the service down on every node.
            if (std::exchange(could_run_, false)) {
                owner_.edges_.log.write(Part::vrrp, LogLevel::alert,
                                        fmt::format("VRRP_Script({}) counts as successful: {}", settings.name,
                                                    child.error().message));
            }
            answer_later(track::ScriptExited{0});
        }
    }
    void on_connected() override {
        connection_.reset();
        handle(track::ScriptExited{0});
    }
    void on_data(std::span<const uint8_t>) override {}
    void on_closed() override {}
    void on_failed(const Error&, io::StreamFailure reason) override {
        connection_.reset();
        if (reason == io::StreamFailure::out_of_descriptors) {
            handle(track::ScriptLost{});  // Our lack says nothing about the server.
        } else {
            handle(track::ScriptExited{kCannotConnect});
        }
    }
    void perform(const track::KillScript& kill) {
        told_to_end_ = true;
        if (child_ != nullptr) (void)child_->kill(kill.force ? SIGKILL : SIGTERM);
        if (connection_ != nullptr) {
            connection_.reset();
            answer_later(track::ScriptSignaled{SIGTERM});
        }
    }
    /// The child is kept until the machine has spoken: what it kills now is the rest of the group.
    void ended(const io::ExitStatus& status) {
        // A script that catches SIGTERM and exits by itself leaves as much behind as one that is killed by
        // it.
        if (told_to_end_) (void)child_->kill(SIGKILL);
        if (status.signal != 0) {
            handle(track::ScriptSignaled{status.signal});
        } else {
            handle(track::ScriptExited{status.code});
        }
        child_.reset();
    }
    void perform(const track::ScriptStateChanged& change) {
        owner_.changed_(tracker_.settings().name, change.state);
    }
    void perform(const track::LogLine& line) { owner_.edges_.log.info(Part::vrrp, line.text); }

    void answer_later(track::ScriptEvent answer) {
        immediate_answer_ = answer;
        answer_.arm_after(Duration::zero());
    }

    ScriptTrackers& owner_;
    track::ScriptTracker tracker_;
    io::Timer timer_;
    io::Timer answer_;  ///< A result known at once is told in the next pass, never from within handle().
    track::ScriptEvent immediate_answer_;
    bool told_to_end_ = false;
    bool could_run_ = true;  ///< When it was last tried.
    Instant started_{};
    std::optional<ScriptRun> last_run_;
    std::unique_ptr<io::Child> child_;
    std::unique_ptr<io::Connection> connection_;  ///< An attempt at `</dev/tcp/ADDRESS/PORT`.
};

ScriptTrackers::ScriptTrackers(Edges& edges,
                               std::function<void(std::string_view, track::TrackedState)> changed)
    : edges_(edges), changed_(std::move(changed)) {}

ScriptTrackers::~ScriptTrackers() = default;

void ScriptTrackers::load(const std::vector<track::ScriptSettings>& scripts,
                          const std::set<std::string>& followed) {
    std::map<std::string, std::unique_ptr<Runner>, std::less<>> before = std::exchange(runners_, {});
    const auto beginning = std::exchange(loaded_, true) ? track::Beginning::reload : track::Beginning::start;
    std::vector<Runner*> started;
    for (const track::ScriptSettings& settings : scripts) {
        if (!followed.contains(settings.name)) continue;
        const auto old = before.find(settings.name);
        if (old != before.end() && old->second->tracker().settings() == settings) {
            runners_[settings.name] = std::move(old->second);
            continue;
        }
        std::optional<track::ScriptMemory> memory;
        if (old != before.end()) memory = old->second->tracker().memory();
        auto& runner = runners_[settings.name] = std::make_unique<Runner>(*this, settings, memory, beginning);
        started.push_back(runner.get());
    }
    for (Runner* runner : started) runner->handle(track::Start{});
}

void ScriptTrackers::stop() {
    runners_.clear();
}

track::TrackedState ScriptTrackers::state(std::string_view name) const {
    const auto runner = runners_.find(name);
    return runner == runners_.end() ? track::TrackedState::unknown : runner->second->tracker().state();
}

std::optional<ScriptRun> ScriptTrackers::last_run(std::string_view name) const {
    const auto runner = runners_.find(name);
    return runner == runners_.end() ? std::nullopt : runner->second->last_run();
}

const track::ScriptTracker* ScriptTrackers::tracker(std::string_view name) const {
    const auto runner = runners_.find(name);
    return runner == runners_.end() ? nullptr : &runner->second->tracker();
}

}  // namespace holdfast::app

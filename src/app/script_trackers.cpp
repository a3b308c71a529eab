#include "holdfast/app/script_trackers.hpp"

#include <cerrno>
#include <csignal>

namespace holdfast::app {

class ScriptTrackers::Runner {
  public:
    Runner(ScriptTrackers& owner, const track::ScriptSettings& settings,
           std::optional<track::ScriptMemory> memory)
        : owner_(owner),
          tracker_(settings, memory),
          timer_(owner.edges_.timers, [this] { handle(track::DeadlineReached{}); }),
          answer_(owner.edges_.timers, [this] { handle(track::ScriptExited{immediate_status_}); }) {}

    void handle(const track::ScriptEvent& event) {
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

  private:
    void perform(const track::RunScript&) {
        const track::ScriptSettings& settings = tracker_.settings();
        if (!settings.open_path.empty()) {
            answer_later(owner_.edges_.can_open(settings.open_path) ? 0 : 1);
            return;
        }
        io::SpawnRequest request;
        request.arguments = settings.command.arguments;
        request.run_as = credentials_of(settings.command.identity);
        auto child = owner_.edges_.processes.spawn(request, [this](io::ExitStatus status) {
            child_.reset();
            if (status.signal != 0) {
                handle(track::ScriptSignaled{status.signal});
            } else {
                handle(track::ScriptExited{status.code});
            }
        });
        if (child) {
            child_ = std::move(*child);
        } else {
            answer_later(child.error().os_error == ENOENT ? 127 : 126);
        }
    }
    void perform(const track::KillScript& kill) {
        if (child_ != nullptr) (void)child_->kill(kill.force ? SIGKILL : SIGTERM);
    }
    void perform(const track::ScriptStateChanged& change) {
        owner_.changed_(tracker_.settings().name, change.state);
    }
    void perform(const track::LogLine& line) { owner_.edges_.log.info(Part::vrrp, line.text); }

    void answer_later(int status) {
        immediate_status_ = status;
        answer_.arm_after(Duration::zero());
    }

    ScriptTrackers& owner_;
    track::ScriptTracker tracker_;
    io::Timer timer_;
    io::Timer answer_;  ///< A result known at once is told in the next pass, never from within handle().
    int immediate_status_ = 0;
    std::unique_ptr<io::Child> child_;
};

ScriptTrackers::ScriptTrackers(Edges& edges,
                               std::function<void(std::string_view, track::TrackedState)> changed)
    : edges_(edges), changed_(std::move(changed)) {}

ScriptTrackers::~ScriptTrackers() = default;

void ScriptTrackers::load(const std::vector<track::ScriptSettings>& scripts,
                          const std::set<std::string>& followed) {
    std::map<std::string, std::unique_ptr<Runner>, std::less<>> before = std::exchange(runners_, {});
    std::vector<Runner*> started;
    for (const track::ScriptSettings& settings : scripts) {
        if (!followed.contains(settings.name)) continue;
        const auto old = before.find(settings.name);
        if (old != before.end() && old->second->tracker().settings() == settings) {
            runners_[settings.name] = std::move(old->second);
            continue;
        }
        std::optional<track::ScriptMemory> memory;
        if (old != before.end() && old->second->tracker().state() != track::TrackedState::unknown) {
            memory = old->second->tracker().memory();
        }
        auto& runner = runners_[settings.name] = std::make_unique<Runner>(*this, settings, memory);
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

const track::ScriptTracker* ScriptTrackers::tracker(std::string_view name) const {
    const auto runner = runners_.find(name);
    return runner == runners_.end() ? nullptr : &runner->second->tracker();
}

}  // namespace holdfast::app

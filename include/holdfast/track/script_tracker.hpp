// One vrrp_script block as a machine: when to run the check, when to lose patience with it, and when its
// results make a change of state (compat/runtime.md, sections 6 and 7). The driver owns the process and one
// timer.
//
// The counting is keepalived's: one number climbs from 0 to rise + fall - 1; at `rise` and above the script
// counts as good. The very first result decides at once, whatever rise and fall say, unless `init_fail` is
// set, when the script counts as failed until `rise` successes were seen.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/base/time.hpp"
#include "holdfast/track/contribution.hpp"
#include "holdfast/track/settings.hpp"

namespace holdfast::track {

/// Begins the schedule: the first run is due at once.
struct Start {};
/// The process ended by itself with this exit status. A program that cannot be run is 0, as in keepalived: a
/// check that is not made says nothing against what it would check.
struct ScriptExited {
    int status = 0;
};
/// The process was killed by this signal.
struct ScriptSignaled {
    int signal = 0;
};
/// The process is gone and nobody knows how it ended. Counts as no result.
struct ScriptLost {};
/// The instant that `deadline()` named has come.
struct DeadlineReached {};
using ScriptEvent = std::variant<Start, ScriptExited, ScriptSignaled, ScriptLost, DeadlineReached>;

/// Start the command (or try to open `open_path`) and answer with ScriptExited, ScriptSignaled or ScriptLost;
/// never from within `handle`.
struct RunScript {};
/// Send to the whole process group. After `force` the process cannot refuse.
struct KillScript {
    bool force = false;  ///< false SIGTERM, true SIGKILL.
    friend bool operator==(const KillScript&, const KillScript&) = default;
};
/// The script's verdict changed: tell `Tracking` of every instance that follows it.
struct ScriptStateChanged {
    TrackedState state = TrackedState::unknown;
    friend bool operator==(const ScriptStateChanged&, const ScriptStateChanged&) = default;
};
/// A line for the log at level INFO, in keepalived's words, without the program's prefix.
struct LogLine {
    std::string text;
    friend bool operator==(const LogLine&, const LogLine&) = default;
};
using ScriptAction = std::variant<RunScript, KillScript, ScriptStateChanged, LogLine>;
using ScriptActions = std::vector<ScriptAction>;

/// What a reload carries from the old generation's machine to the new one of the same name.
struct ScriptMemory {
    notify::Command command;  ///< What was run; another command makes the next result decide alone.
    TrackedState state = TrackedState::unknown;
    uint32_t count = 0;
    uint32_t rise = 1;
    uint32_t fall = 1;
    int last_status = 0;  ///< Last exit status, for `Script `S` now returning N`.
};

/// When a machine is made.
enum class Beginning : uint8_t { start, reload };

class ScriptTracker {
  public:
    /// How long a process gets after SIGTERM, after the first SIGKILL, and between further ones.
    static constexpr Duration kTermGrace = std::chrono::seconds(2);
    static constexpr Duration kKillGrace = std::chrono::seconds(2);
    static constexpr Duration kKillRetry = std::chrono::seconds(10);

    /// Without memory nothing is known yet (with `init_fail` a bad result is assumed): the instances wait in
    /// init for the first result when the daemon starts, but not for a script that is new in a reload. With a
    /// memory the old state stays in force until new results change it: counting goes on when the command is
    /// the same, and starts anew when it is another.
    explicit ScriptTracker(ScriptSettings settings, const std::optional<ScriptMemory>& memory = std::nullopt,
                           Beginning beginning = Beginning::start);

    /// Appends to `out`, in order: kills, log lines, the change of state, the next run.
    void handle(Instant now, const ScriptEvent& event, ScriptActions& out);
    std::optional<Instant> deadline() const;

    /// unknown or untested before the first result (down at once with `init_fail`).
    TrackedState state() const { return state_; }
    ScriptMemory memory() const {
        return {settings_.command, state_, count_, settings_.rise, settings_.fall, last_status_};
    }
    bool is_running() const { return phase_ != Phase::idle; }
    /// The internal count, 0..rise + fall - 1, shown by the data dump.
    uint32_t result_count() const { return count_; }
    const ScriptSettings& settings() const { return settings_; }

  private:
    enum class Phase : uint8_t { idle, running, terminating, killing };

    void recall(const ScriptMemory& memory);
    void run_if_due(Instant now, ScriptActions& out);
    void lose_patience(Instant now, ScriptActions& out);
    void exited(int status, ScriptActions& out);
    void signaled(int signal, ScriptActions& out);
    void succeeded(ScriptActions& out);
    void failed(const std::string& how, ScriptActions& out);
    void become(TrackedState state, const std::string& how, ScriptActions& out);
    void become_idle();
    Duration timeout() const {
        return settings_.timeout > Duration::zero() ? settings_.timeout : settings_.interval;
    }

    ScriptSettings settings_;
    TrackedState state_ = TrackedState::unknown;
    bool first_result_decides_ = true;
    bool recalled_ = false;  ///< The state comes from before a reload; said once in the log.
    uint32_t count_ = 0;
    int last_status_ = 0;
    Phase phase_ = Phase::idle;
    std::optional<Instant> next_run_;
    std::optional<Instant> patience_ends_;
};

}  // namespace holdfast::track

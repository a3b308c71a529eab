// One vrrp_track_process block as a machine: it is told how many matching processes there are and says when
// the quorum is gained or lost, after `fork_delay` or `terminate_delay`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/base/time.hpp"
#include "holdfast/track/contribution.hpp"
#include "holdfast/track/settings.hpp"

namespace holdfast::track {

/// The number of matching processes now, after a start, an end or a fresh scan. The first one decides at
/// once.
struct ProcessCount {
    uint32_t count = 0;
    /// A process has become another program, or given itself another name: that is no start and no end, and
    /// nothing is waited for.
    bool at_once = false;
};
struct ProcessDeadlineReached {};
using ProcessEvent = std::variant<ProcessCount, ProcessDeadlineReached>;

/// The verdict changed, or was reached for the first time; `line` is keepalived's log line, empty the first
/// time.
struct ProcessStateChanged {
    TrackedState state = TrackedState::unknown;
    std::string line;  ///< `Quorum gained for tracked process P`.
};
using ProcessActions = std::vector<ProcessStateChanged>;

/// Rules (keepalived's): a count that enters quorum..quorum_max makes up after fork_delay, one that leaves it
/// makes down after terminate_delay, one that climbs above quorum_max also waits fork_delay and one that
/// falls back below it terminate_delay (the delays belong to processes starting and ending). A count that
/// returns before the delay ends leaves everything as it was.
class ProcessTracker {
  public:
    explicit ProcessTracker(ProcessSettings settings);

    void handle(Instant now, const ProcessEvent& event, ProcessActions& out);
    std::optional<Instant> deadline() const;

    /// unknown before the first count.
    TrackedState state() const { return state_; }
    uint32_t count() const { return count_; }
    bool fork_delay_running() const { return fork_ends_.has_value(); }
    bool terminate_delay_running() const { return terminate_ends_.has_value(); }
    const ProcessSettings& settings() const { return settings_; }

  private:
    uint32_t maximum() const;
    bool in_quorum() const;
    void one_more(Instant now, bool at_once, ProcessActions& out);
    void one_less(Instant now, bool at_once, ProcessActions& out);
    void decide(bool up, ProcessActions& out);

    ProcessSettings settings_;
    TrackedState state_ = TrackedState::unknown;
    uint32_t count_ = 0;
    std::optional<Instant> fork_ends_;
    std::optional<Instant> terminate_ends_;
};

/// Whether a process is one of those counted. `comm` is /proc/PID/comm (15 characters at most),
/// `command_line` the words of /proc/PID/cmdline. Without `full_command` and parameters `comm` must equal the
/// name; otherwise the first word of the command line must. Parameters must then match as `match` says: exact
/// all of them, partial the first ones, initial the first ones with the last one only as a prefix. Parameters
/// without a kind of match mean exact.
bool matches(const ProcessSettings& settings, std::string_view comm,
             std::span<const std::string_view> command_line);

}  // namespace holdfast::track

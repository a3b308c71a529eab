// What an instance or a sync group tells the world when its state changes: scripts, FIFO lines and mail, as a
// machine. One queue per instance and per group.
//
// keepalived starts every script at once and lets them race: the last to finish may belong to an older state.
// Here a queue runs at most one script at a time, in the order of the events, so that the last script is the
// last state. Nothing that has been started is cut short. FIFO lines and mail are not held back by scripts;
// they leave at once, in the order of the events. The limits, all data in QueuePolicy, keep a bad script from
// silencing the queue:
//   * when more than `max_pending` scripts wait, the oldest ones that do not belong to the newest state are
//   dropped
//     (counted and logged); the newest state's scripts are always kept;
//   * a script that repeats the one queued last (a flood of lower-priority adverts) is not queued twice;
//   * when a script has run for `patience` while others wait, the next one is started beside it (logged), as
//     keepalived would have done at once: a notify script that never ends must not hold back the next state;
//   * when the daemon stops, only the newest state's scripts are still started, each after at most a quarter
//   of
//     `stop_wait`; `stop_wait` after the last start what still runs gets SIGTERM, `stop_kill` later SIGKILL.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/base/shared.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/notify/settings.hpp"

namespace holdfast::notify {

/// Whom a queue speaks for.
enum class Subject : uint8_t { instance, group };

/// The states that scripts and FIFOs hear of.
enum class Word : uint8_t {
    master,
    backup,
    fault,
    stop,
    deleted,
    master_rx_lower_pri,
    master_priority,
    backup_priority
};
/// "MASTER", "BACKUP", ..., "MASTER_RX_LOWER_PRI", "MASTER_PRIORITY", "BACKUP_PRIORITY".
std::string_view to_string(Word word);

/// `INSTANCE "VI_1" MASTER 100` with the newline.
std::string fifo_line(Subject subject, std::string_view name, Word word, uint8_t priority);
/// `VS [10.0.0.1]:tcp:80 UP` with the newline; `server` as VirtualServerSettings::to_string gives it.
std::string fifo_line_virtual_server(std::string_view virtual_server, bool up);
/// `RS [10.0.0.2]:tcp:80 [10.0.0.1]:tcp:80 DOWN` with the newline.
std::string fifo_line_real_server(std::string_view real_server, std::string_view virtual_server, bool up);

/// The arguments appended to a generic notify script: INSTANCE|GROUP, name, state, priority (0 for a group).
std::vector<std::string> generic_arguments(Subject subject, std::string_view name, Word word,
                                           uint8_t priority);

struct QueuePolicy {
    uint32_t max_pending = 32;                     ///< Waiting scripts before superseded ones are dropped.
    Duration patience = std::chrono::seconds(30);  ///< 0 = wait for ever.
    Duration stop_wait = std::chrono::seconds(1);  ///< From Stop to SIGTERM for what still runs.
    Duration stop_kill = std::chrono::seconds(1);  ///< From SIGTERM to SIGKILL.
};

struct QueueSettings {
    Subject subject = Subject::instance;
    std::string name;
    Shared<ScriptSettings> scripts;
    bool priority_changes = false;  ///< notify_priority_changes with the global default already applied.
    bool smtp_alert = false;        ///< smtp_alert with the global defaults already applied.
    bool no_fault_mail = false;     ///< no_email_faults
    Shared<std::string> router_id;  ///< For mail subjects.
    Shared<QueuePolicy> policy;
};

/// The subject entered a state (master, backup, fault, stop or deleted). `deleted` is reported as fault
/// unless notify_deleted or its script is configured, as in keepalived.
struct StateEntered {
    Word word = Word::backup;
    uint8_t priority = 0;  ///< Effective; ignored for a group.
};
/// A Master heard an advert of lower priority.
struct LowerPriorityHeard {
    uint8_t priority = 0;
};
/// The effective priority changed. Only told to FIFOs, and only with notify_priority_changes.
struct PriorityChanged {
    bool is_master = false;
    uint8_t priority = 0;
};
/// After a reload with fifo_write_vrrp_states_on_reload: tells FIFOs the state, which did not change.
struct StateRepeated {
    Word word = Word::backup;
    uint8_t priority = 0;
};
/// A process of ours ended, or (status -1) could not be started.
struct ScriptDone {
    uint32_t id = 0;
    int status = 0;
};
/// The daemon is stopping; comes after StateEntered{stop}. See the rules above; ends with StopComplete.
struct StopRequested {};
struct QueueDeadlineReached {};
using QueueEvent = std::variant<StateEntered, LowerPriorityHeard, PriorityChanged, StateRepeated, ScriptDone,
                                StopRequested, QueueDeadlineReached>;

/// Start this process; answer with ScriptDone{id}, never from within `handle`.
struct StartScript {
    uint32_t id = 0;
    std::vector<std::string> arguments;
    Identity identity;
    std::string path;  ///< As Command::path.
};
/// Signal the process group of a script.
struct SignalScript {
    uint32_t id = 0;
    bool force = false;  ///< false SIGTERM, true SIGKILL.
};
struct WriteFifo {
    std::string line;
};
/// A mail to send; see mail.hpp for the rest of the message.
struct SendMail {
    std::string subject;
    std::string body;
};
/// INFO for the log.
struct QueueLog {
    std::string text;
};
/// All scripts of the stop phase have ended (or none ran). Once, after StopRequested.
struct StopComplete {};
using QueueAction = std::variant<StartScript, SignalScript, WriteFifo, SendMail, QueueLog, StopComplete>;
using QueueActions = std::vector<QueueAction>;

class NotifyQueue {
  public:
    explicit NotifyQueue(QueueSettings settings);

    /// Actions of one event: script starts (specific before generic), then the FIFO line, then mail.
    void handle(Instant now, const QueueEvent& event, QueueActions& out);
    std::optional<Instant> deadline() const;

    /// A reload's new settings; what waits or runs is kept.
    void reconfigure(QueueSettings settings);
    size_t pending() const { return waiting_.size(); }
    size_t running() const { return running_.size(); }
    uint64_t dropped() const { return dropped_; }
    const QueueSettings& settings() const { return settings_; }

  private:
    struct Waiting {
        Command command;     ///< With the event's arguments.
        uint64_t event = 0;  ///< Which state it belongs to; 0 for what is not a state.
        friend bool operator==(const Waiting&, const Waiting&) = default;
    };
    struct Running {
        uint32_t id = 0;
        Instant since;
        std::string what;
    };
    enum class StopPhase : uint8_t { none, waiting, terminating, killing, done };

    void enter(const StateEntered& event, QueueActions& out);
    void enqueue(const Rare<Command>& command, const std::vector<std::string>& extra, uint64_t event);
    void drop_superseded(size_t keep, QueueActions& out);
    void pump(Instant now, QueueActions& out);
    void start_next(Instant now, QueueActions& out);
    std::optional<Instant> patience_ends() const;
    void tell_fifo(Word word, uint8_t priority, QueueActions& out) const;
    void mail(Word word, QueueActions& out);
    void begin_stop(Instant now, QueueActions& out);
    void stop_due(Instant now, QueueActions& out);
    void signal_all(bool force, QueueActions& out) const;
    void check_stopped(QueueActions& out);

    QueueSettings settings_;
    std::list<Waiting> waiting_;    ///< Mostly empty, which costs nothing here.
    std::vector<Running> running_;  ///< Oldest first; more than one only after lost patience.
    uint32_t next_id_ = 1;
    uint64_t newest_state_ = 0;
    uint64_t dropped_ = 0;
    std::optional<Word> last_mailed_;
    StopPhase stop_ = StopPhase::none;
    Instant stop_requested_;
    Instant stop_step_;  ///< When the stop phase goes on.
};

}  // namespace holdfast::notify

// The composition: one configuration generation at work on a set of edges. main() drives it with the real
// edges and signals; a simulation runs several of them in one process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "holdfast/app/bfd_service.hpp"
#include "holdfast/app/candidate.hpp"
#include "holdfast/app/edges.hpp"
#include "holdfast/app/event_journal.hpp"
#include "holdfast/app/lvs_service.hpp"
#include "holdfast/app/network.hpp"
#include "holdfast/app/notifications.hpp"
#include "holdfast/app/options.hpp"
#include "holdfast/app/views.hpp"
#include "holdfast/app/vrrp_service.hpp"
#include "holdfast/base/shared.hpp"
#include "holdfast/config/load.hpp"

namespace holdfast::app {

struct DaemonSettings {
    Subsystems parts;
    bool release_vrrp = true;  ///< false with -V
    bool release_ipvs = true;  ///< false with -I
    /// The last run could not clean up: what it has left and nobody wants any more is removed.
    bool after_crash = false;
    bool address_monitoring = false;  ///< -a
};

/// What became of a reload.
struct ReloadOutcome {
    bool applied = false;
    /// Why not, when refused: one line.
    std::string reason;
    /// What was said about the file, one line each, with its place (config::render_line).
    std::vector<std::string> diagnostics{};
    /// What was done, in the words of `Daemon::plan`; empty when refused.
    std::vector<PlannedAction> actions{};
};

/// The latest reload, for status.
struct ReloadRecord {
    std::chrono::system_clock::time_point at{};
    ReloadOutcome outcome;
};

class Daemon {
  public:
    /// The edges must outlive the daemon.
    Daemon(Edges& edges, DaemonSettings settings);
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon();

    /// Begins with a loaded generation. Fails when the kernel's tables cannot be had.
    Result<> start(config::LoadResult loaded);

    /// What `examine` compares a newly loaded generation with, until the next reload.
    Incumbent incumbent() const;
    /// Goes over to an examined generation, or refuses it whole and runs on: when it is fatal, when it
    /// changes what a reload may not change, or when it has an error that the running generation does not
    /// have. It must have been compared with the generation that runs.
    /// What is not needed any more is left in it.
    ReloadOutcome reload(Candidate&& candidate);
    /// What `reload` would say and do with it now. Nothing is changed.
    ReloadOutcome plan(Candidate&& candidate) const;
    /// Both steps at once, where nobody waits for the loop.
    ReloadOutcome reload(config::LoadResult loaded) {
        return reload(examine(incumbent(), std::move(loaded)));
    }

    /// Gives everything back and calls `done` when the last notification has ended.
    void stop(std::function<void()> done);

    /// To be told by the loop: it did not run for `length`.
    void stalled(Duration length);

    const config::Config& config() const { return *config_; }
    const VrrpService& vrrp() const { return *vrrp_; }
    VrrpService& vrrp() { return *vrrp_; }
    const LvsService& lvs() const { return *lvs_; }
    const Network& network() const { return network_; }
    const BfdService& bfd() const { return bfd_; }
    const EventJournal& journal() const { return journal_; }
    EventJournal& journal() { return journal_; }
    Edges& edges() const { return edges_; }
    const std::optional<ReloadRecord>& last_reload() const { return last_reload_; }
    /// Counts the generations: 1 is the first. Whoever remembers places in one asks whether it is still
    /// there.
    uint64_t generation() const { return generation_; }
    std::chrono::system_clock::time_point started_at() const { return started_at_; }
    /// Everything at this moment, for dumps and status (daemon_view.cpp).
    DaemonView view() const;

  private:
    void bfd_changed(const bfd::SessionSettings& session, bool up);
    void change_over(Candidate& candidate);
    ReloadOutcome outcome_of(Candidate& candidate) const;

    // daemon_journal.cpp
    void keep_journal();
    void note(const JournalEntry& entry);
    void note_instance(const VrrpInstance& instance, const vrrp::StateChanged& change);
    void note_group(const VrrpGroup& group, const vrrp::GroupStateChanged& change);
    void note_tracker(track::Kind kind, std::string_view name, std::string_view state);
    void note_verdict(check::CheckerId id, const check::Verdict& verdict);
    void forget_what_is_gone();

    Edges& edges_;
    DaemonSettings settings_;
    Shared<config::Config> config_;
    Shared<Errors> known_errors_;  ///< Of the running generation.
    Network network_;
    Notifications notifications_;
    std::unique_ptr<VrrpService> vrrp_;
    std::unique_ptr<LvsService> lvs_;
    BfdService bfd_;
    EventJournal journal_;
    std::optional<ReloadRecord> last_reload_;
    uint64_t generation_ = 0;
    std::chrono::system_clock::time_point started_at_{};
    bool stopping_ = false;
};

}  // namespace holdfast::app

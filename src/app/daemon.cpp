#include "holdfast/app/daemon.hpp"

#include <fmt/format.h>

#include "holdfast/app/limits.hpp"
#include "holdfast/base/require.hpp"

namespace holdfast::app {

Daemon::Daemon(Edges& edges, DaemonSettings settings)
    : edges_(edges),
      settings_(settings),
      network_(edges),
      notifications_(edges),
      vrrp_(std::make_unique<VrrpService>(edges, network_, notifications_)),
      lvs_(std::make_unique<LvsService>(edges, network_, notifications_)),
      bfd_(edges, [this](const bfd::SessionSettings& session, bool up) { bfd_changed(session, up); }) {
    network_.subscribe(vrrp_.get());
    network_.subscribe(lvs_.get());
    keep_journal();
}

Daemon::~Daemon() = default;

Result<> Daemon::start(config::LoadResult loaded) {
    config_ = generation_of(std::move(*loaded.config), edges_.worker.bin());
    generation_ = 1;
    started_at_ = edges_.wall_clock();
    known_errors_ = errors_of(loaded);
    if (edges_.configure) edges_.configure(config_);
    edges_.outputs.configure(config_->global);
    warn_of_limits(config_, nullptr, edges_.log);
    initialise_track_files(edges_, config_->track_files);
    if (auto started = network_.start(); !started) return started;
    if (settings_.address_monitoring) network_.tell_addresses();
    // The pools stand before an address attracts traffic; without ip_vs no address is taken at all.
    if (settings_.parts.checkers) {
        if (auto started = lvs_->start(config_); !started) {
            edges_.log.write(Part::checkers, LogLevel::error, started.error().message);
            return started;
        }
    }
    if (settings_.parts.vrrp) {
        vrrp_->start(config_);
        if (settings_.after_crash) network_.remove_leftovers();
    }
    if (settings_.parts.bfd) bfd_.load(config_->bfd_sessions);
    return {};
}

Incumbent Daemon::incumbent() const {
    return {config_, known_errors_, generation_, edges_.worker.bin()};
}

/// What is moved out of it is not needed for anything else.
ReloadOutcome Daemon::outcome_of(Candidate& candidate) const {
    std::string reason = stopping_ ? "the daemon is stopping" : std::move(candidate.refusal);
    const bool applied = reason.empty();
    return {applied, std::move(reason), std::move(candidate.diagnostics), std::move(candidate.actions)};
}

ReloadOutcome Daemon::plan(Candidate&& candidate) const {
    return outcome_of(candidate);
}

ReloadOutcome Daemon::reload(Candidate&& candidate) {
    for (const std::string& line : candidate.diagnostics)
        edges_.log.write(Part::daemon, LogLevel::warning, line);
    ReloadOutcome outcome = outcome_of(candidate);
    if (outcome.applied) {
        change_over(candidate);
    } else {
        edges_.log.write(Part::daemon, LogLevel::error,
                         fmt::format("Reload refused, the running configuration stays: {}", outcome.reason));
    }
    last_reload_ = {edges_.wall_clock(), {outcome.applied, outcome.reason, outcome.diagnostics, {}}};
    note({SubjectKind::daemon,
          {},
          {},
          outcome.applied ? "reloaded" : "reload refused",
          "reload",
          outcome.applied ? fmt::format("{} objects changed", outcome.actions.size()) : outcome.reason});
    return outcome;
}

void Daemon::change_over(Candidate& candidate) {
    require(candidate.generation == generation_, "a candidate was compared with what runs");
    const config::Plan& plan = candidate.plan;
    const Shared<config::Config> kept = std::exchange(config_, *candidate.config);
    const config::Config& before = *kept;
    ++generation_;
    known_errors_ = std::move(candidate.errors);
    if (edges_.configure) edges_.configure(config_);
    edges_.outputs.configure(config_->global);
    warn_of_limits(config_, &before, edges_.log);
    std::vector<std::pair<std::string, std::string>> renamed;
    for (const auto& pair : plan.instances.changed) {
        const std::string& old_name = before.instances[pair.before].router.name;
        const std::string& new_name = config_->instances[pair.after].router.name;
        if (old_name != new_name) renamed.emplace_back(old_name, new_name);
    }
    journal_.rename(SubjectKind::instance, renamed);
    if (settings_.parts.vrrp) vrrp_->reload(before, config_, plan);
    if (settings_.parts.checkers) lvs_->reload(config_);
    if (settings_.parts.bfd && before.bfd_sessions != config_->bfd_sessions) bfd_.load(config_->bfd_sessions);
    forget_what_is_gone();
}

void Daemon::stop(std::function<void()> done) {
    if (std::exchange(stopping_, true)) return;
    lvs_->about_to_stop();
    if (settings_.parts.vrrp) vrrp_->stop(settings_.release_vrrp);
    bfd_.stop();
    if (settings_.parts.checkers) lvs_->stop(settings_.release_ipvs);
    notifications_.stop(std::move(done));
}

void Daemon::bfd_changed(const bfd::SessionSettings& session, bool up) {
    if (session.for_vrrp && settings_.parts.vrrp) vrrp_->bfd_changed(session.name, up);
    if (session.for_checker && settings_.parts.checkers) lvs_->bfd_changed(session.name, up);
}

void Daemon::stalled(Duration length) {
    edges_.log.write(Part::vrrp, LogLevel::warning,
                     fmt::format("The daemon was not running for {:.3f} s: listening before deciding",
                                 to_seconds(length)));
    vrrp_->stalled(length);
}

}  // namespace holdfast::app

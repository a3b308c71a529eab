#include "holdfast/app/daemon.hpp"

#include <fmt/format.h>

#include "holdfast/app/limits.hpp"
#include "holdfast/config/diff.hpp"

namespace holdfast::app {

namespace {

/// A reload that brings one of these in is refused.
std::multiset<std::string> errors_of(const config::LoadResult& loaded) {
    std::multiset<std::string> errors;
    for (const config::Diagnostic& diagnostic : loaded.diagnostics.all()) {
        if (diagnostic.severity == config::Severity::error) errors.insert(diagnostic.message);
    }
    for (const std::string& lost : loaded.lost_files)
        if (!errors.contains(lost)) errors.insert(lost);
    return errors;
}

std::vector<std::string> diagnostic_lines(const config::Diagnostics& diagnostics) {
    std::vector<std::string> lines;
    for (const config::Diagnostic& diagnostic : diagnostics.all())
        lines.push_back(config::render_line(diagnostic));
    return lines;
}

}  // namespace

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
    config_ = std::move(*loaded.config);
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

/// What is decided about a generation before anything is touched.
struct Daemon::Verdict {
    std::string refusal;  ///< Empty = it may go live.
    std::multiset<std::string> errors;
    config::Plan plan;
};

Daemon::Verdict Daemon::examine(const config::LoadResult& loaded) const {
    Verdict verdict;
    if (stopping_) {
        verdict.refusal = "the daemon is stopping";
        return verdict;
    }
    if (loaded.fatal || !loaded.config) {
        verdict.refusal = "the new configuration cannot run";
        return verdict;
    }
    // Somebody is writing it, or the disk is full. A comment in it says that it is meant.
    if (loaded.is_blank) {
        verdict.refusal = "the configuration file is empty";
        return verdict;
    }
    verdict.errors = errors_of(loaded);
    for (const std::string& error : verdict.errors) {
        if (verdict.errors.count(error) <= known_errors_.count(error)) continue;
        verdict.refusal = fmt::format("new error: {}", error);
        return verdict;
    }
    verdict.plan = config::diff(config_, *loaded.config);
    if (!verdict.plan.refused.empty()) {
        verdict.refusal =
            fmt::format("{} cannot be changed by a reload", fmt::join(verdict.plan.refused, ", "));
    }
    return verdict;
}

ReloadOutcome Daemon::plan(const config::LoadResult& loaded) const {
    const Verdict verdict = examine(loaded);
    ReloadOutcome outcome{verdict.refusal.empty(), verdict.refusal, diagnostic_lines(loaded.diagnostics), {}};
    if (outcome.applied) outcome.actions = planned_actions(config_, *loaded.config, verdict.plan);
    return outcome;
}

ReloadOutcome Daemon::reload(config::LoadResult loaded) {
    for (const config::Diagnostic& diagnostic : loaded.diagnostics.all()) {
        edges_.log.write(Part::daemon, LogLevel::warning, config::render_line(diagnostic));
    }
    ReloadOutcome outcome = change_over(std::move(loaded));
    if (!outcome.applied) {
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

ReloadOutcome Daemon::change_over(config::LoadResult loaded) {
    Verdict verdict = examine(loaded);
    std::vector<std::string> diagnostics = diagnostic_lines(loaded.diagnostics);
    if (!verdict.refusal.empty()) return {false, std::move(verdict.refusal), std::move(diagnostics), {}};
    const config::Plan& plan = verdict.plan;
    const Shared<config::Config> kept =
        std::exchange(config_, Shared<config::Config>(std::move(*loaded.config)));
    const config::Config& before = *kept;
    ++generation_;
    known_errors_ = std::move(verdict.errors);
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
    return {true, {}, std::move(diagnostics), planned_actions(before, config_, plan)};
}

void Daemon::stop(std::function<void()> done) {
    if (std::exchange(stopping_, true)) return;
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

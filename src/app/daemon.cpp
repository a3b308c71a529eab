#include "holdfast/app/daemon.hpp"

#include <fmt/format.h>

#include "holdfast/app/limits.hpp"
#include "holdfast/config/diff.hpp"

namespace holdfast::app {

namespace {

std::multiset<std::string> errors_of(const config::Diagnostics& diagnostics) {
    std::multiset<std::string> errors;
    for (const config::Diagnostic& diagnostic : diagnostics.all()) {
        if (diagnostic.severity == config::Severity::error) errors.insert(diagnostic.message);
    }
    return errors;
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
    vrrp_->on_state(
        [this](const std::string& instance, vrrp::State state) { lvs_->instance_entered(instance, state); });
}

Daemon::~Daemon() = default;

Result<> Daemon::start(config::LoadResult loaded) {
    config_ = std::move(*loaded.config);
    known_errors_ = errors_of(loaded.diagnostics);
    if (edges_.configure) edges_.configure(config_);
    edges_.outputs.configure(config_.global);
    warn_of_limits(config_, edges_.log);
    initialise_track_files(edges_, config_.track_files);
    if (auto started = network_.start(); !started) return started;
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
    if (settings_.parts.bfd) bfd_.load(config_.bfd_sessions);
    return {};
}

ReloadOutcome Daemon::reload(config::LoadResult loaded) {
    if (stopping_) return {false, "the daemon is stopping"};
    for (const config::Diagnostic& diagnostic : loaded.diagnostics.all()) {
        edges_.log.write(Part::daemon, LogLevel::warning, config::render_line(diagnostic));
    }
    const auto refuse = [&](std::string reason) {
        edges_.log.write(Part::daemon, LogLevel::error,
                         fmt::format("Reload refused, the running configuration stays: {}", reason));
        return ReloadOutcome{false, std::move(reason)};
    };
    if (loaded.fatal || !loaded.config) return refuse("the new configuration cannot run");
    std::multiset<std::string> errors = errors_of(loaded.diagnostics);
    for (const std::string& error : errors) {
        if (errors.count(error) > known_errors_.count(error))
            return refuse(fmt::format("new error: {}", error));
    }
    const config::Plan plan = config::diff(config_, *loaded.config);
    if (!plan.refused.empty()) {
        return refuse(fmt::format("{} cannot be changed by a reload", fmt::join(plan.refused, ", ")));
    }
    const config::Config before = std::exchange(config_, std::move(*loaded.config));
    known_errors_ = std::move(errors);
    if (edges_.configure) edges_.configure(config_);
    edges_.outputs.configure(config_.global);
    warn_of_limits(config_, edges_.log);
    if (settings_.parts.vrrp) vrrp_->reload(before, config_, plan);
    if (settings_.parts.checkers) lvs_->reload(config_);
    if (settings_.parts.bfd && before.bfd_sessions != config_.bfd_sessions) bfd_.load(config_.bfd_sessions);
    return {true, {}};
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

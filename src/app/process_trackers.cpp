#include "holdfast/app/process_trackers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::app {

namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

track::ProcessFacts facts_of(const io::ProcessIdentity& identity) {
    return {identity.pid, identity.name, identity.command_line};
}

}  // namespace

ProcessTrackers::ProcessTrackers(Edges& edges,
                                 std::function<void(std::string_view, track::TrackedState)> changed)
    : edges_(edges),
      changed_(std::move(changed)),
      delays_(edges.timers,
              [this] {
                  track::CensusActions actions;
                  census_.expired(edges_.timers.now(), actions);
                  carry_out(actions);
              }),
      confirmed_(edges.timers,
                 [this] {
                     edges_.log.write(
                         Part::vrrp, LogLevel::warning,
                         "WARNING - the kernel does not support proc events - track_process looks "
                         "at all processes once a second");
                     poll();
                 }),
      scan_(edges.timers, [this] { polling_ ? poll() : recount(); }) {}

void ProcessTrackers::load(const std::vector<track::ProcessSettings>& blocks,
                           const std::set<std::string>& followed, const config::SocketBuffers& buffers) {
    std::vector<track::ProcessSettings> wanted;
    std::ranges::copy_if(blocks, std::back_inserter(wanted),
                         [&](const auto& block) { return followed.contains(block.name); });
    census_ = track::ProcessCensus(wanted, std::move(census_));
    buffers_ = buffers;
    if (census_.is_empty()) {
        stop();
        return;
    }
    // News first, then the scan: what starts in between is seen at least once.
    loading_ = true;
    if (!listening_ && !polling_) listen();
    scan();
    loading_ = false;
}

void ProcessTrackers::listen() {
    const auto listening =
        edges_.process_table.listen([this](const io::ProcessNews& news) { on_news(news); });
    if (!listening) {
        edges_.log.write(
            Part::vrrp, LogLevel::warning,
            fmt::format("track_process: the kernel sends no process events here ({}); all processes "
                        "are looked at once a second",
                        listening.error().message));
        polling_ = true;
        scan_.arm_after(kScanPeriod);
        return;
    }
    listening_ = true;
    confirmed_.arm_after(kConfirmation);
    if (!buffers_.monitor) return;
    if (const auto set = edges_.process_table.set_buffer(*buffers_.monitor, buffers_.monitor_force); !set) {
        edges_.log.info(Part::vrrp,
                        fmt::format("Cannot set process monitor buffer size: {}", set.error().message));
    }
}

void ProcessTrackers::stop() {
    if (std::exchange(listening_, false)) edges_.process_table.stop_listening();
    polling_ = false;
    census_ = {};
    delays_.cancel();
    confirmed_.cancel();
    scan_.cancel();
}

void ProcessTrackers::on_news(const io::ProcessNews& news) {
    const Instant now = edges_.timers.now();
    track::CensusActions actions;
    std::visit(
        Overloaded{
            [&](const io::ProcessForked& fork) { census_.forked(now, fork.parent, fork.child, actions); },
            [&](const io::ProcessExecuted& execution) {
                const auto identity = edges_.process_table.read(execution.pid, details());
                if (identity) census_.executed(now, facts_of(*identity), actions);
            },
            [&](const io::ProcessRenamed& renaming) {
                census_.renamed(now, renaming.pid, renaming.name, actions);
            },
            [&](const io::ProcessEnded& end) { census_.ended(now, end.pid, actions); },
            [&](const io::ProcessNewsLost&) { scan_.arm_after(kCalm); },
            [&](const io::ProcessNewsConfirmed&) {
                confirmed_.cancel();
                edges_.log.detail(Part::vrrp, "proc_events has confirmed it is configured");
            },
        },
        news);
    carry_out(actions);
}

void ProcessTrackers::scan() {
    const std::vector<io::ProcessIdentity> all = edges_.process_table.scan(details());
    std::vector<track::ProcessFacts> facts(all.size());
    std::ranges::transform(all, facts.begin(), facts_of);
    track::CensusActions actions;
    census_.count(edges_.timers.now(), facts, actions);
    carry_out(actions);
}

void ProcessTrackers::poll() {
    polling_ = true;
    scan_.arm_after(kScanPeriod);
    scan();
}

/// News were lost: the queue was too short for what happens on this host.
void ProcessTrackers::recount() {
    const uint32_t wanted = edges_.process_table.buffer() * 2;
    if (edges_.process_table.set_buffer(wanted, buffers_.monitor_force)) {
        edges_.log.info(Part::vrrp,
                        fmt::format("Setting global_def process_monitor_rcv_bufs to {} - recommend "
                                    "updating configuration file",
                                    wanted));
    }
    scan();
}

void ProcessTrackers::carry_out(const track::CensusActions& actions) {
    if (const auto deadline = census_.deadline()) {
        delays_.arm(*deadline);
    } else {
        delays_.cancel();
    }
    for (const track::TrackedProcessChanged& change : actions) {
        if (!change.line.empty()) edges_.log.info(Part::vrrp, change.line);
        if (!loading_) changed_(change.name, change.state);
    }
}

track::TrackedState ProcessTrackers::state(std::string_view name) const {
    const track::ProcessTracker* tracker = census_.find(name);
    return tracker == nullptr ? track::TrackedState::unknown : tracker->state();
}

}  // namespace holdfast::app

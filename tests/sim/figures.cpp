#include "figures.hpp"

#include <fmt/format.h>

namespace holdfast::sim {

void Figures::add(const ScenarioResult& result) {
    ++(result.violations.empty() ? passed_ : failed_);
    simulated_ += result.simulated;
    events_ += result.events;
    wire_.frames += result.wire.frames;
    wire_.lost += result.wire.lost;
    wire_.duplicated += result.wire.duplicated;
    wire_.overtaken += result.wire.overtaken;
    wire_.cut += result.wire.cut;
    for (const auto& [name, count] : result.faults) faults_[name] += count;
    for (const auto& [name, count] : result.checks) checks_[name] += count;
}

std::string Figures::to_string(double seconds) const {
    uint64_t faults = 0;
    uint64_t checks = 0;
    for (const auto& [name, count] : faults_) faults += count;
    for (const auto& [name, count] : checks_) checks += count;
    std::string text = fmt::format("{} clusters, {:.1f} simulated hours in {:.1f} s: {} events\n",
                                   passed_ + failed_, to_seconds(simulated_) / 3600, seconds, events_);
    text += fmt::format("{} frames: {} lost, {} duplicated, {} overtaken, {} cut off\n", wire_.frames,
                        wire_.lost, wire_.duplicated, wire_.overtaken, wire_.cut);
    text += fmt::format("{} faults:\n", faults);
    for (const auto& [name, count] : faults_) text += fmt::format("  {:32} {:9}\n", name, count);
    text += fmt::format("{} invariants checked:\n", checks);
    for (const auto& [name, count] : checks_) text += fmt::format("  {:32} {:9}\n", name, count);
    return text;
}

}  // namespace holdfast::sim

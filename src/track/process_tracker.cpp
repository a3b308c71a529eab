#include "holdfast/track/process_tracker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace holdfast::track {

ProcessTracker::ProcessTracker(ProcessSettings settings) : settings_(std::move(settings)) {}

void ProcessTracker::handle(Instant now, const ProcessEvent& event, ProcessActions& out) {
    if (const auto* report = std::get_if<ProcessCount>(&event)) {
        if (state_ == TrackedState::unknown) {
            count_ = report->count;
            decide(in_quorum(), out);
            return;
        }
        // One at a time, because only the crossing of a limit means something.
        while (count_ < report->count) one_more(now, report->at_once, out);
        while (count_ > report->count) one_less(now, report->at_once, out);
        return;
    }
    const bool fork_over = fork_ends_ && now >= *fork_ends_;
    const bool terminate_over = terminate_ends_ && now >= *terminate_ends_;
    if (fork_over) fork_ends_.reset();
    if (terminate_over) terminate_ends_.reset();
    if (fork_over || terminate_over) decide(in_quorum(), out);
}

std::optional<Instant> ProcessTracker::deadline() const {
    if (!fork_ends_) return terminate_ends_;
    if (!terminate_ends_) return fork_ends_;
    return std::min(*fork_ends_, *terminate_ends_);
}

uint32_t ProcessTracker::maximum() const {
    return settings_.quorum_max.value_or(std::numeric_limits<uint32_t>::max());
}

bool ProcessTracker::in_quorum() const {
    return count_ >= settings_.quorum && count_ <= maximum();
}

void ProcessTracker::one_more(Instant now, bool at_once, ProcessActions& out) {
    const bool passes_maximum = count_ == maximum();
    ++count_;
    if (count_ != settings_.quorum && !passes_maximum) return;
    if (terminate_ends_) {
        terminate_ends_.reset();
    } else if (!at_once && settings_.fork_delay > Duration::zero()) {
        fork_ends_ = now + settings_.fork_delay;
        return;
    }
    decide(in_quorum(), out);
}

void ProcessTracker::one_less(Instant now, bool at_once, ProcessActions& out) {
    const bool leaves_quorum = count_ == settings_.quorum;
    --count_;
    if (!leaves_quorum && count_ != maximum()) return;
    if (fork_ends_) {
        fork_ends_.reset();
    } else if (!at_once && settings_.terminate_delay > Duration::zero()) {
        terminate_ends_ = now + settings_.terminate_delay;
        return;
    }
    decide(in_quorum(), out);
}

void ProcessTracker::decide(bool up, ProcessActions& out) {
    const auto state = up ? TrackedState::up : TrackedState::down;
    if (state == state_) return;
    const bool first = std::exchange(state_, state) == TrackedState::unknown;
    // The state found at start is a fact, not news: keepalived logs only changes.
    out.push_back({state, first ? std::string()
                                : fmt::format("Quorum {} for tracked process {}", up ? "gained" : "lost",
                                              settings_.name)});
}

bool matches(const ProcessSettings& settings, std::string_view comm,
             std::span<const std::string_view> command_line) {
    const auto match = settings.match == ParameterMatch::none && !settings.parameters.empty()
                           ? ParameterMatch::exact
                           : settings.match;
    if (!settings.full_command && match == ParameterMatch::none) return comm == settings.process;
    if (command_line.empty() || command_line.front() != settings.process) return false;
    const auto& wanted = settings.parameters;
    const auto given = command_line.subspan(1);
    switch (match) {
        case ParameterMatch::none:
            return true;
        case ParameterMatch::exact:
            return std::ranges::equal(given, wanted);
        case ParameterMatch::partial:
            return given.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), given.begin());
        case ParameterMatch::initial:
            return wanted.empty() || (given.size() >= wanted.size() &&
                                      std::equal(wanted.begin(), wanted.end() - 1, given.begin()) &&
                                      given[wanted.size() - 1].starts_with(wanted.back()));
    }
    return false;
}

}  // namespace holdfast::track

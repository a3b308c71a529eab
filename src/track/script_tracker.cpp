#include "holdfast/track/script_tracker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::track {

namespace {

// Signal numbers are the same on every Linux architecture; a machine includes no system header.
constexpr int kSigkill = 9;
constexpr int kSigterm = 15;

}  // namespace

ScriptTracker::ScriptTracker(ScriptSettings settings, const std::optional<ScriptMemory>& memory,
                             Beginning beginning)
    : settings_(std::move(settings)) {
    settings_.rise = std::max(settings_.rise, 1U);
    settings_.fall = std::max(settings_.fall, 1U);
    const bool was_awaited = memory && memory->state == TrackedState::unknown;
    if (memory && (memory->state == TrackedState::up || memory->state == TrackedState::down)) {
        recall(*memory);
    } else if (settings_.init_fail) {
        state_ = TrackedState::down;
        first_result_decides_ = false;
    } else {
        count_ = settings_.rise - 1;
        if (beginning == Beginning::reload && !was_awaited) state_ = TrackedState::untested;
    }
}

// With the same command the count goes on, keeping its distance from `rise`, which may have changed.
void ScriptTracker::recall(const ScriptMemory& memory) {
    state_ = memory.state;
    last_status_ = memory.last_status;
    if (memory.command != settings_.command) {
        first_result_decides_ = true;
        count_ = settings_.rise - 1;
        return;
    }
    first_result_decides_ = false;
    recalled_ = true;
    const uint32_t full = settings_.rise + settings_.fall - 1;
    if (state_ == TrackedState::up) {
        const bool was_full = memory.count + 1 >= memory.rise + memory.fall;
        const uint32_t above = memory.count > memory.rise ? memory.count - memory.rise : 0;
        count_ = was_full ? full : std::min(settings_.rise + above, full);
    } else if (memory.count == 0) {
        count_ = 0;
    } else {
        const uint32_t missing = memory.rise > memory.count ? memory.rise - memory.count : 1;
        count_ = settings_.rise > missing ? settings_.rise - missing : 0;
    }
}

void ScriptTracker::handle(Instant now, const ScriptEvent& event, ScriptActions& out) {
    if (std::holds_alternative<Start>(event)) {
        if (recalled_) {
            recalled_ = false;
            out.emplace_back(
                LogLine{fmt::format("VRRP_Script({}) considered {} on reload", settings_.name,
                                    state_ == TrackedState::up ? "successful" : "unsuccessful")});
        }
        if (!next_run_) next_run_ = now;
        run_if_due(now, out);
    } else if (const auto* exit = std::get_if<ScriptExited>(&event)) {
        exited(exit->status, out);
    } else if (const auto* killed = std::get_if<ScriptSignaled>(&event)) {
        signaled(killed->signal, out);
    } else if (std::holds_alternative<ScriptLost>(event)) {
        out.emplace_back(LogLine{fmt::format("Script {} child lost", settings_.name)});
        become_idle();
    } else if (std::holds_alternative<DeadlineReached>(event)) {
        if (patience_ends_ && now >= *patience_ends_) lose_patience(now, out);
        run_if_due(now, out);
    }
}

std::optional<Instant> ScriptTracker::deadline() const {
    if (!patience_ends_) return next_run_;
    if (!next_run_) return patience_ends_;
    return std::min(*next_run_, *patience_ends_);
}

void ScriptTracker::run_if_due(Instant now, ScriptActions& out) {
    if (!next_run_ || now < *next_run_) return;
    // The schedule does not drift, but after a stall missed runs are not made up for.
    *next_run_ += settings_.interval;
    if (*next_run_ <= now) *next_run_ = now + settings_.interval;
    if (phase_ != Phase::idle) {
        out.emplace_back(
            LogLine{fmt::format("Track script {} is {}, expect idle - skipping run", settings_.name,
                                phase_ == Phase::running ? "already running" : "being timed out")});
        return;
    }
    phase_ = Phase::running;
    patience_ends_ = now + timeout();
    out.emplace_back(RunScript{});
}

void ScriptTracker::lose_patience(Instant now, ScriptActions& out) {
    switch (phase_) {
        case Phase::idle:
            patience_ends_.reset();
            return;
        case Phase::running:
            phase_ = Phase::terminating;
            patience_ends_ = now + kTermGrace;
            out.emplace_back(KillScript{.force = false});
            return;
        case Phase::terminating:
            phase_ = Phase::killing;
            patience_ends_ = now + kKillGrace;
            out.emplace_back(KillScript{.force = true});
            return;
        case Phase::killing:
            patience_ends_ = now + kKillRetry;
            out.emplace_back(KillScript{.force = true});
            out.emplace_back(
                LogLine{fmt::format("Script {} child failed to terminate after kill", settings_.name)});
            return;
    }
}

void ScriptTracker::exited(int status, ScriptActions& out) {
    if (status != last_status_) {
        out.emplace_back(LogLine{fmt::format("Script `{}` now returning {}", settings_.name, status)});
        last_status_ = status;
    }
    if (status == 0) {
        succeeded(out);
    } else {
        failed(fmt::format("failed (exited with status {})", status), out);
    }
}

void ScriptTracker::signaled(int signal, ScriptActions& out) {
    const bool our_term = phase_ == Phase::terminating && signal == kSigterm;
    const bool our_kill = phase_ == Phase::killing && (signal == kSigterm || signal == kSigkill);
    // The script itself obeyed SIGTERM; what it started may not have.
    if (our_term) out.emplace_back(KillScript{.force = true});
    failed(our_term || our_kill ? "timed_out" : fmt::format("failed (due to signal {})", signal), out);
}

void ScriptTracker::succeeded(ScriptActions& out) {
    const uint32_t full = settings_.rise + settings_.fall - 1;
    // Before a deciding first result the count stands one below `rise`.
    if (count_ + 1 >= settings_.rise) {
        const bool news = count_ < settings_.rise;
        count_ = full;
        if (news) become(TrackedState::up, "succeeded", out);
    } else {
        ++count_;
    }
    first_result_decides_ = false;
    become_idle();
}

void ScriptTracker::failed(const std::string& how, ScriptActions& out) {
    if (!first_result_decides_ && count_ > settings_.rise) {
        --count_;
    } else {
        const bool news = first_result_decides_ || count_ == settings_.rise;
        count_ = 0;
        if (news) become(TrackedState::down, how, out);
    }
    first_result_decides_ = false;
    become_idle();
}

void ScriptTracker::become(TrackedState state, const std::string& how, ScriptActions& out) {
    out.emplace_back(LogLine{fmt::format("VRRP_Script({}) {}", settings_.name, how)});
    if (state == state_) return;  // The first result after a changed command may confirm what was.
    state_ = state;
    out.emplace_back(ScriptStateChanged{state});
}

void ScriptTracker::become_idle() {
    phase_ = Phase::idle;
    patience_ends_.reset();
}

}  // namespace holdfast::track

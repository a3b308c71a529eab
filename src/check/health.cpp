#include "holdfast/check/health.hpp"

#include <algorithm>

namespace holdfast::check {
namespace {

// The reference waits a second before anything starts, on top of the warmup.
constexpr Duration kBootstrapDelay = std::chrono::seconds(1);

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

Duration part_of(Duration whole, double part) {
    const double nanoseconds = static_cast<double>(whole.count()) * std::clamp(part, 0.0, 1.0);
    return Duration(static_cast<Duration::rep>(nanoseconds));
}

}  // namespace

Habits habits_of(const Checker& checker) {
    return {.always_retries = std::holds_alternative<SmtpCheck>(checker.probe),
            .waits_longer_when_down = std::holds_alternative<HttpCheck>(checker.probe),
            .counts_from_start = std::holds_alternative<MiscCheck>(checker.probe)};
}

HealthMachine::HealthMachine(const Schedule& schedule, bool starts_up, bool first_failure_counts,
                             Habits habits)
    : schedule_(schedule),
      habits_(habits),
      first_failures_(first_failure_counts && !habits.always_retries ? schedule.retry : 0),
      failures_(first_failures_),
      up_(starts_up) {}

void HealthMachine::handle(Instant now, const HealthEvent& event, HealthActions& out) {
    std::visit(Overloaded{
                   [&](const Begin& begin) {
                       if (begun_) return;
                       begun_ = true;
                       const Instant first =
                           now + kBootstrapDelay + part_of(schedule_.warmup, begin.warmup_part);
                       if (suspended_) {
                           paused_probe_ = first;
                       } else {
                           next_probe_ = first;
                       }
                   },
                   [&](const DeadlineReached&) {
                       if (!next_probe_ || now < *next_probe_) return;
                       next_probe_.reset();
                       started_ = now;
                       out.emplace_back(StartProbe{});
                   },
                   [&](const ProbeSucceeded& success) { succeed(now, success, out); },
                   [&](const ProbeFailed& failure) { fail(now, failure, out); },
                   [&](const ProbeNotPossible&) {
                       if (!suspended_) next_probe_ = now + schedule_.delay_loop;
                   },
                   [&](const Suspend&) { suspend(now, out); },
                   [&](const Resume&) { resume(now); },
               },
               event);
}

Instant HealthMachine::next_after(Instant now, Duration delay) const {
    return habits_.counts_from_start ? std::max(now, started_ + delay) : now + delay;
}

void HealthMachine::succeed(Instant now, const ProbeSucceeded& success, HealthActions& out) {
    if (suspended_) return;
    if (!up_ && !success.reason.empty()) out.emplace_back(SuccessSeen{success.reason, success.detail});
    const bool was_up = up_;
    if (success.complete) {
        if (!up_ || !has_run_) out.emplace_back(Verdict{.up = true, .first = !has_run_, .was_up = was_up});
        up_ = true;
        has_run_ = true;
    }
    failures_ = has_run_ ? 0 : first_failures_;
    next_probe_ = success.hurry && (!up_ || !has_run_) ? now : next_after(now, schedule_.delay_loop);
}

void HealthMachine::fail(Instant now, const ProbeFailed& failure, HealthActions& out) {
    if (suspended_) return;
    const bool first = !has_run_;
    const bool of_interest = up_ || first;
    const bool counts = failures_ >= schedule_.retry;
    if (of_interest) {
        out.emplace_back(FailureSeen{.timed_out = failure.timed_out,
                                     .reason = failure.reason,
                                     .was_up = up_,
                                     .attempt = counts ? schedule_.retry + 1 : failures_ + 1,
                                     .is_last = counts});
    }
    Duration delay = schedule_.delay_loop;
    if (of_interest && counts) {
        out.emplace_back(Verdict{.up = false,
                                 .first = first,
                                 .was_up = up_,
                                 .retries = !first || habits_.waits_longer_when_down ? schedule_.retry : 0,
                                 .timed_out = failure.timed_out,
                                 .reason = failure.reason});
        failures_ = 0;
        up_ = false;
    } else if (up_ || (habits_.always_retries && !counts)) {
        delay = schedule_.delay_before_retry;
        ++failures_;
    } else {
        failures_ = 0;
    }
    if (habits_.waits_longer_when_down && !up_)
        delay = failure.recovering ? schedule_.delay_before_retry
                                   : std::max(schedule_.delay_loop, schedule_.delay_before_retry);
    // A checker whose first failures do not count has not had its first result yet.
    if (!habits_.always_retries || counts) has_run_ = true;
    next_probe_ = next_after(now, delay);
}

void HealthMachine::suspend(Instant now, HealthActions& out) {
    if (suspended_) return;
    suspended_ = true;
    if (!begun_) return;
    if (!next_probe_) out.emplace_back(CancelProbe{});
    paused_probe_ = next_probe_.value_or(now + schedule_.delay_loop);
    next_probe_.reset();
}

// Checkers of one virtual server are all resumed at the same moment, when its address arrives. Keeping each
// one's place in its delay_loop spreads them as the warmup did.
void HealthMachine::resume(Instant now) {
    if (!suspended_) return;
    suspended_ = false;
    if (!begun_) return;
    if (paused_probe_ < now && schedule_.delay_loop > Duration::zero()) {
        const auto missed = (now - paused_probe_ + schedule_.delay_loop - Duration(1)) / schedule_.delay_loop;
        paused_probe_ += missed * schedule_.delay_loop;
    }
    next_probe_ = std::max(now, paused_probe_);
}

void HealthMachine::reconfigure(Instant now, const Schedule& schedule) {
    if (first_failures_ == schedule_.retry) first_failures_ = schedule.retry;
    schedule_ = schedule;
    if (habits_.always_retries) {
        failures_ = std::min(failures_, schedule.retry);
    } else {
        failures_ = has_run_ ? std::min(failures_, schedule.retry) : schedule.retry;
    }
    if (next_probe_) next_probe_ = std::min(*next_probe_, now + schedule.delay_loop);
    if (suspended_ && begun_) paused_probe_ = std::min(paused_probe_, now + schedule.delay_loop);
}

}  // namespace holdfast::check

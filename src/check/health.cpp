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

HealthMachine::HealthMachine(const Schedule& schedule, bool starts_up, bool first_failure_counts)
    : schedule_(schedule), failures_(first_failure_counts ? schedule.retry : 0), up_(starts_up) {}

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
                       out.emplace_back(StartProbe{});
                   },
                   [&](const ProbeSucceeded&) { succeed(now, out); },
                   [&](const ProbeFailed& failure) { fail(now, failure, out); },
                   [&](const ProbeNotPossible&) {
                       if (!suspended_) next_probe_ = now + schedule_.delay_loop;
                   },
                   [&](const Suspend&) { suspend(now, out); },
                   [&](const Resume&) { resume(now); },
               },
               event);
}

void HealthMachine::succeed(Instant now, HealthActions& out) {
    if (suspended_) return;
    failures_ = 0;
    next_probe_ = now + schedule_.delay_loop;
    if (!up_ || !has_run_) out.emplace_back(Verdict{.up = true, .first = !has_run_});
    up_ = true;
    has_run_ = true;
}

void HealthMachine::fail(Instant now, const ProbeFailed& failure, HealthActions& out) {
    if (suspended_) return;
    next_probe_ = now + schedule_.delay_loop;
    if (up_) out.emplace_back(FailureSeen{failure.timed_out, failure.reason});
    if ((up_ || !has_run_) && failures_ >= schedule_.retry) {
        out.emplace_back(Verdict{.up = false,
                                 .first = !has_run_,
                                 .retries = has_run_ ? schedule_.retry : 0,
                                 .reason = failure.reason});
        failures_ = 0;
        up_ = false;
    } else if (up_) {
        next_probe_ = now + schedule_.delay_before_retry;
        ++failures_;
    }
    has_run_ = true;
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
    schedule_ = schedule;
    failures_ = has_run_ ? std::min(failures_, schedule.retry) : schedule.retry;
    if (next_probe_) next_probe_ = std::min(*next_probe_, now + schedule.delay_loop);
    if (suspended_ && begun_) paused_probe_ = std::min(paused_probe_, now + schedule.delay_loop);
}

}  // namespace holdfast::check

// When a checker runs and what its results amount to: delay_loop, warmup, retry, delay_before_retry, alpha.
// One machine per checker; the probe itself (check/conversation.hpp) is somebody else's business.
//
// keepalived's rules, with the keywords of its manual:
//  - The first probe starts one second plus a random part of `warmup` after the start.
//  - The next one starts `delay_loop` after the end of the last, or `delay_before_retry` after a failure that
//  did
//    not yet count.
//  - A live checker goes down after 1 + `retry` failures in a row. `retry` does not count for the very first
//  result:
//    one failure is enough then, with and without alpha.
//  - One success is enough to come up.
// Kinds of checkers that grew apart from these rules have Habits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/base/time.hpp"
#include "holdfast/check/settings.hpp"

namespace holdfast::check {

/// Start checking. `warmup_part` is a random number 0..1: that part of `warmup` is waited.
struct Begin {
    double warmup_part = 0;
};
/// The instant given by deadline() has come.
struct DeadlineReached {};
struct ProbeSucceeded {
    bool complete = true;  ///< False: one url of several has passed; the others come first.
    bool hurry = false;    ///< fast_recovery: while not up, the next url is asked without a delay.
    std::string reason{};  ///< What passed: "MD5 digest". Told while down, with the detail.
    std::string detail{};
};
struct ProbeFailed {
    bool timed_out = false;
    std::string reason{};  ///< For the log: "HTTP status code error to", "Connection refused".
    /// The url that brought the checker down has passed since: tried again after delay_before_retry.
    bool recovering = false;
};
/// The probe could not be made for a local reason (no socket, bind failed): not a result; tried again after
/// delay_loop.
struct ProbeNotPossible {};
/// ha_suspend: the virtual server's address has left this host, or is back.
struct Suspend {};
struct Resume {};
using HealthEvent =
    std::variant<Begin, DeadlineReached, ProbeSucceeded, ProbeFailed, ProbeNotPossible, Suspend, Resume>;

struct StartProbe {
    friend bool operator==(const StartProbe&, const StartProbe&) = default;
};
/// Drop the running probe; its result is not wanted.
struct CancelProbe {
    friend bool operator==(const CancelProbe&, const CancelProbe&) = default;
};
/// A success while down: of one url, or the last one before the verdict.
struct SuccessSeen {
    std::string reason{};
    std::string detail{};
    friend bool operator==(const SuccessSeen&, const SuccessSeen&) = default;
};
/// A failure while up, or the first result; for log_all_failures.
struct FailureSeen {
    bool timed_out = false;
    std::string reason{};
    bool was_up = true;
    uint32_t attempt = 1;  ///< Of 1 + retry.
    bool is_last = false;  ///< The verdict follows.
    friend bool operator==(const FailureSeen&, const FailureSeen&) = default;
};
/// The checker's verdict, given with the first result and whenever it changes.
struct Verdict {
    bool up = false;
    bool first = false;  ///< This is the first result; `up` may be what was assumed.
    bool was_up = true;
    uint32_t retries = 0;  ///< Failed retries behind a `down`, for the log line; 0 when none counted.
    bool timed_out = false;
    std::string reason{};  ///< Of a `down`.
    friend bool operator==(const Verdict&, const Verdict&) = default;
};
using HealthAction = std::variant<StartProbe, CancelProbe, SuccessSeen, FailureSeen, Verdict>;
using HealthActions = std::vector<HealthAction>;

/// How kinds of checkers differ.
struct Habits {
    /// SMTP_CHECK: `retry` also applies to the first result, and to every round of a checker that is down.
    bool always_retries = false;
    /// HTTP_GET, SSL_GET: down, the url that failed is tried after the longer of delay_loop and
    /// delay_before_retry.
    bool waits_longer_when_down = false;
    /// MISC_CHECK: delay_loop counts from the start of the program, not from its end.
    bool counts_from_start = false;
};
Habits habits_of(const Checker& checker);

class HealthMachine {
  public:
    /// `starts_up`: what is assumed until the first result; normally !schedule.alpha. `first_failure_counts`:
    /// `retry` does not apply to the first result, as always except for checkers that a reload adds to a
    /// healthy server.
    HealthMachine(const Schedule& schedule, bool starts_up, bool first_failure_counts = true,
                  Habits habits = {});

    void handle(Instant now, const HealthEvent& event, HealthActions& out);
    /// When to send DeadlineReached. Nothing while a probe runs, when suspended, or before Begin.
    std::optional<Instant> deadline() const { return next_probe_; }

    /// New times after a reload for a checker that otherwise stays: a count of failures that is enough under
    /// the new `retry` leaves one more attempt, as in the reference. A probe that runs or is due is not moved
    /// unless delay_loop became shorter.
    void reconfigure(Instant now, const Schedule& schedule);

    bool is_up() const { return up_; }
    bool has_run() const { return has_run_; }
    bool suspended() const { return suspended_; }
    uint32_t failures() const { return failures_; }
    const Schedule& schedule() const { return schedule_; }

  private:
    void succeed(Instant now, const ProbeSucceeded& success, HealthActions& out);
    Instant next_after(Instant now, Duration delay) const;
    void fail(Instant now, const ProbeFailed& failure, HealthActions& out);
    void suspend(Instant now, HealthActions& out);
    void resume(Instant now);

    Schedule schedule_;
    Habits habits_;
    std::optional<Instant> next_probe_{};
    Instant started_{};        ///< The running or last probe.
    Instant paused_probe_{};   ///< When suspended: when the next probe would have been.
    uint32_t first_failures_;  ///< What `failures_` starts with.
    uint32_t failures_;        ///< Failed attempts in a row that did not count yet.
    bool up_;
    bool has_run_ = false;
    bool begun_ = false;
    bool suspended_ = false;
};

}  // namespace holdfast::check

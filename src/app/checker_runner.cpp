#include "holdfast/app/checker_runner.hpp"

#include <fmt/format.h>

namespace holdfast::app {

void ExhaustionNotice::put_off(const std::string& server, const std::string& reason) {
    const Instant now = edges_.timers.now();
    if (last_told_ && now - *last_told_ < kPause) {
        ++untold_;
        return;
    }
    const std::string others =
        untold_ == 0 ? "" : fmt::format(", and {} others since the last time", untold_);
    edges_.log.write(
        Part::checkers, LogLevel::error,
        fmt::format("Out of means for checks: {}{} put off ({}); no server changes its state for this",
                    server, others, reason));
    last_told_ = now;
    untold_ = 0;
}

CheckerRunner::CheckerRunner(CheckerSurroundings& around, check::CheckerId id, const check::Checker& checker)
    : around_(around),
      id_(id),
      machine_(checker.schedule, around.director.starts_up(id), around.director.first_failure_counts(id),
               check::habits_of(checker)),
      timer_(around.edges.timers, [this] { handle(check::DeadlineReached{}); }) {
    if (check::needs_memory(checker)) memory_ = std::make_unique<check::ProbeMemory>(checker);
}

void CheckerRunner::begin(bool suspended) {
    if (suspended) handle(check::Suspend{});
    handle(check::Begin{around_.edges.random()});
}

void CheckerRunner::handle(const check::HealthEvent& event) {
    check::HealthActions actions;
    machine_.handle(around_.edges.timers.now(), event, actions);
    if (const auto deadline = machine_.deadline()) {
        timer_.arm(*deadline);
    } else {
        timer_.cancel();
    }
    check::DirectorActions consequences;
    for (const check::HealthAction& action : actions) {
        if (std::holds_alternative<check::StartProbe>(action)) {
            start();
        } else if (std::holds_alternative<check::CancelProbe>(action)) {
            running_.reset();
        } else if (const auto* success = std::get_if<check::SuccessSeen>(&action)) {
            around_.director.success(id_, *success, consequences);
        } else if (const auto* failure = std::get_if<check::FailureSeen>(&action)) {
            around_.director.failure(id_, *failure, consequences);
        } else if (const auto* verdict = std::get_if<check::Verdict>(&action)) {
            if (!verdict->up && memory_) memory_->urls.failed();
            around_.director.verdict(id_, *verdict, consequences);
            if (around_.on_verdict) around_.on_verdict(id_, *verdict);
        }
    }
    around_.perform(consequences);
}

void CheckerRunner::reconfigure(const check::Schedule& schedule) {
    machine_.reconfigure(around_.edges.timers.now(), schedule);
    if (const auto deadline = machine_.deadline()) timer_.arm(*deadline);
}

void CheckerRunner::start() {
    const check::Checker* checker = around_.director.checker(id_);
    if (checker == nullptr) return;
    if (memory_) memory_->random = static_cast<uint16_t>(around_.edges.random() * 65536);
    last_begin_ = around_.edges.timers.now();
    running_ = std::make_unique<Running>(Running{*checker, nullptr});
    running_->probe = start_probe({around_.edges, around_.tls.get()}, running_->checker, memory_.get(),
                                  [this](const ProbeResult& result) { finished(result); });
}

void CheckerRunner::finished(const ProbeResult& result) {
    const bool known = last_.kind == result.kind && last_.reason == result.reason;
    last_ = result;
    last_end_ = around_.edges.timers.now();
    last_duration_ = *last_end_ - *last_begin_;
    // The probe is in the middle of telling us; it goes with this function.
    const auto ended = std::move(running_);
    check::DirectorActions remarks;
    around_.director.remark(id_, last_.remark, remarks);
    around_.perform(remarks);
    switch (last_.kind) {
        case ProbeResult::Kind::good:
            return succeeded(ended->checker, last_);
        case ProbeResult::Kind::bad:
        case ProbeResult::Kind::timed_out:
            return failed(ended->checker, last_);
        case ProbeResult::Kind::not_possible:
            if (last_.exhausted) {
                around_.exhaustion.put_off(around_.director.server_name(id_), last_.reason);
            } else if (!known) {
                around_.edges.log.write(
                    Part::checkers, LogLevel::warning,
                    fmt::format("Cannot check {}: {}", around_.director.server_name(id_), last_.reason));
            }
            return handle(check::ProbeNotPossible{});
    }
}

void CheckerRunner::succeeded(const check::Checker& checker, const ProbeResult& result) {
    check::ProbeSucceeded success{.reason = result.reason, .detail = result.detail};
    if (const auto* http = std::get_if<check::HttpCheck>(&checker.probe)) {
        success.complete = memory_->urls.passed();
        success.hurry = http->fast_recovery;
    }
    if (const auto* misc = std::get_if<check::MiscCheck>(&checker.probe); misc != nullptr && misc->dynamic)
        contribute(result.exit_code.value_or(0));
    handle(success);
}

void CheckerRunner::failed(const check::Checker& checker, const ProbeResult& result) {
    check::ProbeFailed failure{.timed_out = result.kind == ProbeResult::Kind::timed_out,
                               .reason = result.reason};
    if (std::holds_alternative<check::HttpCheck>(checker.probe))
        failure.recovering = machine_.has_run() && !machine_.is_up() && memory_->urls.recovering();
    handle(failure);
}

// misc_dynamic: exit status 2..255 stands for the weight status - 2; anything else takes the wish back.
void CheckerRunner::contribute(int exit_code) {
    check::DirectorActions consequences;
    around_.director.wish_weight(id_, exit_code >= 2 ? std::optional<int64_t>(exit_code - 2) : std::nullopt,
                                 consequences);
    around_.perform(consequences);
}

}  // namespace holdfast::app

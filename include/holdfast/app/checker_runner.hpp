// One checker at work: its machine, its timer, what it remembers, and the probe that runs now.
#pragma once

#include <functional>
#include <memory>

#include "holdfast/app/probe.hpp"
#include "holdfast/check/director.hpp"
#include "holdfast/check/health.hpp"
#include "holdfast/check/memory.hpp"

namespace holdfast::app {

/// What all checkers share; must outlive them.
struct CheckerSurroundings {
    Edges& edges;
    check::Director& director;
    std::function<void(const check::DirectorActions&)> perform;
    std::unique_ptr<const io::TlsContext> tls{};
    /// Told every verdict, after the director was. May be empty.
    std::function<void(check::CheckerId, const check::Verdict&)> on_verdict{};
};

class CheckerRunner {
  public:
    CheckerRunner(CheckerSurroundings& around, check::CheckerId id, const check::Checker& checker);

    void begin(bool suspended);
    void handle(const check::HealthEvent& event);
    void reconfigure(const check::Schedule& schedule);
    const ProbeResult& last_result() const { return last_; }
    /// How long the last probe took and when it ended; nothing before the first has ended.
    Duration last_duration() const { return last_duration_; }
    std::optional<Instant> last_end() const { return last_end_; }
    const check::HealthMachine& machine() const { return machine_; }

  private:
    /// A reload may replace the director's copy of the checker while its probe runs.
    struct Running {
        check::Checker checker;
        std::unique_ptr<Probe> probe;
    };

    void start();
    void finished(const ProbeResult& result);
    void succeeded(const check::Checker& checker, const ProbeResult& result);
    void failed(const check::Checker& checker, const ProbeResult& result);
    void contribute(int exit_code);

    CheckerSurroundings& around_;
    check::CheckerId id_;
    check::HealthMachine machine_;
    io::Timer timer_;
    std::unique_ptr<check::ProbeMemory> memory_;
    ProbeResult last_;
    Instant probe_started_{};
    Duration last_duration_{};
    std::optional<Instant> last_end_;
    std::unique_ptr<Running> running_;
};

}  // namespace holdfast::app

// One checker at work: its machine, its timer, what it remembers, and the probe that runs now.
#pragma once

#include <functional>
#include <memory>

#include "holdfast/app/probe.hpp"
#include "holdfast/check/director.hpp"
#include "holdfast/check/health.hpp"
#include "holdfast/check/memory.hpp"

namespace holdfast::app {

/// Tells now and then that checks are put off because we lack the means to make them: thousands of them in a
/// second are one line.
class ExhaustionNotice {
  public:
    explicit ExhaustionNotice(Edges& edges) : edges_(edges) {}
    /// This check could not be made; it is tried again later and its server keeps its state.
    void put_off(const std::string& server, const std::string& reason);

  private:
    static constexpr Duration kPause = std::chrono::seconds(30);

    Edges& edges_;
    std::optional<Instant> last_told_;
    uint64_t untold_ = 0;
};

/// What all checkers share; must outlive them.
struct CheckerSurroundings {
    Edges& edges;
    check::Director& director;
    std::function<void(const check::DirectorActions&)> perform;
    std::unique_ptr<const io::TlsContext> tls{};
    /// Told every verdict, after the director was. May be empty.
    std::function<void(check::CheckerId, const check::Verdict&)> on_verdict{};
    ExhaustionNotice exhaustion{edges};
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
    /// When the last probe began; nothing before the first.
    std::optional<Instant> last_begin() const { return last_begin_; }
    const check::HealthMachine& machine() const { return machine_; }
    /// Null for a kind that needs none.
    const check::ProbeMemory* memory() const { return memory_.get(); }

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
    std::optional<Instant> last_begin_;
    Duration last_duration_{};
    std::optional<Instant> last_end_;
    std::unique_ptr<Running> running_;
};

}  // namespace holdfast::app

#include <fmt/format.h>

#include "holdfast/io/callback.hpp"
#include "holdfast/io/exhaustion.hpp"
#include "holdfast/io/timed_child.hpp"
#include "probes.hpp"

namespace holdfast::app {

namespace {

/// MISC_CHECK: exit 0 is up; with misc_dynamic 2..255 is up as well and carries a weight.
class MiscProbe final : public Probe {
  public:
    MiscProbe(const ProbeTools& tools, const check::MiscCheck& check, Duration timeout, Done done)
        : done_(std::move(done)),
          dynamic_(check.dynamic),
          later_(tools.edges.timers, [this] { finish(failure_); }) {
        io::SpawnRequest request;
        request.arguments = check.command.arguments;
        request.program = check.command.path;
        request.run_as = credentials_of(check.command.identity);
        auto child = io::TimedChild::start(tools.edges.processes, tools.edges.timers, request, timeout,
                                           [this](io::ExitStatus status) { ended(status); });
        if (child) {
            child_ = std::move(*child);
        } else {
            failure_ = not_started(child.error());
            if (failure_.kind == ProbeResult::Kind::good) {
                tools.edges.log.write(
                    Part::checkers, LogLevel::alert,
                    fmt::format("MISC_CHECK counts as successful: {}", child.error().message));
            }
            later_.arm_after(Duration::zero());
        }
    }

  private:
    // A program that is missing or cannot be run is no failure of the server, as in keepalived; one that we
    // lack the means to start has said nothing.
    static ProbeResult not_started(const Error& error) {
        if (io::is_exhaustion(error.os_error))
            return {.kind = ProbeResult::Kind::not_possible, .reason = error.message, .exhausted = true};
        return {.kind = ProbeResult::Kind::good};
    }
    // A program that was told to end and then ended by itself is judged by its status, as in keepalived.
    void ended(const io::ExitStatus& status) {
        if (status.signal != 0 && status.timed_out) return finish({.kind = ProbeResult::Kind::timed_out});
        if (status.signal != 0) return finish({.reason = fmt::format(" (due to signal {})", status.signal)});
        const bool good = status.code == 0 || (dynamic_ && status.code >= 2);
        ProbeResult result{.kind = good ? ProbeResult::Kind::good : ProbeResult::Kind::bad};
        if (!good) result.reason = fmt::format(" (exited with status {})", status.code);
        result.exit_code = status.code;
        finish(result);
    }
    void finish(const ProbeResult& result) { done_(result); }

    io::Callback<void(const ProbeResult&)> done_;
    bool dynamic_;
    ProbeResult failure_;
    io::Timer later_;
    std::unique_ptr<io::TimedChild> child_;
};

}  // namespace

std::unique_ptr<Probe> start_misc_probe(const ProbeTools& tools, const check::MiscCheck& check,
                                        Duration timeout, Probe::Done done) {
    return std::make_unique<MiscProbe>(tools, check, timeout, std::move(done));
}

}  // namespace holdfast::app

#include "holdfast/app/lifecycle_script.hpp"

#include <fmt/format.h>

#include <utility>

namespace holdfast::app {

LifecycleScript::LifecycleScript(Edges& edges, std::string_view kind)
    : edges_(edges), kind_(kind), end_(edges.timers, [this] {
          child_.reset();
          std::exchange(done_, nullptr)();
      }) {}

void LifecycleScript::run(const notify::Command& command, Duration timeout, std::function<void()> done) {
    done_ = std::move(done);
    edges_.log.detail(Part::daemon, fmt::format("Running {} script {}", kind_, command.arguments.front()));
    io::SpawnRequest request;
    request.arguments = command.arguments;
    request.program = command.path;
    request.run_as = credentials_of(command.identity);
    auto child = io::TimedChild::start(edges_.processes, edges_.timers, request, timeout,
                                       [this](io::ExitStatus status) { ended(status); });
    if (child) {
        child_ = std::move(*child);
        return;
    }
    edges_.log.info(Part::daemon, fmt::format("Call of {} script {} failed: {}", kind_,
                                              command.arguments.front(), child.error().message));
    end_.arm_after(Duration::zero());
}

void LifecycleScript::abandon() {
    child_.reset();
    end_.cancel();
    done_ = nullptr;
}

void LifecycleScript::ended(const io::ExitStatus& status) {
    if (status.timed_out) {
        edges_.log.info(Part::daemon, fmt::format("{} script timed out", kind_));
    } else if (status.signal == 0 && status.code != 0) {
        edges_.log.info(Part::daemon, fmt::format("{} script script failed, status {}", kind_, status.code));
    } else if (status.signal == 0) {
        edges_.log.detail(Part::daemon, fmt::format("{} script script succeeded", kind_));
    }
    end_.arm_after(Duration::zero());
}

}  // namespace holdfast::app

#include "holdfast/app/control_service.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "holdfast/config/diagnostics.hpp"

namespace holdfast::app {

using agents::ControlAnswer;
using agents::ControlCommand;

namespace {

/// An answer that is not there yet, and the one who waits for it.
class Awaited final : public ControlAnswer {
  public:
    using Place = std::shared_ptr<std::unique_ptr<ControlAnswer>>;
    explicit Awaited(Place place) : place_(std::move(place)) {}

    Next produce(std::string& out) override {
        return *place_ == nullptr ? Next::waits : (*place_)->produce(out);
    }
    bool is_owed() const override { return true; }

  private:
    Place place_;
};

}  // namespace

ControlService::ControlService(io::EventLoop& loop, Log& log, Daemon& daemon, ControlHooks hooks)
    : loop_(loop), log_(log), daemon_(daemon), hooks_(std::move(hooks)) {
    daemon_.journal().on_added([this] {
        if (server_ != nullptr) server_->resume();
    });
}

ControlService::~ControlService() {
    daemon_.journal().on_added({});
}

void ControlService::open(const std::string& path) {
    auto server = agents::ControlServer::listen(
        loop_, path, [this](const agents::ControlRequest& request, const agents::ControlPeer& peer) {
            return answer(request, peer);
        });
    if (!server) {
        log_.write(Part::daemon, LogLevel::warning,
                   fmt::format("No control socket, holdctl will not work: {}", server.error().message));
        return;
    }
    server_ = std::move(*server);
}

std::unique_ptr<ControlAnswer> ControlService::refuse(std::string code, std::string message) {
    return agents::whole_answer(to_line(agents::ControlError{std::move(code), std::move(message)}));
}

std::unique_ptr<ControlAnswer> ControlService::answer(const agents::ControlRequest& request,
                                                      const agents::ControlPeer& peer) {
    if (request.command == ControlCommand::version) {
        std::string line;
        agents::JsonText(line)
            .open_object()
            .number("schema", agents::kControlSchema)
            .text("version", product())
            .number("pid", hooks_.facts().pid)
            .close_object();
        return agents::whole_answer(line + '\n');
    }
    if (!hooks_.is_ready())
        return refuse("not_ready", hooks_.facts().stopping ? "the daemon is stopping"
                                                           : "the startup script has not ended yet");
    const bool may_change = peer.uid == 0 || peer.uid == ::geteuid();
    switch (request.command) {
        case ControlCommand::version:
            break;
        case ControlCommand::status:
            return status_answer(daemon_, hooks_.facts());
        case ControlCommand::why:
            return why(request.name);
        case ControlCommand::events:
            return events_answer(daemon_, request.count, request.follow);
        case ControlCommand::reload:
            if (!may_change) return refuse("not_permitted", "only root may reload");
            return await("reload", hooks_.reload);
        case ControlCommand::plan:
            if (!may_change && !request.file.empty())
                return refuse("not_permitted", "only root may have another file read");
            return await("plan", [&](Reloads::Answer take) { hooks_.plan(request.file, std::move(take)); });
    }
    return nullptr;
}

std::unique_ptr<ControlAnswer> ControlService::await(std::string_view verb,
                                                     const std::function<void(Reloads::Answer)>& ask) {
    const auto place = std::make_shared<std::unique_ptr<ControlAnswer>>();
    // Who has hung up meanwhile has taken the place away.
    ask([this, verb = std::string(verb), waits = std::weak_ptr(place)](const SharedOutcome& outcome) {
        const Awaited::Place answer = waits.lock();
        if (answer == nullptr) return;
        *answer = outcome_answer(verb, outcome);
        if (server_ != nullptr) server_->resume();
    });
    return std::make_unique<Awaited>(place);
}

std::unique_ptr<ControlAnswer> ControlService::why(const std::string& name) const {
    if (auto line = why_line(daemon_, name)) return agents::whole_answer(std::move(*line));
    const std::vector<std::string> names = known_names(daemon_);
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    std::string message = fmt::format("nothing here is called {}", name);
    if (const auto near = config::nearest(name, candidates))
        message += fmt::format("; did you mean {}?", *near);
    return refuse("not_found", std::move(message));
}

}  // namespace holdfast::app

#include "holdfast/app/reloads.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::app {

Reloads::Reloads(io::Worker& worker, Daemon& daemon, ReloadHooks hooks)
    : worker_(worker), daemon_(daemon), hooks_(std::move(hooks)) {}

void Reloads::reload(Answer answer) {
    ask(false, {}, std::move(answer));
}

void Reloads::plan(std::string file, Answer answer) {
    ask(true, std::move(file), std::move(answer));
}

void Reloads::ask(bool plans, std::string file, Answer answer) {
    if (stopped_) return tell({plans, {}, {std::move(answer)}}, stopping());
    auto same = std::ranges::find_if(
        waiting_, [&](const Request& request) { return request.plans == plans && request.file == file; });
    if (same == waiting_.end()) same = waiting_.insert(same, Request{plans, std::move(file)});
    if (answer) same->answers.push_back(std::move(answer));
    next();
}

bool Reloads::reload_is_due() const {
    return reloading() ||
           std::ranges::any_of(waiting_, [](const Request& request) { return !request.plans; });
}

void Reloads::next() {
    if (job_ != nullptr || waiting_.empty()) return;
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    if (!current_.plans) hooks_.begins();
    job_ = io::start<Candidate>(
        worker_,
        [load = hooks_.load, file = current_.file, incumbent = daemon_.incumbent()](
            const std::stop_token& stop) { return examine(incumbent, load(file, stop)); },
        [this](Candidate candidate) { judged(std::move(candidate)); });
}

void Reloads::judged(Candidate candidate) {
    job_.reset();
    const Request request = std::exchange(current_, {});
    if (request.plans) {
        tell(request, shared(daemon_.plan(std::move(candidate))));
    } else {
        hooks_.judged(candidate);
        const SharedOutcome outcome = shared(daemon_.reload(std::move(candidate)));
        hooks_.ends(*outcome);
        tell(request, outcome);
    }
    // A file can change thousands of things, and the list of them is long.
    worker_.bin()(std::make_shared<const Candidate>(std::move(candidate)));
    next();
}

void Reloads::stop() {
    if (std::exchange(stopped_, true)) return;
    const bool was_busy = std::exchange(job_, nullptr) != nullptr;
    std::deque<Request> unserved = std::exchange(waiting_, {});
    if (was_busy) unserved.push_front(std::exchange(current_, {}));
    const SharedOutcome outcome = stopping();
    for (const Request& request : unserved) tell(request, outcome);
}

SharedOutcome Reloads::shared(ReloadOutcome outcome) const {
    return io::destroyed_in(worker_.bin(), std::move(outcome));
}

SharedOutcome Reloads::stopping() const {
    return shared({false, "the daemon is stopping"});
}

void Reloads::tell(const Request& request, const SharedOutcome& outcome) {
    for (const Answer& answer : request.answers)
        if (answer) answer(outcome);
}

}  // namespace holdfast::app

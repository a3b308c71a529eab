#include "holdfast/io/timed_child.hpp"

#include <csignal>

namespace holdfast::io {

Result<std::unique_ptr<TimedChild>> TimedChild::start(Processes& processes, TimerQueue& timers,
                                                      const SpawnRequest& request,
                                                      std::optional<Duration> timeout,
                                                      std::function<void(ExitStatus)> on_exit) {
    std::unique_ptr<TimedChild> timed(new TimedChild(timers, std::move(on_exit)));
    auto child = processes.spawn(request, [self = timed.get()](ExitStatus status) {
        // The process itself may have obeyed SIGTERM; what it started may not have.
        if (self->stage_ == Stage::terminating) (void)self->child_->kill(SIGKILL);
        self->stage_ = Stage::ended;
        self->timer_.cancel();
        status.timed_out = self->timed_out_;
        self->on_exit_(status);
    });
    if (!child) return std::unexpected(std::move(child).error());
    timed->child_ = std::move(*child);
    if (timeout) timed->timer_.arm_after(*timeout);
    return timed;
}

TimedChild::TimedChild(TimerQueue& timers, std::function<void(ExitStatus)> on_exit)
    : on_exit_(std::move(on_exit)), timer_(timers, [this] { on_timer(); }) {}

TimedChild::~TimedChild() {
    // A child that is gone already is what we want.
    if (child_ && stage_ != Stage::ended) (void)child_->kill(SIGKILL);
}

void TimedChild::terminate() {
    if (stage_ != Stage::running) return;
    stage_ = Stage::terminating;
    send(SIGTERM, kTermToKill);
}

void TimedChild::on_timer() {
    if (stage_ == Stage::running) {
        timed_out_ = true;
        terminate();
    } else {
        stage_ = Stage::killing;
        send(SIGKILL, kKillAgain);
    }
}

// The hook comes last, so that it may destroy this object.
void TimedChild::send(int signal, Duration next) {
    timer_.arm_after(next);
    // ESRCH: it ended a moment ago and the exit is about to be reported.
    (void)child_->kill(signal);
    if (on_signal_) {
        const auto hook = on_signal_;
        hook(signal);
    }
}

}  // namespace holdfast::io

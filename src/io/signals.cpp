#include "holdfast/io/signals.hpp"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace holdfast::io {

namespace {

sigset_t to_set(const std::vector<int>& signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) require(sigaddset(&set, signal) == 0, "a signal number is valid");
    return set;
}

// Blocks first: a signal between signalfd() and the mask would still take its default effect.
sigset_t block(const sigset_t& signals) {
    sigset_t former;
    require(pthread_sigmask(SIG_BLOCK, &signals, &former) == 0, "signals can be blocked");
    return former;
}

int open_signalfd(const sigset_t& signals, const sigset_t& former_mask) {
    const int fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd >= 0) return fd;
    const int number = errno;
    pthread_sigmask(SIG_SETMASK, &former_mask, nullptr);
    throw std::system_error(number, std::generic_category(), "signalfd");
}

}  // namespace

SignalWatch::SignalWatch(EventLoop& loop, const std::vector<int>& signals, std::function<void(int)> callback)
    : signals_(to_set(signals)),
      former_mask_(block(signals_)),
      callback_(std::move(callback)),
      fd_(open_signalfd(signals_, former_mask_)),
      watch_(loop, fd_.get(), {.readable = true}, [this](Events) { on_ready(); }) {}

SignalWatch::~SignalWatch() {
    signalfd_siginfo info;
    while (::read(fd_.get(), &info, sizeof info) == sizeof info) {
    }
    pthread_sigmask(SIG_SETMASK, &former_mask_, nullptr);
}

// One signal per call, the descriptor stays ready for the next: the callback may destroy this object.
void SignalWatch::on_ready() {
    signalfd_siginfo info;
    if (::read(fd_.get(), &info, sizeof info) != sizeof info) return;
    callback_(static_cast<int>(info.ssi_signo));
}

}  // namespace holdfast::io

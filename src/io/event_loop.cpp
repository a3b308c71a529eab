#include "holdfast/io/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include "time_slice.hpp"

namespace holdfast::io {

namespace {

// After a stall: how often to poll again for what arrived meanwhile. A bound, so that a flood cannot keep the
// timers from ever running; 64 rounds of 256 events are far more than any socket buffer here holds.
constexpr int kDrainRounds = 64;

// What the loop waits at most for the next event of a burst.
constexpr Duration kQuick = std::chrono::microseconds(250);

uint32_t to_epoll(Events interest) {
    uint32_t mask = 0;
    if (interest.readable) mask |= EPOLLIN;
    if (interest.writable) mask |= EPOLLOUT;
    return mask;
}

// Only what is (still) watched for: an earlier callback of the batch may have changed its mind.
Events from_epoll(uint32_t mask, Events interest) {
    const bool failed = (mask & (EPOLLERR | EPOLLHUP)) != 0;
    return {.readable = interest.readable && (failed || (mask & EPOLLIN) != 0),
            .writable = interest.writable && (failed || (mask & EPOLLOUT) != 0),
            .failed = failed};
}

constexpr uint64_t make_key(uint32_t generation, size_t slot) {
    return uint64_t{generation} << 32U | slot;
}
constexpr size_t slot_of(uint64_t key) {
    return key & 0xffffffffU;
}
constexpr uint32_t generation_of(uint64_t key) {
    return static_cast<uint32_t>(key >> 32U);
}

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

timespec to_timespec(Duration wait) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(wait);
    return {.tv_sec = seconds.count(), .tv_nsec = (wait - seconds).count()};
}

// Rounded up, so that the loop does not spin through the last millisecond; cut to what an int holds.
int to_milliseconds(Duration wait) {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    return static_cast<int>(std::min<int64_t>(milliseconds, 24 * 3600 * 1000));
}

}  // namespace

struct EventLoop::Batch {
    std::array<epoll_event, 256> events;
};

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), batch_(std::make_unique<Batch>()) {
    if (!epoll_) throw_errno("epoll_create1");
    read_clock();
}

EventLoop::~EventLoop() {
    require(free_slots_.size() == slots_.size(), "a loop outlives its watches");
}

void EventLoop::run() {
    while (!stopping_) run_once();
    stopping_ = false;
}

void EventLoop::run_once(std::optional<Duration> max_wait) {
    require(!in_turn_, "the loop does not turn inside a callback");
    in_turn_ = true;
    const auto deadline = timers_.next();
    std::optional<Duration> wait = max_wait;
    if (!turn_ends_.is_empty()) {
        wait = Duration::zero();
    } else if (deadline) {
        const Duration left = time_left(*deadline);
        wait = wait ? std::min(*wait, left) : left;
    }
    const size_t ready = poll_gathered(wait);
    read_clock();

    last_stall_ = deadline ? now() - *deadline : Duration::zero();
    const bool stalled = last_stall_ > stall_threshold_;
    if (stalled) {
        ++stalls_;
        if (on_stall_) on_stall_(last_stall_);
    } else {
        last_stall_ = Duration::zero();
    }
    dispatch(ready);
    if (stalled) drain();
    timers_.run_due();
    turn_ends_.run();
    in_turn_ = false;
}

void EventLoop::set_stall_threshold(Duration threshold) {
    require(threshold > Duration::zero(), "the stall threshold is more than zero");
    stall_threshold_ = threshold;
}

void EventLoop::on_stall(std::function<void(Duration)> hook) {
    on_stall_ = std::move(hook);
}

void EventLoop::request_precise_wakeups() {
    // Cannot fail with this argument (Linux 2.6.28 and newer). Threads with a real-time policy have no slack
    // anyway.
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    // An improvement that a kernel, or a container's filter of system calls, may refuse.
    (void)set_time_slice(kShortSlice);
}

void EventLoop::set_wake_granularity(Duration granularity) {
    require(granularity >= Duration::zero(), "the wake granularity is not negative");
    granularity_ = granularity;
}

// Against the clock as it is, not as it was when the turn began: callbacks take time.
Duration EventLoop::time_left(Instant deadline) {
    const Instant current = read_clock();
    if (deadline <= current) return Duration::zero();
    if (granularity_ > Duration::zero()) {
        const Duration past = deadline.time_since_epoch() % granularity_;
        if (past > Duration::zero()) deadline += granularity_ - past;
    }
    return deadline - current;
}

Instant EventLoop::read_clock() {
    timers_.set_now(std::chrono::steady_clock::now());
    return timers_.now();
}

void EventLoop::set_burst_pause(Duration pause) {
    require(pause >= Duration::zero(), "the burst pause is not negative");
    burst_pause_ = pause;
}

size_t EventLoop::poll_gathered(std::optional<Duration> wait) {
    if (burst_pause_ == Duration::zero()) return poll_until(wait);
    Instant began = read_clock();
    if (quick_turns_ >= kQuickTurns && (!wait || *wait > Duration::zero())) {
        const timespec pause = to_timespec(std::min(burst_pause_, wait.value_or(burst_pause_)));
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
        const Instant paused = std::exchange(began, read_clock());
        if (wait) wait = std::max(Duration::zero(), *wait - (began - paused));
    }
    const size_t ready = poll_until(wait);
    quick_turns_ = ready > 0 && read_clock() - began < kQuick ? std::min(quick_turns_ + 1, kQuickTurns) : 0;
    return ready;
}

// Long waits go in pieces, the last one short: see approach().
size_t EventLoop::poll_until(std::optional<Duration> wait) {
    if (!wait || approach(*wait) == *wait) return poll(wait);
    const Instant end = timers_.now() + *wait;
    while (true) {
        const Duration left = std::max(end - read_clock(), Duration::zero());
        const Duration piece = approach(left);
        const size_t ready = poll(piece);
        if (ready > 0 || piece == left) return ready;
    }
}

Duration EventLoop::approach(Duration left) {
    constexpr Duration kShort = std::chrono::milliseconds(20);
    constexpr int kPart = 512;
    return left <= kShort ? left : left - left / kPart;
}

size_t EventLoop::poll(std::optional<Duration> wait) {
    const auto room = static_cast<int>(batch_->events.size());
    int count = -1;
    if (has_pwait2_) {
        const timespec time = to_timespec(wait.value_or(Duration::zero()));
        count = epoll_pwait2(epoll_.get(), batch_->events.data(), room, wait ? &time : nullptr, nullptr);
        if (count < 0 && errno == ENOSYS) has_pwait2_ = false;  // Before Linux 5.11.
    }
    if (!has_pwait2_) {
        count = epoll_wait(epoll_.get(), batch_->events.data(), room, wait ? to_milliseconds(*wait) : -1);
    }
    // A handled signal or a debugger (EINTR) is an empty turn; anything else is a descriptor we broke.
    require(count >= 0 || errno == EINTR, "epoll waits on its own descriptor");
    return count < 0 ? 0 : static_cast<size_t>(count);
}

void EventLoop::dispatch(size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const epoll_event& event = batch_->events[i];
        const Slot& slot = slots_[slot_of(event.data.u64)];
        // Destroyed by an earlier callback of this batch; the slot may even have a new owner.
        if (slot.watch == nullptr || slot.generation != generation_of(event.data.u64)) continue;
        const Events happened = from_epoll(event.events, slot.watch->interest_);
        if (happened != Events{}) slot.watch->callback_(happened);
    }
}

void EventLoop::drain() {
    for (int round = 0; round < kDrainRounds; ++round) {
        const size_t ready = poll(Duration::zero());
        if (ready == 0) break;
        dispatch(ready);
    }
    read_clock();
}

uint64_t EventLoop::add(Watch& watch) {
    if (free_slots_.empty()) {
        slots_.emplace_back();
        free_slots_.reserve(slots_.capacity());  // remove() runs in destructors and must not allocate.
        free_slots_.push_back(static_cast<uint32_t>(slots_.size() - 1));
    }
    const uint32_t index = free_slots_.back();
    Slot& slot = slots_[index];
    const uint64_t key = make_key(slot.generation, index);
    epoll_event event{.events = to_epoll(watch.interest_), .data = {.u64 = key}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, watch.fd_, &event) != 0) {
        require(errno == ENOMEM || errno == ENOSPC,
                "a watched descriptor is open, pollable and watched once");
        throw_errno("epoll_ctl");
    }
    free_slots_.pop_back();
    slot.watch = &watch;
    return key;
}

void EventLoop::modify(const Watch& watch) {
    epoll_event event{.events = to_epoll(watch.interest_), .data = {.u64 = watch.key_}};
    require(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, watch.fd_, &event) == 0,
            "a watched descriptor stays open");
}

void EventLoop::remove(const Watch& watch, bool tell_kernel) {
    Slot& slot = slots_[slot_of(watch.key_)];
    slot.watch = nullptr;
    ++slot.generation;
    free_slots_.push_back(static_cast<uint32_t>(slot_of(watch.key_)));
    if (!tell_kernel) return;
    require(epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watch.fd_, nullptr) == 0,
            "a watch is destroyed before its descriptor is closed");
}

Watch::Watch(EventLoop& loop, int fd, Events interest, std::function<void(Events)> callback)
    : loop_(loop), fd_(fd), interest_(interest), callback_(std::move(callback)), key_(loop.add(*this)) {}

Watch::~Watch() {
    loop_.remove(*this, tell_kernel_);
}

void Watch::set_interest(Events interest) {
    interest.failed = interest_.failed;
    if (interest == interest_) return;
    interest_ = interest;
    loop_.modify(*this);
}

}  // namespace holdfast::io

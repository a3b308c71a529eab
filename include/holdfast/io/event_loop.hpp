// The event loop: the only place in Holdfast that waits. One per thread that needs one; in practice one per
// process.
//
// A turn: wait until a descriptor is ready or the earliest timer is due; read the clock once; run the watches
// of the ready descriptors; run all due timers; run the end-of-turn hooks. Timers are kept as absolute
// deadlines and handed to epoll_pwait2 in nanoseconds, so a period does not drift and no timerfd is read or
// set.
//
// After a stall (the turn begins far behind the earliest deadline, because the process was stopped, starved,
// or busy) descriptors are polled and dispatched until nothing is ready any more *before* timers expire: a
// Backup must see the adverts waiting in its socket before it decides that the Master is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "holdfast/base/time.hpp"
#include "holdfast/io/callback.hpp"
#include "holdfast/io/fd.hpp"
#include "holdfast/io/timer.hpp"
#include "holdfast/io/turn_end.hpp"

namespace holdfast::io {

/// What a descriptor is watched for, and what happened to it. `failed` (error or hang-up) is always reported,
/// and comes together with whatever is watched for, so that a reader who only looks at `readable` meets the
/// error in its read.
struct Events {
    bool readable = false;
    bool writable = false;
    bool failed = false;
    friend constexpr bool operator==(Events, Events) = default;
};

class Watch;

/// Confined to its thread: others reach it through a Mailbox (io/mailbox.hpp).
class EventLoop {
  public:
    /// Throws std::system_error when the kernel gives no epoll: without a loop there is no program.
    EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop();

    TimerQueue& timers() { return timers_; }
    TurnEndQueue& turn_ends() { return turn_ends_; }
    /// The time this turn began, monotonic.
    Instant now() const { return timers_.now(); }

    /// Turns until stop().
    void run();
    /// One turn that waits no longer than `max_wait` (nothing: as long as it takes). Not from inside a
    /// callback.
    void run_once(std::optional<Duration> max_wait = std::nullopt);
    /// Makes run() return at the end of the current turn; before run() it makes run() return at once.
    void stop() { stopping_ = true; }

    /// How late a turn must begin, measured from the earliest deadline, to count as a stall. Default 100 ms;
    /// always more than zero.
    void set_stall_threshold(Duration threshold);
    /// How far behind the current (or, outside, the last) turn began; zero unless that was a stall. Timer
    /// callbacks ask this to tell "nothing was sent to us" from "we were not there to hear it".
    Duration last_stall() const { return last_stall_; }
    /// Stalls since the start.
    uint64_t stalls() const { return stalls_; }
    /// Called with last_stall() at the beginning of a stalled turn, before any other callback. Null removes
    /// it.
    void on_stall(std::function<void(Duration)> hook);

    /// Lets the loop wake for timers only at multiples of this on the monotonic clock, so that timers with
    /// nearby deadlines share a turn: each fires at most this much late, never early, and periods that are
    /// multiples of it keep their exact spacing. Zero, the default, wakes at each deadline. 1 ms makes 10 000
    /// timers a second several times cheaper. Descriptors still wake the loop at once.
    void set_wake_granularity(Duration granularity);

    /// When events come one by one and fast (kQuickTurns turns in a row for which the loop hardly waited),
    /// lets them gather for this long before each turn: hundreds of adverts in a row cost a few turns instead
    /// of one each. A timer cuts the pause short. Zero, the default: never.
    void set_burst_pause(Duration pause);
    static constexpr unsigned kQuickTurns = 5;

    /// Asks the kernel to wake this thread as exactly as it can instead of up to 50 us late to save wake-ups
    /// (prctl PR_SET_TIMERSLACK), and soon where others keep the processors busy (short turns, since
    /// Linux 6.12). For the thread, not the loop, hence not done by itself.
    static void request_precise_wakeups();

    /// How much of a wait to ask the kernel for, so that it is not over too late: epoll may add a thousandth
    /// to each wait, up to 100 ms (select_estimate_accuracy() in fs/select.c), which would delay a takeover
    /// after 3.6 s by 3.6 ms. The rest, 1/512, is then late by 7 us only. Short waits are left whole.
    static Duration approach(Duration left);

  private:
    friend class Watch;
    struct Slot {
        Watch* watch = nullptr;
        uint32_t generation = 0;  // Tells a late event of an earlier owner of this slot from one of today's.
    };

    uint64_t add(Watch& watch);
    void modify(const Watch& watch);
    void remove(const Watch& watch, bool tell_kernel);
    Duration time_left(Instant deadline);
    size_t poll(std::optional<Duration> wait);
    size_t poll_until(std::optional<Duration> wait);
    size_t poll_gathered(std::optional<Duration> wait);
    void dispatch(size_t count);
    void drain();
    Instant read_clock();

    struct Batch;  // Events as the kernel hands them over; kept out of the header.

    Fd epoll_;
    std::unique_ptr<Batch> batch_;
    TimerQueue timers_;
    TurnEndQueue turn_ends_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_slots_;
    std::function<void(Duration)> on_stall_;
    Duration stall_threshold_ = std::chrono::milliseconds(100);
    Duration granularity_{};
    Duration burst_pause_{};
    unsigned quick_turns_ = 0;  // In a row, up to now.
    Duration last_stall_{};
    uint64_t stalls_ = 0;
    bool has_pwait2_ = true;
    bool in_turn_ = false;
    bool stopping_ = false;
};

/// Watches one descriptor, level-triggered: the callback runs every turn in which an event is pending. It
/// does not own the descriptor, and must be destroyed before that is closed. It may be destroyed at any time,
/// also inside its own or another callback while ready in the same turn; its callback does not run after
/// that.
class Watch {
  public:
    /// `fd` must be open, pollable (not a regular file) and not watched already; anything else is a broken
    /// rule. Throws std::system_error when the kernel is out of memory or of fs.epoll.max_user_watches.
    Watch(EventLoop& loop, int fd, Events interest, std::function<void(Events)> callback);
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();

    /// Changes what is watched for; nothing set still reports `failed`.
    void set_interest(Events interest);
    Events interest() const { return interest_; }
    int fd() const { return fd_; }
    /// Saves the system call of the destructor, for a descriptor that is closed right after it. Only when no
    /// duplicate of the descriptor exists, otherwise its events go on waking the loop.
    void closing() { tell_kernel_ = false; }

  private:
    friend class EventLoop;
    EventLoop& loop_;
    int fd_;
    Events interest_;
    bool tell_kernel_ = true;
    Callback<void(Events)> callback_;
    uint64_t key_;  // Generation and slot.
};

}  // namespace holdfast::io

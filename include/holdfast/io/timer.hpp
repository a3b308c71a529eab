// Timers without a clock. The queue is told the time by whoever drives it: the EventLoop, or a simulation
// that moves the time itself. Nothing here waits, reads a clock or touches a descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "holdfast/base/time.hpp"
#include "holdfast/io/callback.hpp"

namespace holdfast::io {

class Timer;

/// Armed timers in an index heap: arming, re-arming and cancelling are O(log n) and never allocate (room is
/// made when a Timer is constructed). Must outlive its timers.
class TimerQueue {
  public:
    TimerQueue() = default;
    TimerQueue(const TimerQueue&) = delete;
    TimerQueue& operator=(const TimerQueue&) = delete;
    ~TimerQueue();

    /// The time as last told. The same for everything that happens in one turn of the loop.
    Instant now() const { return now_; }
    /// Tells the time. It never runs backwards: an earlier instant than now() is ignored.
    void set_now(Instant now) {
        if (now > now_) now_ = now;
    }
    /// The earliest deadline of an armed timer; it may lie in the past. Nothing when no timer is armed.
    std::optional<Instant> next() const;
    /// Runs the callback of every timer whose deadline is at or before now(), in order of deadline, ties in
    /// order of arming, then, when there was one, of those that may be early enough; returns how many ran.
    /// The set is fixed at the start: a timer armed by one of these callbacks waits for the next pass even
    /// when it is already due, so a pass always ends; one cancelled, destroyed or re-armed by an earlier
    /// callback of the pass does not run in it. Must not be called from inside a timer's callback.
    size_t run_due();
    /// How many timers are armed.
    size_t size() const { return heap_.size() + due_count_; }

  private:
    friend class Timer;
    struct Entry {
        Instant deadline;
        uint64_t armed_as;  // Ties go to the lower number.
        Timer* timer;
        bool before(const Entry& other) const {
            return deadline != other.deadline ? deadline < other.deadline : armed_as < other.armed_as;
        }
    };

    void add();
    void forget();
    void arm(Timer& timer, Instant deadline, Duration early);
    void collect_early(size_t index);
    void take(Timer& timer);
    void cancel(Timer& timer);
    void place(size_t index, const Entry& entry);
    void sift(size_t index, const Entry& entry);
    void remove(size_t index);

    std::vector<Entry> heap_;
    std::vector<Timer*> due_;  // The pass in progress; null where a timer ran or was taken back.
    size_t due_count_ = 0;     // How many of them are still to run.
    size_t timers_ = 0;
    uint64_t armed_ = 0;
    Duration most_early_{};  // Of all timers there have been: how far ahead a pass looks.
    Instant now_{};
    bool running_ = false;
};

/// One timer and what it does. Disarmed at first. It fires once per arming; a periodic user arms it again
/// from its callback, at `deadline() + period` if the period must not drift. Cancelling or destroying it,
/// from anywhere and also from timer callbacks, guarantees that its callback does not run (again).
class Timer {
  public:
    Timer(TimerQueue& queue, std::function<void()> callback);
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer();

    /// Fires at `deadline`, replacing an earlier arming. A past deadline fires in the next pass.
    void arm(Instant deadline) { arm(deadline, Duration::zero()); }
    /// The same, but when another timer wakes the queue up to `early` before the deadline, it fires along
    /// with that one: what happens together costs one turn.
    void arm(Instant deadline, Duration early) { queue_.arm(*this, deadline, early); }
    /// Fires `delay` after the queue's now().
    void arm_after(Duration delay) { arm(queue_.now() + delay); }
    void cancel() { queue_.cancel(*this); }
    bool armed() const { return place_ != kDisarmed; }
    /// When it fires; once it has fired, when it should have (also inside its callback). The epoch if never
    /// armed.
    Instant deadline() const { return deadline_; }

  private:
    friend class TimerQueue;
    static constexpr size_t kDisarmed = SIZE_MAX;

    TimerQueue& queue_;
    Callback<void()> callback_;
    Instant deadline_{};
    Duration early_{};
    size_t place_ = kDisarmed;  // Index in the heap, or in the list of due timers.
    bool due_ = false;          // Which of the two.
};

}  // namespace holdfast::io

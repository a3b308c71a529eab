// Work that is done once at the end of a turn of the loop, so that many small causes share one system call:
// adverts of all instances due in a tick leave in one sendmmsg, netlink requests in one send. Like the timers
// it is free of descriptors and clocks; a simulation drives it as the EventLoop does.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "holdfast/io/callback.hpp"

namespace holdfast::io {

class TurnEnd;

/// What wants to run at the end of this turn. Must outlive its TurnEnds.
class TurnEndQueue {
  public:
    TurnEndQueue() = default;
    TurnEndQueue(const TurnEndQueue&) = delete;
    TurnEndQueue& operator=(const TurnEndQueue&) = delete;
    ~TurnEndQueue();

    bool is_empty() const { return waiting_count_ == 0; }
    /// Runs what was requested, in order of request. What is requested meanwhile runs at the end of the next
    /// turn, which then does not wait. Must not be called from inside one of its callbacks.
    void run();

  private:
    friend class TurnEnd;
    void cancel(TurnEnd& entry);

    std::vector<TurnEnd*> waiting_;
    std::vector<TurnEnd*> running_;
    size_t waiting_count_ = 0;
    size_t members_ = 0;
    bool is_running_ = false;
};

/// One registration. `request()` makes the callback run once, at the end of the current turn. Destroying it
/// cancels.
class TurnEnd {
  public:
    TurnEnd(TurnEndQueue& queue, std::function<void()> callback);
    TurnEnd(const TurnEnd&) = delete;
    TurnEnd& operator=(const TurnEnd&) = delete;
    ~TurnEnd();

    /// Idempotent until the callback runs.
    void request();
    void cancel() { queue_.cancel(*this); }
    bool requested() const { return place_ != kIdle; }

  private:
    friend class TurnEndQueue;
    static constexpr size_t kIdle = static_cast<size_t>(-1);

    TurnEndQueue& queue_;
    Callback<void()> callback_;
    size_t place_ = kIdle;
    bool in_running_ = false;
};

}  // namespace holdfast::io

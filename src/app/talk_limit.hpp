// The time limit of a conversation: renewed when a step asks for it, ended at kLongestTalk times the limit.
#pragma once

#include <algorithm>
#include <functional>

#include "holdfast/check/conversation.hpp"
#include "holdfast/io/timer.hpp"

namespace holdfast::app {

class TalkLimit {
  public:
    TalkLimit(io::TimerQueue& timers, Duration limit, std::function<void()> expired)
        : timers_(timers), limit_(limit), timer_(timers, std::move(expired)) {}

    void start() {
        last_ = timers_.now() + limit_ * check::kLongestTalk;
        renew();
    }
    void renew() { timer_.arm(std::min(timers_.now() + limit_, last_)); }
    void stop() { timer_.cancel(); }

  private:
    io::TimerQueue& timers_;
    Duration limit_;
    Instant last_{};
    io::Timer timer_;
};

}  // namespace holdfast::app

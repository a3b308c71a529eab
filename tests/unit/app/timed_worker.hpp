// A worker on virtual time: the work is done at once, with what is known then, and its end is told later.
#pragma once

#include <memory>
#include <utility>

#include "holdfast/io/timer.hpp"
#include "holdfast/io/worker.hpp"

namespace holdfast::io {

class TimedWorker final : public Worker {
  public:
    explicit TimedWorker(TimerQueue& timers) : timers_(timers) {}

    std::unique_ptr<Job> start(Work work, Done done) override {
        ++started;
        work(std::stop_token());
        return std::make_unique<TimedJob>(timers_, std::move(done), takes);
    }
    Bin bin() override {
        return [](const std::shared_ptr<const void>&) {};
    }

    Duration takes{0};  ///< From now on.
    int started = 0;

  private:
    class TimedJob final : public Job {
      public:
        TimedJob(TimerQueue& timers, Done done, Duration takes) : timer_(timers, std::move(done)) {
            timer_.arm_after(takes);
        }

      private:
        Timer timer_;
    };

    TimerQueue& timers_;
};

}  // namespace holdfast::io

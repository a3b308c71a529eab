#include "holdfast/io/thread_worker.hpp"

#include <malloc.h>
#include <sched.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "holdfast/base/require.hpp"
#include "signals_blocked.hpp"
#include "time_slice.hpp"

namespace holdfast::io {

namespace {

/// Whatever the loop's thread has been given to be on time is not for this one. It wakes nobody up from work.
void stand_back() {
    sched_param none{};
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)set_time_slice(0);
}

}  // namespace

/// What both threads see.
class ThreadWorker::Room : public std::enable_shared_from_this<Room> {
  public:
    explicit Room(std::function<void(uint64_t)> tell) : tell_(std::move(tell)) {}
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;
    ~Room() = default;

    void add(uint64_t number, Work work) {
        {
            const std::scoped_lock lock(mutex_);
            tasks_.push_back({number, std::move(work), nullptr});
        }
        begin();
    }
    void discard(std::shared_ptr<const void> rubbish) {
        {
            const std::scoped_lock lock(mutex_);
            if (closed_) return;  // It goes here and now.
            tasks_.push_back({0, {}, std::move(rubbish)});
        }
        begin();
    }
    void cancel(uint64_t number) {
        const std::scoped_lock lock(mutex_);
        if (running_ == number) stop_.request_stop();
        for (Task& task : tasks_) {
            if (task.number == number) task.cancelled = true;
        }
    }
    /// Of a job that is done: what kept it from being done well.
    std::exception_ptr take_failure(uint64_t number) {
        const std::scoped_lock lock(mutex_);
        const auto failed = failures_.extract(number);
        return failed ? failed.mapped() : nullptr;
    }
    bool close(Duration patience) {
        std::deque<Task> dropped;
        std::unique_lock lock(mutex_);
        closed_ = true;
        tell_ = {};
        dropped.swap(tasks_);
        stop_.request_stop();
        wake_.notify_all();
        const bool ended = idle_.wait_for(lock, patience, [this] { return !busy_; });
        lock.unlock();
        if (!thread_.joinable()) return ended;
        if (ended) {
            thread_.join();
        } else {
            thread_.detach();
        }
        return ended;
    }

  private:
    struct Task {
        uint64_t number;  ///< 0: there is nothing to do but to go.
        Work work;
        std::shared_ptr<const void> rubbish;
        bool cancelled = false;
    };

    /// Whoever adds something may be the thread itself, when the last holder of some rubbish is a job.
    void begin() {
        {
            const std::scoped_lock lock(mutex_);
            if (closed_) return;
            wake_.notify_one();
            if (std::exchange(busy_, true)) return;
        }
        try {
            const SignalsBlocked blocked;  // The thread inherits it.
            thread_ = std::thread([room = shared_from_this()] {
                stand_back();
                room->run(true);
            });
        } catch (const std::system_error&) {
            run(false);
        }
    }

    void run(bool stays) {
        std::unique_lock lock(mutex_);
        while (!closed_) {
            if (tasks_.empty()) {
                if (!stays) break;
                wake_.wait(lock);
                continue;
            }
            Task task = std::move(tasks_.front());
            tasks_.pop_front();
            stop_ = std::stop_source();
            running_ = task.number;
            lock.unlock();
            std::exception_ptr failure;
            try {
                if (task.work && !task.cancelled) task.work(stop_.get_token());
            } catch (...) {
                failure = std::current_exception();
            }
            const uint64_t number = task.number;
            task = {};
            lock.lock();
            running_ = 0;
            if (failure) failures_.emplace(number, failure);
            if (number != 0 && tell_) tell_(number);
            if (!tasks_.empty()) continue;
            // What the work took goes back to the system.
            lock.unlock();
            ::malloc_trim(0);
            lock.lock();
        }
        busy_ = false;
        idle_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable idle_;
    std::function<void(uint64_t)> tell_;
    std::deque<Task> tasks_;
    std::map<uint64_t, std::exception_ptr> failures_;
    std::stop_source stop_;
    uint64_t running_ = 0;
    bool busy_ = false;  ///< The thread is there.
    bool closed_ = false;
    std::thread thread_;
};

/// Exists as long as somebody wants the job's end.
class ThreadWorker::Ticket final : public Job {
  public:
    Ticket(ThreadWorker& owner, uint64_t number) : owner_(owner), number_(number) {}
    ~Ticket() override {
        if (owner_.wanted_.erase(number_) > 0) owner_.room_->cancel(number_);
    }

  private:
    ThreadWorker& owner_;
    uint64_t number_;
};

ThreadWorker::ThreadWorker(EventLoop& loop, Duration patience)
    : patience_(patience),
      room_(std::make_shared<Room>([this](uint64_t number) { finished_.post(number); })),
      finished_(loop, [this](uint64_t number) { deliver(number); }) {}

ThreadWorker::~ThreadWorker() {
    (void)stop();
}

bool ThreadWorker::stop() {
    return room_->close(patience_);
}

std::unique_ptr<Job> ThreadWorker::start(Work work, Done done) {
    require(wanted_.size() < kJobs, "a bounded number of jobs is wanted at a time");
    const uint64_t number = next_++;
    wanted_.emplace(number, std::move(done));
    auto ticket = std::make_unique<Ticket>(*this, number);
    room_->add(number, std::move(work));
    return ticket;
}

void ThreadWorker::deliver(uint64_t number) {
    const std::exception_ptr failure = room_->take_failure(number);
    auto wanted = wanted_.extract(number);
    if (!wanted) return;
    if (failure) std::rethrow_exception(failure);
    wanted.mapped()();
}

Worker::Bin ThreadWorker::bin() {
    return [room = room_](std::shared_ptr<const void> rubbish) { room->discard(std::move(rubbish)); };
}

}  // namespace holdfast::io

// The worker of a real loop: one thread, started by the first job.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "holdfast/io/mailbox.hpp"
#include "holdfast/io/worker.hpp"

namespace holdfast::io {

/// Its thread takes no signals, is never preferred to the loop's by the scheduler, and is in the namespaces
/// in which that was when the first job came. Where no thread can be had the loop's does the work itself: a
/// late advert is better than a lost one.
class ThreadWorker final : public Worker {
  public:
    /// How long the end waits for a job that was asked to stop.
    static constexpr Duration kPatience = std::chrono::milliseconds(300);

    explicit ThreadWorker(EventLoop& loop, Duration patience = kPatience);
    /// As stop().
    ~ThreadWorker() override;

    std::unique_ptr<Job> start(Work work, Done done) override;
    Bin bin() override;
    /// Nothing is done any more. False when a job does not stop in time, because it waits for a dead file
    /// server, say: its thread is left behind, and the process must end by _exit(), which it does not
    /// survive.
    bool stop();

  private:
    class Room;
    class Ticket;
    void deliver(uint64_t number);

    Duration patience_;
    std::map<uint64_t, Done> wanted_;  ///< What is to be called when a job is done.
    uint64_t next_ = 1;
    std::shared_ptr<Room> room_;  ///< Also of the thread, which may outlive this.
    Mailbox<uint64_t> finished_;
};

}  // namespace holdfast::io

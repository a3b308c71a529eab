// Values from other threads into the loop's thread.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "holdfast/io/callback.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/fd.hpp"

namespace holdfast::io {

/// Wakes the loop from any thread by an eventfd; several wakes before the callback ran are one.
class Wakeup {
  public:
    Wakeup(EventLoop& loop, std::function<void()> callback);
    /// Thread-safe.
    void wake();

  private:
    void on_ready();

    Callback<void()> callback_;
    Fd fd_;
    Watch watch_;
};

/// A queue with many senders and the loop as the one receiver. Messages of one sender arrive in order.
/// Messages posted by the callback wait for the next turn. The owner makes sure that no thread posts any more
/// when the Mailbox is destroyed; what was not delivered is dropped.
template <class Message>
class Mailbox {
  public:
    Mailbox(EventLoop& loop, std::function<void(Message)> callback)
        : callback_(std::move(callback)), wakeup_(loop, [this] { deliver(); }) {}

    /// Thread-safe. Costs a system call only when the box was empty.
    void post(Message message) {
        bool was_empty = false;
        {
            const std::scoped_lock lock(mutex_);
            was_empty = messages_.empty();
            messages_.push_back(std::move(message));
        }
        if (was_empty) wakeup_.wake();
    }

  private:
    void deliver() {
        std::vector<Message> batch;
        {
            const std::scoped_lock lock(mutex_);
            batch.swap(messages_);
        }
        for (Message& message : batch) {
            if (!callback_(std::move(message))) return;
        }
    }

    std::mutex mutex_;
    std::vector<Message> messages_;
    Callback<void(Message)> callback_;
    Wakeup wakeup_;
};

}  // namespace holdfast::io

#include "holdfast/io/turn_end.hpp"

#include <algorithm>

namespace holdfast::io {

TurnEndQueue::~TurnEndQueue() {
    require(members_ == 0, "a turn-end queue outlives its members");
}

void TurnEndQueue::run() {
    require(!is_running_, "a turn does not end inside its end");
    if (waiting_count_ == 0) {
        waiting_.clear();  // Everything requested was cancelled.
        return;
    }
    running_.swap(waiting_);
    waiting_count_ = 0;
    for (TurnEnd* entry : running_) {
        if (entry != nullptr) entry->in_running_ = true;
    }
    is_running_ = true;
    for (size_t i = 0; i < running_.size(); ++i) {
        TurnEnd* entry = running_[i];
        if (entry == nullptr) continue;
        cancel(*entry);
        entry->callback_();
    }
    running_.clear();
    is_running_ = false;
}

void TurnEndQueue::cancel(TurnEnd& entry) {
    if (entry.place_ == TurnEnd::kIdle) return;
    (entry.in_running_ ? running_ : waiting_)[entry.place_] = nullptr;
    if (!entry.in_running_) --waiting_count_;
    entry.place_ = TurnEnd::kIdle;
    entry.in_running_ = false;
}

TurnEnd::TurnEnd(TurnEndQueue& queue, std::function<void()> callback)
    : queue_(queue), callback_(std::move(callback)) {
    ++queue_.members_;
}

TurnEnd::~TurnEnd() {
    cancel();
    --queue_.members_;
}

void TurnEnd::request() {
    if (requested()) return;
    place_ = queue_.waiting_.size();
    queue_.waiting_.push_back(this);
    ++queue_.waiting_count_;
}

}  // namespace holdfast::io

#include "holdfast/io/timer.hpp"

#include <algorithm>

namespace holdfast::io {

namespace {

// Four children per node: half the levels of a binary heap, and siblings share cache lines.
constexpr size_t kArity = 4;

size_t parent_of(size_t index) {
    return (index - 1) / kArity;
}
size_t first_child_of(size_t index) {
    return index * kArity + 1;
}

}  // namespace

TimerQueue::~TimerQueue() {
    require(timers_ == 0, "a timer queue outlives its timers");
}

std::optional<Instant> TimerQueue::next() const {
    std::optional<Instant> earliest;
    if (!heap_.empty()) earliest = heap_.front().deadline;
    // Inside a pass the timers still to run come first; the list is in order.
    if (due_count_ > 0) {
        const auto timer = std::ranges::find_if(due_, [](const Timer* entry) { return entry != nullptr; });
        if (!earliest || (*timer)->deadline_ < *earliest) earliest = (*timer)->deadline_;
    }
    return earliest;
}

size_t TimerQueue::run_due() {
    require(!running_, "timers are not expired from inside a timer");
    while (!heap_.empty() && heap_.front().deadline <= now_) {
        Timer* timer = heap_.front().timer;
        due_.push_back(timer);
        take(*timer);
    }
    const size_t punctual = due_.size();
    if (punctual > 0 && most_early_ > Duration::zero()) {
        collect_early(0);
        const auto early = due_.begin() + static_cast<std::ptrdiff_t>(punctual);
        std::sort(early, due_.end(),
                  [](const Timer* left, const Timer* right) { return left->deadline_ < right->deadline_; });
        std::for_each(early, due_.end(), [this](Timer* timer) { take(*timer); });
        for (size_t i = punctual; i < due_.size(); ++i) due_[i]->place_ = i;
    }
    due_count_ = due_.size();
    running_ = true;
    size_t ran = 0;
    // By index: due_ does not grow meanwhile, but entries are nulled.
    for (size_t i = 0; i < due_.size(); ++i) {
        Timer* timer = due_[i];
        if (timer == nullptr) continue;
        cancel(*timer);
        ++ran;
        timer->callback_();
    }
    due_.clear();
    running_ = false;
    return ran;
}

// Notes the timers from this node of the heap on that may be early now. None below a node is due before it.
void TimerQueue::collect_early(size_t index) {
    if (index >= heap_.size() || heap_[index].deadline > now_ + most_early_) return;
    const Entry& entry = heap_[index];
    if (entry.deadline <= now_ + entry.timer->early_) due_.push_back(entry.timer);
    for (size_t child = 0; child < kArity; ++child) collect_early(first_child_of(index) + child);
}

// From the heap to the end of the list of due ones, where it has been entered.
void TimerQueue::take(Timer& timer) {
    remove(timer.place_);
    timer.place_ = due_.size() - 1;
    timer.due_ = true;
}

// Makes room for one more timer in both lists, so that arming and expiring never allocate.
void TimerQueue::add() {
    ++timers_;
    if (heap_.capacity() < timers_) heap_.reserve(std::max<size_t>(16, timers_ * 2));
    if (due_.capacity() < timers_) due_.reserve(heap_.capacity());
}

void TimerQueue::forget() {
    --timers_;
}

void TimerQueue::arm(Timer& timer, Instant deadline, Duration early) {
    if (timer.due_) cancel(timer);
    timer.deadline_ = deadline;
    timer.early_ = early;
    most_early_ = std::max(most_early_, early);
    const Entry entry{deadline, ++armed_, &timer};
    if (timer.place_ == Timer::kDisarmed) {
        heap_.push_back(entry);
        timer.place_ = heap_.size() - 1;
    }
    sift(timer.place_, entry);
}

void TimerQueue::cancel(Timer& timer) {
    if (timer.place_ == Timer::kDisarmed) return;
    if (timer.due_) {
        due_[timer.place_] = nullptr;
        --due_count_;
        timer.due_ = false;
    } else {
        remove(timer.place_);
    }
    timer.place_ = Timer::kDisarmed;
}

void TimerQueue::place(size_t index, const Entry& entry) {
    heap_[index] = entry;
    entry.timer->place_ = index;
}

// Moves the hole at `index` up or down until `entry` fits into it.
void TimerQueue::sift(size_t index, const Entry& entry) {
    while (index > 0 && entry.before(heap_[parent_of(index)])) {
        place(index, heap_[parent_of(index)]);
        index = parent_of(index);
    }
    while (first_child_of(index) < heap_.size()) {
        size_t least = first_child_of(index);
        const size_t end = std::min(least + kArity, heap_.size());
        for (size_t child = least + 1; child < end; ++child) {
            if (heap_[child].before(heap_[least])) least = child;
        }
        if (!heap_[least].before(entry)) break;
        place(index, heap_[least]);
        index = least;
    }
    place(index, entry);
}

void TimerQueue::remove(size_t index) {
    const Entry last = heap_.back();
    heap_.pop_back();
    if (index < heap_.size()) sift(index, last);
}

Timer::Timer(TimerQueue& queue, std::function<void()> callback)
    : queue_(queue), callback_(std::move(callback)) {
    queue_.add();
}

Timer::~Timer() {
    cancel();
    queue_.forget();
}

}  // namespace holdfast::io

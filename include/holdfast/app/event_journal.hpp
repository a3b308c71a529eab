// What has happened to whom and why, in order: the memory behind `holdctl events` and `holdctl why`. Bounded:
// the oldest events make room for new ones, but the latest of each subject is kept as long as the subject
// exists. Fed where a transition has its one recorded cause (daemon_journal.cpp).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::app {

enum class SubjectKind : uint8_t {
    daemon,
    instance,
    group,
    interface,
    script,
    file,
    process,
    bfd,
    virtual_server,
    real_server,
};

/// As JSON and tables name it: "vrrp_instance", "real_server".
std::string_view to_string(SubjectKind kind);

struct JournalEvent {
    uint64_t number = 0;  ///< Counts from 1; set by the journal.
    std::chrono::system_clock::time_point at{};
    SubjectKind kind = SubjectKind::daemon;
    std::string name{};   ///< Empty for the daemon.
    std::string from{};   ///< The state before, in the words of the log; empty = there was none.
    std::string to{};     ///< The state after.
    std::string cause{};  ///< One word for programs: "master_down", "script", "reload".
    std::string text{};   ///< The cause in a sentence for people, without a full stop.
};

class EventJournal {
  public:
    static constexpr size_t kDefaultCapacity = 2000;
    explicit EventJournal(size_t capacity = kDefaultCapacity) : capacity_(capacity) {}
    EventJournal(const EventJournal&) = delete;
    EventJournal& operator=(const EventJournal&) = delete;

    void add(JournalEvent event);
    /// Called after each `add`, for those who follow; it may not add. One listener.
    void on_added(std::function<void()> listener) { added_ = std::move(listener); }

    /// The events that are kept, oldest first; their numbers have no gaps.
    const std::deque<JournalEvent>& events() const { return events_; }
    /// The number that the next event will have.
    uint64_t next_number() const { return next_; }
    /// The event of this number; null when it is forgotten or has not happened.
    const JournalEvent* event(uint64_t number) const;
    /// The latest event of a subject; null when nothing has happened to it.
    const JournalEvent* latest(SubjectKind kind, std::string_view name) const;
    /// After a reload: subjects that `exists` denies are no longer remembered by name.
    void forget_unless(const std::function<bool(SubjectKind, const std::string&)>& exists);

  private:
    size_t capacity_;
    uint64_t next_ = 1;
    std::deque<JournalEvent> events_;
    std::map<std::pair<SubjectKind, std::string>, JournalEvent> latest_;
    std::function<void()> added_;
};

}  // namespace holdfast::app

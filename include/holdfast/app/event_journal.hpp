// What has happened to whom and why, in order: the memory behind `holdctl events` and `holdctl why`. Bounded:
// the oldest events make room for new ones, but the latest of each subject is kept as long as the subject
// exists. Fed where a transition has its one recorded cause (daemon_journal.cpp).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "holdfast/base/shared.hpp"

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

/// What the journal is told. The views need not outlive the call.
struct JournalEntry {
    SubjectKind kind = SubjectKind::daemon;
    std::string_view name{};   ///< Empty for the daemon.
    std::string_view from{};   ///< The state before, in the words of the log; empty = there was none.
    std::string_view to{};     ///< The state after.
    std::string_view cause{};  ///< One word for programs: "master_down", "script", "reload".
    std::string_view text{};   ///< The cause in a sentence for people, without a full stop.
    /// Otherwise something about the subject that leaves its state alone (a priority): `latest` passes it
    /// over.
    bool is_state = true;
};

/// What it remembers, with the number and the time that it has given it. All words lie in one piece.
class JournalEvent {
  public:
    JournalEvent(uint64_t number, std::chrono::system_clock::time_point at, const JournalEntry& entry);

    uint64_t number() const { return number_; }  ///< Counts from 1.
    std::chrono::system_clock::time_point at() const { return at_; }
    SubjectKind kind() const { return kind_; }
    bool is_state() const { return is_state_; }
    // As in JournalEntry.
    std::string_view name() const { return word(0); }
    std::string_view from() const { return word(1); }
    std::string_view to() const { return word(2); }
    std::string_view cause() const { return word(3); }
    std::string_view text() const { return word(4); }
    /// The same of a subject that has another name now.
    JournalEvent renamed(std::string_view name) const;

  private:
    std::string_view word(size_t index) const {
        const size_t begin = index == 0 ? 0 : ends_[index - 1];
        const size_t end = index == ends_.size() ? words_.size() : ends_[index];
        return std::string_view(words_).substr(begin, end - begin);
    }

    uint64_t number_;
    std::chrono::system_clock::time_point at_;
    std::string words_;
    std::array<uint32_t, 4> ends_;  ///< Of all words but the last.
    SubjectKind kind_;
    bool is_state_;
};

class EventJournal {
  public:
    static constexpr size_t kDefaultCapacity = 2000;
    explicit EventJournal(size_t capacity = kDefaultCapacity) : capacity_(capacity) {}
    EventJournal(const EventJournal&) = delete;
    EventJournal& operator=(const EventJournal&) = delete;

    void add(std::chrono::system_clock::time_point at, const JournalEntry& entry);
    /// Called after each `add`, for those who follow; it may not add. One listener.
    void on_added(std::function<void()> listener) { added_ = std::move(listener); }

    /// The events that are kept, oldest first; their numbers have no gaps.
    const std::deque<Shared<JournalEvent>>& events() const { return events_; }
    /// The number that the next event will have.
    uint64_t next_number() const { return next_; }
    /// The event of this number; null when it is forgotten or has not happened.
    const JournalEvent* event(uint64_t number) const;
    /// The latest change of state of a subject; null when nothing has happened to it.
    const JournalEvent* latest(SubjectKind kind, std::string_view name) const;
    /// A reload gives subjects of a kind other names (before, after), all at once: two may swap theirs. Only
    /// what is remembered as the latest follows; events keep the names of their time.
    void rename(SubjectKind kind, std::span<const std::pair<std::string, std::string>> names);
    /// After a reload: subjects that `exists` denies are no longer remembered by name.
    void forget_unless(const std::function<bool(SubjectKind, std::string_view)>& exists);

  private:
    using Subject = std::pair<SubjectKind, std::string_view>;
    struct BySubject {
        using is_transparent = void;
        static Subject subject(const Subject& subject) { return subject; }
        static Subject subject(const Shared<JournalEvent>& event) { return {event->kind(), event->name()}; }
        template <class Left, class Right>
        bool operator()(const Left& left, const Right& right) const {
            return subject(left) < subject(right);
        }
    };

    void remember(const Shared<JournalEvent>& event);

    size_t capacity_;
    uint64_t next_ = 1;
    std::deque<Shared<JournalEvent>> events_;
    std::set<Shared<JournalEvent>, BySubject> latest_;
    std::function<void()> added_;
};

}  // namespace holdfast::app

#include "holdfast/app/event_journal.hpp"

#include <vector>

namespace holdfast::app {

std::string_view to_string(SubjectKind kind) {
    switch (kind) {
        case SubjectKind::daemon:
            return "daemon";
        case SubjectKind::instance:
            return "vrrp_instance";
        case SubjectKind::group:
            return "vrrp_sync_group";
        case SubjectKind::interface:
            return "interface";
        case SubjectKind::script:
            return "vrrp_script";
        case SubjectKind::file:
            return "track_file";
        case SubjectKind::process:
            return "track_process";
        case SubjectKind::bfd:
            return "bfd_instance";
        case SubjectKind::virtual_server:
            return "virtual_server";
        case SubjectKind::real_server:
            return "real_server";
    }
    return "daemon";
}

JournalEvent::JournalEvent(uint64_t number, std::chrono::system_clock::time_point at,
                           const JournalEntry& entry)
    : number_(number), at_(at), ends_{}, kind_(entry.kind), is_state_(entry.is_state) {
    const std::array words{entry.name, entry.from, entry.to, entry.cause, entry.text};
    size_t size = 0;
    for (const std::string_view word : words) size += word.size();
    words_.reserve(size);
    for (size_t i = 0; i < words.size(); ++i) {
        words_ += words[i];
        if (i < ends_.size()) ends_[i] = static_cast<uint32_t>(words_.size());
    }
}

JournalEvent JournalEvent::renamed(std::string_view name) const {
    return {number_, at_, {kind_, name, from(), to(), cause(), text(), is_state_}};
}

void EventJournal::remember(const Shared<JournalEvent>& event) {
    // The new one lies where the old one of its subject was.
    if (const auto before = latest_.find(event); before != latest_.end()) latest_.erase(before);
    latest_.insert(event);
}

void EventJournal::add(std::chrono::system_clock::time_point at, const JournalEntry& entry) {
    const Shared<JournalEvent> event = JournalEvent(next_++, at, entry);
    if (event->is_state()) remember(event);
    events_.push_back(event);
    if (events_.size() > capacity_) events_.pop_front();
    if (added_) added_();
}

const JournalEvent* EventJournal::event(uint64_t number) const {
    if (events_.empty() || number < events_.front()->number() || number >= next_) return nullptr;
    return &*events_[number - events_.front()->number()];
}

const JournalEvent* EventJournal::latest(SubjectKind kind, std::string_view name) const {
    const auto found = latest_.find(Subject{kind, name});
    return found == latest_.end() ? nullptr : &**found;
}

void EventJournal::rename(SubjectKind kind, std::span<const std::pair<std::string, std::string>> names) {
    std::vector<JournalEvent> moving;
    for (const auto& [before, after] : names) {
        const auto latest = latest_.find(Subject{kind, before});
        if (latest == latest_.end()) continue;
        moving.push_back((*latest)->renamed(after));
        latest_.erase(latest);
    }
    for (JournalEvent& event : moving) remember(std::move(event));
}

void EventJournal::forget_unless(const std::function<bool(SubjectKind, std::string_view)>& exists) {
    std::erase_if(latest_, [&](const auto& event) { return !exists(event->kind(), event->name()); });
}

}  // namespace holdfast::app

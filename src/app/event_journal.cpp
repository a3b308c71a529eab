#include "holdfast/app/event_journal.hpp"

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

void EventJournal::add(JournalEvent event) {
    event.number = next_++;
    latest_[{event.kind, event.name}] = event;
    events_.push_back(std::move(event));
    if (events_.size() > capacity_) events_.pop_front();
    if (added_) added_();
}

const JournalEvent* EventJournal::event(uint64_t number) const {
    if (events_.empty() || number < events_.front().number || number >= next_) return nullptr;
    return &events_[number - events_.front().number];
}

const JournalEvent* EventJournal::latest(SubjectKind kind, std::string_view name) const {
    const auto found = latest_.find({kind, std::string(name)});
    return found == latest_.end() ? nullptr : &found->second;
}

void EventJournal::forget_unless(const std::function<bool(SubjectKind, const std::string&)>& exists) {
    std::erase_if(latest_, [&](const auto& entry) { return !exists(entry.first.first, entry.first.second); });
}

}  // namespace holdfast::app

#include "holdfast/kernel/announcement_queue.hpp"

#include <algorithm>

namespace holdfast::kernel {

void AnnouncementQueue::set_group(std::span<const InterfaceIndex> interfaces, const Pacing& pacing) {
    Group& group = groups_.emplace_back();
    group.garp.interval = pacing.garp;
    group.gna.interval = pacing.gna;
    for (const InterfaceIndex interface : interfaces) group_of_[interface] = &group;
}

void AnnouncementQueue::clear_groups() {
    // What waits was spaced by the old rules; with none it may leave at once.
    for (Group& group : groups_)
        for (Lane* lane : {&group.garp, &group.gna})
            for (const Waiting& waiting : lane->waiting)
                immediate_.insert(immediate_.end(), waiting.remaining, waiting.announcement);
    group_of_.clear();
    groups_.clear();
}

AnnouncementQueue::Lane* AnnouncementQueue::lane(const vrrp::Announcement& announcement) {
    auto at = group_of_.find(announcement.paced_by ? announcement.paced_by : announcement.interface);
    if (at == group_of_.end()) return nullptr;
    Lane& lane = announcement.address.is_v4() ? at->second->garp : at->second->gna;
    return lane.interval > Duration::zero() ? &lane : nullptr;
}

void AnnouncementQueue::add(std::span<const vrrp::Announcement> batch, uint32_t repeat) {
    for (uint32_t round = 0; round < repeat; ++round) {
        for (const vrrp::Announcement& announcement : batch) {
            Lane* spaced = lane(announcement);
            if (spaced == nullptr) {
                immediate_.push_back(announcement);
                continue;
            }
            auto waiting = std::ranges::find_if(spaced->waiting, [&](const Waiting& w) {
                return w.announcement.interface == announcement.interface &&
                       w.announcement.address == announcement.address;
            });
            if (waiting == spaced->waiting.end())
                spaced->waiting.push_back({announcement, 1});
            else if (waiting->remaining < repeat)
                ++waiting->remaining;
        }
    }
}

void AnnouncementQueue::take_due(Instant now, std::vector<vrrp::Announcement>& due) {
    due.insert(due.end(), immediate_.begin(), immediate_.end());
    immediate_.clear();
    for (Group& group : groups_) {
        for (Lane* lane : {&group.garp, &group.gna}) {
            if (lane->waiting.empty() || (lane->next && now < *lane->next)) continue;
            // One per call: the interval is the smallest distance, and a late call must not make up for lost
            // time.
            Waiting waiting = lane->waiting.front();
            lane->waiting.pop_front();
            due.push_back(waiting.announcement);
            if (--waiting.remaining > 0) lane->waiting.push_back(waiting);
            lane->next = now + lane->interval;
        }
    }
}

std::optional<Instant> AnnouncementQueue::deadline() const {
    if (!immediate_.empty()) return Instant::min();
    std::optional<Instant> earliest;
    for (const Group& group : groups_) {
        for (const Lane* lane : {&group.garp, &group.gna}) {
            if (lane->waiting.empty()) continue;
            const Instant at = lane->next.value_or(Instant::min());
            earliest = earliest ? std::min(*earliest, at) : at;
        }
    }
    return earliest;
}

template <class Is>
void AnnouncementQueue::erase(const Is& is_it) {
    std::erase_if(immediate_, is_it);
    for (Group& group : groups_)
        for (Lane* lane : {&group.garp, &group.gna})
            std::erase_if(lane->waiting, [&](const Waiting& waiting) { return is_it(waiting.announcement); });
}

void AnnouncementQueue::cancel(InterfaceIndex interface, const IpAddress& address) {
    erase([&](const vrrp::Announcement& each) {
        return each.interface == interface && each.address == address;
    });
}

void AnnouncementQueue::cancel(InterfaceIndex interface) {
    erase([&](const vrrp::Announcement& each) { return each.interface == interface; });
}

bool AnnouncementQueue::is_empty() const {
    return size() == 0;
}

size_t AnnouncementQueue::size() const {
    size_t count = immediate_.size();
    for (const Group& group : groups_)
        for (const Lane* lane : {&group.garp, &group.gna})
            for (const Waiting& waiting : lane->waiting) count += waiting.remaining;
    return count;
}

}  // namespace holdfast::kernel

// What the answers to link requests mean for the links.
#include <algorithm>
#include <utility>

#include "holdfast/netstate/links.hpp"

namespace holdfast::netstate {

void LinkReconciler::completed(Instant now, std::span<const Operation> operations,
                               std::span<const Result<>> results, std::vector<ObjectEvent>& events) {
    // What was made changes what is needed next: addresses come when the interface is known.
    if (!operations.empty()) dirty_ = true;
    const auto item_of = [&](const std::string& name) -> Item* {
        const auto at = items_.find(name);
        return at == items_.end() ? nullptr : &at->second;
    };
    for (size_t i = 0; i < operations.size(); ++i) {
        const bool is_done = results[i].has_value();
        if (const auto* add = std::get_if<AddLink>(&operations[i])) {
            Item* item = item_of(add->link.name);
            if (item == nullptr) continue;
            using What = ObjectEvent::What;
            if (!is_done) {
                // A kernel that does not know this kind of link says so at every attempt.
                if (item->refusals == 0) {
                    events.push_back(describe(What::refused, item->link));
                    events.back().error = results[i].error();
                }
                postpone(*item, now, item->refusals++);
                continue;
            }
            events.push_back(describe(item->lost ? What::repaired : What::installed, item->link));
            if (std::exchange(item->lost, false)) {
                ++item->burst;
                events.back().repairs = ++item->repairs;
            }
            item->refusals = 0;
            item->repaired_at = now;
            item->present = true;
        } else if (const auto* tune = std::get_if<TuneLink>(&operations[i])) {
            // A knob that cannot be set (a read-only /proc/sys) is no reason to go without the link.
            Item* item = item_of(tune->name);
            if (item != nullptr && item->present) item->tuned = true;
            if (item != nullptr && item->present && !is_done) {
                events.push_back(describe(ObjectEvent::What::refused, item->link));
                events.back().error = results[i].error();
            }
        } else if (const auto* on = std::get_if<SwitchLinkOn>(&operations[i]); on != nullptr && !is_done) {
            Item* item = item_of(on->name);
            if (item == nullptr) continue;
            item->on = false;
            events.push_back(describe(ObjectEvent::What::refused, item->link));
            events.back().error = results[i].error();
            postpone(*item, now, item->refusals++);
        } else if (const auto* remove = std::get_if<RemoveLink>(&operations[i])) {
            VirtualLink gone;
            gone.name = remove->name;
            for (const Leaving& leaving : leaving_)
                if (leaving.name == remove->name) gone.instance = leaving.instance;
            if (Item* item = item_of(remove->name)) {
                gone = item->link;
                item->present = item->tuned = item->on = false;
                item->index = 0;
                item->link_local.reset();
                if (!is_done) postpone(*item, now, item->refusals++);
            }
            std::erase_if(leaving_, [&](const Leaving& leaving) { return leaving.name == remove->name; });
            events.push_back(
                describe(is_done ? ObjectEvent::What::removed : ObjectEvent::What::refused, gone));
            if (!is_done) events.back().error = results[i].error();
        } else if (!is_done && (std::holds_alternative<AddAddress>(operations[i]) ||
                                std::holds_alternative<UpdateLink>(operations[i]))) {
            for (auto& [name, item] : items_) {
                const auto* address = std::get_if<AddAddress>(&operations[i]);
                const auto* update = std::get_if<UpdateLink>(&operations[i]);
                if (address != nullptr ? item.index != address->address.interface.value
                                       : update->link.name != name)
                    continue;
                events.push_back(describe(ObjectEvent::What::refused, item.link));
                events.back().error = results[i].error();
                postpone(item, now, item.refusals++);
            }
        } else if (!is_done && std::holds_alternative<SetSysctl>(operations[i])) {
            ObjectEvent event;
            event.what = ObjectEvent::What::refused;
            event.kind = ObjectKind::link;
            event.text = std::get<SetSysctl>(operations[i]).path;
            event.error = results[i].error();
            events.push_back(std::move(event));
        }
    }
}

void LinkReconciler::postpone(Item& item, Instant now, uint32_t step) {
    const Duration doubled = policy_.first_delay * (int64_t{1} << std::min(step, 20U));
    item.retry_at = now + std::min(doubled, policy_.longest_delay);
    deadline_ = deadline_ ? std::min(*deadline_, *item.retry_at) : *item.retry_at;
}

ObjectEvent LinkReconciler::describe(ObjectEvent::What what, const VirtualLink& link) const {
    ObjectEvent event;
    event.what = what;
    event.owner = Owner{link.instance};
    event.kind = ObjectKind::link;
    event.text = link.name;
    return event;
}

}  // namespace holdfast::netstate

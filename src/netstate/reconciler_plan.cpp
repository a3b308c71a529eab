#include <algorithm>
#include <array>
#include <utility>

#include "holdfast/base/require.hpp"
#include "holdfast/netstate/reconciler.hpp"
#include "reconciler_objects.hpp"

namespace holdfast::netstate {

/// What one look at the owners gives: desired objects with the items they stand for.
struct Reconciler::Draft {
    explicit Draft(std::vector<ObjectEvent>& out) : events(out) {}

    void want(ConcreteObject object, bool append, const Origin& origin) {
        if (auto* address = std::get_if<KernelAddress>(&object)) {
            desired.addresses.push_back(std::move(*address));
            wanted[0].push_back(origin);
        } else if (auto* route = std::get_if<KernelRoute>(&object)) {
            desired.routes.push_back(std::move(*route));
            desired.append.push_back(append);
            wanted[1].push_back(origin);
        } else {
            desired.rules.push_back(std::get<KernelRule>(std::move(object)));
            wanted[2].push_back(origin);
        }
    }
    void reject(ConcreteObject object, const Origin& origin) {
        if (auto* address = std::get_if<KernelAddress>(&object)) {
            desired.unwanted_addresses.push_back(std::move(*address));
            unwanted[0].push_back(origin);
        } else if (auto* route = std::get_if<KernelRoute>(&object)) {
            desired.unwanted_routes.push_back(std::move(*route));
            unwanted[1].push_back(origin);
        } else {
            desired.unwanted_rules.push_back(std::get<KernelRule>(std::move(object)));
            unwanted[2].push_back(origin);
        }
    }
    /// In the numbering of `diff`.
    std::vector<Origin> origins() const {
        std::vector<Origin> all;
        for (const auto* lists : {&wanted, &unwanted})
            for (const auto& list : *lists) all.insert(all.end(), list.begin(), list.end());
        return all;
    }

    Desired desired;
    std::array<std::vector<Origin>, 3> wanted;
    std::array<std::vector<Origin>, 3> unwanted;
    std::vector<ObjectEvent>& events;
};

bool Reconciler::has_work(Instant now) const {
    return any_dirty_ || (deadline_ && *deadline_ <= now);
}

std::vector<Operation> Reconciler::plan(Instant now, const Mirror& mirror, std::vector<ObjectEvent>& events) {
    Draft draft(events);
    for_each_owned([&](Owned& owned) {
        if (owned.dirty || (owned.next && *owned.next <= now)) look_at(owned, now, mirror, draft);
    });
    any_dirty_ = false;
    compute_deadline();

    std::vector<size_t> numbers;
    std::vector<Operation> operations = diff(draft.desired, mirror, &numbers);
    const std::vector<Origin> all = draft.origins();
    origins_.clear();
    for (const size_t number : numbers) origins_.push_back(all[number]);
    if (operations.empty())
        std::erase_if(leaving_, [](const Owned& owned) { return owned.removing.empty(); });
    return operations;
}

void Reconciler::look_at(Owned& owned, Instant now, const Mirror& mirror, Draft& draft) {
    owned.dirty = false;
    owned.next.reset();
    if (owned.hold)
        for (size_t i = 0; i < owned.items.size(); ++i) look_at_item(owned, i, now, mirror, draft);

    std::erase_if(owned.removing, [&](const Item& item) {
        auto object = find_leftover(item.settings, item.place, mirror);
        return !object || !is_present(*object, false, mirror) || is_wanted(*object, mirror);
    });
    for (size_t i = 0; i < owned.removing.size(); ++i) {
        Item& item = owned.removing[i];
        if (const auto retry_at = item.retry_at(); retry_at && now < *retry_at) {
            postpone(owned, item, *retry_at);
            continue;
        }
        draft.reject(*find_leftover(item.settings, item.place, mirror),
                     {.owned = &owned, .item = i, .is_removal = true});
    }
}

void Reconciler::look_at_item(Owned& owned, size_t number, Instant now, const Mirror& mirror, Draft& draft) {
    Item& item = owned.items[number];
    auto object = concrete(item.settings, mirror);
    const KernelAddress* address = object ? std::get_if<KernelAddress>(&*object) : nullptr;
    // Static addresses are the interface's as much as ours, and go along with it as with the reference.
    const bool goes_along =
        !object && owned.owner.is_static() && item.place && find_leftover(item.settings, item.place, mirror);
    if (goes_along) return;
    leave_old_place(owned, item, address == nullptr ? InterfaceIndex{} : address->interface, mirror);
    if (!object) {
        if (is_impossible(item.settings)) {
            if (std::exchange(item.presence, Presence::abandoned) == Presence::abandoned) return;
            draft.events.push_back(describe(ObjectEvent::What::refused, owned.owner, item.settings));
            draft.events.back().error = object.error();
            return;
        }
        // The interface has gone and everything on it too; when it comes back this is a new beginning.
        item = Item{.settings = std::move(item.settings)};
        return;
    }
    const bool was_installed = item.presence == Presence::present || item.presence == Presence::accepted;
    if (is_present(*object, !was_installed, mirror)) {
        if (!was_installed)
            draft.events.push_back(describe(ObjectEvent::What::adopted, owned.owner, item.settings));
        item.presence = Presence::present;
        item.existed = false;
        if (item.trouble) item.trouble->retry_at.reset();
        if (address != nullptr) item.place = address->interface;
        return;
    }
    const bool is_off = is_on_link_that_is_off(*object, mirror);
    if (is_off && item.presence == Presence::present) item.presence = Presence::down;
    if (item.presence == Presence::down) {
        if (is_off) return;
        item = Item{.settings = std::move(item.settings)};
    }
    if (item.presence == Presence::accepted || item.presence == Presence::abandoned) return;
    if (item.presence == Presence::present) lose(owned, item, now, draft);
    if (item.presence == Presence::abandoned) return;
    if (const auto retry_at = item.retry_at(); retry_at && now < *retry_at) {
        postpone(owned, item, *retry_at);
        return;
    }
    const auto* route = settings_as<RouteSettings>(item.settings);
    draft.want(*std::move(object), route != nullptr && route->append, {.owned = &owned, .item = number});
}

/// The name of its interface now belongs to another one, or to none: what we have put there is not to stay,
/// and where the name is now is a new beginning.
void Reconciler::leave_old_place(Owned& owned, Item& item, InterfaceIndex wanted, const Mirror& mirror) {
    if (!item.place || item.place == wanted) return;
    if (find_leftover(item.settings, item.place, mirror))
        owned.removing.push_back(Item{.settings = item.settings, .place = item.place});
    item = Item{.settings = std::move(item.settings)};
}

void Reconciler::lose(Owned& owned, Item& item, Instant now, Draft& draft) {
    ObjectEvent event = describe(ObjectEvent::What::lost, owned.owner, item.settings);
    Trouble& trouble = item.troubled();
    event.repairs = trouble.repairs;
    event.requester = std::exchange(trouble.requester, 0);
    if (is_no_track(item.settings)) {
        item.presence = Presence::abandoned;
    } else {
        item.presence = Presence::lost;
        if (now - trouble.repaired_at >= policy_.calm) trouble.burst = 0;
        if (trouble.burst >= policy_.free_repairs) {
            event.delay = delay(trouble.burst - policy_.free_repairs);
            trouble.retry_at = now + event.delay;
        }
    }
    draft.events.push_back(std::move(event));
}

bool Reconciler::is_wanted(const ConcreteObject& object, const Mirror& mirror) const {
    const auto wants = [&](const Owned& owned) {
        if (!owned.hold) return false;
        return std::ranges::any_of(owned.items, [&](const Item& item) {
            if (item.settings.index() != object.index()) return false;
            // Of a thousand addresses all but one are told apart without looking up an interface.
            const auto* address = settings_as<AddressSettings>(item.settings);
            if (address != nullptr &&
                address->prefix.address != std::get<KernelAddress>(object).prefix.address)
                return false;
            auto wanted = concrete(item.settings, mirror);
            return wanted && is_same(*wanted, object);
        });
    };
    if (const auto* address = std::get_if<KernelAddress>(&object)) {
        const auto [first, last] = users_.equal_range(address->prefix.address);
        return std::any_of(first, last, [&](const auto& user) { return wants(*user.second); });
    }
    return std::ranges::any_of(owners_, [&](const auto& entry) { return wants(entry.second); });
}

bool Reconciler::completed(Instant now, size_t first, std::span<const Operation> operations,
                           std::span<const Result<>> results, std::vector<ObjectEvent>& events) {
    require(operations.size() == results.size(), "every operation has a result");
    require(first + operations.size() <= origins_.size(), "results belong to the last plan");
    bool needs_dump = false;
    for (size_t i = 0; i < operations.size(); ++i) {
        const Origin& origin = origins_[first + i];
        Owned& owned = *origin.owned;
        Item& item = origin.is_removal ? owned.removing[origin.item] : owned.items[origin.item];
        const Outcome how = outcome(operations[i], results[i]);
        // An address that has been added needs no second look.
        if (how != Outcome::done || !std::holds_alternative<AddAddress>(operations[i])) mark(owned);
        if (is_install(operations[i])) {
            needs_dump |= how == Outcome::exists && !item.existed;
            if (const auto* add = std::get_if<AddAddress>(&operations[i]))
                item.place = add->address.interface;
            install_completed(owned, item, now, how, results[i], events);
        } else if (how != Outcome::done) {
            refuse(owned, item, now, results[i].error(), events);
        } else if (origin.is_removal) {
            events.push_back(describe(ObjectEvent::What::removed, owned.owner, item.settings));
        }
    }
    compute_deadline();
    return needs_dump;
}

void Reconciler::install_completed(Owned& owned, Item& item, Instant now, Outcome how, const Result<>& result,
                                   std::vector<ObjectEvent>& events) {
    const bool is_address = settings_as<AddressSettings>(item.settings) != nullptr;
    if (how == Outcome::exists && !std::exchange(item.existed, true)) return;
    // A route or rule that exists although the mirror does not show it is there in the kernel's own words.
    const bool is_there = how == Outcome::exists && !is_address;
    if (how != Outcome::done && !is_there) {
        refuse(owned, item, now, result.error(), events);
        return;
    }
    const bool is_repair = item.presence == Presence::lost;
    if (is_repair) {
        ++item.troubled().repairs;
        ++item.troubled().burst;
        ++repairs_;
    }
    events.push_back(describe(is_repair ? ObjectEvent::What::repaired : ObjectEvent::What::installed,
                              owned.owner, item.settings));
    events.back().repairs = item.repairs();
    item.presence = is_address ? Presence::present : Presence::accepted;
    if (!item.trouble) return;
    item.trouble->repaired_at = now;
    item.trouble->refusals = 0;
    item.trouble->retry_at.reset();
}

void Reconciler::refuse(Owned& owned, Item& item, Instant now, const Error& error,
                        std::vector<ObjectEvent>& events) {
    ObjectEvent event = describe(ObjectEvent::What::refused, owned.owner, item.settings);
    event.error = error;
    event.delay = delay(item.troubled().refusals++);
    const Duration until_retry = event.delay;
    // What the kernel refuses again and again is news once.
    if (item.troubled().refusals == 1) events.push_back(std::move(event));
    postpone(owned, item, now + until_retry);
}

Duration Reconciler::delay(uint32_t step) const {
    // Doubling more often would overflow, and no policy needs it.
    const Duration doubled = policy_.first_delay * (int64_t{1} << std::min(step, 20U));
    return std::min(doubled, policy_.longest_delay);
}

void Reconciler::postpone(Owned& owned, Item& item, Instant until) {
    item.troubled().retry_at = until;
    owned.next = owned.next ? std::min(*owned.next, until) : until;
}

void Reconciler::compute_deadline() {
    deadline_.reset();
    for_each_owned([&](const Owned& owned) {
        if (owned.next) deadline_ = deadline_ ? std::min(*deadline_, *owned.next) : *owned.next;
    });
}

}  // namespace holdfast::netstate

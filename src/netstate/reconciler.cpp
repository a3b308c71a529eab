#include "holdfast/netstate/reconciler.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <type_traits>
#include <utility>

#include "holdfast/base/require.hpp"
#include "holdfast/netstate/resolve.hpp"

namespace holdfast::netstate {

namespace {

using Settings = std::variant<AddressSettings, RouteSettings, RuleSettings>;
using Object = std::variant<KernelAddress, KernelRoute, KernelRule>;

Result<Object> concrete(const Settings& settings, const Mirror& mirror) {
    return std::visit(
        [&](const auto& of_kind) -> Result<Object> {
            if constexpr (std::is_same_v<std::decay_t<decltype(of_kind)>, RuleSettings>) {
                return Object(resolve(of_kind));
            } else {
                auto object = resolve(of_kind, mirror);
                if (!object) return Failure(std::move(object.error()));
                return Object(*std::move(object));
            }
        },
        settings);
}

bool is_no_track(const Settings& settings) {
    return std::visit([](const auto& of_kind) { return of_kind.no_track; }, settings);
}

/// Something that can never be installed, as opposed to waiting for its interface.
bool is_impossible(const Settings& settings) {
    const auto* route = std::get_if<RouteSettings>(&settings);
    return route != nullptr && !route->encapsulation.empty();
}

/// `exactly`: with the wanted properties, not only in the wanted place.
bool is_present(const Object& object, bool exactly, const Mirror& mirror) {
    if (const auto* address = std::get_if<KernelAddress>(&object)) {
        const KernelAddress* have = mirror.address(address->key());
        return have != nullptr && (!exactly || matches(*address, *have));
    }
    if (const auto* route = std::get_if<KernelRoute>(&object)) return mirror.route(*route) != nullptr;
    return mirror.has_rule(std::get<KernelRule>(object));
}

bool is_same(const Object& left, const Object& right) {
    if (left.index() != right.index()) return false;
    if (const auto* address = std::get_if<KernelAddress>(&left))
        return address->key() == std::get<KernelAddress>(right).key();
    if (const auto* route = std::get_if<KernelRoute>(&left))
        return matches(std::get<KernelRoute>(right), *route);
    return left == right;
}

ObjectEvent describe(ObjectEvent::What what, const Owner& owner, const Settings& settings) {
    ObjectEvent event;
    event.what = what;
    event.owner = owner;
    if (const auto* address = std::get_if<AddressSettings>(&settings)) {
        event.kind = ObjectKind::address;
        event.text = address->prefix.to_string();
        event.interface = address->interface;
        event.address = address->prefix.address;
    } else if (const auto* route = std::get_if<RouteSettings>(&settings)) {
        event.kind = ObjectKind::route;
        event.text = route->destination.to_string();
        event.interface = route->interface;
    } else {
        event.kind = ObjectKind::rule;
        event.text = to_string(std::get<RuleSettings>(settings));
    }
    return event;
}

std::vector<Settings> flatten(Objects&& objects) {
    std::vector<Settings> all;
    all.reserve(objects.addresses.size() + objects.routes.size() + objects.rules.size());
    for (auto& address : objects.addresses) all.emplace_back(std::move(address));
    for (auto& route : objects.routes) all.emplace_back(std::move(route));
    for (auto& rule : objects.rules) all.emplace_back(std::move(rule));
    return all;
}

}  // namespace

/// What one look at the owners gives: desired objects with the items they stand for.
struct Reconciler::Draft {
    explicit Draft(std::vector<ObjectEvent>& out) : events(out) {}

    void want(Object object, bool append, const Origin& origin) {
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
    void reject(Object object, const Origin& origin) {
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

void Reconciler::define(const Owner& owner, Objects objects, bool hold) {
    Owned& owned = owners_[owner];
    owned.owner = owner;
    index(owned, false);
    std::vector<Item> old = std::exchange(owned.items, {});
    bool is_changed = false;
    size_t hint = 0;
    for (Settings& settings : flatten(std::move(objects))) {
        // A reload mostly keeps the order, so the next old item is tried first.
        auto from = old.begin() + static_cast<ptrdiff_t>(std::min(hint, old.size()));
        const auto is_it = [&](const Item& item) { return !item.is_taken && item.settings == settings; };
        auto found = std::find_if(from, old.end(), is_it);
        if (found == old.end()) found = std::find_if(old.begin(), from, is_it);
        if (found == old.end() || !is_it(*found)) {
            is_changed = true;
            // Equal objects found in the kernel are leftovers of an earlier run.
            if (!owned.hold && !hold) owned.removing.push_back(Item{.settings = settings});
            owned.items.push_back(Item{.settings = std::move(settings)});
        } else {
            hint = static_cast<size_t>(found - old.begin()) + 1;
            owned.items.push_back(*found);
            found->is_taken = true;
        }
    }
    for (Item& item : old) {
        if (item.is_taken) continue;
        is_changed = true;
        if (owned.hold) owned.removing.push_back(Item{.settings = std::move(item.settings)});
    }
    index(owned, true);
    if (is_changed) mark(owned);
    if (owned.hold != hold) set_hold(owner, hold);
}

void Reconciler::set_hold(const Owner& owner, bool hold) {
    auto at = owners_.find(owner);
    if (at == owners_.end() || at->second.hold == hold) return;
    Owned& owned = at->second;
    owned.hold = hold;
    // What is wanted again need not go; what a reload has dropped must.
    if (hold) {
        std::erase_if(owned.removing, [&](const Item& leaving) {
            return std::ranges::any_of(owned.items,
                                       [&](const Item& item) { return item.settings == leaving.settings; });
        });
    }
    for (Item& item : owned.items) {
        if (!hold) owned.removing.push_back(Item{.settings = item.settings});
        item = Item{.settings = std::move(item.settings)};
    }
    mark(owned);
}

void Reconciler::forget(const Owner& owner, bool remove) {
    auto at = owners_.find(owner);
    if (at == owners_.end()) return;
    if (remove) set_hold(owner, false);
    index(at->second, false);
    if (remove) {
        Owned& owned = leaving_.emplace_back(std::move(at->second));
        owned.items.clear();
        mark(owned);
    }
    owners_.erase(at);
    compute_deadline();
}

bool Reconciler::holds(const Owner& owner) const {
    auto at = owners_.find(owner);
    return at != owners_.end() && at->second.hold;
}

template <class Function>
void Reconciler::for_each_owned(const Function& function) {
    for (Owned& owned : leaving_) function(owned);
    for (auto& [owner, owned] : owners_) function(owned);
}

void Reconciler::mark(Owned& owned) {
    owned.dirty = true;
    any_dirty_ = true;
}

void Reconciler::index(Owned& owned, bool add) {
    for (const Item& item : owned.items) {
        const auto* settings = std::get_if<AddressSettings>(&item.settings);
        if (settings == nullptr) continue;
        auto at = users_.try_emplace(settings->prefix.address).first;
        if (add && (at->second.empty() || at->second.back() != &owned)) at->second.push_back(&owned);
        if (!add) std::erase(at->second, &owned);
        if (at->second.empty()) users_.erase(at);
    }
}

void Reconciler::links_changed() {
    for_each_owned([&](Owned& owned) {
        for (auto* items : {&owned.items, &owned.removing})
            for (Item& item : *items)
                if (std::exchange(item.refusals, 0) != 0) item.retry_at.reset();
        mark(owned);
    });
}

void Reconciler::mirror_loaded() {
    for_each_owned([&](Owned& owned) {
        for (Item& item : owned.items) {
            if (item.presence != Presence::accepted) continue;
            // Either lost again before we heard of it, or the kernel shows it in a form we do not recognise.
            // Asking once more tells: EEXIST means the latter.
            item.presence = Presence::unknown;
            item.existed = true;
        }
        mark(owned);
    });
}

template <class IsIt>
void Reconciler::note(Owned& owned, uint32_t requester, const IsIt& is_it) {
    if (!owned.hold) return;
    for (Item& item : owned.items) {
        if (!is_it(item.settings)) continue;
        item.requester = requester;
        // Promised, and gone before we could see it.
        if (item.presence == Presence::accepted) item.presence = Presence::present;
        mark(owned);
    }
}

void Reconciler::note_removal(const KernelAddress& address, uint32_t requester) {
    auto at = users_.find(address.prefix.address);
    if (at == users_.end()) return;
    for (Owned* owned : at->second) {
        note(*owned, requester, [&](const Settings& settings) {
            const auto* wanted = std::get_if<AddressSettings>(&settings);
            return wanted != nullptr && wanted->prefix.address == address.prefix.address;
        });
    }
}

void Reconciler::note_removal(const KernelRoute& route, uint32_t requester) {
    for (auto& [owner, owned] : owners_) {
        note(owned, requester, [&](const Settings& settings) {
            const auto* wanted = std::get_if<RouteSettings>(&settings);
            return wanted != nullptr && wanted->table == route.table &&
                   wanted->destination.length == route.destination.length && wanted->family == route.family;
        });
    }
}

void Reconciler::note_removal(const KernelRule& rule, uint32_t requester) {
    for (auto& [owner, owned] : owners_) {
        note(owned, requester, [&](const Settings& settings) {
            const auto* wanted = std::get_if<RuleSettings>(&settings);
            return wanted != nullptr && wanted->family == rule.family;
        });
    }
}

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
        auto object = concrete(item.settings, mirror);
        return !object || !is_present(*object, false, mirror) || is_wanted(*object, mirror);
    });
    for (size_t i = 0; i < owned.removing.size(); ++i) {
        Item& item = owned.removing[i];
        if (item.retry_at && now < *item.retry_at) {
            postpone(owned, item, *item.retry_at);
            continue;
        }
        draft.reject(*concrete(item.settings, mirror), {.owned = &owned, .item = i, .is_removal = true});
    }
}

void Reconciler::look_at_item(Owned& owned, size_t number, Instant now, const Mirror& mirror, Draft& draft) {
    Item& item = owned.items[number];
    auto object = concrete(item.settings, mirror);
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
        item.retry_at.reset();
        return;
    }
    if (item.presence == Presence::accepted || item.presence == Presence::abandoned) return;
    if (item.presence == Presence::present) lose(owned, item, now, draft);
    if (item.presence == Presence::abandoned) return;
    if (item.retry_at && now < *item.retry_at) {
        postpone(owned, item, *item.retry_at);
        return;
    }
    const auto* route = std::get_if<RouteSettings>(&item.settings);
    draft.want(*std::move(object), route != nullptr && route->append, {.owned = &owned, .item = number});
}

void Reconciler::lose(Owned& owned, Item& item, Instant now, Draft& draft) {
    ObjectEvent event = describe(ObjectEvent::What::lost, owned.owner, item.settings);
    event.repairs = item.repairs;
    event.requester = std::exchange(item.requester, 0);
    if (is_no_track(item.settings)) {
        item.presence = Presence::abandoned;
    } else {
        item.presence = Presence::lost;
        if (now - item.repaired_at >= policy_.calm) item.burst = 0;
        if (item.burst >= policy_.free_repairs) {
            event.delay = delay(item.burst - policy_.free_repairs);
            item.retry_at = now + event.delay;
        }
    }
    draft.events.push_back(std::move(event));
}

bool Reconciler::is_wanted(const Object& object, const Mirror& mirror) const {
    const auto wants = [&](const Owned& owned) {
        if (!owned.hold) return false;
        return std::ranges::any_of(owned.items, [&](const Item& item) {
            if (item.settings.index() != object.index()) return false;
            auto wanted = concrete(item.settings, mirror);
            return wanted && is_same(*wanted, object);
        });
    };
    if (const auto* address = std::get_if<KernelAddress>(&object)) {
        auto users = users_.find(address->prefix.address);
        if (users == users_.end()) return false;
        return std::ranges::any_of(users->second, [&](const Owned* owned) { return wants(*owned); });
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
        mark(owned);
        if (is_install(operations[i])) {
            needs_dump |= how == Outcome::exists && !item.existed;
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
    const bool is_address = std::holds_alternative<AddressSettings>(item.settings);
    if (how == Outcome::exists && !std::exchange(item.existed, true)) return;
    // A route or rule that exists although the mirror does not show it is there in the kernel's own words.
    const bool is_there = how == Outcome::exists && !is_address;
    if (how != Outcome::done && !is_there) {
        refuse(owned, item, now, result.error(), events);
        return;
    }
    const bool is_repair = item.presence == Presence::lost;
    if (is_repair) {
        ++item.repairs;
        ++item.burst;
        ++repairs_;
    }
    events.push_back(describe(is_repair ? ObjectEvent::What::repaired : ObjectEvent::What::installed,
                              owned.owner, item.settings));
    events.back().repairs = item.repairs;
    item.presence = is_address ? Presence::present : Presence::accepted;
    item.repaired_at = now;
    item.refusals = 0;
    item.retry_at.reset();
}

void Reconciler::refuse(Owned& owned, Item& item, Instant now, const Error& error,
                        std::vector<ObjectEvent>& events) {
    ObjectEvent event = describe(ObjectEvent::What::refused, owned.owner, item.settings);
    event.error = error;
    event.delay = delay(item.refusals++);
    events.push_back(std::move(event));
    postpone(owned, item, now + events.back().delay);
}

Duration Reconciler::delay(uint32_t step) const {
    // Doubling more often would overflow, and no policy needs it.
    const Duration doubled = policy_.first_delay * (int64_t{1} << std::min(step, 20U));
    return std::min(doubled, policy_.longest_delay);
}

void Reconciler::postpone(Owned& owned, Item& item, Instant until) {
    item.retry_at = until;
    owned.next = owned.next ? std::min(*owned.next, until) : until;
}

void Reconciler::compute_deadline() {
    deadline_.reset();
    for_each_owned([&](const Owned& owned) {
        if (owned.next) deadline_ = deadline_ ? std::min(*deadline_, *owned.next) : *owned.next;
    });
}

std::vector<KernelAddress> Reconciler::present_addresses(const Owner& owner, const Mirror& mirror) const {
    std::vector<KernelAddress> present;
    auto at = owners_.find(owner);
    if (at == owners_.end()) return present;
    for (const Item& item : at->second.items) {
        const auto* settings = std::get_if<AddressSettings>(&item.settings);
        if (settings == nullptr) continue;
        auto address = resolve(*settings, mirror);
        if (!address) continue;
        if (const KernelAddress* have = mirror.address(address->key())) present.push_back(*have);
    }
    return present;
}

std::vector<uint8_t> Reconciler::protocols() const {
    std::set<uint8_t> numbers;
    const auto collect = [&](const std::vector<Item>& items) {
        for (const Item& item : items) {
            if (const auto* route = std::get_if<RouteSettings>(&item.settings))
                numbers.insert(route->protocol);
            if (const auto* rule = std::get_if<RuleSettings>(&item.settings)) numbers.insert(rule->protocol);
        }
    };
    for (const auto& [owner, owned] : owners_) {
        collect(owned.items);
        collect(owned.removing);
    }
    return {numbers.begin(), numbers.end()};
}

}  // namespace holdfast::netstate

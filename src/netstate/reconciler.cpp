#include "holdfast/netstate/reconciler.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "holdfast/netstate/resolve.hpp"
#include "reconciler_objects.hpp"

namespace holdfast::netstate {

namespace {

std::vector<ObjectSettings> flatten(SharedObjects&& objects) {
    std::vector<ObjectSettings> all;
    all.reserve(objects.addresses.size() + objects.routes.size() + objects.rules.size());
    for (auto& address : objects.addresses) all.emplace_back(std::move(address));
    for (auto& route : objects.routes) all.emplace_back(std::move(route));
    for (auto& rule : objects.rules) all.emplace_back(std::move(rule));
    return all;
}

}  // namespace

void Reconciler::define(const Owner& owner, SharedObjects objects, bool hold) {
    Owned& owned = owners_[owner];
    owned.owner = owner;
    index(owned, false);
    std::vector<Item> old = std::exchange(owned.items, {});
    bool is_changed = false;
    size_t hint = 0;
    for (ObjectSettings& settings : flatten(std::move(objects))) {
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
            owned.items.push_back(std::move(*found));
            owned.items.back().settings = std::move(settings);  // Equal, and of the generation that stays.
            found->is_taken = true;
        }
    }
    for (Item& item : old) {
        if (item.is_taken) continue;
        is_changed = true;
        if (owned.hold)
            owned.removing.push_back(Item{.settings = std::move(item.settings), .place = item.place});
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
            // What lies on an interface that has lost its name is not what is wanted.
            return !leaving.place && std::ranges::any_of(owned.items, [&](const Item& item) {
                return item.settings == leaving.settings;
            });
        });
    }
    for (Item& item : owned.items) {
        if (!hold) owned.removing.push_back(Item{.settings = item.settings, .place = item.place});
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

void Reconciler::rename(std::span<const RenamedOwner> names) {
    // As nodes of the map they keep their places in memory, which users_ knows.
    std::vector<std::map<Owner, Owned>::node_type> moving;
    for (const RenamedOwner& name : names) {
        auto node = owners_.extract(name.before);
        if (!node) continue;
        node.key() = name.after;
        node.mapped().owner = name.after;
        moving.push_back(std::move(node));
    }
    for (auto& node : moving) {
        forget(node.key(), false);
        owners_.insert(std::move(node));
    }
}

bool Reconciler::holds(const Owner& owner) const {
    auto at = owners_.find(owner);
    return at != owners_.end() && at->second.hold;
}

void Reconciler::mark(Owned& owned) {
    owned.dirty = true;
    any_dirty_ = true;
}

void Reconciler::index(Owned& owned, bool add) {
    for (const Item& item : owned.items) {
        const auto* settings = settings_as<AddressSettings>(item.settings);
        if (settings == nullptr) continue;
        const auto [first, last] = users_.equal_range(settings->prefix.address);
        const auto own = std::find_if(first, last, [&](const auto& user) { return user.second == &owned; });
        if (add && own == last) users_.emplace(settings->prefix.address, &owned);
        if (!add && own != last) users_.erase(own);
    }
}

void Reconciler::links_changed() {
    for_each_owned([&](Owned& owned) {
        for (auto* items : {&owned.items, &owned.removing})
            for (Item& item : *items)
                if (item.trouble && std::exchange(item.trouble->refusals, 0) != 0)
                    item.trouble->retry_at.reset();
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
        item.troubled().requester = requester;
        // Promised, and gone before we could see it.
        if (item.presence == Presence::accepted) item.presence = Presence::present;
        mark(owned);
    }
}

void Reconciler::note_removal(const KernelAddress& address, uint32_t requester) {
    const auto [first, last] = users_.equal_range(address.prefix.address);
    for (auto user = first; user != last; ++user) {
        note(*user->second, requester, [&](const ObjectSettings& settings) {
            const auto* wanted = settings_as<AddressSettings>(settings);
            return wanted != nullptr && wanted->prefix.address == address.prefix.address;
        });
    }
}

void Reconciler::note_removal(const KernelRoute& route, uint32_t requester) {
    for (auto& [owner, owned] : owners_) {
        note(owned, requester, [&](const ObjectSettings& settings) {
            const auto* wanted = settings_as<RouteSettings>(settings);
            return wanted != nullptr && wanted->table == route.table &&
                   wanted->destination.length == route.destination.length && wanted->family == route.family;
        });
    }
}

void Reconciler::note_removal(const KernelRule& rule, uint32_t requester) {
    for (auto& [owner, owned] : owners_) {
        note(owned, requester, [&](const ObjectSettings& settings) {
            const auto* wanted = settings_as<RuleSettings>(settings);
            return wanted != nullptr && wanted->family == rule.family;
        });
    }
}

std::vector<KernelAddress> Reconciler::present_addresses(const Owner& owner, const Mirror& mirror) const {
    std::vector<KernelAddress> present;
    auto at = owners_.find(owner);
    if (at == owners_.end()) return present;
    for (const Item& item : at->second.items) {
        const auto* settings = settings_as<AddressSettings>(item.settings);
        if (settings == nullptr) continue;
        auto address = resolve(*settings, mirror);
        if (!address) continue;
        if (const KernelAddress* have = mirror.address(address->key())) present.push_back(*have);
    }
    return present;
}

bool Reconciler::knows(const ConcreteObject& object, const Mirror& mirror) const {
    return std::ranges::any_of(owners_, [&](const auto& entry) {
        return std::ranges::any_of(entry.second.items, [&](const Item& item) {
            if (item.settings.index() != object.index()) return false;
            // The kernel may show a route or rule in words of its own; its place is the same.
            if (const auto* route = settings_as<RouteSettings>(item.settings))
                return place_of(*route) == std::get<KernelRoute>(object).key();
            if (const auto* rule = settings_as<RuleSettings>(item.settings)) {
                const auto& have = std::get<KernelRule>(object);
                return rule->family == have.family && rule->priority == have.priority;
            }
            const auto known = concrete(item.settings, mirror);
            return known && is_same(object, *known);
        });
    });
}

std::vector<uint8_t> Reconciler::protocols() const {
    std::set<uint8_t> numbers;
    const auto collect = [&](const std::vector<Item>& items) {
        for (const Item& item : items) {
            if (const auto* route = settings_as<RouteSettings>(item.settings))
                numbers.insert(route->protocol);
            if (const auto* rule = settings_as<RuleSettings>(item.settings)) numbers.insert(rule->protocol);
        }
    };
    for (const auto& [owner, owned] : owners_) {
        collect(owned.items);
        collect(owned.removing);
    }
    return {numbers.begin(), numbers.end()};
}

}  // namespace holdfast::netstate

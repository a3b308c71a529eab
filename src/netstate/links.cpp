#include "holdfast/netstate/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::netstate {

namespace {

constexpr uint8_t kLinkScope = 253;  // RT_SCOPE_LINK

bool is_virtual(const LinkInfo& link) {
    return link.kind == "macvlan" || link.kind == "ipvlan";
}

KernelVirtualLink concrete(const VirtualLink& link, const LinkInfo& base, const Mirror& mirror) {
    KernelVirtualLink kernel;
    kernel.name = link.name;
    kernel.lower = lower_of(base, link.ipvlan);
    kernel.ipvlan = link.ipvlan;
    kernel.ipvlan_flags = link.ipvlan_flags;
    kernel.mac = link.mac;
    kernel.group = link.group.value_or(base.group);
    // Packets of a VRF's member are routed by the VRF's table, and so must be those of its VMACs.
    const LinkInfo* master = mirror.link(base.master);
    if (master != nullptr && master->kind == "vrf") kernel.vrf = master->index;
    return kernel;
}

bool is_as_wanted(const KernelVirtualLink& want, const LinkInfo& have) {
    if (have.group != want.group || have.master != want.vrf) return false;
    // The kind of an ipvlan cannot be changed; its address is that of its base.
    return want.ipvlan || (have.mode == kMacvlanPrivate && have.mac == want.mac);
}

KernelAddress link_local_address(InterfaceIndex interface, const IpAddress& address) {
    KernelAddress wanted;
    wanted.interface = interface;
    wanted.prefix = {address, 64};
    wanted.scope = kLinkScope;
    wanted.flags = address_flag::kNoDad;
    wanted.protocol = kAddressProtocol;
    wanted.preferred_lifetime = 0;  // Our other connections shall not choose it.
    return wanted;
}

}  // namespace

/// Requests by kind; a plan makes them kind by kind.
struct LinkReconciler::Draft {
    explicit Draft(std::vector<ObjectEvent>& out) : events(out) {}
    std::vector<Operation> first;  // Removals, and what must be before any link.
    std::vector<Operation> links;
    std::vector<Operation> tuning;
    std::vector<Operation> last;  // Switching on, addresses.
    std::vector<ObjectEvent>& events;
};

void LinkReconciler::define(VirtualLink link) {
    std::erase_if(leaving_, [&](const Leaving& leaving) { return leaving.name == link.name; });
    const auto [at, is_new] = items_.try_emplace(link.name);
    Item& item = at->second;
    if (is_new) item.order = next_order_++;
    if (item.link == link) return;
    any_address_ = any_address_ || link.address;
    item.link = std::move(link);
    item.tuned = false;
    item.retry_at.reset();
    dirty_ = true;
}

void LinkReconciler::forget(std::string_view name, bool remove) {
    const auto at = items_.find(name);
    if (at == items_.end()) return;
    const VirtualLink& link = at->second.link;
    if (remove) leaving_.push_back({link.name, link.instance, link.base, link.reannounce_base});
    items_.erase(at);
    dirty_ = true;
}

void LinkReconciler::define_sysctls(const Owner& owner, std::vector<SysctlWish> wishes) {
    if (wishes.empty()) {
        if (wishes_.erase(owner) != 0) dirty_ = true;
        return;
    }
    wishes_[owner] = std::move(wishes);
    dirty_ = true;
}

const VirtualLink* LinkReconciler::find(std::string_view name) const {
    const auto at = items_.find(name);
    return at == items_.end() ? nullptr : &at->second.link;
}

std::vector<Operation> LinkReconciler::plan(Instant now, const Mirror& mirror, const Reconciler& addresses,
                                            std::vector<ObjectEvent>& events) {
    dirty_ = false;
    deadline_.reset();
    Draft draft(events);
    for (const Leaving& leaving : leaving_) {
        const LinkInfo* link = mirror.link(leaving.name);
        if (link == nullptr || !is_virtual(*link)) continue;
        draft.first.emplace_back(RemoveLink{link->index, link->name});
        const LinkInfo* base = mirror.link(leaving.base);
        if (leaving.reannounce_base && base != nullptr)
            draft.first.emplace_back(ReannounceLink{base->index, base->group});
    }
    std::erase_if(leaving_, [&](const Leaving& leaving) {
        const LinkInfo* link = mirror.link(leaving.name);
        return link == nullptr || !is_virtual(*link);
    });
    const bool any_vmac =
        std::ranges::any_of(items_, [](const auto& entry) { return !entry.second.link.ipvlan; });
    if (any_vmac && !reverse_path_relaxed_) draft.first.emplace_back(RelaxReversePath{});
    if (!any_vmac && reverse_path_relaxed_) draft.first.emplace_back(RestoreReversePath{});
    reverse_path_relaxed_ = any_vmac;
    std::vector<Item*> in_order;
    in_order.reserve(items_.size());
    for (auto& [name, item] : items_) in_order.push_back(&item);
    std::ranges::sort(in_order, {}, &Item::order);
    for (Item* item : in_order) look_at(*item, now, mirror, addresses, draft);
    look_at_sysctls(mirror, draft);

    std::vector<Operation> all = std::move(draft.first);
    for (auto* part : {&draft.links, &draft.tuning, &draft.last})
        all.insert(all.end(), std::make_move_iterator(part->begin()), std::make_move_iterator(part->end()));
    return all;
}

void LinkReconciler::look_at(Item& item, Instant now, const Mirror& mirror, const Reconciler& addresses,
                             Draft& draft) {
    const VirtualLink& link = item.link;
    const LinkInfo* base = mirror.link(link.base);
    const LinkInfo* have = mirror.link(link.name);
    const std::string_view kind = link.ipvlan ? "ipvlan" : "macvlan";

    if (have == nullptr && item.present) {
        item.present = item.tuned = item.on = false;
        item.index = 0;
        item.link_local.reset();
        if (base != nullptr) {
            item.lost = true;
            if (now - item.repaired_at >= policy_.calm) item.burst = 0;
            draft.events.push_back(describe(ObjectEvent::What::lost, link));
            if (item.burst >= policy_.free_repairs) postpone(item, now, item.burst - policy_.free_repairs);
            if (item.retry_at) draft.events.back().delay = *item.retry_at - now;
        }
    }
    if (item.retry_at && now < *item.retry_at) {
        deadline_ = deadline_ ? std::min(*deadline_, *item.retry_at) : *item.retry_at;
        return;
    }
    item.retry_at.reset();
    if (base == nullptr) {
        // The base has gone or has another name: what sits there is no longer what was configured.
        if (have != nullptr && have->kind == kind && item.present)
            draft.first.emplace_back(RemoveLink{have->index, have->name});
        return;
    }
    if (have == nullptr) {
        const KernelVirtualLink wanted = concrete(link, *base, mirror);
        draft.links.emplace_back(AddLink{wanted});
        draft.tuning.emplace_back(TuneLink{link.name, !link.ipvlan, link.family == Family::ipv4, link.ipv6});
        item.on = false;
        return;
    }
    if (have->kind != kind) {
        ObjectEvent event = describe(ObjectEvent::What::refused, link);
        event.error = Error{fmt::format("{} exists and is no {}", link.name, kind), 0, {}};
        draft.events.push_back(std::move(event));
        postpone(item, now, item.refusals++);
        return;
    }
    if (have->lower != lower_of(*base, link.ipvlan)) {
        draft.first.emplace_back(RemoveLink{have->index, have->name});
        return;
    }

    const KernelVirtualLink wanted = concrete(link, *base, mirror);
    if (!is_as_wanted(wanted, *have)) draft.links.emplace_back(UpdateLink{wanted});
    const bool is_new = !item.present;
    item.present = true;
    if (item.tuned && item.index == 0) item.index = have->index.value;
    if (!item.tuned || item.index != have->index.value) {
        if (is_new) draft.events.push_back(describe(ObjectEvent::What::adopted, link));
        item.index = have->index.value;
        draft.tuning.emplace_back(TuneLink{link.name, !link.ipvlan, link.family == Family::ipv4, link.ipv6});
    }
    if (!std::exchange(item.on, true)) {
        if (!have->up) draft.last.emplace_back(SwitchLinkOn{link.name});
        if (link.reannounce_base) draft.last.emplace_back(ReannounceLink{base->index, base->group});
    }
    if (link.address) {
        const KernelAddress address{.interface = have->index,
                                    .prefix = *link.address,
                                    .scope = 0,
                                    .flags = link.address->address.is_v6() ? address_flag::kNoDad : 0,
                                    .protocol = kAddressProtocol};
        if (mirror.address(address.key()) == nullptr) draft.last.emplace_back(AddAddress{address});
    }
    if (!link.ipvlan && link.family == Family::ipv6)
        want_link_local(item, *have, *base, mirror, addresses, draft);
}

void LinkReconciler::want_link_local(Item& item, const LinkInfo& link, const LinkInfo& base,
                                     const Mirror& mirror, const Reconciler& addresses, Draft& draft) {
    std::optional<IpAddress> wanted;
    if (item.link.link_local) {
        const auto of_base = mirror.source_address(
            base.index, Family::ipv6, [&](const IpAddress& address) { return addresses.is_ours(address); });
        wanted = item.link.source ? *item.link.source : of_base.value_or(link_local_of(base.mac));
        // A base that is switched off loses its addresses: no reason to take another source for the moment.
        if (!item.link.source && !of_base && !base.up && item.link_local) wanted = item.link_local;
    }
    for (const KernelAddress& have : mirror.addresses(link.index)) {
        const IpAddress& address = have.prefix.address;
        if (!address.is_v6() || !address.is_link_local() || address == wanted || addresses.is_ours(address))
            continue;
        draft.first.emplace_back(RemoveAddress{have});
    }
    item.link_local = wanted;
    if (!wanted) return;
    const KernelAddress address = link_local_address(link.index, *wanted);
    if (mirror.address(address.key()) == nullptr) draft.last.emplace_back(AddAddress{address});
}

void LinkReconciler::look_at_sysctls(const Mirror& mirror, Draft& draft) {
    std::set<SysctlWish> wanted;
    for (const auto& [owner, wishes] : wishes_) wanted.insert(wishes.begin(), wishes.end());
    for (const auto& [name, item] : items_) {
        if (item.link.ipvlan || item.link.family != Family::ipv4) continue;
        // The interface beneath must not answer for the addresses of its VMACs.
        const LinkInfo* base = mirror.link(item.link.base);
        const LinkInfo* beneath = base == nullptr ? nullptr : mirror.link(lower_of(*base, false));
        if (beneath == nullptr) continue;
        for (const char* knob : {"arp_ignore", "arp_filter"})
            wanted.insert({beneath->name, fmt::format("net/ipv4/conf/{}/{}", beneath->name, knob), "1"});
    }
    for (auto at = set_.begin(); at != set_.end();) {
        if (wanted.contains(at->first)) {
            ++at;
            continue;
        }
        draft.first.emplace_back(RestoreSysctl{at->first.path});
        at = set_.erase(at);
    }
    for (const SysctlWish& wish : wanted) {
        InterfaceIndex index;
        if (!wish.interface.empty()) {
            const LinkInfo* link = mirror.link(wish.interface);
            if (link == nullptr) continue;
            index = link->index;
        }
        const auto [at, is_new] = set_.try_emplace(wish, index);
        if (!is_new && at->second == index) continue;
        at->second = index;
        draft.first.emplace_back(SetSysctl{wish.path, wish.value});
    }
}

}  // namespace holdfast::netstate

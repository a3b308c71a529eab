#include "holdfast/netstate/mirror.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::netstate {

namespace {

bool uses_interface(const KernelRoute& route, InterfaceIndex interface) {
    return std::ranges::any_of(route.next_hops,
                               [&](const KernelNextHop& hop) { return hop.interface == interface; });
}

/// Whether `have` is the next hop that `want` asks for. A gateway alone leaves the interface to the kernel.
bool serves(const KernelNextHop& want, const KernelNextHop& have) {
    const bool same_tunnel = want.encapsulation.has_value() == have.encapsulation.has_value() &&
                             (!want.encapsulation || matches(*want.encapsulation, *have.encapsulation));
    return same_tunnel && want.via == have.via && (!want.interface || want.interface == have.interface) &&
           want.onlink == have.onlink && (!want.realms || want.realms == have.realms);
}

bool next_hops_match(const KernelRoute& want, const KernelRoute& have) {
    // IPv6 merges routes of the same key into one with several next hops, so ours may be among others.
    const bool count_matters = want.family == Family::ipv4;
    // A blackhole and its kin report the loopback interface in IPv6.
    if (want.next_hops.empty()) return want.family == Family::ipv6 || have.next_hops.empty();
    if (count_matters && want.next_hops.size() != have.next_hops.size()) return false;
    const bool weights_matter = want.next_hops.size() > 1;
    return std::ranges::all_of(want.next_hops, [&](const KernelNextHop& hop) {
        return std::ranges::any_of(have.next_hops, [&](const KernelNextHop& other) {
            return serves(hop, other) && (!weights_matter || hop.weight == other.weight);
        });
    });
}

/// What an added rule looks like once the kernel has given it a priority.
bool same_rule(const KernelRule& want, const KernelRule& have) {
    if (want.priority != 0 || have.priority == 0) return want == have;
    KernelRule numbered = want;
    numbered.priority = have.priority;
    return numbered == have;
}

}  // namespace

void Mirror::load(const KernelState& state) {
    links_.clear();
    names_.clear();
    addresses_.clear();
    routes_.clear();
    rules_.clear();
    for (const LinkInfo& link : state.links) set_link(link);
    for (const KernelAddress& address : state.addresses) set_address(address);
    for (const KernelRoute& route : state.routes) set_route(route);
    for (const KernelRule& rule : state.rules) set_rule(rule);
}

std::optional<LinkInfo> Mirror::set_link(const LinkInfo& link) {
    std::optional<LinkInfo> before;
    auto [at, is_new] = links_.try_emplace(link.index, link);
    if (!is_new) {
        before = std::exchange(at->second, link);
        if (before->name != link.name) free_name(before->name, link.index);
    }
    names_[link.name] = link.index;
    return before;
}

std::optional<LinkInfo> Mirror::remove_link(InterfaceIndex index) {
    auto at = links_.find(index);
    if (at == links_.end()) return std::nullopt;
    LinkInfo last = std::move(at->second);
    links_.erase(at);
    free_name(last.name, index);
    for (const KernelAddress& address : addresses(index)) remove_address(address.key());
    std::erase_if(routes_, [&](const auto& entry) { return uses_interface(entry.second, index); });
    return last;
}

/// The link has the name no longer. News that is older than a dump may have taken it from another link.
void Mirror::free_name(const std::string& name, InterfaceIndex index) {
    const auto at = names_.find(name);
    if (at == names_.end() || at->second != index) return;
    const auto other = std::ranges::find_if(
        links_, [&](const auto& entry) { return entry.second.name == name && entry.first != index; });
    if (other == links_.end()) {
        names_.erase(at);
    } else {
        at->second = other->first;
    }
}

bool Mirror::set_address(const KernelAddress& address) {
    auto [at, is_new] = addresses_.try_emplace(address.key(), Entry{address, next_order_});
    if (!is_new) {
        at->second.address = address;
        return false;
    }
    ++next_order_;
    return true;
}

bool Mirror::remove_address(const AddressKey& key) {
    return addresses_.erase(key) != 0;
}

bool Mirror::set_route(const KernelRoute& route) {
    auto [first, last] = routes_.equal_range(route.key());
    for (auto at = first; at != last; ++at) {
        // An IPv6 notification describes the whole group of next hops; in IPv4 routes of one key lie side by
        // side.
        if (route.family == Family::ipv6 || matches(route, at->second)) {
            at->second = route;
            return false;
        }
    }
    routes_.emplace(route.key(), route);
    return true;
}

bool Mirror::remove_route(const KernelRoute& route) {
    auto [first, last] = routes_.equal_range(route.key());
    for (auto at = first; at != last; ++at) {
        if (!matches(route, at->second)) continue;
        // IPv6 may take single next hops out of a group.
        std::erase_if(at->second.next_hops, [&](const KernelNextHop& hop) {
            return std::ranges::any_of(route.next_hops,
                                       [&](const KernelNextHop& gone) { return serves(gone, hop); });
        });
        if (at->second.next_hops.empty()) routes_.erase(at);
        return true;
    }
    return false;
}

bool Mirror::set_rule(const KernelRule& rule) {
    if (std::ranges::find(rules_, rule) != rules_.end()) return false;
    rules_.push_back(rule);
    return true;
}

bool Mirror::remove_rule(const KernelRule& rule) {
    auto at = std::ranges::find_if(rules_, [&](const KernelRule& have) { return same_rule(rule, have); });
    if (at == rules_.end()) return false;
    rules_.erase(at);
    return true;
}

void Mirror::record(const Operation& operation) {
    // Routes and rules come back as notifications with the fields the kernel has filled in; entering our
    // request would leave two of them. IPv6 addresses are the reason why addresses are entered: without
    // duplicate address detection the kernel reports them from a work queue, after the acknowledgement.
    if (const auto* add = std::get_if<AddAddress>(&operation)) set_address(add->address);
    if (const auto* remove = std::get_if<RemoveAddress>(&operation)) remove_address(remove->address.key());
    if (const auto* remove = std::get_if<RemoveRoute>(&operation)) remove_route(remove->route);
    if (const auto* remove = std::get_if<RemoveRule>(&operation)) remove_rule(remove->rule);
}

const LinkInfo* Mirror::link(InterfaceIndex index) const {
    auto at = links_.find(index);
    return at == links_.end() ? nullptr : &at->second;
}

const LinkInfo* Mirror::link(std::string_view name) const {
    auto at = names_.find(name);
    return at == names_.end() ? nullptr : link(at->second);
}

const KernelAddress* Mirror::address(const AddressKey& key) const {
    auto at = addresses_.find(key);
    return at == addresses_.end() ? nullptr : &at->second.address;
}

std::vector<KernelAddress> Mirror::addresses(InterfaceIndex interface) const {
    std::vector<const Entry*> entries;
    for (auto at =
             addresses_.lower_bound(AddressKey{.interface = interface, .address = {}, .peer_network = {}});
         at != addresses_.end() && at->first.interface == interface; ++at)
        entries.push_back(&at->second);
    std::ranges::sort(entries, {}, &Entry::order);
    std::vector<KernelAddress> result;
    result.reserve(entries.size());
    for (const Entry* entry : entries) result.push_back(entry->address);
    return result;
}

std::vector<KernelAddress> Mirror::addresses() const {
    std::vector<KernelAddress> result;
    result.reserve(addresses_.size());
    for (const auto& [key, entry] : addresses_) result.push_back(entry.address);
    return result;
}

bool Mirror::has_address(const IpAddress& address) const {
    // They lie in the order of interfaces: one look at each.
    for (auto at = addresses_.begin(); at != addresses_.end();) {
        const InterfaceIndex interface = at->first.interface;
        at = addresses_.lower_bound(
            AddressKey{.interface = interface, .address = address, .peer_network = {}});
        if (at == addresses_.end()) return false;
        if (at->first.interface == interface && at->first.address == address) return true;
        at = addresses_.lower_bound(
            AddressKey{.interface = {interface.value + 1}, .address = {}, .peer_network = {}});
    }
    return false;
}

std::optional<IpAddress> Mirror::source_address(InterfaceIndex interface, Family family,
                                                const std::function<bool(const IpAddress&)>& skip) const {
    const Entry* best = nullptr;
    for (auto at =
             addresses_.lower_bound(AddressKey{.interface = interface, .address = {}, .peer_network = {}});
         at != addresses_.end() && at->first.interface == interface; ++at) {
        const Entry& entry = at->second;
        const IpAddress& address = entry.address.prefix.address;
        if (address.family() != family || (family == Family::ipv6 && !address.is_link_local())) continue;
        if ((entry.address.flags & (address_flag::kTentative | address_flag::kDadFailed)) != 0) continue;
        if (skip && skip(address)) continue;
        if (best == nullptr || entry.order < best->order) best = &entry;
    }
    if (best == nullptr) return std::nullopt;
    return best->address.prefix.address;
}

const KernelRoute* Mirror::route(const KernelRoute& like) const {
    auto [first, last] = routes_.equal_range(like.key());
    for (auto at = first; at != last; ++at)
        if (matches(like, at->second)) return &at->second;
    return nullptr;
}

std::vector<KernelRoute> Mirror::routes() const {
    std::vector<KernelRoute> result;
    result.reserve(routes_.size());
    for (const auto& [key, route] : routes_) result.push_back(route);
    return result;
}

std::vector<const KernelRoute*> Mirror::routes(const RouteKey& key) const {
    std::vector<const KernelRoute*> result;
    auto [first, last] = routes_.equal_range(key);
    for (auto at = first; at != last; ++at) result.push_back(&at->second);
    return result;
}

bool Mirror::has_rule(const KernelRule& rule) const {
    return std::ranges::any_of(rules_, [&](const KernelRule& have) { return same_rule(rule, have); });
}

bool matches(const KernelAddress& want, const KernelAddress& have) {
    if (want.key() != have.key() || want.prefix.length != have.prefix.length || want.peer != have.peer)
        return false;
    if ((want.flags & address_flag::kConfigurable) != (have.flags & address_flag::kConfigurable))
        return false;
    // An address that will expire does not serve: it would leave us some day.
    if (have.valid_lifetime != want.valid_lifetime) return false;
    if (want.prefix.address.is_v6()) {
        // A limited preferred lifetime counts down; once it has ended the kernel reports 0.
        const bool limited = want.preferred_lifetime != 0 && want.preferred_lifetime != kForever;
        if (limited) return have.preferred_lifetime != kForever;
        return want.preferred_lifetime == have.preferred_lifetime;
    }
    if (want.scope != have.scope) return false;
    if (want.broadcast && want.broadcast != have.broadcast) return false;
    return want.label.empty() || want.label == have.label;
}

bool matches(const KernelRoute& want, const KernelRoute& have) {
    return want.key() == have.key() && want.type == have.type && want.protocol == have.protocol &&
           (want.family == Family::ipv6 || want.scope == have.scope) &&
           want.preferred_source == have.preferred_source && want.metrics == have.metrics &&
           want.congestion_control == have.congestion_control && next_hops_match(want, have);
}

}  // namespace holdfast::netstate

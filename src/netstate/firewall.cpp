#include "holdfast/netstate/firewall.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast::netstate {

std::vector<FirewallPart> parts_of(const ProtectedAddress& address) {
    if (address.address.is_v4()) return {FirewallPart::base4, FirewallPart::addresses4};
    std::vector<FirewallPart> parts{FirewallPart::base6, FirewallPart::addresses6};
    if (!address.interface_name.empty()) {
        parts.push_back(FirewallPart::link_local_by_name);
    } else if (address.interface) {
        parts.push_back(FirewallPart::link_local_by_index);
    }
    return parts;
}

std::vector<FirewallPart> parts_of(const QuietLink& link) {
    if (link.family == Family::ipv4) return {FirewallPart::base4, FirewallPart::quiet4};
    return {FirewallPart::base6, FirewallPart::quiet6};
}

namespace {

void add_all(FirewallState& to, const FirewallState& from) {
    to.addresses.insert(from.addresses.begin(), from.addresses.end());
    to.links.insert(from.links.begin(), from.links.end());
}

}  // namespace

std::vector<FirewallOperation> FirewallReconciler::plan(const FirewallState& wanted) const {
    std::vector<FirewallOperation> operations;
    for (const ProtectedAddress& address : present_.addresses)
        if (!wanted.addresses.contains(address)) operations.emplace_back(Unprotect{address});
    for (const QuietLink& link : present_.links)
        if (!wanted.links.contains(link)) operations.emplace_back(RemoveQuietLink{link});

    std::set<FirewallPart> parts = parts_;
    if (is_unknown_) operations.emplace_back(RemoveTables{leftovers_});
    const auto need = [&](const std::vector<FirewallPart>& needed) {
        for (const FirewallPart part : needed) {
            if (parts.empty() && !is_unknown_) operations.emplace_back(RemoveTables{leftovers_});
            if (parts.insert(part).second) operations.emplace_back(AddPart{part});
        }
    };
    for (const QuietLink& link : wanted.links) {
        if (present_.links.contains(link)) continue;
        need(parts_of(link));
        operations.emplace_back(AddQuietLink{link});
    }
    std::vector<ProtectedAddress> fresh;
    std::ranges::set_difference(wanted.addresses, present_.addresses, std::back_inserter(fresh));
    std::ranges::sort(fresh, [](const ProtectedAddress& a, const ProtectedAddress& b) {
        return a.position != b.position ? a.position < b.position : a < b;
    });
    for (ProtectedAddress& address : fresh) {
        need(parts_of(address));
        operations.emplace_back(Protect{std::move(address)});
    }
    return operations;
}

void FirewallReconciler::succeeded(const FirewallState& wanted) {
    for (const QuietLink& link : wanted.links)
        for (const FirewallPart part : parts_of(link)) parts_.insert(part);
    for (const ProtectedAddress& address : wanted.addresses)
        for (const FirewallPart part : parts_of(address)) parts_.insert(part);
    present_ = wanted;
    if (is_unknown_ || !parts_.empty()) leftovers_ = {};
    is_unknown_ = false;
}

void FirewallReconciler::failed(const FirewallState& wanted) {
    FirewallState possible = std::move(leftovers_);
    add_all(possible, present_);
    add_all(possible, wanted);
    *this = {};
    leftovers_ = std::move(possible);
    is_unknown_ = true;
}

std::vector<FirewallOperation> FirewallReconciler::end() const {
    if (parts_.empty() && !is_unknown_) return {};
    FirewallState known = leftovers_;
    add_all(known, present_);
    return {RemoveTables{std::move(known)}};
}

}  // namespace holdfast::netstate

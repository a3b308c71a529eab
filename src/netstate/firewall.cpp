#include "holdfast/netstate/firewall.hpp"

#include <algorithm>

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

std::vector<FirewallOperation> FirewallReconciler::plan(const FirewallState& wanted) const {
    std::vector<FirewallOperation> operations;
    for (const ProtectedAddress& address : present_.addresses)
        if (!wanted.addresses.contains(address)) operations.emplace_back(Unprotect{address});
    for (const QuietLink& link : present_.links)
        if (!wanted.links.contains(link)) operations.emplace_back(RemoveQuietLink{link});

    std::set<FirewallPart> parts = parts_;
    if (is_unknown_) operations.emplace_back(RemoveTables{});
    const auto need = [&](const std::vector<FirewallPart>& needed) {
        for (const FirewallPart part : needed) {
            if (parts.empty() && !is_unknown_) operations.emplace_back(RemoveTables{});
            if (parts.insert(part).second) operations.emplace_back(AddPart{part});
        }
    };
    for (const QuietLink& link : wanted.links) {
        if (present_.links.contains(link)) continue;
        need(parts_of(link));
        operations.emplace_back(AddQuietLink{link});
    }
    for (const ProtectedAddress& address : wanted.addresses) {
        if (present_.addresses.contains(address)) continue;
        need(parts_of(address));
        operations.emplace_back(Protect{address});
    }
    return operations;
}

void FirewallReconciler::succeeded(const FirewallState& wanted) {
    for (const QuietLink& link : wanted.links)
        for (const FirewallPart part : parts_of(link)) parts_.insert(part);
    for (const ProtectedAddress& address : wanted.addresses)
        for (const FirewallPart part : parts_of(address)) parts_.insert(part);
    present_ = wanted;
    is_unknown_ = false;
}

void FirewallReconciler::failed() {
    *this = {};
    is_unknown_ = true;
}

std::vector<FirewallOperation> FirewallReconciler::end() const {
    if (parts_.empty() && !is_unknown_) return {};
    return {RemoveTables{}};
}

}  // namespace holdfast::netstate

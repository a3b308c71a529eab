// VMACs, ipvlans, firewall rules and knobs of the instances: what of it is wanted now.
#include <algorithm>

#include "holdfast/app/vrrp_service.hpp"
#include "holdfast/kernel/sysctl.hpp"

namespace holdfast::app {

std::set<std::string, std::less<>> VrrpService::taken_link_names(const config::Config& config,
                                                                 const VrrpInstance* except) const {
    std::set<std::string, std::less<>> names;
    for (const config::VrrpInstance& other : config.instances) {
        const bool is_itself = except != nullptr && other.router.name == except->name();
        if (!is_itself && other.vmac && !other.vmac->name.empty()) names.insert(other.vmac->name);
    }
    for (const auto& instance : instances_) {
        if (instance == nullptr || instance.get() == except) continue;
        for (const netstate::VirtualLink& link : instance->links->made) names.insert(link.name);
    }
    return names;
}

void VrrpService::lay_links(VrrpInstance& instance, const config::Config& config) {
    instance.links = shared_links(plan_links(*instance.settings, config.global, network_.mirror(),
                                             taken_link_names(config, &instance)));
}

/// Most instances have no link of their own, and hundreds of them the same interface.
Shared<InstanceLinks> VrrpService::shared_links(InstanceLinks links) const {
    for (const auto& other : instances_) {
        if (!links.is_plain()) break;
        if (other != nullptr && other->links->own == links.own && other->links->is_plain())
            return other->links;
    }
    return links;
}

/// After a reload has changed the instance: what it no longer needs goes before anything new is made.
void VrrpService::lay_links_again(VrrpInstance& instance, const config::Config& config) {
    const Shared<InstanceLinks> kept = std::exchange(instance.links, Shared<InstanceLinks>());
    const InstanceLinks& old = *kept;
    auto taken = taken_link_names(config, &instance);
    // A VMAC whose configured name has changed is not to be found under its old one.
    const auto& vmac = instance.settings->vmac;
    if (vmac && !vmac->name.empty() && old.has_own() && old.own != vmac->name) taken.insert(old.own);
    instance.links = shared_links(plan_links(*instance.settings, config.global, network_.mirror(), taken));
    for (const netstate::VirtualLink& link : old.made)
        if (!instance.links->makes(link.name)) network_.forget_link(link.name, true);
    define_links({&instance});
}

void VrrpService::define_links(const std::vector<VrrpInstance*>& instances) {
    std::vector<netstate::VirtualLink> links;
    for (const VrrpInstance* instance : instances)
        links.insert(links.end(), instance->links->made.begin(), instance->links->made.end());
    if (links.empty()) return;
    network_.define_links(std::move(links));
    refresh_firewall(nullptr);
}

void VrrpService::define_sysctls(const config::Config& config) {
    firewall_.configure(config.global);
    std::vector<netstate::SysctlWish> wishes;
    for (const config::VrrpInstance& instance : config.instances) {
        const std::string& interface = instance.transport.interface;
        if (!instance.promote_secondaries || interface.empty()) continue;
        wishes.push_back(
            {interface, kernel::interface_sysctl(Family::ipv4, interface, "promote_secondaries"), "1"});
    }
    if (config.global.disable_local_igmp)
        wishes.push_back({{}, "net/ipv4/igmp_link_local_mcast_reports", "0"});
    network_.define_sysctls(netstate::Owner{}, std::move(wishes));
}

namespace {

/// Whether the instance becomes Master in this turn of the loop, as far as can be seen: its time is up, or it
/// is in one group with the one that has just decided. Many that decide in one turn get their rules in one
/// transaction; those of whoever does not become Master after all go at the end of the turn.
bool is_about_to_decide(const VrrpInstance& instance, const VrrpInstance& decided, Instant now) {
    if (!instance.started || !std::holds_alternative<vrrp::Backup>(instance.router.state())) return false;
    const auto deadline = instance.router.deadline();
    return (deadline && *deadline <= now) || (!instance.group.empty() && instance.group == decided.group);
}

/// The reports of a VMAC, per family.
std::vector<netstate::QuietLink> quiet_links(const netstate::VirtualLink& link, InterfaceIndex index,
                                             const netstate::LinkInfo& base, const Network& network) {
    std::vector<netstate::QuietLink> links;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const bool other = family != link.family;
        if (other && !link.other_family) continue;
        netstate::QuietLink quiet{index, other, family, base.index, link.name, {}};
        if (family == Family::ipv6) quiet.base_link_local = network.source_address(base.name, Family::ipv6);
        links.push_back(std::move(quiet));
    }
    return links;
}

}  // namespace

/// The instance's addresses, as rules tell them apart.
std::vector<netstate::ProtectedAddress> VrrpService::protections(const VrrpInstance& instance) const {
    std::vector<netstate::ProtectedAddress> all;
    const auto add = [&](const netstate::AddressSettings& address) {
        netstate::ProtectedAddress protect{address.prefix.address, {}, {}, 0};
        if (protect.address.is_v6() && protect.address.is_link_local()) {
            const bool by_name = firewall_.uses_iptables() ||
                                 (!global_.nftables.ifindex && instance.settings->dont_track_primary &&
                                  (address.interface == instance.links->own || address.no_track));
            if (by_name) {
                protect.interface_name = address.interface;
            } else {
                protect.interface = network_.index_of(address.interface);
                if (!protect.interface) return;
            }
        }
        all.push_back(std::move(protect));
    };
    std::ranges::for_each(instance.addresses(), add);
    std::ranges::for_each(instance.excluded_addresses(), add);
    return all;
}

netstate::FirewallState VrrpService::wanted_firewall(const VrrpInstance* about_to_hold) const {
    netstate::FirewallState wanted;
    uint32_t position = 0;
    const Instant now = edges_.timers.now();
    const netstate::Mirror& mirror = network_.mirror();
    // A VMAC for addresses alone asks for no firewall, and is quiet only where there is one.
    const bool is_configured = global_.nftables.table || global_.iptables;
    for (const auto& instance : instances_) {
        if (instance == nullptr) continue;
        for (const netstate::VirtualLink& link : instance->links->made) {
            if (!is_configured) break;
            const netstate::LinkInfo* made = mirror.link(link.name);
            // On a macvlan, a VMAC sits on what is beneath that.
            const netstate::LinkInfo* base = made == nullptr ? nullptr : mirror.link(made->lower);
            if (link.ipvlan || base == nullptr) continue;
            for (netstate::QuietLink& quiet : quiet_links(link, made->index, *base, network_))
                if (quiet.family == Family::ipv6 || !global_.disable_local_igmp)
                    wanted.links.insert(std::move(quiet));
        }
        if (!instance->refuses()) continue;
        const bool holds = instance.get() == about_to_hold ||
                           network_.reconciler().holds(instance->owner()) ||
                           (about_to_hold != nullptr && is_about_to_decide(*instance, *about_to_hold, now));
        if (!holds) continue;
        for (netstate::ProtectedAddress& address : protections(*instance)) {
            address.position = position++;
            wanted.addresses.insert(std::move(address));
        }
    }
    return wanted;
}

/// Everything the configuration could have had rules for: what a crashed run may have left.
netstate::FirewallState VrrpService::possible_firewall() const {
    netstate::FirewallState possible;
    for (const auto& instance : instances_) {
        for (netstate::ProtectedAddress& address : protections(*instance))
            possible.addresses.insert(std::move(address));
        for (const netstate::VirtualLink& link : instance->links->made) {
            const netstate::LinkInfo* base = network_.mirror().link(link.base);
            if (link.ipvlan || base == nullptr) continue;
            for (netstate::QuietLink& quiet : quiet_links(link, {}, *base, network_))
                possible.links.insert(std::move(quiet));
        }
    }
    return possible;
}

/// `about_to_hold`: its addresses come next, and its rules shall be there first.
void VrrpService::refresh_firewall(const VrrpInstance* about_to_hold) {
    if (firewall_waits_) return;
    if (about_to_hold != nullptr) {
        const auto& present = firewall_.present().addresses;
        const auto own = protections(*about_to_hold);
        if (std::ranges::all_of(own, [&](const auto& address) { return present.contains(address); })) return;
        // Whoever was about to become Master and did not must not keep its rules.
        refresh_firewall_later();
    }
    firewall_.want(wanted_firewall(about_to_hold));
}

void VrrpService::refresh_firewall_later() {
    firewall_.want_later([this] { return firewall_waits_ ? firewall_.wanted() : wanted_firewall(nullptr); });
}

}  // namespace holdfast::app

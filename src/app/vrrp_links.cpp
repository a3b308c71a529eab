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
        for (const netstate::VirtualLink& link : instance->links.made) names.insert(link.name);
    }
    return names;
}

void VrrpService::lay_links(VrrpInstance& instance, const config::Config& config) {
    instance.links =
        plan_links(instance.settings, config.global, network_.mirror(), taken_link_names(config, &instance));
}

/// After a reload has changed the instance: what it no longer needs goes before anything new is made.
void VrrpService::lay_links_again(VrrpInstance& instance, const config::Config& config) {
    const InstanceLinks old = std::move(instance.links);
    instance.links = {};
    auto taken = taken_link_names(config, &instance);
    // A VMAC whose configured name has changed is not to be found under its old one.
    const auto& vmac = instance.settings.vmac;
    if (vmac && !vmac->name.empty() && old.has_own() && old.own != vmac->name) taken.insert(old.own);
    instance.links = plan_links(instance.settings, config.global, network_.mirror(), taken);
    for (const netstate::VirtualLink& link : old.made)
        if (!instance.links.makes(link.name)) network_.forget_link(link.name, true);
    define_links({&instance});
}

void VrrpService::define_links(const std::vector<VrrpInstance*>& instances) {
    std::vector<netstate::VirtualLink> links;
    for (const VrrpInstance* instance : instances)
        links.insert(links.end(), instance->links.made.begin(), instance->links.made.end());
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

netstate::FirewallState VrrpService::wanted_firewall(const VrrpInstance* about_to_hold) const {
    netstate::FirewallState wanted;
    const netstate::Mirror& mirror = network_.mirror();
    for (const auto& instance : instances_) {
        if (instance == nullptr) continue;
        for (const netstate::VirtualLink& link : instance->links.made) {
            const netstate::LinkInfo* made = mirror.link(link.name);
            // On a macvlan, a VMAC sits on what is beneath that.
            const netstate::LinkInfo* base = made == nullptr ? nullptr : mirror.link(made->lower);
            if (link.ipvlan || base == nullptr) continue;
            for (const Family family : {Family::ipv4, Family::ipv6}) {
                const bool other = family != link.family;
                if (other && !link.other_family) continue;
                if (family == Family::ipv4 && global_.disable_local_igmp) continue;
                netstate::QuietLink quiet{made->index, other, family, base->index, link.name, {}};
                if (family == Family::ipv6)
                    quiet.base_link_local = network_.source_address(base->name, Family::ipv6);
                wanted.links.insert(std::move(quiet));
            }
        }
        if (!instance->refuses()) continue;
        if (instance.get() != about_to_hold && !network_.reconciler().holds(instance->owner())) continue;
        const auto add = [&](const netstate::AddressSettings& address) {
            netstate::ProtectedAddress protect{address.prefix.address, {}, {}};
            if (protect.address.is_v6() && protect.address.is_link_local()) {
                const bool by_name = !global_.nftables.ifindex && instance->settings.dont_track_primary &&
                                     (address.interface == instance->links.own || address.no_track);
                if (by_name) {
                    protect.interface_name = address.interface;
                } else {
                    protect.interface = network_.index_of(address.interface);
                    if (!protect.interface) return;
                }
            }
            wanted.addresses.insert(std::move(protect));
        };
        std::ranges::for_each(instance->addresses(), add);
        std::ranges::for_each(instance->excluded_addresses(), add);
    }
    return wanted;
}

/// `about_to_hold`: its addresses come next, and its rules shall be there first.
void VrrpService::refresh_firewall(const VrrpInstance* about_to_hold) {
    if (!firewall_waits_) firewall_.want(wanted_firewall(about_to_hold));
}

}  // namespace holdfast::app

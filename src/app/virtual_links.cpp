#include "holdfast/app/virtual_links.hpp"

#include <algorithm>

namespace holdfast::app {

namespace {

using netstate::VirtualLink;

class Planner {
  public:
    Planner(const config::VrrpInstance& settings, const config::GlobalSettings& global,
            const netstate::Mirror& mirror, const std::set<std::string, std::less<>>& taken)
        : settings_(settings), global_(global), mirror_(mirror), taken_(taken) {}

    InstanceLinks plan() {
        const std::string& interface = settings_.transport.interface;
        result_.own = result_.transmit = interface;
        if (settings_.vmac && !interface.empty()) make_own(*settings_.vmac);
        const auto asks = [](const auto& address) { return address.use_vmac; };
        result_.relocates = settings_.vmac.has_value() || settings_.use_vmac_addr ||
                            std::ranges::any_of(settings_.addresses, asks) ||
                            std::ranges::any_of(settings_.excluded_addresses, asks);
        if (result_.relocates) {
            result_.addresses = place(settings_.addresses);
            result_.excluded_addresses = place(settings_.excluded_addresses);
        }
        return std::move(result_);
    }

  private:
    bool is_vmac() const { return settings_.vmac && !settings_.vmac->ipvlan; }

    MacAddress mac(Family family) const {
        if (settings_.vmac && settings_.vmac->mac) return *settings_.vmac->mac;
        return netstate::virtual_router_mac(family, settings_.router.vrid.value);
    }

    void make_own(const netstate::VmacSettings& vmac) {
        const Family family = settings_.router.family;
        VirtualLink link;
        link.base = settings_.transport.interface;
        link.instance = settings_.router.name;
        link.ipvlan = vmac.ipvlan;
        link.ipvlan_flags = vmac.ipvlan_flags;
        link.mac = vmac.ipvlan ? MacAddress{} : mac(family);
        link.family = family;
        link.other_family =
            std::ranges::any_of(settings_.excluded_addresses, [&](const netstate::AddressSettings& address) {
                return address.prefix.address.family() != family;
            });
        // IPv6 runs only where an address needs it.
        link.ipv6 = family == Family::ipv6 || link.other_family;
        link.group = vmac.group;
        link.reannounce_base = vmac.netlink_notify_msg;
        link.link_local = !vmac.ipvlan && family == Family::ipv6 && !vmac.transmit_on_base;
        link.source = settings_.transport.source;
        if (vmac.ipvlan_address) link.address = Prefix{*vmac.ipvlan_address, vmac.ipvlan_prefix_length};
        netstate::LinkNameRequest request;
        request.configured = vmac.name;
        request.prefix = global_.vmac_prefix;
        request.ipvlan_address = vmac.ipvlan_address;
        link.name = choose(request, link);
        result_.own = link.name;
        if (!vmac.transmit_on_base) result_.transmit = link.name;
        result_.made.push_back(std::move(link));
    }

    std::string choose(netstate::LinkNameRequest request, const VirtualLink& link) {
        request.vrid = settings_.router.vrid.value;
        request.family = link.family;
        request.base = link.base;
        request.ipvlan = link.ipvlan;
        request.mac = link.mac;
        request.ipvlan_flags = link.ipvlan_flags;
        std::string name = netstate::choose_link_name(request, mirror_, taken_);
        taken_.insert(name);
        return name;
    }

    /// use_vmac_addr and an address's own use_vmac: the VMAC on this interface, made when it is the first.
    std::string address_link(const std::string& base, Family family) {
        const auto same = std::ranges::find_if(result_.made, [&](const VirtualLink& link) {
            return !link.ipvlan && link.base == base && link.family == family;
        });
        if (same != result_.made.end()) return same->name;
        VirtualLink link;
        link.base = base;
        link.instance = settings_.router.name;
        link.mac = mac(family);
        link.family = family;
        link.ipv6 = link.link_local = family == Family::ipv6;
        netstate::LinkNameRequest request;
        request.prefix =
            global_.vmac_address_prefix.empty() ? global_.vmac_prefix : global_.vmac_address_prefix;
        link.name = choose(request, link);
        result_.made.push_back(link);
        return link.name;
    }

    std::vector<netstate::AddressSettings> place(const std::vector<netstate::AddressSettings>& configured) {
        std::vector<netstate::AddressSettings> placed = configured;
        for (netstate::AddressSettings& address : placed) {
            const Family family = address.prefix.address.family();
            const bool elsewhere = address.interface != settings_.transport.interface;
            const bool own_family = family == settings_.router.family;
            if (!elsewhere && own_family && is_vmac()) {
                address.interface = result_.own;
            } else if (!address.interface.empty() &&
                       (address.use_vmac || (settings_.use_vmac_addr && (elsewhere || !own_family)))) {
                address.interface = address_link(address.interface, family);
            }
        }
        return placed;
    }

    const config::VrrpInstance& settings_;
    const config::GlobalSettings& global_;
    const netstate::Mirror& mirror_;
    std::set<std::string, std::less<>> taken_;
    InstanceLinks result_;
};

}  // namespace

bool InstanceLinks::makes(std::string_view name) const {
    return std::ranges::find(made, name, &VirtualLink::name) != made.end();
}

InstanceLinks plan_links(const config::VrrpInstance& settings, const config::GlobalSettings& global,
                         const netstate::Mirror& mirror, const std::set<std::string, std::less<>>& taken) {
    return Planner(settings, global, mirror, taken).plan();
}

}  // namespace holdfast::app

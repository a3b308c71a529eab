// Where the adverts and the addresses of an instance live: its interface, or VMACs and ipvlans made for it
// (`use_vmac`, `use_vmac_addr`, `use_ipvlan`). A pure function of the settings and of what the host has.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/config.hpp"
#include "holdfast/netstate/links.hpp"
#include "holdfast/netstate/mirror.hpp"

namespace holdfast::app {

struct InstanceLinks {
    /// The instance's own link: its VMAC or ipvlan, else the configured interface. Empty = none.
    std::string own{};
    /// What adverts are sent from and received on: `own`, or the base interface with vmac_xmit_base.
    std::string transmit{};
    /// The links to be made: the own one first, then those for addresses on other interfaces.
    std::vector<netstate::VirtualLink> made{};
    /// The addresses as configured, each on the interface where it lives; empty when `relocates` is false and
    /// the configured lists serve.
    bool relocates = false;
    std::vector<netstate::AddressSettings> addresses{};
    std::vector<netstate::AddressSettings> excluded_addresses{};

    /// Whether nothing is made and nothing moves: the configured interface serves.
    bool is_plain() const { return made.empty() && !relocates; }
    /// Whether the own link has been made for the instance.
    bool has_own() const { return !made.empty() && made.front().name == own; }
    /// Whether the link of that name has been made for the instance.
    bool makes(std::string_view name) const;
};

/// Decides names and places. `taken` are the names that other instances have or have configured.
InstanceLinks plan_links(const config::VrrpInstance& settings, const config::GlobalSettings& global,
                         const netstate::Mirror& mirror, const std::set<std::string, std::less<>>& taken);

}  // namespace holdfast::app

// netstate::FirewallKernel on iptables and ipset, through the libraries that those programs use themselves:
// libip4tc, libip6tc and libipset, loaded when first needed. The programs need not be installed.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "holdfast/kernel/iptables_plan.hpp"
#include "holdfast/netstate/firewall.hpp"

namespace holdfast::kernel {

class FilterTable;  // libip4tc or libip6tc.
class IpSets;       // libipset.

/// A family that cannot be filtered (no kernel module, no such chain) is left out and noted, as keepalived
/// does; without ipsets every address gets rules of its own. The rules of a family change in one transaction.
/// iptables tells nobody of changes: what others have removed is noticed by the next call.
class IptablesFirewall final : public netstate::FirewallKernel {
  public:
    IptablesFirewall();
    ~IptablesFirewall() override;

    /// Uses `settings.iptables`, which must be given.
    Result<> apply(const netstate::FirewallSettings& settings,
                   std::span<const netstate::FirewallOperation> operations) override;
    bool has_iptables() override;
    std::vector<std::string> take_notices() override { return std::exchange(notices_, {}); }

  private:
    /// What is known of one family.
    struct Side {
        std::unique_ptr<FilterTable> table;
        std::optional<bool> is_usable;       // Nothing: not looked at yet.
        std::vector<IptablesRule> standing;  // What looks into sets and stays.
    };

    Side& side(Family family) { return sides_[family == Family::ipv4 ? 0 : 1]; }
    bool is_usable(Family family, const netstate::IptablesNames& names, const IptablesPlan& plan);
    Result<> check_chains(Family family, const netstate::IptablesNames& names);
    void open_sets();
    Result<> change_rules(Family family, std::span<const RuleChange> changes);
    Result<> try_to_change_rules(Side& side, std::span<const RuleChange> changes);

    std::array<Side, 2> sides_;
    std::optional<netstate::IptablesNames> checked_;  // What `is_usable` is about.
    std::unique_ptr<IpSets> sets_;
    bool without_sets_ = false;
    std::vector<std::string> notices_;
};

/// Whether the program `iptables` in the search path is a front of nftables: its file is xtables-nft-multi,
/// which has every name of the family as a symbolic link. Without the program: no.
bool iptables_is_nftables(std::string_view search_path);

}  // namespace holdfast::kernel

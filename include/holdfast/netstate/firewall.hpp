// The firewall rules of virtual routers, as desired state: packets to and from virtual addresses of routers
// that do not accept them (`no_accept`, strict mode), and group reports of VMACs, which would teach switches
// the virtual MAC address in the wrong place. protocol.md section 9; names are the reference's.
//
// Pure: what is wanted -> operations. kernel/firewall.hpp carries them out with nftables or, with
// `vrrp_iptables`, with iptables and ipsets; the simulation notes them.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/result.hpp"
#include "holdfast/base/time.hpp"

namespace holdfast::netstate {

/// `vrrp_ipsets SET...`: the names of the sets, at most 31 characters each.
struct IpSetNames {
    std::string addresses4 = "keepalived";            ///< hash:ip
    std::string addresses6 = "keepalived6";           ///< hash:ip
    std::string link_local6 = "keepalived_if6";       ///< hash:net,iface
    std::string igmp = "keepalived_igmp";             ///< hash:net,iface: VMACs.
    std::string mld = "keepalived_mld";               ///< hash:net,iface: VMACs.
    std::string neighbour_adverts = "keepalived_nd";  ///< hash:net,iface: addresses shared with a base.
    friend bool operator==(const IpSetNames&, const IpSetNames&) = default;
};

/// `vrrp_iptables [INPUT [OUTPUT]]`: chains of the table `filter`, which must exist.
struct IptablesNames {
    std::string input_chain = "INPUT";
    std::string output_chain = "OUTPUT";  ///< Empty: packets that leave are not filtered.
    /// Nothing (`vrrp_ipsets` alone): one rule for each address instead of sets.
    std::optional<IpSetNames> sets = IpSetNames{};
    friend bool operator==(const IptablesNames&, const IptablesNames&) = default;
};

/// `nftables [TABLE]` and its kin.
struct FirewallSettings {
    /// iptables instead of nftables, for which the other members are.
    std::optional<IptablesNames> iptables{};
    std::string table = "keepalived";
    int priority = -1;      ///< Of the base chains.
    bool by_index = false;  ///< nftables_ifindex: interfaces by index instead of by name.
    bool counters = false;  ///< nftables_counters
    friend bool operator==(const FirewallSettings&, const FirewallSettings&) = default;
};

/// A virtual address whose packets are dropped. Link-local ones are told apart by their interface.
struct ProtectedAddress {
    IpAddress address{};
    InterfaceIndex interface{};  ///< Link-local addresses not matched by name only.
    /// Link-local addresses of routers that do not track their interface; with iptables all link-local ones.
    std::string interface_name{};
    /// Where it comes in the configuration: rules of their own are made in this order. No part of its value.
    uint32_t position = 0;
    friend auto operator<=>(const ProtectedAddress& a, const ProtectedAddress& b) {
        return std::tie(a.address, a.interface, a.interface_name) <=>
               std::tie(b.address, b.interface, b.interface_name);
    }
    friend bool operator==(const ProtectedAddress& a, const ProtectedAddress& b) { return (a <=> b) == 0; }
};

/// A VMAC whose group reports leave through its base interface, and which does not answer for the link-local
/// address that it shares with that.
struct QuietLink {
    InterfaceIndex link{};
    bool other_family = false;  ///< Not of its instance's family: in a second table.
    Family family = Family::ipv4;
    InterfaceIndex base{};
    std::string link_name{};
    std::optional<IpAddress> base_link_local{};  ///< IPv6 only.
    friend auto operator<=>(const QuietLink&, const QuietLink&) = default;
};

/// Everything wanted at one time.
struct FirewallState {
    std::set<ProtectedAddress> addresses{};
    std::set<QuietLink> links{};
    bool empty() const { return addresses.empty() && links.empty(); }
    friend bool operator==(const FirewallState&, const FirewallState&) = default;
};

/// Chains, sets and rules that are made together when they are first needed, and stay until the end.
enum class FirewallPart : uint8_t {
    base4,       ///< The IPv4 table and its chain `out`.
    base6,       ///< The IPv6 table, its chain `out` and the set of shared link-local addresses.
    addresses4,  ///< Chain `in`, set `vips`, rules that drop.
    addresses6,
    link_local_by_index,  ///< Set `vips_link_local` and its rules.
    link_local_by_name,   ///< Set `vips_link_local_name` and its rules.
    quiet4,               ///< Map `vmac_map`, and the rule that moves IGMP reports.
    quiet6,
};

/// Everything that was ever made goes, and it is no error when some of it is not there.
struct RemoveTables {
    /// What may be there: iptables rules without sets are known from others by nothing else.
    FirewallState known{};
    friend bool operator==(const RemoveTables&, const RemoveTables&) = default;
};
struct AddPart {
    FirewallPart part = FirewallPart::base4;
    friend bool operator==(const AddPart&, const AddPart&) = default;
};
struct Protect {
    ProtectedAddress address{};
    friend bool operator==(const Protect&, const Protect&) = default;
};
struct Unprotect {
    ProtectedAddress address{};
    friend bool operator==(const Unprotect&, const Unprotect&) = default;
};
struct AddQuietLink {
    QuietLink link{};
    friend bool operator==(const AddQuietLink&, const AddQuietLink&) = default;
};
struct RemoveQuietLink {
    QuietLink link{};
    friend bool operator==(const RemoveQuietLink&, const RemoveQuietLink&) = default;
};
using FirewallOperation =
    std::variant<RemoveTables, AddPart, Protect, Unprotect, AddQuietLink, RemoveQuietLink>;

/// The edge: carries out all operations of a call or none.
class FirewallKernel {
  public:
    FirewallKernel() = default;
    FirewallKernel(const FirewallKernel&) = delete;
    FirewallKernel& operator=(const FirewallKernel&) = delete;
    virtual ~FirewallKernel() = default;

    virtual Result<> apply(const FirewallSettings& settings,
                           std::span<const FirewallOperation> operations) = 0;

    /// False when the host's iptables is a front of nftables, as it mostly is nowadays: rules made with real
    /// iptables would then be seen by nobody who looks for them.
    virtual bool has_iptables() { return true; }
    /// What deserves a line in the log though the last calls have succeeded: a chain that does not exist, a
    /// family that cannot be filtered.
    virtual std::vector<std::string> take_notices() { return {}; }
    /// Calls back when somebody else has removed something from our tables, with the name of the program
    /// ("" = unknown). nftables only: iptables tells nobody, what is missing there shows with the next
    /// change.
    virtual void on_foreign_change(std::function<void(const std::string& program)> /*handler*/) {}
};

/// Knows what has been carried out, and what is missing for what is wanted. After a failure nothing is known:
/// the next plan removes the tables and makes everything anew.
class FirewallReconciler {
  public:
    /// What turns the present state into `wanted`. The first plan that makes anything begins by removing
    /// tables of the same name, which an earlier run may have left.
    std::vector<FirewallOperation> plan(const FirewallState& wanted) const;
    /// The operations for `wanted` have been carried out.
    void succeeded(const FirewallState& wanted);
    /// They have not, or somebody else has changed what was there.
    void failed(const FirewallState& wanted);
    /// What an earlier run may have left, for the first plan.
    void expect_leftovers(FirewallState leftovers) { leftovers_ = std::move(leftovers); }
    /// What removes everything; nothing when nothing has been made.
    std::vector<FirewallOperation> end() const;

    const FirewallState& present() const { return present_; }
    const FirewallState& leftovers() const { return leftovers_; }

  private:
    FirewallState present_;
    std::set<FirewallPart> parts_;
    FirewallState leftovers_;  // May be there besides, until tables have been removed.
    bool is_unknown_ = false;  // After a failure: anything may be there.
};

/// The part that holds the address, and those it builds upon, which must be made first.
std::vector<FirewallPart> parts_of(const ProtectedAddress& address);
std::vector<FirewallPart> parts_of(const QuietLink& link);

}  // namespace holdfast::netstate

// The firewall rules of virtual routers, as desired state: packets to and from virtual addresses of routers
// that do not accept them (`no_accept`, strict mode), and group reports of VMACs, which would teach switches
// the virtual MAC address in the wrong place. protocol.md section 9; names are the reference's.
//
// Pure: what is wanted -> operations. kernel/firewall.hpp carries them out, the simulation notes them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/result.hpp"
#include "holdfast/base/time.hpp"

namespace holdfast::netstate {

/// `nftables [TABLE]` and its kin.
struct FirewallSettings {
    std::string table = "keepalived";
    int priority = -1;      ///< Of the base chains.
    bool by_index = false;  ///< nftables_ifindex: interfaces by index instead of by name.
    bool counters = false;  ///< nftables_counters
    friend bool operator==(const FirewallSettings&, const FirewallSettings&) = default;
};

/// A virtual address whose packets are dropped. Link-local ones are told apart by their interface.
struct ProtectedAddress {
    IpAddress address{};
    InterfaceIndex interface{};    ///< Link-local addresses not matched by name only.
    std::string interface_name{};  ///< Link-local addresses of routers that do not track their interface.
    friend auto operator<=>(const ProtectedAddress&, const ProtectedAddress&) = default;
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

struct RemoveTables {
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
    void failed();
    /// What removes everything; nothing when nothing has been made.
    std::vector<FirewallOperation> end() const;

    const FirewallState& present() const { return present_; }

  private:
    FirewallState present_;
    std::set<FirewallPart> parts_;
    bool is_unknown_ = false;  // After a failure: anything may be there.
};

/// The part that holds the address, and those it builds upon, which must be made first.
std::vector<FirewallPart> parts_of(const ProtectedAddress& address);
std::vector<FirewallPart> parts_of(const QuietLink& link);

}  // namespace holdfast::netstate

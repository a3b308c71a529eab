// The interfaces that virtual routers make for themselves, as desired state: VMACs (`use_vmac`,
// `use_vmac_addr`) and ipvlans (`use_ipvlan`), with the knobs that they and their base interfaces need.
// protocol.md section 6.
//
// A link of ours is there from the start of its instance to its end, in every state of the instance, as long
// as its base interface exists. It is made again when somebody removes it or its base returns, and adopted
// when an earlier run has left it. It is switched on in a second round, after the news that it exists:
// firewall rules that name it can be there before its first packet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/netstate/mirror.hpp"
#include "holdfast/netstate/objects.hpp"
#include "holdfast/netstate/reconciler.hpp"

namespace holdfast::netstate {

/// A VMAC or ipvlan as configured, its name decided (`choose_link_name`).
struct VirtualLink {
    std::string name{};
    std::string base{};      ///< The interface it sits on, by name.
    std::string instance{};  ///< Whose it is, for the log.
    bool ipvlan = false;
    uint16_t ipvlan_flags = 0;
    MacAddress mac{};
    Family family = Family::ipv4;     ///< Of its instance: says which knobs are set.
    bool ipv6 = false;                ///< Whether IPv6 runs on it.
    bool other_family = false;        ///< Its instance has excluded addresses of the other family.
    std::optional<uint32_t> group{};  ///< Unset: as the base interface.
    bool reannounce_base = false;     ///< netlink_notify_msg
    /// An IPv6 router's VMAC needs a link-local address as source of its adverts: `source` when set, else
    /// that of the base interface, else one made of the base interface's MAC address.
    bool link_local = false;
    std::optional<IpAddress> source{};
    std::optional<Prefix> address{};  ///< The address of an ipvlan (`use_ipvlan ADDR`).
    friend bool operator==(const VirtualLink&, const VirtualLink&) = default;
};

/// The MAC address of a Virtual Router (RFC 9568, 7.3): 00:00:5e:00:01:VRID, in IPv6 00:00:5e:00:02:VRID.
MacAddress virtual_router_mac(Family family, uint8_t vrid);

/// The link-local address of an interface with this MAC address (RFC 4291, appendix A).
IpAddress link_local_of(const MacAddress& mac);

/// Where the kernel puts a link on `base`: a macvlan on a macvlan, or an ipvlan on an ipvlan, goes to the
/// interface beneath (macvlan_common_newlink, ipvlan_link_new).
InterfaceIndex lower_of(const LinkInfo& base, bool ipvlan);

/// What a name is looked for.
struct LinkNameRequest {
    std::string configured{};  ///< `use_vmac NAME`; empty = made of `prefix` and `vrid`.
    std::string prefix = "vrrp";
    uint8_t vrid = 0;
    Family family = Family::ipv4;
    std::string base{};
    bool ipvlan = false;
    MacAddress mac{};
    uint16_t ipvlan_flags = 0;
    std::optional<IpAddress> ipvlan_address{};
};

/// The name of the link: that of an existing one that fits (left by an earlier run, or configured by the
/// administrator); else the configured one unless it belongs to an interface of another kind; else
/// PREFIX.VRID, and while that is taken PREFIX6.VRID (IPv6 only), PREFIX1.VRID, PREFIX2.VRID, ...
/// `taken`: names that other instances have chosen or configured.
std::string choose_link_name(const LinkNameRequest& request, const Mirror& mirror,
                             const std::set<std::string, std::less<>>& taken);

/// A knob below /proc/sys that has to have a value, such as `net/ipv4/conf/eth0/promote_secondaries`. It is
/// set anew when the interface appears, and put back when nobody wants it any more.
struct SysctlWish {
    std::string interface{};  ///< Empty: of the whole host.
    std::string path{};
    std::string value{};
    friend auto operator<=>(const SysctlWish&, const SysctlWish&) = default;
};

class LinkReconciler {
  public:
    explicit LinkReconciler(RepairPolicy policy = {}) : policy_(policy) {}

    /// Enters a link or replaces the one of that name.
    void define(VirtualLink link);
    /// Forgets it; removes it from the kernel when `remove`.
    void forget(std::string_view name, bool remove);
    /// What an owner wants of /proc/sys; replaces its earlier wishes.
    void define_sysctls(const Owner& owner, std::vector<SysctlWish> wishes);

    const VirtualLink* find(std::string_view name) const;
    bool is_ours(std::string_view name) const { return find(name) != nullptr; }

    /// A link has changed: `plan` looks at everything again.
    void mark() { dirty_ = dirty_ || !items_.empty() || !wishes_.empty(); }
    /// An address has come or gone: only IPv6 link-local ones, and those of ipvlans, matter here.
    void mark_address(const KernelAddress& address) {
        const bool link_local = address.prefix.address.is_v6() && address.prefix.address.is_link_local();
        if (link_local || any_address_) mark();
    }
    bool has_work(Instant now) const { return dirty_ || (deadline_ && *deadline_ <= now); }
    /// The requests due now, in the order in which they must be made. Their results go to `completed`.
    std::vector<Operation> plan(Instant now, const Mirror& mirror, const Reconciler& addresses,
                                std::vector<ObjectEvent>& events);
    void completed(Instant now, std::span<const Operation> operations, std::span<const Result<>> results,
                   std::vector<ObjectEvent>& events);
    std::optional<Instant> deadline() const { return deadline_; }

  private:
    struct Item {
        VirtualLink link;
        uint64_t order = 0;  // Of its definition: links are made in this order.
        bool present = false;
        bool tuned = false;  // Since it has appeared.
        bool on = false;     // Has been switched on since; later that is its owner's choice.
        uint32_t index = 0;  // Of the interface that was tuned.
        bool lost = false;
        uint32_t repairs = 0;
        uint32_t burst = 0;
        uint32_t refusals = 0;
        std::optional<IpAddress> link_local;  // Put there by us.
        std::optional<Instant> retry_at;
        Instant repaired_at{};
    };
    struct Leaving {
        std::string name;
        std::string instance;
        std::string base;
        bool reannounce_base = false;
    };
    struct Draft;

    void look_at(Item& item, Instant now, const Mirror& mirror, const Reconciler& addresses, Draft& draft);
    void want_link_local(Item& item, const LinkInfo& link, const LinkInfo& base, const Mirror& mirror,
                         const Reconciler& addresses, Draft& draft);
    void look_at_sysctls(const Mirror& mirror, Draft& draft);
    ObjectEvent describe(ObjectEvent::What what, const VirtualLink& link) const;
    void postpone(Item& item, Instant now, uint32_t step);

    RepairPolicy policy_;
    std::map<std::string, Item, std::less<>> items_;
    uint64_t next_order_ = 0;
    std::vector<Leaving> leaving_;
    std::map<Owner, std::vector<SysctlWish>> wishes_;
    // What is set now, with the interface it was set on: a new one of the same name starts with defaults.
    std::map<SysctlWish, InterfaceIndex> set_;
    std::optional<Instant> deadline_;
    bool dirty_ = false;
    bool any_address_ = false;  // A link of ours has an address of its own.
    bool reverse_path_relaxed_ = false;
};

}  // namespace holdfast::netstate

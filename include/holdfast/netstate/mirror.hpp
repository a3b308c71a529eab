// What the kernel has, as far as we know: filled by a dump, kept up to date by notifications and by the
// results of our own requests. Only a picture; nothing is decided here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/netstate/objects.hpp"

namespace holdfast::netstate {

class Mirror {
  public:
    /// Replaces everything with a dump.
    void load(const KernelState& state);

    /// What was known about the link before; nothing when it is new.
    std::optional<LinkInfo> set_link(const LinkInfo& link);
    /// Forgets the link with its addresses and the routes through it. Gives what was known about it.
    std::optional<LinkInfo> remove_link(InterfaceIndex index);
    /// True when the address was not known before (a change of flags or lifetimes is false).
    bool set_address(const KernelAddress& address);
    /// True when it was known.
    bool remove_address(const AddressKey& key);
    bool set_route(const KernelRoute& route);
    bool remove_route(const KernelRoute& route);
    bool set_rule(const KernelRule& rule);
    bool remove_rule(const KernelRule& rule);
    /// Enters what a successful operation left behind, as far as the kernel's notification will not do so
    /// better.
    void record(const Operation& operation);

    const LinkInfo* link(InterfaceIndex index) const;
    const LinkInfo* link(std::string_view name) const;
    const std::map<InterfaceIndex, LinkInfo>& links() const { return links_; }

    const KernelAddress* address(const AddressKey& key) const;
    /// Addresses of one interface in the order in which they were first seen.
    std::vector<KernelAddress> addresses(InterfaceIndex interface) const;
    std::vector<KernelAddress> addresses() const;
    /// Whether any interface holds this address.
    bool has_address(const IpAddress& address) const;
    /// The source a router uses on this interface: the first IPv4 address, or the first IPv6 link-local
    /// address, that is neither tentative nor failed and for which `skip` is false (keepalived skips the
    /// VIPs).
    std::optional<IpAddress> source_address(InterfaceIndex interface, Family family,
                                            const std::function<bool(const IpAddress&)>& skip = {}) const;

    /// The route that matches type, next hops and all that identifies it (see `matches`), or has the same
    /// key.
    const KernelRoute* route(const KernelRoute& like) const;
    std::vector<KernelRoute> routes() const;
    /// Those of one place; valid until the mirror changes.
    std::vector<const KernelRoute*> routes(const RouteKey& key) const;
    bool has_routes() const { return !routes_.empty(); }
    bool has_rule(const KernelRule& rule) const;
    const std::vector<KernelRule>& rules() const { return rules_; }

  private:
    void free_name(const std::string& name, InterfaceIndex index);

    struct Entry {
        KernelAddress address;
        uint64_t order = 0;
    };
    std::map<InterfaceIndex, LinkInfo> links_;
    std::map<std::string, InterfaceIndex, std::less<>> names_;
    std::map<AddressKey, Entry> addresses_;
    std::multimap<RouteKey, KernelRoute> routes_;
    std::vector<KernelRule> rules_;
    uint64_t next_order_ = 0;
};

/// Whether `have` serves as `want`: what the configuration chooses is equal, what the kernel fills in by
/// itself is not compared. An address put there by somebody else with the right properties serves as well as
/// our own.
bool matches(const KernelAddress& want, const KernelAddress& have);
bool matches(const KernelRoute& want, const KernelRoute& have);

}  // namespace holdfast::netstate

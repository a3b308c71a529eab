// The edge between netstate and the kernel's network tables: read everything, apply a batch, hear of changes.
// kernel/rtnetlink.hpp implements it with libnl; the simulation with tables of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/netstate/objects.hpp"

namespace holdfast::netstate {

/// Hears what changed in the kernel, whoever changed it. Calls come in the kernel's order, in batches that
/// end with `on_changes_end`: whoever decides something does it there, when the news is complete.
class ChangeListener {
  public:
    ChangeListener() = default;
    ChangeListener(const ChangeListener&) = delete;
    ChangeListener& operator=(const ChangeListener&) = delete;
    virtual ~ChangeListener() = default;

    /// A batch of news begins. `now` is the loop's time.
    virtual void on_changes_begin(Instant now) = 0;
    /// A link appeared or changed.
    virtual void on_link(const LinkInfo& link) = 0;
    /// A link is gone; the kernel has removed its addresses and routes with it, possibly without a word.
    virtual void on_link_removed(InterfaceIndex link) = 0;
    /// An address appeared, or changed its flags or lifetimes.
    virtual void on_address(const KernelAddress& address) = 0;
    /// An address is gone. `requester` is the netlink port of who asked for it (often a process id), 0 =
    /// unknown.
    virtual void on_address_removed(const KernelAddress& address, uint32_t requester) = 0;
    /// Routes and rules carrying one of the protocol numbers given to `watch_protocols`.
    virtual void on_route(const KernelRoute& route) = 0;
    virtual void on_route_removed(const KernelRoute& route, uint32_t requester) = 0;
    virtual void on_rule(const KernelRule& rule) = 0;
    virtual void on_rule_removed(const KernelRule& rule, uint32_t requester) = 0;
    /// News was lost (ENOBUFS): what is known is worth nothing until the next dump.
    virtual void on_overrun() = 0;
    /// The batch is complete.
    virtual void on_changes_end(Instant now) = 0;
};

class NetworkKernel {
  public:
    NetworkKernel() = default;
    NetworkKernel(const NetworkKernel&) = delete;
    NetworkKernel& operator=(const NetworkKernel&) = delete;
    virtual ~NetworkKernel() = default;

    /// Who hears of changes; nobody when null. The listener must outlive the kernel or be taken out first.
    virtual void set_listener(ChangeListener* listener) = 0;

    /// Which routes and rules are dumped and reported, by the number of their protocol; none until this is
    /// called.
    virtual void watch_protocols(std::span<const uint8_t> protocols) = 0;

    /// Reads links, addresses, and our routes and rules. Everything that changes after the dump began is
    /// reported to the listener later (possibly again), so that loading the dump and then listening misses
    /// nothing.
    virtual Result<KernelState> dump() = 0;

    /// Asks for all operations, in this order, and waits for the answers; one result per operation. The error
    /// of a refused one carries the kernel's errno (EEXIST, EADDRNOTAVAIL, ...) in `os_error`. Not a listener
    /// call is made before it returns; the changes it caused follow with `deliver_changes` or in a later turn
    /// of the loop.
    virtual std::vector<Result<>> apply(std::span<const Operation> operations) = 0;

    /// Tells the listener, now, everything the kernel has reported so far. The loop does the same by itself.
    virtual void deliver_changes() = 0;

    /// From within `on_changes_end`: tells the listener the rest of what the news so far is a part of. The
    /// kernel tells of addresses that go before it tells what they go with: the interface that is being
    /// switched off, the primary address. May wait until that change is done.
    virtual void complete_news() {}

    /// Who has this netlink port, as far as that can be told: the name of a process, or nothing.
    virtual std::string requester_name(uint32_t) const { return {}; }
};

}  // namespace holdfast::netstate

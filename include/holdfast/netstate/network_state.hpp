// The kernel's network tables under management: owns the mirror and the reconciler, drives a NetworkKernel
// with them, and tells its observer what changed. This is what the composition talks to.
//
// Flow: a notification updates the mirror; at the end of a batch, and after every change of what is wanted,
// `settle` plans, applies, records and repeats until nothing is due. Lost news (ENOBUFS) or a surprising
// answer lead to a dump.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/netstate/kernel.hpp"
#include "holdfast/netstate/mirror.hpp"
#include "holdfast/netstate/reconciler.hpp"

namespace holdfast::netstate {

/// Hears facts about the network. Calls come from within NetworkState's functions and from the loop; an
/// observer may call `hold` and `release` from them, which take effect before the outermost call returns.
class NetworkObserver {
  public:
    NetworkObserver() = default;
    NetworkObserver(const NetworkObserver&) = delete;
    NetworkObserver& operator=(const NetworkObserver&) = delete;
    virtual ~NetworkObserver() = default;

    /// A link is new (`before` null) or differs from what was known.
    virtual void on_link_changed(Instant now, const LinkInfo& link, const LinkInfo* before) = 0;
    virtual void on_link_removed(Instant now, const LinkInfo& last) = 0;
    /// An address, of whomever, appeared or went.
    virtual void on_address_changed(Instant now, const KernelAddress& address, bool present) = 0;
    /// Something happened to objects of ours; a batch of requests is reported as soon as its answers are in,
    /// so that announcements can begin before the last address is there.
    virtual void on_object_events(Instant now, std::span<const ObjectEvent> events) = 0;
};

class NetworkState final : private ChangeListener {
  public:
    /// Both must outlive this object. Registers itself as the kernel's listener until destroyed.
    NetworkState(NetworkKernel& kernel, NetworkObserver& observer, RepairPolicy policy = {});
    ~NetworkState() override;

    /// The first dump: the links and addresses are reported to the observer as changes. Owners defined before
    /// are settled then: what matches is adopted, what is left over from a previous run is removed.
    Result<> start(Instant now);

    /// See Reconciler. `define` before `start` waits for it; afterwards it acts at once.
    void define(Instant now, const Owner& owner, Objects objects, bool hold);
    /// Puts the owner's objects into the kernel (becoming Master).
    void hold(Instant now, const Owner& owner);
    /// Takes them out (leaving Master). Also removes equal ones put there by others.
    void release(Instant now, const Owner& owner);
    void forget(Instant now, const Owner& owner, bool remove);

    /// Delayed repairs that are due.
    void handle_deadline(Instant now);
    std::optional<Instant> deadline() const { return reconciler_.deadline(); }

    const Mirror& mirror() const { return mirror_; }
    const Reconciler& reconciler() const { return reconciler_; }
    /// The source for adverts on an interface, VIPs excluded (Mirror::source_address).
    std::optional<IpAddress> source_address(InterfaceIndex interface, Family family) const;

  private:
    void on_link(const LinkInfo& link) override;
    void on_link_removed(InterfaceIndex link) override;
    void on_address(const KernelAddress& address) override;
    void on_address_removed(const KernelAddress& address, uint32_t requester) override;
    void on_route(const KernelRoute& route) override;
    void on_route_removed(const KernelRoute& route, uint32_t requester) override;
    void on_rule(const KernelRule& rule) override;
    void on_rule_removed(const KernelRule& rule, uint32_t requester) override;
    void on_overrun() override;
    void on_changes_end(Instant now) override;

    NetworkKernel& kernel_;
    NetworkObserver& observer_;
    Mirror mirror_;
    Reconciler reconciler_;
    bool started_ = false;
    bool dirty_ = false;
    bool settling_ = false;
};

}  // namespace holdfast::netstate

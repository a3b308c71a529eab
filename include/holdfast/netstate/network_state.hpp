// The kernel's network tables under management: owns the mirror and the reconciler, drives a NetworkKernel
// with them, and tells its observer what changed. This is what the composition talks to.
//
// Flow: a notification updates the mirror; at the end of a batch, and after every change of what is wanted,
// `settle` plans, applies, records and repeats until nothing is due. Lost news (ENOBUFS) or a surprising
// answer lead to a dump.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/netstate/kernel.hpp"
#include "holdfast/netstate/links.hpp"
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
    /// The kernel had to drop news (ENOBUFS). Everything is read again next; how it differs from what was
    /// known follows as changes.
    virtual void on_news_lost(Instant) {}
    /// A batch of news from outside has been told, and lost objects are about to be put back: whoever gives
    /// something up because of the news does it here. An interface that is switched off takes IPv6 addresses
    /// with it, a primary address its secondaries.
    virtual void on_news_complete(Instant) {}
    /// All that could be done now is done: `deadline` may be another one.
    virtual void on_settled() {}
};

class NetworkState final : private ChangeListener {
  public:
    /// Both must outlive this object. Registers itself as the kernel's listener until destroyed.
    NetworkState(NetworkKernel& kernel, NetworkObserver& observer, RepairPolicy policy = {});
    ~NetworkState() override;

    /// The first dump: the links and addresses are reported to the observer as changes. Owners defined before
    /// are settled then: what matches is adopted, what is left over from a previous run is removed.
    Result<> start(Instant now);

    /// See Reconciler. Before `start` these only take note; afterwards the kernel has been asked when they
    /// return, unless they are called by the observer.
    void define(Instant now, const Owner& owner, SharedObjects objects, bool hold);
    /// Puts the owner's objects into the kernel (becoming Master).
    void hold(Instant now, const Owner& owner);
    /// Takes them out (leaving Master), with equal ones put there by others.
    void release(Instant now, const Owner& owner);
    void forget(Instant now, const Owner& owner, bool remove);
    void rename(Instant now, std::vector<RenamedOwner> names);

    /// See LinkReconciler. Links and knobs are settled before addresses.
    void define_links(Instant now, std::vector<VirtualLink> links);
    void forget_link(Instant now, const std::string& name, bool remove);
    void define_sysctls(Instant now, const Owner& owner, std::vector<SysctlWish> wishes);

    /// Removes routes that an earlier run has left in the place of one of `wanted` and that are not it: the
    /// same table, destination and metric with other next hops or properties. Before anything is defined.
    void remove_stale_routes(Instant now, std::span<const RouteSettings> wanted);

    /// Removes what carries our mark (kAddressProtocol, kRouteProtocol, a VMAC's MAC address) and belongs to
    /// no owner and no link: left by a run that could not clean up, under a configuration that has changed
    /// since. Once everything is defined. Gives what was removed, in words.
    std::vector<std::string> remove_leftovers(Instant now);

    /// Delayed repairs, and dumps that failed, that are due.
    void handle_deadline(Instant now);
    std::optional<Instant> deadline() const;

    const Mirror& mirror() const { return mirror_; }
    const Reconciler& reconciler() const { return reconciler_; }
    const LinkReconciler& links() const { return links_; }
    /// The source for adverts on an interface, VIPs excluded (Mirror::source_address).
    std::optional<IpAddress> source_address(InterfaceIndex interface, Family family) const;
    /// Complete dumps since the start, the first included.
    uint64_t dumps() const { return dumps_; }

  private:
    void on_changes_begin(Instant now) override;
    void on_link(const LinkInfo& link) override;
    void on_link_removed(InterfaceIndex link) override;
    void on_address(const KernelAddress& address) override;
    void on_address_removed(const KernelAddress& address, uint32_t requester) override;
    void on_route(const KernelRoute& route) override;
    void on_route_removed(const KernelRoute& route, uint32_t requester) override;
    void on_rule(const KernelRule& rule) override;
    void on_rule_removed(const KernelRule& rule, uint32_t requester) override;
    void on_overrun() override { is_dirty_ = news_lost_ = true; }
    void on_changes_end(Instant now) override;

    void settle(Instant now);
    bool settle_once(Instant now, bool may_plan);
    bool settle_links(Instant now);
    Result<> reload_mirror(Instant now);
    void refresh_mirror(Instant now);
    void execute(Instant now, std::span<const Operation> operations);
    void execute_links(Instant now, std::span<const Operation> operations);
    std::vector<Result<>> apply(Instant now, std::span<const Operation> operations);
    void report(Instant now, std::vector<ObjectEvent>& events);

    NetworkKernel& kernel_;
    NetworkObserver& observer_;
    Mirror mirror_;
    Reconciler reconciler_;
    LinkReconciler links_;
    std::vector<uint8_t> protocols_;
    std::vector<std::function<void()>> deferred_;  // What the observer asked for while settling.
    std::optional<Instant> dump_again_at_;
    std::optional<Instant> settle_again_at_;
    Instant now_{};  // Of the batch of news or the call in progress.
    bool is_started_ = false;
    bool is_dirty_ = false;
    bool news_lost_ = false;     // In this batch.
    bool address_lost_ = false;  // One of ours, in this batch; or perhaps a link of ours.
    bool is_settling_ = false;
    bool is_in_batch_ = false;  // Half the news is no ground for a decision.
    uint64_t dumps_ = 0;
};

}  // namespace holdfast::netstate

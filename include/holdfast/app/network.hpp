// The network tables as the services see them: netstate::NetworkState with its repair timer, and a fan-out of
// its news to whoever subscribes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "holdfast/app/edges.hpp"
#include "holdfast/netstate/network_state.hpp"

namespace holdfast::app {

class Network final : private netstate::NetworkObserver {
  public:
    explicit Network(Edges& edges);

    /// News goes to subscribers in the order of subscription. They outlive this object or are never called
    /// after stop.
    void subscribe(netstate::NetworkObserver* observer) { observers_.push_back(observer); }

    /// Reads what the kernel has. Fails when route netlink does.
    Result<> start();
    /// `-a`: from now on the log tells every address that comes or goes, whoever's it is.
    void tell_addresses() { tells_addresses_ = true; }
    void define(const netstate::Owner& owner, netstate::SharedObjects objects, bool hold);
    void hold(const netstate::Owner& owner);
    void release(const netstate::Owner& owner);
    void forget(const netstate::Owner& owner, bool remove);
    void rename(std::vector<netstate::RenamedOwner> names);

    void remove_stale_routes(std::span<const netstate::RouteSettings> wanted);
    /// After a crash, once everything is defined: what no longer belongs to anybody goes.
    void remove_leftovers();
    /// VMACs and ipvlans, all in one go, and knobs below /proc/sys (netstate/links.hpp).
    void define_links(std::vector<netstate::VirtualLink> links);
    void forget_link(const std::string& name, bool remove);
    void define_sysctls(const netstate::Owner& owner, std::vector<netstate::SysctlWish> wishes);

    const netstate::Mirror& mirror() const { return state_.mirror(); }
    const netstate::Reconciler& reconciler() const { return state_.reconciler(); }
    /// Index of an existing interface; none otherwise.
    InterfaceIndex index_of(std::string_view interface) const;
    /// Whether the interface is a VMAC or ipvlan that was made for an instance.
    bool is_virtual_link(std::string_view interface) const { return state_.links().is_ours(interface); }
    /// Exists, is up and has a carrier.
    bool is_usable(std::string_view interface) const;
    std::optional<IpAddress> source_address(std::string_view interface, Family family) const;
    /// Those of these addresses that are present and marked as put there by this daemon (IFA_PROTO): what a
    /// crashed run has left.
    std::vector<Shared<netstate::AddressSettings>> left_by_us(
        std::span<const Shared<netstate::AddressSettings>> addresses) const;

  private:
    void on_link_changed(Instant now, const netstate::LinkInfo& link,
                         const netstate::LinkInfo* before) override;
    void on_link_removed(Instant now, const netstate::LinkInfo& last) override;
    void on_address_changed(Instant now, const netstate::KernelAddress& address, bool present) override;
    void on_object_events(Instant now, std::span<const netstate::ObjectEvent> events) override;
    void on_news_lost(Instant now) override;
    void on_news_complete(Instant now) override;
    void on_settled() override { arm(); }
    void log_link(const netstate::ObjectEvent& event);
    void log_object(const netstate::ObjectEvent& event, const std::string& what);
    void log_objects(std::span<const netstate::ObjectEvent> events);
    void arm();

    Edges& edges_;
    std::vector<netstate::NetworkObserver*> observers_;
    bool tells_addresses_ = false;
    netstate::NetworkState state_;
    io::Timer repair_;
    std::optional<Instant> news_lost_at_;  // For one line a storm.
};

}  // namespace holdfast::app

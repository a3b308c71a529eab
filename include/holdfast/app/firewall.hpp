// The firewall rules of all instances: collects what is wanted, and drives the kernel until it is so.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "holdfast/app/edges.hpp"
#include "holdfast/netstate/firewall.hpp"

namespace holdfast::app {

class Firewall {
  public:
    explicit Firewall(Edges& edges);
    Firewall(const Firewall&) = delete;
    Firewall& operator=(const Firewall&) = delete;
    ~Firewall();

    /// The names and switches of `global_defs`. Rules that are there under other ones are made anew.
    void configure(const config::GlobalSettings& global);
    /// Whether rules are made with iptables, that is whether it is configured and no front of nftables.
    bool uses_iptables() const { return settings_.iptables.has_value(); }

    /// Whether group reports of VMACs are dropped instead of leaving through the base, which only nftables
    /// can make them do.
    bool drops_reports() const { return uses_iptables() && !settings_.iptables->output_chain.empty(); }

    /// Makes the rules so, at once. What cannot be made now is tried again.
    void want(netstate::FirewallState state);
    /// The same at the end of this turn of the loop, once for all who ask for it: for rules whose addresses
    /// have gone.
    void want_later(std::function<netstate::FirewallState()> state);

    /// What a crashed run may have left; for rules that nothing but their addresses tells from others'.
    void expect_leftovers(netstate::FirewallState state) { reconciler_.expect_leftovers(std::move(state)); }
    /// Removes what a crashed run has left, unless rules have been made meanwhile, which does the same.
    void remove_leftovers();
    /// Removes the tables, unless they are in use: nothing configured asks for any.
    void remove_unneeded();
    /// Removes everything that was made; with `release` false it stays.
    void stop(bool release);

    const netstate::FirewallState& present() const { return reconciler_.present(); }
    const netstate::FirewallState& wanted() const { return wanted_; }

  private:
    void settle();
    Result<> apply(std::span<const netstate::FirewallOperation> operations);
    void put_back(const std::string& program);

    Edges& edges_;
    netstate::FirewallSettings settings_;
    netstate::FirewallReconciler reconciler_;
    netstate::FirewallState wanted_;
    std::function<netstate::FirewallState()> later_;
    std::optional<bool> has_iptables_;  // Asked once.
    bool is_substituted_ = false;       // nftables in place of iptables, which is not said yet.
    bool complained_ = false;
    uint32_t fights_ = 0;  // How often others have removed rules, since they last let us be.
    Instant last_fight_{};
    io::Timer retry_;
    io::TurnEnd turn_end_;
};

}  // namespace holdfast::app

// The firewall rules of all instances: collects what is wanted, and drives the kernel until it is so.
#pragma once

#include "holdfast/app/edges.hpp"
#include "holdfast/netstate/firewall.hpp"

namespace holdfast::app {

class Firewall {
  public:
    explicit Firewall(Edges& edges);

    /// The names and switches of `global_defs`. As in keepalived they stay as they are once there are rules.
    void configure(const config::GlobalSettings& global);
    /// Makes the rules so. What cannot be made now is tried again.
    void want(netstate::FirewallState state);
    /// Removes what a crashed run has left, unless rules have been made meanwhile, which does the same.
    void remove_leftovers();
    /// Removes everything that was made; with `release` false it stays.
    void stop(bool release);

    const netstate::FirewallState& present() const { return reconciler_.present(); }

  private:
    void settle();

    Edges& edges_;
    netstate::FirewallSettings settings_;
    netstate::FirewallReconciler reconciler_;
    netstate::FirewallState wanted_;
    bool complained_ = false;
    io::Timer retry_;
};

}  // namespace holdfast::app

#include "holdfast/app/firewall.hpp"

namespace holdfast::app {

namespace {

constexpr Duration kRetry = std::chrono::seconds(5);

}  // namespace

Firewall::Firewall(Edges& edges) : edges_(edges), retry_(edges.timers, [this] { settle(); }) {}

void Firewall::configure(const config::GlobalSettings& global) {
    if (!reconciler_.end().empty()) return;
    settings_.table = global.nftables.table.value_or("keepalived");
    settings_.priority = global.nftables.priority;
    settings_.by_index = global.nftables.ifindex;
    settings_.counters = global.nftables.counters;
}

void Firewall::want(netstate::FirewallState state) {
    if (state == wanted_ && state == reconciler_.present()) return;
    wanted_ = std::move(state);
    settle();
}

void Firewall::settle() {
    retry_.cancel();
    // The first failure mostly means that somebody has changed our tables: made anew, they are as they shall
    // be.
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto operations = reconciler_.plan(wanted_);
        if (operations.empty()) return;
        const auto done = edges_.firewall.apply(settings_, operations);
        if (done) {
            reconciler_.succeeded(wanted_);
            complained_ = false;
            return;
        }
        reconciler_.failed();
        if (!std::exchange(complained_, true))
            edges_.log.write(Part::vrrp, LogLevel::error, done.error().message);
    }
    retry_.arm_after(kRetry);
}

void Firewall::remove_leftovers() {
    if (!reconciler_.end().empty() || retry_.armed()) return;
    const std::vector<netstate::FirewallOperation> removal{netstate::RemoveTables{}};
    // Without nftables there is nothing left either; whoever needs rules hears of it.
    (void)edges_.firewall.apply(settings_, removal);
}

void Firewall::stop(bool release) {
    retry_.cancel();
    if (!release) return;
    const auto operations = reconciler_.end();
    if (!operations.empty()) {
        if (const auto done = edges_.firewall.apply(settings_, operations); !done)
            edges_.log.write(Part::vrrp, LogLevel::error, done.error().message);
    }
    reconciler_ = {};
    wanted_ = {};
}

}  // namespace holdfast::app

#include "holdfast/app/firewall.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::app {

namespace {

using namespace std::chrono_literals;

constexpr Duration kRetry = 5s;

// Whoever removes our rules again and again is answered ever more slowly: at once a few times, then with
// doubling delays. After some peace we begin anew.
constexpr uint32_t kFreeRepairs = 3;
constexpr Duration kFirstDelay = 250ms;
constexpr Duration kLongestDelay = 30s;
constexpr Duration kPeace = 60s;

Duration delay_of(uint32_t fights) {
    if (fights < kFreeRepairs) return Duration::zero();
    return std::min<Duration>(kFirstDelay * (1 << std::min(fights - kFreeRepairs, 10U)), kLongestDelay);
}

netstate::FirewallSettings settings_of(const config::GlobalSettings& global) {
    netstate::FirewallSettings settings;
    settings.table = global.nftables.table.value_or("keepalived");
    settings.priority = global.nftables.priority;
    settings.by_index = global.nftables.ifindex;
    settings.counters = global.nftables.counters;
    if (!global.iptables) return settings;
    settings.iptables.emplace();
    settings.iptables->input_chain = global.iptables->input_chain;
    settings.iptables->output_chain = global.iptables->output_chain;
    settings.iptables->sets.reset();
    const std::vector<std::string>& sets = global.ipset_names;
    if (sets.size() == 6) settings.iptables->sets = {sets[0], sets[1], sets[2], sets[3], sets[4], sets[5]};
    return settings;
}

}  // namespace

Firewall::Firewall(Edges& edges)
    : edges_(edges), retry_(edges.timers, [this] { settle(); }), turn_end_(edges.turn_ends, [this] {
          if (later_) want(later_());
      }) {
    edges_.firewall.on_foreign_change([this](const std::string& program) { put_back(program); });
}

Firewall::~Firewall() {
    edges_.firewall.on_foreign_change({});
}

void Firewall::configure(const config::GlobalSettings& global) {
    netstate::FirewallSettings settings = settings_of(global);
    if (settings.iptables && !has_iptables_) {
        has_iptables_ = edges_.firewall.has_iptables();
        is_substituted_ = !*has_iptables_;
    }
    if (settings.iptables && !*has_iptables_) settings.iptables.reset();
    if (settings == settings_) return;
    const auto removal = reconciler_.end();
    if (!removal.empty()) {
        if (const auto done = apply(removal); !done)
            edges_.log.write(Part::vrrp, LogLevel::error, done.error().message);
        reconciler_ = {};
    }
    settings_ = std::move(settings);
    // Until the instances are in their new places the addresses of the old ones stay protected.
    if (!removal.empty()) settle();
}

void Firewall::want(netstate::FirewallState state) {
    if (state == wanted_ && (state == reconciler_.present() || retry_.armed())) return;
    wanted_ = std::move(state);
    settle();
}

void Firewall::want_later(std::function<netstate::FirewallState()> state) {
    later_ = std::move(state);
    turn_end_.request();
}

void Firewall::settle() {
    retry_.cancel();
    for (const bool is_second : {false, true}) {
        const auto operations = reconciler_.plan(wanted_);
        if (operations.empty()) return;
        const auto done = apply(operations);
        if (done) {
            reconciler_.succeeded(wanted_);
            if (is_second || complained_)
                edges_.log.info(Part::vrrp, "The firewall rules have been made anew");
            complained_ = false;
            return;
        }
        reconciler_.failed(wanted_);
        // The first failure mostly means that somebody has changed our tables: made anew, they are as they
        // shall be.
        if (is_second && !std::exchange(complained_, true))
            edges_.log.write(Part::vrrp, LogLevel::error,
                             fmt::format("Cannot set firewall rules: {}", done.error().message));
    }
    retry_.arm_after(kRetry);
}

Result<> Firewall::apply(std::span<const netstate::FirewallOperation> operations) {
    if (std::exchange(is_substituted_, false))
        edges_.log.info(Part::vrrp,
                        "Not using iptables since iptables uses nf_tables - please update configuration");
    auto done = edges_.firewall.apply(settings_, operations);
    for (const std::string& notice : edges_.firewall.take_notices()) edges_.log.info(Part::vrrp, notice);
    return done;
}

void Firewall::put_back(const std::string& program) {
    if (reconciler_.end().empty() || retry_.armed()) return;
    reconciler_.failed(wanted_);
    if (wanted_.empty()) return;  // Chains without a use: made when they are needed.
    const Instant now = edges_.timers.now();
    if (now - last_fight_ >= kPeace) fights_ = 0;
    last_fight_ = now;
    const Duration delay = delay_of(fights_++);
    const std::string who = program.empty() ? "somebody else" : program;
    if (delay == Duration::zero()) {
        edges_.log.write(Part::vrrp, LogLevel::warning,
                         fmt::format("Firewall rules have been removed by {}: putting them back", who));
        settle();
    } else {
        edges_.log.write(
            Part::vrrp, LogLevel::warning,
            fmt::format("Firewall rules have been removed by {} again: putting them back in {} ms", who,
                        std::chrono::duration_cast<std::chrono::milliseconds>(delay).count()));
        retry_.arm_after(delay);
    }
}

void Firewall::remove_leftovers() {
    if (!reconciler_.end().empty() || retry_.armed()) return;
    const std::vector<netstate::FirewallOperation> removal{netstate::RemoveTables{reconciler_.leftovers()}};
    // Without nftables there is nothing left either; whoever needs rules hears of it.
    (void)edges_.firewall.apply(settings_, removal);
    (void)edges_.firewall.take_notices();
}

void Firewall::remove_unneeded() {
    if (!wanted_.empty()) return;
    const auto removal = reconciler_.end();
    if (removal.empty()) return;
    retry_.cancel();
    if (const auto done = apply(removal); done) {
        reconciler_ = {};
    } else {
        edges_.log.write(Part::vrrp, LogLevel::error, done.error().message);
    }
}

void Firewall::stop(bool release) {
    retry_.cancel();
    turn_end_.cancel();
    if (!release) return;
    const auto operations = reconciler_.end();
    if (!operations.empty()) {
        if (const auto done = apply(operations); !done)
            edges_.log.write(Part::vrrp, LogLevel::error, done.error().message);
    }
    reconciler_ = {};
    wanted_ = {};
}

}  // namespace holdfast::app

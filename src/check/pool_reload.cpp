// What a virtual server keeps over a reload.
#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "holdfast/check/expand.hpp"
#include "holdfast/check/log_lines.hpp"
#include "holdfast/check/pool.hpp"

namespace holdfast::check {

std::vector<std::optional<size_t>> match_checkers(const RealServerSettings& before,
                                                  const RealServerSettings& now) {
    std::vector<std::optional<size_t>> matches(now.checkers.size());
    std::vector<bool> taken(before.checkers.size());
    for (size_t i = 0; i < now.checkers.size(); ++i) {
        for (size_t j = 0; j < before.checkers.size(); ++j) {
            if (taken[j] || before.checkers[j].probe != now.checkers[i].probe) continue;
            taken[j] = true;
            matches[i] = j;
            break;
        }
    }
    return matches;
}

void VirtualServerMachine::take_over(VirtualServerMachine& old, PoolActions& out) {
    PoolActions notifications;
    known_before_ = true;
    quorum_up_ = old.quorum_up_;
    std::unordered_map<Endpoint, size_t> here;
    for (size_t i = 0; i < servers_.size(); ++i) here.emplace(settings_->real_servers[i].endpoint, i);
    // Only the first of several with one address and port has a place in the pool.
    std::unordered_set<Endpoint> seen;
    for (size_t i = 0; i < old.servers_.size(); ++i) {
        const Endpoint& endpoint = old.settings_->real_servers[i].endpoint;
        if (!seen.insert(endpoint).second) continue;
        auto stays = here.find(endpoint);
        if (stays != here.end()) {
            carry_server(stays->second, old, i, out, notifications);
            continue;
        }
        out.emplace_back(Log{log_lines::service_gone(old.server_name(i))});
        old.take_out(i, false, out, notifications);
    }
    carry_sorry_server(old, out);
    old.stopped_ = true;
    std::ranges::move(notifications, std::back_inserter(out));
}

void VirtualServerMachine::go_on(const VirtualServerSettings& same, const PoolOptions& options) {
    settings_ = &same;
    options_ = options;
    known_before_ = true;
    goes_on_ = true;
    for (ServerState& server : servers_) {
        server.known_before = true;
        server.previous_weight = server.weight;
    }
}

void VirtualServerMachine::settle(PoolActions& out) {
    PoolActions lines;
    PoolActions notifications;
    for (size_t i = 0; i < servers_.size(); ++i) {
        ServerState& state = servers_[i];
        if (!state.known_before) {
            state.weight = state.next_weight;
            // As in the reference, a failure has to outlast `retry` when the daemon is already running.
            for (CheckerState& checker : state.checkers) checker.first_failure_counts = false;
            let_in(i, notifications);
            continue;
        }
        const int32_t before = limit_weight(state.weight);
        const int32_t after = limit_weight(state.next_weight);
        state.weight = state.next_weight;
        if (before != after)
            lines.emplace_back(
                Log{log_lines::weight_change(before, after, state.alive, server_name(i), name_)});
    }
    judge_quorum(true, lines, notifications);
    // Whatever else changes a pool is said.
    if (!goes_on_ || !lines.empty()) out.emplace_back(UpdatePool{});
    std::ranges::move(lines, std::back_inserter(out));
    std::ranges::move(notifications, std::back_inserter(out));
}

void VirtualServerMachine::carry_sorry_server(const VirtualServerMachine& old, PoolActions& lines) {
    const auto& before = old.settings_->sorry_server;
    const auto& now = settings_->sorry_server;
    if (!before || !old.sorry_alive_) return;
    if (now && now->endpoint == before->endpoint) {
        sorry_alive_ = true;
        return;
    }
    // The reference says "Removing" here also for one with sorry_server_inhibit, because it really goes.
    lines.emplace_back(Log{log_lines::sorry_server(
        false, false, log_lines::real_server(before->endpoint, old.settings_->key.protocol), name_)});
    if (!now) lines.emplace_back(Log{log_lines::alive_servers(true, name_)});
}

void VirtualServerMachine::carry_server(size_t server, const VirtualServerMachine& old, size_t old_server,
                                        PoolActions& lines, PoolActions& notifications) {
    const RealServerSettings& settings = settings_->real_servers[server];
    const RealServerSettings& old_settings = old.settings_->real_servers[old_server];
    const ServerState& before = old.servers_[old_server];
    ServerState& state = servers_[server];
    state.known_before = true;
    state.alive = before.alive;
    state.weight = before.weight;
    state.previous_weight = before.weight;

    const auto matches = match_checkers(old_settings, settings);
    state.failed_checkers = 0;
    bool any_has_run = false;
    for (size_t i = 0; i < matches.size(); ++i) {
        state.checkers[i] = {.up = true, .has_run = false, .first_failure_counts = false};
        if (!matches[i]) continue;
        state.checkers[i] = before.checkers[*matches[i]];
        if (!state.checkers[i].up) ++state.failed_checkers;
        any_has_run = any_has_run || state.checkers[i].has_run;
    }
    // A new alpha checker of a server that is in does not throw it out before it has run; for one that is out
    // it has to succeed like the others.
    if (state.failed_checkers != 0 || (!state.alive && !any_has_run)) {
        for (size_t i = 0; i < matches.size(); ++i) {
            if (matches[i]) continue;
            state.checkers[i].first_failure_counts = true;
            if (settings.checkers[i].schedule.alpha) set_checker(state, state.checkers[i], false);
        }
    }
    // The checker that kept it out has gone.
    if (state.failed_checkers == 0 && !state.alive) {
        lines.emplace_back(
            Log{log_lines::service_state(true, settings.inhibit_on_failure, server_name(server), name_)});
        state.alive = true;
        say_real(server, false, notifications);
    }
}

}  // namespace holdfast::check

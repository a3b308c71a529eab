#include "holdfast/check/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "holdfast/check/expand.hpp"
#include "holdfast/check/log_lines.hpp"

namespace holdfast::check {
namespace {

constexpr size_t kSmallPool = 16;

void append(PoolActions& to, PoolActions&& from) {
    std::ranges::move(from, std::back_inserter(to));
}

}  // namespace

VirtualServerMachine::VirtualServerMachine(const VirtualServerSettings& settings, const PoolOptions& options)
    : settings_(&settings), options_(options), name_(settings.to_string()) {
    servers_.reserve(settings.real_servers.size());
    for (const RealServerSettings& server : settings.real_servers) {
        ServerState state{.weight = server.weight, .next_weight = server.weight};
        state.checkers.resize(server.checkers.size());
        for (size_t i = 0; i < server.checkers.size(); ++i)
            if (server.checkers[i].schedule.alpha) set_checker(state, state.checkers[i], false);
        servers_.push_back(std::move(state));
    }
}

int64_t VirtualServerMachine::live_weight() const {
    int64_t sum = 0;
    for (const ServerState& server : servers_)
        if (server.alive) sum += limit_weight(server.weight);
    return sum;
}

std::string VirtualServerMachine::server_name(size_t server) const {
    return log_lines::real_server(settings_->real_servers[server], *settings_);
}

bool VirtualServerMachine::is_set(size_t server) const {
    return settings_->real_servers[server].inhibit_on_failure || (servers_[server].alive && !sorry_alive_);
}

void VirtualServerMachine::set_checker(ServerState& server, CheckerState& checker, bool up) const {
    if (checker.up == up) return;
    checker.up = up;
    if (!up) {
        ++server.failed_checkers;
    } else if (server.failed_checkers != 0) {
        --server.failed_checkers;
    }
}

void VirtualServerMachine::let_in(size_t server, PoolActions& notifications) {
    if (servers_[server].failed_checkers != 0) return;
    servers_[server].alive = true;
    if (options_.rs_init_notifies) say_real(server, false, notifications);
}

void VirtualServerMachine::assume(size_t server, size_t checker, bool up) {
    CheckerState& one = servers_[server].checkers[checker];
    set_checker(servers_[server], one, up);
    one.has_run = true;
}

void VirtualServerMachine::start(PoolActions& out) {
    PoolActions lines;
    PoolActions notifications;
    for (ServerState& server : servers_) server.weight = server.next_weight;
    for (size_t i = 0; i < servers_.size(); ++i) let_in(i, notifications);
    judge_quorum(true, lines, notifications);
    out.emplace_back(UpdatePool{});
    append(out, std::move(lines));
    append(out, std::move(notifications));
}

void VirtualServerMachine::checker_verdict(size_t server, size_t checker, bool up,
                                           const std::string& mail_body, PoolActions& out) {
    if (stopped_) return;
    ServerState& state = servers_[server];
    CheckerState& one = state.checkers[checker];
    if (one.up == up) {
        // The first result confirms what was assumed. Worth telling only when the assumption was "down", and
        // as in keepalived not by HTTP_GET and SSL_GET, for which a failure is no result yet.
        const Checker& settings = settings_->real_servers[server].checkers[checker];
        const bool tells = up ? settings.schedule.alpha : !std::holds_alternative<HttpCheck>(settings.probe);
        if (!one.has_run && tells) say_real(server, false, out);
        // MISC_CHECK alone also mails a first result that is no news.
        const bool mails = std::holds_alternative<MiscCheck>(settings.probe);
        if (!one.has_run && mails && !options_.no_checker_emails) mail_real(server, mail_body, out);
        one.has_run = true;
        return;
    }
    one.has_run = true;
    const bool was_alive = state.alive;
    const bool last_failing_recovers = up && state.failed_checkers <= 1;
    const bool first_fails = !up && state.failed_checkers == 0;
    set_checker(state, one, up);
    if (last_failing_recovers || first_fails) set_server(server, up, out);
    if (was_alive != state.alive || !options_.no_checker_emails) mail_real(server, mail_body, out);
}

void VirtualServerMachine::set_server(size_t server, bool alive, PoolActions& out) {
    if (servers_[server].alive == alive) return;
    out.emplace_back(Log{log_lines::service_state(alive, settings_->real_servers[server].inhibit_on_failure,
                                                  server_name(server), name_)});
    servers_[server].alive = alive;
    PoolActions notifications;
    say_real(server, false, notifications);
    judge_quorum(false, out, notifications);
    out.emplace_back(UpdatePool{});
    append(out, std::move(notifications));
}

void VirtualServerMachine::set_weight(size_t server, int64_t weight, PoolActions& out) {
    if (stopped_) return;
    ServerState& state = servers_[server];
    const int32_t before = limit_weight(state.weight);
    const int32_t after = limit_weight(weight);
    state.weight = weight;
    if (before == after) return;
    out.emplace_back(Log{log_lines::weight_change(before, after, state.alive, server_name(server), name_)});
    PoolActions notifications;
    judge_quorum(false, out, notifications);
    out.emplace_back(UpdatePool{});
    append(out, std::move(notifications));
}

void VirtualServerMachine::judge_quorum(bool at_start, PoolActions& lines, PoolActions& notifications) {
    const int64_t weight = live_weight();
    const int64_t hysteresis = settings_->hysteresis;
    const int64_t threshold = int64_t{settings_->quorum} + (quorum_up_ ? -hysteresis : hysteresis);
    const auto& sorry = settings_->sorry_server;
    auto sorry_line = [&](bool up) {
        lines.emplace_back(Log{log_lines::sorry_server(
            up, sorry->inhibit, log_lines::real_server(sorry->endpoint, settings_->key.protocol), name_)});
    };

    // A pool of weights 0 alone has a quorum of 0 and yet nobody who serves.
    if (!quorum_up_ && weight >= threshold && weight > 0) {
        quorum_up_ = true;
        lines.emplace_back(Log{
            log_lines::quorum_gained(settings_->quorum, settings_->hysteresis, threshold, weight, name_)});
        if (sorry && sorry_alive_) {
            sorry_line(false);
            sorry_alive_ = false;
            lines.emplace_back(Log{log_lines::alive_servers(true, name_)});
        }
    } else if ((quorum_up_ && (weight == 0 || weight < threshold)) ||
               (at_start && !quorum_up_ && sorry && !sorry_alive_)) {
        quorum_up_ = false;
        lines.emplace_back(Log{log_lines::quorum_lost(at_start, settings_->quorum, settings_->hysteresis,
                                                      threshold, weight, name_)});
        if (sorry && !sorry_alive_) {
            sorry_line(true);
            lines.emplace_back(Log{log_lines::alive_servers(false, name_)});
            sorry_alive_ = true;
        }
    } else {
        return;
    }
    say_virtual(at_start, false, threshold, weight, notifications);
}

void VirtualServerMachine::say_virtual(bool at_start, bool at_stop, int64_t threshold, int64_t weight,
                                       PoolActions& out) const {
    const auto& command = quorum_up_ ? settings_->quorum_up : settings_->quorum_down;
    if (command) out.emplace_back(RunCommand{*command, at_stop, "VS " + name_});
    out.emplace_back(FifoLine{log_lines::fifo_virtual_server(name_, quorum_up_)});
    if (!mails_virtual_server()) return;
    std::string body = at_stop ? "=> Shutting down <="
                               : log_lines::quorum_mail_body(quorum_up_, at_start, settings_->quorum,
                                                             settings_->hysteresis, threshold, weight);
    out.emplace_back(Mail{log_lines::mail_subject_virtual_server(name_, quorum_up_), std::move(body)});
}

void VirtualServerMachine::say_real(size_t server, bool at_stop, PoolActions& out) const {
    const RealServerSettings& settings = settings_->real_servers[server];
    const bool alive = servers_[server].alive;
    const auto& command = alive ? settings.notify_up : settings.notify_down;
    if (command)
        out.emplace_back(
            RunCommand{*command, at_stop, fmt::format("RS {} of VS {}", server_name(server), name_)});
    out.emplace_back(FifoLine{log_lines::fifo_real_server(server_name(server), name_, alive)});
}

void VirtualServerMachine::mail_real(size_t server, const std::string& body, PoolActions& out) const {
    if (body.empty() || !mails_real_server(server)) return;
    out.emplace_back(
        Mail{log_lines::mail_subject_real_server(server_name(server), name_, servers_[server].alive), body});
}

void VirtualServerMachine::take_out(size_t server, bool stopping, PoolActions& lines,
                                    PoolActions& notifications) {
    ServerState& state = servers_[server];
    const bool inhibited = settings_->real_servers[server].inhibit_on_failure && !state.alive;
    const bool set = is_set(server);
    if (set || stopping)
        lines.emplace_back(Log{log_lines::service_shutdown(stopping, inhibited, server_name(server), name_)});
    if (!set || !state.alive) return;
    state.alive = false;
    if (stopping && !settings_->omega) return;
    say_real(server, stopping, notifications);
    mail_real(server, stopping ? "=> Shutting down <=" : "=> Removing <=", notifications);
}

void VirtualServerMachine::stop(Leaving how, PoolActions& out) {
    if (stopped_) return;
    const bool stopping = how != Leaving::removed;
    PoolActions notifications;
    if (how != Leaving::flushing)
        for (size_t i = 0; i < servers_.size(); ++i) take_out(i, stopping, out, notifications);

    const int64_t weight = live_weight();
    const int64_t threshold = int64_t{settings_->quorum} - settings_->hysteresis;
    if (stopping || (quorum_up_ && (weight == 0 || weight < threshold))) {
        quorum_up_ = false;
        if (!stopping || settings_->omega) say_virtual(false, stopping, threshold, weight, notifications);
    }
    stopped_ = true;
    out.emplace_back(UpdatePool{});
    append(out, std::move(notifications));
}

void VirtualServerMachine::put_destinations(const ipvs::ServiceKey& key, ipvs::Service& service) const {
    if (stopped_) return;
    const bool in_group = !settings_->group.empty();
    // In a large pool searching would make it quadratic.
    const bool large = servers_.size() > kSmallPool;
    std::unordered_set<ipvs::DestinationKey> known;
    if (large)
        for (const ipvs::Destination& one : service.destinations) known.insert(one.key);
    service.destinations.reserve(service.destinations.size() + servers_.size());
    for (size_t i = 0; i < servers_.size(); ++i) {
        const RealServerSettings& server = settings_->real_servers[i];
        const bool serves = servers_[i].alive && !sorry_alive_;
        if (!serves && !server.inhibit_on_failure) continue;
        const ipvs::Destination destination{
            destination_for(server.endpoint, server.forwarding, key, in_group),
            {.forwarding = server.forwarding,
             .weight = serves ? limit_weight(servers_[i].weight) : 0,
             .upper_threshold = server.upper_threshold,
             .lower_threshold = server.lower_threshold}};
        const bool is_new =
            large ? known.insert(destination.key).second : service.find(destination.key) == nullptr;
        if (is_new) service.destinations.push_back(destination);
    }
    const auto& sorry = settings_->sorry_server;
    if (!sorry || (!sorry_alive_ && !sorry->inhibit)) return;
    // Without a port of its own it has port 0, as in keepalived: that of the packet.
    const ipvs::Destination destination{destination_for(sorry->endpoint, sorry->forwarding, key, true),
                                        {.forwarding = sorry->forwarding, .weight = sorry_alive_ ? 1 : 0}};
    // The sorry server may be one of the real servers as well. When it serves, its weight is the one that
    // counts.
    if (sorry_alive_ || service.find(destination.key) == nullptr) service.put(destination);
}

}  // namespace holdfast::check

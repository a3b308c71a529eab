#include "holdfast/check/director.hpp"

#include <algorithm>

#include "holdfast/check/expand.hpp"
#include "holdfast/check/log_lines.hpp"

namespace holdfast::check {

int64_t Director::contributions(size_t virtual_server, size_t real_server) const {
    int64_t sum = 0;
    if (contributions_.empty()) return sum;
    for (CheckerId id : ids_[virtual_server][real_server]) sum += contribution(id);
    return sum;
}

void Director::stop(bool flushing, const std::function<void(const DirectorActions&)>& perform) {
    UpdateServices changed;
    for (const auto& keys : services_) changed.keys.insert(changed.keys.end(), keys.begin(), keys.end());
    users_.clear();
    perform({std::move(changed)});
    for (const auto& machine : machines_) {
        PoolActions said;
        machine->stop(flushing ? Leaving::flushing : Leaving::stopping, said);
        DirectorActions actions;
        (void)relay_without_updates(std::move(said), actions);
        perform(actions);
    }
}

void Director::relay(size_t virtual_server, PoolActions&& from, DirectorActions& out) const {
    for (PoolAction& action : from) {
        std::visit(
            [&]<class Action>(Action& one) {
                if constexpr (std::is_same_v<Action, UpdatePool>) {
                    out.emplace_back(UpdateServices{services_[virtual_server]});
                } else {
                    out.emplace_back(std::move(one));
                }
            },
            action);
    }
}

const CheckerPlace* Director::place(CheckerId id) const {
    auto found = checkers_.find(id);
    return found == checkers_.end() ? nullptr : &found->second;
}

const Checker* Director::checker(CheckerId id) const {
    const CheckerPlace* at = place(id);
    if (at == nullptr) return nullptr;
    return &settings_->virtual_servers[at->virtual_server]
                ->real_servers[at->real_server]
                .checkers[at->checker];
}

const VirtualServerMachine::CheckerState* Director::state(CheckerId id) const {
    const CheckerPlace* at = place(id);
    if (at == nullptr) return nullptr;
    return &machines_[at->virtual_server]->servers()[at->real_server].checkers[at->checker];
}

bool Director::starts_up(CheckerId id) const {
    const auto* known = state(id);
    return known != nullptr && known->up;
}

bool Director::first_failure_counts(CheckerId id) const {
    const auto* known = state(id);
    return known == nullptr || known->first_failure_counts;
}

std::vector<CheckerId> Director::checkers() const {
    std::vector<CheckerId> all;
    all.reserve(checkers_.size());
    for (const Ids& servers : ids_)
        for (const auto& row : servers) all.insert(all.end(), row.begin(), row.end());
    return all;
}

std::string Director::server_name(CheckerId id) const {
    const CheckerPlace* at = place(id);
    if (at == nullptr) return {};
    const VirtualServerSettings& server = *settings_->virtual_servers[at->virtual_server];
    return log_lines::real_server(server.real_servers[at->real_server], server);
}

const std::string& Director::virtual_server_name(CheckerId id) const {
    static const std::string kNone;
    const CheckerPlace* at = place(id);
    return at == nullptr ? kNone : machines_[at->virtual_server]->name();
}

void Director::verdict(CheckerId id, const Verdict& verdict, DirectorActions& out) {
    const CheckerPlace* at = place(id);
    if (at == nullptr) return;
    const Checker& one = *checker(id);
    std::string line = log_lines::verdict(one, verdict, server_name(id), virtual_server_name(id));
    if (!line.empty()) out.emplace_back(Log{std::move(line)});
    if (!verdict.up && std::holds_alternative<MiscCheck>(one.probe)) {
        if (const auto own = contributions_.find(id); own != contributions_.end()) own->second.wish.reset();
        set_contribution(id, 0, true, out);
    }
    PoolActions actions;
    machines_[at->virtual_server]->checker_verdict(at->real_server, at->checker, verdict.up,
                                                   log_lines::mail_body(one, verdict), actions);
    relay(at->virtual_server, std::move(actions), out);
}

void Director::failure(CheckerId id, const FailureSeen& failure, DirectorActions& out) const {
    const Checker* one = checker(id);
    if (one == nullptr || !(settings_->log_all_failures || one->schedule.log_all_failures)) return;
    std::string line = log_lines::failure(*one, failure, server_name(id), virtual_server_name(id));
    if (!line.empty()) out.emplace_back(Log{std::move(line)});
}

void Director::success(CheckerId id, const SuccessSeen& success, DirectorActions& out) const {
    if (checker(id) != nullptr) out.emplace_back(Log{log_lines::success(success, server_name(id))});
}

void Director::remark(CheckerId id, const std::string& remark, DirectorActions& out) const {
    if (checker(id) == nullptr || remark.empty()) return;
    out.emplace_back(Log{log_lines::remark(remark, server_name(id), virtual_server_name(id))});
}

void Director::follow(CheckerId id, const Opinion& opinion, DirectorActions& out) {
    const auto* known = state(id);
    if (known == nullptr) return;
    const bool news = !known->has_run || known->up != opinion.up;
    const Verdict told{.up = opinion.up, .first = !known->has_run, .was_up = known->up};
    const auto* file = std::get_if<FileCheck>(&checker(id)->probe);
    if (known->up != opinion.up && file != nullptr)
        out.emplace_back(Log{log_lines::tracked_file(!opinion.up, server_name(id), file->track_file), true});
    // A server that returns does so with its weight; one that goes keeps it until it has gone.
    if (news && !opinion.up) verdict(id, told, out);
    set_contribution(id, opinion.contribution, news, out);
    if (news && opinion.up) verdict(id, told, out);
}

void Director::wish_weight(CheckerId id, std::optional<int64_t> weight, DirectorActions& out) {
    const CheckerPlace* at = place(id);
    if (at == nullptr) return;
    if (weight || contributions_.contains(id)) contributions_[id].wish = weight;
    const auto& server = settings_->virtual_servers[at->virtual_server]->real_servers[at->real_server];
    set_contribution(id, weight ? *weight - server.weight : 0, false, out);
}

void Director::set_contribution(CheckerId id, int64_t contribution, bool silently, DirectorActions& out) {
    if (this->contribution(id) == contribution) return;
    contributions_[id].value = contribution;
    const CheckerPlace& at = checkers_.at(id);
    VirtualServerMachine& machine = *machines_[at.virtual_server];
    const int64_t weight =
        settings_->virtual_servers[at.virtual_server]->real_servers[at.real_server].weight +
        contributions(at.virtual_server, at.real_server);
    if (silently) return machine.set_weight_silently(at.real_server, weight);
    PoolActions actions;
    machine.set_weight(at.real_server, weight, actions);
    relay(at.virtual_server, std::move(actions), out);
}

bool Director::address_present(size_t virtual_server) const {
    return std::ranges::any_of(addresses_[virtual_server],
                               [&](const IpAddress& address) { return host_addresses_.contains(address); });
}

std::vector<CheckerId> Director::address_count(const IpAddress& address, size_t count, DirectorActions& out) {
    if (count == 0) {
        host_addresses_.erase(address);
    } else {
        host_addresses_[address] = count;
    }
    std::vector<CheckerId> affected;
    const auto waiting = awaiting_.find(address);
    if (waiting == awaiting_.end()) return affected;
    for (const size_t i : waiting->second) {
        const bool now = !address_present(i);
        if (now == suspended_[i]) continue;
        suspended_[i] = now;
        for (const auto& row : ids_[i]) {
            for (CheckerId id : row) {
                affected.push_back(id);
                out.emplace_back(
                    Log{log_lines::healthchecker_resumed(!now, server_name(id), virtual_server_name(id))});
            }
        }
    }
    return affected;
}

bool Director::suspended(CheckerId id) const {
    const CheckerPlace* at = place(id);
    return at != nullptr && suspended_[at->virtual_server];
}

std::optional<ipvs::Service> Director::service(const ipvs::ServiceKey& key) const {
    auto found = users_.find(key);
    if (found == users_.end()) return std::nullopt;
    ipvs::Service service{.attributes =
                              attributes_for(*settings_->virtual_servers[found->second.front()], key)};
    for (size_t user : found->second) machines_[user]->put_destinations(key, service);
    return service;
}

ipvs::Table Director::desired() const {
    ipvs::Table table;
    if (users_.empty()) return table;
    for (size_t i = 0; i < machines_.size(); ++i)
        for (const ipvs::ServiceKey& key : services_[i])
            machines_[i]->put_destinations(
                key, table.add(key, attributes_for(*settings_->virtual_servers[i], key)));
    return table;
}

}  // namespace holdfast::check

#include "holdfast/check/director.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "holdfast/check/expand.hpp"
#include "holdfast/check/log_lines.hpp"

namespace holdfast::check {
namespace {

const VirtualServerGroup* find_group(const DirectorSettings& settings, const std::string& name) {
    auto found = std::ranges::find(settings.groups, name, &VirtualServerGroup::name);
    return found == settings.groups.end() ? nullptr : &*found;
}

// What makes a virtual server the same one after a reload: its group and place in it, or its kernel identity.
std::string identity(const VirtualServerSettings& server) {
    const char* family = server.key.family == Family::ipv6 ? "6" : "4";
    return server.key.firewall_mark != 0 && server.group.empty() ? server.to_string() + family
                                                                 : server.to_string();
}

// FILE_CHECK and BFD_CHECK follow something else and run nothing of their own.
bool runs_probes(const Checker& checker) {
    return !std::holds_alternative<FileCheck>(checker.probe) &&
           !std::holds_alternative<BfdCheck>(checker.probe);
}

// Entries of a group that only one of two generations has, addresses before marks.
void say_entries(const VirtualServerGroup& from, const VirtualServerGroup& without, bool added,
                 ipvs::Protocol protocol, PoolActions& out) {
    for (const bool marks : {false, true})
        for (const GroupEntry& entry : from.entries)
            if ((entry.firewall_mark != 0) == marks &&
                std::ranges::find(without.entries, entry) == without.entries.end())
                out.emplace_back(Log{log_lines::group_entry(entry, added, from.name, protocol)});
}

// What `from` has of the virtual server's group and `without` has not.
void say_group_changes(const DirectorSettings& from, const DirectorSettings& without, bool added,
                       const VirtualServerSettings& server, PoolActions& out) {
    if (server.group.empty()) return;
    const VirtualServerGroup* group = find_group(from, server.group);
    const VirtualServerGroup* other = find_group(without, server.group);
    if (group != nullptr && other != nullptr) say_entries(*group, *other, added, server.key.protocol, out);
}

}  // namespace

void Director::drop_unusable(DirectorSettings& settings, DirectorActions& out) const {
    std::erase_if(settings.virtual_servers, [&](const VirtualServerSettings& server) {
        if (server.real_servers.empty()) return true;
        if (server.group.empty() || find_group(settings, server.group) != nullptr) return false;
        out.emplace_back(
            Log{fmt::format("Virtual server group {} specified but not configured - ignoring virtual "
                            "server {}",
                            server.group, server.to_string())});
        return true;
    });
}

void Director::expand() {
    services_.clear();
    users_.clear();
    addresses_.clear();
    if (next_mark_ == 0) next_mark_ = settings_->first_mark.value_or(0);
    const auto marks_before = std::exchange(marks_, {});
    for (size_t i = 0; i < settings_->virtual_servers.size(); ++i) {
        const VirtualServerSettings& server = settings_->virtual_servers[i];
        const VirtualServerGroup* group = find_group(*settings_, server.group);
        auto services = services_of(server, group);
        auto& addresses = addresses_.emplace_back();
        if (server.ha_suspend)
            for (const ipvs::ServiceKey& key : services) addresses.push_back(key.endpoint.address);
        if (const uint32_t mark = take_mark(server, group, marks_before))
            services = marked_services_of(*group, mark);
        services_.push_back(std::move(services));
        for (const ipvs::ServiceKey& key : services_.back()) users_[key].push_back(i);
    }
}

uint32_t Director::take_mark(const VirtualServerSettings& server, const VirtualServerGroup* group,
                             const Marks& before) {
    if (!settings_->first_mark || group == nullptr || !can_be_marked(*group)) return 0;
    const auto [mark, fresh] = marks_.try_emplace({group->name, server.key.protocol});
    if (!fresh) return mark->second;
    const auto known = before.find(mark->first);
    mark->second = known != before.end() ? known->second : next_mark_++;
    return mark->second;
}

std::vector<ipvs::MarkedAddresses> Director::marked() const {
    std::vector<ipvs::MarkedAddresses> all;
    for (const auto& [whose, mark] : marks_) {
        const VirtualServerGroup* group = find_group(*settings_, whose.first);
        if (group == nullptr) continue;
        for (const GroupEntry& entry : group->entries)
            all.push_back({.protocol = whose.second,
                           .first = entry.first.address,
                           .last = advance(entry.first.address, entry.count - 1),
                           .port = entry.first.port,
                           .mark = mark});
    }
    std::ranges::sort(all);
    return all;
}

void Director::load(DirectorSettings settings, DirectorActions& out) {
    drop_unusable(settings, out);
    const auto old_settings =
        std::exchange(settings_, std::make_unique<DirectorSettings>(std::move(settings)));
    const auto old_machines = std::exchange(machines_, {});
    const auto old_services = services_;
    const auto old_ids = std::exchange(ids_, {});
    expand();

    UpdateServices changed;
    for (const auto& keys : services_) changed.keys.insert(changed.keys.end(), keys.begin(), keys.end());
    for (const auto& keys : old_services)
        std::ranges::copy_if(keys, std::back_inserter(changed.keys),
                             [&](const ipvs::ServiceKey& key) { return !users_.contains(key); });
    out.emplace_back(std::move(changed));

    std::unordered_map<std::string, std::deque<size_t>> known;
    for (size_t i = 0; i < old_machines.size(); ++i)
        known[identity(old_machines[i]->settings())].push_back(i);
    std::vector<std::optional<size_t>> before(settings_->virtual_servers.size());
    for (size_t i = 0; i < before.size(); ++i) {
        auto found = known.find(identity(settings_->virtual_servers[i]));
        if (found == known.end() || found->second.empty()) continue;
        before[i] = found->second.front();
        found->second.pop_front();
    }

    // The pools are brought up to date once, by the UpdateServices in front; the machines' own requests are
    // dropped.
    auto relay_without_updates = [&](PoolActions&& actions) {
        std::erase_if(actions, [](const PoolAction& one) { return std::holds_alternative<UpdatePool>(one); });
        relay(0, std::move(actions), out);
    };
    // As the reference does it, two rounds: what was there goes or is carried over in its old order, then
    // everything is judged in the new one.
    std::vector<std::optional<size_t>> after(old_machines.size());
    added_.clear();
    kept_.clear();
    removed_.clear();
    entries_before_.clear();
    for (size_t i = 0; i < settings_->virtual_servers.size(); ++i) {
        machines_.push_back(
            std::make_unique<VirtualServerMachine>(settings_->virtual_servers[i], settings_->options));
        if (before[i]) {
            after[*before[i]] = i;
            ids_.push_back(number_checkers(i, &old_machines[*before[i]]->settings(), &old_ids[*before[i]]));
        } else {
            ids_.push_back(number_checkers(i, nullptr, nullptr));
        }
    }
    for (size_t i = 0; i < old_machines.size(); ++i) {
        PoolActions actions;
        if (after[i]) {
            remember_entries(*old_settings, old_machines[i]->settings().group);
            say_group_changes(*old_settings, *settings_, false, old_machines[i]->settings(), actions);
            machines_[*after[i]]->take_over(*old_machines[i], actions);
        } else {
            actions.emplace_back(Log{log_lines::virtual_server_gone(old_machines[i]->settings())});
            old_machines[i]->stop(Leaving::removed, actions);
        }
        relay_without_updates(std::move(actions));
    }
    const std::unordered_set<CheckerId> still(kept_.begin(), kept_.end());
    for (const Ids& servers : old_ids)
        for (const auto& checkers : servers)
            for (CheckerId id : checkers)
                if (!still.contains(id)) removed_.push_back(id);
    for (CheckerId id : removed_) checkers_.erase(id);

    know_addresses(out);
    contribute_again();
    for (size_t i = 0; i < machines_.size(); ++i) {
        for (size_t server = 0; server < machines_[i]->servers().size(); ++server)
            machines_[i]->set_initial_weight(
                server, settings_->virtual_servers[i].real_servers[server].weight + contributions(i, server));
        PoolActions actions;
        if (before[i]) {
            say_group_changes(*settings_, *old_settings, true, settings_->virtual_servers[i], actions);
            machines_[i]->settle(actions);
        } else {
            assume_files(i);
            machines_[i]->start(actions);
        }
        relay_without_updates(std::move(actions));
    }
    for (CheckerId id : checkers())
        if (runs_probes(*checker(id)) && (suspended(id) || !state(id)->has_run))
            out.emplace_back(
                Log{log_lines::healthchecker(!suspended(id), server_name(id), virtual_server_name(id))});
}

void Director::remember_entries(const DirectorSettings& before, const std::string& group) {
    if (group.empty()) return;
    const auto found = std::ranges::find(before.groups, group, &VirtualServerGroup::name);
    if (found != before.groups.end()) entries_before_.emplace(group, found->entries);
}

bool Director::known_before(const VirtualServerGroup& group, const GroupEntry& entry) const {
    const auto before = entries_before_.find(group.name);
    return before != entries_before_.end() &&
           std::ranges::find(before->second, entry) != before->second.end();
}

// ha_suspend. Those that are here when the daemon starts are told as if they had just come.
void Director::know_addresses(DirectorActions& out) {
    awaiting_.clear();
    for (size_t i = 0; i < machines_.size(); ++i) {
        if (!settings_->virtual_servers[i].ha_suspend) continue;
        for (const IpAddress& address : addresses_[i]) {
            auto& waiting = awaiting_[address];
            if (waiting.empty() || waiting.back() != i) waiting.push_back(i);
            if (waiting.size() > 1 || !settings_->has_address) continue;
            if (!settings_->has_address(address)) {
                host_addresses_.erase(address);
            } else if (host_addresses_.emplace(address, 1).second) {
                out.emplace_back(Log{log_lines::address_seen(address, true), true});
            }
        }
    }
    suspended_.assign(machines_.size(), false);
    for (size_t i = 0; i < machines_.size(); ++i)
        suspended_[i] = settings_->virtual_servers[i].ha_suspend && !address_present(i);
}

// A reload may have changed what a contribution is reckoned from.
void Director::contribute_again() {
    for (auto& [id, entry] : checkers_) {
        const RealServerSettings& server =
            settings_->virtual_servers[entry.place.virtual_server].real_servers[entry.place.real_server];
        if (entry.wish) {
            entry.contribution = *entry.wish - server.weight;
        } else if (const auto* file = std::get_if<FileCheck>(&server.checkers[entry.place.checker].probe);
                   file != nullptr && settings_->opinion_of) {
            entry.contribution = settings_->opinion_of(*file).contribution;
        }
    }
}

void Director::assume_files(size_t index) {
    if (!settings_->opinion_of) return;
    const auto& servers = settings_->virtual_servers[index].real_servers;
    for (size_t server = 0; server < servers.size(); ++server)
        for (size_t i = 0; i < servers[server].checkers.size(); ++i)
            if (const auto* file = std::get_if<FileCheck>(&servers[server].checkers[i].probe))
                machines_[index]->assume(server, i, settings_->opinion_of(*file).up);
}

Director::Ids Director::number_checkers(size_t index, const VirtualServerSettings* before,
                                        const Ids* ids_before) {
    const VirtualServerSettings& now = settings_->virtual_servers[index];
    std::unordered_map<Endpoint, size_t> known;
    if (before != nullptr)
        for (size_t i = 0; i < before->real_servers.size(); ++i)
            known.emplace(before->real_servers[i].endpoint, i);

    Ids ids;
    for (size_t server = 0; server < now.real_servers.size(); ++server) {
        const RealServerSettings& settings = now.real_servers[server];
        std::vector<std::optional<size_t>> matches(settings.checkers.size());
        auto old_server = known.find(settings.endpoint);
        if (old_server != known.end())
            matches = match_checkers(before->real_servers[old_server->second], settings);
        auto& row = ids.emplace_back();
        for (size_t i = 0; i < matches.size(); ++i) {
            const bool is_kept = matches[i].has_value();
            const CheckerId id = is_kept ? (*ids_before)[old_server->second][*matches[i]] : next_id_++;
            (is_kept ? kept_ : added_).push_back(id);
            checkers_[id].place = {index, server, i};
            row.push_back(id);
        }
    }
    return ids;
}

int64_t Director::contributions(size_t virtual_server, size_t real_server) const {
    int64_t sum = 0;
    for (CheckerId id : ids_[virtual_server][real_server]) sum += checkers_.at(id).contribution;
    return sum;
}

void Director::stop(bool flushing, DirectorActions& out) {
    UpdateServices changed;
    for (const auto& keys : services_) changed.keys.insert(changed.keys.end(), keys.begin(), keys.end());
    out.emplace_back(std::move(changed));
    for (const auto& machine : machines_) {
        PoolActions actions;
        machine->stop(flushing ? Leaving::flushing : Leaving::stopping, actions);
        std::erase_if(actions, [](const PoolAction& one) { return std::holds_alternative<UpdatePool>(one); });
        relay(0, std::move(actions), out);
    }
    users_.clear();
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
    return found == checkers_.end() ? nullptr : &found->second.place;
}

const Checker* Director::checker(CheckerId id) const {
    const CheckerPlace* at = place(id);
    if (at == nullptr) return nullptr;
    return &settings_->virtual_servers[at->virtual_server]
                .real_servers[at->real_server]
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
    const VirtualServerSettings& server = settings_->virtual_servers[at->virtual_server];
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
        checkers_.at(id).wish.reset();
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
    auto found = checkers_.find(id);
    if (found == checkers_.end()) return;
    found->second.wish = weight;
    const CheckerPlace& at = found->second.place;
    const auto& server = settings_->virtual_servers[at.virtual_server].real_servers[at.real_server];
    set_contribution(id, weight ? *weight - server.weight : 0, false, out);
}

void Director::set_contribution(CheckerId id, int64_t contribution, bool silently, DirectorActions& out) {
    CheckerEntry& entry = checkers_.at(id);
    if (entry.contribution == contribution) return;
    entry.contribution = contribution;
    const CheckerPlace& at = entry.place;
    VirtualServerMachine& machine = *machines_[at.virtual_server];
    const int64_t weight = settings_->virtual_servers[at.virtual_server].real_servers[at.real_server].weight +
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
                              attributes_for(settings_->virtual_servers[found->second.front()], key)};
    for (size_t user : found->second) machines_[user]->put_destinations(key, service);
    return service;
}

ipvs::Table Director::desired() const {
    ipvs::Table table;
    if (users_.empty()) return table;
    for (size_t i = 0; i < machines_.size(); ++i)
        for (const ipvs::ServiceKey& key : services_[i])
            machines_[i]->put_destinations(
                key, table.add(key, attributes_for(settings_->virtual_servers[i], key)));
    return table;
}

}  // namespace holdfast::check

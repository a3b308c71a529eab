// Loads and reloads: from one generation of settings to the next, with what is known of the servers.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "holdfast/check/director.hpp"
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
    std::erase_if(settings.virtual_servers, [&](const Shared<VirtualServerSettings>& shared) {
        const VirtualServerSettings& server = *shared;
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
        const VirtualServerSettings& server = *settings_->virtual_servers[i];
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

/// What of the generation before is still needed while the next one takes its place.
struct Director::Before {
    std::unique_ptr<DirectorSettings> settings;
    std::vector<std::unique_ptr<VirtualServerMachine>> machines;  ///< Null: goes on in the new generation.
    std::vector<std::vector<ipvs::ServiceKey>> services;
    std::vector<Ids> ids;
    std::vector<bool> suspended;
    std::vector<std::optional<size_t>> of;     ///< By new virtual server: which one it was.
    std::vector<std::optional<size_t>> after;  ///< By old virtual server: which one it is.
};

void Director::load(DirectorSettings settings, DirectorActions& out) {
    drop_unusable(settings, out);
    Before before{
        .settings = std::exchange(settings_, std::make_unique<DirectorSettings>(std::move(settings))),
        .machines = std::exchange(machines_, {}),
        .services = std::exchange(services_, {}),
        .ids = std::exchange(ids_, {}),
        .suspended = std::exchange(suspended_, {}),
        .of = {},
        .after = {}};
    expand();
    match(before);
    // The pools are brought up to date once, in front of everything that is said about them.
    const size_t update = out.size();
    out.emplace_back(UpdateServices{});
    std::vector<ipvs::ServiceKey> changed;
    // As the reference does it, two rounds: what was there goes or is carried over in its old order, then
    // everything is judged in the new one.
    make_machines(before);
    leave(before, out);
    know_addresses(out);
    for (size_t i = 0; i < machines_.size(); ++i)
        if (goes_on(before, i) && suspended_[i] != before.suspended[*before.of[i]])
            for (const auto& row : ids_[i]) kept_.insert(kept_.end(), row.begin(), row.end());
    contribute_again();
    for (size_t i = 0; i < machines_.size(); ++i)
        if (judge(before, i, out)) changed.insert(changed.end(), services_[i].begin(), services_[i].end());
    // Which of several virtual servers comes first may have changed.
    for (const auto& [key, users] : users_)
        if (users.size() > 1) changed.push_back(key);
    std::unordered_set<ipvs::ServiceKey> known(changed.begin(), changed.end());
    for (size_t i = 0; i < before.machines.size(); ++i)
        if (before.machines[i])
            std::ranges::copy_if(before.services[i], std::back_inserter(changed),
                                 [&](const ipvs::ServiceKey& key) { return known.insert(key).second; });
    if (changed.empty()) {
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(update));
    } else {
        std::get<UpdateServices>(out[update]).keys = std::move(changed);
    }
    announce_checkers(out);
}

void Director::match(Before& before) const {
    std::unordered_map<std::string, std::deque<size_t>> known;
    for (size_t i = 0; i < before.machines.size(); ++i)
        known[identity(before.machines[i]->settings())].push_back(i);
    before.of.resize(settings_->virtual_servers.size());
    before.after.resize(before.machines.size());
    for (size_t i = 0; i < before.of.size(); ++i) {
        auto found = known.find(identity(*settings_->virtual_servers[i]));
        if (found == known.end() || found->second.empty()) continue;
        before.of[i] = found->second.front();
        before.after[found->second.front()] = i;
        found->second.pop_front();
    }
}

bool Director::unchanged(const Before& before, size_t now) const {
    const size_t old = *before.of[now];
    const VirtualServerSettings& server = *settings_->virtual_servers[now];
    if (before.services[old] != services_[now] || before.machines[old]->settings() != server) return false;
    if (server.group.empty()) return true;
    const VirtualServerGroup* group = find_group(*settings_, server.group);
    const VirtualServerGroup* group_before = find_group(*before.settings, server.group);
    return group != nullptr && group_before != nullptr && *group == *group_before;
}

bool Director::goes_on(const Before& before, size_t now) {
    return before.of[now] && !before.machines[*before.of[now]];
}

void Director::make_machines(Before& before) {
    added_.clear();
    kept_.clear();
    removed_.clear();
    entries_before_.clear();
    for (size_t i = 0; i < settings_->virtual_servers.size(); ++i) {
        const VirtualServerSettings& server = *settings_->virtual_servers[i];
        const std::optional<size_t> old = before.of[i];
        if (old && unchanged(before, i)) {
            machines_.push_back(std::move(before.machines[*old]));
            machines_.back()->go_on(server, settings_->options);
            ids_.push_back(std::move(before.ids[*old]));
            if (*old != i)
                for (const auto& row : ids_.back())
                    for (const CheckerId id : row) checkers_.at(id).virtual_server = i;
            continue;
        }
        machines_.push_back(std::make_unique<VirtualServerMachine>(server, settings_->options));
        ids_.push_back(number_checkers(i, old ? &before.machines[*old]->settings() : nullptr,
                                       old ? &before.ids[*old] : nullptr));
    }
    const std::unordered_set<CheckerId> still(kept_.begin(), kept_.end());
    for (size_t i = 0; i < before.machines.size(); ++i)
        if (before.machines[i])
            for (const auto& row : before.ids[i])
                std::ranges::copy_if(row, std::back_inserter(removed_),
                                     [&](CheckerId id) { return !still.contains(id); });
    for (const CheckerId id : removed_) {
        checkers_.erase(id);
        contributions_.erase(id);
    }
}

void Director::leave(Before& before, DirectorActions& out) {
    for (size_t i = 0; i < before.machines.size(); ++i) {
        VirtualServerMachine* old = before.machines[i].get();
        const std::optional<size_t> now = before.after[i];
        const VirtualServerSettings& server = old != nullptr ? old->settings() : machines_[*now]->settings();
        if (now) remember_entries(*before.settings, server.group);
        if (old == nullptr) continue;
        PoolActions actions;
        if (now) {
            say_group_changes(*before.settings, *settings_, false, server, actions);
            machines_[*now]->take_over(*old, actions);
        } else {
            actions.emplace_back(Log{log_lines::virtual_server_gone(server)});
            old->stop(Leaving::removed, actions);
        }
        (void)relay_without_updates(std::move(actions), out);
    }
}

bool Director::judge(const Before& before, size_t index, DirectorActions& out) {
    const VirtualServerSettings& server = *settings_->virtual_servers[index];
    VirtualServerMachine& machine = *machines_[index];
    for (size_t i = 0; i < machine.servers().size(); ++i)
        machine.set_initial_weight(i, server.real_servers[i].weight + contributions(index, i));
    PoolActions actions;
    if (before.of[index]) {
        say_group_changes(*settings_, *before.settings, true, server, actions);
        machine.settle(actions);
    } else {
        assume_files(index);
        machine.start(actions);
    }
    return relay_without_updates(std::move(actions), out);
}

bool Director::relay_without_updates(PoolActions&& actions, DirectorActions& out) const {
    const bool wants_update = std::erase_if(actions, [](const PoolAction& one) {
                                  return std::holds_alternative<UpdatePool>(one);
                              }) != 0;
    relay(0, std::move(actions), out);
    return wants_update;
}

void Director::announce_checkers(DirectorActions& out) const {
    for (size_t i = 0; i < machines_.size(); ++i) {
        const VirtualServerSettings& server = *settings_->virtual_servers[i];
        for (size_t real = 0; real < server.real_servers.size(); ++real) {
            const auto& states = machines_[i]->servers()[real].checkers;
            for (size_t one = 0; one < states.size(); ++one) {
                if (!runs_probes(server.real_servers[real].checkers[one])) continue;
                if (states[one].has_run && !suspended_[i]) continue;
                out.emplace_back(Log{log_lines::healthchecker(
                    !suspended_[i], log_lines::real_server(server.real_servers[real], server),
                    machines_[i]->name())});
            }
        }
    }
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
        if (!settings_->virtual_servers[i]->ha_suspend) continue;
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
        suspended_[i] = settings_->virtual_servers[i]->ha_suspend && !address_present(i);
}

// A reload may have changed what a contribution is reckoned from.
void Director::contribute_again() {
    for (auto& [id, contribution] : contributions_) {
        const CheckerPlace& at = checkers_.at(id);
        if (contribution.wish)
            contribution.value =
                *contribution.wish -
                settings_->virtual_servers[at.virtual_server]->real_servers[at.real_server].weight;
    }
    if (!settings_->opinion_of) return;
    for (size_t i = 0; i < machines_.size(); ++i) {
        const auto& servers = settings_->virtual_servers[i]->real_servers;
        for (size_t server = 0; server < servers.size(); ++server)
            for (size_t one = 0; one < servers[server].checkers.size(); ++one)
                if (const auto* file = std::get_if<FileCheck>(&servers[server].checkers[one].probe))
                    contributions_[ids_[i][server][one]].value = settings_->opinion_of(*file).contribution;
    }
}

void Director::assume_files(size_t index) {
    if (!settings_->opinion_of) return;
    const auto& servers = settings_->virtual_servers[index]->real_servers;
    for (size_t server = 0; server < servers.size(); ++server)
        for (size_t i = 0; i < servers[server].checkers.size(); ++i)
            if (const auto* file = std::get_if<FileCheck>(&servers[server].checkers[i].probe))
                machines_[index]->assume(server, i, settings_->opinion_of(*file).up);
}

Director::Ids Director::number_checkers(size_t index, const VirtualServerSettings* before,
                                        const Ids* ids_before) {
    const VirtualServerSettings& now = *settings_->virtual_servers[index];
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
            checkers_[id] = {index, server, i};
            row.push_back(id);
        }
    }
    return ids;
}

}  // namespace holdfast::check

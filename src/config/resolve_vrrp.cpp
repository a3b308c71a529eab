// The VRRP part once everything is read: scripts, sync groups, instances, and conflicts between instances.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "loading.hpp"
#include "resolve.hpp"
#include "resolve_instance.hpp"

namespace holdfast::config {
namespace {

using vrrp::Version;

// ---- Scripts ----

struct VrrpScripts {
    Loading& loading;
    ScriptSecurity security{};

    ScriptVerdict judge(notify::Command& command, const ScriptPlace& place) {
        const ScriptVerdict verdict = loading.check_script(command, place);
        security.add(verdict, place);
        return verdict;
    }
    void check(Rare<notify::Command>& command, const ScriptPlace& place) {
        if (command && !judge(*command, place).usable) command.reset();
    }
    void check(notify::ScriptSettings& scripts, Place block) {
        check(scripts.backup, {block, "notify_backup"});
        check(scripts.master, {block, "notify_master"});
        check(scripts.fault, {block, "notify_fault"});
        check(scripts.stop, {block, "notify_stop"});
        check(scripts.deleted, {block, "notify_deleted"});
        check(scripts.generic, {block, "notify"});
        check(scripts.master_rx_lower_pri, {block, "notify_master_rx_lower_pri"});
    }
};

void check_scripts(Loading& loading) {
    Draft& draft = loading.draft;
    if (draft.instances.empty()) return;
    VrrpScripts scripts{loading};
    std::unordered_set<std::string> unusable;
    for (size_t index = 0; index < draft.scripts.size(); ++index) {
        ScriptDraft& script = draft.scripts[index];
        const std::string& name = script.value.name;
        // Of several scripts of one name the first one counts.
        if (!script.value.open_path.empty() || draft.script_names.at(name) != index) continue;
        const ScriptPlace place{script.place, "script"};
        const ScriptVerdict verdict = scripts.judge(script.value.command, place);
        if (verdict.usable) continue;
        unusable.insert(name);
        if (verdict.serious)
            loading.error(place.find(loading),
                          fmt::format("vrrp_script {} is not run: {}", name, verdict.problem));
    }
    const auto untrack = [&](track::References& references) {
        references.scripts.erase_if(
            [&](const track::Reference& reference) { return unusable.contains(reference.name); });
    };
    for (const auto& instance : draft.instances) {
        scripts.check(instance->value.notify, instance->place);
        untrack(instance->value.track);
    }
    for (const auto& group : draft.sync_groups) {
        scripts.check(group->value.notify, group->place);
        untrack(group->value.track);
    }
    GlobalSettings& global = draft.global.value;
    if (global.notify_fifo) scripts.check(global.notify_fifo->script, {{}, "notify_fifo_script"});
    if (global.vrrp_notify_fifo)
        scripts.check(global.vrrp_notify_fifo->script, {{}, "vrrp_notify_fifo_script"});
    report_security(loading, scripts.security, "scripts");
}

// ---- Sync groups ----

/// The line and word that make `member` one of the group; no place when they are not found.
Place place_of_member(Loading& loading, const SyncGroupDraft& group, const std::string& member) {
    uint32_t word = 0;
    Place place = loading.place_of_entry(group.place, "group", [&](const Words& words) {
        const auto* const found = std::find(words.begin(), words.end(), member);
        word = static_cast<uint32_t>(found - words.begin());
        return found != words.end();
    });
    place.word = word;
    return place;
}

/// The instance that a misspelt member probably is: none of those that are members anyway.
std::string nearest_instance(const Loading& loading, const SyncGroupDraft& group, const std::string& member) {
    std::vector<std::string_view> names;
    for (const auto& instance : loading.draft.instances) {
        const std::string& name = instance->value.router.name;
        if (std::ranges::find(*group.members, name) == group.members->end()) names.push_back(name);
    }
    return std::string(nearest(member, names).value_or(std::string_view{}));
}

/// False: no members are left.
bool link_members(Loading& loading, SyncGroupDraft& group) {
    const std::string& name = group.value.group.name;
    const auto complain = [&](const std::string& text) {
        loading.error(group.place, fmt::format("vrrp_sync_group {}: {}", name, text));
    };
    const auto complain_about = [&](const std::string& member, const std::string& text, Hints hints) {
        const Place place = place_of_member(loading, group, member);
        loading.error(place.begin == nullptr ? group.place : place,
                      fmt::format("vrrp_sync_group {}: {}", name, text), std::move(hints));
    };
    std::optional<bool> owners;  // Whether all members so far are masters by ownership.
    for (const std::string& member : *group.members) {
        const auto found = loading.draft.instance_names.find(member);
        if (found == loading.draft.instance_names.end() || found->second == nullptr) {
            Hints hints;
            if (loading.shown()) hints.suggestion = nearest_instance(loading, group, member);
            complain_about(member, fmt::format("there is no vrrp_instance {}", member), std::move(hints));
            continue;
        }
        InstanceDraft& instance = *found->second;
        if (instance.group != nullptr) {
            complain_about(member, fmt::format("{} is in a group already", member),
                           {.note = loading.note(place_of_member(loading, *instance.group, member),
                                                 "it is a member here")});
            continue;
        }
        instance.group = &group;
        group.value.group.members.push_back(member);
        if (owners == true && instance.wants_master == false)
            complain("some members own their addresses and some do not, which does not work");
        if (owners != false) owners = instance.wants_master == true && instance.priority == 255;
    }
    const size_t count = group.value.group.members.size();
    if (count > 1) return true;
    // What a member that was reported above leaves behind is no second mistake.
    if (count < group.members->size())
        loading.hide(ReportClass::general, Severity::error);
    else if (count == 0)
        complain("it has no members and is left out");
    else
        complain("it has only one member, which is probably not what you want");
    return count == 1;
}

void clear_weights(Loading& loading, SyncGroupDraft& group) {
    const auto& names = loading.draft.instance_names;
    const bool owner = std::any_of(
        group.value.group.members.begin(), group.value.group.members.end(),
        [&](const std::string& member) { return names.at(member)->value.router.priority == vrrp::kOwner; });
    if (!owner) return;
    const Draft& draft = loading.draft;
    const auto clear = [&](RareList<track::Reference>& list, std::string_view what, auto&& own_weight) {
        for (track::Reference& reference : list) {
            if (reference.weight.value_or(own_weight(reference.name)) == 0) continue;
            loading.error(group.place, fmt::format("vrrp_sync_group {}: {} {} has a weight, which does not "
                                                   "go with a member of priority 255; it is 0",
                                                   group.value.group.name, what, reference.name));
            reference.weight = 0;
        }
    };
    track::References& track = group.value.track;
    const auto at = [](const auto& index, const auto& list, const std::string& name, auto&& weight) {
        const auto found = index.find(name);
        return found == index.end() ? 0 : weight(list[found->second]);
    };
    clear(track.scripts, "track_script", [&](const std::string& name) {
        return at(draft.script_names, draft.scripts, name, [](const auto& s) { return s.value.weight; });
    });
    clear(track.files, "track_file", [&](const std::string& name) {
        return at(draft.file_names, draft.config.track_files, name, [](const auto& f) { return f.weight; });
    });
    clear(track.processes, "track_process", [&](const std::string& name) {
        return at(draft.process_names, draft.config.track_processes, name,
                  [](const auto& p) { return p.weight; });
    });
    clear(track.bfds, "track_bfd", [&](const std::string& name) {
        return at(draft.bfd_names, draft.config.bfd_sessions, name, [](const auto& b) { return b.weight; });
    });
    clear(track.interfaces, "track_interface", [](const std::string&) { return 0; });
}

/// Interfaces that a member tracks itself, its own one included, must not be tracked by the group as well:
/// their weights would count twice.
void check_tracked_twice(Loading& loading, const SyncGroupDraft& group) {
    for (const track::Reference& reference : group.value.track.interfaces) {
        for (const std::string& member : group.value.group.members) {
            const InstanceDraft& instance = *loading.draft.instance_names.at(member);
            const auto& own = instance.value.track.interfaces;
            const bool tracked =
                (instance.interface == reference.name && !instance.value.dont_track_primary) ||
                std::any_of(own.begin(), own.end(),
                            [&](const auto& other) { return other.name == reference.name; });
            if (!tracked) continue;
            loading.corrected(
                instance.place,
                fmt::format("({}) interface {} is tracked by it and by vrrp_sync_group {}; one of "
                            "them should not",
                            member, reference.name, group.value.group.name));
        }
    }
}

/// Its members ask it before they become MASTER. It begins as MASTER only when each owns its addresses.
void settle_initial_state(Loading& loading, const SyncGroupDraft& group) {
    const auto& members = group.value.group.members;
    const auto router = [&](const std::string& member) -> vrrp::RouterSettings& {
        return loading.draft.instance_names.at(member)->value.router;
    };
    for (const std::string& member : members) router(member).in_sync_group = true;
    const bool all_own = std::ranges::all_of(members, [&](const std::string& member) {
        return router(member).wants_master && router(member).priority == vrrp::kOwner;
    });
    if (all_own) return;
    for (const std::string& member : members) {
        if (!std::exchange(router(member).wants_master, false)) continue;
        loading.remark(loading.draft.instance_names.at(member)->place,
                       fmt::format("({}) begins as BACKUP, because not all members of {} own their addresses",
                                   member, group.value.group.name));
    }
}

// ---- Conflicts ----

bool check_minimum(Loading& loading, InstanceDraft& instance) {
    const auto fatal = [&](std::string_view keyword, std::string_view problem) {
        loading.set_fatal();
        if (loading.is_explained(instance.place, {keyword}))
            loading.hide(ReportClass::general, Severity::error);
        else
            loading.error(instance.place, fmt::format("({}) {}", instance.value.router.name, problem));
        return false;
    };
    if (!instance.vrid) return fatal("virtual_router_id", "has no virtual_router_id");
    if (!instance.interface) {
        if (!instance.unicast_keyword) return fatal("interface", "has no interface that can be used");
        if (instance.use_vmac) return fatal("interface", "use_vmac needs an interface");
    }
    instance.value.router.vrid.value = *instance.vrid;
    return true;
}

/// Two instances must not hear each other's adverts: per interface, family and group (or peer) a VRID exists
/// once.
class ConflictFinder {
  public:
    explicit ConflictFinder(Loading& loading) : loading_(loading) {}

    void add(const InstanceDraft& instance) {
        claim_vmacs(instance);
        const vrrp::TransportSettings& transport = instance.value.transport;
        const vrrp::RouterSettings& router = instance.value.router;
        const std::string base = fmt::format("{} {}", router.vrid.value, to_string(router.family));
        if (!transport.unicast) {
            // An interface that is only awaited may turn out to be another one.
            if (!loading_.interface(transport.interface)) return;
            claim(instance,
                  fmt::format("{} {} {}", base, below(transport.interface),
                              transport.multicast_group.to_string()),
                  fmt::format("on interface {}", transport.interface));
            return;
        }
        const std::optional<IpAddress> address = source_of(instance);
        if (!address) return;  // It is not known yet.
        const std::string source = address->to_string();
        for (const vrrp::UnicastPeer& peer : transport.peers) {
            const std::string key = fmt::format("{} {} {}", base, source, peer.address.to_string());
            const std::string what = fmt::format("with peer {}", peer.address.to_string());
            // Without an interface an instance hears the adverts of every interface.
            if (transport.interface.empty()
                    ? claim(instance, "any " + key, what)
                    : claim(instance, fmt::format("{} {}", transport.interface, key), what))
                continue;
            if (transport.interface.empty()) {
                claim(instance, "free " + key, what);
            } else {
                if (const auto other = claims_.find("free " + key); other != claims_.end())
                    return conflict(instance, *other->second, what);
                claims_.try_emplace("any " + key, &instance);
            }
        }
    }

    /// It shares a VMAC with another instance.
    bool is_faulty(const InstanceDraft& instance) const { return faulty_.contains(&instance); }

  private:
    /// The interface that a macvlan stands on, or the interface itself.
    std::string below(const std::string& name) {
        const auto& facts = loading_.interface(name);
        return facts && !facts->below.empty() ? facts->below : name;
    }

    std::optional<IpAddress> source_of(const InstanceDraft& instance) {
        const vrrp::TransportSettings& transport = instance.value.transport;
        if (transport.source || transport.interface.empty()) return transport.source;
        // A VMAC that is still to be made has no address.
        const auto& facts = loading_.interface(transport.interface);
        if (!facts || instance.value.vmac) return std::nullopt;
        return instance.value.router.family == Family::ipv4 ? facts->source4 : facts->source6;
    }

    /// Instances of one VRID that are not in one sync group must not share a VMAC: one of them going to
    /// BACKUP would take the addresses of the other one away.
    void claim_vmacs(const InstanceDraft& instance) {
        const VrrpInstance& value = instance.value;
        for (const auto* list : {&value.addresses, &value.excluded_addresses}) {
            for (const netstate::AddressSettings& address : *list) {
                const Family family = address.prefix.address.family();
                const bool elsewhere =
                    address.interface != value.transport.interface || family != value.router.family;
                const bool own = !elsewhere && value.vmac && !value.vmac->ipvlan;
                if (!own && !address.use_vmac && !(elsewhere && value.use_vmac_addr)) continue;
                std::string key = fmt::format("{} {} {}", value.router.vrid.value, to_string(family),
                                              below(address.interface));
                if (value.vmac && value.vmac->mac) key += value.vmac->mac->to_string();
                const auto [claimed, fresh] = vmacs_.try_emplace(std::move(key), &instance);
                const InstanceDraft* other = claimed->second;
                if (fresh || other == &instance ||
                    (other->group != nullptr && other->group == instance.group))
                    continue;
                // The reference makes no VMAC under `-t` and sees the conflict only when it runs.
                const ReportClass seen =
                    loading_.options.test_only ? ReportClass::notice : ReportClass::general;
                Diagnostic diagnostic = loading_.diagnostic(
                    Severity::warning, seen, instance.place,
                    fmt::format("({}) {} needs the VMAC that {} uses, and they are not in one sync group; it "
                                "stays in FAULT",
                                value.router.name, address.prefix.address.to_string(),
                                other->value.router.name));
                diagnostic.note = loading_.document.note(other->place.text(), "the other one is here");
                loading_.add(std::move(diagnostic));
                faulty_.insert(&instance);
                return;
            }
        }
    }

    /// True when somebody else has it, which is then reported.
    bool claim(const InstanceDraft& instance, const std::string& key, const std::string& what) {
        const auto [place, fresh] = claims_.try_emplace(key, &instance);
        if (fresh || place->second == &instance) return false;
        conflict(instance, *place->second, what);
        return true;
    }

    void conflict(const InstanceDraft& instance, const InstanceDraft& other, const std::string& what) {
        Diagnostic diagnostic = loading_.diagnostic(
            Severity::error, ReportClass::general, instance.place,
            fmt::format("({}) has VRID {} for {} {}, as {} does", instance.value.router.name,
                        instance.value.router.vrid.value, to_string(instance.value.router.family), what,
                        other.value.router.name));
        diagnostic.note = loading_.document.note(other.place.text(), "the other one is here");
        loading_.add(std::move(diagnostic));
        loading_.set_fatal();
    }

    Loading& loading_;
    std::unordered_map<std::string, const InstanceDraft*> claims_;
    std::unordered_map<std::string, const InstanceDraft*> vmacs_;
    std::unordered_set<const InstanceDraft*> faulty_;
};

// ---- What is left out silently in the daemon ----

void clean_track_groups(Loading& loading) {
    auto& groups = loading.draft.config.track_groups;
    for (auto& [name, members] : groups) {
        std::erase_if(members, [&, &group = name](const std::string& member) {
            const auto found = loading.draft.instance_names.find(member);
            if (found != loading.draft.instance_names.end() && found->second != nullptr) return false;
            loading.remark(Place{},
                           fmt::format("track_group {}: there is no vrrp_instance {}", group, member));
            return true;
        });
        if (members.empty())
            loading.remark(Place{}, fmt::format("track_group {} has no instances and is left out", name));
    }
    std::erase_if(groups, [](const auto& group) { return group.second.empty(); });
}

void keep_used_scripts(Loading& loading) {
    Draft& draft = loading.draft;
    std::unordered_set<std::string> used;
    const auto collect = [&](const track::References& references) {
        for (const track::Reference& reference : references.scripts) used.insert(reference.name);
    };
    for (const auto& instance : draft.instances) collect(instance->value.track);
    for (const auto& group : draft.sync_groups) collect(group->value.track);
    for (size_t i = 0; i < draft.scripts.size(); ++i) {
        ScriptDraft& script = draft.scripts[i];
        const auto first = draft.script_names.find(script.value.name);
        if (used.contains(script.value.name) && first != draft.script_names.end() && first->second == i)
            draft.config.scripts.push_back(std::move(script.value));
        else
            loading.remark(script.place,
                           fmt::format("vrrp_script {} is not tracked and not run", script.value.name));
    }
}

void check_sync_daemon(Loading& loading) {
    auto& daemon = loading.draft.global.value.lvs_sync_daemon;
    if (!daemon || daemon->instance.empty()) return;
    const auto found = loading.draft.instance_names.find(daemon->instance);
    if (found != loading.draft.instance_names.end() && found->second != nullptr) return;
    loading.remark(
        Place{}, fmt::format("lvs_sync_daemon is not used: there is no vrrp_instance {}", daemon->instance));
    daemon.reset();
}

}  // namespace

void resolve_vrrp(Loading& loading) {
    Draft& draft = loading.draft;
    if (loading.interface_missing()) {
        // The one that is missing has been named.
        loading.hide(ReportClass::interface, Severity::error);
        loading.set_fatal();
        return;
    }
    check_scripts(loading);

    bool complete = true;
    for (const auto& instance : draft.instances) complete = check_minimum(loading, *instance) && complete;
    std::erase_if(draft.sync_groups, [&](const auto& group) { return !link_members(loading, *group); });
    if (!complete) return;

    for (const auto& instance : draft.instances) resolve_instance(loading, *instance);
    if (loading.fatal_found()) return;
    ConflictFinder conflicts(loading);
    for (const auto& instance : draft.instances) {
        conflicts.add(*instance);
        if (conflicts.is_faulty(*instance))
            instance->value.config_faults.emplace_back("VMAC shared with another instance");
    }
    for (const auto& group : draft.sync_groups) {
        clear_weights(loading, *group);
        check_tracked_twice(loading, *group);
        settle_initial_state(loading, *group);
        const GlobalSettings& global = draft.global.value;
        group->value.notify.smtp_alert =
            group->smtp_alert.value_or(global.smtp_alert_vrrp.value_or(global.smtp_alert.value_or(false)));
        group->value.notify.priority_changes = group->notify_priority_changes;
    }
    clean_track_groups(loading);
    keep_used_scripts(loading);
    check_sync_daemon(loading);

    draft.config.instances.reserve(draft.instances.size());
    draft.instances.hand_over(
        [&](InstanceDraft& instance) { draft.config.instances.push_back(std::move(instance.value)); });
    for (auto& group : draft.sync_groups) draft.config.sync_groups.push_back(std::move(group->value));
}

}  // namespace holdfast::config

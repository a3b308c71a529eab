#include "watcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast::sim {

namespace {

using vrrp::Cause;

/// What can have led to a state, by the words of the notifications; FAULT also after being held in init.
bool may_cause(const std::string& from, const std::string& to, Cause cause) {
    static constexpr std::array kMaster{Cause::owner_startup, Cause::master_down, Cause::master_resigned,
                                        Cause::preempted_lower, Cause::group_master};
    static constexpr std::array kYield{Cause::higher_priority_advert, Cause::higher_address_advert,
                                       Cause::two_owners, Cause::timer_expired, Cause::group_backup};
    static constexpr std::array kRecovery{Cause::fault_cleared, Cause::group_fault_cleared, Cause::reload};
    const auto is = [&](const auto& causes) { return std::ranges::find(causes, cause) != causes.end(); };
    if (to == "MASTER") return is(kMaster);
    if (to == "FAULT") return cause == Cause::fault || cause == Cause::group_fault;
    if (to == "STOP") return cause == Cause::shutdown || cause == Cause::removed;
    if (to == "DELETED") return cause == Cause::removed;
    if (from == "MASTER") return is(kYield);
    if (from == "FAULT") return is(kRecovery);
    return cause == Cause::startup || is(kRecovery);  // Held in init is left without a word before.
}

}  // namespace

Watcher::Watcher(Cluster& cluster, Report& report) : cluster_(cluster), report_(report) {
    cluster.world.observer.advert = [this](Node& node, const SentAdvert& sent) { on_advert(node, sent); };
    cluster.world.observer.fifo = [this](Node& node, const std::string& line) { on_fifo(node, line); };
    cluster.world.observer.resumed = [this](Node& node) {
        std::erase_if(adverts_, [&](const auto& entry) { return entry.first.first == &node; });
        std::erase_if(wrong_since_, [&](const auto& entry) { return std::get<0>(entry.first) == &node; });
    };
}

Watcher::~Watcher() {
    cluster_.world.observer = {};
}

void Watcher::forget(const Node& node) {
    const auto is_of = [&](const auto& entry) { return entry.first.first == &node; };
    std::erase_if(adverts_, is_of);
    std::erase_if(told_, is_of);
    std::erase_if(wrong_since_, [&](const auto& entry) { return std::get<0>(entry.first) == &node; });
}

const Member* Watcher::member_of(const Node& node) const {
    const auto found = std::ranges::find(cluster_.members, &node, &Member::node);
    return found == cluster_.members.end() ? nullptr : &*found;
}

void Watcher::on_advert(Node& node, const SentAdvert& sent) {
    const Member* member = member_of(node);
    if (member == nullptr) return;
    const std::string wire = node.wire_of(sent.channel.interface_name);
    for (const InstancePlan& instance : member->plan.instances) {
        const RouterPlan& router = cluster_.router(instance);
        if (router.vrid != sent.vrid || router.interface != wire ||
            (sent.channel.family == Family::ipv6) != router.ipv6)
            continue;
        const Key key{&node, router.name};
        if (sent.priority == 0) {
            adverts_.erase(key);
            return;
        }
        const Instant now = cluster_.world.now();
        const Duration interval = centiseconds(instance.interval);
        if (const auto before = adverts_.find(key); before != adverts_.end()) {
            const Duration gap = now - before->second.last;
            const Duration longest = std::max(interval, before->second.interval) * 3 / 2;
            report_.expect("adverts in time", gap <= longest, [&] {
                return fmt::format("{} {} was silent for {:.6f} s, its interval is {} s", node.name(),
                                   router.name, to_seconds(gap), to_seconds(interval));
            });
        }
        adverts_[key] = {now, interval};
        return;
    }
}

void Watcher::on_fifo(Node& node, const std::string& line) {
    // INSTANCE "VI_1" MASTER 100
    const size_t open = line.find('"');
    const size_t close = line.find('"', open + 1);
    if (open == std::string::npos || close == std::string::npos) return;
    const std::string name = line.substr(open + 1, close - open - 1);
    const std::string word = line.substr(close + 2, line.find(' ', close + 2) - close - 2);
    if (word.ends_with("_PRIORITY") || word == "MASTER_RX_LOWER_PRI") return;
    if (!line.starts_with("INSTANCE")) return;
    if (node.instance(name) == nullptr) {  // A reload removes it: FAULT or DELETED is told whatever it was.
        told_.erase({&node, name});
        adverts_.erase({&node, name});
        return;
    }
    std::string& before = told_[{&node, name}];
    report_.expect("told once", before != word, [&] {
        return fmt::format("{} {} was told to be {} twice in a row", node.name(), name, word);
    });
    on_instance(node, name, word);
    before = word;
}

void Watcher::on_instance(Node& node, const std::string& name, const std::string& word) {
    if (word != "MASTER") adverts_.erase({&node, name});
    const vrrp::VirtualRouter& router = node.instance(name)->router;
    const Instant now = cluster_.world.now();
    const Cause cause = cluster_.world.sabotage.wrong_cause ? Cause::startup : router.last_cause();
    const std::string& before = told_[{&node, name}];
    report_.expect("cause recorded", router.last_transition() == now && may_cause(before, word, cause), [&] {
        return fmt::format("{} {} went from {} to {} because of {}", node.name(), name,
                           before.empty() ? "init" : before, word, to_string(cause));
    });
    if (word != "MASTER") return;
    const Member* member = member_of(node);
    if (member == nullptr) return;
    for (const InstancePlan& plan : member->plan.instances) {
        if (cluster_.name(plan) != name) continue;
        for (const IpAddress& address : held_addresses(cluster_, plan)) {
            const auto announced = node.announced.find(address);
            report_.expect("announced", announced != node.announced.end() && announced->second == now, [&] {
                return fmt::format("{} {} is MASTER and has not announced {}", node.name(), name,
                                   address.to_string());
            });
        }
    }
}

bool Watcher::lasts(const Node& node, const std::string& name, const IpAddress& address, bool wrong,
                    Duration grace) {
    if (!wrong && wrong_since_.empty()) return false;
    const std::tuple key{&node, name, address};
    if (!wrong) {
        wrong_since_.erase(key);
        return false;
    }
    const auto since = wrong_since_.try_emplace(key, cluster_.world.now()).first;
    return cluster_.world.now() - since->second > grace;
}

void Watcher::sample() {
    for (const Member& member : cluster_.members) {
        const Node& node = *member.node;
        if (!node.is_awake()) {
            std::erase_if(wrong_since_, [&](const auto& entry) { return std::get<0>(entry.first) == &node; });
            continue;
        }
        for (const InstancePlan& instance : member.plan.instances) {
            if (!instance.present) continue;
            const std::string& name = cluster_.name(instance);
            const std::string state(vrrp::to_string(node.state(name)));
            const std::string told = node.last_told(name);
            // Held instances are FAULT without a word, and so is an owner BACKUP that waits for
            // vrrp_startup_delay.
            const bool silent = (state == "FAULT" && told != "MASTER") ||
                                (state == "BACKUP" && told.empty() && instance.is_owner());
            report_.expect("last told is the state", told == state || silent, [&] {
                return fmt::format("{} {} is {} but the last notification says {}", node.name(), name, state,
                                   told);
            });
            const int priority = node.priority(name);
            report_.expect(
                "priority in range", instance.is_owner() ? priority >= 254 : priority >= 1 && priority <= 254,
                [&] { return fmt::format("{} {} has effective priority {}", node.name(), name, priority); });
            const auto sent = adverts_.find({&node, name});
            report_.expect("adverts in time",
                           state != "MASTER" || sent == adverts_.end() ||
                               cluster_.world.now() - sent->second.last <=
                                   std::max(sent->second.interval, centiseconds(instance.interval)) * 3 / 2,
                           [&] { return fmt::format("{} {} is MASTER and silent", node.name(), name); });
            judge_addresses(member, instance);
        }
        judge_group(member);
    }
}

void Watcher::judge_addresses(const Member& member, const InstancePlan& instance) {
    // A lost address is put back within 100 ms; one that is removed again and again only after a while.
    constexpr Duration kGrace = 1500ms;
    const Node& node = *member.node;
    const std::string& name = cluster_.name(instance);
    const bool master = node.is_master(name);
    // After a crash the addresses of the last run stay until another router is heard or a master is due.
    const bool hand_over = !master && node.instance(name) != nullptr && node.instance(name)->adopting;
    // The kernel takes no IPv6 address on a link that is down, where a master may sit that does not track it.
    const RouterPlan& router = cluster_.router(instance);
    if (instance.dont_track_primary && !node.link_is_usable(router.interface)) return;
    for (const IpAddress& address : held_addresses(cluster_, instance)) {
        const bool there = node.has_address(address);
        const bool wrong = there != master && !hand_over;
        report_.expect("address only of the master", !lasts(node, name, address, wrong, kGrace), [&] {
            return fmt::format("{} {} is {} and {} is {}there", node.name(), name,
                               vrrp::to_string(node.state(name)), address.to_string(), there ? "" : "not ");
        });
    }
}

void Watcher::judge_group(const Member& member) {
    if (member.plan.groups.empty() || !member.plan.groups.front().present) return;
    const Node& node = *member.node;
    int masters = 0;
    int members = 0;
    std::string states;
    for (const InstancePlan& instance : member.plan.instances) {
        if (!instance.present || !cluster_.is_grouped(member, instance)) continue;
        const std::string& name = cluster_.name(instance);
        masters += node.is_master(name) ? 1 : 0;
        ++members;
        states += fmt::format(" {} {}", name, vrrp::to_string(node.state(name)));
    }
    // A reload that makes the group finds its members as they are; their next election unites them.
    const bool wrong = masters != 0 && masters != members;
    report_.expect(
        "group is one", !lasts(node, "group", {}, wrong, wrong ? patience(cluster_) : Duration{}),
        [&] { return fmt::format("{}: the members of the group disagree:{}", node.name(), states); });
}

}  // namespace holdfast::sim

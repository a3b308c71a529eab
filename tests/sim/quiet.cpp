#include "quiet.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace holdfast::sim {

namespace {

const InstancePlan& plan_of(const Member& member, size_t router) {
    return member.plan.instances[router];
}

void judge_masters(Cluster& cluster, Report& report, size_t router, const std::string& when) {
    const std::string& name = cluster.plan.routers[router].name;
    std::vector<std::string> masters;
    for (const Member& member : cluster.members) {
        if (plan_of(member, router).present && member.node->is_master(name))
            masters.push_back(member.node->name());
    }
    const std::vector<Member*> candidates = candidates_for(cluster, router);
    // Where some nodes have the group and others have not, a member may wait for a partner for ever.
    const bool may_wait = cluster.plan.routers[router].group >= 0 && !cluster.groups_agree();
    report.expect("one master",
                  masters.size() == (candidates.empty() ? 0U : 1U) || (may_wait && masters.empty()), [&] {
                      return fmt::format("{}: {} has {} candidates and {} masters: {}", when, name,
                                         candidates.size(), masters.size(), fmt::join(masters, ", "));
                  });
    const Member* master = master_of(cluster, router);
    if (master == nullptr || may_wait) return;
    const int best = expected(cluster, *master, plan_of(*master, router)).priority;
    for (const Member* other : candidates) {
        const InstancePlan& plan = plan_of(*other, router);
        if (other == master || plan.nopreempt) continue;
        const int priority = expected(cluster, *other, plan).priority;
        report.expect("the highest is master", priority <= best, [&] {
            return fmt::format("{}: {} of priority {} leaves {} to {} of priority {}", when,
                               other->node->name(), priority, name, master->node->name(), best);
        });
    }
}

void judge_instance(const Cluster& cluster, Report& report, const Member& member,
                    const InstancePlan& instance, const std::string& when) {
    const Node& node = *member.node;
    const std::string& name = cluster.name(instance);
    const RouterPlan& router = cluster.router(instance);
    const Expected wanted = expected(cluster, member, instance);
    const bool master = node.is_master(name);
    report.expect("fault as tracked", (node.state(name) == vrrp::State::Fault) == wanted.fault, [&] {
        return fmt::format("{}: {} {} is {} and should {}be FAULT", when, node.name(), name,
                           vrrp::to_string(node.state(name)), wanted.fault ? "" : "not ");
    });
    const bool right = node.priority(name) == wanted.priority || wanted.depends_on_past;
    report.expect("priority as tracked", right, [&] {
        return fmt::format("{}: {} {} has priority {}, {} is right", when, node.name(), name,
                           node.priority(name), wanted.priority);
    });
    // Where a member waits for its group for ever, what a crashed run has left is kept as long.
    const bool is_kept = router.group >= 0 && !cluster.groups_agree() && node.instance(name)->adopting;
    for (const IpAddress& address : held_addresses(cluster, instance)) {
        if (is_kept) break;
        report.expect("address only of the master", node.has_address(address) == master, [&] {
            return fmt::format("{}: {} {} is {}master and {} is {}there", when, node.name(), name,
                               master ? "" : "not ", address.to_string(), master ? "not " : "");
        });
        const bool refuses = (router.no_accept || router.strict) && !instance.is_owner();
        const bool guarded = std::ranges::any_of(node.firewall.state.addresses,
                                                 [&](const auto& guard) { return guard.address == address; });
        report.expect("firewall follows the address", guarded == (refuses && master), [&] {
            return fmt::format("{}: {} {} is {}guarded", when, node.name(), address.to_string(),
                               guarded ? "" : "not ");
        });
    }
    for (size_t i = instance.addresses; i < router.addresses.size(); ++i) {
        const IpAddress gone = router.values[i];
        report.expect("address only of the master", !node.has_address(gone), [&] {
            return fmt::format("{}: {} has {}, which a reload took away", when, node.name(),
                               gone.to_string());
        });
    }
    if (!router.route.empty() && !is_kept) {
        report.expect("routes only of the master", node.has_route(router.route) == master, [&] {
            return fmt::format("{}: {} {} is {}master and its route is {}there", when, node.name(), name,
                               master ? "" : "not ", master ? "not " : "");
        });
    }
    if (std::ranges::find(instance.lines, "notify /bin/notify.sh") == instance.lines.end()) return;
    const auto& scripts = node.scripts_ended();
    const auto last = std::ranges::find_if(scripts.rbegin(), scripts.rend(), [&](const std::string& line) {
        return line.find(" " + name + " ") != std::string::npos;
    });
    const std::string told = node.last_told(name);
    report.expect(
        "last script is the state",
        told.empty() || (last != scripts.rend() && last->find(" " + told + " ") != std::string::npos), [&] {
            return fmt::format("{}: {} {} was told to be {}, the last script says {}", when, node.name(),
                               name, told, last == scripts.rend() ? "nothing" : *last);
        });
}

void judge_absent(const Cluster& cluster, Report& report, const Member& member, const InstancePlan& instance,
                  const std::string& when) {
    for (const IpAddress& address : held_addresses(cluster, instance)) {
        report.expect("address only of the master", !member.node->has_address(address), [&] {
            return fmt::format("{}: {} has {} of an instance it has no more", when, member.node->name(),
                               address.to_string());
        });
    }
}

void judge_servers(const Cluster& cluster, Report& report, const Member& member, const std::string& when) {
    const ipvs::ServiceKey key{.protocol = ipvs::Protocol::tcp,
                               .endpoint = {IpAddress::v4(10, 0, 0, 200), 80}};
    const ipvs::Service* service = member.node->table.table.find(key);
    const auto& wanted = member.plan.real_servers;
    report.expect("virtual servers as configured", (service != nullptr) == !wanted.empty(), [&] {
        return fmt::format("{}: {} has {} virtual server", when, member.node->name(),
                           service == nullptr ? "no" : "a");
    });
    if (service == nullptr) return;
    for (size_t i = 0; i < 3; ++i) {
        const IpAddress address = IpAddress::v4(10, 0, 0, static_cast<uint8_t>(211 + i));
        const bool alive = i < wanted.size() && cluster.world.servers.contains({address, 80});
        const ipvs::Destination* found = service->find({address, 80});
        const bool right =
            alive ? found != nullptr && found->attributes.weight == wanted[i] : found == nullptr;
        report.expect("virtual servers as configured", right, [&] {
            return fmt::format("{}: {}: {} {} in its pool", when, member.node->name(), address.to_string(),
                               found == nullptr ? "is not" : "is");
        });
    }
}

void judge_sessions(Report& report, const Member& member, const std::string& when) {
    for (const BfdPlan& session : member.plan.sessions) {
        report.expect("BFD sessions are up", member.node->daemon().bfd().is_up(session.name), [&] {
            return fmt::format("{}: {} {} is not up", when, member.node->name(), session.name);
        });
    }
}

}  // namespace

std::vector<std::string> masters_of(const Cluster& cluster) {
    std::vector<std::string> masters;
    for (const RouterPlan& router : cluster.plan.routers) {
        for (const Member& member : cluster.members) {
            if (member.node->is_running() && member.node->is_master(router.name))
                masters.push_back(member.node->name() + "/" + router.name);
        }
    }
    return masters;
}

Member* master_of(Cluster& cluster, size_t router) {
    Member* found = nullptr;
    for (Member& member : cluster.members) {
        if (!plan_of(member, router).present || !member.node->is_running() ||
            !member.node->is_master(cluster.plan.routers[router].name))
            continue;
        if (found != nullptr) return nullptr;
        found = &member;
    }
    return found;
}

std::vector<Member*> candidates_for(Cluster& cluster, size_t router) {
    std::vector<Member*> list;
    for (Member& member : cluster.members) {
        const InstancePlan& plan = plan_of(member, router);
        if (plan.present && member.node->is_running() && !expected(cluster, member, plan).fault)
            list.push_back(&member);
    }
    return list;
}

void judge_quiet(Cluster& cluster, Report& report, const std::string& when) {
    for (size_t router = 0; router < cluster.plan.routers.size(); ++router)
        judge_masters(cluster, report, router, when);
    for (const Member& member : cluster.members) {
        report.expect("daemons run", member.node->is_running(),
                      [&] { return fmt::format("{}: {} does not run", when, member.node->name()); });
        if (!member.node->is_running()) continue;
        for (const InstancePlan& instance : member.plan.instances) {
            if (instance.present) {
                judge_instance(cluster, report, member, instance, when);
            } else {
                judge_absent(cluster, report, member, instance, when);
            }
        }
        judge_servers(cluster, report, member, when);
        judge_sessions(report, member, when);
    }
}

void judge_stopped(const Cluster& cluster, Report& report) {
    for (const Member& member : cluster.members) {
        report.expect("stops when told", !member.node->is_running(),
                      [&] { return member.node->name() + " does not stop"; });
        const std::vector<std::string> left = member.node->leftovers();
        report.expect("leaves nothing behind", left.empty(), [&] {
            return fmt::format("{} left behind: {}", member.node->name(), fmt::join(left, ", "));
        });
    }
}

}  // namespace holdfast::sim

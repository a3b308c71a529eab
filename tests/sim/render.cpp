// A node's plan as keepalived.conf text.
#include <fmt/format.h>

#include "grammar.hpp"

namespace holdfast::sim {

IpAddress bare(const std::string& address) {
    return *IpAddress::parse(std::string_view(address).substr(0, address.find('/')));
}

std::string script_command(const NodePlan& node, const std::string& script) {
    return fmt::format("/bin/{}.sh n{}", script, node.index + 1);
}

std::string file_path(const std::string& file) {
    return "/run/" + file;
}

Duration centiseconds(int count) {
    return std::chrono::milliseconds(count * 10);
}

namespace {

std::string_view list_of(track::Kind kind) {
    switch (kind) {
        case track::Kind::interface:
            return "track_interface";
        case track::Kind::script:
            return "track_script";
        case track::Kind::file:
            return "track_file";
        case track::Kind::process:
            return "track_process";
        case track::Kind::bfd:
            return "track_bfd";
    }
    return "";
}

std::string render_tracks(const std::vector<Tracked>& tracks, const Misprint& misprint) {
    std::string text;
    for (const Tracked& tracked : tracks) {
        if (misprint.without_weights && tracked.weight != 0) continue;
        text += fmt::format("  {} {{\n    {} weight {}{}\n  }}\n", list_of(tracked.kind), tracked.name,
                            tracked.weight, tracked.reverse ? " reverse" : "");
    }
    return text;
}

std::string render_addresses(const RouterPlan& router, const InstancePlan& instance) {
    std::string text = "  virtual_ipaddress {\n";
    for (size_t i = 0; i < instance.addresses; ++i) text += "    " + router.addresses[i] + "\n";
    for (const std::string& address : router.elsewhere) text += "    " + address + " dev eth2\n";
    text += "  }\n";
    if (!router.excluded.empty()) {
        text += "  virtual_ipaddress_excluded {\n";
        for (const std::string& address : router.excluded) text += "    " + address + "\n";
        text += "  }\n";
    }
    if (!router.route.empty()) {
        text += fmt::format(
            "  virtual_routes {{\n    {} {} dev {}\n  }}\n", router.route,
            router.ipv6 ? "via fe80::ff" : fmt::format("via 10.{}.0.254", router.interface.back()),
            router.interface);
    }
    if (router.rule)
        text += fmt::format("  virtual_rules {{\n    from 10.9.{0}.0/24 table {0} priority {0}\n  }}\n",
                            100 + router.vrid);
    return text;
}

std::string render_instance(const ClusterPlan& cluster, const NodePlan& node, const InstancePlan& instance,
                            const Misprint& misprint) {
    const RouterPlan& router = cluster.routers[instance.router];
    int priority = instance.priority;
    if (misprint.turned_priorities && !instance.is_owner()) priority = 255 - priority;
    std::string text = fmt::format(
        "vrrp_instance {} {{\n  state {}\n  interface {}\n  virtual_router_id {}\n  priority {}\n"
        "  version {}\n  advert_int {}\n",
        router.name, instance.starts_as_master ? "MASTER" : "BACKUP", router.interface, router.vrid, priority,
        router.version, instance.interval / 100.0);
    const int adverts = instance.down_timer_adverts + (misprint.slow_timeout ? 4 : 0);
    if (adverts != 3) text += fmt::format("  down_timer_adverts {}\n", adverts);
    const auto flag = [&](bool wanted, const char* word) {
        if (wanted) text += fmt::format("  {}\n", word);
    };
    flag(instance.nopreempt && !misprint.without_nopreempt, "nopreempt");
    if (instance.preempt_delay > 0) text += fmt::format("  preempt_delay {}\n", instance.preempt_delay);
    flag(router.strict, "strict_mode");
    flag(router.vmac, "use_vmac");
    flag(router.transmits_on_base, "vmac_xmit_base");
    flag(router.no_accept && !misprint.open, "no_accept");
    flag(router.v3_checksum_as_v2, "v3_checksum_as_v2");
    flag(instance.dont_track_primary, "dont_track_primary");
    if (!router.authentication.empty()) text += "  " + router.authentication + "\n";
    if (router.unicast) {
        text += "  unicast_peer {\n";
        for (const NodePlan& peer : cluster.nodes) {
            if (peer.index == node.index) continue;
            text += router.ipv6 ? fmt::format("    fe80::{:x}\n", peer.index + 1)
                                : fmt::format("    10.{}.0.{}\n", router.interface.back(), peer.index + 1);
        }
        text += "  }\n";
    }
    for (const std::string& line : instance.lines) text += "  " + line + "\n";
    return text + render_tracks(instance.tracks, misprint) + render_addresses(router, instance) + "}\n";
}

std::string render_followed(const NodePlan& node) {
    std::string text;
    for (const ScriptPlan& script : node.scripts) {
        text += fmt::format(
            "vrrp_script {} {{\n  script \"{}\"\n  interval {}\n  timeout 4\n  rise {}\n  fall {}\n{}}}\n",
            script.name, script_command(node, script.name), script.interval, script.rise, script.fall,
            script.init_fail ? "  init_fail\n" : "");
    }
    for (const std::string& file : node.files)
        text += fmt::format("track_file {} {{\n  file {}\n}}\n", file, file_path(file));
    for (const std::string& process : node.processes)
        text += fmt::format("vrrp_track_process {0} {{\n  process {0}\n}}\n", process);
    for (const BfdPlan& session : node.sessions) {
        text += fmt::format(
            "bfd_instance {} {{\n  neighbor_ip 10.0.0.{}\n  source_ip 10.0.0.{}\n  min_rx {}\n  min_tx {}\n"
            "  multiplier {}\n}}\n",
            session.name, session.neighbor + 1, node.index + 1, session.interval, session.interval,
            session.multiplier);
    }
    return text;
}

std::string render_groups(const ClusterPlan& cluster, const NodePlan& node, const Misprint& misprint) {
    std::string text;
    for (const GroupPlan& group : node.groups) {
        if (!group.present || misprint.without_groups) continue;
        text += fmt::format("vrrp_sync_group {} {{\n  group {{\n", group.name);
        for (const InstancePlan& instance : node.instances) {
            const RouterPlan& router = cluster.routers[instance.router];
            if (router.group >= 0 && instance.present) text += "    " + router.name + "\n";
        }
        text += "  }\n";
        if (group.tracking_weight) text += "  sync_group_tracking_weight\n";
        text += render_tracks(group.tracks, misprint) + "}\n";
    }
    return text;
}

}  // namespace

std::string render(const ClusterPlan& cluster, const NodePlan& node, const Misprint& misprint) {
    std::string text = "global_defs {\n  enable_script_security\n  script_user root\n";
    if (cluster.dynamic_interfaces) text += "  dynamic_interfaces\n";
    if (node.startup_delay > 0) text += fmt::format("  vrrp_startup_delay {}\n", node.startup_delay);
    for (const std::string& line : node.global_lines) text += "  " + line + "\n";
    text += "}\n";
    if (node.interface_delays) {
        text += fmt::format("interface_up_down_delays {{\n  eth0 {} {}\n}}\n",
                            node.interface_delays->first / 10.0, node.interface_delays->second / 10.0);
    }
    text += render_followed(node) + render_groups(cluster, node, misprint);
    for (const InstancePlan& instance : node.instances) {
        if (instance.present) text += render_instance(cluster, node, instance, misprint);
    }
    if (!node.real_servers.empty()) {
        text +=
            "virtual_server 10.0.0.200 80 {\n  delay_loop 2\n  lb_algo wrr\n  lb_kind DR\n  protocol TCP\n";
        for (size_t i = 0; i < node.real_servers.size(); ++i) {
            text += fmt::format(
                "  real_server 10.0.0.{} 80 {{\n    weight {}\n    TCP_CHECK {{\n      connect_timeout 1\n"
                "      retry 1\n      delay_before_retry 1\n    }}\n  }}\n",
                211 + i, node.real_servers[i]);
        }
        text += "}\n";
    }
    return text;
}

}  // namespace holdfast::sim

// keepalived_check.data: virtual server groups, virtual servers and real servers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "dump_text.hpp"
#include "holdfast/check/director.hpp"
#include "holdfast/check/expand.hpp"
#include "holdfast/check/log_lines.hpp"

namespace holdfast::app {

namespace {

std::string_view on_off(bool value) {
    return value ? "ON" : "OFF";
}

bool has_family(const check::VirtualServerGroup& group, Family family) {
    return std::ranges::any_of(group.entries, [&](const check::GroupEntry& entry) {
        return entry.firewall_mark == 0 ? entry.first.address.family() == family
                                        : entry.mark_family == family;
    });
}

/// How many destinations the services of one group entry have, by what the entry counts them under.
struct Alive {
    size_t tcp = 0;
    size_t udp = 0;
    size_t sctp = 0;
    size_t ipv4 = 0;
    size_t ipv6 = 0;
};

Alive alive_in(const check::Director& director, const check::VirtualServerGroup& group) {
    Alive alive;
    for (size_t i = 0; i < director.size(); ++i) {
        const check::VirtualServerMachine& machine = director.machine(i);
        const check::VirtualServerSettings& settings = machine.settings();
        if (settings.group != group.name) continue;
        size_t count = machine.sorry_serves() || (settings.sorry_server && settings.sorry_server->inhibit);
        for (size_t server = 0; server < machine.servers().size(); ++server) count += machine.is_set(server);
        (settings.key.family == Family::ipv4 ? alive.ipv4 : alive.ipv6) += count;
        switch (settings.key.protocol) {
            case ipvs::Protocol::tcp:
                alive.tcp += count;
                break;
            case ipvs::Protocol::udp:
                alive.udp += count;
                break;
            case ipvs::Protocol::sctp:
            case ipvs::Protocol::none:
                alive.sctp += count;
                break;
        }
    }
    return alive;
}

void server_group(DumpText& out, const check::Director& director, const check::VirtualServerGroup& group) {
    const Alive alive = alive_in(director, group);
    out.line(" ------< Virtual server group >------");
    out.line(" Virtual Server Group = {}, IPv4 = {}, IPv6 = {}", group.name,
             yes_no(has_family(group, Family::ipv4)), yes_no(has_family(group, Family::ipv6)));
    const auto mark = [&](ipvs::Protocol protocol) { return director.mark_of(group.name, protocol); };
    const uint32_t tcp = mark(ipvs::Protocol::tcp);
    const uint32_t udp = mark(ipvs::Protocol::udp);
    const uint32_t sctp = mark(ipvs::Protocol::sctp);
    if (tcp != 0 || udp != 0 || sctp != 0) out.line("  Fwmark TCP: {} UDP: {} SCTP: {}", tcp, udp, sctp);
    for (const bool marks : {false, true}) {
        for (const check::GroupEntry& entry : group.entries) {
            if ((entry.firewall_mark != 0) != marks) continue;
            const std::string first = entry.first.address.to_string();
            if (marks) {
                std::string_view family;
                if (entry.mark_family) family = *entry.mark_family == Family::ipv4 ? " IPv4" : " IPv6";
                out.line("   FWMARK = {}{}", entry.firewall_mark, family);
                out.line("     Alive: {} IPv4, {} IPv6", alive.ipv4, alive.ipv6);
            } else if (entry.count > 1) {
                out.line("   VIP Range = {}-{}, VPORT = {}", first,
                         check::advance(entry.first.address, entry.count - 1).to_string(), entry.first.port);
            } else {
                out.line("   VIP = {}, VPORT = {}", first, entry.first.port);
            }
            if (!marks) out.line("     Alive: {} tcp, {} udp, {} sctp", alive.tcp, alive.udp, alive.sctp);
            out.line("     reloaded = {}", director.known_before(group, entry) ? "True" : "False");
        }
    }
}

void forwarding(DumpText& out, std::string_view prefix, const ipvs::Forwarding& how) {
    constexpr std::array<std::string_view, 3> kChecksums{", no checksum", ", checksum", ", remote checksum"};
    const std::string_view checksum = kChecksums[static_cast<size_t>(how.tunnel_checksum)];
    switch (how.method) {
        case ipvs::ForwardingMethod::masquerade:
            return out.line("   {}forwarding method = NAT", prefix);
        case ipvs::ForwardingMethod::direct_route:
            return out.line("   {}forwarding method = DR", prefix);
        case ipvs::ForwardingMethod::local:
            return out.line("   {}forwarding method = LOCAL", prefix);
        case ipvs::ForwardingMethod::tunnel:
            break;
    }
    switch (how.tunnel_type) {
        case ipvs::TunnelType::ipip:
            return out.line("   {}forwarding method = TUN, type = IPIP", prefix);
        case ipvs::TunnelType::gue:
            return out.line("   forwarding method = TUN, type = GUE, port = {}{}", how.tunnel_port, checksum);
        case ipvs::TunnelType::gre:
            return out.line("   forwarding method = TUN, type = GRE{}", checksum);
    }
}

std::string six_decimals(Duration duration) {
    return fmt::format("{:f}", to_seconds(duration));
}

void retries(DumpText& out, const check::CheckerDefaults& defaults) {
    if (defaults.retry) out.line("   Retry count = {}", *defaults.retry);
    if (defaults.delay_before_retry)
        out.line("   Retry delay = {}", six_decimals(*defaults.delay_before_retry));
    if (defaults.warmup) out.line("   Warmup = {}", six_decimals(*defaults.warmup));
}

void script(DumpText& out, std::string_view what, const Rare<notify::Command>& command) {
    if (!command) return;
    out.line("   {} notify script = {}, uid:gid {}:{}", what, command->to_string(),
             command->identity.uid.value_or(0), command->identity.gid.value_or(0));
}

void flags(DumpText& out, const ipvs::ServiceAttributes& service, ipvs::Protocol protocol) {
    out.line("   Hashed = {}", enabled(service.flags.hashed));
    if (service.scheduler == "sh" || service.scheduler == "mh") {
        out.line("   {}-port = {}", service.scheduler, enabled(service.flags.sched2));
        out.line("   {}-fallback = {}", service.scheduler, enabled(service.flags.sched1));
    } else {
        out.line("   flag-1 = {}", enabled(service.flags.sched1));
        out.line("   flag-2 = {}", enabled(service.flags.sched2));
        out.line("   flag-3 = {}", enabled(service.flags.sched3));
    }
    out.line("   One packet scheduling = {}{}", enabled(service.flags.one_packet),
             service.flags.one_packet && protocol != ipvs::Protocol::udp ? " (inactive due to not UDP)" : "");
}

void persistence(DumpText& out, const ipvs::ServiceAttributes& service, bool ipv6) {
    if (service.persistence_timeout != 0)
        out.line("   persistence timeout = {}", service.persistence_timeout);
    const uint32_t mask = service.persistence_netmask;
    if (mask == 0 || mask == (ipv6 ? 128U : 0xffffffffU)) return;
    if (ipv6) {
        out.line("   persistence granularity = {}", mask);
    } else {
        out.line("   persistence granularity = {}.{}.{}.{}", mask >> 24U, (mask >> 16U) & 255U,
                 (mask >> 8U) & 255U, mask & 255U);
    }
}

std::string_view protocol_name(ipvs::Protocol protocol) {
    switch (protocol) {
        case ipvs::Protocol::tcp:
            return "TCP";
        case ipvs::Protocol::udp:
            return "UDP";
        case ipvs::Protocol::sctp:
            return "SCTP";
        case ipvs::Protocol::none:
            break;
    }
    return "none";
}

/// The files and sessions that decide about a server.
void followed(DumpText& out, const DaemonView& view, const check::RealServerSettings& settings) {
    bool first = true;
    for (const check::Checker& checker : settings.checkers) {
        const auto* check = std::get_if<check::FileCheck>(&checker.probe);
        if (check == nullptr) continue;
        if (std::exchange(first, false)) out.line("   Tracked Files");
        out.line("     {}, {}", check->track_file, file_weight_text(view, *check));
    }
    first = true;
    for (const check::Checker& checker : settings.checkers) {
        const auto* check = std::get_if<check::BfdCheck>(&checker.probe);
        if (check == nullptr) continue;
        if (std::exchange(first, false)) out.line("   Tracked BFDs");
        out.line("     {}", check->session);
    }
}

void real_server(DumpText& out, const DaemonView& view, const check::VirtualServerMachine& machine,
                 size_t index) {
    const check::RealServerSettings& settings = machine.settings().real_servers[index];
    const check::VirtualServerMachine::ServerState& state = machine.servers()[index];
    out.line("   ------< Real server >------");
    out.line("   RIP = {}, RPORT = {}, WEIGHT = {} EFF WEIGHT = {}", settings.endpoint.address.to_string(),
             settings.endpoint.port, check::limit_weight(state.weight), state.weight);
    forwarding(out, "", settings.forwarding);
    out.line("   Alpha is {}", on_off(settings.alpha));
    const check::CheckerDefaults& defaults =
        settings.checker_defaults ? *settings.checker_defaults : machine.settings().checker_defaults;
    out.line("   connection timeout = {}", six_decimals(defaults.connect_timeout));
    out.line("   connection limit range = {} -> {}", settings.lower_threshold, settings.upper_threshold);
    out.line("   Delay loop = {}", six_decimals(defaults.delay_loop));
    retries(out, defaults);
    out.line("   Inhibit on failure is {}", on_off(settings.inhibit_on_failure));
    script(out, "RS up", settings.notify_up);
    script(out, "RS down", settings.notify_down);
    if (!settings.virtualhost.empty()) out.line("    VirtualHost = '{}'", settings.virtualhost.string());
    if (!settings.snmp_name.empty()) out.line("   SNMP name = {}", settings.snmp_name.string());
    out.line("   Using smtp notification = {}", yes_no(machine.mails_real_server(index)));
    out.line("   initial weight = {}", settings.weight);
    out.line("   effective weight = {}", state.weight);
    out.line("   previous effective_weight = {}", state.previous_weight);
    out.line("   alive = {:d}", state.alive);
    out.line("   num failed checkers = {}", state.failed_checkers);
    out.line("   RS set = {:d}", machine.is_set(index));
    out.line("   reloaded = {:d}", state.known_before);
    followed(out, view, settings);
}

std::string_view family_text(const DaemonView& view, const check::VirtualServerSettings& settings,
                             bool ipv6) {
    const auto& groups = view.director->settings().groups;
    const auto group = std::ranges::find(groups, settings.group, &check::VirtualServerGroup::name);
    if (!settings.group.empty() && group != groups.end() && has_family(*group, Family::ipv4) &&
        has_family(*group, Family::ipv6))
        return "IPv4 & IPv6";
    return ipv6 ? "inet6" : "inet";
}

void virtual_server(DumpText& out, const DaemonView& view, const check::VirtualServerMachine& machine) {
    const check::VirtualServerSettings& settings = machine.settings();
    const ipvs::ServiceKey& key = settings.key;
    out.line(" ------< Virtual server >------");
    if (!settings.group.empty()) {
        out.line(" VS GROUP = {}", machine.name());
    } else if (key.firewall_mark != 0) {
        out.line(" VS FWMARK = {}", key.firewall_mark);
    } else {
        out.line(" VS VIP = {}, VPORT = {}", key.endpoint.address.to_string(), key.endpoint.port);
    }
    if (!settings.virtualhost.empty()) out.line("   VirtualHost = {}", settings.virtualhost);
    if (!settings.snmp_name.empty()) out.line("   SNMP name = '{}'", settings.snmp_name);
    const bool ipv6 = key.firewall_mark != 0 || !settings.group.empty()
                          ? key.family == Family::ipv6
                          : key.endpoint.address.family() == Family::ipv6;
    out.line("   Address family = {}", family_text(view, settings, ipv6));
    out.line("   connection timeout = {}", six_decimals(settings.checker_defaults.connect_timeout));
    out.line("   delay_loop = {}", six_decimals(settings.checker_defaults.delay_loop));
    out.line("   lvs_sched = {}", settings.attributes.scheduler);
    const ipvs::Protocol protocol = key.firewall_mark != 0 ? ipvs::Protocol::none : key.protocol;
    flags(out, settings.attributes, protocol);
    persistence(out, settings.attributes, ipv6);
    out.line("   protocol = {}", protocol_name(protocol));
    out.line("   alpha is {}", on_off(settings.alpha));
    out.line("   omega is {}", on_off(settings.omega));
    retries(out, settings.checker_defaults);
    out.line("   Inhibit on failure is {}", on_off(settings.inhibit_on_failure));
    out.line("   quorum = {}, hysteresis = {}", settings.quorum, settings.hysteresis);
    script(out, "Quorum up", settings.quorum_up);
    script(out, "Quorum down", settings.quorum_down);
    if (settings.ha_suspend) out.line("   Using HA suspend");
    out.line("   Using smtp notification = {}", yes_no(machine.mails_virtual_server()));
    forwarding(out, "default ", settings.forwarding);
    if (const auto& sorry = settings.sorry_server) {
        const bool serves = machine.sorry_serves();
        const bool duplicate = std::ranges::any_of(
            settings.real_servers,
            [&](const check::RealServerSettings& real) { return real.endpoint == sorry->endpoint; });
        out.line("   sorry server {}= {}", duplicate ? "(duplicates rs) " : "",
                 check::log_lines::real_server(sorry->endpoint, key.protocol));
        forwarding(out, "  ", sorry->forwarding);
        out.line("     Inhibit on failure is {}", on_off(sorry->inhibit));
        out.line("     set = {:d}", serves || sorry->inhibit);
        out.line("     alive = {:d}", serves);
    }
    out.line("   VS alive = 1");  // Otherwise the daemon has ended, or the kernel refuses it.
    out.line("   quorum_state_up = {:d}", machine.has_quorum());
    out.line("   reloaded = {:d}", machine.known_before());
    for (size_t i = 0; i < settings.real_servers.size(); ++i) real_server(out, view, machine, i);
}

}  // namespace

void dump_virtual_servers(DumpText& out, const DaemonView& view) {
    const check::Director& director = *view.director;
    for (const check::VirtualServerGroup& each : director.settings().groups)
        server_group(out, director, each);
    for (size_t i = 0; i < director.size(); ++i) virtual_server(out, view, director.machine(i));
}

}  // namespace holdfast::app

// keepalived_check.data: its LVS part, line by line as scrapers of keepalived's know it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>

#include "dump_text.hpp"
#include "holdfast/app/data_dump.hpp"
#include "holdfast/check/director.hpp"
#include "holdfast/check/expand.hpp"
#include "holdfast/check/log_lines.hpp"

namespace holdfast::app {

namespace {

std::string_view on_off(bool value) {
    return value ? "ON" : "OFF";
}

long long microseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

void server_group(DumpText& out, const check::VirtualServerGroup& group) {
    const auto has = [&](Family family) {
        return std::ranges::any_of(group.entries, [&](const check::GroupEntry& entry) {
            return entry.firewall_mark == 0 ? entry.first.address.family() == family
                                            : entry.mark_family == family;
        });
    };
    out.line(" ------< Virtual server group >------");
    out.line(" Virtual Server Group = {}, IPv4 = {}, IPv6 = {}", group.name, yes_no(has(Family::ipv4)),
             yes_no(has(Family::ipv6)));
    for (const bool marks : {false, true}) {
        for (const check::GroupEntry& entry : group.entries) {
            if ((entry.firewall_mark != 0) != marks) continue;
            const std::string first = entry.first.address.to_string();
            if (marks) {
                std::string_view family;
                if (entry.mark_family) family = *entry.mark_family == Family::ipv4 ? " IPv4" : " IPv6";
                out.line("   FWMARK = {}{}", entry.firewall_mark, family);
            } else if (entry.count > 1) {
                out.line("   VIP Range = {}-{}, VPORT = {}", first,
                         check::advance(entry.first.address, entry.count - 1).to_string(), entry.first.port);
            } else {
                out.line("   VIP = {}, VPORT = {}", first, entry.first.port);
            }
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

void script(DumpText& out, std::string_view what, const Rare<notify::Command>& command) {
    if (!command) return;
    out.line("   {} notify script = {}, uid:gid {}:{}", what, command->to_string(),
             command->identity.uid.value_or(0), command->identity.gid.value_or(0));
}

void flags(DumpText& out, const ipvs::ServiceAttributes& service) {
    out.line("   Hashed = {}", enabled(service.flags.hashed));
    if (service.scheduler == "sh" || service.scheduler == "mh") {
        out.line("   {}-port = {}", service.scheduler, enabled(service.flags.sched2));
        out.line("   {}-fallback = {}", service.scheduler, enabled(service.flags.sched1));
    } else {
        out.line("   flag-1 = {}", enabled(service.flags.sched1));
        out.line("   flag-2 = {}", enabled(service.flags.sched2));
        out.line("   flag-3 = {}", enabled(service.flags.sched3));
    }
    out.line("   One packet scheduling = {}", enabled(service.flags.one_packet));
}

void persistence(DumpText& out, const ipvs::ServiceAttributes& service, bool ipv6) {
    if (service.persistence_timeout != 0)
        out.line("   persistence timeout = {}", service.persistence_timeout);
    const uint32_t mask = service.persistence_netmask;
    if (mask == 0 || mask == 0xffffffffU) return;
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

void real_server(DumpText& out, const check::VirtualServerMachine& machine, size_t index) {
    const check::RealServerSettings& settings = machine.settings().real_servers[index];
    const check::VirtualServerMachine::ServerState& state = machine.servers()[index];
    out.line("   ------< Real server >------");
    out.line("   RIP = {}, RPORT = {}, WEIGHT = {} EFF WEIGHT = {}", settings.endpoint.address.to_string(),
             settings.endpoint.port, check::limit_weight(state.weight), state.weight);
    forwarding(out, "", settings.forwarding);
    out.line("   Alpha is {}", on_off(settings.alpha));
    out.line("   connection limit range = {} -> {}", settings.lower_threshold, settings.upper_threshold);
    out.line("   Inhibit on failure is {}", on_off(settings.inhibit_on_failure));
    script(out, "RS up", settings.notify_up);
    script(out, "RS down", settings.notify_down);
    if (!settings.virtualhost.empty()) out.line("    VirtualHost = '{}'", settings.virtualhost.string());
    if (!settings.snmp_name.empty()) out.line("   SNMP name = {}", settings.snmp_name.string());
    out.line("   Using smtp notification = {}", yes_no(machine.mails_real_server(index)));
    out.line("   initial weight = {}", settings.weight);
    out.line("   effective weight = {}", state.weight);
    out.line("   alive = {:d}", state.alive);
    out.line("   num failed checkers = {}", state.failed_checkers);
    out.line("   RS set = {:d}", machine.is_set(index));
}

void virtual_server(DumpText& out, const check::VirtualServerMachine& machine) {
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
    if (settings.group.empty()) out.line("   Address family = inet{}", ipv6 ? "6" : "");
    out.line("   lvs_sched = {}", settings.attributes.scheduler);
    flags(out, settings.attributes);
    persistence(out, settings.attributes, ipv6);
    out.line("   protocol = {}", protocol_name(key.firewall_mark != 0 ? ipvs::Protocol::none : key.protocol));
    out.line("   alpha is {}", on_off(settings.alpha));
    out.line("   omega is {}", on_off(settings.omega));
    out.line("   quorum = {}, hysteresis = {}", settings.quorum, settings.hysteresis);
    script(out, "Quorum up", settings.quorum_up);
    script(out, "Quorum down", settings.quorum_down);
    if (settings.ha_suspend) out.line("   Using HA suspend");
    out.line("   Using smtp notification = {}", yes_no(machine.mails_virtual_server()));
    forwarding(out, "default ", settings.forwarding);
    if (const auto& sorry = settings.sorry_server) {
        const bool serves = machine.sorry_serves();
        out.line("   sorry server = {}", check::log_lines::real_server(sorry->endpoint, key.protocol));
        forwarding(out, "  ", sorry->forwarding);
        out.line("     Inhibit on failure is {}", on_off(sorry->inhibit));
        out.line("     set = {:d}", serves || sorry->inhibit);
        out.line("     alive = {:d}", serves);
    }
    out.line("   VS alive = 1");  // Otherwise the daemon has ended, or the kernel refuses it.
    out.line("   quorum_state_up = {:d}", machine.has_quorum());
    for (size_t i = 0; i < settings.real_servers.size(); ++i) real_server(out, machine, i);
}

const check::ConnectSettings* connection_of(const check::Checker& checker) {
    return std::visit(
        []<class Probe>(const Probe& probe) -> const check::ConnectSettings* {
            if constexpr (requires { probe.connect; }) {
                return &probe.connect;
            } else if constexpr (requires { probe.hosts; }) {
                return probe.hosts.empty() ? nullptr : &probe.hosts.front();
            } else {
                return nullptr;
            }
        },
        checker.probe);
}

void connection(DumpText& out, const check::ConnectSettings& settings) {
    out.line("   Connection");
    out.line("     Dest = {}", settings.destination.to_string());
    if (settings.has_bind) out.line("     Bind to = {}", settings.bind.to_string());
    if (!settings.bind_interface.empty()) out.line("     Bind i/f = {}", settings.bind_interface.string());
    if (settings.firewall_mark != 0) out.line("     Mark = {}", settings.firewall_mark);
    out.line("     Timeout = {:f}", to_seconds(settings.timeout));
}

// Runs of codes, one line each.
void status_codes(DumpText& out, std::bitset<500> codes) {
    constexpr size_t kFirst = 100;
    if (codes.none())
        for (size_t code = 200; code < 300; ++code) codes.set(code - kFirst);
    for (size_t begin = 0; begin < codes.size(); ++begin) {
        if (!codes.test(begin)) continue;
        size_t end = begin;
        while (end + 1 < codes.size() && codes.test(end + 1)) ++end;
        if (begin == end) {
            out.line("       {}", begin + kFirst);
        } else {
            out.line("       {}-{}", begin + kFirst, end + kFirst);
        }
        begin = end;
    }
}

void url(DumpText& out, const check::UrlSettings& url, bool tls) {
    out.line("   Checked url = {}", url.path);
    if (url.digest) {
        std::string digest;
        for (const uint8_t byte : *url.digest) digest += fmt::format("{:02x}", byte);
        out.line("     digest = {}", digest);
    }
    if (tls) out.line("     tls_compliant {}set", url.tls_compliant.value_or(false) ? "" : "un");
    out.line("     HTTP Status Code(s)");
    status_codes(out, url.status_codes);
    if (!url.virtualhost.empty()) out.line("     Virtual host = {}", url.virtualhost);
    if (url.regex.empty()) return;
    out.line("     Regex = \"{}\"", url.regex);
    if (url.regex_no_match) out.line("     Regex no match");
    if (url.regex_max_offset) {
        out.line("     Regex min offset = {}, max_offset = {}", url.regex_min_offset, *url.regex_max_offset);
    } else if (url.regex_min_offset != 0) {
        out.line("     Regex min offset = {}", url.regex_min_offset);
    }
}

void http(DumpText& out, const check::HttpCheck& check) {
    std::string_view version = "1.0";
    if (check.protocol == check::HttpProtocol::http_1_0_compatible) version = "1.0C";
    if (check.protocol == check::HttpProtocol::http_1_1) version = "1.1";
    out.line("   Keepalive method = {}_GET, http protocol {}", check.tls ? "SSL" : "HTTP", version);
    if (!check.virtualhost.empty()) out.line("   Virtualhost = {}", check.virtualhost.string());
    out.line("   Enable SNI {}set", check.enable_sni ? "" : "un");
    out.line("   Fast recovery {}set", check.fast_recovery ? "" : "un");
    if (check.tls) out.line("   tls_compliant {}set", check.tls_compliant ? "" : "un");
    for (const check::UrlSettings& each : check.urls) url(out, each, check.tls);
}

void udp(DumpText& out, const check::UdpCheck& check) {
    if (check.payload.empty()) {
        out.line("   Payload specified = no");
    } else {
        out.line("   Payload len = {}", check.payload.size());
    }
    out.line("   Require reply = {}", yes_no(check.require_reply));
    if (!check.require_reply) return;
    out.line("     Min reply length = {}", check.min_reply_length);
    out.line("     Max reply length = {}", check.max_reply_length);
}

void checker(DumpText& out, const check::Director& director, check::CheckerId id) {
    const check::CheckerPlace& place = *director.place(id);
    const check::Checker& settings = *director.checker(id);
    const auto& state =
        director.machine(place.virtual_server).servers()[place.real_server].checkers[place.checker];
    out.line(" {} -> {}", director.virtual_server_name(id), director.server_name(id));
    out.line("   Enabled = {}", yes_no(!director.suspended(id)));
    out.line("   Up = {}", yes_no(state.up));
    out.line("   Has run = {}", yes_no(state.has_run));
    out.line("   Current weight = {}", director.contribution(id));
    const check::Schedule& schedule = settings.schedule;
    if (!std::holds_alternative<check::FileCheck>(settings.probe)) {
        out.line("   Alpha = {}", yes_no(schedule.alpha));
        out.line("   Delay loop = {} us", microseconds(schedule.delay_loop));
        out.line("   Warmup = {} us", microseconds(schedule.warmup));
        out.line("   Retries = {}", schedule.retry);
        if (schedule.retry != 0)
            out.line("   Delay before retry = {} us", microseconds(schedule.delay_before_retry));
    }
    out.line("   Log all failures = {}", yes_no(schedule.log_all_failures));
    if (const check::ConnectSettings* where = connection_of(settings)) connection(out, *where);
    if (const auto* web = std::get_if<check::HttpCheck>(&settings.probe)) return http(out, *web);
    out.line("   Keepalive method = {}", check::keyword(settings));
    if (const auto* misc = std::get_if<check::MiscCheck>(&settings.probe)) {
        out.line("   script = {}", misc->command.to_string());
        out.line("   timeout = {}", microseconds(misc->timeout) / 1000000);
        out.line("   dynamic = {}", misc->dynamic ? "YES" : "NO");
        out.line("   uid:gid = {}:{}", misc->command.identity.uid.value_or(0),
                 misc->command.identity.gid.value_or(0));
    } else if (const auto* smtp = std::get_if<check::SmtpCheck>(&settings.probe)) {
        out.line("   helo = {}", smtp->helo_name);
    } else if (const auto* dns = std::get_if<check::DnsCheck>(&settings.probe)) {
        out.line("   Name = {}", dns->name);
    } else if (const auto* datagrams = std::get_if<check::UdpCheck>(&settings.probe)) {
        udp(out, *datagrams);
    } else if (const auto* file = std::get_if<check::FileCheck>(&settings.probe)) {
        out.line("     Tracked file = {}", file->track_file);
    } else if (const auto* bfd = std::get_if<check::BfdCheck>(&settings.probe)) {
        out.line("   Name = {}", bfd->session);
    }
}

}  // namespace

std::string checker_data(const DaemonView& view) {
    DumpText out;
    dump_global(out, view.global, GlobalPart::others);
    if (view.director == nullptr || view.director->size() == 0) return out.take();
    const check::Director& director = *view.director;
    out.section("LVS Topology");
    out.line(" System is compiled with LVS v1.2.1");
    for (const check::VirtualServerGroup& each : director.settings().groups) server_group(out, each);
    for (size_t i = 0; i < director.size(); ++i) virtual_server(out, director.machine(i));
    const std::vector<check::CheckerId> checkers = director.checkers();
    if (!checkers.empty()) out.section("Health checkers");
    for (const check::CheckerId id : checkers) checker(out, director, id);
    return out.take();
}

}  // namespace holdfast::app

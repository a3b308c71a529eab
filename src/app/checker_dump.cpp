// keepalived_check.data.
#include "dump_text.hpp"
#include "holdfast/app/data_dump.hpp"

namespace holdfast::app {

namespace {

/// `[ADDR]:PROTOCOL:PORT` taken apart; nothing for marks and groups.
struct ServiceName {
    std::string_view address;
    std::string_view protocol;
    std::string_view port;
};

std::optional<ServiceName> split(std::string_view name) {
    const size_t end = name.find("]:");
    if (!name.starts_with('[') || end == name.npos) return std::nullopt;
    const std::string_view rest = name.substr(end + 2);
    const size_t colon = rest.find(':');
    if (colon == rest.npos) return std::nullopt;
    return ServiceName{name.substr(1, end - 1), rest.substr(0, colon), rest.substr(colon + 1)};
}

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

std::string_view on_off(bool value) {
    return value ? "ON" : "OFF";
}

void real_server(DumpText& out, const RealServerView& view) {
    out.line("   ------< Real server >------");
    if (auto name = split(view.name)) {
        out.line("   RIP = {}, RPORT = {}, WEIGHT = {}", name->address, name->port, view.weight);
    } else {
        out.line("   RS = {}, WEIGHT = {}", view.name, view.weight);
    }
    out.line("   forwarding method = {}", view.forwarding);
    out.line("   connection limit range = {} -> {}", view.lower_threshold, view.upper_threshold);
    out.line("   Inhibit on failure is {}", on_off(view.inhibit_on_failure));
    if (view.notify_up) out.line("   RS up notify script = {}", *view.notify_up);
    if (view.notify_down) out.line("   RS down notify script = {}", *view.notify_down);
    out.line("   alive = {:d}", view.alive);
    out.line("   RS set = {:d}", view.in_pool);
}

void virtual_server(DumpText& out, const VirtualServerView& view) {
    out.line(" ------< Virtual server >------");
    const auto name = split(view.name);
    if (name) {
        out.line(" VS VIP = {}, VPORT = {}", name->address, name->port);
    } else if (view.name.starts_with("FWM ")) {
        out.line(" VS FWMARK = {}", view.name.substr(4));
    } else {
        out.line(" VS GROUP = {}", view.name);
    }
    if (view.delay_loop > Duration::zero()) out.line("   delay_loop = {:f}", to_seconds(view.delay_loop));
    out.line("   lvs_sched = {}", view.scheduler);
    if (view.persistence_timeout != 0) out.line("   persistence timeout = {}", view.persistence_timeout);
    if (name) out.line("   protocol = {}", upper(name->protocol));
    out.line("   default forwarding method = {}", view.forwarding);
    out.line("   alpha is {}", on_off(view.alpha));
    out.line("   omega is {}", on_off(view.omega));
    out.line("   quorum = {}, hysteresis = {}", view.quorum, view.hysteresis);
    if (view.quorum_up_script) out.line("   Quorum up notify script = {}", *view.quorum_up_script);
    if (view.quorum_down_script) out.line("   Quorum down notify script = {}", *view.quorum_down_script);
    if (view.ha_suspend) out.line("   Using HA suspend");
    if (view.sorry_server) out.line("   sorry server = {}", *view.sorry_server);
    out.line("   quorum_state_up = {:d}", view.quorum_up);
    for (const RealServerView& server : view.real_servers) real_server(out, server);
}

}  // namespace

std::string checker_data(const DaemonView& view) {
    DumpText out;
    dump_global(out, view);
    if (view.virtual_servers.empty()) return out.take();
    out.section("LVS Topology");
    for (const VirtualServerView& server : view.virtual_servers) virtual_server(out, server);
    bool heading = false;
    for (const VirtualServerView& server : view.virtual_servers) {
        for (const RealServerView& real : server.real_servers) {
            for (const std::string& checker : real.checkers) {
                if (!heading) out.section("Health checkers");
                heading = true;
                out.line(" {} -> {}", server.name, real.name);
                out.line("   Keepalive method = {}", checker);
            }
        }
    }
    return out.take();
}

}  // namespace holdfast::app

// The load balancer's half of `status`. With tens of thousands of real servers every microsecond here counts:
// no text is made that is not written.
#include "holdfast/app/status.hpp"
#include "holdfast/check/log_lines.hpp"

namespace holdfast::app {

namespace {

using agents::JsonText;

void write_check(JsonText& json, const Daemon& daemon, const check::Checker& checker,
                 const check::VirtualServerMachine::CheckerState& state, check::CheckerId id) {
    json.open_object().text("kind", check::keyword(checker)).text("state", state.up ? "up" : "down");
    const CheckerRunner* runner = daemon.lvs().runner(id);
    json.key("failures").number(runner == nullptr ? 0U : runner->machine().failures());
    json.key("last_check");
    if (runner == nullptr || !runner->last_end()) {
        json.null().close_object();
        return;
    }
    const ProbeResult& result = runner->last_result();
    json.open_object().seconds("latency", runner->last_duration());
    json.seconds("ago", daemon.edges().timers.now() - *runner->last_end());
    switch (result.kind) {
        case ProbeResult::Kind::good:
            json.text("result", "good");
            break;
        case ProbeResult::Kind::bad:
            json.text("result", "bad");
            break;
        case ProbeResult::Kind::timed_out:
            json.text("result", "timed_out");
            break;
        case ProbeResult::Kind::not_possible:
            json.text("result", "not_possible");
            break;
    }
    json.text("reason", result.reason).close_object().close_object();
}

}  // namespace

void write_virtual_server(JsonText& json, const Daemon& daemon, size_t index) {
    const check::VirtualServerMachine& machine = daemon.lvs().director().machine(index);
    const check::VirtualServerSettings& settings = machine.settings();
    json.text("name", machine.name()).text("scheduler", settings.attributes.scheduler);
    json.number("quorum", settings.quorum).number("hysteresis", settings.hysteresis);
    json.flag("has_quorum", machine.has_quorum()).number("live_weight", machine.live_weight());
    json.key("sorry_server");
    if (settings.sorry_server) {
        json.text(settings.sorry_server->endpoint.to_string());
    } else {
        json.null();
    }
    json.flag("sorry_serves", machine.sorry_serves());
}

void write_real_server(JsonText& json, const Daemon& daemon, size_t virtual_server, size_t index) {
    const check::Director& director = daemon.lvs().director();
    const check::VirtualServerMachine& machine = director.machine(virtual_server);
    const check::RealServerSettings& server = machine.settings().real_servers[index];
    const check::VirtualServerMachine::ServerState& state = machine.servers()[index];
    json.open_object().text("name", check::log_lines::real_server(server, machine.settings()));
    json.text("state", state.alive ? "up" : "down").number("weight", state.weight);
    json.number("configured_weight", server.weight);
    json.flag("in_pool", state.alive && (machine.has_quorum() || !machine.settings().sorry_server));
    json.key("checks").open_array();
    for (size_t i = 0; i < server.checkers.size(); ++i) {
        write_check(json, daemon, server.checkers[i], state.checkers[i],
                    director.id_at({virtual_server, index, i}));
    }
    json.close_array().close_object();
}

}  // namespace holdfast::app

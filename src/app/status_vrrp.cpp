// The VRRP half of `status`: instances, groups, and what they follow.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "holdfast/app/object_text.hpp"
#include "holdfast/app/status.hpp"
#include "holdfast/netstate/resolve.hpp"

namespace holdfast::app {

namespace {

using agents::JsonText;

std::string_view word(track::TrackedState state) {
    switch (state) {
        case track::TrackedState::up:
            return "up";
        case track::TrackedState::down:
            return "down";
        case track::TrackedState::unknown:
        case track::TrackedState::untested:
            break;
    }
    return "unknown";
}

std::string_view word(bfd::State state) {
    switch (state) {
        case bfd::State::AdminDown:
            return "admin_down";
        case bfd::State::Down:
            return "down";
        case bfd::State::Init:
            return "init";
        case bfd::State::Up:
            return "up";
    }
    return "down";
}

bool is_present(const netstate::AddressSettings& address, const netstate::Mirror& mirror) {
    const auto wanted = netstate::resolve(address, mirror);
    return wanted && mirror.address(wanted->key()) != nullptr;
}

void write_addresses(JsonText& json, const std::vector<netstate::AddressSettings>& addresses,
                     const netstate::Mirror& mirror) {
    for (const netstate::AddressSettings& address : addresses) {
        json.open_object().text("address", address_text(address));
        json.flag("present", is_present(address, mirror)).close_object();
    }
}

void write_priority(JsonText& json, const VrrpInstance& instance) {
    json.key("priority").open_object().number("base", instance.settings->router.priority.value);
    json.number("effective", instance.router.effective_priority().value);
    json.key("contributions").open_array();
    const std::vector<track::Source>& sources = instance.tracking.sources();
    for (size_t i = 0; i < sources.size(); ++i) {
        const track::Contribution contribution = instance.tracking.of(i);
        json.open_object().text("kind", to_string(sources[i].kind)).text("name", sources[i].name);
        json.number("weight", sources[i].weight).flag("reverse", sources[i].reverse);
        json.number("sum", contribution.sum).flag("fault", contribution.faults > 0);
        json.flag("awaited", contribution.awaited > 0).close_object();
    }
    json.close_array().close_object();
}

void write_master(JsonText& json, const Daemon& daemon, const VrrpInstance& instance) {
    json.key("master");
    const auto& heard = instance.heard;
    if (!heard || instance.router.reported_state() != vrrp::State::Backup) {
        json.null();
        return;
    }
    json.open_object().text("address", heard->source.to_string()).number("priority", heard->priority.value);
    json.seconds("last_advert", daemon.edges().timers.now() - heard->at).close_object();
}

void write_cause(JsonText& json, const JournalEvent* event) {
    json.text("cause", event == nullptr ? std::string_view{} : event->cause());
    json.text("event", event == nullptr ? std::string_view{} : event->text());
}

}  // namespace

std::chrono::system_clock::time_point since_of(const Daemon& daemon, const VrrpInstance& instance) {
    // What was held from the beginning has had no transition.
    const bool never = instance.last_transition == std::chrono::system_clock::time_point{};
    return never ? daemon.started_at() : instance.last_transition;
}

void write_instance(JsonText& json, const Daemon& daemon, const VrrpInstance& instance) {
    const vrrp::RouterSettings& router = instance.settings->router;
    json.open_object().text("name", instance.name());
    json.text("state", to_string(instance.router.reported_state()));
    write_since(json, daemon, since_of(daemon, instance));
    write_cause(json, daemon.journal().latest(SubjectKind::instance, instance.name()));
    json.text("family", to_string(router.family)).number("version", static_cast<int>(router.version));
    json.number("vrid", router.vrid.value).text("interface", instance.settings->transport.interface);
    json.text("own_interface", instance.links->own);
    json.seconds("advert_interval", router.advert_interval);
    write_priority(json, instance);
    json.key("source");
    if (instance.source) {
        json.text(instance.source->to_string());
    } else {
        json.null();
    }
    write_master(json, daemon, instance);
    json.key("addresses").open_array();
    write_addresses(json, instance.addresses(), daemon.network().mirror());
    write_addresses(json, instance.excluded_addresses(), daemon.network().mirror());
    json.close_array().key("faults").open_array();
    for (const std::string& reason : daemon.vrrp().fault_reasons(instance)) json.text(reason);
    json.close_array().text("sync_group", instance.group);
    const vrrp::Counters& counters = instance.router.counters();
    json.key("counters").open_object().number("adverts_received", counters.advert_rcvd);
    json.number("adverts_sent", counters.advert_sent).number("became_master", counters.become_master);
    json.number("released_master", counters.release_master);
    json.number("priority_zero_received", counters.pri_zero_rcvd);
    json.number("priority_zero_sent", counters.pri_zero_sent);
    json.number("authentication_failures", counters.auth_failure).close_object().close_object();
}

void write_group(JsonText& json, const Daemon& daemon, const VrrpGroup& group) {
    const std::string& name = group.settings.group.name;
    const JournalEvent* event = daemon.journal().latest(SubjectKind::group, name);
    json.open_object().text("name", name).text("state", to_string(group.machine.state()));
    write_since(json, daemon, event == nullptr ? daemon.started_at() : event->at());
    write_cause(json, event);
    json.key("members").open_array();
    for (const VrrpInstance* member : group.members) {
        json.open_object().text("name", member->name());
        json.text("state", to_string(member->router.reported_state())).close_object();
    }
    json.close_array().close_object();
}

void write_script(JsonText& json, const Daemon& daemon, const track::ScriptSettings& script) {
    const ScriptTrackers& scripts = daemon.vrrp().scripts();
    const track::ScriptTracker* tracker = scripts.tracker(script.name);
    json.open_object().text("name", script.name).text("command", script.command.to_string());
    json.text("state", tracker == nullptr ? "unused" : word(tracker->state()));
    json.number("weight", script.weight).flag("reverse", script.reverse);
    json.seconds("interval", script.interval).number("rise", script.rise).number("fall", script.fall);
    json.number("count", tracker == nullptr ? 0U : tracker->result_count());
    json.flag("running", tracker != nullptr && tracker->is_running()).key("last_run");
    if (const auto run = scripts.last_run(script.name)) {
        json.open_object().key("exit_status");
        run->status ? json.number(*run->status) : json.null();
        json.key("signal");
        run->signal != 0 ? json.number(run->signal) : json.null();
        json.seconds("duration", run->duration);
        json.seconds("ago", daemon.edges().timers.now() - run->ended_at).close_object();
    } else {
        json.null();
    }
    json.close_object();
}

void write_file(JsonText& json, const Daemon& daemon, const track::FileSettings& file) {
    const auto value = daemon.vrrp().files().value(file.name);
    json.open_object().text("name", file.name).text("path", file.path).key("value");
    value ? json.number(*value) : json.null();
    json.number("weight", file.weight).flag("reverse", file.reverse).close_object();
}

void write_process(JsonText& json, const Daemon& daemon, const track::ProcessSettings& process) {
    const track::ProcessTracker* tracker = daemon.vrrp().processes().tracker(process.name);
    json.open_object().text("name", process.name).text("process", process.process);
    json.text("state", tracker == nullptr ? "unused" : word(tracker->state()));
    json.number("running", tracker == nullptr ? 0U : tracker->count()).number("quorum", process.quorum);
    json.number("weight", process.weight).flag("reverse", process.reverse).close_object();
}

void write_interfaces(JsonText& json, const Daemon& daemon) {
    std::set<std::string_view> names;
    for (const auto& instance : daemon.vrrp().instances()) {
        names.insert(instance->settings->transport.interface);
        names.insert(instance->links->own);
        for (const std::string_view name : daemon.vrrp().required_interfaces(*instance)) names.insert(name);
        for (const track::Source& source : instance->tracking.sources())
            if (source.kind == track::Kind::interface) names.insert(source.name);
    }
    names.erase("");
    for (const std::string_view name : names) {
        const bool exists = static_cast<bool>(daemon.network().index_of(name));
        const bool usable = daemon.vrrp().interfaces().is_usable(name);
        json.open_object().text("name", name);
        json.text("state", !exists ? "missing" : usable ? "up" : "down").close_object();
    }
}

void write_bfd_session(JsonText& json, const Daemon& daemon, const bfd::Session& session) {
    json.open_object().text("name", session.settings().name).text("state", word(session.state()));
    json.text("remote_state", word(session.remote_state()));
    json.number("diagnostic", static_cast<int>(session.diagnostic()));
    json.text("neighbor", session.settings().neighbor.to_string()).key("last_packet");
    if (session.last_seen()) {
        json.seconds(daemon.edges().timers.now() - *session.last_seen());
    } else {
        json.null();
    }
    json.close_object();
}

}  // namespace holdfast::app

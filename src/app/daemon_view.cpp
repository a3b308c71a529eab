// Daemon::view: the state of everything as plain values, for dump files, JSON and status.
#include <algorithm>

#include "holdfast/app/daemon.hpp"
#include "view_parts.hpp"

namespace holdfast::app {

namespace {

/// What a sync group follows by itself, with the weights that its members take over.
std::vector<track::Source> group_sources(const config::Config& config, const track::References& references) {
    const track::OwnWeights weights = [&](track::Kind kind,
                                          std::string_view name) -> std::optional<track::OwnWeight> {
        const auto look = [&](const auto& trackers) -> std::optional<track::OwnWeight> {
            for (const auto& tracker : trackers) {
                if (tracker.name == name) return track::OwnWeight{tracker.weight, tracker.reverse};
            }
            return std::nullopt;
        };
        switch (kind) {
            case track::Kind::script:
                return look(config.scripts);
            case track::Kind::file:
                return look(config.track_files);
            case track::Kind::process:
                return look(config.track_processes);
            case track::Kind::interface:
            case track::Kind::bfd:
                return std::nullopt;
        }
        return std::nullopt;
    };
    return track::resolve_sources(references, nullptr, weights, false, false);
}

/// The instances that follow an object, with what it weighs for them.
std::vector<TrackView> followers_of(const std::vector<std::unique_ptr<VrrpInstance>>& instances,
                                    track::Kind kind, std::string_view name) {
    std::vector<TrackView> followers;
    for (const auto& instance : instances) {
        for (const track::Source& source : instance->tracking.sources()) {
            if (source.kind == kind && source.name == name)
                followers.push_back({instance->name(), source.weight, source.reverse, {}});
        }
    }
    return followers;
}

std::string match_text(track::ParameterMatch match) {
    switch (match) {
        case track::ParameterMatch::none:
            return "none";
        case track::ParameterMatch::exact:
            return "exact";
        case track::ParameterMatch::partial:
            return "partial";
        case track::ParameterMatch::initial:
            return "initial";
    }
    return "none";
}

FileView file_view(const track::FileSettings& settings, const FileTrackers& files) {
    FileView view;
    view.name = settings.name;
    view.path = files.path(settings.name);
    view.value = files.value(settings.name).value_or(0);
    view.weight = settings.weight;
    view.reverse = settings.reverse;
    return view;
}

ProcessView process_view(const track::ProcessTracker& tracker, const VrrpService& vrrp) {
    const track::ProcessSettings& settings = tracker.settings();
    ProcessView view;
    view.name = settings.name;
    view.process = settings.process;
    view.parameters = settings.parameters;
    view.match = match_text(settings.match);
    view.quorum = settings.quorum;
    view.quorum_max = settings.quorum_max;
    view.current = tracker.count();
    view.have_quorum = tracker.state() == track::TrackedState::up;
    view.weight = settings.weight;
    view.reverse = settings.reverse;
    view.terminate_delay = settings.terminate_delay;
    view.fork_delay = settings.fork_delay;
    view.fork_delay_running = tracker.fork_delay_running();
    view.terminate_delay_running = tracker.terminate_delay_running();
    view.full_command = settings.full_command;
    view.followers = followers_of(vrrp.instances(), track::Kind::process, settings.name);
    return view;
}

GroupView group_view(const config::Config& config, const VrrpGroup& group) {
    GroupView view;
    view.name = group.settings.group.name;
    view.state = group.machine.state();
    view.members = group.settings.group.members;
    view.tracking_weight = group.settings.group.tracking_weight;
    view.tracks = tracks_view(config, group_sources(config, group.settings.track));
    view.notify = notify_view(group.settings.notify);
    view.priority_changes = group.settings.notify.priority_changes;
    for (const VrrpInstance* member : group.members) {
        if (member->fitness == vrrp::Fitness::faulted) ++view.faulted_members;
        if (member->fitness == vrrp::Fitness::held) ++view.initial_members;
    }
    return view;
}

CheckerView checker_view(const LvsService& lvs, const Edges& edges, check::CheckerId id) {
    CheckerView view;
    const CheckerRunner* runner = lvs.runner(id);
    if (runner == nullptr) return view;
    view.failures = runner->machine().failures();
    if (const check::ProbeMemory* memory = runner->memory()) {
        view.ping_sequence = memory->ping_sequence;
        view.failing_url = memory->urls.failing();
    }
    if (const auto began = runner->last_begin())
        view.last_begun =
            edges.wall_clock() - std::chrono::duration_cast<WallClock::duration>(edges.timers.now() - *began);
    view.last_status = runner->last_result().exit_code.value_or(0);
    return view;
}

}  // namespace

DaemonView Daemon::view() const {
    DaemonView view;
    view.now = edges_.wall_clock();
    view.director = &lvs_->director();
    view.checker = [this](check::CheckerId id) { return checker_view(*lvs_, edges_, id); };
    static const config::TlsSettings kOwnContext;
    if (config_->tls) {
        view.tls = &*config_->tls;
    } else if (lvs_->uses_tls()) {
        view.tls = &kOwnContext;
    }
    for (const track::FileSettings& settings : config_->track_files)
        if (lvs_->files().value(settings.name))
            view.checker_files.push_back(file_view(settings, lvs_->files()));
    for (const bfd::SessionSettings& settings : config_->bfd_sessions)
        if (settings.for_checker) view.checker_bfds.push_back(settings.name);
    view.global.config = &*config_;
    view.global.net_namespace = config_->root.net_namespace;
    for (const auto& instance : vrrp_->instances())
        view.instances.push_back(instance_view(config_, edges_, network_, *instance));
    for (const auto& [name, group] : vrrp_->groups()) view.groups.push_back(group_view(config_, *group));
    for (const track::ScriptSettings& settings : config_->scripts) {
        const track::ScriptTracker* tracker = vrrp_->scripts().tracker(settings.name);
        ScriptView script;
        script.name = settings.name;
        script.command = script_text(settings);
        script.interval = settings.interval;
        script.timeout = settings.timeout;  // 0 = interval, shown as configured.
        script.weight = settings.weight;
        script.reverse = settings.reverse;
        script.rise = settings.rise;
        script.fall = settings.fall;
        script.init_fail = settings.init_fail;
        script.uid = settings.command.identity.uid;
        script.gid = settings.command.identity.gid;
        if (tracker != nullptr) {
            script.result_count = tracker->result_count();
            script.first_result_seen =
                tracker->state() == track::TrackedState::up || tracker->state() == track::TrackedState::down;
            script.up = tracker->state() == track::TrackedState::up;
            script.running = tracker->is_running();
            script.last_status = tracker->memory().last_status;
        }
        script.followers = followers_of(vrrp_->instances(), track::Kind::script, settings.name);
        view.scripts.push_back(std::move(script));
    }
    // Those that nobody follows are not looked at.
    for (const track::FileSettings& settings : config_->track_files) {
        if (!vrrp_->files().value(settings.name)) continue;
        FileView& file = view.files.emplace_back(file_view(settings, vrrp_->files()));
        file.followers = followers_of(vrrp_->instances(), track::Kind::file, settings.name);
    }
    for (const track::ProcessSettings& settings : config_->track_processes) {
        if (const track::ProcessTracker* tracker = vrrp_->processes().tracker(settings.name))
            view.processes.push_back(process_view(*tracker, *vrrp_));
    }
    for (const bfd::SessionSettings& settings : config_->bfd_sessions) {
        if (!settings.for_vrrp) continue;
        view.tracked_bfds.push_back({settings.name, settings.weight, settings.reverse,
                                     vrrp_->bfd_is_up(settings.name),
                                     followers_of(vrrp_->instances(), track::Kind::bfd, settings.name)});
    }
    view.sockets = vrrp_->sockets();
    for (const config::GarpGroup& group : config_->garp_groups)
        view.garp_delays.push_back({group.garp_interval, group.gna_interval, group.interfaces});
    for (const auto& [name, instances] : config_->track_groups)
        view.track_groups.push_back({name, instances});
    for (const auto& [index, link] : network_.mirror().links()) {
        InterfaceView entry;
        entry.name = link.name;
        entry.index = index.value;
        entry.mac = link.mac;
        entry.up = link.up;
        entry.running = link.running;
        entry.loopback = link.loopback;
        entry.point_to_point = link.point_to_point;
        entry.arp = link.arp;
        entry.multicast = link.multicast;
        entry.group = link.group;
        entry.mtu = link.mtu;
        entry.followers = followers_of(vrrp_->instances(), track::Kind::interface, link.name);
        for (const netstate::KernelAddress& address : network_.mirror().addresses(index)) {
            (address.prefix.address.is_v4() ? entry.addresses4 : entry.addresses6)
                .push_back(address.prefix.address);
        }
        view.interfaces.push_back(std::move(entry));
    }
    view.static_addresses = address_list(config_->static_addresses, network_.mirror(), true);
    view.static_routes = route_list(config_->static_routes, network_.mirror(), true);
    view.static_rules = rule_list(config_->static_rules);
    for (const bfd::Session* session : bfd_.sessions()) {
        BfdView entry{session->settings(), session->state(),  session->diagnostic(), session->discriminator(),
                      session->remote(),   session->timers(), session->polling(),    std::nullopt};
        if (session->last_seen()) {
            entry.last_seen = edges_.wall_clock() - std::chrono::duration_cast<WallClock::duration>(
                                                        edges_.timers.now() - *session->last_seen());
        }
        view.bfd_sessions.push_back(std::move(entry));
    }
    return view;
}

}  // namespace holdfast::app

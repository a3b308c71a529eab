// `why NAME`: the state of one thing, since when, the event that caused it, and the rule that keeps it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "holdfast/app/status.hpp"
#include "holdfast/check/log_lines.hpp"
#include "holdfast/vrrp/election.hpp"

namespace holdfast::app {

std::string priority_text(const VrrpInstance& instance) {
    std::string text = fmt::format("priority {} (base {}", instance.router.effective_priority().value,
                                   instance.settings->router.priority.value);
    const std::vector<track::Source>& sources = instance.tracking.sources();
    for (size_t i = 0; i < sources.size(); ++i) {
        const int sum = instance.tracking.of(i).sum;
        if (sum != 0) text += fmt::format(", {} {:+}", sources[i].name, sum);
    }
    return text + ")";
}

namespace {

using agents::JsonText;

constexpr size_t kHistory = 5;

std::string seconds(Duration duration) {
    return fmt::format("{:.3f} s", to_seconds(std::max(duration, Duration::zero())));
}

void backup_rules(const Daemon& daemon, const VrrpInstance& instance, std::vector<std::string>& rules) {
    const auto* backup = std::get_if<vrrp::Backup>(&instance.router.state());
    if (backup == nullptr) return;
    const Instant now = daemon.edges().timers.now();
    const std::string left = seconds(backup->master_down_at - now);
    if (!instance.router.listens(now)) {
        rules.push_back(
            fmt::format("vrrp_startup_delay: it does not listen yet, and is MASTER in {} at the "
                        "earliest",
                        left));
        return;
    }
    const auto& groups = daemon.vrrp().groups();
    const auto group = groups.find(instance.group);
    if (instance.router.wanted_state() == vrrp::State::Master && group != groups.end()) {
        std::string waiting;
        for (const VrrpInstance* member : group->second->members) {
            if (member->router.wanted_state() == vrrp::State::Master) continue;
            waiting += (waiting.empty() ? "" : ", ") + member->name();
        }
        rules.push_back(fmt::format("it may be MASTER, but sync group {} waits for {}",
                                    instance.group.string(), waiting));
        return;
    }
    const auto& heard = instance.heard;
    if (!heard || now - heard->at > instance.router.master_down_interval()) {
        rules.push_back(fmt::format("no advert is heard; without one it is MASTER in {}", left));
        return;
    }
    const std::string master = fmt::format("{} (priority {}, last advert {} ago)", heard->source.to_string(),
                                           heard->priority.value, seconds(now - heard->at));
    const vrrp::Priority own = instance.router.effective_priority();
    if (heard->priority == vrrp::kLeaving) {
        rules.push_back(fmt::format("{} has resigned; it is MASTER in {}", heard->source.to_string(), left));
    } else if (heard->priority > own) {
        rules.push_back(fmt::format("{} outranks it: {}", master, priority_text(instance)));
    } else if (heard->priority == own) {
        rules.push_back(fmt::format("{} is MASTER, and an equal priority does not take over", master));
    } else if (!instance.settings->router.preempt) {
        rules.push_back(fmt::format("nopreempt: {} stays MASTER although outranked by our {}", master,
                                    priority_text(instance)));
    } else if (backup->preempt_at && now < *backup->preempt_at) {
        rules.push_back(fmt::format("preempt_delay: {} is outranked and stays MASTER for another {}", master,
                                    seconds(*backup->preempt_at - now)));
    } else {
        rules.push_back(fmt::format("{} is outranked by our {}; it is MASTER in {}", master,
                                    priority_text(instance), left));
    }
    if (heard->priority != vrrp::kLeaving)
        rules.push_back(fmt::format("it takes over when no advert comes for {}",
                                    seconds(instance.router.master_down_interval())));
}

/// Scripts without a result hold an instance before its first election.
std::vector<std::string> awaited_scripts(const VrrpInstance& instance) {
    std::vector<std::string> rules;
    const std::vector<track::Source>& sources = instance.tracking.sources();
    for (size_t i = 0; i < sources.size(); ++i) {
        if (instance.tracking.of(i).awaited > 0)
            rules.push_back(fmt::format("it waits for the first result of script {}", sources[i].name));
    }
    return rules;
}

std::string advert_rule(const VrrpInstance& instance) {
    if (instance.settings->router.priority == vrrp::kOwner)
        return "it is the address owner: nobody outranks priority 255";
    return fmt::format("nobody advertises a higher priority than its {}", priority_text(instance));
}

void write_rules(JsonText& json, const std::vector<std::string>& rules) {
    json.key("rules").open_array();
    for (const std::string& rule : rules) json.text(rule);
    json.close_array();
}

/// The latest events of a subject, newest last.
void write_history(JsonText& json, const Daemon& daemon, SubjectKind kind, std::string_view name) {
    std::vector<const JournalEvent*> history;
    const auto& events = daemon.journal().events();
    for (auto event = events.rbegin(); event != events.rend() && history.size() < kHistory; ++event)
        if ((*event)->is_state() && (*event)->kind() == kind && (*event)->name() == name)
            history.push_back(&**event);
    std::ranges::reverse(history);
    json.key("history").open_array();
    for (const JournalEvent* event : history) {
        json.open_object();
        write_event(json, *event);
        json.close_object();
    }
    json.close_array();
}

/// One subject; `state` overrules what the journal knows.
void write_subject(JsonText& json, const Daemon& daemon, SubjectKind kind, std::string_view name,
                   std::string_view state, std::chrono::system_clock::time_point since,
                   const std::vector<std::string>& rules) {
    const JournalEvent* event = daemon.journal().latest(kind, name);
    json.open_object().text("kind", to_string(kind)).text("name", name).text("state", state);
    write_since(json, daemon, since);
    json.text("cause", event == nullptr ? "startup" : event->cause());
    json.text("event", event == nullptr ? "nothing has happened to it since the start" : event->text());
    write_rules(json, rules);
    write_history(json, daemon, kind, name);
    json.close_object();
}

std::vector<std::string> group_rules(const VrrpGroup& group, const VrrpService& vrrp) {
    std::vector<std::string> rules;
    for (const VrrpInstance* member : group.members) {
        std::string rule =
            fmt::format("{} is {}", member->name(), to_string(member->router.reported_state()));
        if (const auto faults = vrrp.fault_reasons(*member); !faults.empty())
            rule += fmt::format(": {}", fmt::join(faults, "; "));
        rules.push_back(std::move(rule));
    }
    return rules;
}

std::vector<std::string> script_rules(const ScriptTrackers& scripts, const track::ScriptTracker& tracker) {
    std::vector<std::string> rules;
    const track::ScriptSettings& settings = tracker.settings();
    if (const auto run = scripts.last_run(settings.name)) {
        rules.push_back(run->status ? fmt::format("the last run ended with status {} after {}", *run->status,
                                                  seconds(run->duration))
                                    : fmt::format("the last run was ended by signal {} after {}", run->signal,
                                                  seconds(run->duration)));
    }
    rules.push_back(fmt::format("it counts as up from {} of {} (rise {}, fall {}); the count is {}",
                                settings.rise, settings.rise + settings.fall - 1, settings.rise,
                                settings.fall, tracker.result_count()));
    return rules;
}

class Search {
  public:
    Search(const Daemon& daemon, std::string_view name) : daemon_(daemon), name_(name) {
        json_.open_object().key("subjects").open_array();
    }
    void instances();
    void trackers();
    void servers();
    std::optional<std::string> take() {
        if (!found_) return std::nullopt;
        json_.close_array().close_object();
        return line_ + '\n';
    }

  private:
    void tell(SubjectKind kind, std::string_view name, std::string_view state,
              const std::vector<std::string>& rules) {
        const JournalEvent* event = daemon_.journal().latest(kind, name);
        write_subject(json_, daemon_, kind, name, state,
                      event == nullptr ? daemon_.started_at() : event->at(), rules);
        found_ = true;
    }
    void real_server(size_t virtual_server, size_t index, const std::string& name);

    const Daemon& daemon_;
    std::string_view name_;
    bool found_ = false;
    std::string line_;
    JsonText json_{line_};
};

void Search::instances() {
    const VrrpService& vrrp = daemon_.vrrp();
    for (const auto& instance : vrrp.instances()) {
        if (instance->name() != name_) continue;
        write_subject(json_, daemon_, SubjectKind::instance, name_,
                      to_string(instance->router.reported_state()), since_of(daemon_, *instance),
                      keeping_rules(daemon_, *instance));
        found_ = true;
    }
    if (const auto group = vrrp.groups().find(std::string(name_)); group != vrrp.groups().end())
        tell(SubjectKind::group, name_, to_string(group->second->machine.state()),
             group_rules(*group->second, vrrp));
}

void Search::trackers() {
    const VrrpService& vrrp = daemon_.vrrp();
    const auto word = [](track::TrackedState state) {
        return state == track::TrackedState::up     ? "up"
               : state == track::TrackedState::down ? "down"
                                                    : "unknown";
    };
    if (const auto* tracker = vrrp.scripts().tracker(name_))
        tell(SubjectKind::script, name_, word(tracker->state()), script_rules(vrrp.scripts(), *tracker));
    if (const auto value = vrrp.files().value(name_))
        tell(SubjectKind::file, name_, std::to_string(*value),
             {fmt::format("the number in {}", vrrp.files().path(name_))});
    if (const auto* tracker = vrrp.processes().tracker(name_))
        tell(SubjectKind::process, name_, word(tracker->state()),
             {fmt::format("{} running, quorum {}", tracker->count(), tracker->settings().quorum)});
    for (const bfd::Session* session : daemon_.bfd().sessions()) {
        if (session->settings().name != name_) continue;
        const bool up = session->state() == bfd::State::Up;
        tell(SubjectKind::bfd, name_, up ? "up" : "down",
             {fmt::format("the neighbor {} says {}", session->settings().neighbor.to_string(),
                          session->remote_state() == bfd::State::Up ? "up" : "down")});
    }
    if (daemon_.network().index_of(name_))
        tell(SubjectKind::interface, name_, vrrp.interfaces().is_usable(name_) ? "up" : "down", {});
}

void Search::servers() {
    const check::Director& director = daemon_.lvs().director();
    const size_t of = name_.find(" of ");
    const std::string_view server = name_.substr(0, of);
    for (size_t i = 0; i < director.size(); ++i) {
        const check::VirtualServerMachine& machine = director.machine(i);
        if (machine.name() == name_) {
            tell(SubjectKind::virtual_server, name_, machine.has_quorum() ? "UP" : "DOWN",
                 {fmt::format("live weight {}, quorum {}, hysteresis {}", machine.live_weight(),
                              machine.settings().quorum, machine.settings().hysteresis)});
        }
        if (of != std::string_view::npos && name_.substr(of + 4) != machine.name()) continue;
        for (size_t r = 0; r < machine.servers().size(); ++r) {
            const std::string name =
                check::log_lines::real_server(machine.settings().real_servers[r], machine.settings());
            if (name == server) real_server(i, r, fmt::format("{} of {}", name, machine.name()));
        }
    }
}

void Search::real_server(size_t virtual_server, size_t index, const std::string& name) {
    const check::Director& director = daemon_.lvs().director();
    const check::VirtualServerMachine& machine = director.machine(virtual_server);
    const auto& state = machine.servers()[index];
    const auto& checkers = machine.settings().real_servers[index].checkers;
    std::vector<std::string> rules;
    for (size_t i = 0; i < checkers.size(); ++i) {
        std::string rule =
            fmt::format("{} is {}", check::keyword(checkers[i]), state.checkers[i].up ? "up" : "down");
        const check::CheckerId id = director.id_at({virtual_server, index, i});
        if (director.suspended(id))
            rule += ", and is not asked while this host does not have the address (ha_suspend)";
        const CheckerRunner* runner = daemon_.lvs().runner(id);
        if (runner != nullptr && runner->last_end()) {
            rule += fmt::format(", last result after {}", seconds(runner->last_duration()));
            if (!runner->last_result().reason.empty()) rule += ": " + runner->last_result().reason;
        }
        rules.push_back(std::move(rule));
    }
    if (checkers.empty()) rules.emplace_back("it has no checks and is always up");
    tell(SubjectKind::real_server, name, state.alive ? "UP" : "DOWN", rules);
}

}  // namespace

std::vector<std::string> keeping_rules(const Daemon& daemon, const VrrpInstance& instance) {
    std::vector<std::string> rules = daemon.vrrp().fault_reasons(instance);
    switch (instance.router.reported_state()) {
        case vrrp::State::Master:
            rules.push_back(advert_rule(instance));
            break;
        case vrrp::State::Backup:
            backup_rules(daemon, instance, rules);
            break;
        case vrrp::State::Fault:
            std::ranges::move(awaited_scripts(instance), std::back_inserter(rules));
            if (rules.empty()) rules.push_back(unfit_partners(daemon.vrrp(), instance));
            break;
        case vrrp::State::Initialize:
            rules.emplace_back("it has not started, or was stopped");
            break;
    }
    return rules;
}

std::optional<std::string> why_line(const Daemon& daemon, std::string_view name) {
    Search search(daemon, name);
    search.instances();
    search.trackers();
    search.servers();
    return search.take();
}

std::vector<std::string> known_names(const Daemon& daemon) {
    std::vector<std::string> names;
    for (const auto& instance : daemon.vrrp().instances()) names.push_back(instance->name());
    for (const auto& [name, group] : daemon.vrrp().groups()) names.push_back(name);
    const config::Config& config = daemon.config();
    for (const auto& script : config.scripts) names.push_back(script.name);
    for (const auto& file : config.track_files) names.push_back(file.name);
    for (const auto& process : config.track_processes) names.push_back(process.name);
    for (const auto& session : config.bfd_sessions) names.push_back(session.name);
    return names;
}

}  // namespace holdfast::app

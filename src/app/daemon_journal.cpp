// What the journal is told: each transition with its one recorded cause, in words that name who and what.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/app/daemon.hpp"
#include "holdfast/app/status.hpp"

namespace holdfast::app {

namespace {

using vrrp::Cause;

std::string sender(const VrrpInstance& instance) {
    if (!instance.heard) return "another router";
    return instance.heard->source.to_string();
}

std::string join(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, "; "));
}

std::string text_of(Cause cause, const VrrpService& vrrp, const VrrpInstance& instance,
                    std::string_view text_before) {
    const vrrp::VirtualRouter& router = instance.router;
    const int own = router.effective_priority().value;
    const int heard = instance.heard ? instance.heard->priority.value : 0;
    const VrrpInstance* trigger = vrrp.group_trigger();
    const std::string by = trigger == nullptr ? "a member" : trigger->name();
    switch (cause) {
        case Cause::startup:
            return "it was started";
        case Cause::owner_startup:
            return "it was started as the address owner (priority 255)";
        case Cause::master_down:
            if (!instance.heard) return "no advert was heard for Master_Down_Interval";
            return fmt::format("no more adverts came from {} (priority {})", sender(instance), heard);
        case Cause::master_resigned:
            return fmt::format("{} gave up being MASTER (priority 0)", sender(instance));
        case Cause::preempted_lower:
            return fmt::format("{} advertised priority {}, lower than our {}", sender(instance), heard, own);
        case Cause::higher_priority_advert:
            return fmt::format("{} advertised priority {}, higher than our {}", sender(instance), heard, own);
        case Cause::higher_address_advert:
            return fmt::format("{} advertised the same priority {} from a higher address", sender(instance),
                               heard);
        case Cause::two_owners:
            return fmt::format("{} is an address owner (priority 255) too", sender(instance));
        case Cause::fault:
            return join(vrrp.fault_reasons(instance));
        case Cause::fault_cleared:
            return fmt::format("it is over: {}", text_before.empty() ? "the reason for FAULT" : text_before);
        case Cause::group_master:
            return fmt::format("all members of sync group {} may be MASTER; {} was the last",
                               instance.group.string(), by);
        case Cause::group_backup:
            return fmt::format("{} of sync group {} is no longer MASTER", by, instance.group.string());
        case Cause::group_fault:
            return unfit_partners(vrrp, instance);
        case Cause::group_fault_cleared:
            return fmt::format("all members of sync group {} are fit again; {} was the last",
                               instance.group.string(), by);
        case Cause::timer_expired:
            return "our own adverts were late beyond the others' patience";
        case Cause::reload:
            return "a reload took it out of its sync group";
        case Cause::shutdown:
            return "the daemon stops";
        case Cause::removed:
            return "a reload removed it";
    }
    return {};
}

SubjectKind subject_of(track::Kind kind) {
    switch (kind) {
        case track::Kind::interface:
            return SubjectKind::interface;
        case track::Kind::script:
            return SubjectKind::script;
        case track::Kind::file:
            return SubjectKind::file;
        case track::Kind::process:
            return SubjectKind::process;
        case track::Kind::bfd:
            return SubjectKind::bfd;
    }
    return SubjectKind::daemon;
}

std::string_view up_or_down(bool up) {
    return up ? "UP" : "DOWN";
}

}  // namespace

std::string unfit_partners(const VrrpService& vrrp, const VrrpInstance& instance) {
    const auto group = vrrp.groups().find(instance.group);
    if (group == vrrp.groups().end()) return "a partner is in FAULT";
    std::vector<std::string> partners;
    for (const VrrpInstance* member : group->second->members) {
        std::vector<std::string> reasons = vrrp.fault_reasons(*member);
        if (reasons.empty() && member->fitness == vrrp::Fitness::held)
            reasons.emplace_back("its scripts have not reported yet");
        if (!reasons.empty()) partners.push_back(fmt::format("{} ({})", member->name(), join(reasons)));
    }
    return fmt::format("sync group {}: {}", instance.group.string(), join(partners));
}

void Daemon::keep_journal() {
    vrrp_->on_state([this](const VrrpInstance& instance, const vrrp::StateChanged& change) {
        lvs_->instance_entered(instance.name(), change.to);
        note_instance(instance, change);
    });
    vrrp_->on_priority([this](const VrrpInstance& instance, const vrrp::EffectivePriorityChanged& change) {
        note({SubjectKind::instance, instance.name(), std::to_string(change.from.value),
              std::to_string(change.to.value), "priority", priority_text(instance), false});
    });
    vrrp_->on_group(
        [this](const VrrpGroup& group, const vrrp::GroupStateChanged& change) { note_group(group, change); });
    vrrp_->on_tracker([this](track::Kind kind, std::string_view name, std::string_view state) {
        note_tracker(kind, name, state);
    });
    lvs_->on_verdict(
        [this](check::CheckerId id, const check::Verdict& verdict) { note_verdict(id, verdict); });
}

void Daemon::note(const JournalEntry& entry) {
    journal_.add(edges_.wall_clock(), entry);
}

void Daemon::note_instance(const VrrpInstance& instance, const vrrp::StateChanged& change) {
    const JournalEvent* before = journal_.latest(SubjectKind::instance, instance.name());
    note({SubjectKind::instance, instance.name(), to_string(change.from), to_string(change.to),
          to_string(change.cause),
          text_of(change.cause, *vrrp_, instance, before == nullptr ? std::string_view{} : before->text())});
}

void Daemon::note_group(const VrrpGroup& group, const vrrp::GroupStateChanged& change) {
    const VrrpInstance* trigger = vrrp_->group_trigger();
    std::string_view cause = change.to == vrrp::State::Initialize ? "shutdown" : "startup";
    std::string text = change.to == vrrp::State::Initialize ? "the daemon stops" : "it was started";
    if (trigger != nullptr) {
        // The member's own transition may still follow (its group's consent makes it MASTER).
        cause = "member";
        text = fmt::format("{} {}", trigger->name(),
                           change.to == vrrp::State::Fault      ? "is in FAULT"
                           : change.to == vrrp::State::Master   ? "was the last to be ready for MASTER"
                           : change.from == vrrp::State::Master ? "is no longer MASTER"
                                                                : "was the last to be fit again");
    }
    note({SubjectKind::group, group.settings.group.name, to_string(change.from), to_string(change.to), cause,
          text});
}

void Daemon::note_tracker(track::Kind kind, std::string_view name, std::string_view state) {
    const SubjectKind subject = subject_of(kind);
    const JournalEvent* before = journal_.latest(subject, name);
    if (before != nullptr && before->to() == state) return;
    std::string text;
    if (kind == track::Kind::script) {
        if (const auto run = vrrp_->scripts().last_run(name)) {
            const auto length = fmt::format("after {:.3f} s", to_seconds(run->duration));
            text = run->status ? fmt::format("exit status {} {}", *run->status, length)
                               : fmt::format("ended by signal {} {}", run->signal, length);
        }
    } else if (kind == track::Kind::process) {
        if (const track::ProcessTracker* tracker = vrrp_->processes().tracker(name))
            text = fmt::format("{} running", tracker->count());
    }
    note({subject, name, before == nullptr ? std::string_view{} : before->to(), state,
          kind == track::Kind::interface ? "link" : to_string(kind), text});
}

void Daemon::note_verdict(check::CheckerId id, const check::Verdict& verdict) {
    const check::CheckerPlace* place = lvs_->director().place(id);
    const check::Checker* checker = lvs_->director().checker(id);
    if (place == nullptr || checker == nullptr) return;
    const check::VirtualServerMachine& machine = lvs_->director().machine(place->virtual_server);
    // The first result only confirms what was assumed.
    if (!verdict.first || verdict.up != verdict.was_up) {
        std::string text =
            fmt::format("{} {}", check::keyword(*checker), verdict.up ? "succeeded" : "failed");
        if (!verdict.up && verdict.timed_out) {
            text += ": timed out";
        } else if (!verdict.up && !verdict.reason.empty()) {
            text += ": " + verdict.reason;
        }
        note({SubjectKind::real_server,
              fmt::format("{} of {}", lvs_->director().server_name(id), machine.name()),
              up_or_down(verdict.was_up), up_or_down(verdict.up), "check", text});
    }
    const JournalEvent* before = journal_.latest(SubjectKind::virtual_server, machine.name());
    const std::string_view quorum = up_or_down(machine.has_quorum());
    const bool is_news = before == nullptr
                             ? machine.has_quorum() == verdict.up && verdict.up != verdict.was_up
                             : before->to() != quorum;
    if (!is_news) return;
    note({SubjectKind::virtual_server, machine.name(), before == nullptr ? std::string_view{} : before->to(),
          quorum, "quorum",
          fmt::format("live weight {}, quorum {}", machine.live_weight(), machine.settings().quorum)});
}

void Daemon::forget_what_is_gone() {
    std::set<std::pair<SubjectKind, std::string>> present{{SubjectKind::daemon, {}}};
    const auto add = [&](SubjectKind kind, const std::string& name) { present.emplace(kind, name); };
    for (const auto& instance : config_->instances) add(SubjectKind::instance, instance.router.name);
    for (const auto& group : config_->sync_groups) add(SubjectKind::group, group.group.name);
    for (const auto& script : config_->scripts) add(SubjectKind::script, script.name);
    for (const auto& file : config_->track_files) add(SubjectKind::file, file.name);
    for (const auto& process : config_->track_processes) add(SubjectKind::process, process.name);
    for (const auto& session : config_->bfd_sessions) add(SubjectKind::bfd, session.name);
    for (const auto& [index, link] : network_.mirror().links()) add(SubjectKind::interface, link.name);
    const check::Director& director = lvs_->director();
    for (size_t i = 0; i < director.size(); ++i) {
        const check::VirtualServerMachine& machine = director.machine(i);
        add(SubjectKind::virtual_server, machine.name());
    }
    // Real servers are known by their virtual server, which is named last.
    journal_.forget_unless([&](SubjectKind kind, std::string_view name) {
        if (kind != SubjectKind::real_server) return present.contains({kind, std::string(name)});
        const size_t of = name.rfind(" of ");
        return of != std::string_view::npos &&
               present.contains({SubjectKind::virtual_server, std::string(name.substr(of + 4))});
    });
}

}  // namespace holdfast::app

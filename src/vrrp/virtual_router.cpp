#include "holdfast/vrrp/virtual_router.hpp"

#include <algorithm>
#include <utility>

#include "holdfast/base/require.hpp"
#include "holdfast/vrrp/election.hpp"

namespace holdfast::vrrp {

namespace {

State state_of(const RouterState& state) {
    constexpr State kStates[] = {State::Initialize, State::Backup, State::Master, State::Fault};
    return kStates[state.index()];
}

/// An owner's wait, as the reference counts it.
constexpr Duration kNoWait = std::chrono::microseconds(1);

// What is announced in adverts; a Master tells the others at once when it changes.
bool same_advert(const RouterSettings& left, const RouterSettings& right) {
    return left.priority == right.priority && left.advert_interval == right.advert_interval &&
           left.addresses == right.addresses && left.version == right.version &&
           left.auth_type == right.auth_type && left.auth_data == right.auth_data;
}

bool has_new_address(const RouterSettings& before, const RouterSettings& after) {
    return std::ranges::any_of(after.addresses, [&](const IpAddress& address) {
        return std::ranges::find(before.addresses, address) == before.addresses.end();
    });
}

int64_t microseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

}  // namespace

VirtualRouter::VirtualRouter(Shared<RouterSettings> settings, std::optional<IpAddress> primary_address)
    : settings_(std::move(settings)),
      effective_(settings_->priority),
      primary_address_(primary_address),
      master_advert_interval_(settings_->advert_interval) {}

void VirtualRouter::handle(Instant now, const Event& event, Actions& out) {
    std::visit([&](const auto& which) { on(now, which, out); }, event);
}

// RFC 9568, 6.4.1. An owner in a group, or whose start is delayed, becomes Master by an immediate timeout.
void VirtualRouter::on(Instant now, const Startup& event, Actions& out) {
    require(state_of(state_) == State::Initialize, "a Virtual Router starts once");
    fitness_ = event.fitness;
    delayed_until_ = event.delayed_until;
    down_timer_ = master_down_interval();
    const Fitness least = std::max(event.fitness, event.group);
    if (least == Fitness::held) {
        wanted_ = State::Backup;
        state_ = Initialize{.held = true};
        last_transition_ = now;
        return;
    }
    if (least == Fitness::faulted) {
        wanted_ = State::Fault;
        state_ = Fault{};
        log({.id = LogId::entering_fault_at_start}, out);
        const Cause cause = event.fitness == Fitness::faulted ? Cause::fault : Cause::group_fault;
        record(now, State::Initialize, State::Fault, cause, out);
        return;
    }
    wanted_ = State::Backup;
    const bool is_owner = settings_->priority == kOwner && settings_->wants_master;
    const bool decides_alone = !settings_->in_sync_group || event.group_of_owners;
    if (is_owner) down_timer_ = kNoWait;
    if (is_owner && decides_alone && start_of_waiting(now) == now) {
        log({.id = LogId::receive_timeout}, out);
        become_master(now, Cause::owner_startup, out);
        return;
    }
    Duration wait = is_owner ? Duration::zero() : master_down_interval();
    // Seen in the reference: after a delay an owner lets one interval pass.
    if (is_owner && decides_alone) wait = settings_->advert_interval;
    wait_as_backup(now, wait);
    if (is_owner) {
        std::get<Backup>(state_).timeout_cause = Cause::owner_startup;
        down_timer_ = kNoWait;
    }
    // Only its delay keeps it from being Master: it is never told to be Backup.
    if (is_owner && decides_alone) return;
    log({.id = LogId::entering_backup_at_start}, out);
    record(now, State::Initialize, State::Backup, Cause::startup, out);
}

void VirtualRouter::on(Instant now, const Shutdown& event, Actions& out) {
    const State from = state_of(state_);
    if (from == State::Master) {
        if (event.release) {
            out.push(SendAdvert{kLeaving});
            ++counters_.advert_sent;
            ++counters_.pri_zero_sent;
            log({.id = LogId::sent_priority_zero}, out);
        }
        out.push(CancelAnnouncements{});
        if (event.release) out.push(RemoveAddresses{});
    }
    state_ = Initialize{};
    wanted_ = State::Initialize;
    record(now, from, State::Initialize, event.cause, out);
}

void VirtualRouter::on(Instant now, const AdvertReceived& event, Actions& out) {
    if (!listens(now)) return;
    const std::optional<Advert>& advert = event.reading.advert;
    auto* backup = std::get_if<Backup>(&state_);
    const bool other_master = backup != nullptr && advert && master_address_ != advert->source;
    if (other_master && !master_address_) {
        log({LogId::master_set, {advert->source, {}}, {}}, out);
    } else if (other_master) {
        log({LogId::master_changed, {*master_address_, advert->source}, {}}, out);
    }
    for (const LogEvent& finding : event.reading.findings()) log(finding, out);
    // A new master is a new reason to complain; a refused packet is not, whatever source it claims.
    if (other_master) logged_.reset();
    // Seen in the reference: an advert that changes nothing leaves what remains of the wait.
    if (backup != nullptr) down_timer_ = std::max(Duration::zero(), backup->master_down_at - now);
    if (!advert) return;
    if (backup != nullptr) {
        receive(now - event.waited, *backup, *advert, out);
        down_timer_ = std::max(Duration::zero(), backup->master_down_at - now);
    } else {
        receive(now, std::get<Master>(state_), *advert, out);
    }
}

void VirtualRouter::on(Instant now, const DeadlineReached& event, Actions& out) {
    if (auto* backup = std::get_if<Backup>(&state_)) {
        if (now < backup->master_down_at) return;
        log({.id = LogId::receive_timeout}, out);
        const Cause cause = backup->timeout_cause;
        if (!settings_->in_sync_group) {
            become_master(now, cause, out);
            return;
        }
        wanted_ = State::Master;
        backup->master_down_at = now + master_down_interval();
        request(GroupRequest::want_master, cause, out);
        return;
    }
    auto* master = std::get_if<Master>(&state_);
    if (master == nullptr) return;
    const GarpSettings& garp = settings_->garp;
    if (now + (event.early ? advert_tolerance() : Duration::zero()) >= master->advert_at)
        send_due_advert(now, *master, event.crowded, out);
    if (master->delayed_burst_at && now >= *master->delayed_burst_at) {
        master->delayed_burst_at.reset();
        out.push(Announce{garp.master_repeat, AnnounceReason::delayed});
    }
    if (const auto burst = master->lower_priority_bursts.next(); burst && now >= *burst) {
        master->lower_priority_bursts.drop_first();
        out.push(Announce{garp.lower_prio_repeat, AnnounceReason::lower_priority_delayed});
    }
    if (master->refresh_at && now >= *master->refresh_at) {
        master->refresh_at = now + garp.master_refresh;
        out.push(Announce{garp.master_refresh_repeat, AnnounceReason::refresh});
    }
    if (master->rogue_until && now >= *master->rogue_until) {
        master->rogue_until.reset();
        log({.id = LogId::rogue_owner_gone}, out);
    }
}

void VirtualRouter::on(Instant, const PriorityChanged& event, Actions& out) {
    if (settings_->priority == kOwner) return;
    if (event.quiet) {
        effective_ = event.effective;
    } else {
        set_effective_priority(event.effective, out);
    }
}

void VirtualRouter::on(Instant now, const FitnessChanged& event, Actions& out) {
    const auto* initialize = std::get_if<Initialize>(&state_);
    const bool running = initialize == nullptr || initialize->held;
    const Fitness before = std::exchange(fitness_, event.fitness);
    if (!running || before == event.fitness) return;
    switch (event.fitness) {
        case Fitness::faulted:
            enter_fault(now, Cause::fault, out);
            request(GroupRequest::fault, Cause::fault, out);
            return;
        case Fitness::fit:
            if (settings_->in_sync_group) {
                request(GroupRequest::fit, Cause::fault_cleared, out);
            } else {
                leave_fault(now, Cause::fault_cleared, out);
            }
            return;
        case Fitness::held:
            // A reload added a script to a running instance: it stays what it is until the script has spoken.
            return;
    }
}

void VirtualRouter::on(Instant, const PrimaryAddressChanged& event, Actions&) {
    primary_address_ = event.address;
}

void VirtualRouter::on(Instant now, const Stalled& event, Actions& out) {
    if (auto* backup = std::get_if<Backup>(&state_)) {
        if (now < backup->master_down_at || event.length < master_down_interval()) return;
        // Peers on the same host may have stood still as well; whoever is Master gets one interval to say so.
        backup->master_down_at = now + master_advert_interval_ + skew();
        log({.id = LogId::listening_after_stall, .numbers = {microseconds(event.length)}}, out);
        return;
    }
    const auto* master = std::get_if<Master>(&state_);
    if (master == nullptr || !settings_->timer_expired_backup) return;
    const Duration patience = vrrp::master_down_interval(settings_->version, *settings_->timer_expired_backup,
                                                         settings_->advert_interval, 3);
    if (now < master->last_advert_at + patience) return;
    log({.id = LogId::thread_timer_expired, .numbers = {microseconds(event.length)}}, out);
    leave_master(now, State::Backup, Cause::timer_expired, out);
    request(GroupRequest::backup, Cause::timer_expired, out);
}

void VirtualRouter::on(Instant now, const GroupCommanded& event, Actions& out) {
    switch (event.command) {
        case GroupCommand::become_master:
            if (state_of(state_) == State::Backup) become_master(now, event.cause, out);
            return;
        case GroupCommand::become_backup:
            if (is_master()) leave_master(now, State::Backup, event.cause, out);
            return;
        case GroupCommand::enter_fault:
            if (is_master() || state_of(state_) == State::Backup) enter_fault(now, event.cause, out);
            return;
        case GroupCommand::leave_fault:
            leave_fault(now, event.cause, out);
            return;
        case GroupCommand::refresh_neighbours:
            if (auto* master = std::get_if<Master>(&state_)) announce_lower_priority(now, *master, out);
            return;
    }
}

std::optional<Instant> VirtualRouter::deadline() const {
    if (const auto* backup = std::get_if<Backup>(&state_)) return backup->master_down_at;
    const auto* master = std::get_if<Master>(&state_);
    if (master == nullptr) return std::nullopt;
    Instant first = master->advert_at;
    for (const auto& other : {master->delayed_burst_at, master->refresh_at,
                              master->lower_priority_bursts.next(), master->rogue_until})
        if (other) first = std::min(first, *other);
    return first;
}

Duration VirtualRouter::early() const {
    const auto* master = std::get_if<Master>(&state_);
    return master != nullptr && deadline() == master->advert_at ? advert_tolerance() : Duration::zero();
}

Duration VirtualRouter::patience() const {
    if (is_master()) return Duration::zero();
    return std::min(master_advert_interval_ / 50, skew() / 4);
}

void VirtualRouter::reconfigure(Instant now, Shared<RouterSettings> settings, Priority effective,
                                Actions& out) {
    const Shared<RouterSettings> kept = std::exchange(settings_, std::move(settings));
    const RouterSettings& old = *kept;
    logged_.reset();
    const bool other_interval = old.advert_interval != settings_->advert_interval ||
                                old.version != settings_->version ||
                                old.down_timer_adverts != settings_->down_timer_adverts;
    if (other_interval) master_advert_interval_ = settings_->advert_interval;
    set_effective_priority(settings_->priority == kOwner ? kOwner : effective, out);

    if (auto* backup = std::get_if<Backup>(&state_)) {
        if (other_interval) {
            down_timer_ = master_down_interval();
            backup->master_down_at = start_of_waiting(now) + down_timer_;
        }
        if (settings_->preempt_delay == Duration::zero()) backup->preempt_at.reset();
    } else if (auto* master = std::get_if<Master>(&state_)) {
        if (!same_advert(old, settings_)) master->advert_at = now;
        // The caller announces new addresses; like those of a new Master they are told a second time.
        if (settings_->garp.master_delay > Duration::zero() && has_new_address(old, settings_))
            master->delayed_burst_at = now + settings_->garp.master_delay;
        if (old.garp.master_refresh != settings_->garp.master_refresh) {
            master->refresh_at.reset();
            if (settings_->garp.master_refresh > Duration::zero())
                master->refresh_at = now + settings_->garp.master_refresh;
        }
    }
    // A fault that was only a partner's ends with the membership.
    const auto* initialize = std::get_if<Initialize>(&state_);
    const bool waits = state_of(state_) == State::Fault || (initialize != nullptr && initialize->held);
    if (old.in_sync_group && !settings_->in_sync_group && waits && fitness_ == Fitness::fit)
        leave_fault(now, Cause::reload, out);
}

bool VirtualRouter::listens(Instant now) const {
    const State state = state_of(state_);
    return (state == State::Backup || state == State::Master) && start_of_waiting(now) == now;
}

ReadingContext VirtualRouter::reading_context(const IpAddress& source) const {
    const bool may_skip = settings_->skip_check_advert_addresses && !is_master();
    return {effective_, !may_skip || master_address_ != source};
}

State VirtualRouter::reported_state() const {
    const auto* initialize = std::get_if<Initialize>(&state_);
    if (initialize != nullptr && initialize->held) return State::Fault;
    return state_of(state_);
}

Duration VirtualRouter::master_down_interval() const {
    return settings_->down_timer_adverts * master_advert_interval_ + skew();
}

// An owner that gave way to another owner (two_owners) still waits as briefly as an owner.
Duration VirtualRouter::skew() const {
    const Priority priority = settings_->priority == kOwner ? kOwner : effective_;
    return skew_time(settings_->version, priority, master_advert_interval_);
}

Instant VirtualRouter::start_of_waiting(Instant now) const {
    return std::max(now, delayed_until_.value_or(now));
}

void VirtualRouter::set_effective_priority(Priority effective, Actions& out) {
    if (effective == effective_) return;
    const Duration skew_before = skew();
    const Priority before = std::exchange(effective_, effective);
    log({.id = LogId::effective_priority_changed, .numbers = {before.value, effective.value}}, out);
    if (auto* backup = std::get_if<Backup>(&state_)) backup->master_down_at += skew() - skew_before;
    down_timer_ = master_down_interval();
    out.push(EffectivePriorityChanged{before, effective});
}

void VirtualRouter::log(const LogEvent& event, Actions& out) {
    if (is_rate_limited(event.id)) {
        const auto kind = static_cast<size_t>(event.id);
        if (logged_.test(kind)) return;
        logged_.set(kind);
    }
    out.push(Log{event});
}

void VirtualRouter::request(GroupRequest what, Cause cause, Actions& out) const {
    if (settings_->in_sync_group) out.push(RequestGroup{what, cause});
}

}  // namespace holdfast::vrrp

// The state changes of a VirtualRouter. The order of the actions in each is contract (actions.hpp).
#include <utility>

#include "holdfast/vrrp/election.hpp"
#include "holdfast/vrrp/virtual_router.hpp"

namespace holdfast::vrrp {

namespace {

bool is_initialize(const RouterState& state) {
    return std::holds_alternative<Initialize>(state);
}

}  // namespace

void VirtualRouter::record(Instant now, State from, State to, Cause cause, Actions& out) {
    last_transition_ = now;
    last_cause_ = cause;
    out.push(StateChanged{from, to, cause});
}

// RFC 9568, 6.4.2 (345 to 375). The advert goes first: the old Master must drop the addresses before we
// announce them.
void VirtualRouter::become_master(Instant now, Cause cause, Actions& out) {
    const State from = is_initialize(state_) ? State::Initialize : State::Backup;
    logged_.reset();
    wanted_ = State::Master;
    if (settings_->priority == kOwner && effective_ != kOwner) {
        effective_ = kOwner;
        log({.id = LogId::priority_restored_owner_gone, .numbers = {kOwner.value}}, out);
    }
    const GarpSettings& garp = settings_->garp;
    Master& master = state_.emplace<Master>();
    send_advert(now, master, out);
    log({.id = LogId::entering_master}, out);
    const Duration interval = settings_->advert_interval;
    if (master_advert_interval_ != interval) {
        const auto milliseconds = [](Duration duration) {
            return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
        };
        log({.id = LogId::advert_interval_restored,
             .numbers = {milliseconds(master_advert_interval_), milliseconds(interval)}},
            out);
        master_advert_interval_ = interval;
    }
    ++counters_.become_master;
    out.push(InstallAddresses{});
    out.push(Announce{garp.master_repeat, AnnounceReason::became_master});
    if (garp.master_delay > Duration::zero()) master.delayed_burst_at = now + garp.master_delay;
    if (garp.master_refresh > Duration::zero())
        master.refresh_at = now + garp.master_delay + garp.master_refresh;
    record(now, from, State::Master, cause, out);
}

void VirtualRouter::leave_master(Instant now, State to, Cause cause, Actions& out) {
    logged_.reset();
    wanted_ = to;
    log({.id = to == State::Fault ? LogId::entering_fault : LogId::entering_backup}, out);
    // In FAULT the others need not wait for Master_Down_Interval. Without an address nothing can be sent.
    // Whose own fault it is says so twice (seen in the reference): a lost packet costs them all of the
    // interval.
    if (to == State::Fault && primary_address_) {
        out.push(SendAdvert{kLeaving});
        ++counters_.advert_sent;
        if (cause != Cause::group_fault) {
            out.push(SendAdvert{kLeaving});
            ++counters_.advert_sent;
            ++counters_.pri_zero_sent;
            log({.id = LogId::sent_priority_zero}, out);
        }
    }
    out.push(CancelAnnouncements{});
    out.push(RemoveAddresses{});
    ++counters_.release_master;
    if (to == State::Fault) {
        down_timer_ = master_down_interval();
        state_ = Fault{};
    } else {
        wait_as_backup(now, master_down_interval());
    }
    record(now, State::Master, to, cause, out);
}

void VirtualRouter::enter_fault(Instant now, Cause cause, Actions& out) {
    wanted_ = State::Fault;
    if (std::holds_alternative<Fault>(state_)) return;
    if (is_master()) {
        leave_master(now, State::Fault, cause, out);
        return;
    }
    // Leaving init is not announced by a line: the script that failed has just written its own.
    const State from = is_initialize(state_) ? State::Initialize : State::Backup;
    if (from == State::Backup) log({.id = LogId::entering_fault}, out);
    logged_.reset();
    state_ = Fault{};
    record(now, from, State::Fault, cause, out);
}

// To Backup with a full Master_Down_Interval, an owner too (seen in the reference); but an owner that was
// only held at start is Master at once.
void VirtualRouter::leave_fault(Instant now, Cause cause, Actions& out) {
    const auto* initialize = std::get_if<Initialize>(&state_);
    const bool was_held = initialize != nullptr && initialize->held;
    if (!was_held && !std::holds_alternative<Fault>(state_)) return;
    wanted_ = State::Backup;
    master_advert_interval_ = settings_->advert_interval;
    const bool is_owner = settings_->priority == kOwner && settings_->wants_master;
    if (was_held && is_owner && !settings_->in_sync_group && start_of_waiting(now) == now) {
        become_master(now, Cause::owner_startup, out);
        return;
    }
    log({.id = LogId::entering_backup}, out);
    wait_as_backup(now, was_held && is_owner ? Duration::zero() : master_down_interval());
    record(now, was_held ? State::Initialize : State::Fault, State::Backup, cause, out);
    out.push(AnnounceSource{});
}

void VirtualRouter::wait_as_backup(Instant now, Duration wait) {
    down_timer_ = wait;
    state_ = Backup{.master_down_at = start_of_waiting(now) + wait, .preempt_at = std::nullopt};
}

void VirtualRouter::send_advert(Instant now, Master& state, Actions& out) {
    out.push(SendAdvert{effective_});
    ++counters_.advert_sent;
    state.last_advert_at = now;
    state.advert_at = now + settings_->advert_interval;
    if (state.rogue_adverts_left > 0 && --state.rogue_adverts_left == 0)
        state.rogue_until = now + std::max(state.rogue_interval, settings_->advert_interval) * 12 / 10;
}

// A little late once is no reason to be late ever after: the next one is counted from when this one was due.
// What was held up for long (RFC 9568 counts from the sending) or is early begins a new count.
void VirtualRouter::send_due_advert(Instant now, Master& state, bool crowded, Actions& out) {
    const Instant due = state.advert_at;
    send_advert(now, state, out);
    if (now >= due && now - due < settings_->advert_interval / 2)
        state.advert_at = due + settings_->advert_interval;
    if (!crowded) return;
    // Towards a point of the clock and not towards each other, because then all would move for ever.
    const Duration past = state.advert_at.time_since_epoch() % (settings_->advert_interval / 10);
    state.advert_at -= std::min(past, advert_tolerance());
}

}  // namespace holdfast::vrrp

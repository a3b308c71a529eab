// What a VirtualRouter does with a received advert: RFC 9568, 6.4.2 and 6.4.3, and keepalived's additions.
#include "holdfast/vrrp/election.hpp"
#include "holdfast/vrrp/virtual_router.hpp"

namespace holdfast::vrrp {

namespace {

constexpr Priority kSteppedDownOwner{254};

LogEvent line(LogId id, const Advert& advert, Priority own = {}) {
    return {id, {advert.source, {}}, {advert.priority.value, own.value, 0}};
}

}  // namespace

void VirtualRouter::receive(Instant now, Backup& state, const Advert& advert, Actions& out) {
    const bool other_master = master_address_ != advert.source;
    if (settings_->priority == kOwner && effective_ != kOwner &&
        (other_master || advert.priority != kOwner)) {
        effective_ = kOwner;
        log({.id = LogId::priority_restored_lower_advert, .numbers = {kOwner.value}}, out);
    }
    if (advert.priority == kLeaving) {
        log({.id = LogId::backup_received_priority_zero}, out);
        state.master_down_at = now + skew();
        state.timeout_cause = Cause::master_resigned;
        return;
    }
    const bool preempt_delay_holds =
        settings_->preempt_delay > Duration::zero() && (!state.preempt_at || now < *state.preempt_at);
    if (!settings_->preempt || advert.priority >= effective_ || preempt_delay_holds) {
        accept(now, state, advert, out);
        return;
    }
    // We outrank the sender: Master_Down_Interval runs out and we take over.
    log(line(LogId::lower_priority_discarded, advert), out);
    master_address_ = advert.source;
    state.timeout_cause = Cause::preempted_lower;
}

void VirtualRouter::accept(Instant now, Backup& state, const Advert& advert, Actions& out) {
    learn_interval(advert, out);
    state.master_down_at = now + master_down_interval();
    state.timeout_cause = Cause::master_down;
    master_address_ = advert.source;
    master_priority_ = advert.priority;
    if (settings_->preempt_delay > Duration::zero()) {
        if (advert.priority >= effective_) {
            if (state.preempt_at) log({.id = LogId::preempt_delay_stopped}, out);
            state.preempt_at.reset();
        } else if (!state.preempt_at) {
            state.preempt_at = now + settings_->preempt_delay;
            const auto delay =
                std::chrono::duration_cast<std::chrono::microseconds>(settings_->preempt_delay);
            log({.id = LogId::preempt_delay_started, .numbers = {delay.count()}}, out);
        }
    }
    // It had timed out and was waiting for its sync group, but there is a master after all.
    if (wanted_ == State::Master) {
        wanted_ = State::Backup;
        request(GroupRequest::withdraw, Cause::higher_priority_advert, out);
    }
}

void VirtualRouter::receive(Instant now, Master& state, const Advert& advert, Actions& out) {
    if (advert.priority == kLeaving) {
        send_advert(now, state, out);
        log({.id = LogId::master_received_priority_zero}, out);
        return;
    }
    const auto order = primary_address_ ? advert.source <=> *primary_address_ : std::strong_ordering::equal;
    const bool equal_priority = advert.priority == effective_;
    const bool outranked = advert.priority > effective_ || (equal_priority && order > 0);
    if (outranked && settings_->higher_priority_send_advert) send_advert(now, state, out);
    if (equal_priority && order == 0) {
        log({.id = LogId::own_address_from_peer}, out);
        return;
    }
    const bool two_owners = equal_priority && effective_ == kOwner;
    if (two_owners) hear_owner(state, advert, outranked, out);

    if (advert.priority < effective_ || (advert.priority == effective_ && order < 0)) {
        hear_lower(now, state, advert, out);
        return;
    }
    if (advert.priority > effective_ && settings_->priority != kOwner) {
        log(line(LogId::higher_priority_advert, advert, effective_), out);
    } else {
        log(line(LogId::same_priority_higher_address, advert), out);
    }
    Cause cause = Cause::higher_priority_advert;
    if (two_owners) {
        cause = Cause::two_owners;
    } else if (equal_priority) {
        cause = Cause::higher_address_advert;
    }
    yield(now, advert, cause, out);
}

// The reference's keyword names (lower_prio_no_advert, garp_lower_prio_*) tell the story: after a partition
// healed, switches and hosts may believe the other one.
void VirtualRouter::hear_lower(Instant now, Master& state, const Advert& advert, Actions& out) {
    const bool answer = !settings_->lower_priority_no_advert;
    log(line(answer ? LogId::lower_priority_advert_new_election : LogId::lower_priority_advert, advert,
             effective_),
        out);
    if (settings_->auth_type == AuthType::header) {
        log({.id = LogId::ah_sequence_taken}, out);
        out.push(ContinueSequence{advert.sequence_number + 1});
    }
    if (answer) send_advert(now, state, out);
    announce_lower_priority(now, state, out);
    out.push(LowerPriorityReceived{advert.source, advert.priority});
    request(GroupRequest::lower_priority_heard, last_cause_, out);
}

// Each lower advert gets an immediate burst and a delayed one.
void VirtualRouter::announce_lower_priority(Instant now, Master& state, Actions& out) {
    const GarpSettings& garp = settings_->garp;
    if (garp.lower_prio_repeat == 0) return;
    out.push(Announce{garp.lower_prio_repeat, AnnounceReason::lower_priority});
    if (garp.lower_prio_delay > Duration::zero())
        state.lower_priority_bursts.add(now + garp.lower_prio_delay);
}

// Two address owners is a configuration error. The one with the lower address gives way; the other sends two
// more adverts, waits a bit, and gives way as well if the first does not.
void VirtualRouter::hear_owner(Master& state, const Advert& advert, bool sender_is_higher, Actions& out) {
    if (sender_is_higher) {
        log(line(LogId::two_owners, advert), out);
    } else if (state.rogue_until) {
        log(line(LogId::rogue_owner_still_there, advert), out);
        effective_ = kSteppedDownOwner;
    } else {
        state.rogue_interval = advert.interval;
        if (state.rogue_adverts_left > 0) return;
        log(line(LogId::two_owners, advert), out);
        // The answer to this very advert is not one of the two.
        state.rogue_adverts_left = settings_->lower_priority_no_advert ? 2 : 3;
    }
}

void VirtualRouter::yield(Instant now, const Advert& advert, Cause cause, Actions& out) {
    learn_interval(advert, out);
    master_address_ = advert.source;
    master_priority_ = advert.priority;
    leave_master(now, State::Backup, cause, out);
    request(GroupRequest::backup, cause, out);
}

// RFC 5798, 6.4.2 (450). An interval of zero would make every wait zero and the router Master at once, so it
// is not learnt.
void VirtualRouter::learn_interval(const Advert& advert, Actions& out) {
    if (settings_->version != Version::v3 || advert.interval <= Duration::zero() ||
        advert.interval == master_advert_interval_)
        return;
    const auto milliseconds = [](Duration duration) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    };
    log({.id = LogId::advert_interval_learned,
         .numbers = {milliseconds(master_advert_interval_), milliseconds(advert.interval)}},
        out);
    master_advert_interval_ = advert.interval;
}

}  // namespace holdfast::vrrp

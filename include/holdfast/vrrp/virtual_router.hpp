// The Virtual Router of RFC 9568 section 6.4 with keepalived's additions, as a machine: told the time with
// each event, it returns what must happen and says when it wants to be called next. It owns no socket, reads
// no clock and writes no log. The driver keeps one timer per router, armed for `deadline()` after every call.
//
// One advert, from the wire to the wire:
//     if (router.listens(now)) {
//         Reading reading = reader.read(frame, router.reading_context(frame.source), router.counters());
//         router.handle(now, AdvertReceived{reading}, actions);
//     }
//     for each action in actions.view(): perform it, in order
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "holdfast/base/shared.hpp"
#include "holdfast/vrrp/actions.hpp"
#include "holdfast/vrrp/counters.hpp"
#include "holdfast/vrrp/events.hpp"
#include "holdfast/vrrp/settings.hpp"

namespace holdfast::vrrp {

/// Before Startup, after Shutdown, and while held: by a script that has not reported, or by an unfit partner.
struct Initialize {
    bool held = false;
};

struct Backup {
    Instant master_down_at;             ///< Master_Down_Timer.
    std::optional<Instant> preempt_at;  ///< preempt_delay runs until then; unset = not started.
    /// What a timeout now would mean; the RFC's MIB asks (RFC 6527, vrrpv3StatisticsNewMasterReason).
    Cause timeout_cause = Cause::master_down;
};

/// Bursts of announcements that wait for garp_lower_prio_delay, one for each lower advert, the earliest
/// first. Of those that come thick and fast the first few count: announcements tell the same again and again.
class LowerPriorityBursts {
  public:
    void add(Instant at) {
        if (count_ < at_.size()) at_[count_++] = at;
    }
    std::optional<Instant> next() const { return count_ == 0 ? std::nullopt : std::optional(at_.front()); }
    void drop_first() {
        std::shift_left(at_.begin(), at_.begin() + count_, 1);
        --count_;
    }

  private:
    std::array<Instant, 8> at_{};
    uint8_t count_ = 0;
};

struct Master {
    Instant advert_at;                        ///< Adver_Timer.
    Instant last_advert_at;                   ///< When the latest advert was ordered.
    std::optional<Instant> delayed_burst_at;  ///< garp_master_delay
    std::optional<Instant> refresh_at;        ///< garp_master_refresh
    LowerPriorityBursts lower_priority_bursts;
    /// Two address owners: how many more adverts we send before we start the clock, and the clock.
    uint8_t rogue_adverts_left = 0;
    Duration rogue_interval{};
    std::optional<Instant> rogue_until;
};

struct Fault {};

using RouterState = std::variant<Initialize, Backup, Master, Fault>;

class VirtualRouter {
  public:
    /// `primary_address`: where adverts are sent from, for the tie-break; none when not known yet.
    explicit VirtualRouter(Shared<RouterSettings> settings,
                           std::optional<IpAddress> primary_address = std::nullopt);

    void handle(Instant now, const Event& event, Actions& out);

    /// When to send DeadlineReached; none in Initialize and Fault.
    std::optional<Instant> deadline() const;
    /// How much before `deadline()` DeadlineReached::early may be sent: 1 % of the interval when an advert is
    /// next, otherwise nothing. An interval is that much shorter, once; from then on both leave together.
    /// (DeadlineReached::crowded does it up to ten times.)
    Duration early() const;

    /// How long an advert may wait before this router is told of it, if that is told as well: for a Backup a
    /// fiftieth of the interval, but no substantial part of Skew_Time, which priority 0 leaves it; for a
    /// Master, who may have to answer, not at all.
    Duration patience() const;

    /// A reload changed the settings; the state is kept. `effective` is the new sum of priority and weights.
    /// A Master advertises the new contents at once; a Backup with another interval starts its wait anew.
    void reconfigure(Instant now, Shared<RouterSettings> settings, Priority effective, Actions& out);
    /// A reload left the settings as they were: the ones of the new generation take the place of equal ones.
    void share(Shared<RouterSettings> equal) { settings_ = std::move(equal); }

    /// True when received adverts matter: Backup or Master, and not before Startup::delayed_until.
    bool listens(Instant now) const;
    ReadingContext reading_context(const IpAddress& source) const;

    // For dumps, JSON and tests.
    const RouterState& state() const { return state_; }
    /// Initialize while held is Fault here, as keepalived shows it.
    State reported_state() const;
    /// The state it would be in without its sync group.
    State wanted_state() const { return wanted_; }
    Cause last_cause() const { return last_cause_; }
    std::optional<Instant> last_transition() const { return last_transition_; }
    Priority effective_priority() const { return effective_; }
    std::optional<IpAddress> primary_address() const { return primary_address_; }
    std::optional<IpAddress> master_address() const { return master_address_; }
    /// Of the last master followed; 0 when there was none.
    Priority master_priority() const { return master_priority_; }
    Duration master_advert_interval() const { return master_advert_interval_; }
    /// Master_Down_Interval as of now.
    Duration master_down_interval() const;
    /// How long the last wait for a Master was meant to be, as the data dump of the reference shows it.
    Duration down_timer() const { return down_timer_; }
    /// When the last advert was sent; only a Master knows.
    std::optional<Instant> last_advert_at() const {
        const auto* master = std::get_if<Master>(&state_);
        return master == nullptr ? std::nullopt : std::optional(master->last_advert_at);
    }
    /// When its state ends by itself: the next advert of a Master, the end of a Backup's patience.
    std::optional<Instant> next_step_at() const {
        if (const auto* master = std::get_if<Master>(&state_)) return master->advert_at;
        const auto* backup = std::get_if<Backup>(&state_);
        return backup == nullptr ? std::nullopt : std::optional(backup->master_down_at);
    }
    bool is_master() const { return std::holds_alternative<Master>(state_); }
    const RouterSettings& settings() const { return *settings_; }
    const Counters& counters() const { return counters_; }
    Counters& counters() { return counters_; }

  private:
    void on(Instant now, const Startup& event, Actions& out);
    void on(Instant now, const Shutdown& event, Actions& out);
    void on(Instant now, const AdvertReceived& event, Actions& out);
    void on(Instant now, const DeadlineReached& event, Actions& out);
    void on(Instant now, const PriorityChanged& event, Actions& out);
    void on(Instant now, const FitnessChanged& event, Actions& out);
    void on(Instant now, const PrimaryAddressChanged& event, Actions& out);
    void on(Instant now, const Stalled& event, Actions& out);
    void on(Instant now, const GroupCommanded& event, Actions& out);

    // Receiving adverts: virtual_router_adverts.cpp.
    void receive(Instant now, Backup& state, const Advert& advert, Actions& out);
    void receive(Instant now, Master& state, const Advert& advert, Actions& out);
    void accept(Instant now, Backup& state, const Advert& advert, Actions& out);
    void hear_lower(Instant now, Master& state, const Advert& advert, Actions& out);
    void hear_owner(Master& state, const Advert& advert, bool sender_is_higher, Actions& out);
    void yield(Instant now, const Advert& advert, Cause cause, Actions& out);
    void learn_interval(const Advert& advert, Actions& out);
    void announce_lower_priority(Instant now, Master& state, Actions& out);

    // State changes.
    void become_master(Instant now, Cause cause, Actions& out);
    void leave_master(Instant now, State to, Cause cause, Actions& out);
    void enter_fault(Instant now, Cause cause, Actions& out);
    void leave_fault(Instant now, Cause cause, Actions& out);
    void wait_as_backup(Instant now, Duration wait);
    void record(Instant now, State from, State to, Cause cause, Actions& out);
    void request(GroupRequest what, Cause cause, Actions& out) const;

    void send_advert(Instant now, Master& state, Actions& out);
    void send_due_advert(Instant now, Master& state, bool crowded, Actions& out);
    Duration advert_tolerance() const { return settings_->advert_interval / 100; }
    void set_effective_priority(Priority effective, Actions& out);
    void log(const LogEvent& event, Actions& out);
    Instant start_of_waiting(Instant now) const;
    Duration skew() const;

    Shared<RouterSettings> settings_;
    RouterState state_;
    Priority effective_;
    std::optional<IpAddress> primary_address_;
    Fitness fitness_ = Fitness::fit;
    State wanted_ = State::Initialize;
    Duration master_advert_interval_{};
    Duration down_timer_{};
    std::optional<IpAddress> master_address_;
    Priority master_priority_;
    std::optional<Instant> delayed_until_;
    std::optional<Instant> last_transition_;
    Cause last_cause_ = Cause::startup;
    Counters counters_;
    std::bitset<kLogIdCount>
        logged_;  ///< Complaints already written; cleared when the state or the master changes.
};

}  // namespace holdfast::vrrp

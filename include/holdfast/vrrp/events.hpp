// What a VirtualRouter is told, and the words it uses for causes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "holdfast/base/address.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/vrrp/advert_reader.hpp"
#include "holdfast/vrrp/types.hpp"

namespace holdfast::vrrp {

/// Whether an instance may take part, as interfaces and trackers see it.
enum class Fitness : uint8_t {
    fit,
    held,     ///< A tracked script has not reported yet: no part in the election, shown as FAULT, no
              ///< notification.
    faulted,  ///< At least one source of fault (interface down, no address, tracked failure of weight 0).
};

/// Why a state was entered. Every StateChanged carries exactly one.
enum class Cause : uint8_t {
    startup,
    owner_startup,    ///< Priority 255 is Master at once (RFC 9568, 6.4.1).
    master_down,      ///< No advert for Master_Down_Interval.
    master_resigned,  ///< Priority 0 was received and Skew_Time has passed.
    preempted_lower,  ///< The master's adverts were of lower priority and ignored.
    higher_priority_advert,
    higher_address_advert,  ///< Equal priority, higher primary address.
    two_owners,             ///< Another address owner; this one gives way.
    fault,
    fault_cleared,
    group_master,
    group_backup,
    group_fault,
    group_fault_cleared,
    timer_expired,  ///< timer_expired_backup: our own adverts were late beyond the others' patience.
    reload,
    shutdown,
    removed,  ///< The instance is no longer configured.
};

/// "master_down", ...: for JSON and the "why" of the control socket.
std::string_view to_string(Cause cause);

/// Begins. Emitted once, before anything else. All timers count from `delayed_until` when that is later than
/// now (vrrp_startup_delay, vrrp_delay_after_boot), and adverts before it are not heard.
struct Startup {
    Fitness fitness = Fitness::fit;
    Fitness group = Fitness::fit;  ///< SyncGroup::fitness(): what the least fit partner allows.
    std::optional<Instant> delayed_until{};
    bool group_of_owners = false;  ///< Nobody in the sync group waits for anybody.
};

/// Ends: a Master sends priority 0 and gives up the addresses unless `release` is false (-V,
/// --dont-release-vrrp).
struct Shutdown {
    Cause cause = Cause::shutdown;  ///< Cause::shutdown or Cause::removed.
    bool release = true;
};

/// The verdict of AdvertReader, accepted or not. Only for a router that `listens()`.
struct AdvertReceived {
    Reading reading;
    Duration waited{};  ///< How long ago it arrived; no more than `VirtualRouter::patience()`.
};

/// `deadline()` has passed. Harmless when it has not.
struct DeadlineReached {
    /// Up to VirtualRouter::early() before it: an advert may leave along with those of others.
    bool early = false;
    /// Many Masters are at work here. Their adverts move together: each a hundredth of its interval at a
    /// time, to the tenths of an interval on the clock.
    bool crowded = false;
};

/// The sum of weights changed (election.hpp). Ignored when the base priority is 255.
struct PriorityChanged {
    Priority effective;
    bool quiet = false;  ///< A fault ends that had hidden it: neither logged nor told.
};

struct FitnessChanged {
    Fitness fitness = Fitness::fit;
};

/// The address that adverts are sent from; none while the interface has none.
struct PrimaryAddressChanged {
    std::optional<IpAddress> address;
};

/// The event loop did not run for `length`. To be sent to every router after the receive queues are drained
/// and before DeadlineReached. A Backup whose deadline passed meanwhile listens for one more interval first;
/// a Master with timer_expired_backup steps down when the others must have given it up.
struct Stalled {
    Duration length{};
};

/// What a sync group tells a member (sync_group.hpp). Never answered with a RequestGroup.
enum class GroupCommand : uint8_t {
    become_master,
    become_backup,
    enter_fault,
    leave_fault,
    refresh_neighbours,  ///< A partner heard a lower-priority master: announce again (garp_lower_prio_*).
};

struct GroupCommanded {
    GroupCommand command = GroupCommand::become_backup;
    Cause cause = Cause::group_master;  ///< The cause to record; the member that asked keeps its own.
};

using Event = std::variant<Startup, Shutdown, AdvertReceived, DeadlineReached, PriorityChanged,
                           FitnessChanged, PrimaryAddressChanged, Stalled, GroupCommanded>;

}  // namespace holdfast::vrrp

// What a VirtualRouter wants done, in order. The order is contract (compat/protocol.md section 3): becoming
// Master is advert, addresses, announcement, notification; leaving is priority 0, end of announcements,
// addresses, notification.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>

#include "holdfast/vrrp/events.hpp"
#include "holdfast/vrrp/log_lines.hpp"
#include "holdfast/vrrp/types.hpp"

namespace holdfast::vrrp {

/// Send one advert to the group, or one copy to each unicast peer. Priority 0 must be on the
/// wire before the addresses go (Link::flush).
struct SendAdvert {
    Priority priority;
    friend bool operator==(const SendAdvert&, const SendAdvert&) = default;
};

/// Make firewall entries, addresses, excluded addresses, routes and rules of the instance wanted.
struct InstallAddresses {
    friend bool operator==(const InstallAddresses&, const InstallAddresses&) = default;
};

/// The reverse, in reverse order.
struct RemoveAddresses {
    friend bool operator==(const RemoveAddresses&, const RemoveAddresses&) = default;
};

enum class AnnounceReason : uint8_t {
    became_master,
    delayed,
    refresh,
    lower_priority,
    lower_priority_delayed
};

/// `repeat` rounds of gratuitous ARP or unsolicited NA over addresses and excluded addresses.
struct Announce {
    uint32_t repeat = 1;
    AnnounceReason reason = AnnounceReason::became_master;
    friend bool operator==(const Announce&, const Announce&) = default;
};

/// Forget announcements still queued (garp_interval spaces them out).
struct CancelAnnouncements {
    friend bool operator==(const CancelAnnouncements&, const CancelAnnouncements&) = default;
};

/// Announce the primary address itself once. Only unicast instances do: their peers may have dropped us from
/// the neighbour table while we were in FAULT, and adverts would be lost until they ask again.
struct AnnounceSource {
    friend bool operator==(const AnnounceSource&, const AnnounceSource&) = default;
};

/// Run notifications. `to` is Initialize for Shutdown: STOP, or DELETED with Cause::removed.
struct StateChanged {
    State from = State::Initialize;
    State to = State::Initialize;
    Cause cause = Cause::startup;
    friend bool operator==(const StateChanged&, const StateChanged&) = default;
};

/// notify_master_rx_lower_pri.
struct LowerPriorityReceived {
    IpAddress source;
    Priority priority;
    friend bool operator==(const LowerPriorityReceived&, const LowerPriorityReceived&) = default;
};

/// Authentication header: the next advert carries a number after this one (Authenticator::continue_after).
struct ContinueSequence {
    uint32_t sequence = 0;
    friend bool operator==(const ContinueSequence&, const ContinueSequence&) = default;
};

/// notify_priority_changes.
struct EffectivePriorityChanged {
    Priority from;
    Priority to;
    friend bool operator==(const EffectivePriorityChanged&, const EffectivePriorityChanged&) = default;
};

/// What a member tells its sync group.
enum class GroupRequest : uint8_t {
    want_master,  ///< Timed out; waits (as Backup) for GroupCommand::become_master.
    withdraw,     ///< Heard a master after all.
    backup,       ///< Has left Master.
    fault,        ///< Has entered Fault.
    fit,          ///< Could leave Fault or init; waits for GroupCommand::leave_fault.
    lower_priority_heard,
};

/// Hand to SyncGroup::handle; only from routers with settings.in_sync_group. Always the last but Log actions.
struct RequestGroup {
    GroupRequest request = GroupRequest::want_master;
    Cause cause = Cause::master_down;
    friend bool operator==(const RequestGroup&, const RequestGroup&) = default;
};

struct Log {
    LogEvent event;
    friend bool operator==(const Log&, const Log&) = default;
};

using Action = std::variant<SendAdvert, InstallAddresses, RemoveAddresses, Announce, CancelAnnouncements,
                            AnnounceSource, StateChanged, LowerPriorityReceived, ContinueSequence,
                            EffectivePriorityChanged, RequestGroup, Log>;

/// A list of fixed capacity: one event causes a bounded number of actions, and none is allocated. The caller
/// clears it between events.
class Actions {
  public:
    /// More than any single event can cause; a test counts.
    static constexpr size_t kCapacity = 32;

    void push(const Action& action);
    void clear() { count_ = 0; }
    std::span<const Action> view() const { return {actions_.data(), count_}; }
    bool empty() const { return count_ == 0; }
    size_t size() const { return count_; }

  private:
    std::array<Action, kCapacity> actions_;
    size_t count_ = 0;
};

}  // namespace holdfast::vrrp

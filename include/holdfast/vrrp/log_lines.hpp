// What the VRRP machines have to say, as values, and the words they become. The wording is keepalived's,
// because operators grep for it; where a line is new the row says so. Formatting happens outside of the
// machines: a LogEvent is a few numbers and addresses, and describe() is called only for lines that are
// really written.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "holdfast/base/address.hpp"

namespace holdfast::vrrp {

enum class LogId : uint8_t {
    // State changes.
    entering_backup_at_start,
    entering_fault_at_start,
    entering_master,
    entering_backup,
    entering_fault,
    sent_priority_zero,
    receive_timeout,
    thread_timer_expired,
    listening_after_stall,
    // Election.
    master_set,
    master_changed,
    higher_priority_advert,
    same_priority_higher_address,
    lower_priority_advert_new_election,
    lower_priority_advert,
    lower_priority_discarded,
    backup_received_priority_zero,
    master_received_priority_zero,
    own_address_from_peer,
    preempt_delay_started,
    preempt_delay_stopped,
    advert_interval_learned,
    advert_interval_restored,
    effective_priority_changed,
    two_owners,
    rogue_owner_still_there,
    rogue_owner_gone,
    priority_restored_lower_advert,
    priority_restored_owner_gone,
    // Received packets, in the order of the checks (protocol.md section 2).
    unexpected_ah_header,
    missing_ah_header,
    packet_too_long,
    packet_too_short,
    invalid_ttl,
    wrong_version,
    hmac_missing,
    hmac_malformed,
    hmac_unknown_key,
    hmac_invalid,
    hmac_stale,
    hmac_replayed,
    hmac_clock_skew,
    invalid_auth_type,
    auth_type_mismatch,
    invalid_password,
    ah_invalid_value,
    ah_invalid_spi,
    ah_sequence_replayed,
    ah_sequence_taken,
    interval_mismatch_v2,
    invalid_type,
    ip_length_mismatch,
    interval_mismatch_v3,
    old_unicast_checksum,
    invalid_checksum,
    expected_unicast,
    expected_multicast,
    owner_ignores_advert,
    address_count,
    address_missing,
    source_not_a_peer,
    peer_ttl,
    // Sync groups: the name given to describe() is the group's.
    group_to_master,
    group_to_backup,
    group_to_fault,
    count_of_ids,
};

inline constexpr size_t kLogIdCount = static_cast<size_t>(LogId::count_of_ids);

/// One line not yet written. What `addresses` and `numbers` mean is told by the row of the id in
/// log_lines.cpp.
struct LogEvent {
    LogId id = LogId::entering_backup;
    std::array<IpAddress, 2> addresses{};
    std::array<int64_t, 3> numbers{};
    friend bool operator==(const LogEvent&, const LogEvent&) = default;
};

/// The line, without a newline: `(NAME) ...`, or `VRRP_Group(NAME) ...` for the group ids.
std::string describe(const LogEvent& event, std::string_view name);

/// True when the reference writes the line only with -D (--log-detail). Every line has level INFO.
bool is_detail(LogId id);

/// True for complaints about received packets, which are written once per instance and kind until the state
/// or the master changes. The VirtualRouter applies this; whoever sees a Log action writes it.
bool is_rate_limited(LogId id);

}  // namespace holdfast::vrrp

#include "holdfast/vrrp/log_lines.hpp"

#include <string>

#include "holdfast/base/require.hpp"

namespace holdfast::vrrp {

namespace {

enum class When : uint8_t { always, detail };
enum class Repeat : uint8_t { every_time, once };

// One line. In the text $n stands for the name, $a and $b for the addresses, $0 to $2 for the numbers, and $t
// for numbers[0] as microseconds written in seconds with six decimals.
struct Row {
    LogId id;
    When when;
    Repeat repeat;
    std::string_view text;
};

using enum When;
using enum Repeat;

// In the order of LogId, so that an id is an index; the constructor of the table checks it at compile time.
constexpr Row kRows[] = {
    {LogId::entering_backup_at_start, always, every_time, "($n) Entering BACKUP STATE (init)"},
    {LogId::entering_fault_at_start, always, every_time, "($n) entering FAULT state"},
    {LogId::entering_master, always, every_time, "($n) Entering MASTER STATE"},
    {LogId::entering_backup, always, every_time, "($n) Entering BACKUP STATE"},
    {LogId::entering_fault, always, every_time, "($n) Entering FAULT STATE"},
    {LogId::sent_priority_zero, detail, every_time, "($n) sent 0 priority"},
    {LogId::receive_timeout, detail, every_time, "($n) Receive advertisement timeout"},
    {LogId::thread_timer_expired, always, every_time, "VRRP thread timer expired $t seconds ago"},
    // New: the reference claims mastership at once.
    {LogId::listening_after_stall, always, every_time, "($n) did not run for $t seconds, listening first"},
    {LogId::master_set, detail, every_time, "($n) master set to $a"},
    {LogId::master_changed, detail, every_time, "($n) master changed from $a to $b"},
    {LogId::higher_priority_advert, always, every_time,
     "($n) Master received advert from $a with higher priority $0, ours $1"},
    {LogId::same_priority_higher_address, always, every_time,
     "($n) Master received advert from $a with same priority $0 but higher IP address than ours"},
    {LogId::lower_priority_advert_new_election, always, every_time,
     "($n) Received advert from $a with lower priority $0, ours $1, forcing new election"},
    {LogId::lower_priority_advert, always, every_time,
     "($n) Received advert from $a with lower priority $0, ours $1"},
    {LogId::lower_priority_discarded, always, every_time,
     "($n) received lower priority ($0) advert from $a - discarding"},
    {LogId::backup_received_priority_zero, detail, every_time,
     "($n) Backup received priority 0 advertisement"},
    {LogId::master_received_priority_zero, detail, every_time, "($n) Master received priority 0 message"},
    {LogId::own_address_from_peer, always, every_time,
     "($n) WARNING - equal priority advert received from remote host with our IP address."},
    {LogId::preempt_delay_started, detail, every_time, "($n) start preempt delay ($t)"},
    {LogId::preempt_delay_stopped, detail, every_time, "($n) stop preempt delay"},
    {LogId::advert_interval_learned, detail, every_time,
     "($n) advertisement interval updated from $0ms to $1ms by master"},
    {LogId::advert_interval_restored, detail, every_time,
     "($n) changing advert interval from $0ms to locally configured $1ms"},
    {LogId::effective_priority_changed, always, every_time, "($n) Changing effective priority from $0 to $1"},
    {LogId::two_owners, always, every_time,
     "($n) CONFIGURATION ERROR: local instance and $a are both configured as address owner, please resolve"},
    {LogId::rogue_owner_still_there, always, every_time,
     "($n) $a is still advertising as address owner, please resolve - reducing our priority"},
    {LogId::rogue_owner_gone, always, every_time,
     "($n): rogue address owner appears to have stopped advertising"},
    {LogId::priority_restored_lower_advert, always, every_time,
     "($n) Restoring our priority to $0 since received advert with lower priority"},
    {LogId::priority_restored_owner_gone, always, every_time,
     "($n) Restoring our priority to $0 since other address owner has disappeared"},
    {LogId::unexpected_ah_header, always, once, "($n) Received AH header but auth type not AH from $a"},
    {LogId::missing_ah_header, always, once, "($n) No AH header but auth type is AH from $a"},
    {LogId::packet_too_long, always, once, "($n) vrrp packet from $a too long, length $0 and expect $1"},
    {LogId::packet_too_short, always, once, "($n) vrrp packet from $a too short, length $0 and expect $1"},
    {LogId::invalid_ttl, always, once, "($n) invalid TTL/HL from $a. Received $0 and expect $1"},
    {LogId::wrong_version, always, once, "($n) wrong VRRP version from $a. Received $0 and expect $1"},
    {LogId::hmac_missing, always, once, "($n) missing authentication trailer from $a"},
    {LogId::hmac_malformed, always, once, "($n) malformed authentication trailer from $a"},
    {LogId::hmac_unknown_key, always, once, "($n) unknown authentication key id $0 from $a"},
    {LogId::hmac_invalid, always, once, "($n) invalid authentication HMAC from $a"},
    {LogId::hmac_stale, always, once,
     "($n) stale authentication trailer from $a, clock skew $0 sec exceeds window $1 sec"},
    {LogId::hmac_replayed, always, once, "($n) replayed authentication trailer from $a"},
    {LogId::hmac_clock_skew, always, once,
     "($n) authentication clock skew $0 sec from $a approaching window $1 sec"},
    {LogId::invalid_auth_type, always, once, "($n) Invalid auth type from $a: $0"},
    {LogId::auth_type_mismatch, always, once, "($n) received a $0 auth from $a, expecting $1!"},
    {LogId::invalid_password, always, once, "($n) received an invalid passwd from $a!"},
    {LogId::ah_invalid_value, always, every_time,
     "($n) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !"},
    {LogId::ah_invalid_spi, always, every_time, "IPSEC AH : invalid IPSEC SPI value. $0 and expect $1"},
    {LogId::ah_sequence_replayed, always, every_time,
     "($n) IPSEC-AH : sequence number $0 already processed. Packet dropped. Local($1)"},
    {LogId::ah_sequence_taken, always, every_time, "($n) IPSEC-AH : Syncing seq_num - Increment seq"},
    {LogId::interval_mismatch_v2, always, once,
     "($n) advertisement interval mismatch with $a mine=$0 sec rcv'd=$1 sec"},
    {LogId::invalid_type, always, once, "($n) Invalid packet type from $a. $0 and expect $1"},
    {LogId::ip_length_mismatch, always, once,
     "($n) ip_tot_len mismatch against received length from $a. $0 and received $1"},
    {LogId::interval_mismatch_v3, always, once,
     "($n) advertisement interval mismatch ours = $0 centi-sec rcv'd=$1 centi-sec"},
    {LogId::old_unicast_checksum, always, every_time, "($n) Setting unicast VRRPv3 checksum to old version"},
    {LogId::invalid_checksum, always, once, "($n) Invalid VRRPv$0 checksum from $a"},
    {LogId::expected_unicast, always, once,
     "($n) Expected unicast packet but received multicast packet from $a"},
    {LogId::expected_multicast, always, once,
     "($n) Expected multicast packet but received unicast packet from $a"},
    {LogId::owner_ignores_advert, always, once, "($n) Dropping packet(s) from $a since we are address owner"},
    {LogId::address_count, always, once, "($n) expected $0 VIPs but received $1"},
    {LogId::address_missing, always, once,
     "($n) ip address associated with VRID $0 not present in advert from $a: $b"},
    {LogId::source_not_a_peer, always, once, "($n) unicast source address $a not a unicast peer"},
    {LogId::peer_ttl, always, once, "($n) TTL/HL $0 from $a not in range [$1, $2]"},
    {LogId::group_to_master, always, every_time, "VRRP_Group($n) Syncing instances to MASTER state"},
    {LogId::group_to_backup, always, every_time, "VRRP_Group($n) Syncing instances to BACKUP state"},
    {LogId::group_to_fault, always, every_time, "VRRP_Group($n) Syncing instances to FAULT state"},
};

constexpr bool rows_are_in_order() {
    if (std::size(kRows) != kLogIdCount) return false;
    for (size_t i = 0; i < kLogIdCount; ++i)
        if (static_cast<size_t>(kRows[i].id) != i) return false;
    return true;
}
static_assert(rows_are_in_order());

const Row& row(LogId id) {
    const auto index = static_cast<size_t>(id);
    require(index < kLogIdCount, "a log event has an id of the table");
    return kRows[index];
}

std::string seconds_text(int64_t microseconds) {
    std::string fraction = std::to_string(microseconds % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    return std::to_string(microseconds / 1'000'000) + "." + fraction;
}

std::string field(char which, const LogEvent& event, std::string_view name) {
    switch (which) {
        case 'n':
            return std::string(name);
        case 'a':
            return event.addresses[0].to_string();
        case 'b':
            return event.addresses[1].to_string();
        case 't':
            return seconds_text(event.numbers[0]);
        default:
            return std::to_string(event.numbers[static_cast<size_t>(which - '0')]);
    }
}

}  // namespace

std::string describe(const LogEvent& event, std::string_view name) {
    const std::string_view text = row(event.id).text;
    std::string line;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '$' && i + 1 < text.size()) {
            line += field(text[++i], event, name);
        } else {
            line += text[i];
        }
    }
    return line;
}

bool is_detail(LogId id) {
    return row(id).when == When::detail;
}

bool is_rate_limited(LogId id) {
    return row(id).repeat == Repeat::once;
}

}  // namespace holdfast::vrrp

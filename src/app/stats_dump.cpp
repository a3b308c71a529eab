// keepalived.stats.
#include "dump_text.hpp"
#include "holdfast/app/data_dump.hpp"

namespace holdfast::app {

std::string stats_text(std::span<const InstanceView> instances) {
    DumpText out;
    for (const InstanceView& view : instances) {
        const vrrp::Counters& counters = view.counters;
        out.line("VRRP Instance: {}", view.name);
        out.line("  Advertisements:");
        out.line("    Received: {}", counters.advert_rcvd);
        out.line("    Sent: {}", counters.advert_sent);
        out.line("  Became master: {}", counters.become_master);
        out.line("  Released master: {}", counters.release_master);
        out.line("  Packet Errors:");
        out.line("    Length: {}", counters.packet_len_err);
        out.line("    TTL: {}", counters.ip_ttl_err);
        out.line("    Invalid Type: {}", counters.invalid_type_rcvd);
        out.line("    Advertisement Interval: {}", counters.advert_interval_err);
        out.line("    Address List: {}", counters.addr_list_err);
        out.line("  Authentication Errors:");
        out.line("    Invalid Type: {}", counters.invalid_authtype);
        out.line("    Type Mismatch: {}", counters.authtype_mismatch);
        out.line("    Failure: {}", counters.auth_failure);
        out.line("  Authentication Extension Errors:");
        out.line("    Missing: {}", counters.auth_ext_missing);
        out.line("    Malformed: {}", counters.auth_ext_malformed);
        out.line("    Unknown Key: {}", counters.auth_ext_unknown_key);
        out.line("    Invalid HMAC: {}", counters.auth_ext_invalid_hmac);
        out.line("    Stale: {}", counters.auth_ext_stale);
        out.line("    Replay: {}", counters.auth_ext_replay);
        out.line("  Priority Zero:");
        out.line("    Received: {}", counters.pri_zero_rcvd);
        out.line("    Sent: {}", counters.pri_zero_sent);
    }
    return out.take();
}

}  // namespace holdfast::app

// The statistics of one Virtual Router, named as in keepalived's JSON and statistics file.
#pragma once

#include <cstdint>

namespace holdfast::vrrp {

struct Counters {
    uint64_t advert_rcvd = 0;
    uint64_t advert_sent = 0;  ///< One per advert, however many unicast peers get a copy.
    uint64_t become_master = 0;
    uint64_t release_master = 0;
    uint64_t packet_len_err = 0;
    uint64_t advert_interval_err = 0;  ///< Always 0, as in the reference: a mismatch is dropped uncounted.
    uint64_t ip_ttl_err = 0;
    uint64_t invalid_type_rcvd = 0;
    uint64_t addr_list_err = 0;
    uint64_t invalid_authtype = 0;
    uint64_t authtype_mismatch = 0;
    uint64_t auth_failure = 0;
    uint64_t auth_ext_missing = 0;
    uint64_t auth_ext_malformed = 0;
    uint64_t auth_ext_unknown_key = 0;
    uint64_t auth_ext_invalid_hmac = 0;
    uint64_t auth_ext_stale = 0;
    uint64_t auth_ext_replay = 0;
    uint64_t pri_zero_rcvd = 0;
    uint64_t pri_zero_sent = 0;
    uint64_t vers_err = 0;  ///< SNMP only.
    uint64_t chk_err = 0;   ///< SNMP only.
    friend bool operator==(const Counters&, const Counters&) = default;
};

}  // namespace holdfast::vrrp

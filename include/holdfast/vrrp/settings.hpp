// What a Virtual Router must know, as values filled by config/. `RouterSettings` feeds the state machine and
// the codec; `TransportSettings` says which sockets carry its adverts.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/rare.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/vrrp/types.hpp"

namespace holdfast::vrrp {

/// keepalived's garp_* keywords; the same numbers rule gratuitous ARP (IPv4) and unsolicited NA (IPv6).
struct GarpSettings {
    Duration master_delay = std::chrono::seconds(5);      ///< Second burst after becoming Master; 0 = none.
    uint32_t master_repeat = 5;                           ///< Packets per address and burst, >= 1.
    Duration master_refresh{0};                           ///< Period of further bursts while Master; 0 = off.
    uint32_t master_refresh_repeat = 1;                   ///< Packets per address and refresh, >= 1.
    Duration lower_prio_delay = std::chrono::seconds(5);  ///< Second burst after a lower-priority advert.
    uint32_t lower_prio_repeat = 5;                       ///< Packets per address then; 0 = none.
    friend bool operator==(const GarpSettings&, const GarpSettings&) = default;
};

struct HmacKey {
    uint8_t id = 0;               ///< 1..255
    std::vector<uint8_t> secret;  ///< 32..64 bytes
    friend bool operator==(const HmacKey&, const HmacKey&) = default;
};

enum class HmacMode : uint8_t { enforce, permissive, receive_only };

/// keepalived 2.4's auth_hmac trailer (compat/protocol.md section 1).
struct HmacSettings {
    std::vector<HmacKey> keys;
    uint8_t active_key = 0;
    std::optional<std::chrono::seconds>
        time_window;         ///< 1..300 s; unset = max(3 x whole-second advert_int, 5).
    bool monotonic = false;  ///< anti_replay monotonic: no clock comparison.
    HmacMode mode = HmacMode::enforce;
    friend bool operator==(const HmacSettings&, const HmacSettings&) = default;
};

/// How IPv4 VRRPv3 unicast checksums treat old peers (`old_unicast_checksum [never]`).
enum class OldUnicastChecksum : uint8_t { automatic, force, never };

/// Everything the state machine and the packet codec need. Times are exact; a v2 interval is whole seconds.
struct RouterSettings {
    std::string name;
    Family family = Family::ipv4;
    VirtualRouterId vrid;
    Version version = Version::v2;
    Priority priority = kDefaultPriority;  ///< Base priority, 1..255.
    /// `state MASTER`, or no `state` with priority 255. Lets an owner be Master at once. For others it is
    /// only shown: keepalived 2.4.3 waits a full Master_Down_Interval all the same (3.609 s at priority 100,
    /// seen).
    bool wants_master = false;
    Duration advert_interval = std::chrono::seconds(1);
    uint8_t down_timer_adverts = 3;
    bool preempt = true;
    Duration preempt_delay{0};
    bool strict = false;
    bool skip_check_advert_addresses = false;
    bool lower_priority_no_advert = false;
    bool higher_priority_send_advert = false;
    bool owner_ignore_adverts = false;
    std::optional<Priority> timer_expired_backup;  ///< Priority at or below which a late timer means Backup.
    AuthType auth_type = AuthType::none;
    std::array<uint8_t, 8> auth_data{};
    Rare<HmacSettings> hmac;
    bool v3_checksum_as_v2 = false;
    OldUnicastChecksum old_unicast_checksum = OldUnicastChecksum::automatic;
    bool in_sync_group = false;  ///< Becomes Master only when its vrrp_sync_group allows.
    GarpSettings garp;
    /// The addresses carried in adverts, configuration order (IPv6: link-local first).
    std::vector<IpAddress> addresses;
    friend bool operator==(const RouterSettings&, const RouterSettings&) = default;
};

struct UnicastPeer {
    IpAddress address;
    uint8_t min_ttl = 0;
    uint8_t max_ttl = 255;
    friend bool operator==(const UnicastPeer&, const UnicastPeer&) = default;
};

/// Which sockets carry the adverts. Unicast when `unicast` is set (peers may be empty), else multicast.
struct TransportSettings {
    std::string interface;            ///< Base interface; may be empty for unicast with a source.
    std::optional<IpAddress> source;  ///< mcast_src_ip / unicast_src_ip.
    bool track_source = false;        ///< track_src_ip
    IpAddress multicast_group;        ///< 224.0.0.18, ff02::12, or as configured.
    bool unicast = false;
    RareList<UnicastPeer> peers;
    bool check_unicast_source = false;
    bool unicast_fault_no_peer = false;
    std::optional<uint8_t> ttl;              ///< unicast_ttl; 255 when unset.
    std::optional<uint32_t> receive_buffer;  ///< kernel_rx_buf_size, bytes.
    RareText vrf;
    friend bool operator==(const TransportSettings&, const TransportSettings&) = default;
};

struct SyncGroupSettings {
    std::string name;
    std::vector<std::string> members;  ///< Instance names, configuration order.
    bool tracking_weight = false;      ///< sync_group_tracking_weight
    bool global_tracking = false;
    friend bool operator==(const SyncGroupSettings&, const SyncGroupSettings&) = default;
};

}  // namespace holdfast::vrrp

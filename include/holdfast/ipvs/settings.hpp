// IPVS values shared by the configuration, the desired table and the kernel codec.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/time.hpp"

namespace holdfast::ipvs {

/// IP protocol numbers.
enum class Protocol : uint8_t { none = 0, tcp = 6, udp = 17, sctp = 132 };

/// Kernel values (IP_VS_CONN_F_*): NAT, DR and TUN of the configuration file.
enum class ForwardingMethod : uint8_t { masquerade = 0, local = 1, tunnel = 2, direct_route = 3 };

/// Kernel values (IP_VS_CONN_F_TUNNEL_TYPE_*).
enum class TunnelType : uint8_t { ipip = 0, gue = 1, gre = 2 };

/// Kernel flags (IP_VS_TUNNEL_ENCAP_FLAG_*).
enum class TunnelChecksum : uint8_t { none = 0, checksum = 1, remote_checksum = 2 };

/// `lb_kind` / `lvs_method` with its options.
struct Forwarding {
    ForwardingMethod method = ForwardingMethod::masquerade;
    TunnelType tunnel_type = TunnelType::ipip;
    uint16_t tunnel_port = 0;  ///< GUE only.
    TunnelChecksum tunnel_checksum = TunnelChecksum::none;
    friend constexpr bool operator==(const Forwarding&, const Forwarding&) = default;
};

/// Kernel flags (IP_VS_SVC_F_*) settable from the file. `persistent` and `hashed` are the codec's business.
struct ServiceFlags {
    bool one_packet = false;  ///< ops
    bool hashed = false;
    bool sched1 = false;  ///< flag-1, sh-fallback, mh-fallback
    bool sched2 = false;  ///< flag-2, sh-port, mh-port
    bool sched3 = false;  ///< flag-3
    friend constexpr bool operator==(const ServiceFlags&, const ServiceFlags&) = default;
};

/// Identity of a service in the kernel: a firewall mark, or protocol + address + port.
struct ServiceKey {
    Family family = Family::ipv4;
    uint32_t firewall_mark = 0;  ///< Non-zero: a mark service; the rest is unused.
    Protocol protocol = Protocol::none;
    Endpoint endpoint{};
    friend constexpr auto operator<=>(const ServiceKey&, const ServiceKey&) = default;
    /// "[ADDR]:tcp:PORT" or "FWM N", the shape of keepalived's logs.
    std::string to_string() const;
};

/// What a service carries besides its identity.
struct ServiceAttributes {
    std::string scheduler = "wlc";
    ServiceFlags flags{};
    uint32_t persistence_timeout = 0;  ///< Seconds; 0 = not persistent.
    /// IPv4: mask in host order (0xffffffff = per host); IPv6: prefix length. 0 = per host.
    uint32_t persistence_netmask = 0;
    std::string persistence_engine{};
    friend bool operator==(const ServiceAttributes&, const ServiceAttributes&) = default;
};

/// Identity of a destination within its service.
using DestinationKey = Endpoint;

struct DestinationAttributes {
    Forwarding forwarding{};
    int32_t weight = 1;
    uint32_t upper_threshold = 0;
    uint32_t lower_threshold = 0;
    friend constexpr bool operator==(const DestinationAttributes&, const DestinationAttributes&) = default;
};

/// lvs_timeouts; 0 = leave the kernel's value.
struct Timeouts {
    uint32_t tcp = 0;
    uint32_t tcp_fin = 0;
    uint32_t udp = 0;
    friend constexpr bool operator==(const Timeouts&, const Timeouts&) = default;
};

/// lvs_sync_daemon.
struct SyncDaemonSettings {
    std::string interface{};
    std::string instance{};             ///< vrrp_instance it follows; empty = both roles at once.
    std::optional<uint32_t> sync_id{};  ///< 0..255; unset = the instance's VRID, 0 without.
    uint16_t max_length = 0;            ///< 0 = kernel default
    uint16_t port = 0;
    uint8_t ttl = 0;
    std::optional<IpAddress> group{};
    friend bool operator==(const SyncDaemonSettings&, const SyncDaemonSettings&) = default;
};

}  // namespace holdfast::ipvs

template <>
struct std::hash<holdfast::ipvs::ServiceKey> {
    size_t operator()(const holdfast::ipvs::ServiceKey& key) const noexcept {
        return std::hash<holdfast::Endpoint>{}(key.endpoint) ^ key.firewall_mark * 0x9e3779b1U ^
               static_cast<size_t>(key.protocol) << 7U ^ static_cast<size_t>(key.family) << 16U;
    }
};

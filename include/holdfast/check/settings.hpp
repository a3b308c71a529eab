// Health checkers and the virtual servers they decide for, as values filled by config/.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/rare.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/ipvs/settings.hpp"
#include "holdfast/notify/settings.hpp"

namespace holdfast::check {

/// How often a checker runs. Resolved: inheritance from virtual and real server is already applied.
struct Schedule {
    Duration delay_loop = std::chrono::seconds(60);
    Duration warmup =
        std::chrono::seconds(60);  ///< The first check starts after a random part of this; 0 = at once.
    uint32_t retry = 1;            ///< Extra attempts before a live server is declared down.
    Duration delay_before_retry = std::chrono::seconds(1);
    bool alpha = false;  ///< Start as down until the first success.
    bool log_all_failures = false;
    friend bool operator==(const Schedule&, const Schedule&) = default;
};

/// Where a probe connects and from where.
struct ConnectSettings {
    Endpoint destination{};
    Endpoint bind{};  ///< Unspecified address and port 0: kernel's choice.
    bool has_bind = false;
    RareText bind_interface{};
    uint32_t firewall_mark = 0;
    Duration timeout = std::chrono::seconds(5);
    friend bool operator==(const ConnectSettings&, const ConnectSettings&) = default;
};

struct TcpCheck {
    ConnectSettings connect{};
    friend bool operator==(const TcpCheck&, const TcpCheck&) = default;
};

/// A word of `regex_options` and its PCRE2 bit.
struct RegexOption {
    std::string_view name;
    uint32_t bit;
};
/// All of them, in the order in which they are listed.
std::span<const RegexOption> regex_options();

struct UrlSettings {
    std::string path{};
    std::string virtualhost{};
    std::optional<std::array<uint8_t, 16>> digest{};  ///< MD5 of the body.
    std::bitset<500> status_codes{};                  ///< Bit n: status 100 + n is good. None set: 200..299.
    std::string regex{};
    bool regex_no_match = false;
    uint32_t regex_options = 0;  ///< PCRE2 option bits.
    uint32_t regex_stack_start = 0;
    uint32_t regex_stack_max = 0;
    size_t regex_min_offset = 0;
    std::optional<size_t> regex_max_offset{};
    std::optional<bool> tls_compliant{};
    friend bool operator==(const UrlSettings&, const UrlSettings&) = default;
};

enum class HttpProtocol : uint8_t { http_1_0, http_1_1, http_1_0_compatible, http_1_0_without_host };

/// What a checker takes from the servers around it. With another text it is still the same checker over a
/// reload.
struct InheritedText {
    RareText text{};
    friend bool operator==(const InheritedText&, const InheritedText&) { return true; }
};

struct HttpCheck {
    ConnectSettings connect{};
    bool tls = false;  ///< SSL_GET
    std::vector<UrlSettings> urls{};
    RareText virtualhost{};
    InheritedText servers_virtualhost{};  ///< Of the real, else of the virtual server; counts after our own.
    HttpProtocol protocol = HttpProtocol::http_1_0;
    bool enable_sni = false;
    RareText sni_name{};
    bool tls_compliant = false;
    bool fast_recovery = false;
    uint32_t nb_get_retry = 0;
    friend bool operator==(const HttpCheck&, const HttpCheck&) = default;
};

struct SmtpCheck {
    std::vector<ConnectSettings> hosts{};
    std::string helo_name{};
    friend bool operator==(const SmtpCheck&, const SmtpCheck&) = default;
};

struct DnsCheck {
    ConnectSettings connect{};
    uint16_t type = 6;  ///< SOA
    std::string name = ".";
    friend bool operator==(const DnsCheck&, const DnsCheck&) = default;
};

struct UdpCheck {
    ConnectSettings connect{};
    std::vector<uint8_t> payload{};
    bool require_reply = false;
    Rare<std::vector<uint8_t>> reply{};  ///< Expected bytes ...
    std::vector<uint8_t> reply_mask{};   ///< ... where a zero mask byte matches anything.
    uint32_t min_reply_length = 1;
    uint32_t max_reply_length = 256;
    friend bool operator==(const UdpCheck&, const UdpCheck&) = default;
};

struct PingCheck {
    ConnectSettings connect{};
    friend bool operator==(const PingCheck&, const PingCheck&) = default;
};

struct MiscCheck {
    notify::Command command{};
    Duration timeout{0};  ///< 0 = delay_loop of the checker
    /// Otherwise it is the virtual server's delay_loop; makes no other check of it.
    bool timeout_given = false;
    bool dynamic = false;
    friend bool operator==(const MiscCheck& a, const MiscCheck& b) {
        return a.command == b.command && a.timeout == b.timeout && a.dynamic == b.dynamic;
    }
};

/// FILE_CHECK follows a track_file block.
struct FileCheck {
    std::string track_file{};
    std::optional<int> weight{};
    bool reverse = false;
    friend bool operator==(const FileCheck&, const FileCheck&) = default;
};

struct BfdCheck {
    std::string session{};
    friend bool operator==(const BfdCheck&, const BfdCheck&) = default;
};

struct Checker {
    Schedule schedule{};
    std::variant<TcpCheck, HttpCheck, SmtpCheck, DnsCheck, UdpCheck, PingCheck, MiscCheck, FileCheck,
                 BfdCheck>
        probe{};
    friend bool operator==(const Checker&, const Checker&) = default;
};

/// "TCP_CHECK", "HTTP_GET", "SSL_GET", ...
std::string_view keyword(const Checker& checker);

/// What a virtual or real server says about the timing of its checkers, for those that do not say it
/// themselves. Already applied to each Schedule; kept for the dump.
struct CheckerDefaults {
    Duration connect_timeout = std::chrono::seconds(5);
    Duration delay_loop = std::chrono::seconds(60);
    std::optional<uint32_t> retry{};
    std::optional<Duration> delay_before_retry{};
    std::optional<Duration> warmup{};
    friend bool operator==(const CheckerDefaults&, const CheckerDefaults&) = default;
};

struct RealServerSettings {
    Endpoint endpoint{};
    int32_t weight = 1;
    ipvs::Forwarding forwarding{};
    uint32_t upper_threshold = 0;
    uint32_t lower_threshold = 0;
    bool inhibit_on_failure = false;
    bool alpha = false;
    Rare<notify::Command> notify_up{};
    Rare<notify::Command> notify_down{};
    std::optional<bool> smtp_alert{};
    RareText virtualhost{};
    RareText snmp_name{};
    Rare<CheckerDefaults> checker_defaults{};  ///< Unset = the virtual server's.
    std::vector<Checker> checkers{};
    friend bool operator==(const RealServerSettings&, const RealServerSettings&) = default;
};

struct SorryServerSettings {
    Endpoint endpoint{};
    ipvs::Forwarding forwarding{};
    bool inhibit = false;
    friend bool operator==(const SorryServerSettings&, const SorryServerSettings&) = default;
};

/// One entry of a virtual_server_group: a run of `count` consecutive addresses, or a firewall mark.
struct GroupEntry {
    Endpoint first{};
    uint32_t count = 1;
    uint32_t firewall_mark = 0;
    std::optional<Family> mark_family{};
    friend bool operator==(const GroupEntry&, const GroupEntry&) = default;
};

struct VirtualServerGroup {
    std::string name{};
    std::vector<GroupEntry> entries{};
    friend bool operator==(const VirtualServerGroup&, const VirtualServerGroup&) = default;
};

struct VirtualServerSettings {
    /// Exactly one of: an address service, a mark (endpoint unused), or a group by name.
    ipvs::ServiceKey key{};
    std::string group{};
    ipvs::ServiceAttributes attributes{};
    ipvs::Forwarding forwarding{};
    bool ha_suspend = false;
    bool alpha = false;
    bool omega = false;
    uint32_t quorum = 1;
    uint32_t hysteresis = 0;
    Rare<notify::Command> quorum_up{};
    Rare<notify::Command> quorum_down{};
    std::optional<bool> smtp_alert{};
    std::string virtualhost{};
    std::string snmp_name{};
    bool inhibit_on_failure = false;  ///< Already applied to the real servers; kept for the dump.
    CheckerDefaults checker_defaults{};
    std::optional<SorryServerSettings> sorry_server{};
    std::vector<RealServerSettings> real_servers{};
    friend bool operator==(const VirtualServerSettings&, const VirtualServerSettings&) = default;
    /// "[ADDR]:tcp:PORT", "FWM N" or "[GROUP]:PORT", as in keepalived's logs and FIFO lines.
    std::string to_string() const;
};

}  // namespace holdfast::check

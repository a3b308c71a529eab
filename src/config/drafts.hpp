// What the keyword rows fill: a configuration under construction, where "not given" is still different from
// "given as the default". resolve_*.cpp turns drafts into the final Config; dump.cpp turns a Config back into
// drafts and prints their rows.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "holdfast/config/config.hpp"
#include "holdfast/config/diagnostics.hpp"
#include "paged_list.hpp"

namespace holdfast::config {

/// A word of a directive of the document, to complain about it later, when the directive's handle may be
/// gone. Cheap, unlike a SourcePosition.
struct Place {
    static constexpr uint32_t kNone = 0xffffffff;
    const char* begin = nullptr;  ///< The directive's text; null = no place.
    uint32_t size = 0;
    uint32_t word = kNone;  ///< kNone = the whole line.
    std::string_view text() const { return {begin, size}; }
};

struct GlobalDraft {
    GlobalSettings value;
    InstanceDefaults instance;
    bool ipsets_given = false;  ///< vrrp_ipsets was written; with no names it means "no ipsets".
    std::optional<uint32_t> rx_buffer_size;
    bool rx_policy_mtu = false;
    bool rx_policy_advert = false;
    std::optional<Duration> startup_script_timeout;
    std::optional<Duration> shutdown_script_timeout;
};

/// RootSettings plus what only the parser needs.
struct RootDraft {
    RootSettings value;
};

struct InstanceDraft {
    VrrpInstance value;
    std::optional<Family> family;  ///< From the first address, source, peer or native_ipv6.
    std::optional<uint8_t> vrid;
    std::optional<uint8_t> priority;
    std::optional<bool> wants_master;
    std::optional<vrrp::Version> version;
    std::optional<Duration> advert_interval;
    std::optional<bool> strict;
    std::optional<bool> accept;
    std::optional<bool> lower_priority_no_advert;
    std::optional<bool> higher_priority_send_advert;
    std::optional<bool> owner_ignore_adverts;
    std::optional<bool> notify_priority_changes;
    std::optional<Duration> garp_lower_prio_delay;
    std::optional<uint32_t> garp_lower_prio_repeat;
    std::optional<Duration> garp_extra;
    uint32_t down_timer_adverts = 3;
    std::optional<uint8_t> timer_expired_backup;
    std::optional<IpAddress> multicast_group;
    std::optional<std::string> interface;  ///< Empty after a loopback or unknown one was refused.
    std::optional<vrrp::AuthType> auth_type;
    std::string auth_password;
    bool has_hmac = false;
    vrrp::HmacSettings hmac;
    netstate::VmacSettings vmac;
    bool use_vmac = false;
    bool use_ipvlan = false;
    bool vmac_xmit_base = false;
    bool mac_from_vrid = false;       ///< Five octets were given, the sixth is the VRID.
    bool unicast_keyword = false;     ///< Any keyword that only makes sense for unicast.
    std::vector<std::string> faults;  ///< Why it must stay in FAULT.
    Place place;
    const struct SyncGroupDraft* group = nullptr;  ///< Set while resolving.
};

/// The addresses of the vrrp_instance that is being read, to find repetitions.
struct AddressesSeen {
    std::set<IpAddress> virtual_ones;
    std::set<std::pair<IpAddress, std::string>> with_interface;  ///< The same, with their `dev`.
    std::set<std::pair<IpAddress, std::string>> excluded;
    std::set<IpAddress> peers;
};

struct SyncGroupDraft {
    SyncGroup value;
    std::optional<std::vector<std::string>> members;
    std::optional<bool> notify_priority_changes;
    std::optional<bool> smtp_alert;
    Place place;
};

struct ScriptDraft {
    track::ScriptSettings value;
    std::optional<notify::Identity> identity;
    bool remove = false;
    Place place;
};

struct FileDraft {
    track::FileSettings value;
    bool initialise = false;
};

struct ProcessDraft {
    track::ProcessSettings value;
};

struct BfdDraft {
    bfd::SessionSettings value{};
    std::optional<IpAddress> neighbor{};
    bool malformed = false;
    bool vrrp = false;
    bool checker = false;
};

struct GarpGroupDraft {
    GarpGroup value;
};

struct TrackGroupDraft {
    std::string name;
    std::optional<std::vector<std::string>> members;
};

/// Timing that a checker inherits from its real server, which inherits it from the virtual server.
struct ScheduleDraft {
    std::optional<Duration> delay_loop;
    std::optional<Duration> warmup;
    std::optional<uint32_t> retry;
    std::optional<Duration> delay_before_retry;
    std::optional<Duration> connect_timeout;
    std::optional<bool> alpha;
};

struct ConnectDraft {
    std::optional<IpAddress> address;
    std::optional<uint16_t> port;
    std::optional<IpAddress> bind_address;
    std::optional<uint16_t> bind_port;
    std::string bind_interface;
    uint32_t firewall_mark = 0;
    std::optional<Duration> timeout;
};

/// The workbench of one checker block; only the members of its kind are used.
struct CheckerDraft {
    ScheduleDraft schedule;
    bool log_all_failures = false;
    uint32_t default_retry = 1;
    Duration default_delay_before_retry = std::chrono::seconds(1);  ///< 0 = delay_loop.
    ConnectDraft connect;
    check::HttpCheck http;
    check::SmtpCheck smtp;
    std::vector<ConnectDraft> smtp_hosts;
    check::DnsCheck dns;
    bool dns_name_set = false;
    check::UdpCheck udp;
    check::MiscCheck misc;
    std::optional<notify::Identity> misc_identity;
    check::FileCheck file;
    check::BfdCheck bfd;
    bool remove = false;
};

/// `url { }`: the settings plus what must be told apart while reading.
struct UrlDraft {
    check::UrlSettings value;
    bool path_given = false;
};

/// A finished checker block whose inherited timing is still open.
struct PendingChecker {
    check::Checker value;
    ScheduleDraft schedule;
    uint32_t default_retry = 1;
    Duration default_delay_before_retry = std::chrono::seconds(1);
    bool polled = true;  ///< Has a schedule of its own (not FILE_CHECK, BFD_CHECK).
    Place place;
};

struct RealServerDraft {
    check::RealServerSettings value;
    std::optional<int32_t> weight;
    std::optional<ipvs::Forwarding> forwarding;
    std::optional<bool> inhibit;
    std::optional<bool> smtp_alert;
    ScheduleDraft schedule;
    std::vector<PendingChecker> checkers;
    Place place;
};

struct VirtualServerDraft {
    check::VirtualServerSettings value;
    bool by_mark = false;
    std::optional<Family> family;
    std::optional<ipvs::Forwarding> forwarding;
    std::optional<std::string> scheduler;
    ScheduleDraft schedule;
    bool inhibit = false;
    int32_t weight = 1;
    std::optional<uint32_t> netmask;
    std::optional<ipvs::Forwarding> sorry_method;  ///< Unset = the service's.
    std::vector<RealServerDraft> real_servers;
    bool settled = false;       ///< `value` is complete, and so are its real servers.
    Rare<Diagnostics> reports;  ///< What settling it had to say.
    ipvs::Forwarding sorry_forwarding(const check::SorryServerSettings&) const {
        return sorry_method.value_or(ipvs::Forwarding{});
    }
    Place place;
};

struct TlsDraft {
    TlsSettings value;
};

/// Everything, plus the name indexes that keep lookups constant time.
struct Draft {
    RootDraft root;
    GlobalDraft global;
    Config config;  ///< Statics, groups, files, processes, BFD: complete as soon as their block ends.
    std::vector<ScriptDraft> scripts;
    PagedList<InstanceDraft> instances;
    AddressesSeen seen;
    std::vector<std::unique_ptr<SyncGroupDraft>> sync_groups;
    std::vector<std::unique_ptr<VirtualServerDraft>> virtual_servers;
    std::unordered_map<std::string, InstanceDraft*> instance_names;
    std::unordered_set<std::string> sync_group_names;
    std::unordered_map<std::string, size_t> script_names;  ///< First definition of a name wins.
    std::unordered_map<std::string, size_t> file_names;
    std::unordered_map<std::string, size_t> process_names;
    std::unordered_map<std::string, size_t> bfd_names;
    std::unordered_set<std::string> bfd_block_names;
    std::unordered_set<std::string> bfd_keys;
    std::unordered_set<std::string> vmac_names;
    std::unordered_set<std::string> garp_interfaces;
    uint32_t next_rule_priority4 = 16384;
    uint32_t next_rule_priority6 = 16384;
};

}  // namespace holdfast::config

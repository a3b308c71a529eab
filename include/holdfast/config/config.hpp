// One configuration generation: everything a keepalived.conf says, typed, resolved and immutable.
// The parser builds it (config/load.hpp); a reload compares two of them; nothing else writes to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/bfd/settings.hpp"
#include "holdfast/check/settings.hpp"
#include "holdfast/config/position.hpp"
#include "holdfast/netstate/settings.hpp"
#include "holdfast/notify/settings.hpp"
#include "holdfast/track/settings.hpp"
#include "holdfast/vrrp/settings.hpp"

namespace holdfast::config {

/// Scheduling and memory wishes; in one process the VRRP ones rule, the others are used when VRRP has none.
struct ProcessSettings {
    std::string name;
    std::optional<int> priority;  ///< nice value
    std::optional<int> rt_priority;
    std::vector<uint32_t> cpu_affinity;
    std::optional<uint64_t> rlimit_rttime;  ///< Microseconds.
    bool no_swap = false;
    friend bool operator==(const ProcessSettings&, const ProcessSettings&) = default;
};

struct SocketBuffers {
    std::optional<uint32_t> command;
    bool command_force = false;
    std::optional<uint32_t> monitor;
    bool monitor_force = false;
    friend bool operator==(const SocketBuffers&, const SocketBuffers&) = default;
};

/// How large the receive buffer of adverts is per instance (`vrrp_rx_bufs_policy`): the system's default, so
/// many bytes, or `rx_buffer_multiplier` times the interface's MTU or an advert's size.
struct ReceiveBufferPolicy {
    enum class Kind : uint8_t { system, bytes, mtu, advert };
    Kind kind = Kind::system;
    uint32_t bytes = 0;
    friend bool operator==(const ReceiveBufferPolicy&, const ReceiveBufferPolicy&) = default;
};

struct NftablesSettings {
    std::optional<std::string> table;  ///< `nftables [NAME]`
    int priority = -1;
    bool ifindex = false;
    bool counters = false;
    std::optional<std::string> ipvs_table;  ///< `nftables_ipvs [NAME]`
    int ipvs_priority = -1;
    uint32_t ipvs_start_mark = 1000;
    friend bool operator==(const NftablesSettings&, const NftablesSettings&) = default;
};

struct IptablesSettings {
    std::string input_chain = "INPUT";
    std::string output_chain = "OUTPUT";
    friend bool operator==(const IptablesSettings&, const IptablesSettings&) = default;
};

struct SnmpSettings {
    std::string socket;
    bool traps = false;
    bool vrrp = false;
    bool rfc_v2 = false;
    bool rfc_v3 = false;
    bool checker = false;
    Duration virtual_server_interval = std::chrono::seconds(5);
    Duration real_server_interval{0};  ///< 0 = as virtual_server_interval.
    friend bool operator==(const SnmpSettings&, const SnmpSettings&) = default;
};

/// Defaults of vrrp_instance that global_defs sets.
struct InstanceDefaults {
    vrrp::Version version = vrrp::Version::v2;
    bool strict = false;
    bool skip_check_advert_addresses = false;
    bool check_unicast_source = false;
    bool v3_checksum_as_v2 = false;
    bool lower_priority_no_advert = false;
    bool higher_priority_send_advert = false;
    bool owner_ignore_adverts = false;
    uint32_t down_timer_adverts = 3;
    Duration garp_master_delay = std::chrono::seconds(5);
    uint32_t garp_master_repeat = 5;
    Duration garp_master_refresh{0};
    uint32_t garp_master_refresh_repeat = 1;
    std::optional<Duration> garp_lower_prio_delay;
    std::optional<uint32_t> garp_lower_prio_repeat;
};

/// For the data dump. They have gone into the instances, so that two configurations do not differ by them.
struct ShownDefaults : InstanceDefaults {
    friend constexpr bool operator==(const ShownDefaults&, const ShownDefaults&) { return true; }
};

struct GlobalSettings {
    std::string router_id;  ///< Empty = host name.
    notify::MailSettings mail;
    std::optional<bool> smtp_alert;
    std::optional<bool> smtp_alert_vrrp;
    std::optional<bool> smtp_alert_checker;
    bool no_email_faults = false;
    bool no_checker_emails = false;

    notify::Identity script_identity;  ///< Default for scripts.
    bool script_user_set = false;
    bool script_security = false;
    std::optional<notify::Command> startup_script;
    std::chrono::seconds startup_script_timeout{10};
    std::optional<notify::Command> shutdown_script;
    std::chrono::seconds shutdown_script_timeout{10};
    bool use_symlink_paths = false;
    bool set_supplementary_groups = false;

    std::optional<notify::FifoSettings> notify_fifo;
    std::optional<notify::FifoSettings> vrrp_notify_fifo;
    std::optional<notify::FifoSettings> lvs_notify_fifo;
    bool vrrp_notify_priority_changes = false;
    bool fifo_write_vrrp_states_on_reload = false;

    IpAddress multicast_group4 = IpAddress::v4(224, 0, 0, 18);
    IpAddress multicast_group6 = IpAddress::any(Family::ipv6);  ///< Unspecified = ff02::12.
    Duration garp_interval{0};
    Duration gna_interval{0};
    bool min_garp = false;
    Duration garp_extra_interfaces{0};
    bool garp_extra_all = false;
    Duration startup_delay{0};
    Duration delay_after_boot{0};
    bool dynamic_interfaces = false;
    bool allow_interface_changes = false;
    std::string default_interface = "eth0";
    bool log_unknown_vrids = false;
    bool disable_local_igmp = false;
    std::string vmac_prefix = "vrrp";
    std::string vmac_address_prefix;
    std::optional<IptablesSettings> iptables;
    std::vector<std::string> ipset_names;
    NftablesSettings nftables;
    ReceiveBufferPolicy rx_buffer_policy;
    uint32_t rx_buffer_multiplier = 3;

    bool lvs_flush = false;
    bool lvs_repair = true;  ///< Compare our services with the kernel's and put them right.
    bool lvs_flush_on_stop = false;
    bool lvs_flush_on_stop_only_ours = false;
    ipvs::Timeouts lvs_timeouts;
    std::optional<ipvs::SyncDaemonSettings> lvs_sync_daemon;
    bool rs_init_notifies = false;
    bool checker_log_all_failures = false;

    ProcessSettings parent_process;
    ProcessSettings vrrp_process;
    ProcessSettings checker_process;
    ProcessSettings bfd_process;
    bool process_names = false;
    int max_auto_priority = 0;
    uint64_t min_auto_priority_delay = 1000000;
    SocketBuffers vrrp_buffers;
    SocketBuffers lvs_buffers;
    SocketBuffers process_monitor_buffers;  ///< monitor only

    SnmpSettings snmp;
    bool dbus = false;
    std::string dbus_service_name = "org.keepalived.Vrrp1";
    std::string dbus_no_interface_name = "none";

    std::optional<uint32_t> umask;
    std::optional<uint64_t> random_seed;
    std::optional<std::string> reload_check_config;  ///< Log file of the check.
    std::string reload_time_file;
    bool reload_repeat = false;
    std::optional<std::string> reload_file;  ///< Empty = default path.
    std::string config_save_dir;
    std::string tmp_config_directory;
    bool data_use_instance = false;
    uint32_t json_version = 1;
    std::string state_dump_file;
    std::string stats_dump_file;
    std::string json_dump_file;
    std::string iproute_usr_dir;
    std::string iproute_etc_dir;
    ShownDefaults instance_defaults;
    friend bool operator==(const GlobalSettings&, const GlobalSettings&) = default;
};

/// Root-level keywords outside any block.
struct RootSettings {
    std::string net_namespace;
    std::optional<std::string> net_namespace_ipvs;
    bool namespace_with_ipsets = false;
    bool use_pid_dir = false;
    std::string instance;
    std::chrono::seconds child_wait_time{5};
    bool linkbeat_use_polling = false;
    friend bool operator==(const RootSettings&, const RootSettings&) = default;
};

/// A position that does not take part in comparisons: moving a block within its file changes nothing.
struct WrittenAt : SourcePosition {
    friend constexpr bool operator==(const WrittenAt&, const WrittenAt&) { return true; }
};

struct VrrpInstance {
    vrrp::RouterSettings router;
    vrrp::TransportSettings transport;
    std::vector<netstate::AddressSettings> addresses;           ///< virtual_ipaddress
    std::vector<netstate::AddressSettings> excluded_addresses;  ///< virtual_ipaddress_excluded
    std::vector<netstate::RouteSettings> routes;
    std::vector<netstate::RuleSettings> rules;
    Rare<netstate::VmacSettings> vmac;
    bool use_vmac_addr = false;
    track::References track;
    notify::ScriptSettings notify;
    bool dont_track_primary = false;
    bool accept = true;
    bool promote_secondaries = false;
    bool linkbeat_use_polling = false;
    bool no_virtual_ipaddress = false;
    std::string lvs_sync_daemon_interface;
    Duration garp_extra_interfaces{0};
    bool garp_extra_all = false;
    uint32_t debug = 0;
    /// Not empty: it stays in FAULT, for these reasons.
    std::vector<std::string> config_faults;
    WrittenAt position;
    friend bool operator==(const VrrpInstance&, const VrrpInstance&) = default;
};

struct SyncGroup {
    vrrp::SyncGroupSettings group;
    track::References track;
    notify::ScriptSettings notify;
    WrittenAt position;
    friend bool operator==(const SyncGroup&, const SyncGroup&) = default;
};

struct GarpGroup {
    std::vector<std::string> interfaces;
    std::optional<Duration> garp_interval;
    std::optional<Duration> gna_interval;
    friend bool operator==(const GarpGroup&, const GarpGroup&) = default;
};

struct InterfaceDelays {
    Duration down{0};
    Duration up{0};
    friend bool operator==(const InterfaceDelays&, const InterfaceDelays&) = default;
};

/// How the link state of a polled interface is asked for.
enum class LinkbeatMethod : uint8_t { automatic, mii, ethtool, ioctl };

struct TlsSettings {
    std::string password;
    std::string ca;
    std::string certificate;
    std::string key;
    friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

struct Config {
    RootSettings root;
    GlobalSettings global;
    std::vector<netstate::AddressSettings> static_addresses;
    std::vector<netstate::RouteSettings> static_routes;
    std::vector<netstate::RuleSettings> static_rules;
    std::map<std::string, std::vector<std::string>> track_groups;
    std::vector<std::string> linkbeat_interfaces;
    std::map<std::string, LinkbeatMethod> linkbeat_methods;  ///< One entry per linkbeat_interfaces.
    std::map<std::string, InterfaceDelays> interface_delays;
    std::vector<GarpGroup> garp_groups;
    std::vector<track::ScriptSettings> scripts;
    std::vector<track::FileSettings> track_files;
    std::vector<track::ProcessSettings> track_processes;
    std::vector<bfd::SessionSettings> bfd_sessions;
    std::vector<VrrpInstance> instances;
    std::vector<SyncGroup> sync_groups;
    std::optional<TlsSettings> tls;
    std::vector<check::VirtualServerGroup> virtual_server_groups;
    std::vector<check::VirtualServerSettings> virtual_servers;
};

}  // namespace holdfast::config

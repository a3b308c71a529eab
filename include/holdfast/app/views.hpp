// What the dumps show, as plain values that the composition fills. Words and units are those of the dumped
// files; entries of addresses, routes and rules are already text, because their owner (netstate) knows their
// form.
// Every member has an initializer, so that a view can be written with the few that matter.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/bfd/session.hpp"
#include "holdfast/vrrp/counters.hpp"
#include "holdfast/vrrp/types.hpp"

namespace holdfast::config {
struct Config;
}  // namespace holdfast::config

namespace holdfast::check {
class Director;
}
namespace holdfast::config {
struct TlsSettings;
}

namespace holdfast::app {

using WallClock = std::chrono::system_clock::time_point;

/// A tracked object as one instance or group follows it.
struct TrackView {
    std::string name{};
    int weight = 0;
    bool reverse = false;
    std::string command{};  ///< Scripts: Command::to_string().
};

struct TracksView {
    std::vector<TrackView> interfaces{};
    std::vector<TrackView> scripts{};
    std::vector<TrackView> files{};
    std::vector<TrackView> processes{};
    std::vector<TrackView> bfds{};
};

/// A notify script: Command::to_string(), and who runs it.
struct NotifyCommand {
    NotifyCommand(std::string command) : text(std::move(command)) {}
    NotifyCommand(const char* command) : text(command) {}

    std::string text;
    uint32_t uid = 0;
    uint32_t gid = 0;
};

/// Unset = not configured.
struct NotifyView {
    std::optional<NotifyCommand> backup{};
    std::optional<NotifyCommand> master{};
    std::optional<NotifyCommand> fault{};
    std::optional<NotifyCommand> stop{};
    std::optional<NotifyCommand> deleted{};
    std::optional<NotifyCommand> generic{};
    std::optional<NotifyCommand> master_rx_lower_pri{};
    bool smtp_alert = false;
    bool notify_deleted = false;
    bool priority_changes = false;
};

/// auth_hmac
struct HmacView {
    size_t keys = 0;
    uint8_t active_key = 0;
    std::string mode{};
    std::optional<int64_t> window{};  ///< Seconds; unset = monotonic.
};

struct InstanceView {
    std::string name{};
    vrrp::Version version = vrrp::Version::v2;
    vrrp::State state = vrrp::State::Initialize;
    vrrp::State wanted_state = vrrp::State::Initialize;
    Family family = Family::ipv4;
    uint32_t faults = 0;                      ///< Number of trackers that say FAULT.
    uint32_t config_faults = 0;               ///< Number of errors in the file that keep it in FAULT.
    std::vector<std::string> other_faults{};  ///< In words: `i/f down`, `no source IP address`, ...
    uint32_t awaited_scripts = 0;             ///< Unweighted scripts without a result.
    bool has_flags = false;                   ///< Whether any option is set that keepalived keeps as a flag.
    std::vector<std::string> flags{};         ///< Those that it shows, in words.
    std::optional<WallClock> next_step_at{};  ///< Next advert, or the end of the wait.
    std::optional<WallClock> last_advert_at{};
    bool owner_ignores_adverts = false;
    uint8_t rogue_adverts_left = 0;        ///< Two owners: what this one still sends before it gives way.
    bool no_addresses_is_fine = false;     ///< no_virtual_ipaddress
    uint8_t highest_other_priority = 0;    ///< timer_expired_backup
    std::optional<bool> checksum_as_v2{};  ///< Only in version 3 over IPv4.
    uint32_t receive_buffer = 0;           ///< kernel_rx_buf_size
    uint32_t debug = 0;
    std::optional<HmacView> hmac{};
    uint32_t interface_index = 0;
    std::optional<uint8_t> unicast_ttl{};
    std::string unicast_checksum{};  ///< no, never, config, auto
    int receive_descriptor = -1;     ///< Both -1: no sockets.
    int send_descriptor = -1;
    Duration extra_garp{};  ///< garp_extra_if
    bool extra_garp_all = false;
    uint8_t vrid = 0;
    uint8_t base_priority = 0;
    uint8_t effective_priority = 0;
    int total_priority = 0;       ///< Before limiting to 1..254.
    uint8_t master_priority = 0;  ///< Of the last advert heard; 0 = none.
    std::optional<IpAddress> master_address{};
    WallClock last_transition{};
    Duration advert_interval{};
    Duration master_advert_interval{};
    Duration master_down_time{};
    uint32_t down_timer_adverts = 3;
    std::string interface{};  ///< The one adverts use; empty = none.
    std::string vmac_interface{};
    std::vector<std::string> link_lines{};  ///< What the data dump says of a VMAC or ipvlan, ready to print.
    std::string interface_note{};           ///< Behind the interface in the data dump: ", vmac on eth0".
    std::string vrf{};
    std::optional<IpAddress> source{};
    bool source_configured = false;
    std::optional<IpAddress> multicast_group{};  ///< Unset for unicast.
    std::vector<std::string> unicast_peers{};
    bool check_unicast_source = false;
    bool dont_track_primary = false;
    bool skip_check_advert_addresses = false;
    bool strict = false;
    bool preempt = true;
    Duration preempt_delay{};
    bool accept = true;
    bool promote_secondaries = false;
    bool linkbeat_polling = false;
    bool addresses_set = false;  ///< vipset
    bool lower_priority_no_advert = false;
    bool higher_priority_send_advert = false;
    Duration garp_delay{};
    uint32_t garp_repeat = 5;
    Duration garp_refresh{};
    uint32_t garp_refresh_repeat = 1;
    Duration garp_lower_prio_delay{};
    uint32_t garp_lower_prio_repeat = 5;
    vrrp::AuthType auth_type = vrrp::AuthType::none;
    NotifyView notify{};
    std::vector<std::string>
        addresses;  ///< `192.0.2.200/24 dev eth0 scope global`, with ` set` when installed.
    std::vector<std::string> excluded_addresses{};
    std::vector<std::string> routes{};
    std::vector<std::string> rules{};
    TracksView tracks{};
    std::string sync_group{};
    vrrp::Counters counters{};
};

struct GroupView {
    std::string name{};
    vrrp::State state = vrrp::State::Initialize;
    std::optional<bool> priority_changes{};  ///< notify_priority_changes, where the group says anything.
    uint32_t faulted_members = 0;
    uint32_t initial_members = 0;
    std::vector<std::string> members{};
    bool tracking_weight = false;
    TracksView tracks{};
    NotifyView notify{};
};

struct ScriptView {
    std::string name{};
    std::string command{};
    Duration interval{};
    Duration timeout{};
    int weight = 0;
    bool reverse = false;
    uint32_t rise = 1;
    uint32_t fall = 1;
    uint32_t result_count = 0;  ///< ScriptTracker::result_count
    bool first_result_seen = false;
    bool up = false;
    bool init_fail = false;
    bool running = false;
    int last_status = 0;
    std::optional<uint32_t> uid{};
    std::optional<uint32_t> gid{};
    std::vector<TrackView> followers{};  ///< Instances, with their weights.
};

struct FileView {
    std::string name{};
    std::string path{};
    int64_t value = 0;
    int weight = 1;
    bool reverse = false;
    std::vector<TrackView> followers{};
};

struct ProcessView {
    std::string name{};
    std::string process{};
    std::vector<std::string> parameters{};
    std::string match = "none";  ///< none, exact, partial, initial
    uint32_t quorum = 1;
    std::optional<uint32_t> quorum_max{};
    uint32_t current = 0;
    bool have_quorum = false;
    int weight = 0;
    bool reverse = false;
    Duration terminate_delay{};
    Duration fork_delay{};
    bool fork_delay_running = false;
    bool terminate_delay_running = false;
    bool full_command = false;
    std::vector<TrackView> followers{};
};

/// A session that instances follow.
struct TrackedBfdView {
    std::string name{};
    int weight = 0;
    bool reverse = false;
    bool up = false;
    std::vector<TrackView> followers{};
};

/// A pair of sockets and the instances that share it.
struct SocketView {
    int receive = -1;
    int send = -1;
    std::string interface{};
    Family family = Family::ipv4;
    bool authentication_header = false;
    std::optional<IpAddress> unicast_source{};
    uint64_t receive_buffer = 0;
    std::vector<std::string> instances{};  ///< `VI_1 vrid 51`
};

/// garp_group, or the global intervals on an interface.
struct GarpDelayView {
    std::optional<Duration> garp{};
    std::optional<Duration> gna{};
    std::vector<std::string> interfaces{};
};

/// track_group: who fails with the static objects that name it.
struct TrackGroupView {
    std::string name{};
    std::vector<std::string> instances{};
};

struct InterfaceView {
    std::string name{};
    uint32_t index = 0;
    std::vector<IpAddress> addresses4{};
    std::vector<IpAddress> addresses6{};
    MacAddress mac{};
    bool up = false;
    bool running = false;
    bool loopback = false;
    bool point_to_point = false;
    bool arp = true;
    bool multicast = true;
    uint32_t group = 0;
    uint32_t mtu = 0;
    std::vector<TrackView> followers{};
};

struct BfdView {
    bfd::SessionSettings settings{};
    bfd::State state = bfd::State::Down;
    bfd::Diagnostic diagnostic = bfd::Diagnostic::none;
    uint32_t discriminator = 0;
    bfd::ControlPacket remote{};  ///< The neighbour's last packet.
    bfd::Timers timers{};
    bool polling = false;
    std::optional<WallClock> last_seen{};
};

/// How a checker that makes attempts is doing.
struct CheckerView {
    uint32_t failures = 0;                  ///< In a row, not yet counting.
    uint16_t ping_sequence = 0;             ///< PING_CHECK: of its last request.
    std::optional<size_t> failing_url{};    ///< HTTP_GET, SSL_GET: why it is down.
    std::optional<WallClock> last_begun{};  ///< Its last attempt.
    int last_status = 0;                    ///< MISC_CHECK: exit status of that.
};

struct GlobalView {
    /// Looked at in place: for use at once. Null: only what is below.
    const config::Config* config = nullptr;
    std::string net_namespace{};           ///< `-s`, which overrides the keyword.
    std::string reload_file{};             ///< Where reload_file is made.
    std::optional<WallClock> reload_at{};  ///< Of reload_time_file, when one is scheduled.
    bool reload_has_date = false;
    uint32_t umask = 0177;
    unsigned real_time_priority = 0;  ///< In force; 0 = none.
    uint64_t real_time_limit = 0;     ///< In force, microseconds; 0 = none.
};

/// Everything, at one moment.
struct DaemonView {
    WallClock now{};
    int pid = 0;
    GlobalView global{};
    std::vector<InstanceView> instances{};
    std::vector<GarpDelayView> garp_delays{};
    std::vector<TrackGroupView> track_groups{};
    std::vector<SocketView> sockets{};
    std::vector<GroupView> groups{};
    std::vector<ScriptView> scripts{};
    std::vector<FileView> files{};
    std::vector<ProcessView> processes{};
    std::vector<TrackedBfdView> tracked_bfds{};
    std::vector<InterfaceView> interfaces{};
    std::vector<std::string> static_addresses{};
    std::vector<std::string> static_routes{};
    std::vector<std::string> static_rules{};
    std::vector<BfdView> bfd_sessions{};
    /// Virtual servers, looked at in place because there may be tens of thousands: for use at once. May be
    /// null.
    const check::Director* director = nullptr;
    /// What the director does not know of a checker, by its CheckerId. May be empty.
    std::function<CheckerView(uint32_t)> checker{};
    std::vector<FileView> checker_files{};     ///< Those that a FILE_CHECK may follow.
    std::vector<std::string> checker_bfds{};   ///< Names of the sessions that a BFD_CHECK may follow.
    const config::TlsSettings* tls = nullptr;  ///< The SSL block; null when nothing needs it.
};

}  // namespace holdfast::app

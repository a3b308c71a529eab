#include "holdfast/app/data_dump.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <sstream>

#include "holdfast/check/director.hpp"
#include "holdfast/config/config.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class DataDumpTest : public testing::Test {
  protected:
    void SetUp() override {
        setenv("TZ", "UTC", 1);
        tzset();
    }
    static InstanceView instance() {
        InstanceView view;
        view.name = "VI_1";
        view.state = view.wanted_state = vrrp::State::Master;
        view.vrid = 51;
        view.base_priority = 100;
        view.effective_priority = 107;
        view.total_priority = 107;
        view.last_transition = WallClock(1795268549s + 381299us);
        view.master_down_time = 3582031us;
        view.advert_interval = 1s;
        view.interface = "eth0";
        view.source = IpAddress::v4(192, 0, 2, 1);
        view.multicast_group = IpAddress::v4(224, 0, 0, 18);
        view.garp_delay = view.garp_lower_prio_delay = 5s;
        view.auth_type = vrrp::AuthType::password;
        view.addresses = {"192.0.2.200/24 dev eth0 scope global set"};
        view.excluded_addresses = {"192.0.2.201 dev eth0 scope global set"};
        view.tracks.scripts = {{.name = "chk", .weight = -20}};
        view.tracks.files = {{.name = "tf", .weight = 2, .reverse = true}};
        view.notify.master = "'/usr/bin/true' 'm'";
        return view;
    }
    // Whether all lines occur in `text` as whole lines, in this order.
    static testing::AssertionResult in_order(const std::string& text, const std::vector<std::string>& lines) {
        std::istringstream stream(text);
        std::string line;
        for (const auto& wanted : lines) {
            do {
                if (!std::getline(stream, line))
                    return testing::AssertionFailure() << "no line '" << wanted << "' in\n" << text;
            } while (line != wanted);
        }
        return testing::AssertionSuccess();
    }
    DaemonView view;
};

// The lines of a recorded 2.4.3 run that do not name descriptors.
TEST_F(DataDumpTest, InstanceHasTheRecordedLines) {
    view.instances = {instance()};
    EXPECT_TRUE(
        in_order(vrrp_data(view), {"------< Global definitions >------",
                                   "------< VRRP Topology >------",
                                   " VRRP Instance = VI_1",
                                   "   VRRP Version = 2",
                                   "   State = MASTER",
                                   "   Flags: none",
                                   "   Wantstate = MASTER",
                                   "   Number of config faults = 0",
                                   "   Number of tracker faults = 0",
                                   "   Flags of interface faults - (none)",
                                   "   Number of track scripts init = 0",
                                   "   Last transition = 1795268549.381299 (Sat Nov 21 13:42:29.381299 2026)",
                                   "   Master down timer = 3582031 usecs",
                                   "   Interface = eth0",
                                   "   Using src_ip = 192.0.2.1",
                                   "   Multicast address 224.0.0.18",
                                   "   Gratuitous ARP delay = 5",
                                   "   Gratuitous ARP repeat = 5",
                                   "   Gratuitous ARP refresh = 0",
                                   "   Gratuitous ARP refresh repeat = 1",
                                   "   Gratuitous ARP lower priority delay = 5",
                                   "   Gratuitous ARP lower priority repeat = 5",
                                   "   Down timer adverts = 3",
                                   "   Send advert after receive lower priority advert = true",
                                   "   Send advert after receive higher priority advert = false",
                                   "   Virtual Router ID = 51",
                                   "   Priority = 100",
                                   "   Effective priority = 107",
                                   "   Total priority = 107",
                                   "   Advert interval = 1 sec",
                                   "   Accept = enabled",
                                   "   Preempt = enabled",
                                   "   Promote_secondaries = disabled",
                                   "   Authentication type = SIMPLE_PASSWORD",
                                   "   Password = ********",
                                   "   Virtual IP (1):",
                                   "     192.0.2.200/24 dev eth0 scope global set",
                                   "   Virtual IP Excluded :",
                                   "     192.0.2.201 dev eth0 scope global set",
                                   "   Tracked scripts :",
                                   "     chk weight -20",
                                   "   Tracked files :",
                                   "     tf, weight 2 reverse",
                                   "   Using smtp notification = no",
                                   "   Notify deleted = Fault",
                                   "   Master state transition script = '/usr/bin/true' 'm', uid:gid 0:0",
                                   "   Notify priority changes = false"}));
}

TEST_F(DataDumpTest, BackupUnicastVersionThreeInstance) {
    auto other = instance();
    other.version = vrrp::Version::v3;
    other.state = vrrp::State::Backup;
    other.master_address = IpAddress::v4(192, 0, 2, 9);
    other.master_priority = 200;
    other.advert_interval = 500ms;
    other.master_advert_interval = 250ms;
    other.multicast_group.reset();
    other.source_configured = true;
    other.unicast_peers = {"192.0.2.2 min_ttl 0 max_ttl 255"};
    other.flags = {"Using unicast"};
    other.sync_group = "G1";
    other.preempt = false;
    view.instances = {other};
    const auto text = vrrp_data(view);
    EXPECT_TRUE(in_order(
        text,
        {"   VRRP Version = 3", "   Sync group = G1", "   State = BACKUP", "   Master router = 192.0.2.9",
         "   Master priority = 200", "   Master advert interval = 250 milli-sec",
         "   Flags:", "     Using unicast", "   Using src_ip = 192.0.2.1 (from configuration)",
         "   Advert interval = 500 milli-sec", "   Preempt = disabled", "   Check unicast src : no",
         "   Unicast Peer :", "     192.0.2.2 min_ttl 0 max_ttl 255"}));
    EXPECT_THAT(text, Not(HasSubstr("Authentication type")));
}

TEST_F(DataDumpTest, EmptySectionsAreLeftOut) {
    const auto text = vrrp_data(view);
    EXPECT_THAT(text, HasSubstr("Global definitions"));
    for (const char* section : {"VRRP Topology", "Static", "VRRP Sync groups", "VRRP Scripts", "Interfaces"})
        EXPECT_THAT(text, Not(HasSubstr(section)));
    EXPECT_THAT(checker_data(view), Not(HasSubstr("LVS Topology")));
}

TEST_F(DataDumpTest, GroupsScriptsFilesProcessesAndInterfaces) {
    view.groups = {
        {.name = "G1", .state = vrrp::State::Fault, .faulted_members = 1, .members = {"VI_2", "VI_4"}}};
    ScriptView script{
        .name = "chk", .command = "'/usr/bin/true'", .interval = 2s, .timeout = 1500ms, .weight = -20};
    script.rise = 2;
    script.fall = 3;
    script.result_count = 4;
    script.up = true;
    script.followers = {{.name = "VI_1", .weight = -20}};
    view.scripts = {script};
    FileView file{.name = "tf", .path = "/x", .value = 1, .weight = 2};
    view.files = {file};
    ProcessView process;
    process.name = "tp";
    process.process = "sleep";
    process.fork_delay = 1500ms;
    view.processes = {process};
    InterfaceView link;
    link.name = "eth0";
    link.index = 3;
    link.up = link.running = true;
    link.mtu = 1500;
    link.mac = *MacAddress::parse("e6:cf:8b:ac:cb:80");
    view.interfaces = {link};
    view.static_addresses = {"10.5.0.1/24 dev eth0 scope global set"};
    EXPECT_TRUE(in_order(vrrp_data(view), {"------< Static Addresses >------",
                                           "     10.5.0.1/24 dev eth0 scope global set",
                                           "------< VRRP Sync groups >------",
                                           " VRRP Sync Group = G1, FAULT",
                                           "   Num member fault 1, num member init 0",
                                           "   VRRP member instances :",
                                           "     VI_2",
                                           "     VI_4",
                                           "------< VRRP Scripts >------",
                                           " VRRP Script = chk",
                                           "   Command = '/usr/bin/true'",
                                           "   Interval = 2 sec",
                                           "   Timeout = 1.500 sec",
                                           "   Weight = -20",
                                           "   Rise = 2",
                                           "   Fall = 3",
                                           "   Result = 4",
                                           "   Status = GOOD",
                                           "   VRRP instances :",
                                           "   Tracking instances :",
                                           "     VI_1, weight -20",
                                           "   State = idle",
                                           "------< VRRP Track files >------",
                                           " Track file = tf",
                                           "   File = /x",
                                           "   Status = 1",
                                           "   Weight = 2",
                                           "------< VRRP Track processes >------",
                                           " VRRP Track process = tp",
                                           "   Process = sleep",
                                           "   Min processes = 1",
                                           "   Current processes = 0",
                                           "   Have quorum = false",
                                           "   Fork delay = 1.500000s",
                                           "   Fork delay timer not running",
                                           "------< Interfaces >------",
                                           " Name = eth0",
                                           "   index = 3",
                                           "   IPv4 address = (none)",
                                           "   MAC = e6:cf:8b:ac:cb:80",
                                           "   State = UP, RUNNING",
                                           "   MTU = 1500"}));
}

TEST_F(DataDumpTest, CheckerFileShowsServersAndCheckers) {
    check::RealServerSettings real;
    real.endpoint = {IpAddress::v4(10, 0, 0, 2), 8080};
    real.weight = 3;
    real.forwarding.method = ipvs::ForwardingMethod::direct_route;
    real.checkers = {check::Checker{.probe = check::TcpCheck{.connect = {.destination = real.endpoint}}}};
    check::VirtualServerSettings server;
    server.key = {.protocol = ipvs::Protocol::tcp, .endpoint = {IpAddress::v4(10, 0, 0, 1), 80}};
    server.attributes = {.scheduler = "wrr", .persistence_timeout = 360, .persistence_netmask = 0xffffff00U};
    server.real_servers = {real};
    server.sorry_server = check::SorryServerSettings{.endpoint = {IpAddress::v4(10, 0, 0, 9), 80}};
    check::VirtualServerSettings mark = server;
    mark.key = {.firewall_mark = 5};
    check::VirtualServerSettings grouped = server;
    grouped.group = "GRP";
    grouped.key.endpoint = {};
    check::Director director;
    check::DirectorActions actions;
    director.load({.virtual_servers = {server, mark, grouped},
                   .groups = {{.name = "GRP",
                               .entries = {{.first = {IpAddress::v4(10, 0, 1, 1), 80}, .count = 3},
                                           {.firewall_mark = 7}}}}},
                  actions);
    view.director = &director;
    EXPECT_TRUE(in_order(checker_data(view), {"------< LVS Topology >------",
                                              " ------< Virtual server group >------",
                                              " Virtual Server Group = GRP, IPv4 = yes, IPv6 = no",
                                              "   VIP Range = 10.0.1.1-10.0.1.3, VPORT = 80",
                                              "   FWMARK = 7",
                                              " ------< Virtual server >------",
                                              " VS VIP = 10.0.0.1, VPORT = 80",
                                              "   Address family = inet",
                                              "   lvs_sched = wrr",
                                              "   flag-1 = disabled",
                                              "   One packet scheduling = disabled",
                                              "   persistence timeout = 360",
                                              "   persistence granularity = 255.255.255.0",
                                              "   protocol = TCP",
                                              "   quorum = 1, hysteresis = 0",
                                              "   Using smtp notification = no",
                                              "   default forwarding method = NAT",
                                              "   sorry server = [10.0.0.9]:tcp:80",
                                              "     alive = 0",
                                              "   VS alive = 1",
                                              "   quorum_state_up = 1",
                                              "   ------< Real server >------",
                                              "   RIP = 10.0.0.2, RPORT = 8080, WEIGHT = 3 EFF WEIGHT = 3",
                                              "   forwarding method = DR",
                                              "   initial weight = 3",
                                              "   effective weight = 3",
                                              "   alive = 1",
                                              "   num failed checkers = 0",
                                              "   RS set = 1",
                                              " VS FWMARK = 5",
                                              " VS GROUP = [GRP]:0",
                                              "------< Health checkers >------",
                                              " [10.0.0.1]:tcp:80 -> [10.0.0.2]:tcp:8080",
                                              "   Enabled = yes",
                                              "   Up = yes",
                                              "   Has run = no",
                                              "   Delay loop = 60000000 us",
                                              "   Connection",
                                              "     Dest = [10.0.0.2]:8080",
                                              "     Timeout = 5.000000",
                                              "   Keepalive method = TCP_CHECK"}));
}

TEST_F(DataDumpTest, CheckerFileShowsWhatAWebCheckWants) {
    check::UrlSettings url{.path = "/a", .regex = "hello", .regex_min_offset = 5};
    url.digest.emplace().fill(0xab);
    for (size_t code : {200U, 201U, 404U}) url.status_codes.set(code - 100);
    check::RealServerSettings real;
    real.endpoint = {IpAddress::v4(10, 0, 0, 2), 443};
    real.checkers = {check::Checker{.probe = check::HttpCheck{.connect = {.destination = real.endpoint},
                                                              .tls = true,
                                                              .urls = {url, {.path = "/b"}},
                                                              .protocol = check::HttpProtocol::http_1_1,
                                                              .enable_sni = true}}};
    check::VirtualServerSettings server;
    server.key = {.protocol = ipvs::Protocol::tcp, .endpoint = {IpAddress::v4(10, 0, 0, 1), 443}};
    server.real_servers = {real};
    check::Director director;
    check::DirectorActions actions;
    director.load({.virtual_servers = {server}}, actions);
    view.director = &director;
    EXPECT_TRUE(in_order(
        checker_data(view),
        {"   Keepalive method = SSL_GET, http protocol 1.1", "   Enable SNI set", "   Fast recovery unset",
         "   tls_compliant unset", "   Checked url = /a", "     digest = abababababababababababababababab",
         "     tls_compliant unset", "     HTTP Status Code(s)", "       200-201", "       404",
         "     Regex = \"hello\"", "     Regex min offset = 5", "   Checked url = /b", "       200-299"}));
}

TEST_F(DataDumpTest, CheckerFileShowsTimesWhereTheyWereGiven) {
    check::MiscCheck script;
    script.command.arguments = {"/bin/true"};
    script.timeout = 6s;
    script.timeout_given = true;
    check::RealServerSettings real;
    real.endpoint = {IpAddress::v4(10, 0, 0, 2), 80};
    real.checker_defaults = check::CheckerDefaults{
        .connect_timeout = 1250ms, .delay_loop = 3s, .retry = 1, .delay_before_retry = 2s, .warmup = 0s};
    real.checkers = {
        check::Checker{
            .schedule = {.delay_loop = 2500ms, .warmup = 0s, .retry = 2, .delay_before_retry = 1500ms},
            .probe = check::DnsCheck{.connect = {.destination = real.endpoint}, .type = 28, .name = "x"}},
        check::Checker{.probe = script},
        check::Checker{.probe = check::UdpCheck{.connect = {.destination = real.endpoint},
                                                .require_reply = true,
                                                .reply = std::vector<uint8_t>{1, 2},
                                                .reply_mask = {0xff, 0xf0},
                                                .min_reply_length = 2}},
        check::Checker{.probe = check::BfdCheck{.session = "B"}},
        check::Checker{.probe = check::FileCheck{.track_file = "F"}},
        check::Checker{.probe = check::FileCheck{.track_file = "F", .weight = 5, .reverse = true}},
        check::Checker{.probe = check::PingCheck{.connect = {.destination = real.endpoint}}}};
    check::RealServerSettings plain;
    plain.endpoint = {IpAddress::v4(10, 0, 0, 3), 80};
    check::VirtualServerSettings server;
    server.key = {.protocol = ipvs::Protocol::tcp, .endpoint = {IpAddress::v4(10, 0, 0, 1), 80}};
    server.attributes.flags.one_packet = true;
    server.inhibit_on_failure = true;
    server.checker_defaults = {.connect_timeout = 4s, .delay_loop = 2500ms, .retry = 2};
    server.sorry_server = check::SorryServerSettings{.endpoint = plain.endpoint};
    server.real_servers = {real, plain};
    check::Director director;
    check::DirectorActions actions;
    director.load({.virtual_servers = {server}}, actions);
    view.director = &director;
    view.checker = [](check::CheckerId id) {
        return CheckerView{.failures = id, .ping_sequence = 7, .last_status = 3};
    };
    FileView file;
    file.name = "F";
    file.path = "/run/f";
    file.weight = 2;
    view.checker_files = {file};
    view.checker_bfds = {"B"};
    config::TlsSettings tls;
    tls.ca = "/etc/ca";
    view.tls = &tls;
    const std::string text = checker_data(view);
    EXPECT_TRUE(in_order(text, {"------< SSL definitions >------",
                                " CA-file : /etc/ca",
                                "------< LVS Topology >------",
                                "   Address family = inet",
                                "   connection timeout = 4.000000",
                                "   delay_loop = 2.500000",
                                "   lvs_sched = wlc",
                                "   One packet scheduling = enabled (inactive due to not UDP)",
                                "   omega is OFF",
                                "   Retry count = 2",
                                "   Inhibit on failure is ON",
                                "   sorry server (duplicates rs) = [10.0.0.3]:tcp:80",
                                "   quorum_state_up = 1",
                                "   reloaded = 0",
                                "   RIP = 10.0.0.2, RPORT = 80, WEIGHT = 1 EFF WEIGHT = 1",
                                "   connection timeout = 1.250000",
                                "   connection limit range = 0 -> 0",
                                "   Delay loop = 3.000000",
                                "   Retry count = 1",
                                "   Retry delay = 2.000000",
                                "   Warmup = 0.000000",
                                "   effective weight = 1",
                                "   previous effective_weight = 0",
                                "   reloaded = 0",
                                "   Tracked Files",
                                "     F, weight 2",
                                "     F, weight 5 reverse",
                                "   Tracked BFDs",
                                "     B",
                                "   RIP = 10.0.0.3, RPORT = 80, WEIGHT = 1 EFF WEIGHT = 1",
                                "   connection timeout = 4.000000",
                                "   Delay loop = 2.500000",
                                "   Retry count = 2",
                                "------< Health checkers >------",
                                "   Delay loop = 2500000 us",
                                "   Retries = 2",
                                "   Delay before retry = 1500000 us",
                                "   Retries iterations = 1",
                                "   Default delay before retry = 0 us",
                                "   Type = AAAA",
                                "   Name = x",
                                "   Default delay before retry = 1000000 us",
                                "   Keepalive method = MISC_CHECK",
                                "   Last ran = 0.000000 (Thu Jan  1 00:00:00 1970.000000)",
                                "   Last status = 3",
                                "     Reply data len = 2",
                                "     Reply data mask = yes",
                                "   Delay loop = 18446744073709551615 us",
                                "   Retries = 4294967295",
                                "   Keepalive method = BFD_CHECK",
                                "   Alpha is OFF",
                                "   Keepalive method = PING_CHECK",
                                "     ICMP seq no = 7",
                                "   Keepalive method = FILE_CHECK",
                                "     Tracked file = F",
                                "     Reloaded = No",
                                "------< Checker track files >------",
                                " Track file = F",
                                "   Tracking instances :",
                                "     [10.0.0.1]:tcp:80 -> [10.0.0.2]:tcp:80, weight 2",
                                "     [10.0.0.1]:tcp:80 -> [10.0.0.2]:tcp:80, weight 5 reverse",
                                "------< Checker track BFDs >------",
                                " Checker Track BFD = B",
                                "   Tracking RS :",
                                "   [10.0.0.2]:tcp:80"}));
}

TEST_F(DataDumpTest, CheckerFileTellsWhatAReloadHasFoundAgain) {
    check::RealServerSettings real;
    real.endpoint = {IpAddress::v4(10, 0, 0, 2), 80};
    real.weight = 3;
    check::VirtualServerSettings server;
    server.group = "G";
    server.key = {.protocol = ipvs::Protocol::tcp};
    server.real_servers = {real};
    check::VirtualServerGroup group{.name = "G", .entries = {{.first = {IpAddress::v4(10, 0, 1, 1), 80}}}};
    check::Director director;
    check::DirectorActions actions;
    director.load({.virtual_servers = {server}, .groups = {group}}, actions);
    group.entries.push_back({.firewall_mark = 7});
    server.real_servers.front().weight = 5;
    director.load({.virtual_servers = {server}, .groups = {group}}, actions);
    view.director = &director;
    EXPECT_TRUE(in_order(checker_data(view),
                         {"   VIP = 10.0.1.1, VPORT = 80", "     Alive: 1 tcp, 0 udp, 0 sctp",
                          "     reloaded = True", "   FWMARK = 7", "     Alive: 1 IPv4, 0 IPv6",
                          "     reloaded = False", " VS GROUP = [G]:0", "   reloaded = 1",
                          "   effective weight = 5", "   previous effective_weight = 3", "   reloaded = 1"}));
}

TEST_F(DataDumpTest, StatisticsRepeatPerInstance) {
    auto one = instance();
    one.counters.advert_rcvd = 1;
    one.counters.advert_sent = 2;
    one.counters.become_master = 3;
    one.counters.release_master = 4;
    one.counters.packet_len_err = 5;
    one.counters.ip_ttl_err = 6;
    one.counters.invalid_type_rcvd = 7;
    one.counters.advert_interval_err = 8;
    one.counters.addr_list_err = 9;
    one.counters.invalid_authtype = 10;
    one.counters.authtype_mismatch = 11;
    one.counters.auth_failure = 12;
    one.counters.auth_ext_missing = 13;
    one.counters.auth_ext_malformed = 14;
    one.counters.auth_ext_unknown_key = 15;
    one.counters.auth_ext_invalid_hmac = 16;
    one.counters.auth_ext_stale = 17;
    one.counters.auth_ext_replay = 18;
    one.counters.pri_zero_rcvd = 19;
    one.counters.pri_zero_sent = 20;
    auto two = instance();
    two.name = "VI_2";
    const std::vector<InstanceView> instances{one, two};
    const auto text = stats_text(instances);
    EXPECT_TRUE(text.starts_with(
        "VRRP Instance: VI_1\n"
        "  Advertisements:\n    Received: 1\n    Sent: 2\n"
        "  Became master: 3\n  Released master: 4\n"
        "  Packet Errors:\n    Length: 5\n    TTL: 6\n    Invalid Type: 7\n"
        "    Advertisement Interval: 8\n    Address List: 9\n"
        "  Authentication Errors:\n    Invalid Type: 10\n    Type Mismatch: 11\n    Failure: 12\n"
        "  Authentication Extension Errors:\n    Missing: 13\n    Malformed: 14\n"
        "    Unknown Key: 15\n    Invalid HMAC: 16\n    Stale: 17\n    Replay: 18\n"
        "  Priority Zero:\n    Received: 19\n    Sent: 20\n"
        "VRRP Instance: VI_2\n"))
        << text;
}

TEST_F(DataDumpTest, NoTransitionYetIsZero) {
    EXPECT_EQ(transition_text({}), "0.000000");
    EXPECT_EQ(transition_text(WallClock(7 * 86400s + 5us)),
              "604800.000005 (Thu Jan  8 00:00:00.000005 1970)");
}

}  // namespace
}  // namespace holdfast::app

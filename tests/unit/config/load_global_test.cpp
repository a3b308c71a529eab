// global_defs, root keywords, statics, track objects and per-interface blocks.
#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LoadGlobal : public KeywordTest {
  protected:
    void load_global(const std::string& lines) { load("global_defs {\n" + lines + "\n}\n"); }
};

TEST_F(LoadGlobal, ReadsRootKeywords) {
    load(
        "linkbeat_use_polling\nnet_namespace ns\nnet_namespace_ipvs\nnamespace_with_ipsets\ninstance "
        "one\ninstance two\nchild_wait_time 10\n");
    expect_report(ReportClass::general, "instance was given before");
    const RootSettings& root = result.config->root;
    EXPECT_TRUE(root.linkbeat_use_polling && root.namespace_with_ipsets && root.use_pid_dir);
    EXPECT_EQ(root.net_namespace, "ns");
    EXPECT_EQ(root.net_namespace_ipvs, "");
    EXPECT_EQ(root.instance, "one");
    EXPECT_EQ(root.child_wait_time, 10s);
}

TEST_F(LoadGlobal, ReadsMailSettings) {
    load_global(
        " notification_email {\n a@b c@d\n \"Ops, Team <ops@example.org>\"\n }\n notification_email_from "
        "x@y\n smtp_server mail.example.org 2525\n smtp_helo_name h\n smtp_connect_timeout 0\n smtp_alert\n "
        "smtp_alert_vrrp no\n smtp_alert_checker maybe\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("must be at least 1"), HasSubstr("maybe is not one of")));
    EXPECT_THAT(global().mail.recipients, ElementsAre("a@b", "c@d", "\"Ops, Team\" <ops@example.org>"));
    EXPECT_EQ(global().mail.server, ip("192.0.2.25"));
    EXPECT_EQ(global().mail.port, 2525);
    EXPECT_EQ(global().mail.timeout, 1s);
    EXPECT_EQ(global().smtp_alert, true);
    EXPECT_EQ(global().smtp_alert_vrrp, false);
    EXPECT_FALSE(global().smtp_alert_checker);
    load_global(" smtp_server nowhere.invalid\n");
    expect_report(ReportClass::warning, "has no address");
    load_global(" notification_email {\n }\n");
    expect_report(ReportClass::general, "has no address");
}

TEST_F(LoadGlobal, ReadsProcessSettings) {
    load_global(
        " process_name 1234567890123456\n vrrp_priority -10\n vrrp_rt_priority 500\n vrrp_cpu_affinity 0 3\n "
        "checker_cpu_affinity 0 9\n vrrp_rlimit_rtime 1\n bfd_no_swap\n max_auto_priority\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("longer than 15"), HasSubstr("500 is outside 1..99"),
                                       HasSubstr("9 is outside 0..3")));
    EXPECT_EQ(global().parent_process.name, "123456789012345");
    EXPECT_EQ(global().vrrp_process.priority, -10);
    EXPECT_EQ(global().vrrp_process.rt_priority, 99);
    EXPECT_EQ(global().vrrp_process.rlimit_rttime, 2U);
    EXPECT_THAT(global().vrrp_process.cpu_affinity, ElementsAre(0, 3));
    EXPECT_THAT(global().checker_process.cpu_affinity, IsEmpty());
    EXPECT_TRUE(global().bfd_process.no_swap);
    EXPECT_EQ(global().max_auto_priority, 99);
}

TEST_F(LoadGlobal, ReadsIpvsSettings) {
    load_global(
        " lvs_timeouts tcp 900 udp 300\n lvs_timeouts tcpfin 120 icmp\n lvs_flush\n lvs_repair off\n "
        "lvs_flush_on_stop VS\n "
        "lvs_sync_daemon eth0 inst V id 10 port 8849 ttl 2 maxlen 1000 group 224.0.0.82\n lvs_sync_daemon "
        "eth1\n");
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("icmp is not one of"), HasSubstr("lvs_sync_daemon was given before")));
    EXPECT_EQ(global().lvs_timeouts, (ipvs::Timeouts{900, 120, 300}));
    EXPECT_TRUE(global().lvs_flush && global().lvs_flush_on_stop && global().lvs_flush_on_stop_only_ours);
    EXPECT_FALSE(global().lvs_repair);
    EXPECT_FALSE(global().lvs_sync_daemon);  // There is no instance V.
    EXPECT_THAT(remarks(), testing::Contains(HasSubstr("there is no vrrp_instance V")));
    load_global(" lvs_sync_daemon eth0\n");
    EXPECT_EQ(global().lvs_sync_daemon->interface, "eth0");
}

TEST_F(LoadGlobal, ReadsFirewallSettings) {
    load_global(" vrrp_iptables IN OUT\n vrrp_ipsets my\n");
    expect_clean();
    EXPECT_EQ(global().iptables->output_chain, "OUT");
    EXPECT_THAT(global().ipset_names, ElementsAre("my", "my6", "my_if6", "my_igmp", "my_mld", "my_nd"));
    load_global(" vrrp_iptables\n");
    EXPECT_EQ(global().ipset_names.front(), "keepalived");
    load_global(" vrrp_iptables\n vrrp_ipsets\n");
    EXPECT_THAT(global().ipset_names, IsEmpty());
    load_global(" vrrp_iptables\n vrrp_ipsets a b a\n");
    expect_report(ReportClass::general, "uses the name a twice");
    load_global(" vrrp_iptables\n nftables mine\n nftables_priority -5\n nftables_counters\n");
    expect_clean();
    EXPECT_FALSE(global().iptables);
    EXPECT_EQ(global().nftables.table, "mine");
    EXPECT_EQ(global().nftables.priority, -5);
    load_global(" nftables_ipvs\n nftables_ipvs_start_fwmark 2000\n");
    EXPECT_EQ(global().nftables.ipvs_table, "keepalived_ipvs");
    EXPECT_EQ(global().nftables.ipvs_start_mark, 2000U);
}

TEST_F(LoadGlobal, ReadsFifosAndScripts) {
    load_global(
        " enable_script_security\n script_user nobody daemon\n notify_fifo /run/f root\n notify_fifo_script "
        "\"/usr/bin/true a\"\n vrrp_notify_fifo /run/f\n lvs_notify_fifo /run/l nobody\n lvs_notify_fifo "
        "/run/m\n startup_script /usr/bin/true\n shutdown_script /usr/bin/missing\n startup_script_timeout "
        "2000\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("lvs_notify_fifo was given before"),
                                       HasSubstr("2000 is outside 1..1000")));
    EXPECT_EQ(global().notify_fifo->owner.uid, 0U);
    EXPECT_THAT(global().notify_fifo->script->arguments, ElementsAre("/usr/bin/true", "a"));
    EXPECT_EQ(global().notify_fifo->script->identity.gid, 1U);
    EXPECT_FALSE(global().vrrp_notify_fifo);  // The same path.
    EXPECT_EQ(global().lvs_notify_fifo->path, "/run/l");
    EXPECT_TRUE(global().startup_script);
    EXPECT_FALSE(global().shutdown_script);
}

TEST_F(LoadGlobal, ReadsGarpDefaultsAndMinGarp) {
    load(
        "global_defs {\n vrrp_min_garp\n vrrp_garp_interval 0.001\n vrrp_garp_extra_if all "
        "100\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n "
        "192.0.2.1\n 192.0.3.1 dev eth1\n }\n}\n");
    expect_clean();
    EXPECT_EQ(instance().router.garp.master_repeat, 1U);
    EXPECT_EQ(instance().router.garp.master_delay, Duration(0));
    EXPECT_EQ(global().garp_interval, Duration(1ms));
    EXPECT_EQ(instance().garp_extra_interfaces, Duration(100s));
    EXPECT_TRUE(instance().garp_extra_all);
}

TEST_F(LoadGlobal, ReadsWhatIsLeft) {
    load_global(
        " umask IXUSR|IRWXG|IRWXO\n vrrp_startup_delay 5.5\n vrrp_startup_delay 2\n vrrp_rx_bufs_policy mtu "
        "ADVERT\n reload_check_config\n reload_file\n json_version 2\n state_dump_file /run/x\n vmac_prefix "
        "vm\n vmac_prefix vn\n snmp_vs_stats_update_interval 2.5\n enable_snmp_rfc\n "
        "vrrp_netlink_cmd_rcv_bufs 2000000\n random_seed 7\n include_check\n router_id\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("MTU is used"), HasSubstr("vmac_prefix was given before"),
                                       HasSubstr("router_id needs a value")));
    EXPECT_EQ(global().umask, 0177U);
    EXPECT_EQ(global().startup_delay, Duration(5500ms));
    EXPECT_EQ(global().rx_buffer_policy.kind, ReceiveBufferPolicy::Kind::mtu);
    EXPECT_EQ(global().reload_check_config, "/dev/null");
    EXPECT_EQ(global().reload_file, "");
    EXPECT_EQ(global().json_version, 2U);
    EXPECT_EQ(global().vmac_prefix, "vm");
    EXPECT_EQ(global().snmp.virtual_server_interval, Duration(2500ms));
    EXPECT_TRUE(global().snmp.rfc_v2 && global().snmp.rfc_v3);
    EXPECT_EQ(global().vrrp_buffers.command, 2000000U);
    load_global(" umask 0177\n");
    EXPECT_EQ(global().umask, 0177U);
    for (const char* wrong :
         {"umask 01777", "umask IXUSR|", "umask FOO", "vrrp_mcast_group4 192.0.2.1",
          "vrrp_mcast_group6 224.0.0.1", "json_version 3", "dynamic_interfaces x", "script_user"}) {
        load_global(wrong);
        EXPECT_EQ(reports().size(), 1U) << wrong;
        EXPECT_EQ(result.test_exit_code, 5) << wrong;
    }
}

TEST_F(LoadGlobal, ReadsStatics) {
    load(
        "track_group T {\n group {\n V\n X\n }\n}\nstatic_ipaddress {\n 192.0.2.100/32 dev eth1\n "
        "192.0.2.101 track_group T\n 192.0.2.102 track_group none\n}\nstatic_routes {\n 10.0.0.0/8 dev eth0 "
        "track_group T\n}\nstatic_rules {\n from 10.0.0.0/8 iif eth0 table 100 priority 5 track_group "
        "T\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.1\n "
        "}\n}\n");
    expect_report(ReportClass::general, "track_group none is not defined above");
    EXPECT_EQ(result.config->static_addresses.size(), 3U);
    EXPECT_EQ(result.config->static_addresses[1].interface, "eth0");
    EXPECT_EQ(result.config->static_addresses[1].track_group, "T");
    EXPECT_EQ(result.config->static_routes.at(0).track_group, "T");
    EXPECT_EQ(result.config->static_rules.at(0).track_group, "T");
    EXPECT_THAT(result.config->track_groups.at("T"), ElementsAre("V"));
    environment.interfaces.erase("eth0");
    load("static_ipaddress {\n 192.0.2.101\n}\n");
    EXPECT_TRUE(result.fatal);
    EXPECT_EQ(result.test_exit_code, 4);
}

TEST_F(LoadGlobal, ReadsTrackObjects) {
    load_instance(" track_script {\n s\n }\n", R"(vrrp_script s {
 script "/usr/bin/true"
 interval 2.5
 timeout 0
 weight -20 reverse
 rise 2
 fall 0
 init_fail
}
track_file f {
 file /tmp/f
 weight 2 reverse
 weight 3
 init_file 10 overwrite
}
vrrp_track_process p {
 process nginx master
 param_match initial
 weight 20
 quorum 2
 quorum_max 1
 quorum_max 5
 delay 0.5
}
track_file broken {
 file /missing/f
})");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("must be more than 0"), HasSubstr("fall 0 is outside"),
                                       HasSubstr("weight was given before"), HasSubstr("is less than quorum"),
                                       HasSubstr("directory of /missing/f does not exist"),
                                       HasSubstr("SECURITY VIOLATION")));
    const track::ScriptSettings& script = result.config->scripts.at(0);
    EXPECT_EQ(script.interval, Duration(2500ms));
    EXPECT_EQ(script.timeout, Duration(1s));
    EXPECT_EQ(script.weight, -20);
    EXPECT_TRUE(script.reverse && script.init_fail);
    EXPECT_EQ(script.rise, 2U);
    EXPECT_EQ(script.fall, 1U);
    ASSERT_EQ(result.config->track_files.size(), 1U);
    EXPECT_EQ(result.config->track_files[0].initial_value, 10);
    EXPECT_TRUE(result.config->track_files[0].overwrite && result.config->track_files[0].reverse);
    EXPECT_EQ(result.config->track_files[0].weight, 2);
    const track::ProcessSettings& process = result.config->track_processes.at(0);
    EXPECT_THAT(process.parameters, ElementsAre("master"));
    EXPECT_EQ(process.match, track::ParameterMatch::initial);
    EXPECT_EQ(process.quorum_max, 5U);
    EXPECT_EQ(process.fork_delay, Duration(500ms));
    EXPECT_EQ(process.terminate_delay, Duration(500ms));
}

TEST_F(LoadGlobal, ReadsBfdAndGarpGroups) {
    load(
        "bfd_instance b {\n neighbour_ip 192.0.2.80\n source_ip 192.0.2.10\n min_rx 50.5\n idle_tx 10\n "
        "multiplier 3\n ttl 10\n max_hops 20\n multihop\n weight -20 reverse\n checker\n}\nbfd_instance c "
        "{\n neighbor_ip x\n}\nbfd_instance d {\n}\nbfd_instance e {\n neighbor_ip 192.0.2.80\n source_ip "
        "192.0.2.10\n multihop\n}\ngarp_group {\n garp_interval 0.1\n interface eth1\n interfaces {\n eth2 "
        "eth1\n }\n}\ngarp_group {\n}\n");
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("10 is outside 1000"), HasSubstr("max_hops is more than ttl"),
                            HasSubstr("x is not an IP address"), HasSubstr("has no neighbor_ip"),
                            HasSubstr("same addresses"), HasSubstr("eth1 is in a garp_group before"),
                            HasSubstr("has no interval")));
    ASSERT_EQ(result.config->bfd_sessions.size(), 1U);
    const bfd::SessionSettings& session = result.config->bfd_sessions[0];
    EXPECT_EQ(session.min_rx, Duration(50500us));
    EXPECT_EQ(session.idle_tx, Duration(1s));
    EXPECT_EQ(session.max_hops, 10);
    EXPECT_TRUE(session.multihop && session.reverse && session.for_checker && !session.for_vrrp);
    EXPECT_EQ(session.weight, -20);
    ASSERT_EQ(result.config->garp_groups.size(), 1U);
    EXPECT_THAT(result.config->garp_groups[0].interfaces, ElementsAre("eth1", "eth2"));
    EXPECT_EQ(result.config->garp_groups[0].garp_interval, Duration(100ms));
}

TEST_F(LoadGlobal, ReadsTls) {
    load("SSL {\n ca /etc/ca\n certificate /etc/c\n certificate /etc/d\n key /etc/k\n password p\n}\n");
    expect_report(ReportClass::general, "certificate was given before; this one replaces it");
    EXPECT_EQ(result.config->tls, (TlsSettings{"p", "/etc/ca", "/etc/d", "/etc/k"}));
}

}  // namespace
}  // namespace holdfast::config

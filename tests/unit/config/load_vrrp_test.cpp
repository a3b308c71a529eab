// vrrp_instance, vrrp_sync_group, addresses, routes and rules: typed values and reports.
#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LoadInstance : public KeywordTest {};

TEST_F(LoadInstance, FillsTheEverydayKeywords) {
    load_instance(R"( state BACKUP
 priority 150
 advert_int 2
 nopreempt
 garp_master_delay 10
 garp_master_repeat 3
 authentication {
  auth_type PASS
  auth_pass secret
 }
 notify_master "/usr/bin/true a 'b c'" nobody
 virtual_ipaddress_excluded {
  2001:db8::9/64 dev eth1
 })");
    EXPECT_EQ(result.test_exit_code, 6);  // A script without enable_script_security.
    const vrrp::RouterSettings& router = instance().router;
    EXPECT_EQ(router.vrid.value, 51);
    EXPECT_EQ(router.priority.value, 150);
    EXPECT_EQ(router.version, vrrp::Version::v2);
    EXPECT_EQ(router.advert_interval, Duration(2s));
    EXPECT_FALSE(router.preempt);
    EXPECT_FALSE(router.wants_master);
    EXPECT_EQ(router.garp.master_delay, Duration(10s));
    EXPECT_EQ(router.garp.master_repeat, 3U);
    EXPECT_EQ(router.garp.lower_prio_repeat, 5U);
    EXPECT_EQ(router.auth_type, vrrp::AuthType::password);
    EXPECT_EQ(router.auth_data[5], 't');
    EXPECT_THAT(router.addresses, ElementsAre(ip("192.0.2.1")));
    EXPECT_EQ(instance().transport.interface, "eth0");
    EXPECT_EQ(instance().transport.multicast_group, ip("224.0.0.18"));
    ASSERT_TRUE(instance().notify.master);
    EXPECT_THAT(instance().notify.master->arguments, ElementsAre("/usr/bin/true", "a", "b c"));
    EXPECT_EQ(instance().notify.master->identity.uid, 65534U);
    EXPECT_EQ(instance().excluded_addresses.at(0).interface, "eth1");
    EXPECT_EQ(instance().position.line, 2U);
    EXPECT_TRUE(instance().accept);
    EXPECT_EQ(instance().notify.smtp_alert, false);
}

TEST_F(LoadInstance, DerivesStateFromPriorityAndTheOtherWayRound) {
    load_instance(" priority 255\n");
    expect_clean();
    EXPECT_TRUE(instance().router.wants_master);
    load_instance(" state MASTER\n");
    expect_clean();
    EXPECT_EQ(instance().router.priority, vrrp::kOwner);
    load_instance(" state MASTER\n priority 100\n");
    expect_clean();
    EXPECT_TRUE(instance().router.wants_master);
    load_instance(" state master\n");
    expect_report(ReportClass::general, "state master is not MASTER or BACKUP");
    EXPECT_EQ(result.diagnostics.all()[0].suggestion, "MASTER");
    load_instance(" state MASTER\n state BACKUP\n priority 10\n");
    expect_report(ReportClass::general, "BACKUP comes after MASTER");
    EXPECT_TRUE(instance().router.wants_master);
}

TEST_F(LoadInstance, UsesOneHundredForABadPriority) {
    load_instance(" priority 150\n priority 300\n");
    expect_report(ReportClass::number, "priority 300 is outside 1..255");
    EXPECT_EQ(instance().router.priority.value, 100);
}

TEST_F(LoadInstance, CutsLongPasswords) {
    load_instance(" authentication {\n auth_type PASS\n auth_pass 1234567890\n }\n");
    expect_report(ReportClass::general, "more than 8 characters");
    EXPECT_EQ(std::string(instance().router.auth_data.begin(), instance().router.auth_data.end()),
              "12345678");
}

TEST_F(LoadInstance, IgnoresAuthenticationThatCannotBe) {
    load_instance(" version 3\n authentication {\n auth_type PASS\n auth_pass x\n }\n");
    expect_report(ReportClass::general, "version 3 has none");
    EXPECT_EQ(instance().router.auth_type, vrrp::AuthType::none);
    load_instance(" authentication {\n auth_type PASS\n }\n");
    expect_report(ReportClass::general, "there is no auth_pass");
}

TEST_F(LoadInstance, RoundsIntervalsToWhatTheVersionCanSay) {
    load_instance(" advert_int 1.5\n");
    expect_report(ReportClass::general, "advert_int 1.5 must be a multiple of 1 in version 2; 2 is used");
    EXPECT_EQ(instance().router.advert_interval, Duration(2s));
    load_instance(" version 3\n advert_int 0.015\n");
    expect_report(ReportClass::general, "0.02 is used");
    EXPECT_EQ(instance().router.advert_interval, Duration(20ms));
    load_instance(" version 3\n advert_int 100\n");
    expect_report(ReportClass::general, "40.95 is used");
    load_instance(" version 3\n advert_int 0.01\n");
    expect_clean();
}

TEST_F(LoadInstance, ClearsWhatContradictsStateMaster) {
    load_instance(" state MASTER\n priority 100\n nopreempt\n preempt_delay 5\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("nopreempt does not work with state MASTER"),
                                       HasSubstr("preempt_delay does not go with state MASTER")));
    EXPECT_TRUE(instance().router.preempt);
    EXPECT_EQ(instance().router.preempt_delay, Duration(0));
    load_instance(" nopreempt\n preempt_delay 5\n");
    expect_report(ReportClass::general, "preempt_delay does not go with nopreempt");
    load_instance(" preempt_delay 5\n");
    expect_clean();
    EXPECT_EQ(instance().router.preempt_delay, Duration(5s));
}

TEST_F(LoadInstance, CorrectsWhatStrictModeForbids) {
    load_instance(
        " strict_mode\n accept\n priority 50\n down_timer_adverts 4\n higher_prio_send_advert\n "
        "garp_lower_prio_repeat 3\n owner_ignore_adverts\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("down_timer_adverts is 3"),
                                       HasSubstr("accept does not go with strict version 2"),
                                       HasSubstr("garp_lower_prio_repeat has a fixed value"),
                                       HasSubstr("higher_prio_send_advert has a fixed value"),
                                       HasSubstr("owner_ignore_adverts needs priority 255")));
    EXPECT_TRUE(instance().router.strict);
    EXPECT_EQ(instance().router.down_timer_adverts, 3);
    EXPECT_FALSE(instance().accept);
    EXPECT_TRUE(instance().router.lower_priority_no_advert);
    EXPECT_EQ(global().nftables.table, "keepalived");
}

TEST_F(LoadInstance, InheritsGlobalDefaults) {
    load_instance("",
                  "global_defs {\n vrrp_version 3\n vrrp_garp_master_refresh 60\n vrrp_skip_check_adv_addr\n "
                  "vrrp_lower_prio_no_advert\n vrrp_garp_lower_prio_repeat 7\n smtp_alert on\n "
                  "vrrp_mcast_group4 224.0.0.99\n}\n");
    expect_clean();
    EXPECT_EQ(instance().router.version, vrrp::Version::v3);
    EXPECT_EQ(instance().router.garp.master_refresh, Duration(60s));
    EXPECT_EQ(instance().router.garp.lower_prio_repeat, 7U);
    EXPECT_TRUE(instance().router.skip_check_advert_addresses);
    EXPECT_TRUE(instance().router.lower_priority_no_advert);
    EXPECT_EQ(instance().notify.smtp_alert, true);
    EXPECT_EQ(instance().transport.multicast_group, ip("224.0.0.99"));
}

TEST_F(LoadInstance, BecomesUnicastWithPeers) {
    load_instance(
        " unicast_src_ip 192.0.2.10\n unicast_peer {\n 192.0.2.20\n 192.0.2.21 min_ttl 250 max_ttl 255\n "
        "192.0.2.20\n 2001:db8::1\n }\n unicast_ttl 64\n");
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("192.0.2.20 was given before"), HasSubstr("not of the family")));
    EXPECT_TRUE(instance().transport.unicast);
    ASSERT_EQ(instance().transport.peers.size(), 2U);
    EXPECT_EQ(instance().transport.peers[1].min_ttl, 250);
    EXPECT_TRUE(instance().transport.check_unicast_source);
    EXPECT_EQ(instance().transport.ttl, 64);
    load_instance(" unicast_src_ip 192.0.2.10\n");
    expect_report(ReportClass::deprecated, "no unicast_peer; multicast is used");
    EXPECT_FALSE(instance().transport.unicast);
    load_instance(" unicast_fault_no_peer\n");
    expect_clean();
    EXPECT_THAT(instance().config_faults, ElementsAre("unicast without peers"));
}

TEST_F(LoadInstance, ReadsVmacs) {
    load_instance(" use_vmac vrrp51 02:00:00:00:00:51 netlink_notify_msg\n vmac_xmit_base\n");
    expect_clean();
    ASSERT_TRUE(instance().vmac);
    EXPECT_EQ(instance().vmac->name, "vrrp51");
    EXPECT_EQ(instance().vmac->mac, MacAddress::parse("02:00:00:00:00:51"));
    EXPECT_TRUE(instance().vmac->transmit_on_base);
    EXPECT_TRUE(instance().vmac->netlink_notify_msg);
    load_instance(" use_vmac 02:00:00:00:00:\n");
    expect_clean();
    EXPECT_EQ(instance().vmac->mac->bytes[5], 51);
    load_instance(" use_vmac 00:00:5e:00:01:33\n");
    expect_report(ReportClass::general, "an address of RFC 5798");
    load_instance(" use_vmac 01:00:00:00:00:51\n");
    expect_report(ReportClass::general, "is a multicast address");
    load_instance(" use_vmac eth1\n");
    expect_report(ReportClass::general, "not a private macvlan");
    load_instance(" vmac_xmit_base\n");
    expect_report(ReportClass::general, "vmac_xmit_base needs use_vmac");
    EXPECT_FALSE(instance().vmac);
    load_instance(" use_ipvlan ipv51 192.0.2.51/24 private\n");
    expect_clean();
    EXPECT_TRUE(instance().vmac->ipvlan);
    EXPECT_EQ(instance().vmac->ipvlan_flags, 1);
    EXPECT_EQ(instance().transport.source, ip("192.0.2.51"));
}

TEST_F(LoadInstance, ReadsHmacKeys) {
    environment.texts["/etc/ka/key"] =
        "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    load_instance(
        " version 3\n auth_hmac {\n key 1 0123456789abcdef0123456789abcdef\n key 7 file:/etc/ka/key\n key 1 "
        "0123456789abcdef0123456789abcdef\n key 9 short\n active_key 7\n mode permissive\n anti_replay "
        "monotonic\n time_window 9\n }\n");
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("key 1 was given before"), HasSubstr("key 9 must have 32..64 bytes")));
    ASSERT_TRUE(instance().router.hmac);
    EXPECT_EQ(instance().router.hmac->keys.size(), 2U);
    EXPECT_EQ(instance().router.hmac->keys[1].secret[31], 31);
    EXPECT_EQ(instance().router.hmac->active_key, 7);
    EXPECT_TRUE(instance().router.hmac->monotonic);
    EXPECT_EQ(instance().router.hmac->mode, vrrp::HmacMode::permissive);
    EXPECT_EQ(instance().router.hmac->time_window, 9s);
    load_instance(" auth_hmac {\n key 1 0123456789abcdef0123456789abcdef\n active_key 2\n }\n");
    expect_report(ReportClass::general, "active_key 2 is not one of its keys");
    environment.texts["/etc/ka/key"] = "0123456789abcdef0123456789abcdef";
    environment.add_program("/etc/ka/key", 0644);
    load_instance(" auth_hmac {\n key 1 file:/etc/ka/key\n active_key 1\n }\n");
    expect_report(ReportClass::security, "can be read by group or others");
    EXPECT_EQ(result.test_exit_code, 6);
}

TEST_F(LoadInstance, TracksObjectsThatAreDefinedAbove) {
    load_instance(
        " track_script {\n chk weight -20\n later\n chk\n }\n track_interface {\n eth1 weight 254\n eth0\n "
        "eth9x weight\n }\n track_file {\n tf weight 2 reverse\n }\n track_process {\n tp\n }\n track_bfd "
        "{\n b weight 10 noreverse\n }\n",
        "global_defs {\n enable_script_security\n dynamic_interfaces\n}\nvrrp_script chk {\n script "
        "/usr/bin/true\n user nobody\n}\ntrack_file tf {\n file /tmp/f\n}\nvrrp_track_process tp {\n process "
        "nginx\n}\nbfd_instance b {\n neighbor_ip 192.0.2.80\n}\n");
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("script later does not exist or is defined later"),
                            HasSubstr("chk is tracked twice"), HasSubstr("weight 254 is outside -253..253"),
                            HasSubstr("weight has no value"), HasSubstr("eth0 is its own interface")));
    const track::References& track = instance().track;
    ASSERT_EQ(track.scripts.size(), 1U);
    EXPECT_EQ(track.scripts[0].weight, -20);
    ASSERT_EQ(track.interfaces.size(), 1U);
    EXPECT_EQ(track.interfaces[0].weight, 253);
    EXPECT_EQ(track.files.at(0).reverse, true);
    EXPECT_FALSE(track.processes.at(0).weight);
    EXPECT_EQ(track.bfds.at(0).reverse, false);
    EXPECT_EQ(result.config->scripts.size(), 1U);
}

class LoadAddress : public KeywordTest {};

TEST_F(LoadAddress, ReadsEveryOption) {
    load_instance(
        " virtual_ipaddress {\n 192.0.2.10/24 brd + dev eth1 scope link label eth1:x no_track "
        "noprefixroute\n 192.0.2.11 peer 192.0.2.12\n 192.0.2.13/24 broadcast 192.0.2.255 home -nodad "
        "mngtmpaddr autojoin preferred_lft forever\n }\n");
    expect_clean();
    const auto& list = instance().addresses;
    ASSERT_EQ(list.size(), 4U);
    EXPECT_EQ(list[0].interface, "eth0");
    EXPECT_FALSE(list[0].explicit_interface);
    EXPECT_EQ(list[1].prefix, Prefix::parse("192.0.2.10/24"));
    EXPECT_TRUE(list[1].broadcast_all_ones);
    EXPECT_EQ(list[1].scope, 253);
    EXPECT_EQ(list[1].label, "eth1:x");
    EXPECT_TRUE(list[1].no_track && list[1].noprefixroute && list[1].explicit_interface);
    EXPECT_EQ(list[2].peer, Prefix::parse("192.0.2.12/32"));
    EXPECT_EQ(list[3].broadcast, ip("192.0.2.255"));
    EXPECT_TRUE(list[3].home && list[3].dad && list[3].mngtmpaddr && list[3].autojoin);
    EXPECT_EQ(list[3].preferred_lifetime, UINT32_MAX);
}

TEST_F(LoadAddress, DropsOrCorrectsMistakes) {
    load_instance(
        " virtual_ipaddress {\n 192.0.2.1/24\n host\n 192.0.2.2/40\n 192.0.2.3 colour red\n 192.0.2.4 dev\n "
        "192.0.2.5 label 1234567890123456\n 2001:db8::1\n 192.0.2.6/31 brd +\n }\n");
    EXPECT_THAT(
        reports(),
        ElementsAre(HasSubstr("192.0.2.1/24 was given before"), HasSubstr("host is not an IP address"),
                    HasSubstr("prefix length 40 is outside 0..32"), HasSubstr("colour is not an option"),
                    HasSubstr("red is not an option"), HasSubstr("dev has no value"),
                    HasSubstr("longer than 15"), HasSubstr("not of the family"),
                    HasSubstr("prefix too long for a broadcast")));
    EXPECT_EQ(instance().addresses.size(), 4U);
    EXPECT_EQ(instance().addresses[1].prefix.length, 32);
}

TEST_F(LoadAddress, MovesWhatDoesNotFitAnAdvert) {
    environment.interfaces["eth0"].mtu = 100;
    std::string lines = " virtual_ipaddress {\n";
    for (int i = 2; i < 40; ++i) lines += "192.0.2." + std::to_string(i) + "\n";
    load_instance(lines + "}\n");
    expect_report(ReportClass::general, "39 virtual addresses are more than the 12");
    EXPECT_EQ(instance().router.addresses.size(), 12U);
    EXPECT_EQ(instance().excluded_addresses.size(), 27U);
}

TEST_F(LoadAddress, MakesIpv6InstancesVersion3) {
    load(
        "vrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n fe80::1/64\n "
        "2001:db8::1\n }\n}\n");
    expect_clean();
    EXPECT_EQ(instance().router.family, Family::ipv6);
    EXPECT_EQ(instance().router.version, vrrp::Version::v3);
    EXPECT_EQ(instance().transport.multicast_group, ip("ff02::12"));
}

class LoadRoute : public KeywordTest {};

TEST_F(LoadRoute, ReadsDestinationsGatewaysAndMetrics) {
    load_instance(R"( virtual_routes {
  10.0.0.0/8 via 192.0.2.1 dev eth1 src 192.0.2.9 table 100 metric 5 mtu lock 1400 rtt 500ms features ecn no_track protocol static
  default via 192.0.2.1
  src 192.0.2.10 to 10.1.0.0/16 dev eth0 onlink append
  blackhole 10.2.0.0/16
  10.3.0.0/16 nexthop via 192.0.2.1 dev eth0 weight 1 nexthop via 192.0.2.2 weight 256 onlink
  2001:db8:1::/64 from 2001:db8:2::/64 dev eth0 expires 600 pref high
  inet6 default dev eth0
  10.4.0.0/16 encap ip id 10 dst 192.0.2.2 dev eth0
  10.5.0.0/16 dev eth0 realms 1/2 congctl lock cubic ttl-propagate enabled quickack 1 vrf vrf0
 })");
    expect_clean();
    const auto& routes = instance().routes;
    ASSERT_EQ(routes.size(), 9U);
    EXPECT_EQ(routes[0].destination, Prefix::parse("10.0.0.0/8"));
    EXPECT_EQ(routes[0].via, ip("192.0.2.1"));
    EXPECT_EQ(routes[0].table, 100U);
    EXPECT_EQ(routes[0].priority, 5U);
    EXPECT_EQ(routes[0].protocol, 4);
    ASSERT_EQ(routes[0].metrics.size(), 3U);
    EXPECT_EQ(routes[0].metrics[0], (netstate::RouteMetric{2, 1400, true}));
    EXPECT_EQ(routes[0].metrics[1], (netstate::RouteMetric{4, 4000, false}));
    EXPECT_EQ(routes[1].destination, Prefix::parse("0.0.0.0/0"));
    EXPECT_TRUE(routes[2].onlink && routes[2].append);
    EXPECT_EQ(routes[3].type, 6);
    ASSERT_EQ(routes[4].next_hops.size(), 2U);
    EXPECT_EQ(routes[4].next_hops[1].weight, 256U);
    EXPECT_EQ(routes[5].family, Family::ipv6);
    EXPECT_EQ(routes[5].preference, 1);
    EXPECT_EQ(routes[6].destination, Prefix::parse("::/0"));
    EXPECT_THAT(routes[7].encapsulation, ElementsAre("ip", "id", "10", "dst", "192.0.2.2"));
    EXPECT_EQ(routes[8].realms, 0x10002U);
    EXPECT_EQ(routes[8].table, 1000U);
    EXPECT_EQ(routes[8].congestion_control, "cubic");
}

TEST_F(LoadRoute, DropsRoutesWithMistakes) {
    load_instance(
        " virtual_routes {\n nonsense\n 10.0.0.0/8 via 2001:db8::1\n 10.0.0.0/8 table x\n via 192.0.2.1\n "
        "10.0.0.0/8 gw 192.0.2.1\n 10.0.0.0/8 nexthop weight 0\n 10.0.0.0/8 via 192.0.2.1 or 192.0.2.2\n "
        "}\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("nonsense is not a word"), HasSubstr("not of the family"),
                                       HasSubstr("x is not a routing table"), HasSubstr("no destination"),
                                       HasSubstr("gw is the old name"), HasSubstr("0 is not a weight"),
                                       HasSubstr("or is the old form")));
    ASSERT_EQ(instance().routes.size(), 2U);
    EXPECT_EQ(instance().routes[1].next_hops.size(), 2U);
}

class LoadRule : public KeywordTest {};

TEST_F(LoadRule, ReadsSelectorsAndActions) {
    load_instance(R"( virtual_rules {
  not from 10.0.0.0/8 to 10.1.0.0/16 fwmark 0x10/0xff iif eth1 oif eth2 tos 0x10 table 100 priority 0x400
  from all uidrange 1000-1999 sport 10-20 dport 20-30 ipproto udp lookup main preference 5 suppress_prefixlength 0
  l3mdev from 10.0.0.0/8 priority 6
  from 10.0.0.0/8 goto 2000 priority 7
  from 10.0.0.0/8 type prohibit priority 8 no_track protocol 12
  iif eth1 tunnel-id 5 nop priority 9 inet6
 })");
    expect_clean();
    const auto& rules = instance().rules;
    ASSERT_EQ(rules.size(), 6U);
    EXPECT_TRUE(rules[0].invert);
    EXPECT_EQ(rules[0].mark, 0x10U);
    EXPECT_EQ(rules[0].mask, 0xffU);
    EXPECT_EQ(rules[0].priority, 1024U);
    EXPECT_EQ(rules[0].table, 100U);
    EXPECT_EQ(rules[1].uid_range, (std::pair<uint32_t, uint32_t>{1000, 1999}));
    EXPECT_EQ(rules[1].ip_protocol, 17);
    EXPECT_EQ(rules[1].suppress_prefix_length, 0);
    EXPECT_TRUE(rules[2].l3mdev);
    EXPECT_EQ(rules[3].goto_priority, 2000U);
    EXPECT_EQ(rules[4].action, 8);
    EXPECT_EQ(rules[4].protocol, 12);
    EXPECT_EQ(rules[5].family, Family::ipv6);
}

TEST_F(LoadRule, IsMarkedAsOursUnlessItIsNotFollowed) {
    load_instance(
        " virtual_rules {\n from 10.0.0.0/8 table 100 priority 1\n from 10.1.0.0/16 table 100 priority 2 "
        "no_track\n from 10.2.0.0/16 table 100 priority 3 no_track protocol 18\n }\n");
    expect_clean();
    EXPECT_EQ(instance().rules[0].protocol, 18);
    EXPECT_EQ(instance().rules[1].protocol, 0);
    EXPECT_EQ(instance().rules[2].protocol, 18);
}

TEST_F(LoadRule, InventsAPriorityAndSaysSo) {
    load_instance(" virtual_rules {\n from 10.0.0.0/8 table 100\n from 10.1.0.0/16 table 100\n }\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("16384 is used"), HasSubstr("16383 is used")));
    EXPECT_EQ(instance().rules[1].priority, 16383U);
}

TEST_F(LoadRule, DropsRulesWithMistakes) {
    load_instance(
        " virtual_rules {\n from 10.0.0.0/8 priority 1\n from 10.0.0.0/8 table 0 priority 1\n from x table 1 "
        "priority 1\n goto 5 priority 9\n goto 5\n from 10.0.0.0/8 table 1 nop priority 1\n tabel 100 "
        "priority 1\n }\n");
    EXPECT_EQ(reports().size(), 7U);
    EXPECT_TRUE(instance().rules.empty());
    EXPECT_EQ(result.diagnostics.all().back().suggestion, "table");
}

class LoadSyncGroup : public KeywordTest {
  protected:
    void load_group(const std::string& lines, const std::string& instance_lines = "") {
        std::string text =
            "global_defs {\n enable_script_security\n}\nvrrp_script chk {\n script /usr/bin/true\n weight "
            "5\n}\n";
        for (const char* name : {"A", "B"})
            text += std::string("vrrp_instance ") + name + " {\n interface eth0\n virtual_router_id " +
                    (*name == 'A' ? "1" : "2") + "\n virtual_ipaddress {\n 192.0.2.1\n }\n" + instance_lines +
                    "}\n";
        load(text + "vrrp_sync_group G {\n" + lines + "}\n");
    }
};

TEST_F(LoadSyncGroup, LinksMembersAndReportsStrangers) {
    load_group(" group {\n A B\n C\n A\n }\n smtp_alert\n notify_priority_changes\n");
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("there is no vrrp_instance C"), HasSubstr("A is in a group already")));
    const SyncGroup& group = result.config->sync_groups.at(0);
    EXPECT_THAT(group.group.members, ElementsAre("A", "B"));
    EXPECT_EQ(group.notify.smtp_alert, true);
    EXPECT_EQ(instance().notify.priority_changes, true);
}

TEST_F(LoadSyncGroup, LeavesOutGroupsWithoutMembers) {
    load_group(" group {\n }\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("empty list"), HasSubstr("has no members")));
    EXPECT_TRUE(result.config->sync_groups.empty());
    load_group(" group {\n A\n }\n");
    expect_report(ReportClass::general, "only one member");
}

TEST_F(LoadSyncGroup, TakesWeightsOffUnlessTheyAreWanted) {
    load_group(" group {\n A\n B\n }\n", " track_script {\n chk\n }\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("track_script chk has a weight"),
                                       HasSubstr("track_script chk has a weight")));
    EXPECT_TRUE(instance().track.scripts.empty());
    load_group(" group {\n A\n B\n }\n sync_group_tracking_weight\n", " track_script {\n chk\n }\n");
    expect_clean();
    EXPECT_EQ(instance().track.scripts.size(), 1U);
}

}  // namespace
}  // namespace holdfast::config

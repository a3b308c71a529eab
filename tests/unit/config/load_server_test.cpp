// virtual_server, real_server, groups and all checkers: typed values, inheritance, corrections and reports.
#include <chrono>

#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSecure = "global_defs {\n enable_script_security\n}\n";

class LoadServer : public KeywordTest {
  protected:
    template <class Probe>
    const Probe& probe(size_t index = 0) {
        return std::get<Probe>(real_server().checkers.at(index).probe);
    }
    void load_checker(const std::string& lines, const std::string& before = kSecure) {
        load_server(" real_server 192.0.2.50 8080 {\n" + lines + "\n }\n", before);
    }
};

TEST_F(LoadServer, FillsTheEverydayKeywords) {
    load(std::string(kSecure) + R"(virtual_server 10.0.0.1 80 {
 delay_loop 6
 lvs_sched wrr
 lvs_method DR
 persistence_timeout 50
 persistence_granularity 255.255.255.0
 protocol tcp
 virtualhost www.example.org
 quorum 2
 hysteresis 1
 quorum_up "/usr/bin/true up" nobody
 ops
 flag-1
 alpha
 omega
 ha_suspend
 sorry_server 192.0.2.90 80
 sorry_server_inhibit
 real_server 192.0.2.50 80 {
  weight 3
  inhibit_on_failure
  uthreshold 100
  lthreshold 50
  notify_down /usr/bin/true
  snmp_name rs1
 }
 real_server 192.0.2.51 {
 }
})");
    expect_report(ReportClass::general, "ops works only with UDP");
    EXPECT_EQ(server().attributes.scheduler, "wrr");
    EXPECT_EQ(server().attributes.persistence_timeout, 50U);
    EXPECT_EQ(server().attributes.persistence_netmask, 0xffffff00U);
    EXPECT_TRUE(server().attributes.flags.sched1);
    EXPECT_EQ(server().key.protocol, ipvs::Protocol::tcp);
    EXPECT_EQ(server().key.endpoint, (Endpoint{ip("10.0.0.1"), 80}));
    EXPECT_EQ(server().quorum, 2U);
    EXPECT_EQ(server().quorum_up->identity.uid, 65534U);
    EXPECT_TRUE(server().alpha && server().omega && server().ha_suspend);
    EXPECT_EQ(server().sorry_server->forwarding.method, ipvs::ForwardingMethod::direct_route);
    EXPECT_TRUE(server().sorry_server->inhibit);
    EXPECT_EQ(server().smtp_alert, false);
    EXPECT_EQ(real_server().weight, 3);
    EXPECT_EQ(real_server().upper_threshold, 100U);
    EXPECT_TRUE(real_server().inhibit_on_failure && real_server().alpha);
    EXPECT_EQ(real_server().smtp_alert, true);
    EXPECT_EQ(real_server().forwarding.method, ipvs::ForwardingMethod::direct_route);
    EXPECT_EQ(server().real_servers[1].endpoint.port, 80);
    EXPECT_EQ(server().real_servers[1].weight, 1);
}

TEST_F(LoadServer, ReportsAndFillsWhatIsMissing) {
    load("virtual_server 10.0.0.1 80 {\n real_server 192.0.2.50 80 {\n }\n}\n");
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("no protocol; UDP is used"), HasSubstr("no lb_algo; wlc is used"),
                            HasSubstr("no lb_kind; NAT is used")));
    EXPECT_EQ(server().key.protocol, ipvs::Protocol::udp);
    EXPECT_EQ(server().attributes.scheduler, "wlc");
    load(
        "virtual_server 10.0.0.1 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n real_server 192.0.2.50 {\n "
        "}\n}\n");
    expect_report(ReportClass::general, "all ports are meant and the service must be persistent");
    EXPECT_EQ(server().attributes.persistence_timeout, 360U);
    load("virtual_server 10.0.0.1 80 {\n lb_algo rr\n}\n");
    expect_report(ReportClass::warning, "has no real_server and is left out");
    EXPECT_TRUE(result.config->virtual_servers.empty());
}

TEST_F(LoadServer, AServerOfAGroupThatDoesNotExistIsLeftOut) {
    load("virtual_server group NOBODY {\n lb_algo rr\n real_server 192.0.2.1 80 {\n }\n}\n");
    EXPECT_THAT(result.config->virtual_servers, IsEmpty());
    EXPECT_THAT(result.left_out, ElementsAre(HasSubstr("there is no such virtual_server_group")));
    EXPECT_EQ(result.test_exit_code, 0);
}

TEST_F(LoadServer, CorrectsPortsThatCannotBeChanged) {
    load(
        "virtual_server 10.0.0.1 80 {\n lb_algo rr\n lb_kind DR\n protocol TCP\n real_server 192.0.2.50 8080 "
        "{\n }\n real_server 192.0.2.51 8080 {\n  lvs_method NAT\n }\n}\n");
    expect_report(ReportClass::general, "DR and TUN cannot change the port; 80 is used");
    EXPECT_EQ(real_server().endpoint.port, 80);
    EXPECT_EQ(server().real_servers[1].endpoint.port, 8080);
}

TEST_F(LoadServer, DropsRepeatedAndForeignRealServers) {
    load_server(
        " real_server 192.0.2.50 80 {\n }\n real_server 192.0.2.50 80 {\n }\n real_server 2001:db8::1 80 {\n "
        "}\n real_server host 80 {\n  nonsense\n }\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("another family"), HasSubstr("host 80 is not an address"),
                                       HasSubstr("given twice")));
    EXPECT_EQ(server().real_servers.size(), 1U);
    load_server(" real_server 2001:db8::1 80 {\n  lvs_method TUN\n }\n");
    expect_clean();
}

TEST_F(LoadServer, ReducesQuorumAndHysteresis) {
    load_server(" quorum 5\n hysteresis 9\n real_server 192.0.2.50 80 {\n  weight 3\n }\n");
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("quorum 5 is more than"), HasSubstr("hysteresis 9 is not less")));
    EXPECT_EQ(server().quorum, 3U);
    EXPECT_EQ(server().hysteresis, 2U);
    load_server(" quorum 0\n real_server 192.0.2.50 80 {\n weight 0\n }\n");
    EXPECT_EQ(server().quorum, 0U);
    EXPECT_EQ(server().hysteresis, 0U);
}

TEST_F(LoadServer, ReadsMarksAndFamilies) {
    load(
        "virtual_server fwmark 3 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n real_server 2001:db8::1 {\n "
        "}\n}\n");
    expect_report(ReportClass::general, "protocol has no meaning for marks");
    EXPECT_EQ(server().key.firewall_mark, 3U);
    EXPECT_EQ(server().key.family, Family::ipv6);
    load(
        "virtual_server fwmark 3 {\n lb_algo rr\n lb_kind TUN\n ip_family inet6\n real_server 192.0.2.1 80 "
        "{\n }\n}\n");
    expect_report(ReportClass::general, "a service by mark has no port");
    EXPECT_EQ(server().key.family, Family::ipv6);
    EXPECT_EQ(real_server().endpoint.port, 0);
}

TEST_F(LoadServer, ReadsForwardingWithTunnels) {
    load_server(" lvs_method TUN type gue port 6080 csum\n real_server 192.0.2.50 80 {\n }\n");
    expect_clean();
    EXPECT_EQ(real_server().forwarding,
              (ipvs::Forwarding{ipvs::ForwardingMethod::tunnel, ipvs::TunnelType::gue, 6080,
                                ipvs::TunnelChecksum::checksum}));
    for (const char* wrong : {"nat", "TUN type gue", "TUN port 6080", "TUN csum", "TUN type gre remcsum",
                              "TUN type ipx", "DR fast"}) {
        load_server(std::string(" lvs_method ") + wrong + "\n real_server 192.0.2.50 80 {\n }\n");
        EXPECT_EQ(reports().size(), 1U) << wrong;
    }
}

TEST_F(LoadServer, FlagsOfAHashingSchedulerComeAfterIt) {
    load_server(" lb_algo sh\n sh-port\n sh-fallback\n mh-port\n real_server 192.0.2.50 80 {\n }\n");
    expect_clean();
    EXPECT_TRUE(server().attributes.flags.sched1 && server().attributes.flags.sched2);
    load_server(" sh-port\n real_server 192.0.2.50 80 {\n }\n");
    expect_report(ReportClass::general, "must come first");
    load_server(" lb_algo wlcc\n real_server 192.0.2.50 80 {\n }\n");
    EXPECT_EQ(result.diagnostics.all()[0].suggestion, "wlc");
    EXPECT_EQ(server().attributes.scheduler, "rr");
}

TEST_F(LoadServer, ReadsGroups) {
    load(R"(virtual_server_group G {
 10.1.0.1 80
 10.1.0.2-5 80
 10.1.0.250-10.1.1.10 80
 10.1.2.0/28 443
 2001:db8::10-1f 80
 fwmark 7 inet
}
virtual_server_group Empty {
}
virtual_server group G {
 lb_algo rr
 lb_kind TUN
 protocol TCP
 real_server 192.0.2.50 {
 }
}
virtual_server group Missing {
 lb_algo rr
 lb_kind NAT
 protocol TCP
 real_server 192.0.2.50 {
 }
})");
    expect_report(ReportClass::general, "virtual_server_group Empty is empty");
    const auto& entries = result.config->virtual_server_groups.at(0).entries;
    ASSERT_EQ(entries.size(), 6U);
    EXPECT_EQ(entries[1].count, 4U);
    EXPECT_EQ(entries[2].count, 17U);
    EXPECT_EQ(entries[3].count, 16U);
    EXPECT_EQ(entries[4].count, 16U);
    EXPECT_EQ(entries[5].firewall_mark, 7U);
    EXPECT_EQ(result.config->virtual_servers.size(), 1U);
    EXPECT_EQ(server().group, "G");
    EXPECT_THAT(remarks(), testing::Contains(HasSubstr("group Missing is left out")));
    for (const char* wrong : {"10.1.0.5-5", "10.1.0.9-5", "10.1.0.1/28", "10.1.0.0/33", "10.1.0.1-300",
                              "10.1.0.9-10.1.0.1", "host", "10.1.0.1 70000", "fwmark x"}) {
        load(std::string("virtual_server_group G {\n 10.9.9.9 80\n ") + wrong + "\n}\n");
        EXPECT_FALSE(reports().empty()) << wrong;
        EXPECT_EQ(result.config->virtual_server_groups.at(0).entries.size(), 1U) << wrong;
    }
}

TEST_F(LoadServer, SettlesTheScheduleFromThreeLevels) {
    load_server(
        " delay_loop 10\n retry 4\n real_server 192.0.2.50 80 {\n  delay_before_retry 7\n  TCP_CHECK {\n  "
        "}\n  TCP_CHECK {\n   delay_loop 3\n   retry 0\n   warmup 1\n   delay_before_retry 2\n   alpha\n   "
        "log_all_failures\n  }\n }\n");
    expect_clean();
    const check::Schedule& inherited = real_server().checkers.at(0).schedule;
    EXPECT_EQ(inherited.delay_loop, Duration(10s));
    EXPECT_EQ(inherited.warmup, Duration(10s));
    EXPECT_EQ(inherited.retry, 4U);
    EXPECT_EQ(inherited.delay_before_retry, Duration(7s));
    const check::Schedule& own = real_server().checkers.at(1).schedule;
    EXPECT_EQ(own.delay_loop, Duration(3s));
    EXPECT_EQ(own.retry, 0U);
    EXPECT_EQ(own.warmup, Duration(1s));
    EXPECT_EQ(own.delay_before_retry, Duration(2s));
    EXPECT_TRUE(own.alpha && own.log_all_failures);
}

TEST_F(LoadServer, HasDefaultsPerKindOfChecker) {
    load_checker(
        "MISC_CHECK {\n misc_path /usr/bin/true\n }\n HTTP_GET {\n url {\n path /\n }\n }\n DNS_CHECK {\n "
        "}\n PING_CHECK {\n }\n");
    expect_clean();
    const auto schedule = [&](size_t index) -> const check::Schedule& {
        return real_server().checkers.at(index).schedule;
    };
    EXPECT_EQ(schedule(0).retry, 0U);
    EXPECT_EQ(schedule(1).retry, 1U);
    EXPECT_EQ(schedule(1).delay_before_retry, Duration(3s));
    EXPECT_EQ(schedule(2).retry, 3U);
    EXPECT_EQ(schedule(2).delay_before_retry, Duration(60s));
    EXPECT_EQ(schedule(3).delay_before_retry, Duration(1s));
    EXPECT_EQ(schedule(3).delay_loop, Duration(60s));
    EXPECT_EQ(probe<check::MiscCheck>(0).timeout, Duration(60s));
}

TEST_F(LoadServer, ReadsConnections) {
    load_checker(
        "TCP_CHECK {\n connect_ip 192.0.2.60\n connect_port 81\n bindto 192.0.2.10\n bind_port 4000\n "
        "bind_if eth0\n connect_timeout 2.5\n fwmark 5\n }\n TCP_CHECK {\n }\n TCP_CHECK {\n bindto "
        "2001:db8::1\n }\n TCP_CHECK {\n connect_ip fe80::1\n }\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("not of the family"), HasSubstr("needs bind_if")));
    const check::ConnectSettings& first = probe<check::TcpCheck>(0).connect;
    EXPECT_EQ(first.destination, (Endpoint{ip("192.0.2.60"), 81}));
    EXPECT_EQ(first.bind, (Endpoint{ip("192.0.2.10"), 4000}));
    EXPECT_TRUE(first.has_bind);
    EXPECT_EQ(first.bind_interface, "eth0");
    EXPECT_EQ(first.timeout, Duration(2500ms));
    EXPECT_EQ(first.firewall_mark, 5U);
    const check::ConnectSettings& second = probe<check::TcpCheck>(1).connect;
    EXPECT_EQ(second.destination, (Endpoint{ip("192.0.2.50"), 8080}));
    EXPECT_FALSE(second.has_bind);
    EXPECT_EQ(second.timeout, Duration(5s));
    EXPECT_EQ(real_server().checkers.size(), 3U);
}

TEST_F(LoadServer, ReadsHttpAndTls) {
    load_checker(R"(SSL_GET {
 virtualhost a.example.org
 http_protocol 1.1
 sni_name b.example.org
 fast_recovery
 tls_compliant
 url {
  path /health
  digest 640205b7b0fc66c1ea91c463fac6334d
  status_code 200-299 302 999
  regex "^ok\s[0-9]+ \"x\""
  regex_options caseless multiline
  regex_min_offset 2
  regex_max_offset 20
  regex_stack 4096 65536
  regex_no_match
 }
 url {
 }
})");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("999 is not a status code"), HasSubstr("url has no path")));
    const auto& http = probe<check::HttpCheck>();
    EXPECT_TRUE(http.tls && http.enable_sni && http.fast_recovery && http.tls_compliant);
    EXPECT_EQ(http.virtualhost, "a.example.org");
    EXPECT_EQ(http.sni_name, "b.example.org");
    EXPECT_EQ(http.protocol, check::HttpProtocol::http_1_1);
    ASSERT_EQ(http.urls.size(), 1U);
    const check::UrlSettings& url = http.urls[0];
    EXPECT_EQ(url.digest->at(0), 0x64);
    EXPECT_TRUE(url.status_codes[100] && url.status_codes[199] && url.status_codes[202] &&
                !url.status_codes[201]);
    EXPECT_EQ(url.regex, "^oks[0-9]+ \"x\"");
    EXPECT_EQ(url.regex_options, 0x408U);
    EXPECT_EQ(url.regex_max_offset, 20U);
    EXPECT_EQ(url.regex_stack_max, 65536U);
    EXPECT_TRUE(url.regex_no_match);
    load_checker(
        "HTTP_GET {\n nb_get_retry 4\n tls_compliant\n url {\n path /\n tls_compliant\n }\n }\n HTTP_GET {\n "
        "}\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("nb_get_retry is the old name"),
                                       HasSubstr("unknown keyword tls_compliant"),
                                       HasSubstr("unknown keyword tls_compliant"), HasSubstr("has no url")));
    EXPECT_EQ(real_server().checkers.at(0).schedule.retry, 4U);
}

TEST_F(LoadServer, InheritsTheVirtualHost) {
    load_server(
        " virtualhost vs\n real_server 192.0.2.50 80 {\n HTTP_GET {\n url {\n path /\n }\n }\n }\n "
        "real_server 192.0.2.51 80 {\n virtualhost rs\n HTTP_GET {\n url {\n path /\n }\n }\n }\n");
    expect_clean();
    EXPECT_EQ(probe<check::HttpCheck>().servers_virtualhost.text, "vs");
    EXPECT_TRUE(probe<check::HttpCheck>().virtualhost.empty());
    EXPECT_EQ(std::get<check::HttpCheck>(server().real_servers[1].checkers[0].probe).servers_virtualhost.text,
              "rs");
}

TEST_F(LoadServer, ReadsTheOtherCheckers) {
    load_checker(R"(MISC_CHECK {
 misc_path "/usr/bin/true 'a b'"
 misc_timeout 5
 misc_dynamic
 user nobody
}
SMTP_CHECK {
 helo_name probe
 host {
  connect_ip 192.0.2.52
  retry 9
 }
 host {
  connect_port 2525
 }
}
DNS_CHECK {
 type aaaa
 name www.example.org
}
UDP_CHECK {
 payload 01 02 0a ff
 require_reply 01 xx
 min_reply_length 3
 max_reply_length 512
}
FILE_CHECK {
 track_file tf
 weight 1 reverse
}
BFD_CHECK {
 name b
 alpha
})",
                 std::string(kSecure) +
                     "track_file tf {\n file /tmp/f\n}\nbfd_instance b {\n neighbor_ip 192.0.2.80\n}\n");
    expect_clean();
    ASSERT_EQ(real_server().checkers.size(), 7U);
    EXPECT_THAT(probe<check::MiscCheck>(0).command.arguments, ElementsAre("/usr/bin/true", "a b"));
    EXPECT_EQ(probe<check::MiscCheck>(0).timeout, Duration(5s));
    EXPECT_EQ(probe<check::MiscCheck>(0).command.identity.uid, 65534U);
    EXPECT_EQ(probe<check::SmtpCheck>(1).helo_name, "probe");
    EXPECT_EQ(probe<check::SmtpCheck>(1).hosts.at(0).destination, (Endpoint{ip("192.0.2.52"), 8080}));
    EXPECT_EQ(probe<check::SmtpCheck>(2).hosts.at(0).destination, (Endpoint{ip("192.0.2.50"), 2525}));
    EXPECT_EQ(real_server().checkers[2].schedule.retry, 9U);
    EXPECT_EQ(probe<check::DnsCheck>(3).type, 28);
    EXPECT_EQ(probe<check::UdpCheck>(4).payload, (std::vector<uint8_t>{1, 2, 10, 255}));
    EXPECT_EQ(probe<check::UdpCheck>(4).reply_mask, (std::vector<uint8_t>{255, 0}));
    EXPECT_EQ(probe<check::FileCheck>(5).weight, 1);
    EXPECT_TRUE(probe<check::FileCheck>(5).reverse);
    EXPECT_EQ(probe<check::BfdCheck>(6).session, "b");
    EXPECT_TRUE(real_server().checkers[6].schedule.alpha);
}

TEST_F(LoadServer, LeavesOutCheckersThatCannotWork) {
    load_checker(
        "MISC_CHECK {\n }\n MISC_CHECK {\n misc_path /usr/bin/true\n user mallory\n }\n FILE_CHECK {\n "
        "track_file none\n }\n BFD_CHECK {\n name none\n }\n DNS_CHECK {\n type XX\n name a..b\n }\n");
    EXPECT_EQ(reports().size(), 7U);
    EXPECT_EQ(real_server().checkers.size(), 1U);
    load_checker("MISC_CHECK {\n misc_path /usr/bin/true\n }\n", "");
    EXPECT_EQ(result.test_exit_code, 6);
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("SECURITY VIOLATION - check scripts")));
}

// 300 000 lines must not take more than a few seconds even in a debug build: nothing may be quadratic.
TEST_F(LoadServer, TakesSixteenThousandRealServers) {
    std::string lines;
    for (int i = 0; i < 16000; ++i)
        lines += " real_server 10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) +
                 " 80 {\n  TCP_CHECK {\n  }\n }\n";
    const auto start = std::chrono::steady_clock::now();
    load_server(lines);
    expect_clean();
    EXPECT_EQ(server().real_servers.size(), 16000U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
}

}  // namespace
}  // namespace holdfast::config

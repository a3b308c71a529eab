// A dump is a configuration that says the same.
#include "holdfast/config/dump.hpp"

#include "holdfast/config/diff.hpp"
#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

using testing::HasSubstr;
using testing::Not;

class DumpTest : public KeywordTest {
  protected:
    /// Loads, dumps, loads the dump: nothing may differ.
    std::string round_trip(const std::string& text) {
        load(text);
        EXPECT_TRUE(result.config.has_value()) << render(result.diagnostics);
        if (!result.config) return {};
        const Config first = *result.config;
        std::string printed = dump(first);
        load(printed);
        EXPECT_TRUE(result.config.has_value()) << render(result.diagnostics) << printed;
        if (!result.config) return printed;
        const Plan plan = diff(first, *result.config);
        EXPECT_TRUE(plan.empty()) << render(result.diagnostics) << printed;
        EXPECT_FALSE(plan.globals_changed);
        EXPECT_TRUE(plan.instances.empty());
        EXPECT_TRUE(plan.virtual_servers.empty());
        EXPECT_TRUE(plan.virtual_server_groups.empty());
        EXPECT_EQ(dump(*result.config), printed);
        return printed;
    }
};

TEST_F(DumpTest, OfNothingIsEmpty) {
    EXPECT_EQ(round_trip(""), "");
}

TEST_F(DumpTest, RepeatsALargeConfiguration) {
    const std::string text = round_trip(R"(
global_defs {
    router_id "a name with blanks"
    notification_email {
        "A. Person <person@example.org>"
    }
    smtp_server 192.0.2.25 587
    script_user nobody
    enable_script_security
    vrrp_garp_master_delay 2.5
    vrrp_version 3
    lvs_sync_daemon eth1 VI_1 id 9
}
track_group TG {
    group {
        VI_1
    }
}
vrrp_script chk {
    script "/usr/bin/killall -0 'my app'"
    interval 2
    weight -20
    fall 3
}
track_file tf {
    file /tmp/f
    weight 4
}
vrrp_sync_group G {
    group {
        VI_1 VI_2
    }
    notify_master "/usr/bin/true up"
}
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    track_interface {
        eth1 weight 5
        eth2
    }
    track_script {
        chk
    }
    track_file {
        tf weight 7
    }
    virtual_router_id 51
    priority 200
    advert_int 0.25
    virtual_ipaddress {
        192.0.2.10/24 dev eth0 label eth0:vip
        192.0.2.11 brd - scope link
    }
    virtual_routes {
        10.0.0.0/8 via 192.0.2.254 dev eth0 metric 5
        blackhole 172.16.0.0/12
        10.9.0.0/16 nexthop via 192.0.2.3 weight 2 nexthop via 192.0.2.4
    }
    virtual_rules {
        from 10.0.0.0/8 to 192.168.0.0/16 table 100 priority 500 no_track
    }
    unicast_src_ip 192.0.2.2
    unicast_peer {
        192.0.2.3
        192.0.2.4 min_ttl 1 max_ttl 5
    }
    notify "/usr/bin/true 'with a blank' and \"quote"
}
vrrp_instance VI_2 {
    interface eth1
    use_vmac
    native_ipv6
    virtual_router_id 52
    virtual_ipaddress {
        fe80::52
        2001:db8::52/64
    }
}
SSL {
    key /etc/ka/key
}
virtual_server_group VG {
    10.0.0.1-5 80
    fwmark 7
}
virtual_server group VG {
    delay_loop 3
    lvs_sched sh
    sh-port
    lvs_method TUN
    protocol TCP
    persistence_timeout 300
    quorum 2
    quorum_up "/usr/bin/true yes"
    sorry_server 192.0.2.90 80
    real_server 192.0.2.91 80 {
        weight 3
        HTTP_GET {
            url {
                path /
                digest 9b3a0c85a887a256d6939da88aabd8cd
                status_code 200 301-302
            }
            connect_timeout 2
        }
    }
    real_server 192.0.2.92 80 {
        MISC_CHECK {
            misc_path "/usr/bin/true a"
            misc_dynamic
        }
        SMTP_CHECK {
            host {
                connect_ip 192.0.2.92
            }
        }
    }
}
virtual_server 2001:db8::1 53 {
    lb_kind NAT
    lb_algo rr
    protocol UDP
    real_server 2001:db8::9 53 {
        DNS_CHECK {
            type A
            name example.org
        }
        UDP_CHECK {
            payload 0a0b
        }
    }
}
)");
    EXPECT_THAT(text, HasSubstr("virtual_router_id 51"));
    EXPECT_THAT(text, HasSubstr("lvs_sync_daemon eth1"));
}

TEST_F(DumpTest, ShowsTheUsersOfScripts) {
    round_trip("global_defs {\n set_supplementary_groups\n script_user nobody\n}\n");
    round_trip("global_defs {\n script_user nobody :daemon\n set_supplementary_groups off\n}\n");
}

TEST_F(DumpTest, ShowsInheritedDefaults) {
    EXPECT_THAT(round_trip("global_defs {\n vrrp_garp_master_repeat 9\n}\nvrrp_instance A {\n interface "
                           "eth0\n virtual_router_id 1\n"
                           " virtual_ipaddress {\n  192.0.2.1\n }\n}\n"),
                HasSubstr("    garp_master_repeat 9\n"));
}

TEST_F(DumpTest, LeavesOutWhatWasDropped) {
    EXPECT_THAT(round_trip("virtual_server 10.0.0.1 80 {\n lb_algo rr\n}\n"), Not(HasSubstr("10.0.0.1")));
}

}  // namespace
}  // namespace holdfast::config

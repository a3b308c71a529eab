// What makes a configuration unusable, what is only reported, and the exit codes that follow.
#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Validate : public KeywordTest {
  protected:
    void expect_fatal(const std::string& words, int test_exit = 5) {
        EXPECT_THAT(reports(), Contains(HasSubstr(words)));
        EXPECT_TRUE(result.fatal);
        EXPECT_EQ(result.fatal_exit_code, 2);
        EXPECT_EQ(result.test_exit_code, test_exit);
        EXPECT_FALSE(result.config);
    }
};

TEST_F(Validate, NothingIsWrongWithAnEmptyFile) {
    load("");
    expect_clean();
    EXPECT_FALSE(result.fatal);
}

TEST_F(Validate, AnInstanceNeedsAVrid) {
    load("vrrp_instance V {\n interface eth0\n virtual_ipaddress {\n 192.0.2.1\n }\n}\n");
    expect_fatal("has no virtual_router_id");
    load(
        "vrrp_instance V {\n interface eth0\n virtual_router_id 256\n virtual_ipaddress {\n 192.0.2.1\n "
        "}\n}\n");
    expect_fatal("virtual_router_id 256 is outside");
}

TEST_F(Validate, AnInstanceNeedsAnInterfaceThatExists) {
    load("vrrp_instance V {\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.1\n }\n}\n");
    expect_fatal("no interface that can be used");
    load("vrrp_instance V {\n interface lo\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.1\n }\n}\n");
    expect_fatal("loopback");
    load(
        "vrrp_instance V {\n interface eth7\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.1\n "
        "}\n}\n");
    expect_fatal("eth7 does not exist");
    EXPECT_TRUE(result.diagnostics.has(ReportClass::interface));
}

TEST_F(Validate, AMissingInterfaceHidesTheScriptReportAsInTheReference) {
    load_instance(" notify /usr/bin/true\n track_interface {\n eth7\n }\n");
    expect_fatal("eth7 does not exist");
    EXPECT_FALSE(result.diagnostics.has(ReportClass::security));
}

TEST_F(Validate, DynamicInterfacesMayBeMissing) {
    load(
        "global_defs {\n dynamic_interfaces\n}\nvrrp_instance V {\n interface eth7\n virtual_router_id 1\n "
        "virtual_ipaddress {\n 192.0.2.1 dev eth8\n }\n}\n");
    expect_clean();
    EXPECT_EQ(instance().transport.interface, "eth7");
    EXPECT_EQ(instance().addresses[0].interface, "eth8");
}

TEST_F(Validate, AnUnknownPollingInterfaceIsOnlyReported) {
    load("linkbeat_interfaces {\n eth7\n eth1 ETHTOOL\n}\ninterface_up_down_delays {\n eth1 0.5 2\n}\n");
    EXPECT_EQ(result.test_exit_code, 4);
    ASSERT_TRUE(result.config);
    EXPECT_THAT(result.config->linkbeat_interfaces, ElementsAre("eth1"));
    EXPECT_EQ(result.config->linkbeat_methods.at("eth1"), LinkbeatMethod::ethtool);
    EXPECT_EQ(result.config->interface_delays.at("eth1").down, Duration(std::chrono::milliseconds(500)));
}

TEST_F(Validate, AVridExistsOncePerInterfaceFamilyAndGroup) {
    const auto two = [&](const std::string& a, const std::string& b) {
        load("vrrp_instance A {\n virtual_router_id 1\n" + a +
             "}\nvrrp_instance B {\n virtual_router_id 1\n" + b + "}\n");
    };
    const std::string four = " virtual_ipaddress {\n 192.0.2.1\n }\n";
    const std::string six = " virtual_ipaddress {\n fe80::1\n }\n";
    two(" interface eth0\n" + four, " interface eth0\n" + four);
    expect_fatal("(B) has VRID 1");
    two(" interface eth0\n" + four, " interface eth1\n" + four);
    expect_clean();
    two(" interface eth0\n" + four, " interface eth0\n" + six);
    expect_clean();
    two(" interface eth0\n" + four, " interface eth0\n mcast_dst_ip 224.0.0.19\n" + four);
    expect_clean();
    const auto peer = [](const std::string& address) { return " unicast_peer {\n " + address + "\n }\n"; };
    two(" interface eth0\n" + peer("192.0.2.20") + four, " interface eth0\n" + four);
    expect_clean();
    two(" interface eth0\n" + peer("192.0.2.20") + four, " interface eth0\n" + peer("192.0.2.20") + four);
    expect_fatal("with peer 192.0.2.20");
    two(" interface eth0\n" + peer("192.0.2.20") + four, " interface eth0\n" + peer("192.0.2.21") + four);
    expect_clean();
    two(" interface eth0\n unicast_src_ip 192.0.2.9\n" + peer("192.0.2.20") + four,
        " unicast_src_ip 192.0.2.9\n" + peer("192.0.2.20") +
            " virtual_ipaddress {\n 192.0.2.1 dev eth0\n }\n");
    expect_fatal("with peer 192.0.2.20");
}

TEST_F(Validate, Version3NeedsAnAddress) {
    load("vrrp_instance V {\n interface eth0\n virtual_router_id 1\n version 3\n}\n");
    expect_fatal("has no virtual_ipaddress");
    load("vrrp_instance V {\n interface eth0\n virtual_router_id 1\n version 3\n no_virtual_ipaddress\n}\n");
    expect_clean();
    load("vrrp_instance V {\n interface eth0\n virtual_router_id 1\n}\n");
    expect_report(ReportClass::warning, "at least one would be sensible");
    EXPECT_TRUE(result.config);
}

TEST_F(Validate, StrictModeHasNoUnicastPeers) {
    load_instance(" strict_mode\n unicast_peer {\n 192.0.2.20\n }\n");
    expect_fatal("strict mode has no unicast peers");
}

TEST_F(Validate, NamesAreUnique) {
    load(
        "vrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.1\n "
        "}\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 1\n}\n");
    expect_report(ReportClass::general, "vrrp_instance V is defined before");
    EXPECT_EQ(result.diagnostics.all()[0].note->span.position.line, 1U);
    load("vrrp_instance {\n}\nvrrp_sync_group {\n}\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("exactly one name"), HasSubstr("exactly one name")));
}

// ---- Scripts ----

TEST_F(Validate, ScriptsWithoutScriptSecurityAreASecurityReport) {
    load_instance(" notify_master /usr/bin/true\n");
    EXPECT_EQ(result.test_exit_code, 6);
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("SECURITY VIOLATION")));
    EXPECT_TRUE(instance().notify.master);
    EXPECT_FALSE(result.fatal);
    load_instance(" notify_master /usr/bin/true\n",
                  "global_defs {\n enable_script_security\n script_user root\n}\n");
    expect_clean();
}

TEST_F(Validate, ScriptsThatAreNotThereAreLeftOut) {
    load_instance(" notify_master /usr/bin/missing\n");
    EXPECT_THAT(reports(), IsEmpty());
    EXPECT_FALSE(instance().notify.master);
    load_instance(" track_script {\n chk\n }\n", "vrrp_script chk {\n script /usr/bin/missing\n}\n");
    expect_report(ReportClass::general, "vrrp_script chk is not run");
    EXPECT_TRUE(instance().track.scripts.empty());
    EXPECT_TRUE(result.config->scripts.empty());
}

TEST_F(Validate, ScriptSecurityRefusesWhatOthersCanChange) {
    const std::string secure = "global_defs {\n enable_script_security\n script_user root\n}\n";
    environment.add_program("/usr/bin/open", 0777);
    load_instance(" notify_master /usr/bin/open\n", secure);
    EXPECT_FALSE(instance().notify.master);
    EXPECT_THAT(remarks(), Contains(HasSubstr("can be changed by others than root")));
    load_instance(" notify_master /usr/bin/open nobody\n", "global_defs {\n enable_script_security\n}\n");
    EXPECT_TRUE(instance().notify.master);  // Not run as root: nothing to protect.
    environment.files["/usr"].mode = 0777;
    load_instance(" notify_master /usr/bin/true\n", secure);
    EXPECT_FALSE(instance().notify.master);
}

TEST_F(Validate, APathThroughALinkedDirectoryIsRunOnlyWithoutScriptSecurity) {
    environment.add_directory("/bin");
    environment.files["/bin"].symbolic_link = true;
    environment.files["/bin/true"] = environment.files["/usr/bin/true"];
    environment.links["/bin/true"] = "/usr/bin/true";
    load_instance(" notify_master /bin/true\n");
    EXPECT_TRUE(instance().notify.master);
    load_instance(" notify_master /bin/true\n",
                  "global_defs {\n enable_script_security\n script_user root\n}\n");
    EXPECT_FALSE(instance().notify.master);
}

TEST_F(Validate, ResolvesLinksButKeepsTheName) {
    environment.links["/usr/bin/nc"] = "/usr/bin/true";
    environment.files["/usr/bin/nc"] = environment.files["/usr/bin/true"];
    load_instance(" notify_master /usr/bin/nc\n");
    EXPECT_EQ(instance().notify.master->arguments[0], "/usr/bin/nc");
    EXPECT_EQ(instance().notify.master->path, "/usr/bin/true");
    load_instance(" notify_master /usr/bin/nc\n", "global_defs {\n use_symlink_paths\n}\n");
    EXPECT_EQ(instance().notify.master->path, "");
}

TEST_F(Validate, FindsCommandsInTheSearchPath) {
    load_instance(" track_script {\n chk\n }\n", "vrrp_script chk {\n script \"killall -0 nginx\"\n}\n");
    EXPECT_THAT(result.config->scripts.at(0).command.arguments,
                ElementsAre("/usr/bin/killall", "-0", "nginx"));
}

TEST_F(Validate, AFileTestRunsNothing) {
    load_instance(" track_script {\n chk\n }\n",
                  "vrrp_script chk {\n script \"</dev/tcp/127.0.0.1/80\"\n}\n");
    expect_clean();
    EXPECT_EQ(result.config->scripts.at(0).open_path, "/dev/tcp/127.0.0.1/80");
}

TEST_F(Validate, UnknownUsersRemoveScripts) {
    load_instance(" notify_master /usr/bin/true mallory\n");
    EXPECT_THAT(reports(), IsEmpty());
    EXPECT_FALSE(instance().notify.master);
    load("vrrp_script chk {\n script /usr/bin/true\n user mallory\n}\n");
    expect_report(ReportClass::general, "mallory is not a user that exists");
    load("global_defs {\n script_user mallory\n}\n");
    expect_report(ReportClass::general, "mallory is not a user that exists");
    environment.users.erase("keepalived_script");
    load("global_defs {\n enable_script_security\n}\nvrrp_script chk {\n script /usr/bin/true\n}\n");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("needs a user for scripts"), HasSubstr("nobody to run it")));
}

TEST_F(Validate, UnusedScriptsAreRemarkedAndDropped) {
    load("vrrp_script chk {\n script /usr/bin/true\n}\n");
    expect_clean();
    EXPECT_THAT(remarks(), Contains(HasSubstr("chk is not tracked")));
    EXPECT_TRUE(result.config->scripts.empty());
}

// ---- Files of the old how-tos ----

TEST_F(Validate, OldHowToFilesStillRun) {
    load(R"(! Configuration File for keepalived
global_defs {
   notification_email {
     acassen@firewall.loc
     failover@firewall.loc
   }
   notification_email_from Alexandre.Cassen@firewall.loc
   smtp_server 192.168.200.1
   smtp_connect_timeout 30
   router_id LVS_DEVEL
   vrrp_skip_check_adv_addr
   vrrp_strict
   vrrp_garp_interval 0
   vrrp_gna_interval 0
   vrrp_iptables
}
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        192.168.200.16
        192.168.200.17
    }
}
)");
    EXPECT_EQ(result.test_exit_code, 5);
    EXPECT_FALSE(result.fatal);
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("vrrp_garp_interval 0"), HasSubstr("vrrp_gna_interval 0"),
                            HasSubstr("state MASTER and priority 255"), HasSubstr("strict mode has none")));
    EXPECT_EQ(global().mail.recipients.size(), 2U);
    EXPECT_TRUE(instance().router.strict);
    EXPECT_EQ(global().garp_interval, Duration(0));
    EXPECT_TRUE(global().iptables.has_value());
}

TEST_F(Validate, AMissingRequiredIncludeIsFatal) {
    load("includea /etc/missing.conf\n");
    EXPECT_EQ(result.test_exit_code, 6);
    EXPECT_TRUE(result.fatal);
    EXPECT_EQ(result.fatal_exit_code, 6);
}

TEST_F(Validate, ConfigIdDefaultsToTheNodeName) {
    load("global_defs {\n@node1 router_id yes\n@other router_id no\n}\n");
    EXPECT_EQ(global().router_id, "yes");
    options.config_id = "other";
    load("global_defs {\n@node1 router_id yes\n@other router_id no\n}\n");
    EXPECT_EQ(global().router_id, "no");
}

}  // namespace
}  // namespace holdfast::config

// What instances, their interfaces and their groups must not do to each other. Each check with a case that
// passes.
#include "holdfast/config/dump.hpp"
#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ValidateInstances : public KeywordTest {
  protected:
    static std::string instance_text(const std::string& name, const std::string& lines, int vrid = 51) {
        return "vrrp_instance " + name + " {\n virtual_router_id " + std::to_string(vrid) + "\n" + lines +
               "}\n";
    }
    static std::string addresses(const std::string& entry) {
        return " virtual_ipaddress {\n  " + entry + "\n }\n";
    }
};

TEST_F(ValidateInstances, AVmacNeedsAnEthernetInterface) {
    environment.interfaces["tun0"].ethernet = false;
    const std::string rest = addresses("192.0.2.1");
    load(instance_text("V", " interface tun0\n use_vmac\n" + rest));
    expect_report(ReportClass::general, "tun0 is not Ethernet");
    EXPECT_THAT(instance().config_faults, ElementsAre(HasSubstr("not Ethernet")));
    EXPECT_FALSE(instance().vmac);
    load(instance_text("V", " interface tun0\n" + rest));
    expect_clean();
    load(instance_text("V", " interface eth0\n use_vmac\n" + rest));
    expect_clean();
}

TEST_F(ValidateInstances, AnIpvlanAddressIsOfTheFamilyOfItsInstance) {
    const std::string ipvlan = " interface eth0\n use_ipvlan 192.0.2.9/24\n";
    load(instance_text("V", ipvlan + " native_ipv6\n" + addresses("fe80::1")));
    EXPECT_EQ(result.test_exit_code, 5);
    load(instance_text("V", ipvlan + addresses("192.0.2.1")));
    expect_clean();
}

TEST_F(ValidateInstances, InterfaceDelaysLeaveTimeToNoticeADeadMaster) {
    const std::string delays = "interface_up_down_delays {\n eth0 5 5\n eth1 5 1\n eth2 1\n}\n";
    const std::string lines = " advert_int 1\n" + addresses("192.0.2.1");
    load(delays + instance_text("A", " interface eth0\n" + lines) +
         instance_text("B", " interface eth1\n" + lines) + instance_text("C", " interface eth2\n" + lines));
    expect_clean();
    // 2 * 1 s - 1 s / 256
    const Duration largest = std::chrono::microseconds(1996094) - Duration(std::chrono::nanoseconds(250));
    EXPECT_EQ(result.config->interface_delays.at("eth0").down, largest);
    EXPECT_EQ(result.config->interface_delays.at("eth0").up, largest);
    EXPECT_EQ(result.config->interface_delays.at("eth1").down, largest);
    EXPECT_EQ(result.config->interface_delays.at("eth1").up, Duration(std::chrono::seconds(1)));
    EXPECT_EQ(result.config->interface_delays.at("eth2").down, Duration(std::chrono::seconds(1)));
    EXPECT_THAT(remarks(), Contains(HasSubstr("(A) the delays of interface eth0 are limited")));
    EXPECT_THAT(remarks(), testing::Not(Contains(HasSubstr("eth2"))));
}

TEST_F(ValidateInstances, OneMissedAdvertLeavesNoTimeForInterfaceDelays) {
    load("interface_up_down_delays {\n eth0 0.5\n}\n" +
         instance_text("A", " interface eth0\n down_timer_adverts 1\n" + addresses("192.0.2.1")));
    expect_clean();
    EXPECT_EQ(result.config->interface_delays.at("eth0").down, Duration{0});
    EXPECT_THAT(remarks(), Contains(HasSubstr("down_timer_adverts is 1")));
}

class ValidateGroup : public ValidateInstances {
  protected:
    void load_group(const std::string& a, const std::string& b, const std::string& group = "") {
        load(instance_text("A", " interface eth0\n" + a + addresses("192.0.2.1"), 1) +
             instance_text("B", " interface eth1\n" + b + addresses("192.0.2.2"), 2) +
             "vrrp_sync_group G {\n group {\n  A\n  B\n }\n" + group + "}\n");
    }
};

TEST_F(ValidateGroup, BeginsAsBackupUnlessAllMembersAreOwners) {
    load_group(" state MASTER\n priority 100\n", " state MASTER\n priority 100\n");
    expect_clean();
    EXPECT_FALSE(result.config->instances[0].router.wants_master);
    EXPECT_FALSE(result.config->instances[1].router.wants_master);
    EXPECT_THAT(remarks(), Contains(HasSubstr("(A) begins as BACKUP")));
    load_group(" state MASTER\n priority 255\n", " state MASTER\n priority 255\n");
    expect_clean();
    EXPECT_TRUE(result.config->instances[0].router.wants_master);
    EXPECT_TRUE(result.config->instances[1].router.wants_master);
}

TEST_F(ValidateGroup, DoesNotTrackWhatItsMembersTrack) {
    load_group("", "", " track_interface {\n  eth2\n }\n");
    expect_clean();
    load_group("", "", " track_interface {\n  eth0\n }\n");
    expect_report(ReportClass::general, "(A) interface eth0 is tracked by it and by vrrp_sync_group G");
    load_group(" dont_track_primary\n", "", " track_interface {\n  eth0\n }\n");
    expect_clean();
    load_group("", " track_interface {\n  eth2\n }\n", " track_interface {\n  eth2\n }\n");
    expect_report(ReportClass::general, "(B) interface eth2 is tracked by it");
}

class ValidateConflicts : public ValidateInstances {
  protected:
    void load_two(const std::string& a, const std::string& b, const std::string& after = "") {
        load(instance_text("A", a) + instance_text("B", b) + after);
    }
};

TEST_F(ValidateConflicts, UnicastInstancesConflictByTheAddressTheySendFrom) {
    const std::string peer = " unicast_peer {\n  192.0.2.20\n }\n";
    const std::string rest = peer + addresses("192.0.2.1");
    load_two(" interface eth0\n" + rest, " interface eth0\n unicast_src_ip 192.0.2.9\n" + rest);
    expect_clean();
    load_two(" interface eth0\n" + rest, " interface eth0\n unicast_src_ip 192.0.2.2\n" + rest);
    EXPECT_TRUE(result.fatal);
    EXPECT_THAT(reports(), Contains(HasSubstr("(B) has VRID 51")));
    environment.interfaces["eth0"].source4.reset();
    load_two(" interface eth0\n" + rest, " interface eth0\n" + rest);
    expect_clean();
}

TEST_F(ValidateConflicts, AVmacAsInterfaceStandsForTheInterfaceBelow) {
    environment.interfaces["mac0"].vmac = true;
    environment.interfaces["mac0"].below = "eth0";
    load_two(" interface eth0\n" + addresses("192.0.2.1"), " interface mac0\n" + addresses("192.0.2.2"));
    EXPECT_TRUE(result.fatal);
    environment.interfaces["mac0"].below = "eth1";
    load_two(" interface eth0\n" + addresses("192.0.2.1"), " interface mac0\n" + addresses("192.0.2.2"));
    expect_clean();
}

TEST_F(ValidateConflicts, AVmacBelongsToOneInstanceOrOneGroup) {
    const std::string a = " interface eth0\n" + addresses("192.0.2.1 dev eth2 use_vmac");
    const std::string b = " interface eth1\n" + addresses("192.0.2.2 dev eth2 use_vmac");
    load_two(a, b);
    expect_report(ReportClass::general, "(B) 192.0.2.2 needs the VMAC that A uses");
    EXPECT_THAT(result.config->instances[0].config_faults, IsEmpty());
    EXPECT_THAT(result.config->instances[1].config_faults, ElementsAre(HasSubstr("VMAC shared")));
    load_two(a, b, "vrrp_sync_group G {\n group {\n  A\n  B\n }\n}\n");
    expect_clean();
    load_two(a, " interface eth1\n" + addresses("192.0.2.2 dev eth0 use_vmac"));
    expect_clean();
}

// `-t` of the reference does not see this one, but the daemon does.
TEST_F(ValidateConflicts, TheVmacOfAnInstanceIsNotForOthers) {
    const std::string a = " interface eth0\n use_vmac\n" + addresses("192.0.2.1");
    const std::string b = " interface eth1\n" + addresses("192.0.2.2 dev eth0 use_vmac");
    load_two(a, b);
    expect_report(ReportClass::general, "(B) 192.0.2.2 needs the VMAC that A uses");
    options.test_only = true;
    load_two(a, b);
    expect_report(ReportClass::notice, "(B) 192.0.2.2 needs the VMAC that A uses");
    EXPECT_EQ(result.test_exit_code, 0);
}

TEST_F(ValidateInstances, ItsOwnAddressAsAPeerIsMentioned) {
    const std::string lines = " interface eth0\n unicast_src_ip 192.0.2.2\n" + addresses("192.0.2.1");
    load(instance_text("V", lines + " unicast_peer {\n  192.0.2.2\n  192.0.2.3\n }\n"));
    expect_report(ReportClass::notice, "192.0.2.2 is its own address");
    EXPECT_EQ(result.test_exit_code, 0);
    load(instance_text("V", lines + " unicast_peer {\n  192.0.2.3\n }\n"));
    expect_clean();
}

TEST_F(ValidateInstances, AnInterfaceWithoutArpIsMentionedWithDetails) {
    environment.interfaces["eth1"].lacks_arp = true;
    const std::string text = instance_text("V", " interface eth1\n" + addresses("192.0.2.1"));
    load(text);
    expect_clean();
    options.details = true;
    load(text);
    expect_report(ReportClass::general, "eth1 has no ARP");
    EXPECT_EQ(result.test_exit_code, 5);
}

// The pools behind the instance are forgotten while the file is read, the instance is not.
TEST_F(ValidateInstances, ContradictionsAreShownAtTheirLineInALargeFile) {
    std::string text =
        instance_text("V", " interface eth0\n state MASTER\n nopreempt\n" + addresses("192.0.2.1"));
    for (int i = 0; i < 2000; ++i)
        text += "virtual_server 10.0." + std::to_string(i / 200) + "." + std::to_string(i % 200) +
                " 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n real_server 192.0.2.9 80 {\n }\n}\n";
    load(text);
    ASSERT_EQ(result.diagnostics.all().size(), 1U);
    const Diagnostic& report = result.diagnostics.all().front();
    EXPECT_THAT(report.message, HasSubstr("nopreempt"));
    EXPECT_EQ(report.span.position.line, 5U);
    EXPECT_EQ(report.span.position.column, 2U);
    ASSERT_TRUE(report.note);
    EXPECT_EQ(report.note->span.position.line, 4U);
}

TEST_F(ValidateInstances, AnAddressGivenTwiceNamesTheFirstPlaceInEitherList) {
    load(instance_text("V", " interface eth0\n virtual_ipaddress_excluded {\n  192.0.2.7 dev eth0\n }\n" +
                                addresses("192.0.2.1\n  192.0.2.7 dev eth0")));
    ASSERT_EQ(result.diagnostics.all().size(), 1U);
    const Diagnostic& report = result.diagnostics.all().front();
    EXPECT_EQ(report.span.position.line, 9U);
    ASSERT_TRUE(report.note);
    EXPECT_EQ(report.note->span.position.line, 5U);
}

}  // namespace
}  // namespace holdfast::config

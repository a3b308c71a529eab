#include "holdfast/app/json_dump.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;

// The instance of a recorded 2.4.3 run: eth0, PASS, three kinds of scripts, tracked objects.
InstanceView recorded_instance() {
    InstanceView view;
    view.name = "VI_1";
    view.state = view.wanted_state = vrrp::State::Master;
    view.vrid = 51;
    view.base_priority = 100;
    view.effective_priority = 107;
    view.last_transition = WallClock(1795268549s + 381300us);
    view.advert_interval = view.master_advert_interval = 1s;
    view.interface = "eth0";
    view.addresses_set = true;
    view.garp_delay = view.garp_lower_prio_delay = 5s;
    view.auth_type = vrrp::AuthType::password;
    view.notify.backup = "'/usr/bin/true' 'b'";
    view.notify.master = "'/usr/bin/true' 'm' 'x y'";
    view.notify.generic = "'/usr/bin/true' 'any'";
    view.notify.smtp_alert = true;
    view.addresses = {"192.0.2.200/24 dev eth0 scope global set"};
    view.excluded_addresses = {"192.0.2.201 dev eth0 scope global set"};
    view.tracks.interfaces = {{.name = "eth1", .weight = 5}};
    view.tracks.scripts = {{.name = "chk", .weight = -20, .command = "'/usr/bin/true' 'x' 'a b'"}};
    view.tracks.processes = {{.name = "tp", .weight = 4}};
    view.counters.advert_sent = 4;
    view.counters.become_master = 1;
    return view;
}

constexpr std::string_view kRecordedInstance =
    R"({"data":{"iname":"VI_1","dont_track_primary":0,"skip_check_adv_addr":0,"strict_mode":0,"vmac_ifname":"",)"
    R"("ifp_ifname":"eth0","master_priority":0,"last_transition":1795268549.381300,"garp_delay":5,)"
    R"("garp_refresh":0,"garp_rep":5,"garp_refresh_rep":1,"garp_lower_prio_delay":5,"garp_lower_prio_rep":5,)"
    R"("lower_prio_no_advert":0,"higher_prio_send_advert":0,"vrid":51,"base_priority":100,)"
    R"("effective_priority":107,"vipset":true,"promote_secondaries":false,"adver_int":1,"master_adver_int":1,)"
    R"("accept":1,"nopreempt":false,"preempt_delay":0,"state":2,"wantstate":2,"version":2,"smtp_alert":true,)"
    R"("notify_deleted":false,"script_backup":"'\/usr\/bin\/true' 'b'",)"
    R"("script_master":"'\/usr\/bin\/true' 'm' 'x y'","script":"'\/usr\/bin\/true' 'any'",)"
    R"("vips":["192.0.2.200\/24 dev eth0 scope global set"],"evips":["192.0.2.201 dev eth0 scope global set"],)"
    R"("track_ifp":["eth1"],"track_script":["'\/usr\/bin\/true' 'x' 'a b'"],"track_process":["tp"],)"
    R"("auth_type":1,"auth_data":"********"},"stats":{"advert_rcvd":0,"advert_sent":4,"become_master":1,)"
    R"("release_master":0,"packet_len_err":0,"advert_interval_err":0,"ip_ttl_err":0,"invalid_type_rcvd":0,)"
    R"("addr_list_err":0,"invalid_authtype":0,"authtype_mismatch":0,"auth_failure":0,"auth_ext_missing":0,)"
    R"("auth_ext_malformed":0,"auth_ext_unknown_key":0,"auth_ext_invalid_hmac":0,"auth_ext_stale":0,)"
    R"("auth_ext_replay":0,"pri_zero_rcvd":0,"pri_zero_sent":0}})";

TEST(Json, VersionOneIsTheRecordedArrayByteForByte) {
    DaemonView view;
    view.instances = {recorded_instance()};
    EXPECT_EQ(json_text(view, 1), "[" + std::string(kRecordedInstance) + "]\n");
}

TEST(Json, VersionTwoWrapsItAndAddsTrackedProcesses) {
    DaemonView view;
    view.instances = {recorded_instance()};
    EXPECT_EQ(json_text(view, 2), "{\"vrrp\":[" + std::string(kRecordedInstance) + "]}\n");
    ProcessView process;
    process.name = "tp";
    process.process = "sleep";
    process.weight = 3;
    process.terminate_delay = process.fork_delay = 1500ms;
    view.processes = {process};
    EXPECT_EQ(
        json_text(view, 2),
        "{\"vrrp\":[" + std::string(kRecordedInstance) +
            R"(],"track_process":[{"process":"tp","param_match":"none","min_processes":1,"current_processes":0,)"
            R"("have_quorum":false,"weight":3,"terminate_delay":1.5,"fork_delay":1.5,)"
            R"("fork_delay_timer_running":false,"terminate_delay_timer_running":false,"full_command":false}]})"
            "\n");
}

TEST(Json, NoInstancesMeansNoFile) {
    EXPECT_EQ(json_text({}, 2), std::nullopt);
}

TEST(Json, AnyNameGivesValidJson) {
    DaemonView view;
    InstanceView instance;
    instance.name = "a\"b\\c/d\n\t\x01 \xc3\xa9";
    instance.advert_interval = 330ms;
    view.instances = {instance};
    const auto parsed = nlohmann::json::parse(*json_text(view, 1));
    EXPECT_EQ(parsed[0]["data"]["iname"], instance.name);
    EXPECT_EQ(parsed[0]["data"]["adver_int"], 0.33);
    EXPECT_EQ(parsed[0]["data"]["last_transition"], 0.0);
    EXPECT_FALSE(parsed[0]["data"].contains("ifp_ifname"));
    EXPECT_FALSE(parsed[0]["data"].contains("vips"));
    EXPECT_FALSE(parsed[0]["data"].contains("auth_data"));
}

TEST(Json, ReverseTurnsTheWeightOfAProcess) {
    DaemonView view;
    view.instances = {recorded_instance(), recorded_instance()};
    ProcessView process;
    process.weight = 3;
    process.reverse = true;
    process.quorum_max = 7;
    process.parameters = {"-x", "y"};
    view.processes = {process};
    const auto parsed = nlohmann::json::parse(*json_text(view, 2));
    EXPECT_EQ(parsed["vrrp"].size(), 2U);
    EXPECT_EQ(parsed["track_process"][0]["weight"], -3);
    EXPECT_EQ(parsed["track_process"][0]["max_processes"], 7);
    EXPECT_EQ(parsed["track_process"][0]["parameters"], "-x y");
}

}  // namespace
}  // namespace holdfast::app

#include "holdfast/ctl/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::ctl {
namespace {

using testing::HasSubstr;

constexpr const char* kStatus = R"json({"schema":1,
"daemon":{"seconds":12.5,"generation":3},"last_reload":{"applied":false},
"instances":[{"name":"A","state":"MASTER","seconds":7,"family":"IPv4","vrid":51,"interface":"eth0",
  "priority":{"effective":90},"counters":{"adverts_received":1,"adverts_sent":2,"became_master":3,"released_master":4,
  "priority_zero_received":5,"priority_zero_sent":6,"authentication_failures":7}},
 {"name":"quo\"te","state":"FAULT","seconds":1,"family":"IPv6","vrid":52,"interface":"eth1",
  "priority":{"effective":100},"counters":{"adverts_received":0,"adverts_sent":0,"became_master":0,"released_master":0,
  "priority_zero_received":0,"priority_zero_sent":0,"authentication_failures":0}}],
"sync_groups":[],"scripts":[{"name":"chk","state":"down"},{"name":"new","state":"unknown"}],
"files":[{"name":"load","value":-3},{"name":"none","value":null}],
"processes":[{"name":"web","state":"up"}],"interfaces":[{"name":"eth9","state":"missing"}],
"bfd_sessions":[{"name":"peer","state":"up"}],"virtual_servers":[{"name":"[10.0.0.1]:tcp:80","has_quorum":true,
 "live_weight":3,"real_servers":[{"name":"[10.0.0.7]:tcp:80","state":"down"}]}]})json";

TEST(Metrics, AreGroupedByNameWithTypeAndHelp) {
    const auto text = render_metrics(kStatus);
    ASSERT_TRUE(text);
    EXPECT_THAT(*text,
                HasSubstr("# HELP keepalived_vrrp_state 0 starting, 1 BACKUP, 2 MASTER, 3 FAULT\n"
                          "# TYPE keepalived_vrrp_state gauge\n"
                          R"(keepalived_vrrp_state{iname="A",intf="eth0",vrid="51",family="IPv4"} 2)"
                          "\n"
                          R"(keepalived_vrrp_state{iname="quo\"te",intf="eth1",vrid="52",family="IPv6"} 3)"
                          "\n# HELP"));
    for (const char* line :
         {"keepalived_up 1\n", "keepalived_uptime_seconds 12.5\n", "keepalived_generation 3\n",
          "keepalived_reload_successful 0\n", "# TYPE keepalived_advertisements_sent_total counter\n",
          R"(keepalived_vrrp_priority{iname="A",intf="eth0",vrid="51",family="IPv4"} 90)",
          R"(keepalived_authentication_failure_total{iname="A",intf="eth0",vrid="51",family="IPv4"} 7)",
          "keepalived_script_status{name=\"chk\"} 0\n", "keepalived_track_file_value{name=\"load\"} -3\n",
          "keepalived_track_process_up{name=\"web\"} 1\n", "keepalived_interface_up{name=\"eth9\"} 0\n",
          "keepalived_bfd_up{name=\"peer\"} 1\n",
          "keepalived_virtual_server_up{virtual_server=\"[10.0.0.1]:tcp:80\"} 1\n",
          "keepalived_real_server_up{virtual_server=\"[10.0.0.1]:tcp:80\",real_server=\"[10.0.0.7]:tcp:80\"} "
          "0\n"})
        EXPECT_THAT(*text, HasSubstr(line));
    EXPECT_THAT(*text, testing::Not(HasSubstr("\"new\"")));
    EXPECT_THAT(*text, testing::Not(HasSubstr("\"none\"")));
}

TEST(Metrics, OfWhatIsNoStatusThereAreNone) {
    EXPECT_EQ(render_metrics("{}"), std::nullopt);
    EXPECT_EQ(render_metrics(R"({"virtual_servers":[]})"), std::nullopt);
    EXPECT_EQ(render_metrics(R"({"virtual_servers":[1)"), std::nullopt);
}

}  // namespace
}  // namespace holdfast::ctl

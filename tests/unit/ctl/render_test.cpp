// Golden tables: what people see, letter by letter.
#include "holdfast/ctl/render.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::ctl {
namespace {

using nlohmann::json;

json empty_status() {
    return json::parse(R"json({"schema":1,"at":"2026-11-21T20:15:04.123Z",
        "daemon":{"version":"Keepalived v2.4.3 (Holdfast v0.1.0)","pid":4711,"state":"running",
                  "since":"2026-11-21T20:00:00.000Z","seconds":904.123,
                  "configuration":"/etc/keepalived/keepalived.conf","generation":1,
                  "instance":"","net_namespace":""},
        "last_reload":null,"instances":[],"sync_groups":[],"scripts":[],"files":[],"processes":[],
        "interfaces":[],"bfd_sessions":[],"virtual_servers":[]
})json");
}

TEST(RenderStatus, NothingConfiguredIsTwoLines) {
    EXPECT_EQ(render_status(empty_status(), {}),
              "Keepalived v2.4.3 (Holdfast v0.1.0), pid 4711, running for 15 m 04 s\n"
              "Configuration /etc/keepalived/keepalived.conf, generation 1\n");
}

TEST(RenderStatus, AFailedReloadSaysWhy) {
    json status = empty_status();
    status["last_reload"] = {
        {"since", ""},
        {"seconds", 12.0},
        {"applied", false},
        {"reason", "new error: unknown keyword 'prioritty'"},
        {"diagnostics", json::array({"/etc/k.conf:3:5: error: unknown keyword 'prioritty'"})}};
    EXPECT_EQ(render_status(status, {}),
              "Keepalived v2.4.3 (Holdfast v0.1.0), pid 4711, running for 15 m 04 s\n"
              "Configuration /etc/keepalived/keepalived.conf, generation 1; last reload 12.0 s ago: refused\n"
              "    new error: unknown keyword 'prioritty'\n"
              "    /etc/k.conf:3:5: error: unknown keyword 'prioritty'\n");
}

json an_instance() {
    return json::parse(R"json({"name":"VI_1","state":"FAULT","since":"","seconds":65.2,"cause":"fault",
        "event":"script chk fails","family":"IPv4","version":2,"vrid":51,"interface":"eth0",
        "own_interface":"eth0","advert_interval":1.0,
        "priority":{"base":100,"effective":90,"contributions":[
            {"kind":"script","name":"chk","weight":-10,"reverse":false,"sum":-10,"fault":false,"awaited":false}]},
        "source":"10.1.0.1","master":null,
        "addresses":[{"address":"10.1.0.100/24 dev eth0 scope global","present":false}],
        "faults":["interface eth1 is down"],"sync_group":"","counters":{}})json");
}

TEST(RenderStatus, InstancesShowPriorityFaultsAndAddresses) {
    json status = empty_status();
    json master = an_instance();
    master["name"] = "VI_2";
    master["state"] = "MASTER";
    master["faults"] = json::array();
    master["priority"] = json::parse(R"json({"base":150,"effective":150,"contributions":[]})json");
    master["addresses"][0]["present"] = true;
    json backup = an_instance();
    backup["state"] = "BACKUP";
    backup["faults"] = json::array();
    backup["addresses"] = json::array();
    backup["master"] = {{"address", "10.1.0.2"}, {"priority", 200}, {"last_advert", 0.2}};
    status["instances"] = {an_instance(), master, backup};
    const std::string text = render_status(status, {});
    EXPECT_EQ(text.substr(text.find("\n\n") + 2),
              "INSTANCE  STATE   FOR       PRIORITY          INTERFACE  VRID  MASTER          CAUSE\n"
              "VI_1      FAULT   1 m 05 s  90 (100 -10 chk)  eth0       51    -               fault\n"
              "    interface eth1 is down\n"
              "    10.1.0.100/24 dev eth0 scope global  (not present)\n"
              "VI_2      MASTER  1 m 05 s  150               eth0       51    itself          fault\n"
              "    10.1.0.100/24 dev eth0 scope global\n"
              "VI_1      BACKUP  1 m 05 s  90 (100 -10 chk)  eth0       51    10.1.0.2 (200)  fault\n");
}

TEST(RenderStatus, TrackersAndServersHaveTheirTables) {
    json status = empty_status();
    status["sync_groups"] = json::parse(R"json([{"name":"G","state":"MASTER","seconds":1.5,
        "members":[{"name":"A","state":"MASTER"},{"name":"B","state":"MASTER"}]}])json");
    status["scripts"] = json::parse(R"json([
        {"name":"chk","state":"up","weight":0,"command":"/bin/true","last_run":
            {"exit_status":0,"signal":null,"duration":0.0021,"ago":0.5}},
        {"name":"slow","state":"down","weight":-2,"command":"/bin/sleep 9","last_run":
            {"exit_status":null,"signal":15,"duration":2.0,"ago":0.25}},
        {"name":"new","state":"unknown","weight":1,"command":"/bin/new","last_run":null}])json");
    status["files"] = json::parse(R"json([{"name":"load","path":"/run/load","value":-3,"weight":2}])json");
    status["processes"] = json::parse(
        R"json([{"name":"web","process":"nginx","state":"up","running":4,"quorum":1,"weight":0}])json");
    status["interfaces"] =
        json::parse(R"json([{"name":"eth0","state":"up"},{"name":"eth9","state":"missing"}])json");
    status["bfd_sessions"] = json::parse(
        R"json([{"name":"peer","state":"up","remote_state":"up","neighbor":"192.0.2.9","last_packet":0.01}])json");
    status["virtual_servers"] =
        json::parse(R"json([{"name":"[10.0.0.1]:tcp:80","has_quorum":true,"live_weight":3,
        "quorum":1,"sorry_serves":false,"real_servers":[
        {"name":"[10.0.0.7]:tcp:80","state":"up","weight":3,"checks":[
            {"kind":"TCP_CHECK","state":"up","last_check":{"latency":0.0004,"ago":2.5,"result":"good","reason":""}}]},
        {"name":"[10.0.0.8]:tcp:80","state":"down","weight":1,"checks":[
            {"kind":"TCP_CHECK","state":"down","last_check":
                {"latency":0.0003,"ago":1.0,"result":"bad","reason":"Connection refused"}},
            {"kind":"FILE_CHECK","state":"up","last_check":null}]},
        {"name":"[10.0.0.9]:tcp:80","state":"up","weight":1,"checks":[]}]}])json");
    const std::string text = render_status(status, {});
    EXPECT_EQ(text.substr(text.find("\n\n") + 2),
              "SYNC GROUP  STATE   FOR    MEMBERS\n"
              "G           MASTER  1.5 s  A MASTER, B MASTER\n"
              "\n"
              "SCRIPT  STATE    WEIGHT  EXIT       TOOK    AGO       COMMAND\n"
              "chk     up       0       0          2.1 ms  500.0 ms  /bin/true\n"
              "slow    down     -2      signal 15  2.0 s   250.0 ms  /bin/sleep 9\n"
              "new     unknown  1       -          -       -         /bin/new\n"
              "\n"
              "FILE  NUMBER  WEIGHT  PATH\n"
              "load  -3      2       /run/load\n"
              "\n"
              "PROCESS  STATE  RUNNING  QUORUM  WEIGHT  PROGRAM\n"
              "web      up     4        1       0       nginx\n"
              "\n"
              "INTERFACE  STATE\n"
              "eth0       up\n"
              "eth9       missing\n"
              "\n"
              "BFD SESSION  STATE  NEIGHBOR   SAYS  LAST PACKET\n"
              "peer         up     192.0.2.9  up    10.0 ms\n"
              "\n"
              "SERVER               STATE  WEIGHT  CHECK                TOOK    AGO    REASON\n"
              "[10.0.0.1]:tcp:80    UP     3       2 of 3 up, quorum 1\n"
              "  [10.0.0.7]:tcp:80  up     3       TCP_CHECK up         0.4 ms  2.5 s\n"
              "  [10.0.0.8]:tcp:80  down   1       TCP_CHECK down       0.3 ms  1.0 s  Connection refused\n"
              "                                    FILE_CHECK up        -       -\n"
              "  [10.0.0.9]:tcp:80  up     1       -                    -       -\n");
    EXPECT_EQ(render_status_line(status.dump(), {}), render_status(status, {}));
}

TEST(RenderStatus, AnAnswerThatIsNoStatusIsNotShown) {
    EXPECT_EQ(render_status_line("", {}), std::nullopt);
    EXPECT_EQ(render_status_line("[]", {}), std::nullopt);
    EXPECT_EQ(render_status_line(R"({"virtual_servers":[{"name":}]})", {}), std::nullopt);
}

TEST(RenderWhy, TellsStateCauseRulesAndHistory) {
    const json answer =
        json::parse(R"json({"subjects":[{"kind":"vrrp_instance","name":"VI_1","state":"BACKUP",
        "since":"2026-11-21T20:15:04.123Z","seconds":12.0,"cause":"higher_priority_advert",
        "event":"10.1.0.2 advertised priority 200, higher than our 100",
        "rules":["10.1.0.2 (priority 200, last advert 0.312 s ago) outranks it: priority 100 (base 100)"],
        "history":[{"number":7,"at":"2026-11-21T20:15:04.123Z","kind":"vrrp_instance","name":"VI_1",
                    "from":"MASTER","to":"BACKUP","cause":"higher_priority_advert","text":"because"}]}]
})json");
    EXPECT_EQ(
        render_why(answer, {}),
        "vrrp_instance VI_1 is BACKUP since 2026-11-21 20:15:04.123 UTC (12.0 s)\n"
        "  because  10.1.0.2 advertised priority 200, higher than our 100 [higher_priority_advert]\n"
        "  kept by  10.1.0.2 (priority 200, last advert 0.312 s ago) outranks it: priority 100 (base 100)\n"
        "  2026-11-21 20:15:04.123  vrrp_instance VI_1  MASTER -> BACKUP  because\n");
}

TEST(RenderEvents, IsATableAndSaysWhenThereIsNothing) {
    EXPECT_EQ(render_events(json::parse(R"json({"events":[]})json"), {}), "nothing has happened yet\n");
    const json answer = json::parse(R"json({"events":[{"number":1,"at":"2026-11-21T20:15:04.123Z",
        "kind":"vrrp_instance","name":"VI_1","from":"INIT","to":"BACKUP","cause":"startup","text":"it was started"},
        {"number":2,"at":"2026-11-21T20:15:08.000Z","kind":"vrrp_script","name":"chk","from":"","to":"up",
         "cause":"script","text":"exit status 0 after 0.002 s"}]})json");
    EXPECT_EQ(render_events(answer, {}),
              "TIME (UTC)               KIND           NAME  STATE           CAUSE\n"
              "2026-11-21 20:15:04.123  vrrp_instance  VI_1  INIT -> BACKUP  it was started\n"
              "2026-11-21 20:15:08.000  vrrp_script    chk   up              exit status 0 after 0.002 s\n");
    EXPECT_EQ(render_event(json::parse(R"json({"lost":12})json"), {}), "12 events were lost\n");
}

TEST(RenderOutcome, ListsActionsWithTheirDetails) {
    json answer =
        json::parse(R"json({"command":"plan","result":"possible","reason":"","diagnostics":[],"actions":[
        {"action":"remove","kind":"vrrp_instance","name":"OLD","details":[]},
        {"action":"change","kind":"vrrp_instance","name":"VI_1","details":["- priority 100","+ priority 150"]},
        {"action":"change","kind":"global_defs","name":"","details":[]}]})json");
    const std::string list =
        "  remove vrrp_instance OLD\n"
        "  change vrrp_instance VI_1\n"
        "         - priority 100\n"
        "         + priority 150\n"
        "  change global_defs\n";
    EXPECT_EQ(render_outcome(answer, {}), "a reload would change 3\n" + list);
    answer["command"] = "reload";
    answer["result"] = "applied";
    EXPECT_EQ(render_outcome(answer, {}), "reloaded, changed 3\n" + list);
    answer["actions"] = json::array();
    EXPECT_EQ(render_outcome(answer, {}), "reloaded, nothing has changed\n");
    answer["result"] = "refused";
    answer["reason"] = "new error: x";
    EXPECT_EQ(render_outcome(answer, {}), "refused, the old configuration is in force: new error: x\n");
}

TEST(Render, ColoursMarkStates) {
    const json answer = json::parse(R"json({"subjects":[{"kind":"vrrp_instance","name":"VI_1","state":"FAULT",
        "since":"","seconds":1.0,"cause":"fault","event":"x","rules":[],"history":[]}]})json");
    EXPECT_NE(render_why(answer, {true}).find("\x1b[31mFAULT\x1b[0m"), std::string::npos);
    EXPECT_EQ(render_why(answer, {false}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace holdfast::ctl

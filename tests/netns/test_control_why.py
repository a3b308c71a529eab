"""`holdctl why` names the right cause, whatever happened."""

import pytest
from holdctl import Control
from lab import under_test_is_reference, wait_until
from routers import VIP, instance
from test_bfd import session
from test_tracking import Switch, script_block, track

pytestmark = pytest.mark.skipif(under_test_is_reference(), reason="the reference has no control socket")

PEER = "10.1.0.2"


def control(ours, config, node=None, **options):
    return Control(ours.start(node or ours.first, config, **options)).wait()


def peer(ours, priority, **settings):
    """A second router as the other one on the wire."""
    return ours.start(ours.second, instance(priority, **settings))


def pair(ours, own, other, **settings):
    """`first` as BACKUP below or beside a MASTER `second`."""
    second = peer(ours, other)
    second.wait_for_state("MASTER")
    return control(ours, instance(own, **settings)), second


def test_1_startup(ours):
    first, _ = pair(ours, 100, 200)
    subject = first.wait_for("BACKUP")
    assert (subject["cause"], subject["event"]) == ("startup", "it was started")


def test_2_nobody_advertised(ours):
    subject = control(ours, instance(100)).wait_for("MASTER")
    assert (subject["cause"], subject["event"]) == ("master_down", "no advert was heard for Master_Down_Interval")
    assert subject["rules"] == ["nobody advertises a higher priority than its priority 100 (base 100)"]


def test_3_a_higher_priority_was_heard(ours):
    first = control(ours, instance(100))
    first.wait_for("MASTER")
    peer(ours, 200)
    subject = first.wait_for("BACKUP")
    assert subject["cause"] == "higher_priority_advert"
    assert subject["event"] == f"{PEER} advertised priority 200, higher than our 100"
    wait_until(lambda: "outranks it: priority 100 (base 100)" in first.why()["rules"][0], 3, "the rule")
    assert [event["to"] for event in subject["history"]] == ["BACKUP", "MASTER", "BACKUP"]


def test_4_the_master_fell_silent(ours):
    first, second = pair(ours, 100, 200)
    wait_until(lambda: first.instance()["master"], 3, "an advert of the master")
    second.kill()
    subject = first.wait_for("MASTER")
    assert subject["cause"] == "master_down"
    assert subject["event"] == f"no more adverts came from {PEER} (priority 200)"


def test_5_the_master_resigned(ours):
    first, second = pair(ours, 100, 200)
    wait_until(lambda: first.instance()["master"], 3, "an advert of the master")
    assert second.stop() == 0
    subject = first.wait_for("MASTER")
    assert subject["cause"] == "master_resigned"
    assert subject["event"] == f"{PEER} gave up being MASTER (priority 0)"


def test_6_a_lower_master_was_preempted(ours):
    first, _ = pair(ours, 200, 100)
    subject = first.wait_for("MASTER")
    assert subject["cause"] == "preempted_lower"
    assert subject["event"] == f"{PEER} advertised priority 100, lower than our 200"


def test_7_the_same_priority_from_a_higher_address(ours):
    # Both are MASTER while they do not hear each other.
    first = control(ours, instance(100))
    first.wait_for("MASTER")
    ours.lab.isolate("second")
    peer(ours, 100).wait_for_state("MASTER")
    ours.lab.heal("second")
    subject = first.wait_for("BACKUP")
    assert subject["cause"] == "higher_address_advert"
    assert subject["event"] == f"{PEER} advertised the same priority 100 from a higher address"


def test_8_the_address_owner_starts(ours):
    subject = control(ours, instance(255, state="MASTER")).wait_for("MASTER")
    assert subject["cause"] == "owner_startup"
    assert subject["rules"] == ["it is the address owner: nobody outranks priority 255"]


def test_9_a_script_fails(ours):
    check = Switch(ours.first, "check", True)
    first = control(ours, script_block("chk", check.command) + instance(100, extra=track("chk")))
    first.wait_for("MASTER")
    check.set(False)
    subject = first.wait_for("FAULT")
    assert (subject["cause"], subject["event"]) == ("fault", "script chk fails")
    assert subject["rules"] == ["script chk fails"]
    script = first.why("chk", "vrrp_script")
    assert script["state"] == "down" and script["event"].startswith("exit status 1 after ")


def test_10_the_script_succeeds_again(ours):
    check = Switch(ours.first, "check", False)
    first = control(ours, script_block("chk", check.command) + instance(100, extra=track("chk")))
    first.wait_for("FAULT")
    peer(ours, 200).wait_for_state("MASTER")
    check.set(True)
    subject = first.wait_for("BACKUP")
    assert (subject["cause"], subject["event"]) == ("fault_cleared", "it is over: script chk fails")


def test_11_an_instance_that_waits_for_its_script(ours):
    slow = ours.first.script("slow", "sleep 30")
    block = script_block("slow", slow, timeout=60)
    subject = control(ours, block + instance(100, extra=track("slow"))).wait_for("FAULT")
    assert subject["rules"] == ["it waits for the first result of script slow"]


def test_12_the_interface_goes_down(ours):
    first = control(ours, instance(100))
    first.wait_for("MASTER")
    ours.lab.unplug("first")
    subject = first.wait_for("FAULT")
    assert (subject["cause"], subject["event"]) == ("fault", "interface eth0 is down")
    assert first.why("eth0", "interface")["state"] == "down"


def test_13_the_interface_is_deleted(ours):
    ours.first.ip("link add other type veth peer name other-peer", "link set other-peer up", "link set other up",
                  "address add 10.2.0.1/24 dev other")
    config = instance(100, addresses=["10.2.0.100/24"]).replace("interface eth0", "interface other")
    first = control(ours, config)
    first.wait_for("MASTER")
    ours.first.ip("link del other")
    subject = first.wait_for("FAULT")
    assert "interface other does not exist" in subject["rules"]


def test_14_the_address_is_taken_away(ours):
    first = control(ours, instance(100))
    first.wait_for("MASTER")
    ours.first.ip("address del 10.1.0.1/24 dev eth0")
    subject = first.wait_for("FAULT")
    assert subject["event"] == "interface eth0 has no IPv4 address"


def test_15_a_tracked_interface_is_down(ours):
    ours.first.ip("link add other type veth peer name other-peer", "link set other-peer up", "link set other up")
    first = control(ours, instance(100, extra="track_interface {\n other\n}"))
    first.wait_for("MASTER")
    ours.first.ip("link set other down")
    assert first.wait_for("FAULT")["event"] == "tracked interface other is down"


def test_16_a_file_says_fault(ours):
    path = ours.first.write("number", "0\n")
    block = f"track_file load {{\n file {path}\n}}\n"
    first = control(ours, block + instance(100, extra="track_file {\n load weight 1\n}"))
    first.wait_for("MASTER")
    path.write_text("-300\n")
    subject = first.wait_for("FAULT")
    assert subject["event"] == "the number in tracked file load means FAULT"
    assert first.why("load", "track_file")["state"] == "-300"


GROUP = "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n}\n"


def two(ours, first_extra="", second_extra="", priority=100):
    return GROUP + instance(priority, extra=first_extra) + instance(priority, name="VI_2", vrid=52, extra=second_extra,
                                                               addresses=["10.1.0.101/24"])


def test_17_a_partner_is_in_fault(ours):
    check = Switch(ours.first, "check", True)
    first = control(ours, script_block("chk", check.command) + two(ours, second_extra=track("chk")))
    first.wait_for("MASTER", "VI_1")
    check.set(False)
    assert first.wait_for("FAULT", "VI_2")["cause"] == "fault"
    subject = first.wait_for("FAULT", "VI_1")
    assert (subject["cause"], subject["event"]) == ("group_fault", "sync group G: VI_2 (script chk fails)")
    assert subject["rules"] == ["sync group G: VI_2 (script chk fails)"]
    group = first.why("G", "vrrp_sync_group")
    assert group["state"] == "FAULT" and group["event"] == "VI_2 is in FAULT"
    check.set(True)
    subject = first.wait_for("MASTER", "VI_1")
    assert "group_fault_cleared" in [event["cause"] for event in subject["history"]]


def test_18_a_partner_pulls_and_a_partner_pushes(ours):
    first = control(ours, two(ours))
    first.wait_for("MASTER", "VI_1")
    causes = {first.wait_for("MASTER", name)["cause"] for name in ("VI_1", "VI_2")}
    assert causes == {"master_down", "group_master"}
    peer(ours, 200)  # VRID 51 only: VI_1 yields, and VI_2 follows it.
    assert first.wait_for("BACKUP", "VI_1")["cause"] == "higher_priority_advert"
    subject = first.wait_for("BACKUP", "VI_2")
    assert (subject["cause"], subject["event"]) == ("group_backup", "VI_1 of sync group G is no longer MASTER")
    wait_until(lambda: "sync group G waits for VI_1" in first.why("VI_2")["rules"][0], 5, "the rule of VI_2")


def test_19_nopreempt_and_preempt_delay_keep_a_lower_master(ours):
    first, _ = pair(ours, 200, 100, extra="nopreempt")
    first.wait_for("BACKUP")
    wait_until(lambda: first.why()["rules"][0].startswith(f"nopreempt: {PEER} (priority 100"), 3, "the rule")
    first.daemon.configure(instance(200, extra="preempt_delay 300"))
    assert first.run("reload").returncode == 0
    wait_until(lambda: first.why()["rules"][0].startswith(f"preempt_delay: {PEER} (priority 100"), 3, "the rule")


def test_20_a_reload_lowers_the_priority(ours):
    first = control(ours, instance(200))
    first.wait_for("MASTER")
    peer(ours, 150).wait_for_state("BACKUP")
    first.daemon.configure(instance(100))
    assert first.run("reload").returncode == 0
    subject = first.wait_for("BACKUP")
    assert subject["event"] == f"{PEER} advertised priority 150, higher than our 100"
    events = first.answer("events")["events"]
    assert [event["to"] for event in events if event["kind"] == "daemon"] == ["reloaded"]


def test_21_two_address_owners(ours):
    first = control(ours, instance(255, state="MASTER"))
    first.wait_for("MASTER")
    peer(ours, 255, state="MASTER")
    subject = first.wait_for("BACKUP")
    assert (subject["cause"], subject["event"]) == ("two_owners",
                                                    f"{PEER} is an address owner (priority 255) too")


def test_22_the_weights_behind_a_priority(ours):
    check = Switch(ours.first, "check", False)
    first = control(ours, script_block("chk", check.command, weight=-30) + instance(100, extra=track("chk")))
    first.wait_for("MASTER")
    wait_until(lambda: first.instance()["priority"]["effective"] == 70, 5, "the lower priority")
    assert first.why()["rules"] == ["nobody advertises a higher priority than its priority 70 (base 100, chk -30)"]
    contribution = first.instance()["priority"]["contributions"][0]
    assert (contribution["name"], contribution["sum"]) == ("chk", -30)
    assert ours.first.holds(VIP)
    # The changes of priority are events, but none of the state.
    events = [event for event in first.answer("events")["events"] if event["cause"] == "priority"]
    assert [(event["from"], event["to"], event["text"]) for event in events] == [
        ("100", "70", "priority 70 (base 100, chk -30)")]
    assert first.why()["event"] != events[0]["text"]


def test_23_its_sockets_cannot_be_opened(ours):
    """Deaf, it would be MASTER beside another one."""
    ours.first.run(["sysctl", "-qw", "net.ipv4.igmp_max_memberships=0"])
    first = control(ours, instance(100))
    subject = first.wait_for("FAULT")
    assert [rule.rsplit(": ", 1)[0] for rule in subject["rules"]] == [
        "its sockets cannot be opened: cannot join 224.0.0.18 on eth0"]
    assert not ours.first.holds(VIP)
    peer(ours, 50).wait_for_state("MASTER")
    ours.first.run(["sysctl", "-qw", "net.ipv4.igmp_max_memberships=20"])
    subject = first.wait_for("MASTER")
    assert "fault_cleared" in [event["cause"] for event in subject["history"]]
    assert first.daemon.log().count("cannot open sockets on eth0") == 1


def test_24_a_bfd_session_fails(ours):
    config = session("path", "10.1.0.2", "10.1.0.1") + instance(100, extra="track_bfd {\n path\n}")
    first = Control(ours.start(ours.first, config, part="all")).wait()
    subject = first.wait_for("FAULT")
    assert subject["rules"] == ["BFD session path is down"]
    second = ours.start(ours.second, session("path", "10.1.0.1", "10.1.0.2"), part="all")
    assert first.wait_for("MASTER", timeout=12)["cause"] == "master_down"
    assert first.why("path", "bfd_instance")["state"] == "up"
    second.kill()
    subject = first.wait_for("FAULT", timeout=12)
    assert (subject["cause"], subject["event"]) == ("fault", "BFD session path is down")
    assert first.why("path", "bfd_instance")["state"] == "down"


def test_25_a_process_is_not_there(ours):
    block = "vrrp_track_process nobody {\n process nobody-has-this-name\n}\n"
    subject = control(ours, block + instance(100, extra="track_process {\n nobody\n}")).wait_for("FAULT")
    assert subject["rules"] == ["tracked process nobody does not have its quorum"]


def test_26_a_script_that_hangs(ours):
    slow = ours.first.script("slow", "sleep 30")
    first = control(ours, script_block("slow", slow, timeout=1) + instance(100, extra=track("slow")))
    subject = first.wait_for("FAULT")
    wait_until(lambda: first.why()["rules"] == ["script slow fails"], 5, "the rule")
    wait_until(lambda: first.why("slow", "vrrp_script")["rules"][0].startswith("the last run was ended by signal 15 after "),
               5, "what it did")


def test_27_the_startup_delay(ours):
    first = control(ours, "global_defs {\n vrrp_startup_delay 300\n}\n" + instance(100))
    wait_until(lambda: "vrrp_startup_delay" in first.why()["rules"][0], 5, "the rule")


def test_28_a_route_needs_an_interface(ours):
    ours.first.ip("link add other type veth peer name other-peer", "link set other-peer up", "link set other up",
                  "address add 10.2.0.1/24 dev other")
    first = control(ours, instance(100, extra="virtual_routes {\n 10.50.0.0/16 via 10.2.0.9 dev other\n}"))
    first.wait_for("MASTER")
    ours.first.ip("link set other down")
    subject = first.wait_for("FAULT")
    assert subject["rules"] == ["interface other, which it needs, is down"]

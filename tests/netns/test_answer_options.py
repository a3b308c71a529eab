"""Keywords that change what a router makes of others, and when it begins to listen."""

import json
import signal
import time

import pytest
from lab import wait_until
from lab.forge import advert as vrrp
from lab.forge import ipv4, put_on_wire
from routers import ADVERT, SLACK, VIP, instance, master_down_interval
from talking import OTHER, Talker, global_or_own, hear

FIRST, SECOND = "10.1.0.1", "10.1.0.7"


def three(ours, keyword, in_global):
    """Routers 1 to 3 of priority 100, all MASTER: silent about the keyword, with it, and with it off; `in_global` is
    what global_defs says."""
    lines = {1: "", 2: keyword, 3: f"{keyword} off"}
    daemon = ours.start(ours.first, f"global_defs {{\n{in_global}\n}}\n"
                        + "".join(instance(100, name=f"VI_{vrid}", vrid=vrid, advert=0.8, extra=line,
                                           addresses=[f"10.1.0.10{vrid}"]) for vrid, line in lines.items()))
    for vrid in lines:
        daemon.wait_for_state("MASTER", instance=f"VI_{vrid}")
        wait_until(lambda v=vrid: len(ours.capture.adverts("first", vrid=v)) >= 2, 5, "two adverts")
    return daemon


@pytest.mark.parametrize("keyword, in_global, silent", [
    ("lower_prio_no_advert", "", {2}), ("lower_prio_no_advert", "vrrp_lower_prio_no_advert", {1, 2}),
    ("strict_mode", "", {2}), ("strict_mode", "vrrp_strict", {1, 2})])
def test_answer_to_a_lower_priority(ours, keyword, in_global, silent):
    """At once, or not before the time comes. Strictly it is not answered."""
    three(ours, keyword, in_global)
    for vrid in (1, 2, 3):
        hear(ours.second, 50, vrid=vrid, interval=80, addresses=(f"10.1.0.10{vrid}",))
    time.sleep(1)
    for vrid in (1, 2, 3):
        times = [advert.time for advert in ours.capture.adverts("first", vrid=vrid)]
        gaps = [after - before for before, after in zip(times, times[1:])]
        assert (min(gaps) >= 0.75) == (vrid in silent)


@pytest.mark.parametrize("in_global, polite", [("", {2}), ("vrrp_higher_prio_send_advert", {1, 2})])
def test_answer_to_a_higher_priority(ours, in_global, polite):
    """A last advert, which corrects the switches, or none."""
    daemon = three(ours, "higher_prio_send_advert", in_global)
    asked = time.time()
    for vrid in (1, 2, 3):
        hear(ours.second, 200, vrid=vrid, interval=80, addresses=(f"10.1.0.10{vrid}",))
    for vrid in (1, 2, 3):
        wait_until(lambda v=vrid: daemon.states(f"VI_{v}")[-2:] == ["MASTER", "BACKUP"], 3, "BACKUP again")
    for vrid in (1, 2, 3):
        count = len([advert for advert in ours.capture.adverts("first", vrid=vrid, since=asked)
                     if advert.time < asked + 0.5])
        assert count == (1 if vrid in polite else 0)


@pytest.mark.parametrize("keyword", ["vrrp_owner_ignore_adverts", "owner_ignore_adverts", ""])
def test_an_address_owner_and_another_one(ours, keyword):
    """Two routers cannot both own the address: one gives way, unless it is told to look away."""
    daemon = ours.start(ours.first, global_or_own(keyword, 255, state="MASTER"))
    daemon.wait_for_state("MASTER")
    with Talker(ours.second, 255):
        if keyword:
            daemon.wait_for_log("(VI_1) Dropping packet(s) from 10.1.0.2 since we are address owner")
            time.sleep(0.5)
            assert daemon.states()[-1] == "MASTER"
        else:
            daemon.wait_for_log("CONFIGURATION ERROR")
            daemon.wait_for_state("BACKUP")


def counter(daemon, name, instance="VI_1"):
    path = daemon.folder / "tmp" / "keepalived.json"
    path.unlink(missing_ok=True)
    daemon.signal(signal.SIGRTMIN + 2)
    wait_until(lambda: path.exists() and path.read_text().rstrip().endswith("]"), 3, "the dump")
    return next(each["stats"][name] for each in json.loads(path.read_text()) if each["data"]["iname"] == instance)


@pytest.mark.parametrize("keyword", ["vrrp_skip_check_adv_addr", "skip_check_adv_addr", ""])
def test_addresses_of_the_master_are_compared(ours, keyword):
    """Each time, or only when it is another MASTER."""
    daemon = ours.start(ours.first, global_or_own(keyword))
    daemon.wait_for_log("Startup complete")
    with Talker(ours.second, 200, addresses=("10.1.0.199",)):
        wait_until(lambda: counter(daemon, "advert_rcvd") >= 6, 4, "six adverts")
        wrong = counter(daemon, "addr_list_err")
    assert wrong == 1 if keyword else wrong >= 6


@pytest.mark.parametrize("keyword, adverts", [("vrrp_down_timer_adverts 6", 6), ("down_timer_adverts 6", 6), ("", 3)])
def test_how_many_adverts_may_be_missed(ours, keyword, adverts):
    daemon = ours.start(ours.first, global_or_own(keyword))
    hear(ours.second, 200)
    daemon.wait_for_log("Startup complete")
    hear(ours.second, 200)
    heard = time.time()
    took = ours.capture.first_advert("first").time - heard
    expected = master_down_interval(100) + (adverts - 3) * ADVERT
    assert expected - 0.05 <= took <= expected + SLACK


@pytest.mark.parametrize("keyword", ["unicast_fault_no_peer", ""])
def test_unicast_without_peers(ours, keyword):
    """Nobody is told anything, or the group is."""
    daemon = ours.start(ours.first, instance(100, extra=f"unicast_src_ip {FIRST}\nunicast_peer {{\n}}\n{keyword}"))
    if keyword:
        time.sleep(master_down_interval(100) + 1)
        assert daemon.state() in (None, "FAULT") and not ours.capture.adverts("first")
    else:
        assert ours.capture.first_advert("first").destination == "224.0.0.18"


@pytest.mark.parametrize("lines, becomes", [("nopreempt", "BACKUP"), ("nopreempt\npreempt", "MASTER")])
def test_preempt_undoes_nopreempt(ours, lines, becomes):
    with Talker(ours.second, 50):
        daemon = ours.start(ours.first, instance(100, extra=lines))
        time.sleep(master_down_interval(100) + 1)
        assert daemon.state() == becomes


def test_unknown_virtual_routers_are_told_on_demand(ours):
    daemon = ours.start(ours.first, "global_defs {\nlog_unknown_vrids\n}\n" + instance(100))
    daemon.wait_for_state("MASTER")
    hear(ours.second, vrid=77)
    daemon.wait_for_log("77")
    daemon.configure(instance(100))
    daemon.reload()
    hear(ours.second, vrid=78)
    hear(ours.second, 50)
    daemon.wait_for_log("with lower priority 50")
    assert "78" not in [word.strip(",.():") for line in daemon.log().splitlines() if "nknown" in line
                        for word in line.split()]


@pytest.mark.parametrize("keyword", ["vrrp_check_unicast_src", "check_unicast_src", ""])
def test_adverts_of_others_than_the_peers(ours, keyword):
    daemon = ours.start(ours.first, global_or_own(
        keyword, extra=f"unicast_src_ip {FIRST}\nunicast_peer {{\n10.1.0.9\n}}"))
    daemon.wait_for_state("MASTER")
    mac = bytes.fromhex(ours.first.run(["cat", "/sys/class/net/eth0/address"]).strip().replace(":", ""))
    put_on_wire(ours.second, mac=mac, packets=[
        ipv4(OTHER, FIRST, vrrp(OTHER, FIRST, priority=200, interval=20, addresses=(VIP,)))])
    if keyword:
        daemon.wait_for_log(f"(VI_1) unicast source address {OTHER} not a unicast peer")
        assert daemon.state() == "MASTER"
    else:
        wait_until(lambda: "BACKUP" in daemon.states()[2:], 3, "BACKUP again")


@pytest.mark.holdfast_only
def test_a_missing_source_address_is_fault_only_when_it_is_tracked(ours):
    daemon = ours.start(ours.first, instance(100, extra=f"mcast_src_ip {FIRST}\ntrack_src_ip")
                        + instance(100, name="other", vrid=52, addresses=["10.1.0.152"],
                                   extra=f"mcast_src_ip {FIRST}"))
    for name in ("VI_1", "other"):
        daemon.wait_for_state("MASTER", instance=name)
    ours.first.ip(f"addr del {FIRST}/24 dev eth0")
    daemon.wait_for_state("FAULT")
    wait_until(lambda: not ours.first.holds(VIP), 3, "the address given up")
    ours.first.ip(f"addr add {FIRST}/24 dev eth0")
    daemon.wait_for_state("MASTER")
    assert ours.capture.last_advert("first", vrid=51).source == FIRST
    assert daemon.states("other") == ["BACKUP", "MASTER"]


@pytest.mark.holdfast_only
def test_a_tracked_source_address_that_is_missing_at_the_start_is_fault(ours):
    daemon = ours.start(ours.first, instance(100, extra=f"mcast_src_ip {SECOND}\ntrack_src_ip"))
    daemon.wait_for_log("entering FAULT state")
    ours.first.ip(f"addr add {SECOND}/32 dev eth0")
    daemon.wait_for_state("MASTER")
    assert ours.capture.first_advert("first").source == SECOND


def test_the_start_can_be_put_off(ours):
    """Until then nothing is sent, and nothing counts that is heard: a full Master_Down_Interval follows."""
    daemon = ours.start(ours.first, "global_defs {\nvrrp_startup_delay 1.5\n}\n" + instance(100))
    with Talker(ours.second, 50):
        first = wait_until(lambda: ours.capture.adverts("first"), 6, "an advert")[0]
    assert first.time - daemon.started_at >= 1.5 + master_down_interval(100) - 0.05


def test_local_igmp_reports_are_off_while_it_runs(ours):
    path = ["cat", "/proc/sys/net/ipv4/igmp_link_local_mcast_reports"]
    assert ours.first.run(path).strip() == "1"
    daemon = ours.start(ours.first, "global_defs {\ndisable_local_igmp\n}\n" + instance(100))
    daemon.wait_for_state("MASTER")
    assert ours.first.run(path).strip() == "0"
    daemon.stop()
    assert ours.first.run(path).strip() == "1"

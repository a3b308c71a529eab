"""A crash, and the next start: what fits is adopted without a gap, what nobody wants any more goes."""

import socket
import time

import pytest
from lab import wait_until
from lab.netlink import entered
from routers import SLACK, VIP, instance
from test_repair import Monitor

pytestmark = pytest.mark.holdfast_only

EXTRA = ("virtual_ipaddress_excluded {\n 10.1.9.1/32\n fd00::100/64\n }\n"
         "virtual_routes {\n 10.200.0.0/16 via 10.1.0.254 dev eth0\n 10.202.0.0/16 dev eth0 table 200\n }\n"
         "virtual_rules {\n from 10.201.0.0/16 table 200 priority 201\n }\n")
STATIC = ("static_ipaddress {\n 10.7.0.1/24 dev eth0\n}\n"
          "static_routes {\n 10.70.0.0/16 via 10.7.0.9 dev eth0\n}\n"
          "static_rules {\n from 10.71.0.0/16 table 71 priority 71\n}\n")
VMAC = "use_vmac\n"


def everything(node):
    """Addresses, routes, rules and links, as text without what counts down."""
    texts = [node.run(["ip", "-o", "address"])]
    for family in ("-4", "-6"):
        texts += [node.run(["ip", family, "route", "show", "table", "all", "proto", "18"]),
                  node.run(["ip", family, "rule"])]
    return [*texts, node.run(["ip", "-o", "link"])]


def start(ours, config):
    daemon = ours.start(ours.first, config)
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    return daemon


@pytest.mark.parametrize("own_link", ["", VMAC], ids=("plain", "vmac"))
def test_a_crash_and_a_restart_move_nothing(ours, own_link):
    daemon = start(ours, STATIC + instance(100, extra=EXTRA + own_link))
    wait_until(lambda: "lookup 200" in ours.first.run(["ip", "rule"]), 2, "the rule")
    time.sleep(SLACK)
    before = everything(ours.first)
    monitor = Monitor(ours.first, "address", "route", "rule", "link")
    daemon.kill()
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=2)
    time.sleep(SLACK)
    assert everything(ours.first) == before
    assert not monitor.lines("^Deleted"), monitor.lines("^Deleted")
    assert daemon.stop() == 0
    left = "".join(everything(ours.first))
    for gone in ("10.1.9.1", "fd00::100", "10.200.0.0", "lookup 200", "10.7.0.1", "10.70.0.0", "lookup 71", "vrrp"):
        assert gone not in left, gone


def test_a_reload_before_the_decision_leaves_what_a_crash_has_left(ours):
    second = "10.1.0.101"
    daemon = start(ours, instance(100, advert=0.5, addresses=(VIP + "/24", second + "/24")))
    wait_until(lambda: ours.first.holds(second), 2, "the second address")
    daemon.kill()
    ours.first.ip(f"address del {second}/24 dev eth0")
    daemon.start()
    daemon.wait_for_log("keeping the VIPs of the last run")
    daemon.reload()
    daemon.wait_for_log("Reload complete")
    early = ours.first.holds(second)
    has_decided = daemon.log().count("Entering MASTER STATE") == 2
    assert ours.first.holds(VIP)
    assert has_decided or not early
    wait_until(lambda: ours.first.holds(second), 8, "the second address with the mastership")


def test_what_the_next_configuration_no_longer_has_goes(ours):
    daemon = start(ours, STATIC + instance(100, extra=EXTRA))
    wait_until(lambda: "lookup 200" in ours.first.run(["ip", "rule"]), 2, "the rule")
    ours.first.ip("address add 10.1.0.60/24 dev eth0", "route add 10.210.0.0/16 dev eth0",
                  "rule add from 10.211.0.0/16 table 211 priority 211")
    daemon.kill()
    daemon.configure(instance(100, addresses=("10.1.0.101/24",)))
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=2)
    wait_until(lambda: ours.first.holds("10.1.0.101"), 2, "the new address")
    left = "".join(everything(ours.first))
    for gone in (VIP, "10.1.9.1", "fd00::100", "10.200.0.0", "10.202.0.0", "lookup 200", "10.7.0.1", "10.70.0.0",
                 "lookup 71"):
        assert f"{gone}/" not in left and f"{gone} " not in left, gone
    assert "left by the last run, which crashed: remove address 10.1.9.1/32" in daemon.log()
    assert ours.first.holds("10.1.0.60") and ours.first.holds("10.1.0.1")
    assert "10.210.0.0/16" in ours.first.run(["ip", "route"]) and "lookup 211" in ours.first.run(["ip", "rule"])


def test_a_vmac_of_an_instance_that_is_no_longer_there_goes(ours):
    daemon = start(ours, instance(100, extra=VMAC))
    assert "vrrp.51" in ours.first.run(["ip", "link"])
    ours.first.ip("link add link eth0 name mv0 type macvlan mode private")
    daemon.kill()
    daemon.configure(instance(100, vrid=52, addresses=("10.1.0.101/24",)))
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=2)
    links = ours.first.run(["ip", "link"])
    assert "vrrp.51" not in links and "mv0" in links
    assert not ours.first.holds(VIP)


def test_nothing_is_taken_from_another_daemon_here(ours):
    daemon = start(ours, instance(100, extra=EXTRA))
    daemon.kill()
    with entered(ours.first.namespace):
        other = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
    try:
        daemon.configure(instance(100, addresses=("10.1.0.101/24",)))
        daemon.start()
        daemon.wait_for_log("Entering MASTER STATE", times=2)
        time.sleep(SLACK)
        assert ours.first.holds(VIP) and ours.first.holds("10.1.9.1")
    finally:
        other.close()


def test_what_was_left_on_purpose_stays_until_it_is_ours_again(ours):
    # -V: the daemon ends, its objects stay; a clean end leaves no mark of a crash.
    daemon = ours.start(ours.first, STATIC + instance(100, extra=EXTRA), options=["-V"])
    daemon.wait_for_state("MASTER")
    wait_until(lambda: "lookup 200" in ours.first.run(["ip", "rule"]), 2, "the rule")
    time.sleep(SLACK)
    before = everything(ours.first)
    assert daemon.stop() == 0
    assert everything(ours.first) == before
    daemon.configure(instance(100, addresses=("10.1.0.101/24",)))
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=2)
    time.sleep(SLACK)
    assert ours.first.holds(VIP) and ours.first.holds("10.7.0.1")
    assert daemon.stop() == 0
    second = ours.start(ours.first, STATIC + instance(100, extra=EXTRA))
    second.wait_for_state("MASTER")
    assert second.stop() == 0
    left = "".join(everything(ours.first))
    for gone in ("10.1.9.1", "fd00::100", "10.200.0.0", "lookup 200", "10.7.0.1", "10.70.0.0", "lookup 71"):
        assert gone not in left, gone

"""The kernel has more to tell than the netlink socket holds (ENOBUFS): afterwards all is as if we had heard it."""

import os
import signal
import subprocess
import time

import pytest
from lab import wait_until
from routers import ADVERT, VIP, instance
from test_track_interfaces import make

pytestmark = pytest.mark.holdfast_only

OVERRUN = "Netlink: Receive buffer overrun on monitor socket - (No buffer space available)"
SMALL = "global_defs {\n vrrp_netlink_monitor_rcv_bufs 65536\n dynamic_interfaces\n}\n"
EXTRA = ("virtual_routes {\n 10.200.0.0/16 via 10.1.0.254 dev eth0\n }\n"
         "virtual_rules {\n from 10.201.0.0/16 table 201 priority 201\n }\n")


def noise(count):
    """Lines for `ip -batch` that make `count` pieces of news and leave nothing."""
    pairs = (f"address add 10.77.{i // 250 % 250}.{i % 250}/32 dev lo\n"
             f"address del 10.77.{i // 250 % 250}.{i % 250}/32 dev lo\n" for i in range(count // 2))
    return "".join(pairs)


def batch(node, text):
    done = subprocess.run(["ip", "-n", node.namespace, "-batch", "-"], input=text, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


class Deaf:
    """Within the block the daemon is stopped; what happens there drowns in noise, which comes before and after."""

    def __init__(self, daemon, count=4000):
        self.daemon, self.count = daemon, count

    def __enter__(self):
        self.daemon.signal(signal.SIGSTOP)
        batch(self.daemon.node, noise(self.count))

    def __exit__(self, *_):
        batch(self.daemon.node, noise(self.count))
        self.daemon.signal(signal.SIGCONT)


def start(ours, config):
    daemon = ours.start(ours.first, SMALL + config)
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    return daemon


def shows(node, *words):
    return lambda: words[-1] in node.run(["ip", *words[:-1]])


def test_all_that_was_removed_unheard_is_put_back(ours):
    daemon = start(ours, instance(100, extra=EXTRA))
    wait_until(shows(ours.first, "rule", "show", "lookup 201"), 2, "the rule")
    with Deaf(daemon):
        ours.first.ip(f"address del {VIP}/24 dev eth0", "route del 10.200.0.0/16", "rule del priority 201")
    wait_until(lambda: ours.first.holds(VIP), 3, "the address back")
    wait_until(shows(ours.first, "route", "show", "10.200.0.0/16"), 3, "the route back")
    wait_until(shows(ours.first, "rule", "show", "lookup 201"), 3, "the rule back")
    assert daemon.log().count(OVERRUN) == 1
    assert daemon.state() == "MASTER"
    # And the ears are open again.
    ours.first.ip(f"address del {VIP}/24 dev eth0")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address back once more")


def test_an_interface_that_went_unheard(ours):
    make(ours.first)
    daemon = start(ours, instance(100, extra="track_interface {\n other\n }"))
    with Deaf(daemon):
        ours.first.ip("link del other")
    daemon.wait_for_state("FAULT")
    wait_until(lambda: not ours.first.holds(VIP), 2, "the address given up")
    with Deaf(daemon):
        make(ours.first)
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    with Deaf(daemon):
        ours.first.ip("link set other-peer down")
    daemon.wait_for_state("FAULT")
    with Deaf(daemon):
        ours.first.ip("link set other-peer up")
    daemon.wait_for_state("MASTER")


def test_an_interface_with_another_index_unheard(ours):
    make(ours.first)
    config = (instance(100) + instance(100, name="VI_2", vrid=52, addresses=("10.2.0.100/24",))
              .replace("interface eth0", "interface other"))
    daemon = start(ours, config)
    daemon.wait_for_state("MASTER", instance="VI_2")
    wait_until(lambda: ours.first.holds("10.2.0.100"), 2, "the address")
    with Deaf(daemon):
        ours.first.ip("link del other")
        make(ours.first)
    wait_until(lambda: ours.first.holds("10.2.0.100"), 5, "the address on the new interface")
    daemon.wait_for_state("MASTER", instance="VI_2")
    # Its adverts leave by the new interface: what comes in at the other end counts.
    begin = received(ours.first, "other-peer")
    wait_until(lambda: received(ours.first, "other-peer") > begin + 3, 10 * ADVERT + 2, "adverts on the new interface")
    assert daemon.states() == ["BACKUP", "MASTER"]


def received(node, interface):
    return int(node.run(["cat", f"/sys/class/net/{interface}/statistics/rx_packets"]))


def test_the_primary_address_replaced_unheard(ours):
    daemon = start(ours, instance(100, addresses=(f"{VIP}/32",)))
    with Deaf(daemon):
        ours.first.ip("address del 10.1.0.1/24 dev eth0", "address add 10.1.0.7/24 dev eth0")
    wait_until(lambda: ours.capture.adverts("first") and ours.capture.last_advert("first").source == "10.1.0.7", 3,
               "adverts from the new address")
    with Deaf(daemon):
        ours.first.ip("address del 10.1.0.7/24 dev eth0")
    daemon.wait_for_state("FAULT")
    with Deaf(daemon):
        ours.first.ip("address add 10.1.0.1/24 dev eth0")
    daemon.wait_for_state("MASTER")


def test_the_default_buffer_overflows_too(ours):
    daemon = ours.start(ours.first, instance(100))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    with Deaf(daemon, 16000):
        ours.first.ip(f"address del {VIP}/24 dev eth0")
    wait_until(lambda: ours.first.holds(VIP), 3, "the address back")
    assert OVERRUN in daemon.log()


def test_a_storm_that_lasts_disturbs_no_advert(ours):
    daemon = start(ours, instance(100, advert=0.5))
    begin = time.time()
    storm = ours.first.popen(["ip", "-batch", ours.first.write("storm", noise(60000))])
    assert storm.wait(60) == 0
    end = time.time()
    time.sleep(1)
    ours.first.ip(f"address del {VIP}/24 dev eth0")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address back")
    assert daemon.states() == ["BACKUP", "MASTER"]
    times = [advert.time for advert in ours.capture.adverts("first", since=begin)]
    gaps = [after - before for before, after in zip(times, times[1:]) if before < end]
    assert all(gap < 1.5 for gap in gaps), gaps  # Master_Down_Interval of the others is 1.8 s.
    assert daemon.log().count(OVERRUN) <= 2

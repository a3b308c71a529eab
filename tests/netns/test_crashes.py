"""kill -9 at any moment, and the next start: what stays wanted is never absent, what is no longer wanted goes, nothing is
there twice. CRASHES=100 in the environment makes more of them."""

import os
import random
import re
import time

import pytest
from lab import wait_until
from routers import VIP, instance
from test_repair import Monitor
from test_restart import everything

pytestmark = pytest.mark.holdfast_only

CRASHES = int(os.environ.get("CRASHES", "15"))
ADVERT = 0.05
STATIC = ("static_ipaddress {\n 10.7.0.1/24 dev eth0\n}\n"
          "static_routes {\n 10.70.0.0/16 via 10.7.0.9 dev eth0\n}\n"
          "static_rules {\n from 10.71.0.0/16 table 71 priority 71\n}\n")
PLAIN = ("virtual_ipaddress_excluded {\n 10.1.9.1/32\n fd00::100/64\n%s }\n"
         "virtual_routes {\n 10.200.0.0/16 via 10.1.0.254 dev eth0\n%s }\n"
         "virtual_rules {\n from 10.201.0.0/16 table 200 priority 201\n%s }\n")
# What one of two configurations has and the other has not.
FURTHER = (" 10.1.9.77/32\n", " 10.77.0.0/16 dev eth0\n", " from 10.78.0.0/16 table 200 priority 277\n")
MAY_GO = ("10.1.9.77", "10.77.0.0/16", "277:")


def configuration(further):
    extra = PLAIN % (FURTHER if further else ("", "", ""))
    return (STATIC + instance(100, advert=ADVERT, extra=extra + "no_accept\n")
            + instance(100, name="VI_2", vrid=52, advert=ADVERT, addresses=("10.1.0.152/24",), extra="use_vmac\n"))


def settled(node, further):
    """Waits until both are MASTER and all of their objects are there; returns them."""
    wait_until(lambda: node.holds(VIP) and node.holds("10.1.0.152"), 10, "the addresses")
    wait_until(lambda: node.holds("10.1.9.77") == further, 5, "the address that comes and goes")
    wait_until(lambda: ("277:" in node.run(["ip", "rule"])) == further, 5, "the rule that comes and goes")
    lines = "".join(everything(node)) + node.run(["nft", "list", "ruleset"])
    # The kernel takes its time to tell UNKNOWN from UP.
    return sorted(re.sub(" state (UP|UNKNOWN) ", " ", line.strip()) for line in lines.splitlines())


def test_crashes_at_random_moments(ours):
    dice = random.Random(20250117)
    node = ours.first
    daemon = ours.start(node, configuration(True))
    daemon.wait_for_state("MASTER", instance="VI_2")
    with_further = settled(node, True)
    daemon.configure(configuration(False))
    daemon.reload()
    without = settled(node, False)
    monitor = Monitor(node, "address", "route", "rule", "link")
    for _ in range(CRASHES):
        further = dice.random() < 0.5
        if dice.random() < 0.5:  # In the middle of a reload, or soon after it.
            daemon.configure(configuration(further))
            daemon.reload()
            time.sleep(dice.random() ** 2 * 0.1)
        daemon.kill()
        further = dice.random() < 0.5
        daemon.configure(configuration(further))
        daemon.start()
        time.sleep(dice.random() * 0.5)
    monitor_end = len(monitor.lines("."))
    daemon.kill()
    daemon.configure(configuration(True))
    daemon.start()
    assert settled(node, True) == with_further
    daemon.kill()
    daemon.configure(configuration(False))
    daemon.start()
    assert settled(node, False) == without
    gone = [line for _, line in monitor.lines("^Deleted") if not any(name in line for name in MAY_GO)]
    assert gone == [], (gone, monitor_end)
    assert daemon.stop() == 0
    left = "".join(everything(node))
    for name in (VIP, "10.1.9.", "fd00::100", "10.200.0.0", "lookup 200", "10.7.0.1", "10.70.0.0", "lookup 71", "vrrp", "10.77."):
        assert f"{name}" not in left, name
    assert "keepalived" not in node.run(["nft", "list", "ruleset"])

"""What others take from us while we are Master: put back at once and in place, ever more slowly when they keep at
it; what is not ours stays as they want it."""

import re
import subprocess
import time

import pytest
from lab import wait_until
from routers import SLACK, VIP, instance

pytestmark = pytest.mark.holdfast_only

ROUTES = "virtual_routes {\n 10.200.0.0/16 via 10.1.0.254 dev eth0\n 2001:db8:9::/48 dev eth0\n }"
RULES = "virtual_rules {\n from 10.201.0.0/16 table 201 priority 201\n from 2001:db8:a::/48 table 202 priority 202\n }"


class Monitor:
    """`ip monitor` of a node with the time of each line."""

    def __init__(self, node, *what):
        self.path = node.folder / "monitor"
        self._out = open(self.path, "w")
        self._process = node.popen(["ip", "-tshort", "monitor", *what], stdout=self._out)
        time.sleep(SLACK)  # Until it listens.

    def lines(self, pattern):
        """(seconds of the day, the line) of those that match."""
        found = []
        for line in self.path.read_text().splitlines():
            stamp = re.match(r"\[\S+T(\d+):(\d+):([\d.]+)\] (.*)", line)
            if stamp and re.search(pattern, stamp[4]):
                hours, minutes, seconds = map(float, stamp.groups()[:3])
                found.append((hours * 3600 + minutes * 60 + seconds, stamp[4]))
        return found


@pytest.mark.parametrize("removal, pattern", [
    ("route del 10.200.0.0/16", r"10\.200\.0\.0/16"),
    ("-6 route del 2001:db8:9::/48", r"2001:db8:9::/48"),
    ("rule del priority 201", r"201:"),
    ("-6 rule del priority 202", r"202:"),
], ids=("route", "route6", "rule", "rule6"))
def test_a_route_or_rule_removed_from_outside_is_put_back_at_once(ours, removal, pattern):
    daemon = ours.start(ours.first, instance(100, extra=ROUTES + "\n" + RULES))
    daemon.wait_for_state("MASTER")
    family = ["-6"] if removal.startswith("-6") else []
    kind = "rule" if "rule" in removal else "route"
    shown = lambda: re.search(pattern, ours.first.run(["ip", *family, kind, "show"]))
    wait_until(shown, 2, "the object")
    monitor = Monitor(ours.first, "route", "rule")
    ours.first.run(["ip", *removal.split()])
    wait_until(lambda: len(monitor.lines(pattern)) >= 2, 3, "removed and added")
    (gone, first), (back, second) = monitor.lines(pattern)[:2]
    assert first.startswith("Deleted") and not second.startswith("Deleted")
    assert (back - gone) % 86400 < 0.1 + SLACK
    daemon.wait_for_log("put back, 1 time(s) so far")
    assert daemon.states() == ["BACKUP", "MASTER"]
    assert len(re.findall("was removed by somebody else", daemon.log())) == 1
    assert shown()


def test_a_thousand_addresses_flushed_at_once_are_all_back(ours):
    many = [f"10.50.{third}.{fourth}/32" for third in range(5) for fourth in range(200)]
    daemon = ours.start(ours.first, instance(100, extra="virtual_ipaddress_excluded {\n" + "\n".join(many) + "\n}"))
    daemon.wait_for_state("MASTER")
    count = lambda: sum(address.startswith("10.50.") for address in ours.first.addresses())
    wait_until(lambda: count() == 1000, 3, "a thousand addresses")
    ours.first.ip("address add 10.50.9.9/32 dev lo")  # Not ours, and not to come back.
    before = len(daemon.log().splitlines())
    # Without a second look, which would take what has just been put back.
    subprocess.run(["ip", "-n", ours.first.namespace, "-loops", "1", "address", "flush", "to", "10.50.0.0/16"],
                   capture_output=True, check=False)

    def changes():
        """When each address was last seen to go, and to come after that; the watch may lag behind the kernel."""
        gone, back = {}, {}
        for event in list(ours.first.watch.events):
            if not event.added:
                gone[event.address] = event.time
                back.pop(event.address, None)
            elif event.address in gone:
                back[event.address] = event.time
        return gone, back

    wait_until(lambda: count() == 1000 and len(changes()[0]) > 500, 5, "the flush and the repair")
    wait_until(lambda: set(changes()[0]) - set(changes()[1]) == {"10.50.9.9/32"}, 5, "all of them back")
    gone, back = changes()
    assert not ours.first.holds("10.50.9.9")
    assert max(back.values()) - max(gone.values()) < 0.1 + SLACK
    time.sleep(SLACK)
    assert daemon.states() == ["BACKUP", "MASTER"]
    # A line for many, not many lines.
    said = [line for line in daemon.log().splitlines()[before:] if "somebody else" in line or "put back" in line]
    assert said and len(said) < 200, len(said)
    assert any(re.search(r"each of \d+ addresses, 10\.50\.\S+ to 10\.50\.\S+, on eth0", line) for line in said)


def test_somebody_who_keeps_flushing_does_not_win(ours):
    # The usual flush looks again until nothing is left, up to ten times.
    many = [f"10.50.0.{fourth}/32" for fourth in range(200)]
    daemon = ours.start(ours.first, instance(100, extra="virtual_ipaddress_excluded {\n" + "\n".join(many) + "\n}"))
    daemon.wait_for_state("MASTER")
    count = lambda: sum(address.startswith("10.50.") for address in ours.first.addresses())
    wait_until(lambda: count() == 200, 3, "the addresses")
    for _ in range(2):
        subprocess.run(["ip", "-n", ours.first.namespace, "address", "flush", "to", "10.50.0.0/16"],
                       capture_output=True, check=False)
        wait_until(lambda: count() == 200, 8, "all of them back")
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_a_fight_is_slowed_down_and_named(ours):
    daemon = ours.start(ours.first, instance(100))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    rival = ours.first.script("rival", f"while :; do ip address del {VIP}/24 dev eth0 2>/dev/null; done")
    process = ours.first.popen([rival])
    try:
        daemon.wait_for_log("is removed by somebody else", 5, times=4)
        assert re.search(r"again and again: put back \d+ time\(s\) so far, the next time in \d+ ms", daemon.log())
        time.sleep(2)
    finally:
        process.kill()
        process.wait()
    changes = len(ours.first.watch.of(VIP))
    assert changes < 40, changes  # And not thousands.
    # At most the current delay, which has doubled a few times, until it is there again.
    wait_until(lambda: ours.first.holds(VIP), 10, "the address after the fight")
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_no_track_means_that_it_is_left_alone(ours):
    addresses = [f"{VIP}/24", "10.1.0.101/24 no_track"]
    routes = "virtual_routes {\n 10.200.0.0/16 dev eth0 no_track\n }"
    daemon = ours.start(ours.first, instance(100, addresses=addresses, extra=routes))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds("10.1.0.101"), 2, "the address")
    wait_until(lambda: "10.200.0.0/16" in ours.first.run(["ip", "route"]), 2, "the route")
    ours.first.ip("address del 10.1.0.101/24 dev eth0", "route del 10.200.0.0/16")
    daemon.wait_for_log("was removed by somebody else", times=2)
    time.sleep(SLACK)
    assert not ours.first.holds("10.1.0.101") and "10.200.0.0/16" not in ours.first.run(["ip", "route"])
    assert ours.first.holds(VIP) and daemon.states() == ["BACKUP", "MASTER"]


def test_foreign_objects_in_the_neighbourhood_are_not_touched(ours):
    ours.first.ip("address add 10.1.0.50/24 dev eth0", "address add 10.1.0.100/24 dev lo",
                  "route add 10.200.0.0/16 dev eth0 metric 7 proto 18", "route add 10.210.0.0/16 dev eth0 proto 18",
                  "rule add from 10.201.0.0/16 table 203 priority 203 protocol 18")
    daemon = ours.start(ours.first, instance(100, extra=ROUTES + "\n" + RULES))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: "10.200.0.0/16 via" in ours.first.run(["ip", "route"]), 2, "our route beside theirs")
    ours.first.ip("route del 10.200.0.0/16 metric 7", "address del 10.1.0.50/24 dev eth0")
    time.sleep(SLACK)
    assert daemon.stop() == 0
    routes, rules = ours.first.run(["ip", "route"]), ours.first.run(["ip", "rule"])
    assert "10.210.0.0/16" in routes and "10.200.0.0/16" not in routes
    assert "lookup 203" in rules and "lookup 201" not in rules
    assert "10.1.0.100" in ours.first.run(["ip", "address", "show", "dev", "lo"])


@pytest.mark.parametrize("address, lifetime", [("fd00::100/64 preferred_lft 0", "preferred_lft 0sec"),
                                               ("fd00::100/128", "preferred_lft 0sec"),
                                               ("fd00::100/64", "preferred_lft forever")])
def test_a_repaired_address_is_as_it_was(ours, address, lifetime):
    extra = f"virtual_ipaddress_excluded {{\n {address}\n }}"
    daemon = ours.start(ours.first, instance(100, extra=extra))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds("fd00::100"), 2, "the address")
    shown = lambda: ours.first.run(["ip", "address", "show", "dev", "eth0", "to", "fd00::100"])
    before = shown()
    assert lifetime in before
    ours.first.ip(f"address del {address.split()[0]} dev eth0")
    wait_until(lambda: ours.first.holds("fd00::100"), 2, "the address back")
    assert shown() == before


def test_static_objects_are_put_back_too(ours):
    config = ("static_ipaddress {\n 10.7.0.1/24 dev eth0\n fd00:7::1/64 dev eth0\n}\n"
              "static_routes {\n 10.70.0.0/16 via 10.7.0.9 dev eth0\n}\n"
              "static_rules {\n from 10.71.0.0/16 table 71 priority 71\n}\n")
    daemon = ours.start(ours.first, config + instance(100))
    daemon.wait_for_state("MASTER")
    ours.first.ip("address del 10.7.0.1/24 dev eth0", "address del fd00:7::1/64 dev eth0", "rule del priority 71")
    wait_until(lambda: ours.first.holds("10.7.0.1") and ours.first.holds("fd00:7::1"), 2, "the addresses back")
    wait_until(lambda: "10.70.0.0/16" in ours.first.run(["ip", "route"]), 2, "the route back, which went with it")
    wait_until(lambda: "lookup 71" in ours.first.run(["ip", "rule"]), 2, "the rule back")
    assert daemon.states() == ["BACKUP", "MASTER"]

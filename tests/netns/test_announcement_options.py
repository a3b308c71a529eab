"""Keywords that change how addresses are announced: how often, when, how far apart, and where."""

import socket
import time

import pytest
from lab import netlink, wait_until
from lab.frames import decode
from routers import SLACK, VIP, instance
from talking import global_or_own, hear


def bursts(capture, address, sender="first"):
    """(time, number of announcements) of each burst of an address."""
    found = []
    for frame in capture.gratuitous_arps(sender, address=address):
        if found and frame.time - found[-1][2] < 0.5:
            found[-1] = (found[-1][0], found[-1][1] + 1, frame.time)
        else:
            found.append((frame.time, 1, frame.time))
    return [(start, number) for start, number, _ in found]


@pytest.mark.parametrize("lines, numbers, gaps", [
    ("vrrp_garp_master_delay 1\nvrrp_garp_master_repeat 2", [2, 2], [1]),
    ("vrrp_garp_master_delay 0\nvrrp_garp_master_repeat 3\nvrrp_garp_master_refresh 1\n"
     " vrrp_garp_master_refresh_repeat 2", [3, 2, 2], [1, 1]),
    ("vrrp_min_garp", [1], []),
    ("vrrp_min_garp\nvrrp_garp_master_repeat 4", [4], []),
], ids=["delay", "refresh", "min_garp", "min_garp and repeat"])
def test_global_announcements(ours, lines, numbers, gaps):
    ours.start(ours.first, f"global_defs {{\n{lines}\n}}\n" + instance(100)
               + instance(100, name="VI_2", vrid=52, addresses=["10.1.0.152"],
                          extra="garp_master_delay 1\ngarp_master_repeat 1\ngarp_master_refresh 0"))
    wait_until(lambda: len(bursts(ours.capture, VIP)) >= len(numbers), 6, f"{len(numbers)} bursts")
    time.sleep(0.6 + sum(gaps[:1]))
    seen = bursts(ours.capture, VIP)
    assert [number for _, number in seen[:len(numbers)]] == numbers
    for (one, _), (two, _), gap in zip(seen, seen[1:], gaps):
        assert gap - 0.05 <= two - one <= gap + SLACK
    if "refresh" not in lines:
        assert len(seen) == len(numbers)
    # The instance's own words count more.
    assert [number for _, number in bursts(ours.capture, "10.1.0.152")][:1] == [1]


def test_global_answers_to_a_lower_priority(ours):
    ours.start(ours.first, "global_defs {\nvrrp_garp_lower_prio_repeat 3\nvrrp_garp_lower_prio_delay 1\n"
                           " vrrp_garp_master_delay 0\nvrrp_garp_master_repeat 1\n}\n" + instance(100))
    wait_until(lambda: ours.first.holds(VIP), 3, "the address")
    wait_until(lambda: len(bursts(ours.capture, VIP)) == 1, 3, "the first burst")
    time.sleep(0.6)
    hear(ours.second, priority=50)
    wait_until(lambda: [number for _, number in bursts(ours.capture, VIP)] == [1, 3, 3], 4, "two bursts of three")


class Ear:
    """Gratuitous ARPs that come out of an interface which is on no switch."""

    def __init__(self, node, interface):
        with netlink.entered(node.namespace):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._socket.bind((interface, 3))
        self._socket.setblocking(False)
        self.heard = []

    def listen(self):
        try:
            while True:
                data, address = self._socket.recvfrom(2048)
                frame = decode(data, time.time(), "")
                if address[2] != 4 and frame is not None and getattr(frame, "gratuitous", False):
                    self.heard.append(frame.target_address)
        except BlockingIOError:
            return self.heard

    def close(self):
        self._socket.close()


@pytest.mark.parametrize("line", ["vrrp_garp_extra_if all 1", "garp_extra_if all 1"])
def test_announcements_on_other_interfaces(ours, line):
    """Every second on interfaces other than the instance's own."""
    node = ours.first
    node.ip("link add lan0 type veth peer name peer0", "link set lan0 up", "link set peer0 up")
    ear = Ear(node, "peer0")
    ours.start(node, global_or_own(line, addresses=["10.1.0.100", "10.9.0.1/24 dev lan0"],
                                   extra="garp_master_delay 0\ngarp_master_repeat 1"))
    wait_until(lambda: ear.listen().count("10.9.0.1") >= 3, 5, "three announcements")
    ear.close()
    # On its own interface once.
    assert len(ours.capture.gratuitous_arps("first", address="10.1.0.100")) == 1


def test_a_garp_group_paces_its_interfaces_together(ours):
    node = ours.first
    node.ip("link add lan0 type veth peer name peer0", "link set lan0 up", "link set peer0 up")
    ours.start(node, "garp_group {\ngarp_interval 0.2\ngna_interval 0.1\ninterfaces {\neth0\nlan0\n}\n}\n"
               + instance(100, addresses=["10.1.0.100", "10.9.0.1 dev lan0", "10.1.0.101"],
                          extra="garp_master_delay 0\ngarp_master_repeat 1")
               + instance(100, name="six", vrid=6, addresses=["fe80::100", "fd00::100", "fd00::101"],
                          extra="garp_master_delay 0\ngarp_master_repeat 2"))
    wait_until(lambda: len(ours.capture.gratuitous_arps("first")) == 2, 3, "both")
    one, two = ours.capture.gratuitous_arps("first")
    # That of 10.9.0.1 is between them.
    assert 2 * 0.2 - 0.02 <= two.time - one.time <= 2 * 0.2 + SLACK

    def announced():
        return [frame.time for frame in ours.capture.neighbor_adverts("first") if frame.override]
    wait_until(lambda: len(announced()) == 6, 3, "six")
    times = announced()
    assert all(0.1 - 0.02 <= after - before <= 0.1 + SLACK for before, after in zip(times, times[1:]))

"""Keywords that change what a router sends: source, destination, version, checksum, addresses, announcements."""

import ipaddress
import socket
import struct
import threading
import time
from dataclasses import dataclass

import pytest
from lab import Daemon, NamespaceLab, netlink, wait_until
from lab.forge import advert as vrrp
from lab.forge import ipv4, put_on_wire
from lab.frames import decode, internet_checksum
from routers import ADVERT, SLACK, VIP, instance, master_down_interval

FIRST, SECOND, OTHER = "10.1.0.1", "10.1.0.7", "10.1.0.2"


def sum_with(advert, destination):
    """The checksum over the packet behind a pseudo header with this destination; 0 when it is right."""
    head = ipaddress.ip_address(advert.source).packed + ipaddress.ip_address(destination).packed
    return internet_checksum(head + struct.pack("!BBH", 0, 112, len(advert.raw)) + advert.raw)


@dataclass
class Case:
    """An instance that differs in one keyword, and what is then true of its adverts."""

    keyword: str
    lines: str
    holds: dict
    version: int = 3
    addresses: tuple = None


CASES = [
    Case("interface", "", {"source": FIRST, "destination": "224.0.0.18", "ttl": 255,
                                         "checksum_ok": True, "version": 3}),
    Case("mcast_src_ip", f"mcast_src_ip {SECOND}", {"source": SECOND, "checksum_ok": True}),
    Case("mcast_dst_ip", "mcast_dst_ip 224.0.0.77", {"destination": "224.0.0.77", "checksum_ok": True}),
    Case("unicast_src_ip", f"unicast_src_ip {SECOND}\nunicast_peer {{\n{OTHER}\n}}",
         {"source": SECOND, "destination": OTHER, "checksum_ok": True}),
    Case("v3_checksum_as_v2", "v3_checksum_as_v2", {"plain sum": 0}),
    Case("v3_checksum_as_v2", "v3_checksum_as_v2 off", {"checksum_ok": True}),
    Case("old_unicast_checksum",
         f"unicast_src_ip {FIRST}\nunicast_peer {{\n{OTHER}\n}}\nold_unicast_checksum", {"group sum": 0}),
    Case("old_unicast_checksum",
         f"unicast_src_ip {FIRST}\nunicast_peer {{\n{OTHER}\n}}\nold_unicast_checksum never",
         {"checksum_ok": True}),
    Case("no_virtual_ipaddress", "no_virtual_ipaddress", {"addresses": (), "version": 2}, version=2,
         addresses=()),
    Case("native_ipv6", "native_ipv6\nno_virtual_ipaddress",
         {"destination": "ff02::12", "addresses": (), "version": 3, "checksum_ok": True}, addresses=()),
    Case("virtual_ipaddress", "", {"addresses": tuple(f"10.1.9.{n}" for n in range(1, 31))},
         addresses=tuple(f"10.1.9.{n}" for n in range(1, 31))),
    Case("advert_int", "advert_int 0.01", {"interval": 0.01}),
    Case("priority", "priority 254", {"priority": 254}),
]


def configuration():
    text = ""
    for number, case in enumerate(CASES):
        addresses = (f"10.1.0.{100 + number}",) if case.addresses is None else case.addresses
        block = instance(100, name=f"VI_{number}", vrid=100 + number, version=case.version, state="MASTER",
                         advert=1 if case.version == 2 else ADVERT, addresses=addresses, extra=case.lines)
        if not addresses:
            block = block[:block.index("virtual_ipaddress {")] + "virtual_ipaddress_excluded {\n10.8.0.8\n}\n}\n"
        text += block
    return text


@pytest.fixture(scope="module")
def adverts():
    with NamespaceLab() as lab:
        node = lab.node("first", f"{FIRST}/24", f"{SECOND}/24", "fd00::1/64")
        other = lab.node("second", f"{OTHER}/24")
        daemon = Daemon(node, configuration()).start()
        # The neighbour of the unicast routers must answer.
        assert other.holds(OTHER)
        yield lambda number: lab.capture.first_advert("first", vrid=100 + number)
        print(daemon.log())


@pytest.mark.parametrize("number", range(len(CASES)),
                         ids=[f"{case.keyword} {case.lines.split()[-1:]}" for case in CASES])
def test_advert(adverts, number):
    seen = adverts(number)
    for name, value in CASES[number].holds.items():
        if name == "plain sum":
            assert internet_checksum(seen.raw) == value and not seen.checksum_ok
        elif name == "group sum":
            assert sum_with(seen, "224.0.0.18") == value and not seen.checksum_ok
        else:
            assert getattr(seen, name) == value


GLOBAL = """
global_defs {
    vrrp_version 3
    vrrp_mcast_group4 224.0.0.88
    vrrp_mcast_group6 ff02::88
    default_interface eth0
    v3_checksum_as_v2
    vrrp_down_timer_adverts 6
}
"""


def test_global_defaults(ours):
    """Each of them holds where the instance says nothing else."""
    def plain(name, vrid, *lines):
        return "\n".join([f"vrrp_instance {name} {{", f"virtual_router_id {vrid}", f"advert_int {ADVERT}", *lines,
                          "}\n"])

    daemon = ours.start(ours.first, GLOBAL
                        + plain("four", 4, "virtual_ipaddress {\n10.1.0.104\n}", "interface eth0")
                        + plain("six", 6, "virtual_ipaddress {\nfe80::6\n}", "interface eth0")
                        + plain("own", 7, "virtual_ipaddress {\n10.1.0.107\n}", "interface eth0",
                                "v3_checksum_as_v2 off", "mcast_dst_ip 224.0.0.99")
                        + "static_ipaddress {\n10.1.0.109\n}\n")
    four = ours.capture.first_advert("first", vrid=4)
    assert (four.version, four.destination, four.interval) == (3, "224.0.0.88", ADVERT)
    assert internet_checksum(four.raw) == 0
    assert ours.capture.first_advert("first", vrid=6).destination == "ff02::88"
    own = ours.capture.first_advert("first", vrid=7)
    assert own.destination == "224.0.0.99" and own.checksum_ok
    groups = ours.first.run(["ip", "maddress", "show", "dev", "eth0"])
    assert "224.0.0.88" in groups and "ff02::88" in groups and "224.0.0.99" in groups
    assert "224.0.0.18" not in groups.split() and "ff02::12" not in groups.split()
    # Static addresses without one are on the default interface.
    assert "10.1.0.109" in ours.first.run(["ip", "address", "show", "dev", "eth0"])
    # Nothing was heard: Master_Down_Interval is six adverts long.
    assert daemon.state("four") == "MASTER"
    assert four.time - daemon.started_at >= 6 * ADVERT
    daemon.stop()
    assert "224.0.0.88" not in ours.first.run(["ip", "maddress", "show", "dev", "eth0"])


# Announcements.

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


def global_or_own(keyword, priority=100, extra="", **settings):
    """A router with the keyword in the block where it belongs; all those of global_defs begin with vrrp_."""
    in_global = keyword.startswith("vrrp_")
    return ((f"global_defs {{\n{keyword}\n}}\n" if in_global else "")
            + instance(priority, extra=extra + ("" if in_global else f"\n{keyword}"), **settings))


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


# Answers to others.

def hear(sender, priority=200, *, vrid=51, source=OTHER, interval=20, addresses=(VIP,)):
    """An advert of another router."""
    group = "224.0.0.18"
    put_on_wire(sender, [ipv4(source, group, vrrp(source, group, vrid=vrid, priority=priority, interval=interval,
                                                  addresses=addresses))])


class Talker:
    """Another router that sends an advert every 0.1 s."""

    def __init__(self, sender, priority, **settings):
        self._sender, self._priority, self._settings = sender, priority, settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)

    def _talk(self):
        while not self._stop.wait(0.1):
            hear(self._sender, self._priority, **self._settings)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


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


@pytest.mark.parametrize("in_global, silent", [("", {2}), ("vrrp_lower_prio_no_advert", {1, 2})])
def test_answer_to_a_lower_priority(ours, in_global, silent):
    """At once, or not before the time comes."""
    three(ours, "lower_prio_no_advert", in_global)
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
    assert {advert.source for advert in ours.capture.adverts("first")} == {SECOND}


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

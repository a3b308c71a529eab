"""BFD sessions between two nodes, and with FRR's bfdd; what track_bfd makes of them."""

import json
import os
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from lab import Daemon, wait_until
from lab.netlink import entered
from routers import VIP, instance

BFDD = Path("/usr/lib/frr/bfdd")


def session(name, neighbor, source, *, extra="", tx=50, multiplier=4):
    return f"""
bfd_instance {name} {{
    neighbor_ip {neighbor}
    source_ip {source}
    min_rx {tx}
    min_tx {tx}
    multiplier {multiplier}
    {extra}
}}
"""


def pair(routers, extra="", config="", first_address="10.1.0.1", second_address="10.1.0.2"):
    """A session between both nodes; VRRP follows it on the first."""
    first = routers.start(routers.first, session("peer", second_address, first_address, extra=extra) + config,
                          part="all")
    second = routers.start(routers.second, session("peer", first_address, second_address, extra=extra), part="all")
    return first, second


def wait_for_fast_packets(daemon):
    """Until the poll sequence is over: a failure is then noticed within 200 ms, before it takes seconds."""
    daemon.wait_for_log("Detection time is 200000 us", 8)


def tracked(weight=""):
    return instance(100, extra=f"track_bfd {{\n        peer {weight}\n    }}")


@pytest.mark.parametrize("addresses", [("10.1.0.1", "10.1.0.2"), ("fd00::1", "fd00::2")], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("extra", ["", "multihop"], ids=["single-hop", "multihop"])
def test_a_session_comes_up(routers, addresses, extra, request):
    if extra and "keepalived" in request.node.name:
        pytest.skip("Debian's keepalived has no multihop")
    # The reference's IPv6 packets leave with hop limit 64 and are taken with it.
    first, second = pair(routers, extra, first_address=addresses[0], second_address=addresses[1])
    first.wait_for_log("(peer) Entering Up state", 8)
    second.wait_for_log("(peer) Entering Up state", 8)
    time.sleep(1)  # Twenty packets: the session stays.
    assert "Entering Down state" not in first.log() + second.log()


def test_the_master_goes_to_fault_when_its_session_fails_and_back(routers):
    first, second = pair(routers, config=tracked())
    first.wait_for_log("(peer) Entering Up state", 8)
    first.wait_for_state("MASTER", 8)
    assert routers.first.holds(VIP)
    wait_for_fast_packets(first)
    second.kill()
    first.wait_for_state("FAULT", 3)
    wait_until(lambda: not routers.first.holds(VIP), 2, "the address gone")
    assert "Local diagnostic - Control Detection Time Expired" in first.log()


def test_a_weighted_session_changes_the_priority(routers):
    first, second = pair(routers, config=tracked("weight -30"))
    first.wait_for_log("(peer) Entering Up state", 8)

    def priority():
        adverts = routers.capture.adverts("first")
        return adverts[-1].priority if adverts else None
    wait_until(lambda: priority() == 100, 8, "priority 100")
    wait_for_fast_packets(first)
    second.kill()
    wait_until(lambda: priority() == 70, 3, "priority 70")


def test_an_instance_is_held_in_fault_until_the_session_is_up(ours):
    first = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.1") + tracked(), part="all")
    first.wait_for_state("FAULT", 3)
    time.sleep(1)
    assert not ours.first.holds(VIP)
    ours.start(ours.second, session("peer", "10.1.0.1", "10.1.0.2"), part="all")
    first.wait_for_state("MASTER", 8)
    assert ours.first.holds(VIP)


def test_failure_is_seen_within_the_detection_time(ours):
    first, second = pair(ours, config=tracked())
    first.wait_for_log("(peer) Entering Up state", 8)
    first.wait_for_state("MASTER", 8)
    wait_for_fast_packets(first)
    killed = time.time()
    second.kill()
    first.wait_for_state("FAULT", 3)
    # 4 x 50 ms, and what a busy machine adds; a BACKUP would need three adverts.
    assert time.time() - killed < 0.2 + 0.5


def test_a_reload_keeps_the_session(ours):
    first, second = pair(ours)
    first.wait_for_log("(peer) Entering Up state", 8)
    first.configure(session("peer", "10.1.0.2", "10.1.0.1", tx=100))
    first.reload()
    first.wait_for_log("Reload complete")
    time.sleep(1)
    assert "Entering Down state" not in first.log() + second.log()
    second.wait_for_log("Detection time is 400000 us")


def test_a_source_address_that_is_not_there_disables_the_session_until_it_comes(ours):
    first = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.77"), part="all")
    first.wait_for_log("(peer) Entering AdminDown state")
    ours.first.ip("addr add 10.1.0.77/24 dev eth0")
    ours.start(ours.second, session("peer", "10.1.0.77", "10.1.0.2"), part="all")
    first.wait_for_log("(peer) Entering Up state", 10)


def control(state=1, flags=0, my=7, your=0, length=24, version=1, multiplier=3, diagnostic=0):
    return struct.pack("!BBBBIIIII", version << 5 | diagnostic, state << 6 | flags, multiplier, length, my, your,
                       1000000, 1000000, 0)


HOSTILE = {
    "too short": (control()[:20], 255), "wrong length": (control(length=30), 255),
    "version 0": (control(version=0), 255), "no multiplier": (control(multiplier=0), 255),
    "multipoint": (control(flags=1), 255), "no discriminator": (control(my=0), 255),
    "Init to nobody": (control(state=2), 255), "poll and final": (control(flags=0x30), 255),
    "diagnostic 31": (control(diagnostic=31), 255), "authenticated": (control(flags=4), 255),
    "from two hops away": (control(), 254), "unknown discriminator": (control(your=0x12345), 255),
    "empty": (b"", 255), "256 bytes": (control() + bytes(232), 255), "long": (control() + bytes(1400), 255),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_control_packet_is_ignored(ours, kind):
    first = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.1"), part="all")
    first.wait_for_log("Startup complete")
    packet, ttl = HOSTILE[kind]
    with entered(ours.second.namespace):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sender:
        sender.bind(("10.1.0.2", 50000))
        for _ in range(3):
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            sender.sendto(packet, ("10.1.0.1", 3784))
        time.sleep(0.2)
        assert first.running
        assert "Detection time is" not in first.log()
        # And a good one is still heard.
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        sender.sendto(control(), ("10.1.0.1", 3784))
        first.wait_for_log("Detection time is")


class Frr:
    """FRR's bfdd on a node. `peers` holds the lines of its peers."""

    def __init__(self, node, peers):
        self.node = node
        self.folder = node.folder / "frr"
        self.folder.mkdir()
        os.chmod(self.folder, 0o777)
        config = self.folder / "bfdd.conf"
        config.write_text(f"bfd\n{peers}!\n")
        os.chmod(config, 0o644)
        for program, options in (("zebra", []), ("bfdd", ["--bfdctl", self.folder / "bfdd.sock"])):
            node.popen([BFDD.parent / program, "-z", self.folder / "zserv", "-i", self.folder / f"{program}.pid",
                        "--vty_socket", self.folder, "-P", "0", "-f", config if program == "bfdd" else "/dev/null",
                        *options], cwd=self.folder)
            wait_until(lambda name=program: (self.folder / f"{name}.vty").exists(), 5, program)

    @staticmethod
    def peer(words, *, multiplier=4, interval=50, extra=""):
        return (f" peer {words}\n  detect-multiplier {multiplier}\n  receive-interval {interval}\n"
                f"  transmit-interval {interval}\n  {extra}\n  no shutdown\n !\n")

    def change(self, words, *lines):
        """Configures a peer while it runs."""
        self.command("\n".join(["configure terminal", "bfd", f"peer {words}", *lines]))

    def kill(self):
        os.kill(int((self.folder / "bfdd.pid").read_text()), 9)

    def command(self, text):
        return self.node.run(["vtysh", "--vty_socket", self.folder, "-c", text], check=False)

    def sessions(self):
        """{address of the peer: what bfdd says of it}."""
        return {each["peer"]: each for each in json.loads(self.command("show bfd peers json") or "[]")}

    def state(self, peer="10.1.0.1"):
        return self.sessions().get(peer, {}).get("status")


needs_frr = pytest.mark.skipif(not BFDD.exists(), reason="needs the package frr")


@needs_frr
def test_with_frr_as_the_neighbor(ours):
    frr = Frr(ours.second, Frr.peer("10.1.0.1"))
    first = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.1") + tracked(), part="all")
    first.wait_for_state("MASTER", 10)
    wait_until(lambda: frr.state() == "up", 5, "bfdd has it up")
    wait_for_fast_packets(first)
    # Down by an administrator is no failure of the path: this side waits, and does not leave MASTER.
    frr.change("10.1.0.1", "shutdown")
    first.wait_for_log("(peer) Entering Down state", 3)
    time.sleep(0.5)
    assert first.state() == "MASTER"
    frr.change("10.1.0.1", "no shutdown")
    first.wait_for_log("(peer) Entering Up state", 8, times=2)
    wait_until(lambda: frr.state() == "up", 5, "bfdd has it up again")
    first.stop()
    wait_until(lambda: frr.state() != "up", 5, "bfdd notices the end")


@needs_frr
def test_frr_that_dies_is_noticed(ours):
    frr = Frr(ours.second, Frr.peer("10.1.0.1"))
    first = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.1") + tracked(), part="all")
    first.wait_for_state("MASTER", 10)
    wait_for_fast_packets(first)
    frr.kill()
    first.wait_for_state("FAULT", 2)


# Our address, the neighbour's, what our side says more, what bfdd says more, and the weight.
KINDS = {
    "single4": ("10.1.0.1", "10.1.0.2", "", "", "", 1), "single6": ("fd00::1", "fd00::2", "", "", "", 2),
    "multi4": ("10.1.0.11", "10.1.0.12", "multihop\nmax_hops 3", " multihop", "", 4),
    "multi6": ("fd00::11", "fd00::12", "multihop", " multihop", "", 8),
    "passive": ("10.1.0.21", "10.1.0.22", "passive", "", "", 16),
    "passive_there": ("10.1.0.31", "10.1.0.32", "", "", "passive-mode", 32),
}


@needs_frr
@pytest.mark.holdfast_only  # Debian's keepalived has no multihop.
def test_every_kind_of_session_with_frr(ours):
    """Six sessions at once; a weight for each tells which of them count."""
    peers = config = tracks = ""
    words = {}
    for node, index in ((ours.first, 0), (ours.second, 1)):
        node.ip(*(f"address add {kind[index]}/{'64 nodad' if ':' in kind[index] else '24'} dev eth0"
                  for name, kind in KINDS.items() if not name.startswith("single")))
    for name, (own, other, extra, hops, there, weight) in KINDS.items():
        words[name] = f"{own}{hops} local-address {other}" + ("" if hops else " interface eth0")
        peers += Frr.peer(words[name], extra=there)
        config += session(name, other, own, extra=extra)
        tracks += f"{name} weight {weight}\n"
    frr = Frr(ours.second, peers)
    first = ours.start(ours.first, config + instance(100, extra=f"track_bfd {{\n{tracks}}}"), part="all")

    def wait_for_priority(expected):
        def latest():
            adverts = ours.capture.adverts("first")
            return adverts[-1].priority if adverts else None
        try:
            wait_until(lambda: latest() == expected, 10, "")
        except AssertionError:
            raise AssertionError(f"priority {latest()} instead of {expected}; {frr.sessions()}") from None
    wait_for_priority(100 + 63)
    wait_until(lambda: [each["status"] for each in frr.sessions().values()] == ["up"] * len(KINDS), 5, "all up there")
    assert {each["remote-detect-multiplier"] for each in frr.sessions().values()} == {4}
    # The neighbour slows down, and asks for more patience.
    frr.change(words["single4"], "transmit-interval 300", "detect-multiplier 5")
    first.wait_for_log("Detection time is 1500000 us", 5)
    # This side does: a reload keeps the session.
    first.configure(config.replace("multiplier 4", "multiplier 9", 1) + instance(100, extra=f"track_bfd {{\n{tracks}}}"))
    first.reload()
    wait_until(lambda: frr.sessions()["10.1.0.1"]["remote-detect-multiplier"] == 9, 5, "the new multiplier there")
    assert "Entering Down state" not in first.log()
    frr.kill()
    wait_for_priority(100)

"""BFD sessions between two nodes, and with FRR's bfdd; what track_bfd makes of them."""

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
    """FRR's bfdd on a node, with one peer."""

    def __init__(self, node, peer, *, multiplier=4, interval=50):
        self.node = node
        self.folder = node.folder / "frr"
        self.folder.mkdir()
        os.chmod(self.folder, 0o777)
        config = self.folder / "bfdd.conf"
        config.write_text(f"bfd\n peer {peer}\n  detect-multiplier {multiplier}\n  receive-interval {interval}\n"
                          f"  transmit-interval {interval}\n  no shutdown\n !\n!\n")
        os.chmod(config, 0o644)
        for program, options in (("zebra", []), ("bfdd", ["--bfdctl", self.folder / "bfdd.sock"])):
            node.popen([BFDD.parent / program, "-z", self.folder / "zserv", "-i", self.folder / f"{program}.pid",
                        "--vty_socket", self.folder, "-P", "0", "-f", config if program == "bfdd" else "/dev/null",
                        *options], cwd=self.folder)
            wait_until(lambda name=program: (self.folder / f"{name}.vty").exists(), 5, program)

    def command(self, text):
        return self.node.run(["vtysh", "--vty_socket", self.folder, "-c", text], check=False)

    def state(self):
        for line in self.command("show bfd peers").splitlines():
            if "Status:" in line:
                return line.split(":")[1].strip()
        return None


@pytest.mark.skipif(not BFDD.exists(), reason="needs the package frr")
def test_with_frr_as_the_neighbor(ours):
    frr = Frr(ours.second, "10.1.0.1")
    first = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.1") + tracked(), part="all")
    first.wait_for_state("MASTER", 10)
    assert frr.state() == "up"
    time.sleep(1)
    assert "Entering Down state" not in first.log()
    # Down by an administrator is no failure of the path: this side waits, and does not leave MASTER.
    frr.command("configure terminal\nbfd\npeer 10.1.0.1\nshutdown")
    first.stop()
    wait_until(lambda: frr.state() != "up", 5, "bfdd notices the end")


@pytest.mark.skipif(not BFDD.exists(), reason="needs the package frr")
def test_frr_that_dies_is_noticed(ours):
    frr = Frr(ours.second, "10.1.0.1")
    first = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.1") + tracked(), part="all")
    first.wait_for_state("MASTER", 10)
    wait_for_fast_packets(first)
    pid = int((frr.folder / "bfdd.pid").read_text())
    os.kill(pid, 9)
    first.wait_for_state("FAULT", 2)

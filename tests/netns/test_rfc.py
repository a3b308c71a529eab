"""Duties of RFC 9568 that the kernel fulfils for us, seen from a third machine: docs/rfc-coverage.md."""

import socket
import struct
import time

from lab import netlink, wait_until
from lab.frames import Arp
from routers import VIP, instance

SIX = "fd00::100"


def both(priority):
    return instance(priority) + instance(priority, name="VI_6", vrid=6, addresses=("fe80::100/64", f"{SIX}/64"))


def asks(node, address):
    """A datagram to the address, and who answered for it: the MAC address in the table of neighbours."""
    with netlink.entered(node.namespace):
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.sendto(b"?", (address, 9))

    def neighbour():
        found = node.run(["ip", "neighbour", "show", "to", address]).split()
        return found[found.index("lladdr") + 1] if "lladdr" in found else None
    return wait_until(neighbour, 3, f"an answer for {address}")


def mac(node):
    return node.run(["cat", "/sys/class/net/eth0/address"]).strip()


def test_only_the_master_answers_for_the_addresses(routers):
    """RFC9568-6.4.2-310, RFC9568-6.4.2-320, RFC9568-6.4.3-610, RFC9568-6.4.3-625"""
    third = routers.lab.node("third", "10.1.0.3/24", "fd00::3/64")
    first = routers.start(routers.first, both(150))
    second = routers.start(routers.second, both(100))
    for address in (VIP, SIX):
        routers.wait_for_holder(routers.first, address=address)
    since = time.time()
    for address in (VIP, SIX):
        assert asks(third, address) == mac(routers.first)
    answers = {frame.sender for frame in list(routers.capture.frames)
               if isinstance(frame, Arp) and frame.sender_address == VIP and frame.time >= since}
    assert answers == {"first"}
    assert {frame.sender for frame in routers.capture.neighbor_adverts(target=SIX, since=since)} == {"first"}

    assert first.stop() == 0
    for address, name in ((VIP, "VI_1"), (SIX, "VI_6")):
        second.wait_for_state("MASTER", instance=name)
        routers.wait_for_holder(routers.second, address=address)
        third.ip("neighbour flush all")
        assert asks(third, address) == mac(routers.second)


def solicited_node(address):
    last = socket.inet_pton(socket.AF_INET6, address)[-3:]
    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex("ff0200000000000000000001ff") + last)


def test_solicited_node_groups_are_those_of_the_master(routers):
    """RFC9568-6.4.3-620"""
    def joined(node):
        return solicited_node(SIX) in node.run(["ip", "-6", "maddress", "show", "dev", "eth0"]).split()

    first = routers.start(routers.first, both(150))
    routers.start(routers.second, both(100))
    routers.wait_for_holder(routers.first, address=SIX)
    assert joined(routers.first) and not joined(routers.second)
    assert first.stop() == 0
    routers.wait_for_holder(routers.second, address=SIX)
    assert joined(routers.second) and not joined(routers.first)


def test_a_router_sends_no_router_advertisement(ours):
    """RFC9568-6.4.2-325; and RFC9568-6.4.3-630, where radvd does it."""
    third = ours.lab.node("third", "10.1.0.3/24", "fd00::3/64")
    for node in (ours.first, ours.second):
        node.sysctl(ipv6__conf__all__forwarding=1)
    with netlink.entered(third.namespace):
        ear = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        solicitor = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        index = socket.if_nametoindex("eth0")
    with ear, solicitor:
        ear.setblocking(False)
        ours.start(ours.first, both(150))
        second = ours.start(ours.second, both(100))
        ours.wait_for_holder(ours.first, address=SIX)
        second.wait_for_state("BACKUP", instance="VI_6")
        solicitor.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        solicitor.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        solicitor.sendto(struct.pack("!BBHI", 133, 0, 0, 0), ("ff02::2", 0, 0, index))
        # Whatever was going to be said about it has been by the time of an answer to something else.
        third.ip("neighbour flush all")
        assert asks(third, SIX) == mac(ours.first)
        kinds = set()
        try:
            while True:
                kinds.add(ear.recv(2048)[0])
        except BlockingIOError:
            pass
    assert 136 in kinds and 134 not in kinds

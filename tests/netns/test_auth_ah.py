"""auth_type AH (VRRPv2): adverts behind an authentication header, sent and verified."""

import hashlib
import hmac
import socket
import struct

import pytest
from lab import netlink, wait_until
from lab.frames import internet_checksum
from routers import instance

SECRET = b"secret\0\0"


def authentication(word="secret"):
    return f"authentication {{\n auth_type AH\n auth_pass {word}\n }}"


def router(priority, word="secret", extra="", **settings):
    return instance(priority, version=2, advert=1, extra=authentication(word) + "\n" + extra, **settings)


def unicast(own, *peers):
    return f"unicast_src_ip {own}\nunicast_peer {{\n" + "\n".join(peers) + "\n}"


def test_routers_with_the_same_password_hear_each_other(routers):
    first = routers.start(routers.first, router(150))
    second = routers.start(routers.second, router(100))
    routers.wait_for_holder(routers.first, timeout=8)
    wait_until(lambda: len(routers.capture.adverts("first")) >= 5, 8, "adverts for longer than Master_Down_Interval")
    assert routers.capture.last_advert("first").auth_type == 2
    assert second.state() == "BACKUP" and "IPSEC" not in second.log()
    assert first.stop() == 0
    routers.wait_for_holder(routers.second, timeout=8)
    # The numbers go on where the other router's ended, so that the first hears the second when it comes back,
    # and the second hears the first.
    first.start()
    routers.wait_for_holder(routers.first, timeout=12)


def test_unicast_copies_are_authenticated_one_by_one(routers):
    routers.lab.node("third", "10.1.0.3/24")
    routers.start(routers.first, router(150, extra=unicast("10.1.0.1", "10.1.0.3", "10.1.0.2")))
    second = routers.start(routers.second, router(100, extra=unicast("10.1.0.2", "10.1.0.1", "10.1.0.3")))
    routers.wait_for_holder(routers.first, timeout=8)
    count = len(routers.capture.adverts("first"))
    wait_until(lambda: len(routers.capture.adverts("first")) >= count + 8, 8, "four adverts to two peers")
    assert second.state() == "BACKUP" and "IPSEC" not in second.log()


def test_another_password_is_refused_and_told(routers):
    routers.start(routers.first, router(150))
    second = routers.start(routers.second, router(100, word="other"))
    second.wait_for_log("(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !",
                        timeout=8)
    second.wait_for_state("MASTER", timeout=8)


def test_bare_and_sealed_adverts_do_not_mix(routers):
    routers.start(routers.first, instance(150, version=2, advert=1))
    second = routers.start(routers.second, router(100))
    second.wait_for_state("MASTER", timeout=8)


def sealed(number, source="10.1.0.2", priority=200, secret=SECRET, spi=None, identification=1):
    """A whole IPv4 packet, built from RFC 2402 and RFC 2338."""
    vrrp = struct.pack("!BBBBBBH4s8x", 0x21, 51, priority, 1, 2, 1, 0, socket.inet_aton("10.1.0.100"))
    vrrp = vrrp[:6] + struct.pack("!H", internet_checksum(vrrp)) + vrrp[8:]
    addresses = socket.inet_aton(source) + socket.inet_aton("224.0.0.18")
    index = socket.inet_aton(spi or source)

    def header(tos, checksum):
        return struct.pack("!BBHHHBBH", 0x45, tos, 20 + 24 + len(vrrp), identification, 0, 255, 51, checksum) + addresses

    authentication_header = struct.pack("!BBH4sI", 112, 4, 0, index, number)
    value = hmac.new(secret, header(0, 0) + authentication_header + bytes(12) + vrrp, hashlib.md5).digest()[:12]
    return header(0xC0, 0) + authentication_header + value + vrrp


def inject(node, packet):
    with netlink.entered(node.namespace), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.1.0.2"))
        raw.sendto(packet, ("224.0.0.18", 0))


def test_a_right_packet_is_believed_and_its_replay_is_not(ours):
    daemon = ours.start(ours.first, router(100))
    daemon.wait_for_state("MASTER", timeout=8)
    packet = sealed(5000)
    inject(ours.second, packet)
    daemon.wait_for_state("BACKUP")
    daemon.wait_for_state("MASTER", timeout=8)
    inject(ours.second, packet)
    daemon.wait_for_log("(VI_1) IPSEC-AH : sequence number 5000 already processed. Packet dropped. Local(")
    assert daemon.states() == ["BACKUP", "MASTER", "BACKUP", "MASTER"]


@pytest.mark.parametrize("packet, line", [
    (sealed(5000, secret=b"guess\0\0\0"), "(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value."),
    (sealed(5000)[:-1] + b"\1", "(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value."),
    (sealed(5000, spi="10.1.0.9"), "IPSEC AH : invalid IPSEC SPI value."),
    (sealed(0), "(VI_1) IPSEC-AH : sequence number 0 already processed.")])
def test_wrong_packets_are_refused_counted_and_told(ours, packet, line):
    daemon = ours.start(ours.first, router(100))
    daemon.wait_for_state("MASTER", timeout=8)
    inject(ours.second, packet)
    daemon.wait_for_log(line)
    daemon.signal(12)
    statistics = daemon.folder / "tmp" / "keepalived.stats"
    wait_until(lambda: statistics.exists() and "    Failure: 1" in statistics.read_text(), 3, "the count")
    assert daemon.state() == "MASTER"


def test_a_lower_advert_is_answered_with_a_higher_number(ours):
    daemon = ours.start(ours.first, router(100))
    daemon.wait_for_state("MASTER", timeout=8)
    inject(ours.second, sealed(700, priority=50))
    daemon.wait_for_log("(VI_1) IPSEC-AH : Syncing seq_num - Increment seq")
    # As the reference: one more than the received number is left out.
    inject(ours.second, sealed(701))
    daemon.wait_for_log("sequence number 701 already processed. Packet dropped. Local(702)")

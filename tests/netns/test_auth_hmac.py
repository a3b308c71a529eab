"""auth_hmac (keepalived 2.4): adverts with an authenticated trailer, sent and verified."""

import hashlib
import hmac
import ipaddress
import socket
import struct
import subprocess
import time

import pytest
from lab import HOLDFAST, KEEPALIVED, netlink, wait_until
from lab.frames import internet_checksum
from routers import VIP, Routers, instance

KEY = bytes(range(32))
OTHER = bytes(range(32, 64))


def signing(*lines, keys=((1, KEY),), active=1):
    listed = "\n".join(f"key {number} hex:{key.hex()}" for number, key in keys)
    return "auth_hmac {\n" + listed + f"\nactive_key {active}\n" + "\n".join(lines) + "\n}"


def router(priority, *lines, extra="", version=3, **settings):
    options = {name: settings.pop(name) for name in ("keys", "active") if name in settings}
    advert = {"advert": 1} if version == 2 else {}
    return instance(priority, version=version, extra=signing(*lines, **options) + "\n" + extra, **advert, **settings)


def knows_auth_hmac(program):
    done = subprocess.run([program, "--version"], capture_output=True, text=True)
    number = (done.stdout + done.stderr).split("Keepalived v")[-1].split()[0].split(",")[0]
    return tuple(int(part) for part in number.split(".")[:2]) >= (2, 4)


def _pairs():
    pairs = {"ours-ours": (HOLDFAST, HOLDFAST)}
    if KEEPALIVED != HOLDFAST and knows_auth_hmac(KEEPALIVED):
        pairs |= {"ours-keepalived": (HOLDFAST, KEEPALIVED), "keepalived-ours": (KEEPALIVED, HOLDFAST)}
    return pairs


@pytest.fixture(params=_pairs())
def pair(request, lab):
    first, second = _pairs()[request.param]
    both = Routers(lab, {"first": first, "second": second})
    yield both
    both.print_logs()


def digest(packet, trailer, source, version, vrid=51, key=KEY):
    """From the format's description; the checksum and the value itself count as zeros."""
    address = ipaddress.ip_address(source).packed
    head = struct.pack("!BBBx", 6 if len(address) == 16 else 4, version, vrid) + address.ljust(16, b"\0")
    text = head + packet[:6] + b"\0\0" + packet[8:] + trailer[:12] + bytes(16)
    return hmac.new(key, text, hashlib.sha256).digest()[:16]


@pytest.mark.parametrize("version, addresses", [(2, (f"{VIP}/24",)), (3, (f"{VIP}/24",)),
                                                (3, ("fe80::100/64", "fd00::100/64"))])
def test_every_advert_carries_a_trailer_as_described(ours, version, addresses):
    daemon = ours.start(ours.first, router(150, version=version, addresses=addresses))
    daemon.wait_for_state("MASTER", timeout=8)
    wait_until(lambda: len(ours.capture.adverts("first")) >= 3, 5, "three adverts")
    adverts = ours.capture.adverts("first")[:3]
    numbers = []
    for advert in adverts:
        kind, key, reserved, seconds, fraction, counter = struct.unpack_from("!BBHIHH", advert.trailer)
        assert (kind, key, reserved, len(advert.trailer)) == (1, 1, 0, 28)
        assert abs(seconds + fraction / 65536 - advert.time) < 0.5 and counter == 0
        packet = advert.raw[:-28]
        assert digest(packet, advert.trailer, advert.source, version) == advert.trailer[12:]
        assert advert.checksum_ok
        numbers.append(advert.trailer[4:12])
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("version", [2, 3])
def test_routers_with_the_same_key_hear_each_other(pair, version):
    pair.start(pair.first, router(150, version=version))
    second = pair.start(pair.second, router(100, version=version))
    pair.wait_for_holder(pair.first, timeout=8)
    count = len(pair.capture.adverts("first"))
    wait_until(lambda: len(pair.capture.adverts("first")) >= count + 5, 8, "adverts")
    assert second.state() == "BACKUP" and "authentication" not in second.log()


def test_unicast_routers_hear_each_other(pair):
    def config(priority, own, peer):
        return router(priority, extra=f"unicast_src_ip {own}\nunicast_peer {{\n {peer}\n }}")
    pair.start(pair.first, config(150, "10.1.0.1", "10.1.0.2"))
    second = pair.start(pair.second, config(100, "10.1.0.2", "10.1.0.1"))
    pair.wait_for_holder(pair.first)
    count = len(pair.capture.adverts("first"))
    wait_until(lambda: len(pair.capture.adverts("first")) >= count + 8, 8, "adverts")
    assert second.state() == "BACKUP" and "authentication" not in second.log()


def test_ipv6_routers_hear_each_other(pair):
    addresses = ("fe80::100/64", "fd00::100/64")
    pair.start(pair.first, router(150, addresses=addresses))
    second = pair.start(pair.second, router(100, addresses=addresses))
    pair.wait_for_holder(pair.first, address="fd00::100")
    count = len(pair.capture.adverts("first"))
    wait_until(lambda: len(pair.capture.adverts("first")) >= count + 8, 8, "adverts")
    assert second.state() == "BACKUP" and "authentication" not in second.log()


@pytest.mark.parametrize("keys, line", [(((1, OTHER),), "invalid authentication HMAC from 10.1.0.1"),
                                        (((2, OTHER), (1, KEY)), "unknown authentication key id 2 from 10.1.0.1")])
def test_another_key_is_refused(ours, keys, line):
    active = keys[0][0]
    ours.start(ours.first, router(150, keys=keys, active=active))
    second = ours.start(ours.second, router(100))
    second.wait_for_log(f"(VI_1) {line}")
    second.wait_for_state("MASTER")


def test_enforce_refuses_adverts_without_a_trailer_and_permissive_does_not(ours):
    ours.start(ours.first, instance(150))
    second = ours.start(ours.second, router(100))
    second.wait_for_log("(VI_1) missing authentication trailer from 10.1.0.1")
    second.wait_for_state("MASTER")
    second.configure(router(100, "mode permissive"))
    second.reload()
    second.wait_for_state("BACKUP")


def test_receive_only_sends_no_trailer(ours):
    ours.start(ours.first, router(150, "mode receive-only"))
    assert ours.capture.first_advert("first").trailer == b""
    second = ours.start(ours.second, router(100, "mode permissive"))
    ours.wait_for_holder(ours.first)
    second.wait_for_state("BACKUP")


def test_keys_rotate_without_a_gap(ours):
    both = ((1, KEY), (2, OTHER))
    first = ours.start(ours.first, router(150, keys=both))
    second = ours.start(ours.second, router(100, keys=both))
    ours.wait_for_holder(ours.first)
    for daemon, priority in ((first, 150), (second, 100)):
        daemon.configure(router(priority, keys=both, active=2))
        daemon.reload()
        daemon.wait_for_log("Reload complete")
    wait_until(lambda: ours.capture.last_advert("first").trailer[1] == 2, 3, "the new key")
    for daemon, priority in ((first, 150), (second, 100)):
        daemon.configure(router(priority, keys=((2, OTHER),), active=2))
        daemon.reload()
        daemon.wait_for_log("Reload complete", times=2)
    ours.stays_with(ours.first, 1)
    assert second.states() == ["BACKUP"]


def test_a_reload_does_not_show_the_keys(ours):
    daemon = ours.start(ours.first, router(150))
    daemon.wait_for_state("MASTER")
    daemon.signal(10)
    dump = daemon.folder / "tmp" / "keepalived.data"
    wait_until(lambda: dump.exists() and "VRRP Instance" in dump.read_text(), 3, "the dump")
    assert KEY.hex() not in dump.read_text() and KEY.hex() not in daemon.log()


def forged(clock=0.0, kind=1, key_id=1, key=KEY, source="10.1.0.2", priority=200, reserved=0):
    """A VRRPv3 packet with a trailer, `clock` seconds away from now."""
    packet = struct.pack("!BBBBHH4s", 0x31, 51, priority, 1, 20, 0, socket.inet_aton("10.1.0.100"))
    covered = socket.inet_aton(source) + socket.inet_aton("224.0.0.18") + struct.pack("!BBH", 0, 112, len(packet))
    packet = packet[:6] + struct.pack("!H", internet_checksum(covered + packet)) + packet[8:]
    now = time.time() + clock
    trailer = struct.pack("!BBHIHH", kind, key_id, reserved, int(now), int(now % 1 * 65536), 0)
    return packet + trailer + digest(packet, trailer, source, 3, key=key)


def inject(node, packet, destination="224.0.0.18"):
    with netlink.entered(node.namespace), socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as raw:
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.1.0.2"))
        raw.sendto(packet, (destination, 0))


def counts(daemon):
    """The part "Authentication Extension Errors" of the statistics."""
    daemon.signal(12)
    path = daemon.folder / "tmp" / "keepalived.stats"
    wait_until(lambda: path.exists() and "Priority Zero" in path.read_text(), 3, "the statistics")
    part = path.read_text().split("Authentication Extension Errors:")[1].split("Priority Zero")[0]
    return {line.split(":")[0].strip(): int(line.split(":")[1]) for line in part.strip().splitlines()}


@pytest.mark.parametrize("settings, count, line", [
    ({"clock": -20}, "Stale", "stale authentication trailer from 10.1.0.2, clock skew 20 sec exceeds window 5 sec"),
    ({"clock": 20}, "Stale", "sec exceeds window 5 sec"),
    ({"key": OTHER}, "Invalid HMAC", "invalid authentication HMAC from 10.1.0.2"),
    ({"key_id": 9}, "Unknown Key", "unknown authentication key id 9 from 10.1.0.2"),
    ({"kind": 2}, "Malformed", "malformed authentication trailer from 10.1.0.2"),
    ({"reserved": 1}, "Malformed", "malformed authentication trailer from 10.1.0.2")])
def test_hostile_packets_are_ignored_counted_and_told(ours, settings, count, line):
    daemon = ours.start(ours.first, router(100))
    daemon.wait_for_state("MASTER")
    inject(ours.second, forged(**settings))
    daemon.wait_for_log(line)
    assert counts(daemon) == {**dict.fromkeys(("Missing", "Malformed", "Unknown Key", "Invalid HMAC", "Stale",
                                               "Replay"), 0), count: 1}
    assert daemon.state() == "MASTER"


def test_a_right_packet_is_believed_once(ours):
    daemon = ours.start(ours.first, router(100, "time_window 60"))
    daemon.wait_for_state("MASTER")
    packet = forged()
    inject(ours.second, packet)
    daemon.wait_for_state("BACKUP")
    inject(ours.second, packet)
    daemon.wait_for_log("(VI_1) replayed authentication trailer from 10.1.0.2")
    daemon.wait_for_state("MASTER")
    inject(ours.second, packet)
    daemon.wait_for_log("(VI_1) replayed authentication trailer from 10.1.0.2", times=2)
    assert daemon.states() == ["BACKUP", "MASTER", "BACKUP", "MASTER"]


def test_a_clock_that_drifts_is_told_in_time(ours):
    daemon = ours.start(ours.first, router(100, "time_window 20"))
    daemon.wait_for_state("MASTER")
    inject(ours.second, forged(clock=-15))
    daemon.wait_for_log("sec from 10.1.0.2 approaching window 20 sec")
    daemon.wait_for_state("BACKUP")


def test_monotonic_needs_no_clock(ours):
    daemon = ours.start(ours.first, router(100, "anti_replay monotonic"))
    daemon.wait_for_state("MASTER")
    inject(ours.second, forged(clock=-100000))
    daemon.wait_for_state("BACKUP")
    daemon.wait_for_state("MASTER")
    inject(ours.second, forged(clock=-200000))
    daemon.wait_for_log("(VI_1) replayed authentication trailer from 10.1.0.2")
    assert daemon.state() == "MASTER"

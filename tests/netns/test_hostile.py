"""Packets that nobody should believe: ignored, counted and told as keepalived does. Every one would cost a router of
priority 100 its mastership."""

import json
import re
import signal
from itertools import count

import pytest
from lab import Daemon, NamespaceLab, wait_until
from lab.forge import advert, authenticated, fragments, ipv4, ipv6, put_on_wire, trailer
from routers import instance

US, THEM, STRANGER = "10.1.0.1", "10.1.0.2", "10.1.0.3"
US6, THEM6 = "fe80::ff:fe00:1", "fe80::ff:fe00:2"
GROUP, GROUP6 = "224.0.0.18", "ff02::12"
KEY = bytes(range(32))
LOW, HIGH = 50, 200

# Name: VRID, version, further lines. All of them are MASTER while the tests run.
ROUTERS = {
    "plain": (2, 2, ""),
    "password": (3, 2, "authentication {\n auth_type PASS\n auth_pass secret\n }"),
    "ah": (4, 2, "authentication {\n auth_type AH\n auth_pass secret\n }"),
    "three": (5, 3, ""),
    "hmac": (6, 3, f"auth_hmac {{\n key 1 hex:{KEY.hex()}\n active_key 1\n }}"),
    "unicast": (7, 3, f"unicast_src_ip {US}\n unicast_peer {{\n {THEM} min_ttl 200 max_ttl 254\n }}\n"
                      "check_unicast_src"),
    "six": (8, 3, ""),
}
ADDRESSES = {name: (f"10.1.0.{100 + vrid}",) for name, (vrid, _, _) in ROUTERS.items()}
ADDRESSES["six"] = ("fe80::108", "fd00::108")
sequence = count(1000, 1000)  # A MASTER counts on with its own adverts.


def configuration():
    return "".join(instance(100, name=name, vrid=vrid, version=version, advert=1, state="MASTER", extra=extra,
                            addresses=ADDRESSES[name])
                   for name, (vrid, version, extra) in ROUTERS.items())


def vrrp(name, priority=HIGH, *, source=THEM, destination=GROUP, interval=None, **fields):
    """The VRRP part of an advert for one of the routers, right but for what `fields` says."""
    vrid, version, _ = ROUTERS[name]
    version = fields.setdefault("version", version)
    fields.setdefault("vrid", vrid)
    fields.setdefault("addresses", ADDRESSES[name])
    if name == "password":
        fields = {"auth_type": 1, "auth_data": b"secret", **fields}
    if name == "ah":
        fields = {"auth_type": 2, **fields}
    if interval is None:
        interval = 1 if version == 2 else 100
    return advert(source, destination, priority=priority, interval=interval, **fields)


def packet(name, priority=HIGH, *, source=THEM, destination=GROUP, ip=None, key=b"secret", spi=None, number=None,
           signed=None, **fields):
    """The whole packet; `ip` are fields of its IP header, `signed` those of the trailer."""
    if name == "six":
        source = THEM6 if source == THEM else source
        destination = GROUP6 if destination == GROUP else destination
        return ipv6(source, destination, vrrp(name, priority, source=source, destination=destination, **fields),
                    **(ip or {}))
    if name == "unicast":
        destination = US if destination == GROUP else destination
        ip = {"ttl": 254, **(ip or {})}
    body = vrrp(name, priority, source=source, destination=destination, **fields)
    if name == "ah":
        return authenticated(source, destination, body, key, sequence=next(sequence) if number is None else number,
                             spi=spi)
    if name == "hmac" and signed is not False:
        body += trailer(body, source, **{"key": KEY, "vrid": 6, **(signed or {})})
    return ipv4(source, destination, body, **(ip or {}))


def case(name, what, counted, line="", *, packets=None, **fields):
    """`counted`: statistics that grow. `line`: what the log says, after the instance's name."""
    return pytest.param(name, packets or (lambda: [packet(name, **fields)]), counted, line, id=f"{name}-{what}")


replayed = []


def replay():
    """The same signed packet twice; the first is believed, so it must have a low priority."""
    one = packet("hmac", LOW)
    return [one, one]


HEARD = {"advert_rcvd": 1}
CASES = [
    # Check 2 of compat: too short, too long, or another length than the count says.
    case("plain", "without its last byte", {"packet_len_err": 1}, "vrrp packet from 10.1.0.2 too", cut=19),
    case("plain", "header alone", {"packet_len_err": 1}, "vrrp packet from 10.1.0.2 too", cut=8),
    case("plain", "half a header", {}, "", cut=4),
    case("plain", "more bytes", {"packet_len_err": 1}, "vrrp packet from 10.1.0.2 too", extra=bytes(40)),
    case("plain", "more addresses than there are", {"packet_len_err": 1}, "vrrp packet from 10.1.0.2 too", count=9),
    case("plain", "fewer addresses than there are", {"packet_len_err": 1}, "vrrp packet from 10.1.0.2 too",
         addresses=("10.1.0.102", "10.1.0.103", "10.1.0.104"), count=0),
    case("three", "more addresses than there are", {"packet_len_err": 1}, "vrrp packet from 10.1.0.2 too", count=255),
    case("three", "without its last byte", {"packet_len_err": 1}, "vrrp packet from 10.1.0.2 too", cut=11),
    case("six", "more addresses than there are", {"packet_len_err": 1}, "vrrp packet from", count=3),
    # 3: from another link.
    case("plain", "ttl 254", {"ip_ttl_err": 1}, "invalid TTL/HL from 10.1.0.2. Received 254 and expect 255",
         ip={"ttl": 254}),
    case("three", "ttl 1", {"ip_ttl_err": 1}, "invalid TTL/HL from 10.1.0.2. Received 1 and expect 255", ip={"ttl": 1}),
    case("six", "hop limit 254", {"ip_ttl_err": 1}, "invalid TTL/HL from fe80::ff:fe00:2. Received 254 and expect 255",
         ip={"hop_limit": 254}),
    # 4.
    case("plain", "version 3", {}, "wrong VRRP version from 10.1.0.2. Received 3 and expect 2", version=3),
    case("plain", "version 1", {}, "", version=1),
    case("three", "version 2", {}, "wrong VRRP version from 10.1.0.2. Received 2 and expect 3", version=2),
    # 5.
    case("hmac", "no trailer", {"auth_ext_missing": 1}, "missing authentication trailer from 10.1.0.2", signed=False),
    case("hmac", "trailer of another kind", {"auth_ext_malformed": 1},
         "malformed authentication trailer from 10.1.0.2", signed={"kind": 2}),
    case("hmac", "trailer with the reserved field set", {"auth_ext_malformed": 1}, "", signed={"reserved": 1}),
    case("hmac", "unknown key", {"auth_ext_unknown_key": 1}, "unknown authentication key id 9 from 10.1.0.2",
         signed={"key_id": 9}),
    case("hmac", "wrong key", {"auth_ext_invalid_hmac": 1}, "invalid authentication HMAC from 10.1.0.2",
         signed={"key": KEY[::-1]}),
    case("hmac", "signed for another virtual router", {"auth_ext_invalid_hmac": 1}, "", signed={"vrid": 7}),
    case("hmac", "too old", {"auth_ext_stale": 1}, "stale authentication trailer from 10.1.0.2", signed={"clock": -60}),
    case("hmac", "from the future", {"auth_ext_stale": 1}, "", signed={"clock": 60}),
    case("hmac", "heard before", {"auth_ext_replay": 1, "advert_rcvd": 1},
         "replayed authentication trailer from 10.1.0.2", packets=replay),
    # 6 to 8.
    case("plain", "auth type 7", {"invalid_authtype": 1}, "Invalid auth type from 10.1.0.2: 7", auth_type=7),
    case("plain", "a password", {"authtype_mismatch": 1}, "received a 1 auth from 10.1.0.2, expecting 0!", auth_type=1,
         auth_data=b"secret"),
    case("password", "no password", {"authtype_mismatch": 1}, "received a 0 auth from 10.1.0.2, expecting 1!",
         auth_type=0, auth_data=b""),
    case("password", "wrong password", {"auth_failure": 1}, "received an invalid passwd from 10.1.0.2!",
         auth_data=b"secreT"),
    case("password", "longer password", {"auth_failure": 1}, "", auth_data=b"secret12"),
    # 9.
    case("ah", "wrong password", {"auth_failure": 1}, "IPSEC-AH : invalid IPSEC HMAC-MD5 value", key=b"secreT"),
    case("ah", "security index of another", {"auth_failure": 1}, "", spi=STRANGER),
    case("ah", "old number", {"auth_failure": 1}, "IPSEC-AH : sequence number", number=0),
    case("ah", "bare advert", {}, "", packets=lambda: [ipv4(THEM, GROUP, vrrp("ah"))]),
    case("plain", "behind an authentication header", {}, "",
         packets=lambda: [authenticated(THEM, GROUP, vrrp("plain"), b"", sequence=1)]),
    # 10, uncounted.
    case("plain", "interval of 2 s", {}, "advertisement interval mismatch with 10.1.0.2 mine=1 sec rcv'd=2 sec",
         interval=2),
    # 11.
    case("plain", "type 2", {"invalid_type_rcvd": 1}, "Invalid packet type from 10.1.0.2. 2 and expect 1", kind=2),
    case("three", "type 0", {"invalid_type_rcvd": 1}, "Invalid packet type from 10.1.0.2. 0 and expect 1", kind=0),
    case("six", "type 15", {"invalid_type_rcvd": 1}, "Invalid packet type from", kind=15),
    # 14.
    case("plain", "wrong checksum", {}, "Invalid VRRPv2 checksum from 10.1.0.2", checksum=0x1234),
    case("three", "wrong checksum", {}, "Invalid VRRPv3 checksum from 10.1.0.2", checksum=0x1234),
    case("three", "checksum without the pseudo header", {}, "", pseudo_header=False),
    case("six", "wrong checksum", {}, "", checksum=0x1234),
    # 17 and 18: told, counted, believed; so they come with a low priority.
    case("plain", "one address more", {"addr_list_err": 1, "advert_rcvd": 1}, "expected 1 VIPs but received 2",
         priority=LOW, addresses=("10.1.0.102", "10.1.0.199")),
    case("plain", "another address", {"addr_list_err": 1, "advert_rcvd": 1},
         "ip address associated with VRID 2 not present in advert from 10.1.0.2: 10.1.0.102", priority=LOW,
         addresses=("10.1.0.199",)),
    case("three", "no address", {"addr_list_err": 1, "advert_rcvd": 1}, "expected 1 VIPs but received 0", priority=LOW,
         addresses=()),
    case("six", "another address", {"addr_list_err": 1, "advert_rcvd": 1},
         "ip address associated with VRID 8 not present in advert from fe80::ff:fe00:2: fd00::108", priority=LOW,
         addresses=("fe80::108", "fd00::199")),
    # 19 and 20, after it was counted as received.
    case("unicast", "from a stranger", HEARD, "unicast source address 10.1.0.3 not a unicast peer", source=STRANGER),
    case("unicast", "ttl below the peer's", {"ip_ttl_err": 1, "advert_rcvd": 1},
         "TTL/HL 199 from 10.1.0.2 not in range [200, 254]", ip={"ttl": 199}),
    case("unicast", "ttl above the peer's", {"ip_ttl_err": 1, "advert_rcvd": 1},
         "TTL/HL", ip={"ttl": 255}),
    # What never gets as far.
    case("plain", "another virtual router", {}, "", vrid=99),
    case("unicast", "to the group", {}, "", destination=GROUP + "", packets=lambda: [
        ipv4(THEM, GROUP, vrrp("unicast"))]),
    case("plain", "to us alone", {}, "", packets=lambda: [ipv4(THEM, US, vrrp("plain"))]),
    case("plain", "to another group", {}, "", destination="224.0.0.19"),
    case("six", "to another group", {}, "", destination="ff02::13"),
    case("plain", "from our own address", {}, "", source=US),
    case("plain", "one fragment of two", {}, "", packets=lambda: fragments(packet("plain"), 16)[:1]),
    case("plain", "header checksum of IP", {}, "", packets=lambda: [
        packet("plain")[:10] + b"\x12\x34" + packet("plain")[12:]]),
]


class Bench:
    def __init__(self, lab):
        self.node = lab.node("first", f"{US}/24", "fd00::1/64")
        self.sender = lab.node("second", f"{THEM}/24", f"{STRANGER}/24", "fd00::2/64")
        for node, mac in ((self.node, "02:00:00:00:00:01"), (self.sender, "02:00:00:00:00:02")):
            node.ip(f"link set eth0 address {mac}", "link set eth0 down", "link set eth0 up")
            address = {self.node: US6, self.sender: THEM6}[node]
            wait_until(lambda n=node, a=address: n.holds(a), 5, address)
        self.node.ip("addr replace fd00::1/64 dev eth0")
        self.daemon = Daemon(self.node, configuration()).start()
        for name in ROUTERS:
            self.daemon.wait_for_state("MASTER", instance=name, timeout=8)

    def send(self, packets):
        put_on_wire(self.sender, packets, mac=bytes.fromhex("020000000001"))

    def dumped(self, number, name):
        path = self.daemon.folder / "tmp" / name
        path.unlink(missing_ok=True)
        self.daemon.signal(number)
        wait_until(lambda: path.exists() and path.read_text().rstrip().endswith(("]", "}"))
                   if name.endswith("json") else path.exists() and "Sent" in path.read_text()[-40:], 3, name)
        return path.read_text()

    def counters(self):
        """Of all instances, as the JSON dump has them."""
        shown = json.loads(self.dumped(signal.SIGRTMIN + 2, "keepalived.json"))
        return {each["data"]["iname"]: each["stats"] for each in shown}


@pytest.fixture(scope="module")
def bench():
    with NamespaceLab() as lab:
        bench = Bench(lab)
        yield bench
        print(bench.daemon.log())


# What our own answers change.
OWN = {"advert_sent"}


@pytest.mark.parametrize("name, packets, counted, line", CASES)
def test_ignored_counted_and_told(bench, name, packets, counted, line):
    before = bench.counters()
    bench.send(packets())
    bench.send([packet(name, LOW)])  # One to be heard, so that we know when the others have been.

    def changes():
        after = bench.counters()
        return {key: value - before[name][key] for key, value in after[name].items()
                if value != before[name][key] and key not in OWN}

    expected = {**counted, "advert_rcvd": counted.get("advert_rcvd", 0) + 1}
    wait_until(lambda: changes().get("advert_rcvd", 0) >= expected["advert_rcvd"], 3, f"{expected}, but {changes()}")
    assert changes() == expected
    assert f"({name}) {line}" in bench.daemon.log()
    assert bench.daemon.states(name) in (["MASTER"], ["BACKUP", "MASTER"])


def test_nobody_else_has_counted(bench):
    """Each of the dumps says the same, and the counters of the instances are their own."""
    text = bench.dumped(signal.SIGUSR2, "keepalived.stats")
    numbers = {block.split("\n")[0].strip(): [int(each) for each in re.findall(r": (\d+)$", block, re.MULTILINE)]
               for block in text.split("VRRP Instance:")[1:]}
    shown = bench.counters()
    order = ["advert_rcvd", "advert_sent", "become_master", "release_master", "packet_len_err", "ip_ttl_err",
             "invalid_type_rcvd", "advert_interval_err", "addr_list_err", "invalid_authtype", "authtype_mismatch",
             "auth_failure", "auth_ext_missing", "auth_ext_malformed", "auth_ext_unknown_key",
             "auth_ext_invalid_hmac", "auth_ext_stale", "auth_ext_replay", "pri_zero_rcvd", "pri_zero_sent"]
    for name, values in numbers.items():
        assert dict(zip(order, values), advert_sent=0) == {**shown[name], "advert_sent": 0}
    assert set(numbers) == set(ROUTERS)


@pytest.mark.parametrize("name, packets", [
    ("plain", lambda: fragments(packet("plain", LOW), 16)),
    ("three", lambda: [packet("three", LOW, interval=0xf000 | 100)]),  # Reserved bits are not looked at.
    ("three", lambda: [packet("three", LOW, interval=300)]),
    ("unicast", lambda: [packet("unicast", LOW, ip={"ttl": 200})]),
    ("plain", lambda: [packet("plain", LOW, ip={"options": b"\1\1\1\0"})]),
    ("plain", lambda: [packet("plain", LOW, auth_data=b"whatever")]),
], ids=["fragments", "reserved bits", "another interval", "ttl in range", "ip options", "unused authentication data"])
def test_heard(bench, name, packets):
    """The other side of the rules: these are right."""
    before = bench.counters()[name]["advert_rcvd"]
    bench.send(packets())
    wait_until(lambda: bench.counters()[name]["advert_rcvd"] == before + 1, 3, "one more heard")

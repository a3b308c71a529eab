"""Keywords that change what a router sends: source, destination, version, checksum, addresses."""

import ipaddress
import struct
from dataclasses import dataclass

import pytest
from lab import Daemon, NamespaceLab
from lab.frames import internet_checksum
from routers import ADVERT, instance

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
    Case("unicast_ttl", f"unicast_src_ip {FIRST}\nunicast_peer {{\n{OTHER}\n}}\nunicast_ttl 77", {"ttl": 77}),
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

"""Every option of an address, in each list that takes addresses: what the kernel has afterwards."""

import ipaddress
import json

import pytest
from lab import Daemon, NamespaceLab, under_test_is_reference, wait_until
from lab.binaries import REPOSITORY
from routers import instance

# The first word after the numbers tells list from list; `{n}` in an entry is its number.
LISTS = {"static_ipaddress:": 1, "vrrp_instance/virtual_ipaddress:": 2,
         "vrrp_instance/virtual_ipaddress_excluded:": 3}
GOES = ("10.1.", "10.2.", "10.3.", "2001:db8:")
FOREVER = 0xffffffff

# Option, entry, and what `ip -j -d address` then says of it; None: it does not say this.
OPTIONS = [
    ("dev", "10.{n}.0.1/24 dev lan1", {"ifname": "lan1"}),
    ("dev", "2001:db8:{n}:10::1/64 dev lan1", {"ifname": "lan1"}),
    ("brd", "10.{n}.1.1/24 brd 10.{n}.1.77", {"broadcast": "10.{n}.1.77", "prefixlen": 24}),
    ("brd", "10.{n}.2.1/24 brd +", {"broadcast": "10.{n}.2.255"}),
    ("brd", "10.{n}.3.1/24 broadcast -", {"broadcast": "10.{n}.3.0"}),
    ("brd", "10.{n}.4.1", {"broadcast": None, "prefixlen": 32, "scope": "global", "ifname": "lan0"}),
    ("scope", "10.{n}.5.1 scope link", {"scope": "link"}),
    ("scope", "10.{n}.6.1 scope host", {"scope": "host"}),
    ("label", "10.{n}.7.1 label lan0:n{n}", {"label": "lan0:n{n}"}),
    ("peer", "10.{n}.8.1 peer 10.{n}.8.2", {"address": "10.{n}.8.2"}),
    ("peer", "2001:db8:{n}:1::1 peer 2001:db8:{n}:1::2", {"address": "2001:db8:{n}:1::2"}),
    ("home", "2001:db8:{n}:2::1/64 home", {"home": True}),
    ("home", "2001:db8:{n}:3::1/64", {"home": None, "nodad": True, "mngtmpaddr": None, "noprefixroute": None,
                                      "prefixlen": 64, "preferred_life_time": FOREVER}),
    ("-nodad", "2001:db8:{n}:4::1/64 -nodad", {"nodad": None}),
    ("mngtmpaddr", "2001:db8:{n}:5::1/64 mngtmpaddr", {"mngtmpaddr": True}),
    ("noprefixroute", "10.{n}.9.1/24 noprefixroute", {"noprefixroute": True, "route": None}),
    ("noprefixroute", "10.{n}.10.1/24", {"noprefixroute": None, "route": "10.{n}.10.0/24"}),
    ("noprefixroute", "2001:db8:{n}:6::1/64 noprefixroute", {"noprefixroute": True, "route": None}),
    ("autojoin", "239.{n}.1.1 autojoin", {"autojoin": True, "group": "239.{n}.1.1"}),
    ("autojoin", "ff05::{n}:7 autojoin", {"autojoin": True, "group": "ff05::{n}:7"}),
    ("preferred_lft", "2001:db8:{n}:7::1/64 preferred_lft 500", {"preferred_life_time": range(480, 501)}),
    ("preferred_lft", "2001:db8:{n}:8::1/128 preferred_lft forever", {"preferred_life_time": FOREVER}),
    # Not to be chosen as a source by others, unless asked to be.
    ("preferred_lft", "2001:db8:{n}:9::1/128", {"preferred_life_time": 0, "deprecated": True}),
    ("preferred_lft", "10.{n}.11.1 preferred_lft 500", {"preferred_life_time": FOREVER}),
]
# Tested where they matter: use_vmac in test_vmac, the other two below.
ELSEWHERE = {"use_vmac", "no_track", "track_group"}


def address_of(entry, number):
    return entry.format(n=number).split()[0].partition("/")[0]


def entries(number, family=None):
    return "\n       ".join(entry.format(n=number) for _, entry, _ in OPTIONS
                             if family in (None, ipaddress.ip_address(address_of(entry, number)).version))


def with_interface(lines):
    """Static addresses name their interface."""
    return "\n".join(line if " dev " in line else f"{line} dev lan0" for line in lines.splitlines())


def configuration():
    four = instance(name="VI_4", vrid=4, advert=0.1, addresses=[entries(2, 4)],
                    extra=f"virtual_ipaddress_excluded {{\n       {entries(3)}\n   }}")
    six = instance(name="VI_6", vrid=6, advert=0.1, addresses=["fe80::6", entries(2, 6)])
    return (f"static_ipaddress {{\n       {with_interface(entries(1))}\n}}\n"
            + (four + six).replace("interface eth0", "interface lan0"))


class Seen:
    """What the kernel has, read once."""

    def __init__(self, node):
        self.addresses = {}
        for link in json.loads(node.run(["ip", "-j", "-d", "address", "show"])):
            for each in link["addr_info"]:
                if "local" in each:
                    self.addresses[each["local"]] = {**each, "ifname": link["ifname"]}
        self.routes = {route["dst"] for family in ("-4", "-6")
                       for route in json.loads(node.run(["ip", "-j", family, "route", "show"]))}
        self.groups = {each.get("address") for link in json.loads(node.run(["ip", "-j", "maddress", "show"]))
                       for each in link["maddr"]}

    def fact(self, address, name):
        if name == "group":
            return address if address in self.groups else None
        found = self.addresses[address]
        if name == "route":
            network = str(ipaddress.ip_network(f"{address}/{found['prefixlen']}", strict=False))
            return network if network in self.routes else None
        return found.get(name)


def add_links(node):
    node.ip("link add lan0 type veth peer name peer0", "link add lan1 type veth peer name peer1",
            *(f"link set {name} up" for name in ("lan0", "peer0", "lan1", "peer1")),
            "addr add 192.0.2.1/24 dev lan0")


@pytest.fixture(scope="module")
def seen():
    with NamespaceLab() as lab:
        node = lab.node("first", "10.200.0.1/24")
        add_links(node)
        daemon = Daemon(node, configuration()).start()
        last = [address_of(OPTIONS[-1][1], 3), address_of(OPTIONS[-2][1], 2)]
        wait_until(lambda: all(node.holds(each) for each in last), 10, str(last))
        yield Seen(node)
        assert daemon.stop() == 0
        if under_test_is_reference():
            return  # Which leaves IPv4 addresses with a peer behind.
        wait_until(lambda: not [each for each in node.addresses() if each.startswith(GOES)], 2, "none left")


@pytest.mark.parametrize("place", LISTS)
@pytest.mark.parametrize("option, entry, expected", OPTIONS, ids=[entry.format(n=1) for _, entry, _ in OPTIONS])
def test_option(seen, place, option, entry, expected):
    number = LISTS[place]
    address = address_of(entry, number)
    for name, value in expected.items():
        found = seen.fact(address, name)
        if isinstance(value, range):
            assert found in value
        else:
            assert found == (value.format(n=number) if isinstance(value, str) else value)


def test_no_track(ours):
    """What others do to such an address means nothing; another one is put back or costs the state."""
    node = ours.first
    add_links(node)
    daemon = ours.start(node, "static_ipaddress {\n10.1.5.1 dev lan0 no_track\n10.1.6.1 dev lan0\n}\n"
                        + instance(advert=0.1, addresses=["10.2.5.1 dev lan0 no_track"], extra=
                                   "virtual_ipaddress_excluded {\n10.3.5.1 dev lan0 no_track\n}"))
    free = ["10.1.5.1", "10.2.5.1", "10.3.5.1"]
    daemon.wait_for_state("MASTER")
    wait_until(lambda: all(node.holds(each) for each in free), 3, "the addresses")
    node.ip(*(f"addr del {each}/32 dev lan0" for each in [*free, "10.1.6.1"]))
    wait_until(lambda: node.holds("10.1.6.1"), 3, "the static address again")
    assert daemon.states() == ["BACKUP", "MASTER"]
    assert not any(node.holds(each) for each in free)


def test_track_group(ours):
    """An instance of the group needs the interface of the address."""
    node = ours.first
    add_links(node)
    daemon = ours.start(node, "track_group TG {\ngroup {\nVI_1\n}\n}\n"
                              "static_ipaddress {\n10.1.5.1 dev lan0 track_group TG\n10.1.6.1 dev lan1\n}\n"
                        + instance(advert=0.1) + instance(advert=0.1, name="VI_2", vrid=2))
    for name in ("VI_1", "VI_2"):
        daemon.wait_for_state("MASTER", instance=name)
    node.ip("link set lan1 down", "link set lan0 down")
    daemon.wait_for_state("FAULT")
    node.ip("link set lan0 up")
    daemon.wait_for_state("MASTER")
    assert daemon.states("VI_2") == ["BACKUP", "MASTER"]


def test_no_option_is_forgotten():
    keywords = json.loads((REPOSITORY / "docs/keywords.json").read_text())["keywords"]
    for place in LISTS:
        words = {each["path"].rpartition("/")[2] for each in keywords
                 if each["path"].rpartition("/")[0] == place.rstrip(":")}
        assert words and words <= {option for option, _, _ in OPTIONS} | ELSEWHERE

"""Every option of a route and of a rule, static and virtual: what the kernel has afterwards."""

import json
import re

import pytest
from lab import Daemon, NamespaceLab, under_test_is_reference, wait_until
from lab.binaries import REPOSITORY
from routers import instance

# `{n}` in an entry is the number of its list.
ROUTES = {"static_routes:": 1, "vrrp_instance/virtual_routes:": 2}
RULES = {"static_rules:": 1, "vrrp_instance/virtual_rules:": 2}
OURS = "only Holdfast"

# Option, entry, and how `ip -d route` shows it: a list of words that follow each other. "- " before: not shown.
# 2.4.3 takes the word after `inet` for a part of it, which loses the destination here.
ROUTE_OPTIONS = [
    ("to", "to 10.{n}0.0.0/16 dev lan0", ["unicast 10.{n}0.0.0/16 dev lan0", "proto keepalived"]),
    ("via", "10.{n}1.0.0/16 via 192.0.2.9", ["via 192.0.2.9 dev lan0"]),
    ("via", "2001:db8:{n}1::/48 via inet6 fe80::9 dev lan0", ["via fe80::9 dev lan0"]),
    ("dev", "10.{n}2.0.0/16 dev lan1", ["dev lan1"]),
    ("src", "10.{n}3.0.0/16 dev lan0 src 192.0.2.1", ["src 192.0.2.1"]),
    ("src", "10.{n}3.1.0/24 dev lan0", ["- src", "- onlink", "- metric", "table main"]),
    ("from", "2001:db8:{n}2::/48 dev lan0 from 2001:db8:99::/48", ["from 2001:db8:99::/48"]),
    ("inet", "inet 10.{n}4.0.0/16 dev lan0", ["dev lan0", OURS]),
    ("inet6", "inet6 2001:db8:{n}3::/48 dev lan0", ["dev lan0", OURS]),
    ("tos", "10.{n}5.0.0/16 dev lan0 tos 8", ["tos 0x08"]),
    ("table", "10.{n}6.0.0/16 dev lan0 table 77", ["table 77"]),
    ("table", "10.{n}6.1.0/24 dev lan0 table 1000", ["table 1000"]),
    ("protocol", "10.{n}7.0.0/16 dev lan0 protocol 77 no_track", ["proto 77"]),
    ("scope", "10.{n}8.0.0/16 dev lan0 scope link", ["scope link"]),
    ("metric", "10.{n}9.0.0/16 dev lan0 metric 50", ["metric 50"]),
    ("onlink", "11.{n}0.0.0/16 via 203.0.113.9 dev lan0 onlink", ["via 203.0.113.9", "onlink"]),
    ("encap", "11.{n}1.0.0/16 encap ip id 100 dst 192.0.2.44 src 192.0.2.1 tos 8 ttl 9 via 192.0.2.9 dev lan0",
     ["encap ip id 100 src 192.0.2.1 dst 192.0.2.44 ttl 9 tos 8"]),
    ("encap", "2001:db8:{n}4::/48 encap ip6 id 7 dst 2001:db8::44 hoplimit 9 tc 8 via fe80::9 dev lan0",
     ["encap ip6 id 7 src :: dst 2001:db8::44 hoplimit 9 tc 8"]),
    ("expires", "2001:db8:{n}5::/48 dev lan0 expires 1000", ["expires"]),
    ("expires", "2001:db8:{n}6::/48 dev lan0", ["- expires", "pref medium"]),
    ("mtu", "11.{n}2.0.0/16 dev lan0 mtu 1400", ["mtu 1400"]),
    ("mtu", "11.{n}2.1.0/24 dev lan0 mtu lock 1400", ["mtu lock 1400"]),
    ("hoplimit", "11.{n}3.0.0/16 dev lan0 hoplimit 17", ["hoplimit 17"]),
    ("advmss", "11.{n}4.0.0/16 dev lan0 advmss 1200", ["advmss 1200"]),
    ("advmss", "11.{n}4.1.0/24 dev lan0 advmss lock 1200", ["advmss lock 1200"]),
    ("rtt", "11.{n}5.0.0/16 dev lan0 rtt 8000", ["rtt 1s"]),  # Without a unit eighths of a millisecond.
    ("rtt", "11.{n}5.1.0/24 dev lan0 rtt 2s", ["rtt 2s"]),
    ("rtt", "11.{n}5.2.0/24 dev lan0 rtt lock 900ms", ["rtt lock 900ms"]),
    ("rttvar", "11.{n}6.0.0/16 dev lan0 rttvar lock 900ms", ["rttvar lock 900ms"]),
    ("rttvar", "11.{n}6.1.0/24 dev lan0 rttvar 4000", ["rttvar 1s"]),
    ("reordering", "11.{n}7.0.0/16 dev lan0 reordering lock 9", ["reordering lock 9"]),
    ("window", "11.{n}8.0.0/16 dev lan0 window 5000", ["window 5000"]),
    ("cwnd", "11.{n}9.0.0/16 dev lan0 cwnd lock 12", ["cwnd lock 12"]),
    ("ssthresh", "12.{n}0.0.0/16 dev lan0 ssthresh lock 22", ["ssthresh lock 22"]),
    ("realms", "12.{n}1.0.0/16 dev lan0 realms 5/6", ["realms 5/6"]),
    ("realms", "12.{n}1.1.0/24 dev lan0 realms 7", ["realm 7"]),
    ("rto_min", "12.{n}2.0.0/16 dev lan0 rto_min lock 250ms", ["rto_min lock 250ms"]),
    ("initcwnd", "12.{n}3.0.0/16 dev lan0 initcwnd 33", ["initcwnd 33"]),
    ("initrwnd", "12.{n}4.0.0/16 dev lan0 initrwnd 44", ["initrwnd 44"]),
    ("features", "12.{n}5.0.0/16 dev lan0 features ecn", ["features ecn"]),
    ("quickack", "12.{n}6.0.0/16 dev lan0 quickack 1", ["quickack 1"]),
    ("congctl", "12.{n}7.0.0/16 dev lan0 congctl lock cubic", ["congctl lock cubic"]),
    ("congctl", "12.{n}7.1.0/24 dev lan0 congctl reno", ["congctl reno"]),
    ("pref", "2001:db8:{n}7::/48 dev lan0 pref high", ["pref high"]),
    ("pref", "2001:db8:{n}8::/48 dev lan0 pref low", ["pref low"]),
    ("fastopen_no_cookie", "12.{n}8.0.0/16 dev lan0 fastopen_no_cookie 1", ["fastopen_no_cookie 1"]),
    ("add", "12.{n}9.0.0/16 dev lan0 add", ["dev lan0"]),
    # Beside an equal route with another gateway that is there already: behind it, before it.
    ("append", "13.{n}0.0.0/16 dev lan0 append", ["dev lan1", "dev lan0"]),
    ("prepend", "13.{n}1.0.0/16 dev lan0 prepend", ["dev lan0", "dev lan1"]),
    ("nexthop", "13.{n}2.0.0/16 nexthop via 192.0.2.9 dev lan0 weight 3 nexthop via 198.51.100.9 dev lan1 onlink "
                "weight 256 realms 3/4",
     ["nexthop via 192.0.2.9 dev lan0 weight 3", "nexthop via 198.51.100.9 realms 3/4 dev lan1 weight 256 onlink"]),
    ("nexthop", "2001:db8:{n}9::/48 nexthop via fe80::9 dev lan0 nexthop via fe80::9 dev lan1 weight 2",
     ["nexthop via fe80::9 dev lan0 weight 1", "nexthop via fe80::9 dev lan1 weight 2"]),
]
ROUTE_TYPES = [
    ("blackhole", "blackhole 13.{n}3.0.0/16", ["blackhole 13.{n}3.0.0/16"]),
    ("unreachable", "unreachable 13.{n}4.0.0/16", ["unreachable 13.{n}4.0.0/16"]),
    ("prohibit", "prohibit 13.{n}5.0.0/16", ["prohibit 13.{n}5.0.0/16"]),
    ("throw", "throw 13.{n}6.0.0/16 table 77", ["throw 13.{n}6.0.0/16"]),
    ("multicast", "multicast 239.{n}.1.0/24 dev lan0", ["multicast 239.{n}.1.0/24"]),
    ("unreachable", "unreachable 2001:db8:{n}a::/48", ["unreachable 2001:db8:{n}a::/48"]),
]
# Two that this kernel has not (MPLS, ILA) are in unit/kernel/rtnetlink_codec_test, as is ttl-propagate, which only
# MPLS shows; vrf in ipvs/test_links; `or` is refused by every kernel; the last two are below.
ROUTES_ELSEWHERE = {"vrf", "ttl-propagate", "or", "no_track", "track_group"}
# There before the daemon, to be appended to and prepended to.
FIRST = [f"13.{n}{m}.0.0/16 dev lan1" for n in (1, 2) for m in (0, 1)]

# As above; the preference of a rule is 1000 times the number of its list and its place here.
RULE_OPTIONS = [
    ("from", "from 10.1.0.0/16 table 100", ["from 10.1.0.0/16 lookup 100", "proto keepalived"]),
    ("to", "to 10.1.0.0/16 lookup 1000", ["from all to 10.1.0.0/16 lookup 1000"]),
    ("inet", "inet from 10.1.0.0/16 table 100", ["from 10.1.0.0/16 lookup 100", OURS]),
    ("inet6", "inet6 from 2001:db8::/32 table 100", ["from 2001:db8::/32 lookup 100", OURS]),
    ("to", "to 2001:db8::/32 from 2001:db8:1::/48 table 100", ["from 2001:db8:1::/48 to 2001:db8::/32 lookup 100"]),
    ("not", "not from 10.1.0.0/16 table 100", ["not from 10.1.0.0/16"]),
    ("table", "from 10.1.0.0/16 table main", ["lookup main", "- fwmark", "- iif"]),
    ("tos", "tos 8 table 100", ["tos 0x08 lookup 100"]),
    ("fwmark", "fwmark 5 table 100", ["fwmark 0x5 lookup 100"]),
    ("fwmark", "fwmark 0x5/0xff table 100", ["fwmark 0x5/0xff lookup 100"]),
    ("realms", "from 10.1.0.0/16 table 100 realms 3/4", ["realms 3/4"]),
    ("suppress_prefixlength", "table 100 suppress_prefixlength 8", ["suppress_prefixlength 8"]),
    ("suppress_ifgroup", "table 100 suppress_ifgroup 3", ["suppress_ifgroup 3"]),
    ("iif", "iif lan0 table 100", ["iif lan0 lookup 100"]),
    ("oif", "oif lan1 table 100", ["oif lan1 lookup 100"]),
    ("tunnel-id", "tunnel-id 7 table 100", ["tun_id 7"]),
    ("uidrange", "uidrange 5-9 table 100", ["uidrange 5-9"]),
    ("l3mdev", "l3mdev from 10.10.0.0/24", ["lookup [l3mdev-table]"]),
    ("protocol", "from 10.1.0.0/16 protocol 9 no_track table 100", ["proto ra"]),
    ("no_track", "from 10.1.0.0/16 no_track table 100", ["lookup 100 proto unspec"]),
    ("ipproto", "ipproto udp table 100", ["ipproto udp"]),
    ("ipproto", "ipproto 132 table 100", ["ipproto sctp", OURS]),  # 2.4.3 loses the number.
    ("sport", "sport 5-9 table 100", ["sport 5-9"]),
    ("dport", "dport 50-90 table 100", ["dport 50-90"]),
    ("type", "from 10.1.0.0/16 type prohibit", ["from 10.1.0.0/16 prohibit"]),
    ("goto", "from 10.1.0.0/16 goto 30000", ["goto 30000"]),
    ("nop", "from 10.1.0.0/16 nop", ["from 10.1.0.0/16 nop"]),
    ("blackhole", "from 10.1.0.0/16 blackhole", ["from 10.1.0.0/16 blackhole"]),
    ("unreachable", "from 10.1.0.0/16 unreachable", ["from 10.1.0.0/16 unreachable"]),
    ("prohibit", "from 10.1.0.0/16 prohibit", ["from 10.1.0.0/16 prohibit"]),
]
RULES_ELSEWHERE = {"priority"}  # Each entry has one.


def with_priority(index, number):
    option, entry, _ = RULE_OPTIONS[index]
    return f"{entry} priority {1000 * number + index}"


def entries(number):
    return "\n       ".join(entry.format(n=number) for _, entry, _ in ROUTE_OPTIONS + ROUTE_TYPES)


def rules(number):
    return "\n       ".join(with_priority(index, number) for index in range(len(RULE_OPTIONS)))


def configuration():
    return (f"static_routes {{\n       {entries(1)}\n}}\nstatic_rules {{\n       {rules(1)}\n}}\n"
            + instance(advert=0.1, extra=f"virtual_routes {{\n       {entries(2)}\n   }}\n"
                                         f"    virtual_rules {{\n       {rules(2)}\n   }}"))


def add_links(node):
    node.ip("link add lan0 type veth peer name peer0", "link add lan1 type veth peer name peer1",
            *(f"link set {name} up" for name in ("lan0", "peer0", "lan1", "peer1")),
            "addr add 192.0.2.1/24 dev lan0", "addr add 198.51.100.1/24 dev lan1")


class Seen:
    """What the kernel has, read once: the lines of each destination, and of each preference."""

    def __init__(self, node):
        self.routes, self.rules = {}, {}
        for family in ("-4", "-6"):
            text = node.run(["ip", family, "-d", "route", "show", "table", "all"])
            for block in re.sub(r"\n\s+", " ", text).splitlines():
                destination = next((word for word in block.split() if "/" in word), "default")
                if "table" not in block.split():
                    block += " table main"
                self.routes[destination] = self.routes.get(destination, "") + " " + " ".join(block.split()) + " "
            for line in node.run(["ip", family, "-d", "rule", "show"]).splitlines():
                priority, _, rest = line.partition(":")
                self.rules[int(priority)] = f" {' '.join(rest.split())} "


@pytest.fixture(scope="module")
def seen():
    with NamespaceLab() as lab:
        node = lab.node("first", "10.200.0.1/24")
        add_links(node)
        node.ip(*(f"route add {each}" for each in FIRST))
        before = node.run(["ip", "rule", "show"]), node.run(["ip", "-6", "rule", "show"])
        daemon = Daemon(node, configuration()).start()
        daemon.wait_for_state("MASTER")
        wait_until(lambda: f"{2000 + len(RULE_OPTIONS) - 1}:" in node.run(["ip", "rule", "show"]), 5, "the last rule")
        yield Seen(node)
        assert daemon.stop() == 0
        if not under_test_is_reference():  # Which leaves some static ones.
            assert (node.run(["ip", "rule", "show"]), node.run(["ip", "-6", "rule", "show"])) == before
            left = [line for family in ("-4", "-6") for line in
                    node.run(["ip", family, "route", "show", "table", "all", "proto", "18"]).splitlines()]
            assert left == []


def check(shown, expected, number):
    if OURS in expected and under_test_is_reference():
        pytest.skip("Holdfast differs from keepalived here")
    at = 0
    for words in expected:
        words = words.format(n=number)
        if words == OURS:
            continue
        if words.startswith("- "):
            assert f" {words[2:]} " not in shown
        else:
            assert f" {words} " in shown[at:], shown
            at = shown.index(f" {words} ", at)


@pytest.mark.parametrize("place", ROUTES)
@pytest.mark.parametrize("option, entry, expected", ROUTE_OPTIONS + ROUTE_TYPES,
                         ids=[entry.format(n=1) for _, entry, _ in ROUTE_OPTIONS + ROUTE_TYPES])
def test_route_option(seen, place, option, entry, expected):
    number = ROUTES[place]
    destination = next(word for word in entry.format(n=number).split() if "/" in word)
    check(seen.routes.get(destination, ""), expected, number)


@pytest.mark.parametrize("place", RULES)
@pytest.mark.parametrize("index", range(len(RULE_OPTIONS)), ids=[entry for _, entry, _ in RULE_OPTIONS])
def test_rule_option(seen, place, index):
    number = RULES[place]
    check(seen.rules.get(1000 * number + index, ""), RULE_OPTIONS[index][2], number)


def routes_of(node):
    return node.run(["ip", "route", "show", "proto", "18"])


def rules_of(node):
    return node.run(["ip", "rule", "show"])


def test_no_track(ours):
    """What others do to such a route or rule means nothing; a static one without it is put back."""
    node = ours.first
    add_links(node)
    daemon = ours.start(node, """
static_routes {
    10.11.0.0/16 dev lan0 no_track
    10.12.0.0/16 dev lan0
}
static_rules {
    from 10.11.0.0/16 table 100 priority 1001 no_track
    from 10.12.0.0/16 table 100 priority 1002
}
""" + instance(advert=0.1, extra="""virtual_routes {
        10.13.0.0/16 dev lan0 no_track
    }
    virtual_rules {
        from 10.13.0.0/16 table 100 priority 1003 no_track
    }"""))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: "10.13.0.0" in routes_of(node) and "1003:" in rules_of(node), 3, "all of them")
    node.ip(*(f"route del 10.{number}.0.0/16" for number in (11, 12, 13)),
            *(f"rule del priority {number}" for number in (1001, 1002, 1003)))
    if not under_test_is_reference():
        wait_until(lambda: "10.12.0.0" in routes_of(node) and "1002:" in rules_of(node), 3, "the static ones again")
        assert routes_of(node).count("\n") == 1
    assert daemon.states() == ["BACKUP", "MASTER"]
    assert "1001:" not in rules_of(node) and "1003:" not in rules_of(node)


def test_track_group(ours):
    """An instance of the group needs the interface of the route."""
    node = ours.first
    add_links(node)
    daemon = ours.start(node, "track_group TG {\ngroup {\nVI_1\n}\n}\n"
                              "static_routes {\n10.11.0.0/16 dev lan0 track_group TG\n}\n"
                        + instance(advert=0.1) + instance(advert=0.1, name="VI_2", vrid=2))
    for name in ("VI_1", "VI_2"):
        daemon.wait_for_state("MASTER", instance=name)
    node.ip("link set lan0 down")
    daemon.wait_for_state("FAULT")
    node.ip("link set lan0 up")
    daemon.wait_for_state("MASTER")
    assert daemon.states("VI_2") == ["BACKUP", "MASTER"]


def test_no_option_is_forgotten():
    keywords = json.loads((REPOSITORY / "docs/keywords.json").read_text())["keywords"]
    for place, tested in [*((each, {option for option, _, _ in ROUTE_OPTIONS} | ROUTES_ELSEWHERE) for each in ROUTES),
                          *((each, {option for option, _, _ in RULE_OPTIONS} | RULES_ELSEWHERE) for each in RULES)]:
        words = {each["path"].rpartition("/")[2] for each in keywords
                 if each["path"].rpartition("/")[0] == place.rstrip(":")}
        assert words and words <= tested | {"track_group"}, place

"""Addresses, routes and rules with every option: what the kernel has afterwards is what it has with keepalived."""

import re

import pytest
from lab import binary_for, wait_until
from routers import Routers

ADDRESSES = [
    "192.0.2.102/24 brd 192.0.2.77",
    "192.0.2.103/24 broadcast -",
    "192.0.2.104 scope host",
    "192.0.2.105 scope link noprefixroute",
    "192.0.2.106/24 preferred_lft 100",
    "192.0.2.107/25 preferred_lft 0",
    "10.9.0.1 peer 10.9.0.2",
]
EXCLUDED = [
    "2001:db8::1/64 home",
    "2001:db8::2/128",
    "2001:db8::3/64 -nodad",
    "2001:db8::4/64 mngtmpaddr",
    "2001:db8::5/64 noprefixroute",
    "2001:db8::6/64 preferred_lft 100",
    "2001:db8::7/64 preferred_lft 0",
    "2001:db8::8/64 preferred_lft forever",
    "2001:db8::9 peer 2001:db8::a",
    "2001:db8::b/128 preferred_lft forever",
    "ff05::7:7 autojoin",
]
ROUTES = [
    "10.1.0.0/16 dev lan0",
    "10.2.0.0/16 via 192.0.2.9",
    "10.3.0.0/16 via 192.0.2.9 dev lan0 onlink src 192.0.2.1",
    "to 10.4.0.0/16 via 192.0.2.9 dev lan0 metric 50",
    "10.5.0.0/16 dev lan0 priority 60 scope link",
    "10.6.0.0/16 dev lan0 preference 70 table 100",
    "10.6.0.0/16 dev lan0 table 1000",
    "blackhole 10.7.0.0/16",
    "unreachable 10.8.0.0/16",
    "prohibit 10.10.0.0/16",
    "throw 10.11.0.0/16 table 100",
    "10.13.0.0/16 tos 8 dev lan0",
    "10.14.0.0/16 dev lan0 protocol 77 no_track",
    "10.15.0.0/16 via 192.0.2.9 dev lan0 mtu 1400",
    "10.16.0.0/16 via 192.0.2.9 dev lan0 mtu lock 1400 hoplimit 17 advmss lock 1200",
    "10.17.0.0/16 via 192.0.2.9 dev lan0 rtt 8000 rttvar lock 4000 reordering 9",
    "10.18.0.0/16 via 192.0.2.9 dev lan0 rtt 1s rttvar 900ms rto_min 250ms window 5000",
    "10.19.0.0/16 via 192.0.2.9 dev lan0 cwnd lock 12 ssthresh lock 22 initcwnd 33 initrwnd 44",
    "10.20.0.0/16 via 192.0.2.9 dev lan0 features ecn quickack 1 fastopen_no_cookie 1 congctl lock cubic",
    "10.21.0.0/16 via 192.0.2.9 dev lan0 congctl reno realms 5/6",
    "10.22.0.0/16 via 192.0.2.9 dev lan0 realms 7 rto_min lock 300",
    "10.23.0.0/16 nexthop via 192.0.2.9 dev lan0 weight 3 nexthop via 198.51.100.9 dev lan1 weight 200",
    "10.24.0.0/16 nexthop via 192.0.2.9 dev lan0 onlink nexthop via 198.51.100.9 dev lan1 realms 3/4",
    "10.25.0.0/16 via inet6 fe80::99 dev lan0",
    "10.26.0.0/16 encap ip id 100 dst 192.0.2.44 src 192.0.2.1 tos 8 ttl 9 via 192.0.2.9 dev lan0",
    "10.27.0.0/16 encap ip6 id 100 dst 2001:db8::44 src 2001:db8::1 tc 8 hoplimit 9 via 192.0.2.9 dev lan0",
    "10.29.0.0/16 dev lan0 append",
    "10.30.0.0/16 dev lan0 add",
    "10.31.0.0/16 dev lan1 ttl-propagate disabled",
    "10.32.0.0/16 via 192.0.2.9 dev lan0 ttl-propagate enabled",
    "10.34.0.0/16 dev lan0 prepend metric 5",
    "multicast 239.1.1.0/24 dev lan0",
    "default via 192.0.2.9 dev lan0 table 100",
    "0.0.0.0/0 via 192.0.2.9 dev lan0 table 101",
    "10.36.0.0/16 nexthop dev lan0 weight 2 nexthop dev lan1 weight 1",
    "2001:db8:1::/48 dev lan0",
    "2001:db8:2::/48 via fe80::9 dev lan0",
    "2001:db8:3::/48 via fe80::9 dev lan0 metric 77 pref high",
    "2001:db8:4::/48 via fe80::9 dev lan0 pref low expires 1000",
    "2001:db8:5::/48 dev lan0 from 2001:db8::/32",
    "2001:db8:6::/48 dev lan0 src 2001:db8::1",
    "2001:db8:7::/48 via fe80::9 dev lan0 mtu 1400 hoplimit 33 advmss 1200 table 100",
    "unreachable 2001:db8:8::/48",
    "blackhole 2001:db8:9::/48 metric 3",
    "2001:db8:a::/48 nexthop via fe80::9 dev lan0 weight 3 nexthop via fe80::9 dev lan1 weight 2",
    "2001:db8:b::/48 encap ip6 id 7 dst 2001:db8::44 hoplimit 9 via fe80::9 dev lan0",
    "2001:db8:c::/48 via fe80::9 dev lan0 onlink",
]
RULES = [
    "from 10.1.0.0/16 table 100 priority 1001",
    "to 10.1.0.0/16 lookup 1000 priority 1002",
    "not from 10.1.0.0/16 table 100 preference 1003",
    "from 10.1.0.0/16 to 10.2.0.0/16 table 100 order 1004",
    "tos 8 table 100 priority 1005",
    "fwmark 5 table 100 priority 1006",
    "fwmark 0x5/0xff table 100 priority 1007",
    "from 10.1.0.0/16 table 100 realms 3/4 priority 1008",
    "from 10.1.0.0/16 table 100 suppress_prefixlength 8 priority 1009",
    "from 10.1.0.0/16 table 100 sup_group 3 priority 1010",
    "iif lan0 table 100 priority 1011",
    "dev lan1 table 100 priority 1012",
    "oif lan0 table 100 priority 1013",
    "tunnel-id 7 table 100 priority 1014",
    "uidrange 5-9 table 100 priority 1015",
    "from 10.1.0.0/16 protocol 9 no_track table 100 priority 1016",
    "ipproto udp table 100 priority 1017",
    "sport 5-9 table 100 priority 1018",
    "dport 50-90 ipproto tcp table 100 priority 1019",
    "from 10.1.0.0/16 goto 30000 priority 1020",
    "from 10.1.0.0/16 nop priority 1021",
    "from 10.1.0.0/16 type blackhole priority 1022",
    "from 10.1.0.0/16 prohibit priority 1023",
    "from 10.1.0.0/16 type unreachable priority 1024",
    "from 2001:db8::/32 table 100 priority 1025",
    "to 2001:db8::/32 iif lan0 table 1000 priority 1026",
    "from 10.4.0.0/16 table main priority 1027",
    "l3mdev priority 1028 from 10.10.0.0/24",
]


def config(routes=ROUTES):
    def lines(entries):
        return "\n        ".join(entries)

    return f"""
vrrp_instance VI_1 {{
    interface lan0
    virtual_router_id 52
    version 3
    advert_int 0.3
    virtual_ipaddress {{
        {lines(ADDRESSES)}
    }}
    virtual_ipaddress_excluded {{
        {lines(EXCLUDED)}
    }}
    virtual_routes {{
        {lines(routes)}
    }}
    virtual_rules {{
        {lines(RULES)}
    }}
}}
"""


def add_links(node):
    """Two interfaces that are the same on every node."""
    node.ip("link add lan0 address 02:00:00:00:00:0a type veth peer name peer0 address 02:00:00:00:00:0b",
            "link add lan1 address 02:00:00:00:01:0a type veth peer name peer1 address 02:00:00:00:01:0b",
            *(f"link set {name} up" for name in ("lan0", "peer0", "lan1", "peer1")),
            "addr add 192.0.2.1/24 dev lan0", "addr add 198.51.100.1/24 dev lan1")


def routes_of(node, family="-4"):
    text = "".join(node.run(["ip", family, "-d", "route", "show", "table", "all", "proto", str(protocol)])
                   for protocol in (18, 77))
    return re.sub(r"expires \d+sec", "expires N", text)


def rules_of(node, family="-4"):
    return node.run(["ip", family, "-d", "rule", "show"])


def addresses_of(node):
    """Without what was there before and what the kernel counts down."""
    text = "".join(node.run(["ip", "-d", "addr", "show", "dev", name]) for name in ("lan0", "lan1"))
    lines = [line.strip() for line in text.splitlines() if re.match(r" +(inet6? |valid_lft)", line)]
    return [re.sub(r"_lft \d+sec", "_lft N", line) for line in lines]


def test_every_option_reaches_the_kernel_as_with_keepalived(lab):
    both = Routers(lab, {"first": binary_for("ours"), "second": binary_for("keepalived")})
    seen = []
    for node in (both.first, both.second):
        add_links(node)
        daemon = both.start(node, config())
        daemon.wait_for_state("MASTER")
        wait_until(lambda n=node: n.holds("2001:db8::b") and "1028" in rules_of(n), 5, "everything")
        wait_until(lambda n=node: routes_of(n).count("\n") >= 40, 5, "all routes")
        seen.append((addresses_of(node), routes_of(node).splitlines(), routes_of(node, "-6").splitlines(),
                     rules_of(node), rules_of(node, "-6")))
    for ours, theirs in zip(*seen):
        assert ours == theirs
    assert any("encap ip6 id 100" in route for route in seen[0][1])


def test_all_of_it_goes_at_the_stop(ours):
    add_links(ours.first)
    before = (addresses_of(ours.first), rules_of(ours.first), rules_of(ours.first, "-6"))
    daemon = ours.start(ours.first, config())
    daemon.wait_for_state("MASTER")
    wait_until(lambda: "1028" in rules_of(ours.first), 5, "everything")
    assert daemon.stop() == 0
    assert routes_of(ours.first) == routes_of(ours.first, "-6") == ""
    assert (addresses_of(ours.first), rules_of(ours.first), rules_of(ours.first, "-6")) == before


@pytest.mark.holdfast_only
def test_after_a_crash_a_route_with_other_properties_takes_the_old_ones_place(ours):
    node = ours.first
    add_links(node)
    daemon = ours.start(node, config(["10.1.0.0/16 via 192.0.2.9", "10.2.0.0/16 via 192.0.2.9 mtu 1400",
                                      "2001:db8:1::/48 via fe80::9 dev lan0"]))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: "fe80::9" in routes_of(node, "-6"), 3, "the routes")
    daemon.kill()
    daemon.configure(config(["10.1.0.0/16 via 192.0.2.8", "10.2.0.0/16 via 192.0.2.9 mtu 1300",
                             "2001:db8:1::/48 via fe80::8 dev lan0"]))
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=2)
    wait_until(lambda: "fe80::8" in routes_of(node, "-6") and "192.0.2.8" in routes_of(node), 3, "the new routes")
    four, six = routes_of(node), routes_of(node, "-6")
    assert four.count("10.1.0.0/16") == four.count("10.2.0.0/16") == 1 and "mtu 1300" in four
    assert six.count("2001:db8:1::/48") == 1 and "fe80::9" not in six


@pytest.mark.holdfast_only
def test_a_tunnel_route_removed_from_outside_is_put_back(ours):
    node = ours.first
    add_links(node)
    daemon = ours.start(node, config(["10.26.0.0/16 encap ip id 100 dst 192.0.2.44 via 192.0.2.9 dev lan0"]))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: "encap ip id 100" in routes_of(node), 3, "the route")
    node.ip("route del 10.26.0.0/16")
    wait_until(lambda: "encap ip id 100" in routes_of(node), 1, "the route again")
    assert daemon.states() == ["BACKUP", "MASTER"]

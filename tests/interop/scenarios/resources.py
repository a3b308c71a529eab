"""Addresses, routes and rules with their options; links of their own; what somebody else does to them."""

from .base import (ETH1, G, IPV6, OLD_BURST, OTHERS_STAY, RELOAD, Scenario, VIP, VMACS, block, brisk, fast, globals_,
                   ip, reload, send)


def addressed(*addresses, **settings):
    return G + brisk(addresses=addresses, **settings)


def routed(*routes, rules=(), **settings):
    return G + brisk(extra=block("virtual_routes", *routes) + (block("virtual_rules", *rules) if rules else ""),
                     **settings)


SHOWN = ((1.5, ("dump", "as master")),)
# Somebody removed what is ours: it is put back.
PUT_BACK = (r"addresses: ", r"adverts: ", r"announcements: ", r"(scripts|fifo): ", r"log: ", r"keepalived.* later",
            r"routes -4 at", r"addresses at the end: \+.*10\.1\.0\.100")

SCENARIOS = [
    Scenario("address-broadcast", addressed("10.1.0.100/24 brd +", "10.1.0.101/24 brd -",
                                            "10.1.0.102/24 broadcast 10.1.0.200"), seconds=2.5, events=SHOWN),
    Scenario("address-scope-label", addressed("10.1.0.100/24 scope link label eth0:vip", "10.1.0.101 scope host",
                                              "10.1.0.102 scope 100"), seconds=2.5, events=SHOWN),
    Scenario("address-peer", addressed("10.1.0.100 peer 10.5.0.1", "10.1.0.101/32"), seconds=2.5, events=SHOWN,
             known=OTHERS_STAY),
    Scenario("address-ipv6-options", addressed("fe80::100/64", "fd00::100/64 preferred_lft 0", "fd00::101/128",
                                               "fd00::102/64 home", "fd00::103/64 -nodad",
                                               "fd00::104/64 noprefixroute", "fd00::105/128 preferred_lft forever"),
             seconds=2.5, events=SHOWN),
    Scenario("address-other-interface", addressed("10.1.0.100/24", "10.2.0.100/24 dev eth1"), prepare=ETH1, seconds=4,
             events=((1.5, ip("link set eth1 down")), (1.9, ("dump", "with it down")), (2.5, ip("link set eth1 up")))),
    Scenario("address-other-interface-no-track", addressed("10.1.0.100/24", "10.2.0.100/24 dev eth1 no_track"),
             prepare=ETH1, seconds=3, events=((1.5, ip("link set eth1 down")),)),
    Scenario("address-on-loopback", addressed("10.1.0.100/24", "10.9.9.9/32 dev lo"), seconds=2.5, events=SHOWN),
    Scenario("address-prefix-less", addressed("10.1.0.100", "10.1.0.101"), seconds=2.5),
    Scenario("address-duplicate", addressed("10.1.0.100/24", "10.1.0.100/24", "10.1.0.101/24"), seconds=2.5),
    Scenario("address-mixed-families", addressed("10.1.0.100/24", "fd00::100/64"), seconds=2.5, events=SHOWN),
    Scenario("excluded-only-v6", G + brisk(extra=block("virtual_ipaddress_excluded", "fd00::50/64", "fd00::51/128")),
             seconds=2.5, events=SHOWN),
    Scenario("excluded-same-family", G + brisk(extra=block("virtual_ipaddress_excluded", "10.1.0.150/24")),
             seconds=2.5, events=SHOWN),
    Scenario("excluded-many", G + brisk(extra=block("virtual_ipaddress_excluded", *(f"10.7.0.{n}/32" for n in
                                                                                    range(1, 30)))), seconds=2.5),
    Scenario("promote-secondaries", G + brisk(extra="promote_secondaries"), seconds=2.5, events=SHOWN),
    Scenario("vip-removed-by-somebody", G + brisk(), seconds=5, known=PUT_BACK,
             events=((1.5, ip("addr del 10.1.0.100/24 dev eth0")), (4, ("dump", "later")))),
    Scenario("vip-no-track-removed", addressed("10.1.0.100/24 no_track"), seconds=3, known=PUT_BACK,
             events=((1.5, ip("addr del 10.1.0.100/24 dev eth0")), (2.5, ("dump", "later")))),
    Scenario("vip-added-by-somebody", G + fast(), seconds=4, known=(r"log: \+.*is already there",),
             events=((0.5, ip("addr add 10.1.0.100/24 dev eth0")),)),
    Scenario("static-address-removed", G + block("static_ipaddress", "10.1.0.77/24 dev eth0") + brisk(), seconds=3,
             events=((1.5, ip("addr del 10.1.0.77/24 dev eth0")),), known=(r"log: ",)),
    Scenario("static-address-options", G + block("static_ipaddress", "10.1.0.77/24 dev eth0 scope link label eth0:s",
                                                 "fd00::77/64 dev eth0") + brisk(), seconds=2.5, events=SHOWN),
    Scenario("no-accept", G + brisk(extra="no_accept"), seconds=2.5, events=SHOWN),
    Scenario("no-accept-v6", G + brisk(addresses=IPV6, extra="no_accept"), seconds=2.5, events=SHOWN),
    Scenario("no-accept-owner", G + brisk(255, state="MASTER", extra="no_accept"), seconds=2),
    Scenario("no-accept-pair", G + brisk(150, extra="no_accept"), G + brisk(100, extra="no_accept"), seconds=4,
             known=(*OLD_BURST, r"adverts: .second .*priority 200"),
             events=((1.5, send(version=3, priority=200, interval=0.2)),
                                      (1.8, ("snapshot", "as backup")))),
    Scenario("no-accept-table", globals_("nftables other_table") + brisk(extra="no_accept"), seconds=2.5, events=SHOWN),
    Scenario("no-accept-excluded", G + brisk(extra="no_accept\n" + block("virtual_ipaddress_excluded", "10.9.9.9/32",
                                                                         "fd00::9/128")), seconds=2.5, events=SHOWN),
    # Routes and rules.
    Scenario("route-metrics", routed("10.51.0.0/24 via 10.1.0.2 mtu 1400 advmss 1300 rtt 20ms initcwnd 5 window 1000",
                                     "10.52.0.0/24 via 10.1.0.2 mtu lock 1300 hoplimit 33 quickack 1",
                                     "10.53.0.0/24 dev eth0 scope link realms 3/4"), seconds=2.5, events=SHOWN),
    Scenario("route-types", routed("unreachable 10.51.0.0/24", "prohibit 10.52.0.0/24", "throw 10.53.0.0/24",
                                   "blackhole 10.54.0.0/24 metric 7"), seconds=2.5, events=SHOWN),
    Scenario("route-tables", routed("10.51.0.0/24 via 10.1.0.2 table 200 metric 5 protocol static",
                                    "default via 10.1.0.2 table 201", "0.0.0.0/0 via 10.1.0.2 metric 50 onlink"),
             seconds=2.5, events=SHOWN),
    Scenario("route-multipath", routed("10.51.0.0/24 nexthop via 10.1.0.2 weight 2 nexthop via 10.1.0.3 weight 3"),
             seconds=2.5, events=SHOWN),
    Scenario("route-ipv6", routed("fd51::/64 via fd00::2 metric 7 pref high", "fd52::/64 dev eth0 expires 100",
                                  addresses=IPV6), seconds=2.5, events=SHOWN, known=(r"expires \d+sec",)),
    Scenario("route-order", routed("10.51.0.0/24 via 10.1.0.2 append", "10.52.0.0/24 via 10.1.0.2 prepend",
                                   "10.53.0.0/24 via 10.1.0.2 add"), seconds=2.5, events=SHOWN),
    Scenario("route-of-vip", routed("10.51.0.0/24 via 10.1.0.2 src 10.1.0.100", "default via 10.1.0.2 src 10.1.0.100"),
             seconds=2.5, events=SHOWN),
    Scenario("route-or", routed("10.51.0.0/24 via 10.1.0.2 or 10.1.0.3"), seconds=2.5),
    Scenario("route-impossible", routed("10.51.0.0/24 via 10.77.0.1"), seconds=2.5, events=SHOWN, known=(r"log: ",)),
    Scenario("rules-many", routed("10.51.0.0/24 via 10.1.0.2 table 200", rules=(
        "from 10.60.0.0/24 lookup 200 priority 500", "to 10.61.0.0/24 table 200 priority 501",
        "from 10.62.0.0/24 iif eth0 tos 0x10 table 200 priority 502", "not from 10.63.0.0/24 table 200 priority 503",
        "fwmark 0x10/0xff table 200 priority 504", "from 10.64.0.0/24 type blackhole priority 505",
        "from 10.65.0.0/24 prohibit priority 506", "from 10.66.0.0/24 table 200 priority 507 suppress_prefixlength 8",
        "from 10.67.0.0/24 goto 600 priority 508", "from 10.68.0.0/24 nop priority 600",
        "ipproto tcp dport 80-90 table 200 priority 509", "uidrange 5-9 table 200 priority 510")), seconds=2.5,
             events=SHOWN),
    Scenario("rules-ipv6", routed("fd51::/64 via fd00::2 table 200", addresses=IPV6, rules=(
        "from fd60::/64 table 200 priority 500",)), seconds=2.5, events=SHOWN,
             known=OTHERS_STAY),
    Scenario("statics-all", G + block("static_routes", "10.50.0.0/24 via 10.1.0.2 dev eth0 table 100",
                                      "blackhole 10.51.0.0/24") +
             block("static_rules", "from 10.60.0.0/24 table 100 priority 500",
                   "from 10.61.0.0/24 blackhole priority 501") +
             brisk(), seconds=2.5, events=SHOWN, known=(r"routes -4 after the stop: -",)),
    Scenario("route-removed-by-somebody", routed("10.51.0.0/24 via 10.1.0.2"), seconds=3, known=PUT_BACK,
             events=((1.5, ip("route del 10.51.0.0/24")), (2.5, ("snapshot", "later")))),
    Scenario("reload-address-options", addressed("10.1.0.100/24"), seconds=4, known=RELOAD,
             events=((1.5, reload(addressed("10.1.0.100/24 label eth0:v"))), (2.5, ("snapshot", "after the reload")))),
    Scenario("reload-no-accept", G + brisk(), seconds=4, known=(*OTHERS_STAY, *RELOAD),
             events=((1.5, reload(G + brisk(extra="no_accept"))), (2.2, ("snapshot", "with")),
                     (2.5, reload(G + brisk())), (3.2, ("snapshot", "without")))),
    # VMACs.
    Scenario("vmac", G + brisk(extra="use_vmac"), seconds=3, events=((2, ("snapshot", "as master")),
                                                                    (2.2, ("dump", "as master"))), known=VMACS),
    Scenario("vmac-named-xmit-base", G + brisk(extra="use_vmac one\nvmac_xmit_base"), seconds=3,
             events=((2, ("snapshot", "as master")), (2.2, ("dump", "as master"))), known=VMACS),
    Scenario("vmac-v6", G + brisk(addresses=IPV6, extra="use_vmac"), seconds=3,
             events=((2, ("snapshot", "as master")), (2.2, ("dump", "as master"))), known=VMACS),
    Scenario("vmac-pair", G + brisk(150, extra="use_vmac"), G + brisk(100, extra="use_vmac"), seconds=5,
             events=((2, ("stop", "first")),), known=(*VMACS, *OLD_BURST)),
    Scenario("vmac-addr", G + brisk(addresses=[VIP, "10.2.0.100/24 dev eth1"], extra="use_vmac\nuse_vmac_addr"),
             prepare=ETH1, seconds=3, events=((2, ("snapshot", "as master")), (2.2, ("dump", "as master"))),
             known=VMACS),
    Scenario("vmac-garp-extra", globals_("vrrp_garp_extra_if all 1") + brisk(extra="use_vmac\nvmac_xmit_base"),
             seconds=4, known=VMACS),
    Scenario("vmac-base-down", G + brisk(extra="use_vmac"), seconds=4,
             events=((1.5, ip("link set eth0 down")), (1.8, ("dump", "in fault")), (2.5, ip("link set eth0 up"))),
             known=VMACS),
    Scenario("vmac-unicast", G + brisk(extra="use_vmac\nunicast_src_ip 10.1.0.1\nunicast_peer {\n 10.1.0.2\n }"),
             seconds=3, known=VMACS),
]

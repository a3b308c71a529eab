"""Addresses, routes, rules, and reloads."""

from .base import G, IPV6, OLD_BURST, RELOAD, Scenario, VIP, fast, flag, group, instance, pair, reload, script, send

SCENARIOS = [
    # Addresses, routes, rules.
    Scenario("statics", G + "static_ipaddress {\n 10.1.0.77/24 dev eth0\n}\nstatic_routes {\n"
             " 10.50.0.0/24 via 10.1.0.2 dev eth0\n}\nstatic_rules {\n from 10.60.0.0/24 table 100 priority 500\n}\n" +
             fast(), seconds=4, known=(r"routes -4 after the stop: -10.50",)),
    Scenario("virtual-routes-rules", G + fast(extra="""virtual_routes {
            10.51.0.0/24 via 10.1.0.2 dev eth0
            src 10.1.0.100 10.52.0.0/24 via 10.1.0.2 metric 5
            blackhole 10.53.0.0/24
            10.54.0.0/24 dev eth0 table 100
        }
        virtual_rules {
            from 10.60.0.0/24 table 100 priority 500
            to 10.61.0.0/24 table 100
            from 10.62.0.0/24 iif eth0 table 100 priority 501
        }"""), seconds=6, events=((5, ("dump", "as master")),)),
    # Reload.
    Scenario("reload-priority", G + fast(150), G + fast(100), events=((4, reload(G + fast(120))),
             (6, reload(G + fast(90)))), seconds=12,
             known=(*RELOAD, r"at 7\.\d+ s, reference at 7\.", r"log: -second .*discarding")),
    Scenario("reload-vip-later", G + fast(extra="garp_master_delay 1", addresses=[VIP, "10.1.0.101/24"]),
             events=((4, reload(G + fast(extra="garp_master_delay 1", addresses=[VIP, "10.1.0.102/24"]))),), seconds=7,
             known=RELOAD),
    Scenario("reload-vip", G + fast(addresses=[VIP, "10.1.0.101/24"]),
             events=((4, reload(G + fast(addresses=[VIP, "10.1.0.102/24"]))),), seconds=10, known=RELOAD),
    Scenario("reload-add-instance", G + fast(),
             events=((3, reload(G + pair())), (7, reload(G + fast()))), seconds=9, known=RELOAD),
    Scenario("reload-remove-instance", G + pair(), events=((4, reload(G + fast())),), seconds=6, known=RELOAD),
    Scenario("reload-vrid", G + fast(), events=((4, reload(G + fast(vrid=60))),), seconds=9,
             known=(*RELOAD, r"log: [-+]first \(VI_1\)")),
    Scenario("reload-advert-int", G + fast(), events=((4, reload(G + instance())),), seconds=9, known=RELOAD),
    Scenario("reload-nothing", G + fast(), events=((4, reload(G + fast())), (5, reload(G + fast()))), seconds=7,
             known=RELOAD),
    Scenario("reload-add-script", G + fast(),
             events=((0, flag(1)), (4, reload(G + script() + fast(extra="track_script {\n S\n }"))), (7, flag(0))),
             seconds=11, known=RELOAD),
    Scenario("reload-add-group", G + pair(), events=((4, reload(G + group() + pair())),), seconds=8, known=RELOAD),
    Scenario("reload-remove-group", G + group() + pair(), events=((4, reload(G + pair())),), seconds=8, known=RELOAD),
    Scenario("reload-rename", G + fast(), events=((4, reload(G + fast(name="VI_X"))),), seconds=7, known=RELOAD),
    Scenario("reload-to-owner", G + fast(), events=((4, reload(G + instance(255, state="MASTER", advert=0.5))),),
             seconds=8, known=RELOAD),
    # More of the same, in combination.
    Scenario("ipv6-failover", G + fast(150, addresses=IPV6), G + fast(100, addresses=IPV6),
             events=((5, ("stop", "first")),), seconds=8),
    Scenario("v2-lower-higher-zero", G + instance(150, version=2), known=OLD_BURST, seconds=9,
             events=((5, send(priority=90)), (6.3, send(priority=200)), (6.4, send(priority=0)))),
    Scenario("group-hears-lower", G + group() + pair(), seconds=11,
             events=((4, send(version=3, priority=90, interval=0.5)),)),
    Scenario("reload-statics", G + "static_ipaddress {\n 10.1.0.77/24 dev eth0\n 10.1.0.78/32 dev eth0\n}\n" + fast(),
             events=((3, reload(
                 G + "static_ipaddress {\n 10.1.0.77/24 dev eth0\n 10.1.0.79/32 dev eth0\n}\n" +
                 fast())),),
             seconds=5, known=RELOAD),
    Scenario("reload-routes", G + fast(extra="virtual_routes {\n 10.51.0.0/24 via 10.1.0.2 dev eth0\n }"),
             events=((3, reload(G + fast(extra="virtual_routes {\n 10.52.0.0/24 via 10.1.0.2 dev eth0\n }"))),
                     (4, ("snapshot", "after the reload"))), seconds=6, known=RELOAD),
    Scenario("reload-group-order", G + group() + pair(), seconds=8, known=RELOAD,
             events=((4, reload(G + group(members=("VI_2", "VI_1")) + pair())),)),
]

"""Gratuitous ARP and neighbour adverts, and when things begin."""

from .base import (ETH1, G, IPV6, OLD_BURST, PHASE, RELOAD, Scenario, VIP, brisk, fast, globals_, group, pair,
                   reload, send)

TWO = (VIP, "10.1.0.101/24")

SCENARIOS = [
    Scenario("garp-none-delayed", G + brisk(extra="garp_master_delay 0"), seconds=3),
    Scenario("garp-repeat-1", G + brisk(addresses=TWO, extra="garp_master_delay 1\ngarp_master_repeat 1"), seconds=4),
    Scenario("garp-repeat-0", G + brisk(extra="garp_master_delay 1\ngarp_master_repeat 0"), seconds=4),
    Scenario("garp-global", globals_("vrrp_garp_master_delay 1\nvrrp_garp_master_repeat 2\nvrrp_garp_master_refresh 1\n"
                                     "vrrp_garp_master_refresh_repeat 3") + brisk(), seconds=5,
             events=((4, ("dump", "as master")),)),
    Scenario("garp-global-overridden", globals_("vrrp_garp_master_delay 1\nvrrp_garp_master_repeat 2") +
             brisk(extra="garp_master_delay 2\ngarp_master_repeat 3"), seconds=4),
    Scenario("garp-refresh-only", G + brisk(extra="garp_master_delay 0\ngarp_master_refresh 1"), seconds=5),
    Scenario("gna-refresh", G + brisk(addresses=IPV6, extra="garp_master_delay 1\ngarp_master_refresh 1"), seconds=5),
    Scenario("gna-router", G + brisk(addresses=IPV6, extra="garp_master_delay 1"), seconds=4,
             events=((0, ("sysctl", "first", {"ipv6__conf__all__forwarding": 1})),)),
    Scenario("min-garp", globals_("vrrp_min_garp") + brisk(), seconds=4, events=((3, ("dump", "as master")),)),
    Scenario("lower-prio-defaults", G + brisk(150),
             seconds=9, events=((1.5, send(version=3, priority=9, interval=0.2)),)),
    Scenario("lower-prio-twice", G + brisk(150, extra="garp_lower_prio_delay 1\ngarp_lower_prio_repeat 2"),
             seconds=5, events=((1.5, send(version=3, priority=9, interval=0.2)),
                                (2, send(version=3, priority=9, interval=0.2)))),
    Scenario("lower-prio-none", G + brisk(150, extra="garp_lower_prio_delay 0\ngarp_lower_prio_repeat 0"), seconds=4,
             events=((1.5, send(version=3, priority=9, interval=0.2)),)),
    Scenario("lower-prio-global", globals_("vrrp_garp_lower_prio_delay 1\nvrrp_garp_lower_prio_repeat 1\n"
                                           "vrrp_lower_prio_no_advert") + brisk(150), seconds=4,
             events=((1.5, send(version=3, priority=9, interval=0.2)),)),
    Scenario("higher-prio-global", globals_("vrrp_higher_prio_send_advert") + brisk(150), seconds=4, known=OLD_BURST,
             events=((1.5, send(version=3, priority=200, interval=0.2)),)),
    Scenario("garp-group", G + "garp_group {\n interface eth0\n garp_interval 0.2\n gna_interval 0.1\n}\n" +
             brisk(addresses=TWO, extra="garp_master_delay 0") + brisk(name="VI_6", addresses=IPV6,
                                                                       extra="garp_master_delay 0"), seconds=5,
             events=((4.5, ("dump", "as master")),)),
    Scenario("garp-group-interfaces", G + "garp_group {\n interfaces {\n eth0\n }\n garp_interval 0.2\n}\n" +
             brisk(addresses=TWO, extra="garp_master_delay 0"), seconds=4),
    Scenario("garp-interval-many", globals_("vrrp_garp_interval 0.01") +
             brisk(addresses=[f"10.1.0.{n}/32" for n in range(100, 110)], extra="garp_master_delay 1"), seconds=4),
    Scenario("garp-interval-leaves-master", globals_("vrrp_garp_interval 0.1") +
             brisk(100, addresses=TWO, extra="garp_master_delay 1"), seconds=4,
             events=((1.2, send(version=3, priority=200, interval=0.2)),),
             known=(r"announcements: .*first ARP", r"log: .*first Sending")),
    Scenario("announces-excluded", G + brisk(addresses=TWO, extra="garp_master_delay 1\nvirtual_ipaddress_excluded {\n"
                                             " 10.9.9.9/32\n fd00::50/64\n}"), seconds=4, quick=True),
    Scenario("announces-elsewhere", G + brisk(addresses=[VIP, "10.2.0.100/24 dev eth1"], extra="garp_master_delay 1"),
             prepare=ETH1[:3], seconds=3),
    Scenario("start-delay-pair", globals_("vrrp_startup_delay 2") + brisk(150), globals_() + brisk(100), seconds=5,
             known=PHASE),
    Scenario("start-delay-decimal", globals_("vrrp_startup_delay 0.5") + brisk(), seconds=3),
    Scenario("start-delay-owner", globals_("vrrp_startup_delay 1") + brisk(255, state="MASTER"), seconds=3),
    Scenario("start-delay-group", globals_("vrrp_startup_delay 1") + group() + pair(), seconds=6),
    Scenario("start-delay-reload", globals_("vrrp_startup_delay 2") + brisk(), seconds=6,
             events=((1, reload(globals_("vrrp_startup_delay 2") + brisk(120))),),
             known=(*RELOAD, r"log: .*Changing effective", r"at \d\.\d+ s, reference", r"log: -.*for a further")),
    Scenario("after-boot-over", globals_("vrrp_delay_after_boot 1") + brisk(), seconds=2),
    Scenario("preempt-delay-restart", G + fast(150, extra="preempt_delay 1"), G + fast(100, extra="preempt_delay 1"),
             seconds=8, events=((3, ("stop", "first")), (4, ("start", "first"))),
             known=PHASE),
]

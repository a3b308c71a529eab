"""What instances follow, sync groups, and who is told."""

from .base import (ETH1, G, INIT_FAIL, NOTICES, OLD_BURST, PHASE, Scenario, VIP, fast, flag, globals_, group, ip,
                   pair, script)

SCENARIOS = [
    # Trackers.
    Scenario("script-fault", G + script() + fast(extra="track_script {\n S\n }"),
             events=((4, flag(1)), (7, flag(0)), (10, ("dump", "after it"))), seconds=11,
             known=(r'advert_sent|stats after it: [-+]    Sent',)),  # Priority 0 is sent once.
    Scenario("script-weight", globals_("vrrp_notify_priority_changes true") + script(extra="interval 1\nweight -30") +
             fast(150, extra="track_script {\n S\n }"), G + fast(130),
             events=((4.2, flag(1)), (8.2, flag(0)), (11, ("dump", "after it"))), seconds=12,
             known=PHASE),
    Scenario("script-rise-fall", G + script(extra="interval 1\nrise 2\nfall 2\ninit_fail") +
             fast(extra="track_script {\n S\n }"), events=((4.5, flag(1)), (8.5, flag(0))), seconds=12,
             known=INIT_FAIL),
    Scenario("script-timeout", G + script(path="@DIR@/slow.sh", extra="interval 2\ntimeout 1") +
             fast(extra="track_script {\n S\n }"),
             events=((4.5, ("write", "first", "sleep", "5\n")), (9.2, ("write", "first", "sleep", "0\n"))), seconds=13),
    Scenario("script-fails-from-start",
             G + script(extra="interval 1\nweight 20") + fast(extra="track_script {\n S\n }"),
             events=((0, flag(3)), (4.5, flag(0))), seconds=7),
    Scenario("track-interface", G + fast(extra="track_interface {\n eth1\n }"), prepare=ETH1,
             events=((3, ip("link set eth1 down")), (6, ip("link set eth1 up"))), seconds=10, quick=True),
    Scenario("track-interface-weight", globals_() + fast(extra="track_interface {\n eth1 weight -20\n }\n"
                                                         "notify_priority_changes on"), prepare=ETH1,
             events=((3, ip("link set eth1 down")), (5, ip("link set eth1 up"))), seconds=7, quick=True),
    Scenario("track-interface-down-at-start", G + fast(extra="track_interface {\n eth1\n }"),
             prepare=(ETH1[0], ETH1[2]), events=((2, ip("link set eth1 up")),), seconds=6),
    Scenario("second-interface-down-at-start",
             G + fast() + fast(name="VI_2", vrid=52, interface="eth1", addresses=["10.2.0.100/24"]) +
             group(members=("VI_1", "VI_3")) + fast(name="VI_3", vrid=53, addresses=["10.1.0.103/24"]),
             prepare=(ETH1[0], ETH1[2]), seconds=4),
    Scenario("interface-down-up", G + fast(), events=((3, ip("link set eth0 down")), (5, ip("link set eth0 up"))),
             seconds=9, compare=("adverts", "addresses", "scripts", "fifo", "log", "facts"),
             known=OLD_BURST),
    Scenario("carrier-lost", G + fast(), events=((3, ("unplug", "first")), (5, ("plug", "first"))), seconds=9,
             compare=("adverts", "addresses", "scripts", "fifo", "log", "facts"), quick=True,
             known=OLD_BURST),
    Scenario("dont-track-primary", G + fast(interface="eth1", addresses=["10.2.0.100/24"], extra="dont_track_primary"),
             prepare=ETH1, events=((4, ip("link set eth1 down")), (6, ip("link set eth1 up"))), seconds=9,
             known=NOTICES),
    Scenario("interface-recreated", G + fast(interface="eth1", addresses=["10.2.0.100/24"]), prepare=ETH1,
             events=((3, ip("link del eth1")), (5, ip(*ETH1))), seconds=9, known=(*OLD_BURST, *NOTICES)),
    Scenario("interface-recreated-dynamic",
             globals_("dynamic_interfaces") + fast(interface="eth1", addresses=["10.2.0.100/24"]), prepare=ETH1,
             events=((3, ip("link del eth1")), (5, ip(*ETH1))), seconds=9, known=(*OLD_BURST, *NOTICES)),
    Scenario("interface-late-dynamic",
             globals_("dynamic_interfaces") + fast(interface="eth1", addresses=["10.2.0.100/24"]),
             events=((2, ip(*ETH1)),), seconds=6, known=NOTICES),
    Scenario("primary-address-removed", G + fast(),
             events=((3, ip("addr del 10.1.0.1/24 dev eth0")), (6, ip("addr add 10.1.0.1/24 dev eth0"))), seconds=10,
             compare=("adverts", "addresses", "scripts", "fifo", "log", "facts"),
             known=(r"addresses: .first [-+] 10.1.0.100", r"log: -.*Netlink reflector",
                    r"(scripts|fifo|log): -.*(BACKUP|backup)",
                    r"log: .*(put back|by somebody else|FAULT)")),
    Scenario("no-address-at-start", G + fast(interface="eth1", addresses=["10.2.0.100/24"]),
             prepare=ETH1[:3], events=((2, ip(ETH1[3])),), seconds=6),
    Scenario("vip-there-at-start", G + fast(), prepare=(f"addr add {VIP} dev eth0",), seconds=5, quick=True),
    # Sync groups.
    Scenario("group-start-stop", G + group() + pair(), seconds=6, events=((5, ("dump", "as master")),)),
    Scenario("group-member-fault", G + group() + script() + fast(extra="track_script {\n S\n }") +
             fast(name="VI_2", vrid=52, addresses=["10.1.0.102/24"]),
             events=((4, flag(1)), (7, flag(0))), seconds=12,
             known=(r"log: .first \(VI_2\) sent 0 priority",), quick=True),
    Scenario("group-failover", G + group() + pair(), G + group() + pair().replace("priority 100", "priority 90"),
             events=((4, ("stop", "first")), (7, ("start", "first"))), seconds=12,
             # Both time out at the same moment: which member leads is chance.
             known=(r'fifo: .INSTANCE "VI_\d" MASTER 100', r"log: .*(discarding|with higher priority)")),
    Scenario("group-fault-at-start", G + group(extra="global_tracking") + script() +
             fast(extra="track_script {\n S\n }") + fast(name="VI_2", vrid=52, addresses=["10.1.0.102/24"]),
             events=((0, flag(1)), (3, flag(0))), seconds=8, known=(r"global_tracking is deprecated",)),
    # FIFO and priority notifications.
    Scenario("notify-fifo", "global_defs {\n script_user root\n enable_script_security\n notify_fifo @DIR@/fifo\n"
             f" vrrp_notify_fifo @DIR@/fifo2\n notify_fifo_script @DIR@/fifo_script.sh\n}}\n" + fast(), seconds=5),
    Scenario("notify-priority-changes",
             globals_() + script(extra="interval 1\nweight 10") +
             fast(100, extra="notify_priority_changes on\ntrack_script {\n S\n }"),
             events=((4.5, flag(1)), (6.5, flag(0))), seconds=9),
]

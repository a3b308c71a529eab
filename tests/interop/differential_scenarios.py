"""The scenarios of differential.py: configurations, events with their times, and what is compared."""

import signal
from dataclasses import dataclass

VIP = "10.1.0.100/24"
NOTIFY = "@DIR@/notify.sh"
ALL = ("adverts", "announcements", "addresses", "scripts", "fifo", "log", "facts")
NOTIFY_ALL = "\n".join([*(f'notify_{kind} "{NOTIFY} specific {kind}"' for kind in
                          ("master", "backup", "fault", "stop", "deleted", "master_rx_lower_pri")),
                        f'notify "{NOTIFY} generic"'])


@dataclass
class Scenario:
    name: str
    first: str  # Configuration of node first (10.1.0.1, fd00::1); None: the file does not exist.
    second: str = ""  # Of node second (10.1.0.2, fd00::2), the same program; empty: none runs there.
    second_at: float = 0.3
    events: tuple = ()  # (seconds after the start, (method of Run without _do_, arguments...)).
    seconds: float = 5.0  # Then the first daemon is stopped and the rest is looked at.
    compare: tuple = ALL
    known: tuple = ()  # Patterns of differences that docs/differences.md explains.
    prepare: tuple = ()  # `ip` commands on first before the start.
    part: str = "vrrp"
    options: tuple = ()
    quick: bool = False  # Part of tests/netns/test_differential.py: the same with Debian's 2.2.7.


def instance(priority=100, *, state="BACKUP", name="VI_1", vrid=51, version=3, advert=1, interface="eth0",
             addresses=(VIP,), extra="", notify=True):
    lines = "\n        ".join(addresses)
    told = NOTIFY_ALL if notify else ""
    return f"""
vrrp_instance {name} {{
    state {state}
    interface {interface}
    virtual_router_id {vrid}
    priority {priority}
    version {version}
    advert_int {advert}
    {extra}
    {told}
    virtual_ipaddress {{
        {lines}
    }}
}}
"""


def globals_(extra=""):
    return f"""
global_defs {{
    router_id lab
    script_user root
    enable_script_security
    vrrp_notify_fifo @DIR@/fifo
    {extra}
}}
"""


def fast(priority=100, **settings):
    return instance(priority, advert=0.5, **settings)


def script(name="S", *, path="@DIR@/flag.sh", extra="interval 1"):
    return f'vrrp_script {name} {{\n script "{path}"\n {extra}\n}}\n'


def group(extra="", members=("VI_1", "VI_2"), name="G"):
    return f"""vrrp_sync_group {name} {{
    group {{
        {" ".join(members)}
    }}
    {extra}
    notify_master "{NOTIFY} group master"
    notify_backup "{NOTIFY} group backup"
    notify_fault "{NOTIFY} group fault"
    notify_stop "{NOTIFY} group stop"
    notify "{NOTIFY} group generic"
}}
"""


def pair(**settings):
    """Two instances on eth0."""
    return fast(100, **settings) + fast(100, name="VI_2", vrid=52, addresses=["10.1.0.102/24"], **settings)


G = globals_()
ETH1 = ("link add eth1 type veth peer name far1", "link set eth1 up", "link set far1 up",
        "addr add 10.2.0.1/24 dev eth1")
IPV6 = ("fe80::100/64", "fd00::100/64")


# What docs/differences.md explains, by its rows.
OLD_BURST = (r"announcements: [-+]first ARP 1 10\.1\.0\.10[02] ff",)  # Second bursts end with their mastership.
RELOAD = (  # Unchanged instances notice nothing: no extra adverts, and their second burst still comes.
    r"adverts: \d+ times, reference", *OLD_BURST, r"log: -.*no longer exist", r"log: \+.*is already there",
    r"log: \+.*Changing effective priority")
REFUSED = (  # A refused packet does not put off the Master's next advert.
    r'"advert_sent"|stats after them: [-+]    Sent|Rate-limit flags',)
NOTICES = (r"log: -.*send advert error", r"log: -.*Interface \w+ (added|deleted)",
           r"log: \+.*(Netlink reports eth1 down|no IPv4 address for interface)")
INIT_FAIL = (r"at 2\.\d+ s, reference at 1\.", r"adverts: 7 times, reference", r"(scripts|fifo|log): \+.*(FAULT|fault)")
ADOPTION = (r"addresses: -first [-+] 10", r"log: \+.*(keeping the VIPs|is already there|removing the VIPs)")


def send(times=1, **settings):
    return ("send", times, settings)


def ip(*commands):
    return ("ip", "first", *commands)


def flag(value):
    return ("write", "first", "flag", f"{value}\n")


def reload(config):
    return ("reload", "first", config)


SCENARIOS = [
    # Start, stop, election.
    Scenario("alone-v2", G + instance(version=2), seconds=12, events=((11, ("dump", "as master")),)),
    Scenario("alone-v3", G + fast(), seconds=8, events=((7.3, ("dump", "as master")),)),
    Scenario("alone-v2-state-master", G + instance(150, version=2, state="MASTER"), quick=True),
    Scenario("owner-255", G + instance(255, state="MASTER"), seconds=3, quick=True),
    Scenario("owner-with-script", G + script() + instance(255, state="MASTER", extra="track_script {\n S\n }"),
             seconds=3),
    Scenario("owner-255-backup", G + instance(255, state="BACKUP"), seconds=5),
    Scenario("pass-v2", G + instance(version=2, extra="authentication {\n auth_type PASS\n auth_pass secret\n }"),
             seconds=6, events=((5, ("dump", "as master")),)),
    Scenario("ah-v2", G + instance(version=2, extra="authentication {\n auth_type AH\n auth_pass secret\n }"),
             known=(r"adverts: -",)),
    Scenario("ipv6", G + fast(addresses=IPV6), seconds=8, events=((7.3, ("dump", "as master")),)),
    Scenario("failover-back", G + fast(150), G + fast(100),
             events=((4, ("stop", "first")), (7, ("start", "first"))), seconds=12, quick=True),
    Scenario("failover-v2", G + instance(150, version=2), G + instance(100, version=2),
             events=((7, ("stop", "first")), (10, ("start", "first"))), seconds=17),
    Scenario("unicast", G + fast(150, extra="unicast_src_ip 10.1.0.1\nunicast_peer {\n 10.1.0.2\n }"),
             G + fast(100, extra="unicast_src_ip 10.1.0.2\nunicast_peer {\n 10.1.0.1\n }"),
             events=((5, ("stop", "second")),), seconds=6),
    Scenario("many-vips", G + fast(addresses=[f"10.1.0.{n}/32" for n in range(100, 125)]),
             seconds=8, quick=True),
    Scenario("excluded", G + fast(addresses=["10.1.0.100/24 label eth0:1", "10.1.0.101 dev eth0 scope link"],
                                  extra="virtual_ipaddress_excluded {\n fd00::50/64\n 10.9.9.9/32\n }"),
             seconds=8, events=((7.3, ("dump", "as master")),)),
    Scenario("nopreempt", G + fast(150, extra="nopreempt"), G + fast(100),
             events=((4, ("stop", "first")), (7, ("start", "first")), (11, ("stop", "second"))), seconds=14),
    Scenario("preempt-delay", G + fast(150, extra="preempt_delay 3"), G + fast(100),
             events=((4, ("stop", "first")), (7, ("start", "first"))), seconds=14),
    Scenario("equal-priority", G + fast(100), G + fast(100), seconds=6),
    Scenario("partition", G + fast(150), G + fast(100),
             events=((4, ("isolate", "first")), (8, ("heal", "first"))), seconds=15,
             compare=("adverts", "addresses", "scripts", "fifo", "log", "facts"),
             known=(r"(?i)master_rx_lower_pri|with lower priority",)),
    Scenario("startup-delay", globals_("vrrp_startup_delay 3") + fast(), seconds=7, quick=True),
    # Announcements.
    Scenario("garp-delay-repeat", G + fast(extra="garp_master_delay 2\ngarp_master_repeat 3"), seconds=6, quick=True),
    Scenario("garp-refresh", G + fast(extra="garp_master_delay 1\ngarp_master_refresh 2\ngarp_master_refresh_repeat 2"),
             seconds=9),
    Scenario("garp-interval", globals_("vrrp_garp_interval 0.1\nvrrp_gna_interval 0.05") +
             fast(addresses=[VIP, "10.1.0.101/24"], extra="garp_master_delay 0"), seconds=6),
    Scenario("garp-lower-prio", G + fast(150, extra="garp_lower_prio_delay 1\ngarp_lower_prio_repeat 2"),
             events=((4, send(version=3, priority=90, interval=0.5)),), seconds=8),
    Scenario("lower-prio-no-advert", G + fast(150, extra="lower_prio_no_advert"),
             events=((4, send(version=3, priority=90, interval=0.5)),), seconds=6, quick=True),
    Scenario("higher-prio-send-advert", G + fast(150, extra="higher_prio_send_advert"),
             events=((4, send(version=3, priority=200, interval=0.5)),), seconds=8, known=OLD_BURST),
    # Packets.
    Scenario("interval-learnt", G + fast(100),
             events=tuple((t, send(version=3, priority=200, interval=1)) for t in (1, 2, 3, 4)), seconds=10,
             known=(r"log: .*interval mismatch",)),
    Scenario("wrong-packets-v2",
             G + instance(version=2, extra="authentication {\n auth_type PASS\n auth_pass secret\n }"),
             events=((0.5, send(auth=b"secret")), (1, send(auth=b"wrong")), (1.2, send(auth=b"")),
                     (1.4, send(vrid=52, auth=b"secret")), (1.6, send(interval=2, auth=b"secret")),
                     (1.8, send(ttl=64, auth=b"secret")), (2, send(version=3, interval=1)),
                     (2.2, send(auth=b"secret", checksum=1)), (2.4, send(auth=b"secret", addresses=["10.1.0.99"])),
                     (2.6, send(auth=b"secret", addresses=["10.1.0.100", "10.1.0.101"])),
                     (2.8, send(auth=b"secret", count=3)), (3, send(auth=b"secret", kind=2)),
                     (3.2, send(auth=b"secret", priority=0)), (5.6, send(auth=b"secret", priority=0)),
                     (6.5, send(auth=b"wrong", priority=250)), (8, ("dump", "after them"))), seconds=9,
             known=REFUSED),
    Scenario("wrong-packets-v3", G + instance(),
             events=((0.5, send(version=3)), (1, send(version=2)), (1.2, send(version=3, vrid=52)),
                     (1.4, send(version=3, interval=2)), (1.6, send(version=3, ttl=64)),
                     (1.8, send(version=3, checksum=1)), (2, send(version=3, addresses=["10.1.0.99"])),
                     (2.2, send(version=3, extra=b"abcd")), (2.4, send(version=3, kind=3)),
                     (2.6, send(version=3, priority=0)), (4, send(version=3, source="10.1.0.3")),
                     (6.5, send(version=3, priority=250)), (10, ("dump", "after them"))), seconds=11, known=REFUSED),
    # Trackers.
    Scenario("script-fault", G + script() + fast(extra="track_script {\n S\n }"),
             events=((4, flag(1)), (7, flag(0)), (10, ("dump", "after it"))), seconds=11,
             known=(r'advert_sent|stats after it: [-+]    Sent',)),  # Priority 0 is sent once.
    Scenario("script-weight", globals_("vrrp_notify_priority_changes true") + script(extra="interval 1\nweight -30") +
             fast(150, extra="track_script {\n S\n }"), G + fast(130),
             events=((4.2, flag(1)), (8.2, flag(0)), (11, ("dump", "after it"))), seconds=12),
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
    Scenario("interface-down-up", G + fast(), events=((3, ip("link set eth0 down")), (5, ip("link set eth0 up"))),
             seconds=9, compare=("adverts", "addresses", "scripts", "fifo", "log", "facts")),
    Scenario("carrier-lost", G + fast(), events=((3, ("unplug", "first")), (5, ("plug", "first"))), seconds=9,
             compare=("adverts", "addresses", "scripts", "fifo", "log", "facts"), quick=True),
    Scenario("dont-track-primary", G + fast(interface="eth1", addresses=["10.2.0.100/24"], extra="dont_track_primary"),
             prepare=ETH1, events=((4, ip("link set eth1 down")), (6, ip("link set eth1 up"))), seconds=9,
             known=NOTICES),
    Scenario("interface-recreated", G + fast(interface="eth1", addresses=["10.2.0.100/24"]), prepare=ETH1,
             events=((3, ip("link del eth1")), (5, ip(*ETH1))), seconds=9, known=NOTICES),
    Scenario("interface-recreated-dynamic",
             globals_("dynamic_interfaces") + fast(interface="eth1", addresses=["10.2.0.100/24"]), prepare=ETH1,
             events=((3, ip("link del eth1")), (5, ip(*ETH1))), seconds=9, known=NOTICES),
    Scenario("interface-late-dynamic",
             globals_("dynamic_interfaces") + fast(interface="eth1", addresses=["10.2.0.100/24"]),
             events=((2, ip(*ETH1)),), seconds=6, known=NOTICES),
    Scenario("primary-address-removed", G + fast(),
             events=((3, ip("addr del 10.1.0.1/24 dev eth0")), (6, ip("addr add 10.1.0.1/24 dev eth0"))), seconds=10,
             compare=("adverts", "addresses", "scripts", "fifo", "log", "facts"),
             known=(r"addresses: .first [-+] 10.1.0.100", r"(scripts|fifo|log): -.*(BACKUP|backup)",
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
    Scenario("reload-vrid", G + fast(), events=((4, reload(G + fast(vrid=60))),), seconds=9, known=RELOAD),
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
    # Signals and the command line.
    Scenario("kill-restart", G + fast(), events=((3, ("kill", "first")), (4, ("start", "first"))), seconds=9,
             known=ADOPTION),
    Scenario("dont-release", G + fast(), options=("-V",), seconds=4),
    Scenario("release-vips", G + fast(150), G + fast(100), options=("-X",), seconds=5),
    Scenario("stop-in-backup", G + fast(), seconds=0.8),
    Scenario("stats-clear", G + fast(), events=((3, ("signal", "first", signal.SIGRTMAX - 1)), (4, ("dump", "later"))),
             seconds=5),
    Scenario("second-daemon", G + fast(), events=((1, ("start_another", "first")),), seconds=3, quick=True),
    Scenario("missing-file", None, seconds=2, compare=("facts",), quick=True),
    Scenario("missing-vrid", G + fast().replace("virtual_router_id 51", ""), seconds=2, compare=("facts",), quick=True),
    Scenario("missing-interface", G + fast(interface="eth9"), seconds=2, compare=("facts",), quick=True),
    Scenario("broken-vip", G + fast(addresses=["10.1.0.300/24"]), seconds=3, compare=("facts",)),
    Scenario("virtual-server-without-ipvs",
             "virtual_server 10.1.0.100 80 {\n protocol TCP\n real_server 10.1.0.2 80 {\n"
             " weight 1\n TCP_CHECK {\n }\n }\n}\n", part="check", seconds=3, compare=("facts",)),
    Scenario("empty-file", "", seconds=2, compare=("facts",)),
]

"""Trackers of all kinds with weights, in instances and groups."""

from .base import (CONFIG, ETH1, FAILED_START, G, OLD_BURST, PHASE, RELOAD, Scenario, block, brisk, flag, globals_,
                   group, ip, reload, script)


def follow(kind, *entries):
    return block(f"track_{kind}", *entries)


def two(extra="", other=""):
    return brisk(100, extra=extra) + brisk(100, name="VI_2", vrid=52, addresses=["10.1.0.102/24"], extra=other)


def file(name="F", extra=""):
    return f"track_file {name} {{\n file @DIR@/{name}\n {extra}\n}}\n"


def value(text, name="F"):
    return ("write", "first", name, f"{text}\n")


CHANGES = globals_("vrrp_notify_priority_changes true")
FIRST = ((0, value(0)),)

SCENARIOS = [
    # Files.
    Scenario("file-weight-1", CHANGES + file(extra="weight 1") + brisk(extra=follow("file", "F")), seconds=6,
             events=FIRST + ((1.5, value(20)), (2.5, value(-30)), (3.5, value(0)), (4, ("dump", "after it")))),
    Scenario("file-fault", CHANGES + file(extra="weight 0") + brisk(extra=follow("file", "F")), seconds=5,
             events=FIRST + ((1.5, value(1)), (2, ("dump", "in fault")), (3, value(0)))),
    Scenario("file-fault-by-product", CHANGES + file(extra="weight 2") + brisk(extra=follow("file", "F")), seconds=5,
             events=FIRST + ((1.5, value(-127)), (3, value(-3)))),
    Scenario("file-limits", CHANGES + file(extra="weight 2") + brisk(extra=follow("file", "F")), seconds=5,
             events=FIRST + ((1.5, value(200)), (2.5, value(-60)))),
    Scenario("file-reverse", CHANGES + file(extra="weight 1 reverse") + brisk(extra=follow("file", "F")), seconds=4,
             events=FIRST + ((1.5, value(20)), (2.5, value(-10)))),
    Scenario("file-fault-reverse", CHANGES + file(extra="weight 0 reverse") + brisk(extra=follow("file", "F")),
             seconds=5, events=FIRST + ((1.5, value(1)), (3, value(0)))),
    Scenario("file-own-weight", CHANGES + file(extra="weight 1") +
             two(extra=follow("file", "F weight 3"), other=follow("file", "F weight -1")), seconds=4,
             events=FIRST + ((1.5, value(10)), (2, ("dump", "after it")))),
    Scenario("file-missing", CHANGES + file(extra="weight 1") + brisk(extra=follow("file", "F")), seconds=4,
             events=((1.5, value(10)),)),
    Scenario("file-init", CHANGES + file(extra="weight 1\ninit_file 5 overwrite") + brisk(extra=follow("file", "F")),
             seconds=3, events=((2, ("dump", "with it")),)),
    Scenario("file-rubbish", CHANGES + file(extra="weight 1") + brisk(extra=follow("file", "F")), seconds=4,
             events=FIRST + ((1.5, value("words")), (2.5, value("12words")))),
    Scenario("file-backup", CHANGES + file(extra="weight 1") + brisk(100, extra=follow("file", "F")),
             globals_() + brisk(130), seconds=6, events=FIRST + ((2, value(50)), (4, value(0))),
             known=PHASE),
    Scenario("file-fault-at-start", CHANGES + file(extra="weight 0") + brisk(extra=follow("file", "F")), seconds=4,
             events=((0, value(1)), (1.5, value(0)))),
    # Interfaces.
    Scenario("interface-weight-negative", CHANGES + brisk(extra=follow("interface", "eth1 weight -30")), prepare=ETH1,
             seconds=4, events=((1.5, ip("link set eth1 down")), (2, ("dump", "with it down")),
                                (2.8, ip("link set eth1 up")))),
    Scenario("interface-weight-reverse", CHANGES + brisk(extra=follow("interface", "eth1 weight 30 reverse")),
             prepare=ETH1, seconds=4, events=((1.5, ip("link set eth1 down")), (2.8, ip("link set eth1 up")))),
    Scenario("interface-fault-pair", CHANGES + brisk(150, extra=follow("interface", "eth1")), globals_() + brisk(100),
             prepare=ETH1, seconds=7, events=((2, ip("link set eth1 down")), (4, ip("link set eth1 up"))),
             known=OLD_BURST, quick=True),
    Scenario("interface-missing", CHANGES + brisk(extra=follow("interface", "eth7")), seconds=2,
             known=FAILED_START),
    Scenario("interface-tracks-itself", CHANGES + brisk(extra=follow("interface", "eth0")), seconds=4,
             events=((1.5, ip("link set eth0 down")), (2.5, ip("link set eth0 up"))), known=CONFIG),
    Scenario("interface-flaps", CHANGES + brisk(extra=follow("interface", "eth1")), prepare=ETH1, seconds=6,
             events=tuple((1.5 + 0.4 * n, ip(f"link set eth1 {('down', 'up')[n % 2]}")) for n in range(8)),
             known=OLD_BURST),
    Scenario("interface-deleted", CHANGES + brisk(extra=follow("interface", "eth1")), prepare=ETH1, seconds=5,
             events=((1.5, ip("link del eth1")), (3, ip(*ETH1)))),
    Scenario("interface-delays", CHANGES + "interface_up_down_delays {\n eth1 1 0.5\n}\n" +
             brisk(extra=follow("interface", "eth1")), prepare=ETH1, seconds=7,
             events=((1.5, ip("link set eth1 down")), (3, ip("link set eth1 up"))), known=OLD_BURST),
    # Scripts.
    Scenario("script-weight-positive", CHANGES + script(extra="interval 1\nweight 20") +
             brisk(extra=follow("script", "S")), seconds=6, events=((2.5, flag(1)), (4.5, flag(0)))),
    Scenario("script-weight-of-entry", CHANGES + script(extra="interval 1\nweight 20") +
             two(extra=follow("script", "S weight -5"), other=follow("script", "S weight 7 reverse")), seconds=5,
             events=((2.5, flag(1)), (3.8, ("dump", "after it"))),
             known=PHASE),
    Scenario("script-reverse", CHANGES + script(extra="interval 1\nweight 20 reverse") +
             brisk(extra=follow("script", "S")), seconds=5, events=((2.5, flag(1)),)),
    Scenario("script-fault-reverse", CHANGES + script(extra="interval 1\nweight 0 reverse") +
             brisk(extra=follow("script", "S")), seconds=5, events=((0, flag(1)), (2.5, flag(0)))),
    Scenario("script-signal", CHANGES + script(path="/bin/sh -c 'kill -9 $$'") + brisk(extra=follow("script", "S")),
             seconds=3, known=CONFIG),
    Scenario("script-missing", CHANGES + script(path="/no/such/script") + brisk(extra=follow("script", "S")),
             seconds=3, known=CONFIG),
    Scenario("script-not-executable", CHANGES + script(path="@DIR@/flag") + brisk(extra=follow("script", "S")),
             seconds=3, events=((0, flag(1)),), known=CONFIG),
    Scenario("script-unknown", CHANGES + brisk(extra=follow("script", "NONE")), seconds=2),
    Scenario("script-unused", CHANGES + script() + brisk(), seconds=2, events=((1.5, ("dump", "unused")),),
             known=CONFIG),
    Scenario("script-two", CHANGES + script() + script("T", path="/bin/true") +
             brisk(extra=follow("script", "S", "T")), seconds=6, events=((2.5, flag(1)), (4.5, flag(0))),
             known=(*OLD_BURST, *CONFIG)),
    Scenario("script-flaps", CHANGES + script(extra="interval 0.3") + brisk(extra=follow("script", "S")), seconds=6,
             events=tuple((1.5 + 1.1 * n, flag((n + 1) % 2)) for n in range(4)),
             known=(*OLD_BURST, r"at \d\.\d+ s, reference", r"adverts: \d+ times")),
    Scenario("script-exit-status", CHANGES + script() + brisk(extra=follow("script", "S")), seconds=7,
             events=((2.5, flag(7)), (4, flag(9)), (5.5, flag(0)))),
    Scenario("script-rise-fall-running", CHANGES + script(extra="interval 1\nrise 3\nfall 2") +
             brisk(extra=follow("script", "S")), seconds=9, events=((2.5, flag(1)), (4.8, flag(0)),
                                                                    (5.5, ("dump", "rising")))),
    Scenario("script-all-kinds", CHANGES + script(extra="interval 1\nweight -20") + file(extra="weight 1") +
             brisk(extra=follow("script", "S") + follow("file", "F") + follow("interface", "eth1 weight -10")),
             prepare=ETH1, seconds=6, events=FIRST + ((1.5, value(15)), (2.5, ip("link set eth1 down")),
                                                      (3.2, flag(1)), (4.8, ("dump", "with all")))),
    Scenario("owner-keeps-priority", CHANGES + file(extra="weight 1") + brisk(255, state="MASTER",
                                                                              extra=follow("file", "F")), seconds=3,
             events=FIRST + ((1.5, value(-20)),), known=CONFIG),
    # Groups.
    Scenario("group-tracks-script", CHANGES + script() + group(follow("script", "S")) + two(), seconds=8,
             events=((2.5, flag(1)), (4.5, flag(0))),
             known=OLD_BURST),
    Scenario("group-tracks-interface", CHANGES + group(follow("interface", "eth1")) + two(), prepare=ETH1, seconds=6,
             events=((1.8, ip("link set eth1 down")), (2.4, ("dump", "in fault")), (3.2, ip("link set eth1 up"))),
             known=OLD_BURST),
    Scenario("group-tracks-file", CHANGES + file(extra="weight 0") + group(follow("file", "F")) + two(), seconds=6,
             events=FIRST + ((1.8, value(1)), (3.2, value(0))),
             known=OLD_BURST),
    Scenario("group-weight", CHANGES + file(extra="weight 1") +
             group(follow("file", "F") + "sync_group_tracking_weight\n") + two(),
             seconds=5, events=FIRST + ((1.8, value(10)), (2.5, ("dump", "weighted")))),
    Scenario("group-weight-without", CHANGES + file(extra="weight 1") + group(follow("file", "F")) + two(), seconds=5,
             events=FIRST + ((1.8, value(10)), (2.5, ("dump", "not weighted")))),
    Scenario("group-member-weight", CHANGES + group() + file(extra="weight 1") + two(extra=follow("file", "F")),
             seconds=5, events=FIRST + ((1.8, value(10)), (3, value(-10))), known=CONFIG),
    Scenario("group-member-interface", CHANGES + group() + two(extra=follow("interface", "eth1")), prepare=ETH1,
             seconds=7, events=((2, ip("link set eth1 down")), (3.5, ip("link set eth1 up"))),
             known=(*OLD_BURST, r"log: .first \(VI_2\) sent 0 priority",)),
    Scenario("group-notify-changes", globals_() + group("notify_priority_changes on\n") + file(extra="weight 1") +
             two(extra=follow("file", "F")), seconds=4, events=FIRST + ((1.8, value(10)),), known=CONFIG),
    Scenario("group-of-one", G + group(members=("VI_1",)) + brisk(),
             seconds=3, events=((2, ("dump", "as master")),), known=CONFIG),
    Scenario("group-of-nobody", G + group(members=("VI_9",)) + brisk(), seconds=3, known=CONFIG),
    Scenario("group-two-groups", G + group(name="A", members=("VI_1", "VI_2")) +
             group(name="B", members=("VI_1", "VI_2")) + two(), seconds=3, known=CONFIG),
    Scenario("group-priorities-differ", G + group() + brisk(150) +
             brisk(100, name="VI_2", vrid=52, addresses=["10.1.0.102/24"]),
             G + group() + brisk(120) + brisk(120, name="VI_2", vrid=52, addresses=["10.1.0.102/24"]), seconds=6,
             known=PHASE),
    Scenario("group-of-three", G + group(members=("VI_1", "VI_2", "VI_3")) + two() +
             brisk(100, name="VI_3", vrid=53, addresses=["10.1.0.103/24"]), seconds=5,
             events=((2, ip("link set eth0 down")), (3, ip("link set eth0 up")))),
    Scenario("group-families", G + group() + brisk() + brisk(name="VI_2", addresses=("fe80::100/64", "fd00::100/64")),
             seconds=3),
    Scenario("group-nopreempt", G + group() + two(extra="nopreempt", other="nopreempt"),
             G + group() + two().replace("priority 100", "priority 90"), seconds=7,
             events=((2, ("stop", "first")), (4, ("start", "first"))),
             known=(r'fifo: .INSTANCE "VI_\d" MASTER', r"log: .*(discarding|higher priority)")),
    Scenario("group-owner", G + group() + brisk(255, state="MASTER") +
             brisk(255, state="MASTER", name="VI_2", vrid=52, addresses=["10.1.0.102/24"]), seconds=3),
    Scenario("track-group-statics", G + "track_group T {\n group {\n VI_1\n }\n}\nstatic_ipaddress {\n"
             " 10.2.0.77/24 dev eth1 track_group T\n}\n" + brisk(), prepare=ETH1, seconds=5,
             events=((1.8, ip("link set eth1 down")), (2.2, ("dump", "in fault")), (3, ip("link set eth1 up"))),
             known=(r"log: -.*Restoring deleted static",)),
    # BFD without anybody at the other end.
    Scenario("bfd-down", G + "bfd_instance B {\n neighbor_ip 10.1.0.9\n source_ip 10.1.0.1\n}\n" +
             brisk(extra=follow("bfd", "B")), seconds=3, events=((2, ("dump", "in fault")),)),
    Scenario("bfd-weight", CHANGES + "bfd_instance B {\n neighbor_ip 10.1.0.2\n source_ip 10.1.0.1\n}\n" +
             brisk(extra=follow("bfd", "B weight 20")),
             CHANGES + "bfd_instance B {\n neighbor_ip 10.1.0.1\n source_ip 10.1.0.2\n}\n" + brisk(90), seconds=7,
             events=((4, ("stop", "second")),),
             known=(r"log: .*(\(B\)|local  |remote  |min_tx)", r"at \d\.\d+ s, reference", r"adverts: \d+ times")),
    # Reloads of what is followed.
    Scenario("reload-weight", CHANGES + file(extra="weight 1") + brisk(extra=follow("file", "F")), seconds=4,
             events=FIRST + ((1.2, value(10)), (2, reload(CHANGES + file(extra="weight 2") +
                                                          brisk(extra=follow("file", "F"))))),
             known=(*RELOAD, r"adverts: \d+ times", r"announcements: ", r"log: .*sockpool")),
    Scenario("reload-track-nothing", CHANGES + file(extra="weight 1") + brisk(extra=follow("file", "F")), seconds=4,
             events=FIRST + ((1.2, value(10)), (2, reload(CHANGES + brisk()))),
             known=(r"fifo: \+.*PRIORITY", *RELOAD, r"adverts: \d+ times", r"announcements: ", r"log: .*sockpool")),
]

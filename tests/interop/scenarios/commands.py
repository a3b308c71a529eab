"""Signals, the command line, dumps and unusable files."""

import signal

from .base import (ADOPTION, G, IPV6, PHASE, RELOAD, Scenario, VMACS, block, brisk, fast, flag, globals_, group,
                   instance, pair, reload, script)


def commands(name, *lines, files=(), **settings):
    """Runs of the program with other options; `files` are (name, text) in the node's folder."""
    events = [(0, ("write", "first", file, text)) for file, text in files]
    events += [(0.1, ("command", *line.split())) for line in lines]
    return Scenario(name, "", starts=False, seconds=0.1, events=tuple(events), compare=("facts",), **settings)


def unusable(name, config, **settings):
    """What becomes of a start with this file; only its status and what it leaves behind count."""
    return Scenario(f"file-{name}", config, seconds=1.5, compare=("facts", "scripts", "fifo"),
                    known=(r"scripts: -.*(STOP|stop)", *VMACS), **settings)


RUN = "-n -l -G -P -p @DIR@/p -r @DIR@/r -c @DIR@/c"
GOOD = brisk(notify=False)

SCENARIOS = [
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
    # Files with something wrong in them.
    unusable("unknown-keyword", G + brisk(extra="nonsense 5")),
    unusable("unknown-block", G + "nonsense {\n a b\n}\n" + brisk()),
    unusable("missing-brace", G + brisk()[:-3]),
    unusable("extra-brace", G + brisk() + "}\n"),
    unusable("missing-include", G + "include /no/such/file\n" + brisk()),
    unusable("missing-required-include", G + "includer /no/such/file\n" + brisk()),
    unusable("vrid-0", G + brisk(vrid=0)),
    unusable("vrid-256", G + brisk(vrid=256)),
    unusable("priority-0", G + brisk(0)),
    unusable("priority-256", G + brisk(256)),
    unusable("priority-word", G + brisk("high")),
    unusable("same-vrid-twice", G + brisk() + brisk(name="VI_2", addresses=["10.1.0.102/24"])),
    unusable("same-name-twice", G + brisk() + brisk(vrid=52, addresses=["10.1.0.102/24"])),
    unusable("same-vip-twice", G + brisk() + brisk(name="VI_2", vrid=52)),
    unusable("no-interface", G + brisk().replace("interface eth0", "")),
    unusable("no-vip", G + brisk(addresses=())),
    unusable("bad-state", G + brisk(state="LEADER")),
    unusable("bad-version", G + brisk(version=4)),
    unusable("bad-interval", G + brisk().replace("advert_int 0.2", "advert_int never")),
    unusable("interval-0", G + instance(advert=0)),
    unusable("v2-ipv6", G + instance(version=2, addresses=IPV6)),
    unusable("bad-auth-type", G + instance(version=2, extra=block("authentication", "auth_type MD5", "auth_pass x"))),
    unusable("no-auth-pass", G + instance(version=2, extra=block("authentication", "auth_type PASS"))),
    unusable("bad-hmac-key", G + brisk(extra=block("auth_hmac", "key 1 short", "active_key 1"))),
    unusable("hmac-without-key", G + brisk(extra=block("auth_hmac", "active_key 1"))),
    unusable("bad-peer", G + brisk(extra="unicast_src_ip 10.1.0.1\n" + block("unicast_peer", "10.1.0.2.3"))),
    unusable("peer-of-other-family", G + brisk(extra=block("unicast_peer", "fd00::2"))),
    unusable("bad-route", G + brisk(extra=block("virtual_routes", "10.50.0.0/24 nonsense"))),
    unusable("bad-rule", G + brisk(extra=block("virtual_rules", "from nowhere"))),
    unusable("bad-group-member", G + group(members=("VI_1", "VI_7")) + brisk()),
    unusable("owner-in-group", G + group() + brisk(255) + brisk(name="VI_2", vrid=52, addresses=["10.1.0.102/24"])),
    unusable("dollar-unset", G + brisk(extra="$UNSET")),
    unusable("binary", "\x01\x02\x03\x7f\n" + G + brisk()),
    unusable("only-comments", "! nothing\n# here\n"),
    unusable("vip-on-missing-interface", G + brisk(addresses=["10.1.0.100/24 dev eth9"])),
    unusable("script-without-command", G + "vrrp_script S {\n interval 1\n}\n" +
             brisk(extra=block("track_script", "S"))),
    unusable("mcast-src-of-other-family", G + brisk(extra="mcast_src_ip fd00::1")),
    unusable("use-vmac-twice-same", G + brisk(extra="use_vmac v1") +
             brisk(name="VI_2", vrid=52, addresses=["10.1.0.102/24"], extra="use_vmac v1")),
    # The command line.
    commands("signum", *(f"--signum={name}" for name in
                         ("DATA", "STATS", "STATS_CLEAR", "RELOAD", "JSON", "STOP", "nonsense", "data")),
             outputs=True, quick=True),
    commands("version-and-help", "-v", "--version", "-h", "--help"),
    commands("unknown-options", "--nonsense", "-Z", "--vrrp=5", "-f"),
    commands("odd-options", f"{RUN} -f @DIR@/good -S 99", f"{RUN} -f @DIR@/good -u abc",
             f"{RUN} -f @DIR@/good -S local3",
             f"{RUN} -f @DIR@/good stray", f"{RUN} -f @DIR@/good -A tcp:1.2.3.4:5", files=(("good", GOOD),)),
    commands("pid-file-unwritable", "-n -l -G -P -f @DIR@/good -p /no/such/dir/p -r @DIR@/r -c @DIR@/c",
             files=(("good", GOOD),), known=(r"status: ",)),
    commands("config-file", f"{RUN} -f /no/such/file", f"{RUN} -f @DIR@", f"{RUN} -f @DIR@/*.conf",
             f"{RUN} -f @DIR@/empty", files=(("a.conf", GOOD), ("empty", "\n"))),
    commands("config-test", "-t -f @DIR@/good", "-t -f @DIR@/bad", "-t -f @DIR@/none", "-t -f @DIR@/worse",
             "-t@DIR@/report -f @DIR@/bad", "--config-test=@DIR@/report2 -f @DIR@/good", "-t -P -f @DIR@/good",
             files=(("good", GOOD), ("bad", GOOD.replace("priority", "nonsense")),
                    ("worse", GOOD.replace("virtual_router_id 51", "")))),
    commands("config-id", f"{RUN} -i one -f @DIR@/at", f"{RUN} -i two -f @DIR@/at",
             files=(("at", "@one nonsense\n@two global_defs {\n@two }\n" + GOOD),)),
    # Dumps in every state.
    Scenario("dump-backup", G + brisk(100), G + brisk(150), seconds=3, events=((2, ("dump", "as backup")),)),
    Scenario("dump-backup-v2", G + instance(100, version=2), G + instance(150, version=2), seconds=6,
             events=((5.5, ("dump", "as backup")),)),
    Scenario("dump-backup-v6", G + brisk(100, addresses=IPV6), G + brisk(150, addresses=IPV6), seconds=3,
             events=((2, ("dump", "as backup")),)),
    Scenario("dump-fault", G + script() + brisk(extra=block("track_script", "S")), seconds=3,
             events=((0, flag(1)), (2, ("dump", "in fault")))),
    Scenario("dump-before-first-result", G + script(path="@DIR@/slow.sh", extra="interval 5\ntimeout 4") +
             brisk(extra=block("track_script", "S")), seconds=2,
             events=((0, ("write", "first", "sleep", "3\n")), (1, ("dump", "waiting")))),
    Scenario("dump-options", G + brisk(extra="dont_track_primary\nskip_check_adv_addr\nnopreempt\n"
                                       "lower_prio_no_advert\nhigher_prio_send_advert\ngarp_master_refresh 60\n"
                                       "garp_master_refresh_repeat 3\ndown_timer_adverts 4\npromote_secondaries\n"
                                       "kernel_rx_buf_size 100000\nsmtp_alert\nnotify_priority_changes on"), seconds=2,
             events=((1.5, ("dump", "as master")),)),
    Scenario("dump-group", G + group("sync_group_tracking_weight\nsmtp_alert\nnotify_priority_changes on\n") + pair(),
             seconds=5, events=((4, ("dump", "as masters")),)),
    Scenario("dump-json-2", globals_("json_version 2") + brisk(), seconds=2, events=((1.5, ("dump", "as master")),)),
    Scenario("dump-owner", G + brisk(255, state="MASTER"), seconds=2, events=((1.5, ("dump", "as master")),)),
    Scenario("dump-preempt-delay", G + brisk(150, extra="preempt_delay 1.5"), G + brisk(100), seconds=4, second_at=0,
             events=((1, ("dump", "delaying")),), known=(r"at \d\.\d+ s, reference",)),
    Scenario("dump-state-file", globals_("state_dump_file @DIR@/daemon/tmp/my.data") + brisk(), seconds=2,
             events=((1.5, ("dump", "as master")),)),
    Scenario("dump-instance", "instance one\n" + globals_("data_use_instance") + brisk(), seconds=2,
             events=((1.5, ("dump", "as master")),)),
    Scenario("dump-twice", G + brisk(), seconds=3, events=((1, ("dump", "first")), (2, ("dump", "second")))),
    Scenario("stats-after-flaps", G + brisk(100), G + brisk(150), seconds=5,
             events=((1.5, ("stop", "second")), (3, ("start", "second")), (4.5, ("dump", "after them")))),
    # Signals.
    Scenario("signal-int", G + brisk(), seconds=3, events=((1.5, ("signal", "first", signal.SIGINT)),)),
    Scenario("signal-term-twice", G + brisk(), seconds=3, events=(
        (1.5, ("signal", "first", signal.SIGTERM)), (1.5, ("signal", "first", signal.SIGTERM))),
             known=(r"scripts: -generic INSTANCE VI_1 STOP",)),  # One after another: the second signal ends it.
    Scenario("signal-pipe", G + brisk(), seconds=2, events=((1.5, ("signal", "first", signal.SIGPIPE)),)),
    Scenario("reload-storm", G + brisk(), seconds=4, events=tuple(
        (1.5 + 0.1 * n, reload(G + brisk(100 + n))) for n in range(5)), known=(
            r"adverts: ", r"log: ", r"announcements: ")),
    Scenario("reload-broken", G + brisk(), seconds=3, events=((1.5, reload(G + brisk(extra="nonsense"))),), known=(
        r"adverts: ", r"log: ", r"announcements: ")),
    Scenario("instance-name", "instance one\nuse_pid_dir\n" + G + brisk(), seconds=2),
    Scenario("restart", G + brisk(150), G + brisk(100), seconds=6,
             events=((1.5, ("stop", "first")), (3.5, ("start", "first"))),
             known=PHASE),
]

"""Dumps, logs and other files: where, whose, for whom, and what is in them."""

import json
import re
import signal
import time

from lab import wait_until

from .base import MASTER, SECURE, block, globals_, instance, said, scenario, variants

ALL_DUMPS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2)


def dump(program):
    for number in ALL_DUMPS:
        program.send(number)
        time.sleep(0.25)


NAMES = {
    "plain": ("", "", ()), "instance": ("instance one\n", "", ()),
    "use-instance": ("instance one\n", "data_use_instance", ()),
    "use-without-instance": ("", "data_use_instance", ()),
    "file": ("", "state_dump_file @DIR@/dumps/my", ()),
    "file-with-dot": ("", "state_dump_file @DIR@/dumps/my.text", ()),
    "folder": ("", "state_dump_file @DIR@/dumps/", ()), "relative": ("", "state_dump_file own.data", ()),
    "two-dots": ("", "state_dump_file @DIR@/dumps/my.own.text", ()),
    "file-and-instance": ("instance one\n", "state_dump_file @DIR@/dumps/my.text\ndata_use_instance", ()),
    "others": ("", "stats_dump_file @DIR@/dumps/stats\njson_dump_file @DIR@/dumps/json", ()),
    "all": ("", "", ("--all",)),
}


@variants("dump-names", NAMES)
def names_of_dumps(bench, head, line, words):
    (bench.folder / "dumps").mkdir()
    program = bench.start("-P", *words, config=head + globals_(line) + instance()).wait_for(MASTER)
    dump(program)
    bench.fact("tmp", bench.files(bench.tmp))
    bench.fact("dumps", bench.files(bench.folder / "dumps"))
    bench.fact("working folder", [path.name for path in sorted(bench.folder.glob("*.data"))])
    bench.fact("end", program.stop())
    bench.fact("tmp at the end", bench.files(bench.tmp))


TMPDIRS = {"other": "@DIR@/other", "relative": "other", "missing": "@DIR@/missing", "file": "@DIR@/file", "empty": "",
           "slash": "@DIR@/other/"}


@variants("tmpdir", TMPDIRS)
def where_tmpdir_leads(bench, value):
    (bench.folder / "other").mkdir()
    (bench.folder / "file").touch()
    program = bench.start("-P", config=instance(), environment={"TMPDIR": bench.expand(value)}).wait_for(MASTER)
    dump(program)
    bench.fact("tmp", bench.files(bench.tmp))
    bench.fact("other", bench.files(bench.folder / "other"))
    bench.fact("end", program.stop())


@scenario(known=(r"keepalived\.stats\w{6} ",))  # A leftover of the reference.
def dump_over_what_is_there(bench):
    """The names are taken by a file of somebody else, and by a folder."""
    for name in ("keepalived.data", "keepalived.json"):
        path = bench.tmp / name
        path.write_text("old\n")
        path.chmod(0o666)
    (bench.tmp / "keepalived.stats").mkdir()
    program = bench.start("-P", config=instance()).wait_for(MASTER)
    dump(program)
    bench.fact("lives", program.alive)
    bench.fact("tmp", bench.files(bench.tmp))
    bench.fact("old text", ["old" in (bench.tmp / name).read_text().splitlines()
                            for name in ("keepalived.data", "keepalived.json")])
    bench.fact("end", program.stop())


UMASKS = {"default": ("", ()), "option": ("", ("-u", "022")), "keyword": ("umask 0007", ()),
          "both": ("umask 0007", ("-u", "0"))}


@variants("umask", UMASKS)
def modes_with_a_umask(bench, line, words):
    bench.script("note.sh", "umask > @DIR@/said-umask".replace("@DIR@", str(bench.folder)))
    program = bench.start("-P", *words, config=globals_(SECURE, line, "vrrp_notify_fifo @DIR@/fifo")
                          + instance(extra="notify_master @DIR@/note.sh")).wait_for(MASTER)
    dump(program)
    bench.fact("of the daemon", re.search(r"Umask:\s+(\d+)", open(f"/proc/{program.pid}/status").read())[1])
    bench.fact("tmp", bench.files(bench.tmp))
    bench.fact("fifo", [line for line in bench.files(bench.folder).splitlines() if line.startswith("fifo")])
    bench.fact("of a script", (bench.folder / "said-umask").read_text())
    bench.fact("end", program.stop())


LOGS = {
    "default": (), "console": ("-l",), "none": ("-G",), "local3": ("-S", "3"), "local5": ("-S", "local5"),
    "user": ("-S", "user"), "daemon": ("-S", "daemon"), "twice": ("-S", "1", "-S", "2"), "detail": ("-D",),
    "console-only": ("-l", "-G"), "wrong": ("-S", "mail"),
}


@variants("log", LOGS,
          known=(r"to syslog: -daemon Keepalived$",))  # The reference complains there about the word.
def where_the_log_goes(bench, *words):
    program = bench.start("-n", "-P", "-p", "@DIR@/main.pid", "-r", "@DIR@/vrrp.pid", *words, config=instance(),
                          own_names=False)
    wait_until(lambda: bench.node.holds("10.1.0.100"), 6, "the address")
    bench.fact("end", program.stop())
    bench.fact("on the console", MASTER in program.log())
    bench.fact("to syslog", sorted({f"{facility} {ident}" for facility, _, ident, _ in bench.syslog.lines
                                    if ident != "Keepalived_healthcheckers"}))
    bench.fact("with severity", sorted({f"{severity} {ident}: {text}" for _, severity, ident, text in bench.syslog.lines
                                        if re.search(r"STATE|^Stopping$|Startup complete|Command line|"
                                                     r"Configuration file", text)}))
    bench.fact("with the time on the console", re.search(
        rf"^\w{{3}} \w{{3}} [ \d]\d \d\d:\d\d:\d\d \d{{4}}: \(VI_1\) {MASTER}$", program.log(), re.M) is not None)


@scenario
def syslog_name_of_an_instance(bench):
    program = bench.start("-n", "-P", "-p", "@DIR@/main.pid", "-r", "@DIR@/vrrp.pid",
                          config="instance one\n" + instance(), own_names=False)
    wait_until(lambda: bench.node.holds("10.1.0.100"), 6, "the address")
    bench.fact("end", program.stop())
    bench.fact("names", sorted({f"{ident}" for _, _, ident, text in bench.syslog.lines if "Entering" in text}))
    bench.fact("all names", sorted({ident for _, _, ident, _ in bench.syslog.lines}))


@scenario(known=(r"SECURITY VIOLATION",))  # One of the messages about a file.
def severity_of_lines(bench):
    bench.script("bad.sh", "exit 3")
    program = bench.start("-n", "-P", "-D", "-p", "@DIR@/main.pid", "-r", "@DIR@/vrrp.pid", own_names=False, config=
                          'vrrp_script S {\n script "@DIR@/bad.sh"\n interval 1\n user root\n}\n'
                          + instance(extra=block("track_script", "S")) + "nonsense 1\n")
    wait_until(lambda: any("SECURITY" in line[3] for line in bench.syslog.lines), 5, "the line")
    time.sleep(1)
    bench.fact("end", program.stop())
    bench.fact("severities", sorted({f"{severity} {ident}: {text}" for _, severity, ident, text in bench.syslog.lines
                                     if re.search(r"SECURITY|VRRP_Script|STATE|Stopping|Shutdown", text)}))


JSON = {"1": "", "2": "json_version 2"}
RICH = (
    'vrrp_track_process tp {\n process "nobody-calls-it-so"\n quorum 1\n delay 1\n full_command\n}\n'
    "vrrp_track_file tf {\n file @DIR@/weight\n weight 1\n}\n"
    'vrrp_script S {\n script "@DIR@/true.sh arg"\n interval 1\n weight 5\n}\n'
    "vrrp_sync_group G {\n group {\n VI_1\n }\n sync_group_tracking_weight\n}\n"
    + instance(150, extra="""
    garp_master_delay 3
    garp_master_refresh 60
    garp_lower_prio_delay 7
    preempt_delay 30
    notify_master "@DIR@/true.sh m"
    notify_backup "@DIR@/true.sh b"
    notify "@DIR@/true.sh"
    notify_stop @DIR@/true.sh
    track_interface {
        lo weight 1
    }
    track_script {
        S
    }
    track_file {
        tf weight 2
    }
    track_process {
        tp weight 4
    }
    virtual_ipaddress_excluded {
        10.1.0.101/24 label eth0:x
    }
    virtual_routes {
        10.50.0.0/24 via 10.1.0.2 metric 7
    }
    virtual_rules {
        from 10.60.0.0/16 lookup 100 priority 900
    }
""") + instance(90, name="VI_2", vrid=52, advert=1, addresses=["10.1.0.102/24 dev eth0 scope link"], extra="""
    nopreempt
    accept
    authentication {
        auth_type PASS
        auth_pass secret
    }
""").replace("version 3", "version 2")
    + instance(90, name="VI_3", vrid=53, interface="eth7", addresses=["10.1.0.103/24"]))


@variants("json", JSON, known=(r'"(advert_rcvd|advert_sent)"',))
def keys_and_values_of_json(bench, line):
    bench.script("true.sh", "exit 0")
    bench.write("weight", "3\n")
    bench.node.ip("link add eth7 type veth peer name far7")
    program = bench.start("-P", config=globals_(SECURE, line) + RICH).wait_for(MASTER)
    time.sleep(1.2)
    program.send(signal.SIGRTMIN + 2)
    wait_until((bench.tmp / "keepalived.json").exists, 3, "the file")
    time.sleep(0.2)
    text = (bench.tmp / "keepalived.json").read_text()
    bench.fact("one line", text.count("\n"))
    bench.fact("ends", text[-4:])
    bench.fact("spacing and slashes", sorted(set(re.findall(r'(?<=\d)..(?=/24)|": |, "|\\/', text))))
    bench.fact("text", re.sub(r'("last_transition": )[\d.]+', r"\1TIME", json.dumps(json.loads(text), indent=1)))
    bench.fact("order", re.sub(r'last_transition":[\d.]+', 'last_transition":T', re.sub(r'"advert_\w+":\d+', "", text)))
    bench.fact("end", program.stop())


GLOBALS = {
    "few": (), "names": ("process_name top", "vrrp_process_name v"),
    "mail": ("notification_email {\n a@example.net\n b@example.net\n }", "notification_email_from k@example.net",
             "smtp_server 10.1.0.2 2525", "smtp_connect_timeout 5", "smtp_helo_name helo.example.net", "smtp_alert"),
    "vrrp": ("vrrp_garp_master_delay 3", "vrrp_garp_master_refresh 60", "vrrp_garp_master_repeat 2",
             "vrrp_garp_lower_prio_delay 4", "vrrp_garp_interval 0.01", "vrrp_gna_interval 0.02", "vrrp_version 3",
             "vrrp_skip_check_adv_addr", "vrrp_strict", "vrrp_lower_prio_no_advert", "vrrp_higher_prio_send_advert",
             "vrrp_priority -5", "vrrp_no_swap", "vrrp_mcast_group4 224.0.0.19", "vrrp_startup_delay 0.1",
             "vrrp_min_garp", "default_interface eth0"),
    "lvs": ("lvs_flush", "lvs_flush_onstop", "lvs_timeouts tcp 7200 tcpfin 120 udp 300", "checker_priority -3",
            "checker_log_all_failures", "rs_init_notifies"),
    "scripts": (SECURE, "notify_fifo @DIR@/f1", "vrrp_notify_fifo @DIR@/f2", "lvs_notify_fifo @DIR@/f3",
                "startup_script_timeout 5", "shutdown_script_timeout 5", "vrrp_notify_priority_changes on"),
    "reload": ("reload_time_file @DIR@/when", "reload_repeat", "reload_file", "fifo_write_vrrp_states_on_reload",
               "dynamic_interfaces allow_if_changes", "umask 077", "use_symlink_paths", "data_use_instance",
               "max_auto_priority 5", "min_auto_priority_delay 500000", "json_version 2"),
    "buffers": ("vrrp_netlink_cmd_rcv_bufs 100000", "vrrp_netlink_monitor_rcv_bufs 200000",
                "vrrp_netlink_cmd_rcv_bufs_force", "process_monitor_rcv_bufs 300000", "process_monitor_rcv_bufs_force",
                "vrrp_rx_bufs_policy MTU ADVERT", "vrrp_rx_bufs_multiplier 3", "vrrp_cpu_affinity 0",
                "vrrp_rt_priority 3", "vrrp_rlimit_rttime 20000"),
}


@variants("globals", GLOBALS, known=(
    r"libnftnl version",  # Not ours to tell.
    r"iproute (usr|etc) directory",  # As built.
    r"CPU Affinity"))  # The reference does not name any.
def global_definitions_in_the_data_dump(bench, *lines):
    program = bench.start("-P", config=globals_(*lines) + instance()).wait_for(MASTER)
    program.send(signal.SIGUSR1)
    path = bench.tmp / ("keepalived.data")
    wait_until(path.exists, 3, "the file")
    time.sleep(0.2)
    text = re.search(r"------< Global definitions >------\n(.*?)\n------<", path.read_text(), re.S)
    bench.fact("section", re.sub(r"0x[0-9a-f]{6,}", "POINTER", text[1] if text else "(none)"))
    bench.fact("end", program.stop())


@scenario
def dumped_configuration(bench):
    """-d: to the log, at the start; what it says of the inside differs."""
    program = bench.start("-P", "-d", config=instance()).wait_for(MASTER)
    log = program.log()
    bench.fact("says", [text in log for text in ("VRRP Topology", "VI_1", "10.1.0.100")])
    bench.fact("end", program.stop())


@scenario
def core_pattern(bench):
    pattern = bench.core_pattern
    for words in (("-m",), ("-M",), ("-Mmy-core",), ("--core-dump-pattern=other",)):
        pattern.write_text("old-pattern\n")
        program = bench.start("-P", *words, config=instance(), prefix="prlimit --core=0:unlimited").wait_for(MASTER)
        pid = bench.pid_in(bench.folder / "vrrp.pid")
        limits = open(f"/proc/{pid}/limits").read()
        bench.fact(f"{words}: limit", re.search(r"Max core file size\s+(\w+\s+\w+)", limits)[1])
        # A plain file stands for /proc's: what is written last is found somewhere in it.
        written = pattern.read_text()
        bench.fact(f"{words}: pattern", [word for word in ("my-core", "other", "core") if word in written][:1])
        bench.fact(f"{words}: end", program.stop())
        bench.fact(f"{words}: restored", pattern.read_text().startswith("old-pattern"))
    program = bench.start("-P", config=instance(), prefix="prlimit --core=0:unlimited").wait_for(MASTER)
    limits = open(f"/proc/{program.pid}/limits").read()
    bench.fact("without: limit", re.search(r"Max core file size\s+(\w+\s+\w+)", limits)[1])
    program.stop()


SAVED = {"new": "saved", "deep": "no/saved"}


@variants("config-save-dir", SAVED)
def saved_configurations(bench, name):
    program = bench.start("-P", config=globals_(f"config_save_dir @DIR@/{name}") + instance()).wait_for(MASTER)
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete")
    time.sleep(0.5)
    folder = bench.folder / name.split("/")[0]
    bench.fact("files", re.sub(r"\.\d+\.", ".N.", bench.files(folder)) if folder.exists() else "(none)")
    bench.fact("end", program.stop())


@scenario
def snmp_options(bench):
    """Accepted, even where nobody answers."""
    program = bench.start("-P", "-x", "-A", "@DIR@/agentx", config=instance()).wait_for(MASTER)
    bench.fact("end", program.stop())


@scenario
def dbus_keyword(bench):
    program = bench.start("-P", config=globals_("enable_dbus") + instance()).wait_for(MASTER)
    bench.fact("end", program.stop())


@scenario
def address_monitoring(bench):
    program = bench.start("-P", "-a", config=instance()).wait_for(MASTER)
    bench.node.ip("addr add 10.9.0.1/24 dev eth0", "addr add fd09::1/64 dev eth0", "addr del 10.9.0.1/24 dev eth0")
    time.sleep(0.7)
    bench.fact("lines", sorted(said(program.log(), r"10\.9\.0\.1|fd09::1")))
    bench.fact("end", program.stop())


RELEASE = {"vips": "-V", "none": "-D"}


@variants("release", RELEASE)
def what_stays_at_the_end(bench, word):
    program = bench.start("-P", word, config=instance(extra=block(
        "virtual_routes", "10.50.0.0/24 via 10.1.0.2"))).wait_for(MASTER)
    wait_until(lambda: bench.node.holds("10.1.0.100"), 3, "the address")
    bench.fact("end", program.stop())
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("route", "10.50.0.0" in bench.node.run(["ip", "route"]))

"""What nobody plans: odd combinations of options, files in odd places or forms, limits, signals that come together."""

import os
import signal
import time

from lab import wait_until
from surface_bench import settle

from .base import MASTER, SECURE, block, globals_, instance, said, scenario, variants

GOOD = instance()
PLAIN = ("-n", "-l", "-G", "-P", "-p", "@DIR@/main.pid", "-r", "@DIR@/vrrp.pid")


def ends(bench, name, program):
    bench.fact(f"{name}: runs", program.alive)
    bench.fact(f"{name}: end", program.stop() if program.alive else program.wait())


ODD_OPTIONS = {
    "bundle": ("-nlGDPf", "@DIR@/k.conf"), "bundle-value": ("-nlGPf@DIR@/k.conf",),
    "file-twice": (*PLAIN, "-f", "/no/such", "-f", "@DIR@/k.conf"), "file-empty": (*PLAIN, "-f", ""),
    "part-twice": (*PLAIN, "-P", "-P", "-f", "@DIR@/k.conf"),
    "relative-pid": ("-n", "-l", "-G", "-P", "-p", "rel.pid", "-r", "relv.pid", "-f", "@DIR@/k.conf"),
    "empty-pid": ("-n", "-l", "-G", "-P", "-p", "", "-r", "@DIR@/v.pid", "-f", "@DIR@/k.conf"),
    "no-vrrp-folder": ("-n", "-l", "-G", "-P", "-p", "@DIR@/a.pid", "-r", "@DIR@/no/v.pid", "-f", "@DIR@/k.conf"),
    "dont-respawn": (*PLAIN, "-R", "-f", "@DIR@/k.conf"), "release": (*PLAIN, "-X", "-f", "@DIR@/k.conf"),
    "detail-thrice": (*PLAIN, "-DDD", "-f", "@DIR@/k.conf"), "stray-word": (*PLAIN, "-f", "@DIR@/k.conf", "word"),
    "after-dashes": (*PLAIN, "-f", "@DIR@/k.conf", "--", "-Q"),
    "everything": (*PLAIN, "--all", "-C", "-D", "-d", "-a", "-m", "-R", "-X", "-V", "-I", "-x", "-e", "-f", "@DIR@/k.conf"),
    "bfd-file": (*PLAIN, "-b", "@DIR@/bfd.pid", "-f", "@DIR@/k.conf"), "no-bfd": (*PLAIN, "-B", "-f", "@DIR@/k.conf"),
    "facility": (*PLAIN, "-S", "0", "-f", "@DIR@/k.conf"), "umask-large": (*PLAIN, "-u", "0777", "-f", "@DIR@/k.conf"),
    "id": (*PLAIN, "-i", "", "-f", "@DIR@/k.conf"), "namespace-empty": (*PLAIN, "-s", "", "-f", "@DIR@/k.conf"),
    "all-config": (*PLAIN, "-e", "-f", "@DIR@/k.conf"), "core": (*PLAIN, "-M", "-f", "@DIR@/k.conf"),
}


# docs/differences.md: a pid file that cannot be written is an error here, and "already running" there.
@variants("odd-options", ODD_OPTIONS, known=(r"it: end: -0", r"it: end: \+1", r"-a\.pid .* empty"))
def odd_options(bench, *words):
    bench.write("k.conf", GOOD)
    program = bench.start(*words, own_names=False)
    settle(1.6)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("pid files", [line for line in bench.files(bench.folder).splitlines() if ".pid" in line])
    bench.fact("run", bench.files(bench.run))
    ends(bench, "it", program)
    bench.fact("left", [line for line in bench.files(bench.folder).splitlines() if ".pid" in line] + [
        bench.files(bench.run)])


FORMS = {
    "crlf": GOOD.replace("\n", "\r\n"), "no-last-newline": GOOD.rstrip(), "bom": "\ufeff" + GOOD,
    "tabs": GOOD.replace("    ", "\t\t"), "one-line-blocks": "global_defs { router_id x }\n" + GOOD,
    "brace-below": GOOD.replace(" {", "\n{"), "comments": "# a\n! b\n" + GOOD.replace("state", "#x\n !y\n state") + "# end",
    "comment-behind": GOOD.replace("priority 100", "priority 100 # word").replace("vrid", "vrid ! x"),
    "upper-case": GOOD.replace("priority", "PRIORITY"), "form-feed": GOOD.replace("\n", "\f\n"),
    "long-line": "# " + "x" * 3000 + "\n" + GOOD, "long-word": globals_("router_id " + "x" * 900) + GOOD,
    "quotes": GOOD.replace("VI_1", '"VI 1"'), "open-quote": GOOD.replace("VI_1", '"VI_1'),
    "brace-in-word": GOOD.replace("VI_1 {", "VI_1{"),
    "extra-brace": GOOD + "}\n", "backslash": GOOD.replace("priority 100", "priority \\\n 100"),
    "definition": "$P=120\n" + GOOD.replace("100\n", "$P\n", 1), "definition-missing": GOOD.replace("100\n", "$P\n", 1),
    "definition-block": "$B=\\\n priority 110\\\n accept\n" + GOOD.replace("priority 100", "$B"),
    "definition-name": "$N=VI_9\n" + GOOD.replace("VI_1", "${N}"),
    "instance-definition": "$I=${_INSTANCE}\ninstance one\n" + GOOD.replace("VI_1", "V${_INSTANCE}"),
    "seq": "$BLOCK=\\\nvrrp_instance V$n {\\\n interface eth0\\\n virtual_router_id 5$n\\\n priority 100\\\n}\n~SEQ(n, 1, 2) $BLOCK\n",
    "twice-a-keyword": GOOD.replace("priority 100", "priority 100\n priority 90"),
    "two-blocks-of-a-name": GOOD + GOOD, "same-vrid": GOOD + GOOD.replace("VI_1", "VI_2"),
    "same-address": GOOD + instance(name="VI_2", vrid=52), "latin": GOOD.replace("VI_1", "VI_\u00e4"),
    "no-address": GOOD.replace("10.1.0.100/24", ""), "bad-address": GOOD.replace("10.1.0.100/24", "10.1.0.300"),
    "priority-0": instance(0), "priority-256": instance(256), "priority-255": instance(255),
    "vrid-0": instance(vrid=0), "vrid-256": instance(vrid=256), "advert-0": instance(advert=0),
    "advert-41": instance(advert=41), "version-4": GOOD.replace("version 3", "version 4"),
    "no-priority": GOOD.replace("priority 100", ""), "state-odd": GOOD.replace("BACKUP", "PRIMARY"),
    "no-interface": GOOD.replace("interface eth0", ""), "other-interface": instance(interface="eth9"),
    "dynamic-interface": globals_("dynamic_interfaces") + instance(interface="eth9"),
    "default-interface": globals_("default_interface eth0") + GOOD.replace("interface eth0", ""),
    "unicast-without-peer": instance(extra="unicast_src_ip 10.1.0.1"), "strict-auth": globals_("vrrp_strict") + instance(
        extra="authentication {\n auth_type PASS\n auth_pass x\n}"),
    "auth-v3": instance(extra="authentication {\n auth_type PASS\n auth_pass x\n}"),
    "long-pass": GOOD.replace("version 3", "version 2\nauthentication {\n auth_type PASS\n auth_pass 0123456789\n}").replace(
        "0.2", "1"),
    "group-unknown": block("vrrp_sync_group G", "group {\n VI_1\n VI_7\n}") + GOOD,
    "group-single": block("vrrp_sync_group G", "group {\n VI_1\n}") + GOOD,
    "group-empty": block("vrrp_sync_group G", "group {\n}") + GOOD,
    "group-twice": block("vrrp_sync_group G", "group {\n VI_1\n}") + block("vrrp_sync_group H", "group {\n VI_1\n}") + GOOD,
    "excluded-only": GOOD.replace("virtual_ipaddress", "virtual_ipaddress_excluded"),
    "mixed-families": instance(addresses=("10.1.0.100/24", "fd00::100/64")).replace("fd00::", "\nfd00::"),
    "only-groups": block("vrrp_sync_group G", "group {\n VI_1\n}"), "only-globals": globals_("vrrp_version 3"),
    "virtual-server-only": "virtual_server 10.1.0.100 80 {\n protocol TCP\n}\n", "nothing": "# nothing\n",
    "nul-byte": "# a\0b\n" + GOOD, "label-too-long": instance(addresses=("10.1.0.100/24 label eth0:0123456789abcdef",)),
    "name-too-long": instance(name="VI_" + "x" * 300),
}


@variants("form", FORMS)
def forms_of_a_file(bench, text):
    """What -t answers, and whether it starts."""
    path = bench.write("k.conf", text)
    bench.fact("test", bench.command("-t", "-f", path)[0])
    program = bench.start(*PLAIN, "-D", "-f", path, own_names=False)
    settle(1.6)
    bench.fact("addresses", sorted(each for each in bench.node.addresses() if each.startswith(("10.1.0.1", "fd00::1"))))
    ends(bench, "it", program)
    bench.fact("states", said(program.log(), "Entering|entering FAULT"))
    bench.fact("left", bench.files(bench.run))


INCLUDES = {
    "relative": ("include part.conf\n", {"part.conf": GOOD}), "below": ("include sub/part.conf\n", {"sub/part.conf": GOOD}),
    "nested-relative": ("include sub/a.conf\n", {"sub/a.conf": "include b.conf\n", "sub/b.conf": GOOD}),
    "pattern": ("include sub/*.conf\n", {"sub/a.conf": globals_("vrrp_version 3"), "sub/b.conf": GOOD}),
    "braces": ("include sub/{a,b}.conf\n", {"sub/a.conf": globals_("vrrp_version 3"), "sub/b.conf": GOOD}),
    "bad-inside": ("include part.conf\n", {"part.conf": GOOD + "nonsense\n"}),
    "fatal-inside": ("include part.conf\n", {"part.conf": GOOD.replace("virtual_router_id 51", "")}),
    "open-block-inside": ("include part.conf\n", {"part.conf": GOOD.rstrip()[:-1]}),
    "half-block": ("include a.conf\npriority 101\n}\n", {"a.conf": GOOD.rstrip()[:-1]}),
    "in-a-block": (GOOD.replace("priority 100", "include part.conf"), {"part.conf": "priority 120\n"}),
    "folder": ("include sub\n" + GOOD, {"sub/x": ""}),
    "missing": ("include nosuch.conf\n" + GOOD, {}), "missing-r": ("includer nosuch.conf\n" + GOOD, {}),
    "missing-m": ("includem nosuch.conf\n" + GOOD, {}), "missing-w": ("includew nosuch*.conf\n" + GOOD, {}),
    "missing-b": ("includeb {nosuch,part}.conf\n" + GOOD, {"part.conf": "# x\n"}),
    "missing-a": ("includea nosuch.conf\n" + GOOD, {}), "unmatched": ("include no*.conf\n" + GOOD, {}),
    "no-word": ("include\n" + GOOD, {}), "quoted": ('include "part.conf"\n', {"part.conf": GOOD}),
    "empty-file": ("include part.conf\n" + GOOD, {"part.conf": ""}),
    "not-readable": ("include part.conf\n" + GOOD, {"part.conf": None}),
    "check-all": (globals_("include_check") + "include nosuch.conf\n" + GOOD, {}),
    "check-minus": (globals_("include_check -match") + "include nosuch.conf\n" + GOOD, {}),
    "check-match": (globals_("include_check match") + "include nosuch.conf\n" + GOOD, {}),
    "check-read": (globals_("include_check read") + "include nosuch.conf\n" + GOOD, {}),
    "check-wildcard": (globals_("include_check wildcard_match") + "include no*.conf\n" + GOOD, {}),
    "check-brace": (globals_("include_check brace_match") + "include {nosuch,k}x.conf\n" + GOOD, {}),
}


@variants("include", INCLUDES)
def included_files(bench, text, files):
    for name, content in files.items():
        if content is None:
            os.mkfifo(bench.folder / name)
        else:
            bench.write(name, content)
    path = bench.write("k.conf", text)
    bench.fact("test", bench.command("-t", "-f", path)[0])
    bench.fact("test, all", bench.command("-t", "-e", "-f", path)[0])
    bench.fact("test from elsewhere", bench.command("-t", "-f", path, cwd="/")[0])
    program = bench.start(*PLAIN, "-f", path, own_names=False)
    settle(1.4)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    ends(bench, "it", program)


def remounted(*folders):
    """Read-only for the program alone."""
    mounts = "; ".join(f"mount --bind {each} {each}; mount -o remount,ro,bind {each}" for each in folders)
    return f"sh -c '{mounts}; exec \"$@\"' sh"


PLACES = {
    "tmp": (remounted("/tmp"), ()), "run": (remounted("/run"), ("-n", "-l", "-G", "-P")),
    "few-descriptors": ("prlimit --nofile=24", ()),
    "no-core": ("prlimit --core=0", ("-n", "-l", "-G", "-P", "-m")),
    "full-console": ("sh -c 'exec \"$@\" > /dev/full 2>&1' sh", ()), "other-folder": ("env -C /", ()),
    "nobody": ("setpriv --reuid=65534 --regid=65534 --clear-groups", ("-n", "-l", "-G", "-P")),
    "no-raw": ("setpriv --bounding-set=-net_raw --inh-caps=-net_raw", ()),
    "no-net-admin": ("setpriv --bounding-set=-net_admin --inh-caps=-net_admin", ()),
    "new-session": ("setsid", ()), "idle": ("chrt --idle 0", ()),
}


# docs/differences.md: a pid file, as above.
@variants("place", PLACES, known=(r"it: end: -0", r"it: end: \+1"))
def places_and_limits(bench, prefix, words):
    bench.write("k.conf", GOOD)
    program = bench.start(*(words or PLAIN), "-f", "@DIR@/k.conf", own_names=False, prefix=prefix)
    settle(1.6)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("runs", program.alive)
    if program.alive:
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2, signal.SIGHUP):
            program.send(number)
            settle(0.3)
        bench.fact("dumps", bench.files(bench.tmp))
    settle(0.5)
    bench.fact("address later", bench.node.holds("10.1.0.100"))
    ends(bench, "it", program)
    bench.fact("left", bench.files(bench.run))


TOGETHER = {
    "hup-term": ("HUP", "TERM"), "term-hup": ("TERM", "HUP"), "hup-hup-term": ("HUP", "HUP", "TERM"),
    "usr1-term": ("USR1", "TERM"), "usr1-usr2-hup": ("USR1", "USR2", "HUP"), "hup-usr1": ("HUP", "USR1"),
    "many-usr1": ("USR1",) * 12, "usr2-hup-usr2": ("USR2", "HUP", "USR2"), "stop-cont": ("STOP", "CONT"),
    "int-term": ("INT", "TERM"), "usr1-int": ("USR1", "INT"),
}


@variants("together", TOGETHER)
def signals_that_come_together(bench, *names):
    program = bench.start("-P", config=GOOD).wait_for(MASTER)
    for name in names:
        program.send(getattr(signal, f"SIG{name}"))
    settle(1.5)
    bench.fact("files", bench.files(bench.tmp))
    if {"TERM", "INT"} & set(names):
        bench.fact("status", program.wait())
    else:
        bench.fact("address", bench.node.holds("10.1.0.100"))
        bench.fact("reloads", program.log().count("Reload complete"))
        ends(bench, "it", program)
    bench.fact("address at the end", bench.node.holds("10.1.0.100"))
    bench.fact("left", sorted(path.name for path in bench.folder.glob("*.pid")))


EARLY = {name: name for name in ("HUP", "USR1", "USR2", "TERM", "INT")}


@variants("early", EARLY)
def signals_before_it_has_started(bench, name):
    """While the startup delay lasts."""
    program = bench.start("-P", config=globals_("vrrp_startup_delay 1.5") + GOOD)
    settle(0.5)
    program.send(getattr(signal, f"SIG{name}"))
    settle(2.6)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("files", bench.files(bench.tmp))
    ends(bench, "it", program)


FORKED = {
    "missing-file": (None, ()), "unknown-keyword": (GOOD + "nonsense 1\n", ()),
    "no-vrid": (GOOD.replace("virtual_router_id 51", ""), ()), "no-interface": (instance(interface="eth9"), ()),
    "nothing": ("# nothing\n", ()), "console": (GOOD, ("-l",)), "pid-folder": (GOOD, ("-p", "@DIR@/no/such.pid")),
    "startup-script": (globals_(SECURE, 'startup_script "@DIR@/slow.sh"') + GOOD, ()),
    "dump": (GOOD, ("-d",)),
}


# docs/differences.md: the status tells whether the file can be used. A start that is broken off leaves pid files there.
@variants("forked", FORKED, known=(r"status: -0", r"status: \+[12]", r"left: -\w+\.pid"))
def started_in_the_background(bench, text, words):
    bench.script("slow.sh", "sleep 2")
    if text is not None:
        bench.write("k.conf", text)
    began = time.time()
    status, out, err = bench.command("-P", "-G", *words, "-f", "@DIR@/k.conf")
    bench.fact("status", status)
    bench.fact("at once", time.time() - began < 1.5)
    bench.fact("printed to standard output", out)
    bench.fact("printed to standard error", bool(err))
    settle(1.5)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    pids = [bench.pid_in(path) for path in (bench.run / "keepalived.pid", bench.folder / "such.pid") if path.exists()]
    bench.fact("runs", [pid in bench.processes() for pid in pids])
    for pid in pids:
        if pid in bench.processes():
            os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not bench.processes(), 8, "the end of all")
    bench.fact("left", bench.files(bench.run))


@scenario
def fifo_whose_reader_dies(bench):
    os.mkfifo(bench.folder / "fifo", 0o600)
    reader = os.open(bench.folder / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    program = bench.start("-P", config=globals_(SECURE, "notify_fifo @DIR@/fifo") + GOOD).wait_for(MASTER)
    settle(0.3)
    text = os.read(reader, 65536).replace(b"\0", b"").decode()
    bench.fact("heard", text)
    os.close(reader)
    bench.write("keepalived.conf", globals_(SECURE, "notify_fifo @DIR@/fifo") + instance(90, extra="priority 80"))
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete")
    settle(0.5)
    bench.fact("runs", program.alive)
    reader = os.open(bench.folder / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    ends(bench, "it", program)
    bench.fact("heard at the end", os.read(reader, 65536).replace(b"\0", b"").decode())
    os.close(reader)


@scenario
def fifo_that_is_removed_while_it_runs(bench):
    program = bench.start("-P", config=globals_(SECURE, "vrrp_notify_fifo @DIR@/fifo") + GOOD).wait_for(MASTER)
    (bench.folder / "fifo").unlink()
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete")
    settle(0.3)
    bench.fact("there", (bench.folder / "fifo").exists())
    ends(bench, "it", program)


@scenario
def long_names_in_a_fifo(bench):
    os.mkfifo(bench.folder / "fifo", 0o600)
    reader = os.open(bench.folder / "fifo", os.O_RDWR | os.O_NONBLOCK)
    names = ["VI_" + "x" * 180, "with space", 'quo"te', "ba\\ck", "per%cent"]
    config = globals_(SECURE, "notify_fifo @DIR@/fifo")
    for number, name in enumerate(names):
        config += instance(name=f"'{name}'" if '"' in name else f'"{name}"', vrid=60 + number,
                           addresses=[f"10.1.0.{160 + number}/24"])
    program = bench.start("-P", config=config).wait_for(MASTER, times=4)
    settle(0.5)
    bench.fact("lines", sorted(os.read(reader, 65536).replace(b"\0", b"").decode().splitlines()))
    ends(bench, "it", program)
    bench.fact("lines at the end", sorted(os.read(reader, 65536).replace(b"\0", b"").decode().splitlines()))
    os.close(reader)


@scenario
def scripts_of_every_state_with_arguments(bench):
    """The words of notify_*, and what is added to those of notify."""
    bench.script("note.sh", f'line=$#; for each; do line="$line [$each]"; done; echo "$line" >> {bench.folder}/notes')
    bench.node.ip("link add eth7 type veth peer name far7", "link set eth7 up", "link set far7 up")
    lines = [f'notify_{state} "@DIR@/note.sh {state} \'two words\' \\"x y\\""'
             for state in ("master", "backup", "fault", "stop", "master_rx_lower_pri")]
    lines += ['notify "@DIR@/note.sh all \'a b\'"', block("track_interface", "eth7")]
    config = globals_(SECURE) + block("vrrp_sync_group G", "group {\n VI_1\n}", 'notify "@DIR@/note.sh group"',
                                      'notify_fault "@DIR@/note.sh group-fault"') + instance(extra="\n".join(lines))
    program = bench.start("-P", config=config).wait_for(MASTER)
    bench.node.ip("link set eth7 down")
    program.wait_for("FAULT STATE")
    bench.node.ip("link set eth7 up")
    program.wait_for(MASTER, times=2)
    settle(0.3)
    ends(bench, "it", program)
    settle(0.5)
    bench.fact("notes", sorted((bench.folder / "notes").read_text().splitlines()))


@scenario
def reload_without_the_file_and_back(bench):
    program = bench.start("-P", config=GOOD).wait_for(MASTER)
    bench.write("keepalived.conf", GOOD + instance(name="VI_2", vrid=52, addresses=["10.1.0.102/24"]))
    program.send(signal.SIGHUP)
    program.wait_for(MASTER, times=2)
    bench.write("keepalived.conf", GOOD)
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete", times=2)
    settle(0.5)
    bench.fact("addresses", sorted(each for each in bench.node.addresses() if each.startswith("10.1.0.1")))
    bench.fact("removed", said(program.log(), "VI_2.*(Removing|Deleted|sent 0)"))
    ends(bench, "it", program)


@scenario
def address_that_is_there_before(bench):
    bench.node.ip("address add 10.1.0.100/24 dev eth0", "address add 10.1.0.101/32 dev lo")
    program = bench.start("-P", config=instance(addresses=("10.1.0.100/24\n10.1.0.101/32 dev lo",))).wait_for(MASTER)
    settle(0.3)
    bench.fact("holds", bench.node.holds("10.1.0.100"))
    ends(bench, "it", program)
    bench.fact("left", sorted(bench.node.addresses()))


@scenario
def interface_that_comes_and_goes(bench):
    config = globals_("dynamic_interfaces") + instance(interface="eth7", addresses=["10.7.0.100/24"])
    program = bench.start("-P", config=config)
    settle(1)
    for _ in range(2):
        bench.node.ip("link add eth7 type veth peer name far7", "address add 10.7.0.1/24 dev eth7", "link set eth7 up",
                      "link set far7 up")
        settle(2)
        bench.fact("holds", bench.node.holds("10.7.0.100"))
        bench.node.ip("link del eth7")
        settle(0.7)
    bench.fact("states", said(program.log(), r"\(VI_1\) [Ee]ntering"))
    ends(bench, "it", program)


# They end in the order of chance; keepalived's own process complains about them, to syslog.
@scenario(known=(r"lines: .*(Changing effective|counts as successful)",))
def scripts_that_cannot_be_run(bench):
    """At the time of the event: removed, no longer executable, no interpreter, a text without #!."""
    for name, body in (("gone.sh", "exit 0"), ("off.sh", "exit 0")):
        bench.script(name, body)
    bench.write("interp.sh", "#!/no/such/interpreter\n", 0o755)
    bench.write("empty.sh", "", 0o755)
    config = globals_(SECURE) + "".join(
        f'vrrp_script {name} {{\n script "@DIR@/{name}.sh"\n interval 1\n weight {weight}\n}}\n'
        for name, weight in (("gone", 1), ("off", 2), ("interp", 4), ("empty", 8)))
    program = bench.start("-P", config=config + instance(extra=block("track_script", "gone", "off", "interp", "empty")))
    program.wait_for(MASTER)
    settle(0.5)
    (bench.folder / "gone.sh").unlink()
    (bench.folder / "off.sh").chmod(0o644)
    settle(2.5)
    bench.fact("lines", sorted(said(program.log(), "VRRP_Script|Changing effective")))
    bench.fact("priority", said(program.log(), "Changing effective")[-1].split()[-1])
    ends(bench, "it", program)

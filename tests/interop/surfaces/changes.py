"""Reloads that change one thing, and names that nobody expects."""

import json
import re
import signal

from lab import wait_until
from surface_bench import settle

from .base import MASTER, SECURE, block, globals_, instance, said, scenario, variants
from .oddities import ends

GOOD = instance()
SECOND = instance(name="VI_2", vrid=52, addresses=["10.1.0.102/24"])
GROUP = block("vrrp_sync_group G", "group {\n VI_1\n VI_2\n}")
SCRIPT = 'vrrp_script s {\n script "/bin/true"\n interval 1\n %s\n}\n'
TRACKED = instance(extra=block("track_script", "s"))

CHANGES = {
    "nothing": (GOOD, GOOD), "blanks": (GOOD, "\n\n" + GOOD.replace("    ", "  ")),
    "instance-word": (GOOD, "instance one\n" + GOOD), "instance-word-gone": ("instance one\n" + GOOD, GOOD),
    "use-pid-dir": (GOOD, "use_pid_dir\n" + GOOD), "namespace": (GOOD, "net_namespace other\n" + GOOD),
    "process-name": (GOOD, globals_("process_name other") + GOOD), "umask": (GOOD, globals_("umask 022") + GOOD),
    "umask-gone": (globals_("umask 022") + GOOD, globals_() + GOOD), "priority": (GOOD, instance(150)),
    "priority-lower": (instance(150), GOOD), "owner": (GOOD, instance(255)), "owner-gone": (instance(255), GOOD),
    "state": (GOOD, GOOD.replace("BACKUP", "MASTER")), "vrid": (GOOD, instance(vrid=61)),
    "version": (GOOD, GOOD.replace("version 3", "version 2").replace("0.2", "1")), "advert": (GOOD, instance(advert=0.3)),
    "name": (GOOD, instance(name="VI_9")), "interface": (GOOD, instance(interface="eth7")),
    "address-added": (GOOD, instance(addresses=("10.1.0.100/24\n10.1.0.101/24",))),
    "address-removed": (instance(addresses=("10.1.0.100/24\n10.1.0.101/24",)), GOOD),
    "address-replaced": (GOOD, instance(addresses=("10.1.0.110/24",))), "address-mask": (GOOD, instance(addresses=("10.1.0.100/32",))),
    "address-label": (GOOD, instance(addresses=("10.1.0.100/24 label eth0:1",))),
    "address-moved": (GOOD, instance(addresses=("10.1.0.100/24 dev eth7",))),
    "address-excluded": (GOOD, instance(extra=block("virtual_ipaddress_excluded", "10.1.0.101/24"))),
    "route-added": (GOOD, instance(extra=block("virtual_routes", "10.50.0.0/24 via 10.1.0.2"))),
    "route-changed": (instance(extra=block("virtual_routes", "10.50.0.0/24 via 10.1.0.2")),
                      instance(extra=block("virtual_routes", "10.50.0.0/24 via 10.1.0.3"))),
    "route-removed": (instance(extra=block("virtual_routes", "10.50.0.0/24 via 10.1.0.2")), GOOD),
    "rule-added": (GOOD, instance(extra=block("virtual_rules", "from 10.60.0.0/16 lookup 100 priority 900"))),
    "rule-removed": (instance(extra=block("virtual_rules", "from 10.60.0.0/16 lookup 100 priority 900")), GOOD),
    "static-added": (GOOD, block("static_ipaddress", "10.1.0.120/24 dev eth0") + GOOD),
    "static-removed": (block("static_ipaddress", "10.1.0.120/24 dev eth0") + GOOD, GOOD),
    "vmac": (GOOD, instance(extra="use_vmac")), "vmac-gone": (instance(extra="use_vmac"), GOOD),
    "vmac-name": (instance(extra="use_vmac"), instance(extra="use_vmac other0")),
    "unicast": (GOOD, instance(extra="unicast_src_ip 10.1.0.1\n" + block("unicast_peer", "10.1.0.2"))),
    "second": (GOOD, GOOD + SECOND), "second-gone": (GOOD + SECOND, GOOD), "group": (GOOD + SECOND, GROUP + GOOD + SECOND),
    "group-gone": (GROUP + GOOD + SECOND, GOOD + SECOND), "order": (GOOD + SECOND, SECOND + GOOD),
    "nopreempt": (GOOD, instance(extra="nopreempt")), "accept": (GOOD, instance(extra="no_accept")),
    "tracked": (GOOD, globals_(SECURE) + SCRIPT % "" + TRACKED), "tracked-gone": (globals_(SECURE) + SCRIPT % "" + TRACKED, GOOD),
    "script-weight": (globals_(SECURE) + SCRIPT % "" + TRACKED, globals_(SECURE) + SCRIPT % "weight 5" + TRACKED),
    "script-broken": (globals_(SECURE) + SCRIPT % "" + TRACKED,
                      globals_(SECURE) + (SCRIPT % "").replace("true", "false") + TRACKED),
    "interface-tracked": (GOOD, instance(extra=block("track_interface", "eth7"))),
    "missing-interface-tracked": (GOOD, globals_("dynamic_interfaces") + instance(extra=block("track_interface", "eth8"))),
    "static-alone": (block("static_ipaddress", "10.1.0.120/24 dev eth0"), block("static_ipaddress", "10.1.0.121/24 dev eth0")),
    "everything-gone": (GOOD, "# nothing\n"), "from-nothing": (globals_("vrrp_version 3"), GOOD),
}


# docs/differences.md, at a reload: a changed base priority is told. The reference loses the address of a VMAC whose name
# changes, and says other words about an interface that is not there.
@variants("change", CHANGES, known=(r"states: \+\(VI_1\) Changing effective priority", r"addresses: \+\('other0'",
                                    r"states: .*(interface eth8 down|(e|E)ntering FAULT)"))
def reload_that_changes_one_thing(bench, before, after):
    bench.node.ip("link add eth7 type veth peer name far7", "link set eth7 up", "link set far7 up",
                  "address add 10.7.0.1/24 dev eth7")
    program = bench.start("-P", config=before)
    if "vrrp_instance" in before:
        program.wait_for(MASTER, times=before.count("vrrp_instance "))
    settle(0.5)
    bench.write("keepalived.conf", after)
    began = len(program.log())
    program.send(signal.SIGHUP)
    settle(2.8)
    bench.fact("runs", program.alive)
    bench.fact("addresses", sorted(re.findall(r"\d+: (\S+)\s+inet (10\.1\.0\.1\d\d/\d+).* (\S+)\\", bench.node.run(["ip", "-o", "addr"]))))
    bench.fact("routes", sorted(line.strip() for line in bench.node.run(["ip", "route"]).splitlines() if "10.50" in line))
    bench.fact("rules", sorted(line.strip() for line in bench.node.run(["ip", "rule"]).splitlines() if "10.60" in line))
    bench.fact("links", sorted(re.findall(r"^\d+: ([^:@]+)", bench.node.run(["ip", "link"]), re.M)))
    bench.fact("states", said(program.log()[began:], "Entering|entering FAULT|Changing effective"))
    bench.fact("run", bench.files(bench.run))
    program.send(signal.SIGUSR1)
    settle(0.3)
    bench.fact("dumps", bench.files(bench.tmp))
    ends(bench, "it", program)
    bench.fact("left", sorted(re.findall(r"10\.1\.0\.1\d\d/\d+", bench.node.run(["ip", "-o", "addr"]))))
    bench.fact("links left", sorted(re.findall(r"^\d+: ([^:@]+)", bench.node.run(["ip", "link"]), re.M)))


NAMES = {"quote": "'quo\"te'", "backslash": '"ba\\\\ck"', "percent": '"per%s%n"', "blank": '"two words"', "slash": '"a/b"',
         "unicode": '"\u00fc\u20ac"', "brackets": '"(VI)[1]"', "hash": '"a#b"', "long": "x" * 200}


@variants("name", NAMES)
def odd_names_of_instances(bench, name):
    bench.script("note.sh", f'for each; do echo "[$each]"; done >> {bench.folder}/notes')
    program = bench.start("-P", config=globals_(SECURE) + instance(name=name, extra='notify "@DIR@/note.sh"')).wait_for(MASTER)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2):
        program.send(number)
        settle(0.3)
    bench.fact("log", said(program.log(), "Entering"))
    bench.fact("data", re.findall(r"VRRP Instance = .*", (bench.tmp / "keepalived.data").read_text()))
    bench.fact("statistics", re.findall(r"VRRP Instance: .*", (bench.tmp / "keepalived.stats").read_text()))
    text = (bench.tmp / "keepalived.json").read_text()
    bench.fact("json", re.findall(r'"iname": ?"(.*?)", ?"', text))
    try:
        bench.fact("parsed", json.loads(text)[0]["data"]["iname"])
    except ValueError:
        bench.fact("parsed", "not JSON")
    ends(bench, "it", program)
    bench.fact("notes", sorted((bench.folder / "notes").read_text().splitlines()))


PATHS = {"blank": "a b.conf", "percent": "%s%n.conf", "quote": "it's.conf", "long": "x" * 200,
         "star": "a*b.conf", "hash": "a#b.conf", "dash": "-f.conf", "no-suffix": "conf", "hidden": ".hidden"}


@variants("path", PATHS)
def odd_paths(bench, name):
    """Of the configuration, the pid file, the dumps and a script."""
    for folder in ("p", "t"):
        (bench.folder / folder).mkdir()
    script = bench.script(f"p/{name}", f"echo ran >> {bench.folder}/notes")
    quoted = str(script).replace("'", "\\'") if "'" in name else str(script)
    lines = f"notify_master \"'{quoted}'\"" if "'" not in name else ""
    path = bench.write(f"t/{name}", globals_(SECURE) + instance(extra=lines))
    program = bench.start("-n", "-l", "-G", "-D", "-P", "-p", f"@DIR@/p/{name}.pid", "-r", "@DIR@/vrrp.pid", "-f", path,
                          own_names=False, environment={"TMPDIR": str(bench.folder / "p")})
    settle(1.6)
    program.send(signal.SIGUSR1)
    settle(0.3)
    bench.fact("test", bench.command("-t", "-f", path)[0])
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("files", bench.files(bench.folder / "p"))
    bench.fact("ran", (bench.folder / "notes").exists())
    ends(bench, "it", program)
    bench.fact("left", bench.files(bench.folder / "p"))


ENVIRONMENTS = {"none": "env -i", "no-path": "env -u PATH", "odd": "env PATH=/no HOME= LC_ALL=xx TZ=Nowhere/City IFS=,",
                "huge": "env BIG=" + "x" * 60000, "tz": "env TZ=Asia/Tokyo", "nice": "nice -n 19", "ignored": "env --ignore-signal=HUP,USR1"}


@variants("environment", ENVIRONMENTS)
def odd_environments(bench, prefix):
    bench.script("note.sh", f"echo ran >> {bench.folder}/notes")
    program = bench.start("-P", config=globals_(SECURE) + instance(extra='notify_master "@DIR@/note.sh"'), prefix=prefix)
    settle(1.6)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    program.send(signal.SIGHUP)
    program.send(signal.SIGUSR1)
    settle(0.7)
    bench.fact("reloads", program.log().count("Reload complete"))
    bench.fact("dumps", bench.files(bench.tmp))
    bench.fact("ran", (bench.folder / "notes").exists())
    ends(bench, "it", program)


@scenario
def words_of_great_length(bench):
    """A script with many long arguments; a line that is nearly too long."""
    bench.script("note.sh", f'echo "$# $(echo "$*" | wc -c)" >> {bench.folder}/notes')
    words = " ".join("w" * 60 for _ in range(14))
    program = bench.start("-P", config=globals_(SECURE) + instance(extra=f'notify_master "@DIR@/note.sh {words}"')).wait_for(MASTER)
    wait_until(lambda: (bench.folder / "notes").exists() or not program.alive, 4, "the note")
    settle(0.3)
    bench.fact("notes", (bench.folder / "notes").read_text())
    ends(bench, "it", program)


@scenario
def a_shutdown_script_and_another_sigterm_at_once(bench):
    bench.script("down.sh", f"echo began >> {bench.folder}/notes; sleep 1; echo ended >> {bench.folder}/notes")
    program = bench.start("-P", config=globals_(SECURE, 'shutdown_script "@DIR@/down.sh"', "shutdown_script_timeout 5")
                          + GOOD).wait_for(MASTER)
    program.send(signal.SIGTERM)
    program.send(signal.SIGHUP)
    bench.fact("status", program.wait())
    bench.fact("notes", (bench.folder / "notes").read_text())
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("left", [line for line in bench.files(bench.folder).splitlines() if ".pid" in line])

"""Options that are wrong, that print and leave, and what -t answers."""

import os
import re

from surface_bench import settle

from .base import MASTER, block, globals_, instance, scenario, variants

GOOD = instance()
SCRIPT = 'vrrp_script s {\n script "/bin/true"\n interval 1\n}\n'
INSECURE = SCRIPT + instance(extra=block("track_script", "s"))


def outcome(bench, name, *words, **options):
    status, out, err = bench.command(*words, **options)
    bench.fact(f"{name}: status", status)
    bench.fact(f"{name}: standard output", out)
    bench.fact(f"{name}: standard error", err)


LINES = {
    "unknown-letter": "-Q", "unknown-word": "--nonsense", "unknown-word-with-value": "--nonsense=4",
    "unknown-in-bundle": "-nQl", "two-unknown": "-Q --nonsense", "missing-file-name": "-f",
    "missing-long": "--use-file",
    "empty-long": "--use-file=", "missing-in-bundle": "-np", "missing-signum": "--signum", "empty-signum": "--signum=",
    "shortened": "--signu=DATA", "ambiguous": "--config", "ambiguous-log": "--log", "value-not-wanted": "--vrrp=1",
    "good-before-unknown": "-n -l -Q", "dash": "-n -", "bad-facility": "-S 9 -Q",
    "bad-facility-word": "-S mail -Q", "good-facility": "-S local3 -Q", "number-facility": "-S 7 -Q",
    "bad-umask": "-u 01000 -Q", "umask-word": "-u abc -Q", "umask-octal": "-u 022 -Q", "umask-hex": "-u 0x1f -Q",
    "umask-negative": "-u -1 -Q", "snmp-socket-missing": "-A", "namespace-missing": "-s", "id-missing": "-i",
    "stray-words": "-Q some words",
    "signum-lower": "--signum=data", "signum-unknown": "--signum=HUP", "signum-twice": "--signum=DATA --signum=STATS",
    "signum-then-bad": "--signum=DATA -Q", "signum-separate": "--signum STOP", "genhash-late": "-n -T",
    **{f"signum-{name}": f"--signum={name}" for name in ("STOP", "RELOAD", "DATA", "STATS", "STATS_CLEAR", "JSON",
                                                         "TDUMP", "INT", "TERM", "10")},
}


@variants("option", LINES, quick=("unknown-letter", "unknown-word", "missing-file-name", "signum-DATA",
                                  "signum-unknown", "signum-STATS_CLEAR"),
          known=(
              r"Missing parameter for option --",  # The reference names a long option by chance.
              r"-u \S+ -Q: standard error",  # And ends a line about a umask nowhere.
              r"-n -: standard output"))  # And loses this one, unless it goes to a terminal.
def option(bench, line):
    outcome(bench, line, *line.split())


@scenario(known=(r"log-file|keepalived\.log", r"flush-log"))
def help_names_every_option(bench):
    status, out, err = bench.command("--help")
    bench.fact("status", status)
    bench.fact("standard output", out)
    bench.fact("usage", err.splitlines()[0])
    bench.fact("options", sorted(set(re.findall(r"^  (?:-\w, |    )--[\w-]+", err, re.M))
                                 - {"      --json", "      --debug", "      --perf", "      --no-mem-check"}))


@scenario(quick=True)
def version(bench):
    for word in ("-v", "--version"):
        status, out, err = bench.command(word)
        bench.fact(f"{word}: status", status)
        bench.fact(f"{word}: standard output", out)
        bench.fact(f"{word}: begins", re.match(r"Keepalived v\d+\.\d+\.\d+ \(", err) is not None)
        bench.fact(f"{word}: tells", [each for each in ("Running on", "Distro", "Config options:") if each in err])


CHECKS = {
    "good": (GOOD, ()), "missing-brace": (GOOD.rstrip()[:-1], ()), "unknown-keyword": (GOOD + "nonsense 1\n", ()),
    "insecure-script": (INSECURE, ()), "no-vrid": (GOOD.replace("virtual_router_id 51", ""), ()),
    "no-interface": (instance(interface="eth9"), ()), "empty": ("", ()), "missing-value": (instance(""), ()),
    "with-parts": (GOOD, ("-P",)), "no-vrrp": (GOOD.replace("virtual_router_id 51", ""), ("-C",)),
    "no-parts": (GOOD + "nonsense 1\n", ("-P", "-C")), "all-config": ("include /no/such\n" + GOOD, ("-e",)),
    "id": ("@good nonsense 1\n" + GOOD, ("-i", "good")), "other-id": ("@good nonsense 1\n" + GOOD, ("-i", "bad")),
    "not-id": ("@^good nonsense 1\n" + GOOD, ("-i", "good")), "no-id": ("@good nonsense 1\n" + GOOD, ()),
    "bad-startup-script": (globals_("startup_script /no/such") + GOOD, ()),
    "insecure-startup-script": (globals_("startup_script /bin/true") + GOOD, ()),
    "missing-script": ('vrrp_script s {\n script "/no/such"\n}\n' + instance(extra=block("track_script", "s")), ()),
    "unknown-user": (globals_("script_user nosuchuser") + INSECURE, ()),
    "include-missing": ("include /no/such\n" + GOOD, ()), "include-required": ("includer /no/such\n" + GOOD, ()),
    "unknown-namespace": ("net_namespace nosuch\n" + GOOD, ()), "dump": (GOOD, ("-d",)), "console": (GOOD, ("-l",)),
    "detail": (GOOD, ("-D", "-D")), "bad-option": (GOOD, ("-Q",)), "stray": (GOOD, ("word",)),
}


# docs/differences.md: a namespace that cannot be entered is told about.
@variants("test", CHECKS, quick=("good", "insecure-script", "no-vrid"))
def config_test(bench, config, words):
    path = bench.write("k.conf", config)
    status, out, err = bench.command("-t", "-f", path, *words)
    bench.fact("status", status)
    bench.fact("standard output", out)
    if "nosuch\n" not in config:
        bench.fact("says something", bool(err.strip()))
    bench.fact("left", bench.files(bench.run) + bench.files(bench.tmp))
    bench.fact("syslog", bool(bench.syslog.lines))


@scenario
def config_test_into_a_file(bench):
    path = bench.write("k.conf", GOOD + "nonsense 1\n")
    for name, words in (("long", ["--config-test=@DIR@/long.log"]), ("short", ["-t@DIR@/short.log"]),
                        ("folder", ["--config-test=@DIR@/no/such.log"]), ("separate", ["-t", "@DIR@/none.log"])):
        status, out, err = bench.command(*words, "-f", path)
        bench.fact(f"{name}: status", status)
        bench.fact(f"{name}: standard output", out)
        bench.fact(f"{name}: says something", bool(err.strip()))
    bench.write("k.conf", GOOD)
    bench.command(f"--config-test={bench.folder}/long.log", "-f", path)
    bench.fact("files", [line for line in bench.files(bench.folder).splitlines() if ".log" in line])
    (bench.folder / "link.log").symlink_to(bench.folder / "long.log")
    bench.fact("through a link", bench.command(f"--config-test={bench.folder}/link.log", "-f", path)[0])


FILES = {"missing": None, "folder": "folder", "empty": "", "unmatched-pattern": "pattern", "fifo": "fifo"}


@variants("file", FILES, quick=("missing",))
def file_that_cannot_be_read(bench, kind):
    path = bench.folder / "k.conf"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "pattern":
        path = bench.folder / "no*.conf"
    elif kind is not None:
        path.write_text(kind)
    for name, words in (("run", ["-n", "-l", "-G", "-P"]), ("test", ["-t"])):
        status, out, err = bench.command(*words, "-f", path, timeout=2)
        bench.fact(f"{name}: status", status)
        bench.fact(f"{name}: standard output", out)
    bench.fact("left", bench.files(bench.run))


@scenario(quick=True)
def default_file(bench):
    """/etc/keepalived/keepalived.conf."""
    (bench.root / "etc/keepalived.conf").write_text(GOOD)
    bench.fact("test", bench.command("-t")[0])
    program = bench.start("-n", "-l", "-G", "-P", own_names=False).wait_for(MASTER)
    bench.fact("end", program.stop())


@scenario
def pattern_of_files(bench):
    bench.write("conf/a.conf", globals_("vrrp_version 3"))
    bench.write("conf/b.conf", GOOD)
    program = bench.start("-f", "@DIR@/conf/*.conf", "-P").wait_for(MASTER)
    bench.fact("end", program.stop())


@scenario
def relative_file(bench):
    bench.write("k.conf", GOOD)
    program = bench.start("-f", "k.conf", "-P").wait_for(MASTER)
    bench.fact("end", program.stop())


PARTS = {"vrrp": ("-P",), "check": ("-C",), "both": ("-P", "-C"), "neither": (), "all": ("--all", "-P"),
         "no-bfd": ("-B",)}


@variants("part", PARTS)
def parts(bench, *words):
    """Which pid files there are tells what runs."""
    program = bench.start(*words, config=GOOD)
    if "-C" not in words or "--all" in words:
        program.wait_for(MASTER)
    settle(1)
    bench.fact("runs", program.alive)
    bench.fact("pid files", sorted(path.name for path in bench.folder.glob("*.pid")))
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("end", program.stop())
    bench.fact("left", bench.files(bench.run) + str(sorted(path.name for path in bench.folder.glob("*.pid"))))

"""Scripts, files and processes that instances follow: when they count, and what is told."""

import signal
import time

from .base import MASTER, SECURE, block, globals_, instance, said, scenario, variants

TOLD = (r"VRRP_Script|Changing effective|entering FAULT|Entering|Script `|VRRP_Track|track_file|Track|quorum|Quorum",)


def followed(bench, program, *more):
    """The lines about the tracker, and the priority at the end."""
    bench.fact("lines", said(program.log(), *TOLD, *more))
    bench.fact("runs", program.alive)
    bench.fact("end", program.stop() if program.alive else program.wait())


SCRIPTS = {
    "plain": ("interval 1", "", 0, 1), "weight": ("interval 1\nweight 20", "", 0, 1),
    "weight-negative": ("interval 1\nweight -20", "", 0, 1),
    "weight-reverse": ("interval 1\nweight 20 reverse", "", 0, 1),
    "weight-in-instance": ("interval 1\nweight 20", "weight -10", 0, 1),
    "weight-in-instance-reverse": ("interval 1", "weight 10 reverse", 0, 1),
    "too-heavy": ("interval 1\nweight 253", "", 0, 1), "too-light": ("interval 1\nweight -253", "", 0, 1),
    "out-of-range": ("interval 1\nweight 300", "", 0, 1),
    "rise": ("interval 1\nrise 2", "", 1, 0), "fall": ("interval 1\nfall 2", "", 0, 1),
    "fails-at-first": ("interval 1", "", 2, 0), "fails-with-255": ("interval 1\nweight 5", "", 0, 255),
    "interval-0": ("interval 0", "", 0, 0), "interval-decimal": ("interval 0.5\nweight 3", "", 0, 1),
    "timeout-longer": ("interval 1\ntimeout 5\nweight 3", "", 0, 1), "no-interval": ("weight 3", "", 0, 1),
    "unknown-user": ("interval 1\nuser nosuchuser", "", 0, 1), "user": ("interval 1\nweight 7\nuser nobody", "", 0, 1),
}


@variants("script", SCRIPTS)
def followed_script(bench, lines, weight, first, then):
    flag = bench.write("flag", f"{first}\n")
    bench.script("check.sh", f"exit $(cat {flag})")
    program = bench.start("-P", config=globals_(SECURE) + f'vrrp_script S {{\n script "@DIR@/check.sh"\n {lines}\n}}\n'
                          + instance(extra=block("track_script", f"S {weight}")))
    time.sleep(2.6)
    (bench.folder / "new").write_text(f"{then}\n")
    (bench.folder / "new").rename(flag)
    time.sleep(2.6)
    followed(bench, program)


ENDS = {"exit-1": "exit 1", "exit-200": "exit 200", "signal-9": "kill -9 $$", "signal-15": "kill -15 $$",
        "abort": "kill -6 $$", "too-long": "sleep 5"}


@variants("script-ends", ENDS)
def ways_a_script_ends(bench, body):
    bench.script("check.sh", body)
    program = bench.start("-P", config=globals_(SECURE) + 'vrrp_script S {\n script "@DIR@/check.sh"\n interval 2\n'
                          " timeout 1\n weight 10\n}\n" + instance(extra=block("track_script", "S")))
    time.sleep(5)
    followed(bench, program)


# docs/differences.md: an unchanged script is not told about, a changed base priority is.
@scenario(known=(r"considered unsuccessful on reload", r"\+\(VI_1\) Changing effective priority from 100 to 90"))
def script_codes_over_a_reload(bench):
    """What a script said last still counts, and is not told again."""
    flag = bench.write("flag", "3\n")
    bench.script("check.sh", f"exit $(cat {flag})")
    config = globals_(SECURE) + 'vrrp_script S {\n script "@DIR@/check.sh"\n interval 1\n weight 10\n}\n'
    program = bench.start("-P", config=config + instance(extra=block("track_script", "S"))).wait_for(MASTER)
    time.sleep(1)
    bench.write("keepalived.conf", config + instance(90, extra=block("track_script", "S")))
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete")
    flag.write_text("4\n")
    time.sleep(1.5)
    flag.write_text("0\n")
    time.sleep(1.5)
    followed(bench, program)


FILES = {
    "plain": ("weight 1", "", "5", "-7"), "zero": ("weight 0", "", "0", "1"), "init": ("init_file 4", "", None, "0"),
    "init-overwrite": ("init_file 4 overwrite", "", "9", "1"), "init-bare": ("init_file", "", None, "3"),
    "reverse": ("weight 2 reverse", "", "5", "1"), "instance-weight": ("weight 1", "weight -3", "5", "2"),
    "nonsense": ("weight 1", "", "5", "x"), "empty": ("weight 1", "", "5", ""),
    "too-large": ("weight 1", "", "5", "300"),
    "minus-254": ("weight 1", "", "5", "-254"), "missing": ("weight 1", "", None, "3"),
    "far-too-large": ("weight 1", "", "5", "99999999999"),
    "hexadecimal": ("weight 1", "", "5", "0x10"), "trailing": ("weight 1", "", "5", "6 apples"),
    "heavy": ("weight 100", "", "1", "-2"),
}


@variants("track-file", FILES,
          known=(r'"vrrp_track_file" is deprecated',))  # One of the messages about a file.
def followed_file(bench, lines, weight, first, then):
    path = bench.folder / "value"
    if first is not None:
        path.write_text(f"{first}\n")
    program = bench.start("-P", config=globals_(SECURE) + f"vrrp_track_file F {{\n file @DIR@/value\n {lines}\n}}\n"
                          + instance(extra=block("track_file", f"F {weight}")))
    time.sleep(1.6)
    bench.fact("file", path.read_text() if path.exists() else "(none)")
    with open(path, "w") as file:
        file.write(f"{then}\n")
    time.sleep(0.8)
    path.unlink()
    time.sleep(0.8)
    followed(bench, program)


WRONG = {
    "script-unknown": ("", block("track_script", "nosuch")), "file-unknown": ("", block("track_file", "nosuch")),
    "process-unknown": ("", block("track_process", "nosuch")),
    "interface-unknown": ("", block("track_interface", "eth9")),
    "bfd-unknown": ("", block("track_bfd", "nosuch")),
    "script-unused": ('vrrp_script S {\n script "@DIR@/check.sh"\n interval 1\n}\n', ""),
    "script-twice": ('vrrp_script S {\n script "@DIR@/check.sh"\n}\nvrrp_script S {\n script "@DIR@/check.sh"\n}\n',
                     block("track_script", "S")),
    "file-without-path": ("vrrp_track_file F {\n weight 1\n}\n", block("track_file", "F")),
    "process-without-name": ("vrrp_track_process P {\n weight 1\n}\n", block("track_process", "P")),
    "init-file-in-missing-folder": ("vrrp_track_file F {\n file @DIR@/no/such\n init_file 3\n weight 1\n}\n",
                                    block("track_file", "F")),
}


@variants("wrong-track", WRONG)
def wrong_trackers(bench, head, extra):
    bench.script("check.sh", f"echo ran >> {bench.folder}/notes")
    config = globals_(SECURE) + head + instance(extra=extra)
    path = bench.write("checked.conf", config)
    bench.fact("test", bench.command("-t", "-f", path)[0])
    program = bench.start("-P", config=config)
    time.sleep(2)
    bench.fact("runs", program.alive)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("ran", (bench.folder / "notes").exists())
    bench.fact("end", program.stop() if program.alive else program.wait())

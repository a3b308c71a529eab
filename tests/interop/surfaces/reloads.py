"""Reloads at a time, with a check before, and what shows that one is under way."""

import ctypes
import os
import signal
import struct
import time
from datetime import datetime, timedelta, timezone

from lab import wait_until
from surface_bench import settle

from .base import MASTER, globals_, instance, said, scenario, variants


def _soon(form, seconds=2, zone=None):
    return (datetime.now(zone) + timedelta(seconds=seconds)).strftime(form)


TIMES = {
    "clock": lambda: _soon("%H:%M:%S"), "date": lambda: _soon("%Y-%m-%d %H:%M:%S"),
    "short-date": lambda: _soon("%y-%m-%d %H:%M:%S"), "utc": lambda: _soon("%H:%M:%SZ", zone=timezone.utc),
    "past": lambda: _soon("%Y-%m-%d %H:%M:%S", -60), "nonsense": lambda: "tomorrow", "empty": lambda: "",
    "newline": lambda: _soon("%H:%M:%S") + "\n", "two-lines": lambda: _soon("%H:%M:%S") + "\n" + _soon("%H:%M:%S", 3),
    "spaces": lambda: " " + _soon("%H:%M:%S"), "out-of-range": lambda: "25:00:00",
}


@variants("reload-time", TIMES, known=(r"lines: .*(Reload |reload )",))
def reload_at_a_time(bench, moment):
    program = bench.start("-P", config=globals_("reload_time_file @DIR@/when") + instance()).wait_for(MASTER)
    (bench.folder / "new").write_text(moment())
    (bench.folder / "new").rename(bench.folder / "when")
    time.sleep(4)
    bench.fact("reloads", program.log().count("Reload complete"))
    bench.fact("file stays", (bench.folder / "when").exists())
    bench.fact("lines", said(program.log(), "eload (time|sched|at)|reload time"))
    bench.fact("end", program.stop())


@scenario
def reload_at_a_time_repeated(bench):
    program = bench.start("-P", config=globals_("reload_time_file @DIR@/when", "reload_repeat")
                          + instance()).wait_for(MASTER)
    (bench.folder / "when").write_text(_soon("%H:%M:%S"))
    time.sleep(4)
    bench.fact("reloads", program.log().count("Reload complete"))
    bench.fact("file stays", (bench.folder / "when").exists())
    bench.fact("end", program.stop())


@scenario
def reload_time_taken_back(bench):
    program = bench.start("-P", config=globals_("reload_time_file @DIR@/when") + instance()).wait_for(MASTER)
    (bench.folder / "when").write_text(_soon("%H:%M:%S", 3))
    time.sleep(0.5)
    (bench.folder / "when").unlink()
    time.sleep(4)
    bench.fact("reloads", program.log().count("Reload complete"))
    bench.fact("end", program.stop())


@scenario
def reload_time_there_at_the_start(bench):
    (bench.folder / "when").write_text(_soon("%H:%M:%S", 3))
    program = bench.start("-P", config=globals_("reload_time_file @DIR@/when") + instance()).wait_for(MASTER)
    time.sleep(4)
    bench.fact("reloads", program.log().count("Reload complete"))
    bench.fact("file stays", (bench.folder / "when").exists())
    bench.fact("end", program.stop())


FILES = {"default": "reload_file\nreload_check_config", "named": "reload_file @DIR@/busy\nreload_check_config",
         "none": "reload_check_config"}


class Watch:
    """What is made and removed in some folders, however short it is there."""

    def __init__(self, *folders):
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK)
        for folder in folders:
            self._libc.inotify_add_watch(self._fd, str(folder).encode(), 0x100 | 0x200)

    def events(self, *words):
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            data = b""
        os.close(self._fd)
        seen, at = [], 0
        while at < len(data):
            mask, _, length = struct.unpack_from("III", data, at + 4)
            name = data[at + 16:at + 16 + length].rstrip(b"\0").decode()
            if name.startswith("keepalived.reload") or name in words:
                seen.append(f"{'made' if mask & 0x100 else 'gone'} {name}")
            at += 16 + length
        return seen


# Without reload_check_config keepalived 2.4.3 forgets it (docs/differences.md).
@variants("reload-file", FILES)
def file_while_reloading(bench, lines):
    program = bench.start("-P", config=globals_(*lines.splitlines()) + instance()).wait_for(MASTER)
    watch = Watch(bench.folder, bench.run)
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete")
    settle(0.3)
    bench.fact("events", watch.events("busy"))
    bench.fact("end", program.stop())


CHECKS = {"good": instance(90), "bad": instance(90) + "nonsense 1\n", "worse": instance().replace("interface eth0", "")}


@variants("reload-check", CHECKS)
def checked_reload(bench, config):
    """reload_check_config: a bad file changes nothing and the daemon lives on."""
    head = globals_("reload_check_config @DIR@/check.log")
    program = bench.start("-P", config=head + instance()).wait_for(MASTER)
    bench.write("keepalived.conf", head + config)
    program.send(signal.SIGHUP)
    time.sleep(2)
    bench.fact("lives", program.alive)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    log = bench.folder / "check.log"
    bench.fact("log", "there" if log.exists() and log.read_text().strip() else "nothing")
    bench.fact("mode of the log", oct(log.stat().st_mode) if log.exists() else "none")
    bench.fact("end", program.stop() if program.alive else program.wait())


@scenario
def what_a_reload_does_to_instances(bench):
    program = bench.start("-P", config=instance() + instance(name="VI_2", vrid=52, addresses=["10.1.0.102/24"]))
    program.wait_for(MASTER, times=2)
    bench.write("keepalived.conf", instance(90, addresses=["10.1.0.104/24"]) +
                instance(name="VI_3", vrid=53, addresses=["10.1.0.103/24"]))
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete")
    wait_until(lambda: bench.node.holds("10.1.0.103"), 5, "the new address")
    time.sleep(0.3)
    bench.fact("addresses", sorted(each for each in bench.node.addresses() if each.startswith("10.1.0.1")))
    bench.fact("pid files", [f"{path.name} {bench.pid_in(path) in bench.processes()}"
                             for path in sorted(bench.folder.glob("*.pid"))])
    bench.fact("end", program.stop())


@scenario
def many_signals_to_reload(bench):
    program = bench.start("-P", config=instance()).wait_for(MASTER)
    for _ in range(20):
        program.send(signal.SIGHUP)
        time.sleep(0.02)
    time.sleep(2)
    bench.fact("lives", program.alive)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("end", program.stop())

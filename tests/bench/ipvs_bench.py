#!/usr/bin/python3
"""A large IPVS table side by side with keepalived: start, reloads and stop.

    ./dev bench ipvs [--quick] [--checks] [--json FILE]

Both programs do the same, in turns, in one guest of user-mode-linux (or on this kernel, where it has ip_vs); HOLDFAST
and REFERENCE name them. The time of a start ends when the table is whole, that of a reload when the log says so (and
the table is right), that of a stop when the process is gone; processor time is that of the process tree, until some
seconds later. Memory is what the tree has for itself, with its share of what is shared (Pss), after each step. With
--checks every real server has a TCP_CHECK, whose turn comes within an hour. Reading the table takes the guest as long as
a reload, so it is read when there is something to see. Quote ratios: the figures are those of a machine.
"""

import argparse
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from lab import UmlGuest, kernel_has_ipvs  # noqa: E402
from lab.uml import OUTPUT_IN_GUEST  # noqa: E402

LARGE, QUICK, REAL = 2284, 200, 16
AFTERWARDS = 3  # Seconds.
IP_VS_SO_GET_INFO = 64 + 1024 + 64 + 1
STEPS = ("start", "reload without a change", "reload of one weight", "stop")


def configuration(services, weight=1, checks=False):
    """`weight` is that of one server in the middle."""
    check = "  TCP_CHECK {\n   connect_timeout 3\n   warmup 3600\n  }\n" if checks else ""
    lines = ["global_defs {\n router_id bench\n}"]
    for i in range(services):
        lines.append(f"virtual_server 10.{100 + i // 65536}.{i // 256 % 256}.{i % 256} 80 {{\n delay_loop 60\n"
                     " lb_algo wrr\n lb_kind DR\n protocol TCP")
        for j in range(REAL):
            odd = (i, j) == (services // 2, 7)
            lines.append(f" real_server 10.2.{i % 250}.{j + 1} 80 {{\n  weight {weight if odd else 1}\n{check} }}")
        lines.append("}")
    return "\n".join(lines) + "\n"


def table():
    """Services, servers, servers with weight 9."""
    text = Path("/proc/net/ip_vs").read_text()
    servers = re.findall(r"^  -> \S+ +\S+ +(\d+)", text, re.MULTILINE)
    return len(re.findall(r"^(?:TCP|UDP) ", text, re.MULTILINE)), len(servers), servers.count("9")


def service_count():
    """Cheaper than the table: ip_vs_getinfo (version, size, services) of linux/ip_vs.h."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as any_socket:
        return struct.unpack("3I", any_socket.getsockopt(socket.IPPROTO_IP, IP_VS_SO_GET_INFO, 12))[2]


def family_of(pid):
    """The process and its descendants, with the processor seconds of each and of those that it has waited for."""
    def of(stat):
        fields = stat.rsplit(")", 1)[1].split()
        return int(fields[1]), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    family, stats = {pid}, {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stats[int(entry)] = of(Path(f"/proc/{entry}/stat").read_text())
            except OSError:
                pass
    for _ in range(3):
        family |= {each for each, (parent, _) in stats.items() if parent in family}
    return {each: stats[each][1] for each in family & stats.keys()}


def resident(pid):
    """KiB."""
    total = 0
    for each in family_of(pid):
        try:
            total += int(re.search(r"^Pss: +(\d+)", Path(f"/proc/{each}/smaps_rollup").read_text(), re.MULTILINE)[1])
        except OSError:
            pass
    return total


class Daemon:
    def __init__(self, binary, folder):
        self.folder = Path(folder)
        self.conf, self.log = self.folder / "conf", self.folder / "log"
        self.binary, self.process = binary, None
        self._read, self._said = 0, b""

    def start(self):
        command = [self.binary, "-n", "-l", "-G", "-D", "-C", "-f", self.conf]
        for option, name in (("-p", "main"), ("-r", "vrrp"), ("-c", "checkers")):
            command += [option, self.folder / f"{name}.pid"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            start_new_session=True)

    def has_said(self, what, times=1):
        """Reads on from where it stopped: the log has a line for every server."""
        with open(self.log, "rb") as log:
            log.seek(self._read)
            more = log.read()
        self._read += len(more)
        self._said += b"".join(line for line in more.splitlines(True) if b"complete" in line)
        return self._said.count(what) >= times


def wait(condition, limit):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def measure(binary, services, checks):
    """Seconds and processor seconds of each step; what went wrong instead of a figure."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon(binary, folder)
        daemon.conf.write_text(configuration(services, checks=checks))
        whole = (services, services * REAL)

        def used():
            """Of the running daemon and of those that have ended."""
            ended = resource.getrusage(resource.RUSAGE_CHILDREN)
            running = daemon.process is not None and daemon.process.poll() is None
            return ended.ru_utime + ended.ru_stime + (sum(family_of(daemon.process.pid).values()) if running else 0)

        def step(name, act, done, limit):
            """Until `done()` holds; the processor time also of a while afterwards, when children may still work."""
            before = used()
            began = time.monotonic()
            act()
            ended = wait(done, limit)
            seconds = time.monotonic() - began
            time.sleep(AFTERWARDS)
            results[name] = {"seconds": seconds if ended else None, "processor": used() - before}
            if daemon.process.poll() is None:
                results[name]["memory"] = resident(daemon.process.pid)

        step(STEPS[0], daemon.start, lambda: service_count() == services and table()[:2] == whole, 300)
        wait(lambda: daemon.has_said(b"Startup complete"), 60)
        if checks:
            time.sleep(AFTERWARDS)

        done = 0
        for name, weight in ((STEPS[1], 1), (STEPS[2], 9)):
            daemon.conf.write_text(configuration(services, weight, checks))
            done += 1
            step(name, lambda: daemon.process.send_signal(signal.SIGHUP),
                 lambda: daemon.has_said(b"Reload complete", done), 300)
            if table() != (*whole, 1 if weight == 9 else 0):
                results[name]["seconds"] = None
        step(STEPS[3], lambda: daemon.process.send_signal(signal.SIGTERM),
             lambda: daemon.process.poll() is not None, 300)
        results["left"] = table()[0]
        if daemon.process.poll() is None:
            os.killpg(daemon.process.pid, signal.SIGKILL)
            daemon.process.wait()
        subprocess.run(["ipvsadm", "-C"])
    return results


def programs():
    return {"ours": os.environ.get("HOLDFAST") or str(ROOT / "build/release/bin/holdfast"),
            "keepalived": os.environ.get("REFERENCE") or "/usr/sbin/keepalived"}


def inside(options):
    services = QUICK if options.quick else LARGE
    results = {}
    for name, binary in programs().items():
        results[name] = measure(binary, services, options.checks)
        print(f"{name} measured", flush=True)
    Path(options.inside, "ipvs.json").write_text(json.dumps(results))


def report(results, services):
    print(f"{services} virtual x {REAL} real servers; seconds (of processor time) and MiB afterwards")
    print(f"{'':30}{'ours':>22}{'keepalived':>22}{'ratio':>8}")
    for name in STEPS:
        ours, theirs = (results[each][name] for each in ("ours", "keepalived"))

        def text(figure):
            wall = "never" if figure["seconds"] is None else f"{figure['seconds']:.2f}"
            # A parent that does not wait for its child hides what that has used.
            if figure["processor"] >= 0:
                wall += f" ({figure['processor']:.2f})"
            return f"{wall} {figure['memory'] / 1024:.1f}" if "memory" in figure else wall

        ratio = "" if None in (ours["seconds"], theirs["seconds"]) else f"{ours['seconds'] / theirs['seconds']:.2f}"
        print(f"{name:30}{text(ours):>22}{text(theirs):>22}{ratio:>8}")
    print(f"{'services left':30}{results['ours']['left']:>22}{results['keepalived']['left']:>22}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--checks", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--inside")
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        words = [sys.executable, "-B", __file__, *(["--quick"] if options.quick else []),
                 *(["--checks"] if options.checks else []), "--inside"]
        if kernel_has_ipvs():
            # In a namespace of its own, because the table is emptied.
            status = subprocess.run(["unshare", "-n", *words, folder]).returncode
        else:
            found = programs()
            status = UmlGuest(folder, memory="1024M").run(
                [*words, OUTPUT_IN_GUEST], timeout=1800,
                environment={"HOLDFAST": found["ours"], "REFERENCE": found["keepalived"]})
        if status != 0:
            return status
        results = json.loads(Path(folder, "ipvs.json").read_text())
    report(results, QUICK if options.quick else LARGE)
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Runs the same configuration and the same events under two daemons and prints what differs to the outside.

    differential.py [-k WORDS] [-j RUNS] [-v] OURS REFERENCE        as root; namespaces are made and removed

Compared are adverts (bytes, counts, times), gratuitous ARP and neighbour adverts, addresses over time and in
detail, routes and rules, the arguments of notify scripts, FIFO lines, log lines of states, exit statuses, pid
files and dumps. The scenarios are data, in differential_scenarios.py; what docs/differences.md explains is
listed there as `known`. Exit status: the number of scenarios that differ.
"""

import argparse
import concurrent.futures
import difflib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import raw_adverts  # noqa: E402
from differential_scenarios import SCENARIOS  # noqa: E402
from lab import Daemon, NamespaceLab, remove_abandoned_namespaces  # noqa: E402

TOLERANCE = 0.35  # Seconds two events may lie apart: both daemons start processes on a busy machine.
OWN_ADDRESSES = ("fd00::1/64", "fd00::2/64")  # Whose detection of duplicates may end at any time.
TRACES = ("adverts", "announcements", "addresses", "scripts", "fifo", "log")
_LOG_OF_INTEREST = re.compile(r"\(|VRRP_Group|VRRP_Script|Script `|Netlink reports|Interface .* (deleted|added)")
_LOG_DETAILS = re.compile(r"[Ss]ending(/queueing)? (gratuitous|unsolicited)|sockpool|setting VIPs|removing VIPs|"
                          r"setting Virtual|removing Virtual|setting E-VIPs|removing E-VIPs")
DATA_SECTIONS = ("VRRP Topology", "VRRP Sync groups", "VRRP Scripts")
# What the data file of keepalived says about its own inside (docs/differences.md).
DATA_INTERNALS = re.compile(r"fd_in|Read timeout|Last advert sent|config faults|interface faults|track scripts init|"
                            r"down timer|VRRPv2 checksum|sockpool")
_NUMBERED_FILES = re.compile(r"/tmp/holdfast-lab-[^/ ]+/")


class FifoReader:
    """Reads a FIFO the daemon makes, line by line with the time, also across reloads that make it anew."""

    def __init__(self, path):
        self.lines = []
        self._path, self._open = path, True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        rest, reader = b"", None
        while self._open:
            try:
                data = os.read(reader, 65536) if reader is not None else b""
            except BlockingIOError:
                data = b""
            if not data:
                reader = self._latest(reader)
            now = time.time()
            *lines, rest = (rest + data).split(b"\n")
            self.lines += [(now, line.decode()) for line in lines]
            if not data:
                time.sleep(0.02)
        if reader is not None:
            os.close(reader)

    def _latest(self, reader):
        """A descriptor of the FIFO that has the name now; the one we have if it still is that."""
        try:
            status = self._path.stat()
            if not stat.S_ISFIFO(status.st_mode) or reader is not None and os.fstat(reader).st_ino == status.st_ino:
                return reader
            fresh = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return reader
        if reader is not None:
            os.close(reader)
        return fresh

    def close(self):
        self._open = False
        self._thread.join()


class Run:
    """One scenario under one program; afterwards `traces` holds lists of (seconds after start, text), and
    `facts` named texts without time."""

    def __init__(self, scenario, binary):
        self.scenario, self.binary = scenario, binary
        self.traces = {name: [] for name in TRACES}
        self.facts = {}
        self.full_log = ""
        self._daemons, self._configs = {}, {}
        with NamespaceLab() as self._lab:
            self._run()

    def _run(self):
        scenario = self.scenario
        self._nodes = {"first": self._lab.node("first", "10.1.0.1/24", "fd00::1/64")}
        self._nodes["second"] = self._lab.node("second", "10.1.0.2/24", "fd00::2/64")
        self._first = self._nodes["first"]
        for name, node in self._nodes.items():
            node.script("notify.sh", f'echo "$*" >> {node.folder}/notify.log')
            node.script("slow.sh", f'sleep "$(cat {node.folder}/sleep 2>/dev/null || echo 0)"')
            node.script("flag.sh", f'exit "$(cat {node.folder}/flag 2>/dev/null || echo 0)"')
            node.script("fifo_script.sh", f'echo "fifo script $#" >> {node.folder}/notify.log; exec sleep 100')
        for command in scenario.prepare:
            self._first.ip(command)
        fifo = FifoReader(self._first.folder / "fifo")
        notes = _FileWatch(self._first.folder / "notify.log")
        self._began = time.time()
        events = [(0.0, ("start", "first"))]
        if scenario.second:
            events.append((scenario.second_at, ("start", "second")))
        for at, event in sorted(events + list(scenario.events), key=lambda each: each[0]):
            time.sleep(max(0, self._began + at - time.time()))
            self._do(*event)
        time.sleep(max(0, self._began + scenario.seconds - time.time()))
        self._ended = time.time()
        second_log = self._daemons["second"].log() if "second" in self._daemons else ""
        if self._daemons["first"].running:
            self._snapshot("at the end")
            before = time.time()
            self.facts["exit status"] = str(self._daemons["first"].stop())
            self._note_duration("seconds to stop", time.time() - before)
        else:
            self.facts["exit status"] = f"{self._daemons['first'].wait()} by itself"
        self.facts["pid files left"] = str(self._daemons["first"].leftovers())
        time.sleep(0.4)
        self._snapshot("after the stop")
        fifo.close()
        notes.close()
        self.traces["fifo"] = [(at - self._began, line) for at, line in fifo.lines]
        self.traces["scripts"] = [(at - self._began, self._plain(line)) for at, line in notes.lines]
        self._collect_frames()
        self._collect_addresses()
        self._collect_log(second_log)

    def _note_duration(self, name, seconds):
        self.facts[name] = f"{seconds:.1f}" if seconds > 2 else "at most 2"

    # Events.

    def _do(self, what, *words):
        getattr(self, f"_do_{what}")(*words)

    def _do_start(self, name):
        if name not in self._daemons:
            config = getattr(self.scenario, name)
            self._daemons[name] = Daemon(self._nodes[name], self._expand(name, config) or "", binary=self.binary,
                                         part=self.scenario.part, options=self.scenario.options)
            if config is None:
                self._daemons[name].config.unlink()
        self._daemons[name].start()

    def _do_start_another(self, name):
        """A second daemon with the pid file of the first."""
        daemon = self._daemons[name]
        done = subprocess.run(["ip", "netns", "exec", daemon.node.namespace, *map(str, daemon.command())],
                              capture_output=True, text=True, timeout=10, cwd=daemon.folder)
        self.facts["second daemon"] = f"status {done.returncode}, already running: " \
                                      f"{'already running' in done.stdout + done.stderr}"

    def _do_reload(self, name, config):
        if config is None:
            self._daemons[name].config.unlink()
        else:
            self._daemons[name].configure(self._expand(name, config))
        self._daemons[name].reload()

    def _do_stop(self, name):
        self.facts[f"exit status of {name} at its stop"] = str(self._daemons[name].stop())

    def _do_kill(self, name):
        self._daemons[name].kill()

    def _do_signal(self, name, number):
        self._daemons[name].signal(number)

    def _do_ip(self, name, *commands):
        self._nodes[name].ip(*commands)

    def _do_write(self, name, file, text):
        path = self._nodes[name].folder / (file + ".new")
        path.write_text(text)
        path.rename(self._nodes[name].folder / file)

    def _do_plug(self, name):
        self._lab.plug(name)

    def _do_unplug(self, name):
        self._lab.unplug(name)

    def _do_isolate(self, name):
        self._lab.isolate(name)

    def _do_heal(self, name):
        self._lab.heal(name)

    def _do_send(self, times, settings):
        for _ in range(times):
            raw_adverts.send(self._nodes["second"].namespace, **settings)

    def _do_snapshot(self, name):
        self._snapshot(name)

    def _do_dump(self, name):
        """The three dumps, when they have been written."""
        daemon = self._daemons["first"]
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2):
            daemon.signal(number)
            time.sleep(0.2)
        for path in sorted((daemon.folder / "tmp").iterdir()):
            if "parent" not in path.name and "bfd" not in path.name and path.is_file():
                text = path.read_text(errors="replace")
                self.facts[f"{path.name} {name}"] = dump_text(path.name, self._plain(text))

    def _expand(self, name, config):
        return None if config is None else config.replace("@DIR@", str(self._nodes[name].folder))

    # What was seen.

    def _plain(self, text):
        return _NUMBERED_FILES.sub("DIR/", text)

    def _snapshot(self, name):
        """Addresses with all their attributes, routes and rules of the first node."""
        node = self._first
        shown = json.loads(node.run(["ip", "-j", "-d", "addr"]))
        lines = []
        for link in shown:
            for address in link["addr_info"]:
                attributes = {k: v for k, v in sorted(address.items()) if not k.endswith("life_time")}
                # The kernel makes this one from the random link address.
                if address.get("protocol") != "kernel_ll" and not address["local"].startswith("fe80::"):
                    lines.append(f"{link['ifname']} {attributes} {address['valid_life_time']}")
        self.facts[f"addresses {name}"] = "\n".join(sorted(lines))
        for family in ("-4", "-6"):
            routes = node.run(["ip", family, "route", "show", "table", "all"])
            kept = [line for line in routes.splitlines() if "fe80:" not in line and "ff00::" not in line]
            self.facts[f"routes {family} {name}"] = "\n".join(sorted(kept))
            self.facts[f"rules {family} {name}"] = node.run(["ip", family, "rule"])

    def _collect_frames(self):
        own = {name: {a.split("/")[0] for a in node.addresses() if a.startswith("fe80:")}
               for name, node in self._nodes.items()}

        def named(address):
            return next((f"link-local of {name}" for name, held in own.items() if address in held), address)

        capture = self._lab.capture
        last = {}
        for each in capture.adverts():
            if each.sender != "first" and each.time > self._ended:
                continue  # How long we look after the end depends on how long the stop takes.
            # The checksum of version 3 covers the source, which is random for IPv6.
            body = each.raw if each.version == 2 else each.raw[:6] + each.raw[8:]
            text = (f"{each.sender} vrid={each.vrid} priority {each.priority} {named(each.source)} -> "
                    f"{each.destination} ttl {each.ttl} checksum {each.checksum_ok} {body.hex()}")
            runs = self.traces["adverts"]
            key = (each.sender, each.vrid)
            if last.get(key) is not None and runs[last[key]][1] == text:
                runs[last[key]] = (runs[last[key]][0], text, runs[last[key]][2] + 1)
            else:
                last[key] = len(runs)
                runs.append((each.time - self._began, text, 1))
        for each in capture.gratuitous_arps():
            if each.operation != 1 or each.sender != "first" and each.time > self._ended:
                continue
            self.traces["announcements"].append(
                (each.time - self._began, f"{each.sender} ARP {each.operation} {each.target_address} "
                                          f"{'own' if each.target_mac == each.sender_mac else each.target_mac}"))
        for each in capture.neighbor_adverts():
            if each.target.startswith("fe80::") and len(each.target) > 12 or each.solicited:
                continue  # The kernel's own.
            self.traces["announcements"].append(
                (each.time - self._began, f"{each.sender} NA {each.target} to {each.destination} "
                                          f"router={each.router} override={each.override}"))

    def _collect_addresses(self):
        for name, node in self._nodes.items():
            for event in list(node.watch.events):
                if event.time < self._began or event.address.startswith("fe80:") or event.address in OWN_ADDRESSES:
                    continue
                if name != "first" and event.time > self._ended:
                    continue
                self.traces["addresses"].append(
                    (event.time - self._began, f"{name} {'+' if event.added else '-'} {event.address}"))

    def _collect_log(self, second_log):
        for name, daemon in self._daemons.items():
            self.full_log += f"--- {name}\n{daemon.log()}"
            for line in (second_log if name == "second" else daemon.log()).splitlines():
                match = re.match(r"\w{3} \w{3} +\d+ [\d:]+ \d{4}: (.*)", line)
                text = re.sub(r"fe80::[0-9a-f:]{8,}", "LINKLOCAL", self._plain(match[1] if match else line))
                if _LOG_OF_INTEREST.match(text) and not _LOG_DETAILS.search(text):
                    self.traces["log"].append((0.0, f"{name} {text}"))


class _FileWatch:
    """The lines of a growing file with the time they were seen."""

    def __init__(self, path):
        self.lines = []
        self._path, self._open = path, True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        open_still = True
        while open_still:
            open_still = self._open
            lines = self._path.read_text().splitlines() if self._path.exists() else []
            self.lines += [(time.time(), line) for line in lines[len(self.lines):]]
            time.sleep(0.03)

    def close(self):
        self._open = False
        self._thread.join()


def dump_text(name, text):
    """What scrapers read in a dump, without what cannot be the same twice."""
    if name.endswith(".json"):
        text = _NUMBERED_FILES.sub("DIR/", json.dumps(json.loads(text), indent=1))
        return re.sub(r'("last_transition": )[\d.]+', r"\1TIME", text)
    if not name.endswith(".data"):
        return text
    kept, section = [], ""
    for line in text.splitlines():
        match = re.match(r"------< (.*) >------", line)
        section = match[1] if match else section
        if section in DATA_SECTIONS and not DATA_INTERNALS.search(line):
            line = re.sub(r"= \d{9,}\.\d+ \(.*\)", "= TIME", line)
            line = re.sub(r"fe80::[0-9a-f:]{8,}", "LINKLOCAL", line)
            kept.append(re.sub(r", uid:gid \d+:\d+$", "", line))
    return "\n".join(kept)


# Comparison.

def without_time(aspect, trace):
    """The texts of a trace in an order that does not depend on chance."""
    texts = [entry[1] for entry in trace]
    if aspect in ("scripts", "announcements", "addresses"):
        return sorted(texts)  # The reference's scripts run side by side; order within a burst is nobody's business.
    if aspect in ("adverts", "log"):
        return sorted(texts, key=lambda text: text.split()[:2])  # Order across nodes and instances is by chance.
    return texts


def differences(scenario, ours, theirs, tolerance=TOLERANCE):
    """Lines of text; none when nothing visible differs beyond what is known."""
    found = []
    for aspect in scenario.compare:
        if aspect == "facts":
            for name in sorted(ours.facts.keys() | theirs.facts.keys()):
                mine, other = ours.facts.get(name), theirs.facts.get(name)
                if mine != other:
                    found += _text_difference(name, (mine or "(absent)").splitlines(),
                                              (other or "(absent)").splitlines())
            continue
        left, right = ours.traces[aspect], theirs.traces[aspect]
        texts = without_time(aspect, left), without_time(aspect, right)
        if texts[0] != texts[1]:
            found += _text_difference(aspect, *texts)
        else:
            found += _time_difference(aspect, left, right, tolerance)
    return [line for line in found if not any(re.search(known, line) for known in scenario.known)]


def _text_difference(aspect, ours, theirs):
    return [f"{aspect}: {line}" for line in difflib.unified_diff(theirs, ours, "reference", "ours", n=0, lineterm="")
            if not line.startswith(("---", "+++", "@@"))]


def _time_difference(aspect, left, right, tolerance):
    if aspect == "log":
        return []
    found = []
    order = [sorted(trace, key=lambda entry: (entry[1], entry[0])) for trace in (left, right)]
    for mine, other in zip(*order):
        if abs(mine[0] - other[0]) > tolerance:
            found.append(f"{aspect}: at {mine[0]:.2f} s, reference at {other[0]:.2f} s: {mine[1]}")
        if len(mine) > 2 and abs(mine[2] - other[2]) > round(1 + tolerance):
            found.append(f"{aspect}: {mine[2]} times, reference {other[2]} times: {mine[1]}")
    return found


def compare(scenario, ours, reference, pool, tolerance=TOLERANCE):
    """Both runs at the same time; returns (differences, run, run)."""
    runs = [pool.submit(Run, scenario, binary) for binary in (ours, reference)]
    left, right = (run.result() for run in runs)
    return differences(scenario, left, right, tolerance), left, right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ours")
    parser.add_argument("reference")
    parser.add_argument("-k", default="", help="run scenarios whose name contains one of these words")
    parser.add_argument("-j", type=int, default=3, help="scenarios at a time")
    parser.add_argument("-v", action="store_true", help="print the logs of scenarios that differ")
    options = parser.parse_args()
    remove_abandoned_namespaces()
    words = options.k.split()
    chosen = [each for each in SCENARIOS if not words or any(word in each.name for word in words)]
    differing = 0
    with concurrent.futures.ThreadPoolExecutor(2 * options.j) as pool, \
            concurrent.futures.ThreadPoolExecutor(options.j) as outer:
        results = {outer.submit(compare, each, options.ours, options.reference, pool): each for each in chosen}
        for done in concurrent.futures.as_completed(results):
            scenario = results[done]
            try:
                found, left, right = done.result()
            except Exception as error:  # One broken scenario must not hide the others.
                found, left, right = [f"could not run: {error!r}"], None, None
            print(f"{'DIFFERS' if found else 'same   '} {scenario.name}", flush=True)
            for line in found:
                print(f"    {line}")
            if found and options.v and left:
                print(f"ours:\n{left.full_log}\nreference:\n{right.full_log}")
            differing += bool(found)
    print(f"{len(chosen) - differing} passed, {differing} failed")
    return min(differing, 99)


if __name__ == "__main__":
    sys.exit(main())

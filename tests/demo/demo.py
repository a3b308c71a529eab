#!/usr/bin/python3
"""The demonstration behind `./dev run`: a two-node LVS cluster from conf/, seen from outside.

Two directors, two real servers and a client are network namespaces on one switch. Everything printed was
observed: packets on the switch, addresses and IPVS tables in the kernel, answers the client got. Ends by itself
after about a minute, with status 0 if all happened as told. Where the kernel has no ip_vs, the same file runs
again inside user-mode-linux.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

from lab import (HOLDFAST, Daemon, NamespaceLab, UmlGuest, WebServer, kernel_has_ipvs, request,  # noqa: E402
                 remove_abandoned_namespaces, wait_until)

CONF = HERE.parents[1] / "conf"
VIP = "192.0.2.100"
ADVERT_INTERVAL = 1.0
BACKUP_PRIORITY = 100
MASTER_DOWN_INTERVAL = 3 * ADVERT_INTERVAL + (256 - BACKUP_PRIORITY) / 256 * ADVERT_INTERVAL
COLOUR = os.environ.get("DEMO_COLOUR", "1" if sys.stdout.isatty() else "") == "1"
_BURST_GAP = 0.05  # Seconds of silence that end a burst of announcements.
SHADES = {"title": "1", "good": "32", "bad": "31", "wire": "36", "plain": "0"}


class Timeline:
    """Prints what happened, with the seconds since the start; also what the switch and the kernels tell us."""

    def __init__(self):
        self.began = time.time()
        self._lock = threading.RLock()
        self._lab = None
        self._directors = []
        self._frames = self._changes = 0
        self._priority = {}
        self._burst = None  # (director, first time, last time, count) of announcements not told yet.
        self._stop = threading.Event()
        self._thread = None

    def follow(self, lab, directors):
        self._lab, self._directors = lab, directors
        self._told = {node.name: 0 for node in directors}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self):
        self._stop.set()
        if self._thread:
            self._thread.join()

    def title(self, text):
        with self._lock:
            self.drain()
            self._print(f"\n{self._shade('title', text)}")

    def say(self, text, shade="plain", at=None):
        with self._lock:
            self.drain()
            self._line(at or time.time(), text, shade)

    def _print(self, text):
        print(text, flush=True)

    def _line(self, at, text, shade):
        self._print(f"{max(0.0, at - self.began):6.1f} s  {self._shade(shade, text)}")

    @staticmethod
    def _shade(shade, text):
        return f"\x1b[{SHADES[shade]}m{text}\x1b[0m" if COLOUR and shade != "plain" else text

    def _watch(self):
        while not self._stop.wait(0.1):
            with self._lock:
                self.drain()

    def drain(self):
        """Tells everything observed and not told yet, in order of time."""
        if self._lab is None or self._lab.capture is None:
            return
        told = []
        for node in self._directors:
            events = node.watch.of(VIP)
            for event in events[self._told[node.name]:]:
                told.append((event.time, f"{node.name} {'takes' if event.added else 'gives up'} {VIP}",
                             "good" if event.added else "plain"))
            self._told[node.name] = len(events)
        frames = self._lab.capture.frames
        end = len(frames)
        for frame in frames[self._frames:end]:
            self._frame(frame, told)
        self._frames = end
        if self._burst and time.time() - self._burst[2] > _BURST_GAP:
            self._tell_burst(told)
        for at, text, shade in sorted(told):
            self._line(at, text, shade)

    def _frame(self, frame, told):
        if hasattr(frame, "vrid"):
            before = self._priority.get(frame.sender)
            if before != frame.priority:
                self._priority[frame.sender] = frame.priority
                words = (f"{frame.sender} sends adverts: router {frame.vrid}, priority {frame.priority}, "
                         f"every {frame.interval:g} s" if frame.priority else
                         f"{frame.sender} sends priority 0: it resigns")
                told.append((frame.time, words, "wire"))
        elif getattr(frame, "gratuitous", False) and frame.target_address == VIP:
            if self._burst and (self._burst[0] != frame.sender or frame.time - self._burst[2] > _BURST_GAP):
                self._tell_burst(told)
            sender, first, _, number = self._burst or (frame.sender, frame.time, frame.time, 0)
            self._burst = (sender, first, frame.time, number + 1)

    def _tell_burst(self, told):
        sender, first, _, number = self._burst
        told.append((first, f"{sender} announces {VIP}: {number} gratuitous ARP", "wire"))
        self._burst = None

    def forget_adverts_of(self, name):
        """The next advert of this director is news again."""
        with self._lock:
            self._priority.pop(name, None)


class Visitor:
    """The client: asks again and again, through ports 80 and 443 in turn, and remembers who answered."""

    def __init__(self, node):
        self._node = node
        self.asked = []  # (time, port, answer or None)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        port = 80
        while not self._stop.wait(0.15):
            began = time.time()
            self.asked.append((began, port, request(self._node, VIP, port, timeout=0.5)))
            port = 443 if port == 80 else 80

    def close(self):
        self._stop.set()
        self._thread.join()

    def since(self, moment):
        return [entry for entry in list(self.asked) if entry[0] >= moment]


def shares(entries):
    """ "real1 6, real2 6" of what the client asked."""
    counts = {}
    for _, _, answer in entries:
        counts[answer or "no answer"] = counts.get(answer or "no answer", 0) + 1
    return ", ".join(f"{name} {counts[name]}" for name in sorted(counts))


def servers(director, port=80):
    """The real servers in the director's kernel table for one port."""
    found, inside = [], False
    for line in director.run(["ipvsadm", "-Ln"]).splitlines():
        words = line.split()
        if words[:1] == ["TCP"]:
            inside = words[1] == f"{VIP}:{port}"
        elif inside and words[:1] == ["->"]:
            found.append(words[1])
    return sorted(found)


class Story:
    def __init__(self, lab, timeline):
        self.lab, self.timeline, self.say = lab, timeline, timeline.say
        self.directors = [lab.node(f"director{n}", f"192.0.2.{n}/24") for n in (1, 2)]
        for node in self.directors:
            node.sysctl(ipv4__vs__expire_nodest_conn=1)
        self.web = {}
        for n in (1, 2):
            node = lab.node(f"real{n}", f"192.0.2.1{n}/24")
            # Direct routing: the server has the address but keeps silent about it.
            node.sysctl(ipv4__conf__all__arp_ignore=1, ipv4__conf__all__arp_announce=2)
            node.ip(f"addr add {VIP}/32 dev lo")
            self.web[f"real{n}"] = WebServer(node, 80, 443)
        self.client = lab.node("client", "192.0.2.50/24")
        self.daemons = [Daemon(node, (CONF / file).read_text(), part="all")
                        for node, file in zip(self.directors, ("dr_master.conf", "dr_backup.conf"))]
        self.visitor = None

    def tell(self):
        first, second = self.directors
        self.start(first, second)
        self.serve(first)
        self.server_stops_and_returns(first)
        self.master_dies(first, second)
        self.master_returns(first, second)
        self.end(first, second)

    def start(self, first, second):
        self.timeline.title("Two directors start; the higher priority wins")
        self.timeline.follow(self.lab, self.directors)
        self.say("both start")
        for daemon in self.daemons:
            daemon.start()
        wait_until(lambda: first.holds(VIP), 10, "director1 holding the address")
        wait_until(lambda: self.daemons[1].state() == "BACKUP", 5, "director2 being the backup")
        self.say("director1 (priority 150) is MASTER, director2 (priority 100) is BACKUP", "good")

    def serve(self, first):
        self.timeline.title("The load balancer in director1's kernel")
        for port in (80, 443):
            wait_until(lambda: len(servers(first, port)) == 2, 10, f"both servers of port {port}", interval=0.3)
        for line in first.run(["ipvsadm", "-Ln"]).splitlines()[1:]:
            print("          " + line.rstrip(), flush=True)
        wait_until(lambda: request(self.client, VIP, 80), 5, "an answer")
        for port in (80, 443):
            answers = [request(self.client, VIP, port) for _ in range(6)]
            self.say(f"client asks {VIP}:{port} six times: {' '.join(map(str, answers))}", "good")
            check(sorted(answers) == ["real1"] * 3 + ["real2"] * 3, "the servers did not take turns")
        self.say("from here on the client keeps asking, about five times a second")
        self.visitor = Visitor(self.client)
        time.sleep(1)

    def server_stops_and_returns(self, first):
        self.timeline.title("A real server stops, and comes back")
        stopped = time.time()
        self.web["real1"].stop()
        self.say("the web server on real1 stops", "bad")
        wait_until(lambda: servers(first, 80) == ["192.0.2.12:80"] and servers(first, 443) == ["192.0.2.12:443"], 15,
                   "real1 leaving the table", interval=0.2)
        gone = time.time()
        self.say(f"real1 has left the table, {gone - stopped:.1f} s after it stopped (a check every 2 s, two "
                 "retries 1 s apart)", "good")
        missed = sum(1 for _, _, answer in self.visitor.since(stopped) if answer is None)
        self.say(f"{missed} requests met the closed port meanwhile")
        time.sleep(1.5)
        after = [entry for entry in self.visitor.since(gone)][1:]
        self.say(f"answers since then: {shares(after)}")
        check({answer for _, _, answer in after} == {"real2"}, "not all requests went to real2")

        back = time.time()
        self.web["real1"].start()
        self.say("the web server on real1 runs again")
        wait_until(lambda: len(servers(first, 80)) == len(servers(first, 443)) == 2, 10, "real1 in the table again",
                   interval=0.2)
        now = time.time()
        self.say(f"real1 is in the table again after {now - back:.1f} s", "good")
        time.sleep(1.5)
        self.say(f"answers since then: {shares(self.visitor.since(now))}")

    def master_dies(self, first, second):
        self.timeline.title("The master dies")
        died = time.time()
        self.daemons[0].kill()
        self.lab.unplug("director1")
        self.say("director1: kill -9, and its cable is pulled", "bad", died)
        adverts = self.lab.capture.adverts
        wait_until(lambda: adverts("director2", since=died), 10, "director2 taking over")
        wait_until(lambda: second.holds(VIP), 3, "the address on director2")
        silence = adverts("director2", since=died)[0].time - adverts("director1")[-1].time
        self.say(f"take-over {silence:.3f} s after director1's last advert; Master_Down_Interval is "
                 f"3 x 1 s + 156/256 s = {MASTER_DOWN_INTERVAL:.3f} s", "good")
        check(MASTER_DOWN_INTERVAL - 0.01 <= silence <= MASTER_DOWN_INTERVAL + 1, "not in time")
        wait_until(lambda: any(answer for _, _, answer in self.visitor.since(adverts("director2", since=died)[0].time)),
                   5, "the client served again")
        time.sleep(1.5)
        entries = self.visitor.since(died)
        lost = [entry for entry in entries if entry[2] is None]
        again = next(at for at, _, answer in entries if answer and at > (lost[-1][0] if lost else died))
        self.say(f"the client missed {len(lost)} answers and was served again {again - died:.1f} s after the failure")
        self.say(f"through director2 since then: {shares([e for e in entries if e[0] >= again])}", "good")

    def master_returns(self, first, second):
        self.timeline.title("The old master returns")
        self.say("director1 boots: nothing of before is in its kernel")
        first.ip(f"addr flush dev eth0 to {VIP}")
        first.run(["ipvsadm", "-C"])
        self.timeline.forget_adverts_of("director1")
        self.lab.plug("director1")
        began = time.time()
        self.say("its cable is in, its daemon starts")
        self.daemons[0].start()
        wait_until(lambda: first.holds(VIP) and not second.holds(VIP), 15, "the address back on director1")
        self.say(f"director1 has the address again after {time.time() - began:.1f} s, director2 is BACKUP", "good")
        wait_until(lambda: len(servers(first, 80)) == 2, 10, "both servers in its table", interval=0.2)
        moment = time.time()
        time.sleep(2)
        self.say(f"through director1 since then: {shares(self.visitor.since(moment))}", "good")
        missed = sum(1 for _, _, answer in self.visitor.since(began) if answer is None)
        self.say(f"requests without an answer during the return: {missed}")

    def end(self, first, second):
        self.timeline.title("Both stop")
        self.visitor.close()
        for daemon in reversed(self.daemons):
            check(daemon.stop() == 0, f"{daemon.node.name} did not end with status 0")
        wait_until(lambda: not first.holds(VIP) and not second.holds(VIP), 3, "the address gone")
        left = [line for node in self.directors for line in node.run(["ipvsadm", "-Sn"]).splitlines()]
        check(not left, f"left in the tables: {left}")
        self.say("both ended with status 0; no address and no table entry is left", "good")
        capture = self.lab.capture
        answered = [entry for entry in self.visitor.asked if entry[2]]
        self.timeline.title("In all")
        self.say(f"{len(capture.adverts('director1'))} adverts of director1, {len(capture.adverts('director2'))} of "
                 f"director2, {len(capture.gratuitous_arps(address=VIP))} announcements")
        self.say(f"{len(answered)} of {len(self.visitor.asked)} requests answered: {shares(answered)}")


def check(good, complaint):
    if not good:
        raise AssertionError(complaint)


def play():
    remove_abandoned_namespaces()
    print("Two directors (192.0.2.1, .2) with conf/dr_master.conf and conf/dr_backup.conf share 192.0.2.100; two real\n"
          "servers (.11, .12) answer on ports 80 and 443 by direct routing; a client (.50) asks. One switch.")
    version = subprocess.run([HOLDFAST, "-v"], capture_output=True, text=True)
    print(f"The daemon: {(version.stdout + version.stderr).splitlines()[0]} ({HOLDFAST})", flush=True)
    timeline = Timeline()
    with NamespaceLab() as lab:
        story = None
        try:
            story = Story(lab, timeline)
            timeline.began = time.time()
            story.tell()
        except AssertionError as error:
            timeline.say(f"This went wrong: {error}", "bad")
            for daemon in story.daemons if story else []:
                print(f"--- log of {daemon.node.name}\n{daemon.log()[-3000:]}")
            return 1
        finally:
            timeline.close()
            if story:
                for server in story.web.values():
                    server.stop()
    return 0


def main():
    # A terminate request takes the way of Ctrl-C: everything is cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    if not os.access(HOLDFAST, os.X_OK):
        print(f"{HOLDFAST} is not there: build it first", file=sys.stderr)
        return 1
    if kernel_has_ipvs():
        return play()
    print("This kernel has no ip_vs: the sandbox runs inside user-mode-linux, a second kernel in a process.", flush=True)
    with tempfile.TemporaryDirectory(prefix="holdfast-demo-") as folder:
        return UmlGuest(folder).run([sys.executable, Path(__file__).resolve()], timeout=180,
                                    environment={"HOLDFAST": Path(HOLDFAST).resolve(), "DEMO_COLOUR": int(COLOUR),
                                                 "PYTHONDONTWRITEBYTECODE": 1})


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

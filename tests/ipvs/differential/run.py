"""One scenario under one daemon, in a namespace of its own; runs in a kernel with ip_vs."""

import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import servers
from lab import netlink

from .scenario import RIP, RIP6

_STAMP = re.compile(r"^\w{3} \w{3} +\d+ [\d:]+ \d{4}: ", re.MULTILINE)
# What each daemon says about its own start, processes and kernel.
_OWN_MATTERS = re.compile(
    r"Starting Keepalived|Running on|Command line:|Configuration file|Starting .* child process|Startup complete|"
    r"^\s|Stopping$|Stopped|Stopped Keepalived|Reloading|Reload complete|Reload finished|Registering|NOTICE:|"
    r"WARNING - keepalived was built|Opening file|SECURITY VIOLATION|DIR/conf:|Line \d+\)|Healthcheck child process.*exited|pid \d+ exited|CPU usage|"
    r"was not running for|thread timer expired|read eventfd|Child process .* in our process group|"
    r"Script user 'keepalived_script'|^WARNING - |ports don't match$|^Warning: |^Warning - |no configuration to run|^Virtual server |"
    r"Activating BFD healthchecker|(daemon|Keepalived).*(stopped|already)|Got SIG|Initializing ipvs|"
    r"VRRP sockpool|Sending gratuitous|Sending/queueing|setting VIPs|removing VIPs|Netlink reports|"
    r"Printing .* data for process|SMTP alert successfully sent|Remote SMTP server|Assigned address|Gained quorum .* for VRRP|'.*' .*--|lvs_sync_daemon.*started|failed to die")
# Counts and moments of a dump that depend on when it is asked for.
_OF_THE_MOMENT = re.compile(r"((?:Retries iterations|Last ran|ICMP seq no|Last SSL error) = |Password : ).*")
# Made by chance for each run: processes, the link-local address of the dummy.
_BY_CHANCE = re.compile(r"(process\()\d+(?=\))|(fe80:)[0-9a-f:]+")
# The reference lists all options of a regex when there is one.
_HYSTERESIS = "hysteresis = 4294967295"  # Zero minus one, when there is nothing to have a quorum of.
_OPTIONS = re.compile(r"(Regex options:) .*")
_run_numbers = itertools.count(1)


class _Node:
    """What servers.py asks of a node."""

    def __init__(self, namespace):
        self.namespace = namespace


class _Fifo:
    """Everything the daemon writes to a FIFO that it makes, byte by byte."""

    def __init__(self, path):
        self.data = b""
        self._path, self._open = path, True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        reader = None
        while self._open:
            piece = b""
            if reader is None and self._path.exists():
                reader = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
            if reader is not None:
                try:
                    piece = os.read(reader, 65536)
                    if not piece:
                        os.close(reader)
                        reader = None
                except BlockingIOError:
                    pass
            self.data += piece
            if not piece:
                time.sleep(0.05)
        if reader is not None:
            os.close(reader)

    def close(self):
        self._open = False
        self._thread.join()


def _mail_sink(mails):
    def talk(server, connection):
        stream = connection.makefile("rb")
        connection.sendall(b"220 sink\r\n")
        recipients = []
        while line := stream.readline():
            word = line.split(b":")[0].strip().upper()
            if word == b"RCPT TO":
                recipients.append(line.strip().decode())
            if word == b"DATA":
                connection.sendall(b"354 go\r\n")
                text = b""
                while (line := stream.readline()) not in (b".\r\n", b""):
                    text += line
                mails.append(re.sub(r"Date: .*", "Date:", text.decode()).replace("\r", "") + " ".join(recipients))
            connection.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return
    return talk


class Run:
    """Afterwards `facts` has named texts, step by step."""

    def __init__(self, scenario, binary):
        self.scenario, self.binary = scenario, binary
        self.facts = {}
        self.full_log = ""
        self._namespace = f"hf{os.getpid()}-lvs{next(_run_numbers)}"
        self._folder = Path(tempfile.mkdtemp(prefix="holdfast-lvs-"))
        self._node = _Node(self._namespace)
        self._servers, self._process, self._peer = {}, None, None
        self._seen = {"log": 0, "notes": 0, "fifo": 0, "mails": 0}
        self._mails = []
        try:
            self._prepare()
            self._run()
        finally:
            self._clean()

    # Setting up.

    def _prepare(self):
        self._folder.chmod(0o755)
        (self._folder / "tmp").mkdir()
        self._script("note", f'echo "$*" >> {self._folder}/notes')
        self._script("status", f'n=0; [ -e {self._folder}/set-$1 ] && read n < {self._folder}/set-$1\nexit $n')
        self._script("slow", 'exec sleep 30')
        self._script("false", 'exit 1')
        subprocess.run(["ip", "netns", "add", self._namespace], check=True)
        lines = ["link set lo up", "link add eth0 type dummy", "link set eth0 up",
                 *(f"addr add {address}/32 dev lo" for address in RIP.values()),
                 *(f"addr add {address}/128 dev lo nodad" for address in RIP6.values()),
                 "addr add 10.1.0.1/24 dev eth0", "addr add fd00:1::1/64 dev eth0 nodad", *self.scenario.prepare]
        subprocess.run(["ip", "-n", self._namespace, "-batch", "-"], input="\n".join(lines) + "\n", text=True,
                       check=True)
        for name in self.scenario.servers:
            if name not in self.scenario.down:
                self._do_up(name)
        self._servers["mail sink"] = servers.StreamServer(self._node, 25, _mail_sink(self._mails), "127.0.0.1")
        if self.scenario.elsewhere:
            subprocess.run(["ip", "netns", "add", f"{self._namespace}-lvs"], check=True)
            subprocess.run(["ip", "-n", f"{self._namespace}-lvs", "link", "set", "lo", "up"], check=True)
        for each in self.scenario.before:
            getattr(self, f"_do_{each[0]}")(*each[1:])
        self._fifo = _Fifo(self._folder / "fifo")
        self._log = open(self._folder / "log", "ab")

    def _script(self, name, body):
        path = self._folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def _clean(self):
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for each in self._servers.values():
            each.stop()
        self._do_no_peer()
        if hasattr(self, "_fifo"):
            self._fifo.close()
        for each in (self._namespace, f"{self._namespace}-lvs", f"{self._namespace}-peer"):
            subprocess.run(["ip", "netns", "del", each], capture_output=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _spawn(self, command, **options):
        with netlink.entered(self._namespace):
            return subprocess.Popen(list(map(str, command)), **options)

    def _output(self, command, namespace=None):
        with netlink.entered(namespace or self._namespace):
            child = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return child.communicate(timeout=60)[0]

    # The course of events.

    def _run(self):
        self._configure(self.scenario.config)
        parts = {"check": ["-C"], "all": [], "vrrp": ["-P"]}[self.scenario.part]
        command = [self.binary, "-n", "-l", "-G", "-D", *parts, "-f", self._folder / "conf", *self.scenario.options]
        for option, name in (("-p", "main"), ("-r", "vrrp"), ("-c", "checkers"), ("-b", "bfd")):
            command += [option, self._folder / f"{name}.pid"]
        self._process = self._spawn(command, stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL,
                                    start_new_session=True, cwd=self._folder,
                                    env={**os.environ, "TMPDIR": str(self._folder / "tmp")})
        deadline = time.monotonic() + 20
        while b"Startup complete" not in (self._folder / "log").read_bytes() and self._process.poll() is None and \
                time.monotonic() < deadline:
            time.sleep(0.1)
        self._look("start", max([2.6, *(each.quiet for each in self.scenario.steps)]), 24)
        self.facts["pid files"] = " ".join(sorted(each.name for each in self._folder.glob("*.pid")))
        for number, each in enumerate(self.scenario.steps, 1):
            for event in each.events:
                getattr(self, f"_do_{event[0]}")(*event[1:])
            self._look(f"{number} {each.name}", each.quiet, each.most)
        if self.scenario.dump and self._process.poll() is None:
            self._dump("at the end")
        ended = self._process.poll()
        if ended is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                ended = self._process.wait(20)
            except subprocess.TimeoutExpired:
                ended = "does not end"
        self.facts["exit status"] = str(ended)
        self.facts["leftovers"] = " ".join(sorted(
            each.name for each in self._folder.iterdir()
            if each.name.endswith(".pid") or each.name == "fifo"))
        self._look("stop", 0.6, 3)

    def _configure(self, text):
        path = self._folder / "conf.new"
        path.write_text(text.replace("@DIR@", str(self._folder)).replace("@ELSEWHERE@", f"{self._namespace}-lvs"))
        path.chmod(0o644)
        path.rename(self._folder / "conf")

    def _do_up(self, name):
        kind, address, port, talk = self.scenario.servers[name]
        if hasattr(talk, "prepare"):
            talk.prepare()
        make = servers.StreamServer if kind == "stream" else servers.DatagramServer
        if name in self._servers:
            self._do_down(name)
        self._servers[name] = make(self._node, port, talk, address)

    def _do_down(self, name):
        if name in self._servers:
            self._servers.pop(name).stop()

    def _do_say(self, name, talk):
        if hasattr(talk, "prepare"):
            talk.prepare()
        self._servers[name]._talk = talk

    def _do_answer(self, name, answer):
        self._servers[name]._answer = answer

    def _do_set(self, name, number):
        self._do_write(f"set-{name}", f"{number}\n")

    def _do_write(self, name, text):
        fresh = self._folder / f"{name}.new"
        fresh.write_text(text)
        fresh.rename(self._folder / name)

    def _do_unlink(self, name):
        (self._folder / name).unlink()

    def _do_reload(self, config):
        self._configure(config)
        self._process.send_signal(signal.SIGHUP)

    def _do_signal(self, number):
        self._process.send_signal(number)

    def _do_signal_file(self, name, number):
        os.kill(int((self._folder / f"{name}.pid").read_text()), number)

    def _do_wait(self, seconds):
        time.sleep(seconds)

    def _do_ipvsadm(self, words):
        self._output(["ipvsadm", *words.split()])

    def _do_ip(self, words):
        self._output(["ip", *words.split()])

    def _do_dump(self, name=""):
        self._dump(name)

    def _do_neighbour(self):
        """Another namespace, 10.1.1.2 behind eth1."""
        there = f"{self._namespace}-peer"
        subprocess.run(["ip", "netns", "add", there], check=True)
        for namespace, address, first in ((self._namespace, "10.1.1.1", f"link add eth1 type veth peer name eth1 netns {there}"),
                                          (there, "10.1.1.2", "link set lo up")):
            subprocess.run(["ip", "-n", namespace, "-batch", "-"], check=True, text=True,
                           input=f"{first}\naddr add {address}/24 dev eth1\nlink set eth1 up\n")

    def _do_peer(self, config):
        """Another of these daemons in the namespace of _do_neighbour."""
        folder = self._folder / "peer"
        folder.mkdir(exist_ok=True)
        (folder / "conf").write_text(config)
        files = (("-p", "main"), ("-r", "vrrp"), ("-c", "checkers"), ("-b", "bfd"))
        with netlink.entered(f"{self._namespace}-peer"):
            self._peer = subprocess.Popen(
                [str(self.binary), "-n", "-l", "-f", str(folder / "conf"),
                 *(word for option, name in files for word in (option, str(folder / f"{name}.pid")))],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def _do_no_peer(self):
        if self._peer is None:
            return
        os.killpg(self._peer.pid, signal.SIGKILL)
        self._peer.wait()
        self._peer = None

    # Looking.

    def _sizes(self):
        notes = self._folder / "notes"
        log = (self._folder / "log").read_bytes()
        own = len(log) if not self.scenario.repeats else len(set(_STAMP.sub("", log.decode(errors="replace")).split("\n")))
        return own, notes.stat().st_size if notes.exists() else 0, len(self._fifo.data), len(self._mails)

    def _look(self, name, quiet, most):
        last, since, began = self._sizes(), time.monotonic(), time.monotonic()
        while time.monotonic() - since < quiet and time.monotonic() - began < most:
            time.sleep(0.15)
            sizes = self._sizes()
            if sizes != last:
                last, since = sizes, time.monotonic()
        for arguments in self.scenario.looks:
            text = self._output(["ipvsadm", *arguments.split()])
            lines = [line for line in text.splitlines() if line]
            self.facts[f"{name}: ipvsadm {arguments}"] = "\n".join(
                sorted(lines) if arguments == "-Sn" else lines)
        if self.scenario.elsewhere:
            text = self._output(["ipvsadm", "-Sn"], f"{self._namespace}-lvs")
            self.facts[f"{name}: the table elsewhere"] = "\n".join(sorted(line for line in text.splitlines() if line))
        self._take(name, "log", self._log_lines())
        notes = self._folder / "notes"
        self._take(name, "notes", self._plain(notes.read_text()).splitlines() if notes.exists() else [])
        fifo = self._fifo.data
        self._take(name, "fifo", [repr(each)[2:-1] for each in re.findall(rb"[^\n]*\n\0?|[^\n]+$", fifo)])
        self._take(name, "mails", list(self._mails))

    def _take(self, step, kind, lines):
        fresh = lines[self._seen[kind]:]
        self._seen[kind] = len(lines)
        if self.scenario.repeats and kind == "log":
            fresh = sorted(set(fresh))
        # Scripts run side by side there.
        if kind in ("mails", "notes") or self.scenario.unordered:
            fresh = sorted(fresh)
        self.facts[f"{step}: {kind}"] = "\n".join(line for line in fresh
                                                  if not any(re.search(each, line) for each in self.scenario.ignore))

    def _plain(self, text):
        return text.replace(str(self._folder), "DIR")

    def _log_lines(self):
        text = (self._folder / "log").read_text(errors="replace")
        text = _BY_CHANCE.sub(r"\1\2...", _STAMP.sub("", text))
        self.full_log = text = self._plain(text)
        return [line for line in text.splitlines() if line and not _OWN_MATTERS.search(line)]

    def _dump(self, name):
        path = self._folder / "tmp" / "keepalived_check.data"
        path.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 8
        size = -1
        while time.monotonic() < deadline:
            time.sleep(0.7)
            now = path.stat().st_size if path.exists() else -1
            if now > 0 and now == size:
                break
            size = now
        text = path.read_text(errors="replace") if path.exists() else "(no dump)"
        self.facts[f"dump {name}: files"] = " ".join(sorted(
            f"{each.name} {each.stat().st_mode:o}" for each in path.parent.iterdir()))
        # The settings in front are those of the whole daemon.
        begin = min((at for at in (text.find("------< SSL"), text.find("------< LVS")) if at >= 0), default=len(text))
        text = text.replace(_HYSTERESIS, "hysteresis = 0")
        self.facts[f"dump {name}"] = _OPTIONS.sub(r"\1 ...", _OF_THE_MOMENT.sub(r"\1...", self._plain(text[begin:])))

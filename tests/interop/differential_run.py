"""One scenario of differential.py under one program: two routers on a switch, and everything that can be seen
of them from outside."""

import functools
import json
import os
import re
import signal
import stat
import subprocess
import threading
import time

import raw_adverts
from differential_text import dump_text, log_text
from lab import Daemon, MailServer, NamespaceLab
from lab.frames import PROTOCOL_AH, PROTOCOL_VRRP, internet_checksum

# Whose detection of duplicates may end at any time.
OWN_ADDRESSES = ("fd00::1/64", "fd00::2/64", "fe80::ff:fe00:1/64", "fe80::ff:fe00:2/64", "fe80::ff:fe00:101/64",
                 "fe80::ff:fe00:102/64")
TRACES = ("adverts", "announcements", "addresses", "scripts", "fifo", "mails", "log")
_NUMBERED_FILES = re.compile(r"/tmp/holdfast-lab-[^/ ]+/")
_SYSCTLS = ("ipv4/conf/{}/arp_ignore", "ipv4/conf/{}/arp_filter", "ipv4/conf/{}/rp_filter",
            "ipv4/conf/{}/accept_local", "ipv4/conf/{}/promote_secondaries", "ipv6/conf/{}/disable_ipv6",
            "ipv6/conf/{}/accept_ra")


@functools.cache
def knows_bfd(binary):
    """Whether the program has -b; without that option all would share one bfd.pid in /run, and be taken for
    one that runs already."""
    done = subprocess.run([binary, "--help"], capture_output=True, text=True)
    return "--bfd_pid" in done.stdout + done.stderr


class _Listener:
    """Lines with the time at which they were read, by a thread that ends with close()."""

    def __init__(self, path):
        self.lines = []
        self._path, self._open = path, True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self):
        self._open = False
        self._thread.join()


class FifoReader(_Listener):
    """Reads a FIFO the daemon makes, line by line, also across reloads that make it anew."""

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


class FileWatch(_Listener):
    """The lines of a growing file."""

    def _listen(self):
        open_still = True
        while open_still:
            open_still = self._open
            lines = self._path.read_text().splitlines() if self._path.exists() else []
            self.lines += [(time.time(), line) for line in lines[len(self.lines):]]
            time.sleep(0.03)


class Run:
    """One scenario under one program; afterwards `traces` holds lists of (seconds after start, text), and
    `facts` named texts without time."""

    def __init__(self, scenario, binary):
        self.scenario, self.binary = scenario, binary
        self.traces = {name: [] for name in TRACES}
        self.facts = {}
        self.full_log = ""
        self._daemons, self._stopping = {}, set()
        with NamespaceLab() as self._lab:
            self._run()

    def _run(self):
        scenario = self.scenario
        self._nodes = {"first": self._lab.node("first", "10.1.0.1/24", "fd00::1/64", mac="02:00:00:00:00:01"),
                       "second": self._lab.node("second", "10.1.0.2/24", "fd00::2/64", mac="02:00:00:00:00:02")}
        self._first = self._nodes["first"]
        for node in self._nodes.values():
            node.script("notify.sh", f'echo "$*" >> {node.folder}/notify.log')
            node.script("slow.sh", f'sleep "$(cat {node.folder}/sleep 2>/dev/null || echo 0)"')
            node.script("flag.sh", f'exit "$(cat {node.folder}/flag 2>/dev/null || echo 0)"')
            node.script("fifo_script.sh", f'echo "fifo script $#" >> {node.folder}/notify.log; exec sleep 100')
        for command in scenario.prepare:
            self._first.ip(command)
        fifo = FifoReader(self._first.folder / "fifo")
        notes = FileWatch(self._first.folder / "notify.log")
        mail = MailServer(self._first)
        time.sleep(0.05)  # Until what was prepared has been seen.
        self._began = time.time()
        self._perform_events()
        self._end()
        fifo.close()
        notes.close()
        mail.close()
        self.traces["fifo"] = [(at - self._began, line) for at, line in fifo.lines]
        self.traces["scripts"] = [(at - self._began, self._plain(line)) for at, line in notes.lines]
        self.traces["mails"] = [(at - self._began, mail_text(each)) for at, each in zip(mail.times, mail.mails)]
        self._collect_frames()
        self._collect_addresses()

    def _perform_events(self):
        scenario = self.scenario
        events = [(0.0, ("start", "first"))] if scenario.starts else []
        if scenario.second:
            events.append((scenario.second_at, ("start", "second")))
        for at, (what, *words) in sorted(events + list(scenario.events), key=lambda each: each[0]):
            time.sleep(max(0, self._began + at - time.time()))
            getattr(self, f"_do_{what}")(*words)
        time.sleep(max(0, self._began + scenario.seconds - time.time()))
        self._ended = time.time()

    def _end(self):
        """Stops the first daemon; of the second only what it did until then counts."""
        if "second" in self._daemons:
            self._note_log("second")
        first = self._daemons.get("first")
        if first is None:
            return
        self._await_stop("first")
        if first.running:
            self._snapshot("at the end")
            before = time.time()
            self.facts["exit status"] = str(first.stop())
            took = time.time() - before
            self.facts["seconds to stop"] = f"{took:.1f}" if took > 2 else "at most 2"
        else:
            self.facts["exit status"] = f"{first.wait()} by itself"
        self.facts["pid files left"] = str(first.leftovers())
        time.sleep(0.4)
        self._snapshot("after the stop")
        self._note_log("first")
        self._await_stop("second")

    # Events.

    def _do_start(self, name):
        self._await_stop(name)
        if name not in self._daemons:
            config = getattr(self.scenario, name)
            node = self._nodes[name]
            options = [word.replace("@DIR@", str(node.folder)) for word in self.scenario.options]
            if knows_bfd(self.binary):
                options += ["-b", str(node.folder / "daemon" / "bfd.pid")]
            self._daemons[name] = Daemon(node, self._expand(name, config) or "", binary=self.binary,
                                         part=self.scenario.part, options=options)
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

    def _do_command(self, *words):
        """The program with other options, until it ends by itself or after two seconds by a signal."""
        folder = self._first.folder
        line = [word.replace("@DIR@", str(folder)) for word in words]
        child = self._first.popen([self.binary, *line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  stdin=subprocess.DEVNULL, cwd=folder,
                                  env={**os.environ, "TMPDIR": str(folder / "tmp")})
        try:
            text, _ = child.communicate(timeout=2)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGTERM)
            text, _ = child.communicate(timeout=10)
            self.facts[f"{' '.join(words)}: ended"] = "by SIGTERM"
        self.facts[f"{' '.join(words)}: status"] = str(child.returncode)
        self.full_log += f"--- {line}\n{text}"
        if self.scenario.outputs:
            self.facts[f"{' '.join(words)}: output"] = log_text(self._plain(text))

    def _do_reload(self, name, config):
        if config is None:
            self._daemons[name].config.unlink()
        else:
            self._daemons[name].configure(self._expand(name, config))
        self._daemons[name].reload()

    def _do_stop(self, name):
        """What follows does not wait for the end; a start of the same daemon does."""
        self._daemons[name].signal(signal.SIGTERM)
        self._stopping.add(name)

    def _await_stop(self, name):
        if name in self._stopping:
            self._stopping.remove(name)
            self.facts[f"exit status of {name} at its stop"] = str(self._daemons[name].wait())

    def _do_kill(self, name):
        self._daemons[name].kill()

    def _do_freeze(self, name, seconds):
        """All processes of the daemon stand still for a while."""
        os.killpg(self._daemons[name].pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.killpg(self._daemons[name].pid, signal.SIGCONT)

    def _do_signal(self, name, number):
        self._daemons[name].signal(number)

    def _do_ip(self, name, *commands):
        self._nodes[name].ip(*commands)

    def _do_sysctl(self, name, values):
        self._nodes[name].sysctl(**values)

    def _do_write(self, name, file, text):
        path = self._nodes[name].folder / (file + ".new")
        path.write_text(text)
        path.rename(self._nodes[name].folder / file)

    def _do_process(self, name, *words):
        """Something that runs until the end, for trackers to find."""
        self._nodes[name].popen(words, stdout=subprocess.DEVNULL)

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
            if path.is_file():
                text = path.read_text(errors="replace")
                self.facts[f"{path.name} {name}"] = self._plain(dump_text(path.name, text))

    def _expand(self, name, config):
        return None if config is None else config.replace("@DIR@", str(self._nodes[name].folder))

    # What was seen.

    def _plain(self, text):
        return _NUMBERED_FILES.sub("DIR/", text)

    def _snapshot(self, name):
        """Addresses with all their attributes, links, routes, rules, firewall and settings of the first node."""
        node = self._first
        shown = json.loads(node.run(["ip", "-j", "-d", "addr"]))
        lines, links = [], []
        for link in shown:
            made = link.get("linkinfo", {})
            links.append(f"{link['ifname']} {link['address']} {sorted(set(link['flags']) - {'M-DOWN'})} {made} "
                         f"{link.get('group')} {link.get('inet6_addr_gen_mode')}")
            for address in link["addr_info"]:
                attributes = {k: v for k, v in sorted(address.items()) if not k.endswith("life_time")}
                lines.append(f"{link['ifname']} {attributes} {address['valid_life_time']} "
                             f"{address['preferred_life_time']}")
        self.facts[f"addresses {name}"] = "\n".join(sorted(lines))
        self.facts[f"links {name}"] = "\n".join(sorted(links))
        for family in ("-4", "-6"):
            routes = node.run(["ip", family, "route", "show", "table", "all"])
            self.facts[f"routes {family} {name}"] = "\n".join(sorted(routes.splitlines()))
            self.facts[f"rules {family} {name}"] = node.run(["ip", family, "rule"])
        self.facts[f"firewall {name}"] = node.run(["nft", "list", "ruleset"])
        names = ["all", "default", *(link["ifname"] for link in shown)]
        paths = [f"/proc/sys/net/{each.format(link)}" for each in _SYSCTLS for link in names]
        self.facts[f"settings {name}"] = node.run(["grep", "-s", "", *paths], check=False)

    def _collect_frames(self):
        capture, last, identities = self._lab.capture, {}, {}
        for each in capture.adverts():
            if each.sender not in self._daemons or each.sender != "first" and each.time > self._ended:
                continue  # Sent by us; or how long we look after the end depends on how long the stop takes.
            text = advert_text(each, identities)
            runs = self.traces["adverts"]
            key = (each.sender, each.vrid, each.destination)
            if last.get(key) is not None and runs[last[key]][1] == text:
                runs[last[key]] = (runs[last[key]][0], text, runs[last[key]][2] + 1)
            else:
                last[key] = len(runs)
                runs.append((each.time - self._began, text, 1))
        for each in [*capture.gratuitous_arps(), *capture.neighbor_adverts()]:
            if each.time < self._began or each.sender != "first" and each.time > self._ended:
                continue
            if hasattr(each, "operation"):
                text = f"ARP {each.operation} {each.target_address}"
            elif each.solicited or each.target.startswith("fe80::ff:"):
                continue  # The kernel's own.
            else:
                text = f"NA {each.target} to {each.destination}"
            self.traces["announcements"].append(
                (each.time - self._began, f"{each.sender} {text} {each.frame.hex()}"))

    def _collect_addresses(self):
        for name, node in self._nodes.items():
            for event in list(node.watch.events):
                if event.time < self._began or event.address in OWN_ADDRESSES:
                    continue
                if name != "first" and event.time > self._ended:
                    continue
                self.traces["addresses"].append(
                    (event.time - self._began, f"{name} {'+' if event.added else '-'} {event.address}"))

    def _note_log(self, name):
        text = self._daemons[name].log()
        self.full_log += f"--- {name}\n{text}"
        self.traces["log"] += [(0.0, f"{name} {line}") for line in log_text(self._plain(text)).splitlines()]


def advert_text(advert, identities):
    """The whole frame, without what time and chance make: the number of the IPv4 packet (which must go up by
    one), and what auth_hmac and AH make of the time and of the number of packets sent."""
    packet = bytearray(advert.frame[14:])
    note = ""
    if advert.frame[12:14] == b"\x08\x00":
        key = (advert.sender, advert.vrid, advert.destination)
        number = int.from_bytes(packet[4:6], "big")
        if number not in (1, identities.get(key, 0) + 1):  # A reload or restart begins anew.
            note = f" number +{number - identities.get(key, 0)}"
        identities[key] = number
        if internet_checksum(bytes(packet[:(packet[0] & 15) * 4])) != 0:
            note += " wrong header checksum"
        packet[4:6] = packet[10:12] = b"\0\0"
        if packet[9] == PROTOCOL_AH:
            packet[28:44] = bytes(16)
    if advert.trailer:
        start = len(packet) - 28
        packet[start + 4:] = bytes(24)
        if advert.frame[12:14] != b"\x08\x00":
            packet[46:48] = b"\0\0"  # The kernel's checksum covers the trailer.
    protocol = "AH" if packet[9] == PROTOCOL_AH else "" if PROTOCOL_VRRP in (packet[6], packet[9]) else "?"
    return (f"{advert.sender} vrid={advert.vrid} priority {advert.priority} {advert.source} -> {advert.destination} "
            f"ttl {advert.ttl} checksum {advert.checksum_ok} {protocol}{advert.frame[:14].hex()} {packet.hex()}{note}")


def mail_text(mail):
    sender, recipients, text = mail
    return f"from {sender} to {recipients}: " + re.sub(r"^Date: .*?\r$", "Date: TIME\r", text, flags=re.M)

"""What the scenarios of vrrp_bench.py are built of: daemons without details in their logs, wires between nodes,
an observer with the kernel's own times, and the processor time and memory of a whole process tree."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

from lab import Daemon, NamespaceLab, wait_until  # noqa: E402
from lab import netlink  # noqa: E402

OBSERVER = None  # The compiled observer.c, set by build_observer().


def build_observer(folder):
    global OBSERVER
    OBSERVER = str(Path(folder) / "observer")
    subprocess.run(["gcc", "-O2", "-o", OBSERVER, str(HERE / "observer.c")], check=True)


# --- configurations -----------------------------------------------------------------------------------------------

# No second round of announcements: it would fall into the time that is measured.
GLOBALS = """global_defs {
    router_id bench
    vrrp_garp_master_delay 0
}
"""


def instance(number, interface, priority, addresses, *, advert=1, excluded=(), state="BACKUP"):
    """One vrrp_instance; `number` counts from 0 on each interface."""
    block = (f"vrrp_instance VI_{interface}_{number} {{\n    state {state}\n    interface {interface}\n"
             f"    version 3\n    virtual_router_id {number + 1}\n    priority {priority}\n    advert_int {advert}\n"
             "    virtual_ipaddress {\n" + "".join(f"        {address}\n" for address in addresses) + "    }\n")
    if excluded:
        block += "    virtual_ipaddress_excluded {\n" + "".join(f"        {a}\n" for a in excluded) + "    }\n"
    return block + "}\n"


def address(number, network=77):
    return f"10.{network}.{(number + 1) >> 8}.{(number + 1) & 255}"


def real_servers(services, servers, weight=1):
    """Something to read: the VRRP part has no use for it."""
    out = []
    for s in range(services):
        out.append(f"virtual_server 10.{s >> 8}.{s & 255}.1 80 {{\n    delay_loop 10\n    lb_algo rr\n    lb_kind NAT\n"
                   "    protocol TCP\n")
        for r in range(servers):
            out.append(f"    real_server 172.16.{r >> 8}.{r & 255} {8080 + s} {{\n        weight {weight}\n"
                       "        TCP_CHECK {\n            connect_timeout 3\n            retry 2\n"
                       "            delay_before_retry 2\n        }\n    }\n")
        out.append("}\n")
    return "".join(out)


# --- daemons ------------------------------------------------------------------------------------------------------


class Program(Daemon):
    """A daemon of the lab as a user runs it: nothing is logged in detail. Knows when it began and what it costs."""

    count = 0

    def __init__(self, node, config, program, *, part="vrrp"):
        Program.count += 1
        super().__init__(node, GLOBALS + config, binary=program, part=part, name=f"daemon{Program.count}")

    def command(self):
        words = [word for word in super().command() if word not in ("-D", "-G")]
        return [OBSERVER, "stamp", str(self.folder / "began"), *words]

    @property
    def began(self):
        """Seconds since the epoch at which it was executed."""
        return int((self.folder / "began").read_text()) / 1e9

    def tree(self):
        """Its process and all descendants."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    fields = Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                parents.setdefault(int(fields[1]), []).append(int(entry))
        found = [self.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found

    def processor(self):
        """Seconds of processor time used so far by all of them, exact to the nanosecond."""
        used = 0
        for pid in self.tree():
            for thread in Path(f"/proc/{pid}/task").iterdir():
                used += int((thread / "schedstat").read_text().split()[0])
        return used / 1e9

    def memory(self):
        """Memory of all of them in KiB: (what no other program can share, all that is resident)."""
        total = {"Pss_Anon": 0, "Rss": 0}
        for pid in self.tree():
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            for name in total:
                total[name] += int(re.search(rf"^{name}: +(\d+) kB", text, re.M)[1])
        return total["Pss_Anon"], total["Rss"]

    def signal_all(self, number):
        os.killpg(self.pid, number)

    def quiet(self, timeout=60):
        """Waits until it does nothing to speak of: the start or a reload is over."""
        before = [self.processor()]

        def is_quiet():
            now = self.processor()
            used, before[0] = now - before[0], now
            return used < 0.01

        time.sleep(0.3)
        wait_until(is_quiet, timeout, "a quiet daemon", interval=0.3)


class Observer:
    """observer.c in a node's namespace. `events` after stop(): (seconds, kind, words...)."""

    def __init__(self, node):
        self._process = node.popen([OBSERVER, "watch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._process.stdout.readline()
        self.events = []

    def stop(self):
        text, _ = self._process.communicate()
        for line in text.splitlines():
            when, kind, *words = line.split()
            self.events.append((int(when) / 1e9, kind, *words))
        return self

    def of(self, kind, since=0.0):
        return [event for event in self.events if event[1] == kind and event[0] >= since]


# --- networks -----------------------------------------------------------------------------------------------------


@contextmanager
def two_nodes(wires=1):
    """Two nodes, besides the switch joined by wires of their own: wire0, wire1 and so on. IPv6 is off there, so that
    nothing passes but what is measured."""
    with NamespaceLab() as lab:
        first, second = lab.node("first", "10.1.0.1/24"), lab.node("second", "10.1.0.2/24")
        for number in range(wires):
            name = f"wire{number}"
            first.ip(f"link add {name} type veth peer name {name} netns {second.namespace}")
            for node, host in ((first, 1), (second, 2)):
                node.sysctl(**{f"ipv6__conf__{name}__disable_ipv6": 1})
                node.ip(f"addr add 10.2.{number}.{host}/24 dev {name}", f"link set {name} up")
            # A new carrier is told up to a second later, and until then a router is in FAULT.
            for node in (first, second):
                wait_until(lambda: "state UP" in node.run(["ip", "-o", "link", "show", name]), 5, f"{name} up")
        for node in (first, second):  # The observer does better, and is not in the way.
            node.watch.close()
            node.watch = None
        yield lab, first, second


def packets_sent(node, interface):
    with netlink.entered(node.namespace):
        for line in Path("/proc/thread-self/net/dev").read_text().splitlines():
            name, _, numbers = line.partition(":")
            if name.strip() == interface:
                return int(numbers.split()[9])
    raise RuntimeError(f"{node.name} has no {interface}")


@contextmanager
def busy_processors(per_processor=2):
    """Others compete for every processor."""
    hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(per_processor * os.cpu_count())]
    try:
        yield
    finally:
        for hog in hogs:
            hog.send_signal(signal.SIGKILL)
            hog.wait()

"""A laboratory of network namespaces: nodes on one switch, or on several."""

import atexit
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

from . import netlink
from .capture import Capture
from .waiting import wait_until

_numbers = count(1)
_PREFIX = re.compile(r"hf(\d+)-")


def _ip(*words, batch=None):
    command = ["ip", *words] + (["-batch", "-"] if batch else [])
    done = subprocess.run(command, input=batch, text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{batch or ''}")


def _processes_in(namespace):
    """Pids of all processes in a named namespace."""
    try:
        wanted = os.stat(f"/run/netns/{namespace}").st_ino
    except FileNotFoundError:
        return []
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.stat(f"/proc/{entry}/ns/net").st_ino == wanted and int(entry) != os.getpid():
                    found.append(int(entry))
            except OSError:
                pass  # It ended meanwhile.
    return found


def _remove_namespace(namespace):
    for _ in range(50):
        left = _processes_in(namespace)
        if not left:
            break
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
    subprocess.run(["ip", "netns", "del", namespace], capture_output=True)


def remove_abandoned_namespaces():
    """Removes the namespaces of runs that were killed before they could clean up after themselves."""
    folder = Path("/run/netns")
    for entry in folder.iterdir() if folder.is_dir() else []:
        match = _PREFIX.match(entry.name)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            _remove_namespace(entry.name)


class Node:
    """One machine: a network namespace with eth0 on a switch of the lab. Made by NamespaceLab.node()."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.namespace = lab.namespace_of(name)
        self.folder = lab.folder / name
        (self.folder / "tmp").mkdir(parents=True)
        self.watch = None
        self._children = []

    def ip(self, *commands):
        """Runs `ip` commands, each a string, as one batch."""
        _ip("-n", self.namespace, batch="\n".join(commands) + "\n")

    def sysctl(self, **values):
        """Sets net.* values: dots are written as double underscores, e.g. ipv4__ip_forward=1."""
        with netlink.entered(self.namespace):
            for name, value in values.items():
                Path("/proc/sys/net", *name.split("__")).write_text(f"{value}\n")

    def popen(self, command, **options):
        options.setdefault("start_new_session", True)
        child = subprocess.Popen(["ip", "netns", "exec", self.namespace, *map(str, command)], **options)
        self._children.append(child)
        return child

    def run(self, command, *, check=True, timeout=30):
        """Runs a command to its end and returns its standard output."""
        done = subprocess.run(["ip", "netns", "exec", self.namespace, *map(str, command)], text=True,
                              capture_output=True, timeout=timeout)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.name}: {command} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def addresses(self):
        """All addresses, each as "address/prefix length"."""
        return netlink.addresses(self.namespace)

    def holds(self, address):
        """Whether the node has this address, given with or without its prefix length."""
        return any(address in (held, held.split("/")[0]) for held in self.addresses())

    def write(self, name, text, mode=0o644):
        """A file in the node's own folder; returns its path."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def script(self, name, body):
        """An executable shell script in the node's own folder; returns its path."""
        return self.write(name, f"#!/bin/sh\n{body}\n", 0o755)

    def close(self):
        if self.watch:
            self.watch.close()
        _remove_namespace(self.namespace)
        for child in self._children:
            child.wait()


class NamespaceLab:
    """A switch and the nodes plugged into it; leaving the `with` block removes every trace.

    The nodes reach each other as on one Ethernet segment. `capture` holds all VRRP adverts, ARP and neighbour
    adverts that crossed it.
    """

    def __init__(self):
        self._prefix = f"hf{os.getpid()}-{next(_numbers)}"
        self.nodes = {}
        self.folder = None
        self.capture = None
        self._node_of_port = {}
        self._switch = self.namespace_of("switch")

    def namespace_of(self, name):
        return f"{self._prefix}-{name}"

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="holdfast-lab-"))
        self.folder.chmod(0o755)
        atexit.register(self.close)
        try:
            self._add_namespace(self._switch)
            _ip("-n", self._switch, batch="link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n"
                                          "link set br0 up\n")
            self.capture = Capture(self._node_of_port, lambda make: self._open_in_switch(make))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _open_in_switch(self, make):
        with netlink.entered(self._switch):
            return make()

    def _add_namespace(self, namespace):
        _ip("netns", "add", namespace)
        with netlink.entered(namespace):
            # Duplicate address detection would hold every new IPv6 address back for a second or two.
            for scope in ("all", "default"):
                Path(f"/proc/sys/net/ipv6/conf/{scope}/accept_dad").write_text("0\n")

    def node(self, name, *addresses, gateway=None, mac=None):
        """Adds a node whose eth0 is plugged into the switch and has these addresses; without `mac` its link
        address, and with it the link-local IPv6 address, is the kernel's choice."""
        node = Node(self, name)
        self.nodes[name] = node
        self._add_namespace(node.namespace)
        port = f"p-{name}"
        self._node_of_port[port] = name
        chosen = f"address {mac} " if mac else ""
        _ip("-n", self._switch, batch=f"link add {port} type veth peer name eth0 {chosen}netns {node.namespace}\n"
                                      f"link set {port} master br0 up\n")
        node.ip("link set lo up", "link set eth0 up", *(f"addr add {each} dev eth0" for each in addresses),
                *([f"route add default via {gateway}"] if gateway else []))
        wait_until(lambda: any(a.startswith("fe80:") for a in node.addresses()), 5, f"link-local address of {name}")
        node.watch = netlink.AddressWatch(node.namespace)
        return node

    def isolate(self, name):
        """Nothing passes between the node and the others; its link stays up."""
        self._switch_run("bridge", "link", "set", "dev", f"p-{name}", "state", "0")

    def heal(self, name):
        self._switch_run("bridge", "link", "set", "dev", f"p-{name}", "state", "3")
        self._flood(name, "on")

    def deafen(self, name):
        """The node sends but no longer hears multicast and broadcast: a one-way fault."""
        self._flood(name, "off")

    def _flood(self, name, value):
        self._switch_run("bridge", "link", "set", "dev", f"p-{name}", "flood", value, "mcast_flood", value,
                         "bcast_flood", value)

    def unplug(self, name):
        """The node's link loses its carrier."""
        _ip("-n", self._switch, "link", "set", f"p-{name}", "down")

    def plug(self, name):
        _ip("-n", self._switch, "link", "set", f"p-{name}", "up")

    def _switch_run(self, *command):
        subprocess.run(["ip", "netns", "exec", self._switch, *command], check=True, capture_output=True)

    def close(self):
        atexit.unregister(self.close)
        if self.capture:
            self.capture.close()
            self.capture = None
        for node in self.nodes.values():
            node.close()
        self.nodes.clear()
        _remove_namespace(self._switch)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

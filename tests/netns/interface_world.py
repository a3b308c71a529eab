"""A router with interfaces of its own to which everything may happen, and what must be true of it once all is
quiet. What is expected is read from the kernel, never remembered: which interfaces are there, up, connected
and have an address of their own decides which instances are Master, and that decides all the rest.
"""

import json
import subprocess
import time
from dataclasses import dataclass, field

from lab import Daemon, wait_until
from lab.capture import Capture
from lab.netlink import entered

ADVERT = 0.1
INTERFACES = ("lan", "dmz", "wan")


@dataclass
class Instance:
    """One virtual router as the test configures it."""

    name: str
    interface: str
    vrid: int
    family: int = 4
    addresses: list = field(default_factory=list)  # "address/length", or with " dev X".
    excluded: list = field(default_factory=list)
    tracked: list = field(default_factory=list)  # Interfaces without weight.
    weighted: dict = field(default_factory=dict)  # Interface -> weight.
    vmac: bool = False
    routes: list = field(default_factory=list)  # (destination, gateway)
    rules: list = field(default_factory=list)   # Tables.
    group: str = ""

    def text(self):
        def block(keyword, lines):
            inner = "\n  ".join(lines)
            return f" {keyword} {{\n  {inner}\n }}\n" if lines else ""

        tracked = [*self.tracked, *(f"{name} weight {weight}" for name, weight in self.weighted.items())]
        return (f"vrrp_instance {self.name} {{\n interface {self.interface}\n virtual_router_id {self.vrid}\n"
                f" priority 100\n version 3\n advert_int {ADVERT}\n garp_master_delay 0\n"
                + (" use_vmac\n" if self.vmac else "")
                + block("virtual_ipaddress", self.addresses)
                + block("virtual_ipaddress_excluded", self.excluded)
                + block("track_interface", tracked)
                + block("virtual_routes", [f"{to} via {via} dev {self.interface}" for to, via in self.routes])
                + block("virtual_rules", [f"from 192.0.2.{table}/32 table {table} priority {table}" for table in self.rules])
                + "}\n")

    def vips(self):
        """(interface, "address/length") of all its addresses."""
        home = f"vrrp.{self.vrid}" if self.vmac else self.interface
        found = set()
        for text in (*self.addresses, *self.excluded):
            words = text.split()
            found.add((words[2] if "dev" in words else home, words[0]))
        return found

    def needs(self):
        """Interfaces without which it is in FAULT."""
        return {self.interface, *self.tracked, *(name for name, _ in self.vips() if name in INTERFACES)}


class World:
    """The router, the other ends of its interfaces, and a namespace to which interfaces are moved."""

    def __init__(self, lab, binary, preamble=""):
        self.lab, self.preamble = lab, preamble
        self.router = lab.node("router", "10.1.0.1/24")
        self.peers = lab.node("peers")
        self.away = lab.node("away")
        self.binary = binary
        self.instances = []
        self.groups = {}
        self.daemon = None
        port_names = {f"{name}-peer": name for name in INTERFACES}
        self.capture = Capture(port_names, self._open_among_peers)
        for name in INTERFACES:
            self.create(name)

    def _open_among_peers(self, make):
        with entered(self.peers.namespace):
            return make()

    def close(self):
        self.capture.close()

    # The interfaces.

    @staticmethod
    def primary(name):
        return f"10.{20 + INTERFACES.index(name)}.0.1/24"

    def create(self, name, *, up=True, address=True):
        peer = f"{name}-peer"
        self.router.ip(f"link add {name} type veth peer name {peer} netns {self.peers.namespace}")
        self.peers.ip(f"link set {peer} up")
        if address:
            self.router.ip(f"address add {self.primary(name)} dev {name}")
        if up:
            self.router.ip(f"link set {name} up")

    def try_ip(self, *commands, node=None):
        """Each command for itself; what does not apply at the moment is no failure."""
        node = node or self.router
        subprocess.run(["ip", "-n", node.namespace, "-force", "-batch", "-"], input="\n".join(commands) + "\n",
                       text=True, capture_output=True, check=False)

    # The daemon.

    def config(self):
        groups = "".join(f"vrrp_sync_group {name} {{\n group {{\n  " + "\n  ".join(members) + "\n }\n}\n"
                         for name, members in self.groups.items())
        definitions = f"global_defs {{\n vrrp_notify_fifo {self.router.folder}/fifo\n{self.preamble}}}\n"
        return definitions + groups + "".join(each.text() for each in self.instances)

    def start(self):
        self._fifo = self.router.folder / "fifo"
        subprocess.run(["mkfifo", self._fifo], check=True)
        self._fifo_log = open(self.router.folder / "fifo.log", "wb")
        self._reader = subprocess.Popen(["cat", self._fifo], stdout=self._fifo_log)
        self._holder = open(self._fifo, "r+b", buffering=0)  # So that the reader survives a restart.
        self.daemon = Daemon(self.router, self.config(), binary=self.binary)
        self.daemon.start()

    def stop_reading(self):
        self._holder.close()
        self._reader.kill()
        self._reader.wait()
        self._fifo_log.close()

    def fifo(self):
        """Lines of the notification FIFO so far."""
        return (self.router.folder / "fifo.log").read_text().splitlines()

    # What is.

    def links(self, node=None):
        """name -> description with its addresses, as iproute2 tells it."""
        node = node or self.router
        done = subprocess.run(["ip", "-n", node.namespace, "-j", "address", "show"], capture_output=True, text=True,
                              check=True)
        return {each["ifname"]: each for each in json.loads(done.stdout) if each}

    def _usable(self, links, name):
        return name in links and {"UP", "LOWER_UP"} <= set(links[name]["flags"])

    def all_vips(self):
        return {vip.split("/")[0] for each in self.instances for _, vip in each.vips()}

    def source(self, links, instance):
        vips = self.all_vips()
        for address in links.get(instance.interface, {}).get("addr_info", []):
            text = address["local"]
            if text in vips or address.get("tentative"):
                continue
            if instance.family == 4 and address["family"] == "inet":
                return text
            if instance.family == 6 and address["family"] == "inet6" and text.startswith("fe80:"):
                return text
        return None

    def expected_masters(self, links):
        fit = {each.name: all(self._usable(links, name) for name in each.needs())
               and self.source(links, each) is not None for each in self.instances}
        for members in self.groups.values():
            if not all(fit[name] for name in members):
                fit.update(dict.fromkeys(members, False))
        return {name for name, is_fit in fit.items() if is_fit}

    def wrongs(self):
        """Everything that is not as it should be, in words; empty when all is right."""
        links = self.links()
        masters = self.expected_masters(links)
        found = []
        fifo = self.fifo()
        for each in self.instances:
            states = [line.split()[2] for line in fifo if line.startswith(f'INSTANCE "{each.name}" ')]
            wanted = "MASTER" if each.name in masters else "FAULT"
            if states[-1:] != [wanted]:
                found.append(f"{each.name} is {states[-3:]} and should be {wanted}")
        found += self.wrong_addresses(links, masters)
        found += self._wrong_routes(masters)
        found += self._wrong_adverts(links, masters)
        found += self._double_sockets()
        return found

    def wrong_addresses(self, links, masters):
        wanted = {vip for each in self.instances if each.name in masters for vip in each.vips()}
        ours = self.all_vips()
        have = {(name, f"{address['local']}/{address['prefixlen']}") for name, link in links.items()
                for address in link["addr_info"] if address["local"] in ours}
        have |= {(f"{name} (away)", address["local"]) for name, link in self.links(self.away).items()
                 for address in link["addr_info"] if address["local"] in ours}
        return ([f"{vip} is missing on {name}" for name, vip in sorted(wanted - have)]
                + [f"{vip} is left on {name}" for name, vip in sorted(have - wanted)])

    def _wrong_routes(self, masters):
        def shown(*what):
            done = subprocess.run(["ip", "-n", self.router.namespace, "-j", *what], capture_output=True, text=True)
            return json.loads(done.stdout or "[]")

        found = []
        if any(each.routes for each in self.instances):
            have = {route["dst"] for family in ("-4", "-6") for route in shown(family, "route", "show", "proto", "18")}
            wanted = {to for each in self.instances if each.name in masters for to, _ in each.routes}
            found += [f"route {to} is {'missing' if to in wanted else 'left'}" for to in sorted(wanted ^ have)]
        if any(each.rules for each in self.instances):
            have = {rule["priority"] for rule in shown("-4", "rule", "show") if rule["priority"] < 32766} - {0}
            wanted = {table for each in self.instances if each.name in masters for table in each.rules}
            found += [f"rule {table} is {'missing' if table in wanted else 'left'}" for table in sorted(wanted ^ have)]
        return found

    def _wrong_adverts(self, links, masters):
        """Who was heard on which interface in the last seconds."""
        since = time.time() - 4 * ADVERT
        heard = {(a.sender, a.vrid, 4 if "." in a.source else 6): a for a in self.capture.adverts(since=since)
                 if a.priority != 0}
        wanted = {(each.interface, each.vrid, each.family): each for each in self.instances if each.name in masters}
        found = [f"no advert of {key}" for key in wanted if key not in heard]
        found += [f"an advert of {key}" for key in heard if key not in wanted]
        for key, each in wanted.items():
            source = self.source(links, each)
            if key in heard and heard[key].source != source:
                found.append(f"{each.name} sends from {heard[key].source}, not {source}")
        return found

    def _double_sockets(self):
        """Raw sockets of protocol 112 beyond two for each interface and family."""
        found = []
        for table, family in (("raw", 4), ("raw6", 6)):
            text = self.router.run(["cat", f"/proc/net/{table}"])
            sockets = [line.split() for line in text.splitlines()[1:]]
            ours = [words for words in sockets if words[1].endswith(":0070")]
            places = {(each.interface, each.vmac and each.vrid) for each in self.instances if each.family == family}
            if len(ours) > 2 * len(places):
                found.append(f"{len(ours)} sockets of IPv{family} for {len(places)} interfaces")
        return found

    def settle_links(self):
        """Waits for the link-local addresses, so that a start finds everything in place."""
        wait_until(lambda: all(any(address["local"].startswith("fe80:") for address in self.links()[name]["addr_info"])
                               for name in INTERFACES), 5, "link-local addresses")

    def settle(self, timeout=10):
        """Waits until everything is right and stays so."""
        deadline = time.monotonic() + timeout
        while True:
            wrong = self.wrongs()
            if not wrong:
                time.sleep(3 * ADVERT)
                wrong = self.wrongs()
                if not wrong:
                    return
            if time.monotonic() > deadline:
                raise AssertionError("; ".join(wrong) + "\n" + self.story())
            time.sleep(0.05)

    def story(self):
        return f"{self.config()}\n--- FIFO\n" + "\n".join(self.fifo()[-30:]) + f"\n--- log\n{self.daemon.log()[-6000:]}"


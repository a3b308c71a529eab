"""The pieces of an LVS cluster on one switch: two directors, two real servers and a client."""

from pathlib import Path

from lab import HOLDFAST, Daemon, NamespaceLab, WebServer, request, wait_until

VIP = "192.0.2.100"
CONF = Path(__file__).resolve().parents[2] / "conf"


def table(node):
    """The node's IPVS table as ipvsadm saves it, as a sorted list of lines (`-A ...` and `-a ...`)."""
    return sorted(line for line in node.run(["ipvsadm", "-Sn"]).splitlines() if line)


def wait_for_table(node, predicate, timeout, what):
    """Waits until `predicate(table)` holds; starting ipvsadm is slow in a guest, so we look rarely."""
    try:
        wait_until(lambda: predicate(table(node)), timeout, what, interval=0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}; {node.name} has\n" + "\n".join(table(node))) from None


def _entries(lines, service, option):
    """What stands behind an option in the entries of a service, e.g. "192.0.2.100:80", in a saved table."""
    found = []
    for line in lines:
        words = line.split()
        if words[0] == "-a" and words[2] == service:
            found.append(words[words.index(option) + 1])
    return found


def servers_of(lines, service):
    """Addresses of the real servers of a service."""
    return _entries(lines, service, "-r")


def weights_of(lines, service):
    return [int(weight) for weight in _entries(lines, service, "-w")]


def tcp_check(**settings):
    lines = "\n".join(f"            {key} {value}" for key, value in
                      {"connect_timeout": 1, "retry": 1, "delay_before_retry": 1, "warmup": 0, **settings}.items())
    return f"        TCP_CHECK {{\n{lines}\n        }}"


def real_server(address, port, *lines, check=True):
    body = "\n".join([*(f"        {line}" for line in lines), *([tcp_check()] if check else [])])
    return f"    real_server {address} {port} {{\n{body}\n    }}"


def virtual_server(head, *lines):
    body = "\n".join(line if line.startswith(" ") else f"    {line}" for line in lines)
    return f"virtual_server {head} {{\n{body}\n}}\n"


class Cluster:
    """`director1` 192.0.2.1, `director2` .2, `real1` .11, `real2` .12, `client` .50; nodes are made when asked for.

    Real servers carry the virtual address on lo and keep silent about it (direct routing).
    """

    def __init__(self, lab):
        self.lab = lab
        self._daemons = []
        self.web = {}

    def director(self, number=1):
        node = self.lab.node(f"director{number}", f"192.0.2.{number}/24", f"2001:db8::{number}/64")
        node.sysctl(ipv4__ip_forward=1, ipv4__vs__expire_nodest_conn=1)
        return node

    def real(self, number, *ports, vips=(f"{VIP}/32",)):
        node = self.lab.node(f"real{number}", f"192.0.2.1{number}/24", f"2001:db8::1{number}/64")
        node.sysctl(ipv4__conf__all__arp_ignore=1, ipv4__conf__all__arp_announce=2)
        node.ip(*(f"addr add {vip} dev lo" for vip in vips))
        self.web[number] = WebServer(node, *ports)
        return node

    def client(self):
        return self.lab.node("client", "192.0.2.50/24", "2001:db8::50/64")

    def start(self, node, config, *, binary=HOLDFAST, part="all", options=()):
        daemon = Daemon(node, config, binary=binary, part=part, options=options, name=f"daemon{len(self._daemons)}")
        self._daemons.append(daemon)
        return daemon.start()

    def answers(self, client, port=80, *, times=4, address=VIP):
        """Who answers, for a number of requests through the virtual address."""
        return [request(client, address, port) for _ in range(times)]

    def close(self):
        for server in self.web.values():
            server.stop()
        for daemon in self._daemons:
            print(f"--- {daemon.node.name} {daemon.binary}\n{daemon.log()}")


def made():
    """A cluster in a new lab, as a generator for a fixture."""
    with NamespaceLab() as lab:
        cluster = Cluster(lab)
        try:
            yield cluster
        finally:
            cluster.close()

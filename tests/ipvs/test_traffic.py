"""Real clients through every way of forwarding, IPv4, IPv6 and one in the other; and their connections while the
configuration, the weights and the daemon change."""

import contextlib
import socket
import subprocess
from pathlib import Path

import pytest
from cluster import VIP, table
from lab import netlink, wait_until
from servers import StreamServer

CLIENTS_VIP, CLIENTS_VIP6 = "203.0.113.100", "2001:db8:1::100"
REAL, REAL6 = "192.0.2.11", "2001:db8::11"
GUE = 6080

# Each way has a port of its own. Only tunnels can carry a family in the other (net/netfilter/ipvs/ip_vs_ctl.c).
WAYS = {
    "NAT": (80, "lvs_method NAT"),
    "DR": (81, "lvs_method DR"),
    "TUN": (82, "lvs_method TUN"),
    "TUN by GRE": (83, "lvs_method TUN type gre"),
    "TUN by GUE": (84, f"lvs_method TUN type gue port {GUE}"),
    "TUN by GUE with checksums": (85, f"lvs_method TUN type gue port {GUE} csum"),
}
MIXED_PORT = 90
MODULES = ("ipip", "ip_gre", "fou", "ip6_tunnel", "ip6_gre", "fou6", "sit")


def talk(server, connection):
    """Says its name whenever it is asked."""
    connection.settimeout(60)
    while connection.recv(100):
        connection.sendall(b"real1")


class Session:
    """One TCP connection of a client, kept open."""

    def __init__(self, node, address, port):
        with netlink.entered(node.namespace):
            self._socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self._socket.settimeout(4)
        self._socket.connect((address, port))

    def ask(self):
        self._socket.sendall(b"?")
        return self._socket.recv(100).decode()

    def close(self):
        self._socket.close()


def service(address, port, real, method, weight=1):
    return (f"virtual_server {address} {port} {{\n    lb_algo wrr\n    protocol TCP\n"
            f"    real_server {real} {80 if 'NAT' not in method else 8080} {{\n        weight {weight}\n        {method}\n    }}\n}}\n")


def configuration(weight=1, *more):
    parts = []
    for port, method in WAYS.values():
        parts += [service(CLIENTS_VIP, port, REAL, method, weight), service(CLIENTS_VIP6, port, REAL6, method, weight)]
    parts += [service(CLIENTS_VIP, MIXED_PORT, REAL6, "lvs_method TUN", weight),
              service(CLIENTS_VIP6, MIXED_PORT, REAL, "lvs_method TUN", weight)]
    return "".join([*parts, *more])


@pytest.fixture
def far(cluster):
    """The client is in another network than the real servers; these answer it directly, but through the director with
    addresses of their own (NAT)."""
    # The kernel's own helper knows where its modules are.
    subprocess.run([Path("/proc/sys/kernel/modprobe").read_text().strip(), "-a", "-q", *MODULES], check=True)
    director = cluster.lab.node("director1", "192.0.2.1/24", "2001:db8::1/64", "203.0.113.1/24", f"{CLIENTS_VIP}/24",
                                "2001:db8:1::1/64", f"{CLIENTS_VIP6}/64")
    # Whoever has no entry any more is left waiting, not sent away: the entry may come back.
    director.sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1, ipv4__vs__expire_nodest_conn=0,
                    ipv4__conf__all__send_redirects=0, ipv4__conf__eth0__send_redirects=0)
    client = cluster.lab.node("client", "203.0.113.50/24", "2001:db8:1::50/64", gateway="203.0.113.1")
    mac = director.run(["cat", "/sys/class/net/eth0/address"]).strip()
    client.ip("route add default via 2001:db8:1::1", f"neigh replace {CLIENTS_VIP6} lladdr {mac} dev eth0 nud permanent")
    real = cluster.lab.node("real1", f"{REAL}/24", f"{REAL6}/64")
    # A director with one leg sends redirects for IPv6; whoever followed them would leave NAT.
    real.sysctl(ipv4__conf__all__arp_ignore=1, ipv4__conf__all__arp_announce=2, ipv6__conf__eth0__accept_redirects=0)
    real.ip(f"addr add {CLIENTS_VIP}/32 dev lo", f"addr add {CLIENTS_VIP6}/128 dev lo",
            "route add 203.0.113.0/24 dev eth0", "route add 2001:db8:1::/64 dev eth0",
            f"rule add from {REAL} lookup 10", "route add default via 192.0.2.1 table 10",
            "route add default via 2001:db8::1 table 10",
            # What unpacks: IP in IP, GRE, GUE, and each family in the other.
            "link set tunl0 up", "link set gre0 up", f"fou add port {GUE} gue",
            f"link add any6 type ip6tnl mode any local {REAL6} remote ::", "link set any6 up",
            f"link add gre6 type ip6gre local {REAL6} remote ::", "link set gre6 up",
            f"link add six4 type sit local {REAL} remote any", "link set six4 up")
    for words in (f"rule add from {REAL6} lookup 10", f"fou add port {GUE} gue"):
        real.run(["ip", "-6", *words.split()])
    web = StreamServer(real, 8080, talk)
    others = [StreamServer(real, port, talk) for port in (*(port for port, _ in WAYS.values()), MIXED_PORT)]
    yield director, client
    for each in (web, *others):
        each.stop()


def test_connections_live_through_everything(cluster, far):
    director, client = far
    daemon = cluster.start(director, configuration(), part="check")
    count = 2 * (2 * len(WAYS) + 2)
    wait_until(lambda: len(table(director)) == count, 20, "all services", interval=0.3)

    ways = {f"{name}, {family}": (address, port) for name, (port, _) in {**WAYS, "the other family": (MIXED_PORT, "")}.items()
            for family, address in (("IPv4", CLIENTS_VIP), ("IPv6", CLIENTS_VIP6))}
    with contextlib.ExitStack() as stack:
        sessions = {}
        for name, (address, port) in ways.items():
            try:
                sessions[name] = Session(client, address, port)
            except OSError as error:
                sessions[name] = None
                print(name, error)
                continue
            stack.callback(sessions[name].close)

        def who_answers():
            found = {}
            for name, session in sessions.items():
                try:
                    found[name] = session.ask() if session else None
                except OSError as error:
                    found[name] = str(error)
            return found

        everybody = dict.fromkeys(ways, "real1")
        assert who_answers() == everybody

        def reload(config, predicate, what):
            daemon.configure(config)
            daemon.reload()
            wait_until(lambda: predicate(table(director)), 20, what, interval=0.3)
            assert who_answers() == everybody, what

        def all_weigh(weight):
            return lambda lines: sum(f" -w {weight} " in f"{line} " for line in lines) == count // 2

        reload(configuration(5), all_weigh(5), "other weights")
        # A server that gets no new connections keeps those it has.
        reload(configuration(0), all_weigh(0), "no weight")
        more = service(VIP, 99, REAL, "lvs_method DR")
        reload(configuration(1, more), lambda lines: len(lines) == count + 2, "one more service")
        reload(configuration(), lambda lines: len(lines) == count, "one service less")

        daemon.kill()
        assert who_answers() == everybody
        daemon.start()
        daemon.wait_for_log("Startup complete", 20, times=2)
        assert who_answers() == everybody, "after a crash"

        assert daemon.stop() == 0
        assert table(director) == []
        daemon.start()
        wait_until(lambda: len(table(director)) == count, 20, "all services again", interval=0.3)
        assert who_answers() == everybody, "after a restart"

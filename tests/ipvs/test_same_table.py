"""The same configuration and the same events give the same IPVS table as Debian's keepalived.

Both daemons run side by side, each on a director of its own, over the same two real servers. After every step
the saved tables must be equal, line by line.
"""

import pytest
from cluster import VIP, real_server, table, tcp_check, virtual_server, wait_for_table
from lab import HOLDFAST, KEEPALIVED

SERVERS = [real_server("192.0.2.11", 80, "weight 2"), real_server("192.0.2.12", 80, "weight 3")]
UNCHECKED = [real_server("192.0.2.11", 80, "weight 2", check=False), real_server("192.0.2.12", 80, check=False)]
NAT_UNCHECKED = [real_server("192.0.2.11", 8080, check=False), real_server("192.0.2.12", 8081, check=False)]


def service(*lines, head=f"{VIP} 80", servers=UNCHECKED):
    return virtual_server(head, "delay_loop 1", *lines, *servers)


SCHEDULERS = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "nq", "sed"]

STARTS = {
    "every scheduler": "".join(
        service(f"lb_algo {name}", "lb_kind DR", "protocol TCP", head=f"{VIP} {8000 + i}")
        for i, name in enumerate(SCHEDULERS)),
    "nothing but servers": service(),
    "NAT with other ports": service("lb_algo rr", "lb_kind NAT", "protocol TCP", servers=NAT_UNCHECKED),
    "DR forces the port of the service": service("lb_algo rr", "lb_kind DR", "protocol TCP", servers=NAT_UNCHECKED),
    "TUN": service("lb_algo rr", "lb_kind TUN", "protocol TCP"),
    "UDP": service("lb_algo rr", "lb_kind NAT", "protocol UDP", head=f"{VIP} 53"),
    "SCTP": service("lb_algo rr", "lb_kind NAT", "protocol SCTP", head=f"{VIP} 5060"),
    "one-packet scheduling": service("lb_algo rr", "lb_kind NAT", "protocol UDP", "ops", head=f"{VIP} 53"),
    "a firewall mark": service("lb_algo rr", "lb_kind DR", "protocol TCP", head="fwmark 9"),
    "persistence": service("lb_algo rr", "lb_kind DR", "protocol TCP", "persistence_timeout 120"),
    "persistence with its default": service("lb_algo rr", "lb_kind DR", "protocol TCP", "persistence_timeout"),
    "persistence by network": service("lb_algo rr", "lb_kind DR", "protocol TCP", "persistence_timeout 60",
                                      "persistence_granularity 255.255.255.0"),
    "a service without port": service("lb_algo rr", "lb_kind DR", "protocol TCP", head=VIP),
    "no real server": service("lb_algo rr", "lb_kind DR", "protocol TCP", servers=[]),
    "IPv6": service("lb_algo rr", "lb_kind DR", "protocol TCP", head="2001:db8::100 80", servers=[
        real_server("2001:db8::11", 80, check=False), real_server("2001:db8::12", 80, check=False)]),
    "weights": service("lb_algo wrr", "lb_kind DR", "protocol TCP", servers=[
        real_server("192.0.2.11", 80, "weight 0", check=False),
        real_server("192.0.2.12", 80, "weight 65535", check=False)]),
    "scheduler flags": service("lb_algo sh", "lb_kind DR", "protocol TCP", "sh-fallback", "sh-port"),
    "thresholds": service("lb_algo rr", "lb_kind NAT", "protocol TCP", servers=[
        real_server("192.0.2.11", 80, "uthreshold 100", "lthreshold 50", check=False)]),
    "the same server twice": service("lb_algo rr", "lb_kind DR", "protocol TCP", servers=UNCHECKED + UNCHECKED[:1]),
}

EVENTS = {
    "plain": service("lb_algo wrr", "lb_kind DR", "protocol TCP", servers=SERVERS),
    "sorry server": service("lb_algo wrr", "lb_kind DR", "protocol TCP", "sorry_server 192.0.2.13 80",
                            servers=SERVERS),
    "sorry server, inhibited": service("lb_algo wrr", "lb_kind DR", "protocol TCP", "sorry_server 192.0.2.13 80",
                                       "sorry_server_inhibit", servers=SERVERS),
    "inhibit on failure": service("lb_algo wrr", "lb_kind NAT", "protocol TCP", "inhibit_on_failure",
                                  servers=SERVERS),
    "alpha": service("lb_algo wrr", "lb_kind DR", "protocol TCP", "alpha", servers=SERVERS),
    "quorum by weight": service("lb_algo wrr", "lb_kind DR", "protocol TCP", "quorum 3", "hysteresis 1",
                                "sorry_server 192.0.2.13 80", servers=SERVERS),
    "a firewall mark": service("lb_algo wrr", "lb_kind DR", "protocol TCP", head="fwmark 9", servers=[
        real_server(f"192.0.2.1{n}", 80, tcp_check(connect_port=80), check=False) for n in (1, 2)]),
}


class SideBySide:
    def __init__(self, cluster):
        self._cluster = cluster
        self._nodes = {"ours": cluster.director(1), "reference": cluster.director(2)}
        self._daemons = {}
        self._reloads = 0

    def start(self, config):
        for name, binary in (("ours", HOLDFAST), ("reference", KEEPALIVED)):
            self._daemons[name] = self._cluster.start(self._nodes[name], config, binary=binary, part="check")
            self._daemons[name].wait_for_log("Startup complete")

    def reload(self, config):
        self._reloads += 1
        for daemon in self._daemons.values():
            daemon.configure(config)
            daemon.reload()
        for daemon in self._daemons.values():
            daemon.wait_for_log("Reload complete", times=self._reloads)

    def both(self, what, predicate=lambda lines: True, timeout=12):
        """Waits until the reference's table is as the step means it, then for ours to be the same."""
        wait_for_table(self._nodes["reference"], predicate, timeout, what)
        expected = table(self._nodes["reference"])
        wait_for_table(self._nodes["ours"], lambda lines: lines == expected, 5,
                       f"{what}: the reference's table\n" + "\n".join(expected) + "\n")

    def stop(self):
        assert [daemon.stop() for daemon in self._daemons.values()] == [0, 0]


@pytest.fixture
def side_by_side(cluster):
    return SideBySide(cluster)


def test_all_starting_tables_are_the_same(side_by_side):
    # One daemon for all, because a start costs a second in a guest: each reload brings the next configuration.
    names = list(STARTS)
    side_by_side.start(STARTS[names[0]])
    side_by_side.both(f"start with {names[0]}", lambda lines: len(lines) == 3 * len(SCHEDULERS))
    for name in names[1:]:
        side_by_side.reload(STARTS[name])
        side_by_side.both(f"reload to {name}")
    side_by_side.stop()
    side_by_side.both("stop", lambda lines: not lines)


@pytest.mark.parametrize("config", EVENTS.values(), ids=EVENTS.keys())
def test_the_table_stays_the_same_through_failures_and_recoveries(cluster, side_by_side, config):
    cluster.real(1, 80), cluster.real(2, 80)

    def lists(*servers):
        """The servers that may get connections, the sorry server aside."""
        def check(lines):
            entries = [line.split() for line in lines if line.startswith("-a")]
            alive = {words[words.index("-r") + 1].split(":")[0] for words in entries if words[-1] != "0"}
            return alive - {"192.0.2.13"} == set(servers)
        return check

    side_by_side.start(config)
    side_by_side.both("start", lists("192.0.2.11", "192.0.2.12"))
    cluster.web[1].stop()
    side_by_side.both("the first server down", lists("192.0.2.12"))
    cluster.web[2].stop()
    side_by_side.both("both servers down", lists())
    cluster.web[1].start()
    # Alone it has weight 2: too little where 3 + 1 must be reached first.
    side_by_side.both("the first server up", lists(*[] if "quorum 3" in config else ["192.0.2.11"]))
    cluster.web[2].start()
    side_by_side.both("both servers up", lists("192.0.2.11", "192.0.2.12"))
    side_by_side.stop()
    side_by_side.both("stop", lambda lines: not lines)

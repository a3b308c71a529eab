"""A daemon that may have few descriptors, and more checks at once than that: no server goes for our want of them."""

import os
import time

from cluster import VIP, real_server, servers_of, table, virtual_server
from lab import Daemon, wait_until
from servers import StreamServer, page

LIMIT = 48
SERVERS = 60
FIRST_PORT = 9001
GOOD = page()


class Meagre(Daemon):
    """Root may raise its limits; this one may not."""

    def command(self):
        return ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource", "prlimit", f"--nofile={LIMIT}:{LIMIT}",
                *super().command()]


def slow(server, connection):
    time.sleep(1.5)
    GOOD(server, connection)


def http_check(port):
    lines = ("delay_loop 1", "connect_timeout 20", "warmup 0", "retry 0", f"connect_port {port}", "url {\n path /\n }")
    return "HTTP_GET {\n" + "\n".join(lines) + "\n}"


MISC = "MISC_CHECK {\ndelay_loop 1\nwarmup 0\nretry 0\nmisc_timeout 20\nmisc_path /usr/bin/true\n}"


def test_no_server_goes_for_want_of_descriptors(cluster):
    director = cluster.director()
    real = cluster.lab.node("real1", "192.0.2.11/24")
    web = StreamServer(real, 8000, slow)
    servers = [real_server("192.0.2.11", FIRST_PORT + number, http_check(8000), check=False) for number in range(SERVERS)]
    servers.append(real_server("192.0.2.11", FIRST_PORT + SERVERS, MISC, check=False))
    config = virtual_server(f"{VIP} 80", "lb_algo rr", "lb_kind NAT", "protocol TCP", *servers)
    daemon = Meagre(director, config, part="check").start()
    try:
        daemon.wait_for_log("Out of means for checks", 20)
        highest = 0
        until = time.monotonic() + 4
        while time.monotonic() < until:
            assert len(servers_of(table(director), f"{VIP}:80")) == SERVERS + 1, daemon.log()
            highest = max(highest, len(os.listdir(f"/proc/{daemon.pid}/fd")))
        assert highest <= LIMIT
        assert "Removing service" not in daemon.log()
        # Those that were put off get their turn.
        wait_until(lambda: daemon.log().count("succeed on service") == SERVERS, 40, "all servers checked")
        assert daemon.log().count("Out of means") < 5
    finally:
        daemon.kill()
        web.stop()

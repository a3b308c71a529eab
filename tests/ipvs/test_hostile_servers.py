"""Every checker against servers that mean no good. Whatever they do, the server is found down (or what the protocol
says) in bounded time, memory stays where it is, and no descriptor is left behind."""

import os
import time
from pathlib import Path

import pytest
import servers
from checking import REAL, Case, configuration, real_node, settle
from cluster import VIP, table
from lab import HOLDFAST, KEEPALIVED, wait_until
from servers import DatagramServer, FullServer, PingServer, Renegotiator, StreamServer, Tls, dns_answer, smtp

OK = b"HTTP/1.0 200 OK\r\n\r\n"
PING_FAILED = "ICMP CHECK on service RS failed."
LARGEST = 16 << 10  # Growth of the memory in kB that is no leak: buffers, TLS contexts, a log.


def stream(talk):
    return lambda node, port: StreamServer(node, port, talk)


def case(name, checker, server, says="", lines=(), *, limit=None, **more):
    """`limit` is what the checker waits: short where that is what is to pass."""
    limit = limit or (2 if "imeout" in says else 6)
    return Case(name, checker, server, (f"connect_timeout {limit}", *lines), good=not says, says=says, **more)


def tcp(name, server, says="", **more):
    return case(f"TCP: {name}", "TCP_CHECK", server, says, **more)


def http(name, talk, says="", checker="HTTP_GET", certificate=None, **more):
    server = talk if talk is FullServer else stream(talk)
    if talk is Renegotiator:
        server = lambda node, port: Renegotiator(node, port, certificate)  # noqa: E731
    return case(f"{checker}: {name}", checker, server, says, ("url {", "    path /", "}"), **more)


def tls(name, talk, says="", **more):
    return http(name, talk, says, "SSL_GET", **more)


def mail(name, talk, says="", **more):
    server = talk if talk is FullServer else stream(talk)
    return case(f"SMTP: {name}", "SMTP_CHECK", server, says and f"SMTP_CHECK {says} server", **more)


def datagrams(answer):
    return lambda node, port: DatagramServer(node, port, answer)


def dns(name, answer, says="", **more):
    return case(f"DNS: {name}", "DNS_CHECK", datagrams(answer), says and f"DNS_CHECK (RS) {says}", protocol="UDP", **more)


def udp(name, answer, says="", lines=("require_reply 706f6e67",), **more):
    return case(f"UDP: {name}", "UDP_CHECK", datagrams(answer), says and f"UDP {says}", lines, protocol="UDP", **more)


class Pings:
    """Addresses of their own, because the kernel would answer for the others."""

    def __init__(self):
        self.count = 20

    def __call__(self, name, answer, says="", limit=2, **more):
        self.count += 1
        address = f"192.0.2.{self.count}"

        def server(node, port):
            node.ip(f"addr add {address}/24 dev eth0")
            return PingServer(node, address, answer)
        return case(f"PING: {name}", "PING_CHECK", server, says, (f"connect_ip {address}",), limit=limit, **more)


def echo(request, **change):
    reply = bytearray(b"\0" + request[1:])
    for at, value in change.items():
        reply[int(at[1:])] ^= value
    return bytes(reply)


def cases(certificate, expired):
    good_page = servers.says(OK + b"hello\n")
    no_data = "Read, no data received from  server RS."
    handshake = "SSL handshake/communication error connecting to server RS."
    hello = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"  # Begins a ServerHello of 16 kB.
    dns_timeout = "read timeout from socket"
    good_dns = dns_answer()
    failed, mismatch = "connection to RS failed.", "check to RS reply data mismatch."
    ping = Pings()
    return [
        tcp("never answers", FullServer, "TCP connection to RS timeout."),
        tcp("resets", stream(servers.resets_at_once)),
        tcp("floods", stream(servers.says_unasked(b"x" * 65536, 1 << 20))),

        http("never answers", FullServer, "Timeout connecting server RS."),
        # Found while connecting or while reading, by who is faster.
        http("resets at once", servers.resets_at_once, "server RS."),
        http("resets in the middle", servers.breaks_off(OK + b"hel"), "Read error with server RS."),
        # The reference waits for ever.
        http("drips from the beginning", servers.drips_unasked(b"HTTP/1.0 200 OK\r\nX: y"), "read server RS.", limit=2,
             ours_alone=True),
        http("a large page", servers.floods(OK, b"x" * 65536, 4 << 20)),
        http("a line without end", servers.says_unasked(b"x" * 65536, 1 << 20), no_data, limit=10),
        http("answers twice", servers.says(2 * (OK + b"hello\n"))),
        http("resets after a while", servers.breaks_off(b""), "Read error with server RS."),

        tls("never answers", FullServer, "Timeout connecting server RS."),
        tls("resets at once", servers.resets_at_once, "server RS."),
        tls("resets in the handshake", servers.breaks_off(hello), "Connection failed server RS."),
        tls("an alert", servers.says_unasked(b"\x15\x03\x03\x00\x02\x02\x28"), handshake),
        tls("an old version", servers.says_unasked(b"\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00" + bytes(36)), handshake),
        tls("a handshake without end", servers.drips_unasked(hello + bytes(1000)), "Timeout connecting server RS."),
        tls("a record that is too long", servers.says_unasked(b"\x16\x03\x03\xff\xff" + b"\x02" * 65536), handshake),
        tls("a flood of records", servers.says_unasked(b"\x16\x03\x03\x40\x00" + b"\x02\0\0\0" * 4096, 1 << 20), handshake),
        # An error or an end, by whether the reset overtakes the last records.
        tls("resets after the handshake", Tls(certificate, servers.resets_at_once), "server RS."),
        tls("answers twice", Tls(certificate, servers.says(2 * (OK + b"hello\n")))),
        tls("a large page", Tls(certificate, servers.floods(OK, b"x" * 16384, 1 << 20))),
        tls("wants another handshake", Renegotiator, certificate=certificate),
        # Nobody checks who it is.
        tls("an expired certificate of somebody else", Tls(expired, good_page)),

        mail("never answers", FullServer, "Connection timeout to", limit=2),
        mail("resets at once", servers.resets_at_once, "Read failure from"),
        mail("resets in the middle", servers.breaks_off(b"220 mail.exam"), "Read failure from"),
        mail("drips", servers.drips_unasked(b"220 mail.example and a long story"), "Read timeout from", ours_alone=True),
        mail("garbage", servers.says_unasked(bytes(range(256)) * 4 + b"\r\n"), "Bad greeting banner from"),
        mail("lines without end", servers.says_unasked(b"220-more\r\n" * 1000, 1 << 20), "Read timeout from", limit=2, ours_alone=True),
        # The second greeting answers our HELO; the reference forgets what came with the first.
        mail("answers twice", smtp(greeting="220 one\r\n220 two\r\n"), "Bad HELO response from", ours_alone=True),
        mail("a greeting that is HTTP", servers.says_unasked(OK), "Bad greeting banner from"),

        dns("garbage", lambda query: bytes(reversed(query)), dns_timeout, limit=2),
        dns("garbage behind our number", lambda query: query[:2] + b"\x81\x80" + b"\xff" * 500),
        dns("an answer of 60 kB", lambda query: good_dns(query) + b"\0" * 60_000),
        dns("a header alone", lambda query: good_dns(query)[:12]),
        dns("answers twice", lambda query: [good_dns(query)] * 2),
        dns("a wrong answer before the right one", lambda query: [good_dns(query)[1::-1] + good_dns(query)[2:], good_dns(query)]),

        # As much is compared as there is, which without min_reply_length may be nothing.
        udp("an empty answer", lambda data: b""),
        udp("an empty answer that is too short", lambda data: b"", mismatch, ("require_reply 706f6e67", "min_reply_length 1")),
        udp("an answer of 60 kB", lambda data: b"pong" * 15_000, mismatch),
        udp("answers twice", lambda data: [b"pong"] * 2),
        udp("never answers", lambda data: None, failed, limit=2),

        ping("never answers", lambda asked: [], PING_FAILED),
        ping("another number", lambda asked: [echo(asked, _4=1)], PING_FAILED),
        ping("another sequence", lambda asked: [echo(asked, _6=1)], PING_FAILED),
        ping("unreachable", lambda asked: [b"\3\1\0\0\0\0\0\0" + bytes(28)], PING_FAILED),
        ping("a header alone", lambda asked: [echo(asked[:8])], limit=6),
        ping("answers three times", lambda asked: [echo(asked)] * 3, limit=6),
    ]


NOTHING = f"virtual_server {VIP} 7 {{\n    lb_algo rr\n    lb_kind DR\n    protocol TCP\n    real_server {REAL} 7 {{\n    }}\n}}\n"


def descriptors(daemon):
    return sorted(os.readlink(each).split(":")[0] for each in Path(f"/proc/{daemon.pid}/fd").iterdir() if each.is_symlink())


def memory(daemon):
    """In kB."""
    lines = Path(f"/proc/{daemon.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@pytest.mark.parametrize("binary", [HOLDFAST, KEEPALIVED], ids=["ours", "reference"])
def test_hostile_servers(cluster, tmp_path, binary):
    (tmp_path / "old").mkdir()
    table_of_cases = cases(servers.make_certificate(tmp_path), servers.make_expired_certificate(tmp_path / "old"))
    mine = [each for each in table_of_cases if binary == HOLDFAST or not each.ours_alone]
    director, real = cluster.director(1), real_node(cluster)
    real.sysctl(ipv4__icmp_echo_ignore_all=1)
    config = configuration(mine, real)
    daemon = cluster.start(director, NOTHING, binary=binary, part="check")
    try:
        wait_until(lambda: len(table(director)) == 2, 20, "the service without a check", interval=0.3)
        before = descriptors(daemon), memory(daemon)
        daemon.configure(NOTHING + config)
        daemon.reload()
        settle(daemon, director, mine)
        assert all(each.running.handshakes > 0 for each in mine if isinstance(each.running, Renegotiator))
        highest, until = 0, time.monotonic() + 3
        while time.monotonic() < until:
            highest = max(highest, memory(daemon))
            time.sleep(0.2)
        daemon.configure(NOTHING)
        daemon.reload()
        wait_until(lambda: len(table(director)) == 2, 20, "the services gone", interval=0.3)
        if binary == HOLDFAST:
            wait_until(lambda: descriptors(daemon) == before[0], 10, f"{before[0]} instead of {descriptors(daemon)}")
            assert highest - before[1] < LARGEST
            print(f"memory: {before[1]} kB before, {highest} kB at most")
        assert daemon.stop() == 0
    finally:
        for each in mine:
            if each.running:
                each.running.stop()

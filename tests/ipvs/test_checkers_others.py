"""SMTP_CHECK, DNS_CHECK, UDP_CHECK, PING_CHECK and MISC_CHECK, ours and Debian's keepalived by the same cases."""

import pytest
from checking import Case, run
from cluster import VIP, wait_for_table
from lab import HOLDFAST, KEEPALIVED
from servers import DatagramServer, StreamServer, dns_answer, smtp

BOTH = pytest.mark.parametrize("binary", [HOLDFAST, KEEPALIVED], ids=["ours", "reference"])


def stream(talk):
    return lambda node, port: StreamServer(node, port, talk)


def datagrams(answer):
    return lambda node, port: DatagramServer(node, port, answer)


def limit(says):
    """Where it is to pass it is short; where it is not, a busy guest must not make it pass."""
    return f"connect_timeout {2 if 'timeout' in says else 6}"


def for_subject(binary, cases):
    return [case for case in cases if binary == HOLDFAST or not case.ours_alone]


@BOTH
def test_mail_servers(cluster, binary):
    def mail(name, server, says="", lines=(), **more):
        return Case(name, "SMTP_CHECK", server, (limit(says), *lines), good=not says, says=says, **more)

    good, named = smtp(), smtp()
    cases = [
        mail("a good one", stream(good)),
        mail("a name of ours", stream(named), lines=["helo_name probe.example"]),
        mail("busy", stream(smtp(greeting="421 busy\r\n")),
             "SMTP_CHECK Bad greeting banner from server [192.0.2.11]:8003"),
        mail("does not like us", stream(smtp(helo="550 no\r\n")),
             "SMTP_CHECK Bad HELO response from server [192.0.2.11]:8004"),
        mail("says nothing", stream(lambda server, connection: connection.recv(1)),
             "SMTP_CHECK Read timeout from server [192.0.2.11]:8005"),
        mail("hangs up", stream(lambda server, connection: None),
             "SMTP_CHECK Read failure from server [192.0.2.11]:8006"),
        mail("is not there", None, "SMTP_CHECK Could not connect to server [192.0.2.11]:8007"),
        # RFC 5321, 4.2.1; the reference takes it for a bad greeting.
        mail("several lines", stream(smtp(greeting="220-mail.example\r\n220 hello\r\n", helo="250-a\r\n250 b\r\n")),
             ours_alone=True),
        mail("several lines in pieces", stream(smtp(greeting="220-mail.example\r\n220 hello\r\n")), ours_alone=True),
        mail("a line without end", stream(lambda server, connection: connection.sendall(b"2" * 999_000)),
             "SMTP_CHECK Read", ["connect_timeout 2"], ours_alone=True),
    ]
    cases = for_subject(binary, cases)
    run(cluster, cases, binary)
    assert cases[0].running.requests[:2] == ["HELO smtpchecker.keepalived.org\r\n", "QUIT\r\n"]
    assert cases[1].running.requests[:2] == ["HELO probe.example\r\n", "QUIT\r\n"]


@BOTH
def test_name_servers(cluster, binary):
    def dns(name, server, says="", lines=(), **more):
        return Case(name, "DNS_CHECK", server, (limit(says), *lines), good=not says, says=says, protocol="UDP", **more)

    wrong_id = lambda reply: bytes([reply[0] ^ 1]) + reply[1:]  # noqa: E731
    cases = [
        dns("a good one", datagrams(dns_answer())),
        dns("asked for a name", datagrams(dns_answer()), lines=["type AAAA", "name www.example.org"]),
        dns("no such name", datagrams(dns_answer(3)), "DNS_CHECK (RS) read error occurred. (rcode = 3)"),
        dns("an answer to something else", datagrams(dns_answer(0, wrong_id)),
            "DNS_CHECK (RS) read timeout from socket"),
        dns("an echo", datagrams(lambda query: query), "DNS_CHECK (RS) read timeout from socket"),
        dns("a short answer", datagrams(lambda query: query[:11]), "DNS_CHECK (RS) read timeout from socket"),
        dns("silence", datagrams(lambda query: None), "DNS_CHECK (RS) read timeout from socket"),
        dns("nobody", None, "DNS_CHECK (RS) failed to read socket"),
    ]
    run(cluster, cases, binary)
    root, named = (case.running.datagrams[0] for case in cases[:2])
    assert root[2:] == bytes.fromhex("0100 0001 0000 0000 0000 00 0006 0001")
    assert named[2:] == (bytes.fromhex("0100 0001 0000 0000 0000") + b"\3www\7example\3org\0" +
                         bytes.fromhex("001c 0001"))


@BOTH
def test_udp_servers(cluster, binary):
    def udp(name, server, says="", lines=(), **more):
        return Case(name, "UDP_CHECK", server, (limit(says), *lines), good=not says, says=says, protocol="UDP", **more)

    failed, mismatch = "UDP connection to RS failed.", "UDP check to RS reply data mismatch."
    answer = datagrams(lambda data: b"\x01\x2a\xff")
    cases = [
        udp("silence", datagrams(lambda data: None), lines=["connect_timeout 2"]),
        udp("any answer", answer),
        udp("nobody", None, failed),
        # 2.2.7 sends its usual text; 2.4.3 the payload.
        udp("our own payload", answer, lines=["payload 0102ff"], ours_alone=True),
        udp("an answer that is wanted", answer, lines=["require_reply"]),
        udp("silence when an answer is wanted", datagrams(lambda data: None), failed, ["require_reply", "connect_timeout 2"]),
        udp("the right answer", answer, lines=["require_reply 012xff"]),
        # 2.2.7 does not compare; 2.4.3 does.
        udp("a wrong answer", answer, mismatch, ["require_reply 013xff"], ours_alone=True),
        udp("too short", answer, mismatch, ["require_reply 01", "min_reply_length 4"]),
        udp("too long", answer, mismatch, ["require_reply 01", "max_reply_length 2"]),
        # The reference looks at the lengths only beside a content.
        udp("too long, any content", answer, mismatch, ["require_reply", "max_reply_length 2"], ours_alone=True),
    ]
    cases = for_subject(binary, cases)
    run(cluster, cases, binary)
    sent = {case.name: case.running.datagrams[0] for case in cases if case.running}
    assert sent["any answer"] == b"keepalived check - keepalived ch"
    assert binary != HOLDFAST or sent["our own payload"] == b"\x01\x02\xff"


@BOTH
def test_pings(cluster, binary):
    cases = [
        Case("IPv4", "PING_CHECK", lines=("connect_timeout 6",)),
        Case("IPv6", "PING_CHECK", lines=("connect_timeout 6", "connect_ip 2001:db8::11")),
        Case("nobody there", "PING_CHECK", lines=("connect_timeout 2", "connect_ip 192.0.2.99"), good=False,
             says="ICMP CHECK on service RS failed."),
        Case("our own address", "PING_CHECK", lines=("connect_timeout 6", "bindto 192.0.2.1")),
    ]
    run(cluster, cases, binary)


@BOTH
def test_the_weight_of_a_script(cluster, binary):
    director = cluster.director(1)
    status = director.folder / "status"
    status.write_text("0")
    script = director.script("check", f"exit $(cat {status})")
    daemon = cluster.start(director, f"""\
global_defs {{
    script_user root
}}
virtual_server {VIP} 80 {{
    delay_loop 1
    lb_algo wrr
    lb_kind DR
    protocol TCP
    real_server 192.0.2.11 80 {{
        weight 5
        MISC_CHECK {{
            misc_path "{script} one two"
            misc_dynamic
            misc_timeout 5
            warmup 0
        }}
    }}
}}
""", binary=binary, part="check")

    def weight(lines):
        found = [line.split() for line in lines if line.startswith("-a")]
        return int(found[0][-1]) if found else None

    by = f"by [{script}]"
    wait_for_table(director, lambda lines: weight(lines) == 5, 6, "the configured weight")
    daemon.wait_for_log(f"{by} succeeded.")
    for code, wanted in ((2, 0), (12, 10), (255, 253), (0, 5)):
        status.write_text(str(code))
        wait_for_table(director, lambda lines, wanted=wanted: weight(lines) == wanted, 6, f"weight {wanted}")
    daemon.wait_for_log(f"Changing weight from 5 to 0 for active service [192.0.2.11]:tcp:80 of VS [{VIP}]:tcp:80")
    status.write_text("1")
    wait_for_table(director, lambda lines: weight(lines) is None, 6, "no server")
    daemon.wait_for_log(f"{by} failed with retry disabled (exited with status 1).")
    status.write_text("22")
    wait_for_table(director, lambda lines: weight(lines) == 20, 6, "weight 20")
    assert daemon.stop() == 0


@BOTH
def test_a_file_decides_about_weight_and_state(cluster, binary):
    director = cluster.director(1)
    number = director.folder / "number"
    number.write_text("0\n")
    daemon = cluster.start(director, f"""\
track_file number {{
    file {number}
    weight 2
}}
virtual_server {VIP} 80 {{
    delay_loop 1
    lb_algo wrr
    lb_kind DR
    protocol TCP
    real_server 192.0.2.11 80 {{
        weight 5
        FILE_CHECK {{
            track_file number
        }}
    }}
    real_server 192.0.2.12 80 {{
        FILE_CHECK {{
            track_file number
            weight 0
        }}
    }}
}}
""", binary=binary, part="check")

    def weights(lines):
        return [(line.split()[4], int(line.split()[-1])) for line in lines if line.startswith("-a")]

    first, second = "192.0.2.11:80", "192.0.2.12:80"
    wait_for_table(director, lambda lines: weights(lines) == [(first, 5), (second, 1)], 6, "the configured weights")
    for text, wanted in (("3", [(first, 11)]), ("-2147483648", []), ("-1", [(first, 3)]),
                         ("0", [(first, 5), (second, 1)])):
        number.write_text(text)
        wait_for_table(director, lambda lines, wanted=wanted: weights(lines) == wanted, 6, f"{wanted} for {text}")
    assert daemon.stop() == 0

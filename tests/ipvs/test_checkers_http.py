"""HTTP_GET and SSL_GET against good, odd and hostile servers, ours and Debian's keepalived by the same cases."""

import hashlib
import ssl

import pytest
import servers
from checking import Case, run
from cluster import VIP, servers_of, table, wait_for_table
from lab import HOLDFAST, KEEPALIVED, wait_until
from servers import StreamServer, Tls, by_path, page, says

BODY = "hello world\n"
DIGEST = hashlib.md5(BODY.encode()).hexdigest()
STATUS = "HTTP status code error to server RS."
NO_DATA = "Read, no data received from  server RS."


def _limit(says_):
    """Where a limit is to pass it is short; where it is not, a busy guest must not make it pass."""
    return 2 if "WEB" in says_ or "connecting" in says_ else 5 if "Timeout" in says_ else 8


def http(name, talk, url=(), lines=(), **more):
    """A case with one url; `url` are lines of its block beside the path."""
    block = ("url {", "    path /", *(f"    {line}" for line in url), "}")
    server = None if talk is None else lambda node, port: StreamServer(node, port, talk)
    lines = (f"connect_timeout {_limit(more.get('says', ''))}", *lines, *block)
    return Case(name, more.pop("checker", "HTTP_GET"), server, lines, **more)


def bad(name, talk, says_, *arguments, **more):
    return http(name, talk, *arguments, good=False, says=says_, **more)


PLAIN = [
    http("a page", page()),
    bad("an error page", page(status="500 X"), STATUS),
    http("an error page that is wanted", page(status="500 X"), ["status_code 500"]),
    http("a range of codes", page(status="302 X"), ["status_code 200-299 301 302-310"]),
    bad("a code outside of the ranges", page(status="200 OK"), STATUS, ["status_code 201-299 301"]),
    http("the digest", page(), [f"digest {DIGEST}"]),
    bad("another page than the digest's", page("other\n"), "MD5 digest error to server RS.", [f"digest {DIGEST}"]),
    http("a body longer than announced", page(BODY + "more", header=f"Content-Length: {len(BODY)}\r\n"),
         [f"digest {DIGEST}"]),
    http("a body shorter than announced", page(BODY, header="Content-Length: 100\r\n"), [f"digest {DIGEST}"],
         says="content_length (100) does not match received bytes (12)"),
    http("a pattern", page(), ['regex "wor.d"']),
    bad("a pattern that is not there", page(), "Regex match failed server RS.", ['regex "w[0-9]d"']),
    http("a pattern that must not be there", page(), ['regex "w[0-9]d"', "regex_no_match"]),
    bad("a pattern that is there and must not", page(), "Regex match failed server RS.",
        ['regex "hello"', "regex_no_match"]),
    http("a pattern with options", page("a\nHELLO\n"), ['regex "a.hello"', "regex_options caseless dotall"]),
    bad("a pattern behind its last offset", page("x" * 100 + "hello"), "Regex match failed server RS.",
        ['regex "hello"', "regex_max_offset 50"]),
    bad("nobody listens", None, "Connection failed server RS."),
    bad("silence", servers.silent, "Timeout WEB read server RS."),
    bad("an end without an answer", servers.hangs_up, NO_DATA),
    bad("a reset", servers.resets, "Read error with server RS."),
    bad("garbage", says(b"\x00\xff" * 500), NO_DATA),
    bad("an old answer without a header", says("<html>hello</html>"), NO_DATA),
    bad("no code", says("HTTP/1.0 OK\r\n\r\n"), STATUS),
    bad("a page whose connection stays open", servers.never_closes(f"HTTP/1.0 200 OK\r\n\r\n{BODY}"),
        "Timeout HTTP read server RS."),
    http("a page in single bytes", servers.in_pieces(f"HTTP/1.0 200 OK\r\n\r\n{BODY}"), [f"digest {DIGEST}"]),
    http("a page that takes long, but not too long", servers.in_pieces(f"HTTP/1.0 200 OK\r\n\r\n{BODY}")),
    http("a large page", servers.floods(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 10000, 2_000_000)),
    bad("a header without end", servers.floods(b"HTTP/1.0 200 OK\r\n", b"X: " + b"x" * 997 + b"\r\n", 200_000),
        NO_DATA),
    # The reference waits for ever.
    bad("a header that drips", servers.drips("HTTP/1.0 200 OK\r\nX: " + "x" * 1000), "Timeout HTTP read server RS.",
        ours_alone=True),
]


@pytest.mark.parametrize("binary", [HOLDFAST, KEEPALIVED], ids=["ours", "reference"])
def test_http_servers_of_all_kinds(cluster, binary):
    cases = [case for case in PLAIN if binary == HOLDFAST or not case.ours_alone]
    daemon, director = run(cluster, cases, binary)
    assert daemon.stop() == 0
    assert table(director) == []


AGENT = "User-Agent: KeepAliveClient\r\n"


@pytest.mark.parametrize("binary", [HOLDFAST, KEEPALIVED], ids=["ours", "reference"])
def test_requests_byte_for_byte(cluster, binary):
    wanted = {
        "plain": f"GET / HTTP/1.0\r\n{AGENT}Host: 192.0.2.11:8001\r\n\r\n",
        "1.1": f"GET / HTTP/1.1\r\n{AGENT}Connection: close\r\nHost: 192.0.2.11:8002\r\n\r\n",
        "1.0C": f"GET / HTTP/1.0\r\n{AGENT}Connection: close\r\nHost: 192.0.2.11:8003\r\n\r\n",
        "of the checker": f"GET / HTTP/1.0\r\n{AGENT}Host: v.example\r\n\r\n",
        "of the url": f"GET / HTTP/1.0\r\n{AGENT}Host: u.example\r\n\r\n",
        "IPv6": f"GET / HTTP/1.0\r\n{AGENT}Host: [2001:db8::11]:8006\r\n\r\n",
    }
    cases = [
        http("plain", page()),
        http("1.1", page(), lines=["http_protocol 1.1"]),
        http("1.0C", page(), lines=["http_protocol 1.0C"]),
        http("of the checker", page(), lines=["virtualhost v.example"]),
        http("of the url", page(), ["virtualhost u.example"], ["virtualhost v.example"]),
        http("IPv6", page(), lines=["connect_ip 2001:db8::11"]),
    ]
    run(cluster, cases, binary)
    assert {case.name: case.running.requests[0] for case in cases} == wanted


# One url is asked in each round, in their order. The one that failed is asked until it passes, then all again.
@pytest.mark.parametrize("binary", [HOLDFAST, KEEPALIVED], ids=["ours", "reference"])
def test_urls_are_asked_one_after_the_other(cluster, binary):
    director, real = cluster.director(1), cluster.lab.node("real1", "192.0.2.11/24")
    broken = []
    web = StreamServer(real, 80, by_path(one=("200 OK", ""), two=lambda: ("500 X" if broken else "200 OK", ""),
                                         three=("200 OK", "")))
    urls = "".join(f"            url {{\n                path /{path}\n            }}\n"
                   for path in ("one", "two", "three"))
    daemon = cluster.start(director, f"""\
virtual_server {VIP} 80 {{
    delay_loop 1
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 192.0.2.11 80 {{
        HTTP_GET {{
            warmup 0
            retry 0
            delay_before_retry 1
{urls}        }}
    }}
}}
""", binary=binary, part="check")
    asked = lambda: [line.split()[1] for line in web.requests]  # noqa: E731
    daemon.wait_for_log("Remote Web server [192.0.2.11]:tcp:80 succeed on service.", 10)
    assert asked()[:3] == ["/one", "/two", "/three"]
    broken.append(True)
    wait_for_table(director, lambda lines: not servers_of(lines, f"{VIP}:80"), 8, "the server out")
    daemon.wait_for_log("HTTP_CHECK on service [192.0.2.11]:tcp:80 failed.")
    before = len(web.requests)
    wait_until(lambda: len(web.requests) >= before + 2, 6, "two more requests")
    assert set(asked()[before:]) == {"/two"}
    broken.clear()
    wait_for_table(director, lambda lines: servers_of(lines, f"{VIP}:80"), 12, "the server in")
    # The last that failed, the one that passed, then the whole round.
    assert asked()[-4:] == ["/two", "/one", "/two", "/three"]
    daemon.wait_for_log("HTTP status code success to [192.0.2.11]:tcp:80 url(/two)")
    web.stop()


def tls(name, talk, url=(), lines=(), **more):
    return http(name, talk, url, lines, checker="SSL_GET", **more)


@pytest.mark.parametrize("binary", [HOLDFAST, KEEPALIVED], ids=["ours", "reference"])
def test_tls_servers_of_all_kinds(cluster, tmp_path, binary):
    certificate = servers.make_certificate(tmp_path)
    handshake = "SSL handshake/communication error connecting to server RS."
    old = Tls(certificate, page(), highest=ssl.TLSVersion.TLSv1_2)
    sni, no_sni = Tls(certificate, page()), Tls(certificate, page())
    cases = [
        tls("a page", Tls(certificate, page()), [f"digest {DIGEST}"]),
        tls("TLS 1.2", old, [f"digest {DIGEST}"]),
        tls("a name for the server", sni, ["virtualhost u.example"], ["enable_sni"]),
        tls("no name for the server", no_sni, ["virtualhost u.example"]),
        tls("an error page", Tls(certificate, page(status="404 X")), good=False, says=STATUS),
        tls("an end without close_notify", Tls(certificate, _unclean(page())), [f"digest {DIGEST}"]),
        tls("an end without an answer", Tls(certificate, servers.hangs_up), good=False,
            says="SSL read error from server RS."),
        tls("an end without an answer nor close_notify", Tls(certificate, _unclean(servers.hangs_up)), good=False,
            says=NO_DATA),
        tls("no TLS at all", says_first(b"HTTP/1.0 400 Bad Request\r\n\r\n"), good=False, says=handshake),
        tls("garbage", says_first(b"\x16\x03\x01\xff\xff" + b"\x00" * 1000), good=False, says=handshake),
        tls("silence before the handshake", lambda server, connection: connection.recv(65536) and connection.recv(1),
            good=False, says="Timeout connecting server RS."),
        tls("silence after it", Tls(certificate, servers.silent), good=False, says="Timeout SSL read server RS."),
        tls("a page that drips", Tls(certificate, servers.drips("HTTP/1.0 200 OK\r\n\r\n" + "x" * 1000, 0.2)),
            good=False, says="Timeout SSL read server RS."),
        tls("a large page", Tls(certificate, servers.floods(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 10000, 500_000))),
        tls("nobody listens", None, good=False, says="Connection failed server RS."),
    ]
    daemon, _ = run(cluster, cases, binary)
    assert set(sni.names) == {"u.example"}
    assert set(no_sni.names) == {None}
    assert daemon.stop() == 0


def says_first(data):
    def talk(server, connection):
        connection.sendall(data)
        connection.recv(65536)
    return talk


def _unclean(talk):
    """`talk`, then the end of the TCP connection without one of the TLS session."""
    def end(server, session):
        talk(server, session)
        raise OSError("closed as it is")
    return end


@pytest.mark.parametrize("binary", [HOLDFAST, KEEPALIVED], ids=["ours", "reference"])
def test_a_client_certificate_from_the_ssl_block(cluster, tmp_path, binary):
    certificate = servers.make_certificate(tmp_path)
    servers.lock_key(tmp_path / "key.pem", tmp_path / "locked.pem", "secret")
    asking = Tls(certificate, page(), client_authorities=tmp_path / "cert.pem", highest=ssl.TLSVersion.TLSv1_2)
    head = (f"SSL {{\n    password secret\n    ca {tmp_path}/cert.pem\n    certificate {tmp_path}/cert.pem\n"
            f"    key {tmp_path}/locked.pem\n}}\n")
    run(cluster, [tls("a server that wants a certificate", asking, [f"digest {DIGEST}"])], binary, head=head)

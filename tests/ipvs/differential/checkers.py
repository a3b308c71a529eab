"""Every checker with its options, and each way to fail: many services in one daemon, one checker each."""

import hashlib
import struct
import tempfile
import threading
from pathlib import Path

import servers

from .scenario import RIP, VIP, block, checker, notes, real, scenario, service, step


class Cases:
    """Services on ports of their own; `bad` says what their servers do after the first step, then they recover."""

    def __init__(self, kind, protocol="TCP", mail=False, **common):
        self._kind, self._protocol, self._head, self._common = kind, protocol, notes(mail=mail), common
        self.servers, self._parts, self._events = {}, [], []
        self._port = 8000

    def add(self, name, *lines, good=None, bad=None, kind=None, udp=False, **settings):
        """`good` and `bad` are talks (answers for UDP); None as `good` is nobody there."""
        self._port += 1
        key = f"{self._port} {name}"
        if good is not None:
            self.servers[key] = ("datagram" if udp else "stream", RIP[1], self._port, good)
        if bad is not None:
            self._events.append((key, good, bad, udp))
        check = checker(kind or self._kind, *lines, **{"delay_loop": 4, "connect_timeout": 3, **self._common, **settings})
        self._parts.append(service(head=f"{VIP} {self._port}", protocol=self._protocol,
                                   servers=[real(1, port=self._port, check=check)]))
        return self

    def done(self, name, quiet=6, **settings):
        what = lambda udp: "answer" if udp else "say"  # noqa: E731
        steps = [step("bad", *((what(udp), key, bad) for key, _, bad, udp in self._events), quiet=quiet, most=24),
                 step("good again", *((what(udp), key, good) for key, good, _, udp in self._events), quiet=quiet, most=24)]
        settings.setdefault("repeats", True)
        scenario(name, self._head + "".join(self._parts), *(steps if self._events else [step("later", quiet=quiet, most=24)]), servers=self.servers,
                 unordered=True, **settings)


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def url(*lines, path="/"):
    return block("url", f"path {path}", *lines)


page, says = servers.page, servers.says
HELLO = page("hello world\n")
ERROR = page("oops\n", "500 No")

(Cases("HTTP_GET")
 .add("plain", url(), good=HELLO, bad=ERROR)
 .add("status code", url("status_code 200"), good=HELLO, bad=page(status="201 x"))
 .add("status codes", url("status_code 200-299 404"), good=page(status="404 x"), bad=page(status="300 x"))
 .add("unlike status", url("status_code 302"), good=page(status="302 x"), bad=HELLO)
 .add("digest", url(f"digest {md5('hello world' + chr(10))}"), good=HELLO, bad=page("another\n"))
 .add("digest of nothing", url(f"digest {md5('')}"), good=page(""), bad=HELLO)
 .add("digest and status", url(f"digest {md5('oops' + chr(10))}", "status_code 500"), good=ERROR, bad=HELLO)
 .add("two urls", url(path="/a"), url(path="/b"), good=servers.by_path(a=("200 OK", "x"), b=("200 OK", "x")),
      bad=servers.by_path(a=("200 OK", "x"), b=("500 OK", "x")))
 .add("two urls, first", url(path="/a"), url(path="/b"), good=servers.by_path(a=("200 OK", "x"), b=("200 OK", "x")),
      bad=servers.by_path(a=("403 OK", "x"), b=("200 OK", "x")))
 .add("http 1.1", "http_protocol 1.1", url(), good=HELLO, bad=ERROR)
 .add("nobody", url())
 ).done("http: status, digest, urls", dump=True)

(Cases("HTTP_GET")
 .add("hit", url("regex hello"), good=HELLO, bad=page("bye\n"))
 .add("hit, status", url("regex hello", "status_code 200"), good=HELLO, bad=page("hello", "500 x"))
 .add("no match wanted", url("regex bye", "regex_no_match"), good=HELLO, bad=page("bye\n"))
 .add("caseless", url("regex HELLO", "regex_options caseless"), good=HELLO, bad=page("bye\n"))
 .add("multiline", url("regex ^two$", "regex_options multiline"), good=page("one\ntwo\nthree\n"), bad=page("one two three\n"))
 .add("min offset", url("regex world", "regex_min_offset 24"), good=page("x" * 40 + "world\n"), bad=page("world\n" + "x" * 40))
 .add("max offset", url("regex world", "regex_max_offset 40"), good=page("world\n" + "x" * 60), bad=page("x" * 60 + "world\n"))
 .add("both offsets", url("regex world", "regex_min_offset 24", "regex_max_offset 70"), good=page("x" * 20 + "world\n" + "y" * 99),
      bad=page("x" * 90 + "world\n"))
 .add("pieces", url("regex hello"), good=servers.in_pieces("HTTP/1.0 200 OK\r\n\r\nsay hello\nmore\n"), bad=HELLO)
 .add("quoted", url('regex "hel+o w"'), good=HELLO, bad=page("helo-w\n"))
 .add("stack", url("regex h.*d", "regex_stack 1000 2000"), good=HELLO, bad=page("h\n"))
 ).done("http: regex", dump=True)

(Cases("HTTP_GET", retry=1)
 .add("silent", url(), good=HELLO, bad=servers.silent)
 .add("hangs up", url(), good=HELLO, bad=servers.hangs_up)
 .add("resets", url(), good=HELLO, bad=servers.resets)
 .add("garbage", url(), good=HELLO, bad=says(b"\x00\x01\x02garbage\r\n\r\n"))
 .add("no status", url(), good=HELLO, bad=says("hello\r\n\r\nworld"))
 .add("half a header", url(), good=HELLO, bad=says("HTTP/1.0 200 OK\r\nServer: x\r\n"))
 .add("wrong version", url(), good=HELLO, bad=says("HTTP/9.9 200 OK\r\n\r\nhello"))
 .add("too short", url(), good=HELLO, bad=says("HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nhello"))
 .add("too long", url(), good=HELLO, bad=says("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nhello"))
 .add("never closes", url(), good=HELLO, bad=servers.never_closes("HTTP/1.0 200 OK\r\n\r\nhello"))
 .add("never closes, length", url(), good=HELLO, bad=servers.never_closes("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
 .add("chunked", "http_protocol 1.1", url(f"digest {md5('hello')}"),
      good=says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), bad=HELLO)
 ).done("http: ways to fail")

(Cases("HTTP_GET", retry=1)
 .add("silent", "log_all_failures", url(), good=HELLO, bad=servers.silent)
 .add("hangs up", "log_all_failures", url(), good=HELLO, bad=servers.hangs_up)
 .add("resets", "log_all_failures", url(), good=HELLO, bad=servers.resets)
 .add("status", "log_all_failures", url("status_code 200"), good=HELLO, bad=ERROR)
 .add("digest", "log_all_failures", url(f"digest {md5('hello world' + chr(10))}"), good=HELLO, bad=page("x"))
 .add("regex", "log_all_failures", url("regex hello"), good=HELLO, bad=page("x"))
 .add("nobody", "log_all_failures", url())
 .add("nobody there", "log_all_failures", url(), connect_ip="10.1.0.77")
 ).done("http: all failures are logged")


def wants(text):
    """200 if the request has these bytes, else 500."""
    def talk(server, connection):
        data = servers.request(server, connection).decode()
        connection.sendall(f"HTTP/1.0 {'200' if text in data else '500'} x\r\n\r\n{data}".encode())
    return talk


REQUESTS = {
    "default": ((), (), "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.2.0.11:8001\r\n\r\n"),
    "1.0C": (("http_protocol 1.0C",), (), "Connection: close"),
    "1.0c": (("http_protocol 1.0c",), (), "Connection: close"),
    "1.0K": (("http_protocol 1.0K",), (), "eep-alive"),
    "1.0k": (("http_protocol 1.0k",), (), "eep-alive"),
    "1.1": (("http_protocol 1.1",), (), "HTTP/1.1"),
    "1.1K": (("http_protocol 1.1K",), (), "eep-alive"),
    "1.1k": (("http_protocol 1.1k",), (), "eep-alive"),
    "virtualhost": (("virtualhost a.example",), (), "Host: a.example\r\n"),
    "virtualhost of the url": (("virtualhost a.example",), ("virtualhost b.example",), "Host: b.example\r\n"),
    "connect_port": ((), (), "Host: 10.2.0.11:"),
}
requests = Cases("HTTP_GET")
for what, (lines, inner, text) in REQUESTS.items():
    requests.add(what, *lines, url(*inner, "regex " + '"no such thing"', "regex_no_match"), good=wants(text), bad=ERROR)
requests.done("http: what is asked")

scenario("http: virtualhost inherited", notes() + "".join(
    service(*outer, head=f"{VIP} {port}", servers=[real(1, *inner, port=port, check=checker(
        "HTTP_GET", *own, url(*of_url)))])
    for port, outer, inner, own, of_url in (
        (8001, ("virtualhost vs.example",), (), (), ()), (8002, ("virtualhost vs.example",), ("virtualhost rs.example",), (), ()),
        (8003, ("virtualhost vs.example",), (), ("virtualhost c.example",), ()),
        (8004, ("virtualhost vs.example",), (), (), ("virtualhost u.example",)))),
         servers={str(port): ("stream", RIP[1], port, wants(f"Host: {name}.example\r\n"))
                  for port, name in ((8001, "vs"), (8002, "rs"), (8003, "c"), (8004, "u"))}, unordered=True, dump=True)

(Cases("HTTP_GET", retry=2)
 .add("fast", "fast_recovery", url(path="/a"), url(path="/b"), good=servers.by_path(a=("200 OK", "x"), b=("200 OK", "x")),
      bad=servers.by_path(a=("500 OK", "x"), b=("500 OK", "x")), delay_loop=2)
 .add("retry", url(), good=HELLO, bad=ERROR)
 ).done("http: fast recovery and retries")


_making = threading.Lock()
CERTIFICATE = Path(tempfile.gettempdir(), "holdfast-lvs-certificate")


class Tls:
    """A TLS server, made when it is needed: the certificate lies in the guest."""

    def __init__(self, talk, **options):
        self._talk, self._options, self._made = talk, options, None

    def prepare(self):
        with _making:
            CERTIFICATE.mkdir(exist_ok=True)
            if not (CERTIFICATE / "server.pem").exists():
                servers.make_certificate(CERTIFICATE)
            if self._made is None:
                self._made = servers.Tls(CERTIFICATE / "server.pem", self._talk, **self._options)

    def __call__(self, server, connection):
        self._made(server, connection)


(Cases("SSL_GET", connect_timeout=4)
 .add("plain", url(), good=Tls(HELLO), bad=Tls(ERROR))
 .add("sni", "enable_sni", "virtualhost a.example", url("status_code 200"), good=Tls(HELLO), bad=HELLO)
 .add("digest", url(f"digest {md5('hello world' + chr(10))}"), good=Tls(HELLO), bad=Tls(page("x")))
 .add("regex", url("regex hello"), good=Tls(HELLO), bad=Tls(page("x")))
 .add("garbage", url(), good=Tls(HELLO), bad=says(b"garbage that is not TLS\r\n\r\n"))
 .add("hangs up", url(), good=Tls(HELLO), bad=Tls(servers.hangs_up))
 .add("closes at once", url(), good=Tls(HELLO), bad=lambda server, connection: None)
 .add("compliant", "tls_compliant", url(), good=Tls(HELLO), bad=Tls(ERROR))
 .add("compliant url", url("tls_compliant"), good=Tls(HELLO), bad=Tls(ERROR))
 .add("nobody", url())
 ).done("ssl", dump=True)

SMTP = servers.smtp
(Cases("SMTP_CHECK")
 .add("plain", good=SMTP(), bad=SMTP(greeting="554 go away\r\n"))
 .add("helo refused", good=SMTP(), bad=SMTP(helo="500 what?\r\n"))
 .add("named", "helo_name probe.example", good=SMTP(), bad=SMTP(bye="500 stay\r\n"))
 .add("garbage", good=SMTP(), bad=SMTP(greeting="\x01\x02\x03\r\n"))
 .add("no code", good=SMTP(), bad=SMTP(greeting="hello there\r\n"))
 .add("hangs up", good=SMTP(), bad=lambda server, connection: None)
 .add("silent", good=SMTP(), bad=lambda server, connection: connection.recv(1))
 .add("nobody")
 .add("retry", good=SMTP(), bad=SMTP(greeting="421 later\r\n"), retry=2)
 .add("all failures", "log_all_failures", good=SMTP(), bad=SMTP(greeting="421 later\r\n"), retry=1)
 ).done("smtp", dump=True)

ANSWER = servers.dns_answer()
(Cases("DNS_CHECK", protocol="UDP", retry=1)
 .add("plain", good=ANSWER, bad=servers.dns_answer(2), udp=True)
 .add("name", "type A", "name example.org", good=ANSWER, bad=servers.dns_answer(3), udp=True)
 .add("AAAA", "type AAAA", "name www.example.org", good=ANSWER, bad=servers.dns_answer(5), udp=True)
 .add("silent", good=ANSWER, bad=lambda query: None, udp=True)
 .add("wrong id", good=ANSWER, bad=lambda query: b"\0\0" + ANSWER(query)[2:], udp=True)
 .add("query sent back", good=ANSWER, bad=lambda query: query, udp=True)
 .add("short", good=ANSWER, bad=lambda query: query[:5], udp=True)
 .add("nobody")
 .add("all failures", "log_all_failures", good=ANSWER, bad=servers.dns_answer(2), udp=True)
 .add("truncated flag", good=lambda query: query[:2] + struct.pack(">H", 0x8380) + query[4:], udp=True)
 .add("by tcp?", "type SOA", good=ANSWER, bad=servers.dns_answer(1), udp=True)
 ).done("dns", dump=True)

ECHO = lambda datagram: b"pong " + datagram  # noqa: E731
(Cases("UDP_CHECK", protocol="UDP")
 .add("nothing wanted", good=lambda datagram: None, udp=True)
 .add("nobody")
 .add("reply", "require_reply", good=ECHO, bad=lambda datagram: None, udp=True)
 .add("payload", "payload 68656c6c6f", "require_reply", good=ECHO, bad=lambda datagram: None, udp=True)
 .add("content", "payload 68656c6c6f", "require_reply 706f6e67", good=ECHO, bad=lambda datagram: b"nothing", udp=True)
 .add("content masked", "payload 6869", "require_reply 70xx6e67", good=ECHO, bad=lambda datagram: b"nothing", udp=True)
 .add("lengths", "payload 6869", "require_reply 706f6e67", "min_reply_length 6", "max_reply_length 8",
      good=lambda datagram: b"pong 12", bad=lambda datagram: b"pong 12345", udp=True)
 .add("too short", "payload 6869", "require_reply 706f6e67", "min_reply_length 6", "max_reply_length 8",
      good=lambda datagram: b"pong 12", bad=lambda datagram: b"pong", udp=True)
 .add("all failures", "log_all_failures", "require_reply 706f6e67", good=ECHO, bad=lambda datagram: b"nothing", udp=True)
 .add("all failures, silent", "log_all_failures", "require_reply", good=ECHO, bad=lambda datagram: None, udp=True, retry=1)
 ).done("udp", dump=True)

(Cases("TCP_CHECK", retry=1)
 .add("plain", good=lambda server, connection: connection.recv(1))
 .add("nobody", "log_all_failures")
 .add("silent host", "log_all_failures", connect_ip="10.1.0.77")
 .add("bound", f"bindto {RIP[5]}", "bind_port 7777", good=lambda server, connection: connection.recv(1))
 .add("bound interface", "bind_if lo", good=lambda server, connection: connection.recv(1))
 .add("wrong interface", "bind_if eth0", "log_all_failures", good=lambda server, connection: connection.recv(1))
 .add("not our address", "bindto 10.9.9.9", good=lambda server, connection: connection.recv(1))
 .add("another port", "connect_port 8001", good=None)
 .add("mark", "fwmark 3", good=lambda server, connection: connection.recv(1))
 .add("no route", connect_ip="172.31.7.7")
 .add("another family", connect_ip="fd00:2::11", good=lambda server, connection: connection.recv(1))
 ).done("tcp", dump=True, ignore=("bind failed", "^Cannot check"))

scenario("ping", notes() + "".join(
    service(head=f"{VIP} {port}", servers=[real(1, port=port, check=checker("PING_CHECK", *lines, **settings))])
    for port, lines, settings in (
        (8001, (), {}), (8002, (), {"connect_ip": "10.1.0.77", "retry": 1}), (8003, ("log_all_failures",), {
            "connect_ip": "10.1.0.77", "connect_timeout": 2, "retry": 1}), (8004, (), {"connect_ip": "fd00:2::11"}))),
         step("pings are let in", ("ip", "link set eth0 up"), quiet=7, most=24), repeats=True, unordered=True, dump=True)

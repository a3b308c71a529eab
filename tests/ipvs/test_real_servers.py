"""Every checker against servers that nobody wrote for it: nginx, exim, dnsmasq, the kernel and the monitoring plugins
of Debian. They die and come back, and the table follows."""

import gzip
import hashlib
import struct

import pytest
import real_servers
from checking import REAL, Case, real_node, settle, start
from cluster import VIP, table
from lab import HOLDFAST, KEEPALIVED, MailServer, wait_until
from real_servers import PLUGINS, Dnsmasq, Exim, Nginx
from servers import DatagramServer, dns_answer

pytestmark = pytest.mark.skipif(bool(real_servers.missing()), reason=f"not installed: {real_servers.missing()}")

STATUS = "HTTP status code error to server RS."
HANDSHAKE = "SSL handshake/communication error connecting to server RS."
PINGED = "192.0.2.12"

WEB, ENCRYPTED, NEWEST, OLDEST, NAMED, STRANGERS, FRIENDS = range(8080, 8087)

SITES = """\
    server {{
        listen {WEB} default_server;
        listen [::]:{WEB};
        root {www};
        location / {{ return 200 "hello world\\n"; }}
        location /large {{ }}
        location /packed {{ gzip_static always; }}
        location /pieces {{ ssi on; ssi_types *; }}
        location /moved {{ return 302 /; }}
        location /nothing {{ return 204; }}
        location /missing {{ return 404; }}
        location /broken {{ return 500; }}
        location /soon {{ keepalive_timeout 1s; return 200 "hello world\\n"; }}
        location /slow {{ limit_rate 400; }}
    }}
    server {{
        listen {WEB};
        server_name u.example;
        return 200 "the page of $host\\n";
    }}
    server {{
        listen {ENCRYPTED} ssl http2;
        ssl_protocols TLSv1.2;
        ssl_certificate {plain};
        ssl_certificate_key {plain};
        root {www};
        location / {{ return 200 "$ssl_protocol\\n"; }}
        location /large {{ }}
        location /broken {{ return 500; }}
    }}
    server {{
        listen {NEWEST} ssl;
        ssl_protocols TLSv1.3;
        ssl_certificate {plain};
        ssl_certificate_key {plain};
        return 200 "$ssl_protocol\\n";
    }}
    server {{
        listen {OLDEST} ssl;
        ssl_protocols TLSv1.1;
        ssl_ciphers ALL:@SECLEVEL=0;
        ssl_certificate {plain};
        ssl_certificate_key {plain};
        return 200 "$ssl_protocol\\n";
    }}
    server {{
        listen {NAMED} ssl default_server;
        ssl_reject_handshake on;
    }}
    server {{
        listen {NAMED} ssl;
        server_name a.example;
        ssl_certificate {a};
        ssl_certificate_key {a};
        return 200 "the page of $ssl_server_name\\n";
    }}
    server {{
        listen {NAMED} ssl;
        server_name b.example;
        ssl_certificate {b};
        ssl_certificate_key {b};
        return 200 "the page of $ssl_server_name\\n";
    }}
    server {{
        listen {FRIENDS} ssl;
        ssl_certificate {plain};
        ssl_certificate_key {plain};
        ssl_verify_client on;
        ssl_client_certificate {client};
        return 200 "hello $ssl_client_s_dn\\n";
    }}
    server {{
        listen {STRANGERS} ssl;
        ssl_certificate {plain};
        ssl_certificate_key {plain};
        ssl_verify_client on;
        ssl_client_certificate {a};
        return 200 "hello\\n";
    }}
"""
INHIBITED, MAILED = "inhibit_on_failure", "smtp_alert"
# What the mail of each checker says when a server goes, and when it comes back.
MAILS = {
    "HTTP_GET": ("=> CHECK failed on service : HTTP/SSL request failed <=", "=> CHECK succeed on service <="),
    "SSL_GET": ("=> CHECK failed on service : HTTP/SSL request failed <=", "=> CHECK succeed on service <="),
    "SMTP_CHECK": ("=> CHECK failed on service : ", "=> CHECK succeed on service <="),
    "DNS_CHECK": ("=> DNS_CHECK: failed on service <=", "=> DNS_CHECK: succeed on service <="),
    "UDP_CHECK": ("=> UDP CHECK failed on service <=", "=> UDP CHECK succeed on service <="),
    "TCP_CHECK": ("=> TCP CHECK failed on service <=", "=> TCP CHECK succeed on service <="),
    "PING_CHECK": ("=> ICMP CHECK failed on service <=", "=> ICMP CHECK succeed on service <="),
    "MISC_CHECK": ("=> MISC CHECK failed", "=> MISC CHECK succeeded on service <="),
}
LARGE = b"0123456789abcdef\n" * 60_000
PACKED = gzip.compress(b"hello world\n" * 100)
DRIPPING = b"x" * 800  # Two seconds at its rate.


def md5(content):
    return hashlib.md5(content).hexdigest()


def web(name, path="/", url=(), lines=(), port=WEB, checker="HTTP_GET", **more):
    block = ("url {", f"    path {path}", *(f"    {line}" for line in url), "}")
    return Case(name, checker, None, (f"connect_port {port}", "connect_timeout 8", *lines, *block), **more)


def tls(name, port=ENCRYPTED, path="/", url=(), lines=(), **more):
    return web(name, path, url, lines, port, "SSL_GET", **more)


def mail(name, port=Exim.port, **more):
    return Case(name, "SMTP_CHECK", None, (f"connect_port {port}", "connect_timeout 8"), **more)


def dns(name, question, kind, rcode=0, **more):
    says = f"DNS_CHECK (RS) read error occurred. (rcode = {rcode})" if rcode else ""
    return Case(name, "DNS_CHECK", None, (f"connect_port {Dnsmasq.port}", f"name {question}", f"type {kind}", "connect_timeout 3"),
                good=not rcode, says=says, protocol="UDP", **more)


QUESTION = struct.pack(">6H", 0x1234, 0x100, 1, 0, 0, 0) + b"\3www\7example\0" + struct.pack(">2H", 1, 1)
# The same question with one answer: a pointer to its name, type A, class IN, any time to live, four bytes.
REPLY = "12348580" + "0001000100000000" + QUESTION[12:].hex() + "c00c00010001" + "xxxxxxxx" + "0004" + "0a010101"

CASES = [
    web("a page", url=[f"digest {md5(b'hello world' + bytes([10]))}"], weight=7, of_server=(INHIBITED, MAILED)),
    web("IPv6", lines=["connect_ip 2001:db8::11"]),
    web("a redirection", "/moved", ["status_code 301-302"]),
    web("no content", "/nothing"),
    web("a missing page", "/missing", good=False, says=STATUS),
    web("a missing page that is wanted", "/missing", ["status_code 404"]),
    web("an error", "/broken", good=False, says=STATUS),
    web("a large page", "/large", [f"digest {md5(LARGE)}"]),
    web("a packed page", "/packed", [f"digest {md5(PACKED)}"]),
    web("a page in pieces", "/pieces", ['regex "hello, world"'], ["http_protocol 1.1"]),
    web("1.1", url=['regex "^HTTP/1.1 200"'], lines=["http_protocol 1.1"]),
    web("a name", url=["virtualhost u.example", 'regex "the page of u.example"']),
    web("another page than its name's", url=["virtualhost v.example", 'regex "the page of"'], good=False,
        says="Regex match failed server RS."),
    web("1.0 with an end", lines=["http_protocol 1.0C"]),
    web("a page that takes its time", "/slow", [f"digest {md5(DRIPPING)}"]),
    web("HTTP where TLS is spoken", port=ENCRYPTED, good=False, says=STATUS),

    tls("TLS 1.2", url=['regex "TLSv1.2"'], of_server=(MAILED,)),
    tls("TLS 1.3", NEWEST, url=['regex "TLSv1.3"']),
    tls("TLS 1.1", OLDEST, good=False, says=HANDSHAKE),
    tls("a large page over TLS", path="/large", url=[f"digest {md5(LARGE)}"]),
    tls("an error over TLS", path="/broken", good=False, says=STATUS),
    tls("1.1 over TLS", NEWEST, url=['regex "^HTTP/1.1 200"'], lines=["http_protocol 1.1"]),
    tls("one of two names", NAMED, url=["virtualhost a.example", 'regex "the page of a.example"'], lines=["enable_sni"]),
    tls("the other name", NAMED, url=["virtualhost b.example", 'regex "the page of b.example"'], lines=["enable_sni"]),
    tls("no name where one is needed", NAMED, url=["virtualhost a.example"], good=False, says=HANDSHAKE),
    tls("our certificate", FRIENDS, url=['regex "hello CN=client.example"']),
    tls("somebody else's certificate is wanted", STRANGERS, good=False, says=STATUS),
    tls("TLS where HTTP is spoken", WEB, good=False, says=HANDSHAKE),

    # Three lines of greeting: the reference takes them for a bad one (RFC 5321, 4.2.1).
    mail("mail", ours_alone=True, weight=5, of_server=(INHIBITED, MAILED)),
    mail("mail that is refused", Exim.UNFRIENDLY, good=False, says="SMTP_CHECK Bad greeting banner from server"),
    mail("mail for others", Exim.PICKY, good=False, says="SMTP_CHECK Bad HELO response from server", ours_alone=True),
    mail("mail for later", Exim.BUSY, good=False, says="SMTP_CHECK Bad greeting banner from server"),

    *(dns(f"type {kind}", "all.example", kind) for kind in ("NS", "SOA", "MX", "TXT", "RRSIG", "DNSKEY")),
    dns("type A", "www.example", "A", of_server=(MAILED,)),
    dns("type AAAA", "www.example", "AAAA"),
    dns("type CNAME", "alias.example", "CNAME"),
    dns("no record of the type", "www.example", "MX"),
    dns("a truncated answer", "long.example", "TXT"),
    dns("no such name", "nobody.example", "A", 3),
    dns("a name server that fails", "www.fails.example", "A", 2),
    dns("a name server that refuses", "www.elsewhere", "A", 5),

    # 2.2.7 sends its usual text and compares nothing.
    Case("UDP", "UDP_CHECK", None, (f"connect_port {Dnsmasq.port}", f"payload {QUESTION.hex()}", f"require_reply {REPLY}",
                                    "connect_timeout 3"), protocol="UDP", ours_alone=True, of_server=(MAILED,)),
    Case("TCP", "TCP_CHECK", None, (f"connect_port {WEB}", "connect_timeout 8"), of_server=(MAILED,)),
    Case("TCP where nobody listens", "TCP_CHECK", None, ("connect_port 7", "connect_timeout 8"), good=False,
         says="TCP connection to RS failed."),
    Case("ping", "PING_CHECK", None, (f"connect_ip {PINGED}", "connect_timeout 3"), of_server=(MAILED,)),
    Case("a plugin", "MISC_CHECK", None, (f'misc_path "{PLUGINS}/check_tcp -H {REAL} -p {WEB} -t 9"', "misc_timeout 10"),
         of_server=(MAILED,)),
]


@pytest.mark.parametrize("binary", [HOLDFAST, KEEPALIVED], ids=["ours", "reference"])
def test_servers_of_debian_die_and_come_back(cluster, tmp_path, binary):
    real = real_node(cluster)
    real.ip(f"addr add {PINGED}/24 dev eth0")
    made = real_servers.certificates(tmp_path, "plain.example", "a.example", "b.example", "client.example")
    names = {name.split(".")[0]: path for name, path in made.items()}
    nginx = Nginx(real, SITES.format(www=real.folder / "nginx" / "www", **names, **{
        name: value for name, value in globals().items() if isinstance(value, int)}))
    for name, content in (("large", LARGE), ("packed.gz", PACKED), ("slow", DRIPPING),
                          ("pieces", b'<!--# set var="who" value="world" -->hello, <!--# echo var="who" -->\n')):
        nginx.file(name, content)
    failing, post = DatagramServer(real, 5399, dns_answer(2)), MailServer(real, address=REAL)
    programs = [nginx, Exim(real, names["plain"]), Dnsmasq(real, REAL, f"{REAL}:5399")]
    for program in programs:
        program.start()
    cases = [case for case in CASES if binary == HOLDFAST or not case.ours_alone]
    head = (f"global_defs {{\n    script_user root\n    router_id lab\n    smtp_server {REAL}\n    smtp_alert_checker off\n"
            f"    notification_email_from lvs@example.net\n    notification_email {{\n        admin@example.net\n    }}\n}}\nSSL {{\n    certificate {made['client.example']}\n"
            f"    key {made['client.example']}\n}}\n")
    daemon, director = start(cluster, cases, binary, head=head, real=real)
    try:
        settle(daemon, director, cases)

        for program in programs:
            program.stop()
        real.ip(f"addr del {PINGED}/24 dev eth0")
        settle(daemon, director, cases, good=lambda case: False)
        for case in cases:
            # An inhibited server keeps its place and loses its weight.
            gone = f"Disabling service {case.rs} of VS" if INHIBITED in case.of_server else f"Removing service {case.rs} from VS"
            assert gone in daemon.log(), case.name

        for program in programs:
            program.start()
        real.ip(f"addr add {PINGED}/24 dev eth0")
        settle(daemon, director, cases, good=lambda case: case.good)
        for case in cases:
            back = f"{'Enabling' if INHIBITED in case.of_server else 'Adding'} service {case.rs} "
            assert (back in daemon.log()) == case.good, case.name
        mailed = {case: f"[lab] Realserver {case.rs} of virtual server [{VIP}]{case.rs.partition(']')[2]}" for case in cases
                  if MAILED in case.of_server}
        expected = {f"{subject} - {state}" for subject in mailed.values() for state in ("DOWN", "UP")}
        try:
            wait_until(lambda: set(post.subjects()) == expected, 20, "a mail for each change", interval=0.3)
        except AssertionError as error:
            raise AssertionError(f"{error}, but {set(post.subjects()) ^ expected}") from None
        texts = {subject: text for subject, (_, _, text) in zip(post.subjects(), post.mails)}
        for case, subject in mailed.items():
            for state, words in zip(("DOWN", "UP"), MAILS[case.checker], strict=True):
                assert words in texts[f"{subject} - {state}"], case.name
        assert daemon.stop() == 0
        assert table(director) == []
    finally:
        for program in programs:
            program.stop()
            print(program.said())
        failing.stop(), post.close()

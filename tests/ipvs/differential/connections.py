"""Where the connections of each checker come from and go to; what all checkers have in common, for each kind."""

import servers

from .checkers import ANSWER, CERTIFICATE, ECHO, ERROR, HELLO, SMTP, Cases, Tls, url
from .details import soon
from .scenario import PAIR, RIP, VIP, block, checker, down, globals_, notes, reload, scenario, service, step, told, up

ELSEWHERE = "10.2.0.15"  # RIP[5], an address of ours.


def only_from(talk, port=None):
    """Speaks to who comes from ELSEWHERE, and from this port of it; hears what others have to say."""
    def check(server, connection):
        address, its_port = connection.getpeername()[:2]
        if address.endswith(ELSEWHERE) and port in (None, its_port):
            talk(server, connection)
        else:
            connection.settimeout(1)
            connection.recv(4096)
    if hasattr(talk, "prepare"):
        check.prepare = talk.prepare
    return check


KINDS = {
    "HTTP_GET": ((url(),), HELLO, ERROR, False), "SSL_GET": ((url(),), Tls(HELLO), Tls(ERROR), False),
    "SMTP_CHECK": ((), SMTP(), SMTP(greeting="554 go away\r\n"), False),
    "TCP_CHECK": ((), None, None, False),
    "DNS_CHECK": ((), ANSWER, servers.dns_answer(2), True), "UDP_CHECK": (("require_reply",), ECHO, lambda datagram: None, True)}

for kind, (lines, good, bad, is_udp) in KINDS.items():
    settings = dict(kind=kind, udp=is_udp)
    cases = Cases(kind, protocol="UDP" if is_udp else "TCP", connect_timeout=1 if is_udp else 6, delay_loop=3)
    if good is not None:
        cases.add("to another port", *lines, connect_port=9001)  # That of the next but one's own server.
        source = good if is_udp else only_from(good)
        cases.add("from an address", f"bindto {ELSEWHERE}", *lines, good=source, bad=bad, **settings)
        cases.add("from another", f"bindto {RIP[4]}", "log_all_failures", *lines, good=source, **settings)
        cases.add("by an interface", "bind_if lo", *lines, good=good, bad=bad, **settings)
        if kind != "UDP_CHECK":  # Which does not care, in the reference.
            cases.add("by the wrong interface", "bind_if eth0", "log_all_failures", *lines, good=good, **settings)
        cases.add("marked", "fwmark 7", *lines, good=good, bad=bad, **settings)
        cases.add("alpha", "alpha", *lines, good=good, bad=bad, **settings)
        cases.add("alpha and nobody", "alpha", *lines, **settings)
        cases.add("another address", *lines, connect_ip=RIP[2], **settings)
        cases.add("an address nobody has", "log_all_failures", *lines, connect_ip="10.1.0.79", connect_timeout=2, **settings)
        cases.add("IPv6", *lines, connect_ip="fd00:2::12", **settings)
        cases.add("failures", "log_all_failures", *lines, good=good, bad=bad, retry=2, **settings)
        cases.add("a longer loop", *lines, good=good, bad=bad, delay_loop=6, **settings)
    else:
        cases.add("from a port", f"bindto {ELSEWHERE}", "bind_port 7771", good=only_from(lambda _server,
                 connection: connection.recv(1), 7771))
        cases.add("alpha and nobody", "alpha")
    cases.done(f"connections of {kind}", dump=True, quiet=9, ignore=("bind failed", "^Cannot check", "^SSL error '"))

for port, lines in (("7772", ()), ("7773", ("alpha",))):
    scenario(f"the port of a checker {' '.join(lines)}".strip(), notes() + service(*lines, servers=[
        told(1, check=checker("HTTP_GET", url(), f"bind_port {port}", delay_loop=3)), told(2)]), down("one"), up("one"),
             servers={**PAIR, "one": ("stream", RIP[1], 80, HELLO)}, ignore=("bind failed", "^Cannot check"))

scenario("pings from an address", notes() + service(servers=[
    told(1, check=checker("PING_CHECK", f"bindto {ELSEWHERE}", "fwmark 3", "delay_loop 2")),
    told(2, check=checker("PING_CHECK", "bind_if lo", "alpha"))]),
         step("pings do not leave any more", ("ip", f"addr del {RIP[1]}/32 dev lo"), quiet=5),
         step("again", ("ip", f"addr add {RIP[1]}/32 dev lo"), quiet=5),
         unordered=True, repeats=True, dump=True, ignore=("^send ICMP packet fail",))

MISC = ('misc_path "@DIR@/status one"', "misc_timeout 5")
scenario("misc with all that checkers have", notes() + service(servers=[
    told(1, check=checker("MISC_CHECK", *MISC, "alpha", "log_all_failures", "delay_loop 2", retry=1)),
             told(2, check=checker("MISC_CHECK", *MISC, "delay_loop 3"))]),
         step("fails", ("set", "one", 3), quiet=5), step("succeeds", ("set", "one", 0), quiet=5), before=(("set", "one", 1),),
         unordered=True, dump=True)

# The certificate of the client.
PEM = str(CERTIFICATE)
SECRETS = block("SSL", f"ca {PEM}/cert.pem", f"certificate {PEM}/cert.pem", f"key {PEM}/key.pem") + "\n"
asks = Tls(HELLO, client_authorities=CERTIFICATE / "cert.pem")
WITH = service(servers=[told(1, check=checker("SSL_GET", url(), connect_timeout=4)), told(2)])
scenario("a client's certificate", notes() + SECRETS + WITH, down("one"), up("one"),
         servers={**PAIR, "one": ("stream", RIP[1], 80, asks)}, dump=True)
scenario("no client's certificate where one is wanted", notes() + WITH, reload(notes() + SECRETS + WITH),
         servers={**PAIR, "one": ("stream", RIP[1], 80, asks)},
         repeats=True, ignore=("^SSL error '",))
(Cases("SSL_GET", connect_timeout=4)
 .add("url's virtualhost", "enable_sni", "virtualhost a.example", url("virtualhost b.example", "status_code 200"),
          good=Tls(HELLO), bad=Tls(ERROR))
 .add("regex not there", url("regex bye", "regex_no_match"), good=Tls(HELLO), bad=Tls(servers.page("bye\n")))
 .add("caseless", url("regex HELLO", "regex_options caseless"), good=Tls(HELLO), bad=Tls(servers.page("bye\n")))
 .add("offsets", url("regex world", "regex_min_offset 24", "regex_max_offset 70"),
          good=Tls(servers.page("x" * 20 + "world\n" + "y" * 99)),
      bad=Tls(servers.page("x" * 90 + "world\n")))
 .add("stack", url("regex h.*d", "regex_stack 1000 2000"), good=Tls(HELLO), bad=Tls(servers.page("h\n")))
 ).done("ssl: regex", dump=True)
scenario("smtp: connections", notes() + service(servers=[
    told(1, check=checker("SMTP_CHECK", f"bindto {ELSEWHERE}", "fwmark 5", connect_ip=RIP[2], connect_port=2525)),
    told(2, check=soon("TCP_CHECK"))]), step("down", ("down", "mail"), quiet=5), step("up", ("up", "mail"), quiet=5),
         servers={**PAIR, "mail": ("stream", RIP[2], 2525, only_from(SMTP()))}, unordered=True, repeats=True, dump=True)
scenario("SMTP of the global host while servers fail", globals_("lvs_notify_fifo @DIR@/fifo", "smtp_server 127.0.0.1 25",
         "smtp_helo_name lab.example", "smtp_connect_timeout 3",
                                                               "notification_email_from a@lab",
                                                               "notification_email {\n    x@lab\n}", "smtp_alert_checker") +
         service(head=f"{VIP} 80", servers=[told(1, "weight 2"), told(2, "weight 3")]), down("one"), up("one"), servers=PAIR)

"""Options and texts that the other scenarios leave out: whole dumps, mails of every checker, BFD end to end, mail hosts."""

import servers

from .checkers import ANSWER, ECHO, ERROR, HELLO, SMTP, Cases, Tls, md5, url
from .events import ALL, CYCLE, SORRY, noted
from .scenario import (OURS, PAIR, RIP, RIP6, VIP, VIP6, block, checker, down, globals_, notes, real, reload, scenario, service,
                       step, tcp, told, udp, unchecked, up)
from .tables import instance, plain


def timed(kind, *lines, **more):
    """A checker that leaves every time to the servers around it."""
    return checker(kind, *lines, **{"connect_timeout": None, "retry": None, "delay_before_retry": None, "warmup": None, **more})


def soon(kind, *lines):
    return timed(kind, *lines, warmup=0)


TRACK = (block("track_file F", 'file "@DIR@/value"', "weight 2 reverse") + "\n" +
         block("track_file G", 'file "@DIR@/other"', "init_file 1") + "\n" +
         block("track_file UNUSED", 'file "@DIR@/unused"') + "\n")
SESSION = block("bfd_instance B", "neighbor_ip 10.1.0.2", "source_ip 10.1.0.1") + "\n"


def everything(weight=3):
    """Every option of services and checkers, some at each of the levels."""
    groups = (block("virtual_server_group G", "10.1.0.210-212 80", "fwmark 4", "10.1.0.220 81") + "\n" +
              block("virtual_server_group SIX", "fd00:1::300-2 80", "fwmark 12 inet6") + "\n" +
              block("virtual_server_group BOTH", "10.1.0.230 99", "fd00:1::230 99") + "\n")
    first = block(
        f"virtual_server {VIP} 80", "delay_loop 2.5", "lb_algo sh", "sh-port", "lb_kind NAT", "protocol TCP", "retry 2",
        "delay_before_retry 1.5", "warmup 0", "connect_timeout 4", "persistence_timeout 77",
        "persistence_granularity 255.255.255.0", "virtualhost vs.example", "snmp_name service-one", "inhibit_on_failure",
        "alpha", "omega", "quorum 2", "hysteresis 1", "weight 4", 'quorum_up "@DIR@/note up" root root',
        'quorum_down "@DIR@/note down"', f"sorry_server {RIP[1]} 80", "sorry_server_inhibit", "smtp_alert",
        real(1, f"weight {weight}", "virtualhost rs.example", "snmp_name rs-one", "uthreshold 100", "lthreshold 7",
             'notify_up "@DIR@/note up" root', 'notify_down "@DIR@/note down"', check=timed("TCP_CHECK")),
        real(2, "inhibit_on_failure 0", "alpha 0", "smtp_alert off", "delay_loop 3", "retry 1", "delay_before_retry 2",
             "warmup 0", "connect_timeout 1.25", "lvs_method TUN type gue port 5555 csum", check=timed("TCP_CHECK")),
        real(3, "lvs_method TUN type gre", check=timed("TCP_CHECK", "log_all_failures", retry=5, delay_before_retry=0.5)))
    kinds = (
        soon("HTTP_GET", url(f"digest {md5('x')}", "status_code 200-204 301", "virtualhost u.example", path="/a"),
             url('regex "one two"', "regex_options caseless multiline", "regex_min_offset 5", "regex_max_offset 90", path="/b")),
        soon("HTTP_GET", "http_protocol 1.1", "virtualhost c.example", "fast_recovery", "enable_sni",
             url('regex "one two"', "regex_no_match", path="/c")),
        soon("HTTP_GET", "http_protocol 1.0C", url("regex x", "regex_min_offset 7", "regex_stack 4096 8192")),
        soon("SSL_GET", "tls_compliant", url("status_code 200", "tls_compliant 0"), url(path="/two")),
        soon("SMTP_CHECK", "helo_name probe.example"), soon("SMTP_CHECK"),
        soon("DNS_CHECK", "type AAAA", "name www.example.org"), soon("DNS_CHECK"),
        soon("UDP_CHECK", "payload 68656c6c6f", "require_reply 70XX6e67", "min_reply_length 2", "max_reply_length 99"),
        soon("UDP_CHECK", "require_reply 706f"), soon("UDP_CHECK", "require_reply"), soon("UDP_CHECK"),
        soon("PING_CHECK", "connect_ip 127.0.0.1"),
        soon("MISC_CHECK", 'misc_path "@DIR@/status one two"', "misc_timeout 6", "user root root"),
        soon("MISC_CHECK", 'misc_path "@DIR@/status three"', "misc_dynamic", "misc_timeout 9"),
        soon("MISC_CHECK", "misc_path @DIR@/slow", "user root"),
        block("FILE_CHECK", "track_file F"), block("FILE_CHECK", "track_file G", "weight 5 reverse"),
        block("BFD_CHECK", "name B"), block("BFD_CHECK", "name B", "alpha"),
        soon("TCP_CHECK", "connect_ip 127.0.0.2", "connect_port 99", f"bindto {RIP[5]}", "bind_port 7777", "bind_if lo", "fwmark 6"))
    rest = "".join(service(head=f"{VIP} {8001 + i}", protocol="TCP", servers=[real(1, port=8001 + i, check=each)])
                   for i, each in enumerate(kinds))
    return (notes(lines=("checker_log_all_failures",)) + TRACK + SESSION + groups + first + "\n" + rest +
            plain("ops", head="fwmark 9", protocol=None) + plain("ops", protocol="UDP", port=82) +
            plain("persistence_timeout 60", "persistence_granularity 64", head=f"{VIP6} 80", servers=unchecked(family=6)) +
            plain(algo="mh", head="group G", kind="NAT") + plain(head="group G", protocol="UDP") +
            plain(head="group SIX", servers=unchecked(family=6)) + plain(head="group BOTH", kind="TUN"))


scenario("dumps of everything", everything(), step("a dump", ("dump", "1")), reload(everything(weight=5)),
         step("a file", ("write", "value", "3\n")), looks=("-Sn", "-Ln --thresholds"), dump=True, unordered=True, part="all",
         before=(("set", "three", 9),),
         repeats=True, servers={"one": tcp(1), "two": tcp(2), "three": tcp(3)},
         ignore=(r"^\(B\)|BFD_Instance|^BFD|Received BFD", "IPVS cmd", "^IPVS: cannot"))
scenario("dumps with the SSL block", globals_() + block("SSL", 'password "secret"') + "\n" + plain(), dump=True)

# The words of the mails, a server of each kind that fails and returns.
MAILS = (Cases("HTTP_GET", mail=True)
         .add("http", url(), good=HELLO, bad=ERROR)
         .add("http gone", url(), good=HELLO, bad=servers.silent)
         .add("ssl", url(), kind="SSL_GET", good=Tls(HELLO), bad=Tls(ERROR))
         .add("smtp", kind="SMTP_CHECK", good=SMTP(), bad=SMTP(greeting="554 go away\r\n"))
         .add("dns", kind="DNS_CHECK", good=ANSWER, bad=servers.dns_answer(2), udp=True)
         .add("udp", "require_reply", kind="UDP_CHECK", good=ECHO, bad=lambda datagram: None, udp=True))
MAILS.done("mails of checkers", repeats=True)
scenario("mails of a tcp and a misc checker", notes(mail=True) + noted(servers=[
    told(1), told(2, check=checker("MISC_CHECK", 'misc_path "@DIR@/status one"', "misc_timeout 5")),
    told(3, check=checker("MISC_CHECK", 'misc_path "@DIR@/slow"', "misc_timeout 1"))]),
         step("two fail", ("down", "one"), ("set", "one", 7)), step("they return", ("up", "one"), ("set", "one", 0)),
         unordered=True, servers=PAIR)
scenario("mails of marks, groups and IPv6", notes(mail=True) + block("virtual_server_group G", f"{VIP} 90", "fwmark 5") + "\n" +
         noted("smtp_alert", head="fwmark 9") + noted("smtp_alert", head="group G", kind="NAT") +
         noted("smtp_alert", "ip_family inet6", head="fwmark 11", servers=[told(3, family=6)]), *CYCLE,
         servers={**PAIR, "three": tcp(3, family=6)}, unordered=True)

# Conversations.
LONG = "220-" + "x" * 600 + "\r\n220 mail.example\r\n"
(Cases("SMTP_CHECK")
 .add("long greeting", good=SMTP(greeting="220 " + "x" * 500 + "\r\n"), bad=SMTP(greeting="220 " + "x" * 700 + "\r\n"))
 .add("helo of 250 lines", good=SMTP(helo="250 " + "y" * 400 + "\r\n"), bad=SMTP(helo="451 busy\r\n"))
 .add("bye is short", good=SMTP(), bad=SMTP(bye="2\r\n"))
 .add("no line end", good=SMTP(), bad=SMTP(greeting="220 mail"))
 .add("greeting in two", good=SMTP(greeting="220 one\r\n"), bad=SMTP(greeting="220"))
 .add("port", connect_port=8001, good=None)
 ).done("smtp: greetings", dump=True, ignore=("Buffer overflow reading",))
scenario("smtp: a host block", notes() + service(servers=[real(1, check=checker(
    "SMTP_CHECK", block("host", f"connect_ip {RIP[2]}", "connect_port 2525", "connect_timeout 2"))),
    real(3, check=checker("SMTP_CHECK", block("host", "connect_port 2526"), "helo_name inner.example"))]),
         step("down", ("down", "mail")), step("up", ("up", "mail")),
         servers={"mail": tcp(2, SMTP(), 2525), "other": tcp(3, SMTP(), 2526)}, unordered=True,
         ignore=("host block is deprecated", "^SMTP_CHECK (Connection timeout to|Could not connect to)"))

TYPES = ("A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY")
CODES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "RRSIG": 46, "DNSKEY": 48}


def asked(name, code):
    """Good only for this question, byte by byte behind the id and flags."""
    words = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"
    wanted = words + code.to_bytes(2, "big") + b"\0\1"
    return lambda query: ANSWER(query) if query[12:12 + len(wanted)] == wanted else servers.dns_answer(3)(query)


names = Cases("DNS_CHECK", protocol="UDP", retry=0)
for number, kind in enumerate(TYPES):
    names.add(f"type {kind}", f"type {kind.lower() if number % 2 else kind}", f"name n{number}.example.org",
              good=asked(f"n{number}.example.org", CODES[kind]), bad=servers.dns_answer(3), udp=True)
for code in range(1, 11):
    names.add(f"answer {code}", "log_all_failures", good=ANSWER, bad=servers.dns_answer(code), udp=True)
names.add("root", good=asked("", 6), bad=lambda query: b"", udp=True)
names.add("refused", good=ANSWER, bad=lambda query: query[:2] + b"\x01\x00" + query[4:], udp=True)
names.done("dns: questions and answers")

(Cases("UDP_CHECK", protocol="UDP")
 .add("nothing said", "require_reply", good=lambda datagram: b"x" if len(datagram) > 64 else b"", bad=lambda datagram: None, udp=True)
 .add("payload kept", "payload 00ff10", "require_reply 00ff10", good=lambda datagram: datagram, bad=lambda datagram: datagram[1:], udp=True)
 .add("longer than asked", "payload 41", "require_reply 4142", good=lambda datagram: b"ABCD", bad=lambda datagram: b"A", udp=True)
 .add("half bytes", "payload 41", "require_reply 4x x2", good=lambda datagram: b"AB", bad=lambda datagram: b"QB", udp=True)
 .add("max", "payload 41", "require_reply 41", "max_reply_length 3", good=lambda datagram: b"AAA", bad=lambda datagram: b"AAAA", udp=True)
 .add("min", "payload 41", "require_reply 41", "min_reply_length 3", good=lambda datagram: b"AAA", bad=lambda datagram: b"AA", udp=True)
 .add("retry", "require_reply", good=ECHO, bad=lambda datagram: None, udp=True, retry=2)
 .add("a nobody with retry", "log_all_failures", retry=2)
 ).done("udp: contents", dump=True)

(Cases("HTTP_GET")
 .add("ranges", url("status_code 100-199 300 302-303 400-599"), good=servers.page(status="302 x"), bad=servers.page(status="301 x"))
 .add("bad ranges", url("status_code 99 700 300-200 abc 204"), good=servers.page(status="204 x"), bad=HELLO)
 .add("nb_get_retry", "nb_get_retry 2", url(), good=HELLO, bad=ERROR, retry=None)
 .add("dotall", url('regex "a.b"', "regex_options dotall"), good=servers.page("a\nb"), bad=servers.page("ab"))
 .add("extended", url('regex "a  b"', "regex_options extended"), good=servers.page("ab"), bad=servers.page("a-b"))
 .add("unknown option", url("regex hello", "regex_options nonsense caseless"), good=servers.page("HELLO"), bad=servers.page("x"))
 .add("no url", good=HELLO)
 .add("no path", "url {\n}", good=HELLO)
 .add("1.0c", "http_protocol 1.0c", url(), good=HELLO, bad=ERROR)
 .add("unknown protocol", "http_protocol 2", url(), good=HELLO, bad=ERROR)
 ).done("http: more of everything", dump=True)

(Cases("SSL_GET", connect_timeout=4)
 .add("sni_name", "enable_sni", "sni_name c.example", url(), good=Tls(HELLO), bad=Tls(ERROR))
 .add("1.1", "http_protocol 1.1", url("status_code 200"), good=Tls(HELLO), bad=Tls(servers.page(status="204 x")))
 .add("two urls", url(path="/a"), url(path="/b"), good=Tls(servers.by_path(a=("200 OK", "x"), b=("200 OK", "x"))),
      bad=Tls(servers.by_path(a=("200 OK", "x"), b=("500 OK", "x"))))
 .add("fast", "fast_recovery", url(), good=Tls(HELLO), bad=Tls(ERROR), retry=1)
 .add("all failures", "log_all_failures", url("regex hello"), good=Tls(HELLO), bad=Tls(servers.page("x")), retry=1)
 ).done("ssl: more of everything", dump=True)

# Times of all three levels.
scenario("times of every kind", notes(lines=("checker_log_all_failures",)) + "".join(
    block(f"virtual_server {VIP} {8001 + i}", "delay_loop 2", "lb_algo wrr", "lb_kind DR", "protocol TCP", *outer,
          real(1, *inner, port=8001 + i, check=timed(kind, *lines, **own))) + "\n"
    for i, (kind, lines) in enumerate((("TCP_CHECK", ()), ("HTTP_GET", (url(),)), ("SMTP_CHECK", ()), ("DNS_CHECK", ()),
                                      ("MISC_CHECK", ('misc_path "@DIR@/status one"',)), ("PING_CHECK", ("connect_ip 10.1.0.77",))))
    for outer, inner, own in [((), (), {"warmup": 0}) if i % 2 else (("retry 3", "warmup 0", "delay_before_retry 0.5",
                                                                       "connect_timeout 1"), ("retry 1",), {})]),
         dump=True, unordered=True, repeats=True)

# Weights.
scenario("reload to weight 0 and back", notes(mail=True) + noted(SORRY), reload(notes(mail=True) + noted(
    SORRY, servers=[told(1, "weight 0"), told(2, "weight 3")])), reload(notes(mail=True) + noted(
        SORRY, servers=[told(1, "weight 0"), told(2, "weight 0")])), down("one"), up("one"), reload(notes(mail=True) + noted(SORRY)),
         # The reference reckons with a hysteresis of minus one there, and says so.
         ignore=("0.4294967295=1", r"quorum down 0.0=0"), **ALL)
scenario("reload of the weight of the service", notes() + service("weight 5", servers=[told(1), told(2, "weight 2")]),
         reload(notes() + service("weight 1", servers=[told(1), told(2, "weight 2")])), down("two"),
         reload(notes() + service("weight 7", servers=[told(1), told(2, "weight 2")])), **ALL)
scenario("quorum counts weights", notes() + noted("quorum 5", "hysteresis 2"), down("one"), up("one"), down("two"), up("two"),
         reload(notes() + noted("quorum 3", "hysteresis 0")), down("two"), down("one"), **ALL)

# Suspended.
GROUP = block("virtual_server_group G", f"{VIP} 80", "10.1.0.202-203 80", "fwmark 3") + "\n"
SUSPENDED = notes() + GROUP + service("ha_suspend", head="group G", servers=[told(1), told(2)]) + service(
    "ha_suspend", head=f"{VIP6} 80", servers=[told(1, family=6)]) + service("ha_suspend", head="fwmark 7", servers=[told(2)])
scenario("ha_suspend of groups, marks and IPv6", SUSPENDED, step("one of three", ("ip", "addr add 10.1.0.203/32 dev eth0")), down("one"),
         step("IPv6", ("ip", f"addr add {VIP6}/128 dev eth0 nodad")), step("another", ("ip", f"addr add {VIP}/32 dev eth0")),
         step("the first goes", ("ip", "addr del 10.1.0.203/32 dev eth0")), up("one"),
         step("all are gone", ("ip", f"addr del {VIP}/32 dev eth0"), ("ip", f"addr del {VIP6}/128 dev eth0")), unordered=True, **ALL)

# Tables that are not empty.
for flush in ("", "lvs_flush"):
    scenario(f"a table from before, {flush or 'no flushing'}", globals_(*([flush] if flush else [])) + plain() + plain(port=81),
             before=(("ipvsadm", f"-A -t {VIP}:80 -s wrr"), ("ipvsadm", f"-a -t {VIP}:80 -r {RIP[1]}:80 -g -w 2"),
                     ("ipvsadm", "-A -t 10.1.0.250:80 -s rr")), ignore=("IPVS cmd", *OURS))

for words in ("id 9", "inst VI_1 maxlen 900", "VI_1 id 200 port 9999 ttl 5 group 224.0.0.99", "VI_1 group ff15::99"):
    scenario(f"sync daemon {words}", globals_(f"lvs_sync_daemon eth0 {words}") + instance("VI_1", 33) + plain(), step("the instance is MASTER", quiet=5),
             step("the link goes", ("ip", "link set eth0 down"), quiet=5), part="all", looks=("-Sn", "-L --daemon"), prepare=("link set eth0 multicast on arp on",),
             ignore=(r"^\(VI_1\)", r"ssigned address"))

scenario("sync daemon by the older keyword", globals_() + instance("VI_1", 33, 100, "lvs_sync_daemon_interface eth0") + plain(),
         step("the instance is MASTER", quiet=5), reload(globals_() + instance("VI_1", 33, 110, "lvs_sync_daemon_interface eth0") + plain()),
         part="all", looks=("-Sn", "-L --daemon"), prepare=("link set eth0 multicast on arp on",),
         ignore=(r"^\(VI_1\)", r"ssigned address", "^Reinitializing", "IPVS cmd IP_VS_SO_SET_STARTDAEMON"))

scenario("the table of another namespace", "net_namespace_ipvs @ELSEWHERE@\n" + notes() + noted(SORRY), *CYCLE,
         reload("net_namespace_ipvs @ELSEWHERE@\n" + notes() + noted()), elsewhere=True, **ALL)

# With `lvs_repair off` it is as with keepalived, which does not know the keyword.
scenario("the table changed by somebody, left as it is", notes(lines=("lvs_repair off",)) + noted(),
         step("a server deleted", ("ipvsadm", f"-d -t {VIP}:80 -r {RIP[1]}:80")),
         step("a weight", ("ipvsadm", f"-e -t {VIP}:80 -r {RIP[2]}:80 -g -w 77")), reload(notes(lines=("lvs_repair off",)) + noted()),
         ignore=("lvs_repair", "IPVS cmd"), servers=PAIR)

# A session with a neighbour that comes and goes.
NEAR = block("bfd_instance B", "neighbor_ip 10.1.1.2", "source_ip 10.1.1.1", "min_rx 100", "min_tx 100", "multiplier 5") + "\n"
FAR = block("bfd_instance B", "neighbor_ip 10.1.1.1", "source_ip 10.1.1.2", "min_rx 100", "min_tx 100", "multiplier 5") + "\n"
for lines in ((), ("alpha",)):
    scenario(f"a BFD session with a neighbour {' '.join(lines)}", notes(mail=True) + NEAR + noted(SORRY, servers=[
        told(1, "weight 2", check=block("BFD_CHECK", "name B", *lines)), told(2, "weight 3")]),
             step("the neighbour comes", ("peer", FAR), quiet=6, most=20), step("the neighbour goes", ("no_peer",), quiet=6, most=20),
             step("the neighbour returns", ("peer", FAR), quiet=6, most=20), reload(notes(mail=True) + NEAR + noted(SORRY, servers=[
                 told(1, "weight 4", check=block("BFD_CHECK", "name B", *lines)), told(2, "weight 3")])),
             part="all", before=(("neighbour",),), ignore=(r"^\(B\)|BFD_Instance|^BFD|Received BFD",), servers=PAIR, dump=True)
scenario("a BFD session of the checkers alone", notes() + NEAR.replace("multiplier 5", "multiplier 5\n    checker") + noted(servers=[
    told(1, check=block("BFD_CHECK", "name B")), told(2)]), step("the neighbour comes", ("peer", FAR), quiet=6, most=20),
         part="all", before=(("neighbour",),), ignore=(r"^\(B\)|BFD_Instance|^BFD|Received BFD",), servers=PAIR, dump=True)

# The FIFO.
scenario("a fifo line of everything", notes(lines=("rs_init_notifies",)) + block("virtual_server_group SIX", "fd00:1::300-1 80", "fwmark 12") +
         "\n" + noted("omega", head="group SIX", servers=[told(1, family=6)]) + noted("omega", head="fwmark 13", kind="NAT") +
         noted("omega", protocol="UDP", head=f"{VIP} 53") + noted("omega", protocol="SCTP", head=f"{VIP} 54"), *CYCLE,
         servers={**PAIR, "six": tcp(1, family=6)}, unordered=True, known=("^stop: (notes|fifo)",))

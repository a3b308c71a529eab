"""Courses of failures and returns: weights from several places, steps of the quorum, families, kinds of services."""

import signal

from .checkers import ERROR, HELLO, url
from .details import soon
from .events import ALL, CYCLE, MISC, SORRY, TRACK, file_check, noted
from .scenario import (PAIR, RIP, RIP6, VIP, VIP6, block, checker, down, given, globals_, notes, real, reload, scenario, service,
                       step, tcp, told, udp, unchecked, up)
from .sequences import group
from .tables import plain

N = notes()
FOUR = {"one": tcp(1), "two": tcp(2), "three": tcp(3), "four": tcp(4)}
STAIRS = [told(1, "weight 1"), told(2, "weight 2"), told(3, "weight 4"), told(4, "weight 8")]
SIX = {"one": tcp(1, family=6), "two": tcp(2, family=6)}

# Steps of the quorum.
for words in (("quorum 8",), ("quorum 8", "hysteresis 2"), ("quorum 8", "hysteresis 7"), ("quorum 15",),
         ("quorum 14", "hysteresis 1"), ("quorum 2", "hysteresis 1", "inhibit_on_failure"),
              ("quorum 8", "alpha"), ("quorum 8", "omega", "sorry_server_inhibit")):
    scenario(f"stairs with {' '.join(words)}", notes(mail="alpha" in words) + noted(SORRY, *words, servers=STAIRS), down("four"),
             down("three"), up("four"), down("four"), down("two"), down("one"),
             up("one"), up("two"), up("three"), up("four"), servers=FOUR, dump=True, unordered=True)
scenario("stairs without a sorry server", N + noted("quorum 8", "hysteresis 2", servers=STAIRS), down("four"), down("three"),
         up("four"), down("four"), down("two"),
         down("one"), up("two"), up("three"), servers=FOUR, dump=True)
scenario("the quorum is one server's weight", N + noted("quorum 3", SORRY), *CYCLE, **ALL)
scenario("the quorum with a weight of the service", N + service("weight 3", "quorum 6", SORRY, 'quorum_up "@DIR@/note quorum up"',
         'quorum_down "@DIR@/note quorum down"',
                                                               servers=[told(1), told(2)]), *CYCLE, **ALL)

# Weights from several places.
scenario("misc_dynamic inhibited", N + noted("inhibit_on_failure", SORRY, servers=[told(1, "weight 5", check=MISC), told(2)]),
         given("one", 22), given("one", 1), given("one", 9),
         down("two"), given("one", 1), given("one", 0), **ALL)
scenario("misc_dynamic twice on one server", N + noted(servers=[
    told(1, "weight 10", MISC, check=checker("MISC_CHECK", 'misc_path "@DIR@/status two"', "misc_dynamic", "misc_timeout 5")),
             told(2)]),
         given("one", 22), given("two", 7), given("one", 1), given("two", 0), given("one", 0),
         unordered=True, **ALL)
scenario("misc_dynamic and a file", N + TRACK + noted(servers=[told(1, "weight 10", MISC, check=file_check()), told(2)]),
         given("one", 22), step("file 3", ("write", "value", "3\n")),
         given("one", 4), step("file -50", ("write", "value", "-50\n")), given("one", 1),
         step("file 0", ("write", "value", "0\n")), given("one", 0), **ALL)
scenario("a weight of 0 from misc_dynamic", N + noted(SORRY, servers=[told(1, "weight 5", check=MISC),
         told(2, "weight 5", check=checker("MISC_CHECK", 'misc_path "@DIR@/status two"', "misc_dynamic", "misc_timeout 5"))]),
         given("one", 2), given("two", 2), given("one", 12), given("two", 1), given("one", 2), given("one", 3),
         unordered=True, **ALL)
scenario("misc_dynamic with a weight of 0", N + noted(servers=[told(1, "weight 0", check=MISC), told(2)]), given("one", 12),
         given("one", 1), given("one", 0), **ALL)
scenario("misc_dynamic of 100", N + noted(servers=[told(1, "weight 100", check=MISC),
         told(2, "weight 300", check=checker("MISC_CHECK", 'misc_path "@DIR@/status two"', "misc_dynamic", "misc_timeout 5"))]),
         given("one", 102), given("two", 255), given("one", 254), given("two", 2), unordered=True, **ALL)
scenario("misc with retries", N + noted(servers=[told(1, check=checker("MISC_CHECK", 'misc_path "@DIR@/status one"',
         "misc_timeout 5", retry=2)), told(2)]),
         *(step(each.name, *each.events, quiet=6, most=20) for each in (given("one", 3), given("one", 0), given("one", 4))),
         **ALL)
scenario("misc that dies of a signal", N + noted(servers=[told(1, check=checker("MISC_CHECK",
         'misc_path "/usr/bin/dash -c \'kill -9 $$\'"', "misc_timeout 5")), told(2)]), unordered=True, **ALL)
scenario("misc with words and quotes", N + noted(servers=[
    told(1, check=checker("MISC_CHECK", 'misc_path "@DIR@/status \'one\'"', "misc_timeout 5")),
    told(2, check=checker("MISC_CHECK", "misc_path \"/usr/bin/dash -c 'test -e /nonexistent || exit 1'\"", "misc_timeout 5"))]),
             given("one", 1), given("one", 0), unordered=True, **ALL)
scenario("a file that loses the quorum", N + TRACK + noted("quorum 5", SORRY,
         servers=[told(1, "weight 5", check=file_check()), told(2)]), step("-3", ("write", "value", "-3\n")),
         step("-5", ("write", "value", "-5\n")), step("10", ("write", "value", "10\n")),
         step("-1000", ("write", "value", "-1000\n")), step("0", ("write", "value", "0\n")), down("two"), **ALL)
scenario("a file inhibited", N + TRACK + noted("inhibit_on_failure", servers=[told(1, "weight 5", check=file_check()), told(2)]),
         step("4", ("write", "value", "4\n")),
         step("-2147483647", ("write", "value", "-2147483647\n")), step("1", ("write", "value", "1\n")), **ALL)
scenario("two files on one server", N + TRACK + block("track_file H", 'file "@DIR@/second"', "weight -1") + "\n" + noted(servers=[
    told(1, "weight 20", file_check(), check=file_check("weight 2", name="H")), told(2)]), step("4", ("write", "value", "4\n")),
             step("5", ("write", "second", "5\n")),
         step("-300", ("write", "second", "-300\n")), step("gone", ("unlink", "second")), **ALL)
scenario("a file of words", N + TRACK + noted(servers=[told(1, "weight 20", check=file_check()), told(2)]),
         *(step(f"{number}", ("write", "value", text)) for number, text in enumerate((
    "7", "  8\n", "nine\n", "10 11\n", "+3\n", "0x10\n", "99999999999\n", "", "-4\n\n"))), **ALL)
scenario("a file and a TCP checker", N + TRACK + noted(servers=[told(1, "weight 5", file_check()), told(2)]), down("one"),
         step("4", ("write", "value", "4\n")), up("one"),
         step("-500", ("write", "value", "-500\n")), down("one"), step("0", ("write", "value", "0\n")), up("one"), **ALL)
scenario("three checkers of three kinds", N + noted(servers=[told(1, "weight 5", MISC,
         checker("HTTP_GET", url(), connect_port=81)), told(2)]), step("the page", ("say", "page", ERROR)), down("one"),
         given("one", 1), step("the page again", ("say", "page", HELLO)), up("one"), given("one", 0),
         servers={**PAIR, "page": tcp(1, HELLO, port=81)}, dump=True, unordered=True, repeats=True)

# Times.
scenario("back before the retries end", N + noted(servers=[told(1, check=checker(retry=4, delay_before_retry=1.5)), told(2)]),
         step("short", ("down", "one"), ("wait", 2.2), ("up", "one"), quiet=5, most=20),
         down("two"), **ALL)
scenario("a long pause before the retry", N + noted(servers=[told(1, check=checker(retry=1, delay_before_retry=4, delay_loop=2)),
         told(2)]), step("one down", ("down", "one"), quiet=7, most=20), up("one"), **ALL)
scenario("a warmup of three seconds", N + noted(servers=[told(1, check=checker(warmup=3)), told(2)]), up("one"), servers=PAIR,
         down=("one",), dump=True)
scenario("a warmup of three seconds, alpha", N + noted("alpha", servers=[told(1, check=checker(warmup=3)), told(2)]),
         servers=PAIR, dump=True)
scenario("silent servers", N + noted(servers=[told(1, check=checker(connect_ip="10.1.0.77", connect_timeout=2, retry=1)),
         told(2, check=checker(connect_ip="10.1.0.78", connect_timeout=1))]),
         unordered=True, prepare=("neigh add 10.1.0.77 lladdr 02:00:00:00:00:01 dev eth0",
         "neigh add 10.1.0.78 lladdr 02:00:00:00:00:02 dev eth0"), dump=True)
scenario("flapping", N + noted(SORRY), step("flap", *(each for _ in range(3) for each in (("down", "one"), ("wait", 2.5),
         ("up", "one"), ("wait", 2.5)))), **ALL)

# Kinds of services.
scenario("a mark of both families", N + noted(head="fwmark 9") + noted("ip_family inet6", head="fwmark 9",
         servers=[told(1, family=6), told(2, family=6)]), *CYCLE,
         servers={**PAIR, "six": tcp(1, family=6), "six two": tcp(2, family=6)}, unordered=True, dump=True)
scenario("a mark with a sorry server", N + noted(SORRY, head="fwmark 9", kind="NAT"), *CYCLE, **ALL)
scenario("the least and the largest mark", plain(head="fwmark 1") + plain(head="fwmark 4294967295"))
scenario("a service of SCTP with TCP checks", notes(mail=True) + noted(SORRY, protocol="SCTP", kind="NAT"), *CYCLE, **ALL)
scenario("a service without a port", notes(mail=True) + noted(SORRY, head=VIP,
         servers=[told(1, "weight 2"), told(2, "weight 3")]), *CYCLE, **ALL)
scenario("a service without a port by NAT", N + noted("persistence_timeout 9", head=VIP, kind="NAT",
         servers=[told(1, "weight 2"), told(2, "weight 3")]), *CYCLE, **ALL)
scenario("IPv6 by tunnels to IPv4", N + noted(head=f"{VIP6} 80", kind="TUN"), *CYCLE, **ALL)
scenario("IPv4 by tunnels to both", N + noted(f"sorry_server {RIP6[3]} 80", kind="TUN", servers=[told(1), told(2, family=6)]),
         *CYCLE,
         servers={"one": tcp(1), "two": tcp(2, family=6)}, dump=True)
scenario("IPv6 with a sorry server", notes(mail=True) + noted(f"sorry_server {RIP6[3]} 80", head=f"{VIP6} 80",
         servers=[told(1, family=6), told(2, family=6)]), *CYCLE, servers=SIX, dump=True)
scenario("a sorry server of another family", N + noted(f"sorry_server {RIP6[3]} 80"), *CYCLE, **ALL)
scenario("sorry servers and ports", N + noted(f"sorry_server {RIP[3]}", kind="NAT") +
         noted(f"sorry_server {RIP[3]} 0", kind="NAT", head=f"{VIP} 81") +
         noted(f"sorry_server {RIP[3]} 9000", head=f"{VIP} 82"), down("one", "two"), up("one"), unordered=True, **ALL)
scenario("two sorry servers", N + noted(SORRY, f"sorry_server {RIP[4]} 80"), down("one", "two"), up("two"), **ALL)
scenario("a group with a sorry server", notes(mail=True) + group("10.1.0.210-214 80", "fwmark 8") +
         noted(SORRY, "quorum 3", head="group G"), *CYCLE, **ALL)
scenario("a group of twenty", N + group("10.1.0.1-20 80") + noted("inhibit_on_failure", head="group G",
         servers=[told(1), told(2), told(3)]), *CYCLE, servers={**PAIR, "three": tcp(3)}, dump=True)
scenario("a group without ports", N + group("10.1.0.210-212", "fd00:1::300", "10.1.0.213 80") + noted(head="group G", kind="TUN"),
         *CYCLE, **ALL)
scenario("a group of IPv6 ranges", group("fd00:1::2f0-2ff 80", "fd00:1::400-fd00:1::403 81", "fd00:1::500/126 82") +
         plain(head="group G", servers=unchecked(family=6)), dump=True)
scenario("a group of subnets", group("10.1.0.64/28 80", "10.1.1.0/30", "10.1.2.1/24 80", "10.1.3.9-3 80", "10.1.4.250-260 80") +
         plain(head="group G"), dump=True)
scenario("a group with marks of both families", group("fwmark 3 inet", "fwmark 4 inet6", "fwmark 5") +
         plain(head="group G", kind="TUN"), dump=True)
scenario("a group of alpha and omega", N + group("10.1.0.210-212 80", "fwmark 8") +
         noted("alpha", "omega", SORRY, head="group G"), *CYCLE, servers=PAIR, down=("two",), dump=True)
scenario("an empty group", group() + plain(head="group G") + plain(port=81))
scenario("the same address in two groups", group(f"{VIP} 80", "10.1.0.210 80") + group(f"{VIP} 80", "10.1.0.211 80", name="H") +
         plain(head="group G") +
         plain(head="group H", servers=unchecked(numbers=(3,))), reload(group(f"{VIP} 80", "10.1.0.210 80") +
         plain(head="group G")), ignore=("IPVS",), known=("1 reload: ipvsadm",))
scenario("the same server at two ports", N + noted(kind="NAT", servers=[told(1, "weight 2"), told(1, "weight 3", port=81)]),
         *CYCLE, servers={"one": tcp(1), "two": tcp(1, port=81)}, dump=True)
scenario("no protocol and no scheduler, with checks", N + service('quorum_up "@DIR@/note quorum up"', algo=None, kind=None,
         protocol=None, servers=[told(1), told(2)]), *CYCLE, **ALL)
scenario("connections limited while servers fail", N + noted("inhibit_on_failure", kind="NAT",
         servers=[told(1, "uthreshold 9", "lthreshold 4"), told(2, "uthreshold 7")]), *CYCLE,
         looks=("-Sn", "-Ln --thresholds"), **ALL)
scenario("tunnels while servers fail", N + noted(kind="TUN type gue port 5555",
         servers=[told(1), told(2, "lvs_method TUN type gre csum"), told(3, "lvs_method NAT")]), *CYCLE,
         looks=("-Sn", "-Ln --tun-info"),
         servers={**PAIR, "three": tcp(3)}, dump=True)
scenario("the method before and after the servers", service("lvs_method DR", kind=None,
         servers=[real(1, "weight 2", check=False)]) +
         block(f"virtual_server {VIP} 81", "lb_algo rr", "protocol TCP", real(1, check=False), "lb_kind DR",
         real(2, check=False)) + "\n", dump=True)
scenario("options after the servers", block(f"virtual_server {VIP} 81", "protocol TCP", real(1, check=soon("TCP_CHECK")),
         "lb_algo rr", "lb_kind DR", "weight 9", "alpha", "inhibit_on_failure", "delay_loop 1",
                                            real(2, check=soon("TCP_CHECK")), "quorum 2", SORRY) + "\n", *CYCLE, **ALL)

# The end.
for name, lines in (("inhibit", ("inhibit_on_failure",)), ("a sorry server in use", (SORRY,)),
         ("an inhibited sorry server", (SORRY, "sorry_server_inhibit")), ("omega and a sorry server waiting", (SORRY, "omega"))):
    scenario(f"the end with {name}", N + noted(*lines, servers=[told(1), told(2)]),
             down("one", "two") if "in use" in name else down("one"), **ALL)
scenario("the end by SIGINT with omega", N + noted("omega"), step("SIGINT", ("signal", signal.SIGINT)), servers=PAIR)
scenario("the end with -I and omega", N + noted("omega", SORRY), down("one"), options=("-I",), **ALL)
scenario("the end of a flushed table", globals_("lvs_flush_on_stop VS") + noted(SORRY) + noted(head="fwmark 7") +
         group("10.1.0.230-232 80") + noted(head="group G"), down("one"), unordered=True, known=("^stop: ipvsadm",), **ALL)
scenario("the end while a check waits", N + noted(servers=[told(1, check=checker("MISC_CHECK", 'misc_path "@DIR@/slow"',
         "misc_timeout 25")), told(2)]), **ALL)

# Scripts.
scenario("scripts that fail or are missing", N + service('quorum_up "@DIR@/false"', 'quorum_down "@DIR@/missing"', servers=[
    real(1, 'notify_up "@DIR@/false"', 'notify_down "@DIR@/missing down"'), real(2, 'notify_down "@DIR@/false"',
             'notify_up "@DIR@/note up two"')]), *CYCLE, unordered=True,
         ignore=("cannot be accessed", "^Unable to access script", "isabling"), **ALL)
scenario("scripts with words", N + service('quorum_up "@DIR@/note a  b \'c d\' e\\ f" root', "quorum_down @DIR@/note", servers=[
    real(1, 'notify_up "@DIR@/note \'one  two\' \\"three\\"" root root', "notify_down '@DIR@/note x y'"), told(2)]), *CYCLE,
             **ALL)
scenario("scripts of nobody", N + service('quorum_up "@DIR@/note a" nobody',
         servers=[real(1, 'notify_down "/usr/bin/false" nobody nogroup', 'notify_up "@DIR@/note up" nosuchuser'), told(2)]),
         *CYCLE,
         unordered=True, ignore=("nosuchuser", "^Unable to", "Disabling", "^Invalid user/group"), **ALL)
scenario("mails of an inhibited server with retries", notes(mail=True) + noted("inhibit_on_failure", "quorum 5",
         servers=[told(1, "weight 2", check=checker(retry=1)), told(2, "weight 3")]), *CYCLE, **ALL)
scenario("mails of a sorry server with alpha", notes(mail=True, lines=("rs_init_notifies",)) + noted(SORRY, "alpha"), *CYCLE,
         servers=PAIR, down=("one",), dump=True)
scenario("checks of all failures and mails", notes(mail=True, lines=("checker_log_all_failures",)) +
         noted(servers=[told(1, check=checker(retry=2)), told(2)]), *CYCLE, repeats=True, **ALL)

# Signals.
scenario("dumps in the middle", N + noted(SORRY, "quorum 3"), step("a dump", ("dump", "all up")), down("two"),
         step("a dump", ("dump", "two down")), down("one"), step("a dump", ("dump", "all down")),
         up("two"), step("a dump", ("dump", "two up")), **ALL)
scenario("SIGUSR2 and others", N + noted(), step("SIGUSR2", ("signal", signal.SIGUSR2)),
         step("SIGPIPE", ("signal", signal.SIGPIPE)), step("JSON", ("signal", signal.SIGRTMIN + 2)), down("one"), **ALL)
scenario("the configuration is dumped", N + noted(), options=("-d",), unordered=True, **ALL)
scenario("UDP by UDP checks", N + noted(SORRY, protocol="UDP", servers=[told(1, check=checker("UDP_CHECK", "require_reply")),
         told(2, check=checker("UDP_CHECK"))]),
         step("silence", ("answer", "one", lambda datagram: None), quiet=4), down("two"),
         step("speech", ("answer", "one", lambda datagram: datagram), quiet=4), up("two"),
         servers={"one": udp(1, lambda datagram: datagram), "two": udp(2, lambda datagram: None)}, dump=True)

"""Servers that fail and return, and everything that is told about it."""

import signal

from .scenario import (OURS, PAIR, QUORUM_NOTES, RIP, VIP, VIP6, block, checker, down, given, globals_, notes, real, reload, scenario,
                       service, step, tcp, told, up)

ALL = dict(servers=PAIR, dump=True)
SORRY = f"sorry_server {RIP[3]} 80"


def noted(*lines, servers=None, **settings):
    return service(*QUORUM_NOTES, *lines, servers=servers or [told(1, "weight 2"), told(2, "weight 3")], **settings)


CYCLE = (down("one"), down("two"), up("one"), up("two"))

for kind in ("DR", "NAT", "TUN"):
    scenario(f"down and up, {kind}", notes(mail=True) + noted(kind=kind), *CYCLE, **ALL)
scenario("sorry server", notes(mail=True) + noted(SORRY), *CYCLE, **ALL)
scenario("sorry server inhibited", notes() + noted(SORRY, "sorry_server_inhibit"), *CYCLE, **ALL)
scenario("sorry server with its own method", notes() + noted(f"sorry_server {RIP[3]} 8080", "sorry_server_lvs_method NAT"), *CYCLE,
         looks=("-Sn", "-Ln --tun-info"), **ALL)
scenario("sorry server tunnelled", notes() + noted(SORRY, "sorry_server_lvs_method TUN type gre"), *CYCLE,
         looks=("-Sn", "-Ln --tun-info"), **ALL)
scenario("sorry server with a method of its own line", notes() + noted(f"sorry_server {RIP[3]} 80", "sorry_server_inhibit",
                                                                         "inhibit_on_failure"), *CYCLE, **ALL)
scenario("sorry server that is a real server", notes() + noted(f"sorry_server {RIP[1]} 80"), *CYCLE, **ALL)
scenario("inhibit on failure", notes(mail=True) + noted("inhibit_on_failure"), *CYCLE, **ALL)
scenario("inhibit on failure of one server", notes() + noted(servers=[told(1, "inhibit_on_failure"), told(2, "weight 3")]), *CYCLE,
         **ALL)
scenario("alpha", notes(mail=True) + noted("alpha"), *CYCLE, servers=PAIR, down=("two",), dump=True)
scenario("alpha of one server", notes() + noted(servers=[told(1, "alpha"), told(2)]), *CYCLE, **ALL)
scenario("alpha of one checker", notes() + noted(servers=[told(1, check=checker("TCP_CHECK", "alpha")), told(2)]), *CYCLE, **ALL)
scenario("alpha and nobody", notes() + noted("alpha", SORRY), up("one"), up("two"), down("one"), servers=PAIR, down=("one", "two"))
scenario("alpha omega", notes(mail=True) + noted("alpha", "omega"), *CYCLE, **ALL)
scenario("omega", notes(mail=True) + noted("omega"), down("one"), **ALL)
scenario("omega with a sorry server", notes(mail=True) + noted("omega", SORRY), down("one"), down("two"), **ALL)
scenario("omega inhibited", notes(mail=True) + noted("omega", "inhibit_on_failure"), down("one"), **ALL)
scenario("quorum", notes(mail=True) + noted("quorum 4", SORRY), *CYCLE, **ALL)
scenario("quorum and hysteresis", notes() + noted("quorum 3", "hysteresis 1", SORRY), *CYCLE, **ALL)
scenario("hysteresis too large", notes() + noted("quorum 3", "hysteresis 3", SORRY), *CYCLE, **ALL)
scenario("quorum without sorry server", notes() + noted("quorum 4"), *CYCLE, **ALL)
scenario("quorum never reached", notes() + noted("quorum 40"), *CYCLE, **ALL)
scenario("quorum never reached, sorry server", notes() + noted("quorum 40", SORRY), *CYCLE, **ALL)
scenario("quorum of weights 0", notes() + noted(servers=[told(1, "weight 0"), told(2, "weight 0")]), *CYCLE, **ALL)
scenario("initial notifications", notes(mail=True, lines=("rs_init_notifies",)) + noted(), *CYCLE, **ALL)
scenario("no mails of checkers", notes(mail=True, lines=("no_checker_emails",)) + noted(), *CYCLE, **ALL)
scenario("mails of the checkers only", globals_("smtp_server 127.0.0.1", "notification_email {\n    a@lab\n    b@lab\n}",
                                               "notification_email_from lvs@lab", "smtp_alert_checker on") + noted(), *CYCLE, **ALL)
scenario("mails off", globals_("smtp_server 127.0.0.1", "notification_email_from x@lab", "notification_email {\n    a@lab\n}",
                               "smtp_alert on", "smtp_alert_checker off") + noted(), *CYCLE, **ALL)
scenario("mails by default", globals_("smtp_server 127.0.0.1", "notification_email_from x@lab", "notification_email {\n    a@lab\n}") + noted(), *CYCLE, **ALL)
scenario("mails of one server", globals_("smtp_server 127.0.0.1", "notification_email_from x@lab", "notification_email {\n    a@lab\n}", "smtp_alert off") +
         noted(servers=[told(1, "smtp_alert"), told(2, "smtp_alert off")]) + noted("smtp_alert", head=f"{VIP} 81"), *CYCLE, unordered=True, **ALL)
scenario("firewall mark", notes(mail=True) + noted(head="fwmark 9"), *CYCLE, **ALL)
scenario("IPv6", notes(mail=True) + noted(head=f"{VIP6} 80", servers=[told(1, family=6), told(2, family=6)]), *CYCLE,
         servers={"one": tcp(1, family=6), "two": tcp(2, family=6)})
scenario("UDP service with TCP checks", notes(mail=True) + noted(protocol="UDP"), *CYCLE, **ALL)
scenario("two services of one pair", notes() + noted() + noted(SORRY, head=f"{VIP} 81"), *CYCLE, unordered=True, **ALL)
scenario("two checkers", notes() + noted(servers=[told(1, checker(retry=0), check=checker("TCP_CHECK", connect_port=81)), told(2)]),
         down("one"), down("other"), up("one"), up("other"), servers={**PAIR, "other": tcp(1, port=81)}, dump=True)
scenario("retry", notes() + noted(servers=[told(1, check=checker(retry=2)), told(2, check=checker(retry=1))]),
         *(step(each.name, *each.events, quiet=5) for each in CYCLE), **ALL)
scenario("all failures", notes(lines=("checker_log_all_failures",)) + noted(servers=[told(1, check=checker(retry=2)), told(2)]), *CYCLE,
         repeats=True, **ALL)
scenario("all failures of one checker", notes() + noted(servers=[told(1, check=checker("TCP_CHECK", "log_all_failures", retry=2)), told(2)]),
         *CYCLE, repeats=True, **ALL)
scenario("inheritance", notes() + service(
    "retry 1", "delay_before_retry 0.5", "warmup 0", "connect_timeout 2", "delay_loop 2", servers=[
        told(1, check="TCP_CHECK {\n}"), told(2, "retry 2", "delay_loop 1", "delay_before_retry 1", "warmup 0.1",
                                              "connect_timeout 1", check="TCP_CHECK {\n}"),
        told(3, check="TCP_CHECK {\n    retry 0\n    delay_loop 1\n    warmup 0\n}")]), down("one"), down("two"), up("one"), up("two"),
         servers={**PAIR, "three": tcp(3)}, dump=True)
scenario("defaults", service(servers=[real(1, check="TCP_CHECK {\n    warmup 0\n}"),
                                      real(2, check="HTTP_GET {\n    warmup 0\n    url {\n        path /\n    }\n}")]), **ALL)

# Reloads in the middle.
scenario("reload with nothing new", notes(mail=True) + noted(), reload(notes(mail=True) + noted()), down("one"),
         reload(notes(mail=True) + noted()), up("one"), **ALL)
scenario("reload with one weight", notes() + noted(), reload(notes() + noted(servers=[told(1, "weight 9"), told(2, "weight 3")])),
         down("one"), reload(notes() + noted(servers=[told(1, "weight 4"), told(2, "weight 3")])), up("one"), **ALL)
scenario("reload removes a dead server", notes(mail=True) + noted(), down("one"), reload(notes(mail=True) + noted(servers=[told(2)])),
         reload(notes(mail=True) + noted()), **ALL)
scenario("reload removes a living server", notes(mail=True) + noted(), reload(notes(mail=True) + noted(servers=[told(2)])), down("two"),
         reload(notes(mail=True) + noted()), up("two"), **ALL)
scenario("reload removes a living server with omega", notes(mail=True) + noted("omega"),
         reload(notes(mail=True) + noted("omega", servers=[told(2)])), **ALL)
scenario("reload adds a sorry server", notes() + noted(), down("one", "two"), reload(notes() + noted(SORRY)), reload(notes() + noted()),
         up("one"), reload(notes() + noted(SORRY)), **ALL)
scenario("reload changes the sorry server", notes() + noted(SORRY), down("one", "two"),
         reload(notes() + noted(f"sorry_server {RIP[4]} 80")),
         reload(notes() + noted(f"sorry_server {RIP[4]} 80", "sorry_server_inhibit")), up("one"), **ALL)
scenario("reload removes the sorry server in use", notes() + noted(SORRY), down("one", "two"), reload(notes() + noted()), up("one"), **ALL)
scenario("reload with another quorum", notes(mail=True) + noted(), down("one"), reload(notes(mail=True) + noted("quorum 5", SORRY)),
         reload(notes(mail=True) + noted("quorum 1", SORRY)), **ALL)
scenario("reload with inhibit", notes() + noted(), down("one"), reload(notes() + noted("inhibit_on_failure")),
         reload(notes() + noted()), up("one"), known=("2 reload: ipvsadm",), **ALL)
scenario("reload with another checker", notes() + noted(), down("one"),
         reload(notes() + noted(servers=[told(1, check=checker("TCP_CHECK", connect_port=81)), told(2, "weight 3")])),
         reload(notes() + noted(servers=[told(1, check=checker("TCP_CHECK", connect_port=80)), told(2, "weight 3")])), **ALL)
scenario("reload without checkers", notes() + noted(), down("one"),
         reload(notes() + noted(servers=[told(1, "weight 2", check=False), told(2, "weight 3")])), **ALL)
scenario("reload with alpha", notes() + noted(), down("one"), reload(notes() + noted("alpha")), up("one"),
         reload(notes() + noted("alpha") + noted("alpha", head=f"{VIP} 81")), **ALL)
scenario("reload removes a service", notes(mail=True) + noted("omega") + noted(SORRY, head=f"{VIP} 81"), reload(notes(mail=True) + noted("omega")),
         reload(notes(mail=True)), **ALL)
scenario("reload while the service is down", notes() + noted(), down("one", "two"), reload(notes() + noted()), up("one"),
         reload(notes() + noted(head=f"{VIP} 81")), **ALL)
scenario("reload with another method", notes() + noted(), down("one"), reload(notes() + noted(kind="NAT")), up("one"),
         ignore=OURS, known=("2 reload: ipvsadm",), **ALL)
scenario("reload without the fifo", notes() + noted(), reload(globals_() + noted()), down("one"), reload(notes() + noted()), up("one"), **ALL)
scenario("the table changed by somebody", notes() + noted(), step("a server deleted", ("ipvsadm", f"-d -t {VIP}:80 -r {RIP[1]}:80")),
         step("a weight", ("ipvsadm", f"-e -t {VIP}:80 -r {RIP[2]}:80 -g -w 77")), down("one"), up("one"),
         ignore=OURS, known=(": ipvsadm",), **ALL)

# Weights from elsewhere.
MISC = checker("MISC_CHECK", 'misc_path "@DIR@/status one"', "misc_dynamic", "misc_timeout 5")
PLAIN_MISC = checker("MISC_CHECK", 'misc_path "@DIR@/status one"', "misc_timeout 5")
scenario("misc", notes(mail=True) + noted(servers=[told(1, "weight 5", check=PLAIN_MISC), told(2)]), given("one", 1), given("one", 0),
         given("one", 7), given("one", 0), **ALL)
scenario("misc_dynamic", notes(mail=True) + noted(servers=[told(1, "weight 5", check=MISC), told(2)]), given("one", 22), given("one", 2),
         given("one", 255), given("one", 1), given("one", 42), given("one", 0), **ALL)
scenario("misc_dynamic and quorum", notes() + noted("quorum 10", SORRY, servers=[told(1, "weight 5", check=MISC), told(2)]),
         given("one", 22), given("one", 3), given("one", 1), given("one", 0), **ALL)
scenario("misc_dynamic over reload", notes() + noted(servers=[told(1, "weight 5", check=MISC), told(2)]), given("one", 22),
         reload(notes() + noted(servers=[told(1, "weight 6", check=MISC), told(2)])),
         reload(notes() + noted(servers=[told(1, "weight 6", check=PLAIN_MISC), told(2)])), given("one", 1), **ALL)
scenario("misc and its ends", notes() + noted(servers=[
    told(1, check=checker("MISC_CHECK", 'misc_path "@DIR@/slow"', "misc_timeout 1", retry=1)),
    told(2, check=checker("MISC_CHECK", 'misc_path "@DIR@/missing"')),
    told(3, check=checker("MISC_CHECK", 'misc_path "@DIR@/false"', "misc_timeout 9", retry=1)),
    told(4, check=checker("MISC_CHECK", 'misc_path "@DIR@/status one"', "user nobody", "misc_timeout 9"))]), unordered=True,
         ignore=("^Disabling misc script", "cannot be accessed"), **ALL)


def file_check(*lines, name="F"):
    return block("FILE_CHECK", f"track_file {name}", *lines)


TRACK = block("track_file F", 'file "@DIR@/value"', "weight 1") + "\n"
WRITE = tuple(step(f"the file says {text}", ("write", "value", f"{text}\n")) for text in ("10", "-3", "-300", "0", "260"))
scenario("file", notes(mail=True) + TRACK + noted(servers=[told(1, "weight 5", check=file_check()), told(2)]), *WRITE,
         step("the file goes", ("unlink", "value")), **ALL)
scenario("file with a weight", notes() + TRACK + noted(servers=[told(1, "weight 5", check=file_check("weight 2")),
                                                                told(2, "weight 5", check=file_check("weight -2 reverse")),
                                                                told(3, "weight 5", check=file_check("weight 0"))]), *WRITE,
         reload(notes() + TRACK + noted(servers=[told(1, "weight 6", check=file_check("weight 3")),
                                                 told(2, "weight 5", check=file_check("weight -1"))])), unordered=True, **ALL)
scenario("file with init_file", notes() + block("track_file F", 'file "@DIR@/value"', "weight 2", "init_file 3") + "\n" +
         noted(servers=[told(1, "weight 5", check=file_check()), told(2)]), *WRITE[:3], **ALL)

HA = notes() + service("ha_suspend", servers=[told(1), told(2)])
scenario("ha_suspend", HA, step("the address comes", ("ip", f"addr add {VIP}/32 dev eth0")), down("one"),
         step("the address goes", ("ip", f"addr del {VIP}/32 dev eth0")), up("one"),
         step("the address returns", ("ip", f"addr add {VIP}/32 dev eth0")), **ALL)
scenario("ha_suspend with an address", HA, down("one"), step("the address goes", ("ip", f"addr del {VIP}/32 dev eth0")), reload(HA),
         prepare=(f"addr add {VIP}/32 dev eth0",), **ALL)

scenario("smooth start of both", notes() + noted(servers=[told(1, check=checker(warmup=1)), told(2, check=checker(warmup=1))]), unordered=True, **ALL)

# Around it.
scenario("the table stays with -I", notes() + noted(), down("one"), options=("-I",), **ALL)
scenario("a fifo with a script", globals_("lvs_notify_fifo @DIR@/fifo", 'lvs_notify_fifo_script "@DIR@/note fifo script"') + noted(),
         down("one"), **ALL)
scenario("the fifo of all", globals_("notify_fifo @DIR@/fifo") + noted(), *CYCLE, **ALL)
scenario("ended by SIGINT", notes() + noted(), step("SIGINT", ("signal", signal.SIGINT)), servers=PAIR)
BFD = block("bfd_instance B", "neighbor_ip 10.1.0.2", "source_ip 10.1.0.1") + "\n"
for lines in ((), ("alpha",)):
    scenario(f"a BFD session without neighbour {' '.join(lines)}", notes() + BFD + noted(servers=[
        told(1, check=block("BFD_CHECK", "name B", *lines)), told(2)]), down("two"), up("two"), part="all",
             ignore=(r"^\(B\)|BFD_Instance|^BFD|Received BFD",), servers=PAIR)
scenario("everything by default", service(algo=None, kind=None, protocol="TCP", servers=[real(1, check=checker()), real(2, check=checker())]),
         *CYCLE, **ALL)
scenario("smtp_alert of one service", notes(mail=True) + noted("smtp_alert off") + noted("smtp_alert on", head=f"{VIP} 81"), *CYCLE,
         unordered=True, **ALL)
scenario("a virtual server by mark of IPv6", notes() + noted("ip_family inet6", head="fwmark 9", servers=[
    told(1, family=6), told(2, family=6)]), *CYCLE, servers={"one": tcp(1, family=6), "two": tcp(2, family=6)})
scenario("ops and UDP", notes() + noted("ops", protocol="UDP", kind="NAT"), *CYCLE, **ALL)
scenario("persistent and sip", notes() + noted("persistence_timeout 30", "persistence_engine sip", protocol="UDP"), down("one"), up("one"),
         **ALL)
scenario("reload to another protocol", notes(mail=True) + noted("omega"), reload(notes(mail=True) + noted("omega", protocol="UDP")), down("one"),
         reload(notes(mail=True) + noted("omega", protocol="SCTP")), **ALL)
scenario("reload to an empty pool and back", notes() + noted(SORRY), down("one"), reload(notes() + noted(SORRY, servers=[told(4)])),
         reload(notes() + noted(SORRY)), ignore=OURS, known=("2 reload: (notes|fifo)",), **ALL)
scenario("two reloads at once", notes() + noted(), step("reloads", ("reload", notes() + noted("quorum 4")),
                                                        ("reload", notes() + noted("quorum 5"))), down("one"),
         ignore=("^Reinitializing",), **ALL)

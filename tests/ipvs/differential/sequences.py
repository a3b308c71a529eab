"""Reloads one after another: what they change while servers are up, down, suspended or not yet checked."""

from .details import TRACK
from .events import ALL, CYCLE, SORRY, file_check, noted
from .scenario import (OURS, PAIR, RIP, RIP6, VIP, VIP6, block, checker, down, given, globals_, notes, real, reload, scenario,
                       service, step, tcp, told, unchecked, up)
from .tables import plain

N = notes()
THREE = {**PAIR, "three": tcp(3)}


def group(*entries, name="G"):
    return block(f"virtual_server_group {name}", *entries) + "\n"


# Servers.
scenario("reload reorders the servers", N + noted(servers=[told(1), told(2), told(3)]), down("two"),
         reload(N + noted(servers=[told(3), told(1), told(2)])), up("two"), reload(N +
         noted(servers=[told(2), told(3), told(1)])),
         down("three"), servers=THREE, dump=True)
scenario("reload adds a server that is down", N + noted(), reload(N + noted(servers=[told(1), told(2), told(3)])), up("three"),
         servers=THREE, down=("three",), dump=True)
scenario("reload adds a server that is down, alpha", N + noted("alpha"), reload(N +
         noted("alpha", servers=[told(1), told(2), told(3)])),
         up("three"), servers=THREE, down=("three",), dump=True)
scenario("reload adds a server to a service that is down", N + noted(SORRY), down("one", "two"),
         reload(N + noted(SORRY, servers=[told(1), told(2), told(4)])), down("four"), up("one"), unordered=True, ignore=OURS,
         servers={**PAIR, "four": tcp(4)}, dump=True)
scenario("reload removes the last living server", N + noted(SORRY), down("one"), reload(N + noted(SORRY, servers=[told(1)])),
         up("one"),
         reload(N + noted(SORRY)), known=("2 reload: (notes|fifo)",), **ALL)
scenario("reload changes a weight while down", N + noted(SORRY), down("one"),
         reload(N + noted(SORRY, servers=[told(1, "weight 7"), told(2, "weight 3")])), up("one"), down("one", "two"),
         reload(N + noted(SORRY, servers=[told(1, "weight 8"), told(2, "weight 9")])), up("two"), up("one"), **ALL)
scenario("reload changes a weight while inhibited", N + noted("inhibit_on_failure"), down("one"),
         reload(N + noted("inhibit_on_failure", servers=[told(1, "weight 7"), told(2, "weight 3")])), up("one"), **ALL)
scenario("reload takes inhibit away while down", N + noted("inhibit_on_failure", SORRY), down("one"), reload(N + noted(SORRY)),
         up("one"), **ALL)
scenario("reload of one server's inhibit while up", N + noted(), reload(N + noted(servers=[told(1, "weight 2",
         "inhibit_on_failure"), told(2, "weight 3")])),
         down("one"), up("one"), **ALL)
scenario("reload to another port and back", N + noted(kind="NAT"),
         reload(N + noted(kind="NAT", servers=[told(1, "weight 2", port=81), told(2, "weight 3")])), down("other"),
         reload(N + noted(kind="NAT")), down("one"), servers={**PAIR, "other": tcp(1, port=81)}, dump=True)
scenario("reload with thresholds", N + noted(kind="NAT"),
         reload(N + noted(kind="NAT", servers=[told(1, "weight 2", "uthreshold 10", "lthreshold 5"), told(2, "weight 3")])),
         down("one"), up("one"),
         looks=("-Sn", "-Ln --thresholds"), ignore=OURS, known=("1 reload: ipvsadm -Ln",), **ALL)

# Methods, protocols, ports.
scenario("reload to a method of the service while up", N + noted(), reload(N + noted(kind="NAT")), down("one"), up("one"),
         reload(N + noted(kind="TUN")), ignore=OURS, looks=("-Sn", "-Ln --tun-info"), **ALL)
scenario("reload to a method of one server", N + noted(), reload(N + noted(servers=[told(1, "weight 2", "lvs_method NAT"),
         told(2, "weight 3")])),
         down("one"), up("one"), ignore=OURS, **ALL)
scenario("reload to another tunnel", N + noted(kind="TUN type gue port 5555"), reload(N + noted(kind="TUN type gue port 5556")),
         down("one"), up("one"),
         reload(N + noted(kind="TUN type gre csum")), down("one"), up("one"), ignore=OURS, looks=("-Sn", "-Ln --tun-info"), **ALL)
scenario("reload to another scheduler while down", N + noted(SORRY), down("one", "two"), reload(N + noted(SORRY, algo="sh")),
         up("one"),
         reload(N + noted(SORRY, "mh-port", algo="mh")), up("two"), **ALL)
scenario("reload with persistence while down", N + noted(SORRY), down("one", "two"),
         reload(N + noted(SORRY, "persistence_timeout 20")), up("one"),
         reload(N + noted(SORRY, "persistence_timeout 20", "persistence_granularity 255.255.255.0")), reload(N + noted(SORRY)),
         up("two"), **ALL)
scenario("reload to another port of the service", N + noted("omega"), down("one"), reload(N + noted("omega", head=f"{VIP} 81")),
         up("one"), **ALL)
scenario("reload from an address to a mark and back", N + noted("omega"), down("one"),
         reload(N + noted("omega", head="fwmark 5")), up("one"),
         reload(N + noted("omega")), unordered=True, **ALL)
scenario("reload of the family of a mark", N + noted(head="fwmark 5"), reload(N +
         noted(head="fwmark 5", servers=[told(1, family=6), told(2, family=6)])),
         reload(N + noted(head="fwmark 5")), servers={**PAIR, "one6": tcp(1, family=6), "two6": tcp(2, family=6)}, dump=True)
scenario("reload with ops", N + noted(protocol="UDP", kind="NAT"), reload(N + noted("ops", protocol="UDP", kind="NAT")),
         down("one"),
         reload(N + noted(protocol="UDP", kind="NAT")), up("one"), **ALL)
scenario("reload with every scheduler in turn", plain(algo="rr"), *(reload(plain(*flags, algo=name)) for name, flags in (
    ("sh", ("sh-port", "sh-fallback")), ("mh", ("mh-fallback",)), ("mh", ("mh-port",)), ("rr", ()), ("lblcr", ()),
             ("sed", ("flag-1",)), ("fo", ()))))

# Checkers.
HTTP = checker("HTTP_GET", block("url", "path /"))
scenario("reload to another kind of checker", N + noted(), down("one"),
         reload(N + noted(servers=[told(1, "weight 2", check=checker("MISC_CHECK", 'misc_path "@DIR@/status one"',
         "misc_timeout 4")), told(2, "weight 3")])),
         given("one", 1), reload(N + noted()), up("one"), **ALL)
scenario("reload adds a second checker", N + noted(), reload(N + noted(servers=[
    told(1, "weight 2", checker("TCP_CHECK", connect_port=81)), told(2, "weight 3")])), up("other"), reload(N + noted()),
         servers={**PAIR, "other": tcp(1, port=81)}, down=("other",), dump=True)
scenario("reload removes the failed one of two checkers", N + noted(servers=[told(1, "weight 2",
         checker("TCP_CHECK", connect_port=81)), told(2, "weight 3")]),
         reload(N + noted()), down("one"), reload(N + noted(servers=[told(1, "weight 2", checker("TCP_CHECK", connect_port=81)),
         told(2, "weight 3")])),
         up("one"), up("other"), servers={**PAIR, "other": tcp(1, port=81)}, down=("other",), dump=True)
scenario("reload with other times", N + noted(), down("one"),
         reload(N + noted(servers=[told(1, "weight 2", check=checker(retry=2)),
         told(2, "weight 3", check=checker(delay_loop=2))])), up("one"), down("two"),
         **ALL)
scenario("reload with checkers for the first time", N + noted(servers=unchecked()), reload(N + noted()), down("one"),
         reload(N + noted(servers=unchecked())),
         reload(N + noted()), up("one"), servers=PAIR, dump=True)
scenario("reload with alpha while down", N + noted(), down("one"), reload(N + noted("alpha")), reload(N + noted()), up("one"),
         **ALL)
scenario("reload while a retry is under way", N + noted(servers=[told(1, "weight 2",
         check=checker(retry=3, delay_before_retry=2)), told(2, "weight 3")]),
         step("a failure and a reload", ("down", "one"), ("wait", 2.5),
              ("reload", N + noted(servers=[told(1, "weight 4", check=checker(retry=3, delay_before_retry=2)),
              told(2, "weight 3")])), quiet=8, most=24), up("one"), **ALL)
scenario("reload to FILE_CHECK and back", N + TRACK + noted(), reload(N + TRACK +
         noted(servers=[told(1, "weight 5", check=file_check()), told(2)])),
         step("the file", ("write", "value", "2\n")), reload(N + TRACK + noted(servers=[told(1, "weight 6"), told(2)])), **ALL)

# Quorum, sorry servers.
scenario("reload with quorum up and down", N + noted(), reload(N + noted("quorum 6")), reload(N + noted("quorum 5")),
         reload(N + noted("quorum 9", SORRY)),
         reload(N + noted("quorum 2", "hysteresis 1", SORRY)), down("two"), down("one"), **ALL)
scenario("reload with quorum while down", N + noted("quorum 4", SORRY), down("one"), reload(N + noted("quorum 2", SORRY)),
         down("two"),
         reload(N + noted("quorum 1", "hysteresis 0", SORRY)), up("one"), **ALL)
scenario("reload with the weights around the quorum", N + noted("quorum 5", SORRY),
         reload(N + noted("quorum 5", SORRY, servers=[told(1), told(2, "weight 3")])),
         reload(N + noted("quorum 5", SORRY)), down("one"), **ALL)
scenario("reload changes the sorry server while it waits", N + noted(SORRY), reload(N + noted(f"sorry_server {RIP[4]} 80")),
         down("one", "two"),
         reload(N + noted(f"sorry_server {RIP[4]} 80", "sorry_server_inhibit")), up("one"), unordered=True, **ALL)
scenario("reload inhibits the sorry server", N + noted(SORRY), reload(N + noted(SORRY, "sorry_server_inhibit")),
         down("one", "two"),
         reload(N + noted(SORRY)), up("one"), unordered=True, **ALL)
scenario("reload of the method of the sorry server", N + noted(SORRY), down("one", "two"),
         reload(N + noted(SORRY, "sorry_server_lvs_method NAT")), up("one"),
         unordered=True, ignore=OURS, known=("2 reload: ipvsadm",), **ALL)
scenario("reload makes a real server the sorry server", N + noted(servers=[told(1), told(2), told(3)]), down("one", "two"),
         reload(N + noted(SORRY, servers=[told(1), told(2)])), up("one"), unordered=True, known=("2 reload: (notes|fifo)",),
         servers=THREE, dump=True)

# Groups.
TWO = group(f"{VIP} 80", f"{VIP} 81")
scenario("reload from an address to a group and back", N + noted("omega"), down("one"),
         reload(N + TWO + noted("omega", head="group G")), up("one"),
         reload(N + noted("omega")), unordered=True, **ALL)
scenario("reload of a group's members while servers are down", N + group(f"{VIP} 80", "10.1.0.210-213 80") +
         noted(SORRY, head="group G"), down("one"),
         reload(N + group("10.1.0.212-215 80", "fwmark 6") + noted(SORRY, head="group G")), down("two"),
         reload(N + group(f"{VIP} 80", "10.1.0.214-215 80") + noted(SORRY, head="group G")), up("one"),
         known=("(4 reload|5 one up|stop): ipvsadm",), ignore=OURS, **ALL)
scenario("reload reorders a group", N + group(f"{VIP} 80", "10.1.0.210 80", "fwmark 3") + noted(head="group G"),
         reload(N + group("fwmark 3", "10.1.0.210 80", f"{VIP} 80") + noted(head="group G")), down("one"), **ALL)
scenario("reload renames a group", N + TWO + noted(head="group G"), down("one"),
         reload(N + group(f"{VIP} 80", f"{VIP} 81", name="H") + noted(head="group H")), up("one"), unordered=True, **ALL)

# Scripts, mails, FIFOs.
scenario("reload with other scripts", N + noted(), down("one"), reload(N + service(servers=[
    real(1, "weight 2", 'notify_up "@DIR@/note another up"', 'notify_down "@DIR@/note another down"'), told(2, "weight 3")])),
             up("one"), down("two"), down("one"), **ALL)
scenario("reload to another fifo", globals_("lvs_notify_fifo @DIR@/first") + noted(), reload(N + noted()), down("one"), **ALL)
scenario("reload with mails", N + noted(), reload(notes(mail=True) + noted()), down("one"), reload(N + noted()), up("one"), **ALL)
scenario("reload with rs_init_notifies", N + noted(), reload(notes(lines=("rs_init_notifies",)) +
         noted(servers=[told(1, "weight 2"), told(2, "weight 3"), told(3)])),
         servers=THREE, dump=True)
scenario("reload with omega and the end", N + noted(), down("one"), reload(N + noted("omega")), **ALL)
scenario("reload of two services at once", N + noted() + noted(SORRY, head=f"{VIP} 81"), down("one"),
         reload(N + noted("quorum 2", servers=[told(2), told(1)]) + noted(head=f"{VIP} 81",
         servers=[told(1, "weight 9"), told(2, "weight 9")])), up("one"), unordered=True, **ALL)
scenario("reload takes everything away and brings it back", N + noted(SORRY) + noted(head="fwmark 4"), down("one"), reload(N),
         up("one"),
         reload(N + noted(SORRY) + noted(head="fwmark 4")), down("two"), unordered=True, **ALL)
scenario("reload of a dual stack", N + noted() + noted(head=f"{VIP6} 80", servers=[told(1, family=6), told(2, family=6)]),
         down("six"),
         reload(N + noted(servers=[told(2)]) + noted(SORRY.replace(RIP[3], RIP6[3]), head=f"{VIP6} 80",
         servers=[told(1, "weight 3", family=6)])), up("six"),
         servers={**PAIR, "six": tcp(1, family=6), "six two": tcp(2, family=6)}, unordered=True,
         known=("2 reload: (notes|fifo)",), dump=True)
scenario("reload after reload without a pause", N + noted(), step("five", *(("reload", N +
         noted(servers=[told(1, f"weight {n}"), told(2, "weight 3")])) for n in range(3, 7)),
                                                               ("wait", 1.5),
                                                               ("reload", N +
                                                               noted(servers=[told(1, "weight 9"), told(2, "weight 3")]))),
         down("one"), ignore=("^Reinitializing", "^Changing weight", "^Reload already", "^Processing queued"), **ALL)
scenario("reload with ha_suspend", N + noted(), reload(N + noted("ha_suspend")), down("one"),
         step("the address", ("ip", f"addr add {VIP}/32 dev eth0")),
         reload(N + noted()), up("one"), ignore=("SO_RCVBUF",), **ALL)
scenario("reload with misc_dynamic", N + noted(servers=[told(1, "weight 5", check=checker("MISC_CHECK",
         'misc_path "@DIR@/status one"', "misc_timeout 5")), told(2)]),
         given("one", 1), reload(N + noted(servers=[told(1, "weight 5", check=checker("MISC_CHECK",
         'misc_path "@DIR@/status one"', "misc_dynamic", "misc_timeout 5")), told(2)])),
         given("one", 12), reload(N + noted(servers=[told(1, "weight 4", check=checker("MISC_CHECK",
         'misc_path "@DIR@/status one"', "misc_dynamic", "misc_timeout 5")), told(2)])), **ALL)
scenario("reload with another snmp_name and virtualhost", N + noted(), reload(N +
         noted("virtualhost x.example", "snmp_name one")), down("one"), **ALL)
scenario("reload while everything is down", N + noted("quorum 4", "hysteresis 1", SORRY), down("one", "two"),
         reload(N + noted("quorum 4", "hysteresis 1", SORRY)),
         up("one"), up("two"), *CYCLE[:2], **ALL)

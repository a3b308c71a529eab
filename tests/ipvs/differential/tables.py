"""What a configuration makes of the table, and what a reload makes of it."""

from .scenario import (OURS, PAIR, RIP, RIP6, VIP, VIP6, block, checker, down, globals_, notes, real, reload, scenario, service,
                       step, told, unchecked, up)

SCHEDULERS = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "nq", "sed"]


def plain(*lines, port=80, **settings):
    settings.setdefault("servers", unchecked("weight 2"))
    return service(*lines, head=settings.pop("head", f"{VIP} {port}"), **settings)


scenario("every scheduler and every flag",
         "".join(plain(algo=name, port=8000 + i) for i, name in enumerate(SCHEDULERS)) +
         plain("sh-port", algo="sh", port=8100) + plain("sh-fallback", algo="sh", port=8101) +
         plain("sh-port", "sh-fallback", algo="sh", port=8102) + plain("mh-port", algo="mh", port=8103) +
         plain("mh-fallback", "mh-port", algo="mh", port=8104) + plain("flag-1", algo="sh", port=8105) +
         plain("flag-2", "flag-3", algo="mh", port=8106) + plain("hashed", algo="rr", port=8107) +
         plain("lvs_sched sed", algo=None, port=8108) + plain(algo=None, kind=None, protocol=None, port=8109) +
         plain("flag-1", algo="rr", port=8110) + plain("sh-port", algo="mh", port=8111) +
         plain("mh-port", algo="sh", port=8112) + plain("hashed", "flag-2", algo="wrr", port=8113), dump=True)

scenario("forwarding and tunnels", plain(kind="NAT", servers=unchecked("weight 2", port=8080)) +
         plain(kind="DR", port=81, servers=unchecked(port=8080)) + plain(kind="TUN", port=82) +
         plain("lvs_method NAT", kind=None, port=83) +
         plain(kind="TUN type ipip", port=84) + plain(kind="TUN type gue port 5555", port=85) +
         plain(kind="TUN type gue port 5555 csum", port=86) + plain(kind="TUN type gue port 5555 remcsum", port=87) +
         plain(kind="TUN type gre", port=88) + plain(kind="TUN type gre csum", port=89) +
         plain(kind="TUN type gre nocsum", port=90) + plain(kind="TUN type gue port 5555 nocsum", port=91) +
         plain(kind="DR", port=92, servers=[real(1, "lvs_method NAT", check=False, port=8080),
                                            real(2, "lvs_method TUN", check=False, port=8080),
                                            real(3, "lvs_method TUN type gre csum", check=False), real(4, check=False)]),
         reload(plain(kind="DR", servers=unchecked("weight 2", port=8080)) + plain(kind="TUN", port=81) +
                plain(kind="NAT", port=82) + plain(kind="TUN type gre", port=85) + plain(kind="TUN type gue port 7777", port=86) +
                plain(kind="TUN type gre csum", port=88),
                "reload with other methods"),
         looks=("-Sn", "-Ln --tun-info"), dump=True)

scenario("protocols and ports", plain(protocol="UDP", port=53) + plain(protocol="SCTP", port=5060) + plain(head=VIP) +
         plain("persistence_timeout 77", head=f"{VIP} 0", protocol="UDP") + plain("ops", protocol="UDP", port=54) +
         plain("ops", port=55) + plain("ops", protocol="SCTP", port=56) + plain("ops", head="fwmark 5") +
         plain(head="fwmark 6", servers=unchecked(port=8080)) + plain(head="fwmark 7", kind="NAT",
                                                                      servers=unchecked(port=8080)) +
         plain(head="fwmark 8", kind="NAT", servers=[f"real_server {RIP[1]} {{\n}}"]) +
         plain(kind="NAT", port=57, servers=[f"real_server {RIP[1]} {{\n}}", f"real_server {RIP[2]} 0 {{\n}}"]) +
         plain(head=f"{VIP6} 80", servers=unchecked(family=6)) + plain(head="fwmark 9", servers=unchecked(family=6)) +
         plain(head=f"{VIP6} 81", kind="TUN", servers=unchecked()) + plain(kind="TUN", port=58, servers=unchecked(family=6)) +
         plain(kind="NAT", port=59, servers=unchecked(family=6)) + plain("ip_family inet6", head="fwmark 10", servers=unchecked(family=6))
         + plain("ip_family inet6", head="fwmark 11", kind="TUN"),
         dump=True)

scenario("persistence", plain("persistence_timeout 120") + plain("persistence_timeout", port=81) +
         plain("persistence_timeout 60", "persistence_granularity 255.255.255.0", port=82) +
         plain("persistence_granularity 255.255.0.0", port=83) +
         plain("persistence_timeout 60", "persistence_granularity 64", head=f"{VIP6} 80", servers=unchecked(family=6)) +
         plain("persistence_timeout 60", "persistence_granularity 128", head=f"{VIP6} 81", servers=unchecked(family=6)) +
         plain("persistence_timeout 50", "persistence_engine sip", protocol="UDP", port=5060) +
         plain("persistence_engine sip", protocol="UDP", port=5061) +
         plain("persistence_timeout 50", head="fwmark 3") + plain("persistence_timeout 0", port=84) +
         plain("persistence_timeout 60", "persistence_granularity 255.255.255.255", port=85),
         reload(plain("persistence_timeout 121") + plain(port=81) + plain("persistence_timeout 60", port=82) +
                plain("persistence_timeout 10", "persistence_granularity 255.255.0.0", port=83) +
                plain("persistence_timeout 60", "persistence_granularity 32", head=f"{VIP6} 80", servers=unchecked(family=6)) +
                plain("persistence_timeout 50", protocol="UDP", port=5060) +
                plain("persistence_timeout 50", "persistence_engine sip", protocol="UDP", port=5061)),
         dump=True)

scenario("weights", plain(servers=[real(1, "weight 0", check=False), real(2, "weight 65535", check=False),
                                   real(3, check=False)]) +
         plain("weight 7", port=81, servers=unchecked()) +
         plain("weight 7", port=82, servers=[real(1, "weight 3", check=False), real(2, check=False)]) +
         plain("weight 0", port=83, servers=unchecked()) + plain(port=84, servers=unchecked("weight 70000")),
         reload(plain(servers=[real(1, "weight 5", check=False), real(2, "weight 0", check=False), real(3, check=False)]) +
                plain("weight 8", port=81, servers=unchecked()) +
                plain("weight 1", port=82, servers=[real(1, "weight 3", check=False), real(2, check=False)]) +
                plain(port=83, servers=unchecked())),
         dump=True)

scenario("thresholds", plain(kind="NAT", servers=[real(1, "uthreshold 100", "lthreshold 50", check=False),
                                                  real(2, "uthreshold 100", check=False),
                                                  real(3, "lthreshold 50", check=False)]) +
         plain(kind="NAT", port=81, servers=[real(1, "uthreshold 5", "lthreshold 50", check=False)]),
         looks=("-Sn", "-Ln --thresholds"), ignore=("IPVS cmd", "^IPVS: cannot"), dump=True)

scenario("groups", block("virtual_server_group ALL", f"{VIP} 80", f"{VIP} 81", "10.1.0.210-213 80", "10.1.0.220-10.1.0.222 90",
                         "fwmark 11", "10.1.0.240/30 8000") + "\n" +
         block("virtual_server_group SIX", "fd00:1::300-2 80", "fd00:1::310", "fwmark 12 inet6") + "\n" +
         block("virtual_server_group MARKS", "fwmark 21", "fwmark 22") + "\n" +
         block("virtual_server_group MIXED", f"{VIP} 99", f"{VIP6} 99") + "\n" +
         block("virtual_server_group UNUSED", "10.1.0.99 80") + "\n" +
         plain(head="group ALL") + plain("persistence_timeout 10", head="group SIX", servers=unchecked(family=6)) +
         plain(head="group MARKS", protocol=None) + plain(head="group MIXED", kind="TUN"),
         dump=True)
scenario("groups with failing servers", notes() + block("virtual_server_group G", f"{VIP} 80", "10.1.0.210-212 80", "fwmark 4") + "\n" +
         service('quorum_up "@DIR@/note q up"', 'quorum_down "@DIR@/note q down"', head="group G", kind="NAT",
                 servers=[told(1), told(2)]),
         down("one"), down("two"),
         reload(notes() + block("virtual_server_group G", f"{VIP} 80", "10.1.0.211-213 80", "fwmark 5") + "\n" +
                service('quorum_up "@DIR@/note q up"', 'quorum_down "@DIR@/note q down"', head="group G", kind="NAT",
                        servers=[told(1), told(2)])),
         up("one"), up("two"), servers=PAIR, dump=True)

scenario("a group that is missing", plain(head="group NONE") + plain())
scenario("no real servers", plain(servers=[]) + plain(port=81))
scenario("the same server twice", plain(servers=unchecked() + unchecked(numbers=(1,))) + plain(port=81),
         ignore=("is duplicated - removing second",))
scenario("the same service twice", plain() + plain("persistence_timeout 5", algo="rr", servers=unchecked(numbers=(3, 4))),
         ignore=OURS)
scenario("two protocols of one address", plain() + plain(protocol="UDP"),
         reload(plain(protocol="UDP") + plain(protocol="SCTP")))
scenario("services come and go", plain() + plain(port=81), reload(plain(port=81) + plain(port=82)), reload(plain(port=83)),
         reload("# Nothing.\n"), reload(plain()), dump=True)
scenario("real servers come and go", plain(), reload(plain(servers=unchecked(numbers=(2, 3)))),
         reload(plain(servers=unchecked(numbers=(4, 5, 2)))), reload(plain(servers=[])), reload(plain()))
scenario("another scheduler by reload", plain("sh-port", algo="sh"), reload(plain(algo="wrr")),
         reload(plain("mh-fallback", "persistence_timeout 9", algo="mh")), reload(plain("ops", protocol="UDP")), dump=True)
scenario("another port of the real servers", plain(kind="NAT"), reload(plain(kind="NAT", servers=unchecked("weight 2", port=8080))))

scenario("kernel timeouts", globals_("lvs_timeouts tcp 7200 tcpfin 30 udp 35") + plain(),
         reload(globals_("lvs_timeouts tcp 100") + plain()), reload(plain()),
         reload(globals_("lvs_timeouts udp 99") + plain()), looks=("-Sn", "-L --timeout"))
scenario("kernel timeouts without services", globals_("lvs_timeouts tcpfin 33"), looks=("-Sn", "-L --timeout"))
for flush in ("", "lvs_flush", "lvs_flush_on_stop", "lvs_flush_on_stop VS", "lvs_flush_onstop"):
    scenario(f"someone else's services and {flush or 'no flushing'}", globals_(*([flush] if flush else [])) + plain(),
             step("another service", ("ipvsadm", "-A -t 10.1.0.250:80 -s rr"), ("ipvsadm", "-a -t 10.1.0.250:80 -r 10.2.0.15 -g"),
                  ("ipvsadm", f"-a -t {VIP}:80 -r 10.2.0.15 -g")),
             reload(globals_(*([flush] if flush else [])) + plain() + plain(port=81)),
             ignore=OURS, known=(": ipvsadm",))
scenario("sync daemons without VRRP", globals_("lvs_sync_daemon eth0 id 7 maxlen 1000 port 8849 ttl 3 group 224.0.0.83") + plain(),
         looks=("-Sn", "-L --daemon"))
scenario("sync daemon defaults", globals_("lvs_sync_daemon eth0") + plain(), looks=("-Sn", "-L --daemon"))


def instance(name, vrid, priority=100, *lines):
    return block(f"vrrp_instance {name}", "interface eth0", f"virtual_router_id {vrid}", f"priority {priority}",
                 "advert_int 1", *lines, "virtual_ipaddress {\n    10.1.0.201/24\n}") + "\n"


scenario("sync daemons follow an instance", globals_("lvs_sync_daemon eth0 VI_1") + instance("VI_1", 33, 100) + plain(),
         step("the link goes", ("ip", "link set eth0 down"), quiet=5), step("the link returns", ("ip", "link set eth0 up"), quiet=5),
         reload(globals_("lvs_sync_daemon eth0 VI_1 id 9") + instance("VI_1", 33, 100) + plain(), quiet=5),
         reload(globals_() + instance("VI_1", 33, 100) + plain()),
         part="all", looks=("-Sn", "-L --daemon"), prepare=("link set eth0 multicast on arp on",),
         ignore=(r"^\(VI_1\)", r"ssigned address", "^Reinitializing"), known=("4 reload: ipvsadm -L", "stop: ipvsadm -L"))

scenario("a configuration without LVS", globals_(), reload(globals_() + plain()), reload(globals_()))
scenario("a block that cannot be", plain() + f"virtual_server 10.1.0.300 80 {{\n lb_algo rr\n real_server {RIP[1]} 80 {{\n }}\n}}\n" +
         plain(port=81, servers=[*unchecked(), "real_server 10.2.0.999 80 {\n}"]) + plain("lb_algo nothing", port=82) +
         plain("lb_kind DUMMY", port=83) + plain("quorum 0", port=84) + plain("quorum x", port=85) +
         plain("protocol ICMP", port=86) + plain("persistence_timeout -1", port=87) +
         plain(port=88, servers=[real(1, "weight -1", check=False), real(2, "weight 5x", check=False),
                                 real(3, "uthreshold 0", "weight 9", check=False)]))

ODD = ("10x", "0x10", "010", "+5", "1.5", "2147483648", '"7"')
scenario("odd numbers", "".join(plain(port=9000 + i, servers=[real(1, f"weight {text}", check=False), real(2, check=False)])
                                for i, text in enumerate(ODD)) +
         "".join(plain(f"persistence_timeout {text}", port=9100 + i) for i, text in enumerate(ODD)) +
         "".join(plain(f"quorum {text}", port=9200 + i) for i, text in enumerate(ODD)) +
         "".join(plain(port=9300 + i, kind="NAT", servers=[real(1, f"uthreshold {text}", check=False)]) for i, text in enumerate(ODD)),
         looks=("-Sn", "-Ln --thresholds"), ignore=OURS)

"""Configurations around the cross-checks of the whole: versions, strict mode, families, unicast, VMACs, groups, tracks,
quorum, checkers, duplicates. Each is small, right or wrong in one respect, and has a name that says in which."""

import itertools


def instance(name="A", vrid=51, interface="eth0", addresses=("192.0.2.10/24",), lines=()):
    text = [f"vrrp_instance {name} {{"]
    if interface:
        text.append(f"    interface {interface}")
    if vrid is not None:
        text.append(f"    virtual_router_id {vrid}")
    text += [f"    {line}" for line in lines]
    if addresses:
        text += ["    virtual_ipaddress {"] + [f"        {address}" for address in addresses] + ["    }"]
    return "\n".join(text + ["}", ""])


def block(name, lines):
    return "\n".join([f"{name} {{"] + [f"    {line}" for line in lines] + ["}", ""])


def peers(*addresses):
    return "unicast_peer {\n" + "".join(f"        {address}\n" for address in addresses) + "    }"


def server(head="10.0.0.1 80", lines=("lb_algo rr", "lb_kind NAT", "protocol TCP"), reals=(("10.0.1.1 80", ("weight 1",)),)):
    text = [f"virtual_server {head} {{"] + [f"    {line}" for line in lines]
    for address, inside in reals:
        text += [f"    real_server {address} {{"] + [f"        {line}" for line in inside] + ["    }"]
    return "\n".join(text + ["}", ""])


SECURITY = block("global_defs", ["enable_script_security", "script_user root"])
SCRIPT = block("vrrp_script chk", ["script /usr/bin/true"])
WEIGHTED = block("vrrp_script chkw", ["script /usr/bin/true", "weight 10"])
V4, V6, V6GLOBAL = ("192.0.2.10/24",), ("fe80::10/64",), ("2001:db8::10/64",)


def group(members=("A", "B"), lines=()):
    return block("vrrp_sync_group G", ["group {\n" + "".join(f"        {name}\n" for name in members) + "    }", *lines])


def vrrp_alone():
    """One instance: version x strict x family x one line."""
    lines = {
        "none": (), "master": ("state MASTER",), "owner": ("state MASTER", "priority 255"), "backup255": ("state BACKUP", "priority 255"),
        "pass": ("authentication {\n auth_type PASS\n auth_pass abc\n }",), "ah": ("authentication {\n auth_type AH\n auth_pass abc\n }",),
        "nopass": ("authentication {\n auth_type PASS\n }",), "unicast": (peers("192.0.2.3"),), "unicast6": (peers("fe80::3"),),
        "nopreempt": ("nopreempt",), "nopreempt_master": ("nopreempt", "state MASTER"), "delay": ("preempt_delay 5",),
        "delay_nopreempt": ("nopreempt", "preempt_delay 5"), "down_timer": ("down_timer_adverts 5",), "accept": ("accept",),
        "no_accept": ("no_accept",), "fraction": ("advert_int 0.5",), "odd_fraction": ("advert_int 0.123",), "long": ("advert_int 41",),
        "too_long": ("advert_int 256",), "vmac": ("use_vmac",), "vmac_base": ("use_vmac", "vmac_xmit_base"), "base_alone": ("vmac_xmit_base",),
        "garp": ("garp_lower_prio_repeat 2",), "lower": ("lower_prio_no_advert off",), "higher": ("higher_prio_send_advert on",),
        "mcast": ("mcast_dst_ip 224.0.0.99",), "expired": ("timer_expired_backup 50",), "expired_ok": ("nopreempt", "timer_expired_backup 50"),
    }
    families = {"v4": V4, "ll6": V6, "global6": V6GLOBAL, "none": ()}
    for (name, extra), version, strict, (family, addresses) in itertools.product(
            lines.items(), ("", "2", "3"), (False, True), families.items()):
        given = list(extra) + ([f"version {version}"] if version else []) + (["strict_mode"] if strict else [])
        # IPv6 lists need the family of their peers and addresses: what does not fit is a case of its own.
        yield f"one_{name}_v{version or 'x'}_{'strict' if strict else 'lax'}_{family}", instance(addresses=addresses, lines=given)


def vrrp_pairs():
    """Two instances: who may share what."""
    first = {
        "eth0": {}, "eth1": {"interface": "eth1"}, "ipv6": {"addresses": V6}, "vrid": {"vrid": 52},
        "group": {"lines": ("mcast_dst_ip 224.0.0.99",)}, "unicast": {"lines": (peers("192.0.2.3"),)},
        "source": {"lines": ("unicast_src_ip 192.0.2.2", peers("192.0.2.3"))},
        "other_source": {"lines": ("unicast_src_ip 192.0.2.4", peers("192.0.2.3"))},
        "other_peer": {"lines": ("unicast_src_ip 192.0.2.2", peers("192.0.2.5"))},
        "no_interface": {"interface": "", "addresses": ("192.0.2.10/24 dev eth0",), "lines": ("unicast_src_ip 192.0.2.2", peers("192.0.2.3"))},
        "vip_vmac": {"interface": "eth1", "addresses": ("192.0.2.12/24 dev eth2 use_vmac",)},
        "vip_vmac2": {"interface": "eth0", "addresses": ("192.0.2.13/24 dev eth2 use_vmac",)},
        "vmac_addr": {"interface": "eth1", "addresses": ("192.0.2.12/24 dev eth2",), "lines": ("use_vmac_addr",)},
        "vmac": {"lines": ("use_vmac",)},
        "vip_on_vmac": {"interface": "eth1", "addresses": ("192.0.2.14/24 dev eth0 use_vmac",)},
    }
    for (one, a), (two, b) in itertools.product(first.items(), repeat=2):
        a, b = dict(a), dict(b)
        yield f"two_{one}_{two}", instance("A", **{"vrid": 51, **a}) + instance("B", **{"vrid": 51, **b})


def vrrp_groups():
    states = {"owner": ("state MASTER", "priority 255"), "master": ("state MASTER",), "backup": ("state BACKUP",)}
    tracks = {
        "none": (), "script": ("track_script {\n chk\n }",), "weighted": ("track_script {\n chkw\n }",),
        "interface": ("track_interface {\n eth2\n }",), "own": ("track_interface {\n eth0\n }",),
        "interface_weight": ("track_interface {\n eth2 weight 5\n }",),
    }
    for (sa, a), (sb, b) in itertools.product(states.items(), repeat=2):
        yield f"group_{sa}_{sb}", instance("A", 1, lines=a) + instance("B", 2, lines=b) + group()
    for (sa, a), (inside, own), (outside, ours), weight in itertools.product(
            states.items(), tracks.items(), tracks.items(), (False, True)):
        extra = tuple(ours) + (("sgroup_tracking_weight",) if weight else ())
        yield (f"track_{sa}_{inside}_{outside}_{weight}", SECURITY + SCRIPT + WEIGHTED +
               instance("A", 1, lines=tuple(a) + tuple(own)) + instance("B", 2, lines=a) + group(lines=extra))
    for name, members in {"one": ("A",), "unknown": ("A", "X"), "only_unknown": ("X",), "twice": ("A", "A"), "empty": ()}.items():
        yield f"members_{name}", instance("A", 1) + instance("B", 2) + group(members)
    yield "group_twice", instance("A", 1) + instance("B", 2) + group() + group()
    yield "group_global_tracking", instance("A", 1) + instance("B", 2) + group(lines=("global_tracking",))


def duplicates():
    for line in ("priority 100", "advert_int 1", "interface eth0", "virtual_router_id 51", "state BACKUP", "state MASTER", "nopreempt",
                 "notify_master /usr/bin/true", "notify_deleted", "use_vmac", "use_ipvlan", "accept", "mcast_dst_ip 224.0.0.99"):
        yield f"dup_{line.split()[0]}_{line.split()[-1].strip('/').replace('/', '-')}", SECURITY + instance(lines=(line, line))
    yield "dup_vip", instance(addresses=V4 * 2)
    yield "dup_excluded", instance(lines=("virtual_ipaddress_excluded {\n 192.0.2.10/24\n }",))
    yield "dup_peer", instance(lines=(peers("192.0.2.3", "192.0.2.3"),))
    yield "dup_instance", instance() + instance(vrid=52)
    yield "dup_script", SECURITY + SCRIPT + SCRIPT + instance(lines=("track_script {\n chk\n }",))
    yield "unused_script", SECURITY + SCRIPT + instance()
    yield "no_security", SCRIPT + instance(lines=("track_script {\n chk\n }",))
    yield "no_security_notify", instance(lines=("notify /usr/bin/true",))
    yield "peers_self", instance(lines=("unicast_src_ip 192.0.2.2", peers("192.0.2.2")))
    yield "ttl_alone", instance(lines=("unicast_ttl 3",))
    yield "unicast_fault", instance(lines=("unicast_src_ip 192.0.2.2", "unicast_fault_no_peer"))
    yield "unicast_no_peer", instance(lines=("unicast_src_ip 192.0.2.2",))
    for count in (255, 256, 400):
        for version in (2, 3):
            yield (f"many_{count}_v{version}",
                   instance(addresses=[f"10.1.{n // 200}.{n % 200 + 1}" for n in range(count)], lines=(f"version {version}",)))
    yield "rule_no_priority", instance(lines=("virtual_rules {\n from 10.0.0.1 table 100\n }",))
    yield "route_no_track", instance(lines=("virtual_routes {\n 10.5.0.0/16 via 192.0.2.1\n }",))
    yield "delays", block("interface_up_down_delays", ["eth0 10 10"]) + instance()
    yield "delays_1", block("interface_up_down_delays", ["eth0 10"]) + instance(lines=("down_timer_adverts 1",))


def servers():
    base = ("lb_algo rr", "lb_kind NAT", "protocol TCP")
    def without(word):
        return tuple(line for line in base if not line.startswith(word))
    for word in ("lb_algo", "lb_kind", "protocol"):
        yield f"server_no_{word}", server(lines=without(word))
        yield f"server_bad_{word}", server(lines=without(word) + (f"{word} nonsense",))
    for kind, port, address in itertools.product(("NAT", "DR", "TUN"), ("80", "8080", ""), ("10.0.1.1", "2001:db8::1")):
        yield f"server_{kind}_{port or 'none'}_{'4' if '.' in address else '6'}", server(
            lines=without("lb_kind") + (f"lb_kind {kind}",), reals=((f"{address} {port}", ("weight 1",)),))
        yield f"sorry_{kind}_{port or 'none'}_{'4' if '.' in address else '6'}", server(
            lines=without("lb_kind") + (f"lb_kind {kind}", f"sorry_server {address} {port}"))
        yield f"mark_{kind}_{port or 'none'}_{'4' if '.' in address else '6'}", server(
            "fwmark 5", lines=("lb_algo rr", f"lb_kind {kind}"), reals=((f"{address} {port}", ("weight 1",)),))
    for quorum, hysteresis, weights in itertools.product((1, 2, 3, 9), (0, 1, 2, 9), ((1,), (1, 1), (5, 0))):
        yield (f"quorum_{quorum}_{hysteresis}_{'-'.join(map(str, weights))}",
               server(lines=base + (f"quorum {quorum}", f"hysteresis {hysteresis}"),
                      reals=[(f"10.0.1.{n + 1} 80", (f"weight {w}",)) for n, w in enumerate(weights)]))
    yield "server_no_port", server("10.0.0.1")
    yield "server_port_0", server("10.0.0.1 0")
    yield "server_no_port_persistent", server("10.0.0.1", lines=base + ("persistence_timeout 50",))
    yield "server_no_real", server(reals=())
    yield "server_twice", server() + server()
    yield "real_twice", server(reals=(("10.0.1.1 80", ()), ("10.0.1.1 80", ())))
    yield "real_sorry_inhibit", server(lines=base + ("sorry_server 10.0.1.1 80",), reals=(("10.0.1.1 80", ("inhibit_on_failure",)),))
    yield "sorry_inhibit_alone", server(lines=base + ("sorry_server_inhibit",))
    yield "sorry_lvs_alone", server(lines=base + ("sorry_server_lvs_method DR",))
    yield "ops_tcp", server(lines=base + ("ops",))
    yield "ops_udp", server(lines=without("protocol") + ("protocol UDP", "ops"))
    yield "mark_protocol", server("fwmark 5", lines=base)
    yield "mark_suspend", server("fwmark 5", lines=("lb_algo rr", "lb_kind NAT", "ha_suspend"))
    yield "mark_family", server("fwmark 5", lines=("lb_algo rr", "lb_kind NAT", "ip_family inet6"))
    yield "group_unknown", server("group g")
    for name, entries in {"v4": ("10.0.0.1 80",), "mixed": ("10.0.0.1 80", "2001:db8::1 80"), "mark": ("fwmark 3",),
                          "mark_and_v4": ("fwmark 3", "10.0.0.1 80"), "two_ports": ("10.0.0.1 80", "10.0.0.2 81"),
                          "no_port": ("10.0.0.1",), "range": ("10.0.0.1-9 80",), "bad_range": ("10.0.0.9-1 80",), "empty": ()}.items():
        for kind in ("NAT", "DR", "TUN"):
            yield f"servergroup_{name}_{kind}", block("virtual_server_group g", entries) + server(
                "group g", lines=without("lb_kind") + (f"lb_kind {kind}",))
    for name, checker in {
            "tcp": "TCP_CHECK {\n }", "http_no_url": "HTTP_GET {\n connect_timeout 3\n }", "http": "HTTP_GET {\n url {\n path /\n }\n }",
            "http_no_path": "HTTP_GET {\n url {\n status_code 200\n }\n }", "http_bad_digest": "HTTP_GET {\n url {\n path /\n digest abc\n }\n }",
            "http_bad_code": "HTTP_GET {\n url {\n path /\n status_code 99\n }\n }", "ssl": "SSL_GET {\n url {\n path /\n }\n }",
            "misc_no_path": "MISC_CHECK {\n misc_timeout 3\n }", "misc": "MISC_CHECK {\n misc_path /usr/bin/true\n }",
            "dns_bad_type": "DNS_CHECK {\n type NONE\n }", "dns": "DNS_CHECK {\n }", "file_unknown": "FILE_CHECK {\n track_file nofile\n }",
            "bind_family": "TCP_CHECK {\n bindto 2001:db8::2\n connect_ip 10.0.0.9\n }", "link_local": "TCP_CHECK {\n connect_ip fe80::9\n }",
            "smtp": "SMTP_CHECK {\n host {\n }\n }", "udp": "UDP_CHECK {\n }", "ping": "PING_CHECK {\n }",
            "regex_bad": "HTTP_GET {\n url {\n path /\n regex \"(\"\n }\n }"}.items():
        yield f"check_{name}", server(reals=(("10.0.1.1 80", (checker,)),))


def braces():
    good = instance()
    for name, text in {"open": good.replace(" {", "", 1), "close": good[:-2], "extra": good + "}\n", "early": good.replace("    virtual_router", "    }\n    virtual_router"),
                       "list_open": good.replace("virtual_ipaddress {", "virtual_ipaddress"), "list_close": good.replace("    }\n", "")}.items():
        yield f"brace_{name}", text + instance("B", 52, addresses=("192.0.2.11",))
    flat = " ".join(good.split())
    yield "flat_instance", flat + "\n"
    yield "flat_two", good.replace("interface eth0\n    virtual_router_id 51", "interface eth0 virtual_router_id 51")
    yield "flat_global", "global_defs { router_id a smtp_connect_timeout 30 }\n" + good
    yield "flat_addresses", instance(addresses=("192.0.2.10 192.0.2.11",))
    yield "flat_authentication", instance(lines=("authentication { auth_type PASS auth_pass abc }",))
    yield "bom", "\ufeff" + good
    yield "crlf", good.replace("\n", "\r\n")
    yield "variable", instance(interface="$IF")
    yield "braced_variable", instance(interface="${IF}")
    yield "quote", 'global_defs {\n router_id "x\n}\n' + good
    yield "missing_value", instance(lines=("priority",))
    yield "no_interface", instance(interface="")
    yield "no_vrid", instance(vrid=None)
    yield "bad_vrid", instance(vrid=300)
    yield "loopback", instance(interface="lo")


def combinations():
    for family in (vrrp_alone, vrrp_pairs, vrrp_groups, duplicates, servers, braces):
        yield from family()

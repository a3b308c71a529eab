"""VMACs (use_vmac): an interface of its own for each virtual router, with the MAC address of RFC 9568, 7.3."""

import contextlib
import json
import re
import socket
import subprocess
import threading
import time

import pytest
from lab import netlink, wait_until
from routers import SLACK, VIP, instance, master_down_interval

MAC4 = "00:00:5e:00:01:33"
MAC6 = "00:00:5e:00:02:33"
VIP6 = ("fe80::51", "fd00::100/64")


def link(node, name):
    """What `ip -d link` says of an interface; None without it."""
    found = json.loads(node.run(["ip", "-d", "-j", "link", "show"]) or "[]")
    return next((one for one in found if one["ifname"] == name), None)


def vmacs(node):
    """The names of all macvlans."""
    found = json.loads(node.run(["ip", "-d", "-j", "link", "show"]) or "[]")
    return sorted(one["ifname"] for one in found if one.get("linkinfo", {}).get("info_kind") == "macvlan")


def addresses_on(node, name):
    found = json.loads(node.run(["ip", "-j", "addr", "show", "dev", name], check=False) or "[]")
    return [f"{a['local']}/{a['prefixlen']}" for one in found for a in one.get("addr_info", [])]


def knob(node, path):
    return node.run(["cat", f"/proc/sys/net/{path}"]).strip()


def ipv4_rules(node):
    """Debian's keepalived 2.2.7 writes the IPv6 rules in other words than 2.4.3."""
    return node.run(["nft", "list", "ruleset", "ip"])


# `nft list ruleset ip6` of keepalived 2.4.3 with one IPv6 instance, use_vmac and no_accept.
RULES6 = """table ip6 keepalived {
	set parent_link_local {
		type ipv6_addr . ifname
		elements = { OWN . "vrrp.51" }
	}

	map vmac_map {
		type iface_index : iface_index
		elements = { "vrrp.51" : "eth0" }
	}

	set vmac_set {
		type iface_index
		elements = { "vrrp.51" }
	}

	set mld-report {
		type icmpv6_type
		flags constant
		elements = { mld-listener-report,
			     mld2-listener-report }
	}

	set vips {
		type ipv6_addr
		elements = { fd00::100 }
	}

	set neighbor-discovery {
		type icmpv6_type
		flags constant
		elements = { nd-neighbor-solicit,
			     nd-neighbor-advert }
	}

	set vips_link_local {
		type ipv6_addr . iface_index
		elements = { fe80::51 . "vrrp.51" }
	}

	chain out {
		type filter hook output priority filter - 1; policy accept;
		icmpv6 type nd-neighbor-advert meta oifkind "macvlan" ip6 saddr . oifname @parent_link_local drop
		icmpv6 type @mld-report meta oifkind "macvlan" dup to ip6 daddr device oif map @vmac_map drop
		icmpv6 type nd-router-solicit meta oifkind "macvlan" oif @vmac_set drop
		icmpv6 type @neighbor-discovery accept
		ip6 saddr fe80::/10 goto out_link_local
		ip6 saddr @vips drop
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		icmpv6 type @neighbor-discovery accept
		ip6 daddr fe80::/10 goto in_link_local
		ip6 daddr @vips drop
	}

	chain in_link_local {
		ip6 daddr . iif @vips_link_local drop
	}

	chain out_link_local {
		ip6 saddr . oif @vips_link_local drop
	}
}
"""


def vmac_instance(priority=100, *, extra="", **others):
    return instance(priority, extra="use_vmac\n    " + extra, **others)


def six(priority=100, *, extra="", **others):
    return instance(priority, addresses=VIP6, extra="use_vmac\n    " + extra, **others)


@contextlib.contextmanager
def frames_of(node):
    """All frames that come in at a node's eth0, as bytes."""
    with netlink.entered(node.namespace):
        listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        listener.bind(("eth0", 0))
    seen, done = [], threading.Event()

    def listen():
        listener.settimeout(0.05)
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                seen.append(listener.recv(2048))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
        listener.close()


def source_macs(frames, is_it, among=None):
    found = {":".join(f"{byte:02x}" for byte in frame[6:12]) for frame in frames if is_it(frame)}
    return found & among if among else found


def is_advert4(frame):
    return frame[12:14] == b"\x08\x00" and frame[23] == 112


def is_advert6(frame):
    return frame[12:14] == b"\x86\xdd" and frame[20] == 112


def is_igmp(frame):
    return frame[12:14] == b"\x08\x00" and frame[23] == 2


def is_mld_or_solicitation(frame):
    """MLDv2 reports (behind a hop-by-hop header) and router solicitations."""
    if frame[12:14] != b"\x86\xdd":
        return False
    return (frame[20] == 0 and frame[54] == 58 and frame[62] == 143) or (frame[20] == 58 and frame[54] == 133)


def test_address_moves_with_the_virtual_mac(routers):
    first = routers.start(routers.first, vmac_instance(150))
    routers.wait_for_holder(routers.first)
    second = routers.start(routers.second, vmac_instance(100))
    second.wait_for_state("BACKUP")
    # A backup has the interface too, switched on and without the address.
    wait_until(lambda: link(routers.second, "vrrp.51"), 3, "the VMAC of the backup")
    for node in (routers.first, routers.second):
        found = link(node, "vrrp.51")
        assert found["address"] == MAC4
        assert found["linkinfo"]["info_data"]["mode"] == "private"
        assert found["inet6_addr_gen_mode"] == "none"
        assert {"UP", "LOWER_UP"} <= set(found["flags"])
    assert addresses_on(routers.first, "vrrp.51") == [f"{VIP}/24"]
    assert addresses_on(routers.second, "vrrp.51") == []
    advert = routers.capture.last_advert("first")
    assert (advert.source, advert.priority) == ("10.1.0.1", 150)
    assert {arp.sender_mac for arp in routers.capture.gratuitous_arps("first", address=VIP)} == {MAC4}

    assert first.stop() == 0
    routers.wait_for_holder(routers.second)
    assert addresses_on(routers.second, "vrrp.51") == [f"{VIP}/24"]
    assert vmacs(routers.first) == []
    wait_until(lambda: routers.capture.gratuitous_arps("second", address=VIP), 2, "announcements")
    assert {arp.sender_mac for arp in routers.capture.gratuitous_arps("second", address=VIP)} == {MAC4}


def test_ipv6_moves_with_the_virtual_mac(routers):
    first = routers.start(routers.first, six(150))
    routers.wait_for_holder(routers.first, address="fd00::100")
    second = routers.start(routers.second, six(100))
    second.wait_for_state("BACKUP")
    wait_until(lambda: link(routers.second, "vrrp.51"), 3, "the VMAC of the backup")
    own = next(a for a in addresses_on(routers.first, "eth0") if a.startswith("fe80"))
    assert link(routers.first, "vrrp.51")["address"] == MAC6
    # The source of adverts is the address of the base interface, also there.
    assert sorted(addresses_on(routers.first, "vrrp.51")) == sorted([own, "fe80::51/128", "fd00::100/64"])
    assert routers.capture.last_advert("first").source == own.split("/")[0]
    first.stop()
    routers.wait_for_holder(routers.second, address="fd00::100")


def test_links_knobs_and_rules_are_those_of_keepalived(lab):
    """Both routers are alone, so that both become Master; only what differs by node is made equal."""
    from lab import binary_for
    from routers import Routers

    both = Routers(lab, {"first": binary_for("ours"), "second": binary_for("keepalived")})
    lab.isolate("second")
    config = (vmac_instance(100, name="A", vrid=51, extra="no_accept") +
              six(100, name="B", vrid=51, extra="no_accept") +
              instance(100, name="C", vrid=53, addresses=("10.1.0.103/24",),
                       extra="use_vmac lan53 02:00:00:00:00:53\n    vmac_xmit_base\n    "
                             "virtual_ipaddress_excluded {\n fd00::53/64\n }"))
    seen = []
    for node in (both.first, both.second):
        daemon = both.start(node, config)
        for name in "ABC":
            daemon.wait_for_state("MASTER", instance=name)
        wait_until(lambda n=node: n.holds("fd00::53") and n.holds("fd00::100"), 3, "the addresses")
        own = next(a for a in addresses_on(node, "eth0") if a.startswith("fe80")).split("/")[0]
        time.sleep(SLACK)
        links = [link(node, name) for name in vmacs(node)]
        for one in links:
            for key in ("ifindex", "link_index", "link_netnsid"):
                one.pop(key, None)
        rules = ipv4_rules(node)
        addresses = {one["ifname"]: [a.replace(own, "OWN") for a in addresses_on(node, one["ifname"])] for one in links}
        knobs = {f"{name}/{key}": knob(node, f"ipv4/conf/{name}/{key}")
                 for name in ("eth0", *addresses)
                 for key in ("arp_ignore", "arp_filter", "accept_local", "rp_filter", "promote_secondaries")}
        knobs.pop("vrrp6.51/arp_ignore")  # 1 in 2.4.3.
        knobs |= {name: knob(node, f"ipv6/conf/{name}/disable_ipv6") for name in addresses}
        seen.append((links, addresses, knobs, rules))
    for ours, theirs in zip(*seen):
        assert ours == theirs
    assert "vips" in seen[0][3] and "vmac_map" in seen[0][3]
    both.print_logs()


def test_rules_of_ipv6_are_those_of_keepalived(ours):
    node = ours.first
    daemon = ours.start(node, six(100, extra="no_accept"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds("fd00::100"), 2, "the addresses")
    own = next(a for a in addresses_on(node, "eth0") if a.startswith("fe80")).split("/")[0]
    assert node.run(["nft", "list", "ruleset", "ip6"]).replace(own, "OWN") == RULES6


def test_adverts_carry_the_virtual_mac_and_group_reports_do_not(ours):
    with frames_of(ours.second) as frames:
        four = ours.start(ours.first, vmac_instance(100) + six(100, name="VI_2"))
        four.wait_for_state("MASTER")
        four.wait_for_state("MASTER", instance="VI_2")
        time.sleep(2.5)  # Reports are repeated for a while.
        own = link(ours.first, "eth0")["address"]
        assert source_macs(frames, is_advert4) == {MAC4}
        assert source_macs(frames, is_advert6) == {MAC6}
        assert source_macs(frames, is_igmp, {own, MAC4, MAC6}) == {own}
        assert source_macs(frames, is_mld_or_solicitation, {own, MAC4, MAC6}) == {own}


def test_vmac_xmit_base_sends_adverts_from_the_base(routers):
    with frames_of(routers.second) as frames:
        first = routers.start(routers.first, vmac_instance(150, extra="vmac_xmit_base"))
        first.wait_for_state("MASTER")
        routers.wait_for_holder(routers.first)
        second = routers.start(routers.second, vmac_instance(100, extra="vmac_xmit_base"))
        second.wait_for_state("BACKUP")
        time.sleep(2 * master_down_interval(100))
        assert second.states() == ["BACKUP"]
        own = link(routers.first, "eth0")["address"]
        assert source_macs(frames, is_advert4) == {own}
    assert addresses_on(routers.first, "vrrp.51") == [f"{VIP}/24"]
    assert {arp.sender_mac for arp in routers.capture.gratuitous_arps("first", address=VIP)} == {MAC4}


def test_only_the_virtual_mac_answers_for_the_address(ours, lab):
    """Also after a failover: nobody has to learn anything anew."""
    def answers(since=0.0):
        return {(frame.sender, frame.sender_mac) for frame in list(lab.capture.frames)
                if getattr(frame, "operation", 0) == 2 and frame.sender_address == VIP and frame.time >= since}

    client = lab.node("client", "10.1.0.9/24")
    first = ours.start(ours.first, vmac_instance(150))
    ours.wait_for_holder(ours.first)
    second = ours.start(ours.second, vmac_instance(100))
    second.wait_for_state("BACKUP")
    assert "1 received" in client.run(["ping", "-c1", "-W2", VIP])
    assert answers() == {("first", MAC4)}
    first.kill()
    ours.first.ip("link set eth0 down")  # The dead router shall not answer.
    second.wait_for_state("MASTER")
    wait_until(lambda: ours.second.holds(VIP), 2, "the address")
    since = time.time()
    client.run(["ip", "neigh", "flush", "all"])
    wait_until(lambda: "1 received" in client.run(["ping", "-c1", "-W1", VIP], check=False), 5, "an answer")
    assert answers(since) == {("second", MAC4)}


def test_everything_is_as_before_after_the_stop(ours):
    node = ours.first
    node.sysctl(ipv4__conf__eth0__arp_filter=0, ipv4__conf__all__rp_filter=2)
    daemon = ours.start(node, vmac_instance(100, extra="no_accept") + six(100, name="VI_2"))
    daemon.wait_for_state("MASTER")
    assert knob(node, "ipv4/conf/eth0/arp_ignore") == knob(node, "ipv4/conf/eth0/arp_filter") == "1"
    # The filter of `all` would hold for the VMAC too; others keep what they had.
    assert knob(node, "ipv4/conf/all/rp_filter") == "0"
    assert knob(node, "ipv4/conf/eth0/rp_filter") == "2"
    assert knob(node, "ipv4/conf/default/rp_filter") == "2"
    assert knob(node, "ipv4/conf/vrrp.51/rp_filter") == "0"
    assert daemon.stop() == 0
    assert vmacs(node) == []
    assert node.run(["nft", "list", "ruleset"]) == ""
    for path, value in (("eth0/arp_ignore", "0"), ("eth0/arp_filter", "0"), ("all/rp_filter", "2"),
                        ("eth0/rp_filter", "0"), ("default/rp_filter", "0")):
        assert knob(node, f"ipv4/conf/{path}") == value, path


@pytest.mark.holdfast_only
def test_after_a_crash_the_interface_and_the_address_are_adopted(ours):
    daemon = ours.start(ours.first, vmac_instance(100))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    before = link(ours.first, "vrrp.51")["ifindex"]
    daemon.kill()
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=2)
    time.sleep(SLACK)
    assert link(ours.first, "vrrp.51")["ifindex"] == before
    assert [event.added for event in ours.first.watch.of(VIP)] == [True]
    assert daemon.stop() == 0
    assert vmacs(ours.first) == []


def test_a_leftover_under_another_name_is_used(ours):
    node = ours.first
    node.ip(f"link add link eth0 name old51 address {MAC4} type macvlan mode private", "link set old51 up")
    daemon = ours.start(node, vmac_instance(100))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: addresses_on(node, "old51") == [f"{VIP}/24"], 2, "the address on the leftover")
    assert vmacs(node) == ["old51"]


def test_names_in_use_are_avoided(routers):
    node = routers.first
    node.ip("link add vrrp.51 type bridge")
    daemon = routers.start(node, vmac_instance(100))
    daemon.wait_for_state("MASTER")
    assert vmacs(node) == ["vrrp1.51"]


@pytest.mark.holdfast_only
def test_a_deleted_vmac_is_made_again_at_once(ours):
    daemon = ours.start(ours.first, vmac_instance(100))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    index = link(ours.first, "vrrp.51")["ifindex"]
    since = time.time()
    ours.first.ip("link del vrrp.51")
    wait_until(lambda: (link(ours.first, "vrrp.51") or {}).get("ifindex", index) != index, 1, "a new VMAC")
    wait_until(lambda: addresses_on(ours.first, "vrrp.51") == [f"{VIP}/24"], 1, "its address")
    wait_until(lambda: ours.capture.gratuitous_arps("first", address=VIP, since=since), 1, "announcements")
    with frames_of(ours.second) as frames:
        wait_until(lambda: source_macs(frames, is_advert4) == {MAC4}, 2, "adverts from the new VMAC")
    daemon.wait_for_state("MASTER")
    assert re.search(r'elements = { "vrrp.51" : "eth0" }', ours.first.run(["nft", "list", "ruleset"]))


def test_a_deleted_vmac_is_recovered_from(routers):
    first = routers.start(routers.first, vmac_instance(150))
    routers.wait_for_holder(routers.first)
    routers.first.ip("link del vrrp.51")
    wait_until(lambda: link(routers.first, "vrrp.51") and routers.first.holds(VIP), 5, "the VMAC with its address")
    assert first.state() == "MASTER"


def test_the_carrier_is_followed(routers, lab):
    first = routers.start(routers.first, vmac_instance(150))
    routers.wait_for_holder(routers.first)
    second = routers.start(routers.second, vmac_instance(100))
    second.wait_for_state("BACKUP")
    lab.unplug("first")
    first.wait_for_state("FAULT")
    routers.wait_for_holder(routers.second)
    assert link(routers.first, "vrrp.51") is not None
    lab.plug("first")
    routers.wait_for_holder(routers.first)


def test_the_vmac_itself_switched_off_is_a_fault(routers):
    first = routers.start(routers.first, vmac_instance(150))
    routers.wait_for_holder(routers.first)
    routers.first.ip("link set vrrp.51 down")
    first.wait_for_state("FAULT")
    routers.first.ip("link set vrrp.51 up")
    first.wait_for_state("MASTER")


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_base_that_is_down_at_the_start(ours, family):
    """Debian's keepalived 2.2.7 stays in FAULT with IPv6."""
    node = ours.first
    node.ip("link set eth0 down")
    daemon = ours.start(node, (vmac_instance if family == "ipv4" else six)(100))
    daemon.wait_for_state("FAULT")
    assert vmacs(node) == ["vrrp.51"]
    node.ip("link set eth0 up")
    daemon.wait_for_state("MASTER", timeout=8)
    wait_until(lambda: node.holds(VIP if family == "ipv4" else "fd00::100"), 2, "the address")


def test_the_base_changes_its_addresses(ours):
    node = ours.first
    daemon = ours.start(node, vmac_instance(100) + six(100, name="VI_2"))
    for name in ("VI_1", "VI_2"):
        daemon.wait_for_state("MASTER", instance=name)
    old = next(a for a in addresses_on(node, "eth0") if a.startswith("fe80"))
    node.ip("addr add fe80::77/64 dev eth0 nodad", f"addr del {old} dev eth0",
            "addr add 10.9.0.7/24 dev eth0", "addr del 10.1.0.1/24 dev eth0")
    since = time.time()
    wait_until(lambda: {a.source for a in ours.capture.adverts("first", since=since + 1)} == {"10.9.0.7", "fe80::77"},
               5, "adverts from the new addresses")
    assert {a.source for a in ours.capture.adverts("first", since=since + 1)} == {"10.9.0.7", "fe80::77"}
    vmac6 = next(name for name in vmacs(node) if link(node, name)["address"] == MAC6)
    assert "fe80::77/64" in addresses_on(node, vmac6) and old not in addresses_on(node, vmac6)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_base_that_vanishes_and_returns(ours, family):
    node = ours.first

    def plug():
        node.ip("link add lan0 address 02:00:00:00:aa:01 type veth peer name lan1", "link set lan0 up",
                "link set lan1 up", "addr add 10.2.0.1/24 dev lan0")

    plug()
    make = vmac_instance if family == "ipv4" else six
    config = make(100, extra="").replace("interface eth0", "interface lan0")
    daemon = ours.start(node, "global_defs {\n dynamic_interfaces\n}\n" + config)
    daemon.wait_for_state("MASTER")
    for _ in range(2):
        node.ip("link del lan0")
        daemon.wait_for_state("FAULT")
        assert vmacs(node) == []
        plug()
        daemon.wait_for_state("MASTER", timeout=8)
        wait_until(lambda: vmacs(node) == ["vrrp.51"], 2, "the VMAC")
        assert link(node, "vrrp.51")["link"] == "lan0"
        wait_until(lambda: node.holds(VIP if family == "ipv4" else "fd00::100"), 2, "the address")
    if family == "ipv4":
        assert knob(node, "ipv4/conf/lan0/arp_ignore") == "1"
    assert daemon.stop() == 0


def test_a_base_that_is_renamed_is_not_the_base(ours):
    node = ours.first
    daemon = ours.start(node, "global_defs {\n dynamic_interfaces\n}\n" + vmac_instance(100))
    daemon.wait_for_state("MASTER")
    node.ip("link set eth0 down", "link set eth0 name lan", "link set lan up")
    daemon.wait_for_state("FAULT")
    wait_until(lambda: vmacs(node) == [], 2, "no VMAC")
    node.ip("link set lan down", "link set lan name eth0", "link set eth0 up")
    daemon.wait_for_state("MASTER", timeout=8)
    assert vmacs(node) == ["vrrp.51"]


def test_use_vmac_addr_makes_vmacs_on_other_interfaces(routers):
    node = routers.first
    node.ip("link add lan0 type veth peer name lan1", "link set lan0 up", "link set lan1 up")
    addresses = (f"{VIP}/24", "10.2.0.100/24 dev lan0", "10.2.0.101/24 dev lan0")
    daemon = routers.start(node, vmac_instance(100, addresses=addresses, extra="use_vmac_addr"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds("10.2.0.101"), 2, "the addresses")
    assert vmacs(node) == ["vrrp.51", "vrrp1.51"]
    assert link(node, "vrrp1.51")["link"] == "lan0"
    assert addresses_on(node, "vrrp1.51") == ["10.2.0.100/24", "10.2.0.101/24"]
    assert link(node, "vrrp1.51")["address"] == MAC4
    daemon.stop()
    assert vmacs(node) == []


def test_an_address_can_ask_for_a_vmac_of_its_own(routers):
    node = routers.first
    node.ip("link add lan0 type veth peer name lan1", "link set lan0 up", "link set lan1 up")
    addresses = (f"{VIP}/24", "10.2.0.100/24 dev lan0 use_vmac")
    daemon = routers.start(node, "global_defs {\n vmac_addr_prefix va\n}\n" +
                           instance(100, addresses=addresses))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds("10.2.0.100"), 2, "the addresses")
    assert vmacs(node) == ["va.51"]
    assert addresses_on(node, "va.51") == ["10.2.0.100/24"]
    assert f"{VIP}/24" in addresses_on(node, "eth0")


def test_garp_extra_if_announces_where_no_adverts_are_sent(ours):
    node = ours.first
    node.ip("link add lan0 type veth peer name lan1", "link set lan0 up", "link set lan1 up")
    addresses = (f"{VIP}/24", "10.2.0.100/24 dev lan0", "10.2.0.101/24 dev lan0")
    config = instance(100, addresses=addresses,
                      extra="use_vmac\n use_vmac_addr\n garp_extra_if 1\n garp_master_delay 1\n "
                            "garp_master_repeat 1")
    with netlink.entered(node.namespace):
        listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
        listener.bind(("lan1", 0))
    daemon = ours.start(node, config)
    daemon.wait_for_state("MASTER")
    began = time.time()
    heard = []
    listener.settimeout(0.1)
    while time.time() - began < 4.6:
        with contextlib.suppress(TimeoutError):
            frame = listener.recv(128)
            heard.append((time.time() - began, socket.inet_ntoa(frame[28:32])))
    listener.close()
    late = [address for at, address in heard if at > 1.5]
    # After garp_master_delay and one interval, one of its addresses every second: at 2, 3 and 4.
    assert late == ["10.2.0.100"] * 3
    assert len([1 for at, _ in heard if at <= 1.5]) == 4


def test_a_reload_adds_changes_and_takes_away_the_vmac(ours):
    node = ours.first
    daemon = ours.start(node, instance(100))
    daemon.wait_for_state("MASTER")
    daemon.configure(vmac_instance(100))
    daemon.reload()
    wait_until(lambda: vmacs(node) == ["vrrp.51"], 3, "a VMAC")
    wait_until(lambda: addresses_on(node, "vrrp.51") == [f"{VIP}/24"], 3, "the address on the VMAC")
    assert f"{VIP}/24" not in addresses_on(node, "eth0")
    index = link(node, "vrrp.51")["ifindex"]

    daemon.configure(vmac_instance(100, extra="garp_master_repeat 2"))
    daemon.reload()
    daemon.wait_for_log("Reload complete", times=2)
    assert link(node, "vrrp.51")["ifindex"] == index

    daemon.configure(instance(100, extra="use_vmac lan51 02:00:00:00:00:51"))
    daemon.reload()
    wait_until(lambda: vmacs(node) == ["lan51"], 3, "the renamed VMAC")
    wait_until(lambda: addresses_on(node, "lan51") == [f"{VIP}/24"], 3, "its address")
    assert link(node, "lan51")["address"] == "02:00:00:00:00:51"
    assert daemon.states()[-1] == "MASTER"

    daemon.configure(instance(100))
    daemon.reload()
    wait_until(lambda: vmacs(node) == [] and f"{VIP}/24" in addresses_on(node, "eth0"), 5, "no VMAC")
    assert knob(node, "ipv4/conf/eth0/arp_ignore") == "0"
    daemon.stop()


def test_a_removed_instance_takes_its_vmac_and_rules_along(ours):
    node = ours.first
    one = vmac_instance(100, extra="no_accept")
    other = vmac_instance(100, name="VI_2", vrid=52, addresses=("10.1.0.102/24",), extra="no_accept")
    daemon = ours.start(node, one + other)
    daemon.wait_for_state("MASTER")
    daemon.wait_for_state("MASTER", instance="VI_2")
    monitor = node.popen(["nft", "monitor", "elements"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    daemon.configure(other)
    daemon.reload()
    wait_until(lambda: vmacs(node) == ["vrrp.52"], 3, "one VMAC")
    rules = ipv4_rules(node)
    wait_until(lambda: "vrrp.51" not in ipv4_rules(node) and VIP not in ipv4_rules(node), 2, "its rules to be gone")
    assert '"vrrp.52" : "eth0"' in rules and "10.1.0.102" in rules
    time.sleep(0.3)
    monitor.terminate()
    changes = monitor.communicate(timeout=5)[0]
    assert VIP in changes
    assert "10.1.0.102" not in changes  # The other one was not without its rule for a moment.


def test_many_vmacs_start_and_stop(ours):
    node = ours.first
    config = "".join(vmac_instance(100, name=f"VI_{n}", vrid=n, addresses=(f"10.1.1.{n}/24",))
                     for n in range(1, 101))
    daemon = ours.start(node, config)
    daemon.wait_for_log("Entering MASTER STATE", timeout=15, times=100)
    wait_until(lambda: sum(a.startswith("10.1.1.") for a in node.addresses()) == 100, 10, "all addresses")
    assert len(vmacs(node)) == 100
    assert len(re.findall(r'"vrrp\.\d+" : "eth0"', node.run(["nft", "list", "ruleset"]))) == 100
    assert daemon.stop() == 0
    assert vmacs(node) == []

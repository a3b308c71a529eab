"""VRFs and ipvlans: links that only the guest's kernel has."""

import json
import subprocess

import pytest
from lab import Daemon, NamespaceLab, wait_until

VIP = "10.1.0.100"


def has_kind(kind):
    subprocess.run(["modprobe", "-q", kind], capture_output=True)
    added = subprocess.run(["ip", "link", "add", "probe0", "type", kind, *(["table", "77"] if kind == "vrf" else [])],
                           capture_output=True, text=True)
    subprocess.run(["ip", "link", "del", "probe0"], capture_output=True)
    return "Unknown device type" not in added.stderr


needs_vrf = pytest.mark.skipif(not has_kind("vrf"), reason="this kernel has no VRF")
needs_ipvlan = pytest.mark.skipif(not has_kind("ipvlan"), reason="this kernel has no ipvlan")


@pytest.fixture
def lab():
    with NamespaceLab() as one:
        yield one


def link(node, name):
    found = json.loads(node.run(["ip", "-d", "-j", "link", "show"]) or "[]")
    return next((one for one in found if one["ifname"] == name), None)


def addresses_on(node, name):
    found = json.loads(node.run(["ip", "-j", "addr", "show", "dev", name], check=False) or "[]")
    return [f"{a['local']}/{a['prefixlen']}" for one in found for a in one.get("addr_info", [])]


def instance(priority, extra, *, interface="interface eth0", address=f"{VIP}/24"):
    return f"""
vrrp_instance VI_1 {{
    {interface}
    virtual_router_id 51
    priority {priority}
    version 3
    advert_int 0.5
    {extra}
    virtual_ipaddress {{
        {address}
    }}
}}
"""


@needs_ipvlan
def test_ipvlan_carries_the_adverts_and_the_address_stays_below(lab):
    node = lab.node("first", "10.1.0.1/24")
    daemon = Daemon(node, instance(100, "use_ipvlan ipv51 10.1.0.51/24 private")).start()
    daemon.wait_for_state("MASTER", timeout=15)
    found = link(node, "ipv51")
    assert found["linkinfo"]["info_kind"] == "ipvlan"
    assert found["linkinfo"]["info_data"]["mode"] == "l2"
    assert "private" in node.run(["ip", "-d", "link", "show", "ipv51"])
    assert addresses_on(node, "ipv51") == ["10.1.0.51/24"]
    wait_until(lambda: f"{VIP}/24" in addresses_on(node, "eth0"), 5, "the address")
    assert lab.capture.last_advert("first").source == "10.1.0.51"
    index = found["ifindex"]
    daemon.kill()
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", timeout=15, times=2)
    assert link(node, "ipv51")["ifindex"] == index
    assert daemon.stop() == 0
    assert link(node, "ipv51") is None


@needs_vrf
def test_vmac_is_in_the_vrf_of_its_interface(lab):
    node = lab.node("first", "10.1.0.1/24")
    node.ip("link add red type vrf table 100", "link set red up", "link set eth0 master red")
    daemon = Daemon(node, instance(100, "use_vmac")).start()
    daemon.wait_for_state("MASTER", timeout=15)
    assert link(node, "vrrp.51")["master"] == "red"
    wait_until(lambda: VIP in node.run(["ip", "route", "show", "table", "100", "type", "local"]), 5, "the local route")
    assert lab.capture.last_advert("first").source == "10.1.0.1"
    # The base leaves the VRF: so does the VMAC.
    node.ip("link set eth0 nomaster")
    wait_until(lambda: "master" not in link(node, "vrrp.51"), 5, "the VMAC outside")
    assert daemon.stop() == 0


@needs_vrf
def test_routers_in_a_vrf_hear_each_other(lab):
    nodes = [lab.node("first", "10.1.0.1/24"), lab.node("second", "10.1.0.2/24")]
    for node in nodes:
        node.ip("link add red type vrf table 100", "link set red up", "link set eth0 master red")
    first = Daemon(nodes[0], instance(150, "")).start()
    first.wait_for_state("MASTER", timeout=15)
    second = Daemon(nodes[1], instance(100, "")).start()
    second.wait_for_state("BACKUP", timeout=15)
    first.stop()
    second.wait_for_state("MASTER", timeout=15)
    assert second.states() == ["BACKUP", "MASTER"]


@needs_vrf
def test_unicast_without_interface_uses_the_vrf(lab):
    nodes = [lab.node("first", "10.1.0.1/24"), lab.node("second", "10.1.0.2/24")]
    daemons = []
    for node, own, peer, priority in ((nodes[0], 1, 2, 150), (nodes[1], 2, 1, 100)):
        node.ip("link add red type vrf table 100", "link set red up", "link set eth0 master red")
        extra = f"unicast_src_ip 10.1.0.{own}\n    unicast_peer {{\n        10.1.0.{peer}\n    }}"
        daemons.append(Daemon(node, instance(priority, extra, interface="vrf red", address=f"{VIP}/24 dev eth0")))
    daemons[0].start().wait_for_state("MASTER", timeout=15)
    daemons[1].start().wait_for_state("BACKUP", timeout=15)
    lab.capture.first_advert("first")
    nodes[0].ip("link set red down")
    daemons[0].wait_for_state("FAULT", timeout=15)
    daemons[1].wait_for_state("MASTER", timeout=15)
    assert daemons[1].states() == ["BACKUP", "MASTER"]
    nodes[0].ip("link set red up")
    daemons[0].wait_for_state("MASTER", timeout=15)

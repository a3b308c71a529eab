"""VMACs and their base interfaces that go, return, change and are switched off."""

import re
import time

import pytest
from lab import wait_until
from routers import VIP
from vmacs import MAC4, MAC6, addresses_on, frames_of, is_advert4, knob, link, six, source_macs, vmac_instance, vmacs


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

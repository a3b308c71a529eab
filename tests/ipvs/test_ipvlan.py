"""use_ipvlan: an interface of its own with the MAC address of its base, by our daemon and by keepalived."""

import time

import pytest
from lab import Daemon, NamespaceLab, binary_for, wait_until
from test_links import VIP, addresses_on, instance, link, needs_ipvlan

pytestmark = needs_ipvlan


@pytest.fixture
def lab():
    with NamespaceLab() as one:
        yield one


@pytest.fixture(params=["ours", "keepalived"])
def program(request):
    return binary_for(request.param)


@pytest.mark.parametrize("words, name, flags, group", [
    ("10.1.0.51/24", "vrrp.51", "bridge", "default"),
    ("ipv51 10.1.0.51/24 private", "ipv51", "private", "default"),
    ("ipv51 10.1.0.51/24 vepa", "ipv51", "vepa", "default"),
    ("ipv51 10.1.0.51/24 bridge group 7", "ipv51", "bridge", "7"),
])
def test_name_address_and_flags(lab, program, words, name, flags, group):
    if "group" in words and program != binary_for("ours"):
        pytest.skip("not in every version")
    node = lab.node("first", "10.1.0.1/24")
    daemon = Daemon(node, instance(100, f"use_ipvlan {words}"), binary=program).start()
    daemon.wait_for_state("MASTER", timeout=15)
    wait_until(lambda: node.holds(VIP), 5, "the address")
    found = link(node, name)
    assert found["linkinfo"]["info_kind"] == "ipvlan"
    assert found["linkinfo"]["info_data"]["mode"] == "l2"
    assert flags in node.run(["ip", "-d", "link", "show", name])
    assert found["address"] == link(node, "eth0")["address"]
    assert found["group"] == group
    # The virtual address stays on the base.
    assert addresses_on(node, name)[:1] == ["10.1.0.51/24"]
    assert f"{VIP}/24" in addresses_on(node, "eth0")
    assert {advert.source for advert in lab.capture.adverts("first")} == {"10.1.0.51"}
    daemon.stop()
    assert link(node, name) is None


def test_without_an_address_ipv4_is_a_fault(lab, program):
    node = lab.node("first", "10.1.0.1/24")
    daemon = Daemon(node, instance(100, "use_ipvlan"), binary=program).start()
    wait_until(lambda: link(node, "vrrp.51"), 15, "the ipvlan")
    time.sleep(3)  # MASTER would have come after 1.8.
    assert daemon.state() in (None, "FAULT") and not node.holds(VIP)
    daemon.stop()


def test_ipv6_needs_no_address(lab, program):
    node = lab.node("first", "fd00::1/64")
    text = instance(100, "use_ipvlan", address="fe80::51").replace("advert_int 0.5", "advert_int 0.5\n    native_ipv6")
    text = text.replace("fe80::51\n", "fe80::51\n        fd00::100/64\n")
    daemon = Daemon(node, text, binary=program).start()
    daemon.wait_for_state("MASTER", timeout=15)
    wait_until(lambda: node.holds("fd00::100"), 5, "the address")
    assert link(node, "vrrp.51")["linkinfo"]["info_kind"] == "ipvlan"
    daemon.stop()
    assert link(node, "vrrp.51") is None


@pytest.mark.holdfast_only
def test_a_deleted_ipvlan_is_made_again(lab):
    node = lab.node("first", "10.1.0.1/24")
    daemon = Daemon(node, instance(100, "use_ipvlan 10.1.0.51/24")).start()
    daemon.wait_for_state("MASTER", timeout=15)
    index = link(node, "vrrp.51")["ifindex"]
    node.ip("link del vrrp.51")
    wait_until(lambda: (link(node, "vrrp.51") or {}).get("ifindex", index) != index, 5, "a new ipvlan")
    wait_until(lambda: addresses_on(node, "vrrp.51") == ["10.1.0.51/24"], 5, "its address")
    assert daemon.states() == ["BACKUP", "MASTER"]

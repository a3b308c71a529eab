"""The options of use_vmac, and what becomes of a VMAC when something about it or its base is changed by others.

Each test runs with our daemon and with keepalived; where Debian's 2.2.7 differs from 2.4.3, which was asked too,
only ours is judged, by what 2.4.3 does."""

import time

import pytest
from lab import binary_for, wait_until
from routers import SLACK, VIP, Routers, instance
from vmacs import (MAC4, MAC6, addresses_on, frames_of, is_advert4, is_advert6, knob, link, six, source_macs,
                   vmac_instance, vmacs)


@pytest.fixture(params=["ours", "keepalived"])
def alone(request, lab):
    program = binary_for(request.param)
    both = Routers(lab, {"first": program, "second": program})
    yield both
    both.print_logs()


def master(both, config, address=VIP):
    daemon = both.start(both.first, config)
    daemon.wait_for_state("MASTER")
    wait_until(lambda: both.first.holds(address), 2, "the address")
    return daemon


def sent_from(both, is_it):
    """The source MACs of the adverts of one second."""
    with frames_of(both.second) as frames:
        time.sleep(1)
        return source_macs(frames, is_it)


@pytest.mark.parametrize("words, name, mac, group", [
    ("", "vrrp.51", MAC4, "default"),
    ("lan51", "lan51", MAC4, "default"),
    ("02:00:00:00:00:51", "vrrp.51", "02:00:00:00:00:51", "default"),
    ("lan51 02:00:00:00:00:51", "lan51", "02:00:00:00:00:51", "default"),
])
def test_name_and_mac(alone, words, name, mac, group):
    daemon = master(alone, instance(100, extra=f"use_vmac {words}"))
    found = link(alone.first, name)
    assert vmacs(alone.first) == [name]
    assert (found["address"], found["group"]) == (mac, group)
    assert found["linkinfo"]["info_data"]["mode"] == "private"
    assert found["inet6_addr_gen_mode"] == "none"
    assert sent_from(alone, is_advert4) == {mac}
    assert {arp.sender_mac for arp in alone.capture.gratuitous_arps("first", address=VIP)} == {mac}
    daemon.stop()
    assert vmacs(alone.first) == []


@pytest.mark.parametrize("words, mac, group", [("lan51 02:aa:bb:cc:dd group 7", "02:aa:bb:cc:dd:33", "7"),
                                               ("name lan51 group 5", MAC4, "5")])
def test_group_and_five_octets(ours, words, mac, group):
    master(ours, instance(100, extra=f"use_vmac {words}"))
    found = link(ours.first, "lan51")
    assert (found["address"], found["group"]) == (mac, group)


def test_vmac_prefix(alone):
    master(alone, "global_defs {\n    vmac_prefix vm\n}\n" + vmac_instance(100))
    assert vmacs(alone.first) == ["vm.51"]


@pytest.mark.parametrize("where", ["vmac", "base"])
def test_ipv6_adverts_leave_with_the_mac_of_their_interface(alone, where):
    extra = "vmac_xmit_base" if where == "base" else ""
    master(alone, six(100, extra=extra), "fd00::100")
    own = link(alone.first, "eth0")["address"]
    link_local = next(a for a in addresses_on(alone.first, "eth0") if a.startswith("fe80"))
    assert sent_from(alone, is_advert6) == {own if where == "base" else MAC6}
    # Only who sends needs the address to send from.
    assert (link_local in addresses_on(alone.first, "vrrp.51")) == (where == "vmac")


def test_an_excluded_address_of_the_other_family_stays_on_the_base(alone):
    config = vmac_instance(100, extra="virtual_ipaddress_excluded {\n        fd00::77/64\n    }")
    master(alone, config)
    wait_until(lambda: "fd00::77/64" in addresses_on(alone.first, "eth0"), 2, "the excluded address")
    assert addresses_on(alone.first, "vrrp.51") == [f"{VIP}/24"]
    assert knob(alone.first, "ipv6/conf/vrrp.51/disable_ipv6") == "0"


def test_knobs_of_both_families(alone):
    master(alone, vmac_instance(100))
    wanted = {"arp_ignore": "1", "arp_filter": "0", "accept_local": "1", "rp_filter": "0", "promote_secondaries": "1"}
    assert {key: knob(alone.first, f"ipv4/conf/vrrp.51/{key}") for key in wanted} == wanted
    assert knob(alone.first, "ipv6/conf/vrrp.51/disable_ipv6") == "1"
    assert knob(alone.first, "ipv4/conf/eth0/arp_ignore") == knob(alone.first, "ipv4/conf/eth0/arp_filter") == "1"


def test_the_base_changes_its_mtu(alone):
    daemon = master(alone, vmac_instance(100))
    alone.first.ip("link set eth0 mtu 1400")
    wait_until(lambda: link(alone.first, "vrrp.51")["mtu"] == 1400, 2, "the kernel to pass it on")
    time.sleep(SLACK)
    assert daemon.states()[-1] == "MASTER" and sent_from(alone, is_advert4) == {MAC4}


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_the_base_changes_its_mac(alone, family):
    v4 = family == "ipv4"
    daemon = master(alone, (vmac_instance if v4 else six)(100), VIP if v4 else "fd00::100")
    before = sorted(addresses_on(alone.first, "vrrp.51"))
    alone.first.ip("link set eth0 address 02:00:00:00:09:09")
    time.sleep(SLACK)
    assert daemon.states()[-1] == "MASTER"
    assert sorted(addresses_on(alone.first, "vrrp.51")) == before
    assert sent_from(alone, is_advert4 if v4 else is_advert6) == {MAC4 if v4 else MAC6}


def test_the_base_is_switched_off_and_on(alone):
    daemon = master(alone, vmac_instance(100))
    alone.first.ip("link set eth0 down")
    daemon.wait_for_state("FAULT")
    assert vmacs(alone.first) == ["vrrp.51"]
    wait_until(lambda: addresses_on(alone.first, "vrrp.51") == [], 2, "no address")
    alone.first.ip("link set eth0 up")
    daemon.wait_for_state("MASTER")
    wait_until(lambda: addresses_on(alone.first, "vrrp.51") == [f"{VIP}/24"], 2, "the address")
    assert sent_from(alone, is_advert4) == {MAC4}


def test_a_vmac_that_is_switched_off_and_on_is_said(alone):
    daemon = master(alone, vmac_instance(100))
    assert "Netlink reports vrrp.51" not in daemon.log()
    alone.first.ip("link set vrrp.51 down")
    daemon.wait_for_state("FAULT")
    daemon.wait_for_log("Netlink reports vrrp.51 down")
    alone.first.ip("link set vrrp.51 up")
    daemon.wait_for_state("MASTER")
    daemon.wait_for_log("Netlink reports vrrp.51 up")


def test_a_changed_mac_is_put_back(ours):
    """keepalived 2.4.3 goes on with the other one."""
    daemon = master(ours, vmac_instance(100))
    ours.first.ip("link set vrrp.51 address 02:00:00:00:09:09")
    wait_until(lambda: link(ours.first, "vrrp.51")["address"] == MAC4, 2, "the virtual MAC address")
    assert sent_from(ours, is_advert4) == {MAC4}
    assert daemon.states() == ["BACKUP", "MASTER"]


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_deleted_vmac_does_not_end_a_mastership(ours, family):
    """keepalived 2.4.3 goes through FAULT and BACKUP."""
    v4 = family == "ipv4"
    daemon = master(ours, (vmac_instance if v4 else six)(100), VIP if v4 else "fd00::100")
    for _ in range(3):
        index = link(ours.first, "vrrp.51")["ifindex"]
        ours.first.ip("link del vrrp.51")
        wait_until(lambda i=index: (link(ours.first, "vrrp.51") or {}).get("ifindex", i) != i, 2, "a new VMAC")
        wait_until(lambda: ours.first.holds(VIP if v4 else "fd00::100"), 2, "the address")
    assert sent_from(ours, is_advert4 if v4 else is_advert6) == {MAC4 if v4 else MAC6}
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_no_priority_zero_is_sent_when_a_vmac_is_deleted(ours):
    second = ours.start(ours.second, vmac_instance(90))
    first = ours.start(ours.first, vmac_instance(150))
    ours.wait_for_holder(ours.first)
    second.wait_for_state("BACKUP")
    since = time.time()
    ours.first.ip("link del vrrp.51")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    time.sleep(1)
    assert all(advert.priority for advert in ours.capture.adverts("first", since=since))
    assert first.state() == "MASTER" and second.state() == "BACKUP"

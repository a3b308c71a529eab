"""What VMACs put on the wire: the MAC address of RFC 9568, 7.3, and nothing else."""

import contextlib
import socket
import time

from lab import netlink, wait_until
from routers import VIP, instance, master_down_interval
from vmacs import (MAC4, MAC6, addresses_on, frames_of, is_advert4, is_advert6, is_igmp,
                   is_mld_or_solicitation, link, six, source_macs, vmac_instance, vmacs)


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

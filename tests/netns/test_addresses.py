"""Addresses in the kernel: taken, repaired, adopted, and gone when we are."""

import time

import pytest
from lab import wait_until
from routers import SLACK, VIP, instance, master_down_interval


@pytest.mark.holdfast_only
def test_an_address_deleted_from_outside_is_back_within_100_ms_without_leaving_master(ours):
    daemon = ours.start(ours.first, instance(100))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    ours.first.ip(f"addr del {VIP}/24 dev eth0")

    watch = ours.first.watch
    wait_until(lambda: len(watch.of(VIP)) >= 3, 2, "added, removed, added")
    added, removed, repaired = watch.of(VIP)
    assert (added.added, removed.added, repaired.added) == (True, False, True)
    assert repaired.time - removed.time < 0.1
    # Becoming master took five; what follows within a second is the repair's.
    wait_until(lambda: len(ours.capture.gratuitous_arps("first", address=VIP)) > 5, 2, "an announcement")
    time.sleep(master_down_interval(100))
    assert daemon.states() == ["BACKUP", "MASTER"]
    assert all(a.priority == 100 for a in ours.capture.adverts("first"))


@pytest.mark.holdfast_only
@pytest.mark.parametrize("routers", ["ours-ours", "ours-keepalived"], indirect=True)
def test_the_other_router_never_hears_of_a_repair(routers):
    first = routers.start(routers.first, instance(150))
    routers.wait_for_holder(routers.first)
    second = routers.start(routers.second, instance(100))
    second.wait_for_state("BACKUP")
    routers.first.ip(f"addr del {VIP}/24 dev eth0")
    wait_until(lambda: routers.first.holds(VIP), 1, "the repaired address")
    time.sleep(2 * master_down_interval(100))
    assert second.states() == ["BACKUP"]
    assert first.states() == ["BACKUP", "MASTER"]


@pytest.mark.holdfast_only
def test_after_a_crash_a_restart_adopts_the_address_without_a_gap(ours):
    daemon = ours.start(ours.first, instance(100))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    daemon.kill()
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=2)
    time.sleep(SLACK)
    assert ours.first.holds(VIP)
    assert [event.added for event in ours.first.watch.of(VIP)] == [True]


def test_after_a_crash_the_leftover_address_goes_when_another_router_serves(routers):
    first = routers.start(routers.first, instance(150, extra="nopreempt"))
    routers.wait_for_holder(routers.first)
    second = routers.start(routers.second, instance(100, extra="nopreempt"))
    second.wait_for_state("BACKUP")
    first.kill()
    second.wait_for_state("MASTER")
    assert routers.first.holds(VIP)
    first.start()
    routers.wait_for_holder(routers.second)


def test_stopping_leaves_nothing(ours):
    before = ours.first.addresses()
    daemon = ours.start(ours.first, instance(100, addresses=["10.1.0.100/24", "10.1.0.101/24"]))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds("10.1.0.101"), 2, "the addresses")
    assert daemon.stop() == 0
    assert ours.first.addresses() == before
    assert daemon.leftovers() == []


def test_addresses_are_written_as_configured(ours):
    extra = "virtual_ipaddress_excluded {\n 10.3.0.1/16\n fd00::77/64\n }"
    daemon = ours.start(ours.first, instance(100, addresses=["10.1.0.100", "10.2.0.1/24 label eth0:one"], extra=extra))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds("10.3.0.1/16"), 2, "the excluded address")
    assert ours.first.holds("10.1.0.100/32")
    assert ours.first.holds("10.2.0.1/24")
    wait_until(lambda: ours.first.holds("fd00::77/64"), 2, "the excluded IPv6 address")
    assert "eth0:one" in ours.first.run(["ip", "addr", "show"])
    # The excluded ones are not in the adverts.
    assert ours.capture.last_advert("first").addresses == ("10.1.0.100", "10.2.0.1")
    assert daemon.stop() == 0
    wait_until(lambda: not ours.first.holds("10.3.0.1"), 2, "all given up")


def test_an_address_on_another_interface(ours):
    ours.first.ip("link add other type veth peer name its-peer", "link set other up", "link set its-peer up")
    daemon = ours.start(ours.first, instance(100, addresses=["10.1.0.100/24", "10.9.0.1/24 dev other"]))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds("10.9.0.1/24"), 2, "the address")
    assert "10.9.0.1/24" in ours.first.run(["ip", "addr", "show", "dev", "other"])


def test_many_addresses_are_taken_at_once(ours):
    many = [f"10.1.{third}.{fourth}/32" for third in (4, 5) for fourth in range(100)]
    daemon = ours.start(ours.first, instance(100, addresses=["10.1.0.100/24"],
                                             extra="virtual_ipaddress_excluded {\n" + "\n".join(many) + "\n}"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: len(ours.first.addresses()) >= 200, 3, "200 addresses")
    events = ours.first.watch.events
    assert events[-1].time - ours.first.watch.of(VIP)[0].time < 0.5
    assert daemon.stop() == 0
    assert len(ours.first.addresses()) < 10

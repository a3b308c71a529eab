"""Interfaces that come, go, change their names, lose carrier or address; delays, polling, static objects."""

import time

import pytest
from lab import wait_until
from routers import SLACK, VIP, instance
from test_tracking import wait_for_priority


def make(node, name="other", address="10.2.0.1/24", up=True):
    """A veth pair on the node; its end `its-peer` is the carrier."""
    node.ip(f"link add {name} type veth peer name {name}-peer", f"link set {name}-peer up")
    if address:
        node.ip(f"address add {address} dev {name}")
    if up:
        node.ip(f"link set {name} up")


def on_other(priority=100, **settings):
    """An instance on the interface `other`."""
    settings.setdefault("addresses", ("10.2.0.100/24",))
    return instance(priority, **settings).replace("interface eth0", "interface other")


def holds(ours, address="10.2.0.100"):
    return lambda: ours.first.holds(address)


DYNAMIC = ("", "global_defs {\n dynamic_interfaces\n}\n", "global_defs {\n dynamic_interfaces allow_if_changes\n}\n")


@pytest.mark.parametrize("preamble", DYNAMIC, ids=("static", "dynamic", "changes"))
def test_an_interface_that_is_deleted_and_made_again(ours, preamble):
    make(ours.first)
    daemon = ours.start(ours.first, preamble + on_other())
    daemon.wait_for_state("MASTER")
    for _ in range(2):
        ours.first.ip("link del other")
        daemon.wait_for_state("FAULT")
        make(ours.first)
        daemon.wait_for_state("MASTER")
        wait_until(holds(ours), 2, "the address back")
    daemon.wait_for_log("Interface other deleted", times=2)


def test_an_interface_that_comes_without_carrier_address_and_up_in_any_order(ours):
    make(ours.first)
    daemon = ours.start(ours.first, DYNAMIC[1] + on_other())
    daemon.wait_for_state("MASTER")
    steps = {"address": "address add 10.2.0.1/24 dev other", "up": "link set other up",
             "carrier": "link set other-peer up"}
    for order in (("address", "up", "carrier"), ("carrier", "up", "address"), ("up", "carrier", "address")):
        ours.first.ip("link del other")
        daemon.wait_for_state("FAULT")
        ours.first.ip("link add other type veth peer name other-peer")
        for step in order:
            assert daemon.state() == "FAULT"
            ours.first.ip(steps[step])
        daemon.wait_for_state("MASTER")
        wait_until(holds(ours), 2, "the address back")


def test_an_interface_that_is_renamed_away_and_back(ours):
    make(ours.first)
    daemon = ours.start(ours.first, DYNAMIC[1] + on_other())
    daemon.wait_for_state("MASTER")
    ours.first.ip("link set other down", "link set other name another", "link set another up")
    daemon.wait_for_state("FAULT")
    ours.first.ip("link set another down", "link set another name other", "link set other up")
    daemon.wait_for_state("MASTER")
    wait_until(holds(ours), 2, "the address back")


def test_another_interface_takes_the_name(ours):
    make(ours.first)
    make(ours.first, "spare", "10.2.0.7/24")
    daemon = ours.start(ours.first, DYNAMIC[1] + on_other())
    daemon.wait_for_state("MASTER")
    ours.first.ip("link del other", "link set spare down", "link set spare name other", "link set other up")
    wait_until(lambda: daemon.states()[-3:] == ["FAULT", "BACKUP", "MASTER"], 5, "FAULT and back")
    wait_until(holds(ours), 2, "the address on the other one")


def test_an_interface_that_is_missing_at_the_start(ours):
    daemon = ours.start(ours.first, DYNAMIC[1] + on_other())
    daemon.wait_for_state("FAULT")
    make(ours.first)
    daemon.wait_for_state("MASTER")
    wait_until(holds(ours), 2, "the address")


def test_the_carrier_goes_and_comes(ours):
    make(ours.first)
    daemon = ours.start(ours.first, on_other())
    daemon.wait_for_state("MASTER")
    ours.first.ip("link set other-peer down")
    daemon.wait_for_log("Netlink reports other down")
    daemon.wait_for_state("FAULT")
    wait_until(lambda: not ours.first.holds("10.2.0.100"), 2, "the address given up")
    ours.first.ip("link set other-peer up")
    daemon.wait_for_log("Netlink reports other up")
    daemon.wait_for_state("MASTER")


def test_the_last_address_goes_and_comes(ours):
    # The virtual address is of another network: it would go with the primary address of its own.
    make(ours.first)
    daemon = ours.start(ours.first, on_other(addresses=("10.3.0.100/24",)))
    daemon.wait_for_state("MASTER")
    ours.first.ip("address del 10.2.0.1/24 dev other")
    daemon.wait_for_state("FAULT")
    ours.first.ip("address add 10.2.0.8/24 dev other")
    daemon.wait_for_state("MASTER")
    wait_until(holds(ours, "10.3.0.100"), 2, "the address back")


@pytest.mark.holdfast_only
def test_what_goes_with_its_interface_or_primary_address_is_not_put_back_first(ours):
    """The kernel tells of the address that goes along before it tells what it goes with."""
    make(ours.first)
    config = (on_other() + on_other(name="VI_6", vrid=52, addresses=("fe80::52:1/64", "fd00:52::1/64")))
    daemon = ours.start(ours.first, config)
    for name in ("VI_1", "VI_6"):
        daemon.wait_for_state("MASTER", instance=name)
    wait_until(lambda: ours.first.holds("10.2.0.100") and ours.first.holds("fd00:52::1"), 2, "the addresses")
    for gone, back in (("address del 10.2.0.1/24 dev other", "address add 10.2.0.1/24 dev other"),
                       ("link set other down", "link set other up")):
        ours.first.ip(gone)
        daemon.wait_for_state("FAULT")
        ours.first.ip(back)
        for name in ("VI_1", "VI_6"):
            daemon.wait_for_state("MASTER", instance=name)
    assert daemon.states() == ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER"]
    assert "somebody else" not in daemon.log() and "put back" not in daemon.log()


@pytest.mark.holdfast_only
def test_a_no_track_address_comes_with_its_interface(ours):
    routes = "virtual_routes {\n 10.200.0.0/16 dev other no_track\n }"
    daemon = ours.start(ours.first, DYNAMIC[1] + instance(100, addresses=(f"{VIP}/24", "10.2.0.100/24 dev other no_track"),
                                                          extra=routes))
    daemon.wait_for_state("MASTER")
    for _ in range(2):
        make(ours.first)
        wait_until(holds(ours), 2, "the address")
        wait_until(lambda: "10.200.0.0/16" in ours.first.run(["ip", "route"]), 2, "the route")
        ours.first.ip("link del other")
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_flaps_of_every_kind_end_in_the_right_state(ours):
    make(ours.first)
    daemon = ours.start(ours.first, DYNAMIC[1] + on_other())
    daemon.wait_for_state("MASTER")
    for turn in range(12):
        if turn % 3 == 0:
            ours.first.ip("link set other down", "link set other up")
        elif turn % 3 == 1:
            ours.first.ip("link set other-peer down", "link set other-peer up")
        else:
            ours.first.ip("link del other")
            make(ours.first)
    daemon.wait_for_state("MASTER", 8)
    wait_until(holds(ours), 3, "the address")
    time.sleep(1)
    assert daemon.state() == "MASTER" and ours.first.holds("10.2.0.100")


@pytest.mark.parametrize("entry, up, down", [("weight 20", 120, 100), ("weight -20", 100, 80),
                                             ("weight 20 reverse", 80, 100)])
def test_a_tracked_interface_weighs_by_its_sign(ours, entry, up, down):
    make(ours.first)
    daemon = ours.start(ours.first, instance(100, extra=f"track_interface {{\n other {entry}\n }}"))
    wait_for_priority(ours, up)
    ours.first.ip("link set other-peer down")
    wait_for_priority(ours, down)
    ours.first.ip("link set other-peer up")
    wait_for_priority(ours, up)
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_a_tracked_interface_that_vanishes_is_fault(ours):
    make(ours.first)
    daemon = ours.start(ours.first, DYNAMIC[1] + instance(100, extra="track_interface {\n other\n }"))
    daemon.wait_for_state("MASTER")
    ours.first.ip("link del other")
    daemon.wait_for_state("FAULT")
    make(ours.first)
    daemon.wait_for_state("MASTER")


@pytest.mark.holdfast_only
def test_two_tracked_interfaces_must_both_be_up(ours):
    make(ours.first)
    make(ours.first, "third", "10.4.0.1/24")
    daemon = ours.start(ours.first, instance(100, extra="track_interface {\n other\n third\n }"))
    daemon.wait_for_state("MASTER")
    ours.first.ip("link set other-peer down", "link set third-peer down")
    daemon.wait_for_state("FAULT")
    ours.first.ip("link set other-peer up")
    daemon.wait_for_log("Netlink reports other up")
    time.sleep(1)
    assert daemon.state() == "FAULT"
    ours.first.ip("link set third-peer up")
    daemon.wait_for_state("MASTER")


def delays(text):
    return f"interface_up_down_delays {{\n other {text}\n}}\n"


def test_a_delay_bridges_a_short_loss_of_carrier(ours):
    make(ours.first)
    daemon = ours.start(ours.first, delays("2 2") + on_other(advert=3))
    daemon.wait_for_state("MASTER", 15)
    ours.first.ip("link set other-peer down")
    daemon.wait_for_log("delay by 2000000")
    ours.first.ip("link set other-peer up")
    time.sleep(2.5)
    assert daemon.states() == ["BACKUP", "MASTER"] and "Netlink reports other down" not in daemon.log()


def test_a_longer_loss_counts_when_the_delay_is_over(ours):
    make(ours.first)
    daemon = ours.start(ours.first, delays("1 1.5") + on_other(advert=2))
    daemon.wait_for_state("MASTER", 10)
    begin = time.time()
    ours.first.ip("link set other-peer down")
    daemon.wait_for_log("Netlink reports other down")
    assert 1 <= time.time() - begin < 1 + 2 * SLACK
    daemon.wait_for_state("FAULT")
    begin = time.time()
    ours.first.ip("link set other-peer up")
    daemon.wait_for_log("Netlink reports other up")
    assert 1.5 <= time.time() - begin < 1.5 + 2 * SLACK


def test_a_delay_that_is_too_long_for_the_adverts_is_shortened(ours):
    make(ours.first)
    daemon = ours.start(ours.first, delays("20") + on_other())  # Adverts every 0.2 s, three until down.
    daemon.wait_for_state("MASTER")
    ours.first.ip("link set other-peer down")
    daemon.wait_for_log("Netlink reports other down", 2)


@pytest.mark.parametrize("kind", ["", "ETHTOOL", "IOCTL", "MII"])
def test_a_polled_interface_is_followed(ours, kind):
    make(ours.first)
    daemon = ours.start(ours.first, f"linkbeat_interfaces {{\n other {kind}\n}}\n" + on_other())
    daemon.wait_for_log("Using MII-BMSR/ETHTOOL NIC polling thread(s)...")
    if kind == "MII":  # A veth has none.
        daemon.wait_for_log("(other): Configured linkbeat type MII not supported, using ETHTOOL")
    daemon.wait_for_state("MASTER")
    ours.first.ip("link set other-peer down")
    daemon.wait_for_log("Linkbeat reports other down")
    daemon.wait_for_state("FAULT")
    ours.first.ip("link set other-peer up")
    daemon.wait_for_log("Linkbeat reports other up")
    daemon.wait_for_state("MASTER")
    assert "Netlink reports other" not in daemon.log()


def test_the_interface_of_a_tracked_static_address_is_the_groups(ours):
    make(ours.first)
    config = ("track_group watched {\n group {\n VI_1\n }\n}\n"
              "static_ipaddress {\n 10.2.0.50/24 dev other track_group watched\n}\n")
    daemon = ours.start(ours.first, config + instance(100)
                        + instance(100, name="VI_2", vrid=52, addresses=("10.1.0.101/24",)))
    daemon.wait_for_state("MASTER")
    ours.first.ip("link set other-peer down")
    daemon.wait_for_state("FAULT")
    wait_until(lambda: not ours.first.holds(VIP), 2, "the address given up")
    ours.first.ip("link set other-peer up")
    daemon.wait_for_state("MASTER")
    assert daemon.states("VI_2") == ["BACKUP", "MASTER"]
    wait_until(holds(ours, "10.2.0.50"), 2, "the static address")

"""SIGHUP: good changes go live, everything unchanged notices nothing, a bad file changes nothing."""

import time

import pytest
from lab import wait_until
from routers import ADVERT, SLACK, VIP, instance, master_down_interval


def advert_gaps(routers, since):
    times = [advert.time for advert in routers.capture.adverts("first", since=since)]
    return [later - earlier for earlier, later in zip(times, times[1:])]


def test_a_new_priority_goes_live(routers):
    first = routers.start(routers.first, instance(150))
    routers.wait_for_holder(routers.first)
    second = routers.start(routers.second, instance(100))
    second.wait_for_state("BACKUP")
    first.configure(instance(120))
    first.reload()
    wait_until(lambda: routers.capture.last_advert("first").priority == 120, 3, "the new priority")
    assert second.states() == ["BACKUP"]
    first.configure(instance(90))
    first.reload()
    routers.wait_for_holder(routers.second)


def test_addresses_are_added_and_removed_while_master(ours):
    daemon = ours.start(ours.first, instance(100, addresses=[f"{VIP}/24", "10.1.0.101/24"]))
    wait_until(lambda: ours.first.holds("10.1.0.101"), 4, "the addresses")
    daemon.configure(instance(100, addresses=[f"{VIP}/24", "10.1.0.102/24"]))
    daemon.reload()
    wait_until(lambda: ours.first.holds("10.1.0.102") and not ours.first.holds("10.1.0.101"), 3, "the exchange")
    wait_until(lambda: ours.capture.last_advert("first").addresses == (VIP, "10.1.0.102"), 2, "the new adverts")
    assert [event.added for event in ours.first.watch.of(VIP)] == [True]
    wait_until(lambda: ours.capture.gratuitous_arps("first", address="10.1.0.102"), 2, "its announcement")


def test_an_instance_added_by_reload_starts_and_a_removed_one_gives_up(ours):
    daemon = ours.start(ours.first, instance(100))
    daemon.wait_for_state("MASTER")
    other = instance(100, name="VI_2", vrid=52, addresses=["10.1.0.102/24"])
    daemon.configure(instance(100) + other)
    daemon.reload()
    daemon.wait_for_state("MASTER", instance="VI_2")
    wait_until(lambda: ours.first.holds("10.1.0.102"), 2, "the second address")
    daemon.configure(other)
    daemon.reload()
    wait_until(lambda: not ours.first.holds(VIP), 3, "the first address given up")
    assert ours.first.holds("10.1.0.102")
    assert daemon.running


def test_a_reload_without_change_sends_nothing_but_the_next_advert(ours):
    daemon = ours.start(ours.first, instance(150, extra="garp_master_delay 0"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: len(ours.capture.gratuitous_arps("first")) >= 5, 3, "the first burst")
    before = time.time()
    for _ in range(3):
        daemon.reload()
        time.sleep(2 * ADVERT)
    assert ours.capture.gratuitous_arps("first", since=before) == []
    assert max(advert_gaps(ours, before)) < 1.5 * ADVERT
    assert [event.added for event in ours.first.watch.of(VIP)] == [True]
    assert daemon.states() == ["BACKUP", "MASTER"]


BROKEN = {
    "a misspelt keyword": instance(100).replace("virtual_router_id", "virtual_routerid"),
    "a missing brace": instance(100).rstrip().rstrip("}"),
    "an unknown interface": instance(100).replace("eth0", "eth99"),
    "a vrid out of range": instance(100, vrid=256),
    "a parameter left out": instance(100).replace("priority 100", "priority"),
}


@pytest.mark.holdfast_only
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_changes_nothing_and_a_good_one_is_taken_later(ours, broken):
    daemon = ours.start(ours.first, instance(150))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    before = time.time()
    daemon.configure(broken)
    daemon.reload()
    # The message names the file, so that the one who reads the log finds the place.
    wait_until(lambda: str(daemon.config) in daemon.log().split("Reloading", 1)[-1], 3, "a message")
    time.sleep(2 * master_down_interval(150))
    assert daemon.running
    assert ours.first.holds(VIP)
    assert {advert.priority for advert in ours.capture.adverts("first", since=before)} == {150}
    assert max(advert_gaps(ours, before)) < ADVERT + SLACK
    assert daemon.states() == ["BACKUP", "MASTER"]

    daemon.configure(instance(140))
    daemon.reload()
    wait_until(lambda: ours.capture.last_advert("first").priority == 140, 3, "the good file")


@pytest.mark.holdfast_only
def test_a_missing_file_changes_nothing(ours):
    daemon = ours.start(ours.first, instance(150))
    daemon.wait_for_state("MASTER")
    daemon.config.unlink()
    daemon.reload()
    time.sleep(2 * master_down_interval(150))
    assert daemon.running and ours.first.holds(VIP)
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_a_wart_that_was_there_at_start_does_not_block_a_reload(ours):
    wart = "an_unknown_keyword 1\n"
    daemon = ours.start(ours.first, wart + instance(150))
    daemon.wait_for_state("MASTER")
    daemon.configure(wart + instance(140))
    daemon.reload()
    wait_until(lambda: ours.capture.last_advert("first").priority == 140, 3, "the new priority")


@pytest.mark.holdfast_only
def test_a_reload_of_50_000_real_servers_misses_no_advert(ours):
    """Only read, as with -P: what it takes to read, compare and take over so much. The figure is in docs/performance.md."""
    servers = "".join(f"virtual_server 10.{number // 250}.{number % 250}.1 80 {{\n lb_algo rr\n lb_kind DR\n protocol TCP\n" + "".join(
        f" real_server 10.9.{number % 250}.{last} 80 {{\n  weight 1\n  TCP_CHECK {{\n   connect_timeout 3\n  }}\n }}\n"
        for last in range(1, 101)) + "}\n" for number in range(500))
    daemon = ours.start(ours.first, instance(100) + servers)
    daemon.wait_for_state("MASTER", 20)
    since = ours.capture.last_advert("first").time
    for weight in (2, 3, 4):
        daemon.configure(instance(100) + servers.replace("weight 1\n", f"weight {weight}\n", 100))
        daemon.reload()
        daemon.wait_for_log("Reload complete", 20, times=weight - 1)
    time.sleep(2 * ADVERT)
    assert max(advert_gaps(ours, since)) < ADVERT + SLACK
    assert daemon.states() == ["BACKUP", "MASTER"]

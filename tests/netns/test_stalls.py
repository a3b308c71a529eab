"""A daemon that sleeps for too long, and interfaces that are asked instead of listened to."""

import os
import signal
import time

import pytest
from lab import wait_until
from routers import ADVERT, SLACK, VIP, instance, master_down_interval


def vrrp_pid(daemon):
    return int((daemon.folder / "vrrp.pid").read_text())


def sleeps(daemon, seconds):
    os.kill(vrrp_pid(daemon), signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(vrrp_pid(daemon), signal.SIGCONT)


@pytest.mark.parametrize("keyword, holder", [("timer_expired_backup", "second"), ("timer_expired_backup 100", "second"),
                                             ("", "first")])
def test_a_master_that_was_asleep_while_another_took_over(ours, keyword, holder):
    """With the keyword it knows that the others had the time to, and leaves it to them."""
    first = ours.start(ours.first, instance(150, extra=f"nopreempt\n{keyword}"))
    ours.wait_for_holder(ours.first)
    second = ours.start(ours.second, instance(100, extra="nopreempt"))
    second.wait_for_state("BACKUP")
    wait_until(lambda: len(ours.capture.adverts("first")) > 3, 3, "adverts")
    sleeps(first, master_down_interval(100) + 1)
    assert "MASTER" in second.states()
    if holder == "second":
        first.wait_for_log("VRRP thread timer expired")
    ours.wait_for_holder(ours.second if holder == "second" else ours.first)
    assert second.states() == ["BACKUP", "MASTER"] + ([] if holder == "second" else ["BACKUP"])


def test_a_short_sleep_changes_nothing(ours):
    first = ours.start(ours.first, instance(150, extra="nopreempt\ntimer_expired_backup"))
    ours.wait_for_holder(ours.first)
    second = ours.start(ours.second, instance(100, extra="nopreempt"))
    second.wait_for_state("BACKUP")
    wait_until(lambda: len(ours.capture.adverts("first")) > 3, 3, "adverts")
    sleeps(first, ADVERT)
    ours.stays_with(ours.first, 1)
    assert first.states() == ["BACKUP", "MASTER"] and second.states() == ["BACKUP"]


@pytest.mark.parametrize("before, inside", [("linkbeat_use_polling\n", ""), ("linkbeat_interfaces {\neth0\n}\n", ""),
                                            ("", "linkbeat_use_polling")])
def test_a_lost_carrier_is_seen_by_asking_too(ours, before, inside):
    config = before + instance(150, extra=inside)
    daemon = ours.start(ours.first, config)
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    ours.lab.unplug("first")
    daemon.wait_for_state("FAULT")
    wait_until(lambda: not ours.first.holds(VIP), 2, "the address given up")
    ours.lab.plug("first")
    daemon.wait_for_state("MASTER")


def test_a_backup_that_was_asleep_reads_what_came_before_it_decides(ours):
    """Whatever the length of the sleep: its timer is up, but the adverts that wait in its socket count first."""
    ours.start(ours.first, instance(150))
    ours.wait_for_holder(ours.first)
    second = ours.start(ours.second, instance(100))
    second.wait_for_state("BACKUP")
    down = master_down_interval(100)
    since = time.time()
    # Less than the loop calls a stall, and more.
    for seconds in (down - 0.02, down + 0.07, 1.5 * down):
        sleeps(second, seconds)
        time.sleep(ADVERT)
    time.sleep(down)
    assert second.states() == ["BACKUP"]
    assert ours.capture.adverts("second", since=since) == []
    assert ours.second.watch.of(VIP) == []


def test_a_backup_that_was_asleep_while_the_master_died_takes_over_after_listening(ours):
    first = ours.start(ours.first, instance(150))
    ours.wait_for_holder(ours.first)
    second = ours.start(ours.second, instance(100))
    second.wait_for_state("BACKUP")
    down = master_down_interval(100)
    os.kill(vrrp_pid(second), signal.SIGSTOP)
    time.sleep(2 * ADVERT)
    first.kill()
    ours.first.ip(f"address del {VIP}/24 dev eth0")
    time.sleep(2 * down)
    woken = time.time()
    os.kill(vrrp_pid(second), signal.SIGCONT)
    ours.wait_for_holder(ours.second)
    # It has heard adverts of its sleep; none is younger than its sleep, and nobody answers.
    took = ours.capture.first_advert("second", since=woken).time - woken
    assert down - 0.05 < took < down + SLACK

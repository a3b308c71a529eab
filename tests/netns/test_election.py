"""Who becomes Master, and who stays it: the situations of the old how-to files, with real packets."""

import time

import pytest
from lab import wait_until
from routers import ADVERT, SLACK, VIP, instance, master_down_interval


def test_both_master_the_higher_priority_wins_and_takes_over_again_after_its_return(routers):
    first = routers.start(routers.first, instance(150, state="MASTER"))
    second = routers.start(routers.second, instance(100, state="MASTER"))
    first.wait_for_state("MASTER")
    second.wait_for_state("BACKUP")
    routers.wait_for_holder(routers.first)

    first.kill()
    second.wait_for_state("MASTER")

    first.start()
    second.wait_for_state("BACKUP")
    routers.wait_for_holder(routers.first)


def test_master_and_backup_with_the_higher_priority_on_master(routers):
    first = routers.start(routers.first, instance(150, state="MASTER"))
    routers.wait_for_holder(routers.first)
    second = routers.start(routers.second, instance(100, state="BACKUP"))
    second.wait_for_state("BACKUP")
    assert second.states() == ["BACKUP"]

    assert first.stop() == 0
    routers.wait_for_holder(routers.second)
    first.start()
    routers.wait_for_holder(routers.first)
    second.wait_for_state("BACKUP")


def test_priority_wins_over_the_word_master(routers):
    first = routers.start(routers.first, instance(100, state="MASTER"))
    first.wait_for_state("MASTER")
    routers.start(routers.second, instance(150, state="BACKUP"))
    routers.wait_for_holder(routers.second)
    first.wait_for_state("BACKUP")


def test_nopreempt_who_starts_first_holds_the_address_until_it_fails(routers):
    low = routers.start(routers.first, instance(50, extra="nopreempt"))
    routers.wait_for_holder(routers.first)
    high = routers.start(routers.second, instance(150, extra="nopreempt"))
    high.wait_for_state("BACKUP")
    routers.stays_with(routers.first, 2 * master_down_interval(50))

    low.kill()
    high.wait_for_state("MASTER")
    low.start()
    # The leftover address of the crash goes; the one that serves keeps it.
    routers.wait_for_holder(routers.second)
    routers.stays_with(routers.second, 2 * master_down_interval(50))


def test_without_nopreempt_the_higher_priority_takes_the_address(routers):
    low = routers.start(routers.first, instance(50))
    routers.wait_for_holder(routers.first)
    routers.start(routers.second, instance(150))
    routers.wait_for_holder(routers.second)
    low.wait_for_state("BACKUP")


def test_equal_priority_the_higher_primary_address_wins(routers):
    # Both are Master, unheard by each other, and then the wall between them falls.
    routers.lab.isolate("first")
    first = routers.start(routers.first, instance(100))
    second = routers.start(routers.second, instance(100))
    first.wait_for_state("MASTER")
    second.wait_for_state("MASTER")
    routers.lab.heal("first")
    first.wait_for_state("BACKUP")
    routers.wait_for_holder(routers.second)  # 10.1.0.2
    assert second.states() == ["BACKUP", "MASTER"]


def test_after_a_partition_one_master_is_left(routers):
    first = routers.start(routers.first, instance(150))
    second = routers.start(routers.second, instance(100))
    routers.wait_for_holder(routers.first)
    routers.lab.isolate("second")
    second.wait_for_state("MASTER")
    routers.lab.heal("second")
    second.wait_for_state("BACKUP", timeout=2 * master_down_interval(100) + SLACK)
    routers.wait_for_holder(routers.first)
    assert first.states() == ["BACKUP", "MASTER"]


def test_a_router_that_hears_nothing_claims_the_address_and_gives_it_back(routers):
    routers.start(routers.first, instance(150))
    second = routers.start(routers.second, instance(100))
    routers.wait_for_holder(routers.first)
    routers.lab.deafen("second")
    second.wait_for_state("MASTER")
    routers.lab.heal("second")
    second.wait_for_state("BACKUP", timeout=2 * master_down_interval(100) + SLACK)
    routers.wait_for_holder(routers.first)


def test_the_address_owner_becomes_master_at_once(routers):
    routers.start(routers.second, instance(200))
    routers.wait_for_holder(routers.second)
    owner = routers.start(routers.first, instance(255, state="MASTER"))
    routers.wait_for_holder(routers.first)
    owner.wait_for_log("Entering MASTER STATE")
    first_advert = routers.capture.first_advert("first")
    assert first_advert.priority == 255
    wait_until(lambda: len(routers.capture.gratuitous_arps("first", address=VIP)) >= 5, 2, "announcements")


def test_the_backup_takes_over_after_master_down_interval_when_the_master_crashes(routers):
    first = routers.start(routers.first, instance(150))
    second = routers.start(routers.second, instance(100))
    routers.wait_for_holder(routers.first)
    second.wait_for_state("BACKUP")
    wait_until(lambda: len(routers.capture.adverts("first")) > 3, 3, "adverts of the master")

    # A slow start of the first may have let the second be Master for a moment.
    crash = time.time()
    first.kill()
    wait_until(lambda: routers.capture.adverts("second", since=crash), 3, "an advert of the backup")
    takeover = routers.capture.first_advert("second", since=crash).time
    silence = takeover - routers.capture.last_advert("first").time
    expected = master_down_interval(100)
    assert expected - 0.01 <= silence <= expected + SLACK


def test_a_stopped_master_says_so_and_the_backup_waits_only_for_skew_time(routers):
    first = routers.start(routers.first, instance(150))
    second = routers.start(routers.second, instance(100))
    routers.wait_for_holder(routers.first)
    second.wait_for_state("BACKUP")

    assert first.stop() == 0
    wait_until(lambda: routers.capture.last_advert("first").priority == 0, 2, "an advert with priority 0")
    last = routers.capture.last_advert("first")
    wait_until(lambda: routers.capture.adverts("second"), 3, "an advert of the backup")
    skew_time = (256 - 100) * ADVERT / 256
    waited = routers.capture.first_advert("second").time - last.time
    assert skew_time - 0.01 <= waited <= skew_time + SLACK
    routers.wait_for_holder(routers.second)


def test_preempt_delay_holds_the_better_router_back(routers):
    # Whole seconds: Debian's version reads no fractions everywhere.
    routers.start(routers.first, instance(100))
    routers.wait_for_holder(routers.first)
    started = routers.start(routers.second, instance(150, extra="preempt_delay 2")).started_at
    routers.wait_for_holder(routers.second)
    took = routers.capture.first_advert("second").time - started
    assert 2 <= took <= 2 + master_down_interval(100) + 2 * SLACK


def test_a_lost_carrier_moves_the_address_and_its_return_brings_it_back(routers):
    first = routers.start(routers.first, instance(150))
    second = routers.start(routers.second, instance(100))
    routers.wait_for_holder(routers.first)
    routers.lab.unplug("first")
    first.wait_for_state("FAULT")
    second.wait_for_state("MASTER")
    wait_until(lambda: not routers.first.holds(VIP), 3, "the address given up")
    routers.lab.plug("first")
    routers.wait_for_holder(routers.first)
    second.wait_for_state("BACKUP")


def test_a_sync_group_moves_as_one(routers):
    def both(priority, tracking=""):
        return (tracking and f"""
vrrp_script alive {{
    script "{alive}"
    interval 1
    user root
}}
""") + """
vrrp_sync_group together {
    group {
        outside
        inside
    }
}
""" + instance(priority, name="outside", extra=tracking) + instance(
            priority, name="inside", vrid=52, addresses=["10.1.0.101/24"])

    routers.first.write("alive-flag", "")
    alive = routers.first.script("alive", f"test -e {routers.first.folder}/alive-flag")
    first = routers.start(routers.first, both(150, "track_script {\n alive\n }"))
    second = routers.start(routers.second, both(100))
    routers.wait_for_holder(routers.first)
    routers.wait_for_holder(routers.first, address="10.1.0.101")

    # Only `outside` tracks the script, yet `inside` must follow it.
    (routers.first.folder / "alive-flag").unlink()
    routers.wait_for_holder(routers.second)
    routers.wait_for_holder(routers.second, address="10.1.0.101")
    assert first.state("inside") == "FAULT"

    routers.first.write("alive-flag", "")
    routers.wait_for_holder(routers.first)
    routers.wait_for_holder(routers.first, address="10.1.0.101")
    second.wait_for_state("BACKUP", instance="inside")


@pytest.mark.parametrize("seconds", [1])
def test_version_2_takes_over_in_its_whole_seconds(routers, seconds):
    first = routers.start(routers.first, instance(150, version=2, advert=seconds, state="MASTER"))
    second = routers.start(routers.second, instance(100, version=2, advert=seconds))
    routers.wait_for_holder(routers.first)
    second.wait_for_state("BACKUP")
    wait_until(lambda: len(routers.capture.adverts("first")) > 1, 5, "adverts")
    first.kill()
    wait_until(lambda: routers.capture.adverts("second"), 6, "an advert of the backup")
    advert = routers.capture.first_advert("second")
    silence = advert.time - routers.capture.last_advert("first").time
    expected = master_down_interval(100, seconds)
    assert expected - 0.01 <= silence <= expected + SLACK
    assert (advert.version, advert.interval, advert.ttl, advert.checksum_ok) == (2, seconds, 255, True)


def test_version_3_backup_learns_the_interval_of_the_master(routers):
    first = routers.start(routers.first, instance(150, advert=0.2))
    # Its own interval would make it wait for more than 6 s.
    routers.start(routers.second, instance(100, advert=2))
    routers.wait_for_holder(routers.first)
    wait_until(lambda: len(routers.capture.adverts("first")) > 3, 3, "adverts")
    first.kill()
    wait_until(lambda: routers.capture.adverts("second"), 3, "a take-over")
    silence = routers.capture.first_advert("second").time - routers.capture.last_advert("first").time
    assert silence <= master_down_interval(100, 0.2) + SLACK
    assert routers.capture.first_advert("second").interval == 2  # A new master uses its own.

"""What is on the wire: address families, versions, unicast, authentication, announcements."""

import time

import pytest
from lab import wait_until
from routers import ADVERT, SLACK, VIP, instance

IPV6_ADDRESSES = ("fe80::100/64", "fd00::100/64")


def unicast(own, peer):
    return f"unicast_src_ip {own}\nunicast_peer {{\n {peer}\n }}"


def test_adverts_carry_what_the_configuration_says(routers):
    routers.start(routers.first, instance(150, vrid=77, addresses=["10.1.0.100/24", "10.1.0.101/24"]))
    wait_until(lambda: len(routers.capture.adverts("first", vrid=77)) >= 5, 5, "five adverts")
    advert = routers.capture.last_advert("first")
    assert (advert.version, advert.priority, advert.interval) == (3, 150, ADVERT)
    assert (advert.source, advert.destination, advert.ttl) == ("10.1.0.1", "224.0.0.18", 255)
    assert advert.addresses == ("10.1.0.100", "10.1.0.101")
    assert advert.checksum_ok and advert.auth_data == b""
    times = [each.time for each in routers.capture.adverts("first")][:5]
    assert (times[-1] - times[0]) / 4 == pytest.approx(ADVERT, abs=0.05)


def test_ipv6_takes_over_and_returns(routers):
    def config(priority):
        return instance(priority, addresses=IPV6_ADDRESSES)

    first = routers.start(routers.first, config(150))
    routers.start(routers.second, config(100))
    routers.wait_for_holder(routers.first, address="fd00::100")
    advert = routers.capture.last_advert("first")
    assert advert.addresses == ("fe80::100", "fd00::100")
    assert (advert.destination, advert.ttl, advert.checksum_ok) == ("ff02::12", 255, True)
    assert advert.source.startswith("fe80::")

    assert first.stop() == 0
    routers.wait_for_holder(routers.second, address="fd00::100")
    first.start()
    routers.wait_for_holder(routers.first, address="fd00::100")


def test_ipv6_takes_over_after_a_crash(routers):
    first = routers.start(routers.first, instance(150, addresses=IPV6_ADDRESSES))
    second = routers.start(routers.second, instance(100, addresses=IPV6_ADDRESSES))
    routers.wait_for_holder(routers.first, address="fd00::100")
    first.kill()
    second.wait_for_state("MASTER")
    wait_until(lambda: routers.second.holds("fd00::100"), 2, "the address on second")


@pytest.mark.parametrize("version, advert", [(2, 1), (3, ADVERT)])
def test_unicast_ipv4(routers, version, advert):
    first = routers.start(routers.first, instance(150, state="MASTER", version=version, advert=advert,
                                                  extra=unicast("10.1.0.1", "10.1.0.2")))
    second = routers.start(routers.second, instance(100, version=version, advert=advert,
                                                    extra=unicast("10.1.0.2", "10.1.0.1")))
    routers.wait_for_holder(routers.first, timeout=8)
    advert = routers.capture.last_advert("first")
    assert (advert.source, advert.destination, advert.checksum_ok) == ("10.1.0.1", "10.1.0.2", True)
    second.wait_for_state("BACKUP")
    routers.stays_with(routers.first, 1)
    assert first.stop() == 0
    routers.wait_for_holder(routers.second)


def test_unicast_ipv6(routers):
    routers.start(routers.first, instance(150, addresses=IPV6_ADDRESSES, extra=unicast("fd00::1", "fd00::2")))
    second = routers.start(routers.second,
                           instance(100, addresses=IPV6_ADDRESSES, extra=unicast("fd00::2", "fd00::1")))
    routers.wait_for_holder(routers.first, address="fd00::100")
    second.wait_for_state("BACKUP")
    advert = routers.capture.last_advert("first")
    assert (advert.source, advert.destination, advert.checksum_ok) == ("fd00::1", "fd00::2", True)
    routers.stays_with(routers.first, 1, address="fd00::100")


def password(word):
    return f"authentication {{\n auth_type PASS\n auth_pass {word}\n }}"


def test_the_right_password_is_heard(routers):
    # Only eight bytes count.
    routers.start(routers.first, instance(150, version=2, advert=1, state="MASTER", extra=password("longerthan8")))
    second = routers.start(routers.second, instance(100, version=2, advert=1, extra=password("longerth")))
    routers.wait_for_holder(routers.first)
    second.wait_for_state("BACKUP")
    wait_until(lambda: len(routers.capture.adverts("first")) >= 5, 8, "adverts for longer than Master_Down_Interval")
    advert = routers.capture.last_advert("first")
    assert (advert.auth_type, advert.auth_data) == (1, b"longerth")
    assert second.states() == ["BACKUP"]


def test_the_wrong_password_is_ignored(routers):
    routers.start(routers.first, instance(150, version=2, advert=1, state="MASTER", extra=password("one")))
    second = routers.start(routers.second, instance(100, version=2, advert=1, extra=password("two")))
    second.wait_for_log("received an invalid passwd", timeout=6)
    second.wait_for_state("MASTER", timeout=6)


def test_a_new_master_announces_five_times_and_again_after_garp_master_delay(ours):
    ours.start(ours.first, instance(150, extra="garp_master_delay 1"))
    ours.wait_for_holder(ours.first)
    capture = ours.capture
    wait_until(lambda: len(capture.gratuitous_arps("first", address=VIP)) >= 10, 4, "ten announcements")
    time.sleep(0.5)
    frames = capture.gratuitous_arps("first", address=VIP)
    assert len(frames) == 10
    assert frames[4].time - frames[0].time < SLACK
    assert 1 - 0.05 <= frames[5].time - frames[4].time <= 1 + SLACK
    assert all(f.operation == 1 and f.target_mac == "ff:ff:ff:ff:ff:ff" for f in frames)
    # The advert is first, so that other routers step back before the announcements.
    assert capture.first_advert("first").time <= frames[0].time


def test_announcements_go_round_by_round_over_all_addresses(ours):
    ours.start(ours.first, instance(150, addresses=["10.1.0.100/24", "10.1.0.101/24"], extra="garp_master_delay 0"))
    wait_until(lambda: len(ours.capture.gratuitous_arps("first")) >= 10, 4, "ten announcements")
    order = [frame.target_address for frame in ours.capture.gratuitous_arps("first")]
    assert order == ["10.1.0.100", "10.1.0.101"] * 5


def test_garp_master_refresh_repeats_the_announcement(ours):
    ours.start(ours.first, instance(150, extra="garp_master_delay 0\ngarp_master_repeat 2\ngarp_master_refresh 1\n"
                                               "garp_master_refresh_repeat 3"))
    wait_until(lambda: len(ours.capture.gratuitous_arps("first")) >= 8, 5, "first burst and two refreshes")
    times = [frame.time for frame in ours.capture.gratuitous_arps("first")]
    assert times[1] - times[0] < SLACK and times[4] - times[2] < SLACK
    assert 1 - 0.1 <= times[5] - times[2] <= 1 + SLACK


def test_ipv6_addresses_are_announced_by_unsolicited_neighbour_adverts(ours):
    ours.start(ours.first, instance(150, addresses=IPV6_ADDRESSES, extra="garp_master_delay 1"))
    capture = ours.capture
    # The kernel itself announces an address once when it is added; those carry no override flag.
    def announced():
        return [n for n in capture.neighbor_adverts("first", target="fd00::100") if n.override]
    wait_until(lambda: len(announced()) >= 10, 4, "ten announcements")
    frames = announced()
    assert frames[4].time - frames[0].time < SLACK
    assert 1 - 0.05 <= frames[5].time - frames[4].time <= 1 + SLACK
    assert all(f.destination == "ff02::1" and not f.solicited and not f.router for f in frames)


def test_a_lower_priority_advert_makes_the_master_announce_again(routers):
    routers.start(routers.first, instance(150, extra="garp_master_delay 0\ngarp_lower_prio_repeat 3\n"
                                                     "garp_lower_prio_delay 0"))
    routers.wait_for_holder(routers.first)
    wait_until(lambda: len(routers.capture.gratuitous_arps("first")) >= 5, 3, "the first burst")
    # The second hears nothing, claims the address, and is heard by the first.
    routers.lab.deafen("second")
    routers.start(routers.second, instance(100))
    wait_until(lambda: routers.capture.adverts("second"), 3, "a lower advert")
    lower = routers.capture.first_advert("second")
    wait_until(lambda: len(routers.capture.gratuitous_arps("first", since=lower.time)) >= 3, 2, "three more")
    answer = routers.capture.first_advert("first", since=lower.time)
    assert answer.time - lower.time < 0.1  # At once, not with the next interval.


def test_another_virtual_router_id_is_another_router(routers):
    first = routers.start(routers.first, instance(150, vrid=51))
    second = routers.start(routers.second, instance(100, vrid=52, addresses=["10.1.0.101/24"]))
    first.wait_for_state("MASTER")
    second.wait_for_state("MASTER")
    routers.wait_for_holder(routers.first)
    routers.wait_for_holder(routers.second, address="10.1.0.101")

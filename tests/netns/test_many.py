"""Many routers in one process: they share wake-ups, and nobody else notices."""

import time

import pytest
from lab import binary_for, wait_until
from routers import SLACK, Routers, instance, master_down_interval

COUNT = 30
ADVERT = 0.3
CAPTURE = 0.002  # What the capture's times and ours may differ.


def many(priority_of, state="BACKUP"):
    return "".join(instance(priority_of(number), name=f"VI_{number}", vrid=number, advert=ADVERT, state=state,
                            addresses=(f"10.1.9.{number}/32",)) for number in range(1, COUNT + 1))


@pytest.fixture
def behind_keepalived(lab):
    routers = Routers(lab, {"first": binary_for("keepalived"), "second": binary_for("ours")})
    yield routers
    routers.print_logs()


def all_advertise(routers, node):
    wait_until(lambda: len({advert.vrid for advert in routers.capture.adverts(node)}) == COUNT, 5,
               f"adverts of all routers of {node}")


@pytest.mark.parametrize("resigns", [False, True], ids=["crash", "resignation"])
def test_backups_whose_adverts_wait_take_over_neither_early_nor_late(behind_keepalived, resigns):
    routers = behind_keepalived
    first = routers.start(routers.first, many(lambda number: 200))
    all_advertise(routers, "first")
    routers.start(routers.second, many(lambda number: 100))
    time.sleep(master_down_interval(100, ADVERT) + 2 * ADVERT)
    assert not routers.capture.adverts("second")

    first.signal(15) if resigns else first.kill()
    all_advertise(routers, "second")
    skew = master_down_interval(100, ADVERT) - 3 * ADVERT
    for vrid in range(1, COUNT + 1):
        heard = routers.capture.last_advert("first", vrid=vrid)
        taken = routers.capture.first_advert("second", vrid=vrid)
        assert resigns == (heard.priority == 0)
        late = taken.time - heard.time - (skew if resigns else 3 * ADVERT + skew)
        assert -CAPTURE <= late <= SLACK, f"VRID {vrid}"


def test_adverts_of_many_masters_move_together_and_keep_their_interval(ours):
    # Skew_Time spreads the beginning over most of an interval.
    ours.start(ours.first, many(lambda number: 8 * number))
    all_advertise(ours, "first")
    began = time.time()
    time.sleep(12 * ADVERT)
    settled = time.time()
    time.sleep(8 * ADVERT)

    adverts = sorted(ours.capture.adverts("first", since=settled), key=lambda advert: advert.time)
    groups = []  # In each interval; a busy machine may tear some of them apart.
    for start in range(7):
        times = [advert.time for advert in adverts if 0 <= advert.time - settled - start * ADVERT < ADVERT]
        groups.append(1 + sum(later - earlier > ADVERT / 100 for earlier, later in zip(times, times[1:])))
    assert min(groups) <= 11, groups  # Ten, one of which may lie on the border between two intervals.
    for vrid in range(1, COUNT + 1):
        times = [advert.time for advert in ours.capture.adverts("first", vrid=vrid, since=began)]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        assert max(gaps) <= ADVERT + SLACK
        mean = (times[-1] - times[-7]) / 6
        assert abs(mean - ADVERT) <= SLACK / 6 + CAPTURE, f"VRID {vrid}: {mean}"

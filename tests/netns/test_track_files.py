"""track_file: the number in a file as priority or as a fault."""

import os

import pytest
from lab import wait_until
from routers import VIP, instance
from test_tracking import wait_for_priority


class Number:
    """A tracked file on a node, in a folder of its own."""

    def __init__(self, node, name="tf"):
        self.folder = node.folder / f"{name}-folder"
        self.folder.mkdir()
        self.path = self.folder / name

    def write(self, value):
        self.path.write_text(f"{value}\n")

    def move_in(self, value):
        """As tools that write a new file beside the old one and rename it."""
        new = self.folder / "new"
        new.write_text(f"{value}\n")
        new.rename(self.path)


def block(number, name="tf", **settings):
    lines = "\n".join(f"{key} {value}" for key, value in settings.items())
    return f"track_file {name} {{\n file {number.path}\n {lines}\n}}\n"


def track(*entries):
    return "track_file {\n" + "\n".join(entries) + "\n}"


@pytest.mark.parametrize("weight, reverse, value, expected", [
    (None, "", 10, 110), (None, "", -10, 90), (3, "", 10, 130), (-3, "", 10, 70), (2, "reverse", 10, 80)])
def test_the_number_counts_times_its_weight(ours, weight, reverse, value, expected):
    number = Number(ours.first)
    number.write(value)
    settings = {} if weight is None else {"weight": f"{weight} {reverse}"}
    ours.start(ours.first, block(number, **settings) + instance(100, extra=track("tf")))
    wait_for_priority(ours, expected)


def test_the_priority_follows_writing_renaming_and_removal(ours):
    number = Number(ours.first)
    daemon = ours.start(ours.first, block(number) + instance(100, extra=track("tf")))
    daemon.wait_for_state("MASTER")
    wait_for_priority(ours, 100)
    number.write(20)
    wait_for_priority(ours, 120)
    daemon.wait_for_log("(VI_1) Changing effective priority from 100 to 120")
    number.move_in(-7)
    wait_for_priority(ours, 93)
    number.path.rename(number.folder / "away")
    wait_for_priority(ours, 100)
    (number.folder / "away").rename(number.path)
    wait_for_priority(ours, 93)
    number.path.unlink()
    wait_for_priority(ours, 100)
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_a_file_that_is_written_slowly_counts_when_it_is_closed(ours):
    number = Number(ours.first)
    number.write(30)
    daemon = ours.start(ours.first, block(number) + instance(100, extra=track("tf")))
    wait_for_priority(ours, 130)
    with open(number.path, "w", encoding="ascii") as slow:
        slow.write("5")
        slow.flush()
        count = len(ours.capture.adverts("first"))
        wait_until(lambda: len(ours.capture.adverts("first")) > count + 3, 5, "adverts while it is open")
        assert ours.capture.last_advert("first").priority == 130
        slow.write("0\n")
    wait_for_priority(ours, 150)
    assert "to 105" not in daemon.log()


def test_text_is_zero_and_a_number_out_of_range_is_ignored(ours):
    number = Number(ours.first)
    number.write("0x14 and more")
    daemon = ours.start(ours.first, block(number) + instance(100, extra=track("tf")))
    wait_for_priority(ours, 120)
    number.write(99999999999)
    daemon.wait_for_log(f"Invalid number 99999999999 read from {number.path} - ignoring")
    number.write("maintenance")
    wait_for_priority(ours, 100)
    assert ours.capture.last_advert("first").priority == 100


def test_the_effective_priority_stays_in_its_range(ours):
    number = Number(ours.first)
    number.write(2147483647)
    ours.start(ours.first, block(number) + instance(100, extra=track("tf")))
    wait_for_priority(ours, 254)
    number.write(-253)
    wait_for_priority(ours, 1)


def test_minus_254_and_less_is_fault(ours):
    number = Number(ours.first)
    number.write(5)
    daemon = ours.start(ours.first, block(number) + instance(100, extra=track("tf")))
    daemon.wait_for_state("MASTER")
    number.write(-254)
    daemon.wait_for_state("FAULT")
    daemon.wait_for_log("(VI_1): tracked file tf now FAULT state")
    wait_until(lambda: not ours.first.holds(VIP), 2, "the address given up")
    number.write(-2147483648)
    number.write(10)
    daemon.wait_for_log("(VI_1): tracked file tf leaving FAULT state")
    daemon.wait_for_state("MASTER")
    wait_for_priority(ours, 110)


def test_it_starts_in_fault_and_says_why(ours):
    number = Number(ours.first)
    number.write(-300)
    daemon = ours.start(ours.first, block(number) + instance(100, extra=track("tf")))
    daemon.wait_for_log("(VI_1): entering FAULT state (tracked file tf has status -300)")
    daemon.wait_for_state("FAULT")
    number.write(0)
    daemon.wait_for_state("MASTER")


@pytest.mark.parametrize("reverse, good, bad", [("", 0, 1), ("reverse", 1, 0)])
def test_with_weight_0_a_number_is_a_fault(ours, reverse, good, bad):
    number = Number(ours.first)
    number.write(good)
    daemon = ours.start(ours.first, block(number, weight=f"0 {reverse}") + instance(100, extra=track("tf")))
    daemon.wait_for_state("MASTER")
    number.write(bad)
    daemon.wait_for_state("FAULT")
    number.write(good)
    daemon.wait_for_state("MASTER")


def test_an_entry_of_the_instance_has_its_own_weight(ours):
    number = Number(ours.first)
    number.write(10)
    ours.start(ours.first, block(number, weight=5) + instance(100, extra=track("tf weight 2 reverse")))
    wait_for_priority(ours, 80)


def test_the_old_name_of_the_block_works(ours):
    number = Number(ours.first)
    number.write(10)
    ours.start(ours.first, "vrrp_" + block(number) + instance(100, extra=track("tf")))
    wait_for_priority(ours, 110)


def test_a_sync_group_follows_a_file_for_all_its_members(ours):
    number = Number(ours.first)
    number.write(0)
    group = "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n" + track("tf weight 0") + "\n}\n"
    daemon = ours.start(ours.first, block(number) + group + instance(100)
                        + instance(100, name="VI_2", vrid=52, addresses=("10.1.0.101/24",)))
    daemon.wait_for_state("MASTER", instance="VI_2")
    number.write(1)
    daemon.wait_for_state("FAULT", instance="VI_1")
    daemon.wait_for_state("FAULT", instance="VI_2")
    number.write(0)
    daemon.wait_for_state("MASTER", instance="VI_1")
    daemon.wait_for_state("MASTER", instance="VI_2")


def test_a_link_is_followed_to_its_file(ours):
    number = Number(ours.first, "target")
    number.write(10)
    link = ours.first.folder / "link"
    os.symlink(number.path, link)
    ours.start(ours.first, f"track_file tf {{\n file {link}\n}}\n" + instance(100, extra=track("tf")))
    wait_for_priority(ours, 110)
    number.write(20)
    wait_for_priority(ours, 120)


@pytest.mark.parametrize("words, before, after", [("17", None, "17\n"), ("17", "5\n", "5\n"),
                                                  ("17 overwrite", "5\n", "17\n"), ("", None, "0\n")])
def test_init_file_writes_the_file_at_the_start(ours, words, before, after):
    number = Number(ours.first)
    if before is not None:
        number.path.write_text(before)
    ours.start(ours.first, block(number, init_file=words) + instance(100, extra=track("tf")))
    wait_for_priority(ours, 100 + int(after))
    assert number.path.read_text() == after


def test_a_reload_does_not_write_the_file_again_and_takes_new_weights(ours):
    number = Number(ours.first)
    config = block(number, init_file="10 overwrite") + instance(100, extra=track("tf"))
    daemon = ours.start(ours.first, config)
    wait_for_priority(ours, 110)
    number.write(3)
    wait_for_priority(ours, 103)
    daemon.configure(block(number, init_file="10 overwrite") + instance(100, extra=track("tf weight 5")))
    daemon.reload()
    wait_for_priority(ours, 115)
    assert number.path.read_text() == "3\n"
    assert daemon.states() == ["BACKUP", "MASTER"]


@pytest.mark.holdfast_only
def test_a_directory_that_comes_back_is_followed_again(ours):
    number = Number(ours.first)
    number.write(10)
    ours.start(ours.first, block(number) + instance(100, extra=track("tf")))
    wait_for_priority(ours, 110)
    number.folder.rename(number.folder.with_suffix(".away"))
    wait_for_priority(ours, 100)
    number.folder.mkdir()
    number.write(20)
    wait_for_priority(ours, 120)


def test_the_file_moves_the_address_between_routers(routers):
    number = Number(routers.first)
    number.write(0)
    routers.start(routers.first, block(number) + instance(150, extra=track("tf")))
    routers.start(routers.second, instance(100))
    routers.wait_for_holder(routers.first)
    number.write(-60)
    routers.wait_for_holder(routers.second)
    number.path.unlink()
    routers.wait_for_holder(routers.first)


def test_the_dump_shows_the_file_and_who_follows_it(ours):
    number = Number(ours.first)
    number.write(10)
    daemon = ours.start(ours.first, block(number, weight=2) + instance(100, extra=track("tf")))
    wait_for_priority(ours, 120)
    daemon.signal(10)
    dump = daemon.folder / "tmp" / "keepalived.data"
    wait_until(lambda: dump.exists() and " Track file = tf" in dump.read_text(), 3, "the dump")
    text = dump.read_text()
    wanted = [" Track file = tf", f"   File = {number.path}", "   Status = 10", "   Weight = 2",
              "   Tracking instances :"]
    at = text.index(" Track file = tf")
    assert text[at:].splitlines()[:5] == wanted
    assert "------< VRRP Track files >------" in text

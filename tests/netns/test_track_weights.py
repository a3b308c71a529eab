"""The weight of everything that can be followed, in instances and in sync groups: what the adverts say."""

import json

import pytest
from lab import Daemon, NamespaceLab, under_test_is_reference, wait_until
from lab.binaries import REPOSITORY
from routers import instance

# What is followed: a name that is well and one that is not. Files hold numbers: 3 counts as well.
TRACKERS = {
    "track_interface": ("good0", "bad0"),
    "track_script": ("good_script", "bad_script"),
    "track_file": ("three", "zero"),
    "track_process": ("good_process", "bad_process"),
    "track_bfd": (None, "bad_bfd"),
}
BASE = 100
# Words behind the name, and what they add for one that is well and one that is not; a file's value is a factor.
WEIGHTS = [("weight 20", 20, 0), ("weight -20", 0, -20), ("weight 20 reverse", -20, 0), ("weight -20 reverse", 0, 20),
           ("weight 20 noreverse", 20, 0)]
FILE_WEIGHTS = [("weight 20", 60, 0), ("weight -20", -60, 0), ("weight 20 reverse", -60, 0),
                ("weight -20 reverse", 60, 0), ("weight 20 noreverse", 60, 0)]


def cases():
    for tracker, names in TRACKERS.items():
        for words, well, not_well in FILE_WEIGHTS if tracker == "track_file" else WEIGHTS:
            for name, change in zip(names, (well, not_well)):
                if name:
                    yield tracker, f"{name} {words}", BASE + change


CASES = list(cases())
GROUPS = [(tracker, f"{names[1]} weight -20", BASE if tracker == "track_file" else BASE - 20)
          for tracker, names in TRACKERS.items()] + [("track_file", "three weight -20", BASE - 60),
                                                     ("track_interface", "good0 weight 20", BASE + 20)]


def block(tracker, words):
    return f"{tracker} {{\n{words}\n}}"


def configuration(node):
    good, bad = node.script("good", "exit 0"), node.script("bad", "exit 1")
    three, zero = node.write("three", "3"), node.write("zero", "0")
    text = f"""
vrrp_script good_script {{
    script {good}
    interval 1
    user root
}}
vrrp_script bad_script {{
    script {bad}
    interval 1
    user root
}}
vrrp_track_process good_process {{
    process sleep
}}
vrrp_track_process bad_process {{
    process no-such-program
}}
track_file three {{
    file {three}
}}
track_file zero {{
    file {zero}
}}
bfd_instance bad_bfd {{
    neighbor_ip 10.1.0.99
    source_ip 10.1.0.1
}}
"""
    for number, (tracker, words, _) in enumerate(CASES):
        text += instance(BASE, name=f"VI_{number}", vrid=number + 1, advert=0.5, extra=block(tracker, words),
                         addresses=[f"10.1.3.{number + 1}"])
    for number, (tracker, words, _) in enumerate(GROUPS):
        members = [f"G_{number}_{member}" for member in (0, 1)]
        text += f"vrrp_sync_group G_{number} {{\ngroup {{\n{members[0]}\n{members[1]}\n}}\n"
        text += block(tracker, words) + "\nsync_group_tracking_weight\n}\n"
        for member, name in enumerate(members):
            text += instance(BASE, name=name, vrid=100 + 2 * number + member, advert=0.5,
                             addresses=[f"10.1.4.{2 * number + member + 1}"])
    return text


@pytest.fixture(scope="module")
def priority():
    """The priority in the adverts of a VRID, when it has settled."""
    with NamespaceLab() as lab:
        node = lab.node("first", "10.1.0.1/24")
        node.ip("link add good0 type veth peer name good1", "link add bad0 type veth peer name bad1",
                "link set good0 up", "link set good1 up")
        node.popen(["sleep", "1000"])
        daemon = Daemon(node, configuration(node), part="all").start()
        wait_until(lambda: len(lab.capture.adverts("first")) > 2 * (len(CASES) + 2 * len(GROUPS)), 10, "adverts of all")

        def settles(vrid, expected):
            wait_until(lambda: lab.capture.last_advert("first", vrid=vrid).priority == expected, 4,
                       f"priority {expected} and not {lab.capture.last_advert('first', vrid=vrid).priority}")
        yield settles
        print(daemon.log())


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{tracker}: {words}" for tracker, words, _ in CASES])
def test_weight(priority, number):
    if "good_process" in CASES[number][1] and under_test_is_reference():
        pytest.skip("the reference hears of no processes in a namespace")
    priority(number + 1, CASES[number][2])


@pytest.mark.parametrize("number", range(len(GROUPS)), ids=[f"{tracker}: {words}" for tracker, words, _ in GROUPS])
def test_weight_of_a_group(priority, number):
    for member in (0, 1):
        priority(100 + 2 * number + member, GROUPS[number][2])


@pytest.mark.holdfast_only
def test_without_sync_group_tracking_weight_the_weight_of_a_members_interface_is_ignored(ours):
    """It fails without one then, and its group with it."""
    node = ours.first
    node.ip("link add bad0 type veth peer name bad1", "link set bad0 up", "link set bad1 up")
    daemon = ours.start(node, "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n"
                        + instance(BASE, advert=0.3, extra=block("track_interface", "bad0 weight -20"))
                        + instance(BASE, advert=0.3, name="VI_2", vrid=52, addresses=["10.1.0.152"]))
    daemon.wait_for_state("MASTER", instance="VI_2")
    assert ours.capture.last_advert("first").priority == BASE
    node.ip("link set bad0 down")
    daemon.wait_for_state("FAULT", instance="VI_2")


def test_no_tracker_is_forgotten():
    keywords = json.loads((REPOSITORY / "docs/keywords.json").read_text())["keywords"]
    weighted = {each["path"].split("/")[-2] for each in keywords if each["path"].endswith("/weight")
                and each["path"].split("/")[-2].startswith("track_")}
    assert weighted == set(TRACKERS)

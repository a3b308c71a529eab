#!/usr/bin/python3
"""Counts the results of one test level: `tally.py FOLDER CLEAN` prints "passed failed skipped".

Reads every JUnit file in FOLDER (ctest, GoogleTest, pytest) and every line "N passed, N failed" of a file
called `output`. What NAME-again.xml tells of a case (a second attempt, alone) stands for what NAME.xml said of it. CLEAN is 0 when the level's own command failed: that is one failure if the files show none, so
that a crash or an empty run can never look like success. No result at all is a failure too.
"""

import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path


def outcome(case):
    """"passed", "failed" or "skipped" of one <testcase>."""
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def name_of(case):
    return case.get("classname"), case.get("name")


def tally(folder):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for file in sorted(folder.glob("*.xml")):
        if file.name == "ctest.xml" or file.stem.endswith("-again"):
            continue
        second = file.with_name(f"{file.stem}-again.xml")
        again = {name_of(case): outcome(case) for case in xml.parse(second).iter("testcase")} if second.exists() else {}
        for case in xml.parse(file).iter("testcase"):
            counts[again.get(name_of(case), outcome(case))] += 1
    if (folder / "ctest.xml").exists():
        for case in xml.parse(folder / "ctest.xml").iter("testcase"):
            add_program(case, folder, counts)
    output = folder / "output"
    if output.exists():
        for passed, failed in re.findall(r"^(\d+) passed, (\d+) failed", output.read_text(errors="replace"), re.M):
            counts["passed"] += int(passed)
            counts["failed"] += int(failed)
    return counts


def add_program(case, folder, counts):
    """A ctest entry counts by itself unless it is the GoogleTest program whose cases were counted above."""
    # unit.vrrp is vrrp_test, sim.situations is sim_test.
    names = [folder / f"{word}_test.xml" for word in case.get("name").split(".")]
    files = [file for file in names if file.exists()]
    result = outcome(case)
    if not files:
        counts[result] += 1
    elif result == "failed" and all(outcome(c) != "failed" for c in xml.parse(files[0]).iter("testcase")):
        counts["failed"] += 1  # All cases passed and yet the program ended badly: a sanitizer, a crash at exit.


if __name__ == "__main__":
    found = tally(Path(sys.argv[1]))
    if found["failed"] == 0 and (sys.argv[2] == "0" or found["passed"] == 0):
        found["failed"] = 1
    print(found["passed"], found["failed"], found["skipped"])

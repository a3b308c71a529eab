#!/usr/bin/python3
"""What scripts, units and administrators see of the process itself, under two daemons side by side.

    surface.py [-k WORDS] [-j RUNS] OURS REFERENCE        as root; namespaces are made and removed

Compared are exit statuses, what is printed where, pid files, dumps and other files with their modes and owners,
syslog, processes and their limits, signals, scripts and their environment, FIFOs, mails, and reloads by time or
name. The scenarios are functions, in surfaces/; what docs/differences.md explains is listed there as `known`.
Exit status: the number of scenarios that differ.
"""

import argparse
import concurrent.futures
import difflib
import re
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

from lab import remove_abandoned_namespaces  # noqa: E402
from surface_bench import Bench  # noqa: E402
from surfaces import ALWAYS_KNOWN, SCENARIOS  # noqa: E402


def facts_of(scenario, binary):
    with Bench(binary) as bench:
        try:
            scenario.play(bench)
        except Exception:  # Of one program: the comparison shows where it broke off.
            bench.facts["broke off"] = traceback.format_exc(limit=-3)
        return bench.facts


def compare(scenario, ours, reference, pool):
    """Lines of text about what differs beyond what is known."""
    runs = [pool.submit(facts_of, scenario, binary) for binary in (ours, reference)]
    mine, theirs = (run.result() for run in runs)
    known = (*scenario.known, *ALWAYS_KNOWN)
    found = []
    for facts, who in ((mine, "ours"), (theirs, "reference")):
        if "broke off" in facts:
            found += [f"{who} broke off: {line}" for line in facts.pop("broke off").splitlines()]
    for name in sorted(mine.keys() | theirs.keys()):
        left, right = (facts.get(name, "(absent)").splitlines() for facts in (theirs, mine))
        found += [f"{name}: {line}" for line in difflib.unified_diff(left, right, n=0, lineterm="")
                  if not line.startswith(("---", "+++", "@@"))]
    return [line for line in found if not any(re.search(each, line) for each in known)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ours")
    parser.add_argument("reference")
    parser.add_argument("-k", default="", help="run scenarios whose name contains one of these words")
    parser.add_argument("-j", type=int, default=3, help="scenarios at a time")
    options = parser.parse_args()
    remove_abandoned_namespaces()
    words = options.k.split()
    chosen = [each for each in SCENARIOS if not words or any(word in each.name for word in words)]
    differing = 0
    with concurrent.futures.ThreadPoolExecutor(2 * options.j) as pool, \
            concurrent.futures.ThreadPoolExecutor(options.j) as outer:
        runs = {outer.submit(compare, each, options.ours, options.reference, pool): each for each in chosen}
        for done in concurrent.futures.as_completed(runs):
            try:
                found = done.result()
            except Exception as error:  # One broken scenario must not hide the others.
                found = [f"could not run: {error!r}"]
            print(f"{'DIFFERS' if found else 'same   '} {runs[done].name}", flush=True)
            for line in found:
                print(f"    {line}")
            differing += bool(found)
    print(f"{len(chosen) - differing} passed, {differing} failed")
    return min(differing, 99)


if __name__ == "__main__":
    sys.exit(main())

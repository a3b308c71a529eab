#!/usr/bin/python3
"""What scripts, units and administrators see of the process itself, under two daemons side by side.

    surface.py [-k WORDS] [-j RUNS] OURS REFERENCE        as root; namespaces are made and removed

Compared are exit statuses, what is printed where, pid files, dumps and other files with their modes and owners,
syslog, processes and their limits, signals, scripts and their environment, FIFOs, mails, and reloads by time or
name. The scenarios are functions, in surfaces/; what docs/differences.md explains is listed there as `known`.
Exit status: the number of scenarios that differ.
"""

import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import side_by_side  # noqa: E402
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
    mine, theirs = side_by_side.both(facts_of, scenario, ours, reference, pool)
    found = []
    for facts, who in ((mine, "ours"), (theirs, "reference")):
        if "broke off" in facts:
            found += [f"{who} broke off: {line}" for line in facts.pop("broke off").splitlines()]
    for name in sorted(mine.keys() | theirs.keys()):
        left, right = (facts.get(name, "(absent)").splitlines() for facts in (mine, theirs))
        found += side_by_side.text_difference(name, left, right)
    return side_by_side.unknown(found, (*scenario.known, *ALWAYS_KNOWN))


def tell(_scenario, found):
    for line in found:
        print(f"    {line}")


def main():
    options = side_by_side.parser(__doc__.splitlines()[0]).parse_args()
    return side_by_side.play(SCENARIOS, options, lambda *runs: (compare(*runs),), tell)


if __name__ == "__main__":
    sys.exit(main())

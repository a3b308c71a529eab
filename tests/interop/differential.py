#!/usr/bin/python3
"""Runs the same configuration and the same events under two daemons and prints what differs to the outside.

    differential.py [-k WORDS] [-j RUNS] [-v] OURS REFERENCE        as root; namespaces are made and removed

Compared are adverts (whole frames, counts, times), gratuitous ARP and neighbour adverts, addresses over time and
in detail, links, routes, rules, the firewall, the arguments of notify scripts, FIFO lines, mails, the whole
detailed log, exit statuses, pid files and dumps. The scenarios are data, in scenarios/; what docs/differences.md
explains is listed there as `known`. Exit status: the number of scenarios that differ.
"""

import argparse
import concurrent.futures
import difflib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

from differential_run import Run  # noqa: E402
from lab import remove_abandoned_namespaces  # noqa: E402
from scenarios import ALWAYS_KNOWN, SCENARIOS  # noqa: E402

TOLERANCE = 0.35  # Seconds two events may lie apart: both daemons start processes on a busy machine.
MOST_LINES = 40  # Of one scenario, without -v.


def without_time(aspect, trace):
    """The texts of a trace in an order that does not depend on chance."""
    texts = [entry[1] for entry in trace]
    if aspect in ("scripts", "announcements", "addresses", "mails"):
        return sorted(texts)  # The reference's scripts run side by side; order within a burst is nobody's business.
    if aspect == "adverts":
        return sorted(texts, key=lambda text: text.split()[:2])  # Order across nodes and instances is by chance.
    if aspect == "log":
        return sorted(texts, key=log_order)
    return texts


def log_order(text):
    """What one instance, group or script says stays in order; the rest comes from several processes."""
    words = text.split()
    return words[:2] if "(" in words[1] else words


def differences(scenario, ours, theirs, tolerance=TOLERANCE):
    """Lines of text; none when nothing visible differs beyond what is known."""
    found = []
    for aspect in scenario.compare:
        if aspect == "facts":
            for name in sorted(ours.facts.keys() | theirs.facts.keys()):
                mine, other = (run.facts.get(name, "(absent)").splitlines() for run in (ours, theirs))
                found += _text_difference(name, mine, other)
            continue
        left, right = ours.traces[aspect], theirs.traces[aspect]
        found += _text_difference(aspect, without_time(aspect, left), without_time(aspect, right))
        if aspect != "log":
            found += _time_difference(aspect, left, right, tolerance)
    known = (*scenario.known, *ALWAYS_KNOWN)
    return [line for line in found if not any(re.search(each, line) for each in known)]


def _text_difference(aspect, ours, theirs):
    return [f"{aspect}: {line}" for line in difflib.unified_diff(theirs, ours, "reference", "ours", n=0, lineterm="")
            if not line.startswith(("---", "+++", "@@"))]


def _time_difference(aspect, left, right, tolerance):
    """Of texts that came equally often."""
    found, times = [], [{}, {}]
    for entries, by_text in zip((left, right), times):
        for entry in sorted(entries):
            by_text.setdefault(entry[1], []).append(entry)
    for text, mine in times[0].items():
        other = times[1].get(text, [])
        for one, two in zip(mine, other if len(mine) == len(other) else ()):
            if abs(one[0] - two[0]) > tolerance:
                found.append(f"{aspect}: at {one[0]:.2f} s, reference at {two[0]:.2f} s: {text}")
            if len(one) > 2 and abs(one[2] - two[2]) > round(1 + tolerance):
                found.append(f"{aspect}: {one[2]} times, reference {two[2]} times: {text}")
    return found


def compare(scenario, ours, reference, pool, tolerance=TOLERANCE):
    """Both runs at the same time; returns (differences, run, run)."""
    runs = [pool.submit(Run, scenario, binary) for binary in (ours, reference)]
    left, right = (run.result() for run in runs)
    return differences(scenario, left, right, tolerance), left, right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ours")
    parser.add_argument("reference")
    parser.add_argument("-k", default="", help="run scenarios whose name contains one of these words")
    parser.add_argument("-j", type=int, default=3, help="scenarios at a time")
    parser.add_argument("-o", metavar="FOLDER", type=Path, help="write the logs of all scenarios there")
    parser.add_argument("-v", action="store_true", help="print the logs of scenarios that differ")
    options = parser.parse_args()
    remove_abandoned_namespaces()
    words = options.k.split()
    chosen = [each for each in SCENARIOS if not words or any(word in each.name for word in words)]
    differing = 0
    with concurrent.futures.ThreadPoolExecutor(2 * options.j) as pool, \
            concurrent.futures.ThreadPoolExecutor(options.j) as outer:
        results = {outer.submit(compare, each, options.ours, options.reference, pool): each for each in chosen}
        for done in concurrent.futures.as_completed(results):
            scenario = results[done]
            try:
                found, left, right = done.result()
            except Exception as error:  # One broken scenario must not hide the others.
                found, left, right = [f"could not run: {error!r}"], None, None
            print(f"{'DIFFERS' if found else 'same   '} {scenario.name}", flush=True)
            for line in found if options.v else found[:MOST_LINES]:
                print(f"    {line}")
            if options.o and left:
                options.o.mkdir(exist_ok=True)
                (options.o / f"{scenario.name}.ours").write_text(left.full_log)
                (options.o / f"{scenario.name}.reference").write_text(right.full_log)
            if found and options.v and left:
                print(f"ours:\n{left.full_log}\nreference:\n{right.full_log}")
            differing += bool(found)
    print(f"{len(chosen) - differing} passed, {differing} failed")
    return min(differing, 99)


if __name__ == "__main__":
    sys.exit(main())

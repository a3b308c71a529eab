#!/usr/bin/python3
"""Runs the same configuration and the same events under two daemons and prints what differs to the outside.

    differential.py [-k WORDS] [-j RUNS] [-v] OURS REFERENCE        as root; namespaces are made and removed

Compared are adverts (whole frames, counts, times), gratuitous ARP and neighbour adverts, addresses over time and
in detail, links, routes, rules, the firewall, the arguments of notify scripts, FIFO lines, mails, the whole
detailed log, exit statuses, pid files and dumps. The scenarios are data, in scenarios/; what docs/differences.md
explains is listed there as `known`. Exit status: the number of scenarios that differ.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

from differential_run import Run  # noqa: E402
from scenarios import ALWAYS_KNOWN, SCENARIOS  # noqa: E402
from side_by_side import both, parser, play, text_difference, unknown  # noqa: E402

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
                found += text_difference(name, mine, other)
            continue
        left, right = ours.traces[aspect], theirs.traces[aspect]
        found += text_difference(aspect, without_time(aspect, left), without_time(aspect, right))
        if aspect != "log":
            found += _time_difference(aspect, left, right, tolerance)
    return unknown(found, (*scenario.known, *ALWAYS_KNOWN))


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
    left, right = both(Run, scenario, ours, reference, pool)
    return differences(scenario, left, right, tolerance), left, right


def main():
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("-o", metavar="FOLDER", type=Path, help="write the logs of all scenarios there")
    arguments.add_argument("-v", action="store_true", help="print the logs of scenarios that differ")
    options = arguments.parse_args()

    def tell(scenario, found, ours=None, reference=None):
        for line in found if options.v else found[:MOST_LINES]:
            print(f"    {line}")
        if options.o and ours:
            options.o.mkdir(exist_ok=True)
            (options.o / f"{scenario.name}.ours").write_text(ours.full_log)
            (options.o / f"{scenario.name}.reference").write_text(reference.full_log)
        if found and options.v and ours:
            print(f"ours:\n{ours.full_log}\nreference:\n{reference.full_log}")

    return play(SCENARIOS, options, compare, tell)


if __name__ == "__main__":
    sys.exit(main())

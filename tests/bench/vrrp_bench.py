#!/usr/bin/python3
"""VRRP side by side with keepalived: what adverts cost, how fast addresses move, memory, jitter, reloads.

    ./dev bench vrrp [--quick] [--only SCENARIO[,SCENARIO]] [--runs N] [--json FILE]

Both programs do the same, in turns, in network namespaces of their own; HOLDFAST and REFERENCE name them. Times of
packets are the kernel's, processor time and memory are those of the whole process tree. Of several runs the least
counts (for jitter and gaps the median, as one run may be lucky), and the ratio is ours to the reference's. Quote
ratios: the figures themselves are those of a machine.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

import vrrp_bench_lab
import vrrp_scenarios as scenarios

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Figure:
    """A line of the table. `aim`: for the ratio, or for our own figure when `own`."""

    name: str
    title: str
    scale: float = 1e3  # From the scenario's unit to the printed one.
    aim: float | None = None
    own: bool = False
    choose: object = min


@dataclass
class Scenario:
    title: str
    run: object
    figures: list
    runs: int = 3
    joint: bool = False  # Both programs in one run.


MEDIAN = {"choose": statistics.median}
SCENARIOS = {
    "adverts": Scenario("250 instances, adverts due together; ms of processor time per 1000 adverts",
                        scenarios.adverts_in_step,
                        [Figure("master", "Master", aim=0.3), Figure("backup", "Backup of its own kind", aim=0.4)]),
    "spread": Scenario("250 instances, adverts due at different times; ms of processor time per 1000 adverts",
                       scenarios.adverts_spread,
                       [Figure("master", "Master", aim=0.3), Figure("backup", "Backup of its own kind", aim=0.4)]),
    "backup": Scenario("250 instances behind keepalived; ms of processor time per 1000 adverts",
                       scenarios.adverts_of_keepalived, [Figure("backup", "Backup", aim=0.4)], joint=True),
    "failover": Scenario("1000 addresses after kill -9; ms after Master_Down_Interval", scenarios.failover_1000,
                         [Figure("advert", "first advert"), Figure("there", "all there", aim=0.4),
                          Figure("announced", "all announced", aim=0.4)]),
    "start": Scenario("255 owners with 4 addresses each; ms since execution", scenarios.start_255,
                      [Figure("advert", "all adverts", aim=0.4), Figure("there", "all there", aim=0.4),
                       Figure("announced", "all announced", aim=0.4)]),
    "memory": Scenario("memory of all processes, all of it and what other programs cannot share; MiB", scenarios.memory,
                       [Figure(f"{count} {kind}", f"{count} instance{'s'[:count > 1]}, {kind}", 1 / 1024, 0.6)
                        for kind in ("resident", "own") for count in (1, 255, 1000)], runs=1),
    "jitter": Scenario("adverts of 10 ms beside two busy processes per processor; deviation in ms", scenarios.jitter,
                       [Figure("median", "median", **MEDIAN), Figure("p99", "p99", aim=0.5, **MEDIAN),
                        Figure("worst", "worst", **MEDIAN), Figure("drift", "of the mean", **MEDIAN)]),
    "reload": Scenario("reload beside 50 000 real servers in the file; intervals of 50 ms", scenarios.reload,
                       [Figure("gap", "widest gap of adverts", 1, 1.5, own=True, **MEDIAN),
                        Figure("gap before", "widest gap without a reload", 1, **MEDIAN),
                        Figure("processor", "processor time of a reload, ms")]),
    "reload-fast": Scenario("the same; intervals of 10 ms", scenarios.reload_fast,
                            [Figure("gap", "widest gap of adverts", 1, own=True, **MEDIAN),
                             Figure("gap before", "widest gap without a reload", 1, **MEDIAN),
                             Figure("processor", "processor time of a reload, ms")]),
}


def verdict(figure, ours, theirs):
    """(ratio, what became of the aim)."""
    ratio = ours / theirs if theirs > 0 else None
    reached = ours * figure.scale if figure.own else ratio
    if figure.aim is None:
        return ratio, ""
    if reached is None:
        return ratio, f"{figure.aim:g}"
    return ratio, f"{figure.aim:g} {'reached' if reached <= figure.aim else 'MISSED'}"


def bench(scenario, programs, runs, settings):
    samples = {"ours": [], "reference": []}
    for _ in range(runs or scenario.runs):
        if scenario.joint:
            for name, sample in scenario.run(settings, programs).items():
                samples[name].append(sample)
            continue
        for name, program in programs.items():
            samples[name].append(scenario.run(settings, program, programs["reference"]))
    print(f"\n{scenario.title}\n{'':34} {'holdfast':>10} {'reference':>10} {'ratio':>7}  aim")
    lines = []
    for figure in scenario.figures:
        if scenario.joint:  # The run whose ratio is the median.
            pairs = sorted(((ours[figure.name], theirs[figure.name]) for ours, theirs in zip(*samples.values())),
                           key=lambda pair: pair[0] / pair[1])
            chosen = pairs[(len(pairs) - 1) // 2]
        else:
            chosen = [figure.choose(sample[figure.name] for sample in samples[name]) for name in samples]
        ratio, aim = verdict(figure, *chosen)
        shown = f"{ratio:7.3f}" if ratio is not None else "      -"
        print(f"  {figure.title:32} {chosen[0] * figure.scale:10.3f} {chosen[1] * figure.scale:10.3f} {shown}  {aim}",
              flush=True)
        lines.append({"figure": figure.title, "ours": chosen[0], "reference": chosen[1], "ratio": ratio, "aim": aim})
    return {"title": scenario.title, "figures": lines, "samples": samples}


def taken_over(program, fault, advert):
    for _ in range(5):
        try:
            return scenarios.takeover(program, fault, advert)
        except (RuntimeError, IndexError):
            pass  # The machine stood still for three intervals of 10 ms, and the backup took over by itself.
    raise RuntimeError(f"{program}: no takeover by {fault} at {advert} s")


def takeovers(programs, runs):
    """The table of faults: medians, because the fault strikes at a random moment between two adverts."""
    print("\nTakeover, ms: from the fault to the peer's first advert and to the address there (formula: the least that "
          "RFC 9568 allows\nafter the last advert heard), and how late each is against the formula")
    print(f"{'':24} {'formula':>9}  | {'advert':>9} {'address':>9} {'late':>7} {'late':>7}  "
          f"| {'formula':>9}  | {'advert':>9} {'address':>9} {'late':>7} {'late':>7}")
    results = []
    for fault in scenarios.FAULTS:
        for advert in scenarios.INTERVALS:
            samples = {name: [] for name in programs}
            for _ in range(runs):
                for name, program in programs.items():
                    samples[name].append(taken_over(program, fault, advert))
            text = f"  {fault:10} {advert:>6g} s  "
            for name in programs:
                shown, there, formula, late, late_there = (statistics.median(column) * 1e3
                                                           for column in zip(*samples[name]))
                text += f"   {formula:9.1f}  | {shown:9.1f} {there:9.1f} {late:7.2f} {late_there:7.2f}  |"
            print(text.rstrip("|"), flush=True)
            results.append({"fault": fault, "advert": advert, "samples": samples})
    return results


def main():
    names = [*SCENARIOS, "takeover"]
    parser = argparse.ArgumentParser(description="VRRP, side by side with keepalived")
    parser.add_argument("--only", "--scenario", default=",".join(names),
                        help="scenarios, separated by commas: " + ", ".join(names))
    parser.add_argument("--runs", type=int, help="runs of each program in each scenario")
    parser.add_argument("--quick", action="store_true", help="shorter, and one run")
    parser.add_argument("--json", help="write all figures to this file")
    options = parser.parse_args()
    wanted = options.only.split(",")
    unknown = [name for name in wanted if name not in names]
    if unknown:
        parser.error(f"no scenario {', '.join(unknown)}")
    if options.quick and not options.runs:
        options.runs = 1

    programs = {"ours": os.environ.get("HOLDFAST", str(ROOT / "build/release/bin/holdfast")),
                "reference": os.environ.get("REFERENCE", "/usr/sbin/keepalived")}
    for program in programs.values():
        if not os.access(program, os.X_OK):
            sys.exit(f"vrrp_bench: there is no program {program}")
    print(f"holdfast:  {programs['ours']}\nreference: {programs['reference']}")
    results, status = {}, 0
    with tempfile.TemporaryDirectory(prefix="vrrp-bench-") as folder:
        vrrp_bench_lab.build_observer(folder)
        for name in wanted:
            try:
                if name == "takeover":
                    results[name] = takeovers(programs, options.runs or 3)
                else:
                    results[name] = bench(SCENARIOS[name], programs, options.runs, scenarios.Settings(options.quick))
            except (AssertionError, RuntimeError, OSError, IndexError):
                # The other scenarios still say something.
                print(f"\n{name} failed:\n{traceback.format_exc()}", flush=True)
                status = 1
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))
    return status


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Runs the same LVS configuration and events under two daemons on a real ip_vs and prints what differs.

    run_differential.py [-k REGEX] [-g GUESTS] [-j RUNS] [-v] OURS REFERENCE        as root

Compared at every step: the table as ipvsadm saves it, scripts called with their arguments, the bytes of the FIFO,
log lines, mails; at the end the data dump, the exit status and what is left. The scenarios are in differential/;
what docs/differences.md explains is listed there as `ignore`. Exit status: the number of scenarios that differ.
"""

import argparse
import concurrent.futures
import difflib
import os
import pickle
import re
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

from differential.scenarios import SCENARIOS  # noqa: E402
from lab import UmlGuest  # noqa: E402
from lab.uml import OUTPUT_IN_GUEST  # noqa: E402

TIMEOUT = 1800
# Mails of `omega` are sent when we stop; keepalived ends before (docs/differences.md).
KNOWN = ("^stop: mails",)


def chosen(regex):
    return [each for each in SCENARIOS if re.search(regex, each.name)]


def inside(options):
    """In the guest: all runs of one share of the scenarios, the results in a file."""
    from differential.run import Run

    number, count = map(int, options.inside.split("/"))
    mine = chosen(options.k)[number::count]

    def run(pair):
        scenario, binary = pair
        try:
            done = Run(scenario, binary)
            print(f"{scenario.name}: {Path(binary).name} done", flush=True)
            return done.facts, done.full_log
        except Exception:  # Reported as the result of the run.
            return {"run": traceback.format_exc()}, ""

    pairs = [(each, binary) for each in mine for binary in (options.ours, options.reference)]
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        results = list(pool.map(run, pairs))
    with open(f"{OUTPUT_IN_GUEST}/results", "wb") as out:
        pickle.dump({each.name: results[2 * i:2 * i + 2] for i, each in enumerate(mine)}, out)


def differences(left, right):
    found = [f"a run that failed\n      {each['run']}" for each in (left, right) if "run" in each]
    for name in dict.fromkeys([*right, *left]):
        ours, theirs = left.get(name, "(none)"), right.get(name, "(none)")
        if ours != theirs:
            same = sorted(ours.splitlines()) == sorted(theirs.splitlines())
            lines = list(difflib.unified_diff(theirs.splitlines(), ours.splitlines(), lineterm="", n=1))[2:]
            found.append(f"{name}{' (order only)' if same else ''}\n" + "\n".join(f"      {line}" for line in lines))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", default="")
    parser.add_argument("-g", type=int, default=2)
    parser.add_argument("-j", type=int, default=4)
    parser.add_argument("-v", action="store_true")
    parser.add_argument("--inside")
    parser.add_argument("ours")
    parser.add_argument("reference")
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="holdfast-lvs-"))

    def guest(number):
        share = folder / str(number)
        words = [*sys.argv[0:1], "--inside", f"{number}/{options.g}", "-j", options.j,
                 "-k", options.k, options.ours, options.reference]
        log = open(folder / f"log-{number}", "w")
        status = UmlGuest(share, memory="512M").run([sys.executable, *words], timeout=TIMEOUT,
                                     environment={"PYTHONDONTWRITEBYTECODE": "1"},
                                     on_line=lambda line: print(line, file=log, flush=True))
        if status != 0:
            return {f"guest {number}": [({"status": f"{status}\n{(folder / f'log-{number}').read_text()[-3000:]}"}, ""),
                                        ({}, "")]}
        with open(share / "results", "rb") as results:
            return pickle.load(results)

    with concurrent.futures.ThreadPoolExecutor(options.g) as pool:
        results = {name: each for share in pool.map(guest, range(options.g)) for name, each in share.items()}
    shutil.rmtree(folder)
    differing = 0
    for name in sorted(results):
        (left, left_log), (right, right_log) = results[name]
        known = next((each.known for each in SCENARIOS if each.name == name), ())
        found = [each for each in differences(left, right) if not any(re.search(one, each) for one in (*KNOWN, *known))]
        differing += bool(found)
        if found or options.v:
            print(f"{'DIFFERS' if found else 'same'}: {name}")
        for each in found:
            print(f"    {each}")
        if options.v:
            print(f"ours:\n{left_log}\nreference:\n{right_log}")
            for key, value in right.items():
                print(f"  {key}\n    " + value.replace("\n", "\n    "))
    print(f"{len(results) - differing} the same, {differing} differ, {time.monotonic() - began:.0f} s")
    return min(differing, 99)


if __name__ == "__main__":
    sys.exit(main())

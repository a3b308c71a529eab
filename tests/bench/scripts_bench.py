#!/usr/bin/python3
"""What tracked scripts cost the daemon, side by side with keepalived.

    ./dev bench scripts [--seconds N] [--runs N]

200 vrrp_scripts that run /usr/bin/true every second; processor time of the daemon itself (with keepalived that of
the process that runs them, and its parent), without that of the scripts. Both programs in turns, in namespaces of
their own; HOLDFAST and REFERENCE name them. The least of all runs counts.
"""

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "interop"), str(ROOT / "tests" / "lib")]

from surface_bench import Bench  # noqa: E402
from surfaces.base import MASTER, SECURE, block, globals_, instance  # noqa: E402

SCRIPTS = 200


def processor_time(pid):
    """In seconds, of all threads, as the scheduler has counted it."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def seconds_of_a_run(binary, seconds):
    names = [f"s{number}" for number in range(SCRIPTS)]
    scripts = "".join(f'vrrp_script {name} {{\n script "/usr/bin/true"\n interval 1\n weight 1\n}}\n' for name in names)
    with Bench(binary) as bench:
        program = bench.start("-P", config=globals_(SECURE) + scripts
                              + instance(advert=1, extra=block("track_script", *names))).wait_for(MASTER)
        time.sleep(2)
        processes = {program.pid, bench.pid_in(bench.folder / "vrrp.pid")}
        began, before = time.monotonic(), sum(map(processor_time, processes))
        time.sleep(seconds)
        used, took = sum(map(processor_time, processes)) - before, time.monotonic() - began
        program.stop()
    return used / (SCRIPTS * took)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    programs = {"Holdfast": os.environ.get("HOLDFAST", str(ROOT / "build/release/bin/holdfast")),
                "keepalived": os.environ.get("REFERENCE", "/usr/sbin/keepalived")}
    least = {name: min(seconds_of_a_run(binary, options.seconds) for _ in range(options.runs))
             for name, binary in programs.items()}
    for name, value in least.items():
        print(f"{name}: {value * 1e6:.0f} us of processor time for one run of a script")
    print(f"ratio {least['Holdfast'] / least['keepalived']:.2f} (aim 0.3)")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Runs the ipvs tests: `run.py [--results FOLDER] [pytest arguments]`.

They need a kernel with ip_vs. Where the running one has none, the tests are dealt to some user-mode-linux guests
(GUESTS, default 3) that run side by side, and their result files are brought out: pytest-0.xml and so on. The few
that failed there get a second chance in a guest that has the machine to itself: pytest-0-again.xml.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

from lab import HOLDFAST, KEEPALIVED, UmlGuest, kernel_has_ipvs  # noqa: E402
from lab.uml import OUTPUT_IN_GUEST  # noqa: E402

TIMEOUT = 900  # Seconds for the session of one guest.
FEW = 5        # More failures than this in one guest are not the machine's.
_FAILED, _NO_TESTS = 1, 5  # pytest's status: some failed; a guest was left without a test.


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", default="build/results/ipvs")
    options, extra = parser.parse_known_args()
    results = Path(options.results).resolve()
    results.mkdir(parents=True, exist_ok=True)

    def pytest(report, cache):
        tests = [] if any(not word.startswith("-") and Path(word.split("::")[0]).exists() for word in extra) else [HERE]
        return [sys.executable, "-m", "pytest", "-v", "-o", f"cache_dir={cache}", "--durations=5",
                f"--color={'yes' if sys.stdout.isatty() else 'no'}", "--junit-xml",
                report, *tests, *extra]

    if kernel_has_ipvs():
        return subprocess.run(pytest(results / "pytest.xml", results / "cache")).returncode
    guests = max(1, int(os.environ.get("GUESTS", "3")))
    print(f"This kernel has no ip_vs: running in {guests} guests of user-mode-linux.", flush=True)

    def run(number, report, more, environment):
        folder = results / f"guest-{number}"
        status = UmlGuest(folder).run(
            [*pytest(f"{OUTPUT_IN_GUEST}/{report}", f"{OUTPUT_IN_GUEST}/cache"), *more], timeout=TIMEOUT,
            environment={"HOLDFAST": Path(HOLDFAST).resolve(), "KEEPALIVED": KEEPALIVED,
                         "PYTHONDONTWRITEBYTECODE": "1", **environment,
                         **({"RELOADS": os.environ["RELOADS"]} if "RELOADS" in os.environ else {})})
        if (folder / report).exists():
            shutil.move(folder / report, results / report)
        return 0 if status == _NO_TESTS and guests > 1 else status

    def guest(number):
        shutil.rmtree(results / f"guest-{number}" / "cache", ignore_errors=True)
        return run(number, f"pytest-{number}.xml", [], {"SHARD": f"{number}/{guests}"})

    def again(number):
        return run(number, f"pytest-{number}-again.xml", ["--last-failed", "--last-failed-no-failures", "none"], {})

    def failures(number):
        last = results / f"guest-{number}" / "cache" / "v" / "cache" / "lastfailed"
        return len(json.loads(last.read_text())) if last.exists() else 0

    with ThreadPoolExecutor(guests) as pool:
        statuses = list(pool.map(guest, range(guests)))
    for number, status in enumerate(statuses):
        if status == _FAILED and failures(number) <= FEW:
            print("Once more, alone.", flush=True)
            statuses[number] = again(number)
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main())

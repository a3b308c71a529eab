#!/usr/bin/python3
"""Runs the ipvs tests: `run.py [--results FOLDER] [pytest arguments]`.

They need a kernel with ip_vs. Where the running one has none, the tests are dealt to some user-mode-linux guests
(GUESTS, default 3) that run side by side, and their result files are brought out: pytest-0.xml and so on.
"""

import argparse
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
_NO_TESTS = 5   # pytest's status when a guest was left without a test.


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", default="build/results/ipvs")
    options, extra = parser.parse_known_args()
    results = Path(options.results).resolve()
    results.mkdir(parents=True, exist_ok=True)

    def pytest(report):
        tests = [] if any(not word.startswith("-") and Path(word.split("::")[0]).exists() for word in extra) else [HERE]
        return [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--durations=5",
                f"--color={'yes' if sys.stdout.isatty() else 'no'}", "--junit-xml",
                report, *tests, *extra]

    if kernel_has_ipvs():
        return subprocess.run(pytest(results / "pytest.xml")).returncode
    guests = max(1, int(os.environ.get("GUESTS", "3")))
    print(f"This kernel has no ip_vs: running in {guests} guests of user-mode-linux.", flush=True)

    def guest(number):
        folder = results / f"guest-{number}"
        report = f"pytest-{number}.xml"
        status = UmlGuest(folder).run(
            pytest(f"{OUTPUT_IN_GUEST}/{report}"), timeout=TIMEOUT,
            environment={"HOLDFAST": Path(HOLDFAST).resolve(), "KEEPALIVED": KEEPALIVED, "SHARD": f"{number}/{guests}",
                         "PYTHONDONTWRITEBYTECODE": "1"})
        if (folder / report).exists():
            shutil.move(folder / report, results / report)
        return 0 if status == _NO_TESTS and guests > 1 else status

    with ThreadPoolExecutor(guests) as pool:
        return max(pool.map(guest, range(guests)))


if __name__ == "__main__":
    sys.exit(main())

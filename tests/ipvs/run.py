#!/usr/bin/python3
"""Runs the ipvs tests: `run.py [--results FOLDER] [pytest arguments]`.

They need a kernel with ip_vs. Where the running one has none, the whole pytest session runs in one
user-mode-linux guest, and its result file is brought out.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

from lab import HOLDFAST, KEEPALIVED, UmlGuest, kernel_has_ipvs  # noqa: E402
from lab.uml import OUTPUT_IN_GUEST  # noqa: E402

TIMEOUT = 1200  # Seconds for the whole session in the guest.


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
    print("This kernel has no ip_vs: running in user-mode-linux.", flush=True)
    return UmlGuest(results).run(pytest(f"{OUTPUT_IN_GUEST}/pytest.xml"), timeout=TIMEOUT,
                                 environment={"HOLDFAST": Path(HOLDFAST).resolve(), "KEEPALIVED": KEEPALIVED,
                                              "PYTHONDONTWRITEBYTECODE": "1"})


if __name__ == "__main__":
    sys.exit(main())

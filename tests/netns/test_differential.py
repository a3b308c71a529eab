"""The same configuration and events under Holdfast and Debian's keepalived: what is visible is the same. The
long list, and the comparison with keepalived 2.4.3, is tests/interop/differential.py."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lab import HOLDFAST, KEEPALIVED

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))

from differential import compare  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402

NEWER_LINES = re.compile("master set to|Delayed start completed")  # Debian's 2.2.7 does not log them.
QUICK = [scenario for scenario in SCENARIOS if scenario.quick]


@pytest.mark.parametrize("scenario", QUICK, ids=[scenario.name for scenario in QUICK])
def test_nothing_visible_differs(scenario):
    with ThreadPoolExecutor(2) as pool:
        found, ours, theirs = compare(scenario, HOLDFAST, KEEPALIVED, pool, tolerance=1.0)
    found = [line for line in found if not NEWER_LINES.search(line)]
    assert found == [], f"ours:\n{ours.full_log}\nreference:\n{theirs.full_log}"

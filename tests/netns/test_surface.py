"""The process as scripts, units and administrators see it, side by side with Debian's keepalived. The long list,
and the comparison with keepalived 2.4.3, is tests/interop/surface.py."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lab import HOLDFAST, KEEPALIVED

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))

from surface import compare  # noqa: E402
from surfaces import SCENARIOS  # noqa: E402

QUICK = [scenario for scenario in SCENARIOS if scenario.quick]


@pytest.mark.parametrize("scenario", QUICK, ids=[scenario.name for scenario in QUICK])
def test_nothing_visible_differs(scenario):
    with ThreadPoolExecutor(2) as pool:
        assert compare(scenario, HOLDFAST, KEEPALIVED, pool) == []

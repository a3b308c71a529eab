"""What all levels that run under pytest share: the test bench, and the tests that hold for Holdfast alone."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

from lab import HOLDFAST, remove_abandoned_namespaces, under_test_is_reference  # noqa: E402


def pytest_configure(config):
    if not os.access(HOLDFAST, os.X_OK):
        raise pytest.UsageError(f"{HOLDFAST} is not there: build it, or name the daemon under test in HOLDFAST")
    remove_abandoned_namespaces()


def pytest_collection_modifyitems(items):
    if under_test_is_reference():
        for item in items:
            if item.get_closest_marker("holdfast_only"):
                item.add_marker(pytest.mark.skip(reason="Holdfast differs from keepalived here"))

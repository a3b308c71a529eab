"""Fixtures of the ipvs level; see run.py for how it is started."""

import os

import cluster as cluster_module
import pytest
from lab import kernel_has_ipvs


def pytest_configure(config):
    if not kernel_has_ipvs():
        raise pytest.UsageError("this kernel has no ip_vs; use tests/ipvs/run.py, which brings one")


def pytest_collection_modifyitems(items):
    """SHARD=K/N leaves every Nth test, from the Kth on: run.py starts several guests side by side."""
    if "SHARD" in os.environ:
        number, count = map(int, os.environ["SHARD"].split("/"))
        items[:] = items[number::count]


@pytest.fixture
def cluster():
    yield from cluster_module.made()

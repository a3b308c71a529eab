"""Fixtures of the ipvs level; see run.py for how it is started."""

import cluster as cluster_module
import pytest
from lab import kernel_has_ipvs


def pytest_configure(config):
    if not kernel_has_ipvs():
        raise pytest.UsageError("this kernel has no ip_vs; use tests/ipvs/run.py, which brings one")


@pytest.fixture
def cluster():
    yield from cluster_module.made()

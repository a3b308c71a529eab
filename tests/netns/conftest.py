"""Fixtures: a lab, and two routers in it."""

import pytest
from lab import NamespaceLab, binary_for
from routers import Routers


@pytest.fixture
def lab():
    with NamespaceLab() as one:
        yield one


@pytest.fixture(params=["ours-ours", "ours-keepalived", "keepalived-ours"])
def routers(request, lab):
    """Both nodes ours, and Debian's keepalived in either place."""
    first, second = request.param.split("-")
    both = Routers(lab, {"first": binary_for(first), "second": binary_for(second)})
    yield both
    both.print_logs()


@pytest.fixture
def ours(lab):
    """Both nodes run the daemon under test; for what does not depend on the peer."""
    both = Routers(lab, {"first": binary_for("ours"), "second": binary_for("ours")})
    yield both
    both.print_logs()

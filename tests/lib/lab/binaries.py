"""Which programs the tests run.

HOLDFAST names the daemon under test (default: the newest build/*/bin/holdfast), KEEPALIVED the reference
that plays the other node (default: Debian's). HOLDFAST may name a keepalived as well: that run judges the
tests themselves, and the tests marked `holdfast_only` are skipped.
"""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def _newest_build():
    built = [*REPOSITORY.glob("build/bin/holdfast"), *REPOSITORY.glob("build/*/bin/holdfast")]
    if not built:
        return str(REPOSITORY / "build/ci/bin/holdfast")
    return str(max(built, key=lambda path: path.stat().st_mtime))


HOLDFAST = os.environ.get("HOLDFAST") or _newest_build()
KEEPALIVED = os.environ.get("KEEPALIVED") or "/usr/sbin/keepalived"


def under_test_is_reference():
    return os.path.basename(os.path.realpath(HOLDFAST)) == "keepalived"


def binary_for(role):
    """The program for a role in a test's parameters: "ours" or "keepalived"."""
    return {"ours": HOLDFAST, "keepalived": KEEPALIVED}[role]

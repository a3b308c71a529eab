"""A few scenarios of run_differential.py that hold with Debian's keepalived too: the same table, scripts, FIFO bytes and
exit status at every step. All of them, also with the log and the dump, are a matter of minutes and of the newest
keepalived: see there."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from differential.run import Run
from differential.scenarios import SCENARIOS
from lab import HOLDFAST, KEEPALIVED

CHOSEN = ("every scheduler and every flag", "persistence", "groups", "sorry server that is a real server",
          "quorum and hysteresis", "alpha omega", "misc_dynamic and quorum", "reload changes the sorry server")
_BY_NAME = {each.name: each for each in SCENARIOS}


@pytest.mark.parametrize("name", CHOSEN)
def test_the_same_as_keepalived(name):
    with ThreadPoolExecutor(2) as pool:
        ours, theirs = pool.map(lambda binary: Run(_BY_NAME[name], binary), (HOLDFAST, KEEPALIVED))
    for fact, expected in theirs.facts.items():
        known = any(re.search(each, fact) for each in _BY_NAME[name].known)
        if not known and not fact.endswith((": log", ": mails")) and not fact.startswith("dump"):
            assert ours.facts[fact] == expected, f"{fact}\n{ours.full_log}"

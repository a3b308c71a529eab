"""SIGHUP with each of a corpus of broken configurations to one running MASTER: it serves on as if nothing had happened,
and says what is wrong, in the log and to holdctl."""

import re
import subprocess
import time

import pytest
from broken_configurations import ACCEPTED, APPLIED, CASES, GOOD, REFERENCE_DIFFERS, put
from holdctl import Control
from lab import HOLDFAST, KEEPALIVED, wait_until
from routers import ADVERT, SLACK, VIP
from test_reload import advert_gaps
from test_repair import Monitor


ENDED = re.compile("Reload complete|Reload failed")


def statuses(node, folder, program):
    """The exit status of `-t` for each case, by name."""
    paths = []
    for number, name in enumerate(CASES):
        (folder / str(number)).mkdir(parents=True)
        path = folder / str(number) / "keepalived.conf"
        put(name, path)
        paths.append(path)
    script = 'for file in "$@"; do timeout -s KILL 2 "$0" -t -f "$file" >/dev/null 2>&1; echo $?; done'
    done = node.run(["sh", "-c", script, program, *paths], timeout=300)
    return dict(zip(CASES, map(int, done.split()), strict=True))


def test_the_corpus_is_broken(ours, tmp_path):
    """Nearly all of it: a file with a mistake that -t does not see proves nothing."""
    assert len(CASES) >= 200
    found = statuses(ours.first, tmp_path, HOLDFAST)
    assert {name for name, status in found.items() if status == 0} == ACCEPTED


def reference_is_current():
    done = subprocess.run([KEEPALIVED, "--version"], capture_output=True, text=True)
    return "Keepalived v2.4." in done.stdout + done.stderr


@pytest.mark.skipif(not reference_is_current(), reason="needs keepalived 2.4 in KEEPALIVED; takes 20 s")
def test_keepalived_judges_the_corpus_alike(ours, tmp_path):
    own = statuses(ours.first, tmp_path / "own", HOLDFAST)
    theirs = statuses(ours.first, tmp_path / "theirs", KEEPALIVED)
    assert {name for name in CASES if own[name] != theirs[name]} == REFERENCE_DIFFERS


@pytest.mark.holdfast_only
def test_no_broken_file_disturbs_a_master(ours):
    daemon = ours.start(ours.first, GOOD, part="all")
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    control = Control(daemon).wait()
    monitor = Monitor(ours.first, "address", "route", "rule", "link")
    before = time.time()
    pid, read = daemon.pid, 0
    wrong = []
    for name in CASES:
        put(name, daemon.config)
        generation = control.ask(command="status")["daemon"]["generation"]
        daemon.reload()
        wait_until(lambda: ENDED.search(daemon.log(), read), 5, f"the end of a reload with {name}", 0.002)
        status = control.ask(command="status")
        log = daemon.log()
        said, read = log[read:], len(log)
        applied = status["last_reload"]["applied"]
        if applied:
            wrong += [f"{name}: applied"] if name not in APPLIED else []
            wrong += [f"{name}: another generation"] if status["daemon"]["generation"] != generation + 1 else []
        else:
            reason = status["last_reload"]["reason"]
            wrong += [f"{name}: refused, {reason}"] if name in APPLIED else []
            wrong += [f"{name}: no reason"] if not reason or f"the running configuration stays: {reason}" not in said else []
            wrong += [f"{name}: another generation"] if status["daemon"]["generation"] != generation else []
            for line in status["last_reload"]["diagnostics"]:
                wrong += [f"{name}: not in the log: {line}"] if line not in said else []
    assert wrong == []
    assert daemon.running and daemon.pid == pid
    time.sleep(2 * ADVERT)
    assert max(advert_gaps(ours, before)) < ADVERT + SLACK
    assert {advert.priority for advert in ours.capture.adverts("first", since=before)} == {150}
    assert daemon.states() == ["BACKUP", "MASTER"]
    assert monitor.lines(".") == []
    put_back = daemon.config
    if put_back.is_dir() and not put_back.is_symlink():
        put_back.rmdir()
    put_back.unlink(missing_ok=True)
    daemon.configure(GOOD.replace("priority 150", "priority 140"))
    daemon.reload()
    wait_until(lambda: ours.capture.last_advert("first").priority == 140, 3, "the good file")

"""What the service manager is told: ready, reloading, stopping, and the watchdog of a loop that turns."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from lab import Daemon, wait_until
from routers import SLACK, instance

pytestmark = pytest.mark.holdfast_only

FAKE = Path(__file__).with_name("fake_systemd.py")
PERIOD = 0.8  # Of the watchdog; it is fed twice in this time.


class Unit:
    """The daemon under a process 1 that calls itself systemd; `notices` grows."""

    def __init__(self, node, config):
        self.daemon = Daemon(node, config)
        self.log = open(node.folder / "unit.log", "w+")
        self._manager = node.popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "env", f"WATCHDOG_USEC={int(PERIOD * 1e6)}",
             sys.executable, FAKE, *self.daemon.command()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.notices = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._manager.stdout:
            self.notices.append(json.loads(line))

    def tell(self, *commands):
        for command in commands:
            self._manager.stdin.write(f"{command}\n".encode())
        self._manager.stdin.flush()

    def messages(self):
        """All but the watchdog's."""
        return [words for _, words in list(self.notices) if words != ["WATCHDOG=1"]]

    def fed(self):
        return [at for at, words in list(self.notices) if words == ["WATCHDOG=1"]]

    def wait_for(self, word, times=1):
        wait_until(lambda: sum(word in words for words in self.messages()) >= times, 10, f"{word}: {self.messages()}")

    def end(self):
        self.tell("SIGTERM", "end")
        self._manager.wait(20)
        self._reader.join(5)


def test_the_service_manager_is_told_everything(ours):
    unit = Unit(ours.first, instance(100))
    unit.wait_for("READY=1")
    unit.daemon.configure(instance(110))
    unit.tell("SIGHUP")
    unit.wait_for("READY=1", 2)
    unit.daemon.configure("nonsense {\n")
    unit.tell("SIGHUP")
    unit.wait_for("READY=1", 3)
    unit.end()
    kinds = [[word.split("=")[0] for word in words] for words in unit.messages()]
    ready, reloading = [["READY", "MAINPID"], ["STATUS"]], [["RELOADING", "MONOTONIC_USEC"]]
    assert kinds[:-1] == [*ready, *reloading, *ready, *reloading, *ready, ["STOPPING"], ["STATUS"]]
    words = dict(word.split("=", 1) for message in unit.messages()[:-1] for word in message)
    _, status, pid = unit.messages()[-1]
    assert (status, words["MAINPID"]) == ("0", pid)
    # The clock of RELOADING is the one that systemd compares with (CLOCK_MONOTONIC).
    assert abs(time.clock_gettime(time.CLOCK_MONOTONIC) - int(words["MONOTONIC_USEC"]) / 1e6) < 60
    states = [word for message in unit.messages() for word in message if word.startswith("STATUS=")]
    assert states[0] == "STATUS=1 VRRP instance, 0 virtual servers" == states[1]
    assert states[2].startswith("STATUS=Reload refused, the old configuration is in force: ")
    assert states[3] == "STATUS=Stopping"


def test_the_watchdog_is_fed_by_a_loop_that_turns_and_by_nothing_else(ours):
    unit = Unit(ours.first, instance(100))
    unit.wait_for("READY=1")
    wait_until(lambda: len(unit.fed()) >= 3, 10, "the watchdog fed")
    unit.tell("SIGSTOP")
    time.sleep(SLACK)
    before = len(unit.fed())
    time.sleep(1.5 * PERIOD)
    assert len(unit.fed()) == before
    unit.tell("SIGCONT")
    wait_until(lambda: len(unit.fed()) > before + 1, 10, "fed again")
    gaps = [later - earlier for earlier, later in zip(unit.fed(), unit.fed()[1:before])]
    assert max(gaps) < PERIOD, gaps
    unit.end()

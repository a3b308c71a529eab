"""One running daemon, ours or the reference, with its own configuration, pid files, log and TMPDIR."""

import functools
import os
import re
import signal
import subprocess
import time

from .binaries import HOLDFAST
from .waiting import wait_until

_STATE = re.compile(r"\((?P<instance>[^)]+)\) [Ee]ntering (?P<state>\w+) (?:STATE|state)")
_PARTS = {"vrrp": ["-P"], "check": ["-C"], "all": []}


@functools.cache
def _knows_bfd(program):
    """Whether the program has the option -b: a reference built without BFD has not."""
    done = subprocess.run([program, "--help"], capture_output=True, text=True)
    return "--bfd_pid" in done.stdout + done.stderr


class Daemon:
    """A daemon on a node, in the foreground, logging to a file.

    `part` is "vrrp" (-P), "check" (-C) or "all". What still runs at the end of the lab is killed.
    """

    def __init__(self, node, config, *, binary=HOLDFAST, part="vrrp", options=(), name="daemon"):
        self.node, self.binary = node, binary
        self.folder = node.folder / name
        (self.folder / "tmp").mkdir(parents=True)
        self.config = self.folder / "keepalived.conf"
        self.pid_file = self.folder / "main.pid"
        self._log_file = self.folder / "log"
        self._options = [*_PARTS[part], *options]
        self._process = None
        self.started_at = None
        self.configure(config)

    def configure(self, text):
        """Replaces the configuration file; a running daemon sees it with the next reload().

        As a whole: a daemon that is just starting must not read an empty one.
        """
        fresh = self.config.with_suffix(".new")
        fresh.write_text(text)
        fresh.chmod(0o644)
        fresh.replace(self.config)

    def configuration(self):
        return self.config.read_text() if self.config.exists() else "(no configuration file)"

    def command(self):
        files = {"-p": "main", "-r": "vrrp", "-c": "checkers"}
        if _knows_bfd(self.binary):
            files["-b"] = "bfd"
        return [self.binary, "-n", "-l", "-G", "-D", "-f", self.config,
                *(word for option, name in files.items() for word in (option, self.folder / f"{name}.pid")),
                *self._options]

    def start(self):
        environment = {**os.environ, "TMPDIR": str(self.folder / "tmp")}
        self.started_at = time.time()
        with open(self._log_file, "ab") as log:
            self._process = self.node.popen(self.command(), env=environment, cwd=self.folder, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        return self

    # What it says.

    def log(self):
        return self._log_file.read_text(errors="replace") if self._log_file.exists() else ""

    def wait_for_log(self, text, timeout=5, *, times=1):
        """Waits until a line containing `text` (a plain string) was logged `times` times."""
        try:
            wait_until(lambda: self.log().count(text) >= times, timeout, f"log line {text!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}; the log of {self.node.name} ends:\n{self.log()[-3000:]}") from None

    def states(self, instance="VI_1"):
        """All states an instance said it entered, in order, with immediate repetitions left out."""
        found = []
        for match in _STATE.finditer(self.log()):
            state = match["state"].upper()
            if match["instance"] == instance and found[-1:] != [state]:
                found.append(state)
        return found

    def state(self, instance="VI_1"):
        return (self.states(instance) or [None])[-1]

    def wait_for_state(self, state, timeout=5, instance="VI_1"):
        try:
            wait_until(lambda: self.state(instance) == state, timeout, f"{self.node.name} in state {state}")
        except AssertionError as error:
            raise AssertionError(f"{error}; its log ends:\n{self.log()[-3000:]}") from None

    # What is done to it.

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self):
        return self._process.pid

    def signal(self, number):
        os.kill(self._process.pid, number)

    def reload(self):
        self.signal(signal.SIGHUP)

    def stop(self, timeout=10):
        """SIGTERM; returns the exit status. The caller says which one it expects."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def wait(self, timeout=10):
        return self._process.wait(timeout)

    def kill(self):
        """SIGKILL to the daemon and, for the reference, to its children.

        The pid file is left behind, as by a real crash. The reference's are removed: it takes a child that is
        dead but not yet reaped for a running daemon (seen with 2.2.7).
        """
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if os.path.basename(os.path.realpath(self.binary)) == "keepalived":
            for name in self.leftovers():
                (self.folder / name).unlink()

    def leftovers(self):
        """Names of pid files that still exist."""
        return sorted(path.name for path in self.folder.glob("*.pid"))

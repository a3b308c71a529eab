"""holdctl as a person at a terminal or a script uses it, against a running daemon."""

import json
import os
import socket
import subprocess
from pathlib import Path

from lab import HOLDFAST, wait_until

HOLDCTL = os.environ.get("HOLDCTL") or str(Path(HOLDFAST).with_name("holdctl"))


class Control:
    """holdctl for one daemon; `node.run` is not used, because a Unix socket is the same in every namespace."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.socket = daemon.pid_file.with_suffix(".sock")

    def run(self, *words, timeout=20, **options):
        return subprocess.run([HOLDCTL, "-p", str(self.daemon.pid_file), *map(str, words)], text=True,
                              capture_output=True, timeout=timeout, **options)

    def wait(self):
        """Until the daemon answers."""
        wait_until(lambda: self.run("status").returncode == 0, 5, "an answer of the daemon")
        return self

    def answer(self, *words):
        done = self.run(*words, "--json")
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    def ask(self, **request):
        """The answer on the socket itself, in a millisecond: no process is started."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(self.socket))
            connection.sendall(json.dumps(request).encode() + b"\n")
            data = b""
            while not data.endswith(b"\n"):
                piece = connection.recv(1 << 16)
                assert piece, f"the daemon hung up after {data!r}"
                data += piece
        return json.loads(data)

    def status(self):
        return self.answer("status")

    def instance(self, name="VI_1"):
        return next(each for each in self.status()["instances"] if each["name"] == name)

    def why(self, name="VI_1", kind="vrrp_instance"):
        return next(each for each in self.answer("why", name)["subjects"] if each["kind"] == kind)

    def wait_for(self, state, name="VI_1", kind="vrrp_instance", timeout=8):
        """Waits for a state and returns what `why` says of it."""
        def reached():
            done = self.run("why", name, "--json")
            if done.returncode != 0:
                return None
            subject = next((s for s in json.loads(done.stdout)["subjects"] if s["kind"] == kind), None)
            return subject if subject and subject["state"] == state else None
        wait_until(reached, timeout, f"{name} in {state}: {self.run('why', name).stdout}")
        return self.why(name, kind)

"""A user-mode-linux guest: a second kernel, with ip_vs, run as an ordinary process on the host's own files.

The guest sees the host's root folder read-only; /run is its own, and one folder (`output`) is shared and
writable. Measured: about 2 s until the first command runs, 40 ms for a fork, one processor.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

INIT = Path(__file__).resolve().with_name("uml_init.sh")
OUTPUT_IN_GUEST = "/run/out"
_BEGIN, _END = "guest: begin", "guest: end"  # As printed by uml_init.sh.


def kernel_has_ipvs():
    """Whether the running kernel can do IPVS, loading the module when that is possible."""
    table = Path("/proc/net/ip_vs")
    if not table.exists() and shutil.which("modprobe"):
        subprocess.run(["modprobe", "-q", "ip_vs"], capture_output=True)
    return table.exists()


class UmlGuest:
    """One guest, booted by run() and gone when it returns."""

    def __init__(self, output, memory="768M"):
        self.output = Path(output)
        self.output.mkdir(parents=True, exist_ok=True)
        self._memory = memory

    def run(self, command, *, timeout, environment=None, on_line=None):
        """Runs `command` (a list of words) in the guest and returns its exit status, 124 after `timeout` seconds.

        It starts in our working folder and finds the shared folder at OUTPUT_IN_GUEST. Lines it prints go to
        `on_line` while it runs (default: standard output).
        """
        on_line = on_line or _print_line
        status = self.output / "guest-status"
        status.unlink(missing_ok=True)
        exports = "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in (environment or {}).items())
        words = " ".join(shlex.quote(str(word)) for word in command)
        folder = shlex.quote(os.getcwd())
        (self.output / "guest-command").write_text(f"{exports}cd {folder}\n{words}\n")

        with tempfile.TemporaryDirectory(prefix="holdfast-uml-") as scratch:
            guest = subprocess.Popen(
                ["linux.uml", f"mem={self._memory}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
                 f"init={INIT}", "con=null", "con0=null,fd:1", "quiet", f"uml_dir={scratch}", "umid=guest",
                 f"SHARED={self.output.resolve()}"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, "TMPDIR": scratch})
            alarm = threading.Timer(timeout, _kill_group, [guest])
            alarm.start()
            noise = []  # What the guest's kernel says before and after the command; shown when that went wrong.
            talking = False
            try:
                for raw in guest.stdout:
                    line = raw.decode(errors="replace").rstrip("\r\n")
                    if line in (_BEGIN, _END):
                        talking = line == _BEGIN
                    elif talking:
                        on_line(line)
                    else:
                        noise.append(line)
                guest.wait()
            finally:
                alarm.cancel()
                _kill_group(guest)
                guest.wait()
                guest.stdout.close()
        if not status.exists():
            for line in noise:
                on_line(line)
            on_line(f"the guest did not finish within {timeout:g} s")
            return 124
        return int(status.read_text())


def _print_line(line):
    print(line)
    sys.stdout.flush()


def _kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass

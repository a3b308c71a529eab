"""One program in a box of its own: a network namespace, and /run, /tmp, /etc/keepalived and /dev/log that nobody
else sees, so that the default names of files and the messages to syslog can be compared."""

import contextlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from differential_text import log_text
from lab import MailServer, NamespaceLab, wait_until

_SYSLOG = re.compile(r"<(\d+)>(?:\w{3} [ \d]\d [\d:]{8} )?(.*?)(?:\[(\d+)\])?: (.*)", re.S)
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
# What comes before the program: only it sees the mounts, and it keeps the pid of the shell.
_BOX = """set -e
cd {root}
mount -t tmpfs -o mode=755 none dev
mkdir dev/shm
for each in {devices}; do : > dev/$each; mount --bind /dev/$each dev/$each; done
: > dev/log; mount --bind syslog dev/log
mount --bind {binary} bin/keepalived
mount --bind core_pattern /proc/sys/kernel/core_pattern
mount --rbind /run/netns run/netns
mount --rbind run /run
mount --bind etc /etc/keepalived
mount --rbind dev /dev
mount --bind tmp /tmp
{umask}
cd {folder}
exec {prefix} "$@"
"""


class Syslog:
    """Keeps (facility, severity, ident, text) of what is sent to /dev/log."""

    FACILITIES = {1: "user", 3: "daemon", **{16 + n: f"local{n}" for n in range(8)}}

    def __init__(self, path):
        self.lines = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o666)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while data := self._socket.recv(65536):
            match = _SYSLOG.fullmatch(data.rstrip(b"\0\n").decode(errors="replace"))
            if match:
                number = int(match[1])
                self.lines.append((self.FACILITIES.get(number >> 3, number >> 3), number & 7, match[2], match[4]))

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()


class Running:
    """A program that was started in the box and has not ended by itself."""

    def __init__(self, child, output):
        self._child, self._output = child, output

    @property
    def pid(self):
        return self._child.pid

    @property
    def alive(self):
        return self._child.poll() is None

    def log(self):
        return self._output.read_text(errors="replace")

    def wait_for(self, text, timeout=8, times=1):
        try:
            wait_until(lambda: self.log().count(text) >= times, timeout, f"line {text!r}")
        except AssertionError as error:
            raise AssertionError(f"{error} in\n{self.log()[-1500:]}") from None
        return self

    def send(self, number):
        os.kill(self.pid, number)

    def wait(self, timeout=12):
        return self._child.wait(timeout)

    def stop(self, number=signal.SIGTERM):
        self.send(number)
        return self.wait()


class Bench:
    """What a scenario is given: the box, and `facts` to fill."""

    def __init__(self, binary):
        self.facts, self._order = {}, []
        self._binary = Path(binary).resolve()
        self.is_reference = "holdfast" not in self._binary.name
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            self.lab = self._stack.enter_context(NamespaceLab())
            self.node = self.lab.node("first", "10.1.0.1/24", mac="02:00:00:00:00:01")
            # Outside /tmp, which is hidden in the box; its parents are safe for scripts.
            self.root = Path(tempfile.mkdtemp(prefix="holdfast-surface-", dir="/var/tmp"))
            self._stack.callback(shutil.rmtree, self.root, ignore_errors=True)
            self.root.chmod(0o755)
            for name in ("dev", "run", "run/netns", "tmp", "etc", "bin", "work"):
                (self.root / name).mkdir()
            (self.root / "tmp").chmod(0o1777)
            (self.root / "bin/keepalived").touch()
            self.core_pattern = self.root / "core_pattern"
            self.core_pattern.write_text("old-pattern\n")
            self.run, self.tmp, self.folder = self.root / "run", self.root / "tmp", self.root / "work"
            self.syslog = Syslog(self.root / "syslog")
            self._stack.callback(self.syslog.close)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        # The processes first: the namespace's end is theirs.
        for node in self.lab.nodes.values():
            node.close()
        self.lab.nodes.clear()
        self._stack.close()

    # Files.

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.expand(text))
        path.chmod(mode)
        return path

    def script(self, name, body, mode=0o755):
        return self.write(name, f"#!/bin/sh\n{body}\n", mode)

    def expand(self, text):
        return text.replace("@DIR@", str(self.folder))

    def files(self, folder):
        """What lies below one of the folders: name, kind, mode, owner and size class, without what is the box's."""
        lines = []
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if name.parts[0] in ("netns", "mount") or name.suffix == ".sock":
                continue
            status = path.lstat()
            kind = stat.filemode(status.st_mode)
            lines.append(f"{name} {kind} {status.st_uid}:{status.st_gid} {'empty' if not status.st_size else 'full'}"
                         if not stat.S_ISDIR(status.st_mode) else f"{name}/ {kind} {status.st_uid}:{status.st_gid}")
        return "\n".join(lines)

    # The program.

    def start(self, *words, config=None, prefix="", umask="", cwd=None, environment=None, own_names=True):
        """With -n -l -G -D, the configuration in `config` and pid files of its own unless `own_names` is False."""
        line = list(words)
        if own_names:
            line = ["-n", "-l", "-G", "-D", "-p", "@DIR@/main.pid", "-r", "@DIR@/vrrp.pid", "-c", "@DIR@/checkers.pid",
                    *line]
        if config is not None:
            line += ["-f", self.write("keepalived.conf", config)]
        output = self.root / f"output{len(list(self.root.glob('output*')))}"
        with open(output, "wb") as stream:
            child = self._popen(line, stream, stream, prefix, umask, cwd, environment)
        return Running(child, output)

    def command(self, *words, timeout=8, umask="", environment=None, prefix="", cwd=None):
        """Until it ends by itself; returns (status, standard output, standard error)."""
        child = self._popen(words, subprocess.PIPE, subprocess.PIPE, prefix, umask, cwd, environment,
                            text=True, errors="replace")
        try:
            out, err = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGTERM)
            out, err = child.communicate(timeout=12)
            return "ended by us", out, err
        return child.returncode, out, err

    def _popen(self, words, out, err, prefix, umask, cwd, environment, **options):
        box = _BOX.format(root=self.root, devices=" ".join(_DEVICES), binary=self._binary, folder=cwd or self.folder,
                          umask=f"umask {umask}" if umask else "", prefix=prefix)
        variables = {name: value for name, value in os.environ.items() if name not in ("TMPDIR", "NOTIFY_SOCKET")}
        variables.update(environment or {})
        return self.node.popen(["unshare", "-m", "sh", "-c", box, "sh", self.root / "bin/keepalived",
                                *(self.expand(str(word)) for word in words)],
                               stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=variables, **options)

    def processes(self):
        """{pid: name} of the program's processes and their children, as an administrator would see them."""
        found = {}
        inode = os.stat(f"/run/netns/{self.node.namespace}").st_ino
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and (entry / "ns/net").stat().st_ino == inode:
                    found[int(entry.name)] = (entry / "comm").read_text().strip()
        return found

    def mail_server(self, **options):
        server = MailServer(self.node, **options)
        self._stack.callback(server.close)
        return server

    # What is compared.

    def fact(self, name, value):
        text = value if isinstance(value, str) else "\n".join(map(str, value)) \
            if isinstance(value, (list, tuple)) else str(value)
        self.facts[name] = self.plain(text)

    def log_fact(self, name, text):
        self.fact(name, sorted(log_text(self.plain(text)).splitlines(), key=lambda line: line.split()[:2]))

    def plain(self, text):
        for path, name in ((str(self.folder), "DIR"), (str(self.root), "ROOT")):
            text = text.replace(path, name).replace(path.replace("/", "\\/"), name)  # As JSON dumps write it.
        return re.sub(r"\d+\.\d{6}", "N.N", re.sub(r"\bpid[ =]\d+|process\(\d+\)|\(\d+\) exited", "pid N", text))

    def pid_in(self, path):
        text = path.read_text() if path.exists() else ""
        return int(text) if re.fullmatch(r"\d+\n", text) else None


def settle(seconds):
    """For what must not happen, or gives no sign when it has."""
    time.sleep(seconds)

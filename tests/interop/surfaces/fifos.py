"""FIFOs: lines, owners, programs that read them, what is there before and after."""

import os
import signal
import stat
import time

from lab import wait_until

from .base import MASTER, SECURE, globals_, instance, scenario, variants


class Reader:
    """Holds a FIFO open, so that nothing is lost, and gathers its lines."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def lines(self):
        text = b""
        try:
            while data := os.read(self._fd, 65536):
                text += data
        except BlockingIOError:
            pass
        return text.replace(b"\0", b"").decode().splitlines()

    def close(self):
        os.close(self._fd)


KINDS = {"global": "notify_fifo", "vrrp": "vrrp_notify_fifo", "lvs": "lvs_notify_fifo"}


@variants("fifo", KINDS, quick=("global",))
def fifo_that_is_there(bench, keyword):
    os.mkfifo(bench.folder / "fifo", 0o600)
    reader = Reader(bench.folder / "fifo")
    config = globals_(SECURE, f"{keyword} @DIR@/fifo", "vrrp_notify_priority_changes on") + \
        "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n}\n" + instance(110) + \
        instance(90, name="VI_2", vrid=52, addresses=["10.1.0.102/24"])
    program = bench.start("-P", config=config).wait_for(MASTER, times=2)
    time.sleep(0.5)
    lines = reader.lines()
    bench.fact("group first at the start", lines[:1])
    bench.fact("group last as master", lines[-1:])
    bench.fact("lines", sorted(lines))
    bench.fact("end", program.stop())
    bench.fact("lines at the end", sorted(reader.lines()))
    bench.fact("stays", (bench.folder / "fifo").exists())
    reader.close()


MADE = {"default": "", "nobody": " nobody", "group": " root daemon", "unknown": " nosuchuser", "missing-folder": None}


# docs/differences.md: one that was made goes at the end; there only beside a vrrp_notify_fifo.
MADE_GOES = r"(stays: [-+](True|False)|left: -(fifo|other))$"


@variants("made-fifo", MADE, known=(MADE_GOES,))
def fifo_that_is_made(bench, words):
    name = "@DIR@/no/fifo" if words is None else f"@DIR@/fifo{words}"
    program = bench.start("-P", config=globals_(SECURE, f"notify_fifo {name}") + instance()).wait_for(MASTER)
    path = bench.folder / "fifo"
    if path.exists():
        status = path.lstat()
        bench.fact("made", f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}")
    bench.fact("end", program.stop())
    bench.fact("stays", path.exists())


TAKEN = {"file": "file", "folder": "folder", "foreign": "foreign", "wide-open": "wide", "link": "link"}


@variants("taken-fifo", TAKEN)
def name_of_the_fifo_is_taken(bench, kind):
    path = bench.folder / "fifo"
    if kind == "file":
        path.write_text("text\n")
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        os.mkfifo(bench.folder / "real", 0o600)
        path.symlink_to(bench.folder / "real")
    else:
        os.mkfifo(path, 0o600)
        path.chmod(0o666 if kind == "wide" else 0o600)
        if kind == "foreign":
            os.chown(path, 65534, 65534)
    reader = Reader(path) if kind in ("foreign", "wide", "link") else None
    program = bench.start("-P", config=globals_(SECURE, "notify_fifo @DIR@/fifo") + instance()).wait_for(MASTER)
    time.sleep(0.3)
    if reader:
        bench.fact("lines", reader.lines())
        reader.close()
    status = path.lstat()
    bench.fact("while it runs", f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}")
    bench.fact("end", program.stop())
    bench.fact("stays", path.exists())
    if kind == "file":
        bench.fact("text", path.read_text())


# Whether the last line is read before the end is chance.
@scenario(known=(r"lines: .*STOP",))
def program_that_reads(bench):
    """Started once, with the name of the FIFO as its last argument; told to end at the stop."""
    bench.script("reader.sh", f'echo "$# $1 ${{2##*/}}" >> {bench.folder}/calls\n'
                              f"trap 'echo term >> {bench.folder}/calls; exit 0' TERM\n"
                              f'while read line; do echo "$line" >> {bench.folder}/lines; done < "$2" &\nwait')
    program = bench.start("-P", config=globals_(SECURE, "vrrp_notify_fifo @DIR@/fifo",
                                                'vrrp_notify_fifo_script "@DIR@/reader.sh word"') + instance())
    program.wait_for(MASTER)
    lines, calls = bench.folder / "lines", bench.folder / "calls"
    wait_until(lambda: lines.exists() and "MASTER" in lines.read_text(), 4, "the lines")
    bench.fact("end", program.stop())
    time.sleep(0.5)
    bench.fact("calls", calls.read_text())
    bench.fact("lines", lines.read_text())


# docs/differences.md: one that fails is started again.
@scenario(known=(r"calls: ",))
def program_that_ends_by_itself(bench):
    bench.script("reader.sh", f"echo call >> {bench.folder}/calls; sleep 1; exit 0")
    program = bench.start("-P", config=globals_(SECURE, "notify_fifo @DIR@/fifo",
                                                "notify_fifo_script @DIR@/reader.sh") + instance()).wait_for(MASTER)
    time.sleep(3)
    bench.fact("calls", (bench.folder / "calls").read_text())
    bench.fact("runs", program.alive)
    bench.fact("end", program.stop())


RELOADS = {"same": "notify_fifo @DIR@/fifo", "renamed": "notify_fifo @DIR@/other", "gone": "",
           "with-states": "notify_fifo @DIR@/fifo\nfifo_write_vrrp_states_on_reload"}


@variants("fifo-reload", RELOADS, known=(MADE_GOES,))
def fifo_over_a_reload(bench, line):
    program = bench.start("-P", config=globals_(SECURE, "notify_fifo @DIR@/fifo") + instance()).wait_for(MASTER)
    reader = Reader(bench.folder / "fifo")
    bench.write("keepalived.conf", globals_(SECURE, line) + instance(90))
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete")
    time.sleep(0.5)
    bench.fact("there", [name for name in ("fifo", "other") if (bench.folder / name).exists()])
    reader.close()
    bench.fact("end", program.stop())
    bench.fact("left", [name for name in ("fifo", "other") if (bench.folder / name).exists()])


@scenario
def full_fifo(bench):
    """Nobody reads: lines are lost, the daemon goes on."""
    os.mkfifo(bench.folder / "fifo", 0o600)
    filler = os.open(bench.folder / "fifo", os.O_RDWR | os.O_NONBLOCK)
    try:
        while True:
            os.write(filler, b"x" * 4096)
    except BlockingIOError:
        pass
    program = bench.start("-P", config=globals_(SECURE, "notify_fifo @DIR@/fifo") + instance()).wait_for(MASTER)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("end", program.stop())
    os.close(filler)

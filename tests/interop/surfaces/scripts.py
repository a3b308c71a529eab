"""Scripts at the start and the end, of notifications, with their users, arguments and security."""

import os
import signal
import time

from lab import wait_until

from .base import MASTER, SECURE, globals_, instance, said, scenario, variants


def noted(bench):
    path = bench.folder / "notes"
    return path.read_text().splitlines() if path.exists() else []


def note_script(bench, name="note.sh", body="", mode=0o755):
    """Writes one line per call: its name and its arguments, each in brackets."""
    return bench.script(name, 'line=${0##*/}\nfor each; do line="$line [$each]"; done\n'
                              f'echo "$line" >> {bench.folder}/notes\n{body}', mode)


LIFECYCLE = {
    "both": ("", ""), "slow-startup": ("sleep 1", ""), "failing-startup": ("exit 3", ""),
    "hanging-startup": ("sleep 20", ""), "failing-shutdown": ("", "exit 3"), "hanging-shutdown": ("", "sleep 20"),
    "killed-startup": ("kill -9 $$", ""),
}


@variants("lifecycle", LIFECYCLE,
          known=(r"log: [-+].*(pid N|timed out|exited|script)",))
def startup_and_shutdown_scripts(bench, startup, shutdown):
    note_script(bench, "up.sh", startup)
    note_script(bench, "down.sh", shutdown)
    note_script(bench)
    began = time.time()
    program = bench.start("-P", config=globals_(SECURE, 'startup_script "@DIR@/up.sh a \'b c\'"',
                                                'shutdown_script "@DIR@/down.sh d"', "startup_script_timeout 2",
                                                "shutdown_script_timeout 2")
                          + instance(extra='notify "@DIR@/note.sh"'))
    program.wait_for(MASTER)
    bench.fact("master after", round(time.time() - began - 0.75))
    began = time.time()
    bench.fact("end", program.stop())
    # The reference always takes a second for its scripts, whether one runs or not.
    bench.fact("ended in time", time.time() - began < 3.8)
    time.sleep(0.3)
    bench.fact("notes", noted(bench))
    bench.fact("about scripts", said(program.log(), "startup script|shutdown script"))


@scenario
def sigterm_during_the_startup_script(bench):
    note_script(bench, "up.sh", "sleep 3")
    program = bench.start("-P", config=globals_(SECURE, 'startup_script "@DIR@/up.sh"') + instance())
    wait_until(lambda: noted(bench), 4, "the script")
    began = time.time()
    program.send(signal.SIGTERM)
    bench.fact("status", program.wait())
    bench.fact("took long", time.time() - began > 2)


WORDS = {
    "plain": "@DIR@/note.sh", "argument": '"@DIR@/note.sh a b"', "quoted": '"@DIR@/note.sh \'a b\' c"',
    "double": "\"@DIR@/note.sh \\\"a b\\\" c\"", "empty-argument": '"@DIR@/note.sh \'\' c"',
    "spaces": '"@DIR@/note.sh   a    b"',
    "dollar": '"@DIR@/note.sh $HOME"', "backslash": r'"@DIR@/note.sh a\ b"', "tab": '"@DIR@/note.sh \\ta"',
    "semicolon": '"@DIR@/note.sh a; b"', "glob": '"@DIR@/note.sh *"', "unquoted-arguments": "@DIR@/note.sh a b",
    "user": "@DIR@/note.sh root", "user-and-group": '"@DIR@/note.sh x" root daemon', "bare-name": "true",
    "no-shebang": "@DIR@/plain", "missing": "@DIR@/none.sh", "folder": "@DIR@", "not-executable": "@DIR@/off.sh",
    "unknown-user": "@DIR@/note.sh nosuchuser", "relative": "./note.sh",
}


@variants("notify", WORDS, known=(r"about it: ",))
def words_of_a_notify_script(bench, words):
    note_script(bench)
    note_script(bench, "off.sh", mode=0o644)
    bench.write("plain", f'echo "plain $*" >> {bench.folder}/notes\n', 0o755)
    program = bench.start("-P", config=globals_(SECURE) + instance(extra=f"notify_master {words}\nnotify {words}"))
    time.sleep(2.2)
    bench.fact("runs", program.alive)
    bench.fact("end", program.stop() if program.alive else program.wait())
    time.sleep(0.3)
    bench.fact("notes", sorted(noted(bench)))
    bench.fact("about it", sorted(said(program.log(), "cript")))
    bench.fact("test", bench.command("-t", "-f", "@DIR@/keepalived.conf")[0])


SECURITY = {
    "all-well": (0o755, 0o755, 0, True), "writable-script": (0o775, 0o755, 0, True),
    "world-writable-script": (0o757, 0o755, 0, True), "writable-folder": (0o755, 0o777, 0, True),
    "sticky-folder": (0o755, 0o1777, 0, True), "foreign-script": (0o755, 0o755, 65534, True),
    "set-uid": (0o4755, 0o755, 65534, True), "group-folder": (0o755, 0o775, 0, True),
    "off-writable-script": (0o775, 0o755, 0, False), "off-writable-folder": (0o755, 0o777, 0, False),
    "off-foreign-script": (0o755, 0o755, 65534, False), "off-all-well": (0o755, 0o755, 0, False),
}


@variants("security", SECURITY, quick=("writable-script",))
def script_security(bench, mode, folder_mode, owner, enabled):
    place = bench.folder / "place"
    place.mkdir()
    script = place / "note.sh"
    script.write_text(f'#!/bin/sh\necho "ran as $(id -u)" >> {bench.folder}/notes\n')
    os.chown(script, owner, owner)
    script.chmod(mode)
    place.chmod(folder_mode)
    config = globals_("script_user root", "enable_script_security" if enabled else "") + instance(
        extra=f"notify_master {script}")
    path = bench.write("checked.conf", config)
    bench.fact("test", bench.command("-t", "-f", path)[0])
    program = bench.start("-P", config=config).wait_for(MASTER)
    time.sleep(0.6)
    bench.fact("end", program.stop())
    bench.fact("notes", sorted(set(noted(bench))))


USERS = {"nobody": "script_user nobody", "group": "script_user nobody daemon", "numbers": "script_user 65534 1",
         "none": "", "unknown": "script_user nosuchuser"}


@variants("user", USERS)
def users_of_scripts(bench, line):
    said_by = bench.folder / "notes"
    said_by.touch()
    said_by.chmod(0o666)
    bench.script("note.sh", f"echo \"$(id -u) $(id -g) $(id -G) $(umask)\" >> {said_by}")
    program = bench.start("-P", config=globals_(line, "enable_script_security")
                          + instance(extra="notify_master @DIR@/note.sh\nnotify_backup @DIR@/note.sh root"))
    time.sleep(2)
    bench.fact("runs", program.alive)
    bench.fact("end", program.stop() if program.alive else program.wait())
    bench.fact("notes", sorted(noted(bench)))


@scenario
def order_of_notifications(bench):
    note_script(bench)
    config = globals_(SECURE) + "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n notify \"@DIR@/note.sh\"\n}\n"
    config += instance(110, extra='notify "@DIR@/note.sh"\nnotify_stop "@DIR@/note.sh stop"')
    config += instance(90, name="VI_2", vrid=52, addresses=["10.1.0.102/24"], extra='notify "@DIR@/note.sh"')
    program = bench.start("-P", config=config).wait_for(MASTER, times=2)
    wait_until(lambda: len(noted(bench)) >= 6, 4, "six notes")
    bench.fact("at the start", sorted(noted(bench)[:3]))
    bench.fact("as master", sorted(noted(bench)[3:]))
    bench.fact("end", program.stop())
    time.sleep(0.3)
    bench.fact("at the end", sorted(noted(bench)[6:]))


@scenario(known=(r"log",))
def deleted_instance(bench):
    note_script(bench)
    told = 'notify "@DIR@/note.sh"\nnotify_deleted "@DIR@/note.sh deleted"\nnotify_fault "@DIR@/note.sh fault"'
    both = globals_(SECURE) + instance() + instance(name="VI_2", vrid=52, addresses=["10.1.0.102/24"], extra=told)
    program = bench.start("-P", config=both).wait_for(MASTER, times=2)
    bench.write("keepalived.conf", globals_(SECURE) + instance())
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete")
    time.sleep(1)
    bench.fact("notes", sorted(noted(bench)))
    bench.fact("end", program.stop())


@scenario
def notify_deleted_without_a_script(bench):
    note_script(bench)
    for name, line in (("plain", ""), ("notify-deleted", "notify_deleted")):
        told = f'notify "@DIR@/note.sh {name}"\n{line}'
        both = globals_(SECURE) + instance() + instance(name="VI_2", vrid=52, addresses=["10.1.0.102/24"], extra=told)
        program = bench.start("-P", config=both).wait_for(MASTER, times=2)
        bench.write("keepalived.conf", globals_(SECURE) + instance())
        program.send(signal.SIGHUP)
        program.wait_for("Reload complete")
        time.sleep(1)
        bench.fact(f"{name}: end", program.stop())
    bench.fact("notes", sorted(noted(bench)))


@scenario(known=(r"left running: -sleep",))  # Only the script is ended there, not what it has started.
def scripts_that_run_at_the_end(bench):
    """They get a second, then they are ended."""
    note_script(bench, "slow.sh", f"sleep 8; echo slept >> {bench.folder}/notes")
    note_script(bench)
    program = bench.start("-P", config=globals_(SECURE) + instance(
        extra='notify_stop "@DIR@/slow.sh stop"\nnotify "@DIR@/note.sh"')).wait_for(MASTER)
    time.sleep(0.3)
    began = time.time()
    bench.fact("end", program.stop())
    bench.fact("ended after", "at most 3 s" if time.time() - began < 3 else f"{time.time() - began:.0f} s")
    time.sleep(0.5)
    bench.fact("notes", sorted(noted(bench)))
    bench.fact("left running", sorted(set(bench.processes().values())))


@scenario
def children_end_with_a_killed_daemon(bench):
    note_script(bench, "slow.sh", "exec sleep 33")
    program = bench.start("-P", config=globals_(SECURE) + instance(extra='notify_master "@DIR@/slow.sh"'))
    wait_until(lambda: "sleep" in bench.processes().values(), 6, "the script")
    os.killpg(program.pid, signal.SIGKILL)
    program.wait()
    time.sleep(0.6)
    bench.fact("left running", sorted(set(bench.processes().values())))

"""How tracked scripts are run: their time limit, their leftovers, and the old form that connects."""

import os
import socket

import pytest
from lab import netlink, wait_until
from routers import instance
from test_tracking import script_block, track, wait_for_priority


def runs(pid_file):
    """Whether the process whose number is in the file exists; None before there is one."""
    try:
        os.kill(int(pid_file.read_text()), 0)
        return True
    except ProcessLookupError:
        return False
    except (FileNotFoundError, ValueError):
        return None


@pytest.mark.holdfast_only
@pytest.mark.parametrize("reaction", ["trap 'exit 1' TERM", "trap - TERM"])
def test_a_script_that_is_timed_out_leaves_nothing_behind(ours, reaction):
    # The child of the script ignores SIGTERM, the script itself does not.
    pid_file = ours.first.folder / "pid"
    script = ours.first.script("check", f"""
test -e {pid_file} && exit 1
(trap '' TERM; exec sleep 60) &
echo $! > {pid_file}
{reaction}
wait""")
    ours.start(ours.first, script_block("s", script, interval=5, timeout=1, weight=-20)
               + instance(120, extra=track("s")))
    wait_until(lambda: runs(pid_file) is True, 3, "the script's child")
    wait_until(lambda: runs(pid_file) is False, 3, "the end of the script's child")


def listen(node, port):
    with netlink.entered(node.namespace):
        return socket.create_server(("127.0.0.1", port), backlog=64)


@pytest.mark.holdfast_only
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_old_form_that_opens_a_tcp_device_connects(ours, host):
    ours.first.ip("link set lo up")
    daemon = ours.start(ours.first, script_block("s", f"</dev/tcp/{host}/8080", weight=20)
                        + instance(100, extra=track("s")))
    daemon.wait_for_state("MASTER")
    wait_for_priority(ours, 100)
    daemon.wait_for_log("Script `s` now returning 1")
    with listen(ours.first, 8080):
        wait_for_priority(ours, 120)
    wait_for_priority(ours, 100)


def test_the_old_form_with_a_file_asks_whether_it_can_be_opened(ours):
    flag = ours.first.write("flag", "")
    ours.start(ours.first, script_block("s", f"<{flag}", weight=20) + instance(100, extra=track("s")))
    wait_for_priority(ours, 120)
    flag.unlink()
    wait_for_priority(ours, 100)


@pytest.mark.holdfast_only
def test_an_unweighted_script_new_in_a_reload_does_not_hold_a_running_master(ours):
    daemon = ours.start(ours.first, instance(120))
    daemon.wait_for_state("MASTER")
    slow = ours.first.script("slow", "sleep 3")
    daemon.configure(script_block("s", slow, interval=10, timeout=8) + instance(120, extra=track("s")))
    daemon.reload()
    daemon.wait_for_log("Reload complete")
    ours.stays_with(ours.first, 4)
    assert daemon.states() == ["BACKUP", "MASTER"]


@pytest.mark.holdfast_only
def test_the_program_sees_the_name_it_was_configured_with(ours):
    # Links are resolved when the configuration is read; what runs is the file, under the link's name.
    link = ours.first.folder / "by-another-name"
    link.symlink_to("/bin/sh")
    out = ours.first.folder / "out"
    dump = ours.first.script("dump", f"tr '\\0' '\\n' < /proc/$PPID/cmdline | head -1 > {out}")
    ours.start(ours.first, instance(120, extra=f"""notify_master "{link} -c '{dump}; true'" root"""))
    wait_until(lambda: out.exists() and out.read_text() == f"{link}\n", 5, "the name")

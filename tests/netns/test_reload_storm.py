"""Reloads one after the other, each with another configuration: nothing piles up. RELOADS=30000 in the environment
makes ten minutes of them, and RELOADS=600 PAUSE=1 one per second."""

import os
import subprocess
import time
from itertools import cycle, islice
from pathlib import Path

import pytest
from lab import wait_until
from routers import VIP, instance
from test_restart import everything

pytestmark = pytest.mark.holdfast_only

RELOADS = int(os.environ.get("RELOADS", "120"))
PAUSE = float(os.environ.get("PAUSE", "0.02"))
ROOM = 1 << 20  # Bytes that the allocator may keep more after a storm than after its first third.


def configurations(node):
    """From small to large and back: everything that owns descriptors, timers, children or kernel objects."""
    slow = node.script("slow.sh", "exec sleep 30")
    quick = node.script("quick.sh", "exit 0")
    number = node.write("number", "3\n")
    first, second = node.folder / "fifo1", node.folder / "fifo2"
    scripts = "global_defs {\n enable_script_security\n script_user root\n %s\n}\n"
    trackers = (f"vrrp_script a {{\n script {slow}\n interval 1\n timeout 40\n init_fail\n weight 1\n}}\n"
                f"vrrp_script b {{\n script {quick}\n interval 1\n weight 2\n}}\n"
                f"track_file f {{\n file {number}\n weight 1\n}}\n"
                "vrrp_track_process p {\n process nobody-has-this-name\n weight 1\n}\n"
                "bfd_instance peer {\n neighbor_ip 10.1.0.2\n source_ip 10.1.0.1\n}\n")
    tracking = ("track_script {\n a\n b\n}\ntrack_file {\n f\n}\ntrack_process {\n p\n}\ntrack_bfd {\n peer weight 1\n}\n"
                f"notify {quick}\n")
    others = "".join(instance(90, name=f"VI_{vrid}", vrid=vrid, addresses=(f"10.1.0.{vrid}/24",),
                              extra="use_vmac\n" if vrid % 2 else "") for vrid in range(60, 66))
    return [
        instance(100),
        scripts % f"vrrp_notify_fifo {first}" + trackers + instance(100, extra=tracking),
        scripts % f"vrrp_notify_fifo {second}" + instance(110, addresses=(f"{VIP}/24", "10.1.0.101/24")) + others,
        "static_routes {\n 10.70.0.0/16 via 10.1.0.9 dev eth0\n}\n" + instance(100, extra="no_accept\n"),
        instance(100, extra="use_vmac\n"),
        scripts % "" + trackers + instance(100, extra=tracking) + instance(
            50, name="VI_6", vrid=52, addresses=("fe80::52/64", "fd00::52/64")),
        "nonsense {\n" + instance(100),
    ]


def children(pid):
    """Pids of all children, ended or not."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def usage(pid):
    """Resident bytes, descriptors, threads."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024
    return resident, len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))


def test_a_storm_of_reloads_leaves_nothing_behind(ours):
    node = ours.first
    variants = configurations(node)
    daemon = ours.start(node, variants[0])
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds(VIP), 2, "the address")
    time.sleep(0.5)
    objects = everything(node)

    def storm(count):
        for text in islice(cycle(variants[1:]), count):
            daemon.configure(text)
            daemon.reload()
            time.sleep(PAUSE)
        ended = daemon.log().count("Reload complete") + daemon.log().count("Reload failed")
        daemon.configure(variants[0])
        # Signals that come while one waits are one signal.
        def is_quiet():
            daemon.reload()
            return daemon.log().count("Reload complete") + daemon.log().count("Reload failed") > ended + 1
        wait_until(is_quiet, 10, "the last reload")
        wait_until(lambda: not children(daemon.pid), 10, "no children")
        wait_until(lambda: everything(node) == objects, 10, "the objects of the beginning")
        return usage(daemon.pid)

    # What is opened once, when it is first needed, stays (inotify, the firewall's socket).
    memory, descriptors, threads = storm(RELOADS // 3)
    more_memory, more_descriptors, more_threads = storm(RELOADS)
    print(f"after {RELOADS // 3} reloads: {memory >> 10} KiB, {descriptors} descriptors; "
          f"after {RELOADS} more: {more_memory >> 10} KiB, {more_descriptors} descriptors")
    assert more_memory - memory < ROOM, (memory, more_memory)
    assert (more_descriptors, more_threads) == (descriptors, threads)
    assert daemon.running
    assert daemon.state() == "MASTER"
    assert daemon.stop() == 0
    assert subprocess.run(["pgrep", "-f", f"{node.folder}/slow.sh"], capture_output=True).returncode == 1

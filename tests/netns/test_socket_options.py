"""Keywords that the kernel shows in the daemon's sockets and in its process."""

import os
import socket
from pathlib import Path

import pytest
from lab import wait_until
from lab.sockets import SocketsOf
from routers import instance


def vrrp_pid(daemon):
    """The process that does VRRP: in the reference a child."""
    path = daemon.folder / "vrrp.pid"
    wait_until(lambda: path.exists() and path.read_text().strip(), 3, "the pid file")
    return int(path.read_text())


def receive_buffers(daemon):
    with SocketsOf(vrrp_pid(daemon)) as sockets:
        # The kernel doubles what it is told, for its own bookkeeping.
        return {address: each.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
                for address, each in sockets.advert_receivers().items()}


def wait_for_receive_buffers(daemon, expected):
    wait_until(lambda: receive_buffers(daemon) == expected, 3, f"receive buffers {expected}")


DEFAULT = int(Path("/proc/sys/net/core/rmem_default").read_text()) // 2
ONE = instance(name="VI_1", vrid=1, addresses=["10.1.0.101/24", "10.1.0.102/24"])
TWO = instance(name="VI_2", vrid=2, version=2, advert=1, addresses=["10.1.0.103/24"])
SIX = instance(name="VI_6", vrid=1, addresses=["fe80::6", "fd00::6"])
FOUR_BYTES, SIX_BYTES = "224.0.0.18", "ff02::12"


def with_size(block, size):
    return block.replace("interface eth0", f"interface eth0\nkernel_rx_buf_size {size}")


@pytest.mark.parametrize("policy, blocks, expected", [
    ("", ONE, {FOUR_BYTES: DEFAULT}),
    # A size of its own, and the sum of those who share the socket.
    ("", with_size(ONE, 30000) + with_size(TWO, 5000) + SIX, {FOUR_BYTES: 35000, SIX_BYTES: DEFAULT}),
    ("vrrp_rx_bufs_policy 20000", ONE + TWO + with_size(SIX, 7000), {FOUR_BYTES: 40000, SIX_BYTES: 7000}),
    ("vrrp_rx_bufs_policy MTU", ONE + TWO + SIX, {FOUR_BYTES: 2 * 3 * 1500, SIX_BYTES: 3 * 1500}),
    ("vrrp_rx_bufs_policy mtu\nvrrp_rx_bufs_multiplier 7", ONE, {FOUR_BYTES: 7 * 1500}),
    # IP header, VRRP header, addresses, and in version 2 the authentication data.
    ("vrrp_rx_bufs_policy ADVERT\nvrrp_rx_bufs_multiplier 200", ONE + TWO + SIX,
     {FOUR_BYTES: 200 * (20 + 8 + 2 * 4) + 200 * (20 + 8 + 4 + 8), SIX_BYTES: 200 * (8 + 2 * 16)}),
], ids=["default", "sum", "bytes", "mtu", "multiplier", "advert"])
def test_receive_buffers(ours, policy, blocks, expected):
    daemon = ours.start(ours.first, f"global_defs {{\n{policy}\n}}\n{blocks}")
    daemon.wait_for_log("Startup complete")
    wait_for_receive_buffers(daemon, expected)


def test_receive_buffers_follow_the_mtu_and_a_reload(ours):
    policy = "global_defs {\nvrrp_rx_bufs_policy MTU\n}\n"
    daemon = ours.start(ours.first, policy + ONE)
    daemon.wait_for_log("Startup complete")
    wait_for_receive_buffers(daemon, {FOUR_BYTES: 4500})
    ours.first.ip("link set eth0 mtu 1400")
    wait_for_receive_buffers(daemon, {FOUR_BYTES: 4200})
    daemon.configure(policy.replace("MTU", "11000") + ONE)
    daemon.reload()
    wait_for_receive_buffers(daemon, {FOUR_BYTES: 11000})
    daemon.configure(ONE)
    daemon.reload()
    wait_for_receive_buffers(daemon, {FOUR_BYTES: DEFAULT})


def netlink_buffers(pid):
    with SocketsOf(pid) as sockets:
        return sorted(each.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2 for each in sockets.netlink())


LIMIT = int(Path("/proc/sys/net/core/rmem_max").read_text())


# The reference's checkers open these sockets only where there are virtual servers, which need ip_vs.
@pytest.mark.parametrize("part", ["vrrp", pytest.param("lvs", marks=pytest.mark.holdfast_only)])
def test_netlink_buffers(ours, part):
    """Beyond the system's limit only by force."""
    lines = {"vrrp": f"""
    vrrp_netlink_cmd_rcv_bufs 100000
    vrrp_netlink_monitor_rcv_bufs {LIMIT + 50000}
    vrrp_netlink_monitor_rcv_bufs_force on
""", "lvs": f"""
    lvs_netlink_cmd_rcv_bufs {LIMIT + 40000}
    lvs_netlink_cmd_rcv_bufs_force on
    lvs_netlink_monitor_rcv_bufs {LIMIT + 50000}
    lvs_netlink_monitor_rcv_bufs_force on
"""}
    daemon = ours.start(ours.first, f"global_defs {{\n{lines[part]}\n}}\n" + ONE,
                        part="vrrp" if part == "vrrp" else "check")
    request = 100000 if part == "vrrp" else LIMIT + 40000
    daemon.wait_for_log("Startup complete")
    pid = vrrp_pid(daemon) if part == "vrrp" else daemon.pid
    wait_until(lambda: {request, LIMIT + 50000} <= set(netlink_buffers(pid)), 3, "both buffers")


def test_netlink_buffers_stay_below_the_systems_limit_without_force(ours):
    daemon = ours.start(ours.first, f"""
global_defs {{
    vrrp_netlink_cmd_rcv_bufs 70000
    vrrp_netlink_cmd_rcv_bufs_force on
    vrrp_netlink_monitor_rcv_bufs {LIMIT + 50000}
    vrrp_netlink_monitor_rcv_bufs_force off
}}
""" + ONE)
    daemon.wait_for_log("Startup complete")
    wait_until(lambda: {70000, LIMIT} <= set(netlink_buffers(vrrp_pid(daemon))), 3, "both buffers")


@pytest.mark.holdfast_only
def test_netlink_buffers_that_nobody_has_asked_for(ours):
    daemon = ours.start(ours.first, ONE)
    daemon.wait_for_log("Startup complete")
    wait_until(lambda: {1 << 20, 4 << 20} <= set(netlink_buffers(daemon.pid)), 3, "both buffers")


# The process.

def facts(pid):
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    limits = [line.split() for line in Path(f"/proc/{pid}/limits").read_text().splitlines()
              if line.startswith("Max realtime timeout")]
    return {"name": Path(f"/proc/{pid}/comm").read_text().strip(), "nice": int(stat[16]),
            "real time": int(stat[37]), "policy": int(stat[38]), "cpus": status["Cpus_allowed_list"].strip(),
            "locked": int(status["VmLck"].split()[0]) > 0, "timeout": limits[0][3:5]}


PLAIN = {"nice": 0, "real time": 0, "policy": 0, "cpus": facts("self")["cpus"], "locked": False,
         "timeout": ["unlimited", "unlimited"]}
ROUND_ROBIN = 2
CPU = str(max(os.sched_getaffinity(0)))


BFD = "bfd_instance peer {\nneighbor_ip 10.1.0.99\nsource_ip 10.1.0.1\n}\n"


# A nice value means nothing to a real-time process.
@pytest.mark.parametrize("lines, different", [
    ("vrrp_priority -7\nvrrp_process_name kavrrp", {"nice": -7, "name": "kavrrp"}),
    ("vrrp_no_swap", {"locked": True}),
    (f"vrrp_cpu_affinity {CPU}", {"cpus": CPU}),
    ("vrrp_rt_priority 12\nvrrp_rlimit_rttime 250000\nvrrp_priority -7",
     {"real time": 12, "policy": ROUND_ROBIN, "timeout": ["125000", "250000"]}),
    pytest.param("vrrp_rt_priority 12", {"real time": 12, "policy": ROUND_ROBIN}, marks=pytest.mark.holdfast_only),
], ids=["priority", "no_swap", "cpu_affinity", "rt_priority", "rt_priority without a limit"])
def test_the_process(ours, lines, different):
    daemon = ours.start(ours.first, f"global_defs {{\n{lines}\n}}\n{ONE}")
    daemon.wait_for_log("Startup complete")
    seen = facts(vrrp_pid(daemon))
    expected = {**PLAIN, "name": Path(daemon.binary).name, **different}
    assert seen == expected


@pytest.mark.parametrize("lines, different", [
    ("bfd_priority -7\nbfd_process_name kabfd", {"nice": -7, "name": "kabfd"}),
    (f"bfd_no_swap\nbfd_cpu_affinity {CPU}", {"locked": True, "cpus": CPU}),
    ("bfd_rt_priority 12\nbfd_rlimit_rttime 250000",
     {"real time": 12, "policy": ROUND_ROBIN, "timeout": ["125000", "250000"]}),
], ids=["priority", "no_swap and cpu_affinity", "rt_priority"])
def test_the_process_of_bfd(ours, lines, different):
    """Here it is the only one; in the reference one of several."""
    daemon = ours.start(ours.first, f"global_defs {{\n{lines}\n}}\n{BFD}", part="all")
    path = daemon.folder / "bfd.pid"
    wait_until(lambda: path.exists() and path.read_text().strip(), 3, "the pid file")
    expected = {**PLAIN, "name": Path(daemon.binary).name, **different}
    wait_until(lambda: facts(int(path.read_text())) == expected, 3, str(expected))


# The reference's checkers do not start without virtual servers, which need ip_vs.
@pytest.mark.holdfast_only
@pytest.mark.parametrize("lines, different", [
    ("checker_priority -7\nchecker_process_name kacheck", {"nice": -7, "name": "kacheck"}),
    (f"checker_no_swap\nchecker_cpu_affinity {CPU}", {"locked": True, "cpus": CPU}),
    ("checker_rt_priority 12\nchecker_rlimit_rttime 250000",
     {"real time": 12, "policy": ROUND_ROBIN, "timeout": ["125000", "250000"]}),
], ids=["priority", "no_swap and cpu_affinity", "rt_priority"])
def test_the_process_of_the_checkers(ours, lines, different):
    daemon = ours.start(ours.first, f"global_defs {{\n{lines}\n}}\n", part="check")
    daemon.wait_for_log("Startup complete")
    assert facts(daemon.pid) == {**PLAIN, "name": Path(daemon.binary).name, **different}

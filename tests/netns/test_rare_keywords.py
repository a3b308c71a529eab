"""Keywords that few use, each by what it changes to the outside."""

import os
import signal
import socket
import time

import pytest
from lab import wait_until
from lab.netlink import entered
from routers import instance
from test_bfd import control, session
from test_track_processes import Program, block, track
from test_tracking import wait_for_priority


@pytest.fixture
def program(ours):
    one = Program(ours.first)
    yield one
    one.end()


@pytest.mark.holdfast_only
def test_too_many_processes_are_no_quorum(ours, program):
    program.run()
    ours.start(ours.first, block(program, **{"quorum": 1, "quorum_max": 2, "weight": 20}) + instance(100, extra=track("tp")))
    wait_for_priority(ours, 120)
    program.run()
    program.run()
    wait_for_priority(ours, 100)
    program.end(1)
    wait_for_priority(ours, 120)


def test_the_debug_level_is_in_the_data_dump(routers):
    daemon = routers.start(routers.first, instance(100, extra="debug 3"))
    daemon.wait_for_state("MASTER")
    daemon.signal(signal.SIGUSR1)
    path = daemon.folder / "tmp" / "keepalived.data"
    wait_until(lambda: path.exists() and "Virtual IP" in path.read_text(), 3, "the dump")
    assert "   Debug level = 3\n" in path.read_text()


@pytest.mark.holdfast_only  # The reference raises another of its processes.
@pytest.mark.parametrize("delay, raised", [(200000, True), (10000000, False)])
def test_a_late_daemon_gets_a_priority_from_some_delay_on(ours, delay, raised):
    daemon = ours.start(ours.first, f"global_defs {{\nmax_auto_priority 5\nmin_auto_priority_delay {delay}\n}}\n"
                        + instance(100))
    daemon.wait_for_state("MASTER")
    daemon.signal(signal.SIGSTOP)
    time.sleep(1.5)  # More than an advert is due.
    daemon.signal(signal.SIGCONT)
    if raised:
        wait_until(lambda: os.sched_getscheduler(daemon.pid) & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR, 3, "a priority")
    else:
        wait_until(lambda: len(ours.capture.adverts("first")) > 2, 3, "an advert after it")
        assert os.sched_getscheduler(daemon.pid) == os.SCHED_OTHER


class Neighbor:
    """The other end of a session: counts packets, and sends some by hand."""

    def __init__(self, node, port=3784):
        with entered(node.namespace):
            self._hearing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._hearing.bind(("10.1.0.2", port))
        self._hearing.setblocking(False)
        self._sending.bind(("10.1.0.2", 50000))
        self._port = port

    def count(self):
        number = 0
        try:
            while self._hearing.recv(2048):
                number += 1
        except BlockingIOError:
            return number

    def send(self, ttl):
        self._sending.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        self._sending.sendto(control(), ("10.1.0.1", self._port))

    def close(self):
        self._hearing.close()
        self._sending.close()


@pytest.fixture
def neighbor(ours):
    one = Neighbor(ours.second)
    yield one
    one.close()


def test_a_passive_session_waits_to_be_spoken_to(ours, neighbor):
    daemon = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.1", extra="passive"), part="all")
    daemon.wait_for_log("Startup complete")
    time.sleep(1.5)  # An active one sends at least once a second.
    assert neighbor.count() == 0
    neighbor.send(255)
    wait_until(lambda: neighbor.count() > 0, 3, "an answer")


def test_how_often_an_idle_session_sends(ours, neighbor):
    """At 4 s instead of 1 s, less the quarter that may be taken off by chance."""
    daemon = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.1", extra="idle_tx 4000"), part="all")
    daemon.wait_for_log("Startup complete")
    wait_until(lambda: neighbor.count() > 0, 6, "the first packet")
    time.sleep(2.2)
    assert neighbor.count() == 0


@pytest.mark.holdfast_only  # Debian's keepalived has no multihop.
def test_how_far_away_a_neighbor_may_be(ours):
    neighbor = Neighbor(ours.second, 4784)
    daemon = ours.start(ours.first, session("peer", "10.1.0.2", "10.1.0.1", extra="multihop\nmax_hops 3"), part="all")
    daemon.wait_for_log("Startup complete")
    for _ in range(3):
        neighbor.send(251)
    time.sleep(0.3)
    assert "Detection time is" not in daemon.log()
    neighbor.send(252)
    daemon.wait_for_log("Detection time is", 3)
    neighbor.close()


@pytest.mark.holdfast_only
def test_what_has_no_effect_is_said_once_and_the_rest_works(ours):
    config = """namespace_with_ipsets
child_wait_time 3
global_defs {
    tmp_config_directory /tmp
    snmp_socket unix:/no/such
    enable_snmp_rfc
    snmp_rs_stats_update_interval 8
    enable_traps
    enable_snmp_vrrp
    enable_snmp_rfcv2
    enable_snmp_rfcv3
    enable_snmp_checker
    snmp_vs_stats_update_interval 7
    enable_dbus
    dbus_service_name org.example.Vrrp
    dbus_no_interface_name none
    random_seed 4
    process_names
}
""" + instance(100)
    daemon = ours.start(ours.first, config, options=["-x", "-A", "localhost:705"])
    daemon.wait_for_state("MASTER")
    said = sorted(line.partition(": ")[2] for line in daemon.log().splitlines() if "no effect in this version" in line)
    assert [line.split(" has no effect")[0] for line in said] == ["-x", "enable_dbus", "enable_snmp_*", "process_names",
                                                                  "random_seed"], said
    daemon.configure(config.replace("priority 100", "priority 110"))
    daemon.reload()
    daemon.wait_for_log("Reload complete")
    assert daemon.log().count("no effect in this version") == len(said)
    assert daemon.stop() == 0

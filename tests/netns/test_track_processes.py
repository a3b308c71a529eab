"""vrrp_track_process: instances follow which programs run.

keepalived hears of processes only in the network namespace of the machine (or with net_namespace), so it
cannot judge these tests. Where the kernel sends no news, ours looks at all processes once a second; the tests
do not depend on which of the two is the case.
"""

import itertools
import json
import os
import shutil
import signal
import subprocess

import pytest
from lab import wait_until
from routers import VIP, instance
from test_tracking import wait_for_priority

pytestmark = pytest.mark.holdfast_only
_numbers = itertools.count()


class Program:
    """A program with a name that no other process has."""

    def __init__(self, node):
        self.name = f"hf{os.getpid() % 100000}n{next(_numbers)}"  # 15 characters at most.
        self.path = node.folder / self.name
        shutil.copy("/bin/sleep", self.path)
        self._running = []

    def run(self, *arguments, name=None):
        process = subprocess.Popen([name or str(self.path), *(arguments or ("600",))], executable=str(self.path))
        self._running.append(process)
        return process

    def end(self, count=None):
        for process in self._running[:count]:
            process.send_signal(signal.SIGKILL)
            process.wait()
        del self._running[:count]


@pytest.fixture
def program(ours):
    one = Program(ours.first)
    yield one
    one.end()


def block(program, name="tp", process=None, **settings):
    lines = "\n".join(f"{key} {value}" for key, value in settings.items())
    return f"vrrp_track_process {name} {{\n process {process or program.name}\n {lines}\n}}\n"


def track(*entries):
    return "track_process {\n" + "\n".join(entries) + "\n}"


def test_without_weight_a_missing_process_is_fault(ours, program):
    daemon = ours.start(ours.first, block(program) + instance(100, extra=track("tp")))
    daemon.wait_for_log("(VI_1) entering FAULT state (tracked process tp quorum not achieved)")
    program.run()
    daemon.wait_for_log("Quorum gained for tracked process tp")
    daemon.wait_for_state("MASTER")
    program.end()
    daemon.wait_for_log("Quorum lost for tracked process tp")
    daemon.wait_for_state("FAULT")
    wait_until(lambda: not ours.first.holds(VIP), 2, "the address given up")


@pytest.mark.parametrize("weight, running, missing", [("20", 120, 100), ("-20", 100, 80), ("20 reverse", 80, 100)])
def test_a_weight_counts_by_its_sign(ours, program, weight, running, missing):
    program.run()
    daemon = ours.start(ours.first, block(program, weight=weight) + instance(100, extra=track("tp")))
    wait_for_priority(ours, running)
    program.end()
    wait_for_priority(ours, missing)
    program.run()
    wait_for_priority(ours, running)
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_with_reverse_a_running_process_is_fault(ours, program):
    daemon = ours.start(ours.first, block(program) + instance(100, extra=track("tp weight 0 reverse")))
    daemon.wait_for_state("MASTER")
    program.run()
    daemon.wait_for_state("FAULT")


def test_the_quorum_has_both_ends(ours, program):
    program.run()
    ours.start(ours.first, block(program, quorum=2, quorum_max=3, weight=50) + instance(100, extra=track("tp")))
    wait_for_priority(ours, 100)
    program.run()
    wait_for_priority(ours, 150)
    program.run()
    program.run()
    wait_for_priority(ours, 100)
    program.end(1)
    wait_for_priority(ours, 150)


def test_terminate_delay_bridges_a_restart(ours, program):
    program.run()
    daemon = ours.start(ours.first, block(program, terminate_delay=3) + instance(100, extra=track("tp")))
    daemon.wait_for_state("MASTER")
    program.end()
    program.run()
    count = len(ours.capture.adverts("first"))
    wait_until(lambda: len(ours.capture.adverts("first")) > count + 20, 8, "four seconds of adverts")
    assert daemon.states() == ["BACKUP", "MASTER"]
    program.end()
    daemon.wait_for_state("FAULT", 6)


@pytest.mark.parametrize("process, match, counted, other", [
    ("{path} -a 1", "", ("-a", "1"), ("-a", "1", "2")),
    ("{path} 600", "partial", ("600", "601"), ("601", "600")),
    ("{path} 60", "initial", ("601",), ("501",))])
def test_parameters_are_compared_as_told(ours, program, process, match, counted, other):
    # A shell that waits has any parameters.
    shutil.copy("/bin/sh", program.path)
    settings = {"param_match": match} if match else {}
    ours.start(ours.first, block(program, process=process.format(path=program.path), weight=10, **settings)
               + instance(100, extra=track("tp")))
    wait_for_priority(ours, 100)

    def run(words):
        reader, writer = os.pipe()  # The shell reads commands from a pipe that stays silent.
        process = subprocess.Popen([str(program.path), "-s", *words], stdin=reader, executable=str(program.path))
        program._running.append(process)
        os.close(reader)
        return writer

    # "-s" is a parameter like others: told in the configuration it must be there.
    text = ours._daemons[-1].configuration().replace(f"process {program.path} ", f"process {program.path} -s ")
    ours._daemons[-1].configure(text)
    ours._daemons[-1].reload()
    ends = [run(other)]
    count = len(ours.capture.adverts("first"))
    wait_until(lambda: len(ours.capture.adverts("first")) > count + 8, 5, "adverts with the other one")
    assert ours.capture.last_advert("first").priority == 100
    ends.append(run(counted))
    wait_for_priority(ours, 110)
    for end in ends:
        os.close(end)
    wait_for_priority(ours, 100)


def test_full_command_compares_the_first_word_of_the_command_line(ours, program):
    ours.start(ours.first, block(program, process="/opt/renamed", full_command="", weight=10)
               + instance(100, extra=track("tp")))
    wait_for_priority(ours, 100)
    program.run("600", name="/opt/renamed")
    wait_for_priority(ours, 110)


def test_a_reload_takes_another_process_up_at_once(ours, program):
    program.run()
    daemon = ours.start(ours.first, block(program, process="no-such-one") + instance(100, extra=track("tp")))
    daemon.wait_for_state("FAULT")
    daemon.configure(block(program) + instance(100, extra=track("tp")))
    daemon.reload()
    daemon.wait_for_state("MASTER")


def test_the_dumps_show_the_processes(ours, program):
    program.run()
    config = "global_defs {\n json_version 2\n}\n" + block(program, weight=5, quorum_max=4, fork_delay=1)
    daemon = ours.start(ours.first, config + instance(100, extra=track("tp")))
    wait_for_priority(ours, 105)
    daemon.signal(signal.SIGUSR1)
    data = daemon.folder / "tmp" / "keepalived.data"
    wait_until(lambda: data.exists() and "VRRP Track process = tp" in data.read_text(), 3, "the dump")
    text = data.read_text()
    lines = text[text.index(" VRRP Track process = tp"):].splitlines()[:13]
    assert lines == [
        " VRRP Track process = tp", f"   Process = {program.name}", "   Min processes = 1", "   Max processes = 4",
        "   Current processes = 1", "   Have quorum = true", "   Weight = 5", "   Terminate delay = 0.000000s",
        "   Fork delay = 1.000000s", "   Fork delay timer not running", "   Terminate delay timer not running",
        "   Full command = false", "   Tracking instances :"]
    daemon.signal(signal.SIGRTMIN + 2)
    dump = daemon.folder / "tmp" / "keepalived.json"
    wait_until(lambda: dump.exists() and dump.read_text().strip(), 3, "the JSON dump")
    process = json.loads(dump.read_text())["track_process"][0]
    assert (process["process"], process["current_processes"], process["have_quorum"]) == ("tp", 1, True)

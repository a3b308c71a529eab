"""Notify scripts and FIFO: which words, in which order."""

import os

import pytest
from lab import wait_until
from routers import VIP, instance


class Recorder:
    """A notify script that writes down its arguments, one line per call."""

    def __init__(self, node, name="notify", delay=""):
        self._file = node.folder / f"{name}-calls"
        self.path = node.script(name, f'{delay}\necho "$@" >> {self._file}')

    def lines(self):
        return self._file.read_text().splitlines() if self._file.exists() else []

    def wait_for(self, expected, timeout=5):
        try:
            wait_until(lambda: self.lines() == expected, timeout, f"calls {expected}")
        except AssertionError as error:
            raise AssertionError(f"{error}, got {self.lines()}") from None


SCRIPT_USER = "global_defs {\n script_user root\n enable_script_security\n}\n"


def test_the_generic_script_is_told_type_name_state_and_priority(ours):
    recorder = Recorder(ours.first)
    daemon = ours.start(ours.first, SCRIPT_USER + instance(120, extra=f"notify {recorder.path}"))
    daemon.wait_for_state("MASTER")
    recorder.wait_for(["INSTANCE VI_1 BACKUP 120", "INSTANCE VI_1 MASTER 120"])
    assert daemon.stop() == 0
    recorder.wait_for(["INSTANCE VI_1 BACKUP 120", "INSTANCE VI_1 MASTER 120", "INSTANCE VI_1 STOP 120"])


def test_each_state_has_its_own_script(ours):
    recorder = Recorder(ours.first)
    daemon = ours.start(ours.first, SCRIPT_USER + instance(120, extra=f"""
    notify_master "{recorder.path} now master"
    notify_backup "{recorder.path} now backup"
    notify_fault "{recorder.path} now fault"
    notify_stop "{recorder.path} now stop"
"""))
    recorder.wait_for(["now backup", "now master"])
    ours.lab.unplug("first")
    recorder.wait_for(["now backup", "now master", "now fault"])
    ours.lab.plug("first")
    recorder.wait_for(["now backup", "now master", "now fault", "now backup", "now master"])
    assert daemon.stop() == 0
    assert recorder.lines()[-1] == "now stop"


def test_each_state_of_a_group_has_its_own_script(ours):
    recorder = Recorder(ours.first)
    daemon = ours.start(ours.first, SCRIPT_USER + f"""
vrrp_sync_group G1 {{
    group {{
        VI_1
        VI_2
    }}
    notify_master "{recorder.path} now master"
    notify_backup "{recorder.path} now backup"
    notify_fault "{recorder.path} now fault"
    notify_stop "{recorder.path} now stop"
}}
""" + instance(120) + instance(120, name="VI_2", vrid=52, addresses=["10.1.0.101/24"]))
    recorder.wait_for(["now backup", "now master"])
    ours.lab.unplug("first")
    recorder.wait_for(["now backup", "now master", "now fault"])
    ours.lab.plug("first")
    recorder.wait_for(["now backup", "now master", "now fault", "now backup", "now master"])
    assert daemon.stop() == 0
    assert recorder.lines()[-1] == "now stop"


@pytest.mark.holdfast_only
def test_slow_scripts_still_run_in_order_so_that_the_last_is_the_state(ours):
    # BACKUP's script sleeps; started side by side, MASTER's would finish before it.
    recorder = Recorder(ours.first, delay='[ "$3" = BACKUP ] && sleep 1.5')
    daemon = ours.start(ours.first, SCRIPT_USER + instance(120, extra=f"notify {recorder.path}"))
    daemon.wait_for_state("MASTER")
    recorder.wait_for(["INSTANCE VI_1 BACKUP 120", "INSTANCE VI_1 MASTER 120"])


def test_a_group_is_told_about_once(ours):
    recorder = Recorder(ours.first)
    config = SCRIPT_USER + f"""
vrrp_sync_group G1 {{
    group {{
        VI_1
        VI_2
    }}
    notify {recorder.path}
}}
""" + instance(120) + instance(120, name="VI_2", vrid=52, addresses=["10.1.0.101/24"])
    daemon = ours.start(ours.first, config)
    recorder.wait_for(["GROUP G1 BACKUP 0", "GROUP G1 MASTER 0"])
    assert daemon.stop() == 0
    recorder.wait_for(["GROUP G1 BACKUP 0", "GROUP G1 MASTER 0", "GROUP G1 STOP 0"])


class Fifo:
    def __init__(self, node, name="fifo"):
        self.path = node.folder / name
        os.mkfifo(self.path, 0o600)
        # Read and write: it never sees an end of file, whoever opens and closes it.
        self._fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self._text = b""

    def lines(self):
        try:
            self._text += os.read(self._fd, 65536)
        except BlockingIOError:
            pass
        return self._text.replace(b"\0", b"").decode().splitlines()

    def close(self):
        os.close(self._fd)


@pytest.fixture
def fifo(ours):
    one = Fifo(ours.first)
    yield one
    one.close()


def test_the_fifo_tells_every_state(ours, fifo):
    daemon = ours.start(ours.first, f"global_defs {{\n notify_fifo {fifo.path}\n}}\n" + instance(120))
    daemon.wait_for_state("MASTER")
    assert daemon.stop() == 0
    wait_until(lambda: len(fifo.lines()) >= 3, 3, "three lines")
    assert fifo.lines() == ['INSTANCE "VI_1" BACKUP 120', 'INSTANCE "VI_1" MASTER 120', 'INSTANCE "VI_1" STOP 120']


@pytest.mark.parametrize("everywhere, own, told", [
    ("vrrp_notify_priority_changes true", "", True), ("", "notify_priority_changes true", True),
    ("vrrp_notify_priority_changes true", "notify_priority_changes false", False)])
def test_the_fifo_tells_priority_changes_when_asked(ours, fifo, everywhere, own, told):
    flag = ours.first.write("flag", "")
    check = ours.first.script("check", f"test -e {flag}")
    config = f"""
global_defs {{
    vrrp_notify_fifo {fifo.path}
    {everywhere}
}}
vrrp_script s {{
    script "{check}"
    interval 1
    weight -20
    user root
}}
""" + instance(120, extra=f"{own}\ntrack_script {{\n s\n }}")
    daemon = ours.start(ours.first, config)
    daemon.wait_for_state("MASTER")
    flag.unlink()
    daemon.wait_for_log("Changing effective priority from 120 to 100")
    if told:
        wait_until(lambda: 'INSTANCE "VI_1" MASTER_PRIORITY 100' in fifo.lines(), 4, "the change")
    else:
        assert daemon.stop() == 0
        wait_until(lambda: 'INSTANCE "VI_1" STOP 100' in fifo.lines(), 3, "the end")
        assert not any("PRIORITY" in line for line in fifo.lines())


def test_the_group_and_its_members_in_order_on_the_fifo(ours, fifo):
    config = f"global_defs {{\n notify_fifo {fifo.path}\n}}\n" + """
vrrp_sync_group G1 {
    group {
        VI_1
        VI_2
    }
}
""" + instance(120) + instance(110, name="VI_2", vrid=52, addresses=["10.1.0.101/24"])
    daemon = ours.start(ours.first, config)
    daemon.wait_for_state("MASTER", instance="VI_2")
    wait_until(lambda: ours.first.holds("10.1.0.101"), 2, "the address")
    assert daemon.stop() == 0
    wait_until(lambda: len(fifo.lines()) >= 9, 3, "nine lines")
    lines = fifo.lines()
    assert lines[0] == 'GROUP "G1" BACKUP 0'
    assert sorted(lines[1:3]) == ['INSTANCE "VI_1" BACKUP 120', 'INSTANCE "VI_2" BACKUP 110']
    assert sorted(lines[3:5]) == ['INSTANCE "VI_1" MASTER 120', 'INSTANCE "VI_2" MASTER 110']
    assert lines[5] == 'GROUP "G1" MASTER 0'
    assert lines[6:] == ['INSTANCE "VI_1" STOP 120', 'INSTANCE "VI_2" STOP 110', 'GROUP "G1" STOP 0']


def test_a_script_of_the_master_hears_of_lower_priorities(routers):
    recorder = Recorder(routers.first)
    routers.start(routers.first, SCRIPT_USER + instance(
        150, extra=f'notify_master_rx_lower_pri "{recorder.path} lower"'))
    routers.wait_for_holder(routers.first)
    routers.lab.deafen("second")
    routers.start(routers.second, instance(100, addresses=[f"{VIP}/24"]))
    wait_until(lambda: "lower" in recorder.lines(), 5, "the call")

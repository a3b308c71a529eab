"""The process as scripts and units see it: exit status, pid files, -t, signals, dumps."""

import os
import signal
import subprocess
import time

import pytest
from lab import HOLDFAST, Daemon, wait_until
from routers import VIP, instance


def check_config(node, text, *options):
    """Runs -t on a file with this text; returns (status, standard error)."""
    path = node.write("checked.conf", text)
    done = subprocess.run(["ip", "netns", "exec", node.namespace, HOLDFAST, "-t", "-f", path, *options], text=True,
                          capture_output=True, timeout=20)
    return done.returncode, done.stderr


def test_sigterm_ends_with_status_0_and_removes_the_pid_files(ours):
    daemon = ours.start(ours.first, instance(100))
    wait_until(lambda: daemon.pid_file.exists() and daemon.pid_file.read_text(), 3, "the pid file")
    assert daemon.pid_file.read_text() == f"{daemon.pid}\n"
    daemon.wait_for_state("MASTER")
    assert daemon.stop() == 0
    assert daemon.leftovers() == []
    assert "Stopped" in daemon.log()


def test_sigint_stops_too(ours):
    daemon = ours.start(ours.first, instance(100))
    daemon.wait_for_state("MASTER")
    daemon.signal(signal.SIGINT)
    assert daemon.wait() == 0
    assert not ours.first.holds(VIP)


def test_a_signal_that_means_nothing_does_nothing(routers):
    daemon = routers.start(routers.first, instance(100))
    daemon.wait_for_state("MASTER")
    for number in (signal.SIGQUIT, signal.SIGALRM, signal.SIGPWR, signal.SIGIO, signal.SIGPROF, signal.SIGXFSZ,
                   signal.SIGTSTP, signal.SIGRTMIN, signal.SIGRTMIN + 5, signal.SIGRTMAX):
        daemon.signal(number)
    seen = len(routers.capture.adverts("first"))
    wait_until(lambda: len(routers.capture.adverts("first")) > seen + 2, 3, "further adverts")
    assert daemon.running and routers.first.holds(VIP)
    assert daemon.stop() == 0
    assert not routers.first.holds(VIP)


def test_a_second_daemon_with_the_same_pid_file_ends_with_status_0(ours):
    daemon = ours.start(ours.first, instance(100))
    daemon.wait_for_state("MASTER")
    second = ours.first.popen(daemon.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output, _ = second.communicate(timeout=10)
    assert second.returncode == 0
    assert b"already running" in output
    assert daemon.running and daemon.pid_file.read_text() == f"{daemon.pid}\n"


def test_a_pid_file_left_by_a_crash_does_not_block_the_start(ours):
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    daemon = Daemon(ours.first, instance(100))
    daemon.pid_file.write_text(f"{ended.pid}\n")
    daemon.start()
    daemon.wait_for_state("MASTER")
    assert daemon.pid_file.read_text() == f"{daemon.pid}\n"


def test_without_a_usable_main_file_the_start_fails_with_status_6(ours):
    daemon = Daemon(ours.first, "")
    daemon.config.unlink()
    daemon.start()
    assert daemon.wait() == 6


@pytest.mark.parametrize("text", [instance(100).replace("virtual_router_id 51", ""),
                                  instance(100).replace("interface eth0", "interface eth99")],
                         ids=["no vrid", "unknown interface"])
def test_an_unusable_configuration_ends_the_start_with_status_2(ours, text):
    daemon = Daemon(ours.first, text).start()
    assert daemon.wait() == 2
    assert daemon.leftovers() == []


CHECKS = {
    "nothing wrong": (instance(100), 0),
    "an empty file": ("", 0),
    "a parameter left out": (instance(100).replace("priority 100", "priority"), 2),
    "an unknown keyword": (instance(100) + "nonsense 1\n", 5),
    "a number out of range": (instance(300), 5),
    "a brace too few": (instance(100).rstrip()[:-1], 5),
    "a script without script security": (
        'vrrp_script s {\n script "/bin/true"\n interval 1\n}\n' + instance(100, extra="track_script {\n s\n }"), 6),
}


@pytest.mark.parametrize("text, status", CHECKS.values(), ids=CHECKS.keys())
def test_config_test_answers_with_the_status_of_the_reference(ours, text, status):
    found, message = check_config(ours.first, text)
    assert found == status, message
    assert (message == "") == (status == 0), message


def test_config_test_of_a_missing_file(ours):
    done = subprocess.run([HOLDFAST, "-t", "-f", ours.first.folder / "nowhere.conf"], text=True, capture_output=True)
    assert done.returncode == 0
    assert "Config files missing" in done.stderr


def test_an_unknown_option_ends_with_status_1(ours):
    assert subprocess.run([HOLDFAST, "--no-such-option"], capture_output=True).returncode == 1


def test_version_and_help_go_to_standard_error_with_status_0(ours):
    for option in ("-v", "-h"):
        done = subprocess.run([HOLDFAST, option], capture_output=True)
        assert (done.returncode, done.stdout != b"" or done.stderr != b"") == (0, True)


@pytest.mark.parametrize("name, number", [("DATA", "10"), ("STATS", "12"), ("STATS_CLEAR", "63"), ("JSON", "36")])
def test_signum_prints_the_number_of_a_signal(ours, name, number):
    done = subprocess.run([HOLDFAST, f"--signum={name}"], capture_output=True, text=True)
    if name == "JSON" and done.returncode == 1:
        pytest.skip("built without JSON")
    assert (done.returncode, done.stdout.strip()) == (0, number)


def test_sigusr1_and_sigusr2_write_their_files(ours):
    daemon = ours.start(ours.first, instance(100))
    daemon.wait_for_state("MASTER")
    folder = daemon.folder / "tmp"
    daemon.signal(signal.SIGUSR1)
    wait_until(lambda: (folder / "keepalived.data").exists() and "VI_1" in (folder / "keepalived.data").read_text(),
               3, "keepalived.data")
    text = (folder / "keepalived.data").read_text()
    for line in (" VRRP Instance = VI_1", "   State = MASTER", "   Virtual Router ID = 51", "   Interface = eth0"):
        assert line in text.splitlines()
    daemon.signal(signal.SIGUSR2)
    wait_until(lambda: (folder / "keepalived.stats").exists()
               and "Priority Zero" in (folder / "keepalived.stats").read_text(), 3, "keepalived.stats")
    stats = (folder / "keepalived.stats").read_text()
    assert stats.startswith("VRRP Instance: VI_1\n")
    assert "  Became master: 1\n" in stats
    assert all((folder / name).stat().st_mode & 0o077 == 0 for name in ("keepalived.data", "keepalived.stats"))


def test_it_runs_in_the_background_without_dash_n(ours):
    daemon = Daemon(ours.first, instance(100))
    command = [word for word in daemon.command() if word != "-n"]
    started = ours.first.popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(daemon.folder)})
    assert started.wait(5) == 0
    wait_until(lambda: ours.first.holds(VIP), 4, "the address")
    pid = int(daemon.pid_file.read_text())
    assert pid != started.pid
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not daemon.pid_file.exists(), 5, "the end")
    assert not ours.first.holds(VIP)


def test_a_daemon_stopped_by_a_debugger_gives_way_to_the_one_that_served(routers):
    first = routers.start(routers.first, instance(150))
    second = routers.start(routers.second, instance(100))
    routers.wait_for_holder(routers.first)
    os.killpg(first.pid, signal.SIGSTOP)
    second.wait_for_state("MASTER")
    time.sleep(0.5)
    os.killpg(first.pid, signal.SIGCONT)
    # Whoever wins the moment, the better router serves alone soon after.
    second.wait_for_state("BACKUP")
    routers.wait_for_holder(routers.first)


@pytest.mark.holdfast_only
def test_a_sigterm_during_the_start_is_served(ours):
    # At once, before the handlers are there, and again a little later.
    for pause in (0, 0.002, 0.005, 0.01):
        daemon = ours.start(ours.first, instance(120))
        wait_until(lambda: "Starting" in daemon.log(), 2, "the first line")
        time.sleep(pause)
        assert daemon.stop() == 0, f"after {pause} s"
        assert daemon.leftovers() == []


def test_the_config_test_log_does_not_follow_links(ours):
    target = ours.first.write("target", "")
    link = ours.first.folder / "link"
    link.symlink_to(target)
    config = ours.first.write("wrong.conf", "no_such_keyword\n")
    done = subprocess.run([HOLDFAST, f"-t{link}", "-f", config], text=True, capture_output=True)
    assert done.returncode == 1
    assert "Unable to open config-test log file" in done.stderr
    assert target.read_text() == ""
    plain = ours.first.folder / "plain"
    done = subprocess.run([HOLDFAST, f"-t{plain}", "-f", config], text=True, capture_output=True)
    assert done.returncode != 0
    assert "no_such_keyword" in plain.read_text()
    assert done.stderr == ""


def test_the_dump_shows_routes_rules_and_which_addresses_are_set(ours):
    config = instance(120, extra="""virtual_routes {
        198.51.100.0/24 via 10.1.0.2 dev eth0
    }
    virtual_rules {
        from 192.0.2.0/24 table 20 priority 100
    }""")
    daemon = ours.start(ours.first, config)
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    daemon.signal(signal.SIGUSR1)
    dumps = daemon.folder / "tmp"

    def text():
        return "".join(path.read_text() for path in dumps.iterdir())

    wait_until(lambda: "Virtual Rules" in text(), 3, "the dump")
    assert f"{VIP}/24 dev eth0 scope global set\n" in text()
    assert "198.51.100.0/24 via inet 10.1.0.2 dev eth0" in text()
    assert "from 192.0.2.0/24 priority 100 tos 0x0 protocol 18 lookup 20" in text()

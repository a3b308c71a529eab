"""startup_script and shutdown_script, reload_time_file, config_save_dir, the name of the process."""

import time
from pathlib import Path

from lab import wait_until
from routers import VIP, instance


def preamble(*lines):
    return "global_defs {\n script_user root\n" + "\n".join(lines) + "\n}\n"


def test_the_startup_script_runs_before_and_the_shutdown_script_after_everything(ours):
    log = ours.first.folder / "order"
    state = f"ip -4 address show | grep -c {VIP}"
    startup = ours.first.script("startup", f"sleep 0.5; echo startup $({state}) >> {log}")
    shutdown = ours.first.script("shutdown", f"echo shutdown $({state}) >> {log}")
    daemon = ours.start(ours.first, preamble(f"startup_script {startup}", f"shutdown_script {shutdown}")
                        + instance(100))
    daemon.wait_for_state("MASTER", 8)
    assert log.read_text() == "startup 0\n"
    text = daemon.log()
    assert text.index("Running startup script") < text.index("Entering BACKUP STATE (init)")
    assert daemon.stop() == 0
    assert log.read_text() == "startup 0\nshutdown 0\n"


def test_scripts_that_fail_or_take_too_long_hold_nothing_up(ours):
    slow = ours.first.script("slow", "exec sleep 60")
    failing = ours.first.script("failing", "exit 3")
    daemon = ours.start(ours.first, preamble(f"startup_script {slow}", "startup_script_timeout 1",
                                             f"shutdown_script {failing}") + instance(100))
    daemon.wait_for_log("startup script timed out")
    daemon.wait_for_state("MASTER", 8)
    assert daemon.stop() == 0
    daemon.wait_for_log("shutdown script script failed, status 3")


def test_a_stop_during_the_startup_script_starts_nothing(ours):
    slow = ours.first.script("slow", "exec sleep 60")
    daemon = ours.start(ours.first, preamble(f"startup_script {slow}", "startup_script_timeout 30") + instance(100))
    daemon.wait_for_log("Running startup script")
    assert daemon.stop() == 0
    assert "Entering" not in daemon.log()


def test_a_file_says_when_to_reload(ours):
    path = ours.first.folder / "reload-at"
    daemon = ours.start(ours.first, preamble(f"reload_time_file {path}") + instance(100))
    daemon.wait_for_state("MASTER")
    at = time.time() + 3
    path.write_text(time.strftime("%H:%M:%S\n", time.localtime(at)))
    daemon.wait_for_log("Scheduling reload for " + time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)))
    daemon.wait_for_log("Reload complete", 8)
    assert int(at) <= time.time()
    wait_until(lambda: not path.exists(), 2, "the file removed")
    path.write_text(time.strftime("%H:%M:%S\n", time.localtime(time.time() + 3600)))
    daemon.wait_for_log("Scheduling reload for", times=2)
    path.unlink()
    daemon.wait_for_log("Cancelling reload scheduled for")
    path.write_text("soon\n")
    daemon.wait_for_log("Invalid reload time 'soon' specified - ignoring")
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_the_configuration_is_saved_around_a_reload(ours):
    folder = ours.first.folder / "saved"
    folder.mkdir()
    daemon = ours.start(ours.first, preamble(f"config_save_dir {folder}") + instance(100))
    daemon.wait_for_state("MASTER")
    daemon.configure(preamble(f"config_save_dir {folder}") + instance(120))
    daemon.reload()
    wait_until(lambda: len(list(folder.glob("keepalived_vrrp.*.1.*"))) == 2, 5, "two files")
    texts = {path.suffix: path.read_text() for path in folder.iterdir()}
    assert "   Priority = 100" in texts[".pre"] and "   Priority = 120" in texts[".post"]


def test_the_process_has_its_configured_name(ours):
    daemon = ours.start(ours.first, preamble("process_name my-balancer") + instance(100))
    daemon.wait_for_state("MASTER")
    pid = int(daemon.pid_file.read_text())
    assert Path(f"/proc/{pid}/comm").read_text() == "my-balancer\n"

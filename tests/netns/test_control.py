"""The control socket and holdctl: answers, exit statuses, permissions, reload and plan, and what a daemon does
without a socket."""

import json
import os
import re
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest
from holdctl import HOLDCTL, Control
from lab import HOLDFAST, Daemon, under_test_is_reference, wait_until
from routers import VIP, instance
from test_tracking import Switch, script_block, track

pytestmark = pytest.mark.skipif(under_test_is_reference(), reason="the reference has no control socket")

SCHEMA = Path(__file__).parents[2] / "docs" / "status.schema.json"
NOBODY = 65534


@pytest.fixture
def first(ours):
    """A MASTER alone."""
    control = Control(ours.start(ours.first, instance(100))).wait()
    control.wait_for("MASTER")
    return control


def validate(answer):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(answer)


def test_the_socket_is_beside_the_pid_file_for_root_and_group_and_goes_with_the_daemon(first):
    status = os.lstat(first.socket)
    assert stat.S_ISSOCK(status.st_mode)
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o660, 0, 0)
    assert first.daemon.stop() == 0
    assert not first.socket.exists()


def test_a_dead_daemon_is_an_error_at_once(first):
    assert first.run("status").returncode == 0
    first.daemon.kill()
    before = time.monotonic()
    done = first.run("status")
    assert time.monotonic() - before < 2
    assert done.returncode == 3 and "dead" in done.stderr and done.stdout == ""
    first.socket.unlink()
    done = first.run("status")
    assert done.returncode == 3 and "no daemon is running" in done.stderr


def test_a_daemon_that_hangs_is_an_error_too(first):
    os.kill(first.daemon.pid, 19)
    try:
        done = first.run("version", timeout=30)
    finally:
        os.kill(first.daemon.pid, 18)
    assert done.returncode == 3 and "has not answered" in done.stderr


def test_the_socket_left_by_a_crash_is_replaced(first):
    first.daemon.kill()
    assert first.socket.exists()
    first.daemon.start()
    first.wait()
    assert first.run("version").stdout.rstrip().endswith(f"pid {first.daemon.pid}")


def test_without_a_socket_the_daemon_works_all_the_same(ours):
    daemon = Daemon(ours.first, instance(100))
    daemon.pid_file.with_suffix(".sock").write_text("not a socket")
    daemon.start()
    daemon.wait_for_state("MASTER")
    assert daemon.log().count("No control socket") == 1
    assert daemon.stop() == 0
    assert daemon.pid_file.with_suffix(".sock").read_text() == "not a socket"


def test_a_configuration_test_makes_no_socket(ours):
    daemon = Daemon(ours.first, instance(100))
    done = subprocess.run(["ip", "netns", "exec", ours.first.namespace, HOLDFAST, "-t", "-f", daemon.config, "-p",
                           daemon.pid_file], capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert not daemon.pid_file.with_suffix(".sock").exists()


def test_two_daemons_have_two_sockets(ours):
    one = Control(ours.start(ours.first, instance(100))).wait()
    two = Control(ours.start(ours.second, instance(50))).wait()
    assert one.instance()["priority"]["base"] == 100
    assert two.instance()["priority"]["base"] == 50


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


@pytest.fixture
def reachable():
    """A folder that everybody may enter, unlike those of the lab."""
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)
    yield folder
    subprocess.run(["rm", "-r", folder], check=True)


def test_others_than_root_and_the_group_are_kept_out(ours, reachable):
    path = reachable / "d.pid"
    daemon = ours.start(ours.first, instance(100), options=["-p", path])
    daemon.pid_file = path
    control = Control(daemon).wait()
    holdctl = reachable / "holdctl"
    holdctl.write_bytes(Path(HOLDCTL).read_bytes())
    holdctl.chmod(0o755)

    def ask(*words):
        return subprocess.run([holdctl, "-p", path, *words], preexec_fn=as_nobody, text=True, capture_output=True,
                              timeout=20, cwd="/")
    assert ask("status").returncode == 4
    # Its group may read, and only that.
    os.chown(control.socket, 0, NOBODY)
    assert ask("status").returncode == 0
    assert ask("why", "VI_1").returncode == 0
    assert ask("plan").returncode == 0
    done = ask("plan", "/etc/shadow")
    assert done.returncode == 4 and "root" in done.stderr
    assert ask("reload").returncode == 4
    # A mode that somebody has widened does not widen the rule.
    os.chown(control.socket, 0, 0)
    control.socket.chmod(0o666)
    done = ask("status")
    assert done.returncode == 4 and "only root and the group" in done.stderr


def test_holdctl_does_not_believe_somebody_else(reachable):
    """In a folder like /tmp anybody may listen where the daemon is expected."""
    path = reachable / "fake.sock"
    reachable.chmod(0o777)
    child = subprocess.Popen(["/usr/bin/python3", "-c", f"""
import socket
s = socket.socket(socket.AF_UNIX)
s.bind({str(path)!r})
s.listen()
print("listening", flush=True)
s.accept()[0].recv(1)
"""], preexec_fn=as_nobody, stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        done = subprocess.run([HOLDCTL, "-s", path, "status"], text=True, capture_output=True, timeout=20)
        assert done.returncode == 4 and "not believed" in done.stderr
    finally:
        child.kill()
        child.wait()


def test_status_has_the_published_shape(ours):
    check = Switch(ours.first, "check", True)
    number = ours.first.write("number", "3\n")
    config = f"""
track_file load {{
    file {number}
}}
vrrp_track_process shell {{
    process sh
}}
bfd_instance peer {{
    neighbor_ip 10.1.0.2
    source_ip 10.1.0.1
}}
vrrp_sync_group G {{
    group {{
        VI_2
        VI_3
    }}
}}
""" + script_block("chk", check.command, weight=2) + instance(
        100, extra=track("chk") + "\ntrack_file {\n load weight 1\n}\ntrack_process {\n shell weight 1\n}\n"
        "track_interface {\n lo weight 1\n}\ntrack_bfd {\n peer weight 1\n}\n") + "".join(
            instance(90, name=f"VI_{number}", vrid=50 + number, addresses=[f"10.1.0.20{number}/24"]) for number in (2, 3))
    control = Control(ours.start(ours.first, config, part="all")).wait()
    validate(control.status())
    control.wait_for("MASTER")
    control.wait_for("MASTER", "VI_3")
    wait_until(lambda: control.status()["scripts"][0]["last_run"], 5, "a run of the script")
    status = control.status()
    validate(status)
    vi_1 = status["instances"][0]
    assert vi_1["addresses"][0]["present"] and vi_1["addresses"][0]["address"].startswith(VIP)
    assert vi_1["priority"]["base"] == 100
    assert {each["kind"] for each in vi_1["priority"]["contributions"]} == {"interface", "script", "file", "process",
                                                                           "bfd"}
    (script,) = status["scripts"]
    assert script["last_run"]["exit_status"] == 0 and 0 < script["last_run"]["duration"] < 5
    assert status["files"][0]["value"] == 3
    assert status["sync_groups"][0]["members"] == [{"name": "VI_2", "state": "MASTER"},
                                                     {"name": "VI_3", "state": "MASTER"}]
    assert status["bfd_sessions"][0]["state"] == "down"
    assert {"name": "lo", "state": "up"} in status["interfaces"]
    assert status["last_reload"] is None
    # A refused reload and a stopped peer have their shape too.
    control.daemon.configure("nonsense {\n")
    assert control.run("reload").returncode == 1
    validate(control.status())


def test_tables_for_people(first):
    table = first.run("status").stdout
    assert "\x1b" not in table
    header, row, address = table.split("\n\n")[1].splitlines()[:3]
    assert header.split() == ["INSTANCE", "STATE", "FOR", "PRIORITY", "INTERFACE", "VRID", "MASTER", "CAUSE"]
    assert row.split()[:2] == ["VI_1", "MASTER"] and row.endswith("master_down")
    assert address.strip().startswith(VIP)
    assert "\x1b[32mMASTER\x1b[0m" in first.run("--color=always", "status").stdout
    assert first.run("why", "VI_1").stdout.startswith("vrrp_instance VI_1 is MASTER since ")
    assert first.run("why", "VI_2").returncode == 1
    assert "did you mean VI_1" in first.run("why", "VI_2").stderr


def test_metrics_for_prometheus(first):
    done = first.run("metrics")
    assert done.returncode == 0, done.stderr
    sample = re.compile(r'keepalived_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[0-9.e+-]+$')
    lines = done.stdout.splitlines()
    assert lines and all(line.startswith("# ") or sample.match(line) for line in lines), done.stdout
    assert 'keepalived_vrrp_state{iname="VI_1",intf="eth0",vrid="51",family="IPv4"} 2' in lines
    assert first.run("metrics", "--json").returncode == 2


def test_on_a_terminal_there_are_colours_unless_not_wanted(first):
    def on_terminal(**environment):
        command = f"{HOLDCTL} -p {first.daemon.pid_file} status"
        return subprocess.run(["script", "-qec", command, "/dev/null"], text=True, capture_output=True, timeout=20,
                              stdin=subprocess.DEVNULL, env={**os.environ, **environment}).stdout
    assert "\x1b[32mMASTER" in on_terminal()
    assert "\x1b[" not in on_terminal(NO_COLOR="1")


def test_usage_errors_and_help(first):
    assert first.run("halt").returncode == 2
    assert first.run().returncode == 2
    done = first.run("--help")
    assert done.returncode == 0 and "Exit status" in done.stdout


def test_a_good_reload_tells_what_it_has_changed(first):
    first.daemon.configure(instance(120))
    done = first.run("reload")
    assert done.returncode == 0, done.stderr
    assert "change vrrp_instance VI_1" in done.stdout and "+ priority 120" in done.stdout
    # The outcome was waited for: it is in force now.
    assert first.instance()["priority"]["base"] == 120
    assert first.run("reload").stdout == "reloaded, nothing has changed\n"
    assert first.status()["daemon"]["generation"] == 3


def test_a_bad_reload_says_where_and_changes_nothing(first):
    first.daemon.configure(instance(120, extra="prioritty 7"))
    line = next(number for number, text in enumerate(first.daemon.configuration().splitlines(), 1)
                if "prioritty" in text)
    done = first.run("reload")
    assert done.returncode == 1
    assert f"{first.daemon.config}:{line}:" in done.stderr and "prioritty" in done.stderr
    assert first.instance()["priority"]["base"] == 100
    assert f"{first.daemon.config}:{line}:" in first.run("status").stdout
    answer = first.answer("reload")
    assert answer["result"] == "refused" and answer["diagnostics"]


def test_the_plan_is_what_is_then_done(ours):
    both = instance(100) + instance(90, name="VI_2", vrid=52, addresses=["10.1.0.102/24"])
    control = Control(ours.start(ours.first, both)).wait()
    control.wait_for("MASTER", "VI_2")
    events = len(control.answer("events")["events"])
    changed = instance(100) + instance(95, name="VI_2", vrid=52, addresses=["10.1.0.103/24"]) + instance(
        80, name="VI_3", vrid=53, addresses=["10.1.0.104/24"])
    other_file = ours.first.write("new.conf", changed)
    plan = control.answer("plan", other_file)
    assert plan["result"] == "possible"
    assert [(a["action"], a["kind"], a["name"]) for a in plan["actions"]] == [
        ("change", "vrrp_instance", "VI_2"), ("add", "vrrp_instance", "VI_3")]
    assert {"- priority 90", "+ priority 95"} <= set(plan["actions"][0]["details"])
    # Nothing was done.
    assert len(control.answer("events")["events"]) == events
    assert ours.first.holds("10.1.0.102") and not ours.first.holds("10.1.0.103")
    assert control.status()["daemon"]["generation"] == 1
    control.daemon.configure(changed)
    assert control.answer("plan")["actions"] == plan["actions"]
    assert control.answer("reload")["actions"] == plan["actions"]
    assert control.answer("plan")["actions"] == []
    wait_until(lambda: ours.first.holds("10.1.0.103") and not ours.first.holds("10.1.0.102"), 3, "the addresses")
    # The instance that was not in the plan saw nothing.
    assert [event.added for event in ours.first.watch.of(VIP)] == [True]


def test_the_plan_of_a_bad_file_is_refused(first, ours):
    broken = ours.first.write("broken.conf", "vrrp_instance X {\n")
    done = first.run("plan", broken)
    assert done.returncode == 1
    assert f"{broken}:" in done.stderr and "would be refused" in done.stderr
    assert first.status()["last_reload"] is None


def test_sighup_is_seen_in_the_status_too(first):
    first.daemon.configure("nonsense {\n")
    first.daemon.reload()
    wait_until(lambda: first.status()["last_reload"], 3, "the reload")
    assert first.status()["last_reload"]["applied"] is False


def test_events_are_followed(first):
    follower = subprocess.Popen([HOLDCTL, "-p", first.daemon.pid_file, "events", "--follow", "-n", "0", "--json"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(0.3)
        first.daemon.configure(instance(110))
        assert first.run("reload").returncode == 0
        event = json.loads(follower.stdout.readline())
        assert (event["kind"], event["to"], event["cause"]) == ("vrrp_instance", "110", "priority")
        event = json.loads(follower.stdout.readline())
        assert (event["kind"], event["to"]) == ("daemon", "reloaded")
        assert first.daemon.stop() == 0
        rest = [json.loads(line) for line in follower.stdout]
        assert ("VI_1", "INIT", "shutdown") in [(e["name"], e["to"], e["cause"]) for e in rest]
        assert follower.wait(10) == 3
    finally:
        follower.kill()
        follower.wait()


def test_watch_shows_the_status_until_the_daemon_goes(first):
    watcher = subprocess.Popen([HOLDCTL, "-p", first.daemon.pid_file, "status", "--watch=0.2"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    first.daemon.kill()
    output, error = watcher.communicate(timeout=10)
    assert output.count("INSTANCE") >= 2
    assert watcher.returncode == 3 and "dead" in error


def raw(control, text):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(control.socket))
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    return [json.loads(line) for line in answer.splitlines()]


def test_a_shell_can_ask_without_holdctl(first):
    (version,) = raw(first, b'{"command":"version"}\n')
    assert version["pid"] == first.daemon.pid
    answers = raw(first, b'hello\n{"command":"halt"}\n{"command":"why","name":"VI_1"}\n')
    assert [answer.get("error") for answer in answers] == ["bad_request", "bad_request", None]


def test_hostile_clients_disturb_nobody(first, ours):
    silent = []
    for _ in range(40):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(first.socket))
        silent.append(client)
    silent[0].sendall(b"x" * 10000)
    greedy = silent[1]
    greedy.setblocking(False)
    try:
        while True:
            greedy.sendall(b'{"command":"status"}\n' * 100)
    except (BlockingIOError, BrokenPipeError, ConnectionResetError):
        pass
    since = time.time()
    time.sleep(2)
    times = [advert.time for advert in ours.capture.adverts("first", since=since)]
    assert max(later - earlier for earlier, later in zip(times, times[1:])) < 1
    for client in silent:
        client.close()
    assert first.wait().instance()["state"] == "MASTER"


def test_a_large_configuration_is_told_quickly_and_delays_no_advert(ours):
    blocks = "".join(instance(100, name=f"V{vrid}", vrid=vrid, addresses=[f"10.1.{vrid}.100/32"], extra="garp_master_delay 0")
                     for vrid in range(1, 251))
    control = Control(ours.start(ours.first, blocks)).wait()
    wait_until(lambda: all(each["state"] == "MASTER" for each in control.status()["instances"]), 20, "250 masters")
    since = time.time()
    durations = []
    while time.time() - since < 2:
        before = time.monotonic()
        assert len(control.status()["instances"]) == 250
        durations.append(time.monotonic() - before)
    times = [advert.time for advert in ours.capture.adverts("first", vrid=7, since=since)]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert min(durations) < 0.5, durations
    assert max(gaps) < 1, gaps


def test_a_daemon_is_found_by_its_process_id(first):
    """As `ExecReload` of the units does, which knows no pid file."""
    done = subprocess.run([HOLDCTL, f"--process={first.daemon.pid}", "reload"], text=True, capture_output=True,
                          timeout=20)
    assert (done.returncode, done.stdout) == (0, "reloaded, nothing has changed\n"), done.stderr
    done = subprocess.run([HOLDCTL, "--process=1", "reload"], text=True, capture_output=True, timeout=20)
    assert done.returncode == 3

"""What others may learn from the daemon: children get no descriptors of it, files are the owner's, and passwords and
keys are shown nowhere."""

import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from holdctl import Control
from lab import Daemon, wait_until
from routers import VIP, instance

pytestmark = pytest.mark.holdfast_only

SECURE = "global_defs {\n enable_script_security\n script_user root\n %s\n}\n"


def lister(node, name):
    """A program that writes down what its descriptors are; the one it looks with is gone by then."""
    out = node.folder / f"{name}.fds"
    return out, node.write(name, f"""#!/usr/bin/python3 -I
import os
found = []
for number in os.listdir("/proc/self/fd"):
    try:
        found.append(number + " " + os.readlink("/proc/self/fd/" + number))
    except FileNotFoundError:
        pass
with open("{out}.new", "w") as file:
    file.write("\\n".join(sorted(found)))
os.rename("{out}.new", "{out}")
""", 0o755)


def test_children_inherit_no_descriptor(ours):
    """Neither the daemon's own nor one that it was started with by mistake."""
    node = ours.first
    scripts = {name: lister(node, name) for name in ("startup", "check", "notify", "reader",
                                                               "shutdown", "stop")}
    config = SECURE % (f"startup_script {scripts['startup'][1]}\nshutdown_script {scripts['shutdown'][1]}\n"
                       f"vrrp_notify_fifo {node.folder}/fifo\n"
                       f"vrrp_notify_fifo_script {scripts['reader'][1]}") + (
        f"vrrp_script check {{\n script {scripts['check'][1]}\n interval 1\n}}\n"
        + instance(100, extra=f"track_script {{\n check\n}}\nnotify {scripts['notify'][1]}\n"
                   f"notify_stop {scripts['stop'][1]}\n"))
    daemon = Daemon(node, config)
    read, write = os.pipe()
    with open(daemon.folder / "log", "ab") as log:
        child = node.popen(daemon.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, pass_fds=(read, write))
    try:
        for name, (out, _) in scripts.items():
            if name == "shutdown":
                child.send_signal(signal.SIGTERM)
            wait_until(out.exists, 10, f"the descriptors of {name}")
            assert out.read_text().splitlines() == ["0 /dev/null", "1 /dev/null", "2 /dev/null"], name
    finally:
        os.close(read)
        os.close(write)
        child.send_signal(signal.SIGTERM)
        child.wait(10)  # The second signal is harmless.


PASSWORD, HMAC, AH = "pa55w0rd", "5ec1e7" * 11, "ah5ecret"
SECRETS = (PASSWORD, HMAC, AH)


def secretive(priority, password=PASSWORD, hmac=HMAC, extra=""):
    return (instance(priority, version=2, advert=1, extra=f"authentication {{\n auth_type PASS\n auth_pass {password}\n}}\n"
                     + extra)
            + instance(priority, name="VI_2", vrid=52, version=2, advert=1, addresses=("10.1.0.102/24",),
                       extra=f"authentication {{\n auth_type AH\n auth_pass {AH}\n}}\n")
            + instance(priority, name="VI_3", vrid=53, addresses=("10.1.0.103/24",),
                       extra=f"auth_hmac {{\n key 1 hex:{hmac}\n active_key 1\n}}\n"))


def test_passwords_and_keys_are_shown_nowhere(ours):
    node = ours.first
    save = node.folder / "saved"
    daemon = ours.start(node, f"global_defs {{\n config_save_dir {save}\n}}\n" + secretive(100), options=["-d"])
    for name in ("VI_1", "VI_2", "VI_3"):
        daemon.wait_for_state("MASTER", 8, name)
    control = Control(daemon).wait()
    said = [control.run(*words).stdout for words in
            (["status"], ["status", "--json"], ["events"], ["why", "VI_1"], ["why", "VI_3", "--json"])]
    # Another password, and a mistake beside it.
    daemon.configure(secretive(100, "0therPw1", "0123ab" * 11))
    for words in (["plan"], ["plan", "--json"], ["reload"], ["events"]):
        done = control.run(*words)
        assert done.returncode == 0, done.stderr
        said += [done.stdout, done.stderr]
    assert "auth_pass (not shown)" in "".join(said)
    daemon.configure(secretive(100, PASSWORD + "-and-more", HMAC[:20], extra="unknown_word 1\n"))
    done = control.run("reload")
    assert done.returncode == 1
    said += [done.stdout, done.stderr, control.run("status", "--json").stdout]
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2):
        daemon.signal(number)
    temporary = daemon.folder / "tmp"
    wait_until(lambda: (temporary / "keepalived.json").exists(), 5, "the last dump")
    files = [*temporary.iterdir(), *save.iterdir()]
    assert {"keepalived.data", "keepalived.stats", "keepalived.json"} <= {path.name for path in files}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        if not path.name.startswith("keepalived.conf."):  # A copy of the configuration is to be used as one.
            said.append(path.read_text())
    said.append(daemon.log())
    said += [subprocess.run(["ps", "-o", "args=", "-p", str(daemon.pid)], capture_output=True, text=True).stdout]
    assert "Password = ********" in daemon.log()
    for secret in (*SECRETS, "0therPw1", "0123ab0123ab"):
        for text in said:
            assert secret not in text, [line for line in text.splitlines() if secret in line]


UNITS = Path(__file__).parents[2] / "systemd"


def capabilities(unit):
    """Those of the last CapabilityBoundingSet of a unit file, as setpriv spells them."""
    lines = [line for line in (UNITS / unit).read_text().splitlines() if line.startswith("CapabilityBoundingSet=")]
    return [word.removeprefix("CAP_").lower() for word in lines[-1].partition("=")[2].split()]


def start_with(daemon, *before):
    """The daemon behind another command, which takes something from it."""
    with open(daemon.folder / "log", "ab") as log:
        return daemon.node.popen([*before, *daemon.command()], stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def test_without_raw_sockets_it_ends_before_it_becomes_a_deaf_master(ours):
    daemon = Daemon(ours.first, instance(100))
    assert start_with(daemon, "setpriv", "--bounding-set=-net_raw").wait(10) == 4
    assert "exited with permanent error missing permission" in daemon.log()
    assert "Entering" not in daemon.log() and daemon.leftovers() == []


@pytest.mark.parametrize("kind", ["link", "link to nothing", "folder", "foreign file", "fifo"])
def test_what_waits_under_the_names_of_its_files_is_not_followed(ours, kind):
    """Folders like /tmp are everybody's: dumps replace what is there, a log file is not written through a link."""
    daemon = Daemon(ours.first, instance(100), options=[f"--log-file={ours.first.folder}/log-file"])
    precious = ours.first.write("precious", "precious\n")
    names = ["keepalived.data", "keepalived.stats", "keepalived.json"]
    places = [daemon.folder / "tmp" / name for name in names] + [ours.first.folder / "log-file"]
    for place in places:
        if kind == "folder":
            place.mkdir()
        elif kind == "foreign file":
            place.write_text("foreign\n")
            place.chmod(0o666)
            os.chown(place, 65534, 65534)
        elif kind == "fifo":
            os.mkfifo(place, 0o666)
        else:
            place.symlink_to(precious if kind == "link" else ours.first.folder / "made-by-it")
    daemon.start()
    daemon.wait_for_state("MASTER")
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2):
        daemon.signal(number)
    control = Control(daemon).wait()  # Answered after the signals that came before.
    wait_until(lambda: kind == "folder" or all(stat.S_ISREG(place.lstat().st_mode) for place in places[:3]), 3, "the dumps")
    assert control.instance()["state"] == "MASTER"
    assert precious.read_text() == "precious\n" and not (ours.first.folder / "made-by-it").exists()
    for place in places[:3]:
        if kind != "folder":
            assert (stat.S_IMODE(place.lstat().st_mode), place.lstat().st_uid) == (0o600, 0)
    if kind in ("link", "link to nothing", "folder"):
        assert f"Unable to open log file {ours.first.folder}/log-file" in daemon.log()
    assert daemon.stop() == 0


@pytest.mark.parametrize("mask", ["", "0"])
def test_the_modes_of_its_files(ours, mask):
    """Without a umask, and with one that lets others read dumps: copies of the configuration have passwords in them."""
    node = ours.first
    daemon = Daemon(node, f"global_defs {{\n vrrp_notify_fifo {node.folder}/fifo\n config_save_dir {node.folder}/saved\n"
                    f" {'umask ' + mask if mask else ''}\n"
                    f" state_dump_file {node.folder}/dumped\n}}\n"
                    + instance(100), options=[f"--log-file={node.folder}/log-file"])
    # Whatever the umask of the shell that starts it.
    child = start_with(daemon, "sh", "-c", 'umask 0; exec "$@"', "sh")
    daemon.wait_for_state("MASTER")
    os.kill(child.pid, signal.SIGUSR1)
    data = node.folder / "dumped"
    wait_until(data.exists, 3, "the dump")
    files = {"the log file": node.folder / "log-file", "a dump": data, "the FIFO": node.folder / "fifo"}
    assert {name: oct(stat.S_IMODE(path.stat().st_mode)) for name, path in files.items()} == {
        "the log file": "0o600", "a dump": "0o666" if mask else "0o600", "the FIFO": "0o644" if mask else "0o600"}
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in (node.folder / "saved").iterdir()] == ["0o600"]
    assert stat.S_IMODE((daemon.folder / "main.pid").stat().st_mode) == 0o644  # keepalived's too: for scripts.
    assert stat.S_IMODE((daemon.folder / "main.sock").stat().st_mode) == 0o660
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0


def test_the_capabilities_of_the_hardened_unit_are_enough(ours):
    node = ours.first
    told = node.folder / "told"
    told.mkdir(mode=0o777)
    told.chmod(0o777)
    node.folder.chmod(0o755)
    notify = node.script("notify", f'echo "$3 $(id -u)" >>{told}/states')
    config = (f"global_defs {{\n script_user nobody\n enable_script_security\n vrrp_priority -5\n vrrp_no_swap\n"
              f" vrrp_notify_fifo {node.folder}/fifo nobody\n}}\n"
              f"vrrp_script slow {{\n script \"/bin/sleep 30\"\n interval 1\n timeout 1\n weight 1\n user nobody\n}}\n"
              "static_routes {\n 10.70.0.0/16 via 10.1.0.9 dev eth0\n}\n"
              + instance(100, extra=f"use_vmac\nno_accept\nnotify {notify}\ntrack_script {{\n slow\n}}\n"
                         "virtual_rules {\n from 10.201.0.0/16 table 200 priority 201\n }\n"))
    daemon = Daemon(node, config)
    given = ",".join(f"+{name}" for name in capabilities("hardened.conf"))
    child = start_with(daemon, "setpriv", f"--bounding-set=-all,{given}", "--no-new-privs")
    daemon.wait_for_state("MASTER", 10)
    wait_until(lambda: node.holds(VIP), 2, "the address")
    assert "vrrp.51" in node.run(["ip", "link"]) and "lookup 200" in node.run(["ip", "rule"])
    assert "keepalived" in node.run(["nft", "list", "ruleset"])
    wait_until(lambda: "MASTER 65534" in (told / "states").read_text(), 5, "the script of another user")
    assert (node.folder / "fifo").stat().st_uid == 65534
    # A script of another user can be ended.
    daemon.wait_for_log("timed_out", 8)
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0
    assert "vrrp.51" not in node.run(["ip", "link"]) and not node.holds(VIP)
    for word in ("not permitted", "Permission denied", "EPERM"):
        assert word not in daemon.log(), daemon.log()

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
    scripts = {name: lister(node, name) for name in ("startup", "check", "notify", "reader")}
    config = SECURE % (f"startup_script {scripts['startup'][1]}\nvrrp_notify_fifo {node.folder}/fifo\n"
                       f"vrrp_notify_fifo_script {scripts['reader'][1]}") + (
        f"vrrp_script check {{\n script {scripts['check'][1]}\n interval 1\n}}\n"
        + instance(100, extra=f"track_script {{\n check\n}}\nnotify {scripts['notify'][1]}\n"))
    daemon = Daemon(node, config)
    read, write = os.pipe()
    with open(daemon.folder / "log", "ab") as log:
        child = node.popen(daemon.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, pass_fds=(read, write))
    try:
        for name, (out, _) in scripts.items():
            wait_until(out.exists, 10, f"the descriptors of {name}")
            assert out.read_text().splitlines() == ["0 /dev/null", "1 /dev/null", "2 /dev/null"], name
    finally:
        os.close(read)
        os.close(write)
        child.send_signal(signal.SIGTERM)
        child.wait(10)


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
    with open(daemon.folder / "log", "ab") as log:
        child = node.popen(["setpriv", f"--bounding-set=-all,{given}", "--no-new-privs", *daemon.command()], stdout=log,
                           stderr=log, stdin=subprocess.DEVNULL)
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

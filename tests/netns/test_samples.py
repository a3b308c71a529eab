"""The files in conf/ are what they say: accepted without a word, and the cluster ones run."""

import subprocess
from pathlib import Path

import pytest
from lab import HOLDFAST, KEEPALIVED, Daemon, wait_until

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "conf").glob("*.conf"))


def test_there_are_samples():
    assert {"dr_master.conf", "dr_backup.conf", "holdfast.conf"} <= {path.name for path in SAMPLES}


@pytest.mark.parametrize("program", [HOLDFAST, KEEPALIVED], ids=["ours", "keepalived"])
@pytest.mark.parametrize("sample", SAMPLES, ids=[path.name for path in SAMPLES])
def test_a_sample_passes_the_config_test(lab, sample, program):
    node = lab.node("first", "192.0.2.1/24")
    node.ip("link add eth1 type veth peer name its-peer")
    done = subprocess.run(["ip", "netns", "exec", node.namespace, program, "-t", "-f", sample], text=True,
                          capture_output=True, timeout=20)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_vrrp_part_of_the_cluster_sample_elects_its_master(lab):
    conf = SAMPLES[0].parent
    first, second = lab.node("first", "192.0.2.1/24"), lab.node("second", "192.0.2.2/24")
    master = Daemon(first, (conf / "dr_master.conf").read_text()).start()
    backup = Daemon(second, (conf / "dr_backup.conf").read_text()).start()
    master.wait_for_state("MASTER")
    backup.wait_for_state("BACKUP")
    wait_until(lambda: first.holds("192.0.2.100"), 2, "the address on the master")
    assert not second.holds("192.0.2.100")
    assert lab.capture.last_advert("first").auth_data == b"1111\0\0\0\0"

"""Firewall rules that somebody else removes, that many instances need at once, and that cannot be made."""

import os
import re
import subprocess
import time

import pytest
from lab import HOLDFAST, wait_until
from routers import SLACK, VIP, instance

pytestmark = pytest.mark.holdfast_only


def rules(node):
    return node.run(["nft", "list", "ruleset"])


def protecting(node, daemon):
    daemon.wait_for_state("MASTER")
    wait_until(lambda: VIP in rules(node), 2, "the rule")
    time.sleep(SLACK)
    return rules(node)


@pytest.mark.parametrize("damage", ["flush ruleset", "delete table ip keepalived", "flush chain ip keepalived in",
                                    f"delete element ip keepalived vips {{ {VIP} }}"])
def test_removed_rules_are_put_back_at_once(ours, damage):
    node = ours.first
    daemon = ours.start(node, instance(100, extra="no_accept\n    use_vmac"))
    before = protecting(node, daemon)
    node.run(["nft", damage])
    at = time.monotonic()
    wait_until(lambda: rules(node) == before, 2, "the rules as before")
    assert time.monotonic() - at < 0.1 + 2 * SLACK
    daemon.wait_for_log("Firewall rules have been removed by nft: putting them back")
    assert daemon.states() == ["BACKUP", "MASTER"]
    daemon.stop()
    assert rules(node) == ""


def test_what_we_do_ourselves_is_not_repaired(ours):
    node = ours.first
    first = ours.start(node, instance(100, extra="no_accept", addresses=(f"{VIP}/24", "fd00::100/64")))
    protecting(node, first)
    second = ours.start(ours.second, instance(150))
    first.wait_for_state("BACKUP")
    second.stop()
    first.wait_for_state("MASTER")
    first.configure(instance(100, extra="no_accept"))
    first.reload()
    first.wait_for_log("Reload complete")
    node.run(["nft", "add", "table", "ip", "mine"])
    node.run(["nft", "delete", "table", "ip", "mine"])
    time.sleep(SLACK)
    assert "removed by" not in first.log()


def test_whoever_keeps_removing_is_answered_ever_more_slowly(ours):
    node = ours.first
    daemon = ours.start(node, instance(100, extra="no_accept"))
    protecting(node, daemon)
    removed = node.popen(["sh", "-c", "while nft flush ruleset; do sleep 0.05; done"])
    daemon.wait_for_log("removed by nft again: putting them back in 250 ms")
    daemon.wait_for_log("removed by nft again: putting them back in 500 ms")
    removed.terminate()
    removed.wait()
    wait_until(lambda: VIP in rules(node), 4, "the rule")
    # One line for each time they are put back, not for each time they are removed.
    assert daemon.log().count("removed by nft") < 8
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_instances_that_decide_together_share_a_transaction(ours):
    node = ours.first
    count = 100
    config = "".join(instance(100, name=f"VI_{n}", vrid=n, addresses=(f"10.1.1.{n}/24",), extra="no_accept")
                     for n in range(1, count + 1))
    monitor = node.popen(["nft", "monitor"], stdout=subprocess.PIPE, text=True)
    time.sleep(SLACK)
    daemon = ours.start(node, config)
    daemon.wait_for_log("Entering MASTER STATE", timeout=15, times=count)
    wait_until(lambda: sum(f"10.1.1.{n}" in rules(node) for n in (1, count)) == 2, 3, "rules")
    assert len(re.findall(r"10\.1\.1\.\d+", rules(node))) == count
    daemon.stop()
    time.sleep(SLACK)
    monitor.terminate()
    said = monitor.communicate(timeout=5)[0]
    transactions = re.findall(r"# new generation \d+ by process \d+", said)
    assert len(re.findall("add element ip keepalived vips", said)) >= 1
    assert len(transactions) < count / 2, transactions


def test_a_reload_that_needs_no_rules_removes_them(ours):
    node = ours.first
    daemon = ours.start(node, instance(100, extra="no_accept"))
    protecting(node, daemon)
    daemon.configure(instance(100))
    daemon.reload()
    wait_until(lambda: rules(node) == "", 3, "no rules")
    daemon.configure(instance(100, extra="use_vmac"))
    daemon.reload()
    wait_until(lambda: "vmac_map" in rules(node), 3, "rules for the VMAC")
    daemon.configure(instance(100))
    daemon.reload()
    wait_until(lambda: rules(node) == "", 3, "no rules")
    daemon.wait_for_state("MASTER")


def test_a_crashed_masters_rules_go_though_they_are_no_longer_configured(ours):
    node = ours.first
    daemon = ours.start(node, instance(100, extra="no_accept"))
    protecting(node, daemon)
    daemon.kill()
    daemon.configure(instance(100))
    daemon.start()
    wait_until(lambda: rules(node) == "", 3, "no rules")
    daemon.wait_for_log("Entering MASTER STATE", times=2)


def test_a_vmac_for_an_address_alone_asks_for_no_firewall(ours):
    node = ours.first
    node.ip("link add lan0 type veth peer name lan1", "link set lan0 up", "link set lan1 up")
    daemon = ours.start(node, instance(100, addresses=(f"{VIP}/24", "10.2.0.100/24 dev lan0 use_vmac")))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds("10.2.0.100"), 2, "the addresses")
    time.sleep(SLACK)
    assert rules(node) == ""


def test_without_libnftables_an_error_says_so_and_all_else_works(ours, tmp_path):
    folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
    library = next((f"{folder}/libnftables.so.1" for folder in folders
                    if os.path.exists(f"{folder}/libnftables.so.1")), None)
    if library is None:
        pytest.skip("libnftables is not where it mostly is")
    program = tmp_path / "holdfast"
    program.write_text(f"#!/bin/sh\nexec unshare -m sh -c "
                       f"'mount --bind /dev/null {library} && exec {HOLDFAST} \"$@\"' sh \"$@\"\n")
    program.chmod(0o755)
    ours._programs["first"] = str(program)
    node = ours.first
    daemon = ours.start(node, instance(100, extra="no_accept"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds(VIP), 2, "the address")
    daemon.wait_for_log("Cannot set firewall rules: firewall rules need libnftables")
    time.sleep(SLACK)
    assert daemon.log().count("Cannot set firewall rules") == 1
    assert rules(node) == ""
    assert daemon.stop() == 0

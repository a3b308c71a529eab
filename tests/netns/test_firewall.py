"""no_accept and strict mode: packets to the virtual addresses are dropped, by the rules of keepalived."""

import re
import time

import pytest
from lab import binary_for, wait_until
from routers import SLACK, VIP, Routers, instance


def rules(node):
    return node.run(["nft", "list", "ruleset"])


def without_parent_rule(text):
    """Debian's keepalived 2.2.7 does not have this set yet, nor its rule."""
    text = re.sub(r"\tset parent_link_local {\n(\t\t.*\n)*\t}\n\n", "", text)
    return re.sub(r".*@parent_link_local.*\n", "", text)


def answers(client, address):
    return "1 received" in client.run(["ping", "-c1", "-W1", address], check=False)


def test_no_accept_keeps_packets_away_and_accept_does_not(routers, lab):
    client = lab.node("client", "10.1.0.9/24")
    first = routers.start(routers.first, instance(150, extra="no_accept"))
    routers.wait_for_holder(routers.first)
    time.sleep(SLACK)
    assert answers(client, "10.1.0.1")
    assert not answers(client, VIP)
    # Neighbours find the address nonetheless.
    assert "lladdr" in client.run(["ip", "neigh", "show", VIP])
    first.stop()
    assert rules(routers.first) == ""
    first.configure(instance(150))
    first.start()
    first.wait_for_log("Entering MASTER STATE", times=2)
    wait_until(lambda: answers(client, VIP), 3, "an answer")
    assert rules(routers.first) == ""


def test_ipv6_addresses_are_kept_away_too(routers, lab):
    client = lab.node("client", "fd00::9/64")
    daemon = routers.start(routers.first, instance(150, addresses=("fe80::51", "fd00::100/64"), extra="no_accept"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: routers.first.holds("fd00::100"), 2, "the address")
    time.sleep(SLACK)
    assert answers(client, "fd00::1")
    assert not answers(client, "fd00::100")
    assert not answers(client, "fe80::51%eth0")
    assert "lladdr" in client.run(["ip", "-6", "neigh", "show", "fd00::100"])


def test_rules_come_and_go_with_the_state(routers):
    first = routers.start(routers.first, instance(150, extra="no_accept"))
    routers.wait_for_holder(routers.first)
    second = routers.start(routers.second, instance(100, extra="no_accept"))
    second.wait_for_state("BACKUP")
    assert f"elements = {{ {VIP} }}" in rules(routers.first)
    assert VIP not in rules(routers.second)
    first.stop()
    routers.wait_for_holder(routers.second)
    wait_until(lambda: f"elements = {{ {VIP} }}" in rules(routers.second), 2, "the rule of the new master")
    first.start()
    routers.wait_for_holder(routers.first)
    # The chains stay for the next time; nothing is in the set.
    wait_until(lambda: VIP not in rules(routers.second), 2, "no rule on the backup")
    assert "set vips" in rules(routers.second)


def test_an_owner_accepts_always(routers):
    daemon = routers.start(routers.first, instance(255, state="MASTER", extra="no_accept"))
    daemon.wait_for_state("MASTER")
    time.sleep(SLACK)
    assert VIP not in rules(routers.first)


def test_names_and_switches_of_the_table(lab):
    """The same words in both make the same rules in both."""
    both = Routers(lab, {"first": binary_for("ours"), "second": binary_for("keepalived")})
    lab.isolate("second")
    config = """
global_defs {
    nftables guard
    nftables_priority -10
    nftables_counters
    nftables_ifindex
}
""" + instance(100, name="A", vrid=52, extra="no_accept") + \
        instance(100, name="B", vrid=52, addresses=("fe80::52", "fd00::52/64"), extra="no_accept") + \
        instance(100, name="C", vrid=53, addresses=("fe80::53", "fd00::53/64"),
                 extra="no_accept\n    dont_track_primary")
    seen = []
    for node in (both.first, both.second):
        daemon = both.start(node, config)
        for name in "ABC":
            daemon.wait_for_state("MASTER", instance=name)
        wait_until(lambda n=node: n.holds("fd00::53"), 3, "the addresses")
        time.sleep(SLACK)
        # Packets are counted; how many there were is chance.
        text = without_parent_rule(rules(node))
        seen.append([line.split(" counter ")[0] + (" counter " + line.split()[-2] + line.split()[-1]
                                                   if " counter " in line else "") for line in text.splitlines()])
        assert "table ip guard" in text and "counter" in text
    assert seen[0] == seen[1]
    both.print_logs()


def test_link_local_addresses_by_name(lab):
    both = Routers(lab, {"first": binary_for("ours"), "second": binary_for("keepalived")})
    lab.isolate("second")
    config = instance(100, addresses=("fe80::52", "fd00::52/64"), extra="no_accept\n    dont_track_primary")
    texts = []
    for node in (both.first, both.second):
        daemon = both.start(node, config)
        daemon.wait_for_state("MASTER")
        wait_until(lambda n=node: n.holds("fd00::52"), 3, "the addresses")
        time.sleep(SLACK)
        texts.append(without_parent_rule(rules(node)))
    assert 'fe80::52 . "eth0"' in texts[0] and "vips_link_local_name" in texts[0]
    assert texts[0] == texts[1]


@pytest.mark.holdfast_only
def test_after_a_crash_the_rules_are_made_anew_and_removed_at_the_stop(ours):
    daemon = ours.start(ours.first, instance(100, extra="no_accept"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: VIP in rules(ours.first), 2, "the rule")
    daemon.kill()
    ours.first.run(["nft", "add", "element", "ip", "keepalived", "vips", "{ 10.1.0.77 }"])
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=2)
    wait_until(lambda: f"elements = {{ {VIP} }}" in rules(ours.first), 2, "the rule and nothing else")
    assert daemon.stop() == 0
    assert rules(ours.first) == ""


@pytest.mark.holdfast_only
def test_a_backup_removes_what_its_crashed_self_has_left(ours):
    first = ours.start(ours.first, instance(150, extra="no_accept"))
    ours.wait_for_holder(ours.first)
    second = ours.start(ours.second, instance(200, extra="no_accept\n    nopreempt"))
    second.wait_for_state("BACKUP")
    first.kill()
    second.wait_for_state("MASTER")
    ours.first.ip(f"addr del {VIP}/24 dev eth0")
    assert VIP in rules(ours.first)
    first.start()
    first.wait_for_log("Entering BACKUP STATE", times=2)
    wait_until(lambda: rules(ours.first) == "", 2, "no rules")


@pytest.mark.holdfast_only
def test_a_flushed_ruleset_does_not_confuse_us(ours):
    first = ours.start(ours.first, instance(150, extra="no_accept"))
    ours.wait_for_holder(ours.first)
    ours.first.run(["nft", "flush", "ruleset"])
    second = ours.start(ours.second, instance(200))
    second.wait_for_state("MASTER")
    first.wait_for_state("BACKUP")
    second.stop()
    first.wait_for_state("MASTER")
    wait_until(lambda: f"elements = {{ {VIP} }}" in rules(ours.first), 2, "the rule again")
    assert first.stop() == 0
    assert rules(ours.first) == ""


def test_foreign_rules_are_not_touched(ours):
    ours.first.run(["nft", "add", "table", "ip", "mine"])
    daemon = ours.start(ours.first, instance(100, extra="no_accept"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: VIP in rules(ours.first), 2, "the rule")
    daemon.stop()
    assert rules(ours.first) == "table ip mine {\n}\n"


def test_a_reload_switches_between_accept_and_no_accept(ours):
    daemon = ours.start(ours.first, instance(100, extra="no_accept"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: VIP in rules(ours.first), 2, "the rule")
    daemon.configure(instance(100, extra="accept"))
    daemon.reload()
    wait_until(lambda: VIP not in rules(ours.first), 3, "no rule")
    daemon.configure(instance(100, extra="no_accept", addresses=(f"{VIP}/24", "10.1.0.101/24")))
    daemon.reload()
    wait_until(lambda: f"{VIP}, 10.1.0.101" in rules(ours.first), 3, "rules for both")
    assert daemon.state() == "MASTER"


@pytest.mark.parametrize("program", ["ours", "keepalived"])
def test_promote_secondaries_keeps_the_other_addresses(lab, program):
    both = Routers(lab, {"first": binary_for(program), "second": binary_for(program)})
    node = both.first
    addresses = ("10.5.0.1/24", "10.5.0.2/24", "10.5.0.3/24")
    path = "/proc/sys/net/ipv4/conf/eth0/promote_secondaries"
    assert node.run(["cat", path]).strip() == "0"
    daemon = both.start(node, instance(100, addresses=addresses, extra="promote_secondaries"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds("10.5.0.3"), 2, "the addresses")
    assert node.run(["cat", path]).strip() == "1"
    # Without it the others of its network would go with the first one.
    daemon.configure(instance(100, addresses=addresses[1:], extra="promote_secondaries"))
    daemon.reload()
    wait_until(lambda: not node.holds("10.5.0.1"), 3, "the first address to go")
    time.sleep(SLACK)
    assert node.holds("10.5.0.2") and node.holds("10.5.0.3")
    removed = [event.address for event in node.watch.of("10.5.0.2") if not event.added]
    assert removed == []
    daemon.stop()
    assert node.run(["cat", path]).strip() == "0"


def test_disable_local_igmp_is_put_back(ours):
    path = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports"
    node = ours.first
    assert node.run(["cat", path]).strip() == "1"
    daemon = ours.start(node, "global_defs {\n disable_local_igmp\n}\n" + instance(100, extra="use_vmac"))
    daemon.wait_for_state("MASTER")
    assert node.run(["cat", path]).strip() == "0"
    assert rules(node) == ""  # Nothing is to be kept quiet.
    daemon.stop()
    assert node.run(["cat", path]).strip() == "1"

"""vrrp_iptables and vrrp_ipsets: the rules of no_accept and of VMACs, made with iptables and ipsets.

What is expected is what iptables-save, ip6tables-save and `ipset save` show under keepalived 2.4.3; a keepalived
that is built with iptables is judged by the same words. They need an `iptables` that is no front of nftables."""

import os
import re
import shutil
import subprocess
import time

import pytest
from lab import binary_for, wait_until
from routers import SLACK, VIP, Routers, instance

SETS = """create keepalived hash:ip family inet
add keepalived 10.1.0.100
add keepalived 10.1.0.99
create keepalived6 hash:ip family inet6
add keepalived6 fd00::52
add keepalived6 fd00::77
create keepalived_if6 hash:net,iface family inet6
add keepalived_if6 fe80::52,IF6
"""
SETS_VMAC = """create keepalived_igmp hash:net,iface family inet
add keepalived_igmp 0.0.0.0/0,vrrp.51
create keepalived_mld hash:net,iface family inet6
add keepalived_mld ::/0,vrrp.51
add keepalived_mld ::/0,vrrp.52
create keepalived_nd hash:net,iface family inet6
add keepalived_nd BASE,vrrp.52
"""
RULES4 = """-A INPUT -m set --match-set keepalived dst -j DROP
VMAC -A OUTPUT -p igmp -m set --match-set keepalived_igmp dst,dst -j DROP
-A OUTPUT -m set --match-set keepalived src -j DROP
"""
RULES6 = """-A INPUT -p ipv6-icmp -m set --match-set keepalived_if6 dst,src -m icmp6 --icmpv6-type 135 -j ACCEPT
-A INPUT -p ipv6-icmp -m set --match-set keepalived_if6 dst,src -m icmp6 --icmpv6-type 136 -j ACCEPT
-A INPUT -m set --match-set keepalived_if6 dst,src -j DROP
-A INPUT -p ipv6-icmp -m set --match-set keepalived6 dst -m icmp6 --icmpv6-type 135 -j ACCEPT
-A INPUT -p ipv6-icmp -m set --match-set keepalived6 dst -m icmp6 --icmpv6-type 136 -j ACCEPT
-A INPUT -m set --match-set keepalived6 dst -j DROP
VMAC -A OUTPUT -p ipv6-icmp -m set --match-set keepalived_mld dst,dst -m icmp6 --icmpv6-type 143 -j DROP
VMAC -A OUTPUT -p ipv6-icmp -m set --match-set keepalived_mld dst,dst -m icmp6 --icmpv6-type 131 -j DROP
VMAC -A OUTPUT -p ipv6-icmp -m set --match-set keepalived_nd src,dst -m icmp6 --icmpv6-type 136 -j DROP
-A OUTPUT -p ipv6-icmp -m set --match-set keepalived_if6 src,dst -m icmp6 --icmpv6-type 135 -j ACCEPT
-A OUTPUT -p ipv6-icmp -m set --match-set keepalived_if6 src,dst -m icmp6 --icmpv6-type 136 -j ACCEPT
-A OUTPUT -m set --match-set keepalived_if6 src,dst -j DROP
-A OUTPUT -p ipv6-icmp -m set --match-set keepalived6 src -m icmp6 --icmpv6-type 135 -j ACCEPT
-A OUTPUT -p ipv6-icmp -m set --match-set keepalived6 src -m icmp6 --icmpv6-type 136 -j ACCEPT
-A OUTPUT -m set --match-set keepalived6 src -j DROP
"""
PLAIN4 = """-A INPUT -d 10.1.0.100/32 -j DROP
-A INPUT -d 10.1.0.99/32 -j DROP
VMAC -A OUTPUT -o vrrp.51 -p igmp -j DROP
-A OUTPUT -s 10.1.0.100/32 -j DROP
-A OUTPUT -s 10.1.0.99/32 -j DROP
"""
PLAIN6_VMAC = """-A OUTPUT -s BASE/128 -o vrrp.52 -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j DROP
-A OUTPUT -o vrrp.52 -p ipv6-icmp -m icmp6 --icmpv6-type 131 -j DROP
-A OUTPUT -o vrrp.52 -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j DROP
-A OUTPUT -o vrrp.51 -p ipv6-icmp -m icmp6 --icmpv6-type 131 -j DROP
-A OUTPUT -o vrrp.51 -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j DROP
"""


def plain6(with_vmac):
    lines = {"INPUT": [], "OUTPUT": [PLAIN6_VMAC.strip()] if with_vmac else []}
    for address, interface in (("fd00::77", ""), ("fe80::52", "IF6"), ("fd00::52", "")):
        for chain, side, port in (("INPUT", "-d", "-i"), ("OUTPUT", "-s", "-o")):
            match = f"-A {chain} {side} {address}/128" + (f" {port} {interface}" if interface else "")
            lines[chain] += [f"{match} -p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j ACCEPT" for kind in (135, 136)]
            lines[chain].append(f"{match} -j DROP")
    return "\n".join(lines["INPUT"] + lines["OUTPUT"]) + "\n"


def config(options="", extra="no_accept", chains=""):
    return f"""
global_defs {{
    vrrp_iptables {chains}
    {options}
}}
""" + instance(100, addresses=(f"{VIP}/24", "10.1.0.99/24"), extra=extra +
               "\n    virtual_ipaddress_excluded {\n        fd00::77/64 dev eth0\n    }") + \
        instance(100, name="VI_2", vrid=52, addresses=("fe80::52", "fd00::52/64"), extra=extra)


def rules(node, program="iptables"):
    text = node.run([f"{program}-legacy-save"])
    return "".join(line + "\n" for line in text.splitlines() if line.startswith("-A"))


def sets(node):
    """`ipset save`, each set with its entries in the order of their names; what the kernel chose left out."""
    text = node.run(["ipset", "save"])
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words[0] == "create":
            found[words[1]] = [" ".join(words[:5])]
        else:
            found[words[1]].append(line)
    return "".join("\n".join([one[0], *sorted(one[1:])]) + "\n" for _, one in sorted(found.items()))


def everything(node):
    return rules(node) + rules(node, "ip6tables") + sets(node) + node.run(["nft", "list", "ruleset"])


def ordered(text):
    """The blocks of sets in the order of their names."""
    blocks = re.split(r"(?m)^(?=create)", text)
    return "".join(sorted(blocks, key=lambda block: block.split()[1] if block else ""))


def without_vmac(text):
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("VMAC "))


def with_vmac(text):
    return text.replace("VMAC ", "")


def link_local_of_base(node):
    text = node.run(["ip", "-6", "addr", "show", "dev", "eth0", "scope", "link"])
    return next(found for found in re.findall(r"inet6 (fe80[0-9a-f:]+)/", text) if found != "fe80::52")


@pytest.fixture(autouse=True)
def real_iptables(tmp_path, monkeypatch):
    """An `iptables` in the search path that is no front of nftables, whichever the host has chosen."""
    legacy = shutil.which("iptables-legacy")
    if legacy is None or subprocess.run(["unshare", "-n", legacy, "-L"], capture_output=True).returncode != 0:
        pytest.skip("no iptables here")
    (tmp_path / "iptables").symlink_to(os.path.realpath(legacy))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


@pytest.fixture(params=["ours", "keepalived"])
def node_and_start(request, lab):
    program = binary_for(request.param)
    if request.param == "keepalived":
        told = subprocess.run([program, "-v"], capture_output=True, text=True)
        if "IPTABLES" not in told.stderr + told.stdout:
            pytest.skip("this keepalived is built without iptables")
    both = Routers(lab, {"first": program, "second": program})
    yield both
    both.print_logs()


def start(both, text):
    daemon = both.start(both.first, text)
    for name in ("VI_1", "VI_2"):
        daemon.wait_for_state("MASTER", instance=name)
    wait_until(lambda: both.first.holds("fd00::52") and both.first.holds(VIP), 3, "the addresses")
    time.sleep(SLACK)
    return daemon


def test_addresses_are_in_sets(node_and_start):
    both = node_and_start
    daemon = start(both, config())
    assert sets(both.first) == ordered(SETS.replace("IF6", "eth0"))
    assert rules(both.first) == without_vmac(RULES4)
    assert rules(both.first, "ip6tables") == without_vmac(RULES6)
    assert both.first.run(["nft", "list", "ruleset"]) == ""
    daemon.stop()
    assert everything(both.first) == ""


def test_vmacs_are_in_sets(node_and_start):
    both = node_and_start
    daemon = start(both, config(extra="no_accept\n    use_vmac"))
    base = link_local_of_base(both.first)
    assert sets(both.first) == ordered((SETS_VMAC + SETS).replace("IF6", "vrrp.52").replace("BASE", base))
    assert rules(both.first) == with_vmac(RULES4)
    assert rules(both.first, "ip6tables") == with_vmac(RULES6)
    daemon.stop()
    assert everything(both.first) == ""


@pytest.mark.parametrize("vmac", [False, True])
def test_without_sets_every_address_has_its_rules(node_and_start, vmac):
    both = node_and_start
    daemon = start(both, config("vrrp_ipsets", "no_accept\n    use_vmac" if vmac else "no_accept"))
    base = link_local_of_base(both.first)
    assert rules(both.first) == (with_vmac if vmac else without_vmac)(PLAIN4)
    expected = plain6(vmac).replace("IF6", "vrrp.52" if vmac else "eth0").replace("BASE", base)
    assert rules(both.first, "ip6tables") == expected
    assert sets(both.first) == ""
    daemon.stop()
    assert everything(both.first) == ""


def test_chains_and_sets_of_other_names(node_and_start):
    both = node_and_start
    for program in ("iptables-legacy", "ip6tables-legacy"):
        both.first.run([program, "-N", "GUARD"])
    daemon = start(both, config("vrrp_ipsets guard", chains="GUARD"))
    # Without a second chain nothing that leaves is filtered.
    assert rules(both.first) == "-A GUARD -m set --match-set guard dst -j DROP\n"
    assert rules(both.first, "ip6tables") == "".join(
        line.replace("INPUT", "GUARD").replace("keepalived", "guard") + "\n"
        for line in RULES6.splitlines() if line.startswith("-A INPUT"))
    assert set(re.findall(r"create (\S+)", sets(both.first))) == {"guard", "guard6", "guard_if6"}
    daemon.stop()
    assert everything(both.first) == ""


def test_a_chain_that_does_not_exist_is_said(node_and_start):
    both = node_and_start
    both.first.run(["ip6tables-legacy", "-N", "GUARD"])
    daemon = start(both, config(chains="GUARD"))
    daemon.wait_for_log("iptables chain GUARD doesn't exist")
    assert rules(both.first) == ""
    assert "-A GUARD -m set --match-set keepalived6 dst -j DROP" in rules(both.first, "ip6tables")
    daemon.stop()
    assert everything(both.first) == ""


def test_packets_are_dropped_and_neighbours_answered(node_and_start, lab):
    both = node_and_start
    client = lab.node("client", "10.1.0.9/24", "fd00::9/64")
    start(both, config())

    def answers(address):
        return "1 received" in client.run(["ping", "-c1", "-W1", address], check=False)

    assert answers("10.1.0.1") and answers("fd00::1")
    for address in (VIP, "fd00::52", "fe80::52%eth0"):
        assert not answers(address)
    assert "lladdr" in client.run(["ip", "neigh", "show", VIP])
    for address in ("fd00::52", "fe80::52"):
        assert "lladdr" in client.run(["ip", "-6", "neigh", "show", address])


def test_rules_follow_the_state(node_and_start):
    both = node_and_start
    text = config()
    first = start(both, text)
    second = both.start(both.second, text.replace("priority 100", "priority 150"))
    for name in ("VI_1", "VI_2"):
        first.wait_for_state("BACKUP", instance=name)
    wait_until(lambda: "add" not in sets(both.first), 2, "empty sets on the backup")
    # Rules and sets stay for the next time.
    assert rules(both.first) == without_vmac(RULES4)
    second.stop()
    for name in ("VI_1", "VI_2"):
        first.wait_for_state("MASTER", instance=name)
    wait_until(lambda: sets(both.first) == ordered(SETS.replace("IF6", "eth0")), 2, "full sets")


def test_rules_of_others_stay(node_and_start):
    both = node_and_start
    both.first.run(["iptables-legacy", "-A", "INPUT", "-s", "192.0.2.1", "-j", "ACCEPT"])
    both.first.run(["iptables-legacy", "-A", "INPUT", "-d", VIP, "-p", "tcp", "-j", "DROP"])
    both.first.run(["ipset", "create", "mine", "hash:ip"])
    before = everything(both.first)
    daemon = start(both, config("vrrp_ipsets"))
    assert everything(both.first) != before
    daemon.stop()
    assert everything(both.first) == before


def test_a_vmac_joins_its_group_on_the_base_too(node_and_start):
    """Its own reports are dropped, and iptables cannot send them elsewhere."""
    both = node_and_start
    start(both, config(extra="no_accept\n    use_vmac"))
    groups, name = {}, None
    for line in both.first.run(["cat", "/proc/net/igmp"]).splitlines()[1:]:
        if not line.startswith("\t"):
            name = line.split()[1]
            groups[name] = set()
        else:
            groups[name].add(line.split()[0])
    assert "120000E0" in groups["eth0"] and "120000E0" in groups["vrrp.51"]
    groups6 = [line.split()[1:3] for line in both.first.run(["cat", "/proc/net/igmp6"]).splitlines()]
    for name in ("eth0", "vrrp.52"):
        assert [name, "ff020000000000000000000000000012"] in groups6


@pytest.mark.holdfast_only
@pytest.mark.parametrize("options", ["", "vrrp_ipsets"])
def test_after_a_crash_rules_are_made_anew_and_removed_at_the_stop(ours, options):
    daemon = start(ours, config(options, "no_accept\n    use_vmac"))
    before = everything(ours.first)
    daemon.kill()
    if not options:
        ours.first.run(["ipset", "add", "keepalived", "10.1.0.77"])
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=4)
    wait_until(lambda: everything(ours.first) == before, 3, "the same rules, once each")
    daemon.stop()
    assert everything(ours.first) == ""


@pytest.mark.holdfast_only
@pytest.mark.parametrize("options", ["", "vrrp_ipsets"])
def test_after_a_crash_a_backup_has_no_rules(ours, options):
    text = config(options)
    daemon = start(ours, text)
    daemon.kill()
    second = ours.start(ours.second, text.replace("priority 100", "priority 150"))
    second.wait_for_state("MASTER")
    for address in (f"{VIP}/24", "10.1.0.99/24"):
        ours.first.ip(f"addr del {address} dev eth0")
    daemon.start()
    daemon.wait_for_log("Entering BACKUP STATE", times=4)
    wait_until(lambda: VIP not in everything(ours.first), 3, "no rules")


@pytest.mark.holdfast_only
def test_a_reload_changes_between_iptables_and_sets_and_nothing(ours):
    daemon = start(ours, config())
    daemon.configure(config("vrrp_ipsets"))
    daemon.reload()
    wait_until(lambda: rules(ours.first) == without_vmac(PLAIN4), 3, "rules instead of sets")
    assert sets(ours.first) == ""
    daemon.configure(config("vrrp_ipsets other", chains="INPUT"))
    daemon.reload()
    wait_until(lambda: rules(ours.first) == "-A INPUT -m set --match-set other dst -j DROP\n", 3, "other names")
    daemon.configure(config(extra=""))
    daemon.reload()
    wait_until(lambda: everything(ours.first) == "", 3, "nothing")
    assert daemon.state() == "MASTER"


@pytest.mark.holdfast_only
@pytest.mark.parametrize("damage", ["iptables-legacy -F", "iptables-legacy -F; ip6tables-legacy -F; ipset destroy"])
def test_damage_is_mended_with_the_next_change(ours, damage):
    first = start(ours, config())
    before = everything(ours.first)
    ours.first.run(["sh", "-c", damage])
    second = ours.start(ours.second, config().replace("priority 100", "priority 150"))
    first.wait_for_state("BACKUP")
    first.wait_for_state("BACKUP", instance="VI_2")
    second.stop()
    first.wait_for_state("MASTER")
    first.wait_for_state("MASTER", instance="VI_2")
    wait_until(lambda: everything(ours.first) == before, 3, "everything again")
    assert "The firewall rules have been made anew" in first.log()


def test_an_iptables_that_is_nftables_is_not_used(ours, tmp_path):
    if "nf_tables" not in subprocess.run(["iptables-nft", "-V"], capture_output=True, text=True).stdout:
        pytest.skip("no iptables-nft here")
    (tmp_path / "iptables").unlink()
    (tmp_path / "iptables").symlink_to(os.path.realpath(shutil.which("iptables-nft")))
    daemon = start(ours, config())
    daemon.wait_for_log("Not using iptables since iptables uses nf_tables - please update configuration")
    assert rules(ours.first) == "" and sets(ours.first) == ""
    assert "table ip keepalived" in ours.first.run(["nft", "list", "ruleset"])
    daemon.stop()
    assert everything(ours.first) == ""

"""VMACs (use_vmac) as interfaces: names, knobs and rules, made, adopted, changed and removed."""

import re
import subprocess
import time

import pytest
from lab import wait_until
from routers import SLACK, VIP, instance
from vmacs import MAC4, addresses_on, knob, link, six, vmac_instance, vmacs


def ipv4_rules(node):
    """Debian's keepalived 2.2.7 writes the IPv6 rules in other words than 2.4.3."""
    return node.run(["nft", "list", "ruleset", "ip"])


# `nft list ruleset ip6` of keepalived 2.4.3 with one IPv6 instance, use_vmac and no_accept.
RULES6 = """table ip6 keepalived {
	set parent_link_local {
		type ipv6_addr . ifname
		elements = { OWN . "vrrp.51" }
	}

	map vmac_map {
		type iface_index : iface_index
		elements = { "vrrp.51" : "eth0" }
	}

	set vmac_set {
		type iface_index
		elements = { "vrrp.51" }
	}

	set mld-report {
		type icmpv6_type
		flags constant
		elements = { mld-listener-report,
			     mld2-listener-report }
	}

	set vips {
		type ipv6_addr
		elements = { fd00::100 }
	}

	set neighbor-discovery {
		type icmpv6_type
		flags constant
		elements = { nd-neighbor-solicit,
			     nd-neighbor-advert }
	}

	set vips_link_local {
		type ipv6_addr . iface_index
		elements = { fe80::51 . "vrrp.51" }
	}

	chain out {
		type filter hook output priority filter - 1; policy accept;
		icmpv6 type nd-neighbor-advert meta oifkind "macvlan" ip6 saddr . oifname @parent_link_local drop
		icmpv6 type @mld-report meta oifkind "macvlan" dup to ip6 daddr device oif map @vmac_map drop
		icmpv6 type nd-router-solicit meta oifkind "macvlan" oif @vmac_set drop
		icmpv6 type @neighbor-discovery accept
		ip6 saddr fe80::/10 goto out_link_local
		ip6 saddr @vips drop
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		icmpv6 type @neighbor-discovery accept
		ip6 daddr fe80::/10 goto in_link_local
		ip6 daddr @vips drop
	}

	chain in_link_local {
		ip6 daddr . iif @vips_link_local drop
	}

	chain out_link_local {
		ip6 saddr . oif @vips_link_local drop
	}
}
"""


def test_everything_is_as_before_after_the_stop(ours):
    node = ours.first
    node.sysctl(ipv4__conf__eth0__arp_filter=0, ipv4__conf__all__rp_filter=2)
    daemon = ours.start(node, vmac_instance(100, extra="no_accept") + six(100, name="VI_2"))
    daemon.wait_for_state("MASTER")
    assert knob(node, "ipv4/conf/eth0/arp_ignore") == knob(node, "ipv4/conf/eth0/arp_filter") == "1"
    # The filter of `all` would hold for the VMAC too; others keep what they had.
    assert knob(node, "ipv4/conf/all/rp_filter") == "0"
    assert knob(node, "ipv4/conf/eth0/rp_filter") == "2"
    assert knob(node, "ipv4/conf/default/rp_filter") == "2"
    assert knob(node, "ipv4/conf/vrrp.51/rp_filter") == "0"
    assert daemon.stop() == 0
    assert vmacs(node) == []
    assert node.run(["nft", "list", "ruleset"]) == ""
    for path, value in (("eth0/arp_ignore", "0"), ("eth0/arp_filter", "0"), ("all/rp_filter", "2"),
                        ("eth0/rp_filter", "0"), ("default/rp_filter", "0")):
        assert knob(node, f"ipv4/conf/{path}") == value, path


@pytest.mark.holdfast_only
def test_after_a_crash_the_interface_and_the_address_are_adopted(ours):
    daemon = ours.start(ours.first, vmac_instance(100))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    before = link(ours.first, "vrrp.51")["ifindex"]
    daemon.kill()
    daemon.start()
    daemon.wait_for_log("Entering MASTER STATE", times=2)
    time.sleep(SLACK)
    assert link(ours.first, "vrrp.51")["ifindex"] == before
    assert [event.added for event in ours.first.watch.of(VIP)] == [True]
    assert daemon.stop() == 0
    assert vmacs(ours.first) == []


def test_a_leftover_under_another_name_is_used(ours):
    node = ours.first
    node.ip(f"link add link eth0 name old51 address {MAC4} type macvlan mode private", "link set old51 up")
    daemon = ours.start(node, vmac_instance(100))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: addresses_on(node, "old51") == [f"{VIP}/24"], 2, "the address on the leftover")
    assert vmacs(node) == ["old51"]


def test_names_in_use_are_avoided(routers):
    node = routers.first
    node.ip("link add vrrp.51 type bridge")
    daemon = routers.start(node, vmac_instance(100))
    daemon.wait_for_state("MASTER")
    assert vmacs(node) == ["vrrp1.51"]


def test_links_knobs_and_rules_are_those_of_keepalived(lab):
    """Both routers are alone, so that both become Master; only what differs by node is made equal."""
    from lab import binary_for
    from routers import Routers

    both = Routers(lab, {"first": binary_for("ours"), "second": binary_for("keepalived")})
    lab.isolate("second")
    config = (vmac_instance(100, name="A", vrid=51, extra="no_accept") +
              six(100, name="B", vrid=51, extra="no_accept") +
              instance(100, name="C", vrid=53, addresses=("10.1.0.103/24",),
                       extra="use_vmac lan53 02:00:00:00:00:53\n    vmac_xmit_base\n    "
                             "virtual_ipaddress_excluded {\n fd00::53/64\n }"))
    seen = []
    for node in (both.first, both.second):
        daemon = both.start(node, config)
        for name in "ABC":
            daemon.wait_for_state("MASTER", instance=name)
        wait_until(lambda n=node: n.holds("fd00::53") and n.holds("fd00::100"), 3, "the addresses")
        own = next(a for a in addresses_on(node, "eth0") if a.startswith("fe80")).split("/")[0]
        time.sleep(SLACK)
        links = [link(node, name) for name in vmacs(node)]
        for one in links:
            for key in ("ifindex", "link_index", "link_netnsid"):
                one.pop(key, None)
        rules = ipv4_rules(node)
        addresses = {one["ifname"]: [a.replace(own, "OWN") for a in addresses_on(node, one["ifname"])] for one in links}
        knobs = {f"{name}/{key}": knob(node, f"ipv4/conf/{name}/{key}")
                 for name in ("eth0", *addresses)
                 for key in ("arp_ignore", "arp_filter", "accept_local", "rp_filter", "promote_secondaries")}
        knobs.pop("vrrp6.51/arp_ignore")  # 1 in 2.4.3.
        knobs |= {name: knob(node, f"ipv6/conf/{name}/disable_ipv6") for name in addresses}
        seen.append((links, addresses, knobs, rules))
    for ours, theirs in zip(*seen):
        assert ours == theirs
    assert "vips" in seen[0][3] and "vmac_map" in seen[0][3]
    both.print_logs()


def test_rules_of_ipv6_are_those_of_keepalived(ours):
    node = ours.first
    daemon = ours.start(node, six(100, extra="no_accept"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds("fd00::100"), 2, "the addresses")
    own = next(a for a in addresses_on(node, "eth0") if a.startswith("fe80")).split("/")[0]
    assert node.run(["nft", "list", "ruleset", "ip6"]).replace(own, "OWN") == RULES6


def test_use_vmac_addr_makes_vmacs_on_other_interfaces(routers):
    node = routers.first
    node.ip("link add lan0 type veth peer name lan1", "link set lan0 up", "link set lan1 up")
    addresses = (f"{VIP}/24", "10.2.0.100/24 dev lan0", "10.2.0.101/24 dev lan0")
    daemon = routers.start(node, vmac_instance(100, addresses=addresses, extra="use_vmac_addr"))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds("10.2.0.101"), 2, "the addresses")
    assert vmacs(node) == ["vrrp.51", "vrrp1.51"]
    assert link(node, "vrrp1.51")["link"] == "lan0"
    assert addresses_on(node, "vrrp1.51") == ["10.2.0.100/24", "10.2.0.101/24"]
    assert link(node, "vrrp1.51")["address"] == MAC4
    daemon.stop()
    assert vmacs(node) == []


def test_an_address_can_ask_for_a_vmac_of_its_own(routers):
    node = routers.first
    node.ip("link add lan0 type veth peer name lan1", "link set lan0 up", "link set lan1 up")
    addresses = (f"{VIP}/24", "10.2.0.100/24 dev lan0 use_vmac")
    daemon = routers.start(node, "global_defs {\n vmac_addr_prefix va\n}\n" +
                           instance(100, addresses=addresses))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: node.holds("10.2.0.100"), 2, "the addresses")
    assert vmacs(node) == ["va.51"]
    assert addresses_on(node, "va.51") == ["10.2.0.100/24"]
    assert f"{VIP}/24" in addresses_on(node, "eth0")


def test_a_reload_adds_changes_and_takes_away_the_vmac(ours):
    node = ours.first
    daemon = ours.start(node, instance(100))
    daemon.wait_for_state("MASTER")
    daemon.configure(vmac_instance(100))
    daemon.reload()
    wait_until(lambda: vmacs(node) == ["vrrp.51"], 3, "a VMAC")
    wait_until(lambda: addresses_on(node, "vrrp.51") == [f"{VIP}/24"], 3, "the address on the VMAC")
    assert f"{VIP}/24" not in addresses_on(node, "eth0")
    index = link(node, "vrrp.51")["ifindex"]

    daemon.configure(vmac_instance(100, extra="garp_master_repeat 2"))
    daemon.reload()
    daemon.wait_for_log("Reload complete", times=2)
    assert link(node, "vrrp.51")["ifindex"] == index

    daemon.configure(instance(100, extra="use_vmac lan51 02:00:00:00:00:51"))
    daemon.reload()
    wait_until(lambda: vmacs(node) == ["lan51"], 3, "the renamed VMAC")
    wait_until(lambda: addresses_on(node, "lan51") == [f"{VIP}/24"], 3, "its address")
    assert link(node, "lan51")["address"] == "02:00:00:00:00:51"
    assert daemon.states()[-1] == "MASTER"

    daemon.configure(instance(100))
    daemon.reload()
    wait_until(lambda: vmacs(node) == [] and f"{VIP}/24" in addresses_on(node, "eth0"), 5, "no VMAC")
    assert knob(node, "ipv4/conf/eth0/arp_ignore") == "0"
    daemon.stop()


def test_a_removed_instance_takes_its_vmac_and_rules_along(ours):
    node = ours.first
    one = vmac_instance(100, extra="no_accept")
    other = vmac_instance(100, name="VI_2", vrid=52, addresses=("10.1.0.102/24",), extra="no_accept")
    daemon = ours.start(node, one + other)
    daemon.wait_for_state("MASTER")
    daemon.wait_for_state("MASTER", instance="VI_2")
    monitor = node.popen(["nft", "monitor", "elements"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    daemon.configure(other)
    daemon.reload()
    wait_until(lambda: vmacs(node) == ["vrrp.52"], 3, "one VMAC")
    rules = ipv4_rules(node)
    wait_until(lambda: "vrrp.51" not in ipv4_rules(node) and VIP not in ipv4_rules(node), 2, "its rules to be gone")
    assert '"vrrp.52" : "eth0"' in rules and "10.1.0.102" in rules
    time.sleep(0.3)
    monitor.terminate()
    changes = monitor.communicate(timeout=5)[0]
    assert VIP in changes
    assert "10.1.0.102" not in changes  # The other one was not without its rule for a moment.


def test_many_vmacs_start_and_stop(ours):
    node = ours.first
    config = "".join(vmac_instance(100, name=f"VI_{n}", vrid=n, addresses=(f"10.1.1.{n}/24",))
                     for n in range(1, 101))
    daemon = ours.start(node, config)
    daemon.wait_for_log("Entering MASTER STATE", timeout=15, times=100)
    wait_until(lambda: sum(a.startswith("10.1.1.") for a in node.addresses()) == 100, 10, "all addresses")
    assert len(vmacs(node)) == 100
    assert len(re.findall(r'"vrrp\.\d+" : "eth0"', node.run(["nft", "list", "ruleset"]))) == 100
    assert daemon.stop() == 0
    assert vmacs(node) == []

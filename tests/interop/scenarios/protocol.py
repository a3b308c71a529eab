"""What is on the wire: versions, authentication, unicast, time to live, and answers to odd packets."""

from .base import (CONFIG, FAILED_START, G, IPV6, OLD_BURST, PHASE, REFUSED, RELOAD, Scenario, VIP, block, brisk,
                   fast, globals_, instance, peers, reload, send)

KEY = "0123456789abcdef0123456789abcdef"
OTHER_KEY = "fedcba9876543210fedcba9876543210"


def hmac(mode="enforce", *keys, active=1, extra=""):
    keys = keys or (f"key 1 {KEY}",)
    return block("auth_hmac", *keys, f"active_key {active}", f"mode {mode}", *([extra] if extra else []))


def hmac_pair(first, second, **settings):
    return G + brisk(150, extra=first), G + brisk(100, extra=second)


SCENARIOS = [
    # Versions and intervals.
    Scenario("version-of-each", G + brisk() + instance(name="VI_2", vrid=52, version=2, addresses=["10.1.0.102/24"]),
             seconds=6),
    Scenario("version-global-3", globals_("vrrp_version 3") + brisk().replace("version 3", ""), seconds=3),
    Scenario("ipv6-needs-no-version", G + brisk(addresses=IPV6).replace("version 3", ""), seconds=3),
    Scenario("interval-10ms", G + instance(advert=0.01), seconds=2, events=((1.5, ("dump", "as master")),),
             known=(r"adverts: \d+ times", r"advert_sent", r"stats as master: [-+]    Sent")),
    Scenario("interval-2s", G + instance(advert=2), seconds=10),
    Scenario("interval-v2-decimal", G + instance(version=2, advert=1.5), seconds=9, known=CONFIG),
    Scenario("interval-too-long-v3", G + instance(advert=50), seconds=1, events=((0.5, ("dump", "at start")),),
             known=CONFIG),
    Scenario("down-timer-adverts-1", G + fast(extra="down_timer_adverts 1"), seconds=3),
    Scenario("down-timer-adverts-6", globals_("vrrp_down_timer_adverts 6") + fast(), seconds=6),
    Scenario("priority-1", G + fast(1), seconds=4),
    Scenario("priority-254", G + fast(254), seconds=4),
    Scenario("many-instances", G + "".join(brisk(100 + n, name=f"VI_{n}", vrid=n, addresses=[f"10.1.0.{100 + n}/32"])
                                           for n in range(1, 9)), seconds=3),
    Scenario("both-families", G + brisk() + brisk(name="VI_6", addresses=IPV6), seconds=3,
             events=((2.5, ("dump", "as masters")),)),
    Scenario("no-vip", G + brisk(addresses=(), extra="no_virtual_ipaddress"), seconds=3),
    Scenario("no-vip-v2", G + instance(version=2, addresses=(), extra="no_virtual_ipaddress"), seconds=5),
    Scenario("native-ipv6", G + brisk(addresses=["fd00::100/64"], extra="native_ipv6"), seconds=3, known=CONFIG),
    Scenario("native-ipv6-no-vip", G + brisk(addresses=(), extra="native_ipv6\nno_virtual_ipaddress"), seconds=3),
    Scenario("ipv6-first-not-link-local", G + brisk(addresses=["fd00::100/64", "fe80::100/64"]), seconds=3,
             events=((2.5, ("dump", "as master")),), known=CONFIG),
    Scenario("ipv6-interval-learnt", G + fast(100, addresses=IPV6), G + instance(150, addresses=IPV6), seconds=6),
    # Addresses of packets.
    Scenario("mcast-src-ip", G + brisk(extra="mcast_src_ip 10.1.0.77"), seconds=3,
             events=((2.5, ("dump", "as master")),)),
    Scenario("mcast-dst-ip", G + brisk(extra="mcast_dst_ip 224.0.0.99"), seconds=3,
             events=((2.5, ("dump", "as master")),)),
    Scenario("mcast-groups", globals_("vrrp_mcast_group4 224.0.0.55\nvrrp_mcast_group6 ff02::55") + brisk() +
             brisk(name="VI_6", addresses=IPV6), seconds=3),
    Scenario("unicast-v6", G + brisk(150, addresses=IPV6, extra=peers("fd00::2", own="fd00::1")),
             G + brisk(100, addresses=IPV6, extra=peers("fd00::1", own="fd00::2")), seconds=4,
             events=((3, ("dump", "as master")), (3.6, ("stop", "second")))),
    Scenario("unicast-v6-ttl", G + brisk(150, addresses=IPV6, extra=peers("fd00::2", own="fd00::1",
                                                                          extra="unicast_ttl 7")), seconds=3),
    Scenario("unicast-v2", G + instance(150, version=2, extra=peers("10.1.0.2", "10.1.0.3")), seconds=6,
             known=(r"announcements: .second",)),
    Scenario("unicast-ttl", G + brisk(150, extra=peers("10.1.0.2", extra="unicast_ttl 7")),
             G + brisk(100, extra=peers("10.1.0.1 min_ttl 7 max_ttl 10", own="10.1.0.2")), seconds=4),
    Scenario("unicast-ttl-outside", G + brisk(150, extra=peers("10.1.0.2 min_ttl 200")),
             G + brisk(100, extra=peers("10.1.0.1", own="10.1.0.2", extra="unicast_ttl 7")), seconds=4,
             events=((0.2, ("isolate", "first")), (2, ("heal", "first")), (3.5, ("dump", "as master"))),
             known=(*REFUSED, r"announcements: ", r"(ip_ttl_err\"|    TTL): ")),
    Scenario("unicast-check-src", G + brisk(100, extra=peers("10.1.0.9", extra="check_unicast_src")),
             G + brisk(150, extra=peers("10.1.0.1", own="10.1.0.2")), seconds=4,
             events=((3.5, ("dump", "with a stranger")),)),
    Scenario("unicast-check-src-global", globals_("vrrp_check_unicast_src") + brisk(100, extra=peers("10.1.0.9")),
             G + brisk(150, extra=peers("10.1.0.1", own="10.1.0.2")), seconds=4),
    Scenario("unicast-stranger", G + brisk(100, extra=peers("10.1.0.9")),
             G + brisk(150, extra=peers("10.1.0.1", own="10.1.0.2")), seconds=4),
    Scenario("unicast-hears-multicast", G + brisk(100, extra=peers("10.1.0.9")), G + brisk(150), seconds=4,
             events=((3.5, ("dump", "as master")),)),
    Scenario("multicast-hears-unicast", G + brisk(100), G + brisk(150, extra=peers("10.1.0.1", own="10.1.0.2")),
             seconds=4, events=((3.5, ("dump", "as master")),), known=(r"announcements: ",)),
    Scenario("unicast-no-peer", G + brisk(extra="unicast_src_ip 10.1.0.1\nunicast_peer {\n }"), seconds=3,
             known=CONFIG),
    Scenario("unicast-fault-no-peer", G + brisk(
        extra="unicast_src_ip 10.1.0.1\nunicast_fault_no_peer\nunicast_peer {\n }"), seconds=3,
             events=((2.5, ("dump", "without peers")),), known=(
                 *CONFIG, r"log: \+.*entering FAULT state", r"sockpool", r"keepalived\.(data|json) without peers: ")),
    Scenario("unicast-without-interface", G + brisk(extra=peers("10.1.0.2"), addresses=[
        "10.1.0.100/24 dev eth0"]).replace("interface eth0", ""), seconds=3),
    Scenario("unicast-src-not-there", G + brisk(extra=peers("10.1.0.2", own="10.1.0.55")), seconds=3,
             events=((2.5, ("dump", "without source")),)),
    Scenario("old-unicast-checksum", G + brisk(150, extra=peers("10.1.0.2", extra="old_unicast_checksum")),
             G + brisk(100, extra=peers("10.1.0.1", own="10.1.0.2")), seconds=4,
             events=((3, ("stop", "first")),), known=(r"adverts: [-+]second",)),
    Scenario("old-unicast-checksum-never", G + brisk(150, extra=peers("10.1.0.2", extra="old_unicast_checksum")),
             G + brisk(100, extra=peers("10.1.0.1", own="10.1.0.2", extra="old_unicast_checksum never")), seconds=4,
             known=(*REFUSED, *OLD_BURST)),
    Scenario("v3-checksum-as-v2", G + brisk(150, extra="v3_checksum_as_v2"), G + brisk(100, extra="v3_checksum_as_v2"),
             seconds=4, events=((3, ("stop", "first")),)),
    # Authentication.
    Scenario("pass-too-long", G + instance(version=2, extra=block("authentication", "auth_type PASS",
                                                                  "auth_pass muchtoolongforit")), seconds=5),
    Scenario("pass-differs", G + instance(150, version=2, extra=block("authentication", "auth_type PASS",
                                                                      "auth_pass one")),
             G + instance(100, version=2, extra=block("authentication", "auth_type PASS", "auth_pass two")), seconds=6,
             events=((5.5, ("dump", "as master")),), known=(*REFUSED, r"announcements: .second ")),
    Scenario("ah-pair", G + instance(150, version=2, extra=block("authentication", "auth_type AH", "auth_pass one")),
             G + instance(100, version=2, extra=block("authentication", "auth_type AH", "auth_pass one")), seconds=9,
             events=((5, ("stop", "first")),), known=(r"adverts: .second vrid=51 priority 0",)),
    Scenario("ah-differs", G + instance(150, version=2, extra=block("authentication", "auth_type AH", "auth_pass one")),
             G + instance(100, version=2, extra=block("authentication", "auth_type AH", "auth_pass two")), seconds=6,
             events=((5.5, ("dump", "as master")),), known=(*REFUSED, r"log: .*sequence number")),
    Scenario("auth-in-v3", G + brisk(extra=block("authentication", "auth_type PASS", "auth_pass one")),
             seconds=3, known=CONFIG),
    Scenario("hmac-alone", G + brisk(extra=hmac()), seconds=3, events=((2.5, ("dump", "as master")),)),
    Scenario("hmac-v2", G + instance(version=2, extra=hmac()), seconds=5),
    Scenario("hmac-ipv6", G + brisk(addresses=IPV6, extra=hmac()), seconds=3),
    Scenario("hmac-unicast", G + brisk(150, extra=peers("10.1.0.2") + hmac()),
             G + brisk(100, extra=peers("10.1.0.1", own="10.1.0.2") + hmac()), seconds=4,
             events=((3, ("stop", "first")),)),
    *(Scenario(f"hmac-{one}-{two}", *hmac_pair(hmac(one), hmac(two)), seconds=5,
               events=((2.5, ("dump", "with both")), (3, ("stop", "first"))))
      for one in ("enforce", "permissive", "receive-only") for two in ("enforce", "permissive", "receive-only")
      # There the one that refuses is Master as well, and who answers whom how often is chance.
      if (one, two) != ("receive-only", "enforce")),
    Scenario("hmac-none-permissive", *hmac_pair("", hmac("permissive")), seconds=4, events=((3, ("stop", "first")),)),
    Scenario("hmac-none-enforce", *hmac_pair(hmac(), ""), seconds=4, events=((3.5, ("dump", "as master")),),
             known=REFUSED),
    Scenario("hmac-other-key", *hmac_pair(hmac(), hmac("enforce", f"key 1 {OTHER_KEY}")), seconds=4,
             events=((3.5, ("dump", "as master")),), known=REFUSED),
    Scenario("hmac-unknown-key", *hmac_pair(hmac(), hmac("enforce", f"key 2 {KEY}", active=2)), seconds=4,
             events=((3.5, ("dump", "as master")),), known=REFUSED),
    Scenario("hmac-monotonic", *hmac_pair(hmac(extra="anti_replay monotonic"), hmac(extra="anti_replay monotonic")),
             seconds=4, events=((2.5, ("dump", "with both")), (3, ("stop", "first")))),
    Scenario("hmac-rotation", *hmac_pair(hmac("enforce", f"key 1 {KEY}", f"key 2 {OTHER_KEY}"),
                                         hmac("enforce", f"key 1 {KEY}", f"key 2 {OTHER_KEY}")), seconds=6,
             events=((2, reload(G + brisk(150, extra=hmac("enforce", f"key 1 {KEY}", f"key 2 {OTHER_KEY}", active=2)))),
                     (3.5, ("reload", "second", G + brisk(100, extra=hmac("enforce", f"key 2 {OTHER_KEY}", active=2)))),
                     (4.5, ("stop", "first"))),
             known=(*REFUSED, *RELOAD, r"adverts: \d+ times", r"log: .first Configuration")),
    # Rules of the standard.
    Scenario("strict", G + brisk(extra="strict_mode"), seconds=3, events=((2.5, ("dump", "as master")),)),
    Scenario("strict-global", globals_("vrrp_strict") + brisk(), seconds=3),
    Scenario("strict-wrong", globals_("vrrp_strict") +
             brisk(extra="mcast_src_ip 10.1.0.1\nlower_prio_no_advert\n" + peers("10.1.0.2")), seconds=3,
             known=(*FAILED_START, *CONFIG)),
    Scenario("skip-check-adv-addr", globals_("vrrp_skip_check_adv_addr") + brisk(100), seconds=4,
             events=tuple((0.1 + n * 0.2, send(version=3, priority=200, interval=0.2, addresses=["10.1.0.9"]))
                          for n in range(8)) + ((3, ("dump", "after them")),)),
    Scenario("other-addresses", G + brisk(100), seconds=4,
             events=tuple((0.1 + n * 0.2, send(version=3, priority=200, interval=0.2, addresses=["10.1.0.9"]))
                          for n in range(8)) + ((3, ("dump", "after them")),)),
    # Events.
    Scenario("backup-hears-zero", G + fast(100), events=((0.3, send(version=3, priority=200, interval=0.5)),
                                                        (0.8, send(version=3, priority=0, interval=0.5))),
                                                        seconds=4, quick=True),
    Scenario("backup-hears-lower", G + fast(100), seconds=4,
             events=tuple((0.3 + 0.3 * n, send(version=3, priority=50, interval=0.5)) for n in range(4))),
    Scenario("backup-hears-equal", G + fast(100), seconds=4,
             events=tuple((0.3 + 0.3 * n, send(version=3, priority=100, interval=0.5)) for n in range(4))),
    Scenario("backup-masters-change", G + fast(100), seconds=5, events=(
        (0.3, send(version=3, priority=200, interval=0.5)),
        (0.6, send(version=3, priority=210, interval=0.5, source="10.1.0.3")),
        (0.9, send(version=3, priority=200, interval=0.5)), (1.1, ("dump", "as backup")))),
    Scenario("master-hears-equal-higher", G + fast(100), seconds=6, known=OLD_BURST,
             events=((2.5, send(version=3, priority=100, interval=0.5)),)),
    Scenario("master-hears-equal-lower", G + fast(100), seconds=4,
             events=((2.5, send(version=3, priority=100, interval=0.5, source="10.1.0.0")),)),
    Scenario("master-hears-itself", G + fast(100), seconds=4,
             events=((2.5, send(version=3, priority=100, interval=0.5, source="10.1.0.1")),)),
    Scenario("master-hears-zero", G + fast(100), seconds=4,
             events=((2.5, send(version=3, priority=0, interval=0.5)),), quick=True),
    Scenario("nopreempt-hears-lower", G + fast(150, extra="nopreempt"), seconds=6, events=(
        *((0.3 + 0.4 * n, send(version=3, priority=100, interval=0.5)) for n in range(6)),
        (1, ("dump", "as backup")))),
    Scenario("preempt-delay-lower", G + fast(150, extra="preempt_delay 2"), seconds=6, events=tuple(
        (0.3 + 0.4 * n, send(version=3, priority=100, interval=0.5)) for n in range(12)),
             known=(r"announcements: |(scripts|fifo): .*(?i:rx_lower)|log: .*(Sending|lower priority)",
                    r"at \d\.\d+ s, reference",)),
    Scenario("preempt-delay-stops", G + fast(150, extra="preempt_delay 2"), seconds=7, events=(
        *((0.3 + 0.4 * n, send(version=3, priority=100, interval=0.5)) for n in range(3)),
        *((1.5 + 0.4 * n, send(version=3, priority=200, interval=0.5)) for n in range(4)))),
    Scenario("preempt-delay-nopreempt", G + fast(150, extra="preempt_delay 2\nnopreempt"), seconds=3,
             events=((1, ("dump", "as backup")),), known=CONFIG),
    Scenario("two-owners-higher", G + instance(255, state="MASTER", advert=0.5), seconds=7, events=(
        *((1.1 + 0.5 * n, send(version=3, priority=255, interval=0.5, source="10.1.0.0")) for n in range(8)),
        (6, ("dump", "at the end"))), known=(r"at \d\.\d+ s, reference", r"adverts: \d+ times", *REFUSED)),
    Scenario("two-owners-lower", G + instance(255, state="MASTER", advert=0.5), seconds=6, known=OLD_BURST, events=(
        *((1.1 + 0.5 * n, send(version=3, priority=255, interval=0.5)) for n in range(5)),)),
    Scenario("owner-ignores", G + instance(255, state="MASTER", advert=0.5, extra="owner_ignore_adverts"), seconds=4,
             events=((1.1, send(version=3, priority=255, interval=0.5)),
                     (1.6, send(version=3, priority=200, interval=0.5)), (3, ("dump", "as master"))),
             known=REFUSED),
    Scenario("owner-hears-lower", G + instance(255, state="MASTER", advert=0.5), seconds=4,
             events=((1.1, send(version=3, priority=200, interval=0.5)),)),
    Scenario("unknown-vrid", globals_("log_unknown_vrids") + fast(), seconds=3,
             events=((1, send(version=3, vrid=99)), (1.5, send(version=3, vrid=98)))),
    Scenario("master-frozen", G + brisk(150), G + brisk(100), seconds=6, events=((2, ("freeze", "first", 2)),),
             known=(r"log: [-+]first", r"(?i)master_rx_lower_pri", r"at \d\.\d+ s, reference", r"adverts: ",
                    r"announcements: ", r"addresses: ", r"scripts: ", r"fifo: ")),
    Scenario("state-master-pair", G + brisk(100, state="MASTER"), G + brisk(150, state="MASTER"), seconds=4,
             known=(*PHASE, *OLD_BURST)),
    Scenario("state-backup-pair-nopreempt", G + brisk(150, extra="nopreempt"), G + brisk(100, extra="nopreempt"),
             seconds=6, events=((2, ("stop", "first")), (3.5, ("start", "first")), (5, ("stop", "second")))),
    Scenario("nopreempt-state-master", G + brisk(150, extra="nopreempt", state="MASTER"), seconds=2, known=CONFIG),
    Scenario("two-vips-v2-order", G + instance(version=2, addresses=["10.1.0.102/32", VIP, "10.1.0.101/32"]),
             seconds=5),
]

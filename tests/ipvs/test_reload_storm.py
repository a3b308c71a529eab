"""Reloads of a load balancer, one after the other: what stays the same is left alone, nothing piles up.
RELOADS=1000 in the environment makes a real storm of them."""

import os
from itertools import cycle, islice
from pathlib import Path

from cluster import real_server, table, virtual_server, wait_for_table
from lab import HOLDFAST

RELOADS = int(os.environ.get("RELOADS", "30"))
SERVICES, SERVERS = 60, 8
ROOM = 1 << 20  # Bytes that the allocator may keep more at the end than after the first third.
CHECK = "TCP_CHECK {\n warmup 3600\n}"


def configuration(services=SERVICES, *, weight=1, backwards=False, check=CHECK):
    """`weight` is that of one server in the middle."""
    blocks = [virtual_server(f"10.9.0.{i + 1} 80", "lb_algo wrr", "lb_kind DR", "protocol TCP",
                             *(real_server(f"192.0.2.{j + 20}", 80, f"weight {weight if (i, j) == (30, 3) else 1}", check,
                                           check=False) for j in range(SERVERS)))
              for i in range(services)]
    return "".join(reversed(blocks) if backwards else blocks)


def usage(pid):
    """Resident bytes, descriptors."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(resident.split()[1]) * 1024, len(os.listdir(f"/proc/{pid}/fd"))


def test_a_storm_of_reloads_leaves_nothing_behind(cluster):
    director = cluster.director()
    daemon = cluster.start(director, configuration(), binary=HOLDFAST, part="check")
    daemon.wait_for_log("Startup complete", 20)
    wait_for_table(director, lambda now: len(now) == SERVICES * (SERVERS + 1), 20, "the whole table")
    before = table(director)
    variants = [configuration(), configuration(weight=9), configuration(SERVICES // 2), configuration(backwards=True),
                configuration(check="TCP_CHECK {\n warmup 3600\n connect_port 81\n}"), configuration(weight=0)]
    done = 0

    def storm(count):
        nonlocal done
        for text in [*islice(cycle(variants), count - 1), configuration()]:
            daemon.configure(text)
            daemon.reload()
            done += 1
            daemon.wait_for_log("Reload complete", 20, times=done)
        return usage(daemon.pid)

    resident, descriptors = storm(RELOADS // 3)
    resident_later, descriptors_later = storm(RELOADS - RELOADS // 3)
    print(f"resident after {RELOADS // 3} reloads {resident}, after {RELOADS} {resident_later}")
    assert descriptors_later <= descriptors + 1
    assert resident_later < resident + ROOM
    wait_for_table(director, lambda now: now == before, 20, "the first table")

"""Two routers on one switch, and short words to configure them."""

import time

from lab import Daemon, wait_until

VIP = "10.1.0.100"
ADVERT = 0.2  # Seconds; VRRPv3 only. Short, yet a busy machine may stall us for two of them.
SLACK = 0.3   # Seconds a busy machine may add to a measured time.


def master_down_interval(priority, advert=ADVERT):
    """RFC 9568, 6.1: three intervals and Skew_Time."""
    return 3 * advert + (256 - priority) * advert / 256


def instance(priority=100, *, state="BACKUP", name="VI_1", vrid=51, version=3, advert=ADVERT,
             addresses=(f"{VIP}/24",), extra=""):
    """One vrrp_instance block; `extra` holds further lines of it."""
    lines = "\n        ".join(addresses)
    return f"""
vrrp_instance {name} {{
    state {state}
    interface eth0
    virtual_router_id {vrid}
    priority {priority}
    version {version}
    advert_int {advert}
    {extra}
    virtual_ipaddress {{
        {lines}
    }}
}}
"""


class Routers:
    """The nodes `first` (10.1.0.1, fd00::1) and `second` (10.1.0.2, fd00::2), each with its daemon's program."""

    def __init__(self, lab, programs):
        self.lab = lab
        self.capture = lab.capture
        self._programs = programs
        self._daemons = []
        self.first = lab.node("first", "10.1.0.1/24", "fd00::1/64")
        self.second = lab.node("second", "10.1.0.2/24", "fd00::2/64")

    def start(self, node, config, **options):
        daemon = Daemon(node, config, binary=self._programs[node.name], name=f"daemon{len(self._daemons)}", **options)
        self._daemons.append(daemon)
        return daemon.start()

    def wait_for_holder(self, node, timeout=5, address=VIP):
        """Waits until exactly this node has the address."""
        others = [other for other in (self.first, self.second) if other is not node]
        wait_until(lambda: node.holds(address) and not any(other.holds(address) for other in others), timeout,
                   f"{address} on {node.name} alone")

    def stays_with(self, node, seconds, address=VIP):
        """Checks for some time that nothing moves."""
        def changes():
            return [(each.name, event) for each in (self.first, self.second) for event in each.watch.of(address)]

        assert node.holds(address)
        # The watch may lag behind the kernel.
        wait_until(lambda: node.watch.of(address)[-1:] and node.watch.of(address)[-1].added, 2, "the watch")
        before = changes()
        time.sleep(seconds)
        assert changes() == before, f"{address} did not stay with {node.name}"
        assert node.holds(address)

    def print_logs(self):
        for daemon in self._daemons:
            print(f"--- {daemon.node.name} {daemon.binary}\n{daemon.configuration()}\n{daemon.log()}")

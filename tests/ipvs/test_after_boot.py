"""What counts from the boot of the machine: the guest is young enough to see it."""

import time

import pytest
from lab import Daemon, NamespaceLab

LIMIT = 4294  # Seconds: what the keyword can say.


@pytest.mark.skipif(time.clock_gettime(time.CLOCK_BOOTTIME) > LIMIT - 60, reason="this machine runs for too long")
def test_vrrp_delay_after_boot():
    """Nothing is sent before, and a router with the highest priority is MASTER at once after."""
    delay = time.clock_gettime(time.CLOCK_BOOTTIME) + 4
    with NamespaceLab() as lab:
        node = lab.node("first", "10.1.0.1/24")
        daemon = Daemon(node, f"""
global_defs {{
    vrrp_delay_after_boot {delay:.3f}
}}
vrrp_instance VI_1 {{
    interface eth0
    state MASTER
    virtual_router_id 51
    priority 255
    version 3
    advert_int 0.5
    virtual_ipaddress {{
        10.1.0.100
    }}
}}
""").start()
        daemon.wait_for_state("MASTER", timeout=20)
        began = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        assert -0.1 <= lab.capture.first_advert("first").time - began - delay <= 3

"""The shared test bench: network namespaces as routers, their packets, the daemons on them, and a
user-mode-linux guest for what the kernel at hand lacks. Starting either is one call:

    with NamespaceLab() as lab:
        first = lab.node("first", "10.1.0.1/24")
        router = Daemon(first, config).start()

    UmlGuest(output=folder).run(["/usr/bin/python3", "-m", "pytest", ...])

All times are seconds since the epoch (time.time()), the clock the kernel stamps packets with.
"""

from .binaries import HOLDFAST, KEEPALIVED, binary_for, under_test_is_reference
from .capture import Capture
from .daemon import Daemon
from .frames import Advert, Arp, NeighborAdvert
from .mail import MailListener, MailServer
from .namespaces import NamespaceLab, Node, remove_abandoned_namespaces
from .netlink import AddressEvent
from .uml import UmlGuest, kernel_has_ipvs
from .waiting import wait_until
from .web import WebServer, request

__all__ = [
    "HOLDFAST", "KEEPALIVED", "binary_for", "under_test_is_reference", "Capture", "Daemon", "Advert", "Arp",
    "NeighborAdvert", "MailListener", "MailServer", "NamespaceLab", "Node", "remove_abandoned_namespaces", "AddressEvent",
    "UmlGuest", "kernel_has_ipvs", "wait_until", "WebServer", "request",
]

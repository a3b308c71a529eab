"""Another router made by hand, and keywords in the block where they belong."""

import threading

from lab.forge import advert as vrrp
from lab.forge import ipv4, put_on_wire
from routers import VIP, instance

OTHER = "10.1.0.2"  # The address of the node `second`.


def global_or_own(keyword, priority=100, extra="", **settings):
    """A router with the keyword in the block where it belongs; all those of global_defs begin with vrrp_."""
    in_global = keyword.startswith("vrrp_")
    return ((f"global_defs {{\n{keyword}\n}}\n" if in_global else "")
            + instance(priority, extra=extra + ("" if in_global else f"\n{keyword}"), **settings))


def hear(sender, priority=200, *, vrid=51, source=OTHER, interval=20, addresses=(VIP,)):
    """An advert of another router."""
    group = "224.0.0.18"
    put_on_wire(sender, [ipv4(source, group, vrrp(source, group, vrid=vrid, priority=priority, interval=interval,
                                                  addresses=addresses))])


class Talker:
    """Another router that sends an advert every 0.1 s."""

    def __init__(self, sender, priority, **settings):
        self._sender, self._priority, self._settings = sender, priority, settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)

    def _talk(self):
        while not self._stop.wait(0.1):
            hear(self._sender, self._priority, **self._settings)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

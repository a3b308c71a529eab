"""Everything that can happen to interfaces, in random order: afterwards state, addresses, routes, rules, adverts
and sockets are right. `SEEDS=n` runs n seeds instead of the few fixed ones, `SEED=n` one."""

import concurrent.futures
import os
import random
import signal
import time

import pytest
from interface_world import INTERFACES, Instance, World
from lab import HOLDFAST, KEEPALIVED, NamespaceLab

DYNAMIC = ("", " dynamic_interfaces\n", " dynamic_interfaces allow_if_changes\n")


def seeds():
    if "SEED" in os.environ:
        return [int(os.environ["SEED"])]
    return range(int(os.environ.get("SEEDS", "5")))


def instances(random_):
    """A configuration over several interfaces with every kind of dependence between them."""
    found = [Instance("A", "lan", 11, addresses=["10.20.0.100/24", "10.20.1.100/32"]),
             Instance("B", "dmz", 12, addresses=["10.99.0.100/24"], vmac=random_.random() < 0.5),
             Instance("C", "lan", 13, family=6, addresses=["fe80::13:1/64", "fd00:13::1/64"])]
    if random_.random() < 0.5:
        found[0].addresses.append("10.40.0.100/24 dev wan")
    if random_.random() < 0.5:
        found[1].tracked.append("wan")
    if random_.random() < 0.5:
        found[2].weighted["dmz"] = random_.choice((-20, 20))
    if random_.random() < 0.5:
        found[0].excluded = ["10.20.2.100/32", "fd00:20::1/64"]
    if random_.random() < 0.6:
        found[0].routes = [("10.200.0.0/16", "10.20.0.254")]
        found[0].rules = [51]
    if random_.random() < 0.5:
        found.append(Instance("D", "dmz", 14, family=6, addresses=["fe80::14:1/64"], vmac=random_.random() < 0.5))
    if random_.random() < 0.5:
        found.append(Instance("E", "wan", 15, addresses=["10.22.0.100/24"]))
    return found


class Events:
    """Things that happen, each by its method's name."""

    def __init__(self, world, random_):
        self.world, self.random = world, random_

    def kinds(self):
        return sorted(name for name in dir(self) if name.startswith("do_"))

    def happen(self):
        kind = self.random.choice(self.kinds())
        interface = self.random.choice(INTERFACES)
        getattr(self, kind)(interface)
        return f"{kind[3:]} {interface}"

    def _links(self):
        return self.world.links()

    def do_down(self, name):
        self.world.try_ip(f"link set {name} down")

    def do_up(self, name):
        self.world.try_ip(f"link set {name} up")

    def do_bounce(self, name):
        self.world.try_ip(f"link set {name} down", f"link set {name} up")

    def do_carrier_off(self, name):
        self.world.try_ip(f"link set {name}-peer down", node=self.world.peers)

    def do_carrier_on(self, name):
        self.world.try_ip(f"link set {name}-peer up", node=self.world.peers)

    def do_carrier_bounce(self, name):
        self.do_carrier_off(name)
        self.do_carrier_on(name)

    def do_primary_del(self, name):
        self.world.try_ip(f"address del {self.world.primary(name)} dev {name}")

    def do_primary_add(self, name):
        self.world.try_ip(f"address add {self.world.primary(name)} dev {name}")

    def do_primary_replace(self, name):
        other = self.world.primary(name).replace(".1/24", f".{self.random.randint(2, 9)}/24")
        self.world.try_ip(f"address flush dev {name} scope global", f"address add {other} dev {name}")

    def do_flush(self, name):
        self.world.try_ip(f"address flush dev {name}")

    def do_rename_and_back(self, name):
        self.world.try_ip(f"link set {name} name other-{name}")
        self._pause()
        self.world.try_ip(f"link set other-{name} name {name}")

    def do_rename_down(self, name):
        self.world.try_ip(f"link set {name} down", f"link set {name} name other-{name}", f"link set other-{name} up")
        self._pause()
        self.world.try_ip(f"link set other-{name} down", f"link set other-{name} name {name}", f"link set {name} up")

    def do_delete(self, name):
        self.world.try_ip(f"link del {name}")

    def do_recreate(self, name):
        self.world.try_ip(f"link del {name}")
        self._pause()
        self.world.create(name, up=self.random.random() < 0.7, address=self.random.random() < 0.7)

    def do_move_away_and_back(self, name):
        world = self.world
        world.try_ip(f"link set {name} netns {world.away.namespace}")
        self._pause()
        world.try_ip(f"link set {name} netns {world.router.namespace}", node=world.away)
        self._pause()
        world.try_ip(f"address add {world.primary(name)} dev {name}", f"link set {name} up")

    def do_mac(self, name):
        self.world.try_ip(f"link set {name} address 02:00:00:00:00:{self.random.randint(1, 250):02x}")

    def do_mtu(self, name):
        self.world.try_ip(f"link set {name} mtu {self.random.choice((1300, 1400, 1500))}")

    def do_lose_vip(self, _):
        for each in self.world.instances:
            for interface, vip in each.vips():
                if self.random.random() < 0.3:
                    self.world.try_ip(f"address del {vip} dev {interface}")

    def do_lose_route(self, _):
        self.world.try_ip(*(f"route del {to}" for each in self.world.instances for to, _ in each.routes))

    def do_lose_rule(self, _):
        self.world.try_ip(*(f"rule del priority {table}" for each in self.world.instances for table in each.rules))

    def do_lose_vmac(self, _):
        for each in self.world.instances:
            if each.vmac:
                self.world.try_ip(*(f"link del {name}" for name, _ in each.vips() if name not in INTERFACES))

    def _pause(self):
        time.sleep(self.random.choice((0, 0, 0.01, 0.1, 0.4)))

    def heal(self):
        """All as at the beginning."""
        world = self.world
        links = world.links()
        for name in INTERFACES:
            if name not in links:
                world.create(name)
            self.do_carrier_on(name)
            world.try_ip(f"address add {world.primary(name)} dev {name}", f"link set {name} up")
            # A link-local address that was flushed comes back when the interface is switched on.
            if not any(a["local"].startswith("fe80") and "13:1" not in a["local"]
                       for a in world.links()[name]["addr_info"]):
                world.try_ip(f"link set {name} down", f"link set {name} up",
                             f"address add {world.primary(name)} dev {name}")


@pytest.mark.holdfast_only
@pytest.mark.parametrize("seed", seeds())
def test_after_any_events_the_outside_is_right(lab, seed):
    random_ = random.Random(seed)
    world = World(lab, HOLDFAST, DYNAMIC[seed % 3])
    try:
        world.instances = instances(random_)
        if random_.random() < 0.4:
            world.groups["G"] = ["A", "B"]
        world.start()
        world.settle()
        events = Events(world, random_)
        told = []
        for _ in range(random_.randint(1, 3)):
            frozen = random_.random() < 0.4  # All the news at once.
            if frozen:
                world.daemon.signal(signal.SIGSTOP)
            for _ in range(random_.randint(1, 8)):
                told.append(events.happen())
                events._pause()
            if frozen:
                world.daemon.signal(signal.SIGCONT)
                told.append("(at once)")
            if random_.random() < 0.5:
                events.heal()
                told.append("heal")
            try:
                world.settle()
            except AssertionError as error:
                raise AssertionError(f"seed {seed}: {told}: {error}") from None
        assert world.daemon.stop() == 0
        assert not [name for name in world.links() if name.startswith("vrrp")]
        left = world.wrong_addresses(world.links(), set())
        assert not left, f"seed {seed}: {left}"
    finally:
        world.stop_reading()
        world.close()


FIXED = {
    "down": ["link set lan down", "link set lan up"],
    "carrier": [("link set lan-peer down", "peers"), ("link set lan-peer up", "peers")],
    "renamed": ["link set lan down;link set lan name other;link set other up",
                "link set other down;link set other name lan;link set lan up"],
    "deleted": ["link del lan", "create lan"],
    "tracked": ["link set dmz down", "link set dmz up"],
}


@pytest.mark.parametrize("name", FIXED)
def test_the_same_events_are_told_as_by_keepalived(name):
    """Each step is quiet before the next: then the lines of the FIFO are the same, step by step."""
    with concurrent.futures.ThreadPoolExecutor(2) as both:
        ours, theirs = both.map(lambda binary: told_step_by_step(binary, FIXED[name]), (HOLDFAST, KEEPALIVED))
    assert ours == theirs


def told_step_by_step(binary, steps):
    with NamespaceLab() as lab:
        world = World(lab, binary, DYNAMIC[1])
        try:
            world.instances = [Instance("A", "lan", 11, addresses=["10.99.0.100/24"], tracked=["dmz"]),
                               Instance("B", "wan", 12, addresses=["10.98.0.100/24"]),
                               Instance("C", "wan", 13, addresses=["10.97.0.100/24"], weighted={"dmz": -20})]
            world.groups["G"] = ["A", "B"]
            world.settle_links()
            world.start()
            world.settle()
            told = []
            for step in steps:
                before = len(world.fifo())
                commands, node = step if isinstance(step, tuple) else (step, "router")
                if commands.startswith("create"):
                    world.create(commands.split()[1])
                else:
                    world.try_ip(*commands.split(";"), node=getattr(world, node))
                world.settle()
                told.append(sorted(world.fifo()[before:]))
            assert world.daemon.stop() == 0
            return told
        finally:
            world.stop_reading()
            world.close()

"""The scenarios of vrrp_bench.py. Each runs one program once and gives its figures by name; less is better."""

import random
import signal
import time

from vrrp_bench_lab import (NamespaceLab, Observer, Program, address, busy_processors, instance, packets_sent,
                            real_servers, two_nodes, wait_until)

OWNER = 255


class Settings:
    """How long and how large."""

    def __init__(self, quick):
        self.seconds = 4 if quick else 10          # Of adverts.
        self.jitter_seconds = 6 if quick else 20
        self.reloads = 2 if quick else 5
        self.real_servers = (500, 100)
        self.memory = (1, 255, 1000)


def settled(daemon, interface, rate, timeout=30):
    """Waits until the node sends about `rate` packets in a second."""

    def steady():
        before, began = packets_sent(daemon.node, interface), time.monotonic()
        time.sleep(1)
        sent, took = packets_sent(daemon.node, interface) - before, time.monotonic() - began
        return 0.9 * rate <= sent / took <= 1.1 * rate

    wait_until(steady, timeout, f"{rate} packets per second", interval=0)


def owner(node, interface, program, advert):
    """A Master of one address, at work."""
    config = instance(0, interface, OWNER, [address(0)], advert=advert, state="MASTER")
    daemon = Program(node, config, program).start()
    wait_until(lambda: node.holds(address(0)), 5, "a Master")
    return daemon


def adverts(settings, master_program, backup_program, *, spread):
    """Processor seconds per 1000 adverts of a Master and its Backup, 250 instances of one advert per second each.
    `spread`: their adverts are due at different times, otherwise all at once."""
    count = 250
    with two_nodes() as (_, first, second):
        masters = "".join(instance(i, "wire0", 2 + i if spread else OWNER, [address(i)],
                                   state="BACKUP" if spread else "MASTER") for i in range(count))
        backups = "".join(instance(i, "wire0", 1, [address(i)]) for i in range(count))
        master = Program(first, masters, master_program).start()
        settled(master, "wire0", count)
        backup = Program(second, backups, backup_program).start()
        backup.quiet()
        if spread:
            time.sleep(10)  # So long many Masters may move their adverts towards each other.
        sent, used = packets_sent(first, "wire0"), (master.processor(), backup.processor())
        time.sleep(settings.seconds)
        sent = packets_sent(first, "wire0") - sent
        used = (master.processor() - used[0], backup.processor() - used[1])
        if packets_sent(second, "wire0") > 2 * count:
            raise RuntimeError("the backup did not stay one")
    return {"master": used[0] / sent * 1e3, "backup": used[1] / sent * 1e3}


def adverts_in_step(settings, program, reference):
    return adverts(settings, program, program, spread=False)


def adverts_spread(settings, program, reference):
    return adverts(settings, program, program, spread=True)


def adverts_of_keepalived(settings, programs):
    """Both as backups of one keepalived at the same time: they hear the same packets on the same busy machine."""
    count = 250
    with NamespaceLab() as lab:
        first = lab.node("first", "10.1.0.1/24")
        nodes = {name: lab.node(name, f"10.1.0.{number}/24") for number, name in enumerate(programs, 2)}
        for node in lab.nodes.values():
            node.sysctl(ipv6__conf__eth0__disable_ipv6=1)
        config = "".join(instance(i, "eth0", OWNER, [address(i)], state="MASTER") for i in range(count))
        master = Program(first, config, programs["reference"]).start()
        settled(master, "eth0", count)
        backups = {}
        for priority, (name, node) in enumerate(nodes.items(), 1):
            config = "".join(instance(i, "eth0", priority, [address(i)]) for i in range(count))
            backups[name] = Program(node, config, programs[name]).start()
        for backup in backups.values():
            backup.quiet()
        time.sleep(1)
        sent, used = packets_sent(first, "eth0"), {name: backup.processor() for name, backup in backups.items()}
        time.sleep(settings.seconds)
        sent = packets_sent(first, "eth0") - sent
        return {name: {"backup": (backup.processor() - used[name]) / sent * 1e3} for name, backup in backups.items()}


def failover_1000(settings, program, reference):
    """A Master with 1000 addresses is killed: seconds after Master_Down_Interval to the first advert of the Backup,
    until all addresses are there, and until each has been announced."""
    count, advert, priority = 1000, 0.2, 100
    with two_nodes() as (_, first, second):
        master = owner(first, "wire0", program, advert)
        backup = Program(second, instance(0, "wire0", priority, [address(0)], advert=advert,
                                          excluded=[address(i) for i in range(1, count)]), program).start()
        backup.quiet()
        observer = Observer(second)
        time.sleep(3 * advert)
        master.kill()
        due = time.time() + 3 * advert + (256 - priority) * advert / 256
        time.sleep(max(0.0, due - time.time()) + 0.3)
        backup.quiet()
        observer.stop()
    last = observer.of("<")[-1][0]
    theory = last + 3 * advert + (256 - priority) * advert / 256
    added = [event[0] for event in observer.of("+")]
    announced = {}
    for event in observer.of("!"):
        announced.setdefault(event[2], event[0])
    if len(added) != count or len(announced) != count:
        raise RuntimeError(f"{len(added)} of {count} addresses added, {len(announced)} announced")
    return {"advert": observer.of(">")[0][0] - theory, "there": max(added) - theory,
            "announced": max(announced.values()) - theory}


def start_255(settings, program, reference):
    """Seconds from execution to the last first advert, address and announcement of 255 address owners x 4."""
    count, each = 255, 4
    with two_nodes() as (_, first, _):
        observer = Observer(first)
        config = "".join(instance(i, "wire0", OWNER, [address(i * each + k) for k in range(each)], state="MASTER")
                         for i in range(count))
        daemon = Program(first, config, program).start()
        time.sleep(1)
        daemon.quiet()
        observer.stop()
        began = daemon.began
    advert, announced = {}, {}
    for event in observer.of(">"):
        advert.setdefault(event[2], event[0])
    for event in observer.of("!"):
        announced.setdefault(event[2], event[0])
    added = [event[0] for event in observer.of("+")]
    if (len(advert), len(added), len(announced)) != (count, count * each, count * each):
        raise RuntimeError(f"{len(advert)} adverts, {len(added)} addresses, {len(announced)} announced")
    return {"advert": max(advert.values()) - began, "there": max(added) - began,
            "announced": max(announced.values()) - began}


def memory(settings, program, reference):
    """KiB of the whole process tree with so many instances, as Masters of an address each."""
    figures = {}
    for count in settings.memory:
        with two_nodes(wires=4) as (_, first, _):
            config = "".join(instance(i // 4, f"wire{i % 4}", OWNER, [address(i)], state="MASTER")
                             for i in range(count))
            daemon = Program(first, config, program).start()
            time.sleep(1)
            daemon.quiet()
            time.sleep(1.5)
            figures[f"{count} own"], figures[f"{count} resident"] = daemon.memory()
    return figures


def quantile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def jitter(settings, program, reference):
    """Adverts of 10 ms beside two busy processes per processor: deviation of the intervals, in seconds."""
    nominal = 0.01
    with two_nodes() as (_, first, _):
        daemon = owner(first, "wire0", program, nominal)
        with busy_processors():
            time.sleep(0.5)
            observer = Observer(first)
            time.sleep(settings.jitter_seconds)
            times = [event[0] for event in observer.stop().of(">")]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    deviations = [abs(gap - nominal) for gap in gaps]
    mean = (times[-1] - times[0]) / len(gaps)
    return {"median": quantile(deviations, 0.5), "p99": quantile(deviations, 0.99), "worst": max(deviations),
            "drift": abs(mean - nominal)}


def reload(settings, program, reference, nominal=0.05):
    """The widest gap between adverts, in intervals, while 50 000 real servers are read again."""
    with two_nodes() as (_, first, _):
        own = instance(0, "wire0", OWNER, [address(0)], advert=nominal, state="MASTER")
        daemon = Program(first, own + real_servers(*settings.real_servers), program).start()
        time.sleep(1)
        daemon.quiet(timeout=120)
        observer = Observer(first)
        time.sleep(1)
        loads = []
        for number in range(settings.reloads):
            text = daemon.configuration()
            daemon.configure(text.replace(f"weight {number + 1}\n", f"weight {number + 2}\n", 1))
            loads.append(time.time())
            used = daemon.processor()
            daemon.reload()
            daemon.quiet(timeout=120)
            used = daemon.processor() - used
        times = [event[0] for event in observer.stop().of(">")]
    gaps = [(later - earlier, earlier) for earlier, later in zip(times, times[1:])]
    return {"gap": max(gap for gap, at in gaps if at > loads[0] - nominal) / nominal,
            "gap before": max(gap for gap, at in gaps if at < loads[0] - nominal) / nominal, "processor": used}


def reload_fast(settings, program, reference):
    """The same with the shortest interval there is."""
    return reload(settings, program, reference, 0.01)


FAULTS = ("kill -9", "SIGTERM", "freeze", "link down")
INTERVALS = (1, 0.1, 0.01)


def takeover(program, fault, advert):
    """(seconds from the fault to the peer's first advert, to the address there, what the formula says, lateness of
    the advert, lateness of the address)."""
    priority = 100
    with two_nodes(wires=0) as (lab, first, second):
        master = owner(first, "eth0", program, advert)
        backup = Program(second, instance(0, "eth0", priority, [address(0)], advert=advert), program).start()
        backup.quiet()
        observer = Observer(second)
        # Somewhere between two adverts.
        time.sleep(2 * advert + random.random() * advert)
        skew = (256 - priority) * advert / 256
        began = time.time()
        if fault == "kill -9":
            master.kill()
        elif fault == "SIGTERM":
            master.signal(signal.SIGTERM)
        elif fault == "freeze":
            master.signal_all(signal.SIGSTOP)
        else:
            lab.unplug("first")
        wait_until(lambda: second.holds(address(0)), 4 * advert + 5, "an address that moved", interval=0.01)
        time.sleep(0.2)
        observer.stop()
        if fault == "freeze":
            master.signal_all(signal.SIGKILL)
    advert_at, there_at = observer.of(">")[0][0], observer.of("+")[0][0]
    last = [event for event in observer.of("<") if event[0] < advert_at][-1]
    due = last[0] + (skew if last[3] == "0" else 3 * advert + skew)
    if (fault == "SIGTERM") != (last[3] == "0"):
        raise RuntimeError(f"priority {last[3]} in the last advert before the takeover")
    return advert_at - began, there_at - began, due - began, advert_at - due, there_at - due

"""What a scenario is, and the words to write one."""

from dataclasses import dataclass, field

import servers

VIP, VIP6 = "10.1.0.201", "fd00:1::201"
RIP = {n: f"10.2.0.{10 + n}" for n in range(1, 6)}
RIP6 = {n: f"fd00:2::{10 + n}" for n in range(1, 6)}

SCENARIOS = []

# What docs/differences.md explains: Holdfast repairs a table that somebody else has changed.
OURS = ("was changed by somebody else", "IPVS cmd IP_VS_SO")


@dataclass
class Step:
    """Events that happen at once, then a look at everything when the daemon has become quiet."""

    name: str
    events: tuple
    quiet: float = 2.2  # Seconds without a new line anywhere.
    most: float = 14.0


@dataclass
class Scenario:
    """One configuration and what happens to it.

    In `config`, `@DIR@` is the folder of the run. There, `note WORDS` writes its arguments to the list of scripts
    called, `status NAME` ends with the number that the event ("set", NAME, NUMBER) gave.
    `servers` are listeners by name, made by tcp() and udp(); those in `down` are started by an ("up", NAME).
    `ignore`: regular expressions of lines that may differ, each with a row in docs/differences.md; `known`: of names of
    whole facts.
    """

    name: str
    config: str
    steps: tuple = ()
    servers: dict = field(default_factory=dict)
    down: tuple = ()
    part: str = "check"
    options: tuple = ()
    looks: tuple = ("-Sn",)  # Arguments of ipvsadm at each step.
    ignore: tuple = ()
    known: tuple = ()
    prepare: tuple = ()
    elsewhere: bool = False  # There is another namespace, @ELSEWHERE@ in `config`, whose table is looked at too.
    before: tuple = ()  # Events before the daemon starts.
    repeats: bool = False  # Lines come again and again: how often does not matter.
    dump: bool = False
    unordered: bool = False


def scenario(name, config, *steps, **settings):
    SCENARIOS.append(Scenario(name, config, steps, **settings))


def step(name, *events, **settings):
    return Step(name, events, **settings)


def down(*names):
    return Step(f"{' '.join(names)} down", tuple(("down", name) for name in names))


def up(*names):
    return Step(f"{' '.join(names)} up", tuple(("up", name) for name in names))


def reload(config, name="reload", *more, **settings):
    return Step(name, (("reload", config), *more), **settings)


def given(name, number):
    return Step(f"{name} gives {number}", (("set", name, number),))


# ---- Servers ----

def accepts(server, connection):
    """Takes a connection and waits for its end."""
    connection.recv(4096)


def tcp(number, talk=accepts, port=80, family=4):
    return ("stream", (RIP if family == 4 else RIP6)[number], port, talk)


def udp(number, answer, port=80):
    return ("datagram", RIP[number], port, answer)


def web(number, body="hello world\n", port=80, **page):
    return tcp(number, servers.page(body, **page), port)


PAIR = {"one": tcp(1), "two": tcp(2)}


# ---- Configuration ----

def block(head, *lines):
    body = "\n".join(line for each in lines for line in each.split("\n"))
    return f"{head} {{\n" + "\n".join(f"    {line}" for line in body.split("\n")) + "\n}"


def checker(kind="TCP_CHECK", *lines, **settings):
    common = {"connect_timeout": 1, "retry": 0, "delay_before_retry": 1, "warmup": 0, **settings}
    if kind in ("MISC_CHECK", "FILE_CHECK", "BFD_CHECK", "PING_CHECK") and "connect_timeout" not in settings:
        del common["connect_timeout"]
    if kind in ("FILE_CHECK", "BFD_CHECK"):
        common = {}
    return block(kind, *(f"{key} {value}" for key, value in common.items() if value is not None), *lines)


def real(number, *lines, port=80, check=True, family=4):
    check = checker() if check is True else check
    return block(f"real_server {(RIP if family == 4 else RIP6)[number]} {port}", *lines, *([check] if check else []))


def service(*lines, head=f"{VIP} 80", servers=None, algo="wrr", kind="DR", protocol="TCP"):
    return block(f"virtual_server {head}", "delay_loop 1", *([f"lb_algo {algo}"] if algo else []),
                 *([f"lb_kind {kind}"] if kind else []), *([f"protocol {protocol}"] if protocol else []), *lines,
                 *(servers if servers is not None else [real(1, "weight 2"), real(2, "weight 3")])) + "\n"


def unchecked(*lines, numbers=(1, 2), port=80, family=4):
    return [real(number, *lines, port=port, check=False, family=family) for number in numbers]


def globals_(*lines):
    return block("global_defs", "router_id lab", "script_user root", *lines) + "\n"


def notes(*, fifo=True, quorum=True, mail=False, lines=()):
    """global_defs with everything that reports."""
    return globals_(*(["lvs_notify_fifo @DIR@/fifo"] if fifo else []),
                    *(["smtp_server 127.0.0.1", "smtp_connect_timeout 5", "notification_email_from lvs@lab",
                       "smtp_alert on",
                       "notification_email {\n    admin@lab\n}"] if mail else []), *lines)


QUORUM_NOTES = ('quorum_up "@DIR@/note quorum up"', 'quorum_down "@DIR@/note quorum down"')


def told(number, *lines, **settings):
    """A real server with notify scripts."""
    return real(number, f'notify_up "@DIR@/note up {number}"', f'notify_down "@DIR@/note down {number}"', *lines,
                **settings)

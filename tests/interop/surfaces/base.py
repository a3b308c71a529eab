"""What scenarios of surface.py are made of."""

import re
from dataclasses import dataclass
from typing import Callable

SCENARIOS = []
# docs/differences.md, by its rows.
ALWAYS_KNOWN = (
    r"DIR/\S+:\d+(:\d+)?: ", r"\(DIR/\S+: Line \d+\)",  # Messages about a file have another form.
)
SECURE = "script_user root\nenable_script_security"


@dataclass
class Scenario:
    name: str
    play: Callable
    known: tuple = ()
    quick: bool = False  # Part of tests/netns/test_surface.py, with Debian's 2.2.7.


def scenario(function=None, *, name=None, known=(), quick=False):
    def register(play):
        SCENARIOS.append(Scenario(name or play.__name__.replace("_", "-"), play, tuple(known), quick))
        return play
    return register(function) if function else register


def variants(prefix, table, *, known=(), quick=()):
    """The same function for each row of a table {name: arguments}."""
    def register(play):
        for key, arguments in table.items():
            arguments = arguments if isinstance(arguments, tuple) else (arguments,)
            SCENARIOS.append(Scenario(f"{prefix}-{key}", lambda bench, given=arguments: play(bench, *given),
                                      tuple(known), quick is True or key in quick))
        return play
    return register


def globals_(*lines):
    return "global_defs {\n router_id lab\n " + "\n ".join(lines) + "\n}\n"


def instance(priority=100, *, name="VI_1", vrid=51, advert=0.2, interface="eth0", addresses=("10.1.0.100/24",),
             extra=""):
    """Master after 0.73 s."""
    return f"""
vrrp_instance {name} {{
    state BACKUP
    interface {interface}
    virtual_router_id {vrid}
    priority {priority}
    version 3
    advert_int {advert}
    {extra}
    virtual_ipaddress {{
        {" ".join(addresses)}
    }}
}}
"""


def block(keyword, *lines):
    return f"{keyword} {{\n " + "\n ".join(lines) + "\n}\n"


MASTER = "Entering MASTER STATE"


def said(text, *patterns):
    """The lines that one of the patterns is found in, without the time before them."""
    lines = (re.sub(r"^\w{3} \w{3} +\d+ [\d:]+ \d{4}: ", "", line) for line in text.splitlines())
    return [line for line in lines if any(re.search(each, line) for each in patterns)]

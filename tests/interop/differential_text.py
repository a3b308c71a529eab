"""Logs and dumps without what cannot be the same twice, or is about the inside of a program only."""

import json
import re

# What keepalived says of its processes and descriptors, and what each says of its own version.
_LOG_INTERNAL = re.compile(
    r"Starting (Keepalived|VRRP child|Healthcheck|BFD child)|Running on |Command line|  +'|Stopped|CPU usage|"
    r"Registering |Opening file|Starting BFD|pid \d+ exited|.*exited (due to|with)|Remove a zombie")
_LOG_DATE = re.compile(r"^\w{3} \w{3} +\d+ [\d:]+ \d{4}: ")
# What the data file of keepalived says about its own inside (docs/differences.md).
_DATA_INTERNAL = re.compile(r"fd_in|Read timeout|Last advert sent|sockpool")
_DATA_SECTIONS = ("VRRP Topology", "VRRP Sync groups", "VRRP Scripts", "VRRP Track files", "VRRP Track processes",
                  "VRRP Track BFDs", "Static Addresses", "Static Routes", "Static Rules", "Static Track groups",
                  "Gratuitous ARP delays")
_CHANGING = (
    (re.compile(r"after \d+ ms \(\d+ usec overdue\)"), "after N ms (N usec overdue)"),
    (re.compile(r"delivered in \d+ usec"), "delivered in N usec"),
    (re.compile(r"fd\(\d+,\d+\)"), "fd(N,N)"), (re.compile(r"process\(\d+\)"), "process(N)"),
    (re.compile(r"pid[= ]\d+"), "pid N"), (re.compile(r"ifindex\( *\d+\)"), "ifindex(N)"),
    (re.compile(r", ifindex \d+"), ", ifindex N"), (re.compile(r"= \d{9,}\.\d+( \(.*\))?"), "= TIME"),
    (re.compile(r"uid:gid (= )?\d+:\d+"), "uid:gid"), (re.compile(r"0x[0-9a-f]{8,}|\(nil\)"), "POINTER"),
)


def _settled(line):
    for pattern, instead in _CHANGING:
        line = pattern.sub(instead, line)
    return line


def log_text(text):
    """The lines of a log that a reader of keepalived's log would look for."""
    lines = (_LOG_DATE.sub("", line) for line in text.splitlines())
    return "\n".join(_settled(line) for line in lines if line and not _LOG_INTERNAL.match(line))


def dump_text(name, text):
    if name.endswith(".json"):
        return re.sub(r'("last_transition": )[\d.]+', r"\1TIME", json.dumps(json.loads(text), indent=1))
    if not name.endswith(".data"):
        return text
    kept, section = [], ""
    for line in text.splitlines():
        match = re.match(r"------< (.*) >------", line)
        section = match[1] if match else section
        if section in _DATA_SECTIONS and not _DATA_INTERNAL.search(line):
            kept.append(_settled(line))
    return "\n".join(kept)

"""Many checkers at once: each case is a virtual server of its own with one real server, all in one daemon, because a
daemon's start costs a second in a guest. What becomes of each is read from the IPVS table and the log."""

from dataclasses import dataclass, field

from cluster import VIP, table, weights_of
from lab import wait_until

REAL = "192.0.2.11"
FIRST_PORT = 8001


@dataclass(eq=False)
class Case:
    """`checker` is the block's keyword and its lines; the server is made by `server(node, port)`.

    `good`: the server stays in and the log says that the check succeeded. Otherwise it leaves, and the log has
    `says`, in which RS stands for the real server. `ours_alone`: the reference is known to do otherwise.
    `of_server` are more lines of the real server, whose weight is `weight`.
    """

    name: str
    checker: str
    server: object = None
    lines: tuple = ()
    good: bool = True
    says: str = ""
    ours_alone: bool = False
    protocol: str = "TCP"
    of_server: tuple = ()
    weight: int = 1
    port: int = 0
    running: object = field(default=None, repr=False)

    @property
    def rs(self):
        return f"[{REAL}]:{self.protocol.lower()}:{self.port}"

    @property
    def service(self):
        return f"{VIP}:{self.port}"

    def config(self):
        common = ["delay_loop 1", "warmup 3", "retry 0", "delay_before_retry 1", "log_all_failures"]
        body = "\n".join(f"            {line}" for line in (*common, *self.lines))
        server = "".join(f"        {line}\n" for line in (f"weight {self.weight}", *self.of_server))
        return (f"virtual_server {VIP} {self.port} {{\n    delay_loop 1\n    lb_algo rr\n    lb_kind DR\n"
                f"    protocol {self.protocol}\n    real_server {REAL} {self.port} {{\n{server}"
                f"        {self.checker} {{\n{body}\n        }}\n    }}\n}}\n")

    def said(self, log):
        return "\n  ".join([line for line in log.splitlines() if self.rs in line][-5:])


SUCCESS = {
    "HTTP_GET": "Remote Web server RS succeed on service.",
    "SSL_GET": "Remote Web server RS succeed on service.",
    "SMTP_CHECK": "Remote SMTP server RS succeed on service.",
    "UDP_CHECK": "UDP connection to RS success.",
    "PING_CHECK": "ICMP connection to RS success.",
    "TCP_CHECK": "TCP connection to RS success.",
    "DNS_CHECK": "",
    "MISC_CHECK": "",
}


def start(cluster, cases, binary, *, head="", real=None):
    """One daemon with all cases, and their servers; gives daemon and director."""
    director = cluster.director(1)
    config = head + configuration(cases, real or real_node(cluster))
    return cluster.start(director, config, binary=binary, part="check"), director


def configuration(cases, real):
    """Gives each case its port, starts its server on a node and puts the virtual servers together."""
    for number, case in enumerate(cases):
        case.port = case.port or FIRST_PORT + number
        case.running = case.server(real, case.port) if case.server else None
    return "".join(case.config() for case in cases)


def real_node(cluster):
    return cluster.lab.node("real1", f"{REAL}/24", "2001:db8::11/64")


def settle(daemon, director, cases, *, timeout=40, good=None):
    """Waits until each case has come to what it should; `good` (by case) takes the place of what is true at first, and
    then only the table counts."""
    wrong = [None]

    def settled():
        lines, log = table(director), daemon.log()
        wrong[0] = [text for case in cases if (text := _wrong_with(case, lines, log, good))]
        return not wrong[0]

    try:
        wait_until(settled, timeout, "all cases", interval=0.5)
    except AssertionError:
        raise AssertionError("\n".join(wrong[0])) from None


def run(cluster, cases, binary, *, head="", timeout=40):
    """Starts one daemon with all cases and waits until each has come to what it should; gives daemon and director."""
    daemon, director = start(cluster, cases, binary, head=head)
    try:
        settle(daemon, director, cases, timeout=timeout)
    finally:
        for case in cases:
            if case.running:
                case.running.stop()
    return daemon, director


def _wrong_with(case, lines, log, good):
    is_in = case.weight in weights_of(lines, case.service)
    if is_in != (good(case) if good else case.good):
        return f"{case.name}: the server is {'in' if is_in else 'out'}; the log has\n  " + case.said(log)
    text = "" if good else (case.says or (SUCCESS[case.checker] if case.good else "")).replace("RS", case.rs)
    if text not in log:
        return f"{case.name}: the log lacks {text!r}, but has\n  " + case.said(log)
    return None

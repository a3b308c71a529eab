"""Many checkers at once: each case is a virtual server of its own with one real server, all in one daemon, because a
daemon's start costs a second in a guest. What becomes of each is read from the IPVS table and the log."""

from dataclasses import dataclass, field

from cluster import VIP, servers_of, table
from lab import wait_until

REAL = "192.0.2.11"
FIRST_PORT = 8001


@dataclass
class Case:
    """`checker` is the block's keyword and its lines; the server is made by `server(node, port)`.

    `good`: the server stays in and the log says that the check succeeded. Otherwise it leaves, and the log has
    `says`, in which RS stands for the real server. `ours_alone`: the reference is known to do otherwise.
    """

    name: str
    checker: str
    server: object = None
    lines: tuple = ()
    good: bool = True
    says: str = ""
    ours_alone: bool = False
    protocol: str = "TCP"
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
        return (f"virtual_server {VIP} {self.port} {{\n    delay_loop 1\n    lb_algo rr\n    lb_kind DR\n"
                f"    protocol {self.protocol}\n    real_server {REAL} {self.port} {{\n"
                f"        {self.checker} {{\n{body}\n        }}\n    }}\n}}\n")


SUCCESS = {
    "HTTP_GET": "Remote Web server RS succeed on service.",
    "SSL_GET": "Remote Web server RS succeed on service.",
    "SMTP_CHECK": "Remote SMTP server RS succeed on service.",
    "UDP_CHECK": "UDP connection to RS success.",
    "PING_CHECK": "ICMP connection to RS success.",
    "DNS_CHECK": "",
}


def run(cluster, cases, binary, *, head="", timeout=40):
    """Starts one daemon with all cases and waits until each has come to what it should; gives daemon and director."""
    director = cluster.director(1)
    real = cluster.lab.node("real1", f"{REAL}/24", "2001:db8::11/64")
    for number, case in enumerate(cases):
        case.port = case.port or FIRST_PORT + number
        case.running = case.server(real, case.port) if case.server else None
    daemon = cluster.start(director, head + "".join(case.config() for case in cases), binary=binary, part="check")
    wrong = [None]

    def settled():
        lines, log = table(director), daemon.log()
        wrong[0] = [text for case in cases if (text := _wrong_with(case, lines, log))]
        return not wrong[0]

    try:
        wait_until(settled, timeout, "all cases", interval=0.5)
    except AssertionError:
        raise AssertionError("\n".join(wrong[0])) from None
    finally:
        for case in cases:
            if case.running:
                case.running.stop()
    return daemon, director


def _wrong_with(case, lines, log):
    is_in = bool(servers_of(lines, case.service))
    if is_in != case.good:
        return f"{case.name}: the server is {'in' if is_in else 'out'}"
    text = (case.says or (SUCCESS[case.checker] if case.good else "")).replace("RS", case.rs)
    if text not in log:
        said = [line for line in log.splitlines() if case.rs in line]
        return f"{case.name}: the log lacks {text!r}, but has\n  " + "\n  ".join(said[-5:])
    return None

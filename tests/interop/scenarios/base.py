"""What scenarios are made of: configurations, events with their times, and what is compared."""

from dataclasses import dataclass

VIP = "10.1.0.100/24"
NOTIFY = "@DIR@/notify.sh"
ALL = ("adverts", "announcements", "addresses", "scripts", "fifo", "mails", "log", "facts")
NOTIFY_ALL = "\n".join([*(f'notify_{kind} "{NOTIFY} specific {kind}"' for kind in
                          ("master", "backup", "fault", "stop", "deleted", "master_rx_lower_pri")),
                        f'notify "{NOTIFY} generic"'])


@dataclass
class Scenario:
    name: str
    first: str  # Configuration of node first (10.1.0.1, fd00::1); None: the file does not exist.
    second: str = ""  # Of node second (10.1.0.2, fd00::2), the same program; empty: none runs there.
    second_at: float = 0.3
    events: tuple = ()  # (seconds after the start, (method of Run without _do_, arguments...)).
    seconds: float = 5.0  # Then the first daemon is stopped and the rest is looked at.
    compare: tuple = ALL
    known: tuple = ()  # Patterns of differences that docs/differences.md explains.
    prepare: tuple = ()  # `ip` commands on first before the start.
    part: str = "vrrp"
    options: tuple = ()
    starts: bool = True  # The first daemon is started at once; otherwise only by an event, or never.
    outputs: bool = False  # What ("command", ...) prints is compared, not only its exit status.
    quick: bool = False  # Part of tests/netns/test_differential.py: the same with Debian's 2.2.7.


def instance(priority=100, *, state="BACKUP", name="VI_1", vrid=51, version=3, advert=1, interface="eth0",
             addresses=(VIP,), extra="", notify=True):
    lines = "\n        ".join(addresses)
    told = NOTIFY_ALL if notify else ""
    return f"""
vrrp_instance {name} {{
    state {state}
    interface {interface}
    virtual_router_id {vrid}
    priority {priority}
    version {version}
    advert_int {advert}
    {extra}
    {told}
    virtual_ipaddress {{
        {lines}
    }}
}}
"""


def globals_(extra=""):
    return f"""
global_defs {{
    router_id lab
    script_user root
    enable_script_security
    vrrp_notify_fifo @DIR@/fifo
    {extra}
}}
"""


def fast(priority=100, **settings):
    return instance(priority, advert=0.5, **settings)


def brisk(priority=100, **settings):
    """Master after 0.72 s."""
    return instance(priority, advert=0.2, **settings)


def block(keyword, *lines):
    return f"{keyword} {{\n " + "\n ".join(lines) + "\n }\n"


def peers(*addresses, own="10.1.0.1", extra=""):
    return f"unicast_src_ip {own}\n{extra}\n" + block("unicast_peer", *addresses)


def script(name="S", *, path="@DIR@/flag.sh", extra="interval 1"):
    return f'vrrp_script {name} {{\n script "{path}"\n {extra}\n}}\n'


def group(extra="", members=("VI_1", "VI_2"), name="G"):
    return f"""vrrp_sync_group {name} {{
    group {{
        {" ".join(members)}
    }}
    {extra}
    notify_master "{NOTIFY} group master"
    notify_backup "{NOTIFY} group backup"
    notify_fault "{NOTIFY} group fault"
    notify_stop "{NOTIFY} group stop"
    notify "{NOTIFY} group generic"
}}
"""


def pair(**settings):
    """Two instances on eth0."""
    return fast(100, **settings) + fast(100, name="VI_2", vrid=52, addresses=["10.1.0.102/24"], **settings)


G = globals_()
ETH1 = ("link add eth1 address 02:00:00:00:01:01 type veth peer name far1 address 02:00:00:00:01:02",
        "link set eth1 up", "link set far1 up", "addr add 10.2.0.1/24 dev eth1")
IPV6 = ("fe80::100/64", "fd00::100/64")


# What docs/differences.md explains, by its rows.
ALWAYS_KNOWN = (
    # The reference says so at the start as well, of what is not there.
    r"log: -.*removing (E-VIPs\.|VIPs\.|Virtual R\w+|firewall drop rule)$", r"log: -.*Netlink: error: No such",
    # One more or less, by chance; the trace of adverts counts them.
    r'"advert_(sent|rcvd)"|stats .*: [-+]    (Sent|Received): ',
    r"log: \+\w+ .*cannot add (address|route)",  # Who it is for, instead of a number of the kernel's.
    r"log: \+\w+ DIR/\w+/daemon/keepalived\.conf:\d+",  # Our messages about a file tell its line in another form,
    r"log: -\w+ \(DIR/\w+/daemon/keepalived\.conf: Line",  # and always.
    r"Rate-limit flags|Roger timer thread",
    r"mails: \+.*(\n.*)*Subject: .* - Stopping",  # The reference ends before it has sent this one.
    r"log: \+\w+ (Remote SMTP server|SMTP alert succ)",
    r"log: \+.*(was not running for|did not run for)",  # Of a busy machine; the reference does not look.
    r"log: -\w+ (Netlink: error|use_vmac or no_accept/strict specified|unlink of /run/keepalived/|Child process)",
)
# The reference says these without a line number; ours is one of the messages about a file.
# What comes first is chance, and decides about an interval.
PHASE = (r"at \d+\.\d+ s, reference at", r"log: .*(discarding|Receive advertisement timeout)",
         r"Master down timer", r"adverts: \d+ times")
FAILED_START = (r"scripts: -.*(STOP|stop)", r"log: -\w+ (NOTICE|Non-existent interface)")
CONFIG = (r"log: -\w+ (\(\w+\) |Sync group |Virtual router |Warning - |WARNING - |Script |"
          r"Disabling track script |Wrong )"
          r"(VRRPv\d advertisement|the first IPv6 VIP|A unicast keyword|Cannot use unicast|VRRP version 3 does not|"
          r"preempt_delay is incomp|Warning - nopreempt|ignoring weight|Ignoring track_interface|Unicast peers are|"
          r"\w+ has only|\w+, no matching|VI_\d |script |file type|'|/|[ST] )",)
OTHERS_STAY = (r"(addresses|routes -.|firewall) (after the stop|at the end|without): -|addresses: \+first -|"
               r"setting firewall drop rule|\[dev eth0\]|table 200 proto 18\"?$",)  # What the reference leaves behind.
VMACS = (r"addresses: at .*fe80|settings after the stop: [-+].*arp_(ignore|filter)",)
OLD_BURST = (  # Second bursts end with their mastership.
    r"announcements: -\w+ ARP 1 10\.1\.0\.10\d ff",
    r"log: -\w+ \(VI_\d\) Sending/queueing|log: -\w+ Sending gratuitous")
RELOAD = (  # Unchanged instances notice nothing: no extra adverts, and their second burst still comes.
    r"adverts: \d+ times, reference", r"announcements: [-+]\w+ ARP 1 10\.1\.0\.10\d ff",
    r"log: [-+]\w+ (\(VI_\w\) )?Sending(/queueing)? gratuitous", r"log: -.*setting (E-VIPs|VIPs|Virtual R)",
    r"log: -.*(no longer exist|Removing route|Assigned address|sockpool)", r"log: \+.*is already there",
    r"log: [-+].*Changing effective priority")
REFUSED = (  # A refused packet does not put off the Master's next advert, and its sender is not the master.
    r"adverts: \d+ times", r"log: -.*master (set to|changed)", r"IPSEC-AH",
    r'(json|stats) .*(auth_\w+|Failure|Missing|Unknown Key|Invalid HMAC)"?: \d')
NOTICES = (r"log: [-+].*sockpool",  # The reference opens its sockets before there is an interface.
           r"log: -.*send advert error", r"log: -.*Interface \w+ (added|deleted)",
           r"log: \+.*(Netlink reports eth1 down|no IPv4 address for interface)")
INIT_FAIL = (r"at [12]\.\d+ s, reference at [01]\.", r"adverts: 7 times, reference",
             r"(scripts|fifo|log): \+.*(FAULT|fault)")
ADOPTION = (r"addresses: -first [-+] 10", r"log: \+.*(keeping the VIPs|is already there|removing the VIPs)")


def send(times=1, **settings):
    return ("send", times, settings)


def ip(*commands):
    return ("ip", "first", *commands)


def flag(value):
    return ("write", "first", "flag", f"{value}\n")


def reload(config):
    return ("reload", "first", config)

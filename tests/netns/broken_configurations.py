"""A corpus of broken configurations: small files, made of one good one and a table of mistakes.

Each case is a name and either the bytes of the file or a function that makes something else at its place. CASES has
them all; what is reported and refused is the rule, TOLERATED names those that are applied nevertheless, as keepalived
does: it has only warned about them.
"""

import os

GOOD = """global_defs {
    router_id lab
    enable_script_security
    script_user root
    vrrp_garp_master_delay 0
}

vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    version 3
    advert_int 0.2
    virtual_ipaddress {
        10.1.0.100/24
    }
}
"""


def inside(line):
    """The good file with a further line in its instance, in place of one with the same keyword."""
    lines = GOOD.splitlines()
    keyword = line.split()[0]
    lines = [old for old in lines if old.split()[:1] != [keyword] or keyword in ("interface",)]
    if keyword == "interface":
        lines = [old for old in lines if old.strip() != "interface eth0"]
    at = next(number for number, old in enumerate(lines) if old.startswith("vrrp_instance")) + 1
    return "\n".join(lines[:at] + ["    " + line] + lines[at:]) + "\n"


def addresses(*lines):
    return GOOD.replace("        10.1.0.100/24\n", "".join(f"        {line}\n" for line in lines))


def in_global(line):
    return GOOD.replace("global_defs {\n", "global_defs {\n    " + line + "\n")


def after(text):
    return GOOD + text.strip("\n") + "\n"


# Each word after a keyword of an instance is a mistake of its own; "-" means none at all.
WRONG_VALUES = {
    "virtual_router_id": ["0", "256", "-1", "word", "1.5", "99999999999", "-", "0x33", "51x"],
    "priority": ["256", "-5", "high", "-", "1e2", "99999999999"],
    "advert_int": ["0", "-1", "often", "-", "100000", "0.001"],
    "version": ["1", "4", "two", "-"],
    "state": ["MASTERY", "-", "fault"],
    "interface": ["eth99", "-", "averylonginterfacename", "eth0/1"],
    "garp_master_delay": ["-1", "soon", "99999999999"],
    "garp_master_repeat": ["-1", "many"],
    "garp_master_refresh": ["-1", "x"],
    "preempt_delay": ["-1", "1001", "later"],
    "mcast_src_ip": ["10.1.0", "256.1.1.1", "name", "fe80::1"],
    "unicast_src_ip": ["10.1.0", "999.1.1.1", "name"],
    "debug": ["5", "-1", "x"],
    "accept": ["maybe"],
    "nopreempt": ["perhaps"],
    "use_vmac": ["averylonginterfacename"],
    "smtp_alert": ["sometimes"],
    "promote_secondaries": ["surplus"],
    "kernel_rx_buf_size": ["-1", "much"],
    "down_timer_adverts": ["0", "101", "x"],
    "rotary_phone": ["1"],
    "virtual_routerid": ["51"],
    "prioritty": ["100"],
}

WRONG_ADDRESSES = ["10.1.0", "10.1.0.256/24", "10.1.0.100/33", "10.1.0.100/-1", "10.1.0.100/x", "fe80:::1/64", "fd00::1/129",
                   "name", "10.1.0.100/24 dev eth99", "10.1.0.100/24 dev", "10.1.0.100/24 scope nowhere",
                   "10.1.0.100/24 brd 10.1.0", "10.1.0.100/24 label", "10.1.0.100/24 surplus", "10.1.0.100/24 peer x",
                   "10.1.0.100/24 preferred_lft never"]

WRONG_ROUTES = ["10.9.0.0/33 via 10.1.0.9", "10.9.0.0/16 via 10.1.0", "10.9.0.0/16 via fd00::9", "10.9.0.0/16 dev eth99",
                "10.9.0.0/16 table nowhere", "10.9.0.0/16 dev eth0 metric x", "10.9.0.0/16 dev eth0 surplus",
                "10.9.0.0/16 dev eth0 tos 999", "10.9.0.0/16 dev eth0 mtu", "nonsense"]

WRONG_RULES = ["from 10.9.0.0/40 table 100", "from 10.9.0.0/16 table nowhere", "from x table 100", "to 10.9.0.0/16 fwmark x table 1",
               "from 10.9.0.0/16 priority x table 1", "surplus"]

WRONG_GLOBALS = ["router_idd lab", "vrrp_version 7", "vrrp_priority 200", "vrrp_mcast_group4 10.0.0.1", "vrrp_mcast_group4 x",
                 "vrrp_mcast_group6 fe80::1", "smtp_server", "smtp_server 999.0.0.1 70000", "smtp_connect_timeout x",
                 "script_user nobody_of_this_name", "script_user", "vrrp_rt_priority 1000", "vrrp_cpu_affinity 9999",
                 "max_auto_priority x", "vrrp_garp_interval x", "vrrp_rlimit_rttime -1", "vrrp_process_priority 99",
                 "notification_email {\n    a@b\n", "vrrp_skip_check_adv_addr x", "dynamic_interfaces x"]

SCRIPT = 'vrrp_script check {\n    script "/usr/bin/true"\n    %s\n}\n'

WRONG_BLOCKS = {
    "a block nobody knows": "vrrp_instances VI_2 {\n    state BACKUP\n}",
    "a block without a name": "vrrp_instance {\n    state BACKUP\n}",
    "an instance without a VRID": "vrrp_instance VI_2 {\n    interface eth0\n    priority 9\n}",
    "an instance without an interface": "vrrp_instance VI_2 {\n    virtual_router_id 52\n    priority 9\n}",
    "an empty instance": "vrrp_instance VI_2 {\n}",
    "the same VRID again": GOOD[GOOD.index("vrrp_instance"):].replace("VI_1", "VI_2"),
    "the same instance again": GOOD[GOOD.index("vrrp_instance"):],
    "a script that is not there": SCRIPT.replace("/usr/bin/true", "/nowhere/check") % "interval 1",
    "a script without a path": "vrrp_script check {\n    interval 1\n}",
    "a script that is a folder": SCRIPT.replace("/usr/bin/true", "/usr/bin") % "interval 1",
    "a script with an open quote": SCRIPT.replace('true"', "true") % "interval 1",
    "a script with a wrong interval": SCRIPT % "interval 0",
    "a script with a wrong weight": SCRIPT % "weight 999",
    "a script with a wrong rise": SCRIPT % "rise 0",
    "a script of an unknown user": SCRIPT % "user nobody_of_this_name",
    "a script with a wrong timeout": SCRIPT % "timeout x",
    "a script without a name": "vrrp_script {\n    script /usr/bin/true\n}",
    "a group of nobody": "vrrp_sync_group G {\n    group {\n        VI_7\n    }\n}",
    "a group without members": "vrrp_sync_group G {\n    group {\n    }\n}",
    "a group with an unknown word": "vrrp_sync_group G {\n    group {\n        VI_1\n    }\n    members VI_1\n}",
    "a group without a name": "vrrp_sync_group {\n    group {\n        VI_1\n    }\n}",
    "a file without a path": "track_file f {\n    weight 1\n}",
    "a file with a wrong weight": "track_file f {\n    file /tmp/x\n    weight 999\n}",
    "a process without a name": "vrrp_track_process p {\n    quorum 1\n}",
    "a process with a wrong quorum": "vrrp_track_process p {\n    process sleep\n    quorum x\n}",
    "a static address of nowhere": "static_ipaddress {\n    10.7.0.1/24 dev eth99\n}",
    "a wrong static address": "static_ipaddress {\n    10.7.0/24/1 dev eth0\n}",
    "a wrong static route": "static_routes {\n    10.70.0.0/16 via x\n}",
    "a wrong static rule": "static_rules {\n    from x table 71\n}",
    "a server with a wrong address": "virtual_server 10.0.0.256 80 {\n    lb_algo rr\n    protocol TCP\n}",
    "a server with a wrong port": "virtual_server 10.0.0.1 70000 {\n    lb_algo rr\n    protocol TCP\n}",
    "a server with a wrong scheduler": "virtual_server 10.0.0.1 80 {\n    lb_algo\n    protocol TCP\n}",
    "a server with a wrong protocol": "virtual_server 10.0.0.1 80 {\n    protocol ICMP\n}",
    "a server with a wrong kind": "virtual_server 10.0.0.1 80 {\n    lb_kind XX\n    protocol TCP\n}",
    "a real server with a wrong address": "virtual_server 10.0.0.1 80 {\n    protocol TCP\n    lb_kind DR\n    real_server x 80 {\n    }\n}",
    "a real server with a wrong weight": "virtual_server 10.0.0.1 80 {\n    protocol TCP\n    lb_kind DR\n    real_server 10.0.0.2 80 {\n        weight -3\n    }\n}",
    "an unknown checker": "virtual_server 10.0.0.1 80 {\n    protocol TCP\n    lb_kind DR\n    real_server 10.0.0.2 80 {\n        TPC_CHECK {\n        }\n    }\n}",
    "a mark that is no number": "virtual_server fwmark x {\n    protocol TCP\n}",
    "an unknown server group": "virtual_server group nobody {\n    protocol TCP\n    lb_kind DR\n}",
    "a wrong group entry": "virtual_server_group g {\n    10.0.0.300 80\n}",
    "a bfd session without a neighbour": "bfd_instance b {\n    min_rx 50\n}",
    "a bfd session with a wrong neighbour": "bfd_instance b {\n    neighbor_ip x\n}",
    "a bfd session with a wrong multiplier": "bfd_instance b {\n    neighbor_ip 10.1.0.9\n    multiplier 0\n}",
    "an open block at the end": "vrrp_instance VI_2 {\n    interface eth0",
    "a closing brace too many": "}",
    "an opening brace too many": "{",
    "only a word": "nonsense",
    "braces within a line": "vrrp_instance VI_2 { interface eth0 { } { }",
}

WRONG_LANGUAGE = {
    "an include of nothing": "include /nowhere/at/all.conf",
    "a required include": "includer /nowhere/*.conf",
    "an include without a name": "include",
    "a definition without a value": "$NAME",
    "a definition with a wrong name": "$9=5",
    "a use of what is not defined": "vrrp_instance $NOBODY {\n}",
    "a definition that uses itself": "$A=$A\nvrrp_instance $A {\n}",
    "two definitions in a circle": "$A=$B\n$B=$A\nvrrp_instance $A {\n}",
    "a sequence without an end": "~SEQ(x, 1\nvrrp_instance V$x {\n}",
    "a sequence with wrong numbers": "~SEQ(x, a, b) vrrp_instance V$x {\n}",
    "a list without an end": "~LST(x, 1, 2\nfoo",
    "a list of nothing": "~LST()",
    "a condition without a word": "@ vrrp_foo",
    "an open quote": 'notify "/bin/x',
    "an open quote in a block": 'vrrp_script q {\n    script "/usr/bin/true\n}',
    "a quote within a word": 'vrrp_instance VI"2 {\n}',
    "a backslash at the end": "vrrp_instance VI_2 \\",
    "a block comment without an end": "@^nobody word",
    "an equals sign": "vrrp_version = 3",
    "a colon": "vrrp_instance: VI_2",
    "json": '{"vrrp_instance": {"state": "BACKUP"}}',
    "xml": "<vrrp_instance name='VI_2'/>",
    "yaml": "vrrp_instance:\n  - name: VI_2",
    "a shell": "if [ -f x ]; then\n  echo\nfi",
}


def spoiled(bytes_of_good):
    """Damage done to the bytes of the file."""
    yield "a NUL byte in a word", bytes_of_good.replace(b"priority", b"prio\0rity")
    yield "a line of NUL bytes", bytes_of_good + b"\0" * 100 + b"\n"
    yield "nothing but NUL bytes", b"\0" * 5000
    yield "bytes that are no text", bytes_of_good + bytes(range(128, 256)) + b"\n"
    yield "all bytes", bytes(range(256)) * 8
    yield "a word in bad UTF-8", bytes_of_good.replace(b"version 3", b"vers\xc3\x28ion 3")
    yield "an overlong UTF-8 sequence", bytes_of_good + b"\xc0\xaf\xe0\x80\xaf 1\n"
    yield "a byte order mark", b"\xef\xbb\xbf" + bytes_of_good
    yield "two bytes per letter", bytes_of_good.decode().encode("utf-16")
    yield "a compressed file", b"\x1f\x8b\x08\x00" + bytes(range(40)) * 3
    yield "a program", b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x03\0\x3e\0" + b"\x90" * 500
    yield "lines that end with a carriage return alone", bytes_of_good.replace(b"\n", b"\r")
    yield "a huge line", bytes_of_good + b"x" * 300000 + b"\n"
    yield "a huge value", bytes_of_good.replace(b"router_id lab", b"router_id lab\n    " + b"y" * 3000)
    yield "many words in a line", bytes_of_good + b"w " * 20000 + b"\n"
    yield "ten thousand unknown keywords", bytes_of_good + b"".join(b"unknown%d 1\n" % i for i in range(10000))
    yield "ten thousand open blocks", bytes_of_good + b"a {\n" * 10000
    yield "ten thousand closing braces", bytes_of_good + b"}\n" * 10000
    yield "control characters", bytes_of_good + b"\x1b[31mred\x07\x08\n"
    yield "an empty file", b""
    yield "nothing but blanks", b" \t\n" * 50
    # Cut off in the middle, as by a full disk or a copy that still goes on.
    for cut in range(15, len(bytes_of_good) - 2, 17):
        yield f"cut off after {cut} bytes", bytes_of_good[:cut]


def instead(make):
    """Something that is no file at the place of the file."""
    def place(path):
        path.unlink(missing_ok=True)
        make(path)
    return place


def including(*names):
    """The good file, which includes the first of these files beside it; each of them includes the next, the last one
    the first again."""
    def place(path):
        for name, following in zip(names, [*names[1:], names[0]]):
            if name != path.name:
                (path.parent / name).write_text(f"include {path.parent / following}\n")
        own = names[(names.index(path.name) + 1) % len(names)] if path.name in names else names[0]
        path.write_text(GOOD + f"include {path.parent / own}\n")
        path.chmod(0o644)
    return place


LOOPS = {
    "an include of itself": including("keepalived.conf"),
    "two files that include each other": including("keepalived.conf", "second.conf"),
    "an include that includes itself": including("second.conf"),
}


NO_FILES = {
    "no file": instead(lambda path: None),
    "a folder": instead(lambda path: path.mkdir()),
    "a fifo": instead(lambda path: os.mkfifo(path)),
    "a link to nowhere": instead(lambda path: path.symlink_to("/nowhere/at/all")),
    "a link to itself": instead(lambda path: path.symlink_to(path)),
    "a device": instead(lambda path: path.symlink_to("/dev/zero")),
    "a program's permissions": instead(lambda path: (path.write_text(GOOD), path.chmod(0o755))),
}


def make_cases():
    cases = {}

    def add(name, content):
        assert name not in cases, name
        cases[name] = content if callable(content) or isinstance(content, bytes) else content.encode()
    for keyword, values in WRONG_VALUES.items():
        for value in values:
            add(f"{keyword} {value}", inside(keyword if value == "-" else f"{keyword} {value}"))
    for line in WRONG_ADDRESSES:
        add(f"address {line}", addresses("10.1.0.100/24", line))
    for line in WRONG_ROUTES:
        add(f"route {line}", inside("virtual_routes {\n        " + line + "\n    }"))
    for line in WRONG_RULES:
        add(f"rule {line}", inside("virtual_rules {\n        " + line + "\n    }"))
    for line in WRONG_GLOBALS:
        add(f"global {line.splitlines()[0]}", in_global(line))
    for name, text in WRONG_BLOCKS.items():
        add(name, after(text))
    for name, text in WRONG_LANGUAGE.items():
        add(name, after(text))
    for name, content in spoiled(GOOD.encode()):
        add(name, content)
    for name, make in {**LOOPS, **NO_FILES}.items():
        add(name, make)
    return cases


CASES = make_cases()


# What -t takes without a word, as keepalived's does.
ACCEPTED = {
    "accept maybe", "nopreempt perhaps", "promote_secondaries surplus", "an include of nothing", "a required include",
    "a condition without a word", "an empty file", "nothing but blanks", *NO_FILES,
}
# What a reload takes: what is wrong there is passed over, as in keepalived.
APPLIED = {
    "accept maybe", "nopreempt perhaps", "promote_secondaries surplus", "a condition without a word", "an unknown server group",
}
# What keepalived answers with another status: it crashes, runs on for ever, or has no limit.
REFERENCE_DIFFERS = {
    "a script with an open quote", "an open quote in a block", "a definition that uses itself",
    "two definitions in a circle", "an include that includes itself",
}


def put(name, path):
    """Makes a case of this name at `path`."""
    if path.is_symlink() or path.exists():
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    content = CASES[name]
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
        path.chmod(0o644)

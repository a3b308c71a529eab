#!/usr/bin/python3
"""Compares the verdicts of two `-t` runs over a folder of configurations.

    config_verdicts.py --ours "build/bin/holdfast -t -f" --reference "keepalived -t -f" FOLDER...

Each file is read by both programs in a network namespace of its own, which holds the interfaces the file names
(--no-interfaces: none of them). A verdict is the exit status. Needs root for `unshare -n`. With --keywords FILE the
examples of a keyword list (path and example are its first and last column) are wrapped into small configurations and
compared as well, with --mutate N also every Nth of the typical mistakes made in them. With --generated PROGRAM the
examples and the wrong uses that the keyword tables tell (holdfast_keywords) are compared, in one namespace with the
interfaces and names they use. Prints one line per difference, the reasons of those that EXPLAINED knows, and one line of
counts per mode: same, explained, different. Exits 1 when there is a difference without a reason.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

import config_combinations

INTERFACE_WORDS = re.compile(
    r"^\s*(?:@\S+\s+)?[^#!\n]*?\b(?:interface|dev|oif|iif|default_interface|lvs_sync_daemon(?:_interface)?)\s+\"?([\w.-]+)",
    re.MULTILINE)
INTERFACE_BLOCKS = re.compile(r"\b(?:track_interface|interfaces|linkbeat_interfaces|interface_up_down_delays)\s*\{([^}]*)\}")


def interfaces(text):
    names = set(match.group(1) for match in INTERFACE_WORDS.finditer(text))
    for line in text.splitlines():
        names.update(re.findall(r"\b(?:dev|oif|iif)\s+([\w.-]+)", line))
    for block in INTERFACE_BLOCKS.finditer(text):
        for line in block.group(1).splitlines():
            words = re.split(r"[#!]", line)[0].split()
            if words:
                names.add(words[0])
    return sorted(name for name in names if 0 < len(name) <= 15 and name not in ("lo", ".", "..") and "%" not in name)


NAMESPACES = re.compile(r"^\s*(?:@\S+\s+)?net_namespace\s+([\w.-]+)", re.MULTILINE)


def run(command, path, text, names, timeout):
    setup = ["mount -t tmpfs none /run", "mkdir -p /run/netns"]
    add = "; ".join(f"ip link add name {shlex.quote(name)} type veth peer name hfp{number} 2>/dev/null"
                    for number, name in enumerate(names)) or "true"
    setup.append(add)
    # The reference gives up silently when the namespace of the file does not exist.
    for namespace in sorted(set(NAMESPACES.findall(text))):
        setup.append(f"ip netns add {namespace} && ip netns exec {namespace} sh -c {shlex.quote(add)}")
    script = "; ".join(setup) + f"; exec {command} {shlex.quote(path)}"
    try:
        done = subprocess.run(["unshare", "-n", "-m", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout, cwd=os.path.dirname(path) or ".", check=False)
    except subprocess.TimeoutExpired:
        return "timeout", ""
    return done.returncode, done.stdout.decode("utf-8", "replace")


INSTANCE = ("interface eth0", "virtual_router_id 77", "priority 100")


def wrap(path, example):
    """An example of the keyword list inside the blocks its path names."""
    example = example.replace("\\n", "\n")
    before = ("track_group TG1 {\n group {\n  VI_1\n }\n}\n"
              "vrrp_script chk_a {\n script \"/usr/bin/true\"\n}\n"
              "track_file tfile {\n file /tmp/ka-track\n}\n"
              "vrrp_track_process tproc {\n process sleep\n}\n"
              "bfd_instance bfd0 {\n neighbor_ip 192.0.2.80\n}\n")
    plain = "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n  192.0.2.1\n }\n}\n"
    second = plain.replace("VI_1", "VI_2").replace("virtual_router_id 1", "virtual_router_id 2")
    parts = path.split("/")
    security = "global_defs {\n enable_script_security\n script_user root\n}\n"
    if "bfd" not in (path + example).lower():
        before = before[:before.index("bfd_instance")]
    if len(parts) == 1 or path in ("virtual_server/fwmark", "virtual_server/group"):
        return security + before + plain + second + example + "\n"
    inner = example
    blocks = parts[:-1]
    # Words of an entry stand in the entry: the example is the whole entry already.
    if "<entry>" in blocks:
        blocks = blocks[:blocks.index("<entry>")]
    openers = {"vrrp_script": "vrrp_script x", "vrrp_track_process": "vrrp_track_process x", "track_file": "track_file x",
               "vrrp_track_file": "vrrp_track_file x", "track_group": "track_group x", "vrrp_instance": "vrrp_instance VI_9",
               "vrrp_sync_group": "vrrp_sync_group VG", "bfd_instance": "bfd_instance b9",
               "virtual_server_group": "virtual_server_group g", "virtual_server": "virtual_server 10.9.0.1 80",
               "real_server": "real_server 192.0.2.99 80"}
    needs = {"vrrp_script": ["script /usr/bin/true"], "vrrp_track_process": ["process sleep"],
             "track_file": ["file /tmp/ka-track"], "vrrp_track_file": ["file /tmp/ka-track"],
             "vrrp_instance": list(INSTANCE), "vrrp_sync_group": ["group {\n VI_1\n VI_2\n }"],
             "bfd_instance": ["neighbor_ip 192.0.2.81"], "virtual_server": ["lb_algo rr", "lb_kind NAT", "protocol TCP"],
             "MISC_CHECK": ["misc_path /usr/bin/true"], "HTTP_GET": ["url {\n path /\n }"], "SSL_GET": ["url {\n path /\n }"],
             "url": ["path /"], "auth_hmac": ["key 1 0123456789abcdef0123456789abcdef", "active_key 1"],
             "garp_group": ["garp_interval 1"], "FILE_CHECK": ["track_file tfile"], "BFD_CHECK": ["name bfd0"]}
    keyword = inner.split()[0] if inner.split() else ""
    for name in reversed(blocks):
        extra = [line for line in needs.get(name, []) if line.split()[0] != keyword]
        if name == "vrrp_instance" and keyword not in ("virtual_ipaddress", "no_virtual_ipaddress"):
            family = "2001:db8::99" if "ipv6" in keyword else "192.0.2.99"
            extra.append("virtual_ipaddress {\n %s\n }" % family)
        if name == "virtual_server" and "real_server" not in blocks and keyword != "real_server":
            extra.append("real_server 192.0.2.98 80 {\n weight 1\n }")
        if name in ("track_group",) and keyword != "group":
            extra.append("group {\n VI_1\n }")
        body = "\n".join(extra + [inner])
        inner = f"{openers.get(name, name)} {{\n{body}\n}}"
        keyword = name
    text = security if parts[0] != "global_defs" else ""
    return text + before + plain + second + inner + "\n"


def mutations(example):
    """Typical mistakes in one line: a word less or more, values out of range, garbage, the line twice."""
    yield "plain", example
    if "\\n" in example or "{" in example:
        return
    words = example.split()
    yield "twice", example + "\\n" + example
    yield "more", example + " surplus"
    if len(words) > 1:
        yield "less", " ".join(words[:-1])
        yield "bare", words[0]
        for name, value in (("zero", "0"), ("huge", "99999999999"), ("negative", "-1"), ("word", "nonsense"),
                            ("fraction", "0.5"), ("suffix", words[-1] + "x")):
            yield name, " ".join(words[:-1] + [value])


def keyword_files(table, folder, mutate):
    paths = []
    mistakes = 0
    with open(table, encoding="utf-8") as file:
        for number, line in enumerate(file):
            columns = line.rstrip("\n").split("\t")
            if number == 0 or len(columns) < 2:
                continue
            for kind, example in mutations(columns[-1]):
                if kind != "plain":
                    mistakes += 1
                    if not mutate or mistakes % mutate:
                        continue
                path = re.sub(r"[^A-Za-z0-9_]+", "-", columns[0])
                name = os.path.join(folder, f"{number:03d}_{path}_{kind}.conf")
                with open(name, "w", encoding="utf-8") as out:
                    out.write(wrap(columns[0], example))
                paths.append(name)
    return paths


# Differences of the generated files that are meant to be: a pattern for "NAME: LINE" (the name of the file and the line
# it is about), a pattern for what the reference said, the verdicts of the reference and of ours (None = any), and why.
EXPLAINED = [
    (r"", r"Unknown keyword", 5, None, "the reference does not know the keyword: it is older, or built without it"),
    (r"global_defs-(bfd|snmp)", r"Unknown keyword", 6, 2,
     "the reference does not know the keyword: it is older, or built without it"),
    (r"vrrp_script-script_negative", r"", -11, 5, "the reference crashes on a script that is an option"),
    (r"MISC_CHECK-misc_path_", r"", -11, 5, "the reference crashes on a check without a script that is there"),
    (r"routes-entry-inet_more", r"", 0, 5, "the reference takes the word after inet or inet6 as well"),
    (r"entry-fwmark_zero", r"", 0, 5, "mark 0 is none for IPVS"),
    (r"global_defs\.vrrp_iptables", r"iptables not supported", 5, 0, "the reference is built without iptables"),
    (r"^(static|.*virtual)_(routes|rules)\.\.inet6?:", r"", 5, 0,
     "the reference takes the word after inet or inet6 as well"),
    (r"track_file: no-such-thing", r"", None, 5, "the reference crashes or hangs on an unknown file"),
    (r"track_file-entry-_", r"", "timeout", 5, "the reference crashes or hangs on an unknown file"),
    (r"track_file-entry-_", r"", -11, 5, "the reference crashes or hangs on an unknown file"),
    (r"octavia", r"", 0, 5, "the reference leaves silently when the network namespace of the file does not exist"),
    (r"devtool-notify-priority-change", r"Unexpected '{'", 0, 2,
     "a template of undefined ${NAME}: the reference takes their braces for blocks, and forgets that it complained"),
    (r"^combination two_.*no_interface", r"", 5, 0, "2.2.7 has no instances without interface"),
    (r"^combination (dup_(excluded|peer|vip)$|one_unicast6?_v\w_strict)", r"", 0, 5,
     "2.2.7 is silent about an address given twice, and about strict mode with unicast"),
    (r"^combination check_http_no_(path|url)$", r"", -11, 5, "2.2.7 crashes on HTTP_GET without path"),
    (r"^combination route_no_track$", r"", 5, 0, "2.2.7 reports tracked routes without device"),
    (r"^bfd_instance(\.neighbor_ip)?: ", r"", -11, 2, "2.2.7 crashes when the word is missing"),
    (r"^(static|.*virtual)_routes\.\.encap: .* encap gre", r"", 2, 5,
     "the reference takes the words of an unknown encapsulation for further ones and misses the last"),
    (r"^(static|.*virtual)_routes\.\.(via|nexthop): ", r"", 5, 0, "2.2.7 reports tracked routes without device"),
    (r"nftables(_ipvs)?: nftables\S* x{255}$", r"", 0, 5, "2.2.7 takes a table name of 255 characters"),
    (r"virtual_server_group: fwmark 0", r"", 0, 5, "mark 0 is none for IPVS"),
    (r"SMTP_CHECK\.bindto: bindto 2001", r"", 0, 5, "such a checker could never connect"),
    (r"\.regex: regex( one two)?$", r"", 0, 5, "2.2.7 does not say that it ignores the line"),
    (r": .* maybe$|notification_email_from: .* surplus$|unicast_peer: 192.0.2.20$|excluded: 192.0.2.1$", r"", 0, 5,
     "2.2.7 does not say that it ignores the word"),
    (r"virtual_routes(-entry-(TYPE|via|table|nexthop))?_plain", r"", 5, 0, "2.2.7 reports tracked routes without device"),
    (r"(vrrp_script-interval|UDP_CHECK-payload)_plain", r"", 5, 0, "2.2.7 does not know this form"),
    (r"^(global_defs\.umask: umask IXUSR|vrrp_script\.(interval|timeout): .*\.5|.*UDP_CHECK\.payload: )", r"", 5, 0,
     "2.2.7 does not know this form"),
]


def explanation(name, said, reference, ours):
    for pattern, saying, theirs, own, reason in EXPLAINED:
        if theirs not in (None, reference) or own not in (None, ours):
            continue
        if re.search(pattern, name) and re.search(saying, said):
            return reason
    return None


class Counts:
    """What became of the files of one mode."""

    def __init__(self, mode):
        self.mode = mode
        self.same = 0
        self.different = 0
        self.reasons = {}

    def add(self, name, reference_said, reference, ours):
        """True when the verdicts differ without a reason."""
        if reference == ours:
            self.same += 1
            return False
        reason = explanation(name, reference_said, reference, ours)
        if reason:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
            return False
        self.different += 1
        print(f"{name}: reference {reference}, ours {ours}")
        return True

    def show(self):
        for reason, count in sorted(self.reasons.items()):
            print(f"{count} explained: {reason}")
        print(f"{self.mode}: {self.same} same, {sum(self.reasons.values())} explained, {self.different} different")


def compare_generated(options):
    """Runs in a network and mount namespace of its own; see main()."""
    setup = ("mount -t tmpfs none /run && mkdir -p /run/netns && ip link set lo up && "
             "ip link add eth0 type veth peer name eth0p && ip link add eth1 type veth peer name eth1p && "
             "ip link add eth2 type veth peer name eth2p && (ip link add vrf0 type vrf table 1000 || true); "
             "ip netns add blue; for link in eth0 eth0p eth1 eth1p eth2 eth2p; do ip link set $link up; done")
    subprocess.run(["sh", "-c", setup], check=True, stderr=subprocess.DEVNULL)
    different = 0
    folders = []
    if options.generated:
        for mode in ("--examples", "--bad-values"):
            folders.append("/run/generated" + mode)
            subprocess.run([options.generated, mode, folders[-1]], check=True, stdout=subprocess.DEVNULL)
    if options.combinations:
        folders.append("/run/combinations")
        os.mkdir(folders[-1])
        for name, text in config_combinations.combinations():
            with open(os.path.join(folders[-1], name + ".conf"), "w", encoding="utf-8", newline="") as out:
                out.write(text)
    for folder in folders:
        counts = Counts(os.path.basename(folder))
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if options.skip and re.search(options.skip, name):
                continue
            verdicts = []
            for command in (options.reference, options.ours):
                try:
                    done = subprocess.run(shlex.split(command) + [path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                          timeout=options.timeout, cwd=folder, check=False)
                    verdicts.append((done.returncode, done.stdout.decode("utf-8", "replace")))
                except subprocess.TimeoutExpired:
                    verdicts.append(("timeout", ""))
            (reference, reference_said), (ours, ours_said) = verdicts
            if folder == "/run/combinations":
                name = "combination " + name[:-len(".conf")]
            else:
                with open(path, encoding="utf-8") as file:
                    line = file.read().splitlines()[1][2:]
                name = re.sub(r"^\d+_|\.conf$", "", name) + ": " + line
            if counts.add(name, reference_said, reference, ours) and options.show:
                print("  --- reference\n" + "".join("  " + said + "\n" for said in reference_said.splitlines()[:20]))
                print("  --- ours\n" + "".join("  " + said + "\n" for said in ours_said.splitlines()[:20]))
        counts.show()
        different += counts.different
    return 1 if different else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--no-interfaces", action="store_true")
    parser.add_argument("--keywords")
    parser.add_argument("--mutate", type=int, nargs="?", const=1, metavar="N",
                        help="with --keywords: also try typical mistakes, every Nth of them")
    parser.add_argument("--generated", metavar="PROGRAM", help="path of holdfast_keywords")
    parser.add_argument("--combinations", action="store_true",
                        help="compare the configurations around the cross-checks (config_combinations.py)")
    parser.add_argument("--timeout", type=float, default=20)
    parser.add_argument("--skip", help="leave out files whose name matches this pattern")
    parser.add_argument("--show", action="store_true", help="print what both programs said about a difference")
    parser.add_argument("folders", nargs="*")
    options = parser.parse_args()

    if options.generated or options.combinations:
        if os.environ.get("CONFIG_VERDICTS_INSIDE") != "1":
            os.environ["CONFIG_VERDICTS_INSIDE"] = "1"
            os.execvp("unshare", ["unshare", "-n", "-m", sys.executable, os.path.abspath(__file__)] + sys.argv[1:])
        return compare_generated(options)

    with tempfile.TemporaryDirectory(prefix="config-verdicts-") as folder:
        paths = []
        for given in options.folders:
            if os.path.isdir(given):
                paths += [os.path.join(given, name) for name in sorted(os.listdir(given)) if name.endswith(".conf")]
            else:
                paths.append(given)
        paths = [os.path.abspath(path) for path in paths]
        if options.keywords:
            paths += keyword_files(options.keywords, folder, options.mutate)
        if options.skip:
            paths = [path for path in paths if not re.search(options.skip, os.path.basename(path))]
        counts = Counts("files" if not options.keywords else "keywords" + (f" and every mistake number {options.mutate}" if options.mutate else ""))
        for path in paths:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
            names = [] if options.no_interfaces else interfaces(text)
            reference, reference_said = run(options.reference, path, text, names, options.timeout)
            ours, ours_said = run(options.ours, path, text, names, options.timeout)
            if not counts.add(os.path.basename(path), reference_said, reference, ours):
                continue
            if options.show:
                print("  --- reference\n" + "".join("  " + line + "\n" for line in reference_said.splitlines()[:40]))
                print("  --- ours\n" + "".join("  " + line + "\n" for line in ours_said.splitlines()[:40]))
        counts.show()
        return 1 if counts.different else 0


if __name__ == "__main__":
    sys.exit(main())

"""Servers from Debian's packages (nginx, exim4, dnsmasq) on a node of a lab, each a process of its own with everything
it writes in the node's folder. None of them is one that a checker was written against."""

import os
import shutil
import signal
import subprocess

from lab import netlink, wait_until
from servers import make_certificate

PLUGINS = "/usr/lib/nagios/plugins"
NEEDED = ("nginx", "exim4", "dnsmasq", f"{PLUGINS}/check_tcp")


def missing():
    return [name for name in NEEDED if not shutil.which(name)]


class _Program:
    """Runs `command()` on a node until stop(); ready when `port` takes connections."""

    port = None

    def __init__(self, node, name):
        self.node = node
        self.folder = node.folder / name
        self.folder.mkdir()
        self._process = None

    def start(self):
        with open(self.folder / "output", "ab") as output:
            self._process = self.node.popen(self.command(), stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                            cwd=self.folder)
        try:
            wait_until(self._listens, 20, "a listener", interval=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.command()[0]} said {(self.folder / 'output').read_text()}") from None
        return self

    def _listens(self):
        with netlink.entered(self.node.namespace):
            table = open("/proc/thread-self/net/tcp").read() + open("/proc/thread-self/net/tcp6").read()
        return f":{self.port:04X} " in table

    def said(self):
        return "\n".join(f"--- {each}\n{each.read_text(errors='replace')[-3000:]}" for each in sorted(self.folder.iterdir())
                         if each.is_file() and each.suffix != ".conf")

    def stop(self):
        """As by a crash: connections are refused from here on, those under way end."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


class Nginx(_Program):
    """`sites` are server blocks; what several of them say alike is in front."""

    port = 8000

    def __init__(self, node, sites):
        super().__init__(node, "nginx")
        paths = "".join(f"    {kind}_temp_path {self.folder}/{kind};\n" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(f"""\
user root;
daemon off;
master_process off;
pid {self.folder}/pid;
error_log {self.folder}/errors;
events {{
    worker_connections 256;
}}
http {{
{paths}    access_log {self.folder}/access;
    default_type text/plain;
    keepalive_timeout 60;
    server {{
        listen {self.port};
    }}
{sites}}}
""")

    def command(self):
        return ["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf"]

    def file(self, name, content):
        folder = self.folder / "www"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


class Exim(_Program):
    """Greets in three lines, offers STARTTLS; the ports behind the first one greet with 554, do not like our HELO, and
    are too busy."""

    port = 2500
    UNFRIENDLY, PICKY, BUSY = 2501, 2502, 2503

    def __init__(self, node, certificate):
        super().__init__(node, "exim")
        (self.folder / "spool").mkdir()
        (self.folder / "exim.conf").write_text(f"""\
primary_hostname = mail.example
local_interfaces = 0.0.0.0
daemon_smtp_ports = {self.port} : {self.UNFRIENDLY} : {self.PICKY} : {self.BUSY}
smtp_banner = "mail.example ESMTP\\nthe second line\\nthe last line"
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {certificate}
spool_directory = {self.folder}/spool
log_file_path = {self.folder}/%slog
pid_file_path = {self.folder}/pid
exim_user = root
exim_group = root
never_users =
rfc1413_query_timeout = 0s
keep_environment =
acl_smtp_connect = on_connect
acl_smtp_helo = on_helo
begin acl
on_connect:
    deny condition = ${{if eq{{$received_port}}{{{self.UNFRIENDLY}}}}}
         message = go away
    defer condition = ${{if eq{{$received_port}}{{{self.BUSY}}}}}
         message = later
    accept
on_helo:
    deny condition = ${{if eq{{$received_port}}{{{self.PICKY}}}}}
         message = not with that name
    accept
""")

    def command(self):
        return ["exim4", "-C", self.folder / "exim.conf", "-bdf"]


class Dnsmasq(_Program):
    """Knows the zone example: www (A, AAAA), alias (CNAME), and at `all` one of each other type; long.example has a TXT
    that does not fit into a datagram. What is below fails.example it asks `upstream`, and has no answer for the rest."""

    port = 5300

    def __init__(self, node, address, upstream):
        super().__init__(node, "dnsmasq")
        # RDATA: SOA and NS name the root; an RRSIG and a DNSKEY of the right shape.
        rdata = {2: "00", 6: "0000" + "00000001" * 5, 15: "000a00", 46: "0001" + "0d01" + "00000e10" * 3 + "0001" + "00" + "aa" * 64,
                 48: "0100" + "030d" + "bb" * 64}
        records = "".join(f"dns-rr=all.example,{number},{data}\n" for number, data in rdata.items())
        (self.folder / "conf").write_text(f"""\
port={self.port}
user=root
pid-file={self.folder}/pid
listen-address={address}
bind-interfaces
no-resolv
no-hosts
log-queries
log-facility=-
local=/example/
host-record=www.example,10.1.1.1,2001:db8::1
cname=alias.example,www.example
txt-record=all.example,hello
txt-record=long.example,{",".join("x" * 250 for _ in range(3))}
server=/fails.example/{upstream.replace(":", "#")}
{records}""")

    def command(self):
        return ["dnsmasq", "--keep-in-foreground", "--conf-file=" + str(self.folder / "conf")]


def certificates(folder, *names):
    """A self-signed certificate with its key for each name, by name."""
    made = {}
    for name in names:
        (folder / name).mkdir()
        made[name] = make_certificate(folder / name, name)
    return made

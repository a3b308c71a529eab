#!/usr/bin/python3
"""Records what the kernel says, as seeds for the kernel_*_fuzz targets: `record_netlink.py FOLDER`, as root.

It makes one of everything in a network namespace of its own and dumps it: links, addresses, routes and rules of route
netlink as whole messages, services, destinations, sync daemons, info and timeouts of IPVS as the attributes of answers.
Where the kernel has no ip_vs it does so in user-mode-linux.
"""

import socket
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from lab import UmlGuest, kernel_has_ipvs  # noqa: E402
from lab.uml import OUTPUT_IN_GUEST  # noqa: E402

REQUEST, DUMP, DONE, ERROR, CONTROL = 1, 0x300, 3, 2, 16

LINKS = """link set lo up
link add eth0 address 02:00:00:00:00:01 type veth peer name far0
link add eth1 type dummy
link add br0 type bridge
link set eth1 master br0
link add link eth0 name eth0.7 type vlan id 7
link add link eth0 name vrrp.51 address 00:00:5e:00:01:33 type macvlan mode private
link add eth2 type dummy
link add link eth2 name ipv0 type ipvlan mode l2 private
link add vrf0 type vrf table 77
link set eth0 up
link set far0 up
link set vrrp.51 up
"""
ADDRESSES = """addr add 192.0.2.1/24 broadcast + label eth0:vip dev eth0
addr add 192.0.2.2/32 peer 198.51.100.1/32 scope link dev eth0
addr add 192.0.2.3/24 noprefixroute dev eth0
addr add 2001:db8::1/64 nodad dev eth0
addr add 2001:db8::2/128 preferred_lft 0 valid_lft 600 dev eth0
"""
ROUTES = """route add 10.1.0.0/16 via 192.0.2.254 dev eth0 proto 112 metric 5 mtu lock 1400 advmss 1360 congctl reno
route add 10.2.0.0/16 nexthop via 192.0.2.253 dev eth0 weight 3 nexthop via 192.0.2.254 dev eth0 weight 256 onlink
route add 10.3.0.0/16 via inet6 fe80::1 dev eth0 table 4711
route add blackhole 10.4.0.0/16 proto 112
route add 10.5.0.0/16 src 192.0.2.1 tos 0x10 realms 2/3 dev eth0 scope link
route add 10.6.0.0/16 encap ip id 100 dst 192.0.2.44 ttl 9 dev eth0
-6 route add 2001:db8:1::/48 via fe80::1 dev eth0 metric 9 pref high expires 900
-6 route add 2001:db8:2::/48 from 2001:db8:3::/48 dev eth0 proto 112
-6 route add 2001:db8:4::/48 nexthop via fe80::1 dev eth0 weight 2 nexthop via fe80::2 dev eth0
-6 route add 2001:db8:5::/48 encap ip6 dst 2001:db8::44 hoplimit 9 dev eth0
"""
RULES = """rule add from 10.1.0.0/16 to 10.2.0.0/16 fwmark 5/0xff iif eth0 oif eth1 tos 0x10 priority 100 table 300 protocol 112
rule add not from 10.3.0.0/16 uidrange 1000-2000 ipproto tcp sport 1-2 dport 80-443 priority 101 lookup 254
rule add priority 102 goto 103
rule add priority 103 suppress_prefixlength 8 suppress_ifgroup 2 lookup main
rule add priority 104 l3mdev
-6 rule add from 2001:db8::/64 priority 105 unreachable
-6 rule add tun_id 77 priority 106 prohibit
"""
SERVICES = """-A -t 192.0.2.100:80 -s wrr
-a -t 192.0.2.100:80 -r 10.0.0.1:8080 -m -w 5 -x 100 -y 50
-a -t 192.0.2.100:80 -r 10.0.0.2:80 -i -w 0
-a -t 192.0.2.100:80 -r 10.0.0.3:80 -i --tun-type gue --tun-port 6080 --tun-csum
-a -t 192.0.2.100:80 -r 10.0.0.4:80 -i --tun-type gre
-A -u 192.0.2.100:53 -s rr -o
-a -u 192.0.2.100:53 -r 10.0.0.1:53 -g
-A -u 192.0.2.100:5060 -s sh -p 60 -M 255.255.255.0 --pe sip -b sh-port,sh-fallback
-A --sctp-service 192.0.2.100:99 -s mh -b mh-port
-A -t [2001:db8::100]:80 -s wlc -p 360 -M 64
-a -t [2001:db8::100]:80 -r [2001:db8::11]:80 -g -w 65535
-a -t [2001:db8::100]:80 -r 10.0.0.9:80 -i
-A -f 7 -s lc
-a -f 7 -r 10.0.0.1:0 -g
-A -f 8 -6 -s sed
"""
# Commands of linux/ip_vs.h.
GET_SERVICE, GET_DEST, GET_DAEMON, GET_CONFIG, GET_INFO = 4, 8, 11, 13, 15


def run(tool, lines):
    """Each line by itself: an old kernel does without some."""
    for line in lines.splitlines():
        done = subprocess.run([tool, *line.split()], capture_output=True, text=True)
        if done.returncode:
            print(f"{tool} {line}: {done.stderr.strip()}")


def ask(sock, kind, flags, body):
    """The messages that answer a request, headers included."""
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 7, 0) + body)
    found = []
    while True:
        data = sock.recv(65536)
        while len(data) >= 16:
            length, what = struct.unpack_from("=IH", data)
            if what in (DONE, ERROR):
                return found
            found.append(data[:length])
            data = data[(length + 3) & ~3:]
        if not flags & DUMP:
            return found


def write(folder, name, messages):
    for number, message in enumerate(messages):
        (folder / f"{name}-{number}").write_bytes(message)
    print(f"{name}: {len(messages)}")


def record_routes(folder):
    run("ip", LINKS + ADDRESSES + ROUTES + RULES)
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    for name, kind, family, length in (
            ("link", 18, socket.AF_UNSPEC, 16), ("address", 22, socket.AF_UNSPEC, 8), ("route", 26, socket.AF_INET, 12),
            ("route6", 26, socket.AF_INET6, 12), ("rule", 34, socket.AF_INET, 12), ("rule6", 34, socket.AF_INET6, 12)):
        write(folder, name, ask(sock, kind, DUMP, struct.pack("=B", family) + bytes(length - 1)))


def record_ipvs(folder):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
    name = struct.pack("=HH", 4 + 5, 2) + b"IPVS\0" + bytes(3)
    (answer,) = ask(sock, CONTROL, 0, struct.pack("=BBH", 3, 1, 0) + name)
    at = answer.index(struct.pack("=HH", 6, 1), 20)  # CTRL_ATTR_FAMILY_ID.
    (family,) = struct.unpack_from("=H", answer, at + 4)

    def answers(command, flags=DUMP, body=b""):
        return [each[20:] for each in ask(sock, family, flags, struct.pack("=BBH", command, 1, 0) + body)]

    run("ipvsadm", "--start-daemon master --mcast-interface lo --syncid 7\n--start-daemon backup --mcast-interface lo "
                   "--sync-maxlen 1400 --mcast-group 224.0.0.90 --mcast-port 8849 --mcast-ttl 7")
    write(folder, "daemon", answers(GET_DAEMON))
    # They do not go with destinations of another family.
    run("ipvsadm", "--stop-daemon master\n--stop-daemon backup")
    run("ipvsadm", SERVICES)
    services = answers(GET_SERVICE)
    write(folder, "service", services)
    # A service answers with what selects it, and more that does not disturb.
    write(folder, "destination", [one for service in services for one in answers(GET_DEST, DUMP, service)])
    write(folder, "timeouts", answers(GET_CONFIG, 0))
    write(folder, "info", answers(GET_INFO, 0))


def record(folder):
    for part, what in (("kernel_route", record_routes), ("kernel_ipvs", record_ipvs)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        what(folder / part)


def main():
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    own = [sys.executable, str(Path(__file__).resolve())]
    if sys.argv[2:] == ["here"]:
        record(folder)
    elif kernel_has_ipvs():
        subprocess.run(["unshare", "-n", *own, folder, "here"], check=True)
    else:
        UmlGuest(folder).run([*own, OUTPUT_IN_GUEST, "here"], timeout=60)
        for left in folder.glob("guest-*"):
            left.unlink()


if __name__ == "__main__":
    main()

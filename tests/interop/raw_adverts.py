"""Adverts built by hand and sent from a namespace: right ones, and wrong ones of every kind."""

import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))

from lab import netlink  # noqa: E402
from lab.frames import PROTOCOL_VRRP, internet_checksum  # noqa: E402

SOURCE, GROUP = "10.1.0.2", "224.0.0.18"


def advert(version=2, vrid=51, priority=200, interval=1, addresses=("10.1.0.100",), auth=b"", kind=1,
           source=SOURCE, checksum=None, count=None, extra=b""):
    """The VRRP part of a packet. `interval` in seconds; `auth` is the password of version 2."""
    listed = b"".join(socket.inet_aton(address) for address in addresses)
    number = len(addresses) if count is None else count
    head = struct.pack("!BBBB", version << 4 | kind, vrid, priority, number)
    if version == 2:
        timing = struct.pack("!BB", 1 if auth else 0, interval)
        tail = auth.ljust(8, b"\0")[:8]
    else:
        timing = struct.pack("!H", int(interval * 100))
        tail = b""
    body = head + timing + b"\0\0" + listed + tail + extra
    covered = body
    if version == 3:
        covered = socket.inet_aton(source) + socket.inet_aton(GROUP) + struct.pack("!BBH", 0, 112, len(body)) + body
    total = internet_checksum(covered) if checksum is None else checksum
    return body[:6] + struct.pack("!H", total) + body[8:]


def send(namespace, ttl=255, **settings):
    with netlink.entered(namespace), socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOL_VRRP) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(SOURCE))
        sock.sendto(advert(**settings), (GROUP, 0))


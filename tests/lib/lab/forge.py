"""Whole packets built by hand and put on a node's wire: VRRP adverts of both versions and families, right or wrong
in any field, whole or in fragments."""

import hashlib
import hmac
import ipaddress
import socket
import struct
import time

from . import netlink
from .frames import ETHERNET_IPV4, ETHERNET_IPV6, PROTOCOL_AH, PROTOCOL_VRRP, internet_checksum

DONT_FRAGMENT, MORE_FRAGMENTS = 0x4000, 0x2000


def packed(address):
    return ipaddress.ip_address(address).packed


def advert(source, destination, *, version=3, kind=1, vrid=51, priority=200, addresses=("10.1.0.100",), count=None,
           interval=100, auth_type=0, auth_data=b"", checksum=None, pseudo_header=True, extra=b"", cut=None):
    """The VRRP part. `interval` in seconds for version 2, else in hundredths; `count` and `checksum` may lie;
    `extra` follows everything, `cut` leaves only so many bytes."""
    listed = b"".join(map(packed, addresses))
    head = struct.pack("!BBBB", version << 4 | kind, vrid, priority, len(addresses) if count is None else count)
    six = ":" in source
    if version == 2:
        body = head + struct.pack("!BBH", auth_type, interval, 0) + listed + auth_data.ljust(8, b"\0")
        covered = body
    else:
        body = head + struct.pack("!HH", interval, 0) + listed
        covered = body
        if pseudo_header:
            tail = struct.pack("!I3xB", len(body), PROTOCOL_VRRP) if six else struct.pack("!BBH", 0, PROTOCOL_VRRP,
                                                                                         len(body))
            covered = packed(source) + packed(destination) + tail + body
    total = internet_checksum(covered) if checksum is None else checksum
    body = (body[:6] + struct.pack("!H", total) + body[8:] + extra)
    return body if cut is None else body[:cut]


def trailer(packet, source, key, *, key_id=1, clock=0.0, kind=1, reserved=0, version=3, vrid=51):
    """What auth_hmac puts behind a packet, `clock` seconds away from now."""
    now = time.time() + clock
    front = struct.pack("!BBHIHH", kind, key_id, reserved, int(now), int(now % 1 * 65536), 0)
    address = packed(source)
    head = struct.pack("!BBBx", 6 if len(address) == 16 else 4, version, vrid) + address.ljust(16, b"\0")
    text = head + packet[:6] + b"\0\0" + packet[8:] + front + bytes(16)
    return front + hmac.new(key, text, hashlib.sha256).digest()[:16]


def ipv4(source, destination, payload, *, ttl=255, protocol=PROTOCOL_VRRP, ident=1, flags_and_offset=0,
         total_length=None, options=b""):
    def header(checksum):
        return struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0xc0,
                           20 + len(options) + len(payload) if total_length is None else total_length, ident,
                           flags_and_offset, ttl, protocol, checksum, packed(source), packed(destination)) + options
    return header(internet_checksum(header(0))) + payload


def authenticated(source, destination, vrrp, key, *, sequence, spi=None, ident=1, ttl=255, unicast=False):
    """An IPv4 packet whose advert is behind an authentication header (RFC 2402 with HMAC-MD5-96)."""
    def header(value):
        return struct.pack("!BBHII", PROTOCOL_VRRP, 4, 0, int.from_bytes(packed(spi or source), "big"),
                           sequence) + value
    size = 20 + 24 + len(vrrp)
    mutable = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, ident, 0, 0 if unicast else ttl, PROTOCOL_AH, 0,
                          packed(source), packed(destination))
    value = hmac.new(key.ljust(8, b"\0")[:8], mutable + header(bytes(12)) + vrrp, hashlib.md5).digest()[:12]
    return ipv4(source, destination, header(value) + vrrp, ttl=ttl, protocol=PROTOCOL_AH, ident=ident)


def ipv6(source, destination, payload, *, hop_limit=255, protocol=PROTOCOL_VRRP):
    return struct.pack("!IHBB", 6 << 28 | 0xc0 << 20, len(payload), protocol, hop_limit) + packed(source) + packed(
        destination) + payload


def fragments(packet, size=8):
    """The same IPv4 packet in pieces of `size` bytes, a multiple of 8."""
    source, destination = (str(ipaddress.ip_address(packet[at:at + 4])) for at in (12, 16))
    payload = packet[20:]
    return [ipv4(source, destination, payload[at:at + size], ttl=packet[8], protocol=packet[9], ident=4711,
                 flags_and_offset=at // 8 | (MORE_FRAGMENTS if at + size < len(payload) else 0))
            for at in range(0, len(payload), size)]


def group_mac(destination):
    address = packed(destination)
    if len(address) == 4:
        return bytes((1, 0, 0x5e, address[1] & 0x7f, address[2], address[3]))
    return b"\x33\x33" + address[12:]


def put_on_wire(node, packets, *, mac=None, interface="eth0"):
    """Sends IP packets from a node as they are. `mac` is the receiver's, for unicast."""
    with netlink.entered(node.namespace), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((interface, 0))
        for packet in packets:
            four = packet[0] >> 4 == 4
            destination = str(ipaddress.ip_address(packet[16:20] if four else packet[24:40]))
            kind = ETHERNET_IPV4 if four else ETHERNET_IPV6
            frame = (mac or group_mac(destination)) + wire.getsockname()[4][:6] + struct.pack("!H", kind) + packet
            wire.send(frame.ljust(60, b"\0"))  # As hardware pads.

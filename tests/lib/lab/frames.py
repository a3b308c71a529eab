"""Ethernet frames decoded into the few kinds the tests talk about. Written from the RFCs, not from the
daemon's codec, so that the two can disagree."""

import ipaddress
import socket
import struct
from dataclasses import dataclass, field, replace

ETHERNET_ARP, ETHERNET_IPV4, ETHERNET_IPV6 = 0x0806, 0x0800, 0x86DD
PROTOCOL_AH, PROTOCOL_ICMPV6, PROTOCOL_VRRP = 51, 58, 112


@dataclass(frozen=True)
class Advert:
    """A VRRP advert: RFC 3768, 5.1 (version 2) or RFC 9568, 5.1 (version 3)."""

    time: float
    sender: str  # The node whose port the frame came in by.
    source: str
    destination: str
    ttl: int
    version: int
    vrid: int
    priority: int
    interval: float  # Seconds.
    auth_type: int
    auth_data: bytes
    addresses: tuple
    checksum_ok: bool
    raw: bytes = field(repr=False, default=b"")
    trailer: bytes = field(repr=False, default=b"")  # Of keepalived's auth_hmac.
    frame: bytes = field(repr=False, default=b"")  # All of it, from the Ethernet header on.


@dataclass(frozen=True)
class Arp:
    time: float
    sender: str
    operation: int
    sender_mac: str
    sender_address: str
    target_mac: str
    target_address: str
    frame: bytes = field(repr=False, default=b"")

    @property
    def gratuitous(self):
        return self.sender_address == self.target_address


@dataclass(frozen=True)
class NeighborAdvert:
    """ICMPv6 type 136 (RFC 4861, 4.4)."""

    time: float
    sender: str
    destination: str
    target: str
    router: bool
    solicited: bool
    override: bool
    frame: bytes = field(repr=False, default=b"")


def _mac(data):
    return ":".join(f"{byte:02x}" for byte in data)


def internet_checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def decode(frame, time, sender):
    """The frame as Advert, Arp or NeighborAdvert; None for everything else and for damaged frames."""
    try:
        (kind,) = struct.unpack_from("!H", frame, 12)
        decoder = {ETHERNET_ARP: _arp, ETHERNET_IPV4: _ipv4, ETHERNET_IPV6: _ipv6}.get(kind)
        decoded = decoder(frame[14:], time, sender) if decoder else None
        return replace(decoded, frame=frame) if decoded else None
    except (struct.error, IndexError, ValueError):
        return None


def _arp(data, time, sender):
    operation, sender_mac, sender_ip, target_mac, target_ip = struct.unpack_from("!6xH6s4s6s4s", data)
    return Arp(time, sender, operation, _mac(sender_mac), socket.inet_ntoa(sender_ip), _mac(target_mac),
               socket.inet_ntoa(target_ip))


def _ipv4(packet, time, sender):
    header_length = (packet[0] & 15) * 4
    (total_length,) = struct.unpack_from("!H", packet, 2)
    ttl, protocol = packet[8], packet[9]
    source, destination = packet[12:16], packet[16:20]
    body = packet[header_length:total_length]
    if protocol == PROTOCOL_AH:
        protocol, body = body[0], body[(body[1] + 2) * 4:]
    if protocol != PROTOCOL_VRRP:
        return None
    return _vrrp(body, time, sender, source, destination, ttl, socket.AF_INET)


def _ipv6(packet, time, sender):
    length, protocol, hops = struct.unpack_from("!HBB", packet, 4)
    source, destination, body = packet[8:24], packet[24:40], packet[40:40 + length]
    if protocol == PROTOCOL_VRRP:
        return _vrrp(body, time, sender, source, destination, hops, socket.AF_INET6)
    if protocol == PROTOCOL_ICMPV6 and body[0] == 136:
        flags = body[4]
        return NeighborAdvert(time, sender, str(ipaddress.ip_address(destination)),
                              str(ipaddress.ip_address(body[8:24])), bool(flags & 0x80), bool(flags & 0x40),
                              bool(flags & 0x20))
    return None


def _vrrp(body, time, sender, source, destination, ttl, family):
    version, vrid, priority, count = body[0] >> 4, body[1], body[2], body[3]
    size = 4 if family == socket.AF_INET else 16
    addresses = tuple(str(ipaddress.ip_address(body[8 + i * size:8 + (i + 1) * size])) for i in range(count))
    after = body[8 + count * size:]
    own = 8 if version == 2 else 0  # The authentication data of version 2.
    trailer = after[own:] if len(after) == own + 28 else b""
    body, after = body[:len(body) - len(trailer)], after[:len(after) - len(trailer)]
    if version == 2:
        auth_type, interval = body[4], float(body[5])
        covered = body
    else:
        auth_type, interval = 0, (struct.unpack_from("!H", body, 4)[0] & 0xFFF) / 100
        covered = source + destination
        if family == socket.AF_INET:
            covered += struct.pack("!BBH", 0, PROTOCOL_VRRP, len(body)) + body
        else:
            # The kernel knows nothing of a trailer: its checksum covers all.
            covered += struct.pack("!I3xB", len(body + trailer), PROTOCOL_VRRP) + body + trailer
    return Advert(time, sender, str(ipaddress.ip_address(source)), str(ipaddress.ip_address(destination)), ttl,
                  version, vrid, priority, interval, auth_type, after, addresses,
                  internet_checksum(covered) == 0, body + trailer, trailer)

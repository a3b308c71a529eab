"""Addresses of a namespace read and watched by rtnetlink: no process is started, and changes carry the time
at which we were told of them."""

import ctypes
import ipaddress
import os
import select
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
NLMSG_DONE = 3
NLM_F_REQUEST, NLM_F_DUMP = 1, 0x300
IFA_ADDRESS, IFA_LOCAL = 1, 2
RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 0x10, 0x100
SO_RCVBUFFORCE = 33
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def entered(namespace):
    """The calling thread inside a named network namespace. Sockets opened here stay in it."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    inside = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if _libc.setns(inside, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter namespace {namespace}")
        try:
            yield
        finally:
            _libc.setns(before, CLONE_NEWNET)
    finally:
        os.close(inside)
        os.close(before)


def _route_socket(groups=0):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)  # A flush of a thousand addresses comes at once.
    sock.bind((0, groups))
    return sock


def _messages(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        yield kind, data[16:length]
        data = data[(length + 3) & ~3:]


def _address(body):
    """(interface index, "address/prefix length") of an ifaddrmsg."""
    _, prefix_length, _, _, index = struct.unpack_from("=BBBBI", body)
    found = {}
    rest = body[8:]
    while len(rest) >= 4:
        length, kind = struct.unpack_from("=HH", rest)
        found[kind] = rest[4:length]
        rest = rest[(length + 3) & ~3:]
    raw = found.get(IFA_LOCAL, found.get(IFA_ADDRESS))
    return index, f"{ipaddress.ip_address(raw)}/{prefix_length}"


def addresses(namespace):
    """All addresses of the namespace as "address/prefix length", in the kernel's order."""
    with entered(namespace), _route_socket() as sock:
        sock.send(struct.pack("=IHHII", 24, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 1, 0) + bytes(8))
        result = []
        while True:
            for kind, body in _messages(sock.recv(65536)):
                if kind == NLMSG_DONE:
                    return result
                if kind == RTM_NEWADDR:
                    result.append(_address(body)[1])


@dataclass(frozen=True)
class AddressEvent:
    time: float
    added: bool  # False: removed.
    address: str  # "address/prefix length"


class AddressWatch:
    """Records every address added to or removed from a namespace while it is open."""

    def __init__(self, namespace):
        self.events = []
        with entered(namespace):
            self._socket = _route_socket(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR)
        self._wake_read, self._wake_write = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="addresses", daemon=True)
        self._thread.start()

    def _listen(self):
        while True:
            ready, _, _ = select.select([self._socket, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            data = self._socket.recv(65536)
            now = time.time()
            for kind, body in _messages(data):
                if kind in (RTM_NEWADDR, RTM_DELADDR):
                    self.events.append(AddressEvent(now, kind == RTM_NEWADDR, _address(body)[1]))

    def of(self, address):
        """Events of one address, given with or without its prefix length."""
        return [e for e in list(self.events) if address in (e.address, e.address.split("/")[0])]

    def close(self):
        self._wake_write.send(b"x")
        self._thread.join()
        for each in (self._socket, self._wake_read, self._wake_write):
            each.close()

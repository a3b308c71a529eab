"""The sockets of a running process, as our own duplicates of them: their options can be asked."""

import ctypes
import os
import socket

_PIDFD_GETFD = 438
_libc = ctypes.CDLL(None, use_errno=True)


def open_sockets(pid):
    """Duplicates of all sockets of a process. Whoever asks closes them."""
    process = os.pidfd_open(pid)
    found = []
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                    continue
            except FileNotFoundError:
                continue  # Closed meanwhile.
            number = _libc.syscall(_PIDFD_GETFD, process, int(name), 0)
            if number >= 0:
                found.append(socket.socket(fileno=number))
    finally:
        os.close(process)
    return found


class SocketsOf:
    """All sockets of a process for the time of a `with`; `advert_receivers` picks those that hear adverts."""

    def __init__(self, pid):
        self._pid = pid

    def __enter__(self):
        self.all = open_sockets(self._pid)
        return self

    def __exit__(self, *_):
        for each in self.all:
            each.close()

    def advert_receivers(self):
        """The raw sockets bound to an address: a group, or our own address with unicast."""
        return {each.getsockname()[0].partition("%")[0]: each for each in self.all
                if each.type & socket.SOCK_RAW and each.family in (socket.AF_INET, socket.AF_INET6)
                and each.getsockname()[0] not in ("0.0.0.0", "::")}

    def netlink(self):
        return [each for each in self.all if each.family == socket.AF_NETLINK]

"""Every frame that enters a switch, decoded while the test runs."""

import select
import socket
import struct
import threading

from .frames import Advert, Arp, NeighborAdvert, decode
from .waiting import wait_until

ETH_P_ALL = 0x0003
PACKET_OUTGOING = 4
SO_TIMESTAMPNS = 35  # Kernel time of arrival, so that a busy test host does not blur the measurement.


class Capture:
    """Listens on all ports of a switch, inward only: each frame is seen once, with its sender.

    Started by NamespaceLab; `frames` grows in order of arrival. Copying the list is the snapshot.
    """

    def __init__(self, node_of_port, open_socket):
        self.frames = []
        self._node_of_port = node_of_port  # Interface name -> node name; may grow while we run.
        self._socket = open_socket(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._wake_read, self._wake_write = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="capture", daemon=True)
        self._thread.start()

    def _listen(self):
        while True:
            ready, _, _ = select.select([self._socket, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            data, control, _, address = self._socket.recvmsg(2048, 256)
            interface, _, packet_type = address[0], address[1], address[2]
            sender = self._node_of_port.get(interface)
            if packet_type == PACKET_OUTGOING or sender is None:
                continue
            seconds, nanoseconds = struct.unpack("ll", control[0][2][:16])
            frame = decode(data, seconds + nanoseconds / 1e9, sender)
            if frame is not None:
                self.frames.append(frame)

    def close(self):
        self._wake_write.send(b"x")
        self._thread.join()
        for each in (self._socket, self._wake_read, self._wake_write):
            each.close()

    def _select(self, kind, since, sender):
        return [frame for frame in list(self.frames)
                if isinstance(frame, kind) and frame.time >= since and sender in (None, frame.sender)]

    def adverts(self, sender=None, *, vrid=None, since=0.0):
        return [a for a in self._select(Advert, since, sender) if vrid in (None, a.vrid)]

    def first_advert(self, sender, *, vrid=None, since=0.0):
        """The earliest advert of a sender; waits for one, as we may lag behind the daemons on a busy machine."""
        return wait_until(lambda: self.adverts(sender, vrid=vrid, since=since), 3, f"an advert of {sender}")[0]

    def last_advert(self, sender, *, vrid=None, since=0.0):
        return wait_until(lambda: self.adverts(sender, vrid=vrid, since=since), 3, f"an advert of {sender}")[-1]

    def gratuitous_arps(self, sender=None, *, address=None, since=0.0):
        return [a for a in self._select(Arp, since, sender)
                if a.gratuitous and address in (None, a.target_address)]

    def neighbor_adverts(self, sender=None, *, target=None, since=0.0):
        return [n for n in self._select(NeighborAdvert, since, sender) if target in (None, n.target)]

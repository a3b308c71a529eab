"""Tiny web servers and requests on the nodes of a lab, as threads of the test itself: no process is started,
which matters in user-mode-linux (40 ms for a fork)."""

import select
import socket
import threading

from . import netlink


class WebServer:
    """Answers every connection to `ports` of a node with the node's name."""

    def __init__(self, node, *ports, answer=None):
        self.node = node
        self.ports = ports
        self._answer = (answer or node.name).encode()
        self._thread = None
        self.start()

    def start(self):
        self._sockets = []
        with netlink.entered(self.node.namespace):
            for port in self.ports:
                sock = socket.socket(socket.AF_INET6)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                sock.bind(("::", port))
                sock.listen(64)
                self._sockets.append(sock)
        self._wake_read, self._wake_write = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name=f"web {self.node.name}", daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            ready, _, _ = select.select([*self._sockets, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            for listener in ready:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(1)
                    try:
                        # A checker connects and leaves without a word; a client asks first.
                        if connection.recv(4096):
                            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + self._answer)
                    except OSError:
                        pass

    def stop(self):
        """Closes the ports: connections are refused from here on."""
        if self._thread is None:
            return
        self._wake_write.send(b"x")
        self._thread.join()
        self._thread = None
        for each in (*self._sockets, self._wake_read, self._wake_write):
            each.close()


def request(node, address, port, timeout=2):
    """Asks a web server from a node; returns its answer, or None when there is none."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with netlink.entered(node.namespace):
        sock = socket.socket(family)
    with sock:
        sock.settimeout(timeout)
        try:
            sock.connect((address, port))
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            data = b""
            while piece := sock.recv(4096):
                data += piece
        except OSError:
            return None
    return data.partition(b"\r\n\r\n")[2].decode() or None

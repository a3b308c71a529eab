"""Servers for health checkers to meet, good and hostile ones, as threads of the test: in a guest a process costs
40 ms."""

import contextlib
import select
import socket
import ssl
import struct
import subprocess
import threading
import time

from lab import netlink


def _listening(node, kind, port, address):
    with netlink.entered(node.namespace):
        sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind((address if ":" in address else f"::ffff:{address}", port))
    return sock


class _Server:
    """Runs `_serve_one` for everything that arrives at a socket until it is stopped."""

    def __init__(self, sock):
        self._socket = sock
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            ready, _, _ = select.select([self._socket, self._woken], [], [])
            if self._woken in ready:
                return
            self._serve_one()

    def stop(self):
        if self._thread is None:
            return
        self._wake.send(b"x")
        self._thread.join()
        self._thread = None
        for each in (self._socket, self._wake, self._woken):
            each.close()


class StreamServer(_Server):
    """Gives each connection to `talk(connection)` in a thread of its own; what that raises ends the connection.

    `requests` has what `request()` below has read, in order.
    """

    def __init__(self, node, port, talk, address="::"):
        self._talk = talk
        self.requests = []
        sock = _listening(node, socket.SOCK_STREAM, port, address)
        sock.listen(64)
        super().__init__(sock)

    def _serve_one(self):
        connection, _ = self._socket.accept()
        connection.settimeout(10)
        threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        with contextlib.suppress(OSError, ValueError):
            with connection:
                self._talk(self, connection)


class DatagramServer(_Server):
    """Answers each datagram with `answer(datagram)`; None is silence. `datagrams` has what came."""

    def __init__(self, node, port, answer, address="::"):
        self._answer = answer
        self.datagrams = []
        super().__init__(_listening(node, socket.SOCK_DGRAM, port, address))

    def _serve_one(self):
        datagram, peer = self._socket.recvfrom(65536)
        self.datagrams.append(datagram)
        answer = self._answer(datagram)
        if answer is not None:
            self._socket.sendto(answer, peer)


# ---- What a web server may do; each takes (server, connection) ----

def request(server, connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4096)
        if not piece:
            return data
        data += piece
    server.requests.append(data.decode())
    return data


def says(answer):
    """Answers a request with these bytes and closes."""
    def talk(server, connection):
        if request(server, connection):
            connection.sendall(answer if isinstance(answer, bytes) else answer.encode())
    return talk


def page(body="hello world\n", status="200 OK", header=""):
    return says(f"HTTP/1.0 {status}\r\n{header}\r\n{body}")


def by_path(**pages):
    """Another answer for each path; the key is the path without its slash."""
    def talk(server, connection):
        data = request(server, connection)
        path = data.split()[1].decode().strip("/")
        status, body = pages[path]() if callable(pages[path]) else pages[path]
        connection.sendall(f"HTTP/1.0 {status}\r\n\r\n{body}".encode())
    return talk


def in_pieces(answer, size=1):
    """The whole answer, in many small segments."""
    def talk(server, connection):
        request(server, connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(answer), size):
            connection.sendall(answer[at:at + size].encode())
    return talk


def silent(server, connection):
    """Takes the request and never says anything."""
    request(server, connection)
    connection.recv(1)


def hangs_up(server, connection):
    request(server, connection)


def resets(server, connection):
    """Ends the connection by a reset once it has been asked."""
    request(server, connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def never_closes(answer):
    """A whole answer, but the connection stays open."""
    def talk(server, connection):
        request(server, connection)
        connection.sendall(answer.encode())
        connection.recv(1)
    return talk


def drips(text, pause=0.5):
    """One byte now and then, without end."""
    def talk(server, connection):
        request(server, connection)
        while True:
            for char in text:
                connection.sendall(char.encode())
                time.sleep(pause)
    return talk


def floods(head, unit, total):
    """`head`, then `unit` again and again."""
    def talk(server, connection):
        request(server, connection)
        connection.sendall(head)
        for _ in range(total // len(unit)):
            connection.sendall(unit)
    return talk


# ---- TLS ----

def make_certificate(folder, name="real.example"):
    """A self-signed certificate and its key in one file."""
    path = folder / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-keyout", folder / "key.pem", "-out",
                    folder / "cert.pem"], check=True, capture_output=True)
    path.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return path


def lock_key(source, target, password):
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", source, "-out", target, "-passout", f"pass:{password}"],
                   check=True, capture_output=True)


class Tls:
    """Speaks TLS first, then lets `talk` go on. `names` has the server names clients asked for, `goodbyes`
    counts the sessions that the client ended with close_notify."""

    def __init__(self, certificate, talk, highest=None, client_authorities=None):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        if highest:
            self._context.maximum_version = highest
        if client_authorities:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(client_authorities)
        self._talk = talk
        self.names = []
        self.goodbyes = 0
        self._context.sni_callback = lambda _socket, name, _context: self.names.append(name)

    def __call__(self, server, connection):
        session = self._context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False)
        session.settimeout(10)
        self._talk(server, session)
        # Our goodbye; the client's, if it says one, is what unwrap waits for.
        session.unwrap()
        self.goodbyes += 1


# ---- Mail and names ----

def smtp(greeting="220 mail.example ESMTP\r\n", helo="250 hello\r\n", bye="221 bye\r\n"):
    def talk(server, connection):
        connection.sendall(greeting.encode())
        for answer in (helo, bye):
            server.requests.append(connection.recv(4096).decode())
            connection.sendall(answer.encode())
    return talk


def dns_answer(rcode=0, change=None):
    """Answers a query without records, with this code."""
    def answer(query):
        reply = query[:2] + struct.pack(">H", 0x8180 | rcode) + query[4:]
        return change(reply) if change else reply
    return answer

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


class FullServer:
    """Listens and takes nothing: the queue of its listener is full, so that whoever connects gets no answer at all."""

    def __init__(self, node, port, address="127.0.0.1"):
        self._sockets = [_listening(node, socket.SOCK_STREAM, port, "::")]
        self._sockets[0].listen(0)
        while len(self._sockets) < 4:
            with netlink.entered(node.namespace):
                self._sockets.append(socket.socket())
            self._sockets[-1].setblocking(False)
            self._sockets[-1].connect_ex((address, port))

    def stop(self):
        for each in self._sockets:
            each.close()


class PingServer(_Server):
    """Answers echo requests to an address, in the kernel's place: `answer(request)` gives a list of ICMP messages whose
    checksums are made here."""

    def __init__(self, node, address, answer):
        self._answer = answer
        with netlink.entered(node.namespace):
            sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        sock.bind((address, 0))
        super().__init__(sock)

    def _serve_one(self):
        packet, peer = self._socket.recvfrom(65536)
        asked = packet[(packet[0] & 15) * 4:]
        if asked[0] != 8:
            return
        for reply in self._answer(asked):
            self._socket.sendto(_with_checksum(reply), peer)


def _with_checksum(message):
    message = message[:2] + bytes(2) + message[4:]
    total = sum(struct.unpack(f">{len(message) // 2}H", message[:len(message) & ~1])) + (message[-1] << 8 if len(message) & 1 else 0)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return message[:2] + struct.pack(">H", ~total & 0xffff) + message[4:]


class DatagramServer(_Server):
    """Answers each datagram with `answer(datagram)`, or with several in a list; None is silence. `datagrams` has what
    came."""

    def __init__(self, node, port, answer, address="::"):
        self._answer = answer
        self.datagrams = []
        super().__init__(_listening(node, socket.SOCK_DGRAM, port, address))

    def _serve_one(self):
        datagram, peer = self._socket.recvfrom(65536)
        self.datagrams.append(datagram)
        answer = self._answer(datagram)
        for each in [] if answer is None else answer if isinstance(answer, list) else [answer]:
            self._socket.sendto(each, peer)


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


def resets_at_once(server, connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def breaks_off(text):
    """Asked or not, says this and then ends the connection by a reset."""
    def talk(server, connection):
        connection.sendall(text)
        # What has arrived may be read before the reset.
        time.sleep(0.2)
        resets_at_once(server, connection)
    return talk


def says_unasked(text, total=0):
    """Says this at once, again and again as long as it is less than `total`, and hears what comes until the end."""
    def talk(server, connection):
        connection.sendall(text)
        for _ in range(total // len(text)):
            connection.sendall(text)
        while connection.recv(65536):
            pass
    return talk


def drips_unasked(text, pause=0.3):
    """One byte after the other, without end, from the beginning."""
    def talk(server, connection):
        for at in range(1000):
            connection.sendall(text[at % len(text):][:1])
            time.sleep(pause)
    return talk


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


def make_expired_certificate(folder):
    """Self-signed, and good for one day of 2020."""
    (folder / "ca.conf").write_text(f"[ca]\ndefault_ca = own\n[own]\ndatabase = {folder}/index\nnew_certs_dir = {folder}\n"
                                    "default_md = sha256\npolicy = any\nrand_serial = yes\n[any]\ncommonName = supplied\n")
    (folder / "index").touch()
    for words in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=old.example",
                   "-keyout", folder / "key.pem", "-out", folder / "wish.pem"],
                  ["ca", "-batch", "-notext", "-selfsign", "-config", folder / "ca.conf", "-keyfile", folder / "key.pem", "-in",
                   folder / "wish.pem", "-out", folder / "cert.pem", "-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    path = folder / "server.pem"
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


class Renegotiator:
    """`openssl s_server`: asked for a page it wants another handshake first."""

    def __init__(self, node, port, certificate):
        self._process = node.popen(["openssl", "s_server", "-accept", port, "-cert", certificate, "-key", certificate, "-tls1_2"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.handshakes = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        for line in self._process.stdout:
            self.handshakes += line.startswith(b"SSL_do_handshake -> 1")
            # Its commands are letters that come alone.
            for word in (b"r\n", b"HTTP/1.0 200 OK\r\n\r\nhello\n", b"q\n") if line.startswith(b"GET") else ():
                with contextlib.suppress(OSError):
                    self._process.stdin.write(word)
                    self._process.stdin.flush()
                time.sleep(0.2)

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._thread.join()
        self._process.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # What it did not take any more.
            self._process.stdin.close()


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

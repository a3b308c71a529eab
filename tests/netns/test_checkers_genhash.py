"""genhash prints the digest of a page for HTTP_GET and SSL_GET."""

import hashlib
import socket
import ssl
import subprocess
import threading

import pytest
from lab import HOLDFAST, netlink, under_test_is_reference

BODY = b"hello world\n"
HEADER = b"HTTP/1.0 200 OK\r\nContent-Length: 12\r\n\r\n"

pytestmark = pytest.mark.skipif(under_test_is_reference(), reason="Debian's genhash is a program of its own")


@pytest.fixture
def node(lab):
    return lab.node("host", "192.0.2.1/24")


def serve(node, answer, context=None):
    """One answer on a port of the kernel's choice; gives the port and a list that gets the request."""
    with netlink.entered(node.namespace):
        listener = socket.create_server(("127.0.0.1", 0))
    requests = []

    def run():
        with listener:
            connection, _ = listener.accept()
            with connection:
                if context:
                    connection = context.wrap_socket(connection, server_side=True)
                requests.append(connection.recv(4096).decode())
                connection.sendall(answer)
                if context:
                    connection.unwrap()

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1], requests


def genhash(node, *words):
    process = node.popen([HOLDFAST, "--genhash", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_the_digest_of_a_page(node):
    port, requests = serve(node, HEADER + BODY + b"what is not announced does not count")
    status, out, err = genhash(node, "-s", "127.0.0.1", "-p", port, "-u", "/page")
    assert (status, out, err) == (0, hashlib.md5(BODY).hexdigest() + "\n", "")
    assert requests == [f"GET /page HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 127.0.0.1:{port}\r\n\r\n"]


def test_everything_about_a_page(node):
    port, requests = serve(node, HEADER + BODY)
    status, out, _ = genhash(node, "-v", "-s", "127.0.0.1", "-p", port, "-u", "/", "-V", "www.example", "-P", "1.1")
    assert status == 0
    assert requests == ["GET / HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\n"
                        "Host: www.example\r\n\r\n"]
    lines = out.splitlines()
    assert lines[0] == "-----------------------[    HTTP Header Buffer    ]-----------------------"
    assert lines[1] == "0000  48 54 54 50 2f 31 2e 30 - 20 32 30 30 20 4f 4b 0d   HTTP/1.0 200 OK."
    assert "-----------------------[ HTTP Header Ascii Buffer ]-----------------------" in lines
    assert "0000  68 65 6c 6c 6f 20 77 6f - 72 6c 64 0a               hello world.    " in lines
    assert lines[-4] == "-----------------------[ HTML hash final resulting ]-----------------------"
    assert lines[-3] == hashlib.md5(BODY).hexdigest()
    assert lines[-1].startswith("Global response time for [/] = ")


def test_a_page_by_tls(node, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=x", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True,
                   capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    port, _ = serve(node, HEADER + BODY, context)
    status, out, _ = genhash(node, "-S", "-I", "-s", "127.0.0.1", "-p", port, "-u", "/", "-V", "www.example")
    assert (status, out) == (0, hashlib.md5(BODY).hexdigest() + "\n")
    assert names == ["www.example"]


def test_no_page(node):
    assert genhash(node, "-s", "127.0.0.1", "-p", 9, "-u", "/") == (0, "Connection failed\n", "")
    port, _ = serve(node, b"garbage")
    assert genhash(node, "-s", "127.0.0.1", "-p", port, "-u", "/") == (
        0, "", "no data received from remote webserver\n")


def test_wrong_options(node):
    status, out, err = genhash(node, "-s", "nobody", "-p", 80, "-u", "/")
    assert (status, out) == (1, "")
    assert err.startswith(f"server should be an IP, not nobody\nUsage: {HOLDFAST} --genhash COMMAND [OPTIONS]\n")

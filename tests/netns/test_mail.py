"""Mail alerts: what arrives at a mail server."""

import re
import socket
import threading
from email.utils import parsedate_to_datetime

import pytest
from lab import netlink, wait_until
from routers import instance

FIRST = "10.1.0.1"  # The server lives on the router itself, so that no state keeps the mail from it.


class MailServer:
    """Takes mail on port 25 of a node; `refused` recipients are answered 550."""

    def __init__(self, node, refused=(), silent=False):
        self.mails = []  # (sender, [recipients], text)
        self._refused, self._silent = refused, silent
        with netlink.entered(node.namespace):
            self._listener = socket.create_server((FIRST, 25), backlog=64)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    self._talk(connection)
                except OSError:
                    pass

    def _talk(self, connection):
        if self._silent:
            connection.recv(1)
            return
        lines = connection.makefile("rb")

        def say(*replies):
            connection.sendall("".join(f"{reply}\r\n" for reply in replies).encode())

        sender, recipients = None, []
        say("220-mail.example", "220 ready")
        for line in lines:
            command = line.decode().strip()
            if command.startswith("HELO "):
                say("250 hello")
            elif match := re.fullmatch(r"MAIL FROM:<(.*)>", command):
                sender = match[1]
                say("250 ok")
            elif match := re.fullmatch(r"RCPT TO:<(.*)>", command):
                if match[1] in self._refused:
                    say("550 5.1.1 no such user")
                else:
                    recipients.append(match[1])
                    say("250 ok")
            elif command == "DATA":
                say("354 go on")
                text = []
                while (part := lines.readline()) not in (b".\r\n", b""):
                    text.append(part.decode())
                self.mails.append((sender, recipients, "".join(text)))
                say("250 taken")
            elif command == "QUIT":
                say("221 bye")
                return
            else:
                say("500 what?")

    def subjects(self):
        return [re.search(r"^Subject: (.*?)\r$", text, re.M)[1] for _, _, text in self.mails]

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def server(request, ours):
    one = MailServer(ours.first, **getattr(request, "param", {}))
    yield one
    one.close()


def config(timeout=5, **settings):
    return f"""
global_defs {{
    router_id R1
    smtp_server {FIRST}
    smtp_connect_timeout {timeout}
    smtp_helo_name router.example
    notification_email_from router@example.org
    notification_email {{
        first@example.org
        second@example.org
    }}
}}
""" + instance(120, extra="smtp_alert", **settings)


def subject(what):
    return f"[R1] VRRP Instance VI_1 - {what}"


def test_entering_master_is_mailed(ours, server):
    daemon = ours.start(ours.first, config())
    daemon.wait_for_state("MASTER")
    wait_until(lambda: subject("Entering MASTER state") in server.subjects(), 5, "the mail")
    sender, recipients, text = server.mails[server.subjects().index(subject("Entering MASTER state"))]
    assert sender == "router@example.org"
    assert recipients == ["first@example.org", "second@example.org"]
    headers, body = text.split("\r\n\r\n", 1)
    assert body.rstrip("\r\n") == "=> VRRP Instance is now owning VRRP VIPs <="
    assert "\r\nFrom: router@example.org\r\n" in "\r\n" + headers
    assert parsedate_to_datetime(re.search(r"^Date: (.*?)\r$", text, re.M)[1]).tzinfo is not None


@pytest.mark.holdfast_only
@pytest.mark.parametrize("server", [{"refused": ["first@example.org"]}], indirect=True)
def test_a_refused_recipient_is_logged_and_the_other_gets_the_mail(ours, server):
    daemon = ours.start(ours.first, config())
    daemon.wait_for_state("MASTER")
    wait_until(lambda: subject("Entering MASTER state") in server.subjects(), 5, "the mail")
    assert server.mails[0][1] == ["second@example.org"]
    daemon.wait_for_log("RCPT TO:<first@example.org> was answered 550 5.1.1 no such user")


@pytest.mark.holdfast_only
def test_the_last_mail_leaves_before_the_daemon_ends(ours, server):
    daemon = ours.start(ours.first, config())
    daemon.wait_for_state("MASTER")
    assert daemon.stop() == 0
    assert server.subjects()[-1] == subject("Stopping")


@pytest.mark.holdfast_only
@pytest.mark.parametrize("server", [{"silent": True}], indirect=True)
def test_a_silent_server_holds_up_neither_the_election_nor_the_end(ours, server):
    daemon = ours.start(ours.first, config(timeout=1))
    daemon.wait_for_state("MASTER", timeout=2)
    daemon.wait_for_log("no answer to the connection in time")
    assert daemon.stop(timeout=4) == 0


@pytest.mark.holdfast_only
def test_without_a_server_at_the_address_the_log_says_so(ours):
    daemon = ours.start(ours.first, config())
    daemon.wait_for_state("MASTER")
    daemon.wait_for_log(f'Mail "{subject("Entering MASTER state")}" was not sent by {FIRST}:')

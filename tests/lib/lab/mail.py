"""Mail servers of tests: one that keeps what it is given, on a base for others."""

import re
import socket
import threading
import time

from . import netlink


class MailListener:
    """Hands every connection to port 25 of an address of a node, or another port, to `_take`, which closes it."""

    def __init__(self, node, address="10.1.0.1", port=25):
        with netlink.entered(node.namespace):
            self._listener = socket.create_server((address, port), backlog=64)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._take(connection)

    def close(self):
        if self._listener.fileno() < 0:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


class MailServer(MailListener):
    """Takes one mail after the other; `refused` recipients are answered 550."""

    def __init__(self, node, refused=(), silent=False, address="10.1.0.1"):
        self.mails = []  # (sender, [recipients], text)
        self.times = []  # When each of them was taken.
        self._refused, self._silent = refused, silent
        super().__init__(node, address)

    def _take(self, connection):
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
                self.times.append(time.time())
                say("250 taken")
            elif command == "QUIT":
                say("221 bye")
                return
            else:
                say("500 what?")

    def subjects(self):
        return [re.search(r"^Subject: (.*?)\r$", text, re.M)[1] for _, _, text in self.mails]

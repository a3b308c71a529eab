#!/usr/bin/python3
"""Process 1 of a namespace of its own, called systemd: starts a daemon as a unit of Type=notify with a watchdog would,
does to it what it is told on its standard input, and prints each message of the daemon with its time.

Lines it understands: a signal's name and nothing else, sent to the daemon; `end` to wait for its end and print the
status. Words of the command line: the daemon's command; WATCHDOG_USEC comes with the environment.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

with open("/proc/self/comm", "w") as comm:
    comm.write("systemd")
with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
    path = folder + "/notify"
    notices.bind(path)
    daemon = subprocess.Popen(sys.argv[1:], env={**os.environ, "NOTIFY_SOCKET": path}, stdin=subprocess.DEVNULL)
    commands, status = b"", None
    while status is None:
        ready, _, _ = select.select([notices, 0], [], [], 0.05)
        if notices in ready:
            print(json.dumps([time.time(), notices.recv(4096).decode().splitlines()]), flush=True)
        if 0 in ready:
            commands += os.read(0, 4096) or b"SIGKILL\nend\n"
        while b"\n" in commands:
            command, _, commands = commands.partition(b"\n")
            if command == b"end":
                status = daemon.wait(20)
            else:
                daemon.send_signal(signal.Signals[command.decode()])
    notices.setblocking(False)
    try:
        while True:
            print(json.dumps([time.time(), notices.recv(4096).decode().splitlines()]), flush=True)
    except BlockingIOError:
        pass
    print(json.dumps([time.time(), ["end", str(status), str(daemon.pid)]]), flush=True)

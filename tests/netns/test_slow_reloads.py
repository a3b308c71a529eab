"""Reloads that take their time: a configuration that names its mail server is not read before a name server has
answered, and here none does. Everything else goes on meanwhile."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from holdctl import HOLDCTL, Control
from lab import wait_until
from lab.netlink import entered
from routers import ADVERT, SLACK, VIP, instance

pytestmark = pytest.mark.holdfast_only

# With a router_id nobody asks for the name of this machine.
PLAIN = "global_defs {\n router_id first\n}\n"
NAMED = "global_defs {\n router_id first\n smtp_server mail.example.org\n notification_email {\n  root@example.org\n }\n}\n"
AGES = 20


@pytest.fixture
def silent_name_server(ours):
    """Questions to it are counted and never answered."""
    folder = Path("/etc/netns") / ours.first.namespace
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text("nameserver 10.1.0.2\noptions timeout:30 attempts:1\n")
    (folder / "nsswitch.conf").write_text("hosts: dns\npasswd: files\ngroup: files\n")
    with entered(ours.second.namespace):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("10.1.0.2", 53))
    server.settimeout(AGES)
    yield server
    server.close()
    shutil.rmtree(folder)


@pytest.fixture
def reading(ours, silent_name_server):
    """A Master that is in the middle of reading another configuration."""
    daemon = ours.start(ours.first, PLAIN + instance(150))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address")
    Control(daemon).wait()
    daemon.configure(NAMED + instance(140))
    daemon.reload()
    assert silent_name_server.recv(512)
    return daemon


def test_adverts_and_answers_do_not_wait_for_a_reload(ours, reading):
    control = Control(reading)
    since = time.time()
    before = control.status()
    assert before["daemon"]["reloading"] and before["daemon"]["generation"] == 1
    assert "; another one is being read" in control.run("status").stdout
    wait_until(lambda: len(ours.capture.adverts("first", since=since)) >= 6, AGES, "adverts")
    times = [advert.time for advert in ours.capture.adverts("first", since=since)]
    assert max(later - earlier for earlier, later in zip(times, times[1:])) < ADVERT + SLACK
    assert {advert.priority for advert in ours.capture.adverts("first", since=since)} == {150}
    assert control.status()["daemon"]["reloading"]


def test_a_stop_is_served_at_once_and_who_waits_is_told(ours, reading, silent_name_server):
    waiting = [subprocess.Popen([HOLDCTL, "-p", reading.pid_file, *words, "--json"], stdout=subprocess.PIPE, text=True)
               for words in (["reload"], ["reload"], ["plan"])]
    with socket.socket(socket.AF_UNIX) as half_closed:
        # As of `echo ... | nc -U`.
        half_closed.connect(str(Control(reading).socket))
        half_closed.sendall(b'{"command": "reload"}\n')
        half_closed.shutdown(socket.SHUT_WR)
        with socket.socket(socket.AF_UNIX) as hanging_up:
            hanging_up.connect(str(Control(reading).socket))
            hanging_up.sendall(b'{"command": "reload"}\n')
        time.sleep(0.5)  # A mistaken answer would be there by now.
        assert all(each.poll() is None for each in waiting)
        began = time.time()
        assert reading.stop() == 0
        assert time.time() - began < 5
        outcome = half_closed.makefile().readline()
        assert json.loads(outcome)["reason"] == "the daemon is stopping"
    for each in waiting:
        assert json.loads(each.communicate(timeout=AGES)[0])["reason"] == "the daemon is stopping"
    assert not ours.first.holds(VIP)
    assert reading.leftovers() == []
    assert "Reload complete" not in reading.log()


def test_who_asks_while_one_is_read_gets_the_next(ours, silent_name_server):
    daemon = ours.start(ours.first, PLAIN + instance(150))
    daemon.wait_for_state("MASTER")
    control = Control(daemon).wait()
    daemon.configure(NAMED + instance(140))
    daemon.reload()
    question, asker = silent_name_server.recvfrom(512)
    daemon.configure(PLAIN + instance(130))
    plan = subprocess.Popen([HOLDCTL, "-p", daemon.pid_file, "plan", "--json"], stdout=subprocess.PIPE, text=True)
    wait_until(lambda: os.path.exists(control.socket), 2, "the socket")
    daemon.reload()
    daemon.signal(signal.SIGUSR1)
    reload = subprocess.Popen([HOLDCTL, "-p", daemon.pid_file, "reload", "--json"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    assert daemon.log().count("Reloading ...") == 1
    # No such name: the file is read to its end.
    def answer(query, client):
        silent_name_server.sendto(query[:2] + b"\x81\x83" + query[4:], client)
    answer(question, asker)
    silent_name_server.settimeout(1)
    try:
        while True:  # For the other family, and with other search domains.
            answer(*silent_name_server.recvfrom(512))
    except TimeoutError:
        pass
    # Without an address for the mail server it is taken or refused; the next one is taken.
    wait_until(lambda: daemon.log().count("Reload complete") + daemon.log().count("Reload failed") == 2, AGES,
               "the end of both")
    outcomes = [json.loads(each.communicate(timeout=AGES)[0]) for each in (plan, reload)]
    assert [outcome["result"] for outcome in outcomes] == ["possible", "applied"]
    assert "+ priority 130" in [detail for action in outcomes[1]["actions"] for detail in action["details"]] or \
        "+ priority 130" in [detail for action in outcomes[0]["actions"] for detail in action["details"]]
    wait_until(lambda: ours.capture.last_advert("first").priority == 130, 3, "the last configuration")
    assert daemon.log().count("Reloading ...") == 2
    # The dump that was asked for meanwhile shows what it has led to.
    daemon.wait_for_log("Printing VRRP data")
    log = daemon.log()
    assert log.index("Printing VRRP data") > log.rindex("Reload complete")

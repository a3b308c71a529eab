"""Mail alerts: what arrives at a mail server."""

import re
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from lab import MailServer, wait_until
from routers import instance

FIRST = "10.1.0.1"  # The server lives on the router itself, so that no state keeps the mail from it.


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


@pytest.mark.holdfast_only
@pytest.mark.parametrize("server", [{"silent": True}], indirect=True)
def test_a_server_that_is_silent_for_long_costs_the_oldest_mails_and_no_memory(ours, server):
    """What waits is bounded, what is lost is said, and the state at the end is told as soon as somebody listens."""
    number = ours.first.write("number", "0\n")
    tracked = f"track_file number {{\n file {number}\n weight 1\n}}\n" + config(timeout=1).replace(
        "smtp_alert", "smtp_alert\ntrack_file {\n number\n}")
    daemon = ours.start(ours.first, tracked)
    daemon.wait_for_state("MASTER")
    before = memory(daemon.pid)
    for _ in range(100):  # FAULT and BACKUP, each with a mail.
        for text, state in (("-300\n", "FAULT"), ("0\n", "BACKUP")):
            number.write_text(text)
            wait_until(lambda: daemon.state() == state, 5, state, interval=0.005)
    daemon.wait_for_state("MASTER")
    lost = daemon.log().count("too many mails wait")
    assert lost > 100
    assert memory(daemon.pid) - before < 2048
    server.close()
    listening = MailServer(ours.first)
    try:
        wait_until(lambda: listening.subjects()[-1:] == [subject("Entering MASTER state")], 15, "the last mail")
        assert 32 <= len(listening.mails) <= 65
    finally:
        listening.close()


@pytest.mark.holdfast_only
def test_a_name_server_that_does_not_answer_is_no_reason_to_refuse_a_reload(ours):
    """And the mail server keeps the address that it had."""
    daemon = ours.start(ours.first, config())
    daemon.wait_for_state("MASTER")
    daemon.configure(config().replace(f"smtp_server {FIRST}", "smtp_server mail.invalid").replace("priority 120", "priority 130"))
    daemon.reload()
    daemon.wait_for_log("Reload complete", 30)
    assert "warning: smtp_server mail.invalid has no address, mails cannot be sent" in daemon.log()
    assert daemon.stop() == 0
    assert f'Mail "{subject("Stopping")}" was not sent by mail.invalid: its address is not known' in daemon.log()


def memory(pid):
    """KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+)", status, re.M)[1])

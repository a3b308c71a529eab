"""Mails: the whole conversation with the server, who gets one, and what happens when the server is bad."""

import re
import threading
import time

from lab import MailListener, wait_until

from .base import MASTER, block, globals_, instance, said, scenario, variants


class Postbox(MailListener):
    """Notes every line of every conversation. `answers` replaces the reply to a command (first word)."""

    def __init__(self, bench, answers=None, greeting="220 mail ready", address="10.1.0.1", port=25):
        self.talks, self._answers, self._greeting = [], answers or {}, greeting
        super().__init__(bench.node, address, port)

    def subjects(self):
        return sorted(line for talk in self.talks for line in talk if line.startswith("Subject"))

    def _take(self, connection):
        self.talks.append([])
        threading.Thread(target=self._talk, args=(connection, self.talks[-1]), daemon=True).start()

    def _talk(self, connection, talk):
        with connection:
            connection.settimeout(15)
            try:
                self._converse(connection, talk)
            except OSError:
                talk.append("(broken off)")

    def _converse(self, connection, talk):
        if self._greeting is None:
            connection.recv(1)
            return
        connection.sendall(f"{self._greeting}\r\n".encode())
        in_text = False
        for raw in connection.makefile("rb"):
            line = raw.decode()
            talk.append(re.sub(r"^Date: .*?(?=\r?$)", "Date: TIME", line.rstrip("\n")).replace("\r", "<CR>"))
            if in_text:
                if line.strip("\r\n") != ".":
                    continue
                in_text = False
                reply = self._answers.get(".", "250 taken")
            else:
                word = line.split()[0].upper() if line.split() else ""
                reply = self._answers.get(word, {"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 ok"))
                in_text = reply.startswith("354")
            if reply:
                connection.sendall(f"{reply}\r\n".encode())
            if line.startswith("QUIT"):
                return
        talk.append("(closed)")


def mail_settings(*more, recipients=("a@example.net",), server="10.1.0.1"):
    return globals_(*(["notification_email {\n" + "\n".join(recipients) + "\n}"] if recipients else []),
                    f"smtp_server {server}", "smtp_alert", *more)


def talk_facts(bench, box, count):
    try:
        wait_until(lambda: len(box.talks) >= count and all(talk for talk in box.talks), 6, "the mails")
    except AssertionError as error:
        bench.fact("missing", str(error))
    time.sleep(0.7)
    for number, talk in enumerate(sorted(box.talks, key=str)):
        bench.fact(f"talk {number}", talk)


TALKS = {
    "plain": (mail_settings(), None), "from": (mail_settings("notification_email_from k@example.org"), None),
    "helo": (mail_settings("smtp_helo_name helo.example.org"), None),
    "several": (mail_settings(recipients=("a@example.net", "b@example.net", "c@example.net")), None),
    "many": (mail_settings(recipients=tuple(f"recipient-number-{n}@department.example.net" for n in range(12))), None),
    "name-and-address": (mail_settings('notification_email_from "Some One <k@example.org>"'), None),
    "multi-line-answers": (mail_settings(), {"HELO": "250-hello\r\n250 there"}),
    "bad-helo": (mail_settings(), {"HELO": "500 no"}), "bad-from": (mail_settings(), {"MAIL": "550 no"}),
    "bad-recipient": (mail_settings(), {"RCPT": "550 no"}), "bad-data": (mail_settings(), {"DATA": "554 no"}),
    "bad-text": (mail_settings(), {".": "554 no"}), "later": (mail_settings(), {"MAIL": "451 later"}),
    "no-address": (mail_settings(recipients=()), None),
}


@variants("mail", TALKS, quick=("plain",),
          known=(r"says: -Error processing",))  # docs/differences.md: the server's answer is in the log.
def conversation(bench, settings, answers):
    box = Postbox(bench, answers)
    program = bench.start("-P", config=settings + instance()).wait_for(MASTER)
    talk_facts(bench, box, 2)
    bench.fact("says", said(program.log(), "SMTP (?!connection)|smtp"))
    bench.fact("end", program.stop())
    box.close()


SERVERS = {"port": "10.1.0.1 2525", "port-colon": "10.1.0.1:2525"}


@variants("mail-server", SERVERS)
def server_with_a_port(bench, words):
    box = Postbox(bench, port=2525)
    program = bench.start("-P", config=mail_settings(server=words) + instance()).wait_for(MASTER)
    talk_facts(bench, box, 2)
    bench.fact("end", program.stop())
    box.close()


@scenario
def server_that_refuses(bench):
    program = bench.start("-P", config=mail_settings() + instance()).wait_for(MASTER)
    time.sleep(1)
    bench.fact("end", program.stop())


@scenario(known=(r"says: ",))
def server_that_is_silent(bench):
    box = Postbox(bench, greeting=None)
    program = bench.start("-P", config=mail_settings("smtp_connect_timeout 1") + instance()).wait_for(MASTER)
    time.sleep(3)
    bench.fact("says", said(program.log(), "imeout.*SMTP|SMTP.*imeout"))
    bench.fact("talks", len(box.talks))
    began = time.time()
    bench.fact("end", program.stop())
    bench.fact("ended soon", time.time() - began < 4)
    box.close()


@scenario
def server_that_greets_badly(bench):
    box = Postbox(bench, greeting="554 go away")
    program = bench.start("-P", config=mail_settings() + instance()).wait_for(MASTER)
    talk_facts(bench, box, 2)
    bench.fact("end", program.stop())
    box.close()


SWITCHES = {
    "global-off": ("", ""), "vrrp": ("smtp_alert_vrrp", ""), "instance": ("", "smtp_alert"),
    "instance-off": ("smtp_alert", "smtp_alert off"), "vrrp-off": ("smtp_alert\nsmtp_alert_vrrp off", ""),
    "checker-only": ("smtp_alert_checker", ""),
}


@variants("mail-switch", SWITCHES)
def who_gets_mails(bench, line, own):
    box = Postbox(bench)
    config = globals_("notification_email {\na@example.net\n}", "smtp_server 10.1.0.1", *line.splitlines())
    program = bench.start("-P", config=config + instance(extra=own)).wait_for(MASTER)
    time.sleep(0.8)
    bench.fact("subjects", box.subjects())
    bench.fact("end", program.stop())
    box.close()


@scenario(known=(r"subjects: \+.*Stopping",))
def mails_of_faults_and_groups(bench):
    box = Postbox(bench)
    bench.node.ip("link add eth7 type veth peer name far7", "link set eth7 up", "link set far7 up")
    config = mail_settings() + "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n smtp_alert\n}\n" + \
        instance(110, extra=block("track_interface", "eth7")) + instance(90, name="VI_2", vrid=52,
                                                                         addresses=["10.1.0.102/24"])
    program = bench.start("-P", config=config).wait_for(MASTER, times=2)
    bench.node.ip("link set eth7 down")
    time.sleep(1)
    bench.fact("subjects", box.subjects())
    bench.fact("texts", sorted({line for talk in box.talks for line in talk if line.startswith("=>")}))
    bench.fact("end", program.stop())
    box.close()


@scenario(known=(r"subjects: \+.*Stopping",))
def no_mails_of_faults(bench):
    box = Postbox(bench)
    bench.node.ip("link add eth7 type veth peer name far7", "link set eth7 up", "link set far7 up")
    program = bench.start("-P", config=mail_settings("no_email_faults")
                          + instance(extra=block("track_interface", "eth7"))).wait_for(MASTER)
    bench.node.ip("link set eth7 down")
    time.sleep(1)
    bench.fact("subjects", box.subjects())
    bench.fact("end", program.stop())
    box.close()

"""Who is told what: scripts, FIFOs and mails, in every state and at stop, restart and reload."""

from .base import (CONFIG, G, NOTIFY, OLD_BURST, RELOAD, Scenario, block, brisk, fast, flag, globals_, group, ip, pair,
                   reload, script, send)

MAIL = "smtp_server 10.1.0.1\nsmtp_helo_name router.example\nnotification_email_from router@example.org\n" \
       "notification_email {\n one@example.org\n two@example.org\n}\n"
SECOND_VI = dict(name="VI_2", vrid=52, addresses=["10.1.0.102/24"])


def telling(extra):
    return brisk(notify=False, extra=extra)


SCENARIOS = [
    # Scripts.
    Scenario("notify-generic-only", G + telling(f'notify "{NOTIFY} generic"'), seconds=3,
             events=((1.5, ip("link set eth0 down")), (2.2, ip("link set eth0 up"))), quick=True),
    Scenario("notify-specific-only", G + telling(f'notify_master "{NOTIFY} m"\nnotify_backup "{NOTIFY} b"\n'
                                                 f'notify_fault "{NOTIFY} f"'), seconds=3,
             events=((1.5, ip("link set eth0 down")), (2.2, ip("link set eth0 up")))),
    Scenario("notify-arguments", G + telling(f"notify_master \"{NOTIFY} 'with blanks' \\\"quoted\\\" $HOME *\""),
             seconds=2, events=((1.5, ("dump", "as master")),)),
    Scenario("notify-unquoted", G + telling(f"notify_master {NOTIFY}\nnotify {NOTIFY}"), seconds=2),
    Scenario("notify-user", G + telling(f'notify_master "/usr/bin/touch @DIR@/touched" nobody\n'
                                        f'notify "{NOTIFY} as root" root'), seconds=2,
             events=((1.5, ("dump", "as master")),)),
    Scenario("notify-missing-script", G + telling('notify_master "/no/such/file"\nnotify "@DIR@/notify.sh x"'),
             seconds=2, known=CONFIG),
    Scenario("notify-not-executable", G + telling('notify_master "@DIR@/plain"'), seconds=2,
             events=((0, ("write", "first", "plain", "#!/bin/sh\n")),), known=CONFIG),
    Scenario("notify-in-backup-at-stop", G + brisk(), seconds=0.5),
    Scenario("notify-in-fault-at-stop", G + brisk(interface="eth0"), seconds=2.5,
             events=((1.5, ip("link set eth0 down")),)),
    Scenario("notify-stop-restart", G + brisk(), seconds=5, events=((1.5, ("stop", "first")), (3, ("start", "first")))),
    Scenario("notify-quick-flaps", G + brisk(100), seconds=5, known=OLD_BURST, events=tuple(
        (1.5 + 0.3 * n, send(version=3, priority=200, interval=0.1)) for n in range(3))),
    Scenario("notify-lower-pri", G + brisk(150), seconds=3, events=((1.5, send(version=3, priority=9, interval=0.2)),)),
    Scenario("notify-deleted-default", G + brisk() + brisk(notify=False, **SECOND_VI, extra=f'notify "{NOTIFY} two"'),
             seconds=4, events=((2, reload(G + brisk())),), known=RELOAD),
    Scenario("notify-deleted-bare", G + brisk() + brisk(notify=False, **SECOND_VI,
                                                        extra=f'notify_deleted\nnotify "{NOTIFY} two"'), seconds=4,
             events=((2, reload(G + brisk())),), known=RELOAD),
    Scenario("notify-deleted-backup", G + brisk() + brisk(50, **SECOND_VI), seconds=3,
             events=((0.3, reload(G + brisk())),), known=(*RELOAD, r"at \d\.\d+ s, reference")),
    Scenario("notify-changed-by-reload", G + telling(f'notify_master "{NOTIFY} old"'), seconds=4, known=RELOAD, events=(
        (1.5, reload(G + telling(f'notify_stop "{NOTIFY} new stop"\nnotify "{NOTIFY} new"'))),)),
    # FIFOs.
    Scenario("fifo-both", "global_defs {\n script_user root\n enable_script_security\n notify_fifo @DIR@/fifo\n"
             " vrrp_notify_fifo @DIR@/fifo2\n vrrp_notify_fifo_script @DIR@/fifo_script.sh\n"
             " notify_fifo_script \"@DIR@/fifo_script.sh with arguments\"\n}\n" + brisk(), seconds=3),
    Scenario("fifo-instance-only", G + telling(""), seconds=3, events=((2, ip("link set eth0 down")),)),
    Scenario("fifo-group", G + group() + pair(), seconds=5,
             events=((3, ip("link set eth0 down")), (4, ip("link set eth0 up")))),
    Scenario("fifo-states-on-reload", globals_("fifo_write_vrrp_states_on_reload") + group() + pair(), seconds=5,
             known=RELOAD, events=((3, reload(globals_("fifo_write_vrrp_states_on_reload") + group() + pair())),)),
    Scenario("fifo-states-on-reload-changed", globals_("fifo_write_vrrp_states_on_reload") + brisk(), seconds=4,
             known=RELOAD, events=((1.5, reload(globals_("fifo_write_vrrp_states_on_reload") + brisk(110))),)),
    Scenario("fifo-is-a-file", G + brisk(), seconds=2, events=((0, ("write", "first", "fifo", "text\n")),)),
    # Priorities.
    Scenario("changes-of-instance", G + script(extra="interval 1\nweight -20") +
             fast(150, extra="notify_priority_changes on\n" + block("track_script", "S")), globals_() + fast(140),
             seconds=7, events=((3, flag(1)), (5, flag(0))), known=OLD_BURST),
    Scenario("changes-global-off-instance", globals_("vrrp_notify_priority_changes on") +
             script(extra="interval 1\nweight -20") +
             fast(150, extra="notify_priority_changes off\n" + block("track_script", "S")), seconds=5,
             events=((3, flag(1)),)),
    # Mails.
    Scenario("mail-global", globals_("smtp_alert on\n" + MAIL) + brisk(), seconds=4,
             events=((1.5, ip("link set eth0 down")), (2.5, ip("link set eth0 up")))),
    Scenario("mail-vrrp", globals_("smtp_alert_vrrp on\n" + MAIL) + brisk(), seconds=3),
    Scenario("mail-instance", globals_(MAIL) + brisk(extra="smtp_alert") + brisk(**SECOND_VI), seconds=3),
    Scenario("mail-instance-off", globals_("smtp_alert on\n" + MAIL) + brisk(extra="smtp_alert off"), seconds=3),
    Scenario("mail-group", globals_(MAIL) + group("smtp_alert\n") + brisk() + brisk(**SECOND_VI), seconds=4),
    Scenario("mail-no-faults", globals_("smtp_alert on\nno_email_faults\n" + MAIL) + brisk(), seconds=4,
             events=((1.5, ip("link set eth0 down")), (2.5, ip("link set eth0 up")))),
    Scenario("mail-deleted", globals_("smtp_alert on\n" + MAIL) + brisk() + brisk(**SECOND_VI), seconds=4, known=RELOAD,
             events=((2, reload(globals_("smtp_alert on\n" + MAIL) + brisk())),)),
    Scenario("mail-defaults", "global_defs {\n smtp_server 10.1.0.1\n smtp_alert on\n script_user root\n"
             " enable_script_security\n notification_email {\n one@example.org\n }\n}\n" + brisk(), seconds=3),
]

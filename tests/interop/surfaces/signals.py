"""What each signal does to a running daemon."""

import os
import signal
import time

from lab import wait_until

from .base import MASTER, globals_, instance, said, scenario, variants

NUMBERS = {name: getattr(signal, f"SIG{name}") for name in
           ("HUP", "USR1", "USR2", "CHLD", "PIPE", "WINCH", "URG", "CONT", "INT", "TERM", "QUIT", "ALRM",
            "VTALRM", "PROF", "IO", "PWR", "TTIN", "TTOU", "TSTP", "XFSZ")}
NUMBERS.update({f"RTMIN+{n}": signal.SIGRTMIN + n for n in (0, 1, 2, 3, 5, 8)})
NUMBERS.update({f"RTMAX-{n}": signal.SIGRTMAX - n for n in (0, 1, 2, 3)})


@variants("signal", NUMBERS, quick=("USR2",), known=(
    r"log: .*(Reloading|Reload complete|Configuration file|Child|child)",
    r"log: .*(setting VIPs|Assigned address|sockpool|atuitous)",  # docs/differences.md, at a reload; or chance.
    r"log: -Script user"))  # Looked for once more, for the dump.
def one_signal(bench, number):
    program = bench.start("-P", config=instance()).wait_for(MASTER)
    before = len(program.log())
    program.send(number)
    time.sleep(1)
    if number in (signal.SIGINT, signal.SIGTERM):
        bench.fact("end by itself", program.wait())
    lives = program.alive
    bench.fact("lives", lives)
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("files", bench.files(bench.tmp))
    bench.log_fact("log", program.log()[before:])
    if lives:
        program.send(signal.SIGCONT)
        bench.fact("end", program.stop())
    bench.fact("address at the end", bench.node.holds("10.1.0.100"))
    bench.fact("pid files at the end", sorted(path.name for path in bench.folder.glob("*.pid")))


@scenario
def signals_to_the_pid_in_vrrp_pid(bench):
    """What scripts do that know of the reference's processes."""
    program = bench.start("-P", config=instance()).wait_for(MASTER)
    for number, name in ((signal.SIGUSR1, "keepalived.data"), (signal.SIGUSR2, "keepalived.stats"),
                         (signal.SIGRTMIN + 2, "keepalived.json")):
        os.kill(bench.pid_in(bench.folder / "vrrp.pid"), number)
        wait_until(lambda: (bench.tmp / name).exists() or bench.is_reference, 3, name)
    time.sleep(0.3)
    bench.fact("files", [line for line in bench.files(bench.tmp).splitlines() if "parent" not in line])
    bench.fact("end", program.stop())


@scenario
def clearing_counters(bench):
    program = bench.start("-P", config=instance(advert=0.5)).wait_for(MASTER)
    program.send(signal.SIGRTMAX - 1)
    stats = bench.tmp / "keepalived.stats"
    wait_until(stats.exists, 3, "the file")
    time.sleep(0.1)
    first = stats.read_text()
    program.send(signal.SIGUSR2)
    time.sleep(0.3)
    second = stats.read_text()
    bench.fact("became master", [line for text in (first, second) for line in text.splitlines() if "ecame" in line])
    bench.fact("shape", [line.split(":")[0] for line in first.splitlines() if "Sent" not in line])
    program.stop()


@scenario
def ignored_sigint(bench):
    program = bench.start("-P", "--ignore-sigint", config=instance()).wait_for(MASTER)
    program.send(signal.SIGINT)
    time.sleep(0.7)
    bench.fact("lives", program.alive)
    bench.fact("end", program.stop())


@scenario
def sigint_of_a_background_job(bench):
    """A shell without job control starts its background jobs with SIGINT ignored."""
    program = bench.start("-P", config=instance(), prefix="env --ignore-signal=INT").wait_for(MASTER)
    program.send(signal.SIGINT)
    time.sleep(3)
    bench.fact("lives", program.alive)
    bench.fact("end", program.stop() if program.alive else program.wait())


@scenario
def blocked_signals(bench):
    """Some supervisors leave signals blocked."""
    program = bench.start("-P", config=instance(), prefix="env --block-signal=HUP,TERM,USR1").wait_for(MASTER)
    program.send(signal.SIGUSR1)
    wait_until((bench.tmp / "keepalived.data").exists, 3, "the dump")
    bench.fact("end", program.stop())


@scenario
def second_sigterm(bench):
    """Ends at once, whatever is still to be waited for."""
    bench.script("slow.sh", "sleep 20")
    program = bench.start("-P", config=globals_("script_user root", "enable_script_security",
                                                'shutdown_script "@DIR@/slow.sh"', "shutdown_script_timeout 15")
                          + instance()).wait_for(MASTER)
    program.send(signal.SIGTERM)
    time.sleep(2.5)
    program.send(signal.SIGTERM)
    time.sleep(1.5)
    bench.fact("lives", program.alive)
    if program.alive:
        program.send(signal.SIGKILL)
    bench.fact("status", program.wait())


@scenario
def reload_log(bench):
    program = bench.start("-P", config=instance()).wait_for(MASTER)
    program.send(signal.SIGHUP)
    program.wait_for("Reload complete")
    bench.fact("lines", said(program.log(), "^Reloading \\.\\.\\.$", "^Reload complete$", "^Startup complete$",
                             "^Configuration file"))
    bench.fact("end", program.stop())
    bench.fact("end lines", said(program.log(), "^Stopping$", "^Stopped Keepalived v\\d")[0:1])

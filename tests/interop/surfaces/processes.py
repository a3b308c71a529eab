"""Names, priorities and limits of the process that vrrp.pid names, and what scripts inherit of them."""

import contextlib
import os
import re
import time
from pathlib import Path

from lab import wait_until

from .base import MASTER, SECURE, globals_, instance, scenario, variants

_STATUS = ("Cpus_allowed_list", "Groups", "CapEff", "CapInh", "CapAmb", "NoNewPrivs", "Seccomp", "SigIgn")


def standing(pid):
    """What `ps`, `chrt`, `prlimit` and `taskset` would tell."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    scheduler = os.sched_getscheduler(pid)
    lines = [f"policy {scheduler & ~os.SCHED_RESET_ON_FORK} reset {bool(scheduler & os.SCHED_RESET_ON_FORK)}",
             f"rt priority {os.sched_getparam(pid).sched_priority}", f"nice {os.getpriority(os.PRIO_PROCESS, pid)}",
             f"affinity {sorted(os.sched_getaffinity(pid))}",
             f"oom {Path(f'/proc/{pid}/oom_score_adj').read_text().strip()}",
             f"locked {int(status['VmLck'].split()[0]) > 0}"]
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    lines += [re.sub(r" {2,}", " ", line) for line in limits if not line.startswith("Max open files")]
    return lines


STANDINGS = {
    "plain": ("",), "nice": ("vrrp_priority -7",), "rt": ("vrrp_rt_priority 4",),
    "rt-limit": ("vrrp_rt_priority 4\nvrrp_rlimit_rttime 20000",), "affinity": ("vrrp_cpu_affinity 1",),
    "no-swap": ("vrrp_no_swap",), "both-nice-and-rt": ("vrrp_priority 3\nvrrp_rt_priority 2",),
    "inherited-nice": ("", "nice -n 5"), "inherited-limits": ("", "prlimit --nofile=512:1024 --memlock=65536"),
    "out-of-range": ("vrrp_priority -30\nvrrp_rt_priority 200",),
}


@variants("standing", STANDINGS,
          # docs/differences.md: the reference gives its priority to the wrong process; without vrrp_rlimit_rttime
          # there is no limit.
          known=(r"Max realtime timeout", r"vrrp: [-+](policy|rt priority)"))
def standing_of_vrrp(bench, lines, prefix=""):
    bench.script("note.sh", "sleep 30")
    program = bench.start("-P", config=globals_(SECURE, *lines.splitlines())
                          + instance(extra="notify_master @DIR@/note.sh"), prefix=prefix).wait_for(MASTER)
    time.sleep(0.4)
    bench.fact("vrrp", standing(bench.pid_in(bench.folder / "vrrp.pid")))
    for pid, name in bench.processes().items():
        if name in ("note.sh", "sh"):
            with contextlib.suppress(OSError):
                bench.fact("script", standing(pid))
    bench.fact("end", program.stop())


NAMES = {"plain": ("", {}), "process-names": ("process_names", {}), "process-name": ("process_name top", {}),
         "vrrp-process-name": ("vrrp_process_name mine", {})}


# docs/differences.md: one process has one name.
@variants("process-name", NAMES, known=(r"main: .*keepalived",))
def name_of_vrrp(bench, line, _):
    """What `pidof` or `pgrep` find; one process cannot have several names."""
    program = bench.start("-P", config=globals_(line) + instance()).wait_for(MASTER)
    names = bench.processes()
    if "vrrp_process_name" in line:
        bench.fact("vrrp", names[bench.pid_in(bench.folder / "vrrp.pid")])
    else:
        bench.fact("main", names[program.pid])
    bench.fact("command line", Path(f"/proc/{program.pid}/cmdline").read_text().split("\0")[0])
    bench.fact("end", program.stop())


@scenario
def closed_standard_streams(bench):
    """A supervisor may start it without any."""
    program = bench.start("-P", config=instance(), prefix="sh -c 'exec \"$@\" <&- >&- 2>&-' sh")
    wait_until(lambda: bench.node.holds("10.1.0.100"), 6, "the address")
    bench.fact("end", program.stop())


@scenario
def descriptors_of_a_script(bench):
    bench.script("note.sh", "ls -l /proc/$$/fd | awk '{print $9, $11}' | grep -v '^255\\|^10' > @DIR@/said"
                 .replace("@DIR@", str(bench.folder)))
    program = bench.start("-P", config=globals_(SECURE) + instance(extra="notify_master @DIR@/note.sh"))
    program.wait_for(MASTER)
    said = bench.folder / "said"
    wait_until(lambda: said.exists() and "2 /dev/null" in said.read_text(), 4, "the note")
    bench.fact("open", [line for line in said.read_text().splitlines()
                        if line.strip() and not line.endswith(("note.sh", "said"))])
    bench.fact("end", program.stop())


# docs/differences.md: the socket is for the daemon alone.
@scenario(known=(r"variables: -NOTIFY_SOCKET",))
def environment_of_a_script(bench):
    said = bench.folder / "said"
    bench.script("note.sh", "env | grep -v '^PWD=\\|^OLDPWD=\\|^SHLVL=\\|^_=' | sort "
                            f"> {said}.new; mv {said}.new {said}")
    program = bench.start("-P", config=globals_(SECURE) + instance(extra="notify_master @DIR@/note.sh"),
                          prefix="env -i PATH=/usr/bin:/bin LD_LIBRARY_PATH=/no IFS=x HOME=/root A=1 LANG=C "
                                 "NOTIFY_SOCKET=/no/such")
    program.wait_for(MASTER)
    wait_until(said.exists, 4, "the note")
    bench.fact("variables", said.read_text())
    bench.fact("end", program.stop())


@scenario
def standing_of_a_script(bench):
    """Who it is, where, in which process group and session, with which signals."""
    said = bench.folder / "said"
    bench.script("note.sh", f"(id; pwd; cut -d' ' -f5,6 /proc/$$/stat | tr ' ' '\\n' | sed s/$$/own/; "
                            f"grep -E '^(SigIgn|SigBlk|NoNewPrivs|CapInh)' /proc/$$/status) > {said}.new; "
                            f"mv {said}.new {said}")
    config = globals_(SECURE) + instance(extra="notify_master @DIR@/note.sh")
    program = bench.start("-P", config=config).wait_for(MASTER)
    wait_until(said.exists, 4, "the note")
    session = os.getsid(program.pid)
    bench.fact("standing", re.sub(rf"^{session}$", "session of the daemon", said.read_text(), flags=re.M))
    bench.fact("end", program.stop())

"""Which pid files there are, what they hold, and what an old one does."""

import os
import signal

from lab import wait_until
from surface_bench import settle

from .base import MASTER, globals_, instance, scenario, variants

PLAIN = ("-n", "-l", "-G", "-P")


def pid_file_facts(bench, name, program, folder):
    """Each file of the folder: does it hold a number and a newline, and is that a process that obeys signals?"""
    lines = []
    for path in sorted(folder.rglob("*.pid")):
        pid = bench.pid_in(path)
        alive = pid in bench.processes() if pid else False
        main = pid == program.pid
        lines.append(f"{path.relative_to(folder)} number={pid is not None} alive={alive}"
                     f"{' main' if main and path.name.startswith('keepalived') else ''}")
    bench.fact(f"{name}: contents", lines)
    bench.fact(f"{name}: files", bench.files(folder))


DEFAULTS = {
    "plain": ("", ()), "use-pid-dir": ("use_pid_dir\n", ()), "instance": ("instance one\n", ()),
    "instance-and-dir": ("instance one\nuse_pid_dir\n", ()),
    "main-given": ("instance one\n", ("-p", "@DIR@/given.pid")),
    "all-given": ("use_pid_dir\n", ("-p", "@DIR@/p", "-r", "@DIR@/r", "-c", "@DIR@/c")),
    "config-id": ("", ("-i", "some")),
}


@variants("pid", DEFAULTS, quick=("plain",))
def default_names(bench, line, words):
    program = bench.start(*PLAIN, *words, config=line + instance(), own_names=False).wait_for(MASTER)
    pid_file_facts(bench, "running", program, bench.run)
    bench.fact("given", [f"{path.name} {bench.pid_in(path) in bench.processes()}"
                         for path in sorted(bench.folder.iterdir()) if path.name in ("p", "r", "c", "given.pid")])
    bench.fact("end", program.stop())
    bench.fact("left", bench.files(bench.run))
    bench.fact("given left", [path.name for path in sorted(bench.folder.iterdir())])


@scenario
def pid_files_of_checkers(bench):
    config = "virtual_server 10.1.0.100 80 {\n protocol TCP\n}\n"
    status, _, err = bench.command("-n", "-l", "-G", "-C", "-f", bench.write("k.conf", config), timeout=3)
    bench.fact("left", bench.files(bench.run))


@scenario
def pid_file_modes(bench):
    for mask in ("000", "077"):
        program = bench.start(*PLAIN, config=instance(), own_names=False, umask=mask).wait_for(MASTER)
        bench.fact(f"umask {mask}", bench.files(bench.run))
        program.stop()
    program = bench.start(*PLAIN, "-u", "0", config="use_pid_dir\n" + instance(), own_names=False).wait_for(MASTER)
    bench.fact("-u 0", bench.files(bench.run))
    program.stop()


@scenario
def forked(bench):
    """Without -n the shell gets its status back when the daemon stands; the pid file names the daemon."""
    path = bench.write("k.conf", instance())
    status, out, err = bench.command("-P", "-f", path)
    bench.fact("status", status)
    bench.fact("printed", out + err)
    wait_until(lambda: bench.node.holds("10.1.0.100"), 5, "the address")
    pid = bench.pid_in(bench.run / "keepalived.pid")
    bench.fact("alive", pid in bench.processes())
    bench.fact("folder", os.readlink(f"/proc/{pid}/cwd"))
    bench.fact("session", os.getsid(pid) == pid)
    bench.fact("streams", [os.readlink(f"/proc/{pid}/fd/{n}") for n in range(3)])
    bench.fact("syslog idents", sorted({f"{line[0]} {line[2]}" for line in bench.syslog.lines}))
    bench.fact("again", bench.command("-P", "-f", path)[0])
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not (bench.run / "keepalived.pid").exists(), 5, "the end")
    wait_until(lambda: pid not in bench.processes(), 5, "the end")
    bench.fact("left", bench.files(bench.run))


OLD = {"dead": "999999\n", "empty": "", "garbage": "nonsense\n", "init": "1\n", "no-newline": "999999",
       "long": "1234567890123456789012345\n", "negative": "-5\n"}


@variants("old-pid", OLD)
def old_pid_file(bench, text):
    (bench.run / "keepalived.pid").write_text(text)
    (bench.run / "vrrp.pid").write_text(text)
    program = bench.start(*PLAIN, config=instance(), own_names=False).wait_for(MASTER)
    pid_file_facts(bench, "running", program, bench.run)
    bench.fact("end", program.stop())
    bench.fact("left", bench.files(bench.run))


@scenario
def old_pid_file_of_another_program(bench):
    other = bench.node.popen(["sleep", "20"])
    (bench.run / "keepalived.pid").write_text(f"{other.pid}\n")
    program = bench.start(*PLAIN, config=instance(), own_names=False).wait_for(MASTER)
    bench.fact("main", bench.pid_in(bench.run / "keepalived.pid") == program.pid)
    bench.fact("end", program.stop())
    bench.fact("the other lives", other.poll() is None)


# The reference takes vrrp.pid away when a second one with -C has nothing to do.
@scenario(known=(r"unchanged: ",))
def second_daemon(bench):
    first = bench.start(*PLAIN, config=instance(), own_names=False).wait_for(MASTER)
    before = bench.files(bench.run)
    path = bench.write("other.conf", instance(vrid=52, addresses=["10.1.0.102/24"]))
    for name, words in (("same files", ()), ("same main", ("-r", "@DIR@/r")), ("same vrrp", ("-p", "@DIR@/p")),
                        ("the checkers only", ("-p", "@DIR@/p", "-C"))):
        status, out, err = bench.command("-n", "-l", "-G", *(() if "-C" in words else ("-P",)), *words, "-f", path,
                                         timeout=2)
        bench.fact(f"{name}: status", status)
        bench.fact(f"{name}: says so", "daemon is already running" in err)
        bench.fact(f"{name}: says that it stopped", "Stopped Keepalived" in err)
        bench.fact(f"{name}: standard output", out)
    bench.fact("first lives", first.alive)
    bench.fact("unchanged", before == bench.files(bench.run))
    bench.fact("main", bench.pid_in(bench.run / "keepalived.pid") == first.pid)
    bench.fact("end", first.stop())


@scenario
def two_daemons_with_instances(bench):
    first = bench.start(*PLAIN, config="instance one\n" + instance(), own_names=False).wait_for(MASTER)
    path = bench.write("other.conf", "instance two\n" + instance(vrid=52, addresses=["10.1.0.102/24"]))
    second = bench.start(*PLAIN, "-f", path, own_names=False).wait_for(MASTER)
    bench.fact("both", bench.files(bench.run))
    bench.fact("end of one", first.stop())
    bench.fact("one left", bench.files(bench.run))
    bench.fact("end of two", second.stop())
    bench.fact("left", bench.files(bench.run))


# docs/differences.md: a pid file that cannot be opened is an error here, and "already running" there.
@scenario(known=(r"no folder: status: ", r"folder at the name: status: "))
def pid_file_that_cannot_be_written(bench):
    path = bench.write("k.conf", instance())
    bench.fact("no folder: status", bench.command(*PLAIN, "-p", "@DIR@/no/such.pid", "-f", path, timeout=3)[0])
    (bench.folder / "folder").mkdir()
    bench.fact("folder at the name: status", bench.command(*PLAIN, "-p", "@DIR@/folder", "-f", path, timeout=3)[0])
    bench.fact("address", bench.node.holds("10.1.0.100"))
    bench.fact("left", bench.files(bench.run))


@scenario
def pid_files_after_a_kill(bench):
    """The children of the reference end with their parent; then a new start takes over."""
    program = bench.start(*PLAIN, config=instance(), own_names=False).wait_for(MASTER)
    os.killpg(program.pid, signal.SIGKILL)
    program.wait()
    wait_until(lambda: not bench.processes(), 5, "the end of all")
    bench.fact("left", bench.files(bench.run))
    again = bench.start(*PLAIN, config=instance(), own_names=False).wait_for(MASTER)
    pid_file_facts(bench, "again", again, bench.run)
    bench.fact("end", again.stop())
    bench.fact("left at the end", bench.files(bench.run))


@scenario
def namespace_by_name(bench):
    """The run directory of a network namespace; each has its own."""
    name = bench.node.namespace
    program = bench.start(*PLAIN, "-s", name, config=instance(), own_names=False).wait_for(MASTER)
    bench.fact("seen from outside", bench.files(bench.run).replace(name, "NAMESPACE"))
    pid = program.pid
    inside = sorted(path.name for path in os.scandir(f"/proc/{pid}/root/run/keepalived"))
    bench.fact("seen by the daemon", [each for each in inside if not each.endswith(".sock")])
    bench.fact("end", program.stop())
    bench.fact("left", bench.files(bench.run))


@scenario(known=())
def namespace_that_is_not_there(bench):
    for name, config, words in (("option", instance(), ("-s", "nosuch")),
                                ("keyword", "net_namespace nosuch\n" + instance(), ())):
        status, out, err = bench.command(*PLAIN, *words, "-f", bench.write("k.conf", config), timeout=3)
        bench.fact(f"{name}: status", status)
        bench.fact(f"{name}: left", bench.files(bench.run))


@scenario
def reload_file_left_by_a_crash(bench):
    """It is taken away at the start."""
    for name, line, stale in (("named", "reload_file @DIR@/busy", bench.folder / "busy"),
                              ("default", "reload_file", bench.run / "keepalived.reload")):
        stale.touch()
        program = bench.start("-P", config=globals_(line) + instance()).wait_for(MASTER)
        bench.fact(f"{name}: there", stale.exists())
        bench.fact(f"{name}: end", program.stop())


@scenario
def namespace_in_the_file(bench):
    """Its interfaces are not those of where the daemon is started."""
    outside = bench.lab.node("outside", "10.8.0.1/24")
    inside = bench.lab.node("inside")
    inside.ip("link add lan0 type veth peer name far0", "link set lan0 up", "link set far0 up",
              "addr add 10.7.0.1/24 dev lan0")
    del outside
    config = instance(interface="lan0", addresses=["10.7.0.100/24"])
    for name, head, words in (("keyword", f"net_namespace {inside.namespace}\n", ()),
                              ("option", "", ("-s", inside.namespace))):
        path = bench.write("k.conf", head + config)
        bench.fact(f"{name}: test", bench.command("-t", *words, "-f", path)[0])
        program = bench.start(*PLAIN, *words, config=head + config, own_names=False).wait_for(MASTER)
        settle(0.2)
        bench.fact(f"{name}: address", inside.holds("10.7.0.100"))
        bench.fact(f"{name}: run directory", bench.files(bench.run).replace(inside.namespace, "NAMESPACE"))
        bench.fact(f"{name}: end", program.stop())
        bench.fact(f"{name}: left", bench.files(bench.run))


@scenario(quick=True)
def two_namespaces(bench):
    """Each daemon has its own plain names."""
    config = instance(interface="lan0", addresses=["10.7.0.100/24"])
    programs = []
    for name in ("one", "two"):
        node = bench.lab.node(name)
        node.ip("link add lan0 type veth peer name far0", "link set lan0 up", "link set far0 up",
                "addr add 10.7.0.1/24 dev lan0")
        programs.append(bench.start(*PLAIN, "-s", node.namespace, config=config, own_names=False).wait_for(MASTER))
    bench.fact("both", [each.alive for each in programs])
    bench.fact("ends", [each.stop() for each in programs])
    bench.fact("left", bench.files(bench.run))

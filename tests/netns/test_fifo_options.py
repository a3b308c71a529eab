"""FIFOs that the daemon makes, who may use them, the programs that read them, and what a reload says."""

import grp
import os
import pwd
import stat

import pytest
from lab import wait_until
from routers import instance

SCRIPT_USER = "script_user root\nenable_script_security"


def reader(node, name):
    """A program that writes what its FIFO says into a file, after a line about itself."""
    said = node.folder / f"{name}-said"
    path = node.script(name, f'echo "$(id -un) $#: $1 ${{2##*/}}" >> {said}\nexec cat "$2" >> {said}')
    return path, lambda: said.read_text().replace("\0", "").splitlines() if said.exists() else []


@pytest.mark.parametrize("keyword, script", [("notify_fifo", "notify_fifo_script"),
                                                 ("vrrp_notify_fifo", "vrrp_notify_fifo_script")])
def test_a_program_reads_the_fifo(ours, keyword, script):
    node = ours.first
    path, said = reader(node, "reader")
    fifo = node.folder / "made"
    daemon = ours.start(node, f"global_defs {{\n{SCRIPT_USER}\n{keyword} {fifo}\n"
                              f"{script} \"{path} word\" root\n}}\n" + instance(120))
    daemon.wait_for_state("MASTER")
    wait_until(lambda: 'INSTANCE "VI_1" MASTER 120' in said(), 3, "the line")
    assert said()[0] == "root 2: word made"


@pytest.mark.parametrize("words, user, group", [("", "root", "root"), ("nobody", "nobody", "nogroup"),
                                                ("root daemon", "root", "daemon")])
def test_whose_the_fifo_is(ours, words, user, group):
    fifo = ours.first.folder / "made"
    ours.start(ours.first, f"global_defs {{\nvrrp_notify_fifo {fifo} {words}\n}}\n" + instance(120))
    wait_until(fifo.exists, 3, "the FIFO")
    found = os.stat(fifo)
    assert stat.S_ISFIFO(found.st_mode)
    assert (pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name) == (user, group)
    assert stat.S_IMODE(found.st_mode) == 0o600


@pytest.mark.parametrize("line, again", [("fifo_write_vrrp_states_on_reload", 1), ("", 0)])
def test_states_after_a_reload(ours, line, again):
    """Of those that are not MASTER."""
    node = ours.first
    node.ip("link add lan0 type veth peer name peer0")
    path, said = reader(node, "reader")
    config = (f"global_defs {{\n{SCRIPT_USER}\nvrrp_notify_fifo {node.folder}/made\n"
              f"vrrp_notify_fifo_script \"{path} word\" root\n{line}\n}}\n" + instance(120)
              + instance(110, name="VI_2", vrid=52, addresses=["10.1.0.101"]).replace("eth0", "lan0"))
    daemon = ours.start(node, config)
    daemon.wait_for_state("MASTER")
    wait_until(lambda: 'INSTANCE "VI_1" MASTER 120' in said(), 3, "the states")
    assert said().count('INSTANCE "VI_2" FAULT 110') == 1
    daemon.configure(config + instance(90, name="VI_3", vrid=53, addresses=["10.1.0.102"]))
    daemon.reload()
    wait_until(lambda: 'INSTANCE "VI_3" MASTER 90' in said(), 4, "the new one")
    assert said().count('INSTANCE "VI_2" FAULT 110') == 1 + again
    assert said().count('INSTANCE "VI_1" MASTER 120') == 1

"""Global keywords about the scripts that are run, and about the files of several daemons on one machine."""

import grp
import pwd
import signal
import tempfile
from pathlib import Path

import pytest
from lab import wait_until
from routers import instance


def told(node, line):
    """A notify script that writes one line about itself whenever it is run, and what it wrote."""
    said = node.folder / "said"
    script = node.script("tell", f'{line} >> {said}')
    return script, lambda: said.read_text().splitlines() if said.exists() else []


@pytest.mark.parametrize("line, name", [("use_symlink_paths", "link"), ("", "tell")])
def test_a_script_behind_a_link(ours, line, name):
    """By the path as it is written, or by where it leads."""
    script, said = told(ours.first, 'echo "$0"')
    link = ours.first.folder / "link"
    link.symlink_to(script)
    ours.start(ours.first, f"global_defs {{\nscript_user root\nenable_script_security\n{line}\n}}\n"
               + instance(120, extra=f'notify "{link}"'))
    wait_until(lambda: len(said()) >= 2, 4, "two calls")
    assert set(said()) == {str(ours.first.folder / name)}


@pytest.mark.parametrize("value, mask", [("0027", "0027"), ("IRWXO", "0007"), ("IWGRP|IRWXO", "0027")])
def test_umask_of_scripts(ours, value, mask):
    script, said = told(ours.first, "umask")
    ours.start(ours.first, f"global_defs {{\nscript_user root\nenable_script_security\numask {value}\n}}\n"
               + instance(120, extra=f'notify "{script}"'))
    wait_until(said, 4, "a call")
    assert said()[0] == mask


MEMBERS = [(user, group.gr_gid) for group in grp.getgrall() for user in group.gr_mem if user != "root"]


@pytest.mark.skipif(not MEMBERS, reason="nobody on this machine is in a second group")
@pytest.mark.parametrize("line, has", [
    pytest.param("set_supplementary_groups", True, marks=pytest.mark.holdfast_only), ("", False)])
def test_the_groups_of_a_scripts_user(ours, line, has):
    user, group = MEMBERS[0]
    with tempfile.NamedTemporaryFile("r") as said:
        Path(said.name).chmod(0o666)
        ours.start(ours.first, f"global_defs {{\n{line}\n}}\n"
                   + instance(120, extra=f"notify \"/bin/sh -c 'id -G >> {said.name}'\" {user}"))
        groups = wait_until(lambda: Path(said.name).read_text().splitlines(), 4, "a call")[0].split()
    assert str(pwd.getpwnam(user).pw_gid) in groups
    assert (str(group) in groups) == has


@pytest.mark.parametrize("line, name", [("data_use_instance", "keepalived.other.data"), ("", "keepalived.data")])
def test_the_instance_in_the_names_of_dumps(ours, line, name):
    daemon = ours.start(ours.first, f"instance other\nglobal_defs {{\n{line}\n}}\n" + instance(120))
    daemon.wait_for_state("MASTER")
    daemon.signal(signal.SIGUSR1)
    wait_until((daemon.folder / "tmp" / name).exists, 3, name)

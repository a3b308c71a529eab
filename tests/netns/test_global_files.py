"""Global keywords about files: where dumps go, who may read them, and where names of tables come from."""

import json
import signal

from lab import wait_until
from routers import instance


def dump(daemon, number, path):
    daemon.signal(number)
    wait_until(path.exists, 3, str(path))
    wait_until(lambda: path.read_text().endswith("\n") or path.read_text().endswith(("]", "}")), 3, "all of it")
    return path.read_text()


def test_the_data_dump_goes_where_it_is_told(ours):
    """The others stay where they are, as in 2.4.3, which reads these keywords and forgets them."""
    folder = ours.first.folder / "dumps"
    folder.mkdir()
    daemon = ours.start(ours.first, f"""
global_defs {{
    state_dump_file {folder}/state
    stats_dump_file {folder}/statistics
    json_dump_file {folder}/all.json
    json_version 2
}}
""" + instance(100))
    daemon.wait_for_state("MASTER")
    assert "VRRP Instance = VI_1" in dump(daemon, signal.SIGUSR1, folder / "state")
    usual = daemon.folder / "tmp"
    assert "VRRP Instance: VI_1" in dump(daemon, signal.SIGUSR2, usual / "keepalived.stats")
    shown = json.loads(dump(daemon, signal.SIGRTMIN + 2, usual / "keepalived.json"))
    assert [each["data"]["iname"] for each in shown["vrrp"]] == ["VI_1"]
    assert {path.name for path in usual.iterdir()} == {"keepalived.stats", "keepalived.json"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in [*usual.iterdir(), folder / "state"])


def test_the_older_shape_of_the_json_dump(ours):
    daemon = ours.start(ours.first, "global_defs {\njson_version 1\n}\n" + instance(100))
    daemon.wait_for_state("MASTER")
    shown = json.loads(dump(daemon, signal.SIGRTMIN + 2, daemon.folder / "tmp" / "keepalived.json"))
    assert [each["data"]["iname"] for each in shown] == ["VI_1"]


def test_names_of_routing_tables_come_from_the_folders_of_iproute(ours):
    """The site's folder is asked before the vendor's."""
    node = ours.first
    for folder, number in (("usr", 111), ("etc", 222)):
        (node.folder / folder).mkdir()
        (node.folder / folder / "rt_tables").write_text(f"{number} ours\n")
    (node.folder / "usr" / "rt_protos").write_text("99 fromusr\n")
    daemon = ours.start(node, f"""
global_defs {{
    iproute_usr_dir {node.folder}/usr
    iproute_etc_dir {node.folder}/etc
}}
static_routes {{
    10.7.0.0/16 dev eth0 table ours
    10.8.0.0/16 dev eth0 protocol fromusr no_track
}}
""" + instance(100))
    daemon.wait_for_state("MASTER")
    assert "10.7.0.0/16" in node.run(["ip", "route", "show", "table", "222"])
    assert "10.8.0.0/16" in node.run(["ip", "route", "show", "proto", "99"])

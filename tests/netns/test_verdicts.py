"""`holdfast -t` as users run it: exit codes, where the reports go, their JSON, and the agreed texts.

Each run is in network and mount namespaces of its own, with the machine that the golden files assume: the interfaces
eth0 to eth2 and tun0, the users root, nobody and keepalived_script, and the scripts of /etc/ka.
"""

import json
import os
import shutil
import subprocess

import pytest
from lab import HOLDFAST, under_test_is_reference

pytestmark = pytest.mark.skipif(under_test_is_reference(), reason="about what our daemon says")

GOLDEN = os.path.join(os.path.dirname(__file__), "..", "golden", "config")
CASES = sorted(name[:-len(".conf")] for name in os.listdir(GOLDEN) if name.endswith(".conf"))

MACHINE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 none /mnt
cp "$1"/* /mnt
mkdir /mnt/etc /mnt/etc/ka /mnt/etc/keepalived
mv /mnt/*.conf /mnt/etc/keepalived
for map in protocols services nsswitch.conf iproute2; do [ ! -e /etc/$map ] || cp -r /etc/$map /mnt/etc; done
printf '%s\n' root:x:0:0::/root:/bin/sh nobody:x:65534:65534::/:/bin/sh keepalived_script:x:998:998::/:/bin/sh \
    > /mnt/etc/passwd
printf '%s\n' root:x:0: daemon:x:1: keepalived_script:x:998: > /mnt/etc/group
for mode in 755:check.sh 644:plain.txt 777:open.sh; do
    printf '#!/bin/sh\n' > /mnt/etc/ka/${mode#*:}; chmod ${mode%:*} /mnt/etc/ka/${mode#*:}
done
mount --bind /mnt/etc /etc
ip link set lo up
for number in 0 1 2; do
    ip link add eth$number type veth peer name peer$number
    ip link set eth$number up; ip link set peer$number up
    ip addr add 192.0.2.2/24 dev eth$number
    ip addr add fe80::2/64 dev eth$number nodad
done
ip tuntap add tun0 mode tun 2>/dev/null && ip link set tun0 multicast off || true
cd /etc/keepalived
shift
exec "$@"
"""


@pytest.fixture
def machine(tmp_path):
    """run(text, *options) -> the finished process; the configuration is the file test.conf."""
    def run(files, *command):
        folder = tmp_path / "files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return subprocess.run(["unshare", "-n", "-m", "sh", "-c", MACHINE, "sh", str(folder), *map(str, command)],
                              capture_output=True, timeout=60, check=False)
    return run


@pytest.fixture
def check(machine):
    def run(text, *options):
        return machine({"test.conf": text}, HOLDFAST, "-f", "test.conf", *(options or ["-t"]))
    return run


GOOD = """vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.10/24
    }
}
"""
MISSPELT = GOOD.replace("virtual_router_id", "virtual_router_ids")

EXIT_CODES = {
    "good": (GOOD, 0),
    "empty": ("", 0),
    "a missing word": (GOOD.replace("interface eth0", "interface"), 2),
    "an unknown interface": (GOOD.replace("eth0", "eth9"), 5),
    "an unknown keyword": (GOOD + "nonsense\n", 5),
    "a number out of range": (GOOD.replace("51", "300"), 5),
    "a missing brace": (GOOD[:-2], 5),
    "scripts without security": (GOOD.replace("virtual_router_id", "notify_master /etc/ka/check.sh\nvirtual_router_id"), 6),
    "a required include": ("includea /etc/keepalived/none.conf\n" + GOOD, 6),
}


@pytest.mark.parametrize("name", EXIT_CODES)
def test_exit_codes(check, name):
    text, status = EXIT_CODES[name]
    done = check(text)
    assert done.returncode == status, done.stderr.decode()
    assert (done.stderr == b"") == (status == 0)
    assert done.stdout == b""


def test_a_file_that_is_not_there_is_reported_and_counts_as_empty(machine):
    done = machine({"other.conf": GOOD}, HOLDFAST, "-t", "-f", "test.conf")
    assert (done.returncode, done.stdout) == (0, b"")  # As keepalived does.
    assert done.stderr.startswith(b"test.conf: error: ")


def test_the_reports_go_to_the_file_given(machine):
    script = f"{HOLDFAST} -t=/run/reports -f test.conf; status=$?; cat /run/reports; exit $status"
    done = machine({"test.conf": MISSPELT}, "sh", "-c", "mount -t tmpfs none /run; " + script)
    assert done.returncode == 5
    assert done.stderr == b""
    assert done.stdout.decode().startswith("test.conf:3:5: error: unknown keyword virtual_router_ids in vrrp_instance\n")


@pytest.mark.parametrize("option", ["-t", "--config-test"])
def test_a_typo_has_a_place_and_a_remedy(check, option):
    done = check(MISSPELT, option)
    assert done.returncode == 5
    first = done.stderr.decode().splitlines()
    assert first[0] == "test.conf:3:5: error: unknown keyword virtual_router_ids in vrrp_instance"
    assert first[1].endswith("|     virtual_router_ids 51")
    assert first[2].endswith("|     ^~~~~~~~~~~~~~~~~~")
    assert first[3].endswith("= did you mean `virtual_router_id`?")


REQUIRED = {"severity": str, "class": str, "text": str, "notes": list, "included_from": list}
OPTIONAL = {"file": str, "line": int, "column": int, "end_column": int, "source": str, "suggestion": str, "advice": list}
DOCUMENT = {"version": int, "verdict": str, "exit_code": int, "files": list, "errors": int, "warnings": int,
            "not_listed": int, "diagnostics": list}


def test_json_names_the_place_and_the_remedy(check):
    done = check(MISSPELT, "-t", "--json")
    assert (done.returncode, done.stderr) == (5, b"")
    answer = json.loads(done.stdout)
    assert (answer["version"], answer["verdict"], answer["exit_code"]) == (1, "refused", 5)
    assert answer["files"] == ["test.conf"] and answer["errors"] >= 1 and answer["not_listed"] == 0
    (report,) = [one for one in answer["diagnostics"] if one["severity"] != "remark"]
    line = MISSPELT.splitlines()[report["line"] - 1]
    assert line[report["column"] - 1:report["end_column"] - 1] == "virtual_router_ids"
    assert (report["file"], report["source"]) == ("test.conf", line)
    assert (report["class"], report["suggestion"]) == ("unknown_keyword", "virtual_router_id")


def test_json_without_reports_and_with_the_configuration(check):
    done = check(GOOD, "-t", "--json", "-d")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["verdict"], answer["exit_code"]) == (0, "clean", 0)
    (instance,) = [one for one in answer["configuration"] if one["keyword"] == "vrrp_instance"]
    assert instance["words"] == ["VI_1"]
    assert {"keyword": "virtual_router_id", "words": ["51"]} in instance["block"]
    assert "configuration" not in json.loads(check(GOOD, "-t", "--json").stdout)


def test_json_needs_t(check):
    done = check(GOOD, "--json")
    assert done.returncode == 1 and b"--config-test" in done.stderr


def has_tun():
    return os.path.exists("/dev/net/tun")


@pytest.mark.parametrize("name", CASES)
def test_the_agreed_texts(machine, name):
    with open(os.path.join(GOLDEN, name + ".conf"), "rb") as file:
        text = file.read()
    if b"tun0" in text and not has_tun():
        pytest.skip("no tun devices here")
    with open(os.path.join(GOLDEN, name + ".expected"), "rb") as file:
        expected, _, status = file.read().rpartition(b"exit status ")
    # One case includes others, and none of them is named like that.
    files = {other + ".conf": open(os.path.join(GOLDEN, other + ".conf"), "rb").read() for other in CASES}
    done = machine(files, HOLDFAST, "-t", "-f", name + ".conf")
    assert (done.stderr.decode("utf-8", "replace"), done.returncode) == (expected.decode("utf-8", "replace"), int(status))
    done = machine(files, HOLDFAST, "-t", "--json", "-f", name + ".conf")
    answer = json.loads(done.stdout)
    assert done.returncode == answer["exit_code"] == int(status)
    assert {member: type(answer[member]) for member in DOCUMENT} == DOCUMENT
    assert answer["verdict"] in ("clean", "reported", "refused")
    for report in answer["diagnostics"]:
        for member, kind in REQUIRED.items():
            assert isinstance(report[member], kind), member
        for member in report.keys() - REQUIRED.keys():
            assert isinstance(report[member], OPTIONAL[member]), member

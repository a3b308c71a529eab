"""The daemon's own view of the kernel's IPVS table, held against ipvsadm.

`ipvs_probe` (tests/tools/) sets and reads the table through the code the daemon uses. Every table here is written in
ipvsadm's words, so that the same text can be compared with both programs. Started by run.py like the rest of this
folder; alone: tests/ipvs/run.py tests/ipvs/test_table_kernel.py
"""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
from lab import HOLDFAST, wait_until

PROBE = os.environ.get("IPVS_PROBE") or str(Path(HOLDFAST).with_name("ipvs_probe"))
SCHEDULERS = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "nq", "sed"]

TABLES = {
    "every scheduler": "".join(f"-A -t 192.0.2.1:{8000 + i} -s {name}\n" for i, name in enumerate(SCHEDULERS)),
    "forwarding methods": """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 127.0.0.2:8080 -m -w 1
-a -t 192.0.2.1:80 -r 127.0.0.3:80 -g -w 2
-a -t 192.0.2.1:80 -r 127.0.0.4:80 -i -w 3 --tun-type ipip
""",
    "tunnels": """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 127.0.0.2:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-a -t 192.0.2.1:80 -r 127.0.0.3:80 -i -w 1 --tun-type gue --tun-port 6081 --tun-csum
-a -t 192.0.2.1:80 -r 127.0.0.4:80 -i -w 1 --tun-type gue --tun-port 6082 --tun-remcsum
-a -t 192.0.2.1:80 -r 127.0.0.5:80 -i -w 1 --tun-type gre --tun-nocsum
-a -t 192.0.2.1:80 -r 127.0.0.6:80 -i -w 1 --tun-type gre --tun-csum
""",
    "protocols": """\
-A -t 192.0.2.1:80 -s rr
-A -u 192.0.2.1:53 -s rr
-A -u 192.0.2.1:54 -s rr -o
-A --sctp-service 192.0.2.1:5060 -s rr
-a --sctp-service 192.0.2.1:5060 -r 127.0.0.2:5061 -m -w 7
""",
    "IPv6": """\
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [::1]:8080 -m -w 1
-A -u [2001:db8::1]:53 -s rr -p 10 -M 64
-A -t [2001:db8::2]:80 -s rr -p 10
""",
    "a tunnel through the other family": """\
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r 127.0.0.2:80 -i -w 1 --tun-type ipip
-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r [::1]:80 -i -w 1 --tun-type ipip
""",
    "firewall marks": """\
-A -f 1 -s rr
-a -f 1 -r 127.0.0.2:0 -g -w 1
-A -f 2147483647 -s rr
-A -f 1 -6 -s rr
-a -f 1 -6 -r [::1]:0 -g -w 1
-A -f 2 -s rr -o
""",
    "persistence": """\
-A -t 192.0.2.1:80 -s rr -p 1
-A -t 192.0.2.1:81 -s rr -p 2678400 -M 255.255.255.0
-A -t 192.0.2.1:82 -s rr -p 300 -M 255.255.255.254
-A -t 192.0.2.1:0 -s rr -p 360
-A -f 1 -s rr -p 300
""",
    "weights": """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 127.0.0.2:80 -g -w 0
-a -t 192.0.2.1:80 -r 127.0.0.3:80 -g -w 65535
-a -t 192.0.2.1:80 -r 127.0.0.4:80 -g -w 2147483647
""",
    "scheduler flags": """\
-A -t 192.0.2.1:80 -s sh -b sh-fallback
-A -t 192.0.2.1:81 -s sh -b sh-port
-A -t 192.0.2.1:82 -s mh -b mh-fallback,mh-port
-A -t 192.0.2.1:83 -s sh -b sh-fallback,sh-port
-A -t 192.0.2.1:84 -s rr -b flag-1,flag-2,flag-3
""",
}


def run(*command, text=None, fails=False):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, f"{command}: {done.returncode} {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def probe(*words, **options):
    return run(PROBE, *words, **options)


def apply(table, *words, **options):
    return probe("apply", *words, text=table, **options)


def lines(text):
    return sorted(line.rstrip() for line in text.splitlines())


def saved():
    return lines(run("ipvsadm", "-S", "-n"))


def packets():
    """Incoming packets of the only service and of its only destination."""
    shown = run("ipvsadm", "-L", "-n", "--stats", "--exact").splitlines()[-2:]
    return [line.split()[3] for line in shown]


def ask(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"question", (address, port))


@pytest.fixture(autouse=True)
def empty_table():
    if not os.access(PROBE, os.X_OK):
        pytest.fail(f"{PROBE} is missing: build the target ipvs_probe or set IPVS_PROBE")
    run("ipvsadm", "-C")
    yield
    run("ipvsadm", "-C")


@pytest.mark.parametrize("name", TABLES)
def test_what_we_write_is_what_ipvsadm_shows(name):
    operations = apply(TABLES[name])
    assert saved() == lines(TABLES[name])
    assert lines(probe("dump")) == lines(TABLES[name])
    assert len(operations.splitlines()) == len(TABLES[name].splitlines())


@pytest.mark.parametrize("name", TABLES)
def test_what_ipvsadm_made_is_adopted_without_an_operation(name):
    run("ipvsadm", "-R", text=TABLES[name])
    assert apply(TABLES[name]) == ""
    assert saved() == lines(TABLES[name])


def test_every_table_can_become_the_next():
    for name in [*TABLES, next(iter(TABLES))]:
        apply(TABLES[name], "own")
        assert saved() == lines(TABLES[name]), name


def test_what_ipvsadm_cannot_show_is_kept_as_well():
    """Marks of 2^31 and more are negative in its listing, the third flag of sh is left out."""
    table = "-A -f 4294967295 -s rr\n-A -t 192.0.2.1:83 -s sh -b sh-fallback,sh-port,flag-3\n"
    apply(table)
    assert lines(probe("dump")) == lines(table)
    assert apply(table) == ""


def test_thresholds_reach_the_kernel_and_come_back():
    table = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 127.0.0.2:80 -g -w 1 -x 100 -y 50\n"
    apply(table)
    shown = run("ipvsadm", "-L", "-n", "--thresholds").splitlines()[-1].split()
    assert shown[2:4] == ["100", "50"]
    assert probe("dump") == table
    changed = table.replace("-x 100 -y 50", "-x 200")
    assert apply(changed) == "edit destination [127.0.0.2]:80 of [192.0.2.1]:tcp:80\n"
    assert probe("dump") == changed


def test_attributes_are_edited_in_place_and_statistics_stay():
    table = "-A -u 192.0.2.1:53 -s rr\n-a -u 192.0.2.1:53 -r 127.0.0.2:53 -m -w 1\n"
    apply(table)
    run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
    try:
        ask("192.0.2.1", 53)
        wait_until(lambda: packets() == ["1", "1"], timeout=10)  # The kernel sums them up every 2 s.
        changed = "-A -u 192.0.2.1:53 -s sh -p 60 -o -b sh-port\n-a -u 192.0.2.1:53 -r 127.0.0.2:53 -i -w 9 " \
                  "--tun-type ipip\n"
        assert apply(changed).splitlines() == ["edit service [192.0.2.1]:udp:53 to scheduler sh",
                                               "edit destination [127.0.0.2]:53 of [192.0.2.1]:udp:53"]
        assert saved() == lines(changed)
        apply(table)
        assert saved() == lines(table)
        ask("192.0.2.1", 53)
        wait_until(lambda: packets() == ["2", "2"], timeout=10)  # Not counted from the start again.
    finally:
        run("ip", "address", "del", "192.0.2.1/32", "dev", "lo")


def test_services_of_others_are_left_alone():
    foreign = "-A -t 192.0.2.99:80 -s lblc\n-a -t 192.0.2.99:80 -r 127.0.0.9:80 -g -w 9\n"
    run("ipvsadm", "-R", text=foreign)
    apply(TABLES["forwarding methods"])
    assert saved() == lines(foreign + TABLES["forwarding methods"])


def test_only_what_somebody_removed_is_put_back():
    table = TABLES["forwarding methods"]
    apply(table)
    run("ipvsadm", "-d", "-t", "192.0.2.1:80", "-r", "127.0.0.3:80")
    assert apply(table) == "add destination [127.0.0.3]:80 of [192.0.2.1]:tcp:80\n"
    run("ipvsadm", "-C")
    apply(table)
    assert saved() == lines(table)


def test_a_strange_server_in_our_service_is_removed():
    apply(TABLES["forwarding methods"])
    run("ipvsadm", "-a", "-t", "192.0.2.1:80", "-r", "127.0.0.77:80", "-g")
    assert apply(TABLES["forwarding methods"]) == "remove destination [127.0.0.77]:80 of [192.0.2.1]:tcp:80\n"


def test_a_refusal_names_its_cause_and_stops_nothing_else():
    said = apply("-A -t 192.0.2.1:80 -s nosuch\n-a -t 192.0.2.1:80 -r 127.0.0.2:80 -g -w 1\n"
                 "-A -t 192.0.2.2:80 -s rr\n", fails=True)
    assert "this kernel has no scheduler 'nosuch'" in said
    assert saved() == ["-A -t 192.0.2.2:80 -s rr"]


def test_a_refused_destination_says_why():
    said = apply("-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r [::1]:80 -g -w 1\n", fails=True)
    assert "another family than the service's without a tunnel" in said


def test_flush_empties_everything():
    apply(TABLES["IPv6"])
    probe("flush")
    assert saved() == []


def test_info_and_timeouts_are_those_of_ipvsadm():
    version, size = probe("info").split()
    assert f"version {version} (size={size})" in run("ipvsadm", "-L", "-n")
    before = probe("timeouts").split()
    try:
        probe("timeouts", "901", "0", "301")  # 0 leaves the value.
        assert run("ipvsadm", "-l", "--timeout").split(": ")[1].split() == ["901", before[1], "301"]
    finally:
        assert probe("timeouts", *before).split() == before


def test_sync_daemons_start_and_stop_with_all_settings():
    run("ip", "link", "add", "sync0", "type", "dummy")
    try:
        run("ip", "link", "set", "sync0", "up", "multicast", "on")
        run("ip", "address", "add", "192.0.2.200/24", "dev", "sync0")
        probe("start-daemon", "master", "sync0", "id", "9")
        probe("start-daemon", "backup", "sync0", "id", "5", "maxlen", "1200", "port", "8850", "ttl", "3", "group",
              "224.0.0.90")
        assert probe("daemons").splitlines() == [
            "master sync0 id 9 maxlen 1472 port 8848 ttl 1 group 224.0.0.81",
            "backup sync0 id 5 maxlen 1200 port 8850 ttl 3 group 224.0.0.90"]
        assert "master sync daemon (mcast=sync0, syncid=9" in run("ipvsadm", "-l", "--daemon")
        for role in ("master", "backup", "backup"):  # Once more than needed.
            probe("stop-daemon", role)
        assert probe("daemons") == ""
    finally:
        run("ip", "link", "del", "sync0")


def test_a_sync_daemon_says_when_two_families_are_in_its_way():
    apply(TABLES["a tunnel through the other family"])
    assert "another address family" in probe("start-daemon", "backup", "lo", fails=True)


def test_a_large_table_is_written_once_and_then_left_alone():
    table = "".join(
        f"-A -t 198.51.{s // 200}.{s % 200 + 1}:80 -s wrr\n"
        + "".join(f"-a -t 198.51.{s // 200}.{s % 200 + 1}:80 -r 127.1.0.{d + 1}:80 -g -w {d + 1}\n" for d in range(16))
        for s in range(300))
    begin = time.monotonic()
    apply(table)
    written = time.monotonic()
    assert apply(table) == ""
    print(f"5100 entries written in {written - begin:.2f} s, compared in {time.monotonic() - written:.2f} s")
    assert len(saved()) == 5100

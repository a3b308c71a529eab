"""holdctl on a load balancer: servers with what their checks found, and the events when one goes and comes back."""

import json
import subprocess
import time
from pathlib import Path

import pytest
from cluster import VIP
from lab import HOLDFAST, WebServer, wait_until

HOLDCTL = Path(HOLDFAST).with_name("holdctl")
REAL = "192.0.2.11"
SCHEMA = Path(__file__).parents[2] / "docs" / "status.schema.json"
RS = f"[{REAL}]:tcp:8001"
VS = f"[{VIP}]:tcp:8001"


def holdctl(daemon, *words):
    return subprocess.run([HOLDCTL, "-p", daemon.pid_file, *words], text=True, capture_output=True, timeout=60)


def server(port, check="TCP_CHECK {\n connect_timeout 2\n }"):
    return f"""
virtual_server {VIP} {port} {{
    delay_loop 1
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server {REAL} {port} {{
        {check}
    }}
}}
"""


def bfd(own, other):
    return (f"bfd_instance B {{\n neighbor_ip {other}\n source_ip {own}\n min_rx 200\n min_tx 200\n multiplier 5\n}}\n")


def test_servers_and_their_checks(cluster):
    director = cluster.director(1)
    real = cluster.lab.node("real1", f"{REAL}/24", "2001:db8::11/64")
    web = WebServer(real, 8001)
    number = director.write("number", "0\n")
    neighbour = cluster.start(real, bfd(REAL, "192.0.2.1"))
    daemon = cluster.start(director, bfd("192.0.2.1", REAL) + f"track_file F {{\n file {number}\n weight 1\n}}\n" + server(8001)
                           + server(8002) + server(8003, "FILE_CHECK {\n track_file F\n }")
                           + server(8004, "BFD_CHECK {\n name B\n }"))

    def servers():
        done = holdctl(daemon, "status", "--json")
        return {} if done.returncode else {each["name"]: each for service in json.loads(done.stdout)["virtual_servers"]
                                           for each in service["real_servers"]}

    def reached(**states):
        now = servers()
        return all(now.get(f"[{REAL}]:tcp:{port[1:]}", {}).get("state") == state for port, state in states.items())

    wait_until(lambda: reached(p8001="up", p8002="down"), 30, "both results", interval=0.5)
    wait_until(lambda: all(servers()[f"[{REAL}]:tcp:{port}"]["checks"][0]["last_check"] for port in (8001, 8002)), 30,
               "both checks", interval=0.5)
    good, bad = servers()[RS], servers()[f"[{REAL}]:tcp:8002"]
    assert (good["in_pool"], good["checks"][0]["kind"], good["checks"][0]["last_check"]["result"]) == (
        True, "TCP_CHECK", "good")
    assert 0 < good["checks"][0]["last_check"]["latency"] < 5
    assert bad["checks"][0]["last_check"]["result"] == "bad"
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(
        json.loads(holdctl(daemon, "status", "--json").stdout))

    web.stop()
    wait_until(lambda: reached(p8001="down"), 30, "the server to go", interval=0.5)
    (subject,) = json.loads(holdctl(daemon, "why", RS, "--json").stdout)["subjects"]
    assert (subject["kind"], subject["state"], subject["cause"]) == ("real_server", "DOWN", "check")
    assert subject["event"].startswith("TCP_CHECK failed")
    (service,) = json.loads(holdctl(daemon, "why", VS, "--json").stdout)["subjects"]
    assert (service["kind"], service["state"], service["event"]) == ("virtual_server", "DOWN",
                                                                     "live weight 0, quorum 1")

    # Checks that follow something else tell the same story.
    wait_until(lambda: reached(p8003="up", p8004="up"), 30, "the file's and the session's server", interval=0.5)
    number.write_text("-2147483648\n")
    neighbour.kill()
    wait_until(lambda: reached(p8003="down", p8004="down"), 30, "both to go", interval=0.5)
    for port, kind in ((8003, "FILE_CHECK"), (8004, "BFD_CHECK")):
        (subject,) = json.loads(holdctl(daemon, "why", f"[{REAL}]:tcp:{port}", "--json").stdout)["subjects"]
        assert (subject["kind"], subject["state"], subject["cause"]) == ("real_server", "DOWN", "check"), subject
        assert subject["event"].startswith(f"{kind} failed"), subject

    number.write_text("0\n")
    neighbour.start()
    web.start()
    wait_until(lambda: reached(p8001="up", p8003="up", p8004="up"), 30, "the servers to come back", interval=0.5)
    events = json.loads(holdctl(daemon, "events", "--json").stdout)["events"]
    for port in (8001, 8003, 8004):
        story = [event for event in events if event["name"] == f"[{REAL}]:tcp:{port} of [{VIP}]:tcp:{port}"]
        assert [event["to"] for event in story][-2:] == ["DOWN", "UP"]
        assert {event["cause"] for event in story} == {"check"}
    assert "TCP_CHECK up" in holdctl(daemon, "status").stdout


EVERYTHING = f"""
global_defs {{
    enable_script_security
    script_user root
}}
vrrp_script script {{
    script /usr/bin/true
    interval 1
}}
track_file number {{
    file @NUMBER@
    weight 1
}}
vrrp_track_process program {{
    process nobody-has-this-name
    weight 1
}}
bfd_instance path {{
    neighbor_ip 192.0.2.77
    source_ip 192.0.2.1
}}
vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 51
    priority 100
    track_script {{
        script
    }}
    track_file {{
        number
    }}
    track_process {{
        program
    }}
    track_bfd {{
        path weight 1
    }}
    virtual_ipaddress {{
        192.0.2.200/24
    }}
}}
vrrp_sync_group G {{
    group {{
        VI_1
    }}
}}
"""
CHECKS = {
    8001: ("TCP_CHECK {\n connect_timeout 2\n }", "UP", "TCP_CHECK is up, last result after "),
    8002: ("TCP_CHECK {\n connect_timeout 2\n retry 0\n }", "DOWN", "TCP_CHECK is down, last result after "),
    8003: ("HTTP_GET {\n connect_port 8001\n connect_timeout 2\n retry 0\n url {\n path /\n status_code 418\n }\n }", "DOWN",
           "HTTP_GET is down, last result after "),
    8004: ("MISC_CHECK {\n misc_path /usr/bin/false\n retry 0\n }", "DOWN", "MISC_CHECK is down, last result after "),
    8005: ("", "UP", "it has no checks and is always up"),
}


def test_why_each_server_is_as_it_is(cluster):
    """Beside everything else that a status can have."""
    director = cluster.director(1)
    web = WebServer(cluster.lab.node("real1", f"{REAL}/24", "2001:db8::11/64"), 8001)
    suspended = server(8006, CHECKS[8002][0]).replace("delay_loop 1", "delay_loop 1\n ha_suspend").replace(VIP, "192.0.2.222")
    everything = EVERYTHING.replace("@NUMBER@", str(director.write("number", "1\n")))
    daemon = cluster.start(director, everything + suspended
                           + "".join(server(port, check) for port, (check, _, _) in CHECKS.items()))

    def why(name):
        done = holdctl(daemon, "why", name, "--json")
        return json.loads(done.stdout)["subjects"][0] if done.returncode == 0 else {"state": None, "rules": [""]}
    for port, (_, state, rule) in CHECKS.items():
        name = f"[{REAL}]:tcp:{port}"
        wait_until(lambda: why(name)["state"] == state and why(name)["rules"][0].startswith(rule), 30,
                   f"{name} {state}, not {why(name)}", interval=0.5)
    assert why(f"[{REAL}]:tcp:8004")["rules"][0].endswith("(exited with status 1)")
    assert why(f"[{REAL}]:tcp:8006")["rules"][0].startswith(
        "TCP_CHECK is up, and is not asked while this host does not have the address (ha_suspend)")
    assert why(f"[{VIP}]:tcp:8004")["rules"] == ["live weight 0, quorum 1, hysteresis 0"]
    answer = json.loads(holdctl(daemon, "status", "--json").stdout)
    assert [len(answer[each]) for each in ("instances", "sync_groups", "scripts", "files", "processes", "bfd_sessions",
                                           "virtual_servers")] == [1, 1, 1, 1, 1, 1, 6]
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(answer)
    # A reload takes one away: nobody knows it any more, and its end is an event.
    daemon.configure(everything + server(8001))
    assert holdctl(daemon, "reload").returncode == 0
    assert holdctl(daemon, "why", f"[{REAL}]:tcp:8005").returncode == 1
    assert why(RS)["state"] == "UP"
    web.stop()


def test_many_servers_are_told_at_once(cluster):
    """2284 services with 16 servers each. A guest is several times slower than a machine."""
    director = cluster.director(1)
    real = "".join(f"real_server 192.0.2.{host} 80 {{\n weight 1\n }}\n" for host in range(1, 17))
    config = "".join(f"virtual_server 10.{number >> 8}.{number & 255}.1 80 {{\n lb_algo rr\n lb_kind DR\n protocol TCP\n"
                     f"{real}}}\n" for number in range(2284))
    daemon = cluster.start(director, config, part="check")
    wait_until(lambda: holdctl(daemon, "version").returncode == 0, 60, "an answer", interval=0.5)
    wait_until(lambda: holdctl(daemon, "why", "[10.8.235.1]:tcp:80").returncode == 0, 60, "the last service",
               interval=0.5)
    durations = {}
    for words in (("status", "--json"), ("why", "[10.8.235.1]:tcp:80"), ("version",)):
        before = time.monotonic()
        done = holdctl(daemon, *words)
        durations[words[0]] = time.monotonic() - before
        assert done.returncode == 0
    print(durations)
    assert durations["status"] < 10 and durations["why"] < 5

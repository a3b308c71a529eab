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


def test_servers_and_their_checks(cluster):
    director = cluster.director(1)
    real = cluster.lab.node("real1", f"{REAL}/24", "2001:db8::11/64")
    web = WebServer(real, 8001)
    daemon = cluster.start(director, server(8001) + server(8002), part="check")

    def servers():
        done = holdctl(daemon, "status", "--json")
        return {} if done.returncode else {each["name"]: each for service in json.loads(done.stdout)["virtual_servers"]
                                           for each in service["real_servers"]}

    def reached(**states):
        now = servers()
        return all(now.get(f"[{REAL}]:tcp:{port[1:]}", {}).get("state") == state for port, state in states.items())

    wait_until(lambda: reached(p8001="up", p8002="down"), 30, "both results", interval=0.5)
    wait_until(lambda: all(each["checks"][0]["last_check"] for each in servers().values()), 30, "both checks",
               interval=0.5)
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
    web.start()
    wait_until(lambda: reached(p8001="up"), 30, "the server to come back", interval=0.5)
    events = json.loads(holdctl(daemon, "events", "--json").stdout)["events"]
    assert [event["to"] for event in events if event["name"] == f"{RS} of {VS}"] == ["DOWN", "UP"]
    assert "TCP_CHECK up" in holdctl(daemon, "status").stdout


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

"""vrrp_script, track_interface and the effective priority, read from the adverts."""

import pytest
from lab import wait_until
from routers import ADVERT, VIP, instance


def script_block(name, command, **settings):
    lines = "\n    ".join(f"{key} {value}" for key, value in settings.items())
    return f"""
vrrp_script {name} {{
    script "{command}"
    interval 1
    user root
    {lines}
}}
"""


def track(*names):
    return "track_script {\n" + "\n".join(names) + "\n}"


class Switch:
    """A check that succeeds while its flag file exists."""

    def __init__(self, node, name, good=True):
        self._flag = node.folder / f"{name}-flag"
        self.command = node.script(name, f"test -e {self._flag}")
        self.set(good)

    def set(self, good):
        if good:
            self._flag.touch()
        else:
            self._flag.unlink(missing_ok=True)


def wait_for_priority(routers, priority, node="first"):
    def seen():
        adverts = routers.capture.adverts(node)
        return adverts and adverts[-1].priority == priority
    try:
        wait_until(seen, 5, f"priority {priority}")
    except AssertionError as error:
        raise AssertionError(f"{error}: {[a.priority for a in routers.capture.adverts(node)][-5:]}") from None


@pytest.mark.parametrize("weight, good, expected", [(-20, True, 100), (-20, False, 80), (20, True, 120),
                                                    (20, False, 100)])
def test_a_weight_counts_by_its_sign(ours, weight, good, expected):
    check = Switch(ours.first, "check", good)
    ours.start(ours.first, script_block("s", check.command, weight=weight) + instance(100, extra=track("s")))
    wait_for_priority(ours, expected)


@pytest.mark.parametrize("weight, after_failure", [(-20, 80), (20, 100)])
def test_the_priority_follows_the_script_both_ways(ours, weight, after_failure):
    check = Switch(ours.first, "check", True)
    daemon = ours.start(ours.first, script_block("s", check.command, weight=weight)
                        + instance(100, extra=track("s")))
    before = 100 if weight < 0 else 120
    wait_for_priority(ours, before)
    check.set(False)
    wait_for_priority(ours, after_failure)
    daemon.wait_for_log(f"Changing effective priority from {before} to {after_failure}")
    check.set(True)
    wait_for_priority(ours, before)
    assert daemon.states() == ["BACKUP", "MASTER"]


def test_without_weight_a_failure_is_fault_and_success_ends_it(ours):
    check = Switch(ours.first, "check", True)
    daemon = ours.start(ours.first, script_block("s", check.command) + instance(100, extra=track("s")))
    daemon.wait_for_state("MASTER")
    check.set(False)
    daemon.wait_for_state("FAULT")
    wait_until(lambda: not ours.first.holds(VIP), 2, "the address given up")
    wait_until(lambda: ours.capture.last_advert("first").priority == 0, 2, "an advert with priority 0")
    check.set(True)
    daemon.wait_for_state("MASTER")
    wait_until(lambda: ours.first.holds(VIP), 2, "the address back")


def test_without_weight_a_failing_script_keeps_the_router_down_from_the_start(ours):
    check = Switch(ours.first, "check", False)
    daemon = ours.start(ours.first, script_block("s", check.command) + instance(100, extra=track("s")))
    daemon.wait_for_log("VRRP_Script(s) failed")
    check.set(True)
    daemon.wait_for_state("MASTER")


def test_several_scripts_add_up(ours):
    checks = {name: Switch(ours.first, name, name != "c") for name in "abc"}
    config = (script_block("a", checks["a"].command, weight=10) + script_block("b", checks["b"].command, weight=-30)
              + script_block("c", checks["c"].command, weight=-5))
    ours.start(ours.first, config + instance(100, extra=track("a", "b", "c")))
    wait_for_priority(ours, 105)  # +10 for a, b is good, -5 for c
    checks["a"].set(False)
    checks["b"].set(False)
    wait_for_priority(ours, 65)
    checks["c"].set(True)
    wait_for_priority(ours, 70)


@pytest.mark.parametrize("base, weights, expected", [(240, (50, 50), 254), (20, (-50, -50), 1)])
def test_the_effective_priority_stays_within_1_and_254(ours, base, weights, expected):
    check = Switch(ours.first, "check", weights[0] > 0)
    config = "".join(script_block(f"s{i}", check.command, weight=w) for i, w in enumerate(weights))
    ours.start(ours.first, config + instance(base, extra=track("s0", "s1")))
    wait_for_priority(ours, expected)


def test_an_address_owner_keeps_255(ours):
    check = Switch(ours.first, "check", False)
    ours.start(ours.first, script_block("s", check.command, weight=-50)
               + instance(255, state="MASTER", extra=track("s")))
    wait_until(lambda: len(ours.capture.adverts("first")) > 2 / ADVERT, 5, "two seconds of adverts")
    assert {a.priority for a in ours.capture.adverts("first")} == {255}


def test_a_weight_in_the_instance_replaces_that_of_the_script(ours):
    check = Switch(ours.first, "check", False)
    ours.start(ours.first, script_block("s", check.command, weight=-20) + instance(100, extra=track("s weight -7")))
    wait_for_priority(ours, 93)


def test_fall_and_rise_count_results_in_a_row(ours):
    check = Switch(ours.first, "check", True)
    log = ours.first.folder / "runs"
    command = ours.first.script("counted", f"if {check.command}; then echo good >> {log}; else echo bad >> {log};"
                                           " exit 1; fi")
    ours.start(ours.first, script_block("s", command, weight=-20, fall=3, rise=2) + instance(100, extra=track("s")))
    wait_until(lambda: log.exists() and log.read_text().count("good") >= 1, 3, "the first run")
    check.set(False)
    wait_until(lambda: log.read_text().count("bad") == 2, 5, "two failures")
    assert ours.capture.last_advert("first").priority == 100
    wait_for_priority(ours, 80)
    assert log.read_text().count("bad") >= 3


def test_a_script_that_does_not_end_counts_as_failed(ours):
    command = ours.first.script("endless", "exec sleep 600")
    daemon = ours.start(ours.first, script_block("s", command, weight=-20, timeout=1)
                        + instance(100, extra=track("s")))
    wait_for_priority(ours, 80)
    daemon.wait_for_log("VRRP_Script(s) timed_out")


def test_a_failing_script_moves_the_address_and_its_success_brings_it_back(routers):
    check = Switch(routers.first, "check", True)
    routers.start(routers.first, script_block("s", check.command, weight=-60) + instance(150, extra=track("s")))
    second = routers.start(routers.second, instance(100))
    routers.wait_for_holder(routers.first)
    check.set(False)
    routers.wait_for_holder(routers.second)
    check.set(True)
    routers.wait_for_holder(routers.first)
    second.wait_for_state("BACKUP")


def test_the_old_forms_of_scripts_work(ours):
    # A file to open instead of a program, and a process to find by name (psmisc's killall).
    config = (script_block("port", "</dev/tcp/127.0.0.1/80", weight=-10)
              + script_block("process", "killall -0 no-such-program-here", weight=-3)
              + script_block("file", f"<{ours.first.write('present', '')}", weight=-50))
    ours.start(ours.first, config + instance(100, extra=track("port", "process", "file")))
    wait_for_priority(ours, 87)


def test_a_tracked_interface_that_goes_down_is_fault(ours):
    ours.first.ip("link add other type veth peer name its-peer", "link set other up", "link set its-peer up")
    daemon = ours.start(ours.first, instance(100, extra="track_interface {\n other\n }"))
    daemon.wait_for_state("MASTER")
    ours.first.ip("link set its-peer down")
    daemon.wait_for_state("FAULT")
    wait_until(lambda: not ours.first.holds(VIP), 2, "the address given up")
    ours.first.ip("link set its-peer up")
    daemon.wait_for_state("MASTER")


def test_a_tracked_interface_with_weight_changes_the_priority(ours):
    ours.first.ip("link add other type veth peer name its-peer", "link set other up", "link set its-peer up")
    daemon = ours.start(ours.first, instance(100, extra="track_interface {\n other weight -30\n }"))
    wait_for_priority(ours, 100)
    ours.first.ip("link set its-peer down")
    wait_for_priority(ours, 70)
    ours.first.ip("link set its-peer up")
    wait_for_priority(ours, 100)
    assert daemon.states() == ["BACKUP", "MASTER"]

"""Waiting for a condition, the only place where the test bench sleeps."""

import time


def wait_until(predicate, timeout, what="the condition", interval=0.02):
    """Returns the first true value of `predicate()`. Fails with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what}: not seen within {timeout:g} s")
        time.sleep(interval)

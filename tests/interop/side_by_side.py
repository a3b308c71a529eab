"""Playing scenarios under two daemons: choosing some by name, some of them at a time, and what is printed."""

import argparse
import concurrent.futures
import difflib
import re

from lab import remove_abandoned_namespaces


def parser(description):
    """The arguments that all comparisons have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("ours")
    made.add_argument("reference")
    made.add_argument("-k", default="", help="run scenarios whose name contains one of these words")
    made.add_argument("-j", type=int, default=3, help="scenarios at a time")
    return made


def both(run, scenario, ours, reference, pool):
    """What `run(scenario, binary)` gives of ours and of the reference, at the same time."""
    runs = [pool.submit(run, scenario, binary) for binary in (ours, reference)]
    return tuple(each.result() for each in runs)


def text_difference(aspect, ours, theirs):
    return [f"{aspect}: {line}" for line in difflib.unified_diff(theirs, ours, n=0, lineterm="")
            if not line.startswith(("---", "+++", "@@"))]


def unknown(found, known):
    """The lines that none of the patterns explains."""
    return [line for line in found if not any(re.search(each, line) for each in known)]


def play(scenarios, options, compare, tell):
    """`compare(scenario, ours, reference, pool)` gives differences and, if it likes, what else `tell(scenario, found,
    *rest)` wants to print them. Returns the exit status: how many scenarios differ."""
    remove_abandoned_namespaces()
    words = options.k.split()
    chosen = [each for each in scenarios if not words or any(word in each.name for word in words)]
    differing = 0
    with concurrent.futures.ThreadPoolExecutor(2 * options.j) as pool, \
            concurrent.futures.ThreadPoolExecutor(options.j) as outer:
        results = {outer.submit(compare, each, options.ours, options.reference, pool): each for each in chosen}
        for done in concurrent.futures.as_completed(results):
            try:
                found, *rest = done.result()
            except Exception as error:  # One broken scenario must not hide the others.
                found, rest = [f"could not run: {error!r}"], []
            print(f"{'DIFFERS' if found else 'same   '} {results[done].name}", flush=True)
            tell(results[done], found, *rest)
            differing += bool(found)
    print(f"{len(chosen) - differing} passed, {differing} failed")
    return min(differing, 99)

#!/usr/bin/env python3
"""Checks docs/rfc-coverage.md: every test it names exists, every duty has two, every id is unique, and every id in a
comment of a test is there. Run from anywhere; says what is wrong and ends with 1."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def known_tests():
    names = set()
    for path in ROOT.glob("tests/unit/*/*.cpp"):
        found = re.findall(r"^(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)", path.read_text(), re.MULTILINE)
        names.update(f"{suite}.{name}" for suite, name in found)
    for folder in ("netns", "ipvs"):
        for path in (ROOT / "tests" / folder).glob("test_*.py"):
            names.update(re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE))
    return names


def ids_in_tests():
    for path in [*ROOT.glob("tests/unit/*/*.[ch]pp"), *ROOT.glob("tests/netns/*.py")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for found in re.findall(r"\bRFC\d{4}-\d[\w.]*-\d+", line):
                yield found, f"{path.relative_to(ROOT)}:{number}"


def main():
    tests, complaints, ids = known_tests(), [], []
    page = ROOT / "docs/rfc-coverage.md"
    for number, line in enumerate(page.read_text().splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not re.match(r"`RFC\d", cells[0]):
            continue
        where = f"docs/rfc-coverage.md:{number}"
        ids.append(cells[0].strip("`"))
        if len(cells) != 5:
            complaints.append(f"{where}: {len(cells)} cells instead of 5")
            continue
        for cell in cells[3:]:
            named = re.findall(r"`([^`]+)`", cell)
            if not named:
                complaints.append(f"{where}: no test")
            complaints += [f"{where}: there is no test {name}" for name in named if name not in tests]
    complaints += [f"docs/rfc-coverage.md: {each} is there twice" for each in set(ids) if ids.count(each) > 1]
    complaints += [f"{where}: {each} is not in docs/rfc-coverage.md" for each, where in ids_in_tests()
                   if each not in ids]
    if not ids:
        complaints.append("docs/rfc-coverage.md: no duty found")
    print("\n".join(complaints) or f"{len(ids)} duties, all tests are there")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

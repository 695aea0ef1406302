#!/usr/bin/env python3
"""Every kind of record has its row in the inventory of docs/arithmetic.md, and every row its record and its rules.

    check_rules.py [ROOT]
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1]


def main():
    text = (ROOT / "docs/arithmetic.md").read_text()
    kinds = re.findall(r'^PLUMB_(?:PLACED_)?RECORD_KIND\("(\w+)"', (ROOT / "plumb/runtime/bindings.inc").read_text(), re.M)
    sections = set(re.findall(r"^## ([AF]\d+)\.", text, re.M))
    inventory = text.split("\n## Inventory\n", 1)[1]
    listed, problems = [], []
    for row in re.findall(r"^\| (`.*) \|$", inventory, re.M):
        cells = row.split(" | ")
        listed += re.findall(r"`(\w+)`", cells[0])
        rules = re.findall(r"\b[AF]\d+\b", " ".join(cells[1:]))
        if not rules:
            problems.append(f"{cells[0]}: no rule")
        problems += [f"{cells[0]}: there is no rule {rule}" for rule in rules if rule not in sections]
    problems += [f"record '{kind}' has no row in the inventory" for kind in sorted(set(kinds) - set(listed))]
    problems += [f"the inventory names '{name}', which is no record" for name in sorted(set(listed) - set(kinds))]
    problems += [f"'{name}' has two rows" for name in sorted({n for n in listed if listed.count(n) > 1})]
    if not kinds or not listed:
        problems.append("nothing was compared")
    for problem in problems:
        print(f"docs/arithmetic.md: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

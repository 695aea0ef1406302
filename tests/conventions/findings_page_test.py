#!/usr/bin/env python3
"""docs/findings.md is what 'plumb explain --all' prints, and every code that the sources emit has a row there.

    findings_page_test.py PLUMB              compare
    findings_page_test.py PLUMB --rewrite    write the page
"""
import difflib
import json
import re
import subprocess
import sys

from tracked import ROOT

PAGE = ROOT / "docs/findings.md"
CODE = re.compile(r'"([VSKBDQPH]\d{1,2})"')


def printed(plumb, *options):
    return subprocess.run([plumb, "explain", "--all", *options], capture_output=True, text=True, check=True).stdout


def emitted():
    """Codes in string literals of the program's sources, tests and the catalogue left out, with a place each."""
    found = {}
    for path in sorted((ROOT / "plumb").rglob("*")):
        if path.suffix not in (".cc", ".h") or path.name.endswith("_test.cc"):
            continue
        for code in CODE.findall(path.read_text(encoding="utf-8")):
            found.setdefault(code, path.relative_to(ROOT))
    return found


def main(plumb, rewrite):
    page = printed(plumb)
    rows = {row["code"] for row in json.loads(printed(plumb, "--json"))["codes"]}
    if rewrite:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    wrong = 0
    used = emitted()
    if not {"V1", "S5", "D1", "Q1"} <= used.keys():
        print(f"the search for codes in the sources finds only {sorted(used)}")
        wrong = 1
    for code, place in used.items():
        if code not in rows:
            print(f"{place}: code {code} has no row in plumb/verify/codes.inc")
            wrong = 1
    kept = PAGE.read_text(encoding="utf-8")
    sys.stdout.writelines(difflib.unified_diff(kept.splitlines(True), page.splitlines(True), "docs/findings.md",
                                               "plumb explain --all", n=0))
    if kept != page:
        print("docs/findings.md is old; rewrite it with: plumb explain --all > docs/findings.md")
        wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--rewrite" in sys.argv[2:]))

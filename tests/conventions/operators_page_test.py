#!/usr/bin/env python3
"""docs/operators.md is what 'plumb list operators' prints.

    operators_page_test.py PLUMB              compare
    operators_page_test.py PLUMB --rewrite    write the page
"""
import difflib
import subprocess
import sys

from tracked import ROOT

PAGE = ROOT / "docs/operators.md"


def main(plumb, rewrite):
    printed = subprocess.run([plumb, "list", "operators"], capture_output=True, text=True, check=True).stdout
    if printed.count("\n") < 20:
        print("'plumb list operators' prints hardly anything")
        return 1
    if rewrite:
        PAGE.write_text(printed, encoding="utf-8")
        return 0
    page = PAGE.read_text(encoding="utf-8")
    sys.stdout.writelines(difflib.unified_diff(page.splitlines(True), printed.splitlines(True), "docs/operators.md",
                                               "plumb list operators", n=0))
    if page != printed:
        print("docs/operators.md is old; rewrite it with: plumb list operators > docs/operators.md")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--rewrite" in sys.argv[2:]))

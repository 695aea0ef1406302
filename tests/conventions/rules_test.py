#!/usr/bin/env python3
"""tools/check_rules.py finds nothing in the tree, and finds what is wrong in a small wrong tree."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tracked import ROOT

CHECK = ROOT / "tools/check_rules.py"
DOCUMENT = """## A1. Grids

## F1. Sums

## Inventory

| records | 8 bits | 16 bits | f32 |
| --- | --- | --- | --- |
| `conv` | A1 | - | F1 |
"""


def check(root):
    done = subprocess.run([sys.executable, CHECK, str(root)], capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


class Rules(unittest.TestCase):
    def small_tree(self, kinds, document=DOCUMENT):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "docs").mkdir()
            (root / "docs/arithmetic.md").write_text(document)
            (root / "plumb/runtime").mkdir(parents=True)
            (root / "plumb/runtime/bindings.inc").write_text(
                "".join(f'PLUMB_RECORD_KIND("{kind}", 1, Bind)\n' for kind in kinds))
            return check(root)

    def test_every_record_of_the_tree_has_its_rules(self):
        self.assertEqual(check(ROOT), (0, []))

    def test_agreement(self):
        self.assertEqual(self.small_tree(["conv"]), (0, []))

    def test_a_record_without_a_row(self):
        code, lines = self.small_tree(["conv", "wavelet"])
        self.assertEqual((code, lines), (1, ["docs/arithmetic.md: record 'wavelet' has no row in the inventory"]))

    def test_a_row_without_a_record_or_a_rule(self):
        code, lines = self.small_tree(["conv"], DOCUMENT + "| `ghost` | - | - | F9 |\n")
        self.assertEqual((code, lines), (1, ["docs/arithmetic.md: `ghost`: there is no rule F9",
                                             "docs/arithmetic.md: the inventory names 'ghost', which is no record"]))

    def test_nothing_to_compare(self):
        self.assertEqual(self.small_tree([])[0], 1)


if __name__ == "__main__":
    unittest.main()

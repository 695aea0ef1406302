#!/usr/bin/env python3
"""tools/check_layers.py finds nothing in the tree, and finds what is wrong in a small wrong tree."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tracked import ROOT

CHECK = ROOT / "tools/check_layers.py"
TABLE = """| folder | may include |
| --- | --- |
| base | (nothing) |
| kernels/`<family>` | base (another family only through a named header in `kernels/common/`) |
| ir, tool | base |
| api | everything above except tool |
"""


def check(root):
    done = subprocess.run([sys.executable, CHECK, str(root)], capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


class Layers(unittest.TestCase):
    def small_tree(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "docs").mkdir()
            (root / "docs/layers.md").write_text(TABLE)
            for name, include in files.items():
                path = root / "plumb" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f'// first line\n#include "plumb/{include}"\n')
            return check(root)

    def test_the_tree_keeps_its_layers(self):
        code, lines = check(ROOT)
        self.assertEqual((code, lines), (0, []))

    def test_upward_include_is_found(self):
        code, lines = self.small_tree({"base/a.cc": "ir/graph.h"})
        self.assertEqual(code, 1)
        self.assertEqual(lines, ["plumb/base/a.cc:2: 'base' includes 'plumb/ir/graph.h'; it may include: nothing"])

    def test_family_reaches_family_through_common_only(self):
        code, lines = self.small_tree({"kernels/dot/a.cc": "kernels/common/pack.h", "kernels/pool/b.cc": "kernels/dot/dot.h"})
        self.assertEqual(code, 1)
        self.assertEqual(len(lines), 1)
        self.assertTrue(lines[0].startswith("plumb/kernels/pool/b.cc:2: 'kernels/pool' includes 'plumb/kernels/dot/dot.h'"))

    def test_except_is_read(self):
        self.assertEqual(self.small_tree({"api/a.cc": "kernels/dot/dot.h"}), (0, []))
        self.assertEqual(self.small_tree({"api/a.cc": "tool/tool.h"})[0], 1)

    def test_folder_without_a_row(self):
        code, lines = self.small_tree({"misc/a.cc": "base/a.h"})
        self.assertEqual((code, lines), (1, ["plumb/misc/a.cc:1: folder 'misc' has no row in docs/layers.md"]))

    def test_tests_may_include_anything(self):
        self.assertEqual(self.small_tree({"base/a_test.cc": "ir/graph.h", "base/a_bench.cc": "api/a.h"}), (0, []))


if __name__ == "__main__":
    unittest.main()

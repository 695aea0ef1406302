#!/usr/bin/env python3
"""File names: snake_case, and unique in the tree, so that a name in a message or a stack trace means one file.

Two folders name their files after operators, plumb/ops and plumb/kernels: 'softmax.cc' is in both.
"""
import collections
import re
import unittest

from tracked import ROOT, tracked_files

CODE = {".cc", ".h", ".inc", ".py", ".fbs", ".proto"}
PYTHON_OWN = ("__init__", "__main__")  # names that Python asks for
SNAKE_CASE = re.compile(r"^[a-z0-9]+(_[a-z0-9]+)*$")


def place(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[:2] in (("plumb", "kernels"), ("plumb", "ops")) else "elsewhere"


class FileNames(unittest.TestCase):
    def setUp(self):
        self.files = [path for path in tracked_files() if path.suffix in CODE]
        self.assertGreater(len(self.files), 100)

    def test_snake_case(self):
        self.assertEqual([str(path.relative_to(ROOT)) for path in self.files
                          if not SNAKE_CASE.match(path.stem) and path.stem not in PYTHON_OWN], [])

    def test_unique(self):
        by_name = collections.defaultdict(list)
        for path in self.files:
            if path.stem not in PYTHON_OWN:
                by_name[place(path), path.name].append(str(path.relative_to(ROOT)))
        self.assertEqual([paths for paths in by_name.values() if len(paths) > 1], [])


if __name__ == "__main__":
    unittest.main()

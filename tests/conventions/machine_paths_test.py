#!/usr/bin/env python3
"""No tracked text names a path of one machine or a host that packages come from: it would be wrong everywhere else."""
import re
import unittest

from tracked import ROOT, tracked_files

# Written so that this file does not match itself.
PLACES = [r"/wor[k]/", r"/tm[p]/", r"/hom[e]/[a-z]", r"/roo[t]/", r"/User[s]/[A-Za-z]"]
HOSTS = [r"pypi\.or[g]", r"pythonhosted\.or[g]", r"registry\.npmjs\.or[g]", r"index\.crates\.i[o]", r"proxy\.golang\.or[g]",
         r"artifactor[y]", r"//deb\.debian\.or[g]"]
PATTERN = re.compile("|".join(PLACES + HOSTS))
BINARY = {".onnx", ".plumb", ".jpg", ".jpeg", ".png", ".bmp", ".npy", ".npz", ".pb", ".bin"}


class MachinePaths(unittest.TestCase):
    def test_none(self):
        found = []
        files = [path for path in tracked_files() if path.suffix not in BINARY and path.name != "LICENSE"]
        self.assertGreater(len(files), 100)
        for path in files:
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            for number, line in enumerate(text.splitlines(), 1):
                if PATTERN.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""The READMEs' figures of speed are those of bench/results: what bench/readme_speed.py prints stands between its marks."""
import subprocess
import sys
import unittest

from tracked import ROOT

sys.path.insert(0, str(ROOT / "bench"))
import readme_speed  # noqa: E402


class SpeedReadme(unittest.TestCase):
    def test_readmes_hold_what_the_script_prints(self):
        for language, name in readme_speed.FILES.items():
            done = subprocess.run([sys.executable, "-B", ROOT / "bench/readme_speed.py", language], capture_output=True, check=True)
            _, inside, _ = readme_speed.between((ROOT / name).read_text(encoding="utf-8"))
            self.assertEqual(inside, done.stdout.decode(), f"{name}: run bench/readme_speed.py --write")


if __name__ == "__main__":
    unittest.main()

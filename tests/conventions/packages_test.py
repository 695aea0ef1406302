#!/usr/bin/env python3
"""tools/need.sh with stand-ins for dpkg-query, apt-get, id and sudo: installs what is missing where it may, otherwise names
it in one line with exit code 7."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from tracked import ROOT

LIST = "# a comment\n\ncmake build\nlibjpeg-dev build\nlibgtest-dev test\n"


class Need(unittest.TestCase):
    def need(self, groups, installed, uid=0, apt="exit 0", sudo="exit 1"):
        """Returns exit code, the lines on standard error, and the calls of apt-get."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "tools").mkdir()
            shutil.copy(ROOT / "tools/need.sh", root / "tools")
            (root / "packages.txt").write_text(LIST)
            stand_ins = {"dpkg-query": "".join(f"echo 'ii  {line}'\n" for line in installed), "id": f"echo {uid}",
                         "apt-get": f'echo "$*" >> "{root}/calls"\n{apt}', "sudo": sudo}
            (root / "bin").mkdir()
            for name, script in stand_ins.items():
                (root / "bin" / name).write_text(f"#!/bin/bash\n{script}\n")
                (root / "bin" / name).chmod(0o755)
            done = subprocess.run([root / "tools/need.sh", *groups], capture_output=True, text=True, cwd=folder,
                                  env=dict(os.environ, PATH=f"{root}/bin:{os.environ['PATH']}", TMPDIR=folder))
            calls = (root / "calls").read_text().splitlines() if (root / "calls").exists() else []
            return done.returncode, done.stderr.splitlines(), calls

    def test_nothing_missing(self):
        self.assertEqual(self.need(["build"], ["cmake ", "libjpeg-dev "]), (0, [], []))

    def test_provided_by_another_package(self):
        self.assertEqual(self.need(["build"], ["cmake ", "libjpeg62-turbo-dev libjpeg-dev (= 2.1)"]), (0, [], []))

    def test_plain_user_is_told(self):
        self.assertEqual(self.need(["build", "test"], ["cmake "], uid=1000),
                         (7, ["missing packages: libjpeg-dev libgtest-dev; install them with: "
                              "sudo apt-get install libjpeg-dev libgtest-dev"], []))

    def test_root_installs(self):
        code, _, calls = self.need(["build"], ["cmake "])
        self.assertEqual(code, 0)
        self.assertEqual(len(calls), 1)
        self.assertRegex(calls[0], r"^install -y .* libjpeg-dev$")

    def test_failing_installation_updates_once_then_names(self):
        code, lines, calls = self.need(["build"], ["cmake "], apt="exit 100")
        self.assertEqual(code, 7)
        self.assertEqual([call.split()[0] for call in calls], ["install", "update", "install"])
        self.assertIn("missing packages: libjpeg-dev;", lines[-1])


class Packages(unittest.TestCase):
    def test_every_line_is_a_package_and_a_group(self):
        lines = [line for line in (ROOT / "packages.txt").read_text().splitlines() if line and not line.startswith("#")]
        self.assertGreater(len(lines), 10)
        for line in lines:
            self.assertRegex(line, r"^[a-z0-9][a-z0-9+.-]+ +(build|test|bench|check-long|format)$")

    def test_groups_of_the_makefile_exist(self):
        asked = {group for groups in re.findall(r"tools/need\.sh (.*)", (ROOT / "Makefile").read_text()) for group in groups.split()}
        given = {line.split()[1] for line in (ROOT / "packages.txt").read_text().splitlines() if line and line[0] != "#"}
        self.assertEqual(asked, given)


if __name__ == "__main__":
    unittest.main()

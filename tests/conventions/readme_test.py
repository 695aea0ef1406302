#!/usr/bin/env python3
"""Runs the commands of README.md: every ```sh block under a line <!-- tested -->, top to bottom, in one folder that holds
examples/ and nothing else, with the built program first in PATH.

    readme_test.py PLUMB
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from tracked import ROOT

BLOCK = re.compile(r"^<!-- tested -->\n```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def main(plumb):
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    commands = [line for block in blocks for line in block.splitlines() if line.startswith("plumb ")]
    if len(commands) < 5:
        print(f"README.md has {len(commands)} tested 'plumb' commands; expected 5 or more")
        return 1
    environment = dict(os.environ, PATH=f"{pathlib.Path(plumb).resolve().parent}:{os.environ['PATH']}", NO_COLOR="1")
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "examples").symlink_to(ROOT / "examples")
        for block in blocks:
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            print(f"{block}-> {done.returncode}\n{done.stdout[-3000:]}")
            if done.returncode != 0:
                print("README.md: this block failed")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

#!/usr/bin/env python3
"""Runs command line cases: tests/cli/<verb>/<case>.sh, judged by the files beside it.

    run_cases.py --plumb PLUMB [--rewrite] [VERB | VERB/CASE]...

A case runs with bash in an empty folder. PATH finds plumb first; EXAMPLES is examples/shapes_detector, CLI the folder of
this file. Beside <case>.sh may stand:

    <case>.exit      the exit code (default 0)
    <case>.stdout    what it prints (default nothing); <case>.stderr likewise

A case that cannot run on a machine prints why and exits with 77; it is shown as skipped.

In .stdout and .stderr '*' stands for anything within one line, and a line '...' for any number of lines. --rewrite writes
the expectations of cases that fail, without '*' and '...': read the difference before committing it.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SKIP = 77
TIMEOUT_S = 300


def matches(expected, printed):
    pattern = ""
    for line in expected.splitlines():
        pattern += r"(?:[^\n]*\n)*" if line == "..." else "[^\n]*".join(map(re.escape, line.split("*"))) + r"\n"
    return re.fullmatch(pattern, printed if not printed or printed.endswith("\n") else printed + "\n") is not None


def read(path, default):
    return path.read_text(encoding="utf-8") if path.exists() else default


def run(case, plumb):
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PLUMB_")}
        environment.update(PATH=f"{plumb.parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8", NO_COLOR="1", CLI=str(HERE),
                           EXAMPLES=str(ROOT / "examples/shapes_detector"), PYTHON=sys.executable, TMPDIR=folder,
                           PYTHONDONTWRITEBYTECODE="1")
        work = pathlib.Path(folder) / "case"
        work.mkdir()
        done = subprocess.run(["bash", str(case)], cwd=work, env=environment, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def judge(case, plumb, rewrite):
    """Returns 'ok', 'skip ...' or a text that says what is wrong."""
    try:
        code, out, err = run(case, plumb)
    except subprocess.TimeoutExpired:
        return f"ran longer than {TIMEOUT_S} s"
    if code == SKIP:
        return "skip: " + (err.strip().splitlines() or ["no reason given"])[-1].removeprefix("skip: ")
    wrong = ""
    for suffix, printed, default in ((".exit", f"{code}\n", "0\n"), (".stdout", out, ""), (".stderr", err, "")):
        path = case.with_suffix(suffix)
        expected = read(path, default)
        if matches(expected, printed):
            continue
        wrong += f"  {suffix[1:]} expected:\n{indent(expected)}  found:\n{indent(printed)}"
        if rewrite and printed != default:
            path.write_text(printed, encoding="utf-8")
        elif rewrite:
            path.unlink(missing_ok=True)
    return wrong or "ok"


def indent(text):
    return "".join(f"    | {line}\n" for line in text.splitlines()) or "    (nothing)\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plumb", required=True, type=pathlib.Path)
    parser.add_argument("--rewrite", action="store_true")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    cases = sorted(path for path in HERE.glob("*/*.sh")
                   if not arguments.cases or {path.parent.name, f"{path.parent.name}/{path.stem}"} & set(arguments.cases))
    if not cases:
        print("no such case")
        return 2
    failed = 0
    for case in cases:
        verdict = judge(case, arguments.plumb.resolve(), arguments.rewrite)
        name = f"{case.parent.name}/{case.stem}"
        good = verdict == "ok" or verdict.startswith("skip")
        print(f"{name}: {verdict if good else 'FAILED'}")
        if not good:
            failed += 1
            print(verdict, end="")
    print(f"{len(cases) - failed} of {len(cases)} cases passed or were skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

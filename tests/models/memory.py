#!/usr/bin/env python3
"""What sessions of converted networks take: arena, resident memory, allocations, and what happens when there is none.

    memory.py PLUMB SESSION_MEMORY [--only NAME,...]

The arena is at most 1.05 times the most that must live together; a run allocates nothing; resident memory is at most packed
weights, arena and 10 MB; a second session of the program adds no weights; without memory the exit code is 6. Reads ../shared
(or PLUMB_SHARED); says so and passes when it is absent. Standard library only.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from same_bits import NETWORKS, SHARED, plumb  # noqa: E402

MOST_OVER_LEAST, SLACK = 1.05, 10 << 20
OUT_OF_MEMORY = 6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("session_memory")
    parser.add_argument("--only", default=",".join(NETWORKS))
    args = parser.parse_args()
    if not (SHARED / "models").is_dir():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name in args.only.split(","):
            file, options = NETWORKS[name]
            artifact = pathlib.Path(folder) / (name + ".plumb")
            plumb(args.plumb, "convert", SHARED / "models" / name / file, *options, "--calib", SHARED / "images/coco-calib",
                  "--calib-limit", "4", "--check-limit", "1", "--no-judge", "--force", "-q", "-o", artifact)

            def session(*more):
                return subprocess.run([args.session_memory, artifact, *more], capture_output=True, text=True)

            done = session()
            if done.returncode:
                sys.exit(f"{name}: exit {done.returncode}: {done.stderr}")
            found = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()}
            expectations = {
                "arena": found["arena"] <= MOST_OVER_LEAST * found["arena_floor"],
                "allocations": found["allocations"] == 0,
                "resident": found["resident"] <= found["packed"] + found["arena"] + SLACK,
                "second_session": found["second_session"] <= found["arena"] + found["packed"] / 2 + (1 << 20),
            }
            # Little more than nothing, half of what is needed: the error is told, whatever was being made.
            for share in (0.05, 0.25, 0.5, 0.8):
                limit = int(share * (found["packed"] + found["arena"]))
                for threads in ("1", "4"):  # whose stacks need room too
                    code = session("--address-space", str(limit), "--threads", threads).returncode
                    expectations[f"{limit} bytes, {threads} threads: exit {code}"] = code == OUT_OF_MEMORY
            print(name, done.stdout.replace("\n", "  "), flush=True)
            for what, good in expectations.items():
                if not good:
                    failed = True
                    print(f"FAIL {name}: {what}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

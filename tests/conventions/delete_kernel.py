#!/usr/bin/env python3
"""A kernel is its file and its row: without them the program builds and gives the same bits.

    delete_kernel.py RECORD_HASHES [KERNEL_FILE ...] [--seed N] [--all]

Copies the tracked sources, deletes a kernel file (the ones given, every one with --all, otherwise one drawn from the seed)
and the rows that name it, builds the runtime and its record_hashes, and compares the hashes of random layers with those of
RECORD_HASHES, on every instruction set. No other line changes. A family's scalar file is its reference and stays.
"""
import argparse
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ["--layers", "0", "400"]


def tracked():
    files = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True)
    return [name for name in files.stdout.splitlines() if (ROOT / name).is_file()]


def rows_of(kernel):
    """The list of the kernel's family and the pattern of the rows that its file defines."""
    family, isa = re.fullmatch(r"(.+)_(?:x86|arm)_([a-z0-9]+)\.cc", kernel.name).groups()
    return kernel.parent / f"{family}_kernels.inc", re.compile(rf"^PLUMB_[A-Z0-9_]+\([a-z0-9_]+_{isa}[,)].*\n", re.M)


def kernels(files):
    """Kernel files that are built on this machine from a row."""
    built = []
    for name in files:
        path = pathlib.Path(name)
        if re.fullmatch(r".+_x86_[a-z0-9]+\.cc", path.name) and "kernels" in path.parts:
            family, pattern = rows_of(path)
            cmake = (ROOT / path.parent / "CMakeLists.txt").read_text()
            stem = family.name.removesuffix("_kernels.inc")
            if (ROOT / family).exists() and f"FAMILY {stem} " in cmake and pattern.search((ROOT / family).read_text()):
                built.append(path)
    return built


def run(*command, folder=None):
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def hashes(runner):
    return {isa: run(runner, "--isa", isa, "--threads", "2", *LAYERS) for isa in run(runner, "--list").split()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runner", type=pathlib.Path, help="record_hashes of the whole program")
    parser.add_argument("kernels", nargs="*", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true")
    args = parser.parse_args()
    files = tracked()
    there = kernels(files)
    if len(there) < 10:
        sys.exit(f"expected at least 10 kernel files, found {there}")
    chosen = there if args.all else args.kernels or [random.Random(args.seed).choice(there)]
    unknown = [str(kernel) for kernel in chosen if kernel not in there]
    if unknown:
        sys.exit(f"no kernel files: {', '.join(unknown)}; expected some of {', '.join(map(str, there))}")
    expected = hashes(args.runner)
    with tempfile.TemporaryDirectory() as folder:
        source, build = pathlib.Path(folder) / "source", pathlib.Path(folder) / "build"
        for name in files:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
        for kernel in chosen:
            family, pattern = rows_of(kernel)
            kept = (source / family).read_text()
            changed, count = pattern.subn("", kept)
            (source / family).write_text(changed)
            (source / kernel).unlink()
            run("cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DPLUMB_RUNTIME_ONLY=ON",
                "-DPLUMB_WARNINGS_AS_ERRORS=ON")
            run("cmake", "--build", build, "--target", "plumb_runtime", "record_hashes")
            found = hashes(build / "bin/record_hashes")
            different = [isa for isa in expected if found[isa] != expected[isa]]
            print(f"{kernel}: {count} rows; {'differs on ' + ', '.join(different) if different else 'the same bits'}", flush=True)
            if different:
                return 1
            (source / family).write_text(kept)
            shutil.copy(ROOT / kernel, source / kernel)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The benchmark of diagnosis: injects one fault at a time and scores what 'plumb diagnose' names.

    run_diagnosis.py PLUMB MAKE_FAULT --work FOLDER [--python JUDGE] [--jobs N] [--networks a,b] [--only TEXT] [--seconds N] [--publish]
    run_diagnosis.py PLUMB MAKE_FAULT --check

Results are kept in WORK/results.json case by case, with the build that gave them, so that a run goes on where the last one ended
and another build begins anew; WORK/results.md holds the tables. --publish: also results.json and results.md beside this file, and
docs/diagnosis-benchmark.md. --check: a small part on the shipped detector, exit code 1 when a fault is not named first or a sound
conversion is called faulty. Needs the two programs, the networks and pictures of PLUMB_SHARED (default: ../shared beside the tree)
and, for faults of model files and dumps, a JUDGE: a Python with numpy, onnx and onnxruntime. This folder and examples/shapes_detector
may lie anywhere, as long as they lie to each other as in the tree.
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import all_cases  # noqa: E402
import diagnosis_faults as faults  # noqa: E402
import diagnosis_score as score  # noqa: E402
from fault_case import Impossible, Programs  # noqa: E402

CHECKED = {"wrong-scale at 0.5", "transposed-weights at 0.5", "saturated at 0.5", "sigmoid", "numerics-version", "color", "healthy: default"}


class Results:
    """By case, on disk after each."""

    def __init__(self, file, build):
        self.file, self.build, self.lock = file, build, threading.Lock()
        kept = json.loads(file.read_text()) if file.exists() else {}
        self.entries = {key: entry for key, entry in kept.items() if entry["build"] == build}

    def add(self, key, entry):
        with self.lock:
            self.entries[key] = entry
            part = self.file.with_suffix(".part")
            part.write_text(json.dumps(self.entries, indent=1))
            part.rename(self.file)
            print(f"{score.verdict(entry):8} {key}: {entry.get('named', '')} {entry.get('cpu_seconds', '')} {entry.get('error', '')}", flush=True)


def diagnose(case, programs, folder):
    n = case.network
    entry = {"network": n.name, "group": case.group, "kind": case.kind, "expected": sorted(case.expected), "possible": True}
    try:
        subject = case.make(folder)
    except Impossible:
        return {**entry, "possible": False}
    try:
        code, output, seconds = programs.run(programs.plumb, "diagnose", *subject, "--against", n.model, "--data", n.data, "--limit", faults.LIMIT,
                                             "--json", "-q", "--threads", 1, *n.options, ok=(0, 3, 5))
    except RuntimeError as error:  # an answer that does not come is a wrong one
        return {**entry, "error": str(error)}
    report = json.loads(output)
    return {**entry, "headline": report["headline"], "healthy": report["healthy"], "exit": code, "difference": report["difference"],
            "cpu_seconds": round(seconds, 2), "named": [[c["code"], c["cause"], round(c["explained"], 3)] for c in report["causes"][:3]],
            "tried": [[t["code"], t["evidence"]] for t in report["tried"]]}


def run(args, work, cases, results, programs):
    end = time.time() + args.seconds if args.seconds else None
    broken = []

    def one(case):
        if end and time.time() > end:
            return
        with tempfile.TemporaryDirectory(dir=work) as folder:
            try:
                entry = diagnose(case, programs, pathlib.Path(folder))
            except Exception as error:  # the benchmark's own: said at the end, tried again by the next run
                broken.append(f"{case.key}: {error}")
                print(f"broken   {broken[-1]}", file=sys.stderr, flush=True)
                return
        results.add(case.key, {**entry, "build": results.build})

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(one, cases))
    return broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("make_fault")
    parser.add_argument("--work")
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time, each on one thread")
    parser.add_argument("--networks", default="")
    parser.add_argument("--only", default="", help="cases whose name holds this text; several: a|b")
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--python", default="")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--publish", action="store_true")
    args = parser.parse_args()
    plumb, make_fault = (pathlib.Path(shutil.which(p) or p).resolve() for p in (args.plumb, args.make_fault))
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(args.work or temporary).resolve()
        programs = Programs(plumb, make_fault, args.python, work)
        results = Results(work / "results.json", hashlib.sha256(plumb.read_bytes()).hexdigest()[:12])
        wanted = ["shapes"] if args.check else [w for w in args.networks.split(",") if w]
        cases = []
        for n in faults.NETWORKS:
            if (not wanted and not n.extra or n.name in wanted) and n.exists():
                cases += all_cases.cases(n.checked() if args.check else n, programs)
        only = args.only.split("|")
        cases = [c for c in cases if c.key not in results.entries and any(o in c.key for o in only) and (not args.check or c.kind in CHECKED)]
        broken = run(args, work, cases, results, programs)
        entries = list(results.entries.values())
        if args.check:
            bad = [e for e in entries if e["possible"] and score.verdict(e) not in ("first", "sound")]
            return 1 if bad or broken or len(entries) < len(CHECKED) else 0
        score.write_tables(entries, work)
        if args.publish:
            score.publish(entries, faults.HERE, faults.ROOT / "docs/diagnosis-benchmark.md")
        print(score.summary(entries))
        return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

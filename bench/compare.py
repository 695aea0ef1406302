#!/usr/bin/env python3
"""Times Plumb and other runtimes alternately in one run and writes <cpu>.json, .md and .svg (docs/speed.md).

Every runtime has a process of its own; all are loaded first; rounds go over all in turn; a round gives each several
inferences and keeps their median; the least and the median round are reported. Compare figures of one run only.

`make bench` and `plumb bench --compare` call it.
"""
import argparse
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys

import machine
from measure import Bench
from networks import NETWORKS
from results_markdown import markdown
from roofline_svg import roofline

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
IN_TREE = (ROOT / "CMakeLists.txt").exists()  # else installed
KEPT = ROOT / "build/bench" if IN_TREE else pathlib.Path("plumb-bench")
PARTS = ["int8", "fp32", "layers", "growth"]
NEEDED = ["numpy", "onnx", "onnxruntime", "PIL"]


def fail(code, text):
    print(f"compare: error: {text}", file=sys.stderr)
    sys.exit(code)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plumb", default=shutil.which("plumb") or str(ROOT / "build/release/bin/plumb"), help="the program")
    shared = pathlib.Path(os.environ.get("PLUMB_SHARED") or ROOT.parent / "shared")
    parser.add_argument("--shared", type=pathlib.Path, default=shared,
                        help="folder with bench/make_yolov5.py, models and images/coco-calib")
    parser.add_argument("--cache", type=pathlib.Path, default=KEPT, help="for models, made once")
    parser.add_argument("--results", type=pathlib.Path,
                        help="folder to write into (default: bench/results; with --only or --parts the cache's)")
    parser.add_argument("--only", help="networks, separated by commas: " + ", ".join(n.name for n in NETWORKS))
    parser.add_argument("--parts", help="of " + ", ".join(PARTS) + " (default: all)")
    parser.add_argument("--add", action="store_true",
                        help="keep what bench/results holds of this CPU and replace only what this run measures; says so")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one runtime in one round")
    args = parser.parse_args(argv)
    args.networks = choose(args.only, {n.name: n for n in NETWORKS}, "--only")
    args.parts = set(choose(args.parts, {p: p for p in PARTS}, "--parts"))
    if args.results is None:
        whole = not args.only and len(args.parts) == len(PARTS)
        args.results = HERE / "results" if IN_TREE and (whole or args.add) else args.cache / "results"
    if args.rounds < 1 or args.seconds <= 0:
        fail(2, "--rounds and --seconds must be above 0")
    return args


def choose(text, known, option):
    names = text.split(",") if text else list(known)
    for name in names:
        if name not in known:
            fail(2, f"{option} {text}: '{name}' is not known; expected some of: {', '.join(known)}")
    return [known[name] for name in names]


def check_environment(args):
    missing = [name for name in NEEDED if not can_import(name)]
    if missing:
        fail(7, f"{sys.executable} lacks the packages {', '.join(missing)}; install them with: "
                f"{sys.executable} -m pip install -r {HERE / 'requirements.txt'}, or name another Python in PLUMB_BENCH_PYTHON")
    if not (args.shared / "bench/make_yolov5.py").exists():
        fail(7, f"there is no {args.shared}/bench/make_yolov5.py; name the folder of networks and pictures with --shared, or in "
                "PLUMB_SHARED")


def can_import(name):
    import importlib.util
    return importlib.util.find_spec(name) is not None


def plumb_facts(plumb):
    try:
        done = subprocess.run([plumb, "doctor", "--json"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        fail(7, f"{plumb} cannot be run ({error}); build it, or name it with --plumb")
    facts = json.loads(done.stdout)
    return {key: facts[key] for key in ("version", "commit", "isa", "isas")}


def added(old, new, parts):
    """The results of an earlier run, with what a later one measured in its place and a line about it."""
    merged = {**old, "networks": [dict(network) for network in old["networks"]]}
    known = {network["name"]: network for network in merged["networks"]}
    for network in new["networks"]:
        if network["name"] in known:
            known[network["name"]].update(network)
        else:
            merged["networks"].append(network)
    if "growth" in new:
        merged["growth"] = new["growth"]
    line = {"parts": sorted(parts), "networks": [network["name"] for network in new["networks"]],
            **{key: new[key] for key in ("date", "plumb", "rounds", "seconds")}}
    merged["later_runs"] = [*old.get("later_runs", []), line]
    return merged


def write(folder, results):
    folder.mkdir(parents=True, exist_ok=True)
    base = folder / results["machine"]["slug"]
    base.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    base.with_suffix(".md").write_text(markdown(results))
    if any("layers" in network for network in results["networks"]):
        base.with_suffix(".svg").write_text(roofline(results))
    return base


def main(argv=None):
    args = parse(argv)
    check_environment(args)
    results = {"format": 1, "date": datetime.date.today().isoformat(), "machine": machine.describe(),
               "plumb": plumb_facts(args.plumb), "rounds": args.rounds, "seconds": args.seconds}
    args.shared, args.cache = args.shared.resolve(), args.cache.resolve()
    args.cache.mkdir(parents=True, exist_ok=True)
    bench = Bench(args)
    results["networks"] = [bench.network(network) for network in args.networks]
    if "growth" in args.parts:
        results["growth"] = bench.growth()
    before = args.results / (results["machine"]["slug"] + ".json")
    if args.add and before.exists():
        results = added(json.loads(before.read_text()), results, args.parts)
    base = write(args.results, results)
    print(markdown(results, layers=False))
    print(f"written: {base}.json, .md, .svg", file=sys.stderr)


if __name__ == "__main__":
    main()

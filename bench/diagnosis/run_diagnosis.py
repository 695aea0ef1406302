#!/usr/bin/env python3
"""The benchmark of diagnosis: injects one fault at a time and scores what 'plumb diagnose' names.

    run_diagnosis.py PLUMB MAKE_FAULT [--work FOLDER] [--networks a,b] [--only TEXT] [--seconds N] [--python JUDGE] [--check]

Results are kept in WORK/results.json case by case, so that a run goes on where the last one ended; results.json and results.md
beside this file are written from it. --check: a small part on the shipped detector, exit code 1 when a fault is not named first
or a sound conversion is called faulty. Standard library only; faults of the model file need onnx in JUDGE.
"""
import argparse
import hashlib
import json
import pathlib
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import box_faults  # noqa: E402
import diagnosis_faults as networks  # noqa: E402
import diagnosis_score as score  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 4  # pictures a diagnosis looks at


def png(path, width, height, pixel):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in pixel(x, y)) for y in range(height))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


class Impossible(Exception):
    pass


class Bench:
    def __init__(self, args):
        self.args = args
        self.work = pathlib.Path(args.work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.file = self.work / "results.json"
        self.results = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.end = time.time() + args.seconds if args.seconds else None

    def run(self, *command, ok=(0,)):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if done.returncode not in ok:
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr[-500:]}")
        return done

    def convert(self, n, calib, out, *options, limit=6):
        """Made once: what is diagnosed may be diagnosed again by another release."""
        options = [str(o) for o in (*n.options, *options)]
        key = hashlib.sha256("\0".join([calib.name, str(limit), *options]).encode() + n.model.read_bytes()).hexdigest()[:16]
        made = self.work / "made" / f"{n.name}-{key}.plumb"
        made.parent.mkdir(exist_ok=True)
        if not made.exists():
            done = self.run(self.args.plumb, "convert", n.model, "-o", made, "--calib", calib, "--calib-limit", limit, "--check-limit", 1,
                            "--no-judge", "--force", "-q", *options, ok=(0, 3, 4))
            if done.returncode == 4:
                raise Impossible
        shutil.copyfile(made, out)
        return out

    def sound(self, n):
        out = self.work / f"{n.name}.plumb"
        return out if out.exists() else self.convert(n, n.calib, out, limit=20)

    def case(self, n, group, kind, expected, make):
        """make(path) makes what is diagnosed and gives the options that name it, or None when there is no place for it."""
        key = f"{n.name} / {kind}"
        if key in self.results or (self.args.only and self.args.only not in key) or (self.end and time.time() > self.end):
            return
        try:
            subject = make(self.work / "subject.plumb")
        except Impossible:  # the changed model is refused: nothing wrong can come of it
            subject = None
        entry = {"network": n.name, "group": group, "kind": kind, "expected": sorted(expected), "possible": subject is not None}
        if self.args.only_make:
            return
        if subject is not None:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = self.run(self.args.plumb, "diagnose", *subject, "--against", n.model, "--data", n.data, "--limit", LIMIT, "--json",
                            "-q", "--threads", "1", *n.options, ok=(0, 3, 5))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            report = json.loads(done.stdout)
            entry.update(headline=report["headline"], healthy=report["healthy"], exit=done.returncode,
                         difference=report["difference"], cpu_seconds=round(after.ru_utime - before.ru_utime, 2),
                         named=[[c["code"], c["cause"], round(c["explained"], 3)] for c in report["causes"][:3]],
                         tried=[[t["code"], t["evidence"]] for t in report["tried"]])
        self.results[key] = entry
        self.file.write_text(json.dumps(self.results, indent=1))
        print(f"{score.verdict(entry):8} {key}: {entry.get('named')} {entry.get('cpu_seconds', '')}", flush=True)

    def artifact_faults(self, n):
        for kind, group, expected in networks.ARTIFACT_FAULTS:
            for where in (n.layers if group in ("parameters", "graph and kernels") and not self.args.check else (0.5,)):
                def make(path, kind=kind, where=where):
                    done = self.run(self.args.make_fault, self.sound(n), path, kind, where, ok=(0, 3))
                    return [path] if done.returncode == 0 else None
                self.case(n, group, kind if where == 0.5 else f"{kind} at {where}", expected, make)

    def conversion_faults(self, n):
        for kind, group, options, expected in networks.conversion_faults(n):
            self.case(n, group, kind, expected, lambda path: [self.convert(n, n.calib, path, *options)])

    def calibration_faults(self, n):
        for kind, expected in networks.CALIBRATION_FAULTS:
            self.case(n, "calibration", "calibrated on " + kind, expected,
                      lambda path: [self.convert(n, self.calibration(n, kind), path)])

    def calibration(self, n, kind):
        folder = self.work / f"calib-{n.name}-{kind.replace(' ', '-')}"
        if folder.exists():
            return folder
        folder.mkdir()
        rng = random.Random(3)
        good = sorted(p for p in n.calib.rglob("*") if p.suffix.lower() in (".jpg", ".png"))
        if kind == "one picture":
            (folder / good[0].name).write_bytes(good[0].read_bytes())
        elif kind == "dark":
            for i in range(4):
                png(folder / f"{i}.png", 96, 72, lambda x, y: [rng.randrange(12) + (x + y) // 16] * 3)
        elif kind == "noise":
            for i in range(4):
                png(folder / f"{i}.png", 96, 72, lambda x, y: [rng.randrange(256) for _ in range(3)])
        else:  # good pictures, and one that no camera makes
            for p in good[:6]:
                (folder / p.name).write_bytes(p.read_bytes())
            png(folder / "zz.png", 96, 72, lambda x, y: [255 * ((x // 2 + y // 2) % 2), 255 * (x % 2), 255 * (y % 2)])
        return folder

    def box_faults(self, n):
        if n.classifier:
            return

        def boxes(path, options, change=None):
            pictures = sorted(p for p in n.data.iterdir() if p.suffix.lower() in (".jpg", ".png"))[:8]
            done = self.run(self.args.plumb, "detect", n.model, *pictures, "--json", "-q", "--trust-contract", *n.options, *options)
            results = json.loads(done.stdout)["detections"]
            labels = self.labels(n)
            simple = [{"name": r["file_name"], "label": labels(r["category_id"]), "score": r["score"],
                       "box": [r["bbox"][0], r["bbox"][1], r["bbox"][0] + r["bbox"][2], r["bbox"][1] + r["bbox"][3]]} for r in results]
            if change:
                simple = change(simple, n)
            by_name = {}
            for one in simple:
                by_name.setdefault(one["name"], []).append([*one["box"], one["score"], one["label"]])
            file = path.with_suffix(".json")
            file.write_text(json.dumps(by_name))
            return ["--boxes", file] if by_name else None

        for kind, options, expected in box_faults.by_options(n):
            group = "preprocessing" if "color" in kind else "decoding"
            self.case(n, group, kind, expected, lambda path: boxes(path, options))
        for kind, change, expected in box_faults.CHANGES:
            self.case(n, "decoding", kind, expected, lambda path: boxes(path, [], change))

    @staticmethod
    def labels(n):
        gaps = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]
        if n.name in ("shapes", "yunet-n-320"):
            return lambda category: category - 1
        return lambda category: category - 1 - sum(g < category for g in gaps)

    def model_faults(self, n):
        """The same network with one operator changed in the file, as another exporter or opset reads it."""
        if not self.args.python:
            return
        for kind, group, expected in (("onnx: activation left out", "graph and kernels", {"activation-dropped"}),
                                      ("onnx: padded with ones", "graph and kernels", {"padding", "other-operators"}),
                                      ("onnx: linear for nearest", "graph and kernels", {"resize-kernel"}),
                                      ("onnx: concat in another order", "graph and kernels", {"swapped-inputs"}),
                                      ("onnx: other opset's resize", "versions", {"resize-kernel"})):
            def make(path, kind=kind):
                changed = path.with_suffix(".onnx")
                done = self.run(self.args.python, HERE / "change_model.py", n.model, changed, kind, ok=(0, 3))
                if done.returncode == 3:
                    return None
                model, n.model = n.model, changed
                try:
                    return [self.convert(n, n.calib, path)]
                finally:
                    n.model = model
            self.case(n, group, kind, expected, make)

    def dump_faults(self, n):
        """Outputs of another runtime, which was given pictures wrongly or changed what came out."""
        if not self.args.python or n.classifier:
            return
        for kind, group, expected in (("dump: planes for pixels", "preprocessing", {"input-layout"}),
                                      ("dump: color", "preprocessing", {"color-order"}),
                                      ("dump: sigmoid twice", "decoding", {"sigmoid-twice"}),
                                      ("dump: not dequantized", "parameters", {"output-scale"})):
            def make(path, kind=kind):
                dump = path.with_suffix(".npz")
                self.run(self.args.python, HERE / "dump_outputs.py", self.args.plumb, n.model, n.data, dump, kind, str(LIMIT), n.color)
                return ["--outputs", dump]
            self.case(n, group, kind, expected, make)

    def healthy(self, n):
        variants = [("default", [], 20), ("ten pictures", [], 10), ("percentile", ["--observer", "percentile"], 20),
                    ("mse", ["--observer", "mse"], 20), ("float functions", ["--function-form", "float"], 20)]
        for kind, options, limit in variants:
            self.case(n, "healthy", "healthy: " + kind, set(),
                      lambda path: [self.convert(n, n.calib, path, *options, limit=limit)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("make_fault")
    parser.add_argument("--work")
    parser.add_argument("--networks", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--python", default="")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only-make", action="store_true", help="make what is diagnosed, and diagnose nothing")
    args = parser.parse_args()
    temporary = tempfile.TemporaryDirectory()
    if not args.work:
        args.work = temporary.name
    bench = Bench(args)
    wanted = ["shapes"] if args.check else [w for w in args.networks.split(",") if w]
    for n in networks.NETWORKS:
        if (wanted and n.name not in wanted) or not networks.with_file(n):
            continue
        if args.check:
            kinds = {"wrong-scale", "transposed-weights", "saturated", "sigmoid", "numerics-version"}
            networks.ARTIFACT_FAULTS[:] = [f for f in networks.ARTIFACT_FAULTS if f[0] in kinds]
            bench.artifact_faults(n)
            args.only = "color"
            bench.conversion_faults(n)
            args.only = "default"
            bench.healthy(n)
            continue
        bench.artifact_faults(n)
        bench.box_faults(n)
        bench.dump_faults(n)
        bench.conversion_faults(n)
        bench.calibration_faults(n)
        bench.model_faults(n)
        bench.healthy(n)
    entries = list(bench.results.values())
    if args.check:
        bad = [e for e in entries if e["possible"] and score.verdict(e) not in ("first", "sound")]
        return 1 if bad or len(entries) < 6 else 0
    score.write(entries, HERE, networks.ROOT / "docs/diagnosis-benchmark.md")
    print(score.summary(entries))
    return 0


if __name__ == "__main__":
    sys.exit(main())

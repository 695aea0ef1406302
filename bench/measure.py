"""What one run measures: each network in each precision and thread count, and how time grows."""
import os
import pathlib
import re
import subprocess
import sys

from networks import INPUT_SIDES, WIDTHS, model_file, yolov5
from peer_quantize import graph_input, naming, quantize, with_input_side
from runtimes import RUNTIMES
from workers import Worker, go_round

HERE = pathlib.Path(__file__).resolve().parent
LOAD_ROUNDS = 3
RECORD_ROUNDS = 9
GROWTH_ROUNDS = 3


def fresher(path, *sources):
    """Whether the file is there and newer than what it was made of."""
    return path.exists() and all(path.stat().st_mtime >= pathlib.Path(s).stat().st_mtime for s in sources)


class Bench:
    def __init__(self, args):
        self.args = args

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    # What the runtimes are given.

    def artifact(self, network):
        """The network as Plumb's int8 artifact. A YOLOv5 with random weights may fail its verdict: --force keeps the file."""
        source = model_file(network, self.args.shared, self.args.cache)
        out = self.args.cache / f"{network.name}.plumb"
        if not fresher(out, source, self.args.plumb):
            self.say(f"{network.name}: convert")
            out.unlink(missing_ok=True)
            done = subprocess.run([self.args.plumb, "convert", "-q", str(source), "-o", str(out), "--calib",
                                   str(self.args.shared / "images/coco-calib"), "--calib-limit", "20", "--check-limit", "2",
                                   "--no-judge", "--force"], capture_output=True, text=True)
            if not out.exists():
                raise RuntimeError(f"plumb convert {source}: exit {done.returncode}: {done.stderr.strip()[:300]}")
        return out

    def quantized(self, network):
        source = model_file(network, self.args.shared, self.args.cache)
        out = self.args.cache / f"{network.name}.qdq.onnx"
        if not fresher(out, source):
            self.say(f"{network.name}: quantize for the peers")
            with naming(f"quantize {source}"):
                quantize(source, self.args.shared / "images/coco-calib", out)
        return out

    def input_file(self, model, name):
        """Name of the model's input and one seeded array for it, the same for every runtime."""
        import numpy as np
        import onnx
        port, shape = graph_input(onnx.load(str(model), load_external_data=False))
        path = self.args.cache / f"{name}.input.npy"
        np.save(path, np.random.default_rng(1).random(shape, np.float32))
        return port, path

    # Workers.

    def plumb_worker(self, model, threads, port, array):
        return Worker("plumb", [self.args.plumb, "bench", str(model), "--serve", "--threads", str(threads), "--input",
                                f"{port}={array}"])

    def peer_workers(self, model, threads, array, int8):
        skipped, workers = [], []
        for name, runtime in RUNTIMES.items():
            if int8 and not runtime.reads_qdq:
                skipped.append({"runtime": name, "why": "does not read QDQ models: timed in binary32 only"})
                continue
            workers.append(Worker(name, [sys.executable, "-B", str(HERE / "peer_worker.py"), name, str(model), str(threads),
                                         str(array)]))
        return workers, skipped

    def race(self, label, plumb_model, peer_model, threads, port_and_array, int8, rounds, then=None):
        """Rows of all runtimes that work, Plumb first, and those that do not with their reasons. `then` is given Plumb's
        worker after the rounds."""
        port, array = port_and_array
        peers, skipped = self.peer_workers(peer_model, threads, array, int8)
        workers = [self.plumb_worker(plumb_model, threads, port, array), *peers]
        try:
            go_round(workers, rounds, self.args.seconds, LOAD_ROUNDS, lambda text: self.say(f"{label}: {text}"))
            if workers[0].error:
                raise RuntimeError(f"plumb bench {plumb_model}: {workers[0].error}")
            if then:
                then(workers[0])
        finally:
            for worker in workers:
                worker.stop()
        skipped += [{"runtime": w.runtime, "why": w.error} for w in workers if w.error]
        rows = [w.row() for w in workers if not w.error]
        return with_ratio({"threads": threads, "rows": rows, "skipped": skipped})

    # One network.

    def network(self, network):
        args = self.args
        source = model_file(network, args.shared, args.cache)
        given = self.input_file(source, network.name)
        found = {"name": network.name, "title": network.title,
                 "asked": network.asked_amx if network.asked_amx and has_amx() else network.asked,
                 "asked_fp32": network.asked_fp32}

        def layers(worker):
            self.say(f"{network.name}: layers")
            found["layers"] = worker.ask(f"records {RECORD_ROUNDS}")
            found["layers"]["isa"] = worker.loaded["isa"]
            found["memory"] = {key: worker.loaded[key] for key in ("arena_bytes", "arena_floor_bytes", "packed_bytes")}

        if args.parts & {"int8", "layers"}:
            artifact, peer = self.artifact(network), self.quantized(network)
            found["int8"] = []
            for threads in [1, 2] if "int8" in args.parts else [1]:
                race = self.race(f"{network.name} int8, {threads} threads", artifact, peer, threads, given, True, args.rounds,
                                 layers if threads == 1 and "layers" in args.parts else None)
                found["int8"].append(race)
        if "fp32" in args.parts:
            local = args.cache / f"{network.name}.onnx"  # runtimes with a format of their own write beside it
            if not fresher(local, source):
                local.write_bytes(pathlib.Path(source).read_bytes())
            race = self.race(f"{network.name} fp32", local, local, 1, given, False, args.rounds)
            plain = [row for row in race["rows"] if row["runtime"] == "onnxruntime"]
            if plain:
                race["ratio_to_onnxruntime"] = plain[0]["ms_least"] / race["rows"][0]["ms_least"]
            found["fp32"] = [race]
        return found

    # Growth.

    def growth(self):
        found = {"input": [], "width": [], "threads": []}
        base = yolov5("n", "silu", 640)
        for side in INPUT_SIDES:
            network = yolov5("n", "silu", side)
            found["input"].append({"side": side, **self.grown(network, 1, self.resized(base, side))})
        for size in WIDTHS:
            network = yolov5(size, "silu", 640)
            found["width"].append({"width": size, **self.grown(network, 1, self.quantized(network))})
        network = yolov5("s", "relu", 640)
        for threads in thread_counts(len(os.sched_getaffinity(0))):
            found["threads"].append(self.grown(network, threads, self.quantized(network)))
        return found

    def grown(self, network, threads, peer):
        source = model_file(network, self.args.shared, self.args.cache)
        given = self.input_file(source, network.name)
        return self.race(f"growth: {network.name}, {threads} threads", self.artifact(network), peer, threads, given, True,
                         min(GROWTH_ROUNDS, self.args.rounds))

    def resized(self, base, side):
        peer = self.quantized(base)
        out = self.args.cache / f"{base.name}.side{side}.qdq.onnx"
        if not fresher(out, peer):
            with_input_side(str(peer), side, str(out))
        return out


def with_ratio(race):
    """Adds the best peer and how many times its speed Plumb has."""
    peers = race["rows"][1:]
    if peers:
        best = min(peers, key=lambda row: row["ms_least"])
        race["best_peer"] = best["runtime"]
        race["ratio"] = best["ms_least"] / race["rows"][0]["ms_least"]
    return race


def thread_counts(cpus):
    counts = [1]
    while counts[-1] * 2 <= cpus:
        counts.append(counts[-1] * 2)
    return counts


def has_amx():
    return re.search(r"\bamx_int8\b", pathlib.Path("/proc/cpuinfo").read_text()) is not None

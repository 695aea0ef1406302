#!/usr/bin/env python3
"""What the drop-ins for RKNN's packages cost, and how several RKNNLite objects share the cores.

    PYTHONPATH=build/release/python:build/release/python/plumb/dropins build/venv/bin/python bench/rknn_dropins.py MODEL.onnx PICTURES

MODEL takes one RGB picture, mean 0 and std 255; PICTURES is a list for build, or one picture. Prints, each from the same runs:

* inference() of RKNN and RKNNLite on uint8 pixels: milliseconds of Python beyond the network and the pixels, CPU of the thread;
* frames a second of three RKNNLite objects in three threads against one object in one;
* seconds of RKNN.build against plumb.convert with the same options, least of the rounds.
"""
import contextlib
import io
import os
import statistics
import sys
import tempfile
import threading
import time

import numpy as np
import plumb
from rknn.api import RKNN
from rknnlite.api import RKNNLite

ROUNDS, RUNS, SECONDS = 3, 40, 4.0


def ready(kind, path):
    model = kind()
    if model.load_rknn(path) != 0 or model.init_runtime() != 0:
        sys.exit(f"{path}: cannot be loaded")
    return model


def added(kind, path, picture):
    model = ready(kind, path)
    rows = []
    for _ in range(RUNS + 3):
        start = time.thread_time()
        model.inference(inputs=[picture])
        whole = time.thread_time() - start
        _, network, pixels = model._runtime.session.network_seconds
        rows.append(1e3 * (whole - network - pixels))
    model.release()
    return statistics.median(rows[3:])


def frames_a_second(path, picture, count):
    models = [ready(RKNNLite, path) for _ in range(count)]
    done, end = [0] * count, []

    def work(index):
        while time.monotonic() < end[0]:
            models[index].inference(inputs=[picture])
            done[index] += 1
    for model in models:
        model.inference(inputs=[picture])
    start = time.monotonic()
    end.append(start + SECONDS)
    threads = [threading.Thread(target=work, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    for model in models:
        model.release()
    return sum(done) / took


def build(model, pictures):
    rknn = RKNN()
    rknn.config(mean_values=[[0, 0, 0]], std_values=[[255, 255, 255]])
    if rknn.load_onnx(model) != 0:
        sys.exit(f"{model}: cannot be loaded")
    start = time.monotonic()
    if rknn.build(dataset=pictures) != 0:
        sys.exit(f"{model}: cannot be built")
    return rknn, time.monotonic() - start


def convert(model, pictures, folder):
    start = time.monotonic()
    plumb.convert(model, os.path.join(folder, "model.plumb"), calib=pictures, raw_samples=True, mean=[0, 0, 0], std=[255, 255, 255],
                  color="rgb", optimization_level=3, force=True)
    return time.monotonic() - start


def main(model, pictures):
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        path = os.path.join(folder, "model.rknn")
        builds, converts = [], []
        for _ in range(ROUNDS):
            rknn, took = build(model, pictures)
            builds.append(took)
            if rknn.export_rknn(path) != 0:
                sys.exit(f"{path}: cannot be written")
            rknn.release()
            converts.append(convert(model, pictures, folder))
        with plumb.Session(path) as session:
            picture = session.inputs[0].picture
        pixels = np.random.default_rng(0).integers(0, 256, (1, picture.height, picture.width, picture.channels), np.uint8)
        costs = [added(kind, path, pixels) for kind in (RKNN, RKNNLite)]
        singles, pools = [], []
        for _ in range(ROUNDS):
            singles.append(frames_a_second(path, pixels, 1))
            pools.append(frames_a_second(path, pixels, 3))
    print(f"{model}: picture {picture.width}x{picture.height}x{picture.channels}, {len(os.sched_getaffinity(0))} cores\n"
          f"  inference adds    RKNN {costs[0]:.3f} ms, RKNNLite {costs[1]:.3f} ms\n"
          f"  RKNNLite          one object {max(singles):.2f} frames/s, three in three threads {max(pools):.2f}, ratio "
          f"{statistics.median(pool / single for pool, single in zip(pools, singles)):.2f}\n"
          f"  build             {min(builds):.2f} s, plumb.convert {min(converts):.2f} s, ratio {min(builds) / min(converts):.3f}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

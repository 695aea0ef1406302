#!/usr/bin/env python3
"""What plumb.Session.run costs beyond the C++ session's run, on pictures as uint8.

    PYTHONPATH=build/release/python build/venv/bin/python bench/python_session.py MODEL.plumb [RUNS]

All are taken in the same runs: CPU seconds of this thread around run(), of the network inside it, and of pixels into the
network's input, which a C++ program has to bring there, too. What is left is Python's: arguments, locks, outputs as arrays, the
dictionary. One thread.
"""
import statistics
import sys
import time

import numpy as np
import plumb


def main(path, runs=50):
    with plumb.Session(path, threads=1) as session:
        (info,) = session.inputs
        p = info.picture
        if p is None:
            sys.exit(f"{path}: input '{info.name}' takes no pictures")
        random = np.random.default_rng(0)
        pictures = [random.integers(0, 256, (p.height, p.width, p.channels), np.uint8) for _ in range(4)]
        whole, network, pixels = [], [], []
        for i in range(runs + 3):
            start = time.thread_time()
            outputs = session.run(pictures[i % 4])
            whole.append(time.thread_time() - start)
            _, inside, into = session.network_seconds
            network.append(inside)
            pixels.append(into)
        added = [1e3 * (a - b - c) for a, b, c in zip(whole[3:], network[3:], pixels[3:])]
        size = sum(array.nbytes for array in outputs.values())
        print(f"{path}: picture {p.width}x{p.height}x{p.channels}, outputs {size / 1e6:.2f} MB, {runs} runs\n"
              f"  network {1e3 * statistics.median(network[3:]):8.3f} ms (median, CPU)\n"
              f"  pixels  {1e3 * statistics.median(pixels[3:]):8.3f} ms\n"
              f"  added   {statistics.median(added):8.3f} ms, least {min(added):.3f} ms, "
              f"ratio {statistics.median(whole[3:]) / statistics.median(network[3:]):.3f}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))

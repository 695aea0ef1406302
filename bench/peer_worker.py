"""One runtime with one model in a process of its own, timed on request: the protocol of plumb bench --serve.

    peer_worker.py RUNTIME MODEL THREADS INPUT.npy

One JSON object a line on standard output: first what loading found, then an answer to each line of standard input:
"time SECONDS", "load", "quit". An error is {"error": "..."}.
"""
import json
import os
import statistics
import sys
import time

from runtimes import RUNTIMES


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def load(runtime, path, threads, array):
    start = time.perf_counter()
    one = runtime(path, threads)
    ms = 1e3 * (time.perf_counter() - start)
    one.feed(array)
    return one, ms


def timed(one, seconds):
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        one.run()
        times.append(1e3 * (time.perf_counter() - start))
    return {"ms_least": min(times), "ms_median": statistics.median(times), "runs": len(times)}


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # peers chatter on standard output
    try:
        import numpy as np
        name, path, threads, array = sys.argv[1], sys.argv[2], int(sys.argv[3]), np.load(sys.argv[4])
        runtime = RUNTIMES[name]
        version = runtime.prepare(path)  # imports and conversions: not part of loading
        before = resident_bytes()
        one, ms = load(runtime, path, threads, array)
        one.run()
        print(json.dumps({"version": version, "load_ms": ms, "resident_before_bytes": before,
                          "resident_bytes": resident_bytes()}), file=answers)
        for line in sys.stdin:
            verb, _, value = line.strip().partition(" ")
            if verb == "quit":
                break
            if verb == "time":
                print(json.dumps(timed(one, float(value))), file=answers)
            elif verb == "load":
                print(json.dumps({"load_ms": load(runtime, path, threads, array)[1]}), file=answers)
            else:
                raise ValueError(f"'{line.strip()}': expected 'time SECONDS', 'load' or 'quit'")
    except Exception as error:  # a peer that is absent or refuses the model is a finding, not a failure
        print(json.dumps({"error": f"{type(error).__name__}: {str(error)[:200]}"}), file=answers)


if __name__ == "__main__":
    main()

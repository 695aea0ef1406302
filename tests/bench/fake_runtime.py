"""Stands in for a runtime that is timed: speaks the protocol of plumb bench --serve with times that it is told.

    fake_runtime.py MS [refuse|die]
"""
import json
import sys

ms, what = float(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
if what == "refuse":
    print(json.dumps({"error": "NotImplementedError: this network is not for me"}), flush=True)
    sys.exit(0)
print(json.dumps({"version": "1.0", "load_ms": 10 * ms, "resident_before_bytes": 20_000_000, "resident_bytes": 50_000_000,
                  "isa": "scalar", "arena_bytes": 2_100_000, "arena_floor_bytes": 2_000_000, "packed_bytes": 7_300_000}), flush=True)
LAYERS = {"peaks": [{"isa": "scalar", "products": "s8", "gmacs": 4.0}], "memory_gbs": 10.0, "cache_gbs": 40.0, "records": [
    {"index": 0, "name": "a", "op": "conv", "layer": "conv 3x3", "shape": "1x8x8x4", "ms": 2.0, "macs": 4_000_000,
     "bytes_read": 3000, "bytes_written": 1000, "products": "s8", "kernel": "dot_scalar", "isa": "scalar", "gmacs": 2.0,
     "share_of_peak": 0.5, "bound": "compute"},
    {"index": 1, "name": "b", "op": "concat", "layer": "concat", "shape": "1x8x8x8", "ms": 0.5, "macs": 0, "bytes_read": 3000,
     "bytes_written": 3000, "bound": "overhead"}]}
count = 0
for line in sys.stdin:
    verb, _, value = line.strip().partition(" ")
    if verb == "quit":
        break
    count += 1
    if what == "die" and count == 2:
        sys.exit("out of luck")
    answer = {"time": {"ms_least": ms, "ms_median": ms + 1 / count, "runs": 3}, "load": {"load_ms": 10 * ms - count},
              "records": LAYERS}[verb]
    print(json.dumps(answer), flush=True)

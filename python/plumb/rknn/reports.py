"""eval_perf and eval_memory, and where reports go."""
from __future__ import annotations

import os
from typing import Any, Dict

import plumb
from plumb.verbs import run_verb


def wanted() -> bool:
    return os.environ.get("PLUMB_REPORT", "0") not in ("", "0")


def path_for(artifact: str) -> str:
    return os.path.splitext(artifact)[0] + ".html"


def path_beside(exported: str) -> str:
    return os.path.splitext(exported)[0] + ".report.html"


def performance(artifact: str) -> str:
    """A table of layers and the time of one inference, measured now."""
    facts, _, _ = run_verb("bench", [artifact], {"records": True})
    rows = facts["results"][0]["records"]
    total = sum(row["ms"] for row in rows) * 1000
    lines = ["=" * 100, "Network Layer Information Table (this machine's processor)", "=" * 100,
             f"{'ID':<5}{'OpType':<20}{'Products':<10}{'Target':<8}{'Time(us)':>10}  {'OutputShape':<18}FullName"]
    for index, row in enumerate(rows):
        lines.append(f"{index:<5}{row['op']:<20}{row.get('products', ''):<10}{'CPU':<8}{row['ms'] * 1000:>10.1f}  {row['shape']:<18}{row['name']}")
    times: Dict[str, Any] = {}
    for row in rows:
        count, sum_us = times.get(row["op"], (0, 0.0))
        times[row["op"]] = (count + 1, sum_us + row["ms"] * 1000)
    lines += ["=" * 100, f"Total Operator Elapsed Per Frame Time(us): {total:.0f}", f"FPS: {1e6 / total:.2f}" if total else "",
              "Operator Time Consuming Ranking Table",
              f"{'OpType':<20}{'CallNumber':>12}{'CPUTime(us)':>14}{'TotalTime(us)':>16}{'TimeRatio(%)':>14}"]
    for op, (count, sum_us) in sorted(times.items(), key=lambda item: -item[1][1]):
        lines.append(f"{op:<20}{count:>12}{sum_us:>14.0f}{sum_us:>16.0f}{100 * sum_us / total if total else 0:>14.2f}")
    return "\n".join(lines + ["=" * 100]) + "\n"


def memory(artifact: str, session: plumb.Session) -> Dict[str, int]:
    """weight_memory: constants as they are stored; internal_memory: what a session computes in and its kernels' weights."""
    weights = int(plumb.inspect(artifact).constants_bytes)
    internal = max(0, int(session.memory_bytes))
    return {"weight_memory": weights, "internal_memory": internal, "other_memory": 0, "total_memory": weights + internal}


def memory_text(found: Dict[str, int], file_bytes: int) -> str:
    frame = "=" * 54
    rows = [f"{name:<28}{found[key] / 2**20:.2f} MiB" for name, key in
            (("Weight Memory:", "weight_memory"), ("Internal Tensor Memory:", "internal_memory"),
             ("Other Memory:", "other_memory"), ("Total Memory:", "total_memory"))]
    return "\n".join([frame, "Memory Profile Info Dump", frame, *rows, f"{'Model file:':<28}{file_bytes / 2**20:.2f} MiB", frame])

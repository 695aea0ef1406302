"""What a case of the benchmark counts as, and the tables of all."""
import json


def effect(entry):
    """Whether the fault changes what comes out on these pictures by more than a sound conversion does."""
    if "difference" not in entry:
        return False
    return entry["difference"]["value"] > 1.25 * entry["difference"]["expected"] + 0.01


def verdict(entry):
    if not entry["possible"]:
        return "no place"
    if "error" in entry:
        return "ALARM" if entry["group"] == "healthy" else "WRONG"
    if entry["group"] == "healthy":
        return "sound" if entry["healthy"] else "ALARM"
    names = [cause for _, cause, _ in entry["named"]]
    if names and names[0] in entry["expected"]:
        return "first"
    if set(names[:3]) & set(entry["expected"]):
        return "among 3"
    if not names:
        return "missed" if effect(entry) else "harmless"
    return "WRONG"


def count(entries):
    kinds = [verdict(e) for e in entries if e["possible"]]
    faults = [k for k in kinds if k in ("first", "among 3", "missed", "WRONG")]
    return {"faults": len(faults), "first": faults.count("first"), "among three": faults.count("first") + faults.count("among 3"),
            "wrongly named": faults.count("WRONG"), "not found": faults.count("missed"), "without effect": kinds.count("harmless"),
            "sound conversions": kinds.count("sound") + kinds.count("ALARM"), "false alarms": kinds.count("ALARM")}


def share(part, whole):
    return f"{part} ({100 * part / whole:.0f} %)" if whole else str(part)


def row(title, entries):
    c = count(entries)
    return (f"| {title} | {c['faults']} | {share(c['first'], c['faults'])} | {share(c['among three'], c['faults'])} | "
            f"{c['wrongly named']} | {c['not found']} | {c['without effect']} |")


def summary(entries):
    c = count(entries)
    return (f"{c['faults']} faults: named first {share(c['first'], c['faults'])}, among three {share(c['among three'], c['faults'])}, "
            f"wrongly named {c['wrongly named']}, not found {c['not found']}; {c['sound conversions']} sound conversions: "
            f"{c['false alarms']} false alarms")


HEAD = ("| | faults | named first | among the first three | wrongly named | not found | without effect |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")


def tables(entries):
    faults = [e for e in entries if e["group"] != "healthy" and e["possible"]]
    lines = [summary(entries) + ".", "", HEAD]
    for group in dict.fromkeys(e["group"] for e in faults):
        lines.append(row(group, [e for e in faults if e["group"] == group]))
    lines += [row("all", faults), "", HEAD]
    for network in dict.fromkeys(e["network"] for e in faults):
        lines.append(row(network, [e for e in faults if e["network"] == network]))
    lines += ["", "| CPU seconds of one diagnosis | median | most |", "| --- | ---: | ---: |"]
    for network in dict.fromkeys(e["network"] for e in faults):
        seconds = sorted(e["cpu_seconds"] for e in entries if e["network"] == network and "cpu_seconds" in e)
        if seconds:
            lines.append(f"| {network} | {seconds[len(seconds) // 2]:.1f} | {seconds[-1]:.1f} |")
    lines += ["", "| kind | " + " | ".join(dict.fromkeys(e["network"] for e in entries)) + " |",
              "| --- |" + " --- |" * len(dict.fromkeys(e["network"] for e in entries))]
    by = {(e["kind"], e["network"]): verdict(e) for e in entries}
    for kind in dict.fromkeys(e["kind"] for e in entries):
        lines.append(f"| {kind} | " + " | ".join(by.get((kind, n), "") for n in dict.fromkeys(e["network"] for e in entries)) + " |")
    return "\n".join(lines) + "\n"


PAGE = """# How often `plumb diagnose` names the cause

Written by `bench/diagnosis/run_diagnosis.py`. One fault at a time is put into a network, its conversion, its artifact or its results;
`plumb diagnose` sees the outcome, the model and six pictures, as many as it takes by itself, on one thread. "Named first": the first
cause is the injected one; "wrongly named": another one is, and the right one is not among the first three; "not found": results differ
by more than a sound conversion's, and nothing is named; "without effect": nothing is named and the results are as near as a sound
conversion's. "no place": the network has nothing that this fault could change, or the changed model is refused.

```sh
cmake --preset release -DPLUMB_TESTS=ON && cmake --build build/release --target plumb make_fault
python3 bench/diagnosis/run_diagnosis.py build/release/bin/plumb build/release/tests/bench_diagnosis/make_fault \\
  --work FOLDER --python PYTHON_WITH_ONNXRUNTIME --jobs 16 --publish
```

It goes on where it ended; `--networks` and `--only` run a part. A small part runs with every `make test`.

"""


def ordered(entries):
    return sorted(entries, key=lambda e: (e["network"], e["group"], e["kind"]))


def write_tables(entries, folder):
    (folder / "results.md").write_text(tables(ordered(entries)))


def publish(entries, folder, page):
    slim = [{k: v for k, v in e.items() if k not in ("tried", "headline")} for e in ordered(entries)]
    (folder / "results.json").write_text("[\n" + ",\n".join(json.dumps(e) for e in slim) + "\n]\n")
    write_tables(entries, folder)
    page.write_text(PAGE + tables(ordered(entries)))

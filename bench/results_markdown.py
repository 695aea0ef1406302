"""Results of one run as Markdown: what was asked and reached, memory and loading, layers, growth."""
import collections

MEGA = 1e-6
RUNTIME_TITLES = {"plumb": "Plumb", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "mnn": "MNN", "ncnn": "ncnn"}


def number(value):
    """Three significant digits, without an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def title(runtime):
    return RUNTIME_TITLES.get(runtime, runtime)


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |",
                      *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def cell(race, runtime, key="ms_least", scale=1.0):
    found = [row for row in race["rows"] if row["runtime"] == runtime]
    return number(found[0][key] * scale) if found else "-"


def runtimes_of(races):
    names = []
    for race in races:
        names += [row["runtime"] for row in race["rows"] if row["runtime"] not in names]
    return names


def latency(results, precision):
    """One line a network and thread count."""
    races = [(network, race) for network in results["networks"] for race in network.get(precision, [])]
    names = runtimes_of([race for _, race in races])
    rows = []
    for network, race in races:
        asked = network["asked"] if precision == "int8" else network["asked_fp32"]
        ratio = race.get("ratio") if precision == "int8" else race.get("ratio_to_onnxruntime")
        rows.append([network["title"], str(race["threads"]), *(cell(race, name) for name in names),
                     f"{ratio:.2f}" if ratio else "-", number(asked) if asked else "-"])
    versus = "best peer / Plumb" if precision == "int8" else "ONNX Runtime / Plumb"
    return table(["network", "threads", *(title(name) for name in names), versus, "asked"], rows)


def loading(results, precision):
    races = [(network, race) for network in results["networks"] for race in network.get(precision, []) if race["threads"] == 1]
    names = runtimes_of([race for _, race in races])
    rows = [[network["title"], *(cell(race, name, "load_ms") for name in names),
             *(cell(race, name, "model_bytes", MEGA) for name in names),
             *(cell(race, name, "resident_bytes", MEGA) for name in names)] for network, race in races]
    head = [f"{title(name)}, {what}" for what in ("load ms", "model MB", "process MB") for name in names]
    return table(["network", *head], rows)


def memory(results):
    """What Plumb's resident memory is made of."""
    rows = []
    for network in results["networks"]:
        if "memory" in network:
            m = network["memory"]
            rows.append([network["title"], number(m["packed_bytes"] * MEGA), number(m["arena_bytes"] * MEGA),
                         number(m["arena_floor_bytes"] * MEGA), f"{m['arena_bytes'] / max(1, m['arena_floor_bytes']):.3f}"])
    return table(["network", "packed weights, MB", "arena, MB", "most in use at once, MB", "arena over that"], rows) if rows else ""


def layer_classes(layers):
    """[(class, sums)], most time first: what the points of the roofline are made of."""
    sums = collections.defaultdict(lambda: {"count": 0, "ms": 0.0, "macs": 0, "bytes": 0, "peak_ms": 0.0})
    peaks = {(p["isa"], p["products"]): p["gmacs"] for p in layers["peaks"]}
    for record in layers["records"]:
        one = sums[record["layer"]]
        one["count"] += 1
        one["ms"] += record["ms"]
        one["macs"] += record["macs"]
        one["bytes"] += record["bytes_read"] + record["bytes_written"]
        if peak := record["macs"] and peaks.get((record["isa"], record["products"]), 0):
            one["peak_ms"] += record["macs"] / peak * 1e-6
    return sorted(sums.items(), key=lambda item: -item[1]["ms"])


def class_table(layers):
    total = sum(record["ms"] for record in layers["records"]) or 1
    rows = []
    for name, one in layer_classes(layers):
        multiplies = one["macs"] > 0 and one["ms"] > 0
        rows.append([name, str(one["count"]), f"{one['ms']:.3f}", f"{100 * one['ms'] / total:.0f} %",
                     number(one["macs"] * MEGA) if multiplies else "-", number(one["bytes"] * MEGA),
                     number(one["macs"] / one["ms"] * MEGA) if multiplies else "-",
                     f"{100 * one['peak_ms'] / one['ms']:.0f} %" if multiplies else "-",
                     f"{one['bytes'] / one['ms'] * MEGA:.1f}" if one["ms"] else "-"])
    return table(["class", "layers", "ms", "of the time", "MMAC", "MB", "GMAC/s", "of the peak", "GB/s"], rows)


def record_table(layers):
    rows = []
    for record in layers["records"]:
        multiplies = record["macs"] > 0
        rows.append([str(record["index"]), record["layer"], record["shape"], f"{record['ms']:.3f}",
                     number(record["macs"] * MEGA) if multiplies else "-",
                     number((record["bytes_read"] + record["bytes_written"]) * MEGA),
                     number(record["gmacs"]) if multiplies else "-",
                     f"{100 * record['share_of_peak']:.0f} %" if multiplies else "-", record["bound"],
                     record.get("kernel", "-")])
    return table(["#", "layer", "output", "ms", "MMAC", "MB", "GMAC/s", "of the peak", "bound by", "kernel"], rows)


def whole_network(layers):
    """The time of all multiply-adds at the peak of the instruction set chosen, and of all records."""
    peaks = {(p["isa"], p["products"]): p["gmacs"] for p in layers["peaks"]}
    macs = sum(r["macs"] for r in layers["records"])
    peak = peaks.get((layers["isa"], "s8"), 0)
    return macs, macs / peak * MEGA if peak else 0, sum(r["ms"] for r in layers["records"])


def layers_section(results):
    parts = ["## Layers\n",
             "One thread, int8. The peak is that of a loop that only multiplies registers, for the instruction set of the layer's "
             "kernel,\nmeasured between the runs. Bound by: compute or memory where the layer reaches at least half of that roof (the "
             "second-level\ncache's for what fits into half of it), else overhead.\n"]
    for network in results["networks"]:
        layers = network.get("layers")
        if not layers:
            continue
        macs, floor, total = whole_network(layers)
        peaks = ", ".join(f"{p['isa']} {p['products']} {p['gmacs']:.0f}" for p in layers["peaks"])
        parts += [f"### {network['title']}\n",
                  f"{macs * MEGA:.0f} MMAC; at the peak of {layers['isa']} {floor:.2f} ms; the layers together {total:.2f} ms. Peaks in "
                  f"GMAC/s: {peaks}. Reading: memory {layers['memory_gbs']:.1f} GB/s,\nsecond-level cache {layers['cache_gbs']:.1f} GB/s.\n",
                  class_table(layers), "<details><summary>every layer</summary>\n", record_table(layers), "</details>\n"]
    return parts


def growth_section(growth):
    parts = ["## Growth\n", "int8, least round in milliseconds.\n"]
    for key, head, name in (("input", "input", lambda r: f"{r['side']} x {r['side']}"),
                            ("width", "width", lambda r: r["width"]), ("threads", "threads", lambda r: str(r["threads"]))):
        races = growth[key]
        names = runtimes_of(races)
        first = races[0]["rows"][0]["ms_least"]
        rows = [[name(race), *(cell(race, one) for one in names), f"{race['ratio']:.2f}" if "ratio" in race else "-",
                 number(race["rows"][0]["ms_least"] / first if key != "threads" else first / race["rows"][0]["ms_least"])]
                for race in races]
        what = {"input": "YOLOv5n SiLU, one thread", "width": "YOLOv5 SiLU 640, one thread", "threads": "YOLOv5s ReLU 640"}[key]
        parts += [f"{what}:\n", table([head, *(title(n) for n in names), "best peer / Plumb",
                                       "speed-up of Plumb" if key == "threads" else "time of Plumb, times the first"], rows)]
    return parts


def skipped_section(results):
    found = {}
    for network in results["networks"]:
        for precision in ("int8", "fp32"):
            for race in network.get(precision, []):
                for one in race["skipped"]:
                    found.setdefault((one["runtime"], one["why"]), []).append(f"{network['name']} {precision}")
    if not found:
        return []
    everywhere = {}
    for (runtime, why), places in found.items():
        everywhere.setdefault(f"* {title(runtime)}: {why}", sorted(set(places)))
    return ["## Skipped\n", "\n".join(f"{line} ({', '.join(places)})" for line, places in everywhere.items()) + "\n"]


def versions(results):
    found = {}
    for network in results["networks"]:
        for precision in ("int8", "fp32"):
            for race in network.get(precision, []):
                found.update({row["runtime"]: row["version"] for row in race["rows"][1:]})
    return ", ".join(f"{title(name)} {version}" for name, version in found.items())


def markdown(results, layers=True):
    m, p = results["machine"], results["plumb"]
    parts = [f"# Speed on {m['cpu']}\n",
             f"{results['date']}, {m['cpus']} CPUs, {m['memory_bytes'] / 2**30:.0f} GiB. Plumb {p['version']} ({p['commit']}), kernels "
             f"{p['isa']}; {versions(results)}.\nOne run of `make bench`: {results['rounds']} rounds over all in turn, "
             f"{results['seconds']:g} s each; the least of the rounds' medians, in milliseconds, batch 1.\n",
             *(f"Of a later run ({run['date']}, commit {run['plumb']['commit']}, {run['rounds']} rounds): "
               f"{', '.join(run['parts'])} of {', '.join(run['networks'])}.\n" for run in results.get("later_runs", []))]
    for precision, head in (("int8", "int8"), ("fp32", "binary32")):
        if any(network.get(precision) for network in results["networks"]):
            parts += [f"## {head}\n", latency(results, precision),
                      "Loading (opening the file to being ready, the least of several), memory that the loaded network added to the "
                      "process, and\nthe whole process, one thread:\n", loading(results, precision)]
    if made_of := memory(results):
        parts += ["## Memory of Plumb\n", made_of]
    if layers and any("layers" in network for network in results["networks"]):
        parts += [f"![roofline]({m['slug']}.svg)\n", *layers_section(results)]
    if "growth" in results:
        parts += growth_section(results["growth"])
    return "\n".join(parts + skipped_section(results))

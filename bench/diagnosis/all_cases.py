"""Every case of one network: a fault, and how it is put in."""
import json

import box_faults
import calibration_faults
import diagnosis_faults as faults
from fault_case import Case, Impossible

PICTURES = 8  # that a program around a network is run on


def cases(n, programs):
    return [*artifact_cases(n, programs), *box_cases(n, programs), *dump_cases(n, programs), *conversion_cases(n, programs),
            *calibration_cases(n, programs), *model_cases(n, programs), *healthy_cases(n, programs)]


def artifact_cases(n, programs):
    """Faults put into a sound artifact, early and late in the network where they are a layer's."""
    made = []
    for kind, group, expected, of_a_layer in faults.ARTIFACT_FAULTS:
        for where in (n.layers if of_a_layer else (0.5,)):
            made.append(Case(n, group, f"{kind} at {where}" if of_a_layer else kind, expected,
                             lambda folder, kind=kind, where=where: [programs.make_fault(n, folder, kind, where)]))
    return made


def conversion_cases(n, programs):
    """Conversions that were told something wrong."""
    return [Case(n, group, kind, expected, lambda folder, options=options: [programs.convert(n, folder, *options)])
            for kind, group, options, expected in faults.conversion_faults(n)]


def calibration_cases(n, programs):
    return [Case(n, "calibration", "calibrated on " + kind, expected,
                 lambda folder, kind=kind: [programs.convert(n, folder, calib=calibration(n, programs, kind))])
            for kind, expected in calibration_faults.KINDS]


def calibration(n, programs, kind):
    good = sorted(p for p in n.calib.rglob("*") if p.suffix.lower() in (".jpg", ".png"))
    folder = programs.work / f"calib-{n.name}-{kind.replace(' ', '-')}"
    return programs.once(folder, lambda part: calibration_faults.fill(part, kind, good))


def model_cases(n, programs):
    """The same network with one operator changed in the file, as another exporter or opset reads it."""
    if not programs.python:
        return []
    return [Case(n, group, kind, expected,
                 lambda folder, kind=kind: [programs.convert(n, folder, model=programs.change_model(n, folder, kind))])
            for kind, group, expected in faults.MODEL_FAULTS]


def dump_cases(n, programs):
    """Outputs of another runtime, which was given pictures wrongly, computes something else or changed what came out."""
    if not programs.python:
        return []

    def make(folder, kind):
        spec = {"plumb": str(programs.plumb), "model": str(n.model), "pictures": str(n.data), "out": str(folder / "dump.npz"), "kind": kind,
                "limit": faults.LIMIT, "color": n.color, "mean": n.mean, "std": n.std, "resize": n.resize, "pad": n.pad}
        if kind in faults.DUMPED_CHANGES:
            spec["model"] = str(programs.change_model(n, folder, faults.DUMPED_CHANGES[kind]))
        (folder / "dump.json").write_text(json.dumps(spec))
        code, _, _ = programs.run(programs.python, faults.HERE / "dump_outputs.py", folder / "dump.json", ok=(0, 3))
        if code == 3:
            raise Impossible
        return ["--outputs", folder / "dump.npz"]

    return [Case(n, group, kind, expected, lambda folder, kind=kind: make(folder, kind)) for kind, group, expected in faults.dump_faults(n)]


def box_cases(n, programs):
    if n.classifier:
        return []

    def make(folder, options, change=None):
        pictures = sorted(p for p in n.data.iterdir() if p.suffix.lower() in (".jpg", ".png"))[:PICTURES]
        _, output, _ = programs.run(programs.plumb, "detect", n.model, *pictures, "--json", "-q", "--threads", 1, "--trust-contract", *n.options,
                                    *options)
        results = json.loads(output)["detections"]
        simple = [{"name": r["file_name"], "label": n.label(r["category_id"]), "score": r["score"],
                   "box": [r["bbox"][0], r["bbox"][1], r["bbox"][0] + r["bbox"][2], r["bbox"][1] + r["bbox"][3]]} for r in results]
        if change:
            simple = change(simple)
        by_name = {}
        for one in simple:
            by_name.setdefault(one["name"], []).append([*one["box"], one["score"], one["label"]])
        if not by_name:
            raise Impossible
        file = folder / "boxes.json"
        file.write_text(json.dumps(by_name))
        return ["--boxes", file]

    return ([Case(n, group, kind, expected, lambda folder, options=options: make(folder, options))
             for kind, group, options, expected in box_faults.by_options(n)] +
            [Case(n, "decoding", kind, expected,
                  lambda folder, change=change, options=options: make(folder, options, change))
             for kind, change, options, expected in box_faults.CHANGES])


def healthy_cases(n, programs):
    variants = [("default", [], 100), ("ten pictures", [], 10), ("percentile", ["--observer", "percentile"], 20), ("mse", ["--observer", "mse"], 20),
                ("float functions", ["--function-form", "float"], 20), ("16 bits", ["--activations", "int16"], 20),
                ("biases not corrected", ["--no-bias-correction"], 20), ("fewer passes", ["--optimization-level", "1"], 20)]
    made = [Case(n, "healthy", "healthy: " + kind, set(),
                 lambda folder, options=options, limit=limit: [programs.convert(n, folder, *options, limit=limit)])
            for kind, options, limit in variants]
    made.append(Case(n, "healthy", "healthy: other pictures", set(), lambda folder: [
        programs.convert(n, folder, calib=calibration(n, programs, "other good pictures"), limit=20)]))
    return made

#!/usr/bin/env python3
"""The incidents that Plumb was made for, as a user meets them: the first line of the answer names the cause.

    incidents.py PLUMB [--only A,B,C]

A  The sigmoid moved between two versions of a model: a graph that ends in it is read with the decode of one that does not, and
   the other way round; in a float model and in an artifact.
B  Two suppressions on identical tensors: a program that decodes as the C demos of RKNN's YOLOv5 did up to 2.0 (score-sorted
   boxes, classes tested at unsorted places) loses boxes; Plumb says that the tensors agree and which rule was used.
C  Versions skewed: an artifact of another format or numerics version; one network converted by two recipes.

Reads ../shared (or PLUMB_SHARED); says so and passes A and B when it is absent. Standard library only.
"""
import argparse
import ast
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))
ZOO, ROWS = SHARED / "models/yolov5n-zoo-heads/yolov5n_zoo.onnx", SHARED / "models/yolov5n-640-fp16w/yolov5n.onnx"
BUS = SHARED / "images/bus.jpg"
ANCHORS = {8: [(10, 13), (16, 30), (33, 23)], 16: [(30, 61), (62, 45), (59, 119)], 32: [(116, 90), (156, 198), (373, 326)]}
problems = []


def expect(what, good, found):
    print(f"{'ok  ' if good else 'FAIL'} {what}: {found}", flush=True)
    if not good:
        problems.append(what)


def run(plumb, *args):
    done = subprocess.run([plumb, *map(str, args)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def first_line(text):
    return next(iter(text.splitlines()), "")


def incident_a(plumb, folder):
    old = "yolov5,sigmoid=raw"
    for name, model, decode in (("heads", ZOO, old), ("rows", ROWS, old + ",boxes=in_graph")):
        code, out, err = run(plumb, "detect", model, BUS, "--decode", decode)
        expect(f"A {name}: a graph with the sigmoid, the decode of one without", code == 2 and out == "" and
               "the sigmoid is applied twice" in first_line(err) and "sigmoid=in_graph" in first_line(err), (code, first_line(err)))
        code, out, err = run(plumb, "detect", model, BUS, "--decode", decode, "--check", "--json", "-q")
        findings = json.loads(out)["findings"]
        expect(f"A {name}: --check says so, too", code == 3 and [f["code"] for f in findings][:2] == ["B1", "S1"] and
               all(f["text"] and f["fix"] and f["evidence"] for f in findings), (code, [f["code"] for f in findings]))
    code, out, err = run(plumb, "detect", ZOO, BUS, "--decode", old, "--trust-contract", "-q")
    expect("A heads: who insists gets the swarm, and a warning", code == 0 and " 300 objects" in first_line(out) and
           "applied twice" in first_line(err), (code, first_line(out), first_line(err)))
    code, out, err = run(plumb, "detect", ZOO, BUS, "-q")
    expect("A heads: nothing stated, nothing wrong", code == 0 and err == "" and len(out.splitlines()) > 3, (code, out.splitlines()))

    # An artifact that was converted with the old decode: refused, and when it was forced through, refused again.
    convert = ["convert", ZOO, "--calib", SHARED / "images/coco-calib", "--calib-limit", "4", "--check-limit", "2", "--no-judge", "-q",
               "--decode", old, "-o", folder / "old.plumb", "--json"]
    code, out, err = run(plumb, *convert, "--force")
    report = json.loads(out)
    failures = [f for f in report["findings"] if f["level"] == "failure"]
    expect("A artifact: the verdict is a failure, for this reason first", code == 3 and failures and failures[0]["code"] == "B1",
           (code, [f["code"] for f in failures]))
    code, out, err = run(plumb, "detect", folder / "old.plumb", BUS)
    expect("A artifact: refused with the cause", code == 4 and "the sigmoid is applied twice" in first_line(err), (code, first_line(err)))

    # The other way round: the same network with its sigmoids cut off, read as if they were there.
    run(plumb, "convert", ZOO, "--calib", SHARED / "images/coco-calib", "--calib-limit", "1", "--check-limit", "1", "--no-judge", "-q",
        "--save-stage", folder / "stages", "-o", folder / "whole.plumb")
    stage = folder / "stages/canonical.txt"
    text = stage.read_text(encoding="utf-8")
    cut = text.replace(" = sigmoid(", " = identity(")
    stage.write_text(cut, encoding="utf-8")
    expect("A raw: sigmoids cut off", text.count(" = sigmoid(") == 3, text.count(" = sigmoid("))
    code, out, err = run(plumb, "detect", stage, BUS, "--decode", "yolov5,sigmoid=in_graph")
    expect("A raw: a graph without the sigmoid, the decode of one with it", code == 2 and
           "the sigmoid is missing" in first_line(err) and "sigmoid=raw" in first_line(err), (code, first_line(err)))
    code, out, err = run(plumb, "detect", stage, BUS, "-q")
    expect("A raw: left to Plumb it is right", code == 0 and err == "" and "person" in out, (code, out.splitlines()))


def classifier(plumb, folder):
    """The same for a classifier: logits read as probabilities; and a healthy one."""
    model = SHARED / "models/mobilenetv2-224-w8/mobilenetv2_w8.onnx"
    pictures = sorted((SHARED / "images/imagenet").glob("*.jpg"))[:8]
    recipe = ["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375", "--resize", "crop:256"]
    code, out, err = run(plumb, "classify", model, *pictures, *recipe, "--decode", "classifier,sigmoid=in_graph")
    expect("A classifier: logits read as probabilities", code == 2 and out == "" and "the softmax is missing" in first_line(err),
           (code, first_line(err)))
    code, out, err = run(plumb, "classify", model, *pictures, *recipe, "--check", "--json", "-q")
    expect("A classifier: a healthy one fires nothing", code == 0 and json.loads(out)["findings"] == [], (code, err))
    code, out, err = run(plumb, "classify", model, *pictures, "--mean", "0", "--std", "65025", "--check", "--json", "-q")
    expect("A classifier: pixels divided twice", [f["code"] for f in json.loads(out)["findings"]] == ["K2"], (code, err))


def read_npy(path):
    """Shape and float32 values."""
    data = path.read_bytes()
    length = int.from_bytes(data[8:10], "little")
    header = ast.literal_eval(data[10:10 + length].decode("latin1"))
    return header["shape"], memoryview(data)[10 + length:].cast("f")


def old_demo(heads, score, iou_threshold):
    """Candidates in the order of decoding, then the suppression of the old demos."""
    boxes = []
    for shape, values in heads:
        rows, columns = shape[2:]
        stride, cells = 640 // rows, rows * columns
        for anchor, (width, height) in enumerate(ANCHORS[stride]):
            base = anchor * 85 * cells
            for cell in range(cells):
                objectness = values[base + 4 * cells + cell]
                if objectness < score:
                    continue
                x, y, w, h = (2 * values[base + k * cells + cell] for k in range(4))
                classes = [values[base + k * cells + cell] for k in range(5, 85)]
                label = max(range(80), key=classes.__getitem__)
                if objectness * classes[label] < score:
                    continue
                cx, cy = (x - 0.5 + cell % columns) * stride, (y - 0.5 + cell // columns) * stride
                w, h = w * w * width, h * h * height
                boxes.append((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, objectness * classes[label], label))
    order = sorted(range(len(boxes)), key=lambda i: -boxes[i][4])

    def overlap(a, b):
        w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        both = max(w, 0) * max(h, 0)
        return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)

    for wanted in sorted({box[5] for box in boxes}):
        for i, n in enumerate(order):
            if n < 0 or boxes[i][5] != wanted:  # the class at the place, not the box's own
                continue
            for j in range(i + 1, len(order)):
                if order[j] >= 0 and overlap(boxes[n], boxes[order[j]]) > iou_threshold:
                    order[j] = -1
    return [boxes[n] for n in order if n >= 0]


def incident_b(plumb, folder):
    pictures = sorted((SHARED / "images/coco20/images").glob("*.jpg"))[:12]
    results, ours = {}, 0
    for picture in pictures:
        saved = folder / picture.stem
        code, out, err = run(plumb, "run", ZOO, "--input", picture, "--as-picture", "--save", saved, "-q")
        if code != 0:
            sys.exit(err)
        heads = sorted((read_npy(path) for path in saved.glob("*.npy")), key=lambda head: -head[0][2])
        width, height = (int(n) for n in picture_size(picture))
        scale = min(640 / width, 640 / height)
        left, top = math.floor((640 - round(width * scale)) / 2), math.floor((640 - round(height * scale)) / 2)
        results[picture.name] = [
            {"box": [(box[0] - left) / scale, (box[1] - top) / scale, (box[2] - left) / scale, (box[3] - top) / scale],
             "score": round(box[4], 3), "class": box[5]} for box in old_demo(heads, 0.25, 0.45)]
    old = folder / "old_demo.json"
    old.write_text(json.dumps(results))
    code, out, err = run(plumb, "detect", ZOO, *pictures, "--boxes", old, "-q", "--json")
    answer = json.loads(out)
    ours, theirs = len(answer["detections"]), sum(map(len, results.values()))
    expect("B the old demo loses boxes on the same tensors", theirs < ours, f"{theirs} of {ours}")
    expect("B first line: the tensors agree, the suppression differs, and which it is", code == 0 and
           first_line(err).startswith("warning: S7: the tensors agree") and "the suppression differs" in first_line(err) and
           "class order (as in the old C demos" in first_line(err), first_line(err))
    same = folder / "same.json"
    same.write_text(json.dumps(answer))
    code, out, err = run(plumb, "detect", ZOO, *pictures, "--boxes", same, "-q", "--json")
    expect("B Plumb's own boxes differ in nothing", code == 0 and err == "" and json.loads(out)["findings"] == [], (code, err))


def picture_size(path):
    """Width and height of a JPEG: the first frame header."""
    data = path.read_bytes()
    at = 2
    while not (0xC0 <= data[at + 1] <= 0xC3):
        at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
    return int.from_bytes(data[at + 7:at + 9], "big"), int.from_bytes(data[at + 5:at + 7], "big")


def incident_c(plumb, folder):
    picture = next((ROOT / "examples/shapes_detector/val").glob("*.jpg"))
    for name, words in (("5-format-version", "format version"), ("5-numerics-version", "numerics version")):
        for verb in ("detect", "inspect"):
            arguments = [ROOT / f"tests/golden/refuse/{name}.plumb"] + ([picture] if verb == "detect" else [])
            code, out, err = run(plumb, verb, *arguments)
            expect(f"C {verb} {name}: the version is the first thing said", code == 5 and out == "" and words in first_line(err),
                   (code, first_line(err)))
    if not (SHARED / "models").is_dir():
        print("skipped C diff: the shared models are not there (set PLUMB_SHARED)")
        return
    # One network by two recipes: what two artifacts of the same name differ in.
    for name, *options in (("a",), ("b", "--observer", "percentile")):
        code, out, err = run(plumb, "convert", SHARED / "models/yunet-n-320/yunet_n_320_320.onnx", "--calib", SHARED / "images/coco-calib",
                             "--calib-limit", "4", "--check-limit", "2", "--no-judge", "--no-lock", "--force", "-q", *options,
                             "-o", folder / f"{name}.plumb")
    code, out, err = run(plumb, "diff", "-q", folder / "a.plumb", folder / "b.plumb")
    expect("C diff: the first line names the recipe", code == 0 and "observer min-max -> percentile" in first_line(out), (code, first_line(out)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--only", default="A,B,C")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for name, incident in (("A", incident_a), ("A", classifier), ("B", incident_b), ("C", incident_c)):
            if name not in args.only.split(","):
                continue
            if name != "C" and not (SHARED / "models").is_dir():
                print(f"skipped {name}: the shared models are not there (set PLUMB_SHARED)")
                continue
            incident(args.plumb, pathlib.Path(temporary))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

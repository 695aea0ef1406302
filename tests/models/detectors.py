#!/usr/bin/env python3
"""Convert real detectors, and hold the int8 artifact against the float network on pictures it was not calibrated on.

    detectors.py PLUMB [--only NAME,...] [--pictures coco200|coco20] [--keep DIR] [--json FILE]

For each network: exit code of `plumb convert`, share of the float detections (score 0.4) that an int8 detection of the same
class (score 0.25) matches at IoU 0.8, median absolute score shift of these, AP50 of both with bootstrap intervals, heads'
SQNR. Reads ../shared (or PLUMB_SHARED); says so and passes when it is absent. Standard library only.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))

FLOAT_SCORE, INTEGER_SCORE, MATCH_IOU = 0.4, 0.25, 0.8
LEAST_MATCHED, MOST_SHIFT, MOST_AP50_LOSS = 0.92, 0.05, 0.02

# Float AP50 on coco200 of an independent runtime with the same decoding: ours must lie within a point.
DETECTORS = {
    "yolov5n-640-fp16w": ("yolov5n.onnx", 0.447),
    "yolov5n-zoo-heads": ("yolov5n_zoo.onnx", 0.447),
    "yolox-nano-416": ("yolox_nano.onnx", 0.414),
    "yolov8n-640-w8": ("yolov8n_w8.onnx", 0.511),
    "yolo-fastestv2-352": ("yolo-fastestv2.onnx", None),
}


def run(plumb, *args):
    """Exit code, standard output and standard error of one call."""
    done = subprocess.run([plumb, *map(str, args)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def run_json(plumb, *args):
    code, out, err = run(plumb, *args, "--json", "-q")
    if not out:
        sys.exit(f"plumb {' '.join(map(str, args))}: exit {code}: {err}")
    return code, json.loads(out)


def iou(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def match(reference, other):
    """Float detections, how many of them are matched, absolute score shifts of these; each int8 box is used once."""
    by_picture = {}
    for box in other:
        by_picture.setdefault((box["file_name"], box["category_id"]), []).append(box)
    matched, shifts = 0, []
    reference = sorted((b for b in reference if b["score"] >= FLOAT_SCORE), key=lambda b: -b["score"])
    for box in reference:
        candidates = by_picture.get((box["file_name"], box["category_id"]), [])
        best = max(candidates, key=lambda c: iou(box["bbox"], c["bbox"]), default=None)
        if best is not None and iou(box["bbox"], best["bbox"]) >= MATCH_IOU:
            candidates.remove(best)
            matched += 1
            shifts.append(abs(box["score"] - best["score"]))
    return len(reference), matched, shifts


def check(plumb, name, pictures, folder, options):
    file, known_ap50 = DETECTORS[name]
    model = SHARED / "models" / name / file
    artifact = folder / (name + ".plumb")
    code, report = run_json(plumb, "convert", model, "--calib", SHARED / "images/coco-calib", "-o", artifact, *options)
    row = {"name": name, "convert_exit": code, "verdict": report["verdict"],
           "sqnr": {o["name"]: round(o["sqnr"], 2) for o in report["outputs"]}}
    problems = [] if code == 0 else [f"convert exits with {code}"]
    if not artifact.exists():
        return row, problems
    images = SHARED / "images" / pictures / "images"
    boxes = {}
    for what, path, score in (("float", model, FLOAT_SCORE), ("int8", artifact, INTEGER_SCORE)):
        _, result = run_json(plumb, "detect", path, images, "--score", score)
        boxes[what] = result["detections"]
    total, matched, shifts = match(boxes["float"], boxes["int8"])
    row.update(float_detections=total, matched=matched, matched_share=round(matched / max(1, total), 4),
               median_score_shift=round(statistics.median(shifts), 4) if shifts else None)
    _, accuracy = run_json(plumb, "eval", artifact, "--task", "coco", "--data",
                           SHARED / "images" / pictures / f"instances_{pictures}.json", "--images", images, "--compare", model)
    int8, reference = accuracy["metrics"]["AP50"], accuracy["compare"]["metrics"]["AP50"]
    row.update(ap50_float=round(reference["value"], 4), ap50_int8=round(int8["value"], 4),
               ap50_difference_interval=[round(accuracy["difference"]["AP50"][k], 4) for k in ("low", "high")])
    if total == 0:
        problems.append("the float network finds nothing: nothing was compared")
    if matched < LEAST_MATCHED * total:
        problems.append(f"{matched} of {total} matched, expected {LEAST_MATCHED:.0%}")
    if shifts and statistics.median(shifts) > MOST_SHIFT:
        problems.append(f"median score shift {statistics.median(shifts):.4f}, expected at most {MOST_SHIFT}")
    if pictures == "coco200" and known_ap50 is not None and abs(reference["value"] - known_ap50) > 0.01:
        problems.append(f"float AP50 {reference['value']:.4f}, expected {known_ap50} within 0.01")
    if pictures == "coco200" and reference["value"] - int8["value"] > MOST_AP50_LOSS:
        problems.append(f"int8 AP50 {int8['value']:.4f} against {reference['value']:.4f}")
    return row, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--only", default=",".join(DETECTORS))
    parser.add_argument("--pictures", choices=("coco200", "coco20"), default="coco200")
    parser.add_argument("--keep", help="folder for the artifacts")
    parser.add_argument("--convert", default="", help="further options of `plumb convert`, separated by blanks")
    parser.add_argument("--json", help="write the rows here")
    args = parser.parse_args()
    if not (SHARED / "models").is_dir():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    rows, failed = [], False
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(args.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in args.only.split(","):
            row, problems = check(args.plumb, name, args.pictures, folder, args.convert.split())
            rows.append(row)
            print(json.dumps(row), flush=True)
            for problem in problems:
                failed = True
                print(f"  FAIL {name}: {problem}", flush=True)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

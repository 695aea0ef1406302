#!/usr/bin/env python3
"""A conversion that went wrong is not handed over: exit code 3, nothing written, the cause named.

    faults.py PLUMB [--model NAME]

On a real detector: one layer's weight scale times 4, boxes and scores forced onto one scale, calibration on one black
picture; and, beside them, the same conversion left alone, which must pass. Reads ../shared (or PLUMB_SHARED); says so and
passes when it is absent. Standard library only.
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))


def write_black_png(path, width, height):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\0" + bytes(3 * width)) * height
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def convert(plumb, model, calib, out, *options):
    done = subprocess.run([plumb, "convert", str(model), "--calib", str(calib), "-o", str(out), "--json", "-q", "--no-judge",
                           "--calib-limit", "16", "--check-limit", "8", *options], capture_output=True, text=True)
    if not done.stdout:
        sys.exit(f"convert {options}: exit {done.returncode}: {done.stderr}")
    report = json.loads(done.stdout)
    # What to try next can be copied into a shell: a command, no sentence.
    if report["next"] and (not report["next"].startswith("plumb ") or ": " in report["next"] or "..." in report["next"]):
        sys.exit(f"convert {options}: next is no command: {report['next']}")
    if (report["verdict"] == "pass") != (report["next"] == ""):
        sys.exit(f"convert {options}: verdict {report['verdict']}, next '{report['next']}'")
    return done.returncode, report


def guilty(report):
    return [f["code"] for f in report["findings"] if f["level"] == "failure"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--model", default="yolov5n-640-fp16w/yolov5n.onnx")
    args = parser.parse_args()
    model, pictures = SHARED / "models" / args.model, SHARED / "images/coco-calib"
    if not model.exists():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    problems = []

    def expect(what, condition, found):
        print(f"{'ok  ' if condition else 'FAIL'} {what}: {found}", flush=True)
        if not condition:
            problems.append(what)

    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        code, report = convert(args.plumb, model, pictures, folder / "good.plumb")
        expect("left alone it passes", code == 0 and (folder / "good.plumb").exists(), (code, report["verdict"]))
        layers = [l for l in report["layers"] if l["op"] == "conv"]
        layer = layers[len(layers) // 2]["name"]

        code, report = convert(args.plumb, model, pictures, folder / "a.plumb", "--scale-fault", f"{layer}=4")
        named = layer in [l["name"] for l in report["guiltiest"]]
        expect("a weight scale times 4 fails and names the layer", code == 3 and named and not (folder / "a.plumb").exists(),
               (code, guilty(report), [l["name"] for l in report["guiltiest"]], layer))

        code, report = convert(args.plumb, model, pictures, folder / "b.plumb", "--one-scale-for-outputs")
        expect("boxes and scores on one scale fail", code == 3 and "S5" in guilty(report) and not (folder / "b.plumb").exists(),
               (code, guilty(report)))

        black = folder / "black"
        black.mkdir()
        write_black_png(black / "black.png", 64, 48)
        code, report = convert(args.plumb, model, black, folder / "c.plumb")
        expect("calibration on one black picture fails", code == 3 and "S12" in guilty(report) and not (folder / "c.plumb").exists(),
               (code, guilty(report)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

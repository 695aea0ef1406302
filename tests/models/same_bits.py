#!/usr/bin/env python3
"""Every record of a network makes the same bits on every kernel family and thread count of this machine.

    same_bits.py PLUMB [--only NAME,...]

Runs each network in float and converted to int8, on a real picture, with PLUMB_ISA forced to each instruction set that
this CPU has (as `plumb doctor` says) and with 1 and 2 threads, and compares the hashes of all records. Reads ../shared (or
PLUMB_SHARED); says so and passes when it is absent. Standard library only.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))

# Network, its file, further options for the float model.
NETWORKS = {
    "yolo-fastestv2-352": ("yolo-fastestv2.onnx", []),
    "yolox-nano-416": ("yolox_nano.onnx", []),
    "yolov5n-640-fp16w": ("yolov5n.onnx", []),
    "yolov5n-zoo-heads": ("yolov5n_zoo.onnx", []),
    "yolov8n-640-w8": ("yolov8n_w8.onnx", []),
    "ultraface-rfb-320": ("version-RFB-320.onnx", []),
    "yunet-n-320": ("yunet_n_320_320.onnx", []),
    "mobilenetv2-224-w8": ("mobilenetv2_w8.onnx", ["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375"]),
}


def plumb(program, *args, isa=None):
    environment = dict(os.environ)
    environment.pop("PLUMB_ISA", None)
    if isa:
        environment["PLUMB_ISA"] = isa
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True, env=environment)
    if done.returncode not in (0, 3):
        sys.exit(f"plumb {' '.join(map(str, args))} (PLUMB_ISA={isa}): exit {done.returncode}: {done.stderr}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--only", default=",".join(NETWORKS))
    args = parser.parse_args()
    if not (SHARED / "models").is_dir():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    isas = json.loads(plumb(args.plumb, "doctor", "--json"))["isas"].split(", ")
    print("instruction sets:", ", ".join(isas))
    failed = False
    picture = SHARED / "images/bus.jpg"
    with tempfile.TemporaryDirectory() as folder:
        for name in args.only.split(","):
            file, options = NETWORKS[name]
            model = SHARED / "models" / name / file
            artifact = pathlib.Path(folder) / (name + ".plumb")
            plumb(args.plumb, "convert", model, *options, "--calib", SHARED / "images/coco-calib", "--calib-limit", "4",
                  "--check-limit", "1", "--no-judge", "--force", "-q", "-o", artifact)
            for what, path, extra in (("float", model, options), ("int8", artifact, [])):
                reference = None
                variants = [(isa, 2) for isa in isas] + [(isas[-1], 1)]
                for isa, threads in variants:
                    out = plumb(args.plumb, "run", path, *extra, "--as-picture", "--input", picture, "--hashes", "-q",
                                "--threads", threads, isa=isa)
                    records = out.splitlines()
                    if not records:
                        sys.exit(f"{name} {what}: no records")
                    if reference is None:
                        reference = records
                    different = [(a, b) for a, b in zip(reference, records) if a != b]
                    if different or len(records) != len(reference):
                        failed = True
                        print(f"FAIL {name} {what}: {isa}, {threads} threads differs from {variants[0]} first at {different[:1]}")
                print(f"{name} {what}: {len(reference)} records, {len(variants)} variants", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

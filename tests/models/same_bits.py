#!/usr/bin/env python3
"""Every record of a network makes the same bits everywhere: instruction sets, threads, batches, environments, machines.

    same_bits.py PLUMB [--runner RECORD_HASHES] [--aarch64 RECORD_HASHES] [--armv7 RECORD_HASHES] [--only NAME,...]
                 [--layers COUNT] [--write]

Converts each network twice, with other threads and instruction sets: the artifacts must be byte for byte the same. Runs it
in float and as int8 on a real picture, and the artifact on seeded inputs with record_hashes (tests/same_bits): on each
instruction set of this CPU, with 1, 2 and 3 threads, 4 times in one session, and in a hostile floating-point environment.
With --aarch64 and --armv7 (record_hashes of the cross builds) also under qemu-user: base, dotprod and i8mm, and armv7. The
same for COUNT random layers. Compares with the hashes stored in tests/models/hashes, where there are any for a network;
--write stores them anew. Says what ran for real and what under an emulator; the AMX kernel runs on a model of its tiles in
dot_amx_test where the CPU has none.

Reads ../shared (or PLUMB_SHARED); passes over the networks when it is absent. Standard library only.
"""
import argparse
import json
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))
STORED = pathlib.Path(__file__).parent / "hashes"

# Network, its file, further options for the float model. Every ONNX network there is: convert refuses none of them.
NETWORKS = {
    "yolo-fastestv2-352": ("yolo-fastestv2.onnx", []),
    "yolox-nano-416": ("yolox_nano.onnx", []),
    "yolov5n-640-fp16w": ("yolov5n.onnx", []),
    "yolov5n-zoo-heads": ("yolov5n_zoo.onnx", []),
    "yolov8n-640-w8": ("yolov8n_w8.onnx", []),
    "ultraface-rfb-320": ("version-RFB-320.onnx", []),
    "yunet-n-320": ("yunet_n_320_320.onnx", []),
    "mobilenetv2-224-w8": ("mobilenetv2_w8.onnx", ["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375"]),
    "yolov8n-640-qdq-int8": ("yolov8n_quantized_int8.onnx", []),
    "ppocr-cls": ("ch_ppocr_mobile_v2.0_cls_infer.onnx", ["--input-shape", "x=1x3x48x192"]),
    "ppocrv3-det": ("ch_PP-OCRv3_det_infer.onnx", ["--input-shape", "x=1x3x320x320"]),
    "superres-x3": ("pytorch_super_resolution.onnx", []),
    "mnist-cntk": ("mnist.onnx", []),
    "dtln-lstm": ("model_1.onnx", []),
}

# Networks that take no pictures: their inputs, filled with seeded numbers.
TENSOR_INPUTS = {"dtln-lstm": {"input_2": (1, 1, 257), "input_3": (1, 2, 128, 2)}}


def plumb(program, *args, isa=None):
    environment = dict(os.environ)
    environment.pop("PLUMB_ISA", None)
    if isa:
        environment["PLUMB_ISA"] = isa
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True, env=environment)
    if done.returncode not in (0, 3):
        sys.exit(f"plumb {' '.join(map(str, args))} (PLUMB_ISA={isa}): exit {done.returncode}: {done.stderr}")
    return done.stdout


class Variant:
    """A way to run record_hashes: on this CPU, or under an emulator with a CPU model."""

    def __init__(self, label, command, *options):
        self.label, self.command, self.options = label, command, options

    def lines(self, *what):
        done = subprocess.run([*self.command, *self.options, *map(str, what)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{self.label}: {' '.join(map(str, what))}: exit {done.returncode}: {done.stderr}")
        return done.stdout.splitlines()


def native_variants(runner):
    isas = subprocess.run([runner, "--list"], capture_output=True, text=True, check=True).stdout.split()
    best = isas[-1]
    variants = [Variant(f"{isa}, {threads} threads", [runner], "--isa", isa, "--threads", threads)
                for isa, threads in [(isa, "1") for isa in isas] + [(best, "2"), (best, "3"), ("scalar", "3")]]
    variants += [Variant(f"{best}, batch 4", [runner], "--isa", best, "--threads", "2", "--batch", "4")]
    variants += [Variant(f"{isa}, hostile environment", [runner], "--isa", isa, "--threads", "2", "--hostile")
                 for isa in dict.fromkeys(["scalar", best])]
    return isas, variants


# Cross build, emulator, where its libraries are, CPU models with the instruction sets to force on each.
EMULATED = {
    "aarch64": ("qemu-aarch64-static", "/usr/aarch64-linux-gnu", [("cortex-a57", "neon"), ("max", "dotprod"), ("max", "i8mm")]),
    "armv7": ("qemu-arm-static", "/usr/arm-linux-gnueabihf", [("cortex-a15", "scalar"), ("cortex-a15", "neon")]),
}


def emulated_variants(architecture, runner):
    emulator, libraries, models = EMULATED[architecture]
    if shutil.which(emulator) is None:
        sys.exit(f"{emulator} is not installed; packages.txt names what check-long needs")
    return [Variant(f"{architecture} {isa} under {emulator} -cpu {cpu}", [emulator, "-cpu", cpu, "-L", libraries, runner],
                    "--isa", isa) for cpu, isa in models]


def compare(name, variants, what, store):
    """Whether every variant prints what the first one does."""
    reference = variants[0].lines(*what)
    if not reference:
        sys.exit(f"{name}: no records")
    ok = True
    for variant in variants[1:]:
        lines = variant.lines(*what)
        different = [pair for pair in zip(reference, lines) if pair[0] != pair[1]]
        if different or len(lines) != len(reference):
            ok = False
            print(f"FAIL {name}: {variant.label} differs from {variants[0].label} in {len(different)} of "
                  f"{len(reference)}, first {different[:1]}", flush=True)
    stored = STORED / (name.replace(" ", "-") + ".txt")
    if store:
        STORED.mkdir(exist_ok=True)
        stored.write_text("\n".join(reference) + "\n")
    elif stored.exists() and stored.read_text().splitlines() != reference:
        ok = False
        print(f"FAIL {name}: not the hashes of {stored.relative_to(ROOT)}; if passes or quantizer have changed what is "
              "computed, or the numerics version has, run same_bits.py --write", flush=True)
    print(f"{name}: {len(reference)} records, {len(variants)} variants", flush=True)
    return ok


def write_npy(path, shape, seed):
    """Numbers within 0..1, binary32."""
    numbers = random.Random(seed)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    padded = header.ljust((10 + len(header) + 1 + 63) // 64 * 64 - 11) + "\n"
    values = struct.pack(f"<{math.prod(shape)}f", *(numbers.random() for _ in range(math.prod(shape))))
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded.encode() + values)


def tensor_samples(name, folder):
    """A list of two samples, and the options that give the first one to `plumb run`."""
    lines, options = [], []
    for sample in range(2):
        files = []
        for i, (port, shape) in enumerate(TENSOR_INPUTS[name].items()):
            path = folder / f"{name}.{sample}.{i}.npy"
            write_npy(path, shape, 10 * sample + i)
            files.append(path.name)
            options += ["--input", f"{port}={path}"] if sample == 0 else []
        lines.append(" ".join(files))
    listed = folder / f"{name}.txt"
    listed.write_text("\n".join(lines) + "\n")
    return listed, options


def compare_runs(program, name, path, given, extra, isas):
    """`plumb run` on a real picture or on seeded tensors, on every instruction set."""
    reference = None
    variants = [(isa, 2) for isa in isas] + [(isas[-1], 1)]
    for isa, threads in variants:
        records = plumb(program, "run", path, *extra, *given, "--hashes", "-q", "--threads", threads, isa=isa).splitlines()
        if not records:
            sys.exit(f"{name}: no records")
        reference = reference or records
        if records != reference:
            print(f"FAIL {name}: {isa}, {threads} threads differs from {variants[0]} first at "
                  f"{[pair for pair in zip(reference, records) if pair[0] != pair[1]][:1]}")
            return False
    print(f"{name}: {len(reference)} records, {len(variants)} variants", flush=True)
    return True


def convert(program, name, folder, samples, isas):
    """The artifact, or None when it depends on who made it."""
    file, options = NETWORKS[name]
    artifacts = []
    for isa, threads in ((isas[-1], 2), (isas[0], 1)):
        artifact = folder / isa / (name + ".plumb")
        artifact.parent.mkdir(exist_ok=True)
        plumb(program, "convert", SHARED / "models" / name / file, *options, "--calib", samples,
              "--calib-limit", "2", "--check-limit", "1", "--no-judge", "--force", "-q", "--threads", threads, "-o", artifact,
              isa=isa)
        artifacts.append(artifact)
    if artifacts[0].read_bytes() != artifacts[1].read_bytes():
        print(f"FAIL {name}: the artifact made with {isas[-1]} and 2 threads is not the one made with {isas[0]} and 1")
        return None
    return artifacts[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--runner", type=pathlib.Path, help="record_hashes of this build")
    parser.add_argument("--aarch64", type=pathlib.Path, help="record_hashes of the aarch64 build, for qemu-aarch64-static")
    parser.add_argument("--armv7", type=pathlib.Path, help="record_hashes of the armv7 build, for qemu-arm-static")
    parser.add_argument("--only", default=",".join(NETWORKS))
    parser.add_argument("--layers", type=int, default=400, help="random layers")
    parser.add_argument("--write", action="store_true", help="store the hashes")
    args = parser.parse_args()
    isas = json.loads(plumb(args.plumb, "doctor", "--json"))["isas"].split(", ")
    variants, ok = [], True
    if args.runner:
        native, variants = native_variants(args.runner)
        print("for real:", ", ".join(native))
    for architecture in EMULATED:
        if getattr(args, architecture):
            emulated = emulated_variants(architecture, getattr(args, architecture))
            print("under an emulator:", ", ".join(variant.label for variant in emulated), flush=True)
            variants += emulated
    if variants:
        ok &= compare("random layers", variants, ["--layers", 0, args.layers], args.write)
    if not (SHARED / "models").is_dir():
        print("networks skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0 if ok else 1
    with tempfile.TemporaryDirectory() as folder:
        for name in args.only.split(","):
            file, options = NETWORKS[name]
            samples, given = SHARED / "images/coco-calib", ["--as-picture", "--input", SHARED / "images/bus.jpg"]
            if name in TENSOR_INPUTS:
                samples, given = tensor_samples(name, pathlib.Path(folder))
            artifact = convert(args.plumb, name, pathlib.Path(folder), samples, isas)
            if artifact is None:
                ok = False
                continue
            ok &= compare_runs(args.plumb, name + " float", SHARED / "models" / name / file, given, options, isas)
            ok &= compare_runs(args.plumb, name + " int8", artifact, given, [], isas)
            if variants:
                ok &= compare(name, variants, [artifact], args.write)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
